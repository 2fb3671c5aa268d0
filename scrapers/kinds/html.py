"""Kind `html`: list pages, their pagination and the initiatives' own pages, by CSS selectors with Beautiful Soup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag

from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note, apply_rules
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.rule import Rule, Take
from scrapers.selector import split_place
from scrapers.source import Source

LINK_ATTRIBUTES = {"href", "src", "action", "data-href", "data-url"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site and the address that its relative links start from."""

    url: str
    soup: BeautifulSoup


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each block `fetch.item` of the list pages, completed from its own page if there is one."""
    count = 0
    for page in _list_pages(source, door, note):
        for block in page.soup.select(source.fetch.item or ""):
            count += 1
            item = _item(source, door, page, block, note)
            if item is not None:
                yield item
    if not count:
        message = f'no block "{source.fetch.item}" on {", ".join(source.addresses()[:3])}'
        raise SourceError("list-empty", message, "the page changed or shows an error: mend fetch.item")


def _list_pages(source: Source, door: Door, note: Note) -> Iterator[Page]:
    waiting, visited = source.addresses(), set[str]()
    while waiting:
        address = waiting.pop(0)
        if address in visited:
            continue
        if len(visited) == source.fetch.max_pages:
            message = f"stopped after {len(visited)} list pages, with {address} still to read"
            note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))
            return
        visited.add(address)
        page = _page(source, door, address)
        yield page
        if source.fetch.next:
            following = _texts(page, page.soup, source.fetch.next)
            waiting.extend(urldefrag(link).url for link in following[:1] if link)


def _page(source: Source, door: Door, address: str) -> Page:
    response = door.get(address)
    # A page is a text of its author: the declared charset, then the page's own <meta>, then a guess, in that order.
    soup = BeautifulSoup(response.content, "lxml", from_encoding=source.fetch.encoding or response.charset)
    base = soup.find("base", href=True)
    return Page(urljoin(response.url, str(base["href"])) if isinstance(base, Tag) else response.url, soup)


def _item(source: Source, door: Door, page: Page, block: Tag, note: Note) -> Item | None:
    fields = _fields(source.fields, page, block)
    if not source.fetch.detail:
        return Item(fields, page.url)
    links = _texts(page, block, source.fetch.detail)
    name = str(fields.get("name", ""))[:80]
    if not links:
        message = f'a block of {page.url} ("{name}") has no link to its own page'
        note(Problem(source.id, "detail-missing", message, "warning", "check fetch.detail"))
        return None
    address = urldefrag(links[0]).url
    try:
        own = _page(source, door, address)
    except SourceError as error:
        message = f'the page of "{name}" cannot be read: {error}'
        note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
        return None
    fields = {"record_url": address, **fields, **_fields(source.detail_fields, own, own.soup)}
    return Item(fields, address)


def _fields(rules: dict[str, Rule], page: Page, block: Tag) -> dict[str, RawValue]:
    found: dict[str, RawValue] = {}
    for name, rule in rules.items():

        def take(place: str, rule: Rule = rule) -> list[str]:
            texts = _texts(page, block, place, rule.html)
            return texts if rule.all else texts[:1]

        def blocks(place: str) -> list[Take]:
            inside = block.select(place)
            return [lambda where, tag=tag: _texts(page, tag, where)[:1] for tag in inside]  # type: ignore[misc]

        found |= apply_rules({name: rule}, take, blocks)
    return found


def _texts(page: Page, block: Tag, place: str, markup: bool = False) -> list[str]:
    """The texts (or attributes, for `selector@name`) of what `place` selects in `block`, in the page's order."""
    selector, attribute = split_place(place)
    tags = [block] if selector == "." else block.select(selector)
    if attribute is None:
        return [tag.decode_contents() if markup else tag.get_text(" ", strip=True) for tag in tags]
    found = [tag.get(attribute) for tag in tags]
    texts = [" ".join(value) if isinstance(value, list) else value for value in found if value is not None]
    return [urljoin(page.url, text.strip()) for text in texts] if attribute in LINK_ATTRIBUTES else texts
