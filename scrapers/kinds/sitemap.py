"""Kind `sitemap`: every page that a site's own sitemap names, read by the facts it declares about itself.

Facts: JSON-LD or microdata of
https://schema.org through `extruct`, OpenGraph (https://ogp.me), the main text through `trafilatura`, selectors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import trafilatura

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note, apply_rules
from scrapers.kinds.json import texts, values
from scrapers.kinds.lastmod import Entry, last_good, named, too_many
from scrapers.kinds.page import NOT_OF_ONE_PAGE, Page, taken, taken_from, takes_of, texts_of
from scrapers.kinds.schema_org import main_node
from scrapers.kinds.wholeness import holds_enough
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.rule import Rule, Take
from scrapers.selector import JSON_LD, MAIN_TEXT, OPEN_GRAPH
from scrapers.source import Source

# A site that shuts us out is left alone; a page that is missing is only a page. Of sites in trouble see `hosts`.
MOST_FORBIDDEN = 10

Found = tuple[dict[str, RawValue], list[dict[str, Any]]]
"""What a page gives: its fields, and the problems met in it, as JSON can hold them."""


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each page whose address matches `fetch.match`; a page that fails is a problem of its own.

    Raises `SourceError` when a sitemap cannot be had or read, names no page that matches, when no page holds anything,
    or when the site forbids ten pages in a row.
    """
    pages, found = 0, 0
    for address, fields in _pages(source, door, note):
        pages += 1
        item = _item(source, address, fields, note)
        if item is not None:
            found += 1
            yield item
    if not found:
        named = ", ".join(map(label, source.addresses()[:3]))
        code = "no-data" if pages else "list-empty"
        message = f"none of the {pages} pages read holds what [fields] takes" if pages else "no page could be read"
        raise SourceError(code, f"{named}: {message}", "mend fetch.match and [fields]; the pages may have changed")


def _pages(source: Source, door: Door, note: Note) -> Iterator[tuple[str, dict[str, RawValue]]]:
    """The pages that can be read, each once, wherever the sitemap's address led, and what [fields] takes from them."""
    read: set[str] = set()
    in_a_row = 0
    for address, changed in _entries(source, door, note):
        try:
            found = _kept(source, door, address, changed) or taken(source, door, "page", address, _take(source))
        except SourceError as error:
            in_a_row = in_a_row + 1 if error.code == "forbidden" else 0
            if in_a_row == MOST_FORBIDDEN or error.code in NOT_OF_ONE_PAGE:
                raise
            message = f"a page of the sitemap cannot be read: {error}"
            note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
            continue
        in_a_row = 0
        landed, (fields, told) = found
        if _is_elsewhere(source, address, landed):
            message = f"{label(address)} leads to {label(landed)}, which is another page"
            note(Problem(source.id, "detail-moved", message, "warning", "nothing to do: the site dropped the page"))
        elif landed not in read:
            read.add(landed)
            for problem in told:
                note(Problem(**problem))
            yield landed, fields


def _take(source: Source) -> Callable[[Page], Found]:
    """How a page is read: what [fields] takes from it, and the problems met, so that a memo can tell them again."""

    def take(page: Page) -> Found:
        told: list[Problem] = []
        fields = _fields(source, page, told.append)
        return fields, [asdict(problem) for problem in told]

    return take


def _kept(source: Source, door: Door, address: str, changed: dt.datetime | None) -> tuple[str, Found] | None:
    """The page of the last good night, if it has not changed since and holds something; it is not asked for."""
    response = last_good(source, door, address, changed)
    if response is None:
        return None
    found = taken_from(source, door, "page", response, _take(source))
    return (response.url, found) if holds_enough(source.fields, found[0]) else None


def _is_elsewhere(source: Source, asked: str, answered: str) -> bool:
    """Whether a redirect led away from the pages that are wanted; sites like to send us home from a lost page."""
    if asked == answered:
        return False
    if source.fetch.match is not None and not re.search(source.fetch.match, answered):
        return True
    return urlsplit(answered).path in {"", "/"} and urlsplit(asked).path not in {"", "/"}


def _entries(source: Source, door: Door, note: Note) -> Iterator[Entry]:
    """The pages that match, each once, `fetch.max_pages` at most."""
    seen: set[str] = set()
    for address, changed in named(source, door, source.addresses(), note):
        if address in seen or (source.fetch.match is not None and not re.search(source.fetch.match, address)):
            continue
        if len(seen) == source.fetch.max_pages:
            note(too_many(source, f"{len(seen)} pages", address))
            return
        seen.add(address)
        yield Entry(address, changed)


def _item(source: Source, address: str, fields: dict[str, RawValue], note: Note) -> Item | None:
    """The item of the page at `address`, or None, with a problem, when next to nothing of `fields` stands there."""
    if not holds_enough(source.fields, fields):
        message = f"{label(address)} holds next to nothing that [fields] takes"
        note(Problem(source.id, "no-data", message, "warning", "narrow fetch.match, or mend [fields]"))
        return None
    record: dict[str, RawValue] = {"record_url": address, **fields}
    return Item(record, label(address))


def _fields(source: Source, page: Page, note: Note) -> dict[str, RawValue]:
    wanted = any(place.startswith(JSON_LD) for rule in source.fields.values() for place in rule.places)
    node = main_node(source, page, note) if wanted else {}
    found: dict[str, RawValue] = {}
    for name, rule in source.fields.items():

        def take(place: str, rule: Rule = rule) -> list[str]:
            if place.startswith(JSON_LD):
                return texts(node, place.removeprefix(JSON_LD))
            return _texts(page, place, rule)

        def blocks(place: str) -> list[Take]:
            if not place.startswith(JSON_LD):
                return takes_of(page, page.root, place)
            inside = [block for value in values(node, place.removeprefix(JSON_LD)) for block in _listed(value)]
            return [lambda where, block=block: texts(block, where) for block in inside]  # type: ignore[misc]

        found |= apply_rules({name: rule}, take, blocks)
    return found


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _texts(page: Page, place: str, rule: Rule) -> list[str]:
    if place == MAIN_TEXT:
        text = trafilatura.extract(page.text, url=page.url, include_comments=False, include_links=False)
        return [text] if text else []
    if place.startswith(OPEN_GRAPH):
        # The property is meant to stand in `property`; many sites put it in `name`.
        tags = page.root.iter("meta")
        found = [tag.get("content", "").strip() for tag in tags if place in {tag.get("property"), tag.get("name")}]
    else:
        found = texts_of(page, page.root, place, rule.html)
    return found if rule.all else found[:1]
