"""Writes the published database in a process of its own: `python -m warehouse.publish.writer SCRATCH FILE`,
with the names of tables on standard input as their rows get ready.

DuckDB leaves parts of its blocks unset, and whatever the memory held before is then written to the file: bytes that
differ each time, and that could be any text the process has seen (https://github.com/duckdb/duckdb/issues/23382, seen
here with 1.5.5). So the writer is a new process that has read nothing but the rows to publish, with an environment of
its own and an allocator told to clear memory; see `database.build`, which starts it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

from transforms.database import connect
from warehouse import version
from warehouse.publish.contents import PUBLISHED, VIEWS
from warehouse.publish.database import STORAGE_VERSION, travelling
from warehouse.publish.search import MACROS
from warehouse.table import Table, ddl, literal, quoted


def write(scratch: Path, path: Path, ready: Iterable[str]) -> None:
    """Write a new database at `path` from the sorted Parquet files in `scratch`, one for each published table.

    `ready` gives the name of each table, in the order of `PUBLISHED`, as soon as its file is there. Raises ValueError
    where it ends before the last, or names another.
    """
    writer = connect()
    try:
        # By SET: as `config` of the connection, the disabled compressions are silently ignored (DuckDB 1.5.5).
        writer.execute("SET threads = 1")
        writer.execute("SET disabled_compression_methods = 'fsst,dict_fsst'")
        writer.execute(f"SET temp_directory = {literal(str(scratch))}")
        writer.execute(f"ATTACH {literal(str(path))} AS release (STORAGE_VERSION {literal(STORAGE_VERSION)})")
        writer.execute("USE release")
        writer.execute("BEGIN")  # one write to the disk instead of one for each comment
        for table in PUBLISHED:
            _create(writer, table)
        for view, table in VIEWS.items():
            _create_view(writer, view, table)
        for name, kind, definition, en, fr in MACROS:
            writer.execute(f"CREATE MACRO {definition}")
            writer.execute(f"COMMENT ON MACRO {kind} {quoted(name)} IS {literal(f'{en} / {fr}')}")
        for statement in version.statements():
            writer.execute(statement)
        writer.execute("COMMIT")
        for table, name in zip(PUBLISHED, ready, strict=True):
            if name.strip() != table.name:
                raise ValueError(f'"{name.strip()}" is ready where {table.name} should be')
            writer.execute(f"INSERT INTO {quoted(table.name)} FROM read_parquet(?)", [str(travelling(scratch, table))])
        writer.execute("USE memory")
        writer.execute("DETACH release")
    finally:
        writer.close()


def _create(writer: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create a plain table with comments; an index for the key would only make the file larger, as nobody adds rows."""
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


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), sys.stdin)
