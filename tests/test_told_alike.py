"""What both merged sets tell in the same words is put into words once, and the files are those of the long way."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from small_warehouse import row

from warehouse.publish import tables
from warehouse.publish.tables import told_alike, write_nested
from warehouse.store import Store

IDS = ("es-a", "es-b", "es-c", "es-d", "es-e", "es-f", "es-g")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Initiatives that are told alike (a, g), and such that differ in a row (b), a value (c), the number of values (d),
    by a source that was left out though all else is the same (e), or are not in the second set at all (f)."""
    store = Store(tmp_path_factory.mktemp("alike") / "essaim.duckdb")
    whole = [row("initiative", initiative_id=id, name=f"Café {id}") for id in IDS]
    store.insert("initiative", whole)
    store.insert(
        "initiative_licence_ouverte",
        [one | ({"commune": "Rennes"} if one["initiative_id"] == "es-b" else {}) for one in whole if one != whole[5]],
    )
    for number, id in enumerate(IDS):
        for source in ("lieux", "carte") if id == "es-e" else ("lieux",):
            key = str(number)
            store.insert(
                "initiative_source", [row("initiative_source", initiative_id=id, source_id=source, record_key=key)]
            )
        values = [row("initiative_value", initiative_id=id, field=f, rank=1, record_key=key) for f in ("name", "url")]
        store.insert("initiative_value", values)
        if id == "es-c":
            values[0] |= {"rule": "longest"}
        if id != "es-f":
            store.insert("initiative_value_licence_ouverte", values[:1] if id == "es-d" else values)
    return store.connection


def test_only_what_is_the_same_in_all_its_parts_is_alike(connection: duckdb.DuckDBPyConnection) -> None:
    alike, others = told_alike(connection)
    assert alike == {"es-a", "es-g"}
    assert sorted(others) == ["es-b", "es-c", "es-d", "es-e"]


def test_the_files_are_those_of_the_long_way(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("whole", "free", "whole again", "free again")
    whole, free, whole_again, free_again = (tmp_path / name for name in names)
    write_nested(connection, whole, free)
    everything = [id for id in IDS if id != "es-f"]
    monkeypatch.setattr(tables, "told_alike", lambda _: (set(), everything))
    write_nested(connection, whole_again, free_again)
    assert whole.read_bytes() == whole_again.read_bytes()
    assert free.read_bytes() == free_again.read_bytes()
    told = [json.loads(line) for line in free.read_text(encoding="utf-8").splitlines()]
    assert [one["initiative_id"] for one in told] == everything
    assert [len(one["values"]) for one in told] == [2, 2, 2, 1, 2, 2]
    assert [source["source_id"] for source in told[4]["sources"]] == ["lieux"]
