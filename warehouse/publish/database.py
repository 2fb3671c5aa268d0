"""`essaim.duckdb`: the published tables with comments everywhere, in a file that DuckDB 1.0 and later opens.

The bytes are the same for the same content: one thread writes rows in the order of their key, and the string
compressions that sample at random are left out (measured with DuckDB 1.5.5: two writes of 100,000 initiatives give
equal files, which they do not with FSST or with several threads).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.schema import CHANGE, INITIATIVE, RECORD, SOURCE, TABLES, Table, ddl, literal, quoted

FILE_NAME = "essaim.duckdb"
STORAGE_VERSION = "v1.0.0"
"""Oldest storage format that holds comments; read by DuckDB 1.0 to 2.0 and by DuckDB-WASM."""

PUBLISHED: tuple[Table, ...] = tuple(table for table in TABLES if table.published)
VIEWS: dict[str, Table] = {"initiatives": INITIATIVE, "records": RECORD, "sources": SOURCE, "changes": CHANGE}


def ordered(table: Table) -> str:
    """Return the ORDER BY clause that puts the rows of `table` in the order of its key."""
    keys = ", ".join(f"{quoted(table.name)}.{quoted(name)}" for name in table.key)
    return f"ORDER BY {keys}"


def build(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> None:
    """Write the published tables of the warehouse open in `connection` to a new database at `path`.

    The rows travel through Parquet files in `scratch`, because the settings that make the bytes reproducible belong
    to a connection of their own and two connections cannot share one warehouse under different settings.
    """
    for table in PUBLISHED:
        names = ", ".join(map(quoted, table.names))
        connection.execute(
            f"COPY (SELECT {names} FROM {quoted(table.name)} {ordered(table)}) "
            f"TO {literal(str(_travelling(scratch, table)))} (FORMAT parquet)"
        )
    settings = {"threads": 1, "disabled_compression_methods": "fsst,dict_fsst", "temp_directory": str(scratch)}
    writer = duckdb.connect(config=settings)
    try:
        writer.execute(f"ATTACH {literal(str(path))} AS release (STORAGE_VERSION {literal(STORAGE_VERSION)})")
        writer.execute("USE release")
        for table in PUBLISHED:
            _create(writer, table)
            writer.execute(f"INSERT INTO {quoted(table.name)} FROM read_parquet(?)", [str(_travelling(scratch, table))])
            _travelling(scratch, table).unlink()
        for view, table in VIEWS.items():
            _create_view(writer, view, table)
        writer.execute("USE memory")
        writer.execute("DETACH release")
    finally:
        writer.close()


@contextmanager
def opened(path: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database at `path` for reading; what does not fit in memory goes to `scratch`, never beside the file."""
    connection = duckdb.connect(str(path), read_only=True, config={"temp_directory": str(scratch)})
    try:
        yield connection
    finally:
        connection.close()


def _travelling(scratch: Path, table: Table) -> Path:
    return scratch / f"{table.name}.parquet"


def _create(writer: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create a plain table with comments; an index for the key would double the file and nobody writes here."""
    columns = ", ".join(
        f"{quoted(column.name)} {column.type}{' NOT NULL' if column.required else ''}" for column in table.columns
    )
    writer.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
    for comment in ddl(table)[1:]:
        writer.execute(comment)


def _create_view(writer: duckdb.DuckDBPyConnection, view: str, table: Table) -> None:
    writer.execute(f"CREATE VIEW {quoted(view)} AS SELECT * FROM {quoted(table.name)}")
    writer.execute(f"COMMENT ON VIEW {quoted(view)} IS {literal(f'{table.en} / {table.fr}')}")
    for column in table.columns:
        meaning = literal(f"{column.en} / {column.fr}")
        writer.execute(f"COMMENT ON COLUMN {quoted(view)}.{quoted(column.name)} IS {meaning}")
