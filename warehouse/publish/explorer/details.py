"""Everything about one initiative, in blocks of `BLOCK` rows fetched on demand: `d/<number>.json.gz`.

Each entry holds the row of `initiative` and, where the database has them: `sources`, `values` (provenance: field, rank,
source, record, rule, and the original text where it differs from the value), `changes`, `matches` (why its records are
held to be the same), `similar` and `related`.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb

from warehouse.publish.explorer.binary import gzipped
from warehouse.publish.explorer.rows import has_table
from warehouse.table import literal

BLOCK = 100
BATCH = 10_000
"""Rows joined at a time, so that memory does not grow with the release."""

# What a link to another initiative shows of it.
_OTHER = "SELECT initiative_id AS other, title, commune, departement_code, country FROM explorer_row"

_PARTS = {
    "initiative_source": (
        "sources",
        """SELECT initiative_id, list_sort(list({source_id: source_id, record_key: record_key, record_url: record_url,
             licence: licence, attribution: attribution, checked_on: checked_on, stale_since: stale_since})) AS items
           FROM initiative_source SEMI JOIN batch USING (initiative_id) GROUP BY initiative_id""",
    ),
    "initiative_value": (
        "values",
        """SELECT initiative_id, list_sort(list({field: field, rank: rank, source_id: source_id, record_key: record_key,
             original: CASE WHEN original <> value THEN original END, rule: rule})) AS items
           FROM initiative_value SEMI JOIN batch USING (initiative_id) GROUP BY initiative_id""",
    ),
    "change": (
        "changes",
        """SELECT initiative_id, list_sort(list({kind: kind, field: field, before: before, after: after})) AS items
           FROM change SEMI JOIN batch USING (initiative_id) GROUP BY initiative_id""",
    ),
    "match": (
        "matches",
        """SELECT s.initiative_id, list({"left": m.left_source_id, "right": m.right_source_id, score: round(m.score, 3),
             reason: m.reason, decided_by: m.decided_by}
             ORDER BY m.left_source_id, m.left_record_key, m.right_source_id, m.right_record_key)[:20] AS items
           FROM match m
           JOIN initiative_source s ON s.source_id = m.left_source_id AND s.record_key = m.left_record_key
           JOIN initiative_source t ON t.source_id = m.right_source_id AND t.record_key = m.right_record_key
             AND t.initiative_id = s.initiative_id
           SEMI JOIN batch ON batch.initiative_id = s.initiative_id
           GROUP BY s.initiative_id""",
    ),
    "similar": (
        "similar",
        f"""SELECT initiative_id, list({{scope: scope, id: other, name: title, commune: commune,
             departement_code: departement_code, country: country, score: round(score, 3),
             distance_km: round(distance_km, 1), reason: reason}} ORDER BY scope, rank) AS items
           FROM (SELECT * RENAME (similar_id AS other) FROM "similar") JOIN ({_OTHER}) USING (other)
           SEMI JOIN batch USING (initiative_id) GROUP BY initiative_id""",
    ),
    "related": (
        "related",
        f"""SELECT initiative_id, list({{kind: kind, id: other, name: title, commune: commune,
             departement_code: departement_code, country: country, reason: reason}} ORDER BY kind, other) AS items
           FROM (SELECT left_initiative_id AS initiative_id, right_initiative_id AS other, kind, reason FROM related
             UNION ALL SELECT right_initiative_id, left_initiative_id, kind, reason FROM related)
           JOIN ({_OTHER}) USING (other)
           SEMI JOIN batch USING (initiative_id) GROUP BY initiative_id""",
    ),
}
"""Table → what it gives an entry, and the query that gathers it for the initiatives in `batch`.

Long lists are sorted after gathering, by the key, whose columns come first: an ORDER BY inside `list` takes six times
as long.
"""


def write_details(connection: duckdb.DuckDBPyConnection, count: int, folder: Path) -> None:
    """Write the blocks of the `count` numbered rows of `connection` into `folder`."""
    folder.mkdir()
    parts = {table: part for table, part in _PARTS.items() if has_table(connection, table)}
    joins = "".join(f" LEFT JOIN ({query}) AS {name}_ USING (initiative_id)" for name, query in parts.values())
    fields = "".join(f", {literal(name)}, coalesce({name}_.items, [])" for name, _ in parts.values())
    query = f"""
        SELECT to_json(initiative)::VARCHAR, json_object('row', batch.row{fields})::VARCHAR
        FROM batch JOIN initiative USING (initiative_id) {joins} ORDER BY batch.row
    """
    with ThreadPoolExecutor(2) as pool:
        begun: list[Future[None]] = []
        for first in range(0, count, BATCH):
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE batch AS SELECT row, initiative_id FROM explorer_row "
                "WHERE row >= ? AND row < ?",
                [first, first + BATCH],
            )
            rows = connection.execute(query).fetchall()
            _wait(begun)  # while the next rows were joined; else the texts of a large release would pile up here
            begun = []
            for start in range(0, len(rows), BLOCK):
                block = [f'{{"initiative":{facts},{rest[1:]}' for facts, rest in rows[start : start + BLOCK]]
                path = folder / f"{(first + start) // BLOCK}.json.gz"
                begun.append(pool.submit(_write, path, "[" + ",\n".join(block) + "]"))
        _wait(begun)


def _wait(begun: Iterable[Future[None]]) -> None:
    """Wait for what was begun; raises what it raised."""
    for task in begun:
        task.result()


def _write(path: Path, text: str) -> None:
    path.write_bytes(gzipped(text.encode()))
