"""The only writer: what is put in comes out as it was, and a warehouse appears whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_warehouse import NIGHT, emptied, row

from warehouse.schema import BY_NAME, TABLES
from warehouse.store import Store, building, reading, write_json_lines

NASTY = [
    "'; DROP TABLE initiative; --",
    'a "b" \\n',
    "ligne\nligne\r\n\t",
    "{}",
    "[1]",
    "null",
    "2026-11-22",
    "é✨",
    "",
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("warehouse") / "essaim.duckdb")
    yield store
    store.close()


@pytest.fixture
def store(warehouse: Store) -> Store:
    return emptied(warehouse)


def held(store: Store, table: str = "initiative", **wanted: Any) -> list[dict[str, Any]]:
    where = " AND ".join(f"{name} = ?" for name in wanted) or "true"
    return list(store.rows(f"SELECT * FROM {table} WHERE {where}", list(wanted.values())))


def test_values_of_every_type(store: Store) -> None:
    told = row(
        "initiative", themes=["health", "sport"], sdgs=[3, 11], needs=[], latitude=47.2185, first_seen=NIGHT,
        partners=[{"name": "Ville", "kind": "public"}, {"name": "Région", "contribution": "30 %"}],
    )  # fmt: skip
    assert store.insert("initiative", [told]) == 1
    [found] = held(store)
    assert (found["themes"], found["sdgs"], found["needs"]) == (["health", "sport"], [3, 11], [])
    assert (found["latitude"], found["first_seen"]) == (47.2185, NIGHT)
    assert found["partners"] == [
        {"name": "Ville", "kind": "public", "motivation": None, "contribution": None},
        {"name": "Région", "kind": None, "motivation": None, "contribution": "30 %"},
    ]
    assert found["summary"] is None


def test_json_and_booleans(store: Store) -> None:
    store.insert("raw_record", [row("raw_record", fields={"name": "é", "themes": ["a"], "parts": [{"x": "1"}]})])
    store.insert("issue", [row("issue", rejected=True)])
    [(name, part)] = store.connection.execute(
        "SELECT fields ->> 'name', fields ->> '$.parts[0].x' FROM raw_record"
    ).fetchall()
    assert (name, part) == ("é", "1")
    assert held(store, "issue")[0]["rejected"] is True


@pytest.mark.parametrize("text", NASTY)
def test_texts_are_stored_as_they_are(store: Store, text: str) -> None:
    store.insert("initiative", [row("initiative", name=text, needs=[text], partners=[{"name": text}])])
    [found] = held(store, name=text)
    assert (found["name"], found["needs"], found["partners"][0]["name"]) == (text, [text], text)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_out_as_it_went_in(store: Store, texts: list[str]) -> None:
    store.connection.execute("DELETE FROM match")
    store.insert("match", [row("match", left_record_key=str(index), reason=text) for index, text in enumerate(texts)])
    found = store.rows("SELECT reason FROM match ORDER BY left_record_key::INTEGER")
    assert [row["reason"] for row in found] == texts


def test_nothing_adds_nothing(store: Store) -> None:
    assert store.insert("initiative", []) == 0
    assert held(store) == []


@pytest.mark.parametrize(
    "told",
    [{"name": None}, {"latitude": "ici"}, {"first_seen": "hier"}, {"sdgs": ["trois"]}],
    ids=["missing", "number", "date", "list"],
)
def test_what_breaks_the_contract_is_refused(store: Store, told: dict[str, Any]) -> None:
    with pytest.raises(duckdb.Error):
        store.insert("initiative", [row("initiative", **told)])


@pytest.mark.parametrize(("value", "error"), [(float("nan"), ValueError), (object(), TypeError), ({1}, TypeError)])
def test_what_has_no_place_in_a_row_is_refused(tmp_path: Path, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        write_json_lines(tmp_path / "rows.jsonl", [{"a": value}])


def test_a_key_stands_once(store: Store) -> None:
    with pytest.raises(duckdb.ConstraintException):
        store.insert("initiative", [row("initiative"), row("initiative")])


def test_columns_may_have_another_name_in_the_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_json_lines(path, [{"source": "a", "key": "1", "position": 1, "origin": "x", "fields": {"name": "A"}}])
    called = {"source_id": "source", "record_key": "key"}
    store.read("raw_record", BY_NAME["raw_record"].columns, path, called)
    [found] = held(store, "raw_record")
    assert (found["source_id"], found["record_key"], found["fields"]) == ("a", "1", '{"name":"A"}')


def test_every_table_and_column_has_its_comment(store: Store) -> None:
    tables = dict(store.connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    columns = store.connection.execute("SELECT table_name, column_name, comment FROM duckdb_columns()").fetchall()
    comments = {(table, column): comment for table, column, comment in columns}
    for table in TABLES:
        assert tables[table.name] == f"{table.en} / {table.fr}"
        for column in table.columns:
            assert comments[table.name, column.name] == f"{column.en} / {column.fr}"


# ------------------------------------------------------------------------------------------------------- swapping


def names(path: Path) -> list[str]:
    with reading(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM initiative").fetchall()]


def build(path: Path, name: str) -> None:
    with building(path) as store:
        store.insert("initiative", [row("initiative", name=name)])


def test_a_whole_warehouse_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "home" / "essaim.duckdb"
    build(path, "first")
    build(path, "second")
    assert names(path) == ["second"]
    assert [file.name for file in path.parent.iterdir()] == ["essaim.duckdb"]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_fails_leaves_the_old_one(tmp_path: Path, fault: type[BaseException]) -> None:
    path = tmp_path / "essaim.duckdb"
    build(path, "first")
    with pytest.raises(fault), building(path) as store:
        store.insert("initiative", [row("initiative", name="half")])
        raise fault
    assert names(path) == ["first"]
    assert [file.name for file in tmp_path.iterdir()] == ["essaim.duckdb"]


def test_readers_of_the_old_one_are_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "essaim.duckdb"
    build(path, "first")
    with reading(path) as connection:
        build(path, "second")
        assert connection.execute("SELECT name FROM initiative").fetchall() == [("first",)]
    assert names(path) == ["second"]


def test_what_a_killed_run_left_does_not_get_in(tmp_path: Path) -> None:
    path = tmp_path / "essaim.duckdb"
    (tmp_path / "essaim.duckdb.new").write_bytes(b"half a database")
    (tmp_path / "essaim.duckdb.new.wal").write_bytes(b"half a log")
    build(path, "whole")
    assert names(path) == ["whole"]
    assert [file.name for file in tmp_path.iterdir()] == ["essaim.duckdb"]


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "essaim.duckdb"
    build(path, "first")
    with reading(path) as connection, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.execute("DELETE FROM initiative")


def test_nights_are_dates(store: Store) -> None:
    store.insert("run", [row("run", as_of=dt.date(2024, 2, 29))])
    assert held(store, "run")[0]["as_of"] == dt.date(2024, 2, 29)
