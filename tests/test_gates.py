"""The gates: what is not believable does not get in, what may not be published does not get out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_warehouse import add_initiative, emptied, row

from transforms.normalise.contacts import contacts_in_address, find_contacts
from warehouse.gate import HINT, Bounds, merged_faults, outlived, source_faults
from warehouse.store import Store
from warehouse.table import literal

# ----------------------------------------------------------------------------------------------------- one source


@pytest.mark.parametrize(
    ("bounds", "rows", "history", "told"),
    [
        (Bounds(10), 10, [], None),
        (Bounds(10), 9, [], "9 records, at least 10 expected"),
        (Bounds(0, 20), 20, [], None),
        (Bounds(0, 20), 21, [], "21 records, at most 20 expected"),
        (Bounds(1), 70, [100], None),
        (Bounds(1), 69, [100], "69 records, usually 100"),
        (Bounds(1), 69, [100, 1000, 90], "69 records, usually 100"),
        (Bounds(1), 60, [50, 100], None),
        (Bounds(1, max_drop=0.0), 99, [100], "99 records, usually 100"),
        (Bounds(1, max_drop=1.0), 1, [100], None),
        (Bounds(1), 500, [100], None),
        (Bounds(1), 5, [2_000_001], "5 records, usually 2000001"),
    ],
)
def test_a_source_is_believed_within_its_bounds(
    bounds: Bounds, rows: int, history: list[int], told: str | None
) -> None:
    assert source_faults(bounds, rows, {}, history) == ([] if told is None else [told])


@pytest.mark.parametrize(
    ("least", "given", "told"),
    [
        (0.9, 90, None),
        (0.9, 89, "name is filled in 89 of 100 records, in at least 90% expected"),
        (1.0, 100, None),
        (0.0, 0, None),
        (0.1, 0, "name is filled in 0 of 100 records, in at least 10% expected"),
    ],
)
def test_a_source_fills_its_fields(least: float, given: int, told: str | None) -> None:
    bounds = Bounds(1, filled={"name": least})
    assert source_faults(bounds, 100, {"name": given, "url": 3}, []) == ([] if told is None else [told])


def test_every_fault_is_told_and_nothing_fills_nothing() -> None:
    bounds = Bounds(10, filled={"name": 1.0, "url": 0.5})
    assert len(source_faults(bounds, 5, {"name": 4}, [100])) == 4
    assert source_faults(bounds, 0, {}, []) == ["0 records, at least 10 expected"]


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=5), st.floats(0, 1))
def test_more_records_never_make_a_drop(rows: int, history: list[int], drop: float) -> None:
    bounds = Bounds(0, max_drop=drop)
    if not source_faults(bounds, rows, {}, history):
        assert source_faults(bounds, rows + 1, {}, history) == []


@pytest.mark.parametrize(("days", "gone"), [(0, False), (30, False), (31, True)])
def test_a_source_lives_to_its_limit(days: int, gone: bool) -> None:
    since = dt.date(2026, 2, 10)
    assert outlived(since, since + dt.timedelta(days), 30) is gone


# ------------------------------------------------------------------------------------------------- the merged set


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("warehouse") / "essaim.duckdb")
    yield store
    store.close()


@pytest.fixture
def store(warehouse: Store) -> Store:
    return emptied(warehouse)


def faults(store: Store, before: int = 0) -> list[str]:
    return merged_faults(store.connection, before)


def value(store: Store, field: str, text: str, **told: Any) -> None:
    store.insert("initiative_value", [row("initiative_value", field=field, value=text, **told)])


def test_a_sound_warehouse_passes(store: Store) -> None:
    add_initiative(store, name="Le Hangar", summary="Ouvert de 9h à 12h, 44000 Nantes")
    value(store, "name", "Le Hangar", original="LE HANGAR")
    store.insert("moved_id", [row("moved_id", old_id="es-x", new_id="es-a")])
    assert faults(store, 2) == []


def test_an_empty_warehouse_does_not(store: Store) -> None:
    assert faults(store) == ["there is no initiative at all"]


@pytest.mark.parametrize(("before", "told"), [(4, []), (5, ["2 initiatives, 5 in the last release"]), (1, [])])
def test_half_of_the_initiatives_may_not_vanish(store: Store, before: int, told: list[str]) -> None:
    for key in ("1", "2"):
        add_initiative(store, f"es-{key}", key)
    assert faults(store, before) == told


def test_a_licence_must_be_in_the_register(store: Store) -> None:
    add_initiative(store, licence="WTFPL")
    assert faults(store) == ["licences not in the register: WTFPL"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM initiative WHERE initiative_id = 'es-b'", "1 records belong to no initiative"),
        ("DELETE FROM initiative_source WHERE initiative_id = 'es-b'", "1 initiatives have no record behind them"),
        (
            "INSERT INTO initiative_value VALUES ('es-b', 'name', 1, 'x', 'lieux', '9', NULL, 'x')",
            "1 values come from a record that is not behind their initiative",
        ),
        ("INSERT INTO moved_id VALUES ('es-a', 'es-b', '2026-01-01')", "1 moved ids are still in use"),
        (
            "INSERT INTO moved_id VALUES ('es-x', 'es-y', '2026-01-01'), ('es-y', 'es-a', '2026-01-01')",
            "1 moved ids lead to one that moved itself",
        ),
    ],
)
def test_what_hangs_loose_is_told(store: Store, sql: str, told: str) -> None:
    add_initiative(store)
    add_initiative(store, "es-b", "2")
    assert faults(store) == []
    store.connection.execute(sql)
    assert faults(store) == [told]


@pytest.mark.parametrize(("licence", "sound"), [("none", False), ("CC-BY-NC-SA-4.0", False), ("ODbL-1.0", True)])
@pytest.mark.parametrize("field", ["summary", "impact", "needs"])
def test_sentences_need_an_open_licence(store: Store, field: str, licence: str, sound: bool) -> None:
    add_initiative(store, licence=licence)
    value(store, "name", "x")
    value(store, field, "Une phrase")
    assert faults(store) == ([] if sound else ["1 sentences come from sources without an open licence"])


# ------------------------------------------------------------------------------------------------------- contacts

CONTACT = "Écrire à jeanne@exemple.fr"
URL = "http://www.mairie.fr/index.php/2013-02-07-16-24-54/0612345678"


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"summary": CONTACT}, "initiative.summary of es-a"),
        ({"summary": "jeanne (at) exemple.fr"}, "initiative.summary of es-a"),
        ({"summary": "jeanne at exemple dot org"}, "initiative.summary of es-a"),
        ({"name": "Le Hangar 02 40 12 34 56"}, "initiative.name of es-a"),
        ({"needs": ["un local", CONTACT]}, "initiative.needs of es-a"),
        ({"partners": [{"name": "Ville", "contribution": CONTACT}]}, "initiative.partners of es-a"),
        ({"url": "https://wa.me/33612345678"}, "initiative.url of es-a"),
        ({"url": "https://x.fr/?m=jeanne%40exemple.fr"}, "initiative.url of es-a"),
    ],
)
def test_a_contact_is_told_by_its_place_not_by_its_text(store: Store, told: dict[str, Any], place: str) -> None:
    add_initiative(store, **told)
    [fault] = faults(store)
    assert "2 published texts hold a contact" in fault  # in the initiative, and in its record
    assert place in fault
    assert find_contacts(fault) == contacts_in_address(fault) == []


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("initiative_value", {"field": "summary", "value": CONTACT}),
        ("initiative_value", {"field": "name", "original": CONTACT}),
        ("initiative_value", {"field": "name", "value": "x", "original": URL}),
        ("initiative_value", {"field": "url", "original": "https://x.fr/?phone=0612345678"}),
        ("change", {"field": "summary", "before": CONTACT}),
        ("change", {"field": "", "kind": "withdrawn", "before": "Le Hangar 02 40 12 34 56"}),
        ("change", {"field": "url", "after": "https://x.fr/jeanne@exemple.fr"}),
        ("issue", {"message": CONTACT}),
        ("source", {"attribution": CONTACT}),
        ("match", {"reason": CONTACT}),
        ("match", {"left_record_key": "jeanne@exemple.fr"}),
    ],
)
def test_contacts_are_found_in_every_published_table(store: Store, table: str, told: dict[str, Any]) -> None:
    add_initiative(store)
    store.insert(table, [row(table, **told)])
    [fault] = faults(store)
    assert f"1 published texts hold a contact, such as {table}." in fault
    assert find_contacts(fault) == []


def test_digits_of_an_address_are_no_telephone_number(store: Store) -> None:
    add_initiative(store, url=URL)
    value(store, "url", URL, original=URL)
    store.connection.execute("UPDATE initiative_source SET record_url = ?", [URL])
    store.insert("change", [row("change", field="url", before=URL, after=URL)])
    store.insert("source", [row("source", publisher_url=URL, licence_proof=URL)])
    store.insert("match", [row("match", left_record_key="0612345678", right_record_key=URL)])
    assert faults(store) == []


def test_identifiers_and_coordinates_are_no_telephone_numbers(store: Store) -> None:
    numbers = {"siren": "012345678", "siret": "01234567800012", "rna": "W061234567"}
    add_initiative(store, latitude=-0.612345, longitude=3.005824, **numbers)
    for field, text in numbers.items():
        value(store, field, text)
    assert faults(store) == []


def test_what_is_not_published_is_not_searched(store: Store) -> None:
    add_initiative(store)
    store.insert("raw_record", [row("raw_record", fields={"mail": CONTACT}, origin=CONTACT)])
    assert faults(store) == []


PIECES = [
    "jeanne", "@", "x.fr", "(at)", " ", "[arobase]", ".", " point ", "06", "12", "34", "+33", "00", "0", "-", "/",
    "tel:", "%40", "%2540", "%20", "phone=", "wa.me/", "&#64;", "&commat;", "_at_", " at ", "dot", "fr", "(0)", "٠",
    "＠", "\xa0", "\n", "1", "AROBASE",
]  # fmt: skip


@given(
    st.lists(st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=14).map("".join)), min_size=1)
)
@settings(max_examples=150, deadline=None)
def test_nothing_that_holds_a_contact_escapes_the_hint(texts: list[str]) -> None:
    found = duckdb.execute(f"SELECT t FROM unnest(?::VARCHAR[]) u(t) WHERE regexp_matches(t, {literal(HINT)})", [texts])
    hinted = {text for (text,) in found.fetchall()}
    assert {text for text in texts if find_contacts(text) or contacts_in_address(text)} <= hinted
