"""`essaim.duckdb`: the published tables with comments everywhere, in a file that DuckDB 1.0 and later opens.

Rows stand in the order of their key, in which DuckDB gives them to whoever reads a table without another ORDER BY
(`preserve_insertion_order`); no writer of a release sorts them again.

The bytes are the same for the same content: rows are written in the order of their key by one thread, without the
string compressions that sample at random (FSST), in a process whose memory is cleared (`writer.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from transforms.database import connect, release_memory
from transforms.rights import DATABASE_LICENCE
from transforms.vocabulary import FIELDS, vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.contents import CONTENTS, LABELS, PUBLISHED, SEARCH
from warehouse.publish.search import load_search
from warehouse.table import Table, literal, quoted

FILE_NAME = "essaim.duckdb"
STORAGE_VERSION = "v1.0.0"
"""Oldest storage format that holds comments; every table and macro was read here with DuckDB 1.1.3, 1.2.2, 1.3.2, 1.4.4
and 1.5.5. Version 1.0.0 opens it, but cannot read a list column of which a block of rows holds no item at all."""

# DuckDB's own allocator (jemalloc, Linux only) hands out zeroed memory; without it blocks hold leftovers of memory.
CLEARED_MEMORY = {"DUCKDB_JE_MALLOC_CONF": "zero:true"}
# All the writer may know of our environment, lest a secret get into the memory of the process that writes the file.
KEPT_VARIABLES = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMPDIR")


def travelling(scratch: Path, table: Table) -> Path:
    """Return where the rows of `table` stand between the warehouse and the published database."""
    return scratch / f"{table.name}.parquet"


def build(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> None:
    """Write the published tables of the warehouse open in `connection` to a new database at `path`.

    The rows travel through Parquet files in `scratch`, removed at the end: not compressed, as they are read at once.
    One table is written while the next is read. Raises RuntimeError, with what it said, where the writing fails.
    """
    _load_vocabulary(connection)
    with _writing(path, scratch) as ready, connection.cursor() as reader:
        _load_vocabulary(reader)
        for content in CONTENTS:
            if content is SEARCH:
                load_search(connection, reader)
            table, names = content.table, ", ".join(map(quoted, content.table.names))
            connection.execute(
                f"COPY (SELECT {names} FROM ({content.query}) {_order(connection, table)}) "
                f"TO {literal(str(travelling(scratch, table)))} (FORMAT parquet, COMPRESSION uncompressed)"
            )
            ready(table)
        connection.execute("DROP TABLE release_search")
        release_memory(connection)  # the warehouse is hardly read any more
    for table in PUBLISHED:
        travelling(scratch, table).unlink()


def _order(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The SQL that puts the rows of a table in the order of its key: none where those of a large one stand so already.

    A build leaves the largest tables, which are not indexed, in that order. To see it takes an eighth of sorting them.
    """
    keys = ", ".join(map(quoted, table.key))
    if not table.indexed:
        told = ", ".join(
            f"{quoted(name)}, lag({quoted(name)}) OVER () AS {quoted(f'{name} before')}" for name in table.key
        )
        before = ", ".join(quoted(f"{name} before") for name in table.key)
        [(misplaced,)] = connection.execute(
            f"SELECT count(*) FROM (SELECT {told}, row_number() OVER () AS number FROM {quoted(table.name)}) "
            f"WHERE ({keys}) < ({before}) AND number > 1"
        ).fetchall()
        if not misplaced:
            return ""
    return f"ORDER BY {keys}"


@contextmanager
def _writing(path: Path, scratch: Path) -> Iterator[Callable[[Table], None]]:
    """Have the writing process at work for the length of the block, and wait for it; it is told what is ready."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    with subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
        [sys.executable, "-m", "warehouse.publish.writer", str(scratch), str(path)],
        env={**kept, **CLEARED_MEMORY, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def ready(table: Table) -> None:
            with suppress(BrokenPipeError):  # it has failed, and says why at the end
                print(table.name, file=process.stdin, flush=True)  # a message to it

        try:
            yield ready
            _, said = process.communicate()
        finally:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"{path.name} could not be written: {said.strip()}")


def announce(assembly: Assembly) -> None:
    """Announce the database, which is there before any other file."""
    fr, en = "Toutes les tables, base DuckDB commentée", "All tables, a commented DuckDB database"
    assembly.add(FILE_NAME, fr, en, Group.DATA, licence=DATABASE_LICENCE)


def _load_vocabulary(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the labels of all codes into a temporary table, for `contents.LABELS` and the searched text."""
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in LABELS.table.columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE release_vocabulary ({columns})")
    words = [(field, code, labels) for field in FIELDS for code, labels in vocabulary()[field].items()]
    connection.execute(
        "INSERT INTO release_vocabulary SELECT unnest($fields), unnest($codes), unnest($fr), unnest($en)",
        {
            "fields": [field for field, _, _ in words],
            "codes": [code for _, code, _ in words],
            "fr": [labels["fr"] for _, _, labels in words],
            "en": [labels["en"] for _, _, labels in words],
        },
    )


@contextmanager
def opened(path: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database at `path` for reading; what does not fit in memory goes to `scratch`, never beside the file.

    Up to three may be open side by side (`explorer`): each holds a third of the memory. Where this process has it open
    already, both are one database, whose scratch stays what it is.
    """
    connection = connect(path, read_only=True, share=3)
    [(place,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    if place == f"{path}.tmp":
        connection.execute(f"SET temp_directory = {literal(str(scratch))}")
    try:
        yield connection
    finally:
        connection.close()
