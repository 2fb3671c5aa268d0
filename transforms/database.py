"""DuckDB as Essaim opens it: connections that print nothing, and extensions from the wheels they are installed with."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb


def connect(
    database: Path | str = ":memory:", *, read_only: bool = False, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or one in memory, on `threads` threads (default: as many as there are cores).

    DuckDB would draw the progress of long queries on standard output, where the results for programs go. Raises
    `duckdb.Error` when the file cannot be opened.
    """
    connection = duckdb.connect(str(database), read_only, {} if threads is None else {"threads": threads})
    connection.execute("SET enable_progress_bar = false")  # of this connection and its cursors: it cannot be configured
    return connection


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension ("spatial") from its wheel: offline, and nothing goes to the home folder.

    Raises ImportError when the wheel `duckdb-extension-<name>` is not installed, and `duckdb.Error` when it is that of
    another version of DuckDB.
    """
    file = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    path = str(file).replace("'", "''")
    connection.execute(f"LOAD '{path}'")
