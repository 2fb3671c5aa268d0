"""The commands `essaim source …`: what is in the catalogue, whether it is sound, what it yields."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.query import roomy
from flows.settings import embedded_catalogue
from scrapers.problems import DefinitionError, Problem, SourceError

source_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="List, check and preview source definitions."
)
out, err = Console(highlight=False), Console(stderr=True, highlight=False)

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", help="Folder of source definitions (default: those of Essaim).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


@source_app.command("list")
def list_sources(catalogue: CatalogueOption = None, as_json: JsonOption = False) -> None:
    """List the sources: id, kind, licence, status, title."""
    from scrapers.catalogue import load_catalogue

    sources, errors = load_catalogue(catalogue or embedded_catalogue())
    rows = [
        {
            "id": source.id,
            "kind": source.kind,
            "licence": source.rights.licence,
            "status": f"retired: {source.retired}" if source.retired else source.verified,
            "schedule": source.schedule,
            "publisher": source.publisher.name,
            "title": source.title,
        }
        for source in sources
    ]
    if as_json:
        out.print_json(data=rows)
    else:
        _table(rows)
    for error in errors:
        err.print(str(error), soft_wrap=True, markup=False)


@source_app.command("check")
def check_sources(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The sources to check.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every source of the catalogue.")] = False,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check definitions, and read their samples or local files; exit status 1 when there is a fault."""
    from scrapers.catalogue import load_source

    folder = catalogue or embedded_catalogue()
    if not ids and not every:
        raise typer.BadParameter("name a source, or give --all")
    homes = (
        [_home_of(id, folder) for id in ids] if ids else sorted(path.parent for path in folder.glob("*/source.toml"))
    )
    if not homes:
        raise DefinitionError([f"{folder}: holds no definition (no <id>/source.toml)"])
    results = []
    for home in homes:
        try:
            results.append(_check(load_source(home)))
        except DefinitionError as error:
            results.append({"id": home.name, "sound": False, "faults": error.faults, "read": 0, "notes": {}})
    if as_json:
        out.print_json(data=results)
    else:
        for result in results:
            _show_check(result)
    if not all(result["sound"] for result in results):
        raise typer.Exit(1)


def _home_of(id: str, catalogue: Path) -> Path:
    if not (catalogue / id / "source.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in catalogue.glob("*/source.toml")))
        raise DefinitionError([f"no source {id} in {catalogue}; it has {known or 'none'}"])
    return catalogue / id


def _check(source: Any) -> dict[str, Any]:
    from flows.catalogue import check_source

    faults, notes, read = check_source(source), list[Problem](), 0
    if not faults and (source.sample is not None or source.fetch.path is not None):
        try:
            found = _read(source, live=False)
        except SourceError as error:
            faults = [f"{source.id}: {error.code}: {error} ({error.remedy})"]
        else:
            read, notes = len(found.records), found.problems
            if source.sample is not None and read != source.sample.rows:
                faults = [f"{source.id}: its sample yields {read} records, sample.rows says {source.sample.rows}"]
    counts = dict(sorted(Counter(problem.code for problem in notes).items()))
    return {"id": source.id, "sound": not faults, "faults": faults, "read": read, "notes": counts}


def _show_check(result: dict[str, Any]) -> None:
    if result["sound"]:
        notes = ", ".join(f"{code} {count}" for code, count in result["notes"].items())
        read = f"{result['read']} records" if result["read"] else "nothing to read without the network"
        out.print(f"[green]✓[/green] {result['id']}: {read}{f' ({notes})' if notes else ''}", soft_wrap=True)
        return
    for fault in result["faults"]:
        out.print(Text.assemble(("✗ ", "red"), fault), soft_wrap=True)


@source_app.command("preview")
def preview_source(
    id: Annotated[str, typer.Argument(metavar="ID", help="The source to look at.")],
    limit: Annotated[int, typer.Option(min=1, help="How many records to show.")] = 10,
    live: Annotated[bool, typer.Option("--live", help="Read the real address instead of the sample.")] = False,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a source yields: its raw records as a table, and what was left over or doubtful."""
    from scrapers.catalogue import load_source

    source = load_source(_home_of(id, catalogue or embedded_catalogue()))
    try:
        found = _read(source, live)
    except SourceError as error:
        err.print(f"essaim: {id}: {error.code}: {error}\n  → {error.remedy}", soft_wrap=True, markup=False)
        raise typer.Exit(1) from error
    if as_json:
        records = [{"key": record.key, **record.fields} for record in found.records[:limit]]
        problems = [{"code": problem.code, "message": problem.message} for problem in found.problems]
        out.print_json(data={"records": records, "problems": problems, "read": found.read})
        return
    for record in found.records[:limit]:
        table = Table(title=f"{record.position}. {record.key}", title_justify="left", show_header=False)
        for name, value in record.fields.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            table.add_row(name, Text(text[:300]))
        out.print(table)
    for problem in found.problems:
        out.print(f"{problem.level}: {problem.message}\n  → {problem.remedy}", soft_wrap=True, markup=False)
    out.print(f"{found.read} read, {len(found.records)} kept, {min(limit, len(found.records))} shown")


def _read(source: Any, live: bool) -> Any:
    from flows.settings import manners_of_the_environment
    from scrapers.fetch import network_door, sample_door
    from scrapers.kinds import read_source

    if live or source.sample is None:
        door = network_door(manners_of_the_environment(), None)
    else:
        folder = source.folder / "sample"
        door = sample_door({address: folder / name for address, name in source.sample.pages.items()}, None)
    with door:
        return read_source(source, door)


def _table(rows: list[dict[str, str]]) -> None:
    shown = ("id", "kind", "licence", "status", "title")
    table = Table()
    for name in shown:
        table.add_column(name, no_wrap=name in {"id", "kind"}, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[name]) for name in shown))
    roomy(out).print(table)
