"""Kind `sitemap`: every page that a site's own sitemap names, read by the facts it declares about itself.

Sitemaps, their indexes and their limits: https://www.sitemaps.org/protocol.html. Facts: JSON-LD or microdata of
https://schema.org through `extruct`, OpenGraph (https://ogp.me), the main text through `trafilatura`, selectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import trafilatura
from lxml import etree

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note, apply_rules, refuse_web_page, unpacked
from scrapers.kinds.json import texts, values
from scrapers.kinds.page import Page, followable, read_page, takes_of, texts_of
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

# A site in trouble is left alone; a page that is missing is only a page.
TROUBLE = {"rate-limited", "server-error", "too-slow", "refused", "forbidden", "network", "tls", "name-resolution"}
MOST_IN_A_ROW = 10


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each page whose address matches `fetch.match`; a page that fails is a problem of its own.

    Raises `SourceError` when a sitemap cannot be had or read, names no page that matches, when no page holds anything,
    or when the site refuses ten pages in a row.
    """
    pages, found = 0, 0
    for page in _pages(source, door, note):
        pages += 1
        item = _item(source, page, note)
        if item is not None:
            found += 1
            yield item
    if not found:
        named = ", ".join(map(label, source.addresses()[:3]))
        code = "no-data" if pages else "list-empty"
        message = f"none of the {pages} pages read holds what [fields] takes" if pages else "no page could be read"
        raise SourceError(code, f"{named}: {message}", "mend fetch.match and [fields]; the pages may have changed")


def _pages(source: Source, door: Door, note: Note) -> Iterator[Page]:
    """The pages that can be read, each once, wherever the sitemap's address led."""
    read: set[str] = set()
    in_a_row = 0
    for address in _addresses(source, door, note):
        try:
            page = read_page(source, door, address)
        except SourceError as error:
            in_a_row = in_a_row + 1 if error.code in TROUBLE else 0
            if in_a_row == MOST_IN_A_ROW:
                raise
            message = f"a page of the sitemap cannot be read: {error}"
            note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
            continue
        in_a_row = 0
        if _is_elsewhere(source, address, page.url):
            message = f"{label(address)} leads to {label(page.url)}, which is another page"
            note(Problem(source.id, "detail-moved", message, "warning", "nothing to do: the site dropped the page"))
        elif page.url not in read:
            read.add(page.url)
            yield page


def _is_elsewhere(source: Source, asked: str, answered: str) -> bool:
    """Whether a redirect led away from the pages that are wanted; sites like to send us home from a lost page."""
    if asked == answered:
        return False
    if source.fetch.match is not None and not re.search(source.fetch.match, answered):
        return True
    return urlsplit(answered).path in {"", "/"} and urlsplit(asked).path not in {"", "/"}


def _addresses(source: Source, door: Door, note: Note) -> Iterator[str]:
    """The addresses of the pages that match, each once, `fetch.max_pages` at most."""
    seen: set[str] = set()
    for address in _named(source, door, note):
        if address in seen or (source.fetch.match is not None and not re.search(source.fetch.match, address)):
            continue
        if len(seen) == source.fetch.max_pages:
            note(_too_many(source, f"{len(seen)} pages", address))
            return
        seen.add(address)
        yield address


def _named(source: Source, door: Door, note: Note) -> Iterator[str]:
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
        yield from followable(response.url, pages)


def _too_many(source: Source, what: str, address: str) -> Problem:
    message = f"stopped after {what}, with {label(address)} still to read"
    return Problem(source.id, "max-pages", message, "warning", "narrow fetch.match, or raise fetch.max_pages")


def _contents(response: Response) -> tuple[list[str], list[str]]:
    """The sitemaps and the pages that `response` names: an index, a sitemap, or a text with an address a line.

    Raises `SourceError` when it is too large, cut off, or none of these.
    """
    body = unpacked(response).read(SITEMAP_BYTES + 1)
    if len(body) > SITEMAP_BYTES:
        message = f"{response.label} unpacks to more than {SITEMAP_BYTES:,} bytes"
        raise SourceError("too-large", message, "sitemaps may not be so large; check the address")
    refuse_web_page(response, body[:4096], "a sitemap")
    if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", body):
        return [], body.decode("utf-8-sig", errors="replace").split()
    root = _parsed(response, body)
    kind = etree.QName(root).localname
    if kind not in {"urlset", "sitemapindex"}:
        message = f"{response.label} is XML, but no sitemap: its root is {kind}"
        raise SourceError("not-a-sitemap", message, "look for the address under Sitemap in the site's robots.txt")
    places = ((root.iterfind("{*}sitemap/{*}loc")), root.iterfind("{*}url/{*}loc"))
    sitemaps, pages = ([(loc.text or "").strip() for loc in found] for found in places)
    return sitemaps, pages


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


def _item(source: Source, page: Page, note: Note) -> Item | None:
    """What [fields] takes from `page`, or None, with a problem, when next to nothing of it stands there."""
    fields = _fields(source, page, note)
    if not holds_enough(source.fields, fields):
        message = f"{label(page.url)} holds next to nothing that [fields] takes"
        note(Problem(source.id, "no-data", message, "warning", "narrow fetch.match, or mend [fields]"))
        return None
    record: dict[str, RawValue] = {"record_url": page.url, **fields}
    return Item(record, label(page.url))


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
