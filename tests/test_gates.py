"""The gates: what is not believable does not get in, what may not be published does not get out."""

from __future__ import annotations

import datetime as dt
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_warehouse import add_initiative, emptied, row

from flows.gates import portrait_of
from flows.processes import in_order
from scrapers.record import RawRecord, RecordWriter, read_placed
from transforms.normalise.contacts import contacts_in_address, find_contacts
from warehouse import gate_contacts
from warehouse.gate import Bounds, let_through, outlived, source_checks
from warehouse.gate_contacts import COORDINATE, HINT, Found
from warehouse.gate_merged import merged_checks
from warehouse.portrait import Portrait, Sitting, portray
from warehouse.store import Store
from warehouse.table import literal

# ----------------------------------------------------------------------------------------------------- one source


def source_faults(bounds: Bounds, rows: int, filled: Mapping[str, int], history: Sequence[int]) -> list[str]:
    return told(bounds, Portrait(rows, filled), None, history)


def told(bounds: Bounds, now: Portrait, before: Portrait | None = None, history: Sequence[int] = ()) -> list[str]:
    """What holds a source back, with a remedy each."""
    failed = [check for check in source_checks(bounds, now, before, history) if check.holds_back]
    assert all(check.remedy for check in failed)
    return [check.told for check in failed]


def rules(now: Portrait, before: Portrait, bounds: Bounds | None = None) -> set[tuple[str, str]]:
    """The rules that fail, with their fields."""
    found = source_checks(bounds or Bounds(0), now, before)
    return {(check.rule, check.subject) for check in found if not check.passed}


def places(count: int, **fields: str) -> Portrait:
    """So many records; "#" in a field stands for the number of the record, and "" for an empty field."""
    usual = {"name": "Lieu #", "url": "https://lieu-#.example.org", "postcode": "29000", "key": "#"} | fields
    return portray(
        (
            usual["key"].replace("#", str(n)),
            {name: text.replace("#", str(n)) for name, text in usual.items() if name != "key"},
        )
        for n in range(count)
    )


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
        (Bounds(1), 199, [100], None),
        (Bounds(1), 200, [100], "200 records, usually 100: is the list there twice, or that of somebody else?"),
        (Bounds(1), 150, [100, 60, 100], None),
        (Bounds(1, max_growth=4.1), 500, [100], None),
        (
            Bounds(1, max_growth=0.5),
            150,
            [100],
            "150 records, usually 100: is the list there twice, or that of somebody else?",
        ),
        (Bounds(1), 500, [9], None),
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
    bounds = Bounds(0, max_drop=drop, max_growth=math.inf)
    if not source_faults(bounds, rows, {}, history):
        assert source_faults(bounds, rows + 1, {}, history) == []


def test_a_field_that_goes_empty_is_told_by_name() -> None:
    before, now = places(50), places(50, postcode="")
    assert rules(now, before) == {("fill-collapse", "postcode")}
    [sentence] = told(Bounds(0), now, before)
    assert sentence == "postcode is filled in 0% of the records, it was in 100% on the last good night"


@pytest.mark.parametrize(("had", "has", "collapsed"), [(25, 4, True), (25, 5, False), (24, 0, False), (50, 11, False)])
def test_a_field_may_become_rarer(had: int, has: int, collapsed: bool) -> None:
    before, now = (Portrait(50, {"siret": count}) for count in (had, has))
    assert rules(now, before) == ({("fill-collapse", "siret")} if collapsed else set())


def test_few_records_prove_nothing() -> None:
    assert rules(places(9, postcode="", name="Accueil", key="x#"), places(9)) == set()
    assert rules(places(19, name="Accueil"), places(19)) == set()


def test_a_field_that_the_definition_gave_up_or_promises_is_judged_there() -> None:
    before, now = places(50), places(50, postcode="")
    assert rules(now, before, Bounds(0, fields={"name", "url"})) == set()
    assert rules(now, before, Bounds(0, filled={"postcode": 0.0})) == set()


def test_the_same_text_everywhere_is_contamination() -> None:
    before, now = places(30), places(30, name="Accueil")
    assert rules(now, before) == {("same-value", "name")}
    assert told(Bounds(0), now, before)[0].startswith('name is "Accueil" in 30 of 30 records')
    assert rules(now, now) == set()  # a network whose places all have one name has had it before


def test_titles_that_come_again_and_again_are_told() -> None:
    now = portray((str(n), {"name": f"Rubrique {n % 4}"}) for n in range(40))
    assert rules(now, portray((str(n), {"name": f"Lieu {n}"}) for n in range(40))) == {("repeated-values", "name")}
    assert rules(now, now) == set()


def test_variety_can_be_promised() -> None:
    now = portray((str(n), {"name": f"Rubrique {n % 4}"}) for n in range(40))
    assert told(Bounds(0, distinct={"name": 0.5}), now) == ["name has 4 values in 40 records, at least 50% expected"]
    assert told(Bounds(0, distinct={"name": 0.1, "url": 1.0}), now) == []


def test_a_contact_is_not_told_on() -> None:
    [sentence] = told(Bounds(0), places(30, email="camille@example.org"), places(30, email="lieu-#@example.org"))
    assert find_contacts(sentence) == []


def test_keys_that_all_change_are_held_back() -> None:
    before, now = places(40), places(40, key="lieu-#")
    assert rules(now, before) == {("keys-changed", "")}
    [check] = [each for each in source_checks(Bounds(0), now, before) if not each.passed]
    assert "40 of the 40 keys of the last good night are gone, such as 0, 1, 10" in check.told
    assert "moved_keys.csv" in check.remedy
    assert rules(now, before, Bounds(0, keys_kept=0.0)) == set()


@pytest.mark.parametrize(("shift", "changed"), [(0, False), (20, False), (31, False), (32, True), (40, True)])
def test_a_list_that_turns_over_is_no_change_of_keys(shift: int, changed: bool) -> None:
    now = portray((str(n + shift), {"name": f"Lieu {n + shift}"}) for n in range(40))
    assert (("keys-changed", "") in rules(now, places(40))) is changed


def test_a_source_that_grows_or_shrinks_has_no_change_of_keys() -> None:
    assert rules(places(100, key="x#"), places(40)) == set()
    assert rules(places(40, key="x#"), places(100)) == set()


def test_other_initiatives_under_known_keys_are_held_back() -> None:
    before = places(40, name="Lieu #", address="# rue du Port", postcode="44#")
    other = places(40, name="Jardin #", address="# quai de Seine", postcode="75#", url="https://jardin-#.example.org")
    assert rules(other, before) == {("content-swapped", "")}
    [check] = [each for each in source_checks(Bounds(0), other, before) if not each.passed]
    assert check.told.startswith("other initiatives stand under 40 of the 40 known keys, such as 0, 1, 10")
    assert "[identity]" in check.remedy
    assert let_through([check], {"content-swapped": "camille, 2026-11-22"})[0].holds_back is False


@pytest.mark.parametrize("shift", [1, 7])
def test_rows_that_slip_below_their_keys_are_held_back(shift: int) -> None:
    def listed(by: int) -> Portrait:  # all in one town: nothing but the names tells them apart
        return portray((str(n), {"name": f"Lieu {(n + by) % 40}", "postcode": "29000"}) for n in range(40))

    assert rules(listed(shift), listed(0)) == {("content-swapped", "")}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Maison #"},
        {"address": "quai neuf #", "postcode": "35000", "url": "https://new.example.org/#"},
        {"name": "Maison #", "url": "https://new.example.org/#"},
        {"name": "LIEU #", "url": "https://new.example.org/#", "address": "1 place #", "postcode": "35000"},
    ],
)
def test_another_name_or_another_place_is_still_the_same(change: dict[str, str]) -> None:
    usual = {"address": "# rue du Port"}
    assert rules(places(40, **usual | change), places(40, **usual)) == set()


@pytest.mark.parametrize(("swapped", "held"), [(19, False), (20, True)])
def test_some_places_may_become_others(swapped: int, held: bool) -> None:
    def listed(others: int) -> Portrait:
        return portray(
            (str(n), {"name": f"{'Jardin' if n < others else 'Lieu'} {n}", "postcode": f"{n + 100 * (n < others)}"})
            for n in range(40)
        )

    assert (("content-swapped", "") in rules(listed(swapped), listed(0))) is held


def test_every_row_twice_is_held_back_however_it_is_counted() -> None:
    def listed(times: int) -> Portrait:
        rows = range(40 * times)
        return portray((str(n), {"name": f"Lieu {n % 40}", "address": f"{n % 40} rue du Port"}) for n in rows)

    once, twice = listed(1), listed(2)
    assert rules(twice, once) == {("duplicates", "")}
    grown = source_checks(Bounds(0), twice, once, [40])
    assert [check.rule for check in grown if not check.passed] == ["growth", "duplicates"]
    assert rules(twice, twice) == set()  # a list that always was so


def test_homonyms_elsewhere_are_no_duplicates() -> None:
    now = portray((str(n), {"name": "Repair Café", "postcode": f"{n}"}) for n in range(40))
    assert ("duplicates", "") not in rules(now, places(40))


def test_what_a_person_accepts_passes_and_stays_told() -> None:
    checks = source_checks(Bounds(0), places(40, key="lieu-#", name="Accueil"), places(40))
    passed = let_through(checks, {"keys-changed": "camille, 2026-11-22"})
    assert [check.rule for check in passed if check.holds_back] == ["same-value"]
    [accepted] = [check for check in passed if check.accepted_by]
    assert (accepted.rule, accepted.passed) == ("keys-changed", False)


def test_a_sample_of_a_large_source_stands_for_all() -> None:
    def drawn(key: str, **fields: str) -> Portrait:
        records = ((key.replace("#", str(n)), {"name": f"Lieu {n}"} | fields) for n in range(3000))
        return portray(records, most=200)

    before = drawn("#")
    assert (before.rows, len(before.keys), before.filled) == (3000, 200, {"name": 3000})
    assert before == portray(
        ((str(n), {"name": f"Lieu {n}"}) for n in reversed(range(3000))), most=200
    )  # whatever their order
    assert rules(drawn("#"), before) == set()
    assert rules(drawn("x#"), before) == {("keys-changed", "")}
    assert rules(drawn("#", name="Accueil"), before) == {("same-value", "name")}
    grown = portray(((str(n), {"name": f"Lieu {n}"}) for n in range(5000)), most=200)
    assert rules(grown, before) == set()


def test_a_sample_that_is_read_again_from_its_file_makes_the_same_portrait(tmp_path: Path) -> None:
    records = [RawRecord("a", f"é{n}", {"name": f"Lieu {n % 7}", "url": "x" * n}, "page", n) for n in range(300)]
    rows, sitting = tmp_path / "rows.jsonl", Sitting[int](50)
    with RecordWriter(rows) as writer:
        for record in records:
            sitting.see(record.key, record.fields, writer.write(record))
    assert portrait_of(sitting, rows) == portray(((record.key, record.fields) for record in records), 50)
    assert [record for _, record in read_placed(rows)] == records


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


def faults(store: Store, previous: Path | None = None) -> list[str]:
    failed = [check for check in merged_checks(store.connection, previous) if check.holds_back]
    assert all(check.remedy for check in failed)
    return [check.told for check in failed]


def failing(store: Store, previous: Path) -> list[str]:
    return [check.rule for check in merged_checks(store.connection, previous) if not check.passed]


@pytest.fixture
def release(store: Store, tmp_path: Path) -> Path:
    """The database of a last release: 40 initiatives of one record each, all placed, and one id that moved."""
    for number in range(40):
        add_initiative(store, f"es-{number:02}", str(number), geo_precision="commune", source_ids=["lieux"])
    store.insert("moved_id", [row("moved_id", old_id="es-x", new_id="es-00")])
    return kept(store, tmp_path)


def kept(store: Store, folder: Path) -> Path:
    store.connection.execute("CHECKPOINT")
    return Path(shutil.copy(store.path, folder / "previous.duckdb"))


def value(store: Store, field: str, text: str, **told: Any) -> None:
    store.insert("initiative_value", [row("initiative_value", field=field, value=text, **told)])


def test_a_sound_warehouse_passes(store: Store) -> None:
    add_initiative(store, name="Le Hangar", summary="Ouvert de 9h à 12h, 44000 Nantes")
    value(store, "name", "Le Hangar", original="LE HANGAR")
    store.insert("moved_id", [row("moved_id", old_id="es-x", new_id="es-a")])
    assert faults(store) == []


def test_values_stand_once(store: Store) -> None:
    add_initiative(store, name="x")
    add_free(store)
    for table in ("initiative_value", "initiative_value_licence_ouverte"):
        twice = row(table, field="needs", rank=2, value="x")
        store.insert(table, [twice, twice | {"rule": "another"}, twice | {"rank": 3}])
    assert faults(store) == [
        "1 values stand twice at one place of their initiative",
        "1 values under the Licence Ouverte stand twice at one place of their initiative",
    ]


def test_an_empty_warehouse_does_not(store: Store) -> None:
    assert faults(store) == ["there is no initiative at all"]


def test_the_same_set_again_passes_every_rule(store: Store, release: Path) -> None:
    assert faults(store, release) == []
    assert len(merged_checks(store.connection, release)) > 12


@pytest.mark.parametrize(
    ("gone", "told"), [(12, []), (13, ["withdrawn"]), (20, ["withdrawn"]), (21, ["initiatives", "withdrawn"])]
)
def test_many_initiatives_may_not_vanish(store: Store, release: Path, gone: int, told: list[str]) -> None:
    for table in ("initiative", "initiative_source", "record"):
        store.connection.execute(f"DELETE FROM {table} WHERE initiative_id >= 'es-{40 - gone:02}'")
    assert failing(store, release) == told


def test_a_source_that_is_gone_takes_its_initiatives_along(store: Store, tmp_path: Path) -> None:
    for number in range(40):
        add_initiative(store, f"es-{number:02}", str(number), source_ids=["old" if number < 18 else "lieux"])
        store.connection.execute("UPDATE initiative_source SET source_id = 'old' WHERE record_key::INTEGER < 18")
    release = kept(store, tmp_path)
    for table in ("initiative", "initiative_source", "record"):
        store.connection.execute(f"DELETE FROM {table} WHERE initiative_id < 'es-18'")
    assert failing(store, release) == []


@pytest.mark.parametrize(("gone", "told"), [(2, []), (3, ["sources-gone"])])
def test_sources_may_not_all_reach_their_limit_at_once(
    store: Store, tmp_path: Path, gone: int, told: list[str]
) -> None:
    for number in range(40):
        add_initiative(store, f"es-{number:02}", str(number), source_ids=[f"s{number % 6}"])
    for table in ("initiative_source", "record"):
        store.connection.execute(f"UPDATE {table} SET source_id = 's' || (record_key::INTEGER % 6)")
    release = kept(store, tmp_path)
    for table in ("initiative", "initiative_source", "record"):
        store.connection.execute(f"DELETE FROM {table} WHERE initiative_id[4:]::INTEGER % 6 < {gone}")
    assert [rule for rule in failing(store, release) if rule != "initiatives"] == told


def test_an_id_may_not_be_lost_while_its_record_is_here(store: Store, release: Path) -> None:
    for table in ("initiative", "initiative_source", "record"):
        store.connection.execute(f"UPDATE {table} SET initiative_id = 'es-new' WHERE initiative_id = 'es-07'")
    assert faults(store, release) == [
        "1 ids of the last release lead nowhere though their records are here, such as es-07"
    ]
    store.insert("moved_id", [row("moved_id", old_id="es-07", new_id="es-new")])
    assert faults(store, release) == []


def test_a_redirect_may_not_be_lost(store: Store, release: Path) -> None:
    store.connection.execute("DELETE FROM moved_id")
    assert faults(store, release) == ["1 redirects of the last release are gone, such as es-x"]


@pytest.mark.parametrize(("unplaced", "told"), [(4, []), (5, ["placed"])])
def test_places_may_not_be_lost(store: Store, release: Path, unplaced: int, told: list[str]) -> None:
    store.connection.execute("UPDATE record SET geo_precision = 'region' WHERE record_key::INTEGER < ?", [unplaced])
    assert failing(store, release) == told


def test_a_finer_place_is_no_loss(store: Store, release: Path) -> None:
    store.connection.execute("UPDATE record SET geo_precision = 'street'")
    assert failing(store, release) == []


def test_clusters_may_not_explode(store: Store, release: Path) -> None:
    def joined(last: int) -> list[str]:
        store.connection.execute("DELETE FROM moved_id WHERE new_id = 'es-01'")
        for table in ("initiative_source", "record"):
            store.connection.execute(
                f"UPDATE {table} SET initiative_id = 'es-01' WHERE record_key::INTEGER BETWEEN 1 AND {last}"
            )
        store.connection.execute("DELETE FROM initiative WHERE initiative_id BETWEEN 'es-02' AND ?", [f"es-{last:02}"])
        moves = [row("moved_id", old_id=f"es-{n:02}", new_id="es-01") for n in range(2, last + 1)]
        store.insert("moved_id", moves)
        return failing(store, release)

    assert joined(6) == []
    assert joined(7) == ["largest-cluster"]
    assert joined(19) == ["largest-cluster", "cluster-size"]


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


@given(st.from_regex(COORDINATE, fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_what_passes_for_a_degree_is_no_contact(text: str) -> None:
    assert not find_contacts(text)
    assert not contacts_in_address(text)


def test_processes_that_share_the_search_miss_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add_initiative(store, summary="Joindre jeanne.exemple@example.org")
    told = {"kind": "new", "field": "summary"}
    texts = [f"Joindre jeanne.exemple{number}@example.org, ou @lehangar" for number in range(5_000)]
    changes = [row("change", initiative_id=str(number), after=text, **told) for number, text in enumerate(texts)]
    store.insert("change", changes)
    alone = merged_checks(store.connection)
    shared: list[Path] = []

    def two(function: Callable[[Path], Found], parts: Sequence[Path]) -> Iterator[Found]:
        shared.extend(parts)
        return in_order(function, parts, 2)

    monkeypatch.setattr(gate_contacts, "WORTH", 0)
    monkeypatch.setattr(gate_contacts, "PART", 2_048)
    assert merged_checks(store.connection, spread=two) == alone
    assert len(shared) > 1
    [fault] = [check.told for check in alone if check.rule == "personal-data"]
    assert fault.startswith("5002 published texts hold a contact, such as ")


# --------------------------------------------------------------------------------------- contacts that may be there


def test_contacts_of_organisations_pass_and_those_of_people_do_not(store: Store) -> None:
    add_initiative(store, contact_email="contact@example.org", contact_phone="+33261910000")
    value(store, "contact_email", "contact@example.org", original="contact@example.org")
    store.insert("change", [row("change", field="contact_phone", before="+33261910000")])
    assert faults(store) == []
    store.connection.execute("UPDATE record SET contact_email = 'jeanne.exemple@example.org'")
    store.connection.execute("UPDATE initiative SET contact_phone = '+33600000000'")
    [fault] = faults(store)
    assert "2 published texts hold a contact" in fault
    assert "record.contact_email" in fault
    assert "initiative.contact_phone" in fault


@pytest.mark.parametrize(
    "told",
    [
        {"summary": "Une phrase"}, {"impact": "Une phrase"}, {"needs": ["un local"]},
        {"contact_email": "contact@example.org"}, {"partners": [{"name": "Ville", "motivation": "Une phrase"}]},
    ],
)  # fmt: skip
def test_records_without_an_open_licence_hold_facts_only(store: Store, told: dict[str, Any]) -> None:
    add_initiative(store, licence="none", **told)
    assert faults(store) == ["1 records of sources without an open licence hold sentences or contacts"]
    add_initiative(store, "es-b", "2", licence="etalab-2.0", **told)
    assert len(faults(store)) == 1


@pytest.mark.parametrize("nothing", ["null", "NR", "{{ place.name }}"])
def test_a_name_that_says_nothing_is_none(nothing: str) -> None:
    now = portray((str(n), {"name": nothing if n % 2 else f"Lieu {n}"}) for n in range(40))
    assert now.fill("name") == 0.5


# -------------------------------------------------------------------------------------------------- licences apart


def add_free(store: Store, id: str = "es-a", key: str = "1", source: str = "lieux", name: str = "x") -> None:
    """Put an initiative into the set under the Licence Ouverte, with the provenance of its name."""
    store.insert("initiative_licence_ouverte", [row("initiative", initiative_id=id, name=name)])
    value = row("initiative_value", initiative_id=id, field="name", value="x", source_id=source, record_key=key)
    store.insert("initiative_value_licence_ouverte", [value])


def test_values_of_attribution_and_fact_sources_stand_under_the_licence_ouverte(store: Store) -> None:
    add_initiative(store, "es-a", "1", "CC-BY-4.0")
    add_initiative(store, "es-b", "2", "none")
    add_free(store, "es-a", "1")
    add_free(store, "es-b", "2")
    assert faults(store) == []


def test_values_of_odbl_sources_do_not(store: Store) -> None:
    add_initiative(store, licence="ODbL-1.0")
    add_free(store)
    assert faults(store) == ["1 values under the Licence Ouverte come from ODbL sources"]


def test_a_value_without_provenance_has_no_licence(store: Store) -> None:
    add_initiative(store)
    add_free(store, name="another")
    assert faults(store) == ["1 merged values under the Licence Ouverte have no provenance, and so no licence"]


def test_a_row_under_the_licence_ouverte_belongs_to_an_initiative(store: Store) -> None:
    add_initiative(store)
    add_free(store)
    store.connection.execute("UPDATE initiative_licence_ouverte SET initiative_id = 'es-z'")
    store.connection.execute("UPDATE initiative_value_licence_ouverte SET initiative_id = 'es-z'")
    assert faults(store) == ["1 rows under the Licence Ouverte belong to no initiative"]


def test_share_alike_texts_are_merged_nowhere(store: Store) -> None:
    add_initiative(store, licence="CC-BY-SA-4.0", summary="Un jardin.")
    assert faults(store) == ["1 records hold share-alike texts that must stand apart"]
    store.insert("initiative_value", [row("initiative_value", field="summary", value="Un jardin.")])
    assert faults(store) == [
        "1 merged sentences come from sources whose share-alike texts must stand apart",
        "1 records hold share-alike texts that must stand apart",
    ]


@pytest.mark.parametrize(("licence", "good"), [("CC-BY-SA-4.0", True), ("ODbL-1.0", False), ("etalab-2.0", False)])
def test_texts_apart_are_share_alike(store: Store, licence: str, good: bool) -> None:
    add_initiative(store, licence="CC-BY-SA-4.0")
    store.insert("text_share_alike", [row("text_share_alike", licence=licence, field="summary", text="Un jardin.")])
    told = "1 texts set apart come from a source that is not under a share-alike licence of works"
    assert faults(store) == ([] if good else [told])
