"""The raw-record contract: all that scrapers hand over and all that transforms may expect.

A raw record holds values exactly as the source gave them. Keys, cleaning and places are worked out from it later, so
that everything after the fetch can be replayed without visiting the source again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, Self

import orjson

RawValue = str | list[str] | list[dict[str, str]]
"""One text, a list of texts, or a list of parts (a partner's name, kind, ...)."""

FieldShape = Literal["text", "list", "parts"]

RAW_FIELDS: dict[str, FieldShape] = {
    "source_key": "text",
    "record_url": "text",
    "name": "text",
    "summary": "text",
    "impact": "text",
    "url": "text",
    "status": "text",
    "started_on": "text",
    "ended_on": "text",
    "organisation_name": "text",
    "organisation_kind": "text",
    "siren": "text",
    "siret": "text",
    "rna": "text",
    "osm": "text",
    "wikidata": "text",
    "email": "text",
    "phone": "text",
    "themes": "list",
    "beneficiaries": "list",
    "methods": "list",
    "sdgs": "list",
    "needs": "list",
    "funding_kinds": "list",
    "funders": "list",
    "partners": "parts",
    "programmes": "parts",
    "address": "text",
    "postcode": "text",
    "commune": "text",
    "insee_code": "text",
    "departement": "text",
    "region": "text",
    "country": "text",
    "latitude": "text",
    "longitude": "text",
    "point": "text",
}
"""Every raw field and its shape; a definition may name no other."""

PARTS: dict[str, tuple[str, ...]] = {
    "partners": ("name", "kind", "motivation", "contribution"),
    "programmes": ("name", "year", "theme", "organiser"),
}
"""The parts of the fields that hold blocks."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as its source gave it.

    `key` is the raw values of the definition's identity fields joined by "|" ("" when one of them is missing),
    `origin` the address of the page it was read from, or the name of the local file, `position` its rank in the source,
    from 1.
    """

    source_id: str
    key: str
    fields: dict[str, RawValue]
    origin: str
    position: int


NAMES = [field.name for field in fields(RawRecord)]


class RecordWriter:
    """Writes raw records to a file as JSON lines; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Begin the file at `path`, in place of any that is there."""
        self._lines = path.open("wb")
        self._at = 0

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file."""
        self._lines.close()

    def write(self, record: RawRecord) -> int:
        """Add one record; return where it begins in the file, in bytes."""
        line = orjson.dumps({name: getattr(record, name) for name in NAMES}, option=orjson.OPT_APPEND_NEWLINE)
        begins = self._at
        self._at += self._lines.write(line)
        return begins


Span = tuple[int, int]
"""Where some of the records of a file begin and end, in bytes."""


def read_records(path: Path, span: Span | None = None) -> Iterator[RawRecord]:
    """Read back what a `RecordWriter` wrote: everything, or one of its `spans`."""
    with path.open("rb") as lines:
        at, end = span or (0, None)
        lines.seek(at)
        for line in lines:
            if end is not None and at >= end:
                return
            at += len(line)
            yield RawRecord(**orjson.loads(line))


def read_placed(path: Path) -> Iterator[tuple[int, RawRecord]]:
    """Read back all that a `RecordWriter` wrote, each with where it begins."""
    at = 0
    with path.open("rb") as lines:
        for line in lines:
            yield at, RawRecord(**orjson.loads(line))
            at += len(line)


def read_at(path: Path, places: Iterable[int]) -> Iterator[RawRecord]:
    """Read back the records that begin at `places`, in that order."""
    with path.open("rb") as lines:
        for at in places:
            lines.seek(at)
            yield RawRecord(**orjson.loads(lines.readline()))


def spans(path: Path, most: int) -> list[Span]:
    """Return the spans of `most` records each that a file falls into; the last may have fewer."""
    found, begin, at = list[Span](), 0, 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            at += len(line)
            if number % most == 0:
                found.append((begin, at))
                begin = at
    return [*found, (begin, at)] if at > begin else found
