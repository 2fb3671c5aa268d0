"""Places for the rows of anybody's CSV file: the commune and all that follows from it, added as columns."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, TextIO

from flows.geocode_columns import AXES, PLACES, by_content, by_name, is_headless
from flows.progress import Stage
from scrapers.kinds import delimited, workbook
from scrapers.kinds.encodings import PROBE_BYTES
from scrapers.kinds.table import unique
from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, geocode
from transforms.normalise.points import Axis, clean_figure, parse_point

ADDED = (
    "insee_code", "commune", "postcode", "epci_code", "epci", "departement_code", "departement", "region_code",
    "region", "country", "latitude", "longitude", "precision", "confidence", "method", "alternatives", "conflict",
)  # fmt: skip
BATCH = 10_000
FILLED = 3  # cells of a row, below which nothing tells a title from a row
PROBE = 200  # rows that are looked at to tell what the columns hold


# By which the sheet of a workbook is chosen.
USUAL_WORDS = {form(word) for word in ("commune", "ville", "code postal", "code_postal", "cp", "adresse", "code insee",
               "code_insee", "latitude", "longitude", "city", "address")
               for form in (str.lower, str.upper, str.capitalize, str.title)}  # fmt: skip


class ColumnError(Exception):
    """A named column is not in the file, or none could be guessed."""


@dataclass(slots=True)
class Summary:
    """What was done: rows read, rows by precision, and which column was taken for what."""

    rows: int = 0
    precisions: Counter[str] = field(default_factory=Counter)
    columns: dict[str, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def geocode_file(
    source: Path,
    target: TextIO,
    named: dict[str, str],
    gazetteer: Gazetteer,
    progress: Stage,
    default_country: str | None = "FR",
) -> Summary:
    """Copy the table `source` (CSV, XLSX, ODS or Parquet) to `target` with the columns `ADDED` after its own.

    What is written is CSV in UTF-8, with the delimiter of the file, or commas. Titles above the table are left out.
    A workbook gives the sheet with the most columns that are `named`, or usual; of a formula its stored result.

    `named` says which column holds what (keys as in `PlaceQuery`); the others are guessed from their usual names.
    Coordinates are audited, and say the place of rows without an address. `default_country` is the country of rows
    that state none, None to look for them everywhere. An added column whose name the file already has is called
    `essaim_<name>`. Raises `ColumnError` for a named column that is not there, `scrapers.problems.SourceError` for a
    file that cannot be read.
    """
    with source.open("rb") as stream:
        rows, delimiter = _read(stream, source.name, set(named.values()))
        rows = (row for row in rows if any(map(str.strip, row)))
        first = _below_titles(list(islice(rows, PROBE)))
        headless = bool(first) and not named and is_headless(first[0], gazetteer)
        header = (
            [f"column_{number}" for number in range(1, len(first[0]) + 1)] if headless else unique((first or [[]])[0])
        )
        body = first if headless else first[1:]
        rows = chain(body, rows)
        summary = Summary(columns=_columns(header, named, body, gazetteer, headless))
        summary.added = _added(header)
        writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")
        writer.writerow([*header, *summary.added])
        where = {name: header.index(column) for name, column in summary.columns.items()}
        while batch := list(islice(rows, BATCH)):
            answers = geocode([_query(row, where) for row in batch], gazetteer, default_country)
            writer.writerows(_widened(batch, answers, len(header), summary.rows))
            summary.rows += len(batch)
            summary.precisions.update(answer.precision for answer in answers)
            progress.step(f"{summary.rows:,} rows", len(batch))
    return summary


def _read(stream: BinaryIO, name: str, wanted: set[str]) -> tuple[Iterator[list[str]], str]:
    """Return the rows of a table of any of the usual forms, and the delimiter to write them with."""
    beginning = stream.read(4096)
    stream.seek(0)
    if beginning.startswith(b"PK\x03\x04"):
        return workbook.rows(stream, name, None, wanted or USUAL_WORDS), ","
    if beginning.startswith(b"PAR1"):
        return workbook.parquet_rows(stream, name), ","
    if beginning.startswith(b"\x1f\x8b"):
        raise ColumnError(f"{name} is a gzip file; unpack it first")
    if b"\x00" in beginning and not beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ColumnError(f"{name} is no text")
    text = delimited.decode(stream, name)
    # The names of the columns alone: below them decimal commas count as delimiters. A title above holds none.
    lines = text.read(PROBE_BYTES).splitlines()
    text.seek(0)
    head = next((line for line in lines[:PROBE] if any(sign in line for sign in delimited.DELIMITERS)), "")
    delimiter = delimited.find_delimiter(head, wanted)
    return delimited.rows(text, delimiter, set(), name)[0], delimiter


def _below_titles(first: list[list[str]]) -> list[list[str]]:
    """The first rows of a table without the titles above it, which fill one cell where the others fill several."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in first]
    if max(filled, default=0) < FILLED:
        return first
    return first[next(number for number, count in enumerate(filled) if count > 1) :]


def _added(header: list[str]) -> list[str]:
    """The names of the columns to add: none that the file has."""
    names = []
    for name in ADDED:
        while name in header or name in names:
            name = f"essaim_{name}"
        names.append(name)
    return names


def _columns(
    header: list[str], named: dict[str, str], rows: list[list[str]], gazetteer: Gazetteer, headless: bool
) -> dict[str, str]:
    for name, column in named.items():
        if column not in header:
            raise ColumnError(f'there is no column "{column}" for --{name}; the file has {", ".join(header)}')
    guessed = {} if headless else by_name(header)
    if not PLACES & {*guessed, *named}:
        guessed |= by_content(header, rows, gazetteer)
    found = {name: column for name, column in guessed.items() if column not in named.values()} | named
    if not set(AXES) <= set(found):  # one alone is no point
        found = {name: column for name, column in found.items() if name not in AXES or name in named}
    if not PLACES & set(found):
        raise ColumnError(f"no column looks like a place; name one of {', '.join(header)} with --commune or --address")
    if ("latitude" in found) != ("longitude" in found):
        raise ColumnError("--latitude and --longitude go together: name both columns")
    return found


def _query(row: list[str], where: dict[str, int]) -> PlaceQuery:
    told = {name: row[index].strip() or None for name, index in where.items() if index < len(row)}
    latitude, longitude = (
        _figure(told.pop("latitude", None), "latitude"),
        _figure(told.pop("longitude", None), "longitude"),
    )
    point = told.pop("point", None)
    if (latitude is None or longitude is None) and point:
        latitude, longitude = _pair(point)
    return PlaceQuery(**told, latitude=latitude, longitude=longitude)


def _figure(text: str | None, axis: Axis) -> float | None:
    """A coordinate as far as it can be read; what is none ("NR") is taken as missing."""
    try:
        return clean_figure(text, axis) if text else None
    except ValueError:
        return None


def _pair(text: str) -> tuple[float | None, float | None]:
    """Both coordinates from one cell; what is no point is taken as missing."""
    try:
        return parse_point(text) or (None, None)
    except ValueError:
        return None, None


def _widened(rows: list[list[str]], answers: list[PlaceAnswer], width: int, done: int) -> Iterator[list[object]]:
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True), done + 1):
        while len(row) > width and not row[-1].strip():
            row = row[:-1]  # a delimiter too many at the end of the line
        if len(row) > width:
            raise ColumnError(f"record {number} has {len(row)} cells for {width} columns: {row[:3]}…; mend the file")
        padded = [*row, *[""] * (width - len(row))]
        yield [*padded, *(_cell(getattr(answer, name)) for name in ADDED)]


def _cell(value: object) -> object:
    if value is None:
        return ""
    return "; ".join(value) if isinstance(value, tuple) else value
