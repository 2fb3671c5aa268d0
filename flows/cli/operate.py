"""`essaim schedule` and `essaim doctor`: nights that run by themselves, and whether they can."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from flows.cli.shared import CatalogueOption, DataRootOption, HomeOption, JsonOption, fail, home_folder, out
from flows.settings import Settings, embedded_catalogue, manners_of_the_environment, with_street_services
from scrapers.local_files import data_roots_of_the_environment

MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}


def schedule(
    cron: Annotated[str, typer.Option(help="When nights begin, as a cron expression.")] = "15 2 * * *",
    timezone: Annotated[str, typer.Option(help="The time zone of --cron.")] = "Europe/Paris",
    home: HomeOption = None,
    catalogue: CatalogueOption = None,
    sources: Annotated[str, typer.Option(help="Visit only these, by id, separated by commas.")] = "",
    now: Annotated[bool, typer.Option("--now", help="Begin a first night at once.")] = False,
    sample: Annotated[bool, typer.Option("--sample", help="Read the embedded samples, for a trial.")] = False,
) -> None:
    """Keep a schedule of nights and run them in this process, seen in Prefect's pages, until Ctrl+C.

    Needs a Prefect server: `prefect server start`, then PREFECT_API_URL=http://127.0.0.1:4200/api. Which sources are
    visited in a night, their own schedule says (daily, weekly, monthly). Without a server, run `essaim run` from cron
    or from the timer in deploy/.
    """
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        fail(f"--timezone: there is no zone {timezone}; write one such as Europe/Paris")
    # Prefect takes more than a second to import, which the other commands need not pay.
    from flows import schedule as schedules

    ids = [id for id in (part.strip() for part in sources.split(",")) if id]
    # Nights run in processes of their own, whose working directory may be another one.
    parameters = schedules.Parameters(
        str(home_folder(home).absolute()), str(catalogue.absolute()) if catalogue else None, ids or None, sample
    )
    try:
        schedules.require(parameters)
        api = schedules.check_server()
        out.print(f"Nights at {cron} ({timezone}), kept by {api}; Ctrl+C ends this.", soft_wrap=True)
        schedules.serve_nights(parameters, cron, timezone, now)
    except schedules.NoServerError as fault:
        fail(str(fault))
    except schedules.CronError as fault:
        fail(f"--cron: {fault}")


def doctor(
    home: HomeOption = None,
    catalogue: CatalogueOption = None,
    data_root: DataRootOption = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also open a connection to each service that is configured.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check this installation, from Python and its packages to the clock, the disk, the contact and the notices.

    No site is asked for anything. The exit status is 0 when nights can run, 1 when something has to be mended first.
    """
    from flows.doctor import examine

    now = dt.datetime.now(dt.UTC)
    settings = Settings(
        home=home_folder(home),
        as_of=now.date(),
        catalogue=catalogue or embedded_catalogue(),
        data_roots=tuple(data_root) if data_root else data_roots_of_the_environment(),
        manners=manners_of_the_environment(),
    )
    found = examine(with_street_services(settings), now, online)
    if as_json:
        out.print_json(data=[asdict(finding) for finding in found])
    else:
        for finding in found:
            out.print(f"{MARKS[finding.level]} {finding.check}: {escape(finding.told)}", soft_wrap=True)
            if finding.remedy:
                out.print(f"    → {escape(finding.remedy)}", soft_wrap=True)
    raise typer.Exit(any(finding.level == "fail" for finding in found))
