"""The step of the build that gives every cluster its permanent id: what is remembered by rule, what is new at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter

import duckdb
import numpy as np

from flows.memory import Memory
from transforms.columns import Types, insert
from warehouse.identity import Identities, RecordName, all_moves, assign, mint

IDENTITY: Types = {"source_id": object, "record_key": object, "initiative_id": object, "first_seen": "datetime64[s]"}
"""The columns of the table `identity`."""

Moves = dict[str, tuple[str, dt.date]]


def identify(
    connection: duckdb.DuckDBPyConnection, memory: Memory, as_of: dt.date, moved_keys: Mapping[RecordName, RecordName]
) -> Moves:
    """Make the temporary table `identity`: what is to be remembered of every record ever seen.

    Reads `linkable`, whose ids must be in the order of the names of the records, and `clustered`. A cluster of which
    nothing is remembered, as all are in a first night, goes by the own id of its first record; `assign` sees the others
    alone. Returns every id that ever moved, with its successor and the night of its move.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE identity (source_id VARCHAR, record_key VARCHAR, initiative_id VARCHAR, "
        "first_seen DATE)"
    )
    _find_familiar(connection, memory, moved_keys)
    found = assign(_familiar_clusters(connection), memory.known, as_of, moved_keys)
    insert(connection, "identity", IDENTITY, [(*name, *seen) for name, seen in found.known.items()])
    fresh = _mint(connection, as_of)
    return all_moves(memory.moves, Identities([*found.ids, *fresh], found.known, found.moved), as_of)


def _find_familiar(
    connection: duckdb.DuckDBPyConnection, memory: Memory, moved_keys: Mapping[RecordName, RecordName]
) -> None:
    """Make the temporary table `familiar` of the clusters that hold a record which is remembered or got another key."""
    known = memory.known.keys() | moved_keys.keys() | set(moved_keys.values())
    ids: list[tuple[int]] = []
    if known:
        named = connection.execute("SELECT id, source_id, record_key FROM linkable").fetchall()
        ids = [(id,) for id, source, key in named if (source, key) in known]
    connection.execute("CREATE OR REPLACE TEMP TABLE remembered (id BIGINT)")
    insert(connection, "remembered", {"id": np.int64}, ids)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE familiar AS SELECT DISTINCT cluster FROM clustered JOIN remembered USING (id)"
    )


def _familiar_clusters(connection: duckdb.DuckDBPyConnection) -> list[list[RecordName]]:
    rows = connection.execute(
        "SELECT cluster, source_id, record_key FROM clustered JOIN familiar USING (cluster) JOIN linkable USING (id) "
        "ORDER BY cluster, id"
    ).fetchall()
    return [[(source, key) for _, source, key in members] for _, members in groupby(rows, key=itemgetter(0))]


def _mint(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> list[str]:
    """Add the records of new clusters to `identity`, and return the ids that these go by."""
    rows = connection.execute(
        "SELECT id, source_id, record_key FROM clustered JOIN linkable USING (id) "
        "WHERE id = cluster AND cluster NOT IN (FROM familiar) ORDER BY id"
    ).fetchall()
    ids = [mint((source, key)) for _, source, key in rows]
    connection.execute("CREATE OR REPLACE TEMP TABLE minted (cluster BIGINT, initiative_id VARCHAR)")
    minted = [(cluster, id) for (cluster, _, _), id in zip(rows, ids, strict=True)]
    insert(connection, "minted", {"cluster": np.int64, "initiative_id": object}, minted)
    connection.execute(
        "INSERT INTO identity SELECT source_id, record_key, initiative_id, $as_of "
        "FROM clustered JOIN minted USING (cluster) JOIN linkable USING (id)",
        {"as_of": as_of},
    )
    return ids
