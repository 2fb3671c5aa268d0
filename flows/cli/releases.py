"""The commands `essaim releases …`: which releases are there, and dropping those that are no longer kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.cli.shared import HomeOption, JsonOption, fail, home_to_read, out

if TYPE_CHECKING:
    from warehouse.publish.retention import Dropped

releases_app = typer.Typer(help="The releases in a home: list them, drop those that are no longer kept.")

YesOption = Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would be done.")]


@releases_app.callback(invoke_without_command=True)
def releases(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the releases, the newest first, with their initiatives and size."""
    if context.invoked_subcommand:
        return
    import json

    path = _folder(home) / "index.json"
    if not path.is_file():
        fail(f"there is no release in {path.parent}; make one with `essaim run` or `essaim demo`")
    index = json.loads(path.read_text(encoding="utf-8"))
    if as_json:
        out.print_json(data=index)
        return
    table = Table("release", "initiatives", "MB", "")
    for entry in index["releases"]:
        size = entry.get("bytes") or sum(file["bytes"] for file in entry["files"])
        mark = "latest" if entry["version"] == index["latest"] else ""
        table.add_row(entry["version"], str(entry["initiatives"]), f"{size / 1e6:.1f}", mark)
    out.print(table)


@releases_app.command()
def prune(
    daily: Annotated[int, typer.Option(min=1, help="How many of the newest releases to keep.")] = 30,
    monthly: Annotated[int, typer.Option(min=0, help="Of how many months to keep the last release.")] = 24,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Drop also those that hold a record withdrawn since.")
    ] = False,
    decisions: Annotated[
        Path | None, typer.Option(help="Folder of decisions to read withdrawals from (default: the one of Essaim).")
    ] = None,
    home: HomeOption = None,
    yes: YesOption = False,
) -> None:
    """Drop old releases: keep the newest, and the last of each month. The latest always stays."""
    from warehouse.publish.index import versions_in
    from warehouse.publish.retention import outdated

    folder = _folder(home)
    found = {each.version: each for each in outdated(versions_in(folder), daily, monthly)}
    if withdrawn:
        found |= {each.version: each for each in _holding(folder, decisions)}
    _drop(folder, [found[version] for version in sorted(found)], yes=yes)


@releases_app.command(name="drop")
def drop_one(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version of the release, such as 2026-11-22.")],
    home: HomeOption = None,
    yes: YesOption = False,
) -> None:
    """Drop one release for good, such as one that should not have been published."""
    from warehouse.publish.retention import Dropped

    _drop(_folder(home), [Dropped(version, "asked for")], yes=yes)


@releases_app.command()
def share(
    catalogue: Annotated[
        str,
        typer.Argument(
            metavar="CATALOGUE",
            help="A DuckLake: a file (lake.ducklake), sqlite:FILE, or postgres:dbname=… (password: $PGPASSWORD).",
        ),
    ],
    data: Annotated[
        str | None, typer.Option(help="Folder or s3:// address of its Parquet files, needed the first time.")
    ] = None,
    version: Annotated[str, typer.Option(help="The release to share.")] = "latest",
    home: HomeOption = None,
) -> None:
    """Put a release on a shared DuckLake catalogue, as one snapshot; needs the extra `lake`."""
    from warehouse.lake import LakeError
    from warehouse.lake import share as put

    try:
        shared = put(_folder(home) / version, catalogue, data)
    except LakeError as fault:
        fail(str(fault))
    rows = sum(shared.rows.values())
    there = "is there already, as" if shared.was_there else f"was put there ({rows:,} rows), as"
    out.print(f"{shared.version} {there} snapshot {shared.snapshot}", soft_wrap=True)


def _folder(home: Path | None) -> Path:
    return home_to_read(home, "releases") / "releases"


def _holding(folder: Path, decisions: Path | None) -> list[Dropped]:
    import duckdb

    from transforms.normalise.keys import public_key
    from warehouse import decisions as embedded
    from warehouse.decisions import DecisionError, read_withdrawals
    from warehouse.publish.retention import holding

    try:
        named = read_withdrawals((decisions or embedded.folder()) / "withdrawals.csv")
        return holding(folder, named | {(source, public_key(key)) for source, key in named if key})
    except (duckdb.Error, DecisionError) as fault:
        fail(str(fault))


def _drop(folder: Path, found: list[Dropped], *, yes: bool) -> None:
    from warehouse.publish.retention import drop

    if not found:
        out.print("Nothing to drop.")
        return
    for each in found:
        out.print(f"{each.version}: {each.why}", soft_wrap=True)
    if not yes:
        out.print(f"{len(found)} would be dropped; add --yes to drop them.")
        return
    try:
        drop(folder, [each.version for each in found])
    except ValueError as fault:
        fail(str(fault))
    out.print(f"{len(found)} dropped.")
