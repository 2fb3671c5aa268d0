"""The linking of one night: candidate pairs and their weights in SQL, rules for the doubtful ones, clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from types import MappingProxyType
from typing import Any

import duckdb

from transforms.collector import collector_paused
from transforms.link.cluster import Judgement, RecordName, cluster
from transforms.link.doubtful import listed_twice, may_join
from transforms.link.evidence import SAME, Match, Verdict, contradiction, repeated, weigh
from transforms.link.likeness import OWN_SITE_NAMES, Rarity, core, housed
from transforms.link.model import LIKELY, SURE, compared, decide, model, score, weigh_all
from transforms.link.sides import Side

LINKABLE = tuple(field.name for field in fields(Side))
"""The columns that the table `linkable` must have; `id` counts from 0 without a gap, in a stable order."""

REPEATED = 0.998
"""How sure a repetition inside one source is: above any match, or its two records would draw two clusters apart."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Related:
    """Two records that have to do with each other and are two initiatives, and why."""

    left_id: int
    right_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Linked:
    """The clusters, as lists of ids of `linkable`, the matches that made them, and how many pairs were compared.

    `related` holds the pairs of a house and what happens in it.
    """

    clusters: list[list[int]]
    matches: list[Match]
    pairs: int
    related: list[Related] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The records in the order of their ids, the pairs that may be one with their weights, and what words are worth."""

    connection: duckdb.DuckDBPyConnection
    sides: Sequence[Side]
    pairs: Mapping[Pair, float]
    rarity: Rarity

    def verdict(self, left: int, right: int) -> Verdict:
        """Weigh any two records, compared or not."""
        one, other = self.sides[left], self.sides[right]
        weight = self.pairs.get((min(left, right), max(left, right)))
        weight = sum(self.contributions(left, right).values()) if weight is None else weight
        if one.source_id == other.source_id:
            twice = listed_twice(one, other, self.rarity, weight, len(self.sides))
            reason = "the source lists it twice" if twice else "one source tells its own records apart"
            return Verdict(REPEATED if twice else 0.0, reason)
        alike = may_join(one, other, self.rarity, weight)
        ruled = weigh(one, other, self.rarity)
        return decide(ruled, weight, contradiction(one, other), len(self.sides), alike=alike)

    def contributions(self, left: int, right: int) -> dict[str, float]:
        """What each term adds to the weight of two records, in the words of the model, the heaviest first."""
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE asked_pair AS SELECT $one::BIGINT AS left_id, $other::BIGINT AS right_id",
            {"one": min(left, right), "other": max(left, right)},
        )
        terms = model().terms
        told = ", ".join(f"round({term.weight!r} * coalesce(({term.expression})::DOUBLE, 0), 3)" for term in terms)
        [row] = self.connection.execute(f"SELECT {told} FROM ({compared('asked_pair', every=True)})").fetchall()
        found = {term.words: number for term, number in zip(terms, row, strict=True) if number}
        return dict(sorted(found.items(), key=lambda item: -abs(item[1])))

    def contributions_by_group(self, left: int, right: int) -> dict[str, tuple[float, list[str]]]:
        """What all terms of one subject add together, and what they are, the heaviest subject first.

        Terms of one subject overlap (what is within 150 m is also within a kilometre, a same name is also spelled
        alike), so that only their sum says anything; one alone may be negative although the whole speaks for the pair.
        """
        told = self.contributions(left, right)
        groups: dict[str, tuple[float, list[str]]] = {}
        for term in model().terms:
            if term.words in told:
                total, words = groups.get(term.group, (0.0, []))
                groups[term.group] = (round(total + told[term.words], 3), [*words, term.words])
        return dict(sorted(groups.items(), key=lambda item: (-abs(item[1][0]), item[0])))


def prepare(connection: duckdb.DuckDBPyConnection) -> Prepared:
    """Read the table `linkable` on `connection`, find its candidate pairs and weigh them; only temporary tables."""
    _block(connection, every=True)
    sides = [side for _, side in sorted(_sides(connection, "SELECT id FROM linkable").items())]
    rows = connection.execute("SELECT left_id, right_id, weight FROM weighed ORDER BY ALL").fetchall()
    return Prepared(connection, sides, {(left, right): weight for left, right, weight in rows}, _rarity(connection))


def link(
    connection: duckdb.DuckDBPyConnection,
    judgements: Sequence[Judgement],
    before: Mapping[RecordName, str] = MappingProxyType({}),
    weighing: Callable[[duckdb.DuckDBPyConnection], int] | None = None,
) -> Linked:
    """Link the records of the table `linkable` on `connection`; only temporary tables are made.

    `weighing` finds and weighs the candidate pairs elsewhere: it leaves the tables that `blocking.sql` and
    `features.sql` make, but for `pair`, and `weighed` with the same rows, and returns how many pairs there are.

    `before` says which initiative each record stood for. Whether a source lists one twice hangs on names alone
    now and then, and names change: what it listed as two stays two, and what was one stays one while it looks so.

    Raises `ContradictionError` when the judgements contradict each other.
    """
    with collector_paused():
        return _link(connection, judgements, before, weighing or _block)


def _link(
    connection: duckdb.DuckDBPyConnection,
    judgements: Sequence[Judgement],
    before: Mapping[RecordName, str],
    weighing: Callable[[duckdb.DuckDBPyConnection], int],
) -> Linked:
    compared_pairs = weighing(connection)
    [(records,)] = connection.execute("SELECT count(*) FROM linkable").fetchall()
    asked = _sides(connection, "SELECT unnest([left_id, right_id]) FROM weighed WHERE NOT sure")
    related: list[Related] = []
    apart: list[tuple[int, int]] = []
    matches = list(_ruled(connection, asked, records, related, before, apart))
    judged = _judged(connection, judgements)
    _part_lonely(connection, judged)
    matches += _sure(connection, lonely=False)
    sides = asked | _sides(connection, "SELECT unnest([left_id, right_id]) FROM weighed WHERE sure AND NOT lonely")
    if judged:
        sides |= _sides(connection, ", ".join(map(str, judged)))
    apart += [(each.left_id, each.right_id) for each in related]
    clusters, kept = cluster(sides, records, matches, judgements, apart, _sure(connection, lonely=True))
    return Linked(clusters, kept, compared_pairs, related)


def _block(connection: duckdb.DuckDBPyConnection, *, every: bool = False) -> int:
    """Find the candidate pairs and weigh them; return how many there are."""
    for name in ("blocking.sql", "features.sql"):
        connection.execute(resources.files("transforms.link").joinpath(name).read_text(encoding="utf-8"))
    weigh_all(connection, every=every)
    [(pairs,)] = connection.execute("SELECT count(*) FROM pair").fetchall()
    return int(pairs)


def _sides(connection: duckdb.DuckDBPyConnection, ids: str) -> dict[int, Side]:
    """The records whose ids an SQL query gives."""
    found = connection.execute(f"SELECT {', '.join(LINKABLE)} FROM linkable WHERE id IN ({ids}) ORDER BY id")
    return {row[0]: Side(*row) for row in _rows(found)}


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """The rows of a result, a batch at a time."""
    while rows := found.fetchmany(20_000):
        yield from rows


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


def _ruled(
    connection: duckdb.DuckDBPyConnection,
    sides: Mapping[int, Side],
    records: int,
    related: list[Related],
    before: Mapping[RecordName, str],
    apart: list[tuple[int, int]],
) -> Iterator[Match]:
    """Yield the doubtful pairs that rules and model hold to be one.

    Adds to `related` those that are a house and its guest, to `apart` those that their source always listed as two.
    """
    rarity = _rarity(connection)
    found = connection.execute(
        "SELECT left_id, right_id, weight FROM weighed WHERE NOT sure ORDER BY left_id, right_id"
    ).fetchall()
    for left_id, right_id, weight in found:
        left, right = sides[left_id], sides[right_id]
        if left.source_id == right.source_id:
            was, was_too = (before.get((side.source_id, side.record_key)) for side in (left, right))
            known = was is not None and was_too is not None
            twice = listed_twice(left, right, rarity, weight, records)
            if twice and known and was != was_too and (left.siret is None or left.siret != right.siret):
                apart.append((left_id, right_id))
            elif twice or (known and was == was_too and repeated(left, right, rarity)):
                yield Match(left_id, right_id, REPEATED, "the source lists it twice: same name, same place", "rule")
            continue
        against = contradiction(left, right)
        ruled = Verdict(0.0, against) if against else weigh(left, right, rarity)
        alike = weight >= LIKELY and may_join(left, right, rarity, weight)
        verdict = decide(ruled, weight, against, records, alike=alike)
        if housed(left, right):
            related.append(Related(left_id, right_id, "one happens at the other"))
        if verdict.score >= SAME:
            yield Match(left_id, right_id, verdict.score, verdict.reason, "rule")


def _part_lonely(connection: duckdb.DuckDBPyConnection, judged: Sequence[int]) -> None:
    """Mark the sure pairs of which neither record stands in another pair or judgement: they are clusters as they are.

    Nothing else can contradict them, so that most records of a large catalogue need not be read again.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE met AS
        SELECT id FROM (SELECT unnest([left_id, right_id]) AS id FROM weighed) GROUP BY id HAVING count(*) > 1
        UNION SELECT unnest($judged::BIGINT[])""",
        {"judged": list(judged)},
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE weighed AS SELECT *, sure AND left_id NOT IN (SELECT id FROM met) "
        "AND right_id NOT IN (SELECT id FROM met) AS lonely FROM weighed"
    )


def _sure(connection: duckdb.DuckDBPyConnection, *, lonely: bool) -> Iterator[Match]:
    """Yield the pairs that the model is sure of, with what agrees in plain words."""
    by = f"model {model().version}"
    found = connection.execute(f"""
        SELECT left_id, right_id, weight, concat_ws(', ',
            CASE WHEN same_name THEN 'same name' ELSE 'names ' || round(100 * likeness)::INTEGER || '% alike' END,
            CASE WHEN siren THEN 'same SIREN' END, CASE WHEN site THEN 'same site' END,
            CASE WHEN phone THEN 'same telephone' END, CASE WHEN same_door THEN 'at the same door' END,
            CASE WHEN same_town THEN 'same commune'
                 WHEN km IS NOT NULL THEN format('{{:.1f}} km apart', km) ELSE 'place unknown' END)
        FROM weighed WHERE sure AND lonely = {lonely} ORDER BY left_id, right_id""")
    for left, right, weight, reason in _rows(found):
        yield Match(left, right, score(weight) if weight >= SURE else score(weight, None), reason, by)


def _judged(connection: duckdb.DuckDBPyConnection, judgements: Sequence[Judgement]) -> list[int]:
    """The ids of the judged records that are here today."""
    judged = {record for each in judgements for record in (each.left, each.right)}
    rows = connection.execute(
        "SELECT source_id, record_key, id FROM linkable WHERE source_id IN (SELECT unnest($sources::VARCHAR[])) "
        "ORDER BY id",
        {"sources": sorted({source for source, _ in judged})},
    ).fetchall()
    return [id for source, key, id in rows if (source, key) in judged]
