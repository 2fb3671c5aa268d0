"""What in a page's markup can be relied on: class names that people chose, and what is not the page's own matter."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import soupsieve
from bs4.element import Tag

# Names that tools make up at each build, or that say nothing but where an element stands or how it looks.
GENERATED = re.compile(
    r"""css-[0-9a-z]{4,}.* | sc-[0-9a-z]{4,}.* | jsx-\d+ | jss\d+ | emotion-\d+ | svelte-\w+ | ng-\S+ | _ng\S+
      | \S*[-_]\d{2,} | \S*--?\d+
      | (?:post|item|node|element|views-row|row|menu-item|comment|id|n|no)[-_]?\d+ | \S*[:/\[\]!@]\S*
      | (?:[mp][trblxy]?|w|h|gap|grid|col|cols|row|space-[xy]|text|bg|border|rounded|font|leading|z|order|max-w|min-h|g
          |fs|fw|d|px|py)
        (?:-(?:\d+|auto|full|xs|sm|md|lg|xl|none|center|left|right|bold|white|black|primary|dark|light|muted|[a-z]+-\d+))+
      | flex|grid|block|inline|hidden|relative|absolute|container|row|col|clearfix|wow|fadein\w*|animated|shadow\w*
      | odd|even|first|last|active|current|on|pair|impair|row_\w+|open|closed|selected
      | col-?\w* | cell|columns?|has-.* | is-.*
      | status-.* | type-.* | format-.* | hentry | category-.* | tag-.* | elementor-.*-\w{6,} | wp-block-.*-\d+
    """,
    re.X | re.I,
)
RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?!(?:[A-Z]?[a-z]{2,})+\d?$)[A-Za-z0-9]{5,8}|[b-df-hj-np-tv-xz0-9]{6,}")
MODULE = re.compile(r"([A-Za-z][\w-]*?_[A-Za-z]\w*?)__(?=[\w+-]*[\dA-Z])[A-Za-z0-9+-]{4,8}")
"""A name of "CSS modules": what its author wrote, then a hash."""

ASIDE_WORDS = re.compile(
    r"""(?:^|[-_\s]) (?:
      nav | navbar | navigation | menu\w* | submenu | sidebar | footer | pied\w* | breadcrumbs? | ariane |
      cookies? | consent | rgpd | gdpr | tarteaucitron | related | similar | similaires? | aussi |
      pagination | pager | share | sharing | partage\w* | socials? | newsletter | widget\w* | langues? |
      languages? | comments? | commentaires? | toolbar | banner | masthead | entete | topbar | skip |
      evitement | outils | rubriques | offcanvas | recherche | filtres? | filters? | facet\w* | modal |
      popup | carousel-indicators | login | plan
    ) (?:$|[-_\s])""",
    re.X | re.I,
)  # fmt: skip
ASIDE_TAGS = {"nav", "footer", "aside", "script", "style", "noscript", "template", "form", "dialog", "svg", "iframe"}
ASIDE_ROLES = {
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "dialog",
    "menu",
    "menubar",
    "alertdialog",
}


def is_chosen(name: str) -> bool:
    """Whether a class name was chosen by a person to say what an element is."""
    made_up = any(pattern.fullmatch(name) for pattern in (GENERATED, RANDOM, MODULE))
    return not made_up and re.fullmatch(r"-?[A-Za-z_][\w-]*", name) is not None


def classes_of(tag: Tag) -> list[str]:
    """The chosen class names of `tag`."""
    return [name for name in tag.get_attribute_list("class") if name and is_chosen(str(name))]


def modules_of(tag: Tag) -> list[str]:
    """The beginnings, before the hash, of class names that "CSS modules" made."""
    hits = (MODULE.fullmatch(str(name)) for name in tag.get_attribute_list("class") if name)
    return [hit[1] for hit in hits if hit]


def is_aside(tag: Tag) -> bool:
    """Whether `tag` itself is navigation, a footer, something related, a banner."""
    if tag.name in ASIDE_TAGS or str(tag.get("role", "")).lower() in ASIDE_ROLES:
        return True
    if tag.name in {"html", "body", "main", "article", "a", "tr", "td", "table", "tbody"}:
        return False
    if tag.name == "header":
        return tag.find_parent(["article", "li", "main", "section"]) is None
    told = " ".join(
        [*map(str, tag.get_attribute_list("class") if tag.has_attr("class") else []), str(tag.get("id", ""))]
    )
    if re.search(r"(?:^|[-_\s])header(?:$|\s)", told, re.I) and tag.find_parent(["article", "li", "section"]) is None:
        return tag.find(["main", "h1"]) is None
    return bool(ASIDE_WORDS.search(told)) and tag.find(["main", "h1"]) is None


def asides_of(body: Tag) -> set[int]:
    """The ids (of Python) of all elements of `body` that are aside, or within what is.

    What holds most of the text of the page is its matter, however it is called.
    """
    whole, found = len(body.get_text()), set[int]()
    for tag in body.find_all(True):
        if id(tag) in found:
            continue
        if is_aside(tag) and (tag.name in ASIDE_TAGS or len(tag.get_text()) < 0.6 * whole):
            found.add(id(tag))
            found.update(id(below) for below in tag.find_all(True))
    return found


def text_of(tag: Tag | None) -> str:
    """The text of `tag`, white space folded."""
    return " ".join(tag.get_text(" ").split()) if tag is not None else ""


def pick(block: Tag, place: str) -> Tag | None:
    """The element that stands first at `place` in `block`: ".", a selector, or "label:" and the words of a dt or th."""
    if place == ".":
        return block
    if not place.startswith("label:"):
        return soupsieve.select_one(place, block)
    for tag in block.find_all(["dt", "th"]):
        if label_in(tag) == place.removeprefix("label:"):
            return tag.find_next_sibling("dd" if tag.name == "dt" else "td")
    return None


def label_in(tag: Tag) -> str:
    """What `tag`, a dt or th, says as a label: without a colon at its end; "" where it is too long for one."""
    text = text_of(tag).rstrip(" :：")
    return text if 1 < len(text) <= 45 and "@" not in text else ""


def in_words(value: str) -> str:
    """`value` as a selector may hold it between double quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def is_link(href: str) -> bool:
    """Whether `href` leads to another page."""
    text = href.strip().lower()
    return bool(text) and not text.startswith(("#", "javascript:", "mailto:", "tel:", "data:", "sms:", "whatsapp:"))


def is_inner(page: str, address: str) -> bool:
    """Whether `address` is on the site of `page`."""
    try:
        return urlsplit(page).netloc.removeprefix("www.") == urlsplit(address).netloc.removeprefix("www.")
    except ValueError:
        return False


def shape_of(address: str) -> str:
    """What the addresses of pages of one kind share: "/lieux/le-bon-coin" is "/lieux/*", "?id=12" is "?id=*"."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    pieces = parts.path.strip("/").split("/")
    last = "*" + (pieces[-1][pieces[-1].rfind(".") :] if "." in pieces[-1] else "") if pieces[-1] else ""
    names = sorted(pair.partition("=")[0] for pair in parts.query.split("&") if pair)
    fixed = [re.sub(r"\d+", "#", piece) for piece in pieces[:-1]]
    return "/".join([*fixed, last]) + ("?" + "&".join(names) if names else "")
