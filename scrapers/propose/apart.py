"""Blocks of one look in several columns: which of the columns holds the initiatives, and which the news."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from bs4.element import Tag

from scrapers.propose.look import Seen
from scrapers.propose.markup import is_inner, is_link, shape_of, text_of
from scrapers.propose.names import plain

MOST_PARTS = 8
NEWS = re.compile(
    r"""(?:^|_)(?:actu|actus|actualites?|news|newsroom|agenda|evenements?|events?|blog|billets?|presse|press|une|podcasts?
        |communiques?|aktuell\w*|nachrichten|neuigkeiten|termine|noticias|latest|recent|recents?|breves?)(?:_|$)""",
    re.X,
)  # fmt: skip
"""Words, as `plain` writes them, that stand above news or in their addresses."""


def parts_of(page: Seen, tags: list[Tag], fewest: int) -> list[list[Tag]]:
    """The blocks `tags` by the columns that they stand in, where the columns hold different things; else nothing."""
    common = _common(tags)
    if common is None:
        return []
    inside: dict[int, list[Tag]] = {}
    for tag in tags:
        child = tag
        while child.parent is not None and child.parent is not common:
            child = child.parent
        inside.setdefault(id(child), []).append(tag)
    if not 1 < len(inside) <= MOST_PARTS:
        return []
    looks = {(_usual_shape(page, part), is_news(page, part)) for part in inside.values()}
    return [part for part in inside.values() if len(part) >= fewest] if len(looks) > 1 else []


def is_news(page: Seen, tags: list[Tag]) -> bool:
    """Whether `tags` look like news beside what `page` is about: by the words above them, or by where they lead."""
    if NEWS.search(plain(f"{urlsplit(page.url).path} {_title(page)}")):
        return False
    shape = _usual_shape(page, tags).rpartition("/")[0]
    return bool(NEWS.search(plain(_heading_above(tags[0]))) or NEWS.search(plain(shape)))


def is_meant(page: Seen, links: list[str]) -> bool:
    """Whether most of `links` lead to pages below `page`, or are called as its title or address is."""
    path = urlsplit(page.url).path.rstrip("/")
    words = {word[:6] for word in plain(f"{path.rpartition('/')[2]} {_title(page)}").split("_") if len(word) > 4}
    hits = 0
    for link in links:
        there = urlsplit(link).path
        called = {word[:6] for word in plain(there.rpartition("/")[0]).split("_") if len(word) > 4}
        below = bool(path) and there.startswith(f"{path}/")
        hits += is_inner(page.url, link) and (below or bool(words & called))
    return hits * 2 > len(links) > 0


def _title(page: Seen) -> str:
    """What the page says that it is: its own heading, or else the first part of its title."""
    head = page.soup.find("h1")
    told = text_of(head) if isinstance(head, Tag) else ""
    return told or (re.split(r"\s+[|–—-]\s+", text_of(page.soup.title))[0] if page.soup.title else "")


def _usual_shape(page: Seen, tags: list[Tag]) -> str:
    """The shape of the addresses that most of `tags` lead to."""
    shapes: Counter[str] = Counter()
    for tag in tags:
        links = [tag, *tag.find_all("a", href=True)] if tag.has_attr("href") else tag.find_all("a", href=True)
        shapes.update({shape_of(page.whole(str(one["href"]))) for one in links if is_link(str(one["href"]))})
    return shapes.most_common(1)[0][0] if shapes else ""


def _heading_above(tag: Tag) -> str:
    """The heading that stands above `tag` in an element around it, alone or in a frame of its own."""
    head = tag.find_previous(["h1", "h2", "h3", "h4"])
    if not isinstance(head, Tag) or head.name == "h1" or head.parent is None:
        return ""
    around, frame = {id(above) for above in tag.parents}, head.parent
    framed = text_of(frame) == text_of(head) and frame.parent is not None and id(frame.parent) in around
    text = text_of(head)
    return text if (id(frame) in around or framed) and len(text) <= 40 else ""


def _common(tags: list[Tag]) -> Tag | None:
    """The nearest element around all of `tags`."""
    near = list(tags[0].parents)
    for tag in tags[1:]:
        above = {id(parent) for parent in tag.parents}
        near = [parent for parent in near if id(parent) in above]
    return near[0] if near and isinstance(near[0], Tag) else None
