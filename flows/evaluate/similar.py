"""`essaim evaluate similar`: does the search for like ideas find the pairs that people call alike, and what else would?

Two files of pairs: `transforms/similar/pairs.tsv`, written by us for this (each idea told twice, in other words or
another language, among texts that only share words), and the records that people coded by hand with the sub-themes of
the Carrefour des innovations sociales, where two are alike that have one of them in common.
"""

from __future__ import annotations

import csv
import importlib.util
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from transforms.similar.reading import Recipe, Text, marks, read, repeated
from transforms.similar.weighing import weigh

KEPT, PLAIN = "stems and concepts, kept", "TF-IDF of words"
SUBTHEME = "Tag CIS - Niveau 2 - Sous-thématiques {} CODE"
BEST = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A text to be compared: its name, what it says, and what makes others alike to it."""

    name: str
    text: str
    ideas: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """How one way of comparing did on one file: a like one first, among the best five, and its mean reciprocal rank.

    `precision` is the share of like ones among the best five; texts that have none to find are not asked about.
    """

    way: str
    file: str
    asked: int
    first: float
    found: float
    precision: float
    mrr: float


def pairs() -> list[Told]:
    """Read the pairs that come with Essaim; a text without an idea is there to mislead."""
    text = resources.files("transforms.similar").joinpath("pairs.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return [Told("", row["text"], frozenset(filter(None, [row["idea"]]))) for row in rows]


def coded(path: Path) -> list[Told]:
    """Read the records coded by hand. Raises OSError, and KeyError where a column is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [SUBTHEME.format(n) for n in range(1, 6)]
    return [
        Told(row["Nom du projet"], row["Description"], frozenset(filter(None, (row[each].strip() for each in columns))))
        for row in rows
    ]


def ways() -> tuple[dict[str, Recipe], list[str]]:
    """Return the recipes compared, by name, and notes on those that cannot be tried here."""
    plain = Recipe(stem=lambda word: word, concepts=0, themes=0, damping=0)
    found = {
        PLAIN: plain,
        "TF-IDF of stems of six letters": Recipe(concepts=0, themes=0, damping=0),
        "concepts alone": Recipe(words=0, themes=0),
        KEPT: Recipe(),
    }
    notes = []
    if importlib.util.find_spec("snowballstemmer"):
        found["TF-IDF of Snowball's French stems"] = Recipe(stem=_snowball(), concepts=0, themes=0, damping=0)
        found["Snowball's French stems and concepts"] = Recipe(stem=_snowball())
    else:
        notes.append("snowballstemmer is not installed: its stems are not compared")
    return found, notes


def _snowball() -> Callable[[str], str]:
    import snowballstemmer

    stemmer = snowballstemmer.stemmer("french")
    return lru_cache(maxsize=None)(lambda word: str(stemmer.stemWord(word)))


def evaluate(truth: Path | None) -> tuple[list[Figures], list[str]]:
    """Compare every way on both files; without `truth` on the pairs alone."""
    recipes, notes = ways()
    files = {"pairs": pairs()}
    if truth is not None:
        files["coded by hand"] = coded(truth)
    else:
        notes.append("there is no corpus here: only the pairs that come with Essaim are compared")
    found = []
    for file, texts in files.items():
        chance = random.Random(5)  # noqa: S311  # a baseline, not a secret
        drawn = {(a, b): chance.random() for a in range(len(texts)) for b in range(len(texts))}
        found.append(_figures("random", file, texts, drawn))
        for way, recipe in recipes.items():
            found.append(_figures(way, file, texts, likeness(texts, recipe)))
    return found, notes


def likeness(texts: Sequence[Told], recipe: Recipe) -> dict[tuple[int, int], float]:
    """Return how alike any two of `texts` are, by their numbers; pairs that share nothing are left out."""
    boilerplate = repeated([marks(told.text for told in texts)])
    weighed = weigh([read((Text(told.name, told.text) for told in texts), boilerplate, recipe)], recipe)
    table = np.zeros((len(texts), len(weighed.kinds)), np.int64)
    table[weighed.weights.row_of_cells(), weighed.weights.columns] = weighed.weights.values
    scores = table @ table.T
    alike = zip(*np.nonzero(scores), strict=True)
    return {(int(a), int(b)): float(scores[a, b]) for a, b in alike if a != b}


def _figures(way: str, file: str, texts: Sequence[Told], scores: Mapping[tuple[int, int], float]) -> Figures:
    asked, first, found, precision, reciprocal = 0, 0, 0, 0.0, 0.0
    for number, told in enumerate(texts):
        others = [other for other in range(len(texts)) if other != number]
        like = {other for other in others if told.ideas & texts[other].ideas}
        if not like:
            continue
        # What shares nothing was not found: it stands behind all, and none of it counts as lucky.
        ranked = [other for other in _ranked(number, others, scores) if (number, other) in scores]
        hits = [rank for rank, other in enumerate(ranked, 1) if other in like]
        asked += 1
        first += hits[:1] == [1]
        found += bool(hits) and hits[0] <= BEST
        precision += sum(rank <= BEST for rank in hits) / min(BEST, len(like))
        reciprocal += 1 / hits[0] if hits else 0.0
    shares = (round(value / asked, 3) for value in (first, found, precision, reciprocal))
    return Figures(way, file, asked, *shares)


def _ranked(number: int, others: Iterable[int], scores: Mapping[tuple[int, int], float]) -> list[int]:
    return sorted(others, key=lambda other: (-scores.get((number, other), 0.0), other))


def as_data(figures: Sequence[Figures]) -> dict[str, Any]:
    """Return the figures for programs."""
    return {"figures": [asdict(each) for each in figures]}


def beaten(figures: Sequence[Figures]) -> bool:
    """Whether plain TF-IDF ranks better than what is kept, on any of the files."""
    by_way = {(each.file, each.way): each.mrr for each in figures}
    return any(by_way[file, KEPT] < by_way[file, PLAIN] for file in {each.file for each in figures})
