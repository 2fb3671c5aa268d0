"""The model: what each thing that two records have in common weighs, and the score that comes of it and of the rules.

A logistic regression over the terms of `model.tsv` (a term is an SQL expression over the columns of `compared.sql`),
learnt by `python -m benchmarks.link_train`; `model.toml` says when, on what, and how well. The weight of a pair is the
sum, the logarithm of the odds that the two are one. DuckDB works it out for all pairs at once.
"""

from __future__ import annotations

import csv
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import duckdb

from transforms.link.evidence import SAME, Verdict

SURE = 3.0
"""A pair of this weight and more is one without a look at the rules, unless its names are of a special kind."""

LIKELY = 0.0
"""A pair of this weight and more is one although the rules say no more than that nothing speaks against it, if its
names are alike and both records tell where they are."""

CLEAR = 2.0
"""A pair of this weight and more needs no alike names for that."""

ALIKE, SPELLED_ALIKE = 0.6, 0.7
"""How alike such names are at least: by `name_likeness`, and by their letters (Jaro-Winkler) where no rule is asked."""

NAMESAKES = 6
"""What more records than these are called does not say that a source repeats itself, if nothing else does."""

HOPELESS = -5.0
"""A pair of this weight and less is two, whatever its names: too many bear them for what the places tell."""

LARGE = 200_000
"""In a catalogue of more records than this no rule is asked of a likely pair either, because time counts."""

HOPELESS_IF_LARGE = -4.0
"""`HOPELESS` in such a catalogue: few pairs of less weight are one, and each costs a look at the rules."""

SMALL = 5000
"""A catalogue of fewer records knows too little of which words and names are rare for the model to have a veto."""

_SURE_RULE = 0.93
"""What a rule would have said of a pair that no rule was asked about."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a pair may have in common: its SQL, its weight, and what it is in plain words."""

    term: str
    group: str
    expression: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Model:
    """The terms and the version of the model that they belong to."""

    version: str
    terms: tuple[Term, ...]

    def sql(self) -> str:
        """The weight of a pair as SQL over the columns of `compared.sql`; rounded, so that it is the same anywhere."""
        return f"round({' + '.join(f'({term.weight!r} * {value(term.expression)})' for term in self.terms)}, 3)"


def value(expression: str) -> str:
    """Return the SQL of a term's value as a number; what is not told counts nothing."""
    return f"coalesce(({expression})::DOUBLE, 0)"


@lru_cache(maxsize=1)
def model() -> Model:
    """Return the model that is committed beside this module."""
    folder = resources.files("transforms.link")
    rows = csv.DictReader(folder.joinpath("model.tsv").read_text("utf-8").splitlines(), delimiter="\t")
    terms = tuple(
        Term(row["term"], row["group"], row["expression"], float(row["weight"]), row["words"]) for row in rows
    )
    return Model(tomllib.loads(folder.joinpath("model.toml").read_text("utf-8"))["version"], terms)


def compared(pairs: str = "pair", *, every: bool = False) -> str:
    """Return the SQL that compares the pairs of a table; `every` one, or of one source only likely repetitions."""
    sql = resources.files("transforms.link").joinpath("compared.sql").read_text("utf-8")
    return sql.replace("FROM pair\n", f"FROM {pairs}\n").replace("$every", str(every).lower())


def weigh_all(connection: duckdb.DuckDBPyConnection, *, every: bool = False) -> None:
    """Make the temporary table `weighed`: the pairs that nothing certain speaks against, their weight and their kind.

    Left out are pairs that no rule could join either: contradicting identifiers, two countries, too far apart, and
    too light, unless a number, a door or the names may tell the rules more. Of two sources only the pairs of which
    each record is the other's best are kept, unless `every` one is asked for.
    """
    [(records,)] = connection.execute("SELECT count(*) FROM linkable").fetchall()
    certain = sure(records)
    # A table of its own: DuckDB would work the weight out twice, for the condition that it is asked in and for itself.
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE scored AS
        SELECT left_id, right_id, one_source, other_source, weight, same_source, inside,
               coalesce(siret, false) OR coalesce(rna, false) AS numbered,
               NOT same_source AND weight >= {certain} AND {records >= SMALL} AND NOT inside AND NOT numbers_differ
                   AND (weight >= {CLEAR} OR initials OR containment >= 0.99
                        OR greatest(likeness, sorted_likeness) >= {SPELLED_ALIKE})
                   AND (same_town OR km IS NOT NULL OR (same_departement AND weight >= {CLEAR})
                        OR coalesce(siren OR phone OR site, false))
                   AS sure,
               likeness, km, same_town, same_name, coalesce(same_number AND street_likeness >= 0.9, false) AS same_door,
               coalesce(site, false) AS site, coalesce(phone, false) AS phone, coalesce(siren, false) AS siren
        FROM (SELECT *, {model().sql()} AS weight FROM ({compared()}))
        WHERE NOT (coalesce(NOT siren, false) OR coalesce(NOT rna, false) OR coalesce(countries_differ, false)
                   OR (departement_known AND NOT same_departement AND coalesce(km > 13, true))
                   OR (coalesce(km > 31, false) AND NOT same_town)
                   OR coalesce(NOT siret AND town_known AND NOT same_town, false))
          AND (NOT same_source OR {records < SMALL} OR namesakes <= {NAMESAKES}
               OR coalesce(street_likeness >= 0.9, false)
               OR coalesce(siret, false) OR coalesce(siren, false) OR coalesce(phone, false) OR coalesce(site, false))
        """)
    possible = f"FROM scored WHERE same_source OR weight >= {hopeless(records)} OR inside OR numbered"
    kept = possible if every or records < SMALL else mutual(possible)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE weighed AS
        SELECT left_id, right_id, weight, same_source, sure, likeness, km, same_town, same_name, same_door, site, phone,
               siren
        FROM ({kept}) ORDER BY left_id, right_id""")
    connection.execute("DROP TABLE scored")


def mutual(pairs: str) -> str:
    """Return the SQL of those `pairs` (a table or query) whose records are each the other's best in its source.

    All pairs of a record must be there. Those of one source, and of a name that may be inside another, are kept too.
    """
    return f"""WITH possible AS MATERIALIZED ({pairs}),
        best AS (SELECT left_id, other_source, max(weight) AS weight FROM possible GROUP BY ALL),
        best_too AS (SELECT right_id, one_source, max(weight) AS weight FROM possible GROUP BY ALL)
        SELECT p.* FROM possible p JOIN best USING (left_id, other_source) JOIN best_too USING (right_id, one_source)
        WHERE same_source OR inside OR (p.weight = best.weight AND p.weight = best_too.weight)"""


def hopeless(records: int) -> float:
    """The weight below which a pair is two in a catalogue of so many records, whatever its names."""
    return -1e9 if records < SMALL else HOPELESS if records <= LARGE else HOPELESS_IF_LARGE


def sure(records: int) -> float:
    """The weight from which a pair is one in a catalogue of so many records without a look at the rules."""
    return SURE if records <= LARGE else LIKELY


def decide(verdict: Verdict, weight: float, against: str, records: int, *, alike: bool) -> Verdict:
    """Return the verdict on a pair of two sources from that of the rules and the weight of the model.

    The rules join, unless the pair is hopeless to the model; the model joins a likely pair that nothing speaks
    against, if it is `alike` (see `LIKELY`). The score of what is joined lies between `SAME` and 1, that of the rest
    is the rules' own.
    """
    if against:
        return Verdict(0.0, against)
    if verdict.score >= SAME:
        if weight < hopeless(records) and verdict.score < 0.97:
            return Verdict(0.5, f"{verdict.reason}, but that many bear such names tells against it")
        return Verdict(score(weight if records >= SMALL else 0.0, verdict.score), verdict.reason)
    if weight >= LIKELY and records >= SMALL and alike:
        return Verdict(score(weight, None), f"{verdict.reason}, and together with what else agrees that is enough")
    return verdict


def score(weight: float, rule: float | None = _SURE_RULE) -> float:
    """Return how sure a joined pair is, from `SAME` to 1; what a rule with an identifier joins comes first."""
    bonus = 0.0 if rule is None else 4 + 40 * (rule - SAME) + (20 if rule >= 0.97 else 0)
    return round(SAME + 0.147 / (1 + math.exp(-(weight + bonus) / 4)), 4)
