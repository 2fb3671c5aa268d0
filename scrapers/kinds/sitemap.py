"""Kind `sitemap`: every page that a site's own sitemap names, read by the facts it declares about itself.

Sitemaps, their indexes and their limits: https://www.sitemaps.org/protocol.html. Facts: JSON-LD or microdata of
https://schema.org through `extruct`, OpenGraph (https://ogp.me), the main text through `trafilatura`, selectors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import trafilatura
from lxml import etree

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note, apply_rules, refuse_web_page, unpacked
from scrapers.kinds.json import texts, values
from scrapers.kinds.page import NOT_OF_ONE_PAGE, Page, followable, taken, taken_from, takes_of, texts_of
from scrapers.kinds.schema_org import main_node
from scrapers.kinds.wholeness import holds_enough
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Rule, Take
from scrapers.selector import JSON_LD, MAIN_TEXT, OPEN_GRAPH
from scrapers.source import Source

SITEMAP_BYTES = 52_428_800
"""So much a sitemap may hold, unpacked, by the protocol."""

# A site that shuts us out is left alone; a page that is missing is only a page. Of sites in trouble see `hosts`.
MOST_FORBIDDEN = 10

DAY = dt.timedelta(days=1)

# Some sites never touch their <lastmod>: however old it is, a page is asked for again after this.
MOST_TRUSTED = {"daily": 7 * DAY}
MOST_TRUSTED_ELSE = 30 * DAY


Found = tuple[dict[str, RawValue], list[dict[str, Any]]]
"""What a page gives: its fields, and the problems met in it, as JSON can hold them."""


class Entry(NamedTuple):
    """A page that a sitemap names, and when it last changed; None unless the sitemap of the last good night agrees."""

    address: str
    changed: dt.datetime | None


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
    """The page of the last good night, if it has not changed since and holds something; it is not asked for.

    A page that scripts draw is: what they ask for may change without it.
    """
    if changed is None or source.fetch.render is not None:
        return None
    response = door.known(address, changed, MOST_TRUSTED.get(source.schedule, MOST_TRUSTED_ELSE))
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
    for address, changed in _named(source, door, note):
        if address in seen or (source.fetch.match is not None and not re.search(source.fetch.match, address)):
            continue
        if len(seen) == source.fetch.max_pages:
            note(_too_many(source, f"{len(seen)} pages", address))
            return
        seen.add(address)
        yield Entry(address, changed)


def _named(source: Source, door: Door, note: Note) -> Iterator[Entry]:
    """Every page that the sitemaps name, in their order; an index leads to more of them."""
    waiting, visited = source.addresses(), set[str]()
    while waiting:
        address = waiting.pop(0)
        if address in visited:
            continue
        if len(visited) == source.fetch.max_pages:
            note(_too_many(source, f"{len(visited)} sitemaps", address))
            return
        visited.add(address)
        response = door.get(address)
        sitemaps, pages = _contents(response)
        waiting = [*followable(response.url, sitemaps), *waiting]
        before = _before(door, response.url)
        for place, told in pages:
            changed = _moment(told) if told == before.get(place) else None
            yield from (Entry(page, changed) for page in followable(response.url, [place]))


def _before(door: Door, address: str) -> dict[str, str]:
    """The pages that the sitemap at `address` named on the last good night, each with its <lastmod>."""
    response = door.before(address)
    try:
        return dict(_contents(response)[1]) if response else {}
    except SourceError:  # it was no sitemap then, so that nothing is known of its pages, and all of them are asked for
        return {}


def _moment(told: str) -> dt.datetime | None:
    """When a page of this <lastmod> (https://www.w3.org/TR/NOTE-datetime) had changed at the latest, or None."""
    try:
        found = dt.datetime.fromisoformat(told)
        if len(told) <= len("2026-02-01"):
            found += 1.5 * DAY  # it may be any hour of that day, which ends twelve hours later in the far west
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _too_many(source: Source, what: str, address: str) -> Problem:
    message = f"stopped after {what}, with {label(address)} still to read"
    return Problem(source.id, "max-pages", message, "warning", "narrow fetch.match, or raise fetch.max_pages")


def _contents(response: Response) -> tuple[list[str], list[tuple[str, str]]]:
    """The sitemaps and the pages, with their <lastmod> or "", that `response` names: an index, a sitemap, or a text.

    Raises `SourceError` when it is too large, cut off, or none of these.
    """
    body = unpacked(response).read(SITEMAP_BYTES + 1)
    if len(body) > SITEMAP_BYTES:
        message = f"{response.label} unpacks to more than {SITEMAP_BYTES:,} bytes"
        raise SourceError("too-large", message, "sitemaps may not be so large; check the address")
    refuse_web_page(response, body[:4096], "a sitemap")
    if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", body):
        return [], [(place, "") for place in body.decode("utf-8-sig", errors="replace").split()]
    root = _parsed(response, body)
    kind = etree.QName(root).localname
    if kind not in {"urlset", "sitemapindex"}:
        message = f"{response.label} is XML, but no sitemap: its root is {kind}"
        raise SourceError("not-a-sitemap", message, "look for the address under Sitemap in the site's robots.txt")
    sitemaps = [_text(found) for found in root.iterfind("{*}sitemap/{*}loc")]
    pages = root.iterfind("{*}url/{*}loc")
    return sitemaps, [(_text(loc), _text(loc.getparent().find("{*}lastmod"))) for loc in pages]


def _text(found: etree._Element | None) -> str:
    return (found.text or "").strip() if found is not None else ""


def _parsed(response: Response, body: bytes) -> etree._Element:
    """The root of `body`. Nothing outside is loaded and no entity resolved: a sitemap that declares any is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        cut = not re.search(rb"</(?:\w+:)?(?:urlset|sitemapindex)\s*>", body[-4096:].replace(b"\0", b""))
        opened = re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", body[:4096].replace(b"\0", b""))
        code, what = ("truncated", "cut off") if cut and opened else ("not-a-sitemap", "no sound XML")
        remedy = "the publisher's file is broken or incomplete; it is tried again the next night"
        raise SourceError(code, f"{response.label} is {what}: {fault}", remedy) from fault
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        message = f"{response.label} declares entities, as no sitemap does"
        raise SourceError("not-a-sitemap", message, "tell the publisher: the site may have been tampered with")
    return root


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
