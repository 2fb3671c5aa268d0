"""A small warehouse for tests, with the values that break exports: quotes, formulas, markup, separators, nulls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.store import Store

NIGHT = dt.date(2026, 11, 22)
EVENING_BEFORE = dt.date(2026, 11, 20)

NASTY_NAME = 'Le "Café"; <script>alert(1)</script>,\r\nsuite\n| fin'
FORMULA = '=cmd|"/c calc"!A1'

Row = dict[str, Any]


def initiative(id: str, name: str, **values: Any) -> Row:
    """A row of `initiative` with what is required filled in."""
    row: Row = {
        "initiative_id": id, "name": name, "status": "running", "geo_precision": "none", "geo_method": "none",
        "geo_confidence": 0.0, "source_ids": ["lieux"], "source_count": 1, "licence": "etalab-2.0",
        "first_seen": NIGHT, "changed_on": NIGHT,
    }  # fmt: skip
    return row | values


RENNES = {
    "postcode": "35000", "commune": "Rennes", "insee_code": "35238", "departement_code": "35",
    "departement": "Ille-et-Vilaine", "region_code": "53", "region": "Bretagne", "country": "FR",
    "latitude": 48.1113387, "longitude": -1.6800198, "geo_precision": "point", "geo_method": "address",
    "geo_confidence": 0.91,
}  # fmt: skip

INITIATIVES: list[Row] = [
    initiative(
        "es-aaa", NASTY_NAME, **RENNES, summary="Deux\nlignes", themes=["health", "sport"], sdgs=[3, 11],
        needs=["salle | atelier", "=bénévoles"], funders=[], source_ids=["fiches", "lieux"], source_count=2,
        programmes=[{"name": 'Prix "ESS"', "year": "2024", "theme": None, "organiser": "Le Labo"}],
        partners=[{"name": "Ville, de Rennes", "kind": None, "motivation": "a | b", "contribution": "locaux\nprêtés"}],
    ),
    initiative("es-bbb", FORMULA, summary="-12,5", needs=["+33", "@midi"], url="https://b.example.org/?a=1&b=2"),
    initiative("es-ccc", "L'Épicerie \\ coopérative", status="unknown", themes=[], partners=[], summary=""),
    initiative("es-ddd", "'=déjà protégé", geo_precision="commune", latitude=-21.3356, longitude=55.4781,
               commune="Le Tampon", insee_code="97422", departement_code="974", departement="La Réunion", country="FR"),
    initiative("es-eee", "- tiret", geo_precision="country", country="BE"),
    initiative("es-fff", "日本語 ✨ <b>gras</b> & [lien](javascript:alert(1))", geo_precision="point", latitude=0.0,
               longitude=1e-7, country="BE", licence="LicenseRef-facts-only", source_ids=["fiches"]),
]  # fmt: skip


def _source(id: str, title: str, licence: str, **values: Any) -> Row:
    row: Row = {
        "source_id": id, "title": title, "publisher": f"Producteur de {id}", "publisher_url": f"https://{id}.example.org",
        "kind": "table", "licence": licence, "licence_proof": f"https://{id}.example.org/licence",
        "attribution": f"© {id}", "verified": "never live", "records": 4, "rejected": 1, "checked_on": NIGHT,
    }  # fmt: skip
    return row | values


SOURCES: list[Row] = [
    _source("lieux", "Lieux & <em>tiers</em> lieux", "etalab-2.0"),
    _source("fiches", "Fiches", "none", licence_proof="no licence stated", publisher_url="javascript:alert(1)",
            stale_since=EVENING_BEFORE, checked_on=EVENING_BEFORE),
    _source("carte", "Carte", "ODbL-1.0", records=0),
]  # fmt: skip

# Source, key and initiative of each record; some keys begin like a formula.
RECORDS = [
    ("lieux", "-1", "es-aaa"), ("lieux", "2", "es-bbb"), ("lieux", "3", "es-ccc"), ("lieux", "4", "es-ddd"),
    ("lieux", "5", "es-eee"), ("fiches", "=a", "es-aaa"), ("fiches", "b", "es-fff"),
]  # fmt: skip


def _record(source_id: str, key: str, owner: Mapping[str, Any]) -> Row:
    silent = {"source_ids", "source_count", "licence", "changed_on"}
    kept = {name: value for name, value in owner.items() if name not in silent}
    return kept | {"source_id": source_id, "record_key": key, "checked_on": NIGHT}


def fill(store: Store) -> None:
    """Put the example into an empty warehouse."""
    by_id = {row["initiative_id"]: row for row in INITIATIVES}
    licences = {row["source_id"]: row["licence"] for row in SOURCES}
    store.insert("initiative", INITIATIVES)
    store.insert("source", SOURCES)
    store.insert("record", [_record(source, key, by_id[id]) for source, key, id in RECORDS])
    store.insert("initiative_source", [
        {"initiative_id": id, "source_id": source, "record_key": key, "licence": licences[source],
         "attribution": f"© {source}", "checked_on": NIGHT}
        for source, key, id in RECORDS
    ])  # fmt: skip
    store.insert("initiative_licence_ouverte", INITIATIVES[:3])
    values: list[Row] = [
        {"initiative_id": "es-aaa", "field": "name", "rank": 1, "value": NASTY_NAME, "source_id": "lieux",
         "record_key": "-1", "original": f"  {NASTY_NAME}", "rule": "only value"},
        {"initiative_id": "es-aaa", "field": "themes", "rank": 2, "value": "sport", "source_id": "fiches",
         "record_key": "=a", "rule": "every item once"},
        {"initiative_id": "es-aaa", "field": "themes", "rank": 1, "value": "health", "source_id": "lieux",
         "record_key": "-1", "rule": "every item once"},
    ]  # fmt: skip
    store.insert("initiative_value", values)
    store.insert("initiative_value_licence_ouverte", values)
    store.insert("place", [
        {"insee_code": "35238", "commune": "Rennes", "departement_code": "35", "population": 222485, "initiatives": 1},
        {"insee_code": "97422", "commune": "Le Tampon", "departement_code": "974", "initiatives": 1},
    ])  # fmt: skip
    store.insert("match", [
        {"left_source_id": "fiches", "left_record_key": "=a", "right_source_id": "lieux", "right_record_key": "-1",
         "score": 0.97, "reason": "same SIREN", "decided_by": "rule"},
    ])  # fmt: skip
    store.insert("change", [
        {"initiative_id": "es-aaa", "kind": "added", "field": "", "after": NASTY_NAME},
        {"initiative_id": "es-bbb", "kind": "changed", "field": "name", "before": "x", "after": FORMULA},
        {"initiative_id": "es-bbb", "kind": "changed", "field": "needs", "after": '["+33","@midi"]'},
        {"initiative_id": "es-old", "kind": "merged", "field": "", "before": "*Ancienne*", "after": "es-ccc"},
        {"initiative_id": "es-zzz", "kind": "withdrawn", "field": "", "before": "Partie"},
    ])  # fmt: skip
    store.insert("moved_id", [{"old_id": "es-old", "new_id": "es-ccc", "moved_on": NIGHT}])
    store.insert("issue", [
        {"source_id": "lieux", "number": 1, "level": "warning", "stage": "normalise", "code": "date", "record_key": "",
         "field": "", "message": "=1+1", "remedy": "@source", "rejected": False},
    ])  # fmt: skip
    store.insert("raw_record", [{"source_id": "lieux", "record_key": "2", "position": 1, "origin": "x", "fields": {}}])


def build_example(path: Path) -> Store:
    """Return an open warehouse at `path` that holds the example."""
    store = Store(path)
    fill(store)
    return store
