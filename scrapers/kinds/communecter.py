"""Kind `communecter`: organisations, projects, events and points of interest of a Communecter site.

No description of the API is kept up. What is read here follows its open code, `models/Api.php` of
https://github.com/pixelhumain/citizenToolKit, and the addresses that programs of others use:
`/api/organization/get/limit/100/index/0`, with `/tags/…`, `/key/…` or `/insee/…` behind it to ask for less.

Not certain, and to be looked at on the first live visit: that `index` counts objects and not pages (it does in that
code); that `limit`, which the code bounds at 500, is honoured; whether the objects of people who did not choose "open
data" come without all but their name; and under which licence the rest may be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds.asking import is_object, nothing_found, other_shape, whole_number
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.problems import Problem, SourceError
from scrapers.queries import COMMUNECTER_TYPES
from scrapers.response import Response
from scrapers.source import Source

LIMIT = 100


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each object of `fetch.type`, page after page, up to `fetch.max_pages`.

    An object is handed over with its `id`, the key under which the answer keeps it. Raises `SourceError` when there is
    none, an answer has another shape, or a page repeats what was read before.
    """
    for root in source.addresses():
        yield from _pages(source, door, root.rstrip("/"), note)


def _pages(source: Source, door: Door, root: str, note: Note) -> Iterator[Item]:
    seen, index = set[str](), 0
    for _ in range(source.fetch.max_pages):
        response = door.get(_address(source, root, index))
        answer = whole(source, response)
        objects = _objects(response, answer)
        if not objects and not index:
            raise nothing_found(response, f"{source.fetch.type}", "check fetch.type and fetch.query")
        fresh = [found for found in objects if found["id"] not in seen]
        if fresh:
            yield from items(source, response, fresh, note)
        elif objects:
            raise _repeats(response)
        if len(objects) < _most(answer):
            return
        seen.update(found["id"] for found in fresh)
        index += len(objects)
    message = f"stopped after {source.fetch.max_pages} pages, {len(seen)} objects"
    note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))


def _address(source: Source, root: str, index: int) -> str:
    kind = COMMUNECTER_TYPES[source.fetch.type or ""]
    fewer = f"/{source.fetch.query}" if source.fetch.query else ""
    return f"{root}/api/{kind}/get/limit/{LIMIT}/index/{index}{fewer}"


def _most(answer: dict[str, Any]) -> int:
    """How many objects a full page has: as many as the answer says, never none, or as many as we asked for."""
    meta = answer.get("meta")
    return max(1, whole_number(meta.get("limit") if is_object(meta) else None, LIMIT))


def _objects(response: Response, answer: Any) -> list[dict[str, Any]]:
    """The objects of a page; PHP writes a mapping without any as an empty list."""
    found = answer.get("entities") if is_object(answer) else None
    if found == []:
        return []
    if not is_object(found) or not all(map(is_object, found.values())):
        raise other_shape(response, answer, 'a mapping called "entities"')
    return [{"id": key, **without_id(value)} for key, value in found.items()]


def without_id(value: dict[str, Any]) -> dict[str, Any]:
    """`value` without the identifier that its key already is: `_id` is {"$id": …} or {"$oid": …}."""
    return {name: part for name, part in value.items() if name not in {"_id", "id"}}


def _repeats(response: Response) -> SourceError:
    return SourceError(
        "paging-stuck",
        f"{response.label} holds nothing but what earlier pages held",
        "the site may count pages in another way; open the address in a browser, then tell the developers",
    )
