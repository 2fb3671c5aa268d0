"""The model weighs what pairs have in common, the same on any number of threads; houses and guests are related."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from benchmarks.link import f1, truth_of
from benchmarks.organisations import Maker
from flows.evaluate.link_rivals import load
from transforms.link import Linked, link, prepare
from transforms.link.evidence import SAME, Verdict
from transforms.link.model import HOPELESS, LARGE, SMALL, decide, hopeless, model, score
from transforms.link.sides import Side
from transforms.normalise.names import name_key

RECORDS = 6000  # more than SMALL, so that the model has its say


@pytest.fixture(scope="module")
def made() -> tuple[list[Side], list[int]]:
    rows = sorted(Maker(5).records(RECORDS), key=lambda told: told[1]["id"])
    return [Side(**row) for _, row in rows], [owner for owner, _ in rows]


def linked(sides: list[Side], threads: int) -> Linked:
    connection = duckdb.connect(config={"threads": threads})
    load(connection, sides)
    return link(connection, [])


def test_made_up_organisations_are_recognised_the_same_on_any_number_of_threads(
    made: tuple[list[Side], list[int]],
) -> None:
    sides, owners = made
    found = linked(sides, 1)
    assert (found.clusters, found.matches) == (linked(sides, 3).clusters, linked(sides, 3).matches)
    pairs = [(one, other) for group in found.clusters for at, one in enumerate(group) for other in group[at + 1 :]]
    told = f1(pairs, owners)
    assert told["precision"] >= 0.97
    assert told["recall"] >= 0.88
    assert {match.decided_by for match in found.matches} == {"rule", f"model {model().version}"}
    assert all(SAME <= match.score < 1 for match in found.matches)


def test_the_benchmark_knows_the_organisation_of_a_record_by_its_id(tmp_path: Path) -> None:
    told = truth_of(tmp_path / "records.csv", 200, 5)
    assert told == [owner for owner, _ in sorted(Maker(5).records(200), key=lambda row: row[1]["id"])]
    assert f1([(one, other) for one, other in combinations(range(200), 2) if told[one] == told[other]], told)["f1"] == 1


def test_what_a_pair_weighs_is_the_sum_of_its_terms(made: tuple[list[Side], list[int]]) -> None:
    connection = duckdb.connect()
    load(connection, made[0])
    ready = prepare(connection)
    for (left, right), weight in list(ready.pairs.items())[:20]:
        told = ready.contributions(left, right)
        assert sum(told.values()) == pytest.approx(weight, abs=0.03)
        groups = ready.contributions_by_group(left, right)
        assert sum(total for total, _ in groups.values()) == pytest.approx(weight, abs=0.03)
        assert sorted(words for _, group in groups.values() for words in group) == sorted(told)


def test_every_term_has_a_finite_weight_and_words() -> None:
    terms = model().terms
    assert terms[0].term == "bias"
    assert len({term.words for term in terms}) == len(terms)
    assert all(math.isfinite(term.weight) for term in terms)
    assert any(term.weight for term in terms)


def test_the_model_joins_the_likely_and_parts_the_hopeless_but_not_in_a_small_catalogue() -> None:
    unsure, sure = Verdict(0.5, "names alike"), Verdict(0.9, "same name")

    def score_of(verdict: Verdict, weight: float, records: int, *, alike: bool = True) -> float:
        return decide(verdict, weight, "", records, alike=alike).score

    assert score_of(unsure, 2.0, SMALL) >= SAME > score_of(unsure, 2.0, SMALL - 1)
    assert score_of(unsure, 2.0, SMALL, alike=False) == unsure.score
    assert score_of(sure, HOPELESS - 1, SMALL) < SAME <= score_of(sure, HOPELESS - 1, SMALL - 1)
    assert decide(sure, 20.0, "SIREN differs", SMALL, alike=True) == Verdict(0.0, "SIREN differs")
    assert hopeless(LARGE + 1) > hopeless(LARGE) == hopeless(SMALL) > hopeless(SMALL - 1)
    assert SAME < score(-5, 0.86) < score(5, 0.86) < score(5, 0.98) < 1


def test_a_house_and_what_happens_in_it_are_related() -> None:
    names = [{"name": name, "name_key": name_key(name)} for name in ("SINGA", "Avec SINGA, réfugiés et habitants")]
    blank = dict.fromkeys(field for field in Side.__slots__)
    sides = [
        Side(**blank | told | {"id": id, "source_id": f"s{id}", "record_key": "1", "country": "FR",
                               "insee_code": "44109", "departement_code": "44", "geo_precision": "commune"})
        for id, told in enumerate(names)
    ]  # fmt: skip
    found = linked(sides, 1)
    assert found.clusters == [[0], [1]]
    assert [(each.left_id, each.right_id, each.reason) for each in found.related] == [
        (0, 1, "one happens at the other")
    ]
