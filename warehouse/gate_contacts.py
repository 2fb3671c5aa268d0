"""The search for contacts of people in all that is to be published: the last look before a release.

The same text stands in many places (a record, its initiative, the provenance of both), so each is searched once: texts
that could hold a contact at all are gathered from every table, searched, and looked up again where something is found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from transforms.database import connect
from transforms.normalise.contacts import contacts_in_address, find_contacts, scrub
from transforms.normalise.people import private_contacts
from transforms.spread import Spread
from warehouse.schema import TABLES
from warehouse.store import stream
from warehouse.table import Table, literal, quoted

WORTH = 200_000
"""Texts from which it pays to let several processes search: fewer take no longer than these need to start."""
PART = 50_000
"""Texts that one process is given to search at a time."""

Found = list[tuple[str, str]]
"""How a text was searched, and the text."""


def published_contacts(connection: duckdb.DuckDBPyConnection, spread: Spread = map) -> Iterator[str]:
    """Yield where a published text still holds a contact of somebody: table, column and row, not the text.

    Makes temporary tables on `connection`, which may be open for reading only; many texts are searched as `spread` has
    it.
    """
    tables = [(table, _texts(table)) for table in TABLES if table.published and _texts(table)]
    gathered = " UNION ALL ".join(_gathered(table, name) for table, names in tables for name in names)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE looked_at AS SELECT DISTINCT eye, cell FROM ({gathered})")
    connection.execute("CREATE OR REPLACE TEMP TABLE found_contact (eye VARCHAR, cell VARCHAR)")
    if _search(connection, spread):
        for table, names in tables:
            yield from _places(connection, table, names)
    connection.execute("DROP TABLE looked_at; DROP TABLE found_contact")


def _texts(table: Table) -> list[str]:
    """The columns of a table that could hold a contact."""
    return [column.name for column in table.columns if "VARCHAR" in column.type and column.name not in SAFE]


def _gathered(table: Table, name: str) -> str:
    cell = f"{quoted(name)}::VARCHAR"
    return (
        f"SELECT {_eye(table, name)} AS eye, {cell} AS cell FROM {quoted(table.name)} "
        f"WHERE regexp_matches({cell}, {literal(HINT)}) AND NOT regexp_full_match({cell}, {literal(COORDINATE)})"
    )


def _eye(table: Table, name: str) -> str:
    """The SQL of how a cell is searched: rows that tell about one field hold what that field does.

    `initiative_value` and `change` are such. A value may be one list or block as text, so columns are searched as they
    are published.
    """
    told = literal(name)
    if name in {"value", "original", "before", "after"} and "field" in {column.name for column in table.columns}:
        told = f"coalesce(nullif(field, ''), {told})"
    generic, addresses = (", ".join(map(literal, sorted(names))) for names in (GENERIC, ADDRESSES))
    return f"CASE WHEN {told} IN ({generic}) THEN 'generic' WHEN {told} IN ({addresses}) THEN 'address' ELSE 'text' END"


EYES: dict[str, Callable[[str], list[str]]] = {
    "generic": private_contacts, "address": contacts_in_address, "text": find_contacts
}  # fmt: skip


def _search(connection: duckdb.DuckDBPyConnection, spread: Spread) -> bool:
    """Fill `found_contact` with the texts that hold one; return whether there are any."""
    [(texts,)] = connection.execute("SELECT count(*) FROM looked_at").fetchall()
    if texts < WORTH:
        found = _holding(connection, "looked_at")
    else:
        with tempfile.TemporaryDirectory() as folder:
            target = f"{literal(folder)} (FORMAT parquet, ROW_GROUP_SIZE {PART}, ROW_GROUPS_PER_FILE 1)"
            connection.execute(f"COPY looked_at TO {target}")
            found = [each for some in spread(_holding_in, sorted(Path(folder).iterdir())) for each in some]
    if found:
        connection.executemany("INSERT INTO found_contact VALUES (?, ?)", found)
    return bool(found)


def _holding(connection: duckdb.DuckDBPyConnection, texts: str) -> Found:
    """Search the texts of a table."""
    rows = stream(connection, f"SELECT eye, cell FROM {texts}")
    return [(row["eye"], row["cell"]) for row in rows if EYES[row["eye"]](row["cell"])]


def _holding_in(file: Path) -> Found:
    """Search the texts of a Parquet file: the work of one process."""
    with connect(threads=1) as connection:
        return _holding(connection, f"read_parquet({literal(str(file))})")


def _places(connection: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str]) -> Iterator[str]:
    """Yield the cells of one table whose texts were found to hold a contact."""
    key = ", ".join(f"{quoted(name)}::VARCHAR" for name in table.key)
    held = ", ".join(
        f"({_eye(table, name)}, {quoted(name)}::VARCHAR) IN (SELECT (eye, cell) FROM found_contact) AS {quoted(name)}"
        for name in names
    )
    cells = f"SELECT [{key}] AS named, {held} FROM {quoted(table.name)}"
    any_of = " OR ".join(map(quoted, names))
    for row in stream(connection, f"SELECT * FROM ({cells}) WHERE {any_of} ORDER BY named"):
        for name in names:
            if row[name]:
                yield f"{table.name}.{name} of {scrub('/'.join(map(str, row['named'])))[0]}"


# Few texts can hold a contact at all; only those are taken out of the database and searched. In RE2's dialect, and
# wider than all that `find_contacts` and `contacts_in_address` look for.
HINT = (
    r"(?is)[@＠﹫ⓐ]|%(?:25)*40|%25|&(?:#|commat|amp)|arr?oba|_at_| at |z[ée]ro|"
    r"[\[({<«*|/'\"\\][\s\pZ]*(?:at|chez|a|à)[\s\pZ]*[\])}>»*|/'\"]|[.][^\s\d]{2,60}[ -](?:chez|à)[ -]\S+[.]|"
    r"(?:\p{Nd}.*){6}"
)

COORDINATE = r"-?(?:[1-9]\d?|0)\.\d{1,7}"
"""Half of what has six figures is a degree: too short for a telephone number, and never in its shape."""

# Columns that hold addresses, and keys as the source writes them: full of digits that are no phone numbers.
ADDRESSES = {
    "url", "record_url", "publisher_url", "licence_proof", "record_key", "left_record_key", "right_record_key",
}  # fmt: skip

# Columns that hold contacts of organisations; of people's there too, none may be left.
GENERIC = {"contact_email", "contact_phone"}

# Columns whose values cannot be texts of a person: our own ids, codes and words on how a value was chosen, and
# identifiers with a check digit. Not so `field`: that of an issue may be a heading of the source.
SAFE = {
    "rule",
    "initiative_id", "source_id", "left_source_id", "right_source_id", "source_ids", "old_id", "new_id", "similar_id",
    "siren", "siret", "rna", "osm", "wikidata", "insee_code", "epci_code", "departement_code", "region_code",
}  # fmt: skip
