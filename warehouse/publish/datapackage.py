"""`datapackage.json`: the release described for machines, after the Frictionless Data Package standard, version 2.

Standard: https://datapackage.org/standard/data-package/ . Every CSV file has a Table Schema made from the contract,
with the French meanings under keys that end in ":fr", and every resource its own licence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from transforms.rights import FACTS_ONLY, register
from warehouse.publish.assembly import Assembly, Group, Item
from warehouse.publish.facts import SourceFacts
from warehouse.publish.media import format_name
from warehouse.publish.schemas import ForeignKey, foreign_keys, table_schema
from warehouse.publish.tables import stem
from warehouse.table import Table

FILE_NAME = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

TITLE = "Essaim: social innovation initiatives"
TITLE_FR = "Essaim : les initiatives d'innovation sociale"
DESCRIPTION = (
    "Social innovation initiatives gathered from partner sites and open data, merged across sources, with the "
    "provenance and the licence of every value."
)
DESCRIPTION_FR = (
    "Initiatives d'innovation sociale réunies depuis des sites partenaires et des données ouvertes, fusionnées entre "
    "sources, avec la provenance et la licence de chaque valeur."
)
KEYWORDS = ("social innovation", "innovation sociale", "open data", "France")

DIALECT = {"header": True, "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True}


def write_all(assembly: Assembly) -> None:
    """Write `datapackage.json` about the files that are there; `initiatives` is their number, a property of our own.

    Folders are told by the file that lists them, such as `extracts/index.csv`.
    """
    keys = foreign_keys(assembly.connection)
    told = [item for item in assembly.items() if not item.listed.is_folder and item.listed.group is not Group.PAGE]
    path = assembly.add(
        FILE_NAME, "La description pour les machines (Data Package)", "The description for machines (Data Package)",
        Group.DESCRIPTION,
    )  # fmt: skip
    package = {
        "$schema": PROFILE,
        "name": "essaim",
        "version": assembly.version,
        "title": TITLE,
        "title:fr": TITLE_FR,
        "description": DESCRIPTION,
        "description:fr": DESCRIPTION_FR,
        "keywords": list(KEYWORDS),
        "initiatives": assembly.facts.initiatives,
        **_rights(assembly.facts.sources),
        "resources": [_resource(item, keys) for item in told],
    }
    text = json.dumps(package, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


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


def _resource(item: Item, keys: Sequence[ForeignKey]) -> dict[str, Any]:
    [file], listed = item.files, item.listed
    described = {
        "path": listed.path,
        "description": listed.en,
        "description:fr": listed.fr,
        "format": format_name(listed.path),
        "mediatype": listed.media_type,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        **_licence(listed.licence),
    }
    if listed.table is None:
        # Only CSV files are named tables: a reader must not take nested lines for a table it could validate.
        return {"name": _name(listed.path), **described}
    return {"name": stem(listed.table), "type": "table", **described, **_tabular(listed.table, keys)}


def _tabular(table: Table, keys: Sequence[ForeignKey]) -> dict[str, Any]:
    return {"encoding": "utf-8", "dialect": DIALECT, "schema": table_schema(table, keys)}


def _name(path: str) -> str:
    """A name as the standard wants it: small letters and figures, the suffix after a hyphen, no stroke."""
    return path.lower().replace("/", "-").replace(".", "-")


def _licence(id: str) -> dict[str, Any]:
    if not id:
        return {}
    licence = register()[id]
    return {"licenses": [{"name": licence.id, "title": licence.title, "path": licence.url}]}
