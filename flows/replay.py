"""Replays: which archive of a source stands in for the network, and what night it is of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from flows.settings import Settings

NIGHTS = "????-??-??.warc.gz"
"""The archives of good visits; what a failed one said has another name, which no replay takes."""


def archive_of(source_id: str, settings: Settings) -> Path | None:
    """Return the newest archive of a source that the replay may read, or None.

    On a night on which a source was not visited, or failed, it stood on its last good visit before: so does its replay.
    """
    folder = (settings.replay_from or settings.archive) / source_id
    until = settings.replay_until
    nights = [path for path in folder.glob(NIGHTS) if until is None or night_of(path) <= until.isoformat()]
    return max(nights, default=None)


def night_of(archive: Path) -> str:
    """The night that an archive is of, as it is written in its name."""
    return archive.name.removesuffix(".warc.gz")


def read_on(source_id: str, settings: Settings) -> dt.date:
    """The night on which what is read now was asked for: tonight, or in a replay that of the archive."""
    archive = archive_of(source_id, settings) if settings.mode == "replay" else None
    return dt.date.fromisoformat(night_of(archive)) if archive else settings.as_of


def replaying(settings: Settings, wanted: str, dated: bool) -> Settings:
    """Return `settings` of a replay of `wanted`: a night (YYYY-MM-DD), or a folder shaped like `home/archive`.

    The night also dates the data, unless it was `dated` otherwise. Of a folder, nothing newer than the night is read.
    Raises `ValueError` when it is neither, and when there is nothing to replay.
    """
    try:
        night = dt.date.fromisoformat(wanted)
    except ValueError:
        folder = Path(wanted)
        if not folder.is_dir():
            raise ValueError(f'--replay: "{wanted}" is neither a night (YYYY-MM-DD) nor a folder of archives') from None
        settings = replace(settings, mode="replay", replay_from=folder, replay_until=settings.as_of)
    else:
        as_of = settings.as_of if dated else night
        settings = replace(settings, mode="replay", replay_until=night, as_of=as_of)
    folder, until = settings.replay_from or settings.archive, settings.replay_until
    if not any(night_of(path) <= str(until) for path in folder.glob(f"*/{NIGHTS}")):
        raise ValueError(f"--replay: {folder} holds no archive (<source>/YYYY-MM-DD.warc.gz) of {until} or before")
    return settings
