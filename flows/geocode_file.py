"""Places for the rows of anybody's CSV file: the commune and all that follows from it, added as columns."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from flows.progress import Stage
from scrapers.kinds import delimited
from scrapers.kinds.table import unique
from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, geocode

ADDED = (
    "insee_code", "commune", "departement", "region", "latitude", "longitude", "precision", "confidence", "method",
)  # fmt: skip
BATCH = 10_000

# The usual names of the columns that hold a place, folded; the first that a file has is taken.
USUAL = {
    "address": ("adresse", "address", "adresse postale", "voie", "rue"),
    "postcode": ("code postal", "postcode", "cp", "code_postal", "codepostal", "zip"),
    "commune": ("commune", "ville", "city", "nom commune", "nom_commune", "nomcom", "localite"),
    "insee_code": (
        "insee code",
        "insee_code",
        "code insee",
        "code_insee",
        "insee",
        "codeinsee",
        "citycode",
        "inseecom",
    ),
    "departement": ("departement", "département", "dep", "code departement"),
    "country": ("pays", "country"),
}


class ColumnError(Exception):
    """A named column is not in the file, or none could be guessed."""


@dataclass(slots=True)
class Summary:
    """What was done: rows read, rows by precision, and which column was taken for what."""

    rows: int = 0
    precisions: Counter[str] = field(default_factory=Counter)
    columns: dict[str, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def geocode_file(source: Path, target: TextIO, named: dict[str, str], gazetteer: Gazetteer, progress: Stage) -> Summary:
    """Copy the CSV file `source` to `target` (UTF-8, the same delimiter) with the columns `ADDED` after its own.

    `named` says which column holds what (keys as in `PlaceQuery`); the others are guessed from their usual names. An
    added column whose name the file already has is called `essaim_<name>`. Raises `ColumnError` for a named column
    that is not there, `scrapers.problems.SourceError` for a file that cannot be read.
    """
    with source.open("rb") as stream:
        text = delimited.decode(stream, source.name)
        head = text.readline()
        text.seek(0)
        delimiter = delimited.find_delimiter(head, set(named.values()))
        rows, _ = delimited.rows(text, delimiter, set(), source.name)
        header = unique(next(rows))
        summary = Summary(columns=_columns(header, named))
        summary.added = [name if name not in header else f"essaim_{name}" for name in ADDED]
        writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")
        writer.writerow([*header, *summary.added])
        where = {name: header.index(column) for name, column in summary.columns.items()}
        while batch := list(islice(rows, BATCH)):
            answers = geocode([_query(row, where) for row in batch], gazetteer)
            writer.writerows(_widened(batch, answers, len(header)))
            summary.rows += len(batch)
            summary.precisions.update(answer.precision for answer in answers)
            progress.step(f"{summary.rows:,} rows", len(batch))
    return summary


def _columns(header: list[str], named: dict[str, str]) -> dict[str, str]:
    for name, column in named.items():
        if column not in header:
            raise ColumnError(f'there is no column "{column}" for --{name}; the file has {", ".join(header)}')
    folded = {" ".join(column.casefold().replace("_", " ").replace("-", " ").split()): column for column in header}
    guessed = {
        name: folded[usual.replace("_", " ")]
        for name, candidates in USUAL.items()
        for usual in candidates[::-1]
        if usual.replace("_", " ") in folded
    }
    found = guessed | named
    if not {"address", "postcode", "commune", "insee_code"} & set(found):
        raise ColumnError(f"no column looks like a place; name one of {', '.join(header)} with --commune or --address")
    return found


def _query(row: list[str], where: dict[str, int]) -> PlaceQuery:
    told = {name: row[index].strip() or None for name, index in where.items() if index < len(row)}
    return PlaceQuery(**told)  # type: ignore[arg-type]  # its coordinates, the only numbers, are not among the names


def _widened(rows: list[list[str]], answers: list[PlaceAnswer], width: int) -> Iterator[list[object]]:
    for row, answer in zip(rows, answers, strict=True):
        padded = [*row, *[""] * (width - len(row))]
        yield [*padded, *("" if (value := getattr(answer, name)) is None else value for name in ADDED)]
