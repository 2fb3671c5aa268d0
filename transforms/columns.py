"""Rows of plain Python into a table of DuckDB, as columns of NumPy, which it reads where they are; and out of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Types = Mapping[str, type | str]
"""The columns of some rows, in order, each with the type of NumPy that holds it: `object` for texts."""

BATCH = 10_000
"""Rows taken out of DuckDB at a time."""


@contextmanager
def lent(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, NDArray[Any]]) -> Iterator[None]:
    """Let DuckDB read `columns` as a table called `name` for as long as the block lasts."""
    connection.register(name, dict(columns))
    try:
        yield
    finally:
        connection.unregister(name)


def insert(connection: duckdb.DuckDBPyConnection, table: str, types: Types, rows: Sequence[Sequence[Any]]) -> None:
    """Add `rows` to columns of a table, by their names."""
    if not rows:
        return
    columns = zip(*rows, strict=True)
    told = {name: np.array(values, type) for (name, type), values in zip(types.items(), columns, strict=True)}
    names = ", ".join(types)
    with lent(connection, "told_rows", told):
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM told_rows")


def rows_of(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a result, of which a batch at a time is held in memory."""
    while rows := found.fetchmany(BATCH):
        yield from rows
