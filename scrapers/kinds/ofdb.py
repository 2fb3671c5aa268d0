"""Kind `ofdb`: places of an OpenFairDB, such as Karte von morgen's.

The API is described by `openapi.yaml` in https://github.com/kartevonmorgen/openfairdb (read in version 0.12.10):
`/search?bbox=&limit=` gives the places of a box in short, best rated first, `/entries/<id>,<id>…` gives them whole.
The CSV export, which would be simpler, is for logged-in people only.

Not certain: that the server gives as many as we ask for. The description says 100 by default, and up to 2,000; a box
that answers with fewer than asked for is taken to be complete, so a server with a lower bound of its own would hide
places from us, which only `expect.rows` would show. How many identifiers one address may hold is not said; we send 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds.asking import is_object, list_in, other_shape, question
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.problems import Problem, SourceError
from scrapers.queries import Box, box_of
from scrapers.response import Response
from scrapers.source import Source

LIMIT = 500
BATCH = 100
SMALLEST = 0.001
"""Degrees, some hundred metres: a box that is fuller than `LIMIT` is not cut into smaller ones."""


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each place in the box `fetch.query`, as `/entries` gives it.

    A full box is cut into four, until none is full or `fetch.max_pages` boxes were asked for. Raises `SourceError`
    when there is no place at all, or an answer has another shape.
    """
    for address in source.addresses():
        root = address.rstrip("/")
        identifiers = sorted(_identifiers(source, door, root, note))
        if not identifiers:
            message = f"there is no place in the box {source.fetch.query}"
            raise SourceError("list-empty", message, "check fetch.query: latitude before longitude, south-west first")
        for start in range(0, len(identifiers), BATCH):
            yield from _entries(source, door, root, identifiers[start : start + BATCH], note)


def _entries(source: Source, door: Door, root: str, wanted: list[str], note: Note) -> Iterator[Item]:
    response = door.get(f"{root}/entries/{','.join(wanted)}")
    found = whole(source, response)
    if not isinstance(found, list):
        raise other_shape(response, found, "a list of entries")
    missing = len(wanted) - len(found)
    if missing > 0:
        message = f"{missing} of {len(wanted)} places that the search named are not among the entries"
        note(Problem(source.id, "entries-missing", message, "warning", "they may have been archived just now"))
    if found:
        yield from items(source, response, found, note)


def _identifiers(source: Source, door: Door, root: str, note: Note) -> set[str]:
    waiting, found = [box_of(source.fetch.query or "")], set[str]()
    for _ in range(source.fetch.max_pages):
        if not waiting:
            return found
        box = waiting.pop(0)
        here = _search(source, door, root, box)
        found |= here
        if len(here) >= LIMIT:
            waiting.extend(_quarters(box) if _can_be_cut(box) else _full(source, box, note))
    if waiting:
        message = f"stopped after {source.fetch.max_pages} boxes, with {len(waiting)} still to ask for"
        note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages, or make the box smaller"))
    return found


def _search(source: Source, door: Door, root: str, box: Box) -> set[str]:
    response = door.get(question(f"{root}/search", bbox=",".join(map(_degrees, box)), limit=str(LIMIT)))
    return {_identifier(response, place) for place in list_in(response, whole(source, response), "visible")}


def _identifier(response: Response, place: Any) -> str:
    text = str(place.get("id")) if is_object(place) and place.get("id") else ""
    # It becomes a part of an address.
    if not re.fullmatch(r"[\w-]{1,64}", text, re.ASCII):
        raise other_shape(response, place, "an identifier for each place")
    return text


def _can_be_cut(box: Box) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) > SMALLEST


def _full(source: Source, box: Box, note: Note) -> list[Box]:
    message = f"the box {','.join(map(_degrees, box))} holds {LIMIT} places or more, and is too small to be cut"
    note(Problem(source.id, "box-full", message, "warning", "some of its places are not read; tell the developers"))
    return []


def _quarters(box: Box) -> list[Box]:
    south, west, north, east = box
    middle, centre = (south + north) / 2, (west + east) / 2
    return [
        (south, west, middle, centre),
        (south, centre, middle, east),
        (middle, west, north, centre),
        (middle, centre, north, east),
    ]


def _degrees(value: float) -> str:
    """As short as it can be written, to 6 decimals, so that addresses are the same every night."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
