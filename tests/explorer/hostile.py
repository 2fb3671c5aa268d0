"""A warehouse of rows that try to become markup, script, formula or address, for the tests of the explorer."""

from __future__ import annotations

from warehouse_example import NIGHT, RENNES, SOURCES, initiative

from warehouse.store import Store

SCRIPT = '<script>alert("name")</script><img src=x onerror=alert(1)>'
BREAKOUT = "\"><svg onload=alert(2)>'--></title></script><b>gras</b>"
ADDRESSES = (
    "javascript:alert(3)", "JaVaScRiPt:alert(4)", "data:text/html,<script>alert(5)</script>", "java\nscript:alert(6)",
    "//evil.example/x", "https://ok.example/\"onmouseover=alert(7)", "vbscript:x", "https://ok.example:99999/",
)  # fmt: skip
OTHER = "es-ccccccccccccc"
UNTOLD = {"source_ids", "source_count", "licence", "changed_on"}
"""Columns that a record does not have."""


def fill_hostile(store: Store) -> None:
    """Put the rows into an empty warehouse."""
    letters = "abdefghij"
    rows = [
        initiative(
            f"es-{letter * 13}", f"{SCRIPT} {number}", **RENNES, summary=BREAKOUT, url=address, themes=["health"],
            organisation_name=SCRIPT, needs=[SCRIPT], funders=[BREAKOUT], impact=SCRIPT, address=BREAKOUT,
            geo_conflict=SCRIPT, language="fr", osm='node/1"><script>alert(8)</script>',
            programmes=[{"name": BREAKOUT, "year": "2024", "theme": SCRIPT, "organiser": SCRIPT}],
            partners=[{"name": SCRIPT, "kind": BREAKOUT, "motivation": SCRIPT, "contribution": SCRIPT}],
        )
        for number, (letter, address) in enumerate(zip(letters, ADDRESSES, strict=False))
    ]  # fmt: skip
    rows += [
        initiative(
            OTHER, "=1+1", geo_precision="none", themes=["sport"], summary="@SUM(A1)", url="https://ok.example/"
        ),
        initiative("es-kkkkkkkkkkkkk", "-2+3", commune="+cmd", country="BE"),
        initiative("es-lllllllllllll", '+33 "guillemets", virgule', **RENNES),
    ]
    store.insert("initiative", rows)
    store.insert("source", [
        {**source, "title": f"{SCRIPT} {source['title']}", "publisher": BREAKOUT,
         "publisher_url": "javascript:alert(9)"}
        for source in SOURCES
    ])  # fmt: skip
    store.insert("record", [
        {"source_id": "lieux", "record_key": row["initiative_id"], "checked_on": NIGHT, "stale_since": None,
         **{name: value for name, value in row.items() if name not in UNTOLD}}
        for row in rows
    ])  # fmt: skip
    store.insert("initiative_source", [
        {"initiative_id": row["initiative_id"], "source_id": "lieux", "record_key": row["initiative_id"],
         "record_url": ADDRESSES[number % len(ADDRESSES)], "licence": "etalab-2.0", "attribution": SCRIPT,
         "checked_on": NIGHT}
        for number, row in enumerate(rows)
    ])  # fmt: skip
    store.insert("initiative_value", [
        {"initiative_id": row["initiative_id"], "field": "name", "rank": 1, "value": row["name"], "source_id": "lieux",
         "record_key": row["initiative_id"], "original": BREAKOUT, "rule": SCRIPT}
        for row in rows
    ])  # fmt: skip
    store.insert(
        "change",
        [
            {
                "initiative_id": rows[0]["initiative_id"],
                "kind": "changed",
                "field": "name",
                "before": SCRIPT,
                "after": BREAKOUT,
            }
        ],
    )
    store.insert(
        "moved_id",
        [
            {"old_id": "es-zzzzzzzzzzzzz", "new_id": OTHER, "moved_on": NIGHT},
            {"old_id": "es-yyyyyyyyyyyyy", "new_id": "es-zzzzzzzzzzzzz", "moved_on": NIGHT},
        ],
    )
