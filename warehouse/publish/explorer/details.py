"""Everything about one initiative, in blocks of `BLOCK` rows fetched on demand: `d/<number>.json.gz`.

Each entry holds the row of `initiative` and, where the database has them: `sources`, `values` (provenance: field, rank,
source, record, rule, and the original text where it differs from the value), `changes`, `matches` (why its records are
held to be the same), `similar` and `related`.

The tables stand in the order of ids, the blocks in that of the page. So entries are made id by id and laid down in
drawers of many blocks each; then each drawer is put in order and cut into its blocks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import duckdb

from warehouse.publish.explorer.binary import gzipped
from warehouse.publish.explorer.rows import NUMBERS, TITLE, has_table
from warehouse.publish.nested import follow, joined, object_of, read

BLOCK = 100
DRAWER = 100 * BLOCK
"""Rows put in order at a time, so that memory does not grow with the release."""
DRAWERS = 200
"""Files open at a time, at most; where that is not enough, drawers are larger."""

BUFFER = 1 << 16
"""Bytes of a drawer that are written at a time."""

MOST_MATCHES = 20

# What a link to another initiative shows of it.
_OTHER = f"(SELECT initiative_id AS other, {TITLE} AS title, commune, departement_code, country FROM initiative)"
_SHOWN = {"id": "other", "name": "title"} | {name: name for name in ("commune", "departement_code", "country")}


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_PARTS: Mapping[str, tuple[str, dict[str, str], str]] = {
    "initiative_source": (
        "sources",
        _same("source_id", "record_key", "record_url", "licence", "attribution", "checked_on", "stale_since"),
        "initiative_source ORDER BY initiative_id, source_id, record_key",
    ),
    "initiative_value": (
        "values",
        _same("field", "rank", "source_id", "record_key")
        | {"original": "CASE WHEN original <> value THEN original END", "rule": "rule"},
        "initiative_value",
    ),
    "change": ("changes", _same("kind", "field", "before", "after"), "change"),
    "match": (
        "matches",
        {"left": "left_source_id", "right": "right_source_id", "score": "round(score, 3)"}
        | _same("reason", "decided_by"),
        f"""(SELECT s.initiative_id, m.* FROM match m
            JOIN initiative_source s ON s.source_id = m.left_source_id AND s.record_key = m.left_record_key
            JOIN initiative_source t ON t.source_id = m.right_source_id AND t.record_key = m.right_record_key
                AND t.initiative_id = s.initiative_id
            QUALIFY row_number() OVER (
                PARTITION BY s.initiative_id
                ORDER BY m.left_source_id, m.left_record_key, m.right_source_id, m.right_record_key
            ) <= {MOST_MATCHES})
            ORDER BY initiative_id, left_source_id, left_record_key, right_source_id, right_record_key""",
    ),
    "similar": (
        "similar",
        _same("scope")
        | _SHOWN
        | {"score": "round(score, 3)", "distance_km": "round(distance_km, 1)", "reason": "reason"},
        f"""(SELECT * RENAME (similar_id AS other) FROM "similar") JOIN {_OTHER} USING (other)
            ORDER BY initiative_id, scope, rank""",
    ),
    "related": (
        "related",
        _same("kind") | _SHOWN | _same("reason"),
        f"""(SELECT left_initiative_id AS initiative_id, right_initiative_id AS other, kind, reason FROM related
            UNION ALL SELECT right_initiative_id, left_initiative_id, kind, reason FROM related)
            JOIN {_OTHER} USING (other) ORDER BY initiative_id, kind, other""",
    ),
}
"""Table → what it gives an entry, the fields of each item, and where its rows come from, in the order of ids.

Nothing is sorted that stands in that order already.
"""


def write_details(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the blocks of all initiatives of `connection` into `folder`, in the order of `rows.NUMBERS`."""
    folder.mkdir()
    [(count,)] = connection.execute("SELECT count(*) FROM initiative").fetchall()
    held = max(DRAWER, -(-count // (DRAWERS * BLOCK)) * BLOCK)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        drawers = [Path(name) / str(number) for number in range(-(-count // held))]
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb", BUFFER)) for path in drawers]
            for row, entry in _entries(connection):
                files[row // held].write(f"{row}\t{entry}\n".encode())
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(partial(_write_blocks, folder), drawers))


def _entries(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, str]]:
    """Yield the row of the page and the entry of every initiative, in the order of ids."""
    parts = [
        (name, follow(read(connection, f"SELECT initiative_id, {object_of(fields)} FROM {rows}")))
        for table, (name, fields, rows) in _PARTS.items()
        if has_table(connection, table)
    ]
    numbers = connection.execute(NUMBERS)
    for id, facts in read(connection, "SELECT initiative_id, to_json(initiative)::VARCHAR FROM initiative"):
        numbered, row = numbers.fetchone() or ("nothing", 0)
        if numbered != id:
            raise ValueError(f"{id} stands where {numbered} should: the rows are not in the order of initiatives")
        told = "".join(f',"{name}":{joined(texts_of(id))}' for name, texts_of in parts)
        yield row, f'{{"initiative":{facts},"row":{row}{told}}}'


def _write_blocks(folder: Path, drawer: Path) -> None:
    """Write the blocks of the entries in a drawer."""
    with drawer.open("rb") as lines:
        entries = {int(row): entry[:-1] for row, _, entry in (line.partition(b"\t") for line in lines)}
    rows = sorted(entries)
    for start in range(0, len(rows), BLOCK):
        text = b",\n".join(entries[row] for row in rows[start : start + BLOCK])
        (folder / f"{rows[start] // BLOCK}.json.gz").write_bytes(gzipped(b"[%b]" % text))
