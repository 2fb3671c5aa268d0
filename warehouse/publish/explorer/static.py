"""The pages of the explorer that need no script: sources, method, quality, data and dictionary, in French and English.

Each page is `<name>.html` in French and `<name>.en.html` in English. Their texts stand in `templates/`, side by side in
both languages; every figure comes from the release's own tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from transforms.rights import register
from transforms.vocabulary import vocabulary
from warehouse.publish.pages import PRECISIONS
from warehouse.publish.rendering import grouped, is_web, ticked
from warehouse.schema import INITIATIVE, TABLES
from warehouse.table import quoted

PAGES = ("sources", "method", "quality", "data", "dictionary")
LANGUAGES = ("fr", "en")

DOWNLOADS: dict[str, tuple[str, str]] = {
    "initiatives.csv": ("Une ligne par initiative, pour tableur", "One row an initiative, for spreadsheets"),
    "initiatives.geojson": ("Pour les cartes en ligne", "For web maps"),
    "initiatives.gpkg": ("GeoPackage, pour QGIS", "GeoPackage, for QGIS"),
    "initiatives.parquet": ("GeoParquet, pour l'analyse", "GeoParquet, for analysis"),
    "initiatives.jsonl": ("Avec sources et provenance", "With sources and provenance"),
    "essaim.duckdb": ("Toutes les tables, commentées", "All tables, commented"),
}
"""The files that the page on data names, where the release has them; the front page lists them all."""


@dataclass(frozen=True, slots=True)
class Fill:
    """How many initiatives have a value in a column, and their share in whole per cent."""

    name: str
    fr: str
    en: str
    count: int
    percent: int


def write_pages(connection: duckdb.DuckDBPyConnection, folder: Path, version: str, contact: str) -> None:
    """Write every page in both languages into `folder`, from the tables of the release open in `connection`."""
    facts = _facts(connection)
    downloads = [(name, *texts) for name, texts in DOWNLOADS.items() if (folder.parent / name).is_file()]
    for source in facts["sources"]:
        told = folder.parent / "sources" / f"{source['source_id']}.html"
        source["page"] = f"../sources/{told.name}" if told.is_file() else ""
    for page in PAGES:
        for language in LANGUAGES:
            html = _environment().get_template(f"{page}.html.j2").render(
                page=page, language=language, address=_address, version=version, contact=contact, downloads=downloads,
                has_sql=(folder / "sql.html").is_file(), tables=[table for table in TABLES if table.published],
                vocabulary=vocabulary(), w=(lambda fr, en, language=language: fr if language == "fr" else en), **facts,
            )  # fmt: skip
            (folder / _address(page, language)).write_text(html, encoding="utf-8", newline="\n")


def _address(page: str, language: str) -> str:
    return f"{page}.html" if language == "fr" else f"{page}.{language}.html"


def _facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    [(initiatives, several, placed, contradicted)] = connection.execute(
        "SELECT count(*), count(*) FILTER (source_count > 1), count(*) FILTER (isfinite(latitude)), "
        "count(geo_conflict) FROM initiative"
    ).fetchall()
    counts = dict(connection.execute("SELECT geo_precision, count(*) FROM initiative GROUP BY ALL").fetchall())
    whole = max(initiatives, 1)
    return {
        "initiatives": initiatives,
        "several": several,
        "placed": placed,
        "contradicted": contradicted,
        "precisions": [
            (*PRECISIONS[code], counts.get(code, 0), round(100 * counts.get(code, 0) / whole))
            for code in PRECISIONS
            if counts.get(code)
        ],
        "filled": _filled(connection, whole),
        "sources": _sources(connection),
        "issues": connection.execute(
            "SELECT stage, code, level, count(*), min(remedy) FROM issue GROUP BY stage, code, level "
            "ORDER BY count(*) DESC, code, stage, level LIMIT 30"
        ).fetchall(),
    }


def _filled(connection: duckdb.DuckDBPyConnection, whole: int) -> list[Fill]:
    """Count the values of every column that may be empty; an empty list is no value."""
    columns = [column for column in INITIATIVE.columns if not column.required]
    tests = ", ".join(
        f"count(*) FILTER (len({quoted(column.name)}) > 0)"
        if column.type.endswith("[]")
        else f"count({quoted(column.name)})"
        for column in columns
    )
    [found] = connection.execute(f"SELECT {tests} FROM initiative").fetchall()
    return [
        Fill(column.name, column.fr, column.en, count, round(100 * count / whole))
        for column, count in zip(columns, found, strict=True)
    ]


def _sources(connection: duckdb.DuckDBPyConnection) -> Sequence[dict[str, Any]]:
    cursor = connection.execute(
        "SELECT s.*, coalesce(n.initiatives, 0) AS initiatives FROM source s LEFT JOIN (SELECT source_id, "
        "count(DISTINCT initiative_id) AS initiatives FROM initiative_source GROUP BY source_id) n USING (source_id) "
        "ORDER BY strip_accents(lower(title)), source_id"
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["licence_known"] = register().get(row["licence"])
    return rows


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("warehouse.publish.explorer"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"grouped": grouped, "ticked": ticked}
    environment.tests["web"] = is_web
    return environment
