"""The story of a night: harvest every source, build, check, publish, report.

`nightly(settings)` is the Prefect flow; `run(settings)` tells the same story with or without Prefect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import show_in_prefect
from flows.build import Built, build
from flows.catalogue import Catalogue, read_catalogue
from flows.clock import require_forward
from flows.engine import each, in_prefect, server_configured, step, tell
from flows.gate_report import write_gates
from flows.gates import fault as fault_of
from flows.gates import merged_gate
from flows.harvest import State, concerned, harvest, visited
from flows.lock import one_night
from flows.notify import watched
from flows.processes import in_order
from flows.progress import Stage, part, stage
from flows.replay import archive_of
from flows.report import Night, reported
from flows.report_page import public_writer
from flows.settings import Settings
from scrapers.contact import require_contact
from scrapers.problems import Problem
from scrapers.source import Source
from transforms.database import connect
from transforms.link import ContradictionError
from warehouse.decisions import DecisionError
from warehouse.gate import Check
from warehouse.history import nothing_changed
from warehouse.migrations import open_home
from warehouse.publish import PrivateContactError, Release, latest, publish
from warehouse.publish.recovery import recover
from warehouse.store import FILE_NAME

WORTH = 8 * 2**20
"""Bytes of archives from which several processes replay them sooner than one: about 40,000 records."""


@task(task_run_name="harvest {source.id}", cache_policy=NO_CACHE)
def harvest_source(source: Source, settings: Settings) -> State:
    """Visit one source; whatever it does, the others go on."""
    return harvest(source, settings)


@task(cache_policy=NO_CACHE)
def build_warehouse(catalogue: Catalogue, states: Sequence[State], settings: Settings) -> Built:
    """Clean, place, recognise and merge into a new warehouse, swapped in when whole."""
    return build(catalogue.sources, states, catalogue.problems, settings)


@task(cache_policy=NO_CACHE)
def check_warehouse(settings: Settings) -> list[Check]:
    """Put the merged set to its gate, beside the last release."""
    before = latest(settings.releases)
    with part("check"):
        return merged_gate(settings, before / FILE_NAME if before else None)


@task(cache_policy=NO_CACHE)
def publish_release(settings: Settings) -> Release | None:
    """Write a release and switch `latest` to it; None on a quiet night, when nothing changed."""
    for done in recover(settings.releases):
        tell(f"after a publication that was cut short: {done}")
    with stage("publish"), connect(settings.warehouse) as connection:
        before = latest(settings.releases)
        if before is not None and nothing_changed(connection, before / FILE_NAME):
            return None
        spread = partial(in_order, processes=settings.processes)
        return publish(connection, settings.releases, settings.as_of, [public_writer(connection)], spread)


@flow(name="nightly", validate_parameters=True)
def nightly(settings: Settings) -> Night:
    """Harvest every source (isolated, in parallel), build, check, publish if the gate allows, report."""
    catalogue = read_catalogue(settings.catalogue, settings.sources, settings.mode == "sample", settings.data_roots)
    catalogue = replace(catalogue, sources=[source for source in catalogue.sources if concerned(source, settings)])
    _require_contact(catalogue.sources, settings)
    with stage("harvest", len(catalogue.sources)) as progress:
        states, lost = _harvested(catalogue.sources, settings, lambda state: _heard(state, progress))
    built, release, checks = None, None, list[Check]()
    try:
        built = step(build_warehouse, catalogue, states, settings)
        checks = step(check_warehouse, settings)
        faults = [fault_of(check) for check in checks if check.holds_back]
        if not faults:
            release = step(publish_release, settings)
    except (ContradictionError, DecisionError, PrivateContactError) as fault:
        faults = [str(fault)]
    night = Night(settings.as_of, states, catalogue.problems, built, faults, release, lost=lost)
    outcome = night.outcome
    with part("report"):
        night = reported(night, settings, lambda: write_gates(settings, states, checks, outcome))
    tell(night.sentence)
    if in_prefect():
        show_in_prefect(night, settings)
    return night


def run(settings: Settings, prefect: bool | None = None) -> Night:
    """Tell the story through Prefect or plainly; by default through Prefect where a server is configured.

    Raises `NightRunningError` when another night is running in the same home, `DefinitionError` when there is nothing
    to harvest, `ContactError` when sites would be visited by nobody they can write to, `ClockError` when a later night
    is published.
    """
    with one_night(settings.home), watched(settings) as watch:
        require_forward(settings)
        for brought in open_home(settings.home):
            tell(brought)
        through = server_configured() if prefect is None else prefect
        return watch.end(nightly(settings) if through else nightly.fn(settings))


def _require_contact(sources: Sequence[Source], settings: Settings) -> None:
    if settings.mode == "network":
        tonight = [source for source in sources if visited(source, settings) and source.fetch.path is None]
        services = [service for service in (settings.geocoder, settings.nominatim) if service]
        addresses = [address for source in tonight for address in source.addresses()]
        require_contact([*addresses, *services], settings.manners)


def _harvested(
    sources: Sequence[Source], settings: Settings, done: Callable[[State], None]
) -> tuple[list[State], list[Problem]]:
    """Harvest every source, here or on several workers; return the states, and what became of workers."""
    if settings.shares > 1:
        from flows.spread import spread  # what it needs of Prefect takes long to import

        return spread(sources, settings, done)
    if settings.mode == "replay" and not in_prefect():
        sizes = [_archived(source, settings) for source in sources]
        if sum(sizes) >= WORTH:
            return _replayed(sources, sizes, settings, done), []
    return each(harvest_source, sources, settings, workers=settings.workers, done=done), []


def _replayed(
    sources: Sequence[Source], sizes: Sequence[int], settings: Settings, done: Callable[[State], None]
) -> list[State]:
    """Harvest sources from their archives, the largest first, by several processes: no site is waited for."""
    largest_first = sorted(range(len(sources)), key=lambda place: -sizes[place])
    states: dict[int, State] = {}
    jobs = [sources[place] for place in largest_first]
    found = in_order(partial(harvest, settings=settings), jobs, settings.processes)
    for place, state in zip(largest_first, found, strict=True):
        done(state)
        states[place] = state
    return [states[place] for place in range(len(sources))]


def _archived(source: Source, settings: Settings) -> int:
    """The bytes of the archive that a replay reads of a source."""
    archive = archive_of(source.id, settings)
    return archive.stat().st_size if archive else 0


def _heard(state: State, progress: Stage) -> None:
    progress.step(f"{state.source_id} {state.outcome}")
    tell(f"{state.source_id}: {state.outcome}, {state.read} read, {state.records} kept")
