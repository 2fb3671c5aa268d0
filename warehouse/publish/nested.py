"""Rows of several tables brought together initiative by initiative, as JSON: what DuckDB's `list` does, in one pass.

The tables of a release stand in the order of their keys, most of which begin with the initiative. So each is read once,
from its beginning to its end, beside the others, and nothing is grouped, sorted or held. DuckDB makes the JSON of every
row; here texts are only put one behind the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from warehouse.table import literal

BATCH = 2_000
"""Rows taken from DuckDB at a time."""

Row = tuple[str, str]
"""The id of an initiative, and a JSON text."""


def read(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """Yield the rows of `query`, an id and a JSON text each, with a cursor of its own: others may be read meanwhile."""
    with connection.cursor() as cursor:
        rows = cursor.execute(query, dict(parameters or {}))
        while batch := rows.fetchmany(BATCH):
            yield from batch


def object_of(fields: dict[str, str]) -> str:
    """Return the SQL of a JSON object of `fields` (name → SQL)."""
    return f"to_json({{{', '.join(f'{literal(name)}: {sql}' for name, sql in fields.items())}}})::VARCHAR"


def follow(rows: Iterator[Row]) -> Callable[[str], Sequence[str]]:
    """Return a function that gives the texts of an initiative out of `rows`, in their order; none where it has none.

    It must be asked for ids in ascending order, as `rows` must stand: it raises ValueError where they do not, as texts
    would be lost.
    """
    groups: Iterator[tuple[str | None, Iterator[Row]]] = groupby(rows, key=itemgetter(0))
    end: tuple[None, Iterator[Row]] = (None, iter(()))
    id, texts = next(groups, end)
    asked = ""

    def of(wanted: str) -> Sequence[str]:
        nonlocal id, texts, asked
        _ascending(asked, wanted)
        asked = wanted
        while id is not None and id < wanted:
            before, (id, texts) = id, next(groups, end)
            _ascending(before, id)
        return [text for _, text in texts] if id == wanted else ()

    return of


def _ascending(before: str, id: str | None) -> None:
    if id is not None and id < before:
        raise ValueError(f"{id} stands behind {before}: the rows are not in the order of initiatives")


def joined(texts: Sequence[str]) -> str:
    """Return JSON texts as a JSON array."""
    return f"[{','.join(texts)}]"
