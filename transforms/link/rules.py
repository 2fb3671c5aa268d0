"""The rules asked about doubtful pairs, one after the other: Python, which processes share where there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from transforms.collector import collector_paused
from transforms.columns import Types, insert, rows_of
from transforms.database import connect
from transforms.link.doubtful import likely_twice, may_join
from transforms.link.evidence import SAME, Verdict, contradiction, repeated, weigh
from transforms.link.likeness import housed
from transforms.link.model import LIKELY, decide
from transforms.link.rarity import USES, Rarity, read_rarity
from transforms.link.sides import Side
from transforms.spread import Spread

SPAN = 10_000
"""Doubtful pairs that one process is asked about together: a second or two."""

WORTH = 50_000
"""Doubtful pairs from which several processes answer sooner than one."""

REPEATED = 0.998
"""How sure a repetition inside one source is: above any match, or its two records would draw two clusters apart."""

SAID, TWICE, AGAIN, RELATED = "same", "twice", "again", "related"
"""What is answered of a pair: it is one; its source lists it twice; or would, if it always had; a house and its guest.

Of a pair that is none of these nothing is answered.
"""

_COLUMNS = tuple(field.name for field in fields(Side))
_DOUBTFUL = f"""
    SELECT {{rank}}weight, {", ".join(f"a.{name} AS a_{name}" for name in _COLUMNS)},
        {", ".join(f"b.{name} AS b_{name}" for name in _COLUMNS)}
    FROM weighed JOIN linkable a ON a.id = left_id JOIN linkable b ON b.id = right_id
    WHERE NOT sure ORDER BY left_id, right_id
"""


class Answer(NamedTuple):
    """What is answered of a pair of ids: one of the words above, how sure that is, and why."""

    left_id: int
    right_id: int
    kind: str
    score: float
    reason: str


ANSWER: Types = {"left_id": np.int64, "right_id": np.int64, "kind": object, "score": np.float64, "reason": object}


@dataclass(frozen=True, slots=True)
class Span:
    """The doubtful pairs from `first` to before `last`, of a catalogue of so many records, in the files of a folder."""

    folder: Path
    first: int
    last: int
    records: int


def ask(connection: duckdb.DuckDBPyConnection, records: int, spread: Spread, folder: Path | None) -> None:
    """Make the temporary table `answer` of what the rules say of the doubtful pairs of `weighed`, in their order.

    Where there are many, and a `folder` for files, spans of pairs are handed to `spread`.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE answer (left_id BIGINT, right_id BIGINT, kind VARCHAR, score DOUBLE, "
        "reason VARCHAR)"
    )
    [(count,)] = connection.execute("SELECT count(*) FROM weighed WHERE NOT sure").fetchall()
    if folder is None or count < WORTH:
        rarity = read_rarity(connection)
        rows = rows_of(connection.execute(_DOUBTFUL.format(rank="")))
        insert(connection, "answer", ANSWER, list(answers(rows, rarity, records)))
        return
    _write(connection, folder)
    spans = [Span(folder, first, min(first + SPAN, count), records) for first in range(0, count, SPAN)]
    for some in spread(answer_span, spans):
        insert(connection, "answer", ANSWER, some)


def _write(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the doubtful pairs with both their sides, and what words are worth, into `folder`."""
    for name in USES:
        connection.execute(f"COPY {name} TO $file (FORMAT parquet)", {"file": str(folder / f"{name}.parquet")})
    doubtful = _DOUBTFUL.format(rank="row_number() OVER (ORDER BY left_id, right_id) - 1 AS rank, ")
    file = str(folder / "doubtful.parquet")
    connection.execute(f"COPY ({doubtful}) TO $file (FORMAT parquet, ROW_GROUP_SIZE {SPAN})", {"file": file})


def answer_span(span: Span) -> list[Answer]:
    """Return the answers of a span."""
    with connect(threads=1) as connection, collector_paused():
        found = connection.execute(
            "SELECT * EXCLUDE (rank) FROM read_parquet(?) WHERE rank >= ? AND rank < ? ORDER BY rank",
            [str(span.folder / "doubtful.parquet"), span.first, span.last],
        )
        return list(answers(rows_of(found), _rarity_of(span.folder), span.records))


@lru_cache(maxsize=1)
def _rarity_of(folder: Path) -> Rarity:
    """What words are worth, as the files of a folder tell it: read once in each process."""
    with connect(threads=1) as connection:
        for name in USES:
            file = str(folder / f"{name}.parquet")
            connection.execute(f"CREATE TABLE {name} AS FROM read_parquet(?)", [file])
        return read_rarity(connection)


def answers(rows: Iterable[tuple[Any, ...]], rarity: Rarity, records: int) -> Iterator[Answer]:
    """Yield what the rules say of pairs: rows of a weight, and of all of the left `Side` and of the right one."""
    width = 1 + len(_COLUMNS)
    for row in rows:
        yield from _answer(Side(*row[1:width]), Side(*row[width:]), row[0], rarity, records)


def _answer(left: Side, right: Side, weight: float, rarity: Rarity, records: int) -> Iterator[Answer]:
    if left.source_id == right.source_id:
        if repeated(left, right, rarity):
            kind = TWICE if likely_twice(left, right, rarity, weight, records) else AGAIN
            yield Answer(left.id, right.id, kind, REPEATED, "the source lists it twice: same name, same place")
        return
    against = contradiction(left, right)
    ruled = Verdict(0.0, against) if against else weigh(left, right, rarity)
    alike = weight >= LIKELY and may_join(left, right, rarity, weight)
    verdict = decide(ruled, weight, against, records, alike=alike)
    if housed(left, right):
        yield Answer(left.id, right.id, RELATED, 0.0, "one happens at the other")
    if verdict.score >= SAME:
        yield Answer(left.id, right.id, SAID, verdict.score, verdict.reason)
