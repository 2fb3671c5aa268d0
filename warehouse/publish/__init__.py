"""Publication: one immutable release folder from a finished warehouse.

The life of a release. The published tables are sorted and copied into the release's own `essaim.duckdb`; every other
file is made from that database, so that no two files of a release can disagree. All this happens aside, in
`.<version>.new/`. When the last file stands and `SHA256SUMS` is written, the folder is renamed to `<version>/`; only
then is `latest` switched to it and `index.json` renewed. A crash before the renaming changes nothing for readers, and
a crash after it is mended by the next publication, because the index is made anew from the folders that are there.

Nothing in a release depends on the clock, the folder or the machine: the same warehouse published under the same
version gives the same bytes in every file.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.themes.skos import skos
from warehouse.publish import checksums, database, datapackage, dictionary, pages, tables
from warehouse.publish.facts import Facts, gather
from warehouse.publish.index import latest, next_version, point_latest, write_index
from warehouse.publish.scan import PrivateContactError, check_files

__all__ = ["PrivateContactError", "Release", "latest", "publish"]


@dataclass(frozen=True, slots=True)
class Release:
    """A published release: its version, its folder, how many initiatives it holds, and its files by name."""

    version: str
    folder: Path
    initiatives: int
    files: tuple[str, ...]


def publish(connection: duckdb.DuckDBPyConnection, releases: Path, as_of: dt.date) -> Release:
    """Publish the warehouse open in `connection` as a new folder of `releases`, and make it the latest.

    The version is `as_of`, with ".2", ".3" and so on where that day already has a release. The warehouse is only
    read. Raises ValueError where a source's licence is not in the register, `PrivateContactError` where a finished file
    holds a contact of a person, and whatever DuckDB or the file system raises; `latest` then stands where it stood, and
    what was begun is removed by the next publication.
    """
    releases.mkdir(parents=True, exist_ok=True)
    for leftover in sorted(releases.glob(".*.new")):
        shutil.rmtree(leftover)
    version = next_version(releases, as_of)
    aside = releases / f".{version}.new"
    aside.mkdir()
    facts, files = _write(connection, aside, version, as_of)
    with duckdb.connect() as reader:
        check_files(reader, aside)
    names = checksums.write_sums(aside, files)
    folder = aside.rename(releases / version)
    point_latest(releases, version)
    write_index(releases, version)
    return Release(version, folder, facts.initiatives, names)


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, version: str, as_of: dt.date
) -> tuple[Facts, list[checksums.File]]:
    """Write every file of the release but the checksums; the descriptor and the page come last and tell of the rest."""
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as name:
        scratch = Path(name)
        file = folder / database.FILE_NAME
        database.build(connection, file, scratch)
        with database.opened(file, scratch) as release:
            facts = gather(release, version, as_of)
            tables.write_all(release, folder, scratch)
            keys = datapackage.foreign_keys(release)
    dictionary.write(folder)
    (folder / "themes.ttl").write_text(skos(), encoding="utf-8")
    pages.write_texts(facts, folder)
    files = checksums.describe(folder)
    datapackage.write(folder, facts, keys, files)
    files = checksums.describe(folder, files)
    pages.write_page(facts, files, folder)
    return facts, files
