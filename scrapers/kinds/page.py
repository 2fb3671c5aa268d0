"""Web pages as several kinds read them: fetched, parsed with Beautiful Soup, and asked with CSS selectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import Tag
from bs4.exceptions import ParserRejectedMarkup

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.encodings import guess
from scrapers.kinds.item import Note, apply_rules, unpacked
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.rule import Rule, Take
from scrapers.selector import split_place
from scrapers.source import Source

LINK_ATTRIBUTES = {"href", "src", "action", "data-href", "data-url"}

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site: its own address, the one that its relative links start from, and its body as it came."""

    url: str
    base: str
    soup: BeautifulSoup
    markup: bytes

    @property
    def text(self) -> str:
        """The markup, decoded as the parser decoded it."""
        return self.markup.decode(self.soup.original_encoding or "utf-8", errors="replace")


def walk(
    source: Source, note: Note, read: Callable[[str], Read], onward: Callable[[Read], list[str]]
) -> Iterator[Read]:
    """Yield what `read` makes of each list page: the source's addresses and, in turn, those that `onward` finds there.

    No address is read twice; after `fetch.max_pages` of them the rest is left, with a problem that says so.
    """
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
        found = read(address)
        yield found
        waiting.extend(onward(found))


def read_page(source: Source, door: Door, address: str) -> Page:
    """Fetch `address` and parse it; raises `SourceError` when it cannot be had, or is no web page."""
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
    start = joined(response.url, str(base["href"])) if isinstance(base, Tag) else response.url
    return Page(response.url, start, soup, markup)


def own_page(source: Source, door: Door, address: str, name: str, note: Note) -> Page | None:
    """Read the own page of the initiative called `name`; one that cannot be read is a problem, and gives None."""
    try:
        return read_page(source, door, address)
    except SourceError as error:
        message = f'the page of "{name}" cannot be read: {error}'
        note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
        return None


def fields_of(rules: dict[str, Rule], page: Page, block: Tag) -> dict[str, RawValue]:
    """Take every field of `rules`, whose places are CSS selectors, from `block` of `page`."""
    found: dict[str, RawValue] = {}
    for name, rule in rules.items():

        def take(place: str, rule: Rule = rule) -> list[str]:
            texts = texts_of(page, block, place, rule.html)
            return texts if rule.all else texts[:1]

        found |= apply_rules({name: rule}, take, lambda place: blocks_of(page, block, place))
    return found


def blocks_of(page: Page, block: Tag, place: str) -> list[Take]:
    """A way to take texts from each of the elements that `place` selects in `block`."""
    return [lambda where, tag=tag: texts_of(page, tag, where)[:1] for tag in block.select(place)]  # type: ignore[misc]


def texts_of(page: Page, block: Tag, place: str, markup: bool = False) -> list[str]:
    """The texts (or attributes, for `selector@name`) of what `place` selects in `block`, in the page's order."""
    selector, attribute = split_place(place)
    tags = [block] if selector == "." else block.select(selector)
    if attribute is None:
        return [tag.decode_contents() if markup else tag.get_text(" ", strip=True) for tag in tags]
    found = [tag.get(attribute) for tag in tags]
    texts = [" ".join(value) if isinstance(value, list) else value for value in found if value is not None]
    return [joined(page.base, text.strip()) for text in texts] if attribute in LINK_ATTRIBUTES else texts


def joined(base: str, link: str) -> str:
    """The whole address of `link`, or `link` itself when it is none, such as "http://[name]"."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def links_of(page: Page, block: Tag, place: str) -> list[str]:
    """The addresses at `place` that may be followed, without their fragments."""
    return followable(page.url, [joined(page.base, text.strip()) for text in texts_of(page, block, place)])


def followable(home: str, links: list[str]) -> list[str]:
    """Those of `links`, found on the page `home`, that may be followed, without their fragments."""
    return [link.partition("#")[0] for link in links if _may_follow(home, link)]


def _may_follow(home: str, link: str) -> bool:
    """Whether `link` leads to the web or, from a local page, to a page of the same folder or below it.

    A page is somebody else's text: it must not make us read other files of this machine.
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    if parts.scheme in {"http", "https"}:
        return bool(parts.hostname)
    folder = home.rpartition("/")[0] + "/"
    return home.startswith("file://") and link.startswith(folder) and ".." not in unquote(link)
