"""Parts of the complete set for those who want one territory or one theme: a CSV and a GeoJSON file for each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.cutting import cut_csv, cut_features
from warehouse.publish.geography import PLACED
from warehouse.publish.tables import csv_name, stem
from warehouse.schema import INITIATIVE
from warehouse.table import Column, Table

FOLDER = "extracts"
INDEX = f"{FOLDER}/index.csv"


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
    """Write the extracts of every région, département and theme that has an initiative, and their index.

    They are cut out of the CSV and GeoJSON files of all initiatives, which must be there.
    """
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
    cut_csv(
        assembly.folder / csv_name(INITIATIVE),
        _owners(assembly.connection, found),
        [assembly.folder / f"{extract.path}.csv" for extract in found],
    )
    cut_features(
        assembly.folder / f"{stem(INITIATIVE)}.geojson",
        _owners(assembly.connection, found, PLACED),
        [assembly.folder / f"{extract.path}.geojson" for extract in found],
    )


def _owners(connection: duckdb.DuckDBPyConnection, found: list[Extract], where: str = "true") -> Iterator[list[int]]:
    """Yield the places in `found` of the extracts that each initiative belongs to, in the order of ids."""
    places = {(extract.kind, extract.code): place for place, extract in enumerate(found)}
    rows = connection.cursor().execute(f"SELECT region_code, departement_code, themes FROM initiative WHERE {where}")
    while batch := rows.fetchmany(10_000):
        for region, departement, themes in batch:
            keys = [("region", region), ("departement", departement)]
            keys += [("theme", theme) for theme in set(themes or ())]
            yield [places[key] for key in keys if key in places]


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
