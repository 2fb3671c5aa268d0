"""DuckDB as Essaim opens it: connections that print nothing, and extensions from the wheels they are installed with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import duckdb

MEMORY = "ESSAIM_MEMORY"
"""The environment variable that says how much memory a database may take, as DuckDB writes it: "3GB", "512MiB"."""
MOST = 2560 * 2**20
"""Bytes of memory that a database takes at most where nobody says otherwise; and at most half of what DuckDB would.

By itself it takes four fifths of the machine before it goes to the disk, with no thought of Python beside it.
"""
OPTIONAL = "pandas"
"""What DuckDB asks Python for again at every value that it is handed, where it is not installed."""
_UNITS = {unit: 1024**power for power, unit in enumerate(("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"))}

# Python looks through its folders each time it is asked for a module that it has not, 60 µs a value; told so, 5 µs.
if find_spec(OPTIONAL) is None:
    sys.modules[OPTIONAL] = None  # type: ignore[assignment]  # how Python's manual says that a module is not there


class MemorySettingError(ValueError):
    """`ESSAIM_MEMORY` is no amount of memory."""


def connect(
    database: Path | str = ":memory:", *, read_only: bool = False, threads: int | None = None, share: int = 1
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or one in memory, on `threads` threads (default: as many as there are cores).

    It holds as much in memory as `ESSAIM_MEMORY` says, or `MOST`, by one of `share` where so many are open side by
    side; what needs more goes through files: beside the database, or in a folder of its own for temporary files. DuckDB
    would draw the progress of long queries on standard output, where the results for programs go. Raises `duckdb.Error`
    when the file cannot be opened, and `MemorySettingError`.
    """
    connection = duckdb.connect(str(database), read_only, {} if threads is None else {"threads": threads})
    connection.execute("SET enable_progress_bar = false")  # of this connection and its cursors: it cannot be configured
    _limit_memory(connection, share)
    if str(database) == ":memory:":
        _set(connection, "temp_directory", str(Path(gettempdir()) / f"essaim-{uuid4().hex}"))
    return connection


def _limit_memory(connection: duckdb.DuckDBPyConnection, share: int) -> None:
    wanted = os.environ.get(MEMORY, "").strip() or f"{min(_own_limit() // 2, MOST)}B"
    try:
        _set(connection, "memory_limit", wanted)
    except duckdb.Error as fault:
        raise MemorySettingError(f'{MEMORY} is "{wanted}", which is no amount of memory such as "3GB"') from fault
    if share > 1:
        _set(connection, "memory_limit", f"{_limit(connection) // share}B")


@cache
def _own_limit() -> int:
    """The bytes that DuckDB takes by itself, whatever has been said of a database that is open here already."""
    with duckdb.connect() as fresh:
        return _limit(fresh)


def _limit(connection: duckdb.DuckDBPyConnection) -> int:
    """The bytes that a database may hold."""
    [(told,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = told.split()
    return int(float(number) * _UNITS[unit])


def release_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Have a database let go of what it only holds in case it is read again; its limit stays what it is.

    For who keeps it open while others need the memory. What is in use stays.
    """
    [(limit,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    with suppress(duckdb.OutOfMemoryException):  # raised, once all else has gone, where more than that is in use
        _set(connection, "memory_limit", "1MB")
    _set(connection, "memory_limit", limit)


@contextmanager
def on_one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let a database work on one thread meanwhile: beside processes that keep all cores busy more of them only cost.

    To read a file of 16 MB takes two threads twice the seconds of processor that it takes one.
    """
    [(threads,)] = connection.execute("SELECT current_setting('threads')").fetchall()
    _set(connection, "threads", "1")
    try:
        yield
    finally:
        _set(connection, "threads", str(threads))


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    # No parameter of the statement: the first one has DuckDB import pandas where that is installed, half a second.
    text = value.replace("'", "''")
    connection.execute(f"SET {name} = '{text}'")


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension ("spatial") from its wheel: offline, and nothing goes to the home folder.

    Raises ImportError when the wheel `duckdb-extension-<name>` is not installed, and `duckdb.Error` when it is that of
    another version of DuckDB.
    """
    file = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    path = str(file).replace("'", "''")
    connection.execute(f"LOAD '{path}'")
