"""Releases on a shared catalogue: each becomes a snapshot of a DuckLake, which many machines read at once.

DuckLake keeps the tables as Parquet files in a folder or a bucket, and what belongs to them in a database: PostgreSQL
where several machines write, a DuckDB or SQLite file where one does. A reader on any machine sees one release whole,
the latest or an older one (`FROM lake.initiative AT (VERSION => 3)`).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import duckdb

from transforms.database import connect, load_extension
from warehouse.publish.checksums import SUMS
from warehouse.schema import TABLES
from warehouse.table import literal, quoted

EXTENSIONS = {"ducklake": ("ducklake",), "postgres": ("postgres_scanner",), "sqlite": ("sqlite_scanner",)}


class LakeError(Exception):
    """A release cannot be put on the shared catalogue; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A release that is on the shared catalogue: its version, the snapshot that holds it, and its rows by table."""

    version: str
    snapshot: int
    rows: dict[str, int]
    was_there: bool = False


def share(release: Path, catalogue: str, data: str | None = None) -> Shared:
    """Put the tables of the release folder `release` on a DuckLake, in one transaction; return what is there.

    `catalogue` is what stands behind "ducklake:": "lake.ducklake" (a DuckDB file), "sqlite:lake.sqlite", or
    "postgres:dbname=essaim host=…". `data` is the folder or s3:// address of the Parquet files, needed the first time.
    A release that is the latest snapshot already is left alone. Raises `LakeError` when an extension is missing, the
    catalogue cannot be opened, or the release has no database.
    """
    file = release / "essaim.duckdb"
    if not file.is_file():
        raise LakeError(f"{release} is no release: it has no essaim.duckdb")
    with connect() as connection:
        attach(connection, catalogue, data)
        connection.execute(f"ATTACH {literal(str(file))} AS release (READ_ONLY)")
        try:
            return _share(connection, release.resolve().name, _digest(release))
        except duckdb.Error as fault:
            raise LakeError(f"the catalogue {_told(catalogue)} took nothing{_why(catalogue, fault)}") from fault


def installed(extension: str) -> bool:
    """Whether the wheel of an extension is installed."""
    return find_spec(f"duckdb_extension_{extension}") is not None


def attach(connection: duckdb.DuckDBPyConnection, catalogue: str, data: str | None = None) -> None:
    """Attach a catalogue (see `share`) as "lake". Raises `LakeError` where that is impossible."""
    backend = catalogue.partition(":")[0] if ":" in catalogue else ""
    for name in ("ducklake", backend):
        for extension in EXTENSIONS.get(name, ()):
            load(connection, extension)
    where = f" (DATA_PATH {literal(data)})" if data else ""
    try:
        connection.execute(f"ATTACH {literal(f'ducklake:{catalogue}')} AS lake{where}")
    except duckdb.Error as fault:
        raise LakeError(f"the catalogue {_told(catalogue)} cannot be opened{_why(catalogue, fault)}") from fault


def load(connection: duckdb.DuckDBPyConnection, extension: str) -> None:
    """Load an extension from its wheel, offline. Raises `LakeError` where the wheel is not installed."""
    try:
        load_extension(connection, extension)
    except ImportError as fault:
        raise LakeError(f'DuckDB\'s extension {extension} is missing: pip install "essaim[lake]"') from fault


def _digest(release: Path) -> str:
    """What tells a release from another of the same name: the digest of its list of sums."""
    sums = release / SUMS
    return sha256(sums.read_bytes()).hexdigest()[:16] if sums.is_file() else "without sums"


def _share(connection: duckdb.DuckDBPyConnection, version: str, digest: str) -> Shared:
    names = [table.name for table in TABLES if table.published]
    last = connection.execute(
        "SELECT snapshot_id, commit_message FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1"
    ).fetchall()
    told = f"release {version} ({digest})"
    if last and last[0][1] == told:
        return Shared(version, last[0][0], _counts(connection, names), was_there=True)
    connection.execute("BEGIN")
    for name in names:
        # In the order of the release: the same release gives the same files.
        connection.execute(f"CREATE OR REPLACE TABLE lake.{quoted(name)} AS FROM release.{quoted(name)}")
    connection.execute("CALL lake.set_commit_message('essaim', ?)", [told])
    connection.execute("COMMIT")
    [(snapshot,)] = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchall()
    return Shared(version, snapshot, _counts(connection, names))


def _counts(connection: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, int]:
    counted = {}
    for name in names:
        [(counted[name],)] = connection.execute(f"SELECT count(*) FROM lake.{quoted(name)}").fetchall()
    return counted


def _told(catalogue: str) -> str:
    """A catalogue as a message may show it: a connection string may hold a password."""
    return "postgres:…" if catalogue.startswith("postgres:") else catalogue


def _why(catalogue: str, fault: duckdb.Error) -> str:
    """What the catalogue says went wrong, unless it may quote its connection string."""
    return "" if catalogue.startswith("postgres:") else f": {fault}"
