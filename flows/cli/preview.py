"""The command `essaim source preview`: the raw records of a source as a table, in full, or as lines."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.shared import CatalogueOption, ContactOption, JsonOption, home_of, out, read_live_or_sample, tell
from flows.query import roomy
from flows.settings import embedded_catalogue
from scrapers.problems import SourceError

if TYPE_CHECKING:
    from scrapers.kinds import Harvest
    from scrapers.record import RawRecord

LINKS, PLACES = ("record_url", "url"), ("address", "postcode", "commune", "departement", "country")


def preview_source(
    id: Annotated[str, typer.Argument(metavar="ID", help="The source, or a folder with a source.toml.")],
    limit: Annotated[int, typer.Option(min=1, help="How many records to show.")] = 10,
    live: Annotated[bool, typer.Option("--live", help="Read the real address instead of the sample.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show every field of each record.")] = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print all records as the lines of sample/expected.jsonl.")
    ] = False,
    contact: ContactOption = None,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a source yields: its raw records as a table, and what was left over or doubtful."""
    from scrapers.catalogue import load_source

    if full + as_lines + as_json > 1:
        raise typer.BadParameter("--full, --jsonl and --json exclude each other")
    source = load_source(home_of(id, catalogue or embedded_catalogue()))
    try:
        found = read_live_or_sample(source, live, contact)
    except SourceError as error:
        raise tell(error, source.id) from error
    if as_lines:
        for record in found.records:
            typer.echo(expected_line(record))
    elif as_json:
        records = [{"key": record.key, **record.fields} for record in found.records[:limit]]
        problems = [{"code": problem.code, "message": problem.message} for problem in found.problems]
        out.print_json(data={"records": records, "problems": problems, "read": found.read})
    else:
        show_harvest(found, limit, full, out)


def expected_line(record: RawRecord) -> str:
    """`record` as a line of `sample/expected.jsonl`."""
    return json.dumps({"key": record.key, "fields": record.fields}, ensure_ascii=False)


def show_harvest(found: Harvest, limit: int, full: bool, console: Console) -> None:
    """Print the first records of `found`, in short or in full, and below them its problems and counts."""
    shown = found.records[:limit]
    if full:
        for record in shown:
            console.print(_whole(record))
    elif shown:
        roomy(console).print(_compact(shown))
    for problem in found.problems[:30]:
        console.print(f"{problem.level}: {problem.message}\n  → {problem.remedy}", soft_wrap=True, markup=False)
    if len(found.problems) > 30:
        console.print(f"… and {len(found.problems) - 30} more of these")
    console.print(f"{found.read} read, {len(found.records)} kept, {len(shown)} shown")


def _whole(record: RawRecord) -> Table:
    table = Table(title=Text(f"{record.position}. {record.key}"), title_justify="left", show_header=False)
    for name, value in record.fields.items():
        table.add_row(name, Text(_in_one(value)[:300]))
    return table


def _compact(records: list[RawRecord]) -> Table:
    table = Table()
    for name in ("", "name", "link", "place", "also"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for record in records:
        fields = record.fields
        link = next((_in_one(fields[name]) for name in LINKS if name in fields), "")
        place = " ".join(_in_one(fields[name]) for name in PLACES if name in fields)
        rest = [name for name in fields if name not in {"name", *LINKS[:1], *PLACES}]
        also = ", ".join(rest)
        cells = (str(record.position), _in_one(fields.get("name", "")), link, place, also)
        table.add_row(*(Text(_cut(cell)) for cell in cells))
    return table


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


def _in_one(value: Any) -> str:
    """`value` in one line for eyes: entities, which the cleaning undoes later, are written as what they mean."""
    return html.unescape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def differing(path: Path, found: Harvest) -> str | None:
    """Where the records of `found` differ first from the lines of `path`, or None; a line that is no JSON differs."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number, (line, record) in enumerate(zip(lines, found.records, strict=False), 1):
        try:
            wanted = json.loads(line)
        except ValueError as fault:
            return f"{path}: line {number} is not JSON ({fault}); `essaim source preview ID --jsonl` prints all lines"
        read = {"key": record.key, **record.fields}
        told = {"key": wanted.get("key"), **wanted.get("fields", {})} if isinstance(wanted, dict) else {}
        for name in {**told, **read}:
            if told.get(name) != read.get(name):
                was, now = (json.dumps(one.get(name), ensure_ascii=False)[:200] for one in (told, read))
                place = f"{path}: line {number}, {name}"
                return f"{place}: {was} is expected, the sample yields {now}; mend the one that is wrong"
    if len(lines) != len(found.records):
        counts = f"has {len(lines)} lines, the sample yields {len(found.records)} records"
        return f"{path}: {counts}; mend the one that is wrong"
    return None
