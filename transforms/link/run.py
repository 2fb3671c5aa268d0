"""The linking of one night: candidate pairs in SQL, evidence pair by pair, clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from importlib import resources

import duckdb

from transforms.link.cluster import Judgement, cluster
from transforms.link.evidence import SAME, Match, repeated, weigh
from transforms.link.likeness import OWN_SITE_NAMES, Rarity, core, housed
from transforms.link.sides import Side

LINKABLE = tuple(field.name for field in fields(Side))
"""The columns that the table `linkable` must have; `id` counts from 0 without a gap, in a stable order."""


REPEATED = 0.998
"""How sure a repetition inside one source is: above any match, or its two records would draw two clusters apart."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The clusters, as lists of ids of `linkable`, the matches that made them, and how many pairs were weighed."""

    clusters: list[list[int]]
    matches: list[Match]
    pairs: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The records in the order of their ids, the pairs that some block brings together, and what words are worth."""

    sides: list[Side]
    pairs: list[tuple[int, int]]
    rarity: Rarity


def prepare(connection: duckdb.DuckDBPyConnection) -> Prepared:
    """Read the table `linkable` on `connection` and find its candidate pairs; only temporary tables are made."""
    sides = [
        Side(*row) for row in connection.execute(f"SELECT {', '.join(LINKABLE)} FROM linkable ORDER BY id").fetchall()
    ]
    connection.execute(resources.files("transforms.link").joinpath("blocking.sql").read_text(encoding="utf-8"))
    pairs = connection.execute("SELECT left_id, right_id FROM pair ORDER BY left_id, right_id").fetchall()
    return Prepared(sides, [(left, right) for left, right in pairs], _rarity(connection))


def link(connection: duckdb.DuckDBPyConnection, judgements: Sequence[Judgement]) -> Linked:
    """Link the records of the table `linkable` on `connection`; only temporary tables are made.

    Raises `ContradictionError` when the judgements contradict each other.
    """
    ready = prepare(connection)
    sides, pairs = ready.sides, ready.pairs
    related = [(left, right) for left, right in pairs if housed(sides[left], sides[right])]
    clusters, matches = cluster(sides, _matches(sides, pairs, ready.rarity), judgements, related)
    return Linked(clusters, matches, len(pairs))


def _rarity(connection: duckdb.DuckDBPyConnection) -> Rarity:
    sites = connection.execute("SELECT domain, names, towns FROM domain_use").fetchall()
    projects = connection.execute("SELECT domain, organisation_key, projects FROM project_use").fetchall()
    there = connection.execute("SELECT name_key, departement_code, towns FROM departement_use").fetchall()
    [(telling,)] = connection.execute("SELECT places FROM telling_use").fetchall()
    return Rarity(
        dict(connection.execute("SELECT token, places FROM token_use").fetchall()),
        dict(connection.execute("SELECT name_key, places FROM name_use").fetchall()),
        {domain: max(towns, _unlike(names)) for domain, names, towns in sites},
        {(domain, bearer): count for domain, bearer, count in projects},
        telling,
        {(key, departement): towns for key, departement, towns in there},
    )


def _unlike(names: list[str]) -> int:
    """Count the names of a site that have not the telling words of another: "Darwin" and "Projet Darwin" are one."""
    kept: list[frozenset[str]] = []
    for words in sorted((core(name) for name in names), key=len):
        if not any(known and known <= words for known in kept):
            kept.append(words)
        if len(kept) > OWN_SITE_NAMES:
            break
    return len(kept)


def _matches(sides: list[Side], pairs: list[tuple[int, int]], rarity: Rarity) -> Iterator[Match]:
    for left_id, right_id in pairs:
        left, right = sides[left_id], sides[right_id]
        if left.source_id == right.source_id:
            if repeated(left, right, rarity):
                yield Match(left_id, right_id, REPEATED, "the source lists it twice: same name, same place", "rule")
            continue
        verdict = weigh(left, right, rarity)
        if verdict.score >= SAME:
            yield Match(left_id, right_id, verdict.score, verdict.reason, "rule")
