"""The merged sets as GeoJSON, GeoParquet and GeoPackage: what maps and geographical information systems open."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from transforms.database import connect, load_extension
from warehouse.publish.assembly import Assembly
from warehouse.publish.tables import MERGED, SEPARATOR, append, copy_json, group, stem
from warehouse.table import Column, Table, literal, quoted

GEOJSON_PROPERTIES = (
    "name", "themes", "status", "commune", "departement_code", "region", "country", "geo_precision", "source_ids",
    "url", "licence",
)  # fmt: skip
PLACED = "isfinite(longitude) AND isfinite(latitude)"

ROW_GROUP = 20_000
"""Rows a remote reader takes at a time; the smallest steps DuckDB writes are 2,048."""
PARQUET_ORDER = "country, region_code, departement_code, insee_code, initiative_id"
"""Neighbours stand together, so that a reader of one region or of one box on the map skips most row groups."""

COVERING = {
    side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")
}  # fmt: skip


def write_all(assembly: Assembly) -> None:
    """Write both merged sets in each format."""
    for table in MERGED:
        name, place = stem(table), group(table)
        for suffix, fr, en in (
            (".geojson", "celles qui sont situées, pour carte en ligne", "those with a place, for web maps"),
            (".parquet", "GeoParquet, pour analyse et SIG", "GeoParquet, for analysis and GIS"),
            (".gpkg", "GeoPackage, pour SIG", "GeoPackage, for GIS"),
        ):
            told = f"{table.fr} ; {fr}", f"{table.en}; {en}"
            path = assembly.add(f"{name}{suffix}", *told, place, licence=table.licence)
            if suffix == ".geojson":
                write_geojson(assembly.connection, table, path, assembly.scratch)
            elif suffix == ".parquet":
                write_geoparquet(assembly.connection, table, path)
            else:
                write_geopackage(assembly, table, path)


def features(table: Table) -> str:
    """Return the query of the placed rows of `table` as GeoJSON features (RFC 7946), six decimals (about 10 cm)."""
    properties = ", ".join(f"{literal(name)}: {quoted(name)}" for name in GEOJSON_PROPERTIES)
    return f"""
        SELECT 'Feature' AS type, initiative_id AS id,
            {{'type': 'Point', 'coordinates': [round(longitude, 6), round(latitude, 6)]}} AS geometry,
            {{'id': initiative_id, {properties}}} AS properties
        FROM {quoted(table.name)} WHERE {PLACED}
    """


def write_geojson(connection: duckdb.DuckDBPyConnection, table: Table, path: Path, scratch: Path) -> None:
    """Write the placed rows of `table` as a FeatureCollection after RFC 7946."""
    part = scratch / "features.json"
    copy_json(connection, features(table), part, array=True)
    with path.open("wb") as whole:
        whole.write(b'{"type":"FeatureCollection","features":')
        append(part, whole)
        whole.write(b"}\n")


def write_geoparquet(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    """Write all columns of `table` as GeoParquet 1.1: `geometry` (WKB, longitude and latitude) and its box `bbox`.

    Standard: https://geoparquet.org/releases/v1.1.0/ . Without coordinates both are null. DuckDB writes the bytes and
    we the metadata, as it knows GeoParquet 1.0 only; no extension is needed. One thread, for the same bytes each time.
    """
    names = ", ".join(map(quoted, table.names))
    [bounds] = connection.execute(
        f"SELECT min(longitude), min(latitude), max(longitude), max(latitude) FROM {quoted(table.name)} WHERE {PLACED}"
    ).fetchall()
    column = {"encoding": "WKB", "geometry_types": ["Point"], "covering": {"bbox": COVERING}}
    if bounds[0] is not None:
        column["bbox"] = list(bounds)
    meta = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    query = f"""
        SELECT {names},
            CASE WHEN {PLACED} THEN ST_AsWKB(CAST('POINT (' || longitude || ' ' || latitude || ')' AS GEOMETRY)) END
                AS geometry,
            CASE WHEN {PLACED} THEN {{'xmin': longitude, 'ymin': latitude, 'xmax': longitude, 'ymax': latitude}} END
                AS bbox
        FROM {quoted(table.name)} ORDER BY {PARQUET_ORDER}
    """
    connection.execute("SET threads = 1")
    connection.execute(
        f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9, "
        f"ROW_GROUP_SIZE {ROW_GROUP}, GEOPARQUET_VERSION 'NONE', KV_METADATA {{geo: {literal(json.dumps(meta))}}})"
    )
    connection.execute("RESET threads")


def write_geopackage(assembly: Assembly, table: Table, path: Path) -> None:
    """Write all columns of `table` as a GeoPackage of one layer, through GDAL in DuckDB's spatial extension.

    GeoPackage knows no lists: they are joined as in the CSV files, blocks are JSON. Its tables note when they changed;
    that is the night of the data here.
    """
    columns = ", ".join(f"{_plain(column)} AS {quoted(column.name)}" for column in table.columns)
    rows = assembly.scratch / "layer.parquet"
    assembly.connection.execute(
        f"COPY (SELECT {columns} FROM {quoted(table.name)}) TO {literal(str(rows))} (FORMAT parquet)"
    )
    layer, made = assembly.scratch / "layer.gpkg", f"{assembly.as_of.isoformat()}T00:00:00.000Z"
    with connect() as connection, environment("OGR_CURRENT_DATE", made):
        load_extension(connection, "spatial")
        connection.execute("SET threads = 1")
        connection.execute(
            "COPY (SELECT *, CASE WHEN isfinite(longitude) AND isfinite(latitude) THEN ST_Point(longitude, latitude) "
            f"END AS geometry FROM read_parquet({literal(str(rows))})) TO {literal(str(layer))} "
            f"(FORMAT gdal, DRIVER 'GPKG', LAYER_NAME {literal(stem(table))}, SRS 'EPSG:4326', "
            "GEOMETRY_TYPE 'POINT')"
        )
    layer.rename(path)
    rows.unlink()


def _plain(column: Column) -> str:
    """The SQL of a column as GeoPackage can hold it."""
    name = quoted(column.name)
    if column.type.startswith("STRUCT"):
        return f"to_json({name})::VARCHAR"
    return f"array_to_string({name}, {literal(SEPARATOR)})" if column.type.endswith("[]") else name


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Have a variable of the environment for the length of the block: how GDAL is told what it takes no option for."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
