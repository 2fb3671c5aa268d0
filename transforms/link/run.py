"""The linking of one night: candidate pairs and their weights in SQL, rules for the doubtful ones, clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np

from transforms.collector import collector_paused
from transforms.columns import Types, insert, lent, rows_of
from transforms.link.cluster import Judgement, RecordName, check_judgements, cluster
from transforms.link.components import split
from transforms.link.doubtful import listed_twice, may_join
from transforms.link.evidence import Match, Verdict, contradiction, weigh
from transforms.link.model import SURE, compared, decide, model, score, weigh_all
from transforms.link.rarity import Rarity, read_rarity
from transforms.link.rules import AGAIN, RELATED, REPEATED, TWICE, ask
from transforms.link.sides import Side
from transforms.spread import Spread

LINKABLE = tuple(field.name for field in fields(Side))
"""The columns that the table `linkable` must have; `id` counts from 0 without a gap, in a stable order."""

MATCHED: Types = {
    "left_id": np.int64, "right_id": np.int64, "score": np.float64, "reason": object, "decided_by": object,
}  # fmt: skip
"""The columns of the table `matched`."""

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
    return Prepared(connection, sides, {(left, right): weight for left, right, weight in rows}, read_rarity(connection))


def link(
    connection: duckdb.DuckDBPyConnection,
    judgements: Sequence[Judgement],
    before: Mapping[RecordName, str] = MappingProxyType({}),
    weighing: Callable[[duckdb.DuckDBPyConnection], int] | None = None,
) -> Linked:
    """Link the records of the table `linkable` on `connection`, and return what `recognise` leaves in tables."""
    pairs = recognise(connection, judgements, before, weighing)
    clusters = connection.execute("SELECT list(id ORDER BY id) FROM clustered GROUP BY cluster ORDER BY cluster")
    found = [ids for (ids,) in clusters.fetchall()]
    matches = [Match(*row) for row in connection.execute("FROM matched ORDER BY left_id, right_id").fetchall()]
    related = [Related(*row) for row in connection.execute("FROM related_pair ORDER BY left_id, right_id").fetchall()]
    return Linked(found, matches, pairs, related)


def recognise(
    connection: duckdb.DuckDBPyConnection,
    judgements: Sequence[Judgement],
    before: Mapping[RecordName, str] = MappingProxyType({}),
    weighing: Callable[[duckdb.DuckDBPyConnection], int] | None = None,
    spread: Spread = map,
    folder: Path | None = None,
) -> int:
    """Link the records of the table `linkable` on `connection`; return how many pairs were compared.

    Only temporary tables are made: `clustered` (`id` of every record, `cluster`: the lowest id in its cluster),
    `matched` (the columns of `Match`, of the pairs that made the clusters) and `related_pair` (those of `Related`).

    `weighing` finds and weighs the candidate pairs elsewhere: it leaves the tables that `blocking.sql` and
    `features.sql` make, but for `pair`, and `weighed` with the same rows, and returns how many pairs there are.
    With a `folder` for files the rules for doubtful pairs, where there are many, are handed to `spread` in spans.

    `before` says which initiative each record stood for. Whether a source lists one twice hangs on names alone
    now and then, and names change: what it listed as two stays two, and what was one stays one while it looks so.

    Raises `ContradictionError` when the judgements contradict each other.
    """
    check_judgements(judgements)
    compared_pairs = (weighing or _block)(connection)
    with collector_paused():
        [(records,)] = connection.execute("SELECT count(*) FROM linkable").fetchall()
        ask(connection, records, spread, folder)
        _keep_repetitions(connection, before)
        _match(connection)
        _find_judged(connection, judgements)
        split(connection)
        _cluster_the_rest(connection, records, judgements)
    return compared_pairs


def _keep_repetitions(connection: duckdb.DuckDBPyConnection, before: Mapping[RecordName, str]) -> None:
    """Have what a source listed as two before stay two in `answer`, and what was one be one while it looks so.

    Makes the temporary table `apart` of pairs that no third record may join: those, and houses and their guests.
    """
    found = connection.execute(
        "SELECT left_id, right_id, kind, a.source_id, a.record_key, b.record_key, a.siret IS NOT NULL AND "
        "a.siret IS NOT DISTINCT FROM b.siret FROM answer JOIN linkable a ON a.id = left_id "
        "JOIN linkable b ON b.id = right_id WHERE $known AND kind IN ($twice, $again) ORDER BY left_id, right_id",
        {"known": bool(before), "twice": TWICE, "again": AGAIN},
    ).fetchall()
    joined, parted = [], []
    for left_id, right_id, kind, source, key, other, same_siret in found:
        was, was_too = before.get((source, key)), before.get((source, other))
        if was is None or was_too is None:
            continue
        if kind == TWICE and was != was_too and not same_siret:
            parted.append((left_id, right_id))
        elif kind == AGAIN and was == was_too:
            joined.append((left_id, right_id))
    for table, pairs in (("parted", parted), ("joined", joined)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (left_id BIGINT, right_id BIGINT)")
        insert(connection, table, {"left_id": np.int64, "right_id": np.int64}, pairs)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE related_pair AS
        SELECT left_id, right_id, reason FROM answer WHERE kind = '{RELATED}';
        CREATE OR REPLACE TEMP TABLE apart AS FROM parted UNION ALL SELECT left_id, right_id FROM related_pair;
        DELETE FROM answer WHERE kind = '{RELATED}' OR (left_id, right_id) IN (FROM parted)
            OR (kind = '{AGAIN}' AND (left_id, right_id) NOT IN (FROM joined))""")


def _match(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `matched` of the pairs that the rules join, or that the model is sure of."""
    found = connection.execute("SELECT DISTINCT weight FROM weighed WHERE sure ORDER BY weight").fetchnumpy()
    weights = found["weight"]
    scores = [score(weight) if weight >= SURE else score(weight, None) for weight in weights.tolist()]
    with lent(connection, "scores", {"weight": weights, "score": np.array(scores, np.float64)}):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE matched AS
            SELECT left_id, right_id, score, reason, 'rule' AS decided_by FROM answer
            UNION ALL
            SELECT left_id, right_id, score, concat_ws(', ',
                CASE WHEN same_name THEN 'same name' ELSE 'names ' || round(100 * likeness)::INTEGER || '% alike' END,
                CASE WHEN siren THEN 'same SIREN' END, CASE WHEN site THEN 'same site' END,
                CASE WHEN phone THEN 'same telephone' END, CASE WHEN same_door THEN 'at the same door' END,
                CASE WHEN same_town THEN 'same commune'
                     WHEN km IS NOT NULL THEN format('{{:.1f}} km apart', km) ELSE 'place unknown' END),
                'model {model().version}'
            FROM weighed JOIN scores USING (weight) WHERE sure""")


def _cluster_the_rest(connection: duckdb.DuckDBPyConnection, records: int, judgements: Sequence[Judgement]) -> None:
    """Make `clustered`: simple components are clusters; in the others the surest match comes first."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rest AS SELECT id FROM component WHERE NOT simple UNION FROM judged"
    )
    sides = _sides(connection, "FROM rest")
    rows = connection.execute("FROM matched WHERE left_id IN (FROM rest) ORDER BY left_id, right_id").fetchall()
    apart = connection.execute("FROM apart WHERE left_id IN (FROM rest) AND right_id IN (FROM rest)").fetchall()
    clusters, kept = cluster(sides, records, [Match(*row) for row in rows], judgements, apart)
    connection.execute("""
        DELETE FROM matched WHERE left_id IN (FROM rest);
        CREATE OR REPLACE TEMP TABLE clustered AS
        SELECT id, coalesce(component, id) AS cluster FROM linkable LEFT JOIN component USING (id)
        WHERE id NOT IN (FROM rest)""")
    homes = [(id, members[0]) for members in clusters for id in members]
    insert(connection, "clustered", {"id": np.int64, "cluster": np.int64}, homes)
    told = [(each.left_id, each.right_id, each.score, each.reason, each.decided_by) for each in kept]
    insert(connection, "matched", MATCHED, told)


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
    return {row[0]: Side(*row) for row in rows_of(found)}


def _find_judged(connection: duckdb.DuckDBPyConnection, judgements: Sequence[Judgement]) -> None:
    """Make the temporary table `judged` of the ids of the judged records that are here today."""
    judged = {record for each in judgements for record in (each.left, each.right)}
    rows = connection.execute(
        "SELECT source_id, record_key, id FROM linkable WHERE source_id IN (SELECT unnest($sources::VARCHAR[]))",
        {"sources": sorted({source for source, _ in judged})},
    ).fetchall()
    connection.execute("CREATE OR REPLACE TEMP TABLE judged (id BIGINT)")
    insert(connection, "judged", {"id": np.int64}, [(id,) for source, key, id in rows if (source, key) in judged])
