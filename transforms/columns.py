"""Rows of plain Python into a table of DuckDB: as columns of NumPy, which it reads where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

Types = Mapping[str, type | str]
"""The columns of some rows, in order, each with the type of NumPy that holds it: `object` for texts."""


def insert(connection: duckdb.DuckDBPyConnection, table: str, types: Types, rows: Sequence[Sequence[Any]]) -> None:
    """Add `rows` to columns of a table, by their names."""
    if not rows:
        return
    columns = zip(*rows, strict=True)
    told = {name: np.array(values, type) for (name, type), values in zip(types.items(), columns, strict=True)}
    names = ", ".join(types)
    connection.register("told_rows", told)
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM told_rows")
    connection.unregister("told_rows")
