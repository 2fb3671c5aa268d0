"""Web pages as several kinds read them: fetched, parsed with `lxml`, and asked with selectors (`scrapers.selector`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import unquote, urljoin, urlsplit

from bs4.dammit import EncodingDetector

from scrapers.browser import browser_of, drawn
from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds import beside, columns, markup
from scrapers.kinds.encodings import certain, guess, is_misread, mostly_utf8
from scrapers.kinds.item import Note, apply_rules, unpacked
from scrapers.kinds.wholeness import bare_page, holds_enough, refuse_cut_off
from scrapers.memo import key_of
from scrapers.problems import Problem, SourceError, rejects
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Rule, Take
from scrapers.selector import parse_place
from scrapers.source import Source

LINK_ATTRIBUTES = {"href", "src", "action", "data-href", "data-url"}

NOT_OF_ONE_PAGE = {"host-down", "pattern-slow", "browser-missing"}
"""The failures that no other page of the source would be spared."""

Read = TypeVar("Read")
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site: its own address, the one that its relative links start from, its tree and its markup.

    `tables` and `labels` remember the cells and the labels of what was asked for a column or a label.
    """

    url: str
    base: str
    root: Any
    text: str
    tables: dict[Any, columns.Table] = field(default_factory=dict)
    labels: beside.Labels = field(default_factory=dict)


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
    """Fetch `address` and parse it, after its scripts have run where the source says so.

    Raises `SourceError` when it cannot be had.
    """
    if source.fetch.render is None:
        return parse_page(source, door.get(address))
    browser_of(door)  # without one, no site is asked in vain
    page = parse_page(source, door.get(address))
    place, base = source.fetch.wait_for, page.url

    def is_ready(text: str) -> bool:
        shown = page_of(base, text)
        return bool(blocks_of(shown, shown.root, place or ""))

    return page_of(base, drawn(door, base, page.text, source.language, is_ready if place else None))


def taken(source: Source, door: Door, part: str, address: str, take: Callable[[Page], Taken]) -> tuple[str, Taken]:
    """The own address of the page at `address`, and what `take` makes of it.

    A page that is the same as the last good night is not parsed again: the door's memo knows what was taken then for
    this `part` of the definition, as JSON can hold it. Raises as `read_page` and `take` do.
    """
    if source.fetch.render is not None:
        page = read_page(source, door, address)
        return page.url, take(page)
    response = door.get(address)
    return response.url, taken_from(source, door, part, response, take)


def taken_from(source: Source, door: Door, part: str, response: Response, take: Callable[[Page], Taken]) -> Taken:
    """What `take` makes of the page in `response`; see `taken`."""
    memo = door.memo if response.digest else None
    if memo is None:
        return take(parse_page(source, response))
    key = key_of(part, response.url, f"{response.charset} {response.digest}")
    known = memo.recall(key)
    if known is not None:
        return cast(Taken, known)
    found = take(parse_page(source, response))
    memo.remember(key, found)
    return found


def parse_page(source: Source, response: Response) -> Page:
    """The page that `response` holds, whatever that may be; raises `SourceError` when there is nothing in it."""
    body = unpacked(response)
    found = body.read()
    # A page is a text of its author: the declared charset, then the page's own <meta>, then a guess, in that order.
    refuse_cut_off(response, found)
    for charset in _charsets(source, response, body, found):
        text = markup.decode(found, charset)
        if text is not None and not is_misread(text):
            return page_of(response.url, text)
    return page_of(response.url, markup.decode(found, guess(body)) or "")


def _charsets(source: Source, response: Response, body: BinaryIO, found: bytes) -> Iterator[str | None]:
    """What may be believed, in this order; each is only worked out if the one before does not fit."""
    yield certain(body)
    yield source.fetch.encoding
    yield "utf-8" if mostly_utf8(body) else None
    yield response.charset
    yield _own_charset(found)


def page_of(url: str, text: str) -> Page:
    """The page at `url` whose markup is `text`; raises `SourceError` when it nests too deep to be read."""
    root = markup.parse(text, label(url))
    bases = root.xpath("//base/@href")
    return Page(url, joined(url, str(bases[0])) if bases else url, root, text)


def _own_charset(found: bytes) -> str | None:
    declared = EncodingDetector.find_declared_encoding(found, is_html=True)
    return "utf-8" if declared and markup.WIDE.match(declared) else declared


def own_fields(
    source: Source,
    door: Door,
    links: list[str],
    where: str,
    name: str,
    note: Note,
    known: Callable[[str], Response | None] = lambda address: None,
) -> dict[str, RawValue] | None:
    """What [detail_fields] takes from the own page of the initiative called `name`, the first of `links`.

    `where` says what the links were looked for in; `known` gives the page if it need not be asked for. None, with a
    problem, when there is no such page, it cannot be read, or it may be another; none of its fields, with a problem,
    when it holds next to nothing.
    """
    if not links:
        message = f'{where} ("{name}") has no link to its own page on the web'
        remedy = "check fetch.detail" if source.fetch.detail else "tell the publisher"
        note(Problem(source.id, "detail-missing", message, "warning", remedy))
        return None
    try:
        details = _own(source, door, links[0], known(links[0]))
    except SourceError as error:
        if error.code in NOT_OF_ONE_PAGE:
            raise
        message = f'the page of "{name}" cannot be read: {error}'
        note(Problem(source.id, f"detail-{error.code}", message, "warning", error.remedy))
        return None
    bare = bare_page(source, links[0], name, details)
    if bare is None:
        return details
    note(bare)
    return None if rejects(bare) else {}


def _own(source: Source, door: Door, address: str, known: Response | None) -> dict[str, RawValue]:
    """What [detail_fields] takes from the page at `address`, from that of the last good night if it is `known`."""

    def take(own: Page) -> dict[str, RawValue]:
        return fields_of(source.detail_fields, own, own.root)

    if known is not None:
        found = taken_from(source, door, "own", known, take)
        if holds_enough(source.detail_fields, found):
            return found
    return taken(source, door, "own", address, take)[1]


def fields_of(rules: dict[str, Rule], page: Page, block: Any) -> dict[str, RawValue]:
    """Take every field of `rules`, whose places are selectors, from `block` of `page`."""
    found: dict[str, RawValue] = {}
    for name, rule in rules.items():

        def take(place: str, rule: Rule = rule) -> list[str]:
            texts = texts_of(page, block, place, rule.html)
            return texts if rule.all else texts[:1]

        found |= apply_rules({name: rule}, take, lambda place: takes_of(page, block, place))
    return found


def blocks_of(page: Page, block: Any, place: str) -> list[Any]:
    """The elements that `place` selects in `block`, in the page's order; texts and comments are left out."""
    return [found for found in parse_place(place).find(block) if isinstance(getattr(found, "tag", None), str)]


def takes_of(page: Page, block: Any, place: str) -> list[Take]:
    """A way to take texts from each of the elements that `place` selects in `block`."""
    return [lambda where, tag=tag: texts_of(page, tag, where)[:1] for tag in blocks_of(page, block, place)]  # type: ignore[misc]


def texts_of(page: Page, block: Any, place: str, html: bool = False) -> list[str]:
    """The texts (or inner markup, or attributes) of what `place` selects in `block`, in the page's order.

    Raises `SourceError` when a column is not there, or an XPath cannot be worked out.
    """
    asked = parse_place(place)
    if asked.form == "label":
        values = beside.beside_label(page.labels, block, asked.name)
    elif asked.form == "column":
        values = [[cell] for cell in columns.under_column(page.tables, label(page.url), block, asked.name)]
    else:
        values = [[found] for found in asked.find(block)]
    if asked.attribute is None:
        return [_text(page, value, html) for value in values]
    deep = asked.form in {"label", "column"}
    elements = [node for value in values for node in value if not isinstance(node, str)]
    if deep:
        elements = [inner for element in elements for inner in element.iter("*")]
    found = [markup.attribute_of(element, asked.attribute) for element in elements]
    return [_attribute(page, asked.attribute, text) for text in found if text is not None]


def _text(page: Page, value: list[Any], html: bool) -> str:
    """A value, which is one element or a run of texts and elements, as text or as markup."""
    if len(value) == 1 and getattr(value[0], "is_attribute", False):
        return _attribute(page, value[0].attrname, str(value[0]))
    if html:
        whole = len(value) > 1
        return "".join(
            node if isinstance(node, str) else markup.outer_markup(node) if whole else markup.inner_markup(node)
            for node in value
        )
    return " ".join(
        filter(None, (str(node).strip() if isinstance(node, str) else markup.text_of(node) for node in value))
    )


def _attribute(page: Page, name: str, text: str) -> str:
    return joined(page.base, text.strip()) if name in LINK_ATTRIBUTES else text


def joined(base: str, link: str) -> str:
    """The whole address of `link`, or `link` itself when it is none, such as "http://[name]"."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def links_of(page: Page, block: Any, place: str) -> list[str]:
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
