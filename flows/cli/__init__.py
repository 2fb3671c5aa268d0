"""The command `essaim`."""

from __future__ import annotations

import datetime as dt
import os
import sys
from http.server import ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from flows import progress
from flows.cli.evaluate import evaluate_app
from flows.cli.geocode import geocode
from flows.cli.history import history_app
from flows.cli.link import link_app
from flows.cli.operate import doctor, schedule
from flows.cli.publish import publish
from flows.cli.releases import releases_app
from flows.cli.shared import (
    DEMO,
    DataRootOption,
    GeocoderOption,
    HomeOption,
    JsonOption,
    RefreshOption,
    err,
    fail,
    home_folder,
    home_to_read,
    out,
)
from flows.cli.source import source_app
from flows.clock import ClockError
from flows.lock import NightRunningError
from flows.replay import replaying
from flows.settings import (
    Mode,
    Settings,
    demo_settings,
    embedded_catalogue,
    manners_of_the_environment,
    with_street_services,
)
from scrapers.contact import ContactError
from scrapers.local_files import data_roots_of_the_environment
from scrapers.problems import DefinitionError

app = typer.Typer(
    name="essaim",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Find the social innovation initiatives scattered over partner sites and open data, and publish them as one "
    "merged, placed and documented open dataset.\n\nBegin with `essaim demo`: the whole pipeline, offline, in seconds.",
)
app.add_typer(source_app, name="source")
app.command()(geocode)
app.command()(publish)
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(link_app, name="link")
app.add_typer(history_app)
app.add_typer(releases_app, name="releases")
app.command()(schedule)
app.command()(doctor)


def _say_version(wanted: bool) -> None:
    if wanted:
        out.print(f"essaim {metadata.version('essaim')}")
        raise typer.Exit


@app.callback()
def essaim(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Take the options that concern all commands."""


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--out", help="Where to put the demo's home.")] = DEMO,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the release when it is made.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to serve on (default: first free from 8000).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole pipeline on the embedded samples, without any network, then show the release in a browser.

    The release is in `OUT/releases/latest`: CSV, GeoJSON, Parquet, JSON lines, DuckDB, and their description.
    """
    from flows.serve import server

    settings = demo_settings(folder)
    # A port that is taken is said before the work, not after it.
    # Not resolved: `latest` leads to another folder when the night is over.
    web = server((settings.releases / "latest").absolute(), port) if serve else None
    status = _run(settings, None, as_json)
    if web is not None:
        with web:
            if status == 0:
                _serve(web)
    raise typer.Exit(status)


@app.command()
def run(
    catalogue: Annotated[
        Path | None, typer.Option(help="Folder of source definitions (default: those that come with Essaim).")
    ] = None,
    data_root: DataRootOption = None,
    sources: Annotated[
        str, typer.Option(help="Visit only these, by id, separated by commas; the others keep their last rows.")
    ] = "",
    home: HomeOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Replay the newest archive of each source instead of the network.")
    ] = False,
    replay: Annotated[
        str | None,
        typer.Option(
            metavar="DATE|DIR",
            help="Replay a night, or the archives of another folder: of each source the newest one up to that night.",
        ),
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(help="E-mail address or page that the visited sites are told (default: $ESSAIM_CONTACT)."),
    ] = None,
    geocoder: GeocoderOption = None,
    refresh_streets: RefreshOption = False,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The night that dates the data (default: today)."),
    ] = None,
    prefect: Annotated[
        bool | None,
        typer.Option("--prefect/--no-prefect", help="Run as a Prefect flow (default: if PREFECT_API_URL is set)."),
    ] = None,
    shares: Annotated[
        int,
        typer.Option(min=1, help="Spread the harvest over so many Prefect workers, which see the same home."),
    ] = 1,
    spark: Annotated[
        str | None,
        typer.Option(
            metavar="MASTER", help="Compare records on a Spark cluster, such as spark://host:7077 (the extra `spark`)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run one night: harvest, clean, place, recognise, merge, check, publish, report.

    A source that fails is named in the report and keeps its last good rows; the others go on. The exit status is 0
    when the published data is good, 1 when nothing could be published, 2 when the command itself is wrong, 3 when the
    data is good but the report of the night could not be written.
    """
    mode: Mode = "replay" if offline else "network"
    if offline and replay is not None:
        fail("--offline and --replay exclude each other: --offline replays the newest archives of this home")
    settings = Settings(
        home=home_folder(home),
        as_of=as_of.date() if as_of else dt.datetime.now(dt.UTC).date(),
        catalogue=catalogue or embedded_catalogue(),
        data_roots=tuple(data_root) if data_root else data_roots_of_the_environment(),
        sources=tuple(filter(None, (id.strip() for id in sources.split(",")))),
        mode=mode,
        manners=manners_of_the_environment(contact),
        shares=shares,
        spark=spark,
    )
    if spark is not None:
        from flows.link_spark import SparkMissingError, require_spark

        try:
            require_spark()
        except SparkMissingError as fault:
            fail(str(fault))
    if shares > 1 and not os.environ.get("PREFECT_API_URL"):
        fail("--shares needs a Prefect server with workers: docs/scale.md says how to start them, then set "
             "PREFECT_API_URL")  # fmt: skip
    if replay is not None:
        try:
            settings = replaying(settings, replay, dated=as_of is not None)
        except ValueError as fault:
            fail(str(fault))
    raise typer.Exit(_run(with_street_services(settings, geocoder, refresh_streets), prefect, as_json))


def _run(settings: Settings, prefect: bool | None, as_json: bool) -> int:
    progress.be_quiet(as_json)
    # Prefect takes more than a second to import, which the other commands need not pay.
    from flows import nightly, report

    night = nightly.run(settings, prefect)
    if as_json:
        out.print_json(data=report.as_data(night))
    else:
        report.show(night, out)
        if night.unwritten is None:
            out.print(f"Report: {settings.run_folder / 'report.md'}", soft_wrap=True)
        if (settings.releases / "latest").exists():
            out.print(f"Release: {settings.releases / 'latest'}", soft_wrap=True)
    return night.exit_status


def _serve(web: ThreadingHTTPServer) -> None:
    out.print(f"Open http://127.0.0.1:{web.server_port}/ — Ctrl+C ends it.")
    try:
        web.serve_forever()
    except KeyboardInterrupt:
        out.print("Ended.")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='An SQL query, such as "select * from initiative limit 5".')],
    home: HomeOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
) -> None:
    """Ask the warehouse a question in DuckDB's SQL, read-only.

    `essaim sql "show tables"` lists the tables, `essaim sql "select table_name, column_name, comment from
    duckdb_columns()"` says what every column means.
    """
    import duckdb

    from flows import query as queries
    from transforms.database import connect
    from warehouse.store import FILE_NAME

    if as_json and as_csv:
        fail("--json and --csv exclude each other")

    path = home_to_read(home, FILE_NAME) / FILE_NAME
    try:
        with connect(path, read_only=True) as connection:
            result = queries.ask(connection, query)
    except (duckdb.Error, ValueError) as error:
        fail(str(error))
    queries.show(result, "json" if as_json else "csv" if as_csv else "table", out)


def main() -> None:
    """Run the command; errors of a person's own making end with one clear sentence and status 2.

    So does a disk that is full or cannot be read: DuckDB calls that an error of its own.
    """
    import duckdb

    from transforms.database import MemorySettingError

    try:
        app()
    except (
        DefinitionError, ContactError, NightRunningError, ClockError, MemorySettingError, OSError, OverflowError,
        duckdb.IOException,
    ) as error:  # fmt: skip
        err.print(f"essaim: {error}", soft_wrap=True, markup=False)
        sys.exit(2)
