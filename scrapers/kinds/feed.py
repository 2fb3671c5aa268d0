"""Kind `feed`: the entries of an RSS, RDF or Atom feed, and the pages they link to.

`feedparser` reads the bytes that the door fetched; it never fetches by itself. Formats: RSS 2.0
(https://www.rssboard.org/rss-specification), RSS 1.0 (https://web.resource.org/rss/1.0/spec), Atom (RFC 4287) and feeds
of several documents, which go on at their link rel="next" (RFC 5005, 3).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax import SAXException

import feedparser

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.encodings import certain
from scrapers.kinds.item import Item, Note, apply_rules, refuse_entities, refuse_web_page, unpacked
from scrapers.kinds.markup import parse, text_of
from scrapers.kinds.page import followable, own_fields, walk
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Rule
from scrapers.source import Source

# Plugins of sites like to write a comment behind the end.
END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--.*?-->)*\Z", re.I | re.S)
END_BYTES = 4096

MARKUP = {"text/html", "application/xhtml+xml"}


# What `feedparser` itself lets through when a body is odd enough, such as a NUL in the name of its encoding.
STUMBLES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Text:
    """One value of an entry, and whether it is HTML."""

    value: str
    markup: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """One document of a feed: its address, its entries as `feedparser` has them, and where it goes on."""

    url: str
    entries: list[dict[str, Any]]
    next: list[str]


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each entry, completed from its own page when `[detail_fields]` has something to take there.

    Raises `SourceError` when a document of the feed cannot be had, is cut off, declares entities or is no feed, or when
    there is no entry.
    """
    count = 0
    for feed in walk(source, note, lambda address: _feed(source, door, address, note), lambda feed: feed.next):
        for entry in feed.entries:
            count += 1
            item = _item(source, door, feed, entry, note)
            if item is not None:
                yield item
    if not count:
        message = f"no entry in {', '.join(map(label, source.addresses()[:3]))}"
        raise SourceError("list-empty", message, "look at the feed: it may have moved or be fed no more")


def _feed(source: Source, door: Door, address: str, note: Note) -> Feed:
    response = door.get(address)
    body = unpacked(response).read()
    refuse_web_page(response, body[:4096], "a feed")
    refuse_entities(response.label, [body])
    # `feedparser` knows UTF-16 by itself, but believes a header that tells the wrong charset.
    sure = certain(io.BytesIO(body)) if b"\0" not in body[:END_BYTES] else None
    charset = sure or source.fetch.encoding or response.charset
    headers = {
        "content-location": response.url,
        "content-type": "application/xml" + (f"; charset={charset}" if charset else ""),
    }
    try:
        # As a stream: a body that reads like a path or an address would be opened.
        found = feedparser.parse(io.BytesIO(body), response_headers=headers)
    except STUMBLES as fault:
        remedy = "the publisher's feed is broken; it is tried again the next night"
        raise SourceError("not-a-feed", f"{response.label} cannot be read as a feed: {fault}", remedy) from fault
    _check(source, response, body, found, note)
    links = [link.get("href", "") for link in found.feed.get("links", []) if link.get("rel") == "next"]
    return Feed(response.url, found.entries, followable(response.url, links)[:1])


def _check(source: Source, response: Response, body: bytes, found: Any, note: Note) -> None:
    """Refuse what is no feed or is cut off; say so when it is read in spite of faults in its XML."""
    if not found.get("version") and not found.entries:
        remedy = "open the address in a browser; the feed may have moved"
        raise SourceError("not-a-feed", f"{response.label} is neither RSS nor Atom", remedy)
    fault = found.get("bozo_exception") if found.get("bozo") else None
    if fault is None:
        return
    if not END.search(body[-END_BYTES:].replace(b"\0", b"")):
        remedy = "the feed is broken or incomplete; it is tried again the next night"
        raise SourceError("truncated", f"{response.label} is cut off: {fault}", remedy)
    if isinstance(fault, SAXException):
        message = f"{response.label} is no sound XML ({fault}); it was read as well as it could be"
        note(Problem(source.id, "broken-xml", message, "info", "tell the publisher"))


def _item(source: Source, door: Door, feed: Feed, entry: dict[str, Any], note: Note) -> Item | None:
    values = _values(entry)
    links = followable(feed.url, [text.value.strip() for text in values.get("link", [])])
    fields: dict[str, RawValue] = {"record_url": links[0]} if links else {}
    fields |= _fields(source.fields, values)
    taken = {*source.places, "link"}
    left = [name for name, texts in values.items() if name not in taken and any(text.value for text in texts)]
    if not source.detail_fields:
        return Item(fields, label(feed.url), left)
    name = str(fields.get("name", ""))[:80]
    details = own_fields(source, door, links, f"an entry of {label(feed.url)}", name, note)
    return None if details is None else Item(fields | details, label(links[0]), left)


def _fields(rules: dict[str, Rule], values: dict[str, list[Text]]) -> dict[str, RawValue]:
    found: dict[str, RawValue] = {}
    for name, rule in rules.items():

        def take(place: str, rule: Rule = rule) -> list[str]:
            return [_plain(text) if text.markup and not rule.html else text.value for text in values.get(place, [])]

        found |= apply_rules({name: rule}, take, lambda place: [])
    return found


def _plain(text: Text) -> str:
    return text_of(parse(text.value))


def _values(entry: dict[str, Any]) -> dict[str, list[Text]]:
    """The values of `entry` by their names; `feedparser`'s own notes about them (kinds, parsed dates) left out."""
    found: dict[str, list[Text]] = {}
    for name, value in entry.items():
        if isinstance(value, str):
            found[name] = [Text(value, entry.get(f"{name}_detail", {}).get("type") in MARKUP)]
    found["content"] = [Text(part.get("value", ""), part.get("type") in MARKUP) for part in entry.get("content", [])]
    found["tags"] = [Text(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", [])]
    links = entry.get("links", [])
    found["enclosure"] = [Text(link.get("href", "")) for link in links if link.get("rel") == "enclosure"]
    where = entry.get("where") or {}
    if where.get("type") == "Point":
        found["where"] = [Text("POINT({} {})".format(*where["coordinates"]))]
    return found
