"""The short ways of linking beside the long ones: shared rules, clusters without a closer look, ids minted at once."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_link import Row, row

from benchmarks.organisations import Maker
from flows.evaluate.link_rivals import load
from flows.identify import identify
from flows.memory import Memory
from transforms.columns import insert
from transforms.link import Judgement, rarity, recognise, rules, run
from transforms.link.components import components
from transforms.link.model import compared, hopeless, model
from transforms.link.sides import Side
from warehouse.identity import Known, RecordName, all_moves, assign, mint

RECORDS = 5200  # more than SMALL, so that the model has its say
LEFT = ("clustered", "matched", "related_pair")
TONIGHT = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def sides() -> list[Side]:
    """Made-up organisations, a house with its guest, and what a source lists twice."""
    rows = [told for _, told in sorted(Maker(9).records(RECORDS), key=lambda told: told[1]["id"])]
    guests: list[Row] = [row("x", "SINGA"), row("y", "Avec SINGA, réfugiés et habitants"), row("z", "Singa")]
    twice = [
        row("r", f"Atelier Zibou{number}", key=f"{number} {again}", address=f"{number} rue du Port")
        for number in range(20)
        for again in range(2)
    ]
    return [Side(**told | {"id": id}) for id, told in enumerate([*rows, *guests, *twice])]


def ready(sides: list[Side]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    load(connection, sides)
    return connection


@pytest.fixture(scope="module")
def alone(sides: list[Side]) -> duckdb.DuckDBPyConnection:
    """The organisations recognised, with all tables that this leaves."""
    connection = ready(sides)
    recognise(connection, [])
    return connection


def left(connection: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    return [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in LEFT]


def name(side: Side) -> RecordName:
    return side.source_id, side.record_key


def judgements(sides: list[Side], alone: duckdb.DuckDBPyConnection, chance: random.Random) -> list[Judgement]:
    """Judgements on matched records and on others, a chain of two through one that is not here, none contradicting."""
    matched = alone.execute("SELECT left_id, right_id FROM matched ORDER BY ALL").fetchall()
    parted = [(name(sides[one]), name(sides[other]), "different") for one, other in chance.sample(matched, 9)]
    ones = [name(sides[id]) for id in chance.sample(range(len(sides)), 2)]
    same = [(each, ("gone", "1"), "same") for each in ones]
    return [Judgement(*told, "camille", line) for line, told in enumerate([*parted, *same], 2)]  # type: ignore[arg-type]


def memory(sides: list[Side], chance: random.Random) -> dict[RecordName, str]:
    """What half of the records stood for: often for what they are, sometimes for anything."""
    known = chance.sample(sides, len(sides) // 2)
    return {name(side): f"es-{side.name_key if chance.random() < 0.7 else chance.randrange(50)}" for side in known}


@pytest.mark.parametrize("remembering", [False, True])
def test_simple_clusters_are_those_of_the_long_way(
    sides: list[Side], alone: duckdb.DuckDBPyConnection, remembering: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    judged = judgements(sides, alone, chance) if remembering else []
    before = memory(sides, chance) if remembering else {}
    quick, slow = ready(sides) if remembering else alone, ready(sides)
    if remembering:
        recognise(quick, judged, before)
    [(simple, all_of_them)] = quick.execute("SELECT count(*) FILTER (simple), count(*) FROM component").fetchall()
    assert 0.5 * all_of_them < simple < all_of_them
    split = run.split

    def nothing_simple(connection: duckdb.DuckDBPyConnection) -> None:
        split(connection)
        connection.execute("UPDATE component SET simple = false")

    monkeypatch.setattr(run, "split", nothing_simple)
    recognise(slow, judged, before)
    assert left(quick) == left(slow)
    assert len(left(quick)[0]) == len(sides)
    assert left(quick)[2]
    assert bool(quick.execute("FROM parted").fetchall()) is remembering


def test_rules_that_are_shared_say_the_same(
    sides: list[Side], alone: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = ready(sides)
    monkeypatch.setattr(rules, "SPAN", 100)
    monkeypatch.setattr(rules, "WORTH", 0)
    recognise(shared, [], spread=map, folder=tmp_path)
    for table in ("answer", *LEFT):
        told = [here.execute(f"FROM {table} ORDER BY ALL").fetchall() for here in (alone, shared)]
        assert told[0] == told[1], table
    [(doubtful,)] = shared.execute("SELECT count(*) FROM weighed WHERE NOT sure").fetchall()
    assert doubtful > 300
    assert (tmp_path / "doubtful.parquet").is_file()


def test_what_is_not_rare_is_all_that_is_kept_of_what_words_are_worth(alone: duckdb.DuckDBPyConnection) -> None:
    found = rarity.read_rarity(alone)
    for token, places in alone.execute("FROM token_use").fetchall():
        assert found.rare(token) is (places <= found.telling_places), token
    for domain, names, towns in alone.execute("FROM domain_use").fetchall():
        assert found.own_site(domain) is (max(towns, rarity._unlike(names)) <= 4), domain
    for key, departement, towns in alone.execute("FROM departement_use").fetchall():
        assert (found.towns_there(key, departement) > 1) is (towns > 1)
    for domain, bearer, projects in alone.execute("FROM project_use").fetchall():
        assert (found.projects.get((domain, bearer), 0) == 1) is (projects == 1)


def test_the_best_of_a_source_are_those_that_ranking_finds(sides: list[Side], alone: duckdb.DuckDBPyConnection) -> None:
    """The pairs of two sources that are weighed, beside ranks over all pairs that nothing speaks against."""
    ranked = alone.execute(f"""
        SELECT left_id, right_id, weight FROM (SELECT *, {model().sql()} AS weight FROM ({compared()}))
        WHERE NOT (coalesce(NOT siren, false) OR coalesce(NOT rna, false) OR coalesce(countries_differ, false)
                   OR (departement_known AND NOT same_departement AND coalesce(km > 13, true))
                   OR (coalesce(km > 31, false) AND NOT same_town)
                   OR coalesce(NOT siret AND town_known AND NOT same_town, false))
          AND NOT same_source
          AND (weight >= {hopeless(len(sides))} OR inside OR coalesce(siret, false) OR coalesce(rna, false))
        QUALIFY inside OR (rank() OVER (PARTITION BY left_id, other_source ORDER BY weight DESC) = 1
                           AND rank() OVER (PARTITION BY right_id, one_source ORDER BY weight DESC) = 1)
        ORDER BY ALL""").fetchall()
    kept = "SELECT left_id, right_id, weight FROM weighed WHERE NOT same_source ORDER BY ALL"
    assert alone.execute(kept).fetchall() == ranked
    assert len(ranked) > 1000


def test_the_weight_of_shared_words_is_that_of_sets(alone: duckdb.DuckDBPyConnection) -> None:
    words = dict(alone.execute("SELECT id, words FROM trait").fetchall())
    asked = alone.execute(f"SELECT left_id, right_id, shared FROM ({compared()}) LIMIT 2000").fetchall()
    assert len(asked) == 2000
    for one, other, shared in asked:
        assert 16 * shared == sum(word % 4096 for word in {*words[one]} & {*words[other]})


def plain(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Each id and the lowest that it hangs with, found by joining sets."""
    sets = {id: {id} for pair in pairs for id in pair}
    for one, other in pairs:
        joined = sets[one] | sets[other]
        sets |= dict.fromkeys(joined, joined)
    return {id: min(joined) for id, joined in sets.items()}


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=60))
def test_components_are_those_of_joined_sets(pairs: list[tuple[int, int]]) -> None:
    ids, lowest = components(*np.array(pairs, np.int64).reshape(-1, 2).T)
    assert dict(zip(ids.tolist(), lowest.tolist(), strict=True)) == plain(pairs)


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_chain_is_one_component(order: int) -> None:
    chain = np.arange(5000)[::order]
    _, lowest = components(chain[:-1], chain[1:])
    assert not lowest.any()


def clusters(chance: random.Random) -> Iterator[list[RecordName]]:
    """Records of three sources in clusters of one to three."""
    names = [(chance.choice("abc"), f"{number:03}") for number in range(200)]
    while names:
        yield [names.pop() for _ in range(min(len(names), chance.randint(1, 3)))]


@pytest.mark.parametrize("seed", range(6))
def test_ids_are_those_that_the_rule_gives_to_all_clusters(seed: int) -> None:
    chance = random.Random(seed)
    groups = list(clusters(chance))
    named = sorted(record for group in groups for record in group)
    place = {record: id for id, record in enumerate(named)}
    every = [*named, *(("gone", str(number)) for number in range(9))]
    known = {
        record: Known(mint(chance.choice(every)), TONIGHT - dt.timedelta(chance.randrange(3)))
        for record in chance.sample(every, 0 if seed == 0 else 70)
    }
    moved = dict(zip(chance.sample(every, 5), chance.sample(named, 5), strict=True)) if seed > 2 else {}
    moves = {mint(record): (mint(chance.choice(every)), TONIGHT) for record in chance.sample(every, 20)}
    connection = duckdb.connect()
    connection.execute("CREATE TABLE linkable (id BIGINT, source_id VARCHAR, record_key VARCHAR)")
    insert(connection, "linkable", {"id": int, "source_id": object, "record_key": object}, [
        (id, *record) for record, id in place.items()
    ])  # fmt: skip
    connection.execute("CREATE TABLE clustered (id BIGINT, cluster BIGINT)")
    homes = [(place[record], min(map(place.__getitem__, group))) for group in groups for record in group]
    insert(connection, "clustered", {"id": int, "cluster": int}, homes)
    told = identify(connection, Memory(known, moves), TONIGHT, moved)
    expected = assign(groups, known, TONIGHT, moved)
    found = connection.execute("FROM identity").fetchall()
    assert {(source, key): Known(*seen) for source, key, *seen in found} == expected.known
    assert len(found) == len(expected.known)
    assert told == all_moves(moves, expected, TONIGHT)


def test_rows_go_in_by_the_names_of_their_columns() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE told (day DATE, text VARCHAR, number DOUBLE, id BIGINT)")
    rows = [(1, "é\n'", 0.5, TONIGHT), (2, None, 1e300, TONIGHT)]
    insert(connection, "told", {"id": np.int64, "text": object, "number": np.float64, "day": "datetime64[s]"}, rows)
    insert(connection, "told", {"id": np.int64}, [])
    assert connection.execute("SELECT id, text, number, day FROM told ORDER BY id").fetchall() == rows
    assert not {name for (name,) in connection.execute("SHOW TABLES").fetchall()} - {"told"}
