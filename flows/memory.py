"""What a night remembers of the nights before: identities, moved ids and runs, from the last warehouse."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from warehouse.identity import Known, RecordName
from warehouse.store import reading

RUN_COLUMNS = ("as_of", "source_id", "outcome", "records")


@dataclass(frozen=True, slots=True)
class Memory:
    """Every record ever seen, every id that moved (with its successor and night), and the rows of `run`."""

    known: dict[RecordName, Known] = field(default_factory=dict)
    moves: dict[str, tuple[str, dt.date]] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def runs_before(self, as_of: dt.date) -> list[dict[str, Any]]:
        """Return the rows of `run` of other nights than `as_of`, which may be told again."""
        return [run for run in self.runs if run["as_of"] != as_of]


def remember(warehouse: Path) -> Memory:
    """Return the memory of the warehouse file at `warehouse`; an empty one when there is no file yet.

    Raises `OSError` when it cannot be read: to go on without it would give every id anew.
    """
    if not warehouse.is_file():
        return Memory()
    try:
        return _read(warehouse)
    except duckdb.Error as fault:
        remedy = "put a copy of it back; without it ids are minted anew"
        raise OSError(f"the warehouse {warehouse} cannot be read ({fault}); {remedy}") from fault


def _read(warehouse: Path) -> Memory:
    with reading(warehouse) as connection:
        identities = "SELECT source_id, record_key, initiative_id, first_seen FROM record_identity"
        known = {(source, key): Known(id, seen) for source, key, id, seen in connection.execute(identities).fetchall()}
        moved = connection.execute("SELECT old_id, new_id, moved_on FROM moved_id").fetchall()
        runs = connection.execute(f"SELECT {', '.join(RUN_COLUMNS)} FROM run ORDER BY ALL").fetchall()
    moves = {old: (new, moved_on) for old, new, moved_on in moved}
    return Memory(known, moves, [dict(zip(RUN_COLUMNS, run, strict=True)) for run in runs])
