"""One initiative from its records: each value by its rule, each with its origin, whatever the order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.merge import (
    BLOCKS,
    LANGUAGE,
    LISTS,
    LONGEST,
    PLACE,
    PRECISIONS,
    PREDICTED,
    SINGLE,
    Member,
    Value,
    as_text,
    merge,
)
from transforms.rights import FACTS_ONLY, check_licence, expression, register
from warehouse.schema import INITIATIVE

NANTES = {"insee_code": "44109", "commune": "Nantes", "latitude": 47.2, "longitude": -1.5, "geo_precision": "commune",
          "geo_method": "name", "geo_confidence": 0.9, "country": "FR"}  # fmt: skip
REZE = NANTES | {"insee_code": "44143", "commune": "Rezé"}


def member(source: str = "a", licence: str = "etalab-2.0", originals: Any = None, **values: Any) -> Member:
    told = {"name": "Le Hangar", "geo_precision": "none", "geo_method": "none", "geo_confidence": 0.0} | values
    return Member(source, "1", licence, register()[licence].open, told, originals or {})


def of(field: str, provenance: list[Value]) -> list[Value]:
    return [value for value in provenance if value.field == field]


def test_fields_are_merged_once_and_are_all_the_initiative_has() -> None:
    merged = [*SINGLE, LANGUAGE, PREDICTED, *LONGEST, *LISTS, *BLOCKS, *PLACE]
    assert len(merged) == len(set(merged))
    own = {"initiative_id", "source_ids", "source_count", "licence", "first_seen", "changed_on"}
    assert set(merged) | own == set(INITIATIVE.names)


# ------------------------------------------------------------------------------------------------- single values


def test_the_value_most_records_agree_on() -> None:
    members = [member("a", url="https://a.fr/"), member("b", url="https://b.fr/"), member("c", url="https://b.fr/")]
    merged = merge(members)
    assert merged.values["url"] == "https://b.fr/"
    [value] = of("url", merged.provenance)
    assert (value.source_id, value.rule) == ("b", "agreed by 2 of 3 sources")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"source": "z"}, {"source": "a", "licence": "none"}),
        ({"source": "z", **NANTES}, {"source": "a"}),
        ({"source": "z", "siren": "732829320"}, {"source": "a"}),
        ({"source": "a"}, {"source": "z"}),
    ],
)
def test_without_agreement_the_record_in_best_standing(better: dict[str, Any], worse: dict[str, Any]) -> None:
    merged = merge([member(name="Pire", **worse), member(name="Mieux", **better)])
    assert merged.values["name"] == "Mieux"
    assert of("name", merged.provenance)[0].rule == "best standing record"


def test_an_only_value_is_taken_from_whoever_has_it() -> None:
    merged = merge([member("a", summary="Un lieu"), member("b", licence="none", rna="W442000001")])
    [value] = of("rna", merged.provenance)
    assert (value.value, value.source_id, value.rule) == ("W442000001", "b", "only value")


def test_who_does_not_know_the_status_has_no_vote() -> None:
    merged = merge([member("a", status="unknown"), member("b", status="unknown"), member("c", status="running")])
    assert merged.values["status"] == "running"


def test_a_status_nobody_tells_is_unknown_and_says_so() -> None:
    members = [member("a"), member("b", status="unknown", originals={"status": ["NSP"]})]
    merged = merge(members)
    assert merged.values["status"] == merge(members[:1]).values["status"] == "unknown"
    [value] = of("status", merged.provenance)
    assert (value.source_id, value.original, value.rule) == ("b", "NSP", "no record tells it")


def test_the_longest_text() -> None:
    merged = merge([member("a", summary="Court"), member("b", summary="Plus long"), member("c", summary="Autre txt")])
    assert merged.values["summary"] == "Plus long"
    assert of("summary", merged.provenance)[0].rule == "longest of 3 texts"


# --------------------------------------------------------------------------------------------------------- lists


def test_every_item_once_with_its_first_teller() -> None:
    one = member("a", funders=["Ville", "ADEME"], originals={"funders": ["ville ", "ADEME"]}, summary="x")
    other = member("b", funders=["Ademe", "Région"], originals={"funders": ["Ademe", "REGION"]})
    merged = merge([other, one])
    assert merged.values["funders"] == ["Ville", "ADEME", "Région"]
    told = [(value.rank, value.value, value.source_id, value.original) for value in of("funders", merged.provenance)]
    assert told == [(1, "Ville", "a", "ville "), (2, "ADEME", "a", "ADEME"), (3, "Région", "b", "REGION")]


def test_codes_are_sorted_and_keep_their_originals() -> None:
    one = member("a", themes=["sport", "health"], originals={"themes": ["Foot", "Soin"]}, sdgs=[11])
    merged = merge([one, member("b", themes=["digital"], originals={"themes": ["Web"]}, sdgs=[3, 11])])
    assert merged.values["themes"] == ["digital", "health", "sport"]
    assert [value.original for value in of("themes", merged.provenance)] == ["Web", "Soin", "Foot"]
    assert merged.values["sdgs"] == [3, 11]


def test_blocks_are_one_by_name_and_year() -> None:
    prize = {"name": "Prix", "year": "2024", "theme": "santé"}
    merged = merge([
        member("a", programmes=[prize], summary="x"),
        member("b", programmes=[{"name": "PRIX", "year": "2024"}, {"name": "Prix", "year": "2025"}]),
    ])  # fmt: skip
    assert merged.values["programmes"] == [prize, {"name": "Prix", "year": "2025"}]
    assert of("programmes", merged.provenance)[0].value == '{"name": "Prix", "theme": "santé", "year": "2024"}'


# --------------------------------------------------------------------------------------------------------- places


def test_the_place_is_that_of_one_record() -> None:
    point = REZE | {"geo_precision": "point", "latitude": 47.18, "postcode": "44400"}
    merged = merge([member("a", **NANTES), member("b", **NANTES), member("c", **point)])
    assert {name: merged.values.get(name) for name in NANTES} == NANTES
    assert "postcode" not in merged.values
    assert {value.source_id for value in of("latitude", merged.provenance)} == {"a"}


def test_among_records_of_one_commune_the_point_without_conflict() -> None:
    doubted = NANTES | {"geo_precision": "point", "geo_conflict": "12 km off", "latitude": 1.0}
    point = NANTES | {"geo_precision": "point", "latitude": 47.21}
    merged = merge([member("a", **doubted), member("b", **NANTES), member("c", **point)])
    assert merged.values["latitude"] == 47.21
    assert "geo_conflict" not in merged.values


def test_an_address_may_come_from_another_record_of_the_commune_only() -> None:
    placed = member("a", **NANTES | {"geo_precision": "point"})
    merged = merge([placed, member("b", address="3 rue du Port", **NANTES), member("c", address="loin", **REZE)])
    [value] = of("address", merged.provenance)
    assert (value.value, value.source_id, value.rule) == ("3 rue du Port", "b", "address in the same commune")
    assert "address" not in merge([placed, member("c", address="loin", **REZE)]).values


def test_nowhere_is_a_place_too() -> None:
    merged = merge([member()])
    assert merged.values["geo_precision"] == "none"
    assert "latitude" not in merged.values


# ------------------------------------------------------------------------------------------------------- licences


def test_the_licence_of_what_is_used() -> None:
    used = member("b", licence="ODbL-1.0", rna="W442000001")
    silent = member("c", licence="CC-BY-SA-4.0")
    named = member("a", url="https://a.fr/", siren="732829320")
    assert merge([named, used, silent]).licence == "ODbL-1.0 AND etalab-2.0"
    assert merge([member("a", licence="none")]).licence == FACTS_ONLY
    assert merge([member("a", licence="none"), member("b", licence="none", rna="W1")]).licence == FACTS_ONLY


def test_expressions() -> None:
    assert expression([]) == FACTS_ONLY
    assert expression(["none", "CC-BY-NC-SA-4.0"]) == FACTS_ONLY
    assert expression(["ODbL-1.0", "CC0-1.0", "ODbL-1.0", "none"]) == "CC0-1.0 AND ODbL-1.0"


def test_the_register() -> None:
    assert check_licence("etalab-2.0") == []
    [fault] = check_licence("Apache")
    assert fault.startswith('rights.licence: found "Apache"; the register has etalab-2.0')
    assert all(licence.url for licence in register().values() if licence.open)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (12, "12"), (0.5, "0.5"), ({"b": "é", "a": "1"}, '{"a": "1", "b": "é"}'), (["x"], '["x"]')],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


# --------------------------------------------------------------------------------------------- whatever the records

WORDS = st.sampled_from(["x", "y", "X", "Ville", "ville"])
CODES = {"themes": ["health", "sport"], "beneficiaries": ["women"], "methods": ["reuse"], "funding_kinds": ["loan"]}


def listed(name: str) -> st.SearchStrategy[list[Any]]:
    if name == "sdgs":
        return st.lists(st.integers(1, 17), unique=True, max_size=3)
    if name in BLOCKS:
        return st.lists(st.fixed_dictionaries({"name": WORDS}, optional={"year": WORDS, "kind": WORDS}), max_size=3)
    return st.lists(st.sampled_from(CODES[name]) if name in CODES else WORDS, unique=True, max_size=3)


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        values: dict[str, Any] = {"name": draw(WORDS)}
        for name in (*SINGLE[1:], *LONGEST):
            values[name] = draw(st.none() | WORDS)
        for name in (*LISTS, *BLOCKS):
            values[name] = draw(st.none() | listed(name))
        for name in PLACE:
            values[name] = draw(st.none() | WORDS)
        values |= {
            "status": draw(st.sampled_from([None, "unknown", "running"])),
            "latitude": draw(st.none() | st.floats(-90, 90)), "longitude": draw(st.none() | st.floats(-180, 180)),
            "geo_precision": draw(st.sampled_from(PRECISIONS)), "geo_method": "name",
            "geo_confidence": draw(st.floats(0, 1)),
        }  # fmt: skip
        originals = {
            name: [f"{name} {index} of {number}" for index in range(len(held) if isinstance(held, list) else 1)]
            for name, held in values.items()
        }
        licence = draw(st.sampled_from(["etalab-2.0", "ODbL-1.0", "none"]))
        found.append(Member(draw(st.sampled_from("ab")), str(number), licence, licence != "none", values, originals))
    return found


@given(members())
@settings(deadline=None)
def test_every_published_value_has_its_origin(records: list[Member]) -> None:
    merged = merge(records)
    by_name = {(record.source_id, record.record_key): record for record in records}
    for name, held in merged.values.items():
        told = of(name, merged.provenance)
        items = held if isinstance(held, list) else [held]
        assert [value.value for value in told] == [as_text(item) for item in items]
        assert [value.rank for value in told] == list(range(1, len(items) + 1))
        for item, value in zip(items, told, strict=True):
            if value.rule == "no record tells it":
                continue
            record = by_name[value.source_id, value.record_key]
            kept = record.values[name]
            index = kept.index(item) if isinstance(kept, list) else 0
            assert (kept[index] if isinstance(kept, list) else kept) == item
            assert value.original == record.originals[name][index]
    assert all(held is not None and held != [] for held in merged.values.values())
    assert {value.field for value in merged.provenance} == merged.values.keys()


@given(members(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_records_does_not_matter(records: list[Member], chance: random.Random) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert merge(shuffled) == merge(records)


def test_the_language_is_that_of_the_summary_else_of_the_name() -> None:
    short = member("a", name="Le Lieu", language="fr", summary="Un lieu")
    long = member("b", name="Le Lieu", language="en", summary="A place where people meet")
    merged = merge([short, long])
    assert merged.values["language"] == "en"
    [told] = of("language", merged.provenance)
    assert (told.source_id, told.rule) == ("b", "language of the summary")
    bare = merge([member("a", name="Le Lieu", language="fr"), member("b", name="Le Lieu")])
    assert bare.values["language"] == "fr"
    assert "language" not in merge([member("a", name="Le Lieu")]).values
