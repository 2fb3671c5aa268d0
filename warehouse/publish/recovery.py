"""What a night that was killed while it published has left, put right before the next publication."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from warehouse.publish.index import INDEX, VERSION, age, latest, write_index


def recover(releases: Path) -> list[str]:
    """Put the folder of releases right after a publication that was cut short; return what was done, in words.

    Folders and files that were being written are removed. So is a finished release that `latest` was never switched
    to, because nobody was told of it: the night that is spent again publishes it under the same version. A switch that
    `index.json` does not know yet is written to it. Nothing is done where nothing is amiss.
    """
    if not releases.is_dir():
        return []
    done = []
    for leftover in sorted(releases.glob(".*.new")):
        shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()
        done.append(f"removed {leftover.name}, which a night did not finish")
    current = latest(releases)
    known, told = _indexed(releases)
    for folder in sorted(path for path in releases.iterdir() if VERSION.fullmatch(path.name) and path.is_dir()):
        unannounced = folder.name not in known and (current is None or age(folder.name) > age(current.name))
        if unannounced:
            shutil.rmtree(folder)
            done.append(f"removed {folder.name}, which was never made the latest release")
    if current is not None and told != current.name:
        write_index(releases, current.name)
        done.append(f"{INDEX} now tells of {current.name}")
    return done


def _indexed(releases: Path) -> tuple[set[str], str | None]:
    """The versions that `index.json` lists, and the one that it calls the latest."""
    path = releases / INDEX
    if not path.is_file():
        return set(), None
    index = json.loads(path.read_text(encoding="utf-8"))
    return {release["version"] for release in index["releases"]}, index["latest"]
