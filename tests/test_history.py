"""What changed since the last release: told field by field, and silence when nothing did."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_warehouse import BEFORE, NIGHT, add_initiative, emptied, row

from warehouse.history import nothing_changed, record_changes
from warehouse.store import Store, building

FIRST = dt.date(2025, 1, 1)
FULL: dict[str, Any] = {
    "name": "Le Hangar", "summary": None, "themes": ["health"], "sdgs": [3], "latitude": 47.2, "started_on": "2019",
    "partners": [{"name": "Ville"}], "first_seen": FIRST, "changed_on": BEFORE,
}  # fmt: skip


def add(store: Store, id: str = "es-a", key: str = "1", **told: Any) -> None:
    add_initiative(store, id, key, **FULL | told)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "previous.duckdb"
    with building(path) as store:
        add(store)
        store.insert("source", [row("source", checked_on=BEFORE)])
    return path


@pytest.fixture
def previous(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(release, tmp_path))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("warehouse") / "now.duckdb")
    yield store
    store.close()


@pytest.fixture
def store(warehouse: Store) -> Store:
    return emptied(warehouse)


def tonight(store: Store, **told: Any) -> None:
    """The same initiative once more, as a build writes it: seen and changed tonight, until history says better."""
    add(store, **{"first_seen": NIGHT, "changed_on": NIGHT} | told)
    store.insert("source", [row("source", checked_on=NIGHT)])


def changes(store: Store, previous: Path | None) -> list[tuple[Any, ...]]:
    count = record_changes(store.connection, previous, NIGHT)
    found = store.connection.execute("SELECT * FROM change ORDER BY ALL").fetchall()
    assert count == len(found)
    return found


def nights(store: Store) -> tuple[dt.date, dt.date]:
    [found] = store.connection.execute(
        "SELECT first_seen, changed_on FROM initiative WHERE initiative_id = 'es-a'"
    ).fetchall()
    return found[0], found[1]


def test_the_first_release_adds_everything(store: Store) -> None:
    tonight(store)
    assert changes(store, None) == [("es-a", "added", "", None, "Le Hangar")]
    assert nights(store) == (NIGHT, NIGHT)


def test_what_stays_the_same_keeps_its_nights(store: Store, previous: Path) -> None:
    tonight(store)
    assert changes(store, previous) == []
    assert nights(store) == (FIRST, BEFORE)


@pytest.mark.parametrize(
    ("field", "value", "before", "after"),
    [
        ("name", "Le  Hangar", "Le Hangar", "Le  Hangar"),
        ("summary", "Un lieu", None, "Un lieu"),
        ("started_on", None, "2019", None),
        ("themes", ["health", "sport"], '["health"]', '["health","sport"]'),
        ("themes", [], '["health"]', "[]"),
        ("sdgs", None, "[3]", None),
        ("latitude", 47.25, "47.2", "47.25"),
        (
            "partners", [{"name": "Ville", "kind": "public"}],
            '[{"name":"Ville","kind":null,"motivation":null,"contribution":null}]',
            '[{"name":"Ville","kind":"public","motivation":null,"contribution":null}]',
        ),
    ],
)  # fmt: skip
def test_each_changed_field_is_told(
    store: Store, previous: Path, field: str, value: Any, before: str | None, after: str | None
) -> None:
    tonight(store, **{field: value})
    assert changes(store, previous) == [("es-a", "changed", field, before, after)]
    assert nights(store) == (FIRST, NIGHT)


def test_what_goes_is_withdrawn_and_what_comes_is_added(store: Store, previous: Path) -> None:
    tonight(store, id="es-b", name="Autre")
    assert changes(store, previous) == [
        ("es-a", "withdrawn", "", "Le Hangar", None),
        ("es-b", "added", "", None, "Autre"),
    ]


def test_what_moved_is_merged(store: Store, previous: Path) -> None:
    tonight(store, id="es-b", name="Autre")
    store.insert("moved_id", [row("moved_id", old_id="es-a", new_id="es-b")])
    assert ("es-a", "merged", "", "Le Hangar", "es-b") in changes(store, previous)


def test_what_is_split_off_says_from_what(store: Store, release: Path, tmp_path: Path) -> None:
    path = tmp_path / "two.duckdb"
    with building(path) as before:
        add(before)
        before.insert("initiative_source", [row("initiative_source", initiative_id="es-a", record_key="2")])
    tonight(store)
    add(store, id="es-b", key="2", name="Autre", first_seen=NIGHT, changed_on=NIGHT)
    assert changes(store, path) == [("es-b", "split", "", "es-a", "Autre")]


def test_what_goes_on_under_a_new_id_is_no_split(store: Store, previous: Path) -> None:
    tonight(store, id="es-b", key="1", name="Autre")
    assert [found[1] for found in changes(store, previous)] == ["withdrawn", "added"]


def test_a_column_that_is_new_in_the_contract_is_no_change_of_everything(store: Store, previous: Path) -> None:
    with duckdb.connect(str(previous)) as old:
        old.execute("ALTER TABLE initiative DROP COLUMN impact")
    tonight(store, impact="12 emplois", name="Nouveau nom")
    assert [found[2] for found in changes(store, previous)] == ["name"]


def test_the_previous_release_is_let_go_of(store: Store, previous: Path) -> None:
    tonight(store)
    changes(store, previous)
    nothing_changed(store.connection, previous)
    assert "previous" not in {
        name for (name,) in store.connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    }


# -------------------------------------------------------------------------------------------------- quiet nights


def quiet(store: Store, previous: Path) -> bool:
    record_changes(store.connection, previous, NIGHT)
    return nothing_changed(store.connection, previous)


def test_a_night_that_only_confirms_is_quiet(store: Store, previous: Path) -> None:
    tonight(store)
    store.connection.execute("UPDATE initiative_source SET checked_on = ?", [NIGHT])
    assert quiet(store, previous)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("initiative_source", {"record_key": "2"}),
        ("source", {"source_id": "fiches"}),
        ("moved_id", {"old_id": "es-x", "new_id": "es-a"}),
        ("record", {"record_key": "2"}),
    ],
)
def test_something_more_is_no_quiet_night(store: Store, previous: Path, table: str, told: dict[str, Any]) -> None:
    tonight(store)
    store.insert(table, [row(table, **told)])
    assert not quiet(store, previous)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE source SET stale_since = DATE '2026-11-20'",
        "UPDATE source SET licence = 'none'",
        "UPDATE source SET title = 'Autre titre'",
        "UPDATE initiative_source SET record_url = 'https://x.fr/'",
        "UPDATE record SET summary = 'dit par une source seulement'",
        "DELETE FROM source",
    ],
)
def test_what_is_told_otherwise_is_no_quiet_night(store: Store, previous: Path, sql: str) -> None:
    tonight(store)
    store.connection.execute(sql)
    assert not quiet(store, previous)


def test_a_change_is_no_quiet_night(store: Store, previous: Path) -> None:
    tonight(store, name="Nouveau nom")
    assert not quiet(store, previous)


def test_a_changed_contract_is_no_quiet_night(store: Store, previous: Path) -> None:
    with duckdb.connect(str(previous)) as old:
        old.execute("ALTER TABLE source DROP COLUMN verified")
    tonight(store)
    assert not quiet(store, previous)


def test_a_table_that_the_last_release_lacks_is_no_quiet_night(store: Store, previous: Path) -> None:
    with duckdb.connect(str(previous)) as old:
        old.execute('DROP TABLE "similar"')
    tonight(store)
    assert not quiet(store, previous)


def test_likeness_alone_is_no_change_and_makes_no_release(store: Store, previous: Path) -> None:
    tonight(store)
    store.insert("similar", [row("similar", similar_id="es-b", scope="nearby")])
    assert quiet(store, previous)
    assert store.connection.execute("SELECT count(*) FROM change").fetchall() == [(0,)]
