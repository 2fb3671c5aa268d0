"""The gates. One source: is what it gave believable? The merged set: may it be published?"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from transforms.normalise.contacts import find_contacts
from transforms.rights import register
from warehouse.schema import TABLES, quoted
from warehouse.store import stream


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a source is expected to give; `max_drop` is a share of the median of the last good runs."""

    rows_min: int
    rows_max: int | None = None
    max_drop: float = 0.3
    filled: Mapping[str, float] = field(default_factory=dict)


def source_faults(bounds: Bounds, rows: int, filled: Mapping[str, int], history: Sequence[int]) -> list[str]:
    """Say why a harvest is not believed, a sentence each; empty when it passes.

    `filled` counts the records that have each field, `history` the records of the last good runs.
    """
    faults = []
    if rows < bounds.rows_min:
        faults.append(f"{rows} records, at least {bounds.rows_min} expected")
    if bounds.rows_max is not None and rows > bounds.rows_max:
        faults.append(f"{rows} records, at most {bounds.rows_max} expected")
    if history:
        usual = statistics.median(history)
        if rows < usual * (1 - bounds.max_drop):
            faults.append(f"{rows} records, usually {usual:g}")
    for name, least in bounds.filled.items():
        share = filled.get(name, 0) / rows if rows else 0.0
        if share < least:
            faults.append(f"{name} is filled in {share:.0%} of the records, at least {least:.0%} expected")
    return faults


MAX_DROP = 0.5
"""The merged set may lose this share of its initiatives in one night; sources in trouble keep their rows anyway."""


def merged_faults(connection: duckdb.DuckDBPyConnection, published_before: int) -> list[str]:
    """Say why the merged set in the warehouse may not be published, a sentence each; empty when it may.

    Looks at counts, licences, ids, and at every published text for contacts of people.
    """
    faults = []
    [(count,)] = connection.execute("SELECT count(*) FROM initiative").fetchall()
    if not count:
        return ["there is no initiative at all"]
    if count < published_before * (1 - MAX_DROP):
        faults.append(f"{count} initiatives, {published_before} in the last release")
    licences = [row[0] for row in connection.execute("SELECT DISTINCT licence FROM initiative_source").fetchall()]
    unknown = sorted(set(licences) - set(register()))
    if unknown:
        faults.append(f"licences not in the register: {', '.join(unknown)}")
    [(lost,)] = connection.execute(
        "SELECT count(*) FROM initiative_source LEFT JOIN initiative i USING (initiative_id) WHERE i.name IS NULL"
    ).fetchall()
    if lost:
        faults.append(f"{lost} records belong to no initiative")
    contacts = list(_contacts(connection))
    if contacts:
        faults.append(f"{len(contacts)} published texts hold a contact, such as {'; '.join(contacts[:3])}")
    return faults


def _contacts(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Where a published text still holds an e-mail address or a phone number: table, column and row, not the text."""
    for table in TABLES:
        if not table.published:
            continue
        texts = [column.name for column in table.columns if "VARCHAR" in column.type and column.name not in SAFE]
        if not texts:
            continue
        key = ", ".join(map(quoted, table.key))
        wanted = ", ".join(f"{quoted(name)}::VARCHAR AS {quoted(name)}" for name in texts)
        # Few texts can hold a contact at all; the library looks at those only.
        hint = " OR ".join(f"regexp_matches({quoted(name)}::VARCHAR, '@|(\\d\\D{{0,3}}){{8}}')" for name in texts)
        for row in stream(connection, f"SELECT {key}, {wanted} FROM {quoted(table.name)} WHERE {hint}"):
            for name in texts:
                if row[name] and find_contacts(row[name]):
                    yield f"{table.name}.{name} of {_named(row, table.key)}"


def _named(row: Mapping[str, Any], key: Sequence[str]) -> str:
    return "/".join(str(row[name]) for name in key)


# Columns whose values cannot be texts of a person: ids, codes, addresses of pages, identifiers with a check digit.
SAFE = {
    "initiative_id", "source_id", "record_key", "left_record_key", "right_record_key", "old_id", "new_id", "siren",
    "siret", "rna", "insee_code", "epci_code", "url", "record_url", "publisher_url", "licence_proof", "source_ids",
}  # fmt: skip


def outlived(stale_since: dt.date, as_of: dt.date, limit_days: int) -> bool:
    """Whether a source has failed for longer than its limit, so that its last good rows must go."""
    return (as_of - stale_since).days > limit_days
