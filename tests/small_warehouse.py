"""Rows with all that is required filled in, for tests that need a warehouse of a few of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from warehouse.schema import BY_NAME
from warehouse.store import Store
from warehouse.table import Column, quoted

NIGHT = dt.date(2026, 11, 22)
BEFORE = dt.date(2026, 11, 1)

Row = dict[str, Any]


def sample_value(column: Column) -> Any:
    """A value that a required column of any table may hold."""
    if column.type.endswith("[]"):
        return ["lieux"]
    return {"VARCHAR": "x", "DATE": NIGHT, "INTEGER": 1, "DOUBLE": 0.5, "BOOLEAN": False, "JSON": {}}[column.type]


def row(table: str, **told: Any) -> Row:
    """A row of `table` with what is required filled in."""
    required = {column.name: sample_value(column) for column in BY_NAME[table].columns if column.required}
    usual = {"initiative_id": "es-a", "source_id": "lieux", "record_key": "1", "licence": "etalab-2.0"}
    return required | {name: value for name, value in usual.items() if name in BY_NAME[table].names} | told


def add_initiative(store: Store, id: str = "es-a", key: str = "1", licence: str = "etalab-2.0", **told: Any) -> None:
    """Put an initiative of one record into `store`, with that record."""
    store.insert("initiative", [row("initiative", initiative_id=id, **told)])
    behind = {"initiative_id": id, "record_key": key}
    store.insert("initiative_source", [row("initiative_source", licence=licence, **behind)])
    kept = {name: value for name, value in told.items() if name in BY_NAME["record"].names and name != "changed_on"}
    store.insert("record", [row("record", **behind, **kept)])


def emptied(store: Store) -> Store:
    """The same warehouse without any row: making a new one takes longer."""
    for name in BY_NAME:
        store.connection.execute(f"DELETE FROM {quoted(name)}")
    return store
