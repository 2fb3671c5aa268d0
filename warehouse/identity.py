"""Permanent ids: minted when a record is first seen, kept by the cluster that holds that record.

Every record has an id of its own, made of its source and key. A cluster goes by the id that its oldest member already
goes by; a new cluster by the own id of its oldest member. So neither the order of a crawl nor a changed name or
address ever changes an id, and replaying the archive gives the same ids again.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RecordName = tuple[str, str]
"""A record by its source's id and its key."""


@dataclass(frozen=True, slots=True)
class Known:
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
    return "es-" + base64.b32encode(digest).decode().lower()[:13]


def assign(
    clusters: Sequence[Sequence[RecordName]], remembered: Mapping[RecordName, Known], as_of: dt.date
) -> Identities:
    """Give every cluster its id.

    `remembered` holds every record seen before, also those absent today. Where two clusters could go by one id (a
    split), it stays with the one that holds the record it was minted for, else with the older member.
    """
    ranked = [sorted(cluster, key=lambda record: _age(record, remembered, as_of)) for cluster in clusters]
    claims: dict[str, list[tuple[tuple[bool, dt.date, RecordName], int]]] = {}
    for index, cluster in enumerate(ranked):
        for record in cluster:
            if record in remembered:
                id, first_seen = remembered[record].initiative_id, remembered[record].first_seen
                claims.setdefault(id, []).append(((mint(record) != id, first_seen, record), index))
    owners = {id: min(claim)[1] for id, claim in claims.items()}
    ids = [_id(index, cluster, remembered, owners) for index, cluster in enumerate(ranked)]
    moved = {id: ids[owner] for id, owner in owners.items() if ids[owner] != id}
    known = dict(remembered)
    for id, cluster in zip(ids, ranked, strict=True):
        for record in cluster:
            known[record] = Known(id, remembered[record].first_seen if record in remembered else as_of)
    return Identities(ids, known, moved)


def _age(record: RecordName, remembered: Mapping[RecordName, Known], as_of: dt.date) -> tuple[dt.date, RecordName]:
    return (remembered[record].first_seen if record in remembered else as_of, record)


def _id(
    index: int, cluster: Sequence[RecordName], remembered: Mapping[RecordName, Known], owners: Mapping[str, int]
) -> str:
    for record in cluster:
        if record in remembered and owners[remembered[record].initiative_id] == index:
            return remembered[record].initiative_id
    return mint(cluster[0])
