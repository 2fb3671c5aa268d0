"""Kind `html`: list pages, how they go on, and the initiatives' own pages, by the places of `scrapers.selector`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.columns import is_heading
from scrapers.kinds.item import Item, Note
from scrapers.kinds.lastmod import last_good, unchanged
from scrapers.kinds.more import fragments
from scrapers.kinds.page import Page, blocks_of, fields_of, links_of, own_fields, read_page, taken, walk
from scrapers.local import as_requested
from scrapers.problems import SourceError
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Rule
from scrapers.selector import COLUMN, parse_place
from scrapers.source import Source


class Entry(NamedTuple):
    """What a block of a list holds: the fields, and the links to the initiative's own page."""

    fields: dict[str, RawValue]
    links: list[str]


class Listed(NamedTuple):
    """What is taken from a list page: its entries, and the link to the next one."""

    entries: list[Entry]
    next: list[str]


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each block `fetch.item` of the list pages, completed from its own page if there is one.

    Raises `SourceError` when a list page cannot be had, when no block is on any of them, or when a column is missing.
    """
    count, same = 0, unchanged(source, door, note)
    for address, entries in _lists(source, door, note):
        for entry in entries:
            count += 1
            item = _item(source, door, address, Entry(*entry), same, note)
            if item is not None:
                yield item
    if not count:
        message = f'no block "{source.fetch.item}" on {", ".join(map(label, source.addresses()[:3]))}'
        raise SourceError("list-empty", message, "the page changed or shows an error: mend fetch.item")


def _columns(rules: dict[str, Rule]) -> list[str]:
    """The headings that the fields of a block name."""
    places = [place for rule in rules.values() for place in rule.places if place.startswith(COLUMN)]
    return [parse_place(place).name for place in places]


def _lists(source: Source, door: Door, note: Note) -> Iterator[tuple[str, list[Entry]]]:
    """The list pages, and the fragments that come when more is asked for: their addresses, each with its entries."""
    if source.fetch.more is None:

        def read_list(address: str) -> tuple[str, Listed]:
            return taken(source, door, "list", address, lambda page: _listed(source, page, _blocks(source, page)))

        for address, found in walk(source, note, read_list, lambda found: found[1][1]):
            yield address, found[0]
        return
    blocks: list[Any] = []
    for page in walk(source, note, lambda address: read_page(source, door, address), lambda page: _next(source, page)):
        blocks = _blocks(source, page)
        yield page.url, _listed(source, page, blocks).entries
    for page, more in fragments(source, source.fetch.more, door, blocks, note):
        yield page.url, _listed(source, page, more).entries


def _blocks(source: Source, page: Page) -> list[Any]:
    return blocks_of(page, page.root, source.fetch.item or "")


def _next(source: Source, page: Page) -> list[str]:
    return links_of(page, page.root, source.fetch.next)[:1] if source.fetch.next else []


def _listed(source: Source, page: Page, blocks: list[Any]) -> Listed:
    columns, detail = _columns(source.fields), source.fetch.detail
    entries = [
        Entry(fields_of(source.fields, page, block), links_of(page, block, detail) if detail else [])
        for block in blocks
        if not (columns and is_heading(page.tables, block, columns))
    ]
    return Listed(entries, _next(source, page))


def _item(
    source: Source, door: Door, address: str, entry: Entry, same: dict[str, dt.datetime], note: Note
) -> Item | None:
    if not source.fetch.detail:
        return Item(entry.fields, label(address))
    name = str(entry.fields.get("name", ""))[:80]

    def known(own: str) -> Response | None:
        return last_good(source, door, own, same.get(as_requested(own)))

    details = own_fields(source, door, entry.links, f"a block of {label(address)}", name, note, known)
    if details is None:
        return None
    return Item({"record_url": entry.links[0], **entry.fields, **details}, label(entry.links[0]))
