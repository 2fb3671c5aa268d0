"""Kind `overpass`: objects of OpenStreetMap, by their tags, from an Overpass interpreter.

The API is described at https://wiki.openstreetmap.org/wiki/Overpass_API and its language at
https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL. Which interpreter is open to whom, and how much of it one
may use, is for each of them to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds.asking import is_object, list_in, nothing_found, question
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.problems import SourceError
from scrapers.queries import overpass_question
from scrapers.response import Response
from scrapers.source import Source

# How an object is drawn, and the two halves of its key.
DRAWING = {"type", "id", "lat", "lon", "center", "nodes", "members", "geometry", "bounds"}


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each element with tags that answers `fetch.query`.

    An element is handed over with `key` (such as "way/12"), `lat` and `lon` (its own, or those of `out center`), and
    its `tags`. Raises `SourceError` when the service tells in a `remark` that it gave up half-way, which it does with
    status 200, or when no element has tags.
    """
    for interpreter in source.addresses():
        response = door.get(question(interpreter, data=overpass_question(source.fetch.query or "")))
        answer = whole(source, response)
        if is_object(answer) and answer.get("remark"):
            raise _gave_up(response, str(answer["remark"]))
        elements = [_placed(element) for element in list_in(response, answer, "elements") if _has_tags(element)]
        if not elements:
            raise nothing_found(
                response, "element with tags", 'try fetch.query by hand; "out skel" leaves out all tags'
            )
        yield from items(source, response, elements, note)


def _has_tags(element: Any) -> bool:
    """Whether `element` is a thing of its own, and no mere corner of a way; what is no object is told later."""
    return not is_object(element) or bool(element.get("tags"))


def _placed(element: Any) -> Any:
    if not is_object(element):
        return element
    center = element.get("center")
    place = center if "lat" not in element and is_object(center) else element
    rest = {name: value for name, value in element.items() if name not in DRAWING}
    key = f"{element.get('type')}/{element.get('id')}" if element.get("type") and element.get("id") else None
    return {"key": key, "lat": place.get("lat"), "lon": place.get("lon"), **rest}


def _gave_up(response: Response, remark: str) -> SourceError:
    slow = "timed out" in remark.lower() or "timeout" in remark.lower()
    return SourceError(
        "too-slow" if slow else "query-failed",
        f"{response.label} is not complete: {remark[:300]}",
        "ask for less in fetch.query (a smaller area), or for more time with [timeout:180]",
    )
