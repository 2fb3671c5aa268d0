"""Sitemaps: the pages that a site names itself, and which of them it says have not changed since the last good night.

Sitemaps, their indexes and their limits: https://www.sitemaps.org/protocol.html.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Note, refuse_entities, refuse_web_page, unpacked
from scrapers.kinds.page import followable
from scrapers.local import as_requested
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Source

SITEMAP_BYTES = 52_428_800
"""So much a sitemap may hold, unpacked, by the protocol."""

DAY = dt.timedelta(days=1)

# Some sites never touch their <lastmod>: however old it is, a page is asked for again after this.
MOST_TRUSTED = {"daily": 7 * DAY}
MOST_TRUSTED_ELSE = 30 * DAY


class Entry(NamedTuple):
    """A page that a sitemap names, and when it last changed; None unless the sitemap of the last good night agrees."""

    address: str
    changed: dt.datetime | None


def named(source: Source, door: Door, starts: list[str], note: Note) -> Iterator[Entry]:
    """Every page that the sitemaps at `starts` name, in their order; an index leads to more of them.

    Raises `SourceError` when one of them cannot be had or read.
    """
    waiting, visited = list(starts), set[str]()
    while waiting:
        address = waiting.pop(0)
        if address in visited:
            continue
        if len(visited) == source.fetch.max_pages:
            note(too_many(source, f"{len(visited)} sitemaps", address))
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


def unchanged(source: Source, door: Door, note: Note) -> dict[str, dt.datetime]:
    """The pages that have not changed since the last good night, as `fetch.sitemap` says, and when each last did.

    Empty where the definition names none. One that cannot be read is a problem: then every page is asked for.
    """
    if source.fetch.sitemap is None:
        return {}
    try:
        entries = list(named(source, door, [source.fetch.sitemap], note))
    except SourceError as error:
        message = f"the sitemap cannot be read, so every page is asked for: {error}"
        note(Problem(source.id, f"sitemap-{error.code}", message, "warning", error.remedy))
        return {}
    return {as_requested(entry.address): entry.changed for entry in entries if entry.changed is not None}


def last_good(source: Source, door: Door, address: str, changed: dt.datetime | None) -> Response | None:
    """What the page at `address` answered on the last good night, if it has not changed since; it is not asked for.

    A page that scripts draw is: what they ask for may change without it.
    """
    if changed is None or source.fetch.render is not None:
        return None
    return door.known(address, changed, MOST_TRUSTED.get(source.schedule, MOST_TRUSTED_ELSE))


def too_many(source: Source, what: str, address: str) -> Problem:
    """The problem that `address` was left after so many pages or sitemaps."""
    message = f"stopped after {what}, with {label(address)} still to read"
    return Problem(source.id, "max-pages", message, "warning", "narrow fetch.match, or raise fetch.max_pages")


def _contents(response: Response) -> tuple[list[str], list[tuple[str, str]]]:
    """The sitemaps and the pages, with their <lastmod> or "", that `response` names: an index, a sitemap, or a text.

    Raises `SourceError` when it is too large, cut off, declares entities, or is none of these.
    """
    body = unpacked(response).read(SITEMAP_BYTES + 1)
    if len(body) > SITEMAP_BYTES:
        message = f"{response.label} unpacks to more than {SITEMAP_BYTES:,} bytes"
        raise SourceError("too-large", message, "sitemaps may not be so large; check the address")
    refuse_web_page(response, body[:4096], "a sitemap")
    if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", body):
        return [], [(place, "") for place in body.decode("utf-8-sig", errors="replace").split()]
    refuse_entities(response.label, [body])
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
    """The root of `body`; nothing outside is loaded and no entity resolved."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        cut = not re.search(rb"</(?:\w+:)?(?:urlset|sitemapindex)\s*>", body[-4096:].replace(b"\0", b""))
        opened = re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", body[:4096].replace(b"\0", b""))
        code, what = ("truncated", "cut off") if cut and opened else ("not-a-sitemap", "no sound XML")
        remedy = "the publisher's file is broken or incomplete; it is tried again the next night"
        raise SourceError(code, f"{response.label} is {what}: {fault}", remedy) from fault
