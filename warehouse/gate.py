"""The gates. One source: is what it gave believable? The merged set: may it be published?"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from transforms.normalise.contacts import contacts_in_address, find_contacts, scrub
from transforms.normalise.people import private_contacts
from transforms.rights import register
from warehouse.schema import TABLES
from warehouse.store import stream
from warehouse.table import literal, quoted


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
            faults.append(f"{rows} records, usually {usual:.0f}")
    for name, least in bounds.filled.items():
        given = filled.get(name, 0)
        if rows and given / rows < least:
            faults.append(f"{name} is filled in {given} of {rows} records, in at least {least:.0%} expected")
    return faults


MAX_DROP = 0.5
"""The merged set may lose this share of its initiatives in one night; sources in trouble keep their rows anyway."""


def merged_faults(connection: duckdb.DuckDBPyConnection, published_before: int) -> list[str]:
    """Say why the merged set in the warehouse may not be published, a sentence each; empty when it may.

    Looks at counts, licences, ids and provenance, and at every published text for contacts of people.
    """
    faults = []
    count = _count(connection, "FROM initiative")
    if not count:
        return ["there is no initiative at all"]
    if count < published_before * (1 - MAX_DROP):
        faults.append(f"{count} initiatives, {published_before} in the last release")
    licences = [row[0] for row in connection.execute("SELECT DISTINCT licence FROM initiative_source").fetchall()]
    unknown = sorted(set(licences) - set(register()))
    if unknown:
        faults.append(f"licences not in the register: {', '.join(unknown)}")
    closed = ", ".join(literal(id) for id, licence in register().items() if not licence.open)
    never = NEVER | {told: f"{sql} AND licence IN ({closed})" for told, sql in CLOSED.items()}
    faults += [f"{found} {told}" for told, sql in never.items() if (found := _count(connection, sql))]
    contacts = list(_contacts(connection))
    if contacts:
        faults.append(f"{len(contacts)} published texts hold a contact, such as {'; '.join(contacts[:3])}")
    return faults


# What may never be, and the rows that are so.
NEVER = {
    "records belong to no initiative": "FROM initiative_source ANTI JOIN initiative USING (initiative_id)",
    "initiatives have no record behind them": "FROM initiative ANTI JOIN initiative_source USING (initiative_id)",
    "values come from a record that is not behind their initiative": (
        "FROM initiative_value ANTI JOIN initiative_source USING (initiative_id, source_id, record_key)"
    ),
    "moved ids are still in use": "FROM moved_id JOIN initiative ON initiative_id = old_id",
    "moved ids lead to one that moved itself": "FROM moved_id a JOIN moved_id b ON a.new_id = b.old_id",
}
# What a source without an open licence may not give: its texts, and contacts.
CLOSED = {
    "sentences come from sources without an open licence": (
        "FROM initiative_value JOIN initiative_source USING (initiative_id, source_id, record_key) "
        "WHERE field IN ('summary', 'impact', 'needs', 'contact_email', 'contact_phone')"
    ),
    "records of sources without an open licence hold sentences or contacts": (
        "FROM record JOIN (SELECT source_id, record_key, licence FROM initiative_source) USING (source_id, record_key) "
        "WHERE (coalesce(summary, impact, contact_email, contact_phone) IS NOT NULL OR len(needs) > 0 "
        "OR len(list_filter(partners, lambda p: coalesce(p.motivation, p.contribution) IS NOT NULL)) > 0)"
    ),
}


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    [(count,)] = connection.execute(f"SELECT count(*) {sql}").fetchall()
    return int(count)


def _contacts(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Where a published text still holds an e-mail address or a phone number: table, column and row, not the text."""
    for table in TABLES:
        texts = [column.name for column in table.columns if "VARCHAR" in column.type and column.name not in SAFE]
        if not table.published or not texts:
            continue
        wanted = ", ".join(f"{quoted(name)}::VARCHAR AS {quoted(name)}" for name in dict.fromkeys([*table.key, *texts]))
        hint = " OR ".join(f"regexp_matches({quoted(name)}::VARCHAR, {literal(HINT)})" for name in texts)
        for row in stream(connection, f"SELECT {wanted} FROM {quoted(table.name)} WHERE {hint} ORDER BY ALL"):
            for name in texts:
                if row[name] and _looked_at(name, row)(row[name]):
                    yield f"{table.name}.{name} of {_named(row, table.key)}"


def _looked_at(column: str, row: Mapping[str, Any]) -> Callable[[str], list[str]]:
    """How a cell is searched: rows that tell about one field (`initiative_value`, `change`) hold what that field does.

    A value may be one list or block as text, so columns are searched as they are published.
    """
    told = row.get("field") if column in {"value", "original", "before", "after"} else None
    if (told or column) in GENERIC:
        return private_contacts
    return contacts_in_address if (told or column) in ADDRESSES else find_contacts


def _named(row: Mapping[str, Any], key: Sequence[str]) -> str:
    return scrub("/".join(str(row[name]) for name in key))[0]


# Few texts can hold a contact at all; only those are taken out of the database and searched. In RE2's dialect, and
# wider than all that `find_contacts` and `contacts_in_address` look for.
HINT = (
    r"(?is)[@＠﹫]|%40|%25|&(?:#|commat|amp)|arobas|[\[({][\s\pZ]*(?:at|chez|a)[\s\pZ]*[\])}]|_at_| at |"
    r"(?:\p{Nd}.*){6}"
)

# Columns that hold addresses, and keys as the source writes them: full of digits that are no phone numbers.
ADDRESSES = {
    "url", "record_url", "publisher_url", "licence_proof", "record_key", "left_record_key", "right_record_key",
}  # fmt: skip

# Columns that hold contacts of organisations; of people's there too, none may be left.
GENERIC = {"contact_email", "contact_phone"}

# Columns whose values cannot be texts of a person: our own ids and codes, and identifiers with a check digit.
SAFE = {
    "initiative_id", "source_id", "left_source_id", "right_source_id", "source_ids", "old_id", "new_id", "siren",
    "siret", "rna", "osm", "wikidata", "insee_code", "epci_code", "departement_code", "region_code",
}  # fmt: skip


def outlived(stale_since: dt.date, as_of: dt.date, limit_days: int) -> bool:
    """Whether a source has failed for longer than its limit, so that its last good rows must go."""
    return (as_of - stale_since).days > limit_days
