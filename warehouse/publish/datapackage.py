"""`datapackage.json`: the release described for machines, after the Frictionless Data Package standard, version 2.

Standard: https://datapackage.org/standard/data-package/ . Every CSV file has a Table Schema made from the contract,
with the French meanings under keys that end in ":fr".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from transforms.rights import FACTS_ONLY
from transforms.vocabulary import vocabulary
from warehouse.publish import dictionary
from warehouse.publish.checksums import File
from warehouse.publish.facts import Facts, SourceFacts
from warehouse.publish.tables import CSV_TABLES, SEPARATOR, csv_name
from warehouse.table import Column, Table, quoted

FILE_NAME = "datapackage.json"
PROFILES = "https://datapackage.org/profiles/2.0"

TYPES: dict[str, dict[str, str]] = {
    "VARCHAR": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "date"},
    "VARCHAR[]": {"type": "list", "itemType": "string", "delimiter": SEPARATOR},
    "INTEGER[]": {"type": "list", "itemType": "integer", "delimiter": SEPARATOR},
}
"""Table Schema's name for each DuckDB type; lists of structs are JSON in a cell, its type "array"."""

DIALECT = {"header": True, "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True}

# Formats are named so that a reader does not take nested lines or a binary file for a table it could validate: the
# standard knows no other value of `type` than "table".
FORMATS: dict[str, tuple[str, str]] = {
    ".duckdb": ("duckdb", "application/vnd.duckdb"),
    ".geojson": ("geojson", "application/geo+json"),
    ".jsonl": ("jsonlines", "application/jsonl"),
    ".md": ("md", "text/markdown"),
    ".ttl": ("ttl", "text/turtle"),
    ".parquet": ("geoparquet", "application/vnd.apache.parquet"),
}


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table whose values are keys of another."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


_RECORD = ("source_id", "record_key")
KEYS: tuple[ForeignKey, ...] = (
    *(
        ForeignKey(table, ("initiative_id",), "initiative", ("initiative_id",))
        for table in ("record", "initiative_source", "initiative_value", "similar")
    ),
    ForeignKey("similar", ("similar_id",), "initiative", ("initiative_id",)),
    *(ForeignKey(table, _RECORD, "record", _RECORD) for table in ("initiative_source", "initiative_value")),
    *(
        ForeignKey(table, ("source_id",), "source", ("source_id",))
        for table in ("record", "initiative_source", "initiative_value", "issue")
    ),
    *(
        ForeignKey("match", (f"{side}_source_id", f"{side}_record_key"), "record", _RECORD)
        for side in ("left", "right")
    ),
    *(
        ForeignKey("related", (f"{side}_initiative_id",), "initiative", ("initiative_id",))
        for side in ("left", "right")
    ),
    ForeignKey("initiative", ("insee_code",), "place", ("insee_code",)),
    ForeignKey("moved_id", ("new_id",), "initiative", ("initiative_id",)),
)
"""The keys that may hold. Some hold on most nights only: a moved id may lead to an initiative since withdrawn."""


def foreign_keys(connection: duckdb.DuckDBPyConnection) -> list[ForeignKey]:
    """Return the keys that hold in the release database open in `connection`, so that the descriptor is always true."""
    return [key for key in KEYS if _holds(connection, key)]


def _holds(connection: duckdb.DuckDBPyConnection, key: ForeignKey) -> bool:
    pairs = list(zip(key.columns, key.target_columns, strict=True))
    matched = " AND ".join(f"t.{quoted(theirs)} = f.{quoted(ours)}" for ours, theirs in pairs)
    filled = " AND ".join(f"f.{quoted(ours)} IS NOT NULL" for ours, _ in pairs)
    [(broken,)] = connection.execute(
        f"SELECT EXISTS (FROM {quoted(key.table)} f ANTI JOIN {quoted(key.target)} t ON {matched} WHERE {filled})"
    ).fetchall()
    return not broken


def write(folder: Path, facts: Facts, keys: Sequence[ForeignKey], files: Sequence[File]) -> None:
    """Write `datapackage.json` about `files` into `folder`; `initiatives` is their number, a property of our own."""
    tables = {csv_name(table): table for table in CSV_TABLES} | {dictionary.CSV_NAME: dictionary.DICTIONARY}
    resources = [_resource(file, tables.get(file.name), keys) for file in files]
    package = {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "essaim",
        "version": facts.version,
        "title": "Essaim: social innovation initiatives",
        "title:fr": "Essaim : les initiatives d'innovation sociale",
        "description": "Social innovation initiatives gathered from partner sites and open data, merged across "
        "sources, with the provenance and the licence of every value.",
        "description:fr": "Initiatives d'innovation sociale réunies depuis des sites partenaires et des données "
        "ouvertes, fusionnées entre sources, avec la provenance et la licence de chaque valeur.",
        "keywords": ["social innovation", "innovation sociale", "open data", "France"],
        "initiatives": facts.initiatives,
        **_rights(facts.sources),
        "resources": resources,
    }
    text = json.dumps(package, ensure_ascii=False, indent=1)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def _rights(sources: Sequence[SourceFacts]) -> dict[str, Any]:
    """Return `licenses` and `sources`; the standard wants neither of them empty."""
    licences = {source.licence.id: source.licence for source in sources if source.licence.open}
    named = [
        {"name": licence.id, "title": licence.title, "path": licence.url} for _, licence in sorted(licences.items())
    ]
    if any(not source.licence.open for source in sources):
        named.append({"name": FACTS_ONLY, "title": "Facts and links only, from sources without an open licence"})
    told = [
        {
            "title": source.title,
            "path": source.publisher_url,
            "publisher": source.publisher,
            "sourceId": source.source_id,
        }
        for source in sources
    ]
    return {name: value for name, value in (("licenses", named), ("sources", told)) if value}


def _resource(file: File, table: Table | None, keys: Sequence[ForeignKey]) -> dict[str, Any]:
    facts = {"bytes": file.bytes, "hash": f"sha256:{file.sha256}"}
    stem, suffix = Path(file.name).stem, Path(file.name).suffix
    if table is None:
        format, mediatype = FORMATS[suffix]
        name = f"{stem}-{suffix[1:]}".lower()
        return {"name": name, "path": file.name, "format": format, "mediatype": mediatype, **facts}
    return {
        "name": stem,
        "type": "table",
        "path": file.name,
        "description": table.en,
        "description:fr": table.fr,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **facts,
        "dialect": DIALECT,
        "schema": _schema(table, keys),
    }


def _schema(table: Table, keys: Sequence[ForeignKey]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
    }
    names = {table.name: Path(csv_name(table)).stem for table in CSV_TABLES}
    own = [
        {
            "fields": list(key.columns),
            "reference": {"resource": names[key.target], "fields": list(key.target_columns)},
        }
        for key in keys
        if key.table == table.name
    ]
    return schema | ({"foreignKeys": own} if own else {})


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        **(TYPES.get(column.type) or _array(column)),
        "description": column.en,
        "description:fr": column.fr,
    }
    if column.type == "VARCHAR" and column.name in vocabulary():
        labels = vocabulary()[column.name]
        field["categories"] = [{"value": code, "label": words["en"]} for code, words in labels.items()]
    if column.required:
        field["constraints"] = {"required": True}
        if column.type == "VARCHAR":
            # An empty text is a value here ("" in `change.field`: the whole initiative), not a missing one.
            field["missingValues"] = []
    return field


def _array(column: Column) -> dict[str, str]:
    if column.type.startswith("STRUCT") and column.type.endswith("[]"):
        return {"type": "array"}
    raise ValueError(f"{column.name}: Table Schema has no type for {column.type}; add it to TYPES")
