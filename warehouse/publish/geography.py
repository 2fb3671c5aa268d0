"""The merged sets as GeoJSON, GeoParquet and GeoPackage: what maps and geographical information systems open."""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.database import connect, load_extension
from warehouse.publish.assembly import Assembly, Task
from warehouse.publish.database import FILE_NAME, opened
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


FORMATS = (
    (".geojson", "celles qui sont situées, pour carte en ligne", "those with a place, for web maps"),
    (".parquet", "GeoParquet, pour analyse et SIG", "GeoParquet, for analysis and GIS"),
    (".gpkg", "GeoPackage, pour SIG", "GeoPackage, for GIS"),
)
LAYERS = "layers"
"""What the GeoParquet and GeoPackage files are planned under."""


@dataclass(frozen=True, slots=True)
class Job:
    """The GeoParquet and GeoPackage files of a merged table, that a process writes out of the release `database`."""

    table: str
    database: Path
    scratch: Path
    as_of: dt.date


def plan(assembly: Assembly) -> None:
    """Plan GeoParquet and GeoPackage, each of which one thread writes, beside the other files."""
    database = assembly.folder / FILE_NAME
    jobs = [Job(table.name, database, assembly.scratch, assembly.as_of) for table in MERGED]
    assembly.planned[LAYERS] = [Task(write_layers, job) for job in jobs]


def write_all(assembly: Assembly) -> None:
    """Announce both merged sets in each format, and write the GeoJSON files."""
    for table in MERGED:
        for suffix, fr, en in FORMATS:
            told = f"{table.fr} ; {fr}", f"{table.en}; {en}"
            path = assembly.add(f"{stem(table)}{suffix}", *told, group(table), licence=table.licence)
            if suffix == ".geojson":
                write_geojson(assembly.connection, table, path, assembly.scratch)


def finish(assembly: Assembly) -> None:
    """Wait for the files that were planned; raises what `write_layers` raises."""
    assembly.results(LAYERS)


def write_layers(job: Job) -> None:
    """Write the files of a job beside its database; raises `duckdb.Error` where they cannot be written."""
    table = next(table for table in MERGED if table.name == job.table)
    with tempfile.TemporaryDirectory(dir=job.scratch) as name:
        scratch, path = Path(name), job.database.with_name(stem(table))
        with opened(job.database, scratch) as connection:
            write_geoparquet(connection, table, path.with_suffix(".parquet"))
        write_geopackage(job.database, table, path.with_suffix(".gpkg"), scratch, job.as_of)


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


def write_geopackage(database: Path, table: Table, path: Path, scratch: Path, as_of: dt.date) -> None:
    """Write all columns of `table` as a GeoPackage of one layer, through GDAL in DuckDB's spatial extension.

    GeoPackage knows no lists: they are joined as in the CSV files, blocks are JSON. Its tables note when they changed;
    that is the night of the data here. The extension is loaded into a database of its own, which reads `database`.
    """
    columns = ", ".join(f"{_plain(column)} AS {quoted(column.name)}" for column in table.columns)
    layer, made = scratch / "layer.gpkg", f"{as_of.isoformat()}T00:00:00.000Z"
    with connect(share=3) as connection, environment("OGR_CURRENT_DATE", made):
        load_extension(connection, "spatial")
        connection.execute("SET threads = 1")
        connection.execute(f"ATTACH {literal(str(database))} AS release (READ_ONLY)")
        connection.execute(
            f"COPY (SELECT {columns}, CASE WHEN {PLACED} THEN ST_Point(longitude, latitude) END AS geometry "
            f"FROM release.{quoted(table.name)}) TO {literal(str(layer))} "
            f"(FORMAT gdal, DRIVER 'GPKG', LAYER_NAME {literal(stem(table))}, SRS 'EPSG:4326', "
            "GEOMETRY_TYPE 'POINT')"
        )
    layer.replace(path)


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
