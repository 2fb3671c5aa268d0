"""The blocks of a list page: which repeated element stands for one initiative, and a selector that finds just these."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import soupsieve
from bs4.element import Tag

from scrapers.propose.apart import is_meant, is_news, parts_of
from scrapers.propose.inside import Inside, inside_of
from scrapers.propose.look import Seen
from scrapers.propose.markup import asides_of, classes_of, in_words, modules_of, shape_of, text_of

FEWEST, MOST_GROUPS, MOST_JUDGED, MOST_TRIED = 3, 150, 60, 12
"""Blocks of a list; groups that are looked at; elements of each that are; groups that selectors are sought for."""

TELLING = re.compile(
    r"card|item|result|fiche|initiative|projet|project|lieu|place|acteur|member|membre|annuaire|entry|post|article|listing|vignette|tile|teaser|structure|asso|organi[sz]ation|resource|action",
    re.I,
)


@dataclass(slots=True)
class Blocks:
    """A group of alike elements: the selector that finds them, how good they look, and what stands inside."""

    selector: str
    tags: list[Tag]
    inside: Inside
    score: float


def blocks_of(page: Seen) -> Blocks | None:
    """Return the best group of blocks of `page`, or None."""
    body = page.soup.body
    if body is None:
        return None
    aside = asides_of(body)
    groups = [*_groups(body, aside)]
    parts = {name: parts for name, tags in groups if (parts := parts_of(page, tags, FEWEST))}
    groups += [(name, part) for name, found in parts.items() for part in found]
    judged = [found for group in groups if (found := _judged(page, group)) is not None]
    for blocks in judged:
        # Where columns hold different things, one of them is the list and the others are not.
        whole = sum(map(len, parts.get(blocks.selector, [])))
        blocks.score *= 0.5 if whole and len(blocks.tags) >= whole else 1.0
    for blocks in sorted(judged, key=lambda blocks: blocks.score, reverse=True)[:MOST_TRIED]:
        selector = _exact(body, aside, blocks.selector, blocks.tags)
        if selector is not None:
            blocks.selector = selector
            return blocks
    return None


def _groups(body: Tag, aside: set[int]) -> Iterable[tuple[str, list[Tag]]]:
    """Each group of elements that may be the blocks, with the simple selector that they share."""
    groups: dict[str, list[Tag]] = {}
    for tag in body.find_all(
        ["li", "div", "article", "tr", "section", "a", "dl", "figure", "p", "td", "dt", "h2", "h3", "details", "table"]
    ):
        if id(tag) in aside or _is_header_row(tag):
            continue
        for name in _simple_selectors(tag):
            groups.setdefault(name, []).append(tag)
    sound = [(name, _outermost(tags)) for name, tags in groups.items() if len(tags) >= FEWEST]
    ranked = sorted(sound, key=lambda group: -len(group[1]))
    return [(name, tags) for name, tags in ranked if len(tags) >= FEWEST][:MOST_GROUPS]


def _is_header_row(tag: Tag) -> bool:
    return tag.name == "tr" and tag.find("td") is None


def _simple_selectors(tag: Tag) -> list[str]:
    if tag.name == "tr":
        table = tag.find_parent("table")
        return _rows_of(table) if table is not None else []
    own = [f"{tag.name}.{name}" for name in classes_of(tag)]
    own += [f'{tag.name}[class*="{name}"]' for name in modules_of(tag)]
    own += [f"{tag.name}[{name}]" for name in ("itemscope", "typeof") if tag.has_attr(name)]
    parent = tag.parent
    if parent is not None and tag.name not in {"p", "td", "dt"}:
        own.append(f"{_anchor(parent)} > {tag.name}")
    return own


def _rows_of(table: Tag) -> list[str]:
    """The rows of `table`, which may be one of several: told from them by its first headings, if it has any."""
    rows = [f"{_anchor(table)} tr:has(td)"]
    row = table.find("tr")
    heads = [text_of(tag) for tag in row.find_all("th", recursive=False)] if isinstance(row, Tag) else []
    named = [text for text in heads if re.search(r"[^\W\d_]{3}", text) and len(text) <= 40][:2]
    if named and table.find("table") is None:
        marks = "".join(f':has(th:-soup-contains("{in_words(text)}"))' for text in named)
        rows.append(f"table:not(:has(table)){marks} tr:has(td)")
    return rows


def _anchor(tag: Tag | None, depth: int = 4) -> str:
    """A selector for `tag` made of what can be relied on: its id, a chosen class, or its way from an ancestor."""
    if tag is None or tag.name in {"body", "main", "[document]"}:
        return tag.name if tag is not None and tag.name != "[document]" else "body"
    own = _id_of(tag)
    if own:
        return f"#{own}"
    chosen = classes_of(tag)
    if chosen:
        return f"{tag.name}.{max(chosen, key=lambda name: bool(TELLING.search(name)))}"
    modules = modules_of(tag)
    if modules:
        return f'{tag.name}[class*="{modules[0]}"]'
    return f"{_anchor(tag.parent, depth - 1)} > {tag.name}" if depth else tag.name


def _id_of(tag: Tag) -> str:
    own = str(tag.get("id") or "")
    return own if re.fullmatch(r"[A-Za-z][A-Za-z_-]*", own) and own not in {"root", "app"} else ""


def _outermost(tags: list[Tag]) -> list[Tag]:
    known = {id(tag) for tag in tags}
    return [tag for tag in tags if not any(id(above) in known for above in tag.parents)]


def _judged(page: Seen, group: tuple[str, list[Tag]]) -> Blocks | None:
    """The blocks of `group` with the score of the first of them, or None where they are no blocks."""
    name, tags = group
    some = tags[:MOST_JUDGED]
    inside = None if _are_pairs(some) else inside_of(page, some)
    if inside is None or inside.filled < FEWEST:
        return None
    if inside.link is None and not inside.heading and tags[0].name != "tr":  # a list of words, within a block perhaps
        return None
    # Of a long list the whole is better than those of one colour.
    score = _score(page, some, inside, name) * (1 + 0.04 * math.log10(len(tags)))
    return Blocks(name, tags, inside, score)


def _are_pairs(rows: list[Tag]) -> bool:
    """Whether `rows` are each a label and its value, under the same few labels again and again: parts of records."""
    heads = [tag for row in rows if row.name == "tr" for tag in row.find_all("th", recursive=False)]
    return len(heads) == len(rows) and len({text_of(tag) for tag in heads}) * 2 < len(rows)


def _score(page: Seen, tags: list[Tag], inside: Inside, selector: str) -> float:
    count = len(tags)
    share = inside.filled / count
    size = sum(min(len(text_of(tag)), 600) for tag in tags[:20]) / min(count, 20)
    richness = math.log(1 + size) / math.log(600)
    many = sum(_links_alike(page, tag, inside) for tag in tags[:20]) / min(count, 20)
    kinds = Counter(inside.shapes)
    even = max(kinds.values(), default=0) / max(len(inside.shapes), 1)
    score = math.sqrt(min(inside.filled, 40)) * share**2 * (0.3 + richness) * (0.4 + even)
    score *= 1.6 if inside.heading else 1.0
    score *= 1.25 if tags[0].find_parent(["main"]) is not None else 1.0
    score *= 1.15 if TELLING.search(selector.partition(":has(")[0]) else 1.0
    score *= 1.1 if tags[0].name in {"article", "li", "tr"} else 1.0
    # What has a name keeps better than a way through the page, and the whole block says more than its heading.
    score *= 0.9 if selector.startswith("body") else 1.0
    score *= 0.85 if tags[0].name in {"a", "h2", "h3", "p", "dt"} else 1.0
    score *= 0.5 if inside.link is None and tags[0].name != "tr" else 1.0
    score *= 0.5 if is_news(page, tags) else 1.3 if is_meant(page, inside.links[:count]) else 1.0
    return score / max(many, 1.0) ** 2


def _links_alike(page: Seen, tag: Tag, inside: Inside) -> int:
    """How many different pages of the kind of the chosen link `tag` leads to: one, in the block of one initiative."""
    usual = Counter(inside.shapes).most_common(1)
    if not usual:
        return len(tag.find_all(["h2", "h3", "h4"])) or 1
    links = {page.whole(str(link["href"])).partition("#")[0] for link in tag.find_all("a", href=True)}
    alike = sum(shape_of(link) == usual[0][0] for link in links)
    return max(alike, len({text_of(head) for head in tag.find_all(["h2", "h3"])}) // 2)


def _exact(body: Tag, aside: set[int], name: str, tags: list[Tag]) -> str | None:
    """A selector that finds `tags` and nothing else of the page: `name` as it is, or below an ancestor."""
    wanted = {id(tag) for tag in tags}
    tries = [
        name,
        *(f"{_anchor(above)} {name}" for above in _common_ancestors(tags) if not name.startswith(_anchor(above))),
    ]
    tries += [f"{own} {name}" for above in _common_ancestors(tags) for own in _own_names(above)]
    tries += [f"{one}:has({need})" for one in tries[:3] for need in ("a[href]", "h2", "h3", "h4")]
    best = None
    for one in tries:
        found = {id(tag) for tag in soupsieve.select(one, body.parent or body)}
        if found == wanted:
            return one
        # What the group lost as nested or aside may be found again; a few strangers do no harm where none is aside.
        if best is None and wanted <= found and not (found & aside) and len(found) <= len(wanted) * 1.1:
            best = one
    return best


def _own_names(tag: Tag) -> list[str]:
    """Selectors of `tag` by any class name or id of its own, such as "div.col-main": poor ones, better than none."""
    names = [str(name) for name in tag.get_attribute_list("class") if name]
    own = [f"{tag.name}.{name}" for name in names] + ([f"#{tag['id']}"] if tag.get("id") else [])
    return [name for name in own if re.fullmatch(r"\w*[.#][A-Za-z_][\w-]*", name)]


def _common_ancestors(tags: list[Tag]) -> list[Tag]:
    common = list(tags[0].parents)
    for tag in tags[1:]:
        above = {id(parent) for parent in tag.parents}
        common = [parent for parent in common if id(parent) in above]
    return [parent for parent in common if isinstance(parent, Tag) and parent.name not in {"html", "[document]"}][:6]
