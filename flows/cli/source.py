"""The commands `essaim source …`: what is in the catalogue, whether it is sound, what it yields, how one is added."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from flows.cli.preview import differing, preview_source
from flows.cli.propose import new_source, record_source
from flows.cli.shared import CatalogueOption, JsonOption, err, home_of, out, read_live_or_sample
from flows.query import roomy
from flows.settings import embedded_catalogue
from scrapers.problems import DefinitionError, Problem, SourceError

source_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="List, check, preview and add source definitions."
)
source_app.command("preview")(preview_source)
source_app.command("new")(new_source)
source_app.command("record")(record_source)


@source_app.command("list")
def list_sources(
    kind: Annotated[str | None, typer.Option(help="Only sources of this kind.")] = None,
    country: Annotated[str | None, typer.Option(help="Only sources of this country, such as FR.")] = None,
    retired: Annotated[
        bool | None, typer.Option("--retired/--no-retired", help="Only those that are retired, or only the others.")
    ] = None,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sources: id, kind, licence, status, title; and how many there are."""
    from scrapers.catalogue import load_catalogue
    from scrapers.source import Kind

    if kind is not None and kind not in get_args(Kind):
        raise typer.BadParameter(f"there is no kind {kind}; use {', '.join(get_args(Kind))}")
    sources, errors = load_catalogue(catalogue or embedded_catalogue())
    rows = [
        row
        for row in map(_row, sources)
        if kind in (None, row["kind"])
        and (country is None or country.upper() == row["country"])
        and (retired is None or retired == (row["retired"] is not None))
    ]
    if as_json:
        out.print_json(data=rows)
    else:
        _table(rows)
        out.print(_counts(rows))
    for error in errors:
        err.print(str(error), soft_wrap=True, markup=False)


def _row(source: Any) -> dict[str, Any]:
    return {
        "id": source.id,
        "kind": source.kind,
        "licence": source.rights.licence,
        "status": f"retired: {source.retired}" if source.retired else source.verified,
        "schedule": source.schedule,
        "publisher": source.publisher.name,
        "title": source.title,
        "country": source.country,
        "verified": source.verified,
        "retired": source.retired,
        "sample": source.sample is not None,
    }


def _counts(rows: list[dict[str, Any]]) -> str:
    from transforms.rights import register

    known = register()
    counts = {
        "open": sum(row["licence"] in known and known[row["licence"]].open for row in rows),
        "abroad": sum(row["country"] not in (None, "FR") for row in rows),
        "retired": sum(row["retired"] is not None for row in rows),
        "seen live": sum(row["verified"].startswith("live") for row in rows),
    }
    named = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{len(rows)} source{'' if len(rows) == 1 else 's'}: {named}"


def _table(rows: list[dict[str, Any]]) -> None:
    shown = ("id", "kind", "licence", "status", "title")
    table = Table()
    for name in shown:
        table.add_column(name, no_wrap=name in {"id", "kind"}, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[name]) for name in shown))
    roomy(out).print(table)


@source_app.command("check")
def check_sources(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="The sources, or folders with a source.toml.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every source of the catalogue.")] = False,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check definitions, and read their samples or local files; exit status 1 when there is a fault.

    What a sample yields is compared with its `sample/expected.jsonl`, record by record.
    """
    from scrapers.catalogue import load_source

    folder = catalogue or embedded_catalogue()
    if not ids and not every:
        raise typer.BadParameter("name a source, or give --all")
    homes = [home_of(id, folder) for id in ids] if ids else sorted(path.parent for path in folder.glob("*/source.toml"))
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


def _check(source: Any) -> dict[str, Any]:
    from flows.catalogue import check_source
    from scrapers.browser import MISSING

    faults, notes, read, skipped = check_source(source), list[Problem](), 0, ""
    if source.sample is not None or source.fetch.path is not None:
        try:
            found = read_live_or_sample(source, live=False)
        except SourceError as error:
            if error.code == MISSING:  # the definition may be sound all the same
                skipped = f"its sample needs a browser, and is not read here ({error.remedy})"
            else:
                faults.append(f"{source.id}: {error.code}: {error} ({error.remedy})")
        else:
            read, notes = len(found.records), found.problems
            faults += _sample_faults(source, found)
    counts = dict(sorted(Counter(problem.code for problem in notes).items()))
    found_out = {"id": source.id, "sound": not faults, "faults": faults, "read": read, "notes": counts}
    return {**found_out, "skipped": skipped} if skipped else found_out


def _sample_faults(source: Any, found: Any) -> list[str]:
    """What the sample of `source` yields that its definition, or `expected.jsonl` beside it, does not say."""
    if source.sample is None:
        return []
    read, told, faults = len(found.records), source.sample.rows, list[str]()
    if read != told:
        faults.append(
            f"{source.id}: its sample yields {read} records, sample.rows says {told}; mend the one that is wrong"
        )
    expected = source.folder / "sample" / "expected.jsonl"
    difference = differing(expected, found) if expected.is_file() else None
    return [*faults, difference] if difference else faults


def _show_check(result: dict[str, Any]) -> None:
    if result["sound"]:
        notes = ", ".join(f"{code} {count}" for code, count in result["notes"].items())
        unread = result.get("skipped", "nothing to read without the network")
        read = f"{result['read']} records" if result["read"] else unread
        out.print(f"[green]✓[/green] {result['id']}: {escape(read)}{f' ({notes})' if notes else ''}", soft_wrap=True)
        return
    for fault in result["faults"]:
        out.print(Text.assemble(("✗ ", "red"), fault), soft_wrap=True)
