"""Values that are found by the heading above them in a table, such as `column:Commune`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count as count_from
from itertools import islice
from typing import Any

from lxml import etree

from scrapers.kinds.beside import plain
from scrapers.kinds.markup import text_of
from scrapers.problems import SourceError

ROWS = etree.XPath("tr | thead/tr | tbody/tr | tfoot/tr")

HEADER_WITHIN = 30
"""The header of a table is looked for in so many first rows."""
MOST_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page: its rows, each with its cells by column, a cell that spans several in each of them.

    `headings` remembers where the headings that were asked for stand: in which row, and at the top of which column.
    """

    cells: dict[Any, list[Any]]
    headings: dict[str, tuple[int, int] | None] = field(default_factory=dict)
    numbers: dict[Any, int] = field(default_factory=dict)

    def heading(self, column: str) -> tuple[int, int] | None:
        """The row and the column at whose top `column` stands, or None."""
        if column not in self.headings:
            self.headings[column] = self._heading(plain(column))
        return self.headings[column]

    def _heading(self, wanted: str) -> tuple[int, int] | None:
        for row in self.headers():
            names = [plain(name) for name in self.names(row)]
            if wanted in names:
                return self.numbers[row], names.index(wanted)
        return None

    def headers(self) -> list[Any]:
        """The rows that may be the header: those of headings only or, where there is none, any of the first."""
        first = list(islice(self.cells, HEADER_WITHIN))
        marked = [row for row in first if row.getparent().tag == "thead" or {cell.tag for cell in row} == {"th"}]
        return marked or first

    def names(self, row: Any) -> list[str]:
        """The texts of the cells of `row`; one that is repeated is numbered, as in the header of any table."""
        found: dict[str, None] = {}
        for cell in self.cells[row]:
            name = " ".join(text_of(cell).split()) if cell is not None else ""
            count = next(number for number in count_from(1) if _numbered(name, number) not in found)
            found[_numbered(name, count)] = None
        return list(found)


def _numbered(name: str, count: int) -> str:
    return name if count == 1 else f"{name} ({count})"


def under_column(tables: dict[Any, Table], page: str, row: Any, column: str) -> list[Any]:
    """The cell of `row`, a row of a table of `page`, that stands under the heading `column`; none where it is short.

    `tables` remembers the tables of the page. Raises `SourceError` when the table has no such heading.
    """
    table = _table(tables, row)
    if table is None:
        message = f'{page}: a block that should have the column "{column}" is no row of a table'
        raise SourceError("column-missing", message, "let fetch.item select the rows, such as table.places tr")
    heading = table.heading(column)
    if heading is None:
        names = [name for row in table.headers() for name in table.names(row) if name]
        near = get_close_matches(column, names, 1, 0.7)
        hint = f'there is "{near[0]}"' if near else f"there are {', '.join(names)[:200]}"
        message = f'{page}: a table lacks the column "{column}" ({hint})'
        raise SourceError("column-missing", message, "a column was renamed or removed: mend [fields]")
    cells = table.cells[row]
    found = cells[heading[1]] if heading[1] < len(cells) else None
    return [] if found is None else [found]


def is_heading(tables: dict[Any, Table], row: Any, columns: list[str]) -> bool:
    """Whether `row` is one of those that hold no record: down to the headings of `columns`, or a title across it."""
    table = _table(tables, row)
    if table is None:
        return False
    tops = [heading[0] for column in columns if (heading := table.heading(column)) is not None]
    if not tops:
        return False
    cells, top = table.cells[row], next(islice(table.cells, max(tops), None))
    if table.numbers[row] <= max(tops) or (row[:1] and row[0].tag == "th" and table.names(row) == table.names(top)):
        return True
    return len(cells) > 1 and len(set(cells)) == 1


def _table(tables: dict[Any, Table], row: Any) -> Table | None:
    if row.tag != "tr":
        return None
    element = next(row.iterancestors("table"), None)
    if element is None:
        return None
    if element not in tables:
        rows = ROWS(element)
        numbers = {row: number for number, row in enumerate(rows)}
        tables[element] = Table(dict(zip(rows, _grid(rows), strict=True)), {}, numbers)
    return tables[element] if row in tables[element].cells else None


def _grid(rows: list[Any]) -> Iterator[list[Any]]:
    """The cells of each row by column, those that reach down from above or over several columns too."""
    above: dict[int, tuple[Any, int]] = {}
    for row in rows:
        cells: list[Any] = []
        below: dict[int, tuple[Any, int]] = {}
        waiting = [cell for cell in row if cell.tag in {"td", "th"}]
        last = max(above, default=-1)
        while (waiting or last >= len(cells)) and len(cells) < MOST_COLUMNS:
            at = len(cells)
            if at in above:
                cell, left = above[at]
                across = 1
            elif waiting:
                cell = waiting.pop(0)
                left, across = _span(cell, "rowspan"), _span(cell, "colspan")
            else:
                cell, left, across = None, 1, 1
            for place in range(at, min(at + across, MOST_COLUMNS)):
                cells.append(cell)
                if left > 1:
                    below[place] = (cell, left - 1)
        above = below
        yield cells


def _span(cell: Any, name: str) -> int:
    written = (cell.get(name) or "1").strip()
    return max(1, int(written)) if written.isascii() and written.isdigit() and len(written) < 6 else 1
