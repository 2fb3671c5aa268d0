"""The folder of releases: versions, `latest`, and `index.json`, each switched in one step."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

from warehouse.publish import datapackage
from warehouse.publish.checksums import read_sums

INDEX = "index.json"
LINK = "latest"
LINK_TEXT = "latest.txt"
"""Stands for the link where the system has no symbolic links: it holds the version and nothing else."""

VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.(\d+))?")


def next_version(releases: Path, as_of: dt.date) -> str:
    """Return the first version of `as_of` that has no folder yet."""
    version, rank = as_of.isoformat(), 1
    while (releases / version).exists():
        rank += 1
        version = f"{as_of.isoformat()}.{rank}"
    return version


def latest(releases: Path) -> Path | None:
    """Return the folder of the last published release, or None before the first one."""
    link, text = releases / LINK, releases / LINK_TEXT
    if link.is_symlink():
        folder = releases / link.readlink()
    elif text.is_file():
        folder = releases / text.read_text(encoding="utf-8").strip()
    else:
        return None
    return folder if folder.is_dir() else None


def point_latest(releases: Path, version: str) -> None:
    """Make `latest` lead to `version` in one step; readers see the old release or the new one, never neither."""
    aside = releases / f".{LINK}.new"
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(version, target_is_directory=True)
    except (OSError, NotImplementedError):
        # Windows without the right to make links, and some network drives: a text file says the same.
        _replace_text(releases / LINK_TEXT, version + "\n")
        return
    aside.replace(releases / LINK)
    (releases / LINK_TEXT).unlink(missing_ok=True)


def versions_in(releases: Path) -> list[str]:
    """Return the versions whose folders are in `releases`, the newest first."""
    found = (path for path in releases.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted((path.name for path in found if VERSION.fullmatch(path.name)), key=age, reverse=True)


def write_index(releases: Path, newest: str) -> None:
    """Write `index.json` anew from the release folders that are there, the newest first.

    Made from the folders rather than added to, so that a release withdrawn for good leaves it, and one whose
    publication was cut short after its renaming comes into it.
    """
    versions = versions_in(releases)
    older = [*versions[1:], None]
    entries = [_entry(releases / version, previous) for version, previous in zip(versions, older, strict=True)]
    text = json.dumps({"latest": newest, "releases": entries}, ensure_ascii=False, indent=1)
    _replace_text(releases / INDEX, text + "\n")


def age(version: str) -> tuple[str, int]:
    """Return what versions are sorted by, from the oldest: their day, and their rank in it."""
    day, rank = VERSION.fullmatch(version).groups()  # type: ignore[union-attr]  # the caller kept only what matches
    return day, int(rank or 1)


def _entry(folder: Path, previous: str | None) -> dict[str, Any]:
    """What the index tells of a release: its files, but not those in folders, which `files.json` there tells of."""
    package = json.loads((folder / datapackage.FILE_NAME).read_text(encoding="utf-8"))
    listed = read_sums(folder)
    top = [file for file in listed if "/" not in file.name]
    return {
        "version": folder.name,
        "as_of": age(folder.name)[0],
        "initiatives": package["initiatives"],
        "previous": previous,
        "bytes": sum(file.bytes for file in listed),
        "files": [{"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in top],
    }


def _replace_text(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8", newline="\n")
    aside.replace(path)
