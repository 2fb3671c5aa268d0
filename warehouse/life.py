"""The life of one initiative, read from all the releases that are there: every change, its night and its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.publish.index import VERSION
from warehouse.store import FILE_NAME, reading


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an initiative on a night.

    `kind` is added, changed, withdrawn, merged (into `after`), split (from `before`), absorbed (the id in `before`,
    with the name in `after`, was merged into this one) or parted (the id in `after` was split off). `sources` are those
    that gave the new value, or stood behind the initiative then; `release` is the version that told it first.
    """

    night: str
    release: str
    initiative_id: str
    kind: str
    field: str
    before: str | None
    after: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """An initiative as it stands, and what happened to it and to those it took in, oldest first.

    `asked` is the id that was asked for, `id` the one that stands for it now, `state` published or withdrawn;
    `moved_on` is the night on which `asked` moved, if it did. `first_seen` may be older than the oldest release here.
    """

    asked: str
    id: str
    name: str
    state: str
    first_seen: dt.date | None
    moved_on: dt.date | None
    aliases: tuple[str, ...] = ()
    events: tuple[Event, ...] = field(default=())


def life_of(id: str, releases: Path) -> Life | None:
    """Return the life of the initiative `id` from every release below `releases`; None when none ever had it.

    An id that moved leads to the one that stands for it now. Raises `duckdb.Error` when a release cannot be read.
    """
    paths = _databases(releases)
    if not paths:
        return None
    now, moved_on = id, None
    with reading(paths[-1]) as connection:
        moved = connection.execute("SELECT new_id, moved_on FROM moved_id WHERE old_id = ?", [id]).fetchall()
        if moved:
            [(now, moved_on)] = moved
        old = "SELECT old_id FROM moved_id WHERE new_id = ? ORDER BY old_id"
        aliases = tuple(each for (each,) in connection.execute(old, [now]).fetchall())
        standing = connection.execute(
            "SELECT name, first_seen FROM initiative WHERE initiative_id = ?", [now]
        ).fetchall()
    events: list[Event] = []
    name, first_seen = (standing[0][0], standing[0][1]) if standing else ("", None)
    for path in paths:
        with reading(path) as connection:
            events += _events(connection, {now, id, *aliases}, path.parent.name)
            if not standing:
                last = connection.execute("SELECT name, first_seen FROM initiative WHERE initiative_id = ?", [now])
                name, first_seen = next(iter(last.fetchall()), (name, first_seen))
    if not standing and not events and not name:
        return None
    return Life(
        id,
        now,
        name,
        "published" if standing else "withdrawn",
        first_seen,
        moved_on,
        aliases,
        tuple(_once(events, now)),
    )


def near_ids(text: str, releases: Path, most: int = 5) -> list[tuple[str, str]]:
    """Return ids and names of the last release that are near to `text`, for one who mistyped."""
    paths = _databases(releases)
    if not paths:
        return []
    with reading(paths[-1]) as connection:
        return connection.execute(
            "SELECT initiative_id, name FROM initiative "
            "WHERE starts_with(initiative_id, lower($text)) OR contains(lower(name), lower($text)) "
            "OR levenshtein(initiative_id, lower($text)) <= 2 ORDER BY 1 LIMIT $most",
            {"text": text, "most": most},
        ).fetchall()


def _databases(releases: Path) -> list[Path]:
    """The databases of all releases, oldest first; several of one night in the order they were made."""
    found = []
    for path in releases.glob(f"*/{FILE_NAME}"):
        version = VERSION.fullmatch(path.parent.name)
        if version:
            found.append((version[1], int(version[2] or 1), path))
    return [path for _, _, path in sorted(found)]


def _events(connection: duckdb.DuckDBPyConnection, ids: Iterable[str], release: str) -> Iterator[Event]:
    wanted = sorted(ids)
    rows = connection.execute(
        """
        SELECT c.initiative_id, c.kind, c.field, c.before, c.after,
            (SELECT list(DISTINCT v.source_id ORDER BY v.source_id) FROM initiative_value v
             WHERE v.initiative_id = c.initiative_id AND v.field = c.field) AS given,
            (SELECT list(DISTINCT s.source_id ORDER BY s.source_id) FROM initiative_source s
             WHERE s.initiative_id = c.initiative_id) AS behind
        FROM change c
        WHERE list_contains($ids, c.initiative_id) OR (c.kind = 'merged' AND list_contains($ids, c.after))
            OR (c.kind = 'split' AND list_contains($ids, c.before))
        ORDER BY c.initiative_id, c.kind, c.field
        """,
        {"ids": wanted},
    ).fetchall()
    night = release.partition(".")[0]
    for id, kind, name, before, after, given, behind in rows:
        yield Event(night, release, id, kind, name, before, after, tuple(given or behind or ()))


def _once(events: Iterable[Event], now: str) -> Iterator[Event]:
    """Tell merges and splits of others from the side of the initiative itself."""
    for event in events:
        if event.kind == "merged" and event.after == now and event.initiative_id != now:
            yield Event(
                event.night, event.release, now, "absorbed", "", event.initiative_id, event.before, event.sources
            )
        elif event.kind == "split" and event.initiative_id != now and event.before == now:
            yield Event(event.night, event.release, now, "parted", "", None, event.initiative_id, event.sources)
        else:
            yield event
