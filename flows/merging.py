"""The step of the build that merges the records of each initiative, in spans of initiatives that processes share."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import orjson

from flows.processes import in_order
from flows.progress import stage
from scrapers.source import Source
from transforms.database import connect
from transforms.merge import BLOCKS, LANGUAGE, LISTS, LONGEST, PLACE, PREDICTED, SINGLE, Member, Merged, Value, merge
from transforms.rights import Family, family, register
from warehouse.schema import BY_NAME, INITIATIVE, INITIATIVE_VALUE
from warehouse.store import Store, reading_lines, stream
from warehouse.table import Column, literal, quoted

SPAN = 10_000
"""Initiatives that are merged together, by one process."""

MERGED = (*SINGLE, LANGUAGE, PREDICTED, *LONGEST, *LISTS, *BLOCKS, *PLACE)
STRUCTURED = frozenset({PREDICTED, *BLOCKS})
NEEDED = ("initiative_id", "source_id", "record_key", "first_seen", "originals", *MERGED)

WRITTEN = (*INITIATIVE.columns, Column("provenance", "VARCHAR[][]", "", ""))
"""What a line that a span writes holds: an initiative, and each `Value` of its provenance as a list of texts."""
FILES: Mapping[str, tuple[str, ...]] = {
    "shared": ("", "_licence_ouverte"), "whole": ("",), "free": ("_licence_ouverte",),
}  # fmt: skip
"""The kinds of rows of a span, and what the names of the tables end with that each goes to.

Most initiatives are the same with and without the records under the ODbL, and are written once for both.
"""
TABLES: Mapping[str, str] = {
    "initiative": "SELECT * EXCLUDE (provenance) FROM merged",
    "initiative_value": "SELECT initiative_id, "
    + ", ".join(
        f"value[{Value._fields.index(column.name) + 1}]::{column.type} AS {quoted(column.name)}"
        for column in INITIATIVE_VALUE.columns
        if column.name in Value._fields
    )
    + " FROM (SELECT initiative_id, unnest(provenance) AS value FROM merged)",
}
"""The tables that are filled, without their endings, and what goes there of the lines that a span writes."""

Fill = Callable[[str, Mapping[str, Any], Merged], None]


@dataclass(frozen=True, slots=True)
class Span:
    """The initiatives with ids from `first` to `last`: their records in a Parquet file, and where the rows go.

    `licences` are those of the sources; `number` tells the files of the span in `folder` from those of others.
    """

    records: Path
    first: str
    last: str
    licences: Mapping[str, str]
    as_of: dt.date
    folder: Path
    number: int

    def lines(self, name: str) -> Path:
        """Where the lines of a kind of `FILES` go, for as long as the span is merged."""
        return self.folder / f"{name}-{self.number}.jsonl"

    def rows(self, name: str, table: str) -> Path:
        """Where the rows of that kind go which are for one of `TABLES`."""
        return self.folder / f"{name}-{table}-{self.number}.parquet"


def merge_records(store: Store, sources: Mapping[str, Source], as_of: dt.date, processes: int) -> int:
    """Merge the records of each initiative; fill `initiative`, `initiative_source` and `initiative_value`.

    What is known without the records of ODbL sources is merged once more from the others, for the tables under the
    Licence Ouverte: same clusters, same ids. Returns the number of initiatives.
    """
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        spans = _spans(store, sources, as_of, Path(folder))
        with stage("merge", len(spans)) as progress:
            _tell_sources(store, sources)
            for merged in in_order(merge_span, spans, processes):
                count += merged
                progress.step(f"{count:,} initiatives")
            _take_in(store, spans)
    return count


def _spans(store: Store, sources: Mapping[str, Source], as_of: dt.date, folder: Path) -> list[Span]:
    records = folder / "records.parquet"
    needed = ", ".join(map(quoted, NEEDED))
    store.connection.execute(
        f"COPY (SELECT {needed} FROM record JOIN (SELECT source_id, record_key, originals FROM clean_record) "
        "USING (source_id, record_key) ORDER BY initiative_id, source_id, record_key) "
        f"TO {literal(str(records))} (FORMAT parquet, ROW_GROUP_SIZE {SPAN})"
    )
    bounds = store.connection.execute(
        "SELECT min(initiative_id), max(initiative_id) FROM (SELECT initiative_id, "
        f"(row_number() OVER (ORDER BY initiative_id) - 1) // {SPAN} AS span FROM (SELECT DISTINCT initiative_id "
        "FROM record)) GROUP BY span ORDER BY span"
    ).fetchall()
    licences = {id: source.rights.licence for id, source in sources.items()}
    return [Span(records, first, last, licences, as_of, folder, number) for number, (first, last) in enumerate(bounds)]


def _tell_sources(store: Store, sources: Mapping[str, Source]) -> None:
    """Fill `initiative_source`: every record with the licence of its source and how that wants to be named."""
    rights = [(id, source.rights.licence, source.rights.attribution) for id, source in sorted(sources.items())]
    ids, licences, attributions = ([right[part] for right in rights] for part in range(3))
    store.connection.execute(
        """
        INSERT INTO initiative_source BY NAME
        SELECT initiative_id, source_id, record_key, record_url, checked_on, stale_since, licence, attribution
        FROM record JOIN (
            SELECT unnest($ids) AS source_id, unnest($licences) AS licence, unnest($attributions) AS attribution
        ) USING (source_id)
        """,
        {"ids": ids, "licences": licences, "attributions": attributions},
    )


def _take_in(store: Store, spans: Sequence[Span]) -> None:
    """Fill the tables from the rows of all `spans`.

    Each table is filled at once: what comes in parts makes DuckDB compress the end of the table anew for every part.
    And it is filled in the order of its key, not file by file: each would end with a block that is not full, which
    DuckDB fills by writing it and the next ones once more. Publication wants that order too.
    """
    for table in TABLES:
        for ending in sorted({ending for endings in FILES.values() for ending in endings}):
            found = [span.rows(name, table) for span in spans for name in FILES if ending in FILES[name]]
            there = [str(path) for path in found if path.exists()]
            if there:
                name = quoted(f"{table}{ending}")
                keys = ", ".join(map(quoted, BY_NAME[table].key))
                store.connection.execute(
                    f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet(?) ORDER BY {keys}", [there]
                )


def merge_span(span: Span) -> int:
    """Merge the initiatives of a span, write their rows, and return how many they are."""
    with connect(threads=1) as connection:
        with _filling(span) as fill:
            rows = stream(
                connection,
                "SELECT * FROM read_parquet(?) WHERE initiative_id BETWEEN ? AND ? "
                "ORDER BY initiative_id, source_id, record_key",
                [str(span.records), span.first, span.last],
            )
            groups = groupby(rows, itemgetter("initiative_id"))
            count = sum(_merge_one(list(group), span, fill) for _, group in groups)
        for name in FILES:
            _as_tables(connection, name, span)
    return count


def _as_tables(connection: duckdb.DuckDBPyConnection, name: str, span: Span) -> None:
    """Turn the lines of a kind into the rows of each of its tables."""
    path = span.lines(name)
    if path.stat().st_size:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE merged AS {reading_lines(WRITTEN)}", [str(path)])
        for table, rows in TABLES.items():
            connection.execute(f"COPY ({rows}) TO {literal(str(span.rows(name, table)))} (FORMAT parquet)")
    path.unlink()


@contextmanager
def _filling(span: Span) -> Iterator[Fill]:
    """Give a function `fill(name, row, result)`: adds an initiative and its provenance to the lines of that kind."""
    with ExitStack() as stack:
        files = {name: stack.enter_context(span.lines(name).open("wb")) for name in FILES}

        def fill(name: str, row: Mapping[str, Any], result: Merged) -> None:
            # orjson writes no tuple that has names, lest these be lost.
            line = {**row, "provenance": list(map(tuple, result.provenance))}
            files[name].write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

        yield fill


def _merge_one(rows: Sequence[Mapping[str, Any]], span: Span, fill: Fill) -> int:
    members = [_member(row, span.licences[row["source_id"]]) for row in rows]
    whole = merge(members)
    free = [member for member in members if family(member.licence) is not Family.DATABASE]
    shared = len(free) == len(members)
    fill("shared" if shared else "whole", _initiative_row(members, whole, rows, span.as_of), whole)
    if free and not shared:
        without = merge(free)
        fill("free", _initiative_row(free, without, rows, span.as_of), without)
    return 1


def _initiative_row(
    members: Sequence[Member], result: Merged, rows: Sequence[Mapping[str, Any]], as_of: dt.date
) -> dict[str, Any]:
    """A row of an initiative merged from `members`; its `rows` tell when any record of it was first seen."""
    known_by = sorted({member.source_id for member in members})
    return result.values | {
        "initiative_id": rows[0]["initiative_id"],
        "source_ids": known_by,
        "source_count": len(known_by),
        "licence": result.licence,
        "first_seen": min(row["first_seen"] for row in rows),
        "changed_on": as_of,
    }


def _member(row: Mapping[str, Any], licence: str) -> Member:
    values = {name: value for name in MERGED if (value := row[name]) is not None}
    for name in STRUCTURED & values.keys():
        values[name] = _plain(values[name])
    originals = orjson.loads(row["originals"])
    if family(licence) is Family.TEXTS:
        originals = {name: written for name, written in originals.items() if name not in BLOCKS}
    return Member(row["source_id"], row["record_key"], licence, register()[licence].open, values, originals)


def _plain(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as merging wants them: the parts that one lacks are absent rather than null."""
    return [{part: text for part, text in block.items() if text is not None} for block in blocks]
