"""The explorer: static pages and data files that let anyone search, look at and take from a release.

`build` copies the hand-written page (`site/`) and writes its data beside it, in `data/`:

| file | what | fetched |
|---|---|---|
| `head.json.gz` | version, counts, facets with labels, sources, the first rows of the list | first |
| `<build>/columns.bin.gz`, `places.json.gz`, `titles.txt.gz` | what search and list need | then |
| `<build>/more.bin.gz`, `ids.bin` | the other facets, the points of the map, ids | then |
| `<build>/ix/<letters>.bin.gz` | the text index | as words are typed |
| `<build>/d/<number>.json.gz` | whole initiatives, `BLOCK` at a time | as they are opened |
| `<build>/moved.json.gz` | old id → new id | when an id is unknown |

`<build>` is a digest of the data: a page that is open while `latest` moves on finds its own files or none, never those
of another release. Files are compressed here and inflated in the page, so any static host will do. The same tables give
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from transforms.rights import register
from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group, Task
from warehouse.publish.database import FILE_NAME, opened
from warehouse.publish.explorer.binary import json_gzipped
from warehouse.publish.explorer.core import Facet, facets, write_core
from warehouse.publish.explorer.details import BLOCK, write_details
from warehouse.publish.explorer.rows import number_rows
from warehouse.publish.explorer.static import write_pages
from warehouse.publish.explorer.textindex import write_index

__all__ = ["CONTACT", "FOLDER", "build", "plan", "write_all"]

FOLDER = "explorer"
FORMAT = 1
"""Raised when a page of before could not read the data of today."""

FIRST_ROWS = 40
CONTACT = "ESSAIM_CONTACT"
"""Environment variable: where readers send corrections, an e-mail address or the address of a form for new issues."""


@dataclass(frozen=True, slots=True)
class Data:
    """The data of the explorer, ready in `folder`, and what of it the head of the page tells."""

    folder: Path
    head: dict[str, Any]


INDEX, DETAILS = "ix", "d"
"""Folders of the data, by which its two parts are called: the index with the list, and the details."""


@dataclass(frozen=True, slots=True)
class Job:
    """A part of the data (`INDEX` or `DETAILS`), of the release `database`, that a process writes into `data`."""

    part: str
    database: Path
    data: Path
    version: str


def plan(assembly: Assembly) -> None:
    """Plan the data, which needs no other file of the release, beside the other writers."""
    data = assembly.scratch / FOLDER
    jobs = [Job(part, assembly.folder / FILE_NAME, data, assembly.version) for part in (DETAILS, INDEX)]
    assembly.planned[FOLDER] = [Task(_part_of, job) for job in jobs]


def write_all(assembly: Assembly) -> None:
    """Write the explorer into the release; feeds, pages and data files that stand already are linked.

    Raises what `build` raises; the data is that of `plan`.
    """
    folder = assembly.add_folder(
        f"{FOLDER}/", "L'explorateur : chercher, filtrer, voir sur la carte, en ligne ou non",
        "The explorer: search, filter, see on the map, online or off", Group.PAGE,
    )  # fmt: skip
    folder.rmdir()
    head = next(head for head in assembly.results(FOLDER) if head is not None)
    _finish(assembly.connection, Data(assembly.scratch / FOLDER, head), folder, assembly.version, None)


def build(connection: duckdb.DuckDBPyConnection, folder: Path, version: str, contact: str | None = None) -> None:
    """Write the explorer of the release database open in `connection` into `folder`, which must not exist yet.

    `contact` is an e-mail address or the https address of a form for new issues, by default `ESSAIM_CONTACT`; without
    either the page names the publishers only. Feeds that stand in `folder`'s `../feeds` are linked. Raises ValueError
    for a contact that is neither.
    """
    data = prepare(connection, folder.with_name(f"{folder.name}.data"), version)
    _finish(connection, data, folder, version, contact)


def prepare(connection: duckdb.DuckDBPyConnection, data: Path, version: str) -> Data:
    """Write the data into the new folder `data`; makes temporary tables in `connection`."""
    data.mkdir(parents=True)
    write_details(connection, data / DETAILS)
    return Data(data, _write_list(connection, data, version))


def _part_of(job: Job) -> dict[str, Any] | None:
    """Write a part of the data; return what the head tells where the part has the list."""
    if (job.data / job.part).exists():  # left half done by a process that was killed
        shutil.rmtree(job.data / job.part)
    job.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, opened(job.database, Path(scratch)) as connection:
        if job.part == INDEX:
            return _write_list(connection, job.data, job.version)
        write_details(connection, job.data / DETAILS)
    return None


def _write_list(connection: duckdb.DuckDBPyConnection, data: Path, version: str) -> dict[str, Any]:
    """Write all but the details of the initiatives into `data`; return what the head of the page tells."""
    count = number_rows(connection)
    found = facets(connection)
    write_core(connection, found, data)
    shards = write_index(connection, data / INDEX)
    moved = connection.execute("SELECT old_id, new_id FROM moved_id ORDER BY old_id").fetchall()
    (data / "moved.json.gz").write_bytes(json_gzipped(dict(moved)))
    return {
        "format": FORMAT,
        "build": _digest(version, data),
        "version": version,
        "count": count,
        "block": BLOCK,
        "shards": shards,
        "facets": {facet.name: facet.described() for facet in found},
        "sources": _sources(connection),
        "first": _first_rows(connection, found),
        "bytes": {path.name.split(".")[0]: path.stat().st_size for path in sorted(data.iterdir()) if path.is_file()},
        "ids": "bin" if (data / "ids.bin").exists() else "txt",
        "words": {"funding_kinds": vocabulary()["funding_kinds"]},
    }


def _finish(connection: duckdb.DuckDBPyConnection, data: Data, folder: Path, version: str, contact: str | None) -> None:
    contact = checked_contact(os.environ.get(CONTACT, "") if contact is None else contact)
    shutil.copytree(Path(str(resources.files(__package__) / "site")), folder)
    build = data.head["build"]
    (folder / "data").mkdir()
    data.folder.rename(folder / "data" / build)
    feeds = sorted(path.stem for path in (folder.parent / "feeds").glob("*.atom"))
    (folder / "data" / "head.json.gz").write_bytes(json_gzipped({**data.head, "contact": contact, "feeds": feeds}))
    write_pages(connection, folder, version, contact)
    _write_shell(folder, version, build)


def checked_contact(text: str) -> str:
    """Return a contact as the page may use it: "" or an e-mail address or a web address; raises ValueError else."""
    text = text.strip()
    if not text or text.startswith("https://") or ("@" in text and not any(sign in text for sign in " <>?&:/")):
        return text
    raise ValueError(f'{CONTACT}: "{text}" is neither an e-mail address nor an address that begins with https://')


def _sources(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT source_id, title, publisher, publisher_url, licence, records, checked_on, stale_since FROM source "
        "ORDER BY source_id"
    ).fetchall()
    known = register()
    out = []
    for id, title, publisher, url, licence, records, checked_on, stale_since in rows:
        entry = known.get(licence)
        out.append({
            "id": id, "title": title, "publisher": publisher, "url": url, "records": records,
            "licence": licence, "licence_title": entry.title if entry else licence,
            "licence_url": entry.url if entry else "", "open": bool(entry and entry.open),
            "checked_on": checked_on.isoformat(), "stale_since": stale_since.isoformat() if stale_since else None,
        })  # fmt: skip
    return out


def _first_rows(connection: duckdb.DuckDBPyConnection, found: list[Facet]) -> list[dict[str, Any]]:
    """Return the head of the list as the worker would give it, so that it shows before the columns are there."""
    by_name = {facet.name: facet for facet in found}

    def codes(name: str, row: int) -> list[str]:
        facet = by_name[name]
        return [facet.values[position]["code"] for position in facet.positions[row]]

    rows = connection.execute(
        "SELECT row, initiative_id, title, commune, departement_code, region, country, source_count, guessed "
        "FROM explorer_row WHERE row < ? ORDER BY row",
        [FIRST_ROWS],
    ).fetchall()
    return [
        {
            "row": row, "id": id, "title": title, "commune": commune or "", "departement": departement or "",
            "region": region or "", "country": country or "", "sources": sources, "guessed": bool(guessed),
            "themes": codes("theme", row), "status": "".join(codes("status", row)),
            "precision": "".join(codes("precision", row)),
        }
        for row, id, title, commune, departement, region, country, sources, guessed in rows
    ]  # fmt: skip


def _write_shell(folder: Path, version: str, data: str) -> None:
    """Write the list of files that make the page, for the service worker: it keeps them under the release's version."""
    skipped = {"sw.js", "shell.json"}
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in skipped and "data" not in path.relative_to(folder).parts[:1]
    )
    digest = hashlib.sha256(f"{version} {data}".encode())
    for name in files:
        digest.update((folder / name).read_bytes())
    columns = sorted(f"data/{data}/{path.name}" for path in (folder / "data" / data).iterdir() if path.is_file())
    shell = {"version": version, "build": digest.hexdigest()[:16], "files": [*files, "data/head.json.gz", *columns]}
    (folder / "shell.json").write_text(json.dumps(shell, indent=1) + "\n", encoding="utf-8")


def _digest(version: str, data: Path) -> str:
    digest = hashlib.sha256(version.encode())
    for path in sorted(data.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
