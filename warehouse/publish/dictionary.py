"""The data dictionary, made from the contract and the controlled words, in French and English; Markdown and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from transforms.rights import ATTRIBUTION_LICENCE
from transforms.vocabulary import FIELDS, vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.contents import PUBLISHED, VIEWS
from warehouse.publish.database import FILE_NAME
from warehouse.publish.rendering import render_markdown
from warehouse.publish.search import MACROS
from warehouse.publish.tables import CSV_TABLES, csv_name
from warehouse.schema import CHANGE, SCHEMA_VERSION
from warehouse.table import Column, Table

CSV_NAME = "data-dictionary.csv"
MARKDOWN_NAMES = {"fr": "data-dictionary.fr.md", "en": "data-dictionary.en.md"}


def _column(name: str, en: str, fr: str, type: str = "VARCHAR") -> Column:
    return Column(name, type, en, fr, required=True)


DICTIONARY = Table(
    "data_dictionary",
    "Every published table and column",
    "Chaque table et colonne publiée",
    (
        _column("table", "Table", "Table"),
        _column("column", "Column", "Colonne"),
        _column("type", "DuckDB type", "Type DuckDB"),
        _column("required", "Whether it always has a value", "Si elle a toujours une valeur", "BOOLEAN"),
        _column("meaning_en", "Meaning in English", "Sens en anglais"),
        _column("meaning_fr", "Meaning in French", "Sens en français"),
    ),
    ("table", "column"),
    licence=ATTRIBUTION_LICENCE,
)
"""The dictionary as a table of its own, so that the descriptor can describe its CSV file too."""


def write_all(assembly: Assembly) -> None:
    """Write `data-dictionary.csv`, and `data-dictionary.fr.md` and `.en.md`."""
    fr, en = "Le dictionnaire des données", "The data dictionary"
    group, licence = Group.DESCRIPTION, ATTRIBUTION_LICENCE
    path = assembly.add(CSV_NAME, f"{fr}, en table", f"{en}, as a table", group, licence=licence, table=DICTIONARY)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(DICTIONARY.names)
        lines.writerows(_rows())
    for language, name in MARKDOWN_NAMES.items():
        in_fr, in_en = ("français", "French") if language == "fr" else ("anglais", "English")
        path = assembly.add(name, f"{fr}, en {in_fr}", f"{en}, in {in_en}", group, licence=licence)
        text = render_markdown(
            "data-dictionary.md.j2",
            language=language,
            schema_version=SCHEMA_VERSION,
            tables=PUBLISHED,
            files={table.name: _file_of(table) for table in PUBLISHED},
            views=VIEWS,
            macros=MACROS,
            vocabulary={field: vocabulary()[field] for field in FIELDS},
        )
        path.write_text(text, encoding="utf-8", newline="\n")


def _file_of(table: Table) -> str:
    if table in CSV_TABLES:
        return csv_name(table)
    return "changes.jsonl" if table is CHANGE else FILE_NAME


def _rows() -> Iterator[tuple[str, ...]]:
    for table in PUBLISHED:
        for column in table.columns:
            required = "true" if column.required else "false"
            yield table.name, column.name, column.type, required, column.en, column.fr
