"""The harvest of a night spread over several workers: each harvests some of the sources, all see the same home.

A *share* is a flow run of the deployment `essaim-harvest/harvest` (prefect.yaml). What it harvests is found in the
home afterwards, as after a night on one machine: the archive, the staged rows and the state of each source. Sources on
one host stay in one share, since how often a host is asked is watched over inside a process.

A worker may vanish: Prefect then calls its run "Running" for ever. So a share shows that it lives in a *ticket*, a file
in the home that it writes anew every few seconds, with the sources that are done. Where it no longer does, where it
fails or nobody takes it, the night takes its ticket away (by which a share that lives after all knows that it must
stop) and harvests what is left itself. Each share that was given up is a problem in the report of the night.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State as RunState
from prefect.deployments import run_deployment
from prefect.states import Cancelled

from flows.catalogue import read_catalogue
from flows.engine import in_prefect, tell
from flows.harvest import State, harvest, load_state
from flows.settings import Settings, manners_of_the_environment
from scrapers.problems import DefinitionError, Problem
from scrapers.source import Source

FLOW, DEPLOYMENT = "essaim-harvest", "harvest"
NAME = f"{FLOW}/{DEPLOYMENT}"
ALIVE_EVERY = 5.0
SILENT_FOR = 120.0
"""Seconds without a sign of life after which a share that has begun is given up."""
UNTAKEN_FOR = 600.0
"""Seconds after which a share that no worker has taken is harvested by the night itself."""
LOOK_EVERY = 1.0


def shares(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """Return `sources` in at most `count` shares of about the same number, those on one host in the same share."""
    groups: list[tuple[set[str], list[Source]]] = []
    for source in sources:
        hosts = _hosts(source)
        joined = [group for group in groups if group[0] & hosts]
        groups = [group for group in groups if not group[0] & hosts]
        groups.append((hosts.union(*(known for known, _ in joined)), [one for _, those in joined for one in those]))
        groups[-1][1].append(source)
    found: list[list[Source]] = [[] for _ in range(count)]
    for _, group in sorted(groups, key=lambda each: (-len(each[1]), each[1][0].id)):
        min(found, key=len).extend(group)
    return [sorted(share, key=lambda source: source.id) for share in found if share]


def _hosts(source: Source) -> set[str]:
    """The hosts that a source is known to ask; one without any is alone."""
    try:
        addresses = source.addresses()
    except DefinitionError:  # its harvest says what is wrong
        addresses = []
    return {urlsplit(address).netloc for address in addresses if address.startswith("http")} or {f"file {source.id}"}


@dataclass(slots=True)
class Share:
    """A share on its way: its sources, its ticket, its flow run, and when it last gave a sign of life.

    `failed` says why there is no flow run.
    """

    sources: list[Source]
    ticket: Path
    run: UUID | None = None
    failed: str = ""
    sign: str = ""
    heard: float = field(default_factory=time.monotonic)


def spread(
    sources: Sequence[Source], settings: Settings, done: Callable[[State], None]
) -> tuple[list[State], list[Problem]]:
    """Harvest `sources` in `settings.shares` flow runs on other workers.

    Returns their states in the same order, and a warning for each share that was given up. `done` hears of each
    source. Nothing is raised for what a server, a worker or a share may do: what is left undone is harvested here.
    """
    found: dict[str, State] = {}
    lost: list[Problem] = []
    waiting = [_begin(number, share, settings) for number, share in enumerate(shares(sources, settings.shares), 1)]
    while waiting:
        for share in list(waiting):
            why = _ended(share)
            if why is None:
                continue
            waiting.remove(share)
            finished = _finished(share.ticket) if why else {source.id for source in share.sources}
            share.ticket.unlink(missing_ok=True)
            states = {id: load_state(id, settings) for id in finished}
            undone = [source for source in share.sources if states.get(source.id) is None]
            if why:
                lost.append(_given_up(share, why, undone))
                tell(f"{share.ticket.stem}: {lost[-1].message}")
            with ThreadPoolExecutor(settings.workers) as pool:
                mine = pool.map(partial(harvest, settings=settings), undone)
                for state in (*filter(None, states.values()), *mine):
                    found[state.source_id] = state
                    done(state)
        if waiting:
            time.sleep(LOOK_EVERY)
    return [found[source.id] for source in sources], sorted(lost, key=lambda problem: problem.source_id)


def _given_up(share: Share, why: str, undone: Sequence[Source]) -> Problem:
    """The problem that a share was given up: its sources lost nothing but time."""
    here = f"harvested by the night itself: {', '.join(source.id for source in undone)}" if undone else "nothing undone"
    remedy = "look at the log of the worker and of the Prefect server; docs/scale.md says what is waited for how long"
    return Problem(share.ticket.stem, "share-lost", f"{why}; {here}", "warning", remedy)


def _finished(ticket: Path) -> set[str]:
    """The sources that a share has done, as its ticket tells; none where it cannot be read."""
    try:
        return set(json.loads(ticket.read_text(encoding="utf-8"))["done"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # they are visited once more, which costs a little


def _begin(number: int, sources: list[Source], settings: Settings) -> Share:
    share = Share(sources, settings.staging / f"share-{number}.ticket")
    share.ticket.parent.mkdir(parents=True, exist_ok=True)
    share.ticket.write_text("", encoding="utf-8")
    ids = [source.id for source in sources]
    try:
        run: Any = run_deployment(  # a flow run: it is a coroutine only inside a loop
            NAME,
            parameters={"ids": ids, "ticket": share.ticket.name, "settings": as_parameters(settings)},
            timeout=0,
            as_subflow=in_prefect(),
            flow_run_name=f"share {number} of the night of {settings.as_of}",
        )
    except Exception as fault:  # of a server that is away, too busy, of another version: the night goes on without
        share.failed = f"the deployment {NAME} could not be run ({type(fault).__name__}: {fault})"
        return share
    tell(f"{share.ticket.stem}: {', '.join(ids)}")
    share.run = run.id
    return share


def _ended(share: Share) -> str | None:
    """Return "" where a share ended well, else why it is given up; None while it may still end well."""
    if share.run is None:
        return share.failed
    state = _state_of(share.run)
    if state is not None and state.is_final():
        return "" if state.is_completed() else f"its flow run ended as {state.name}: {state.message}"
    sign = share.ticket.read_text(encoding="utf-8") if share.ticket.is_file() else ""
    if sign != share.sign:
        share.sign, share.heard = sign, time.monotonic()
    silent = time.monotonic() - share.heard
    if silent < (SILENT_FOR if share.sign else UNTAKEN_FOR):
        return None
    _cancel(share.run)
    return f"its worker gave no sign of life for {silent:.0f} s" if share.sign else "no worker took it"


def _state_of(run: UUID) -> RunState[Any] | None:
    """The state of a flow run; None while the server cannot be asked: the ticket still tells whether it lives."""
    try:
        with get_client(sync_client=True) as client:
            return client.read_flow_run(run).state
    except Exception as fault:
        tell(f"the state of the flow run {run} cannot be asked for now ({type(fault).__name__}: {fault})")
        return None


def _cancel(run: UUID) -> None:
    """Have the server forget a flow run that is given up; without its ticket it does no harm where that fails."""
    try:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run, Cancelled(message="given up by its night"), force=True)
    except Exception as fault:
        tell(f"the flow run {run} could not be cancelled ({type(fault).__name__}: {fault})")


@flow(name=FLOW, description="Harvest some of the sources of a night, for the night that asks.", persist_result=False)
def harvest_share(ids: list[str], ticket: str, settings: dict[str, Any]) -> None:
    """Harvest the sources `ids` into the home that `settings` (see `as_parameters`) names, several at once.

    Raises RuntimeError when the night has taken the `ticket` back: what has not begun by then is not begun.
    """
    mine = from_parameters(settings)
    path = mine.staging / ticket
    catalogue = read_catalogue(mine.catalogue, tuple(ids), mine.mode == "sample", mine.data_roots)
    # The rest of the catalogue belongs to other shares: two that visit one source would write the same files.
    wanted = [source for source in catalogue.sources if source.id in ids]

    finished: list[str] = []

    def visit(source: Source) -> State:
        if not path.is_file():
            raise RuntimeError(f"the night has taken the ticket {path} back")
        state = harvest(source, mine)
        finished.append(source.id)
        return state

    with _alive(path, finished), ThreadPoolExecutor(mine.workers) as pool:
        for state in pool.map(visit, wanted):
            tell(f"{state.source_id}: {state.outcome}, {state.read} read, {state.records} kept")


@contextmanager
def _alive(ticket: Path, finished: Sequence[str]) -> Iterator[None]:
    """Write the ticket anew every few seconds, as long as it is there, with the sources that are `finished`."""
    ended = threading.Event()

    def beat() -> None:
        count = 0
        while not ended.is_set() and ticket.is_file():
            count += 1
            # "r+" never makes it anew: the night may take it away.
            with suppress(FileNotFoundError), ticket.open("r+", encoding="utf-8") as file:
                file.write(json.dumps({"beat": count, "done": list(finished)}))
            ended.wait(ALIVE_EVERY)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def as_parameters(settings: Settings) -> dict[str, Any]:
    """What a share must know of the night's settings, as JSON; manners come from the environment of its worker."""
    return {
        "home": str(settings.home.absolute()),
        "as_of": settings.as_of.isoformat(),
        "catalogue": str(settings.catalogue.absolute()),
        "data_roots": [str(root.absolute()) for root in settings.data_roots],
        "decisions": str(settings.decisions.absolute()),
        "sources": list(settings.sources),
        "mode": settings.mode,
        "workers": settings.workers,
        "replay_from": str(settings.replay_from.absolute()) if settings.replay_from else None,
        "replay_until": settings.replay_until.isoformat() if settings.replay_until else None,
    }


def from_parameters(told: dict[str, Any]) -> Settings:
    """Return the settings that `as_parameters` told of."""
    return Settings(
        home=Path(told["home"]),
        as_of=dt.date.fromisoformat(told["as_of"]),
        catalogue=Path(told["catalogue"]),
        data_roots=tuple(map(Path, told["data_roots"])),
        decisions=Path(told["decisions"]),
        sources=tuple(told["sources"]),
        mode=told["mode"],
        workers=told["workers"],
        manners=manners_of_the_environment(),
        replay_from=Path(told["replay_from"]) if told["replay_from"] else None,
        replay_until=dt.date.fromisoformat(told["replay_until"]) if told["replay_until"] else None,
    )
