"""The tables of a release as CSV and JSON Lines, written by DuckDB itself.

Rows stand in the order of their key, as in the database they are read from. Nothing is held in Python, so a million
initiatives need no more memory than DuckDB allows itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from heapq import merge
from pathlib import Path
from typing import IO

import duckdb

from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.contents import LINKS, PUBLISHED, SEARCH
from warehouse.publish.nested import follow, joined, object_of, read
from warehouse.schema import (
    CHANGE,
    INITIATIVE,
    INITIATIVE_LICENCE_OUVERTE,
    INITIATIVE_SOURCE,
    INITIATIVE_VALUE,
    INITIATIVE_VALUE_LICENCE_OUVERTE,
    TEXT_SHARE_ALIKE,
)
from warehouse.table import Column, Table, literal, quoted

SEPARATOR = " | "
"""Stands between the items of a list in a CSV cell; a "|" inside an item is written "/", so that cells can be cut."""

CSV_TABLES: tuple[Table, ...] = tuple(table for table in PUBLISHED if table not in {CHANGE, SEARCH.table})
VALUES = {INITIATIVE.name: INITIATIVE_VALUE, INITIATIVE_LICENCE_OUVERTE.name: INITIATIVE_VALUE_LICENCE_OUVERTE}
"""The table that tells where the values of a merged table come from."""
MERGED = (INITIATIVE, INITIATIVE_LICENCE_OUVERTE)
BUFFER = 1 << 18
"""Bytes of a large file that are written at a time."""

# What a spreadsheet takes for a formula, from OWASP's page "CSV Injection": the cell begins with = + - @, a tab, a
# carriage return or a line feed, or the full-width forms of the first four. Apostrophes before it are covered too,
# so that taking one apostrophe away always gives the original back.
FORMULA = r"^'*[=+\-@＝＋－＠\t\r\n]"
PLAIN_NUMBER = r"[+-]?\d+([.,]\d+)?"


def stem(table: Table) -> str:
    """Return the name of the files of `table`, without suffix: its name in the plural."""
    if table.name in PLURALS:
        return PLURALS[table.name]
    return table.name + ("es" if table.name.endswith("ch") else "s")


PLURALS = {
    "initiative_licence_ouverte": "initiatives_licence_ouverte",
    "initiative_value_licence_ouverte": "initiative_values_licence_ouverte",
    "text_share_alike": "texts_share_alike",
    "initiative_theme_predicted": "initiative_themes_predicted",
    "initiative_beneficiary": "initiative_beneficiaries",
    "vocabulary": "vocabulary",
    "related": "related",
    "data_dictionary": "data-dictionary",
}
"""The names of files whose table's name takes more than an s."""


def csv_name(table: Table) -> str:
    """Return the path of the CSV file of `table` in a release; link tables have a folder of their own."""
    folder = "links/" if table in LINK_TABLES else ""
    return f"{folder}{stem(table)}.csv"


LINK_TABLES = tuple(content.table for content in LINKS)


def write_all(assembly: Assembly) -> None:
    """Write every table as CSV, the changes and the merged sets as JSON Lines."""
    for table in CSV_TABLES:
        path = assembly.add(csv_name(table), table.fr, table.en, group(table), licence=table.licence, table=table)
        write_csv(assembly.connection, table, path)
    path = assembly.add("changes.jsonl", CHANGE.fr, CHANGE.en, Group.CHECK, licence=CHANGE.licence)
    write_changes(assembly.connection, path)
    whole, free = (
        assembly.add(
            f"{stem(table)}.jsonl", f"{table.fr} ; avec sources et provenance",
            f"{table.en}; with sources and provenance", group(table), licence=table.licence,
        )
        for table in MERGED
    )  # fmt: skip
    write_nested(assembly.connection, whole, free)


def group(table: Table) -> Group:
    """Return under which heading the files of `table` are listed."""
    if table in {INITIATIVE_LICENCE_OUVERTE, INITIATIVE_VALUE_LICENCE_OUVERTE}:
        return Group.LICENCE_OUVERTE
    return Group.DATA if table in {INITIATIVE, TEXT_SHARE_ALIKE, *LINK_TABLES} else Group.CHECK


def write_csv(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    """Write one table as CSV after RFC 4180: UTF-8, header, CRLF, and quotes where a cell needs them."""
    query = f"SELECT {cells(table)} FROM {quoted(table.name)}"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT csv, HEADER, NEW_LINE '\\r\\n')")


def cells(table: Table) -> str:
    """Return the SQL that makes CSV cells of the columns of `table`."""
    return ", ".join(f"{_cell(column)} AS {quoted(column.name)}" for column in table.columns)


def _cell(column: Column) -> str:
    """Return the SQL that writes a column into a CSV cell: lists joined, parts as JSON, formulas made harmless."""
    name = quoted(column.name)
    if column.type.startswith("STRUCT"):
        return f"to_json({name})::VARCHAR"
    if column.type == "VARCHAR[]":
        items = f"list_transform({name}, lambda item: replace(item, '|', '/'))"
        return _harmless(f"array_to_string({items}, {literal(SEPARATOR)})")
    if column.type.endswith("[]"):
        return f"array_to_string({name}, {literal(SEPARATOR)})"
    return _harmless(name) if column.type == "VARCHAR" else name


def _harmless(text: str) -> str:
    # Nearly every cell begins with a letter, which a comparison sees sooner than an expression.
    risky = (
        f"({text} < 'A' OR {text} >= '＋') AND regexp_matches({text}, {literal(FORMULA)}) "
        f"AND NOT regexp_full_match({text}, {literal(PLAIN_NUMBER)})"
    )
    return f"CASE WHEN {risky} THEN '''' || {text} ELSE {text} END"


def write_changes(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the table `change` as JSON Lines."""
    names = ", ".join(map(quoted, CHANGE.names))
    copy_json(connection, f"SELECT {names} FROM {quoted(CHANGE.name)}", path)


def write_nested(connection: duckdb.DuckDBPyConnection, whole: Path, free: Path) -> None:
    """Write every initiative as one JSON object a line, with `sources` and the provenance of `values`.

    `whole` gets those of the complete set and `free` those under the Licence Ouverte. What both sets tell in the same
    words, as most sources are under an open licence, is put into words once.
    """
    alike, apart = told_alike(connection)
    with whole.open("wb", BUFFER) as all, free.open("wb", BUFFER) as some:

        def shared() -> Iterator[tuple[str, bytes]]:
            for id, line in _lines(connection, INITIATIVE):
                all.write(line)
                if id in alike:
                    yield id, line

        own = _lines(connection, INITIATIVE_LICENCE_OUVERTE, apart)
        some.writelines(line for _, line in merge(shared(), own))


def told_alike(connection: duckdb.DuckDBPyConnection) -> tuple[set[str], list[str]]:
    """Return the ids of the initiatives whose rows, sources and values are the same in both merged sets; and of others.

    Only where no source was left out can both be the same; that they are is seen by hashes of all that is told, and by
    how many values there are. The others are those of the set under the Licence Ouverte.
    """
    rows, values = (
        " INTERSECT ".join(
            f"SELECT initiative_id, count(*), sum(hash(t)) FROM {quoted(of.name)} t GROUP BY initiative_id"
            for of in tables
        )
        for tables in (MERGED, [VALUES[merged.name] for merged in MERGED])
    )
    found = connection.execute(
        f"""
        SELECT initiative_id, initiative_id IN (
            SELECT initiative_id FROM ({rows}) SEMI JOIN ({values}) USING (initiative_id)
        ) AND NOT EXISTS (
            FROM initiative_source s WHERE s.initiative_id = m.initiative_id
            AND NOT list_contains(m.source_ids, s.source_id)
        ) FROM initiative_licence_ouverte m
        """
    ).fetchall()
    return {id for id, same in found if same}, [id for id, same in found if not same]


def _lines(
    connection: duckdb.DuckDBPyConnection, table: Table, only: Sequence[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield id and line of the rows of a merged `table`, in the order of ids: of all, or `only` of these ids."""
    ids = {} if only is None else {"only": only}
    sources, values = (
        follow(read(connection, _items(of, table, only is not None), ids))
        for of in (INITIATIVE_SOURCE, VALUES[table.name])
    )
    facts = f"SELECT t.initiative_id, to_json(t)::VARCHAR FROM {quoted(table.name)} t"
    if only is not None:
        facts += f"{ONLY} ORDER BY t.initiative_id"
    for id, told in read(connection, facts, ids):
        yield id, f'{told[:-1]},"sources":{joined(sources(id))},"values":{joined(values(id))}}}\n'.encode()


ONLY = " SEMI JOIN (SELECT unnest($only::VARCHAR[]) AS initiative_id) o ON o.initiative_id = t.initiative_id"


def _items(table: Table, merged: Table, only: bool) -> str:
    """Return the query of the rows of `table` as JSON, in the order of initiatives: of all, or of those in `$only`.

    Under the Licence Ouverte the sources told are those whose records were merged there.
    """
    row = object_of({name: f"t.{quoted(name)}" for name in table.names if name != "initiative_id"})
    query = f"SELECT t.initiative_id, {row} FROM {quoted(table.name)} t{ONLY if only else ''}"
    if table is INITIATIVE_SOURCE and merged is not INITIATIVE:
        query += (
            f" JOIN {quoted(merged.name)} m ON m.initiative_id = t.initiative_id "
            "AND list_contains(m.source_ids, t.source_id)"
        )
    if not only and table is not INITIATIVE_SOURCE:
        return query  # it stands in that order, which no join keeps
    keys = dict.fromkeys(("initiative_id", *table.key))
    return f"{query} ORDER BY {', '.join(f't.{quoted(name)}' for name in keys)}"


def copy_json(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    path: Path,
    parameters: dict[str, str] | None = None,
    *,
    array: bool = False,
) -> None:
    """Write the rows of `query` as JSON, one object a line or one array."""
    options = "FORMAT json, ARRAY true" if array else "FORMAT json"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} ({options})", parameters or {})


def append(part: Path, whole: IO[bytes]) -> None:
    """Add the bytes of the file `part` to `whole`, and remove it."""
    with part.open("rb") as opened:
        shutil.copyfileobj(opened, whole, 1 << 20)
    part.unlink()
