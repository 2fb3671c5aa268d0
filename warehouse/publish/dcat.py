"""`catalog.jsonld`: the release as a DCAT-AP 3 catalogue, which data portals harvest.

Standard: https://semiceu.github.io/DCAT-AP/releases/3.0.0/ . Addresses are relative to the file, so that the folder can
stand anywhere. A distribution is a file of the release with its own licence: the complete set under the ODbL, the set
under the Licence Ouverte and the CC BY-SA texts are datasets of their own, because a dataset has one licence.
"""

from __future__ import annotations

import json
from typing import Any

from transforms.rights import ATTRIBUTION_LICENCE, DATABASE_LICENCE, register
from warehouse.publish.assembly import Assembly, Group, Item
from warehouse.publish.datapackage import DESCRIPTION, DESCRIPTION_FR, KEYWORDS, TITLE, TITLE_FR

FILE_NAME = "catalog.jsonld"

AUTHORITY = "http://publications.europa.eu/resource/authority"
CONTEXT: dict[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
FILE_TYPES = {
    ".csv": "CSV", ".geojson": "GEOJSON", ".json": "JSON", ".jsonl": "JSON", ".parquet": "PARQUET", ".gpkg": "GPKG",
    ".ttl": "RDF_TURTLE", ".md": "TXT",
}  # fmt: skip
"""Codes of the European list of file types; formats without one are told by their media type alone."""

TITLES: dict[str, tuple[str, str, str]] = {
    DATABASE_LICENCE: ("complete", TITLE_FR, TITLE),
    ATTRIBUTION_LICENCE: (
        "licence-ouverte",
        f"{TITLE_FR} (Licence Ouverte)",
        f"{TITLE} (Licence Ouverte)",
    ),
    "CC-BY-SA-4.0": (
        "share-alike-texts",
        f"{TITLE_FR} (textes à partage à l'identique)",
        f"{TITLE} (share-alike texts)",
    ),
}
"""Fragment and titles of the dataset under each licence."""


def write_all(assembly: Assembly) -> None:
    """Write the catalogue of the data files that are there."""
    wanted = {Group.DATA, Group.LICENCE_OUVERTE, Group.CHECK}
    items = [item for item in assembly.items() if item.listed.group in wanted and not item.listed.is_folder]
    path = assembly.add(
        FILE_NAME, "Le catalogue pour portails de données (DCAT-AP)", "The catalogue for data portals (DCAT-AP)",
        Group.DESCRIPTION,
    )  # fmt: skip
    text = json.dumps(catalogue(assembly, items), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def catalogue(assembly: Assembly, items: list[Item]) -> dict[str, Any]:
    """Return the catalogue as JSON-LD: a dataset for each licence with the files under it as distributions."""
    datasets = []
    for licence, (fragment, fr, en) in TITLES.items():
        under = [item for item in items if item.listed.licence == licence]
        if under:
            datasets.append(_dataset(assembly, fragment, (fr, en), under))
    return {
        "@context": CONTEXT,
        "@id": "./",
        "@type": "dcat:Catalog",
        "dct:title": _both(TITLE_FR, TITLE),
        "dct:description": _both(DESCRIPTION_FR, DESCRIPTION),
        "dct:publisher": PUBLISHER,
        "dct:modified": _date(assembly),
        "dct:language": [_authority("language/FRA"), _authority("language/ENG")],
        "dcat:dataset": datasets,
    }


PUBLISHER = {"@id": "#essaim", "@type": "foaf:Agent", "foaf:name": "Essaim"}


def _dataset(assembly: Assembly, fragment: str, title: tuple[str, str], items: list[Item]) -> dict[str, Any]:
    return {
        "@id": f"#{fragment}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"essaim-{fragment}",
        "dct:title": _both(*title),
        "dct:description": _both(DESCRIPTION_FR, DESCRIPTION),
        "dcat:keyword": [{"@value": word, "@language": "fr" if "innovation s" in word else "en"} for word in KEYWORDS],
        "dcat:theme": [_authority("data-theme/SOCI"), _authority("data-theme/REGI")],
        "dct:publisher": {"@id": PUBLISHER["@id"]},
        "dct:accrualPeriodicity": _authority("frequency/DAILY"),
        "dct:spatial": _authority("country/FRA"),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:endDate": _date(assembly),
        },
        "dct:issued": _date(assembly),
        "dct:modified": _date(assembly),
        "dcat:version": assembly.version,
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:source": {"@id": "ATTRIBUTION.md"}},
        "foaf:page": {"@id": "index.html", "@type": "foaf:Document"},
        "dcat:landingPage": {"@id": "index.html", "@type": "foaf:Document"},
        "dcat:distribution": [_distribution(assembly, item) for item in items],
    }


def _distribution(assembly: Assembly, item: Item) -> dict[str, Any]:
    listed, [file] = item.listed, item.files
    licence = register()[listed.licence]
    suffix = f".{listed.path.rpartition('.')[2]}"
    told: dict[str, Any] = {
        "@id": f"#{listed.path}",
        "@type": "dcat:Distribution",
        "dct:title": listed.path,
        "dct:description": _both(listed.fr, listed.en),
        "dcat:accessURL": {"@id": listed.path},
        "dcat:downloadURL": {"@id": listed.path},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{listed.media_type}"},
        "dcat:byteSize": {"@value": str(file.bytes), "@type": "xsd:nonNegativeInteger"},
        "dct:license": {"@id": licence.url, "@type": "dct:LicenseDocument", "dct:title": licence.title},
        "dct:modified": _date(assembly),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": file.sha256, "@type": "xsd:hexBinary"},
        },
    }
    if suffix in FILE_TYPES:
        told["dct:format"] = _authority(f"file-type/{FILE_TYPES[suffix]}")
    return told


def _both(fr: str, en: str) -> list[dict[str, str]]:
    return [{"@value": fr, "@language": "fr"}, {"@value": en, "@language": "en"}]


def _authority(path: str) -> dict[str, str]:
    return {"@id": f"{AUTHORITY}/{path}"}


def _date(assembly: Assembly) -> dict[str, str]:
    return {"@value": assembly.as_of.isoformat(), "@type": "xsd:date"}
