"""Permanent ids: minted when a record is first seen, kept by the cluster that holds that record.

Every record has an id of its own, made of its source and key. A cluster goes by the oldest of the ids that its members
already go by; a new cluster by the own id of its oldest member. So neither the order of a crawl nor a changed name or
address ever changes an id, and replaying the archive gives the same ids again. Where a source gives a record another
key, people record the move (`warehouse/decisions/moved_keys.csv`), and the record under its old key stands beside the
new one as if it were here.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

RecordName = tuple[str, str]
"""A record by its source's id and its key."""


class Known(NamedTuple):
    """What is remembered of a record: the initiative it belongs to and the night it was first seen."""

    initiative_id: str
    first_seen: dt.date


@dataclass(frozen=True, slots=True)
class Identities:
    """The id of each cluster, what is to be remembered of every record ever seen, and ids that moved (old → new)."""

    ids: list[str]
    known: dict[RecordName, Known]
    moved: dict[str, str]


def mint(record: RecordName) -> str:
    """Return the own id of a record: "es-" and 13 letters or digits of the SHA-256 of its source and key (65 bits)."""
    digest = hashlib.sha256("\x1f".join(record).encode()).digest()
    return "es-" + base64.b32encode(digest[:10]).decode().lower()[:13]  # ten bytes are sixteen letters


def with_old_keys(
    clusters: Sequence[Sequence[RecordName]], moves: Mapping[RecordName, RecordName]
) -> tuple[Sequence[Sequence[RecordName]], dict[RecordName, RecordName]]:
    """Return `clusters` with the names that their records had before the `moves` (old → new), and who has these now.

    An old name that is here itself has not moved: a source in trouble still stands on its rows of before.
    """
    if not moves:
        return clusters, {}
    before: dict[RecordName, list[RecordName]] = {}
    for old, new in moves.items():
        before.setdefault(new, []).append(old)
    taken = {record for cluster in clusters for record in cluster}
    absent: dict[RecordName, RecordName] = {}
    found = []
    for cluster in clusters:
        members = list(cluster)
        for record in members:  # grows while it is read: a key may have moved several times
            for old in before.get(record, ()):
                if old not in taken:
                    taken.add(old)
                    absent[old] = absent.get(record, record)
                    members.append(old)
        found.append(members)
    return found, absent


def assign(
    clusters: Sequence[Sequence[RecordName]],
    remembered: Mapping[RecordName, Known],
    as_of: dt.date,
    moves: Mapping[RecordName, RecordName] | None = None,
) -> Identities:
    """Give every cluster its id.

    `remembered` holds every record seen before, also those absent today; these follow when their id moves, so that
    an id that was given up is never carried by two. Where two clusters could go by one id (a split), it stays with
    the one that holds the record it was minted for, else with the older member. `moves` are the records whose key
    changed (old → new).
    """
    clusters, absent = with_old_keys(clusters, moves or {})
    # A name of before is older than all that was first seen tonight, though the night it was seen may be forgotten.
    ranked = [
        sorted(cluster, key=lambda record: (_age(record, remembered, as_of), record not in absent, record))
        for cluster in clusters
    ]
    claims: dict[str, list[tuple[tuple[bool, dt.date, RecordName], int]]] = {}
    for index, cluster in enumerate(ranked):
        for record in cluster:
            if record in remembered:
                id, first_seen = remembered[record].initiative_id, remembered[record].first_seen
                claims.setdefault(id, []).append(((mint(record) != id, first_seen, record), index))
    owners = {id: min(claim)[1] for id, claim in claims.items()}
    born = _births(remembered)
    held: list[list[str]] = [[] for _ in ranked]
    for id, owner in owners.items():
        held[owner].append(id)
    ids = [
        min(mine, key=born.__getitem__) if mine else mint(cluster[0])
        for mine, cluster in zip(held, ranked, strict=True)
    ]
    moved = {id: ids[owner] for id, owner in owners.items() if ids[owner] != id}
    known = {
        record: Known(moved.get(memory.initiative_id, memory.initiative_id), memory.first_seen)
        for record, memory in remembered.items()
    }
    seen = _first_sights(remembered, absent)
    for id, cluster in zip(ids, ranked, strict=True):
        for record in cluster:
            known[record] = Known(id, seen.get(record, as_of))
    return Identities(ids, known, moved)


def _age(record: RecordName, remembered: Mapping[RecordName, Known], as_of: dt.date) -> dt.date:
    return remembered[record].first_seen if record in remembered else as_of


def _first_sights(
    remembered: Mapping[RecordName, Known], absent: Mapping[RecordName, RecordName]
) -> dict[RecordName, dt.date]:
    """When each record was first seen, be it under a key that it had before."""
    seen = {record: memory.first_seen for record, memory in remembered.items()}
    for old, now in absent.items():
        if old in remembered:
            seen[now] = min(remembered[old].first_seen, seen.get(now, remembered[old].first_seen))
    return seen


def _births(remembered: Mapping[RecordName, Known]) -> dict[str, tuple[dt.date, RecordName]]:
    """When each id began: the oldest record that goes by it, be it here today or not."""
    born: dict[str, tuple[dt.date, RecordName]] = {}
    for record, memory in remembered.items():
        age = (memory.first_seen, record)
        born[memory.initiative_id] = min(age, born.get(memory.initiative_id, age))
    return born


def all_moves(
    before: Mapping[str, tuple[str, dt.date]], identities: Identities, as_of: dt.date
) -> dict[str, tuple[str, dt.date]]:
    """Return every id that ever moved, with the id that stands for it now and the night of its move.

    `before` are the moves of earlier nights, in the same form. They follow tonight's, so that none leads to an id that
    moved on; an id that is in use again (its records were split off) has not moved any more.
    """
    moved, live = identities.moved, set(identities.ids)
    after = {old: (moved.get(new, new), on) for old, (new, on) in before.items()}
    after |= {old: (new, as_of) for old, new in moved.items()}
    return {old: move for old, move in sorted(after.items()) if old not in live}
