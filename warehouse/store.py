"""The only writer of the warehouse: a DuckDB file built aside and swapped in when it is whole.

Rows come in as JSON lines, typed by `schema.py`, so that any number of them needs little memory.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import orjson

from transforms.database import connect
from warehouse import version
from warehouse.schema import BY_NAME, TABLES
from warehouse.table import Column, ddl, literal, quoted

FILE_NAME = "essaim.duckdb"
BATCH = 5_000


class Store:
    """A warehouse under construction. Values only ever enter it through files and parameters, never as SQL."""

    def __init__(self, path: Path) -> None:
        """Begin an empty warehouse at `path`, with every table of the contract."""
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(path)
        self.path = path
        self.connection = connect(path)
        self.connection.execute("BEGIN")  # one write to the disk instead of one for each comment
        for table in TABLES:
            for statement in ddl(table):
                self.connection.execute(statement)
        for statement in version.statements():
            self.connection.execute(statement)
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        self.connection.execute("CHECKPOINT")
        self.connection.close()

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add `rows` to a table of the contract and return how many there were; absent columns become null."""
        return self.load(table, BY_NAME[table].columns, rows)

    def load(self, table: str, columns: Iterable[Column], rows: Iterable[Mapping[str, Any]]) -> int:
        """Add `rows` to any table whose `columns` are given."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.jsonl"
            count = write_json_lines(path, rows)
            self.read(table, columns, path)
        return count

    def read(
        self, table: str, columns: Iterable[Column], path: Path, called: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Add the rows of a file of JSON lines to any table; `called` are columns that have another name there."""
        if not path.stat().st_size:
            return
        self.connection.execute(f"INSERT INTO {quoted(table)} BY NAME {reading_lines(columns, called)}", [str(path)])

    def rows(self, sql: str, parameters: list[Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query as dictionaries; nothing else may be asked until the last one is out."""
        yield from stream(self.connection, sql, parameters)


def reading_lines(columns: Iterable[Column], called: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the query that reads `columns` from files of JSON lines, its one parameter; `called`: see `Store.read`."""
    types, names = [], []
    for column in columns:
        there = called.get(column.name, column.name)
        types.append(f"{literal(there)}: {literal(column.type)}")
        names.append(f"{quoted(there)} AS {quoted(column.name)}")
    return (
        f"SELECT {', '.join(names)} FROM read_json(?, columns={{{', '.join(types)}}}, "
        "format='newline_delimited', maximum_object_size=67108864)"
    )


def stream(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query as dictionaries, in batches."""
    found = connection.execute(sql, parameters or [])
    names = [column[0] for column in found.description or ()]
    while batch := found.fetchmany(BATCH):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def write_json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write `rows` as JSON lines, null values left out, and return how many there were.

    Raises ValueError for a figure that is none (NaN, infinity), TypeError for what JSON cannot hold.
    """
    count = 0
    with path.open("wb") as lines:
        for row in rows:
            lines.write(_line(row))
            count += 1
    return count


def _line(row: Mapping[str, Any]) -> bytes:
    kept = {name: value for name, value in row.items() if value is not None}
    line = orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE)
    if b"null" in line:  # what orjson writes for a figure that is none: the library's own encoder refuses it
        json.dumps(kept, allow_nan=False, default=str)
    return line


@contextmanager
def building(path: Path) -> Iterator[Store]:
    """Build a warehouse aside and put it in the place of `path` when the block ends well; else `path` stays."""
    aside = path.with_name(path.name + ".new")
    store = Store(aside)
    try:
        yield store
        store.close()
    except BaseException:
        store.connection.close()
        remove(aside)
        raise
    aside.replace(path)


def remove(path: Path) -> None:
    """Remove a DuckDB file, if it is there, and its log: a log left by a killed run would be replayed into the next."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse at `path` read-only."""
    connection = connect(path, read_only=True)
    try:
        yield connection
    finally:
        connection.close()
