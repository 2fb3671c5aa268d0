"""The data dictionary, made from the contract (`schema.py`) and the controlled words (`vocabulary.toml`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from transforms.vocabulary import FIELDS, vocabulary
from warehouse.publish.database import PUBLISHED
from warehouse.publish.rendering import render_markdown
from warehouse.publish.tables import CSV_TABLES, csv_name
from warehouse.schema import SCHEMA_VERSION
from warehouse.table import Column, Table

CSV_NAME = "data-dictionary.csv"
MARKDOWN_NAME = "data-dictionary.md"


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
)
"""The dictionary as a table of its own, so that the descriptor can describe its CSV file too."""


def write(folder: Path) -> None:
    """Write `data-dictionary.csv` and `data-dictionary.md` into `folder`."""
    with (folder / CSV_NAME).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(DICTIONARY.names)
        lines.writerows(_rows())
    text = render_markdown(
        "data-dictionary.md.j2",
        schema_version=SCHEMA_VERSION,
        tables=PUBLISHED,
        files={table.name: csv_name(table) if table in CSV_TABLES else "changes.jsonl" for table in PUBLISHED},
        vocabulary={field: vocabulary()[field] for field in FIELDS},
    )
    (folder / MARKDOWN_NAME).write_text(text, encoding="utf-8", newline="\n")


def _rows() -> Iterator[tuple[str, ...]]:
    for table in PUBLISHED:
        for column in table.columns:
            required = "true" if column.required else "false"
            yield table.name, column.name, column.type, required, column.en, column.fr
