"""Which releases are kept: the newest ones, the last of each month, and none that holds what was withdrawn since.

A release never changes, so what must go goes with the whole release. The latest is never dropped: publish first.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.publish.database import FILE_NAME
from warehouse.publish.index import age, latest, versions_in, write_index
from warehouse.store import reading


@dataclass(frozen=True, slots=True)
class Dropped:
    """A release to drop, and why."""

    version: str
    why: str


def outdated(versions: Iterable[str], daily: int, monthly: int) -> list[Dropped]:
    """Return the versions to drop, oldest first, so that the `daily` newest stay and the last of `monthly` months.

    The newest version always stays. Raises ValueError where a number is negative.
    """
    if daily < 0 or monthly < 0:
        raise ValueError("the numbers of releases to keep cannot be negative")
    ordered = sorted(versions, key=age, reverse=True)
    last_of_month: dict[str, str] = {}
    for version in ordered:
        last_of_month.setdefault(version[:7], version)
    kept = {*ordered[: max(daily, 1)], *list(last_of_month.values())[:monthly]}
    why = f"older than the last {daily}, and not the last of one of the last {monthly} months"
    return [Dropped(version, why) for version in reversed(ordered) if version not in kept]


def holding(releases: Path, withdrawn: Collection[tuple[str, str]]) -> list[Dropped]:
    """Return the releases, oldest first and never the latest, that hold a record withdrawn since.

    `withdrawn` has source and key as published, with an empty key for a whole source. Raises `duckdb.Error` where a
    release cannot be read.
    """
    newest = latest(releases)
    found = []
    for version in reversed(versions_in(releases)):
        if newest is not None and version == newest.name:
            continue
        with reading(releases / version / FILE_NAME) as connection:
            rows = connection.execute("SELECT DISTINCT source_id, record_key FROM initiative_source").fetchall()
        hits = {source for source, key in rows if (source, key) in withdrawn or (source, "") in withdrawn}
        if hits:
            found.append(Dropped(version, f"holds records withdrawn since, of {', '.join(sorted(hits))}"))
    return found


def drop(releases: Path, versions: Sequence[str]) -> None:
    """Remove the folders of `versions` and make the index anew.

    Raises ValueError where a version is the latest or is not there; nothing is removed then.
    """
    newest, there = latest(releases), versions_in(releases)
    for version in versions:
        if newest is not None and version == newest.name:
            raise ValueError(f"{version} is the latest release, which is never dropped; publish another first")
        if version not in there:
            raise ValueError(f"there is no release {version}; there are {', '.join(there) or 'none'}")
    for version in versions:
        # Renamed first, so that a reader of the list never meets half a release.
        aside = (releases / version).rename(releases / f".{version}.new")
        shutil.rmtree(aside)
    if newest is not None:
        write_index(releases, newest.name)
