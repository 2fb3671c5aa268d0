"""Publication: one immutable release folder from a finished warehouse.

The life of a release. The published tables are sorted and copied into the release's own `essaim.duckdb`
(`database.py`); every other file is made from that database by the writers (`writers.py`), so that no two files of a
release can disagree. Each announces its files to the `Assembly`; from what was announced come the descriptors
(`datapackage.py`, `dcat.py`, `schema_org.py`), the front page and the sums. All this happens aside, in
`.<version>.new/`. When the last file stands, the files have been searched for contacts of people and `SHA256SUMS` is
written, the folder is renamed to `<version>/`; only then is `latest` switched to it and `index.json` renewed. A crash
before the renaming changes nothing for readers, and a crash after it is mended by the next publication, because the
index is made anew from the folders that are there.

Nothing in a release depends on the clock, the folder or the machine: the same warehouse published under the same
version gives the same bytes in every file.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.spread import Spread
from warehouse.publish import checksums, citation, database, datapackage, dcat, listing, pages
from warehouse.publish.assembly import Assembly
from warehouse.publish.facts import gather
from warehouse.publish.index import latest, next_version, point_latest, write_index
from warehouse.publish.scan import PrivateContactError, check_files
from warehouse.publish.writers import WRITERS, Writer

__all__ = ["PrivateContactError", "Release", "latest", "publish"]


@dataclass(frozen=True, slots=True)
class Release:
    """A published release: its version, its folder, how many initiatives it holds, and the paths of its files."""

    version: str
    folder: Path
    initiatives: int
    files: tuple[str, ...]


def publish(
    connection: duckdb.DuckDBPyConnection,
    releases: Path,
    as_of: dt.date,
    further: Sequence[Writer] = (),
    spread: Spread = map,
) -> Release:
    """Publish the warehouse open in `connection` as a new folder of `releases`, and make it the latest.

    The version is `as_of`, with ".2", ".3" and so on where that day already has a release. The warehouse is only
    read. `further` writers, for what only the caller knows, come after those of `writers.WRITERS`. Long work is done by
    `spread`, which may share it among processes. Raises ValueError where a source's licence is not in the register or a
    writer announces what it may not, `PrivateContactError` where a finished file holds a contact of a person, and
    whatever DuckDB or the file system raises; `latest` then stands where it stood, and what was begun is removed by the
    next publication.
    """
    releases.mkdir(parents=True, exist_ok=True)
    for leftover in sorted(releases.glob(".*.new")):
        shutil.rmtree(leftover)
    version = next_version(releases, as_of)
    aside = releases / f".{version}.new"
    aside.mkdir()
    initiatives, names = _write(connection, aside, version, as_of, (*WRITERS, *further), spread)
    check_files(aside, spread)
    folder = aside.rename(releases / version)
    point_latest(releases, version)
    write_index(releases, version)
    return Release(version, folder, initiatives, names)


def _write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    version: str,
    as_of: dt.date,
    writers: Sequence[Writer],
    spread: Spread,
) -> tuple[int, tuple[str, ...]]:
    """Write every file of the release; the descriptors and the page come last and tell of the rest."""
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=folder) as name:
        scratch = Path(name)
        file = folder / database.FILE_NAME
        database.build(connection, file, scratch)
        with database.opened(file, scratch) as release, ThreadPoolExecutor(1) as beside:
            facts = gather(release, version, as_of)
            assembly = Assembly(folder, scratch, version, as_of, release, facts, beside, spread)
            database.announce(assembly)
            for write in (*writers, *DESCRIPTIONS):
                write(assembly)
            files = assembly.files()
            assembly.items()  # nothing is there that nobody announced
    return assembly.facts.initiatives, checksums.write_sums(folder, files)


DESCRIPTIONS: tuple[Writer, ...] = (
    citation.write_all,
    datapackage.write_all,
    dcat.write_all,
    listing.write_all,
    pages.write_page,
)
"""What tells of the other files, with their sizes and sums; each also tells of those before it."""
