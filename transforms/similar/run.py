"""The search for what is nearest in idea: texts to weighed terms in Python, everything between pairs in SQL.

The vectors are TF-IDF after Salton and Buckley (1988), over stems, concepts and themes, of damped length. Pairs are
found through champion lists (Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 7.1.3): of
each term only the initiatives that it tells most about, so that the work grows with the number of initiatives and not
with its square. Weights are whole thousandths, whose sums are the same in any order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Any

import duckdb

from transforms.similar.terms import concepts, own_name, repeated, stems, told_words, without
from transforms.themes.words import STEM
from transforms.vocabulary import vocabulary

IDEA = (
    "id", "initiative_id", "name", "summary", "places", "codes", "guessed", "bearer", "site", "latitude", "longitude",
    "departement_code", "country",
)  # fmt: skip
"""The columns that the table `idea` must have: one row an initiative, `id` counting from 0 in the order of the ids."""

KEPT = 5
"""Initiatives that are told in each scope."""
NEARBY_KM = 30
BATCH = 5_000
LOADED = 2_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a text is weighed: its stemmer, and the factors of its terms. The usual one is what measured best.

    `guessed` is the factor of a theme that no source states; `damping`, in weights of the
    rarest word, is added to the length of every vector, so that two names of one word are not wholly alike.
    """

    stem: Callable[[str], str] = lambda word: word[:STEM]
    words: float = 1.0
    concepts: float = 1.5
    themes: float = 0.5
    guessed: float = 0.25
    damping: float = 1.2


USUAL = Recipe()


def prepare(connection: duckdb.DuckDBPyConnection, recipe: Recipe = USUAL) -> None:
    """Weigh the texts of the table `idea` on `connection`: makes the temporary tables `term`, `weight` and `mark`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE posting (id INTEGER, term VARCHAR, count INTEGER, form VARCHAR);"
        "CREATE OR REPLACE TEMP TABLE mark (id INTEGER, name VARCHAR)"
    )
    boilerplate = repeated(text for (text,) in _rows(connection, "summary") if text)
    postings: list[list[Any]] = []
    marks: list[list[Any]] = []
    for row in _rows(connection, "id, name, summary, places, codes, guessed"):
        id, name, summary, places, codes, guessed = row
        marks.append([id, own_name(name, places)])
        terms = _terms(f"{name}. {without(summary or '', boilerplate)}", places, codes, guessed, recipe)
        postings += ([id, term, count, form] for term, (count, form) in terms.items())
        if len(marks) >= LOADED:
            _load(connection, postings, marks)
    _load(connection, postings, marks)
    factors = {
        "words": recipe.words, "concepts": recipe.concepts, "themes": recipe.themes, "guessed": recipe.guessed,
        "damping": recipe.damping,
    }  # fmt: skip
    connection.execute(_sql("weighing.sql", **factors))


def nearest(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the temporary table `nearest` from `idea`, and from `apart`, pairs of ids that are never told.

    `nearest` has the columns of the published table `similar`. Only temporary tables are made.
    """
    prepare(connection)
    connection.execute(_sql("champions.sql", nearby=NEARBY_KM))
    [(count,)] = connection.execute("SELECT count(*) FROM idea").fetchall()
    for first in range(0, count, BATCH):
        bounds = {"first": first, "last": first + BATCH - 1}
        connection.execute(_sql("nearest.sql", **bounds, nearby=NEARBY_KM, kept=KEPT))


def _sql(name: str, **numbers: float) -> str:
    """The statements of a file, with our own numbers in the places of their names: macros take no parameters."""
    text = resources.files("transforms.similar").joinpath(name).read_text(encoding="utf-8")
    return Template(text).substitute(numbers)


def _rows(connection: duckdb.DuckDBPyConnection, columns: str) -> Iterator[tuple[Any, ...]]:
    """Read `idea` in the order of its ids, some at a time: the connection is written to meanwhile."""
    first = 0
    while rows := connection.execute(
        f"SELECT {columns} FROM idea WHERE id >= ? ORDER BY id LIMIT ?", [first, LOADED]
    ).fetchall():
        yield from rows
        first += len(rows)


def _terms(
    text: str, places: list[str], codes: list[str], guessed: list[str], recipe: Recipe
) -> Mapping[str, tuple[int, str]]:
    """The terms of one initiative, each with its count and how it reads in a reason; kinds are told by a letter."""
    found = told_words(text, places)
    terms = {f"w:{stem}": told for stem, told in stems(found, recipe.stem).items()} if recipe.words else {}
    if recipe.concepts:
        terms |= {f"c:{name}": (count, name.replace("-", " ")) for name, count in concepts(found).items()}
    if recipe.themes:
        labels = vocabulary()["themes"]
        terms |= {f"t:{code}": (1, labels[code]["en"] if code in labels else code) for code in codes}
        terms |= {f"g:{code}": (1, labels[code]["en"] if code in labels else code) for code in guessed}
    return terms


def _load(connection: duckdb.DuckDBPyConnection, postings: list[list[Any]], marks: list[list[Any]]) -> None:
    """Move the rows gathered into their tables, as one JSON text: DuckDB's fast way in for plain Python."""
    connection.execute(
        "INSERT INTO posting SELECT r[1]::INTEGER, r[2], r[3]::INTEGER, r[4] "
        "FROM (SELECT unnest(from_json(?, '[[\"VARCHAR\"]]')) AS r)",
        [json.dumps(postings)],
    )
    connection.execute(
        "INSERT INTO mark SELECT r[1]::INTEGER, r[2] FROM (SELECT unnest(from_json(?, '[[\"VARCHAR\"]]')) AS r)",
        [json.dumps(marks)],
    )
    postings.clear()
    marks.clear()
