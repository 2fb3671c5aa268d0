"""Spreadsheets (XLSX, ODS) through calamine and Parquet through DuckDB, as rows of text."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial, reduce
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
from python_calamine import CalamineError, CalamineWorkbook

from scrapers.kinds.item import refuse_entities
from scrapers.problems import SourceError

HEADER_WITHIN = 30
CELLS_LIMIT = 30_000_000

CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')


def rows(stream: BinaryIO, url: str, sheet: str | None, wanted: set[str]) -> Iterator[list[str]]:
    """Yield the rows of one sheet: the one named, or the one whose first rows hold the most of the names `wanted`."""
    _refuse_hostile(stream, url)
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        name = sheet or max(book.sheet_names, key=lambda name: _names_found(book, name, wanted))
        if name not in book.sheet_names:
            listed = ", ".join(book.sheet_names)
            raise SourceError("sheet-missing", f'{url} has no sheet "{name}"; it has {listed}', "mend fetch.sheet")
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError) as fault:
        remedy = "the file is cut off or of another kind; it is tried again the next night"
        raise SourceError("not-a-workbook", f"{url} cannot be opened as a spreadsheet: {fault}", remedy) from fault
    return ([_text(cell) for cell in row] for row in cells)


def _refuse_hostile(stream: BinaryIO, url: str) -> None:
    """Raise `SourceError` when a part of a workbook declares XML entities, or when a sheet of an XLSX is too vast.

    One stray cell in its last corner is enough: the reader keeps a sheet as a full rectangle, so a file of a few
    kilobytes could take all the memory there is.
    """
    try:
        with zipfile.ZipFile(stream) as book:
            for name in book.namelist():
                if name.endswith((".xml", ".rels")):
                    with book.open(name) as part:
                        refuse_entities(f"{name} in {url}", iter(partial(part.read, 65536), b""))
            spans = [_span(book, name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    # Not a sound archive; calamine finds better words for what is wrong with it.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error):
        return
    for columns, depth in spans:
        if columns * depth > CELLS_LIMIT:
            message = f"{url} has a sheet that spans {depth:,} rows of {columns:,} columns"
            raise SourceError("too-large", message, "ask the publisher to delete the empty part of it")


def _span(book: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The greatest column and row of the cells of one sheet."""
    columns, depth = 0, 0
    with book.open(name) as xml:
        for chunk in iter(lambda: xml.read(1024 * 1024), b""):
            cells = CELL.findall(chunk)
            for letters in {letters for letters, _ in cells}:
                columns = max(columns, reduce(lambda total, letter: total * 26 + letter - 64, letters, 0))
            depth = max(depth, max((int(row) for _, row in cells), default=0))
    return columns, depth


def _names_found(book: CalamineWorkbook, name: str, wanted: set[str]) -> int:
    first = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=HEADER_WITHIN)
    return max((len(wanted & {" ".join(_text(cell).split()) for cell in row}) for row in first), default=0)


def parquet_rows(stream: BinaryIO, url: str) -> Iterator[list[str]]:
    """Yield the column names, then the rows of a Parquet file; nested values as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.parquet"
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET enable_progress_bar = false")  # it would be drawn on standard output
            try:
                found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
                yield [column[0] for column in found.description or ()]
                while batch := found.fetchmany(10_000):
                    for row in batch:
                        yield [_text(value) for value in row]
            except duckdb.Error as fault:
                remedy = "the file is cut off or of another kind; it is tried again the next night"
                raise SourceError("not-parquet", f"{url} cannot be read as Parquet: {fault}", remedy) from fault


def _text(value: Any) -> str:
    """Return a cell as the text its author would have typed: whole numbers without ".0", dates in ISO form."""
    # Not a number is how many programs write an empty cell.
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return str(value)
