"""The version of the contract that wrote a DuckDB file, kept in the file itself as the view `schema_version`."""

from __future__ import annotations

from pathlib import Path

from transforms.database import connect
from warehouse.schema import SCHEMA_VERSION
from warehouse.table import literal

VIEW = "schema_version"
MEANING = "Version of the data contract that wrote this file / Version du contrat de données qui a écrit ce fichier"

UNWRITTEN = "0"
"""The version of the files from before versions were written."""


class NewerFileError(OSError):
    """A file was written by a newer Essaim than this one; the text says which, and what to do."""


def statements() -> list[str]:
    """The statements that write the version into a new file."""
    return [
        f"CREATE VIEW {VIEW} AS SELECT {literal(SCHEMA_VERSION)} AS version",
        f"COMMENT ON VIEW {VIEW} IS {literal(MEANING)}",
        f"COMMENT ON COLUMN {VIEW}.version IS {literal(MEANING)}",
    ]


def version_of(path: Path) -> str:
    """The version that wrote the DuckDB file at `path`; raises `duckdb.Error` when it cannot be opened."""
    with connect(path, read_only=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM duckdb_views() WHERE view_name = ? AND NOT internal", [VIEW]
        ).fetchall()
        if found == [(0,)]:
            return UNWRITTEN
        [(version,)] = connection.execute(f"SELECT version FROM {VIEW}").fetchall()
    return str(version)


def is_newer(version: str) -> bool:
    """Whether `version` may hold what this code does not know: a later first or second number."""
    return _rank(version) > _rank(SCHEMA_VERSION)


def _rank(version: str) -> tuple[int, ...]:
    numbers = version.split(".")
    # What is no version of ours was written by nobody we know: it counts as newer.
    return tuple(map(int, numbers[:2])) if all(number.isdecimal() for number in numbers) else (2**31,)
