"""Schemas of the files, made from the contract: Table Schema of each CSV file, JSON Schema of a line of JSON Lines.

Standards: https://datapackage.org/standard/table-schema/ and https://json-schema.org/draft/2020-12 .
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from transforms.rights import ATTRIBUTION_LICENCE
from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.contents import LINKS
from warehouse.publish.dictionary import DICTIONARY
from warehouse.publish.extracts import EXTRACT
from warehouse.publish.tables import CSV_TABLES, MERGED, SEPARATOR, VALUES, stem
from warehouse.schema import CHANGE, INITIATIVE_SOURCE, SCHEMA_VERSION
from warehouse.table import Column, Table, quoted

FOLDER = "schemas"
PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

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

JSON_TYPES: dict[str, dict[str, Any]] = {
    "VARCHAR": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
}


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table whose values are keys of another."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


_RECORD = ("source_id", "record_key")
_ID = ("initiative_id",)
_OPEN = "initiative_licence_ouverte"
KEYS: tuple[ForeignKey, ...] = (
    *(
        ForeignKey(table, _ID, "initiative", _ID)
        for table in (
            "record", "initiative_source", "initiative_value", "text_share_alike", _OPEN, "similar",
            *(content.table.name for content in LINKS),
        )
    ),
    ForeignKey("similar", ("similar_id",), "initiative", _ID),
    *(ForeignKey("related", (f"{side}_initiative_id",), "initiative", _ID) for side in ("left", "right")),
    ForeignKey("initiative_value_licence_ouverte", _ID, _OPEN, _ID),
    *(
        ForeignKey(table, _RECORD, "record", _RECORD)
        for table in ("initiative_source", "initiative_value", "initiative_value_licence_ouverte", "text_share_alike")
    ),
    *(
        ForeignKey(table, ("source_id",), "source", ("source_id",))
        for table in ("record", "initiative_source", "initiative_value", "issue", "text_share_alike")
    ),
    *(
        ForeignKey("match", (f"{side}_source_id", f"{side}_record_key"), "record", _RECORD)
        for side in ("left", "right")
    ),
    ForeignKey("initiative", ("insee_code",), "place", ("insee_code",)),
    ForeignKey("moved_id", ("new_id",), "initiative", _ID),
)  # fmt: skip
"""The keys that may hold. Some hold on most nights only: a moved id may lead to an initiative since withdrawn."""


def write_all(assembly: Assembly) -> None:
    """Write a Table Schema for each CSV file and a JSON Schema for each JSON Lines file."""
    assembly.add_folder(
        FOLDER,
        "Schémas : Table Schema de chaque CSV, JSON Schema de chaque ligne JSON",
        "Schemas: Table Schema of each CSV file, JSON Schema of each JSON line",
        Group.DESCRIPTION,
        licence=ATTRIBUTION_LICENCE,
    )
    folder = assembly.folder / FOLDER
    found = {f"{stem(table)}.tableschema": table_schema(table) for table in (*CSV_TABLES, DICTIONARY, EXTRACT)}
    found |= {f"{stem(table)}.schema": line_schema(table) for table in MERGED}
    found["changes.schema"] = _object(CHANGE, [_property(column) for column in CHANGE.columns])
    for name, schema in found.items():
        text = json.dumps(schema, ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


# ------------------------------------------------------------------------------------------------ Table Schema


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


def table_schema(table: Table, keys: Sequence[ForeignKey] = ()) -> dict[str, Any]:
    """Return the Table Schema of the CSV file of `table`, with those of `keys` that begin there."""
    schema: dict[str, Any] = {
        "$schema": PROFILE,
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
    }
    names = {each.name: stem(each) for each in CSV_TABLES}
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


# ------------------------------------------------------------------------------------------------- JSON Schema


def line_schema(table: Table) -> dict[str, Any]:
    """Return the JSON Schema of a line of the JSON Lines file of a merged `table`."""
    properties = [_property(column) for column in table.columns]
    for name, nested in (("sources", INITIATIVE_SOURCE), ("values", VALUES[table.name])):
        parts = [_property(column) for column in nested.columns if column.name != "initiative_id"]
        told = {"title": nested.en, "title:fr": nested.fr, "type": "array", "items": _closed(parts)}
        properties.append((name, told, True))
    return _object(table, properties)


Property = tuple[str, dict[str, Any], bool]


def _object(table: Table, properties: Sequence[Property]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:essaim:schema:{SCHEMA_VERSION}:{stem(table)}",
        "title": table.en,
        "title:fr": table.fr,
        **_closed(properties),
    }


def _closed(properties: Sequence[Property]) -> dict[str, Any]:
    """An object with these properties, all written (null where unknown), and no others."""
    return {
        "type": "object",
        "properties": {name: told for name, told, _ in properties},
        "required": [name for name, _, _ in properties],
        "additionalProperties": False,
    }


def _property(column: Column) -> Property:
    told = {"description": column.en, "description:fr": column.fr, **_json_type(column.type)}
    codes = list(vocabulary().get(column.name, ()))
    if codes and column.type == "VARCHAR":
        told["enum"] = [*codes, None]
    elif codes and column.type == "VARCHAR[]":
        told["items"] = {"type": "string", "enum": codes}
    if not column.required:
        told["type"] = [told["type"], "null"]
    return column.name, told, column.required


def _json_type(type: str) -> dict[str, Any]:
    if type.endswith("[]"):
        return {"type": "array", "items": _json_type(type.removesuffix("[]"))}
    if type.startswith("STRUCT("):
        parts = re.findall(r'"?(\w+)"? (\w+)', type.removeprefix("STRUCT(").removesuffix(")"))
        return _closed([(name, {"type": [_json_type(of)["type"], "null"]}, False) for name, of in parts])
    return dict(JSON_TYPES[type])
