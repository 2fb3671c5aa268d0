"""What a person reads first: `index.html`, `ATTRIBUTION.md` and `CHANGELOG.md`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from warehouse.publish.assembly import Assembly, Group, Item
from warehouse.publish.facts import Facts
from warehouse.publish.rendering import render_html, render_markdown
from warehouse.publish.schema_org import as_script, dataset

PAGE = "index.html"
EXPLORER = "explorer/index.html"

GROUPS: dict[Group, tuple[str, str]] = {
    Group.PAGE: ("Pages", "Pages"),
    Group.DATA: ("L'ensemble complet (ODbL)", "The complete set (ODbL)"),
    Group.EXTRACT: ("Extraits par territoire et par thème (ODbL)", "Extracts by territory and theme (ODbL)"),
    Group.LICENCE_OUVERTE: ("Sans partage à l'identique (Licence Ouverte)", "Without share-alike (Licence Ouverte)"),
    Group.CHECK: ("Provenance, changements, qualité", "Provenance, changes, quality"),
    Group.DESCRIPTION: ("Descriptions", "Descriptions"),
}
"""The heading of each group of files, in French and English."""

PRECISIONS: dict[str, tuple[str, str]] = {
    "point": ("au point", "at a point"),
    "housenumber": ("au numéro", "at a house number"),
    "street": ("à la rue", "in a street"),
    "locality": ("au lieu-dit", "in a locality"),
    "commune": ("à la commune", "in a commune"),
    "departement": ("au département", "in a département"),
    "region": ("à la région", "in a region"),
    "country": ("au pays", "in a country"),
    "none": ("sans lieu connu", "no known place"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """How many initiatives are placed with one precision, and their share in whole per cent."""

    fr: str
    en: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Section:
    """Files under one heading."""

    fr: str
    en: str
    items: tuple[Item, ...]


def write_texts(assembly: Assembly) -> None:
    """Write `ATTRIBUTION.md` and `CHANGELOG.md`."""
    facts = assembly.facts
    for name, fr, en in (
        ("ATTRIBUTION.md", "Les mentions à reprendre et les licences", "How to name the sources, and the licences"),
        ("CHANGELOG.md", "Les changements en bref", "The changes in brief"),
    ):
        path = assembly.add(name, fr, en, Group.DESCRIPTION)
        text = render_markdown(f"{name}.j2", facts=facts, more=sum(facts.changes.values()) - len(facts.named))
        path.write_text(text, encoding="utf-8", newline="\n")


def write_page(assembly: Assembly) -> None:
    """Write `index.html`: no program, its style inside and allowed by its hash, nothing from elsewhere."""
    items = assembly.items()
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    path = assembly.add(PAGE, "Cette page", "This page", Group.PAGE)
    html = render_html(
        "index.html.j2",
        facts=assembly.facts,
        shares=_shares(assembly.facts),
        sections=list(_sections(items)),
        source_pages={path.stem: f"sources/{path.name}" for path in sorted(assembly.folder.glob("sources/*.html"))},
        explorer=next((file.name for item in items for file in item.files if file.name == EXPLORER), None),
        # Our own file, which the hash in the page's policy must match to the letter.
        style=Markup(style),  # noqa: S704
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        # Escaped for its place by `as_script`.
        json_ld=Markup(as_script(dataset(assembly, items))),  # noqa: S704
    )
    path.write_text(html, encoding="utf-8", newline="\n")


def _sections(items: Sequence[Item]) -> Iterator[Section]:
    for group, (fr, en) in GROUPS.items():
        found = tuple(sorted((item for item in items if item.listed.group is group), key=_is_further))
        if found:
            yield Section(fr, en, found)


def _is_further(item: Item) -> bool:
    """Whether a file is none of the initiatives themselves, which most readers come for."""
    return item.listed.group is Group.DATA and not item.listed.path.startswith("initiatives.")


def _shares(facts: Facts) -> list[Share]:
    whole = max(facts.initiatives, 1)
    return [
        Share(*PRECISIONS[code], count, round(100 * count / whole)) for code, count in facts.precisions.items() if count
    ]
