"""The step of the build that merges the records of each initiative, in spans of initiatives that processes share."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from flows.processes import in_order
from flows.progress import stage
from scrapers.source import Source
from transforms.database import connect
from transforms.merge import BLOCKS, LANGUAGE, LISTS, LONGEST, PLACE, PREDICTED, SINGLE, Member, Merged, merge
from transforms.rights import Family, family, register
from warehouse.schema import BY_NAME
from warehouse.store import Store, filling, stream
from warehouse.table import literal

SPAN = 10_000
"""Initiatives that are merged together, by one process."""

MERGED_TABLES = (
    "initiative", "initiative_value", "initiative_licence_ouverte", "initiative_value_licence_ouverte",
    "initiative_source",
)  # fmt: skip
MERGED = (*SINGLE, LANGUAGE, PREDICTED, *LONGEST, *LISTS, *BLOCKS, *PLACE)

Fill = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Rights:
    """The licence of a source, and how it wants to be named."""

    licence: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Span:
    """The initiatives with ids from `first` to `last`: their records in a Parquet file, and where the rows go."""

    records: Path
    first: str
    last: str
    rights: Mapping[str, Rights]
    as_of: dt.date
    rows: Mapping[str, Path]


def merge_records(store: Store, sources: Mapping[str, Source], as_of: dt.date, processes: int) -> int:
    """Merge the records of each initiative; fill `initiative`, `initiative_source` and `initiative_value`.

    What is known without the records of ODbL sources is merged once more from the others, for the tables under the
    Licence Ouverte: same clusters, same ids. Returns the number of initiatives.
    """
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        spans = _spans(store, sources, as_of, Path(folder))
        with stage("merge", len(spans)) as progress:
            for span, merged in zip(spans, in_order(merge_span, spans, processes), strict=True):
                for table, path in span.rows.items():
                    store.read(table, BY_NAME[table].columns, path)
                    path.unlink()
                count += merged
                progress.step(f"{count:,} initiatives")
    return count


def _spans(store: Store, sources: Mapping[str, Source], as_of: dt.date, folder: Path) -> list[Span]:
    records = folder / "records.parquet"
    store.connection.execute(
        "COPY (SELECT r.*, c.originals FROM record r JOIN clean_record c USING (source_id, record_key) "
        f"ORDER BY initiative_id, source_id, record_key) TO {literal(str(records))} (FORMAT parquet)"
    )
    bounds = store.connection.execute(
        "SELECT min(initiative_id), max(initiative_id) FROM (SELECT initiative_id, "
        f"(row_number() OVER (ORDER BY initiative_id) - 1) // {SPAN} AS span FROM (SELECT DISTINCT initiative_id "
        "FROM record)) GROUP BY span ORDER BY span"
    ).fetchall()
    rights = {id: Rights(source.rights.licence, source.rights.attribution) for id, source in sources.items()}
    return [
        Span(records, first, last, rights, as_of, {name: folder / f"{name}-{number}.jsonl" for name in MERGED_TABLES})
        for number, (first, last) in enumerate(bounds)
    ]


def merge_span(span: Span) -> int:
    """Merge the initiatives of a span, write their rows, and return how many they are."""
    with connect(threads=1) as connection, filling(span.rows) as fill:
        rows = stream(
            connection,
            "SELECT * FROM read_parquet(?) WHERE initiative_id BETWEEN ? AND ? "
            "ORDER BY initiative_id, source_id, record_key",
            [str(span.records), span.first, span.last],
        )
        groups = groupby(rows, itemgetter("initiative_id"))
        return sum(_merge_one(id, list(group), span, fill) for id, group in groups)


def _merge_one(id: str, rows: Sequence[Mapping[str, Any]], span: Span, fill: Fill) -> int:
    members = [_member(row, span.rights[row["source_id"]].licence) for row in rows]
    whole = merge(members)
    fill("initiative", _initiative_row(id, members, whole, rows, span.as_of))
    _fill_values(fill, "initiative_value", id, whole)
    free = [member for member in members if family(member.licence) is not Family.DATABASE]
    if free:
        without = whole if len(free) == len(members) else merge(free)
        fill("initiative_licence_ouverte", _initiative_row(id, free, without, rows, span.as_of))
        _fill_values(fill, "initiative_value_licence_ouverte", id, without)
    for source in _sources_of(rows, span.rights):
        fill("initiative_source", source)
    return 1


def _fill_values(fill: Fill, table: str, id: str, result: Merged) -> None:
    for value in result.provenance:
        fill(table, {"initiative_id": id, **value._asdict()})


def _initiative_row(
    id: str, members: Sequence[Member], result: Merged, rows: Sequence[Mapping[str, Any]], as_of: dt.date
) -> dict[str, Any]:
    """A row of an initiative merged from `members`; its `rows` tell when any record of it was first seen."""
    known_by = sorted({member.source_id for member in members})
    return result.values | {
        "initiative_id": id,
        "source_ids": known_by,
        "source_count": len(known_by),
        "licence": result.licence,
        "first_seen": min(row["first_seen"] for row in rows),
        "changed_on": as_of,
    }


def _member(row: Mapping[str, Any], licence: str) -> Member:
    values = {name: _plain(row[name]) for name in MERGED}
    originals = json.loads(row["originals"])
    if family(licence) is Family.TEXTS:
        originals = {name: written for name, written in originals.items() if name not in BLOCKS}
    return Member(row["source_id"], row["record_key"], licence, register()[licence].open, values, originals)


def _plain(value: Any) -> Any:
    """A value as merging wants it: the parts that a block lacks are absent rather than null."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {part: text for part, text in value.items() if text is not None}
    return value


def _sources_of(rows: Sequence[Mapping[str, Any]], rights: Mapping[str, Rights]) -> Iterator[dict[str, Any]]:
    kept = ("initiative_id", "source_id", "record_key", "record_url", "checked_on", "stale_since")
    for row in rows:
        of = rights[row["source_id"]]
        yield {name: row[name] for name in kept} | {"licence": of.licence, "attribution": of.attribution}
