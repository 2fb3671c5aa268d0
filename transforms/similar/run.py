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
PASSES = 50
"""Initiatives are compared `BATCH` at a time, to need little memory, but in so many passes at most: each reads the
weights of all, so that ever more passes would grow with the square of their number."""
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
        "CREATE OR REPLACE TEMP TABLE posting (id INTEGER, term INTEGER, count INTEGER, form INTEGER);"
        "CREATE OR REPLACE TEMP TABLE mark (id INTEGER, name VARCHAR);"
        "CREATE OR REPLACE TEMP TABLE spelling (form INTEGER, text VARCHAR)"
    )
    numbers = _Numbers()
    boilerplate = repeated(text for (text,) in _rows(connection, "summary") if text)
    postings: list[list[list[int]]] = []
    marks: list[list[Any]] = []
    for row in _rows(connection, "id, name, summary, places, codes, guessed"):
        id, name, summary, places, codes, guessed = row
        marks.append([id, own_name(name, places)])
        terms = _terms(f"{name}. {without(summary or '', boilerplate)}", places, codes, guessed, recipe)
        postings.append(numbers.postings(id, terms))
        if len(marks) >= LOADED:
            _load(connection, postings, marks)
    _load(connection, postings, marks)
    connection.execute(
        "INSERT INTO spelling SELECT unnest(range(len(told))), unnest(told) "
        "FROM (SELECT from_json(?, '[\"VARCHAR\"]') AS told)",
        [json.dumps(list(numbers.forms))],
    )
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
    batch = max(BATCH, -(-count // PASSES))
    for first in range(0, count, batch):
        bounds = {"first": first, "last": first + batch - 1}
        connection.execute(_sql("nearest.sql", **bounds, nearby=NEARBY_KM, kept=KEPT))


KINDS = {"w": 0, "c": 1, "t": 2, "g": 2}
"""The remainders by four of the numbers of words, concepts and themes."""


class _Numbers:
    """Numbers for terms and forms, in the order in which they are met; that of a term tells its kind, by four."""

    def __init__(self) -> None:
        self.terms: dict[str, int] = {}
        self.forms: dict[str, int] = {}

    def postings(self, id: int, terms: Mapping[str, tuple[int, str]]) -> list[list[int]]:
        """What `_load` takes of one initiative: its id, and the terms, counts and forms that belong together.

        A guessed theme ("g:") is the same term as a stated one ("t:"); its count is negative.
        """
        known, forms = self.terms, self.forms
        found: list[list[int]] = [[id], [], [], []]
        for term, (count, form) in terms.items():
            kind, rest = term[0], term[1:]
            if kind == "g" and f"t{rest}" in terms:
                continue
            name = f"t{rest}" if kind == "g" else term
            found[1].append(4 * known.setdefault(name, len(known)) + KINDS[kind])
            found[2].append(-count if kind == "g" else count)
            found[3].append(forms.setdefault(form, len(forms)))
        return found


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


def _load(connection: duckdb.DuckDBPyConnection, postings: list[list[list[int]]], marks: list[list[Any]]) -> None:
    """Move the rows gathered into their tables, as one JSON text: DuckDB's fast way in for plain Python."""
    connection.execute(
        "INSERT INTO posting SELECT r[1][1], unnest(r[2]), unnest(r[3]), unnest(r[4]) "
        "FROM (SELECT unnest(from_json(?, '[[[\"INTEGER\"]]]')) AS r)",
        [json.dumps(postings)],
    )
    connection.execute(
        "INSERT INTO mark SELECT r[1]::INTEGER, r[2] FROM (SELECT unnest(from_json(?, '[[\"VARCHAR\"]]')) AS r)",
        [json.dumps(marks)],
    )
    postings.clear()
    marks.clear()
