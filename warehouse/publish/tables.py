"""The data files of a release: CSV, JSON Lines, GeoParquet and GeoJSON, all written by DuckDB itself.

Rows stand in the order of their key. Nothing is held in Python, so a million initiatives need no more memory than
DuckDB allows itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

import duckdb

from warehouse.publish.database import PUBLISHED, ordered
from warehouse.schema import CHANGE, INITIATIVE, INITIATIVE_SOURCE, INITIATIVE_VALUE
from warehouse.table import Column, Table, literal, quoted

SEPARATOR = " | "
"""Stands between the items of a list in a CSV cell; a "|" inside an item is written "/", so that cells can be cut."""

CSV_TABLES: tuple[Table, ...] = tuple(table for table in PUBLISHED if table is not CHANGE)
GEOJSON_PROPERTIES = (
    "name", "themes", "status", "commune", "departement_code", "region", "country", "geo_precision", "source_ids",
    "url", "licence",
)  # fmt: skip
JSON_BATCH = 50_000
"""Initiatives nested at a time: DuckDB's `list()` keeps its groups in memory."""

# What a spreadsheet takes for a formula, from OWASP's page "CSV Injection": the cell begins with = + - @, a tab, a
# carriage return or a line feed, or the full-width forms of the first four. Apostrophes before it are covered too,
# so that taking one apostrophe away always gives the original back.
FORMULA = r"^'*[=+\-@＝＋－＠\t\r\n]"
PLAIN_NUMBER = r"[+-]?\d+([.,]\d+)?"


def csv_name(table: Table) -> str:
    """Return the name of the CSV file of `table`: its name in the plural."""
    return table.name + {"match": "es.csv", "related": ".csv"}.get(table.name, "s.csv")


def write_all(connection: duckdb.DuckDBPyConnection, folder: Path, scratch: Path) -> None:
    """Write every data file of the release database open in `connection` into `folder`."""
    for table in CSV_TABLES:
        write_csv(connection, table, folder / csv_name(table))
    write_changes(connection, folder / "changes.jsonl")
    write_nested(connection, folder / "initiatives.jsonl", scratch)
    write_geojson(connection, folder / "initiatives.geojson", scratch)
    write_geoparquet(connection, folder / "initiatives.parquet")


def write_csv(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    """Write one table as CSV after RFC 4180: UTF-8, header, CRLF, and quotes where a cell needs them."""
    cells = ", ".join(f"{_cell(column)} AS {quoted(column.name)}" for column in table.columns)
    connection.execute(
        f"COPY (SELECT {cells} FROM {quoted(table.name)} {ordered(table)}) "
        f"TO {literal(str(path))} (FORMAT csv, HEADER, NEW_LINE '\\r\\n')"
    )


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
    risky = f"regexp_matches({text}, {literal(FORMULA)}) AND NOT regexp_full_match({text}, {literal(PLAIN_NUMBER)})"
    return f"CASE WHEN {risky} THEN '''' || {text} ELSE {text} END"


def write_changes(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the table `change` as JSON Lines."""
    names = ", ".join(map(quoted, CHANGE.names))
    _copy_json(connection, f"SELECT {names} FROM {quoted(CHANGE.name)} {ordered(CHANGE)}", path)


def write_nested(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> None:
    """Write every initiative as one JSON object a line, with its `sources` and the provenance of its `values`."""
    sources, values = _nested(INITIATIVE_SOURCE), _nested(INITIATIVE_VALUE)
    query = f"""
        SELECT i.*, coalesce(s.items, []) AS sources, coalesce(v.items, []) AS "values"
        FROM initiative i
        LEFT JOIN ({sources}) s USING (initiative_id) LEFT JOIN ({values}) v USING (initiative_id)
        WHERE i.initiative_id BETWEEN $first AND $last ORDER BY i.initiative_id
    """
    batches = connection.execute(
        "SELECT min(initiative_id), max(initiative_id) FROM "
        "(SELECT initiative_id, (row_number() OVER (ORDER BY initiative_id) - 1) // $size AS batch FROM initiative) "
        "GROUP BY batch ORDER BY batch",
        {"size": JSON_BATCH},
    ).fetchall()
    part = scratch / "part.jsonl"
    with path.open("wb") as whole:
        for first, last in batches:
            _copy_json(connection, query, part, {"first": first, "last": last})
            _append(part, whole)


def _nested(table: Table) -> str:
    """Return the query that gathers the rows of `table` into one list for each initiative of the batch."""
    parts = ", ".join(f"{literal(name)}: {quoted(name)}" for name in table.names if name != "initiative_id")
    order = ", ".join(quoted(name) for name in table.key if name != "initiative_id")
    return (
        f"SELECT initiative_id, list({{{parts}}} ORDER BY {order}) AS items FROM {quoted(table.name)} "
        "WHERE initiative_id BETWEEN $first AND $last GROUP BY initiative_id"
    )


def write_geojson(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> None:
    """Write the placed initiatives as a FeatureCollection after RFC 7946, with six decimals (about 10 cm)."""
    properties = ", ".join(f"{literal(name)}: {quoted(name)}" for name in GEOJSON_PROPERTIES)
    query = f"""
        SELECT 'Feature' AS type, initiative_id AS id,
            {{'type': 'Point', 'coordinates': [round(longitude, 6), round(latitude, 6)]}} AS geometry,
            {{'id': initiative_id, {properties}}} AS properties
        FROM initiative WHERE isfinite(longitude) AND isfinite(latitude) {ordered(INITIATIVE)}
    """
    part = scratch / "features.json"
    _copy_json(connection, query, part, array=True)
    with path.open("wb") as whole:
        whole.write(b'{"type":"FeatureCollection","features":')
        _append(part, whole)
        whole.write(b"}\n")


def write_geoparquet(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the initiatives as GeoParquet: all columns, and `geometry`, a point in longitude and latitude (WGS 84).

    DuckDB's core type writes GeoParquet 1.0 metadata; no extension is needed. One thread, for the same bytes each time.
    """
    names = ", ".join(map(quoted, INITIATIVE.names))
    # Without coordinates the text is null, and so is the geometry.
    query = f"""
        SELECT {names}, CAST('POINT (' || longitude || ' ' || latitude || ')' AS GEOMETRY) AS geometry
        FROM initiative {ordered(INITIATIVE)}
    """
    connection.execute("SET threads = 1")
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    connection.execute("RESET threads")


def _copy_json(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    path: Path,
    parameters: dict[str, str] | None = None,
    *,
    array: bool = False,
) -> None:
    options = "FORMAT json, ARRAY true" if array else "FORMAT json"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} ({options})", parameters or {})


def _append(part: Path, whole: IO[bytes]) -> None:
    with part.open("rb") as opened:
        shutil.copyfileobj(opened, whole, 1 << 20)
    part.unlink()
