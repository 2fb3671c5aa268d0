"""The search for contacts of people in all that is to be published: the last look before a release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from transforms.normalise.contacts import contacts_in_address, find_contacts, scrub
from transforms.normalise.people import private_contacts
from warehouse.schema import TABLES
from warehouse.store import stream
from warehouse.table import literal, quoted


def published_contacts(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield where a published text still holds a contact of somebody: table, column and row, not the text."""
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
    "initiative_id", "source_id", "left_source_id", "right_source_id", "source_ids", "old_id", "new_id", "similar_id",
    "siren", "siret", "rna", "osm", "wikidata", "insee_code", "epci_code", "departement_code", "region_code",
}  # fmt: skip
