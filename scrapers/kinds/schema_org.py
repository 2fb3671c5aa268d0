"""What a page says of itself in the words of https://schema.org, as JSON-LD or microdata, through `extruct`.

JSON-LD: https://www.w3.org/TR/json-ld11/ (`@graph`, `@id`); microdata: https://html.spec.whatwg.org/#microdata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import extruct
from extruct.jsonld import JsonLdExtractor
from extruct.utils import parse_html
from lxml import etree

from scrapers.failures import label
from scrapers.kinds.item import Note
from scrapers.kinds.page import Page, joined
from scrapers.problems import Problem
from scrapers.source import Source

TYPES = (
    "NGO", "Cooperative", "RecyclingCenter", "Library", "Store", "Restaurant", "ProfessionalService", "LocalBusiness",
    "ResearchProject", "Project", "SocialEvent", "EducationEvent", "Event", "EducationalOrganization",
    "GovernmentOrganization", "Corporation", "Organization", "CivicStructure", "Place", "Course", "Service", "Product",
    "NewsArticle", "BlogPosting", "Article", "CreativeWork",
)  # fmt: skip
"""The types that a page may be about, those that say the most first: an Article comes after what it may tell of."""

# What stands at the end of these belongs to the site, or to the page's author, and is not what the page is about.
SERVANTS = ("publisher", "author", "creator", "provider", "organizer", "isPartOf", "sourceOrganization")

Node = dict[str, Any]


def main_node(source: Source, page: Page, note: Note) -> Node:
    """Return the node that `page` is about: of the types we know the most specific, the page's first; {} for none.

    References within `@graph` are followed one step. JSON-LD counts before microdata. A script that is broken, though
    comments and control characters are borne with, is a problem, and the others still count.
    """
    nodes = _flat(_scripts(source, page, note))
    return _best(nodes, page) or _best(_microdata(source, page, note), page)


def _scripts(source: Source, page: Page, note: Note) -> Iterator[Any]:
    for script in page.root.iter("script"):
        try:
            yield from JsonLdExtractor().extract_items(script, base_url=page.base)
        except (ValueError, RecursionError) as fault:
            note(_broken(source, page, fault))


def _microdata(source: Source, page: Page, note: Note) -> list[Node]:
    if not page.root.xpath("boolean(//@itemscope)"):
        return []
    try:
        tree = parse_html(page.text.encode(errors="replace"), encoding="UTF-8")
        found = extruct.extract(tree, base_url=page.base, syntaxes=["microdata"], uniform=True)
    except (etree.LxmlError, ValueError, LookupError, RecursionError) as fault:
        note(_broken(source, page, fault))
        return []
    return [node for node in found["microdata"] if isinstance(node, dict)]


def _broken(source: Source, page: Page, fault: Exception) -> Problem:
    message = f"a block of schema.org data of {label(page.url)} cannot be read: {str(fault)[:200]}"
    return Problem(source.id, "broken-jsonld", message, "info", "tell the publisher")


def _flat(found: Iterator[Any]) -> list[Node]:
    """The nodes of the page, those of each `@graph` and each `mainEntity` too."""
    nodes: list[Node] = []
    waiting = list(found)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting = [*node, *waiting]
        elif isinstance(node, dict):
            nodes.append({key: value for key, value in node.items() if key != "@graph"})
            waiting = [*(node.get(key, []) for key in ("@graph", "mainEntity")), *waiting]
    return nodes


def _best(nodes: list[Node], page: Page) -> Node:
    serving = {reference for node in nodes for key in SERVANTS for reference in _references(node.get(key))}
    ranked = [
        (rank, place)
        for place, node in enumerate(nodes)
        if (rank := _rank(node)) is not None and str(node.get("@id")) not in serving and not _is_site(node, page)
    ]
    return _linked(nodes[min(ranked)[1]], nodes) if ranked else {}


def _is_site(node: Node, page: Page) -> bool:
    """Whether `node` stands for the whole site, such as its association, which many sites name on every page."""
    here = urlsplit(page.url)
    try:
        there = urlsplit(joined(page.base, str(node.get("url") or node.get("@id") or page.url)))
    except ValueError:
        return False
    return there.netloc == here.netloc and there.path in {"", "/"} and here.path not in {"", "/"}


def _references(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [str(item["@id"]) for item in listed if isinstance(item, dict) and "@id" in item]


def _rank(node: Node) -> int | None:
    """How specific the type of `node` is, 0 the most, or None for a type that no initiative has."""
    found = node.get("@type")
    names = [re.split(r"[/#:]", str(name))[-1] for name in (found if isinstance(found, list) else [found])]
    # A type that is not listed is often a kind of one that is and says so in its name: TheaterEvent, BookStore.
    return min((rank for rank, known in enumerate(TYPES) if any(name.endswith(known) for name in names)), default=None)


def _linked(node: Node, nodes: list[Node]) -> Node:
    """`node` with the nodes it only refers to put in their places."""
    known = {str(other["@id"]): other for other in nodes if "@id" in other and len(other) > 1}

    def followed(value: Any) -> Any:
        if isinstance(value, list):
            return [followed(item) for item in value]
        if isinstance(value, dict) and set(value) == {"@id"}:
            return known.get(str(value["@id"]), value)
        return value

    return {key: followed(value) for key, value in node.items()}
