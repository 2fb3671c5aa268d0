"""Inside the blocks of a list: which selector gives each title, which the link to its own page, and what else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import soupsieve
from bs4.element import Tag

from scrapers.propose.look import Seen
from scrapers.propose.markup import classes_of, is_inner, is_link, label_in, modules_of, pick, shape_of, text_of
from scrapers.propose.names import NAMES, is_address, plain
from scrapers.propose.proposal import RuleValue

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PROBED = 40

TITLE_WORDS = re.compile(
    r"(?:^|[-_])(?:title|titre|name|nom|heading|intitule|headline|label)(?:$|[-_])|title$|titre$|^titre|^title", re.I
)
MORE = re.compile(
    r"""(?:lire|en\ssavoir|voir|read|découvrir|discover|learn|see|more|plus|suite|la\sfiche|details?|détails?|accéder
        |\[?\+\]?|→|»|>|contact\w*|ici|here|site\sweb|website)\b.{0,25}""",
    re.I | re.X,
)
DATE = re.compile(
    r"""(?:le\s|on\s|publié|posted|mis\sà\sjour|updated|\d{1,2}[/.\s]|\d{4}-|du\s\d).{0,40}\d{4}.{0,20}
        |\d{1,2}/\d{2}/\d{2,4}""",
    re.I | re.X,
)


@dataclass(slots=True)
class Inside:
    """Selectors inside a block: of the title (and whether it is a heading), and of the link, "." for the block itself.

    `filled` counts the blocks that have both, or a title alone where no link is to be had; `shapes` are those of the
    links; `outer` says that the link leaves the site, to the initiative's own.
    """

    title: str
    heading: bool
    link: str | None
    filled: int
    shapes: list[str] = field(default_factory=list)
    outer: bool = False
    titles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def inside_of(page: Seen, blocks: list[Tag]) -> Inside | None:
    """Return what tells the title and the link of each of `blocks`, or None where nothing gives a title."""
    some = blocks[:PROBED]
    title = _best(_candidates(some), some, _title_of, _title_weight)
    if title is None:
        return None
    titles = [_title_of(tag, title) for tag in blocks]
    link = _best_link(page, some, title)
    links = [_link_of(page, tag, link) if link else "" for tag in blocks]
    full = [(name, address) for name, address in zip(titles, links, strict=True) if name and (address or not link)]
    filled = len(set(full))
    outer = sum(bool(one) and not is_inner(page.url, one) for one in links) * 2 > len(links)
    heading = title.split(".")[0].split("[")[0] in HEADINGS or bool(TITLE_WORDS.search(title.rpartition(".")[2]))
    heading = heading or _names_it(title)
    shapes = [shape_of(address) for address in links if address]
    return Inside(title, heading, link, filled, shapes, outer, titles, links)


def others_of(page: Seen, blocks: list[Tag], taken: set[str]) -> dict[str, list[str]]:
    """The texts that each selector with a chosen class name gives, a text for each block ("" for none)."""
    found: dict[str, list[str]] = {}
    for place in _candidates(blocks):
        if place in {".", *taken} or not ("." in place or "[itemprop" in place or place.startswith(("td:", "label:"))):
            continue
        texts = [text_of(pick(tag, place)) for tag in blocks]
        if sum(map(bool, texts)) * 3 >= len(texts) and len(set(filter(None, texts))) > 1:
            found[place] = texts
    return found


def several_at(blocks: list[Tag], place: str) -> RuleValue | None:
    """The rule for a list at `place`, where some of `blocks` have several of it, or several links or items in it."""
    if place.startswith(("td:", "label:")) or place == ".":
        return None
    for inner in (f"{place} a", f"{place} li", f"{place} span", place):
        found = [soupsieve.select(inner, block) for block in blocks]
        if any(len(tags) > 1 for tags in found) and all(text_of(tag) for tags in found for tag in tags):
            return {"from": inner, "all": True}
    return None


def _candidates(blocks: list[Tag]) -> list[str]:
    """The selectors worth a try: tags of text, classes and properties of a third of the blocks, cells by place."""
    counts: Counter[str] = Counter()
    for block in blocks:
        # In the page's order, so that of equals the same is chosen every time.
        counts.update(list(dict.fromkeys(name for tag in block.find_all(True) for name in _names_of(tag))))
    if blocks[0].name == "tr":
        width = max(len(block.find_all(["td", "th"], recursive=False)) for block in blocks)
        counts.update({f"td:nth-of-type({place})": len(blocks) for place in range(1, min(width, 20) + 1)})
        counts["th"] += sum(block.find("th") is not None for block in blocks)
    return [".", *(name for name, count in counts.items() if count * 3 >= len(blocks))][:150]


def _names_of(tag: Tag) -> list[str]:
    names = [f"{tag.name}.{name}" for name in classes_of(tag)]
    names += [f'{tag.name}[class*="{name}"]' for name in modules_of(tag)]
    if tag.has_attr("itemprop"):
        names.append(f'[itemprop~="{str(tag["itemprop"]).split()[0]}"]' if str(tag["itemprop"]).strip() else tag.name)
    if tag.name in {*HEADINGS, "a", "strong", "b", "dt", "figcaption", "p", "summary", "span"}:
        names.append(tag.name)
    if tag.name == "a" and tag.parent is not None and tag.parent.name in HEADINGS:
        names.append(f"{tag.parent.name} a")
    if tag.name in {"dt", "th"} and label_in(tag):
        names.append(f"label:{label_in(tag)}")
    return names


def _best(
    places: list[str], blocks: list[Tag], take: Callable[[Tag, str], str], weight: Callable[[str, list[str]], float]
) -> str | None:
    best, most = None, 0.0
    for place in places:
        told = [text for text in (take(block, place) for block in blocks) if text]
        if len(told) * 10 < len(blocks) * 6 or not told:
            continue
        score = (len(told) / len(blocks)) ** 2 * (len(set(told)) / len(told)) ** 2 * weight(place, told)
        if score > most:
            best, most = place, score
    return best if most > 0.2 else None


def _title_of(block: Tag, place: str) -> str:
    return text_of(pick(block, place))


def _title_weight(place: str, texts: list[str]) -> float:
    size = sum(map(len, texts)) / len(texts)
    if size < 2 or size > 250:
        return 0.0
    odd = sum(
        bool(MORE.fullmatch(text) or DATE.fullmatch(text) or is_address(text) or not re.search(r"[^\W\d_]{2}", text))
        for text in texts
    )
    weight = 1.0 - odd / len(texts)
    weight *= 0.6 if size > 110 else 1.0
    name, own = place.split(".")[0].split("[")[0].split(" ")[0], place.rpartition(".")[2] if "." in place else place
    if name in HEADINGS:
        weight *= 2.2 - 0.05 * HEADINGS.index(name)
    if TITLE_WORDS.search(own) and place != ".":
        weight *= 1.8
    if '"name"' in place:
        weight *= 2.4
    if place.startswith("label:"):
        return weight * (2.0 if _names_it(place) else 0.5)
    weight *= {"a": 1.2, "th": 1.3, "strong": 1.15, "b": 1.1, "dt": 1.1, "summary": 1.2}.get(name, 1.0)
    weight *= 0.7 if name in {"p", "span"} else 1.0
    weight *= 0.5 if place == "." else 1.0
    # A plain name such as h3 keeps better than one with a class.
    return weight * (0.98 if "." in place or "[" in place else 1.0) * (1.0 - 0.02 * max(0, _column(place) - 1))


def _names_it(place: str) -> bool:
    """Whether `place` is a label that says "name", "project", "title"."""
    return place.startswith("label:") and plain(place.removeprefix("label:")) in NAMES["name"]


def _column(place: str) -> int:
    hit = re.fullmatch(r"td:nth-of-type\((\d+)\)", place)
    return int(hit[1]) if hit else 0


def _best_link(page: Seen, blocks: list[Tag], title: str) -> str | None:
    """The selector of the link to the block's own page: one page for each block, best where its title leads."""
    places = ["." if blocks[0].name == "a" else "", f"{title} a" if title != "." and ":" not in title[:6] else "", "a"]
    places += [name for name in _candidates(blocks) if name.split(".")[0].split("[")[0] == "a" or name.endswith(" a")]
    wanted = [tag for tag in blocks if _title_of(tag, title)]
    if not wanted:
        return None
    main = {id(tag): _around(page, tag, title) for tag in wanted}

    def weight(place: str, links: list[str]) -> float:
        """How well the links of a place lead to pages of their own: 0 where several lead to the same."""
        # What several blocks lead to is their theme or their town, and not their own page.
        if len(set(links)) * 10 < len(links) * 9:
            return 0.0
        inner = sum(is_inner(page.url, link) for link in links) / len(links)
        even = Counter(map(shape_of, links)).most_common(1)[0][1] / len(links)
        same = sum(main[id(tag)] == _link_of(page, tag, place) != "" for tag in wanted) / len(wanted)
        return (
            (0.3 + inner)
            * (0.3 + even)
            * (1 + same)
            * (1.02 if place in {".", "a"} or place.startswith(title) else 1.0)
        )

    return _best(
        list(dict.fromkeys(filter(None, places))), wanted, lambda tag, place: _link_of(page, tag, place), weight
    )


def _around(page: Seen, block: Tag, title: str) -> str:
    """Where the title of `block` leads, if it is a link, holds one, or is held by one."""
    tag = pick(block, title)
    if tag is None:
        return ""
    link = tag if tag.name == "a" else tag.find("a", href=True) or tag.find_parent("a", href=True)
    return _address(page, link) if isinstance(link, Tag) else ""


def _link_of(page: Seen, block: Tag, place: str | None) -> str:
    if not place:
        return ""
    return _address(page, pick(block, place))


def _address(page: Seen, tag: Tag | None) -> str:
    href = str(tag.get("href") or "") if tag is not None else ""
    address = page.whole(href).partition("#")[0] if is_link(href) else ""
    return "" if address.rstrip("/") == page.url.rstrip("/") else address
