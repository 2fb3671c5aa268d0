"""Kind `html`: list pages, their pagination and the initiatives' own pages, by CSS selectors with Beautiful Soup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import Tag
from bs4.exceptions import ParserRejectedMarkup

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.encodings import guess
from scrapers.kinds.item import Item, Note, apply_rules, unpacked
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.rule import Rule, Take
from scrapers.selector import split_place
from scrapers.source import Source

LINK_ATTRIBUTES = {"href", "src", "action", "data-href", "data-url"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site: its own address, and the one that its relative links start from."""

    url: str
    base: str
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
        message = f'no block "{source.fetch.item}" on {", ".join(map(label, source.addresses()[:3]))}'
        raise SourceError("list-empty", message, "the page changed or shows an error: mend fetch.item")


def _list_pages(source: Source, door: Door, note: Note) -> Iterator[Page]:
    waiting, visited = source.addresses(), set[str]()
    while waiting:
        address = waiting.pop(0)
        if address in visited:
            continue
        if len(visited) == source.fetch.max_pages:
            message = f"stopped after {len(visited)} list pages, with {label(address)} still to read"
            note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))
            return
        visited.add(address)
        page = _page(source, door, address)
        yield page
        if source.fetch.next:
            waiting.extend(_links(page, page.soup, source.fetch.next)[:1])


def _page(source: Source, door: Door, address: str) -> Page:
    response = door.get(address)
    body = unpacked(response)
    markup = body.read()
    # A page is a text of its author: the declared charset, then the page's own <meta>, then a guess, in that order.
    declared = response.charset or EncodingDetector.find_declared_encoding(markup, is_html=True)
    try:
        soup = BeautifulSoup(markup, "lxml", from_encoding=source.fetch.encoding or declared or guess(body))
    except (ParserRejectedMarkup, LookupError, ValueError) as fault:
        remedy = "open the address in a browser; it may be no web page"
        raise SourceError("not-html", f"{response.label} cannot be read as a web page: {fault}", remedy) from fault
    base = soup.find("base", href=True)
    return Page(response.url, _joined(response.url, str(base["href"])) if isinstance(base, Tag) else response.url, soup)


def _item(source: Source, door: Door, page: Page, block: Tag, note: Note) -> Item | None:
    fields = _fields(source.fields, page, block)
    if not source.fetch.detail:
        return Item(fields, label(page.url))
    links = _links(page, block, source.fetch.detail)
    name = str(fields.get("name", ""))[:80]
    if not links:
        message = f'a block of {label(page.url)} ("{name}") has no link to its own page on the web'
        note(Problem(source.id, "detail-missing", message, "warning", "check fetch.detail"))
        return None
    address = links[0]
    try:
        own = _page(source, door, address)
    except SourceError as error:
        message = f'the page of "{name}" cannot be read: {error}'
        note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
        return None
    fields = {"record_url": address, **fields, **_fields(source.detail_fields, own, own.soup)}
    return Item(fields, label(address))


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
    return [_joined(page.base, text.strip()) for text in texts] if attribute in LINK_ATTRIBUTES else texts


def _joined(base: str, link: str) -> str:
    """The whole address of `link`, or `link` itself when it is none, such as "http://[name]"."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _links(page: Page, block: Tag, place: str) -> list[str]:
    """The addresses at `place` that may be followed, without their fragments."""
    found = (_joined(page.base, text.strip()) for text in _texts(page, block, place))
    return [link.partition("#")[0] for link in found if _may_follow(page, link)]


def _may_follow(page: Page, link: str) -> bool:
    """Whether `link` leads to the web or, from a local page, to a page of the same folder or below it.

    A page is somebody else's text: it must not make us read other files of this machine.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    if parts.scheme in {"http", "https"}:
        return bool(parts.hostname)
    home = page.url.rpartition("/")[0] + "/"
    return page.url.startswith("file://") and link.startswith(home) and ".." not in unquote(link)
