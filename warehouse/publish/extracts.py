"""Parts of the complete set for those who want one territory or one theme: a CSV and a GeoJSON file for each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.database import ordered
from warehouse.publish.geography import write_geojson
from warehouse.publish.tables import cells, copy_csv
from warehouse.schema import INITIATIVE
from warehouse.table import Column, Table, literal, quoted

FOLDER = "extracts"
INDEX = f"{FOLDER}/index.csv"
MERGED_CELLS = "extract_cells"


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
    """One territory or theme: kind, code, labels, how many initiatives, and the SQL that chooses them."""

    kind: str
    code: str
    fr: str
    en: str
    initiatives: int
    where: str

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
    connection = assembly.connection
    # Cells are made once, and each extract takes its rows.
    chosen = "region_code AS of_region, departement_code AS of_departement, themes AS of_themes"
    connection.execute(
        f"CREATE TEMP TABLE {MERGED_CELLS} AS SELECT {cells(INITIATIVE)}, {chosen} FROM initiative "
        f"{ordered(INITIATIVE)}"
    )
    names = ", ".join(map(quoted, INITIATIVE.names))
    for extract in found:
        query = f"SELECT {names} FROM {MERGED_CELLS} WHERE {extract.where} ORDER BY initiative_id"
        copy_csv(connection, query, assembly.folder / f"{extract.path}.csv")
        path = assembly.folder / f"{extract.path}.geojson"
        where = extract.where.replace("of_region", "region_code").replace("of_departement", "departement_code")
        write_geojson(connection, INITIATIVE, path, assembly.scratch, where.replace("of_themes", "themes"))
    connection.execute(f"DROP TABLE {MERGED_CELLS}")


def _territories(assembly: Assembly, kind: str) -> list[Extract]:
    """Régions and départements of France: elsewhere a region has no code."""
    rows = assembly.connection.execute(
        f"SELECT {kind}_code, coalesce(min({kind}), {kind}_code), count(*)::INTEGER FROM initiative "
        f"WHERE regexp_full_match({kind}_code, '[0-9][0-9AB][0-9]?') GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [Extract(kind, code, name, name, count, f"of_{kind} = {literal(code)}") for code, name, count in rows]


def _themes(assembly: Assembly) -> list[Extract]:
    rows = assembly.connection.execute(
        "SELECT theme, count(*)::INTEGER FROM initiative_theme GROUP BY 1 ORDER BY 1"
    ).fetchall()
    labels = vocabulary()["themes"]
    return [
        Extract(
            "theme", code, labels[code]["fr"], labels[code]["en"], count, f"list_contains(of_themes, {literal(code)})"
        )
        for code, count in rows
        if code in labels
    ]


def _write_index(found: list[Extract], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(EXTRACT.names)
        for each in found:
            paths = (f"{each.path}.csv", f"{each.path}.geojson")
            lines.writerow((each.kind, each.code, each.fr, each.en, each.initiatives, *paths))
