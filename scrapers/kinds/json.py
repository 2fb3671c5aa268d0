"""Kind `json`: a list of objects anywhere in a JSON body, a GeoJSON, or one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds import paging
from scrapers.kinds.item import Item, Note, apply_rules
from scrapers.kinds.json_body import list_in, objects, too_deep, whole
from scrapers.kinds.json_values import (
    Number,
    covered,
    is_object,
    kind_of,
    leaves,
    listed,
    normal,
    texts,
    values,
)
from scrapers.kinds.paging import Ask, Page
from scrapers.problems import Problem, SourceError
from scrapers.response import Post, Response
from scrapers.rule import Take
from scrapers.source import Source


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each object of the list at `fetch.items`, address by address and page by page."""
    yield from read_addresses(source, door, note, source.addresses())


def read_addresses(source: Source, door: Door, note: Note, addresses: Iterable[str]) -> Iterator[Item]:
    """Yield an item for each object of the lists at `addresses`; `fetch.paging` says how each goes on.

    Raises `SourceError` when one of them holds no list, or no object.
    """
    rules = source.fetch.paging
    for address in addresses:
        first = Ask(address, source.fetch.body)
        if rules is None:
            response = _asked(source, door, first)
            yield from items(source, response, objects(source, response, note), note)
            continue
        for page in paging.follow(source, rules, first, lambda here: _page(source, door, here), note):
            yield from items(source, page.response, page.entries, note)


def _asked(source: Source, door: Door, ask: Ask) -> Response:
    return door.get(ask.address, Post(ask.body, source.fetch.body_type) if ask.body else None)


def _page(source: Source, door: Door, ask: Ask) -> Page:
    response = _asked(source, door, ask)
    body, rules = whole(source, response), source.fetch.paging
    found = values(body, rules.next) if rules is not None and rules.next else []
    # Some APIs say `"next": false` where there is no other page.
    following = next((str(value) for value in found if isinstance(value, str)), None)
    return Page(response, list_in(source, response, body), following)


def items(source: Source, response: Response, found: Iterable[Any], note: Note) -> Iterator[Item]:
    """Yield an item for each of the objects `found` that came with `response`; other kinds over JSON share this.

    Raises `SourceError` when there is none.
    """
    wanted, places = dict(_taken(source)), {normal(place) for place in source.places}
    found_any = False
    for count, entry in enumerate(found, 1):
        if not isinstance(entry, dict):
            note(_not_an_object(source, response, count, entry))
            continue
        found_any = True
        try:
            yield _item(source, response, entry, wanted, places)
        except RecursionError as fault:
            raise too_deep(response) from fault
    if not found_any:
        message = f"{response.label} holds no object at {source.fetch.items or 'its root'}"
        raise SourceError("list-empty", message, "check fetch.items")


def _taken(source: Source) -> Iterator[tuple[str, str]]:
    """The paths that [fields] takes, as `leaves` writes them, each with the place of a text that it was made from.

    Of blocks they are those of their parts, so that what else the blocks hold is left over.
    """
    for rule in source.fields.values():
        for place in rule.places:
            if rule.each is None:
                yield normal(place), place
            else:
                yield from ((".".join(filter(None, (normal(place), normal(part)))), "") for part in rule.each.values())


def _item(source: Source, response: Response, found: dict[str, Any], wanted: dict[str, str], places: set[str]) -> Item:
    def take(place: str) -> list[str]:
        return texts(found, place)

    def blocks(place: str) -> list[Take]:
        inside = [block for block in values(found, place) for block in listed(block)]
        return [lambda where, block=block: texts(block, where) for block in inside]  # type: ignore[misc]

    # Where blocks are looked for, a text that stands in the place of one is no field; nor is an object for a text.
    taken = {path for path, place in wanted.items() if not place or not any(map(is_object, values(found, place)))}
    left = [path for path in leaves(found) if not covered(path, taken) and path not in places]
    return Item(apply_rules(source.fields, take, blocks), response.label, left)


def _not_an_object(source: Source, response: Response, count: int, found: Any) -> Problem:
    message = f"{response.label}: entry {count} is a {kind_of(found)}, not an object"
    return Problem(source.id, "not-an-object", message, "warning", "check fetch.items")


__all__ = ["Number", "items", "read", "read_addresses", "texts", "values", "whole"]
