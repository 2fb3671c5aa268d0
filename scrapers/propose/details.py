"""The initiative's own page: which of our fields stand there, and selectors that find them on more than one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import soupsieve
from bs4.element import Tag

from scrapers.kinds.page import texts_of
from scrapers.propose.look import Seen
from scrapers.propose.markup import asides_of, classes_of, in_words, is_inner, is_link, text_of
from scrapers.propose.names import NAMES, PEOPLE, guess_fields, is_people, plain
from scrapers.propose.proposal import RuleValue

LABEL = re.compile(r"\s*(?P<label>[^:：\n]{2,45}?)\s*[:：]\s*\S")

# Microdata and the hCard words that sites put on addresses, and the field each holds.
PROPERTIES = {
    "streetAddress": "address",
    "postalCode": "postcode",
    "addressLocality": "commune",
    "addressRegion": "region",
    "latitude": "latitude",
    "longitude": "longitude",
    "foundingDate": "started_on",
}
BLOCKS = {
    "address": ("address", ".adr", ".adresse", ".address", ".street-address", ".adresse-postale", ".lieu-adresse"),
    "postcode": (".postal-code", ".code-postal", ".postcode", ".cp"),
    "commune": (".locality", ".ville", ".commune", ".city"),
    "themes": (".thematiques a", ".themes a", ".thematique", ".theme", ".tags a", ".categories a"),
}
SITE_TEXT = re.compile(
    r"""(?:voir\s|visiter\s|consulter\s|accéder\sau\s|visit\s|aller\ssur\s)? (?:le\s|son\s|leur\s|the\s|our\s)?
        (?:site(?:\sweb|\sinternet|web)?|web\s?site|home\s?page) (?:\sofficiel|.{0,12})?""",
    re.I | re.X,
)
SITE_LABELS = {*NAMES["url"], "voir_le_site", "liens", "sur_le_web", "en_savoir_plus"}
KNOWN = {name for names in NAMES.values() for name in names} | PEOPLE


@dataclass(slots=True)
class Details:
    """What own pages hold: rules by field, labels of people's data, labels of nobody's field."""

    fields: dict[str, RuleValue] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def details_of(pages: list[Seen]) -> Details:
    """Return what all of `pages`, own pages of initiatives, say where; `pages` are one or more."""
    found = Details()
    columns: dict[str, list[str]] = {}
    for page in pages:
        for label in _labels(page):
            value = next(iter(texts_of(page.page, page.page.root, f"label:{label}")), "")
            if value and len(value) < 3000:
                columns.setdefault(label, []).append(value)
    guess = guess_fields(columns)
    for wanted, place in guess.fields.items():
        label = place if isinstance(place, str) else str(place["from"])
        if wanted == "url" and _leads_out(pages, found, label):
            continue
        if wanted not in {"name", "source_key", "record_url"}:
            found.fields[wanted] = {**place, "from": f"label:{label}"} if isinstance(place, dict) else f"label:{label}"
    found.people = guess.people
    found.rest = [label for label in guess.rest if "url" in found.fields or not _leads_out(pages, found, label)]
    for wanted, rule in [*_marked(pages), *_site(pages), *_main(pages)]:
        found.fields.setdefault(wanted, rule)
    return found


def _leads_out(pages: list[Seen], found: Details, label: str) -> bool:
    """Whether `label` stands beside a link to the initiative's own site, which is then taken."""
    if plain(label) not in SITE_LABELS:
        return False
    place = f"label:{label}@href"
    links = [link for page in pages for link in texts_of(page.page, page.page.root, place)[:1]]
    if not links or any(is_inner(pages[0].url, link) or not link.startswith("http") for link in links):
        return False
    found.fields["url"] = place
    return True


def heading_of(pages: list[Seen]) -> str | None:
    """The selector of the heading of all of `pages`, each with another text, or None."""
    for place in ("main h1", "article h1", "h1", "main h2", "article h2"):
        texts = [text_of(soupsieve.select_one(place, page.soup)) for page in pages]
        if all(texts) and len(set(texts)) == len(texts):
            return place
    return None


def _labels(page: Seen) -> list[str]:
    """What looks like a label with a value beside it: terms, heads of rows, words before a colon, known words."""
    body = page.soup.body
    if body is None:
        return []
    aside, found = asides_of(body), list[str]()
    for tag in body.find_all(["dt", "th", "p", "li", "div", "span", "strong", "b", "h3", "h4", "h5", "h6", "label"]):
        if id(tag) in aside:
            continue
        text = text_of(tag).rstrip(" :：")
        if tag.name in {"dt", "th"}:
            found.append(text)
        elif (hit := LABEL.match(_own_text(tag))) is not None:
            found.append(hit["label"])
        elif plain(text) in KNOWN or text_of(tag).endswith((":", "：")):
            found.append(text)
    found = [label.strip() for label in found]
    return [
        label for label in dict.fromkeys(found) if 1 < len(label) <= 45 and len(label.split()) <= 5 and "@" not in label
    ]


def _own_text(tag: Tag) -> str:
    """The first text of `tag` that is not in an element of its own."""
    return next((str(text) for text in tag.find_all(string=True, recursive=False) if text.strip()), "")


def _marked(pages: list[Seen]) -> Iterator[tuple[str, RuleValue]]:
    for name, wanted in PROPERTIES.items():
        place = f'[itemprop~="{name}"]'
        if _says(pages, place):
            tag = soupsieve.select_one(place, pages[0].soup)
            yield wanted, f"{place}@content" if tag is not None and tag.has_attr("content") else place
    for wanted, places in BLOCKS.items():
        for place in places:
            if _says(pages, place):
                yield wanted, {"from": place, "all": True} if wanted == "themes" else place
                break


def _says(pages: list[Seen], place: str) -> bool:
    """Whether `place` gives a short text of the page's own matter on some page, of which none is somebody's contact."""
    texts = []
    for page in pages:
        tag = soupsieve.select_one(place, page.soup)
        if (
            tag is None
            or page.soup.body is None
            or any(above.name in {"footer", "aside", "nav"} for above in tag.parents)
        ):
            continue
        texts.append(text_of(tag) or str(tag.get("content") or ""))
    told = [text for text in texts if 1 < len(text) < 200]
    return bool(told) and not is_people("", told) and (len(pages) == 1 or len(told) < 2 or len(set(told)) > 1)


def _site(pages: list[Seen]) -> Iterator[tuple[str, RuleValue]]:
    """The link to the initiative's own site: one that says so and leaves the site we are on."""
    for page in pages:
        for tag in page.soup.find_all("a", href=True):
            text, address = text_of(tag), page.whole(str(tag["href"]))
            if SITE_TEXT.fullmatch(text) and is_link(str(tag["href"])) and not is_inner(page.url, address):
                yield "url", f'a[href]:-soup-contains("{in_words(text)}")@href'
                return


def _main(pages: list[Seen]) -> Iterator[tuple[str, RuleValue]]:
    """The element that holds most of the running text, or else what the page tells search engines."""
    for place in _text_places(pages[0]):
        if all(len(text_of(soupsieve.select_one(place, page.soup))) > 80 for page in pages):
            yield "summary", place
            return
    place = 'meta[name="description"]'
    texts = {
        str(tag.get("content") or "") for page in pages if (tag := soupsieve.select_one(place, page.soup)) is not None
    }
    if len(texts) == len(pages):
        yield "summary", f"{place}@content"


def _text_places(page: Seen) -> list[str]:
    body = page.soup.body
    if body is None:
        return []
    aside, sizes, tags = asides_of(body), dict[int, int](), dict[int, Tag]()
    for tag in body.find_all("p"):
        parent = tag.parent
        if id(tag) not in aside and parent is not None:
            sizes[id(parent)] = sizes.get(id(parent), 0) + len(text_of(tag))
            tags[id(parent)] = parent
    ranked = sorted(sizes, key=lambda key: -sizes[key])[:2]
    places = []
    for key in ranked:
        tag = tags[key]
        places += [f"{tag.name}.{name}" for name in classes_of(tag)[:2]]
        places += [tag.name] if tag.name in {"article", "main"} else []
        above = tag.find_parent(["article", "main"])
        places += [f"{above.name} p"] if above is not None else []
    return places
