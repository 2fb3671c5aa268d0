"""Parts of the complete set for those who want one territory or one theme: a CSV and a GeoJSON file for each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb

from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.geography import features, write_features
from warehouse.publish.tables import cells, copy_csv
from warehouse.schema import INITIATIVE
from warehouse.table import Column, Table, quoted

FOLDER = "extracts"
INDEX = f"{FOLDER}/index.csv"
MERGED_CELLS, CHOSEN = "extract_cells", "extract_row"
"""Temporary tables: the cells of every initiative, and which initiative belongs to which extract."""


def _column(name: str, en: str, fr: str, type: str = "VARCHAR") -> Column:
    return Column(name, type, en, fr, required=True)


EXTRACT = Table(
    "extract",
    "The extracts of the complete set by territory and by theme",
    "Les extraits de l'ensemble complet par territoire et par thème",
    (
        _column("extract_kind", "region, departement or theme", "region (région), departement (département) ou theme "
                "(thème)"),
        _column("code", "Code", "Code"),
        _column("label_fr", "Label in French", "Libellé en français"),
        _column("label_en", "Label in English", "Libellé en anglais"),
        _column("initiatives", "Initiatives there", "Initiatives présentes", "INTEGER"),
        _column("csv", "CSV file", "Fichier CSV"),
        _column("geojson", "GeoJSON file of those with a place", "Fichier GeoJSON de celles qui sont situées"),
    ),
    ("extract_kind", "code"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extract:
    """One territory or theme: kind, code, labels, and how many initiatives."""

    kind: str
    code: str
    fr: str
    en: str
    initiatives: int

    @property
    def path(self) -> str:
        """Path of its files in the release, without suffix; a sub-theme "theme/part" is named "theme--part"."""
        return f"{FOLDER}/{self.kind}/{self.code.replace('/', '--')}"


def write_all(assembly: Assembly) -> None:
    """Write the extracts of every région, département and theme that has an initiative, and their index."""
    for kind, fr, en in (
        ("region", "Par région : un CSV et un GeoJSON chacune", "By région: a CSV and a GeoJSON file each"),
        ("departement", "Par département : un CSV et un GeoJSON chacun", "By département: a CSV and a GeoJSON file "
         "each"),
        ("theme", "Par thème énoncé : un CSV et un GeoJSON chacun", "By stated theme: a CSV and a GeoJSON file each"),
    ):  # fmt: skip
        assembly.add_folder(f"{FOLDER}/{kind}", fr, en, Group.EXTRACT, licence=INITIATIVE.licence)
    found = [*_territories(assembly, "region"), *_territories(assembly, "departement"), *_themes(assembly)]
    path = assembly.add(INDEX, EXTRACT.fr, EXTRACT.en, Group.EXTRACT, licence=INITIATIVE.licence, table=EXTRACT)
    _write_index(found, path)
    _choose(assembly.connection, found)
    _write_csv(assembly, found)
    _write_geojson(assembly, found)
    assembly.connection.execute(f"DROP TABLE {CHOSEN}")


def _choose(connection: duckdb.DuckDBPyConnection, found: list[Extract]) -> None:
    """Make the table of which initiative belongs to which extract, by its place in `found`."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {CHOSEN} AS
        WITH belongs AS (
            SELECT initiative_id, 'region' AS kind, region_code AS code FROM initiative
            UNION ALL SELECT initiative_id, 'departement', departement_code FROM initiative
            UNION ALL SELECT initiative_id, 'theme', unnest(list_distinct(themes)) FROM initiative
        ), extract AS (
            SELECT unnest($kinds) AS kind, unnest($codes) AS code, unnest(range(len($codes)))::INTEGER AS part
        )
        SELECT part, initiative_id FROM belongs JOIN extract USING (kind, code)
    """, {"kinds": [each.kind for each in found], "codes": [each.code for each in found]})  # fmt: skip


def _write_csv(assembly: Assembly, found: list[Extract]) -> None:
    """Write the CSV files of all extracts: cells are made once, and stand extract by extract to be read once.

    DuckDB's PARTITION_BY would be one step less, but does not keep the order of rows.
    """
    connection, names = assembly.connection, ", ".join(map(quoted, INITIATIVE.names))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MERGED_CELLS} AS SELECT part, {names} FROM (SELECT {cells(INITIATIVE)} FROM "
        f"initiative) JOIN {CHOSEN} USING (initiative_id) ORDER BY part, initiative_id"
    )
    for part, extract in enumerate(found):
        query = f"SELECT {names} FROM {MERGED_CELLS} WHERE part = {part} ORDER BY initiative_id"
        copy_csv(connection, query, assembly.folder / f"{extract.path}.csv")
    connection.execute(f"DROP TABLE {MERGED_CELLS}")


def _write_geojson(assembly: Assembly, found: list[Extract]) -> None:
    """Write the GeoJSON files of all extracts in one pass over the placed initiatives, extract by extract."""
    rows = assembly.connection.execute(
        f"SELECT part, to_json(f)::VARCHAR FROM ({features(INITIATIVE)}) f "
        f"JOIN {CHOSEN} c ON c.initiative_id = f.id ORDER BY part, f.id"
    )

    def stream() -> Iterator[tuple[int, str]]:
        while batch := rows.fetchmany(10_000):
            yield from batch

    unplaced = dict(enumerate(found))
    for part, some in groupby(stream(), key=itemgetter(0)):
        write_features(assembly.folder / f"{unplaced.pop(part).path}.geojson", (text for _, text in some))
    for extract in unplaced.values():
        write_features(assembly.folder / f"{extract.path}.geojson", ())


def _territories(assembly: Assembly, kind: str) -> list[Extract]:
    """Régions and départements of France: elsewhere a region has no code."""
    rows = assembly.connection.execute(
        f"SELECT {kind}_code, coalesce(min({kind}), {kind}_code), count(*)::INTEGER FROM initiative "
        f"WHERE regexp_full_match({kind}_code, '[0-9][0-9AB][0-9]?') GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [Extract(kind, code, name, name, count) for code, name, count in rows]


def _themes(assembly: Assembly) -> list[Extract]:
    rows = assembly.connection.execute(
        "SELECT theme, count(*)::INTEGER FROM initiative_theme GROUP BY 1 ORDER BY 1"
    ).fetchall()
    labels = vocabulary()["themes"]
    return [
        Extract("theme", code, labels[code]["fr"], labels[code]["en"], count) for code, count in rows if code in labels
    ]


def _write_index(found: list[Extract], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(EXTRACT.names)
        for each in found:
            paths = (f"{each.path}.csv", f"{each.path}.geojson")
            lines.writerow((each.kind, each.code, each.fr, each.en, each.initiatives, *paths))
