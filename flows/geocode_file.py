"""Places for the rows of anybody's CSV file: the commune and all that follows from it, added as columns."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from flows.progress import Stage
from scrapers.kinds import delimited
from scrapers.kinds.table import unique
from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, geocode
from transforms.normalise.points import Axis, clean_figure

ADDED = (
    "insee_code", "commune", "departement", "region", "country", "latitude", "longitude", "precision", "confidence",
    "method", "alternatives", "conflict",
)  # fmt: skip
BATCH = 10_000

# How columns that hold a place are usually named, once folded to lower-case words; the surest form first.
USUAL = {
    "insee_code": (
        r"(code )?insee( code)?",
        r".*\binsee\b.*",
        r"codeinsee|inseecom|citycode|codgeo|depcom|code commune",
    ),
    "postcode": (r"code postal|postcode|cp", r".*\b(code postal|postal code|codepostal|zip( code)?)\b.*"),
    "commune": (r"commune|ville|city", r"(nom|libelle)( de)?( la)? (commune|ville)|nomcom|localite|municipalite|town"),
    "address": (r"adresse|address", r"adresse (postale|complete|voie)|voie|rue|street"),
    "departement": (r"departement|dep", r"(code|nom) departement"),
    "region": (r"region|(nom|code) region|province|etat|state",),
    "country": (r"pays|country|code pays|country code",),
    "latitude": (r"lat(itude)?", r"(coord(onnees?)?|gps|geo|wgs84) ?(y|lat(itude)?)|y", r".*\blatitude\b.*"),
    "longitude": (r"lon(g|gitude)?|lng", r"(coord(onnees?)?|gps|geo|wgs84) ?(x|lon(gitude)?)|x", r".*\blongitude\b.*"),
}
AXES: dict[str, Axis] = {"latitude": "latitude", "longitude": "longitude"}


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
    """Copy the CSV file `source` to `target` (UTF-8, the same delimiter) with the columns `ADDED` after its own.

    `named` says which column holds what (keys as in `PlaceQuery`); the others are guessed from their usual names.
    Coordinates are audited, and say the place of rows without an address. `default_country` is the country of rows
    that state none, None to look for them everywhere. An added column whose name the file already has is called
    `essaim_<name>`. Raises `ColumnError` for a named column that is not there, `scrapers.problems.SourceError` for a
    file that cannot be read.
    """
    with source.open("rb") as stream:
        _refuse_binary(stream, source.name)
        text = delimited.decode(stream, source.name)
        head = text.readline()
        text.seek(0)
        delimiter = delimited.find_delimiter(head, set(named.values()))
        rows, _ = delimited.rows(text, delimiter, set(), source.name)
        rows = (row for row in rows if any(map(str.strip, row)))
        header = unique(next(rows, []))
        summary = Summary(columns=_columns(header, named))
        summary.added = [name if name not in header else f"essaim_{name}" for name in ADDED]
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


def _refuse_binary(stream: BinaryIO, name: str) -> None:
    head = stream.read(4096)
    if head.startswith(b"PK\x03\x04"):
        raise ColumnError(f"{name} is a spreadsheet or an archive; save the table as CSV first")
    if head.startswith(b"\x1f\x8b"):
        raise ColumnError(f"{name} is a gzip file; unpack it first")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ColumnError(f"{name} is no text")


def _columns(header: list[str], named: dict[str, str]) -> dict[str, str]:
    for name, column in named.items():
        if column not in header:
            raise ColumnError(f'there is no column "{column}" for --{name}; the file has {", ".join(header)}')
    guesses = {name: _guess(header, forms) for name, forms in USUAL.items()}
    guessed = {name: guess for name, guess in guesses.items() if guess is not None}
    found = guessed | named
    if not {"latitude", "longitude"} <= set(found):  # one alone is no point
        found = {name: column for name, column in found.items() if name not in AXES or name in named}
    if not {"address", "postcode", "commune", "insee_code", "latitude"} & set(found):
        raise ColumnError(f"no column looks like a place; name one of {', '.join(header)} with --commune or --address")
    if ("latitude" in found) != ("longitude" in found):
        raise ColumnError("--latitude and --longitude go together: name both columns")
    return found


def _guess(header: list[str], forms: tuple[str, ...]) -> str | None:
    """The first column whose folded name has one of `forms`, tried in order."""
    words = [" ".join(re.findall(r"[a-z0-9]+", _unaccented(column.casefold()))) for column in header]
    for form in forms:
        for column, folded in zip(header, words, strict=True):
            if re.fullmatch(form, folded):
                return column
    return None


def _unaccented(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def _query(row: list[str], where: dict[str, int]) -> PlaceQuery:
    told = {name: row[index].strip() or None for name, index in where.items() if index < len(row)}
    latitude, longitude = (_figure(told.pop(name, None), axis) for name, axis in AXES.items())
    return PlaceQuery(**told, latitude=latitude, longitude=longitude)


def _figure(text: str | None, axis: Axis) -> float | None:
    """A coordinate as far as it can be read; what is none ("NR") is taken as missing."""
    try:
        return clean_figure(text, axis) if text else None
    except ValueError:
        return None


def _widened(rows: list[list[str]], answers: list[PlaceAnswer], width: int, done: int) -> Iterator[list[object]]:
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True), done + 1):
        if len(row) > width:
            raise ColumnError(f"record {number} has {len(row)} cells for {width} columns: {row[:3]}…; mend the file")
        padded = [*row, *[""] * (width - len(row))]
        yield [*padded, *(_cell(getattr(answer, name)) for name in ADDED)]


def _cell(value: object) -> object:
    if value is None:
        return ""
    return "; ".join(value) if isinstance(value, tuple) else value
