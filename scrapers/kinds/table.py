"""Kind `table`: CSV of any delimiter and encoding, XLSX, ODS and Parquet; the header row is found by its names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scrapers.fetch import Door
from scrapers.kinds import delimited, workbook
from scrapers.kinds.item import Item, Note, apply_rules, refuse_web_page, unpacked
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.rule import Take
from scrapers.source import Source

HEADER_WITHIN = 30
"""The header is looked for in so many first rows."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells as they come, with whether short rows are to be expected and how the data ends.

    `ragged` is true for text formats, where a row may have fewer cells than the header; `cut` says that the text
    ends without a line end, so that a short last row means a truncated file.
    """

    rows: Iterator[list[str]]
    ragged: bool = False
    cut: bool = False


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each row below the header, address by address."""
    yield from read_addresses(source, door, note, source.addresses())


def read_addresses(source: Source, door: Door, note: Note, addresses: Iterable[str]) -> Iterator[Item]:
    """Yield an item for each row of the tables at `addresses`.

    Raises `SourceError` when one of them is no table, lacks a column, or has no row.
    """
    taken = source.places  # worked out anew each time it is asked for
    for address in addresses:
        response = door.get(address)
        grid = _grid(source, response)
        header, skipped = _header(source, response, grid.rows)
        count, short = 0, False
        for number, cells in enumerate(grid.rows, skipped + 1):
            if not "".join(cells).strip():
                continue
            if len(cells) >= len(header) and unique(cells[:1]) == header[:1] and unique(cells)[: len(header)] == header:
                message = f"{response.label}, row {number}: the header stands there once more"
                note(Problem(source.id, "repeated-header", message, "info", "nothing to do: it is left out"))
                continue
            count += 1
            short = len(cells) < len(header)
            if len(cells) != len(header) and not _fits(header, cells, grid):
                _refuse_row(source, response, number, header, cells, note)
                continue
            yield _item(source, response, dict(zip(header, cells, strict=False)), taken)
        if grid.cut and short:
            message = f"{response.label} ends without a line end, in a row of fewer cells than there are columns"
            raise SourceError("truncated", message, "the file was cut off; it is tried again the next night")
        if not count:
            raise SourceError("list-empty", f"{response.label} has a header but no row", "look at the publisher's file")


def _grid(source: Source, response: Response) -> Grid:
    stream = unpacked(response)
    head = stream.read(4096)
    stream.seek(0)
    wanted = source.places
    refuse_web_page(response, head, "a table")
    form = source.fetch.format or _sniff(head)
    if form in {"xlsx", "ods"}:
        return Grid(workbook.rows(stream, response.label, source.fetch.sheet, wanted))
    if form == "parquet":
        return Grid(workbook.parquet_rows(stream, response.label))
    text = delimited.decode(stream, response.label, source.fetch.encoding)
    rows, cut = delimited.rows(text, source.fetch.delimiter, wanted, response.label)
    return Grid(rows, ragged=True, cut=cut)


def _sniff(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "ods" if b"opendocument.spreadsheet" in head[:200] else "xlsx"
    return "parquet" if head.startswith(b"PAR1") else "csv"


def _header(source: Source, response: Response, rows: Iterator[list[str]]) -> tuple[list[str], int]:
    """Consume rows up to the header; return its names and how many rows that took."""
    wanted, best = source.places, (0, [""])
    for number, cells in enumerate(rows, 1):
        names = unique(cells)
        found = len(wanted & set(names))
        if found == len(wanted):
            return names, number
        best = max(best, (found, names), key=lambda candidate: candidate[0])
        if number == HEADER_WITHIN:
            break
    missing = sorted(wanted - set(best[1]))
    if not best[0]:
        message = f"{response.label}: none of the columns {', '.join(missing[:8])} is in its first rows"
        raise SourceError("header-missing", message, "the file is another one, or its columns were all renamed")
    hints = [_hint(name, best[1]) for name in missing]
    raise SourceError(
        "column-missing",
        f"{response.label}: its header lacks {', '.join(hints)}",
        "a column was renamed or removed: mend [fields]",
    )


def _hint(name: str, header: list[str]) -> str:
    near = difflib.get_close_matches(name, header, 1, 0.7)
    return f'"{name}" (there is "{near[0]}")' if near else f'"{name}"'


def unique(cells: list[str]) -> list[str]:
    """Tidy names for the cells of a header: white space folded, a repeated name numbered "Name (2)"."""
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, 1):
        plain = " ".join(cell.replace("\ufeff", "").split()) or f"column {number}"
        name = plain
        for count in range(2, number + 1):
            if name not in names:
                break
            name = f"{plain} ({count})"
        names[name] = None
    return list(names)


def _fits(header: list[str], cells: list[str], grid: Grid) -> bool:
    """Whether a row of another length than the header can still be trusted: only empty cells too many."""
    if len(cells) > len(header):
        return not any(cell.strip() for cell in cells[len(header) :])
    return not grid.ragged


def _refuse_row(
    source: Source, response: Response, number: int, header: list[str], cells: list[str], note: Note
) -> None:
    message = f"{response.label}, row {number}: {len(cells)} cells for {len(header)} columns"
    remedy = "its cells are shifted, so none can be trusted; tell the publisher"
    note(Problem(source.id, "shifted-row", message, "warning", remedy))


def _item(source: Source, response: Response, cells: dict[str, str], taken: set[str]) -> Item:
    def take(place: str) -> list[str]:
        return [cells.get(place, "")]

    def blocks(place: str) -> list[Take]:
        return [take]

    left = [name for name, cell in cells.items() if cell.strip() and name not in taken]
    return Item(apply_rules(source.fields, take, blocks), response.label, left)
