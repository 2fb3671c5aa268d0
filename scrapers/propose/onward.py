"""How a list of pages goes on: a selector of the link to the next page, or the number in the page's address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import soupsieve
from bs4.element import Tag

from scrapers.propose.look import Seen
from scrapers.propose.markup import asides_of, classes_of, in_words, is_inner, is_link, text_of

NEXT_TEXT = re.compile(
    r"""\W* (?: (?:page\s|pages\s|articles?\s|résultats?\s)?
          (?:suivante?s? | next | weiter | siguiente | plus\sanciens? | older(?:\sposts|\sentries)?
            | précédents\sarticles)
          (?:\spage|\spages|\sposts)?
        | [›»>→]{1,2} ) \W*""",
    re.I | re.X,
)
MORE_TEXT = re.compile(
    r"""\W* (?: (?:load|show|view|see)\s(?:\w+\s)?more(?:\s\w+){0,2} | more\s(?:results|projects|items)
        | (?:voir|afficher|charger)\s(?:plus|la\ssuite|davantage)(?:\s(?:de|d['’])\s?\w+)?
        | plus\s(?:de\s|d['’])(?:résultats|projets|initiatives|\w+s) | davantage\s(?:de\s|d['’])\w+
        | mehr\s(?:laden|anzeigen|ergebnisse) | weitere\s(?:laden|anzeigen|ergebnisse|projekte) | (?:cargar|ver)\smás
        ) \W*""",
    re.I | re.X,
)
"""What a link or a button says that brings more of the list, and a link to one initiative too, often."""
MORE_CLASS = re.compile(r"(?:^|[-_])(?:load|show|view|voir|charger|afficher)[-_]?(?:more|plus)(?:$|[-_])", re.I)
NEXT_CLASS = re.compile(r"(?:^|[-_])(?:next|suivante?|page-next|next-page)(?:$|[-_])", re.I)
CURRENT = re.compile(r"(?:^|[-_])(?:on|active|current|courante?|selected|actif|encours)(?:$|[-_])", re.I)
COUNTING = re.compile(
    r"""(?P<before>.*(?:[?&/_-]
          (?:page|paged|p|pg|pageno|pagenum|num_page|debut\w*|start|offset|from|skip|seite|startrow)(?:\[\w*\])?[=/_-]?))
        (?P<number>\d{1,5}) (?P<after>(?:[/&.].*)?)""",
    re.X,
)


@dataclass(frozen=True, slots=True)
class Onward:
    """How the list goes on: `next` is a selector with "@href", `pages` the numbered form, `last` the last number seen.

    `address` is the next page, `how` says in words what leads there.
    """

    how: str
    address: str
    next: str | None = None
    pages: dict[str, object] | None = None
    last: int = 0


def onward_of(page: Seen) -> Onward | None:
    """Return how the list of `page` goes on, or None where nothing says that it does."""
    last = _last(page)
    for selector, how in _selectors(page):
        tag = soupsieve.select_one(selector, page.soup)
        address = _address(page, tag)
        if address:
            return Onward(how, address, f"{selector}@href", None, last)
    return _numbered(page)


def _selectors(page: Seen) -> list[tuple[str, str]]:
    """Selectors of links that say that they lead to the next page, the most reliable first."""
    found = [(f'{name}[rel~="next"]', 'rel="next"') for name in ("a", "link")]
    for tag in page.soup.find_all("a", href=True):
        told = [text_of(tag), str(tag.get("title") or ""), str(tag.get("aria-label") or "")]
        says = next((text for text in told if text and NEXT_TEXT.fullmatch(text)), "")
        if _brings_more(tag) and _goes_on(page, tag):
            found += _by_number(page, tag)
            continue
        named = [name for name in _all_classes(tag) if NEXT_CLASS.search(name)]
        parent = tag.parent if isinstance(tag.parent, Tag) else None
        above = [name for name in _all_classes(parent) if NEXT_CLASS.search(name)] if parent is not None else []
        spelt = re.search(r"[a-z]{4}", says, re.I) is not None
        if not (says or named or above) or not (spelt or _is_counted(page, tag)):
            continue
        if named:
            found.append((f"a.{named[0]}", f'class "{named[0]}"'))
        if above and parent is not None:
            found.append((f"{parent.name}.{above[0]} a", f'class "{above[0]}"'))
        if says:
            found += _by_words(tag, told, says)
    return found + _after_current(page)


def _brings_more(tag: Tag) -> bool:
    return bool(MORE_TEXT.fullmatch(text_of(tag)) or any(MORE_CLASS.search(name) for name in _all_classes(tag)))


def _goes_on(page: Seen, tag: Tag) -> bool:
    """Whether the link counts on in the list itself; a link "Voir plus" leads to one initiative more often."""
    address = page.whole(str(tag["href"])).partition("#")[0]
    below = urlsplit(address).path.startswith(urlsplit(page.url).path.rstrip("/"))
    return below and is_inner(page.url, address) and COUNTING.fullmatch(address) is not None


def _by_number(page: Seen, tag: Tag) -> list[tuple[str, str]]:
    """Selectors of a link "Load more" to more of the same list: by its class, or by its words and what counts in it."""
    words = text_of(tag)
    found = [(f"a.{name}[href]", f'class "{name}"') for name in _all_classes(tag) if MORE_CLASS.search(name)]
    here = {name for name, _ in parse_qsl(urlsplit(page.url).query)}
    asked = [name for name, _ in parse_qsl(urlsplit(page.whole(str(tag["href"]))).query)]
    for name in sorted(asked, key=lambda name: name in here)[:1] if words else []:
        mark = f'a[href*="{in_words(name)}="]:-soup-contains("{in_words(words)}")'
        found.append((mark, f'the words "{words}"'))
    if words and not asked:
        found.append((f'a[href]:-soup-contains("{in_words(words)}")', f'the words "{words}"'))
    return found


def button_of(page: Seen, blocks: list[Tag]) -> str | None:
    """What a button says that brings the rest of the list by a script, or None; `blocks` have buttons of their own."""
    body = page.soup.body
    if body is None:
        return None
    inner, aside = {id(block) for block in blocks}, asides_of(body)
    for tag in body.find_all(["button", "a", "input", "div", "span"]):
        words = text_of(tag) or str(tag.get("value") or "") or str(tag.get("aria-label") or "")
        marked = any(MORE_CLASS.search(name) for name in _all_classes(tag)) and len(words) <= 40
        leads = tag.name == "a" and is_link(str(tag.get("href") or ""))
        if leads or not words or not (marked or (tag.name in {"button", "a", "input"} and MORE_TEXT.fullmatch(words))):
            continue
        if id(tag) not in aside and not any(id(above) in inner for above in tag.parents):
            return words
    return None


def _by_words(tag: Tag, told: list[str], says: str) -> list[tuple[str, str]]:
    how = f'the words "{says}"'
    if says == told[0]:
        return [(f'a[href]:-soup-contains("{in_words(says)}")', how)]
    name = "title" if says == told[1] else "aria-label"
    return [(f'a[{name}="{in_words(says)}"]', how)]


def _after_current(page: Seen) -> list[tuple[str, str]]:
    """The link behind the mark of the current page, as in <strong class="on">1</strong> <a href="?p=2">2</a>."""
    found = []
    for tag in page.soup.find_all(["strong", "b", "span", "li", "em", "a"]):
        if not re.fullmatch(r"(?:page )?\d{1,4}", text_of(tag), re.I) or (tag.name == "a" and tag.get("href")):
            continue
        marks = [name for name in _all_classes(tag) if CURRENT.search(name)]
        mark = f".{marks[0]}" if marks else "[aria-current]" if tag.has_attr("aria-current") else ""
        if not mark and tag.name not in {"strong", "b", "em"}:
            continue
        container = tag.find_parent(["p", "ul", "ol", "nav", "div"])
        where = _named(container)
        follower = f"{tag.name}{mark} ~ " + ("li a" if tag.name == "li" else "a")
        found.append((f"{where} {follower}".strip(), "the link behind the mark of the current page"))
    return found


def _named(tag: Tag | None) -> str:
    chosen = classes_of(tag) if tag is not None else []
    return f".{chosen[0]}" if chosen else (tag.name if tag is not None else "")


def _all_classes(tag: Tag | None) -> list[str]:
    names = map(str, tag.get_attribute_list("class")) if tag is not None and tag.has_attr("class") else ()
    return [name for name in names if re.fullmatch(r"-?[A-Za-z_][\w-]*", name)]


def _is_counted(page: Seen, tag: Tag) -> bool:
    """Whether the link stays on the list: on the same path, or one that goes on with a number."""
    address = page.whole(str(tag["href"])).partition("#")[0]
    here, there = urlsplit(page.url), urlsplit(address)
    same = there.path.rstrip("/") == here.path.rstrip("/") and there.query != here.query
    return (
        same
        or COUNTING.fullmatch(address) is not None
        or re.search(r"\d", there.path.removeprefix(here.path)) is not None
    )


def _address(page: Seen, tag: Tag | None) -> str:
    href = str(tag.get("href") or "") if tag is not None else ""
    address = page.whole(href).partition("#")[0] if is_link(href) else ""
    return address if address and is_inner(page.url, address) and address.rstrip("/") != page.url.rstrip("/") else ""


def _links_counted(page: Seen) -> list[tuple[str, int, str]]:
    """The links of the page whose addresses count, cut at their number."""
    links = (page.whole(str(tag["href"])).partition("#")[0] for tag in page.soup.find_all("a", href=True))
    hits = [COUNTING.fullmatch(link) for link in dict.fromkeys(links) if is_inner(page.url, link)]
    here = urlsplit(page.url).path.rstrip("/")
    cut = [(hit["before"], int(hit["number"]), hit["after"]) for hit in hits if hit]
    return [entry for entry in cut if urlsplit(entry[0]).path.startswith(here)]


def _last(page: Seen) -> int:
    """How many pages the numbers of the page's links tell of, as far as they count pages."""
    groups: dict[tuple[str, str], set[int]] = {}
    for before, number, after in _links_counted(page):
        groups.setdefault((before, after), set()).add(number)
    numbers = max((sorted(found) for found in groups.values()), key=len, default=[])
    if not numbers:
        return 0
    step = min((later - earlier for earlier, later in pairwise(numbers)), default=numbers[0])
    return numbers[-1] if step <= 1 else numbers[-1] // step + 1


def _numbered(page: Seen) -> Onward | None:
    """The numbered form, for links that only count: /page/2/, ?page=2."""
    groups: dict[tuple[str, str], set[int]] = {}
    for before, number, after in _links_counted(page):
        groups.setdefault((before, after), set()).add(number)
    for (before, after), numbers in sorted(groups.items(), key=lambda group: -len(group[1])):
        ordered = sorted(numbers)
        if 2 in numbers or (1 in numbers and 0 not in numbers):
            first = 0 if 1 in numbers and 2 not in numbers else 1
            pages = {"url": f"{before}{{page}}{after}", "first": first, "last": ordered[-1]}
            second = f"{before}{first + 1}{after}"
            return Onward("numbered links", second, None, pages, ordered[-1])
    return None
