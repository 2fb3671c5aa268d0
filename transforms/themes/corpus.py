"""Texts that people have labelled, from the corpus of real files: what the classifier learns from and is judged by.

The corpus is no part of the repository. Of these texts the model keeps words and their weights only, and only words
that at least `learn.RECORDS` records of at least `learn.SOURCES` sources share. `docs/themes.md` tells where each
file comes from and under which licence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from transforms.themes.crosswalk import themes_of
from transforms.themes.labelled_files import READERS
from transforms.vocabulary import vocabulary

GOLD = "cis-ffe"
TRUTH = "cis/cis_ffe_v3.csv"
"""The records coded by hand for the Carrefour des innovations sociales, with its themes: the truth."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, the first-level themes that people gave it, and the themes they could have given it."""

    source: str
    text: str
    themes: frozenset[str]
    known: frozenset[str]


def first_level() -> tuple[str, ...]:
    """Return our first-level themes, in order."""
    return tuple(code for code in vocabulary()["themes"] if "/" not in code)


def truth(path: Path) -> list[Labelled]:
    """Read the records coded by hand; those without a theme are left out. Raises OSError and KeyError (columns)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [f"Tag CIS - Niveau - 1 - {blank}Thématiques {n} CODE" for n, blank in ((1, ""), (2, "  "), (3, ""))]
    known = frozenset(first_level())
    found = []
    for row in rows:
        themes = {theme for code in codes for theme in themes_of("cis-2019", row[code].strip())}
        if themes:
            text = f"{row['Nom du projet']}. {row['Description']}"
            found.append(Labelled(GOLD, text, frozenset(themes), known))
    return found


def others(corpus: Path) -> list[Labelled]:
    """Read every other labelled file of `corpus`, each text once, in a fixed order. Raises OSError where one lacks."""
    seen: set[str] = set()
    found = []
    for source, read in READERS.items():
        rows = [(" ".join(text.split()), frozenset(themes)) for text, themes in read(corpus)]
        known = frozenset(theme for _, themes in rows for theme in themes)
        for text, themes in rows:
            if len(text) >= 3 and text not in seen:
                seen.add(text)
                found.append(Labelled(source, text, themes, known))
    return found
