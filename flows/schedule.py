"""Nights on a schedule: the flow that a Prefect deployment runs, and one process that serves it.

The schedule here says when a night begins. Which sources are visited in it, their own `schedule` says (daily, weekly,
monthly; `flows.harvest.visited`). `prefect.yaml` deploys the same flow for workers.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
from prefect import flow, serve
from prefect.client.schemas.objects import State
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments import run_deployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.types.entrypoint import EntrypointType

from flows.catalogue import read_catalogue
from flows.clock import ClockError
from flows.lock import NightRunningError
from flows.nightly import run
from flows.report import Night
from flows.settings import (
    HOME,
    Settings,
    demo_settings,
    embedded_catalogue,
    manners_of_the_environment,
    with_street_services,
)
from scrapers.contact import ContactError, require_contact
from scrapers.local_files import data_roots_of_the_environment
from scrapers.problems import DefinitionError

FLOW = "essaim-night"
SERVED = "nightly-here"
"""The deployment of `essaim schedule`; that of prefect.yaml is `nightly`, for two of one name overwrite each other."""

CRON, TIMEZONE = "15 2 * * *", "Europe/Paris"
RUNNER: Any = ThreadPoolTaskRunner(max_workers=8)
DESCRIPTION = "Harvest the sources whose night it is, build, check, publish if the gate allows, report."


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a deployment says of its nights: the parameters of `night`."""

    home: str | None = None
    catalogue: str | None = None
    sources: list[str] | None = None
    sample: bool = False
    shares: int = 1


def settings_of(parameters: Parameters) -> Settings:
    """The settings of a night from what a deployment can hold; what is not said comes from the environment.

    `sample` reads the embedded samples instead of the network; their nights are dated like those of the demo.
    """
    folder = Path(parameters.home or os.environ.get("ESSAIM_HOME") or HOME)
    if parameters.sample:
        return demo_settings(folder)
    settings = Settings(
        home=folder,
        as_of=dt.datetime.now(dt.UTC).date(),
        catalogue=Path(parameters.catalogue) if parameters.catalogue else embedded_catalogue(),
        data_roots=data_roots_of_the_environment(),
        sources=tuple(parameters.sources or ()),
        manners=manners_of_the_environment(),
        shares=parameters.shares,
    )
    return with_street_services(settings)


def require(parameters: Parameters) -> None:
    """Raise `ContactError` or `DefinitionError` now when every night with these parameters would."""
    if parameters.sample:
        return
    settings = settings_of(parameters)
    found = read_catalogue(settings.catalogue, settings.sources, data_roots=settings.data_roots).sources
    visited = (source for source in found if source.fetch.path is None and source.schedule != "never")
    require_contact((address for source in visited for address in source.addresses()), settings.manners)


@flow(name=FLOW, description=DESCRIPTION, persist_result=False, task_runner=RUNNER)
def night(
    home: str | None = None,
    catalogue: str | None = None,
    sources: list[str] | None = None,
    sample: bool = False,
    shares: int = 1,
) -> State[Any]:
    """Run one night as a flow run: completed when the published data is good, failed when there is none, with why.

    With more than one of `shares`, the harvest is spread over that many runs of `essaim-harvest/harvest`.
    A night that cannot begin (another one is running in the home, no contact, no definition) fails with that sentence.
    """
    try:
        # Its steps find that they are in a flow run, and become task runs of this one.
        told: Night = run(settings_of(Parameters(home, catalogue, sources, sample, shares)), prefect=False)
    except (NightRunningError, ClockError, DefinitionError, ContactError, OSError) as fault:
        return Failed(message=f"{type(fault).__name__}: {fault}")
    if told.faults:
        return Failed(message=f"held back: {'; '.join(told.faults)}")
    return Completed(message=f"{told.sentence} {told.unwritten.message}" if told.unwritten else told.sentence)


class NoServerError(Exception):
    """There is no Prefect server to keep the schedule; the text says what to do."""


def check_server() -> str:
    """Return the address of the Prefect server's API; raises `NoServerError` when none is configured, or it is down."""
    api = PREFECT_API_URL.value()
    if not api:
        raise NoServerError(
            "no Prefect server is configured to keep the schedule. Start one with `prefect server start`, then set "
            "PREFECT_API_URL=http://127.0.0.1:4200/api and try again; or do without: `essaim run` from cron or from "
            "the timer in deploy/ (docs/operate.md)"
        )
    try:
        answer = requests.get(f"{api.rstrip('/')}/health", timeout=10)
        answer.raise_for_status()
    except (requests.RequestException, ValueError) as fault:
        raise NoServerError(f"no Prefect server answers at {api} ({type(fault).__name__}); start it, or mend "
                            "PREFECT_API_URL") from fault  # fmt: skip
    return str(api)


class CronError(Exception):
    """A cron expression cannot be read; the text says which."""


def serve_nights(parameters: Parameters, cron: str, timezone: str, now: bool) -> None:
    """Keep the schedule and run its nights here, one at a time, until the process is told to end.

    `parameters` are those of `night`. With `now`, a first night begins at once. Raises `CronError` when `cron` is no
    cron expression.
    """
    try:
        when = Cron(cron, timezone=timezone)
        CronSchedule(cron=cron, timezone=timezone)
    except ValueError as fault:
        raise CronError(f'"{cron}" is no cron expression; write one such as "{CRON}"') from fault
    deployment: Any = night.to_deployment(  # a deployment: it is a coroutine only inside a loop
        SERVED,
        schedules=[when],
        parameters=asdict(parameters),
        description=DESCRIPTION,
        tags=["essaim"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    if now:
        deployment.apply()
        run_deployment(f"{FLOW}/{SERVED}", timeout=0, as_subflow=False)
    # The lock on the home refuses a second night; a limit kept by the server would outlive a night that was killed.
    serve(deployment, limit=1, pause_on_shutdown=False)
