"""The search for what is nearest in idea: texts to terms, terms to weights, and who may be alike compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from transforms.columns import lent
from transforms.database import connect
from transforms.similar.champions import choose
from transforms.similar.comparing import Comparison, Told
from transforms.similar.places import read_places
from transforms.similar.reading import Reading, Text, marks, read, repeated
from transforms.similar.weighing import weigh
from transforms.spread import Spread

IDEA = (
    "id", "initiative_id", "name", "summary", "places", "codes", "guessed", "bearer", "site", "latitude", "longitude",
    "departement_code", "country",
)  # fmt: skip
"""The columns that the table `idea` must have: one row an initiative, `id` counting from 0 in the order of the ids."""

SPAN = 10_000
"""Initiatives whose texts are read together, by one process."""
BATCH = 512
"""Initiatives that are compared together: few enough for the caches of a processor."""
WRITTEN = 40
"""Batches whose rows enter the table together."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of the initiatives from `first` to before `last`, in a Parquet file with the columns of `idea`."""

    file: Path
    first: int
    last: int

    def rows(self, columns: str) -> list[tuple[Any, ...]]:
        """Read some columns, in the order of the ids."""
        with connect(threads=1) as connection:
            return connection.execute(
                f"SELECT {columns} FROM read_parquet(?) WHERE id >= ? AND id < ? ORDER BY id",
                [str(self.file), self.first, self.last],
            ).fetchall()


def marks_of(texts: Texts) -> NDArray[np.uint64]:
    """Return the marks of the sentences of `texts`."""
    return marks(summary for (summary,) in texts.rows("summary"))


def reading_of(texts: Texts, boilerplate: frozenset[int]) -> Reading:
    """Return the terms of `texts`."""
    rows = texts.rows("name, summary, places, codes, guessed")
    return read((Text(*row) for row in rows), boilerplate)


def nearest(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    spread: Spread = map,
    threads: int = 1,
    heard: Callable[[int], None] = lambda _: None,
) -> None:
    """Make the temporary table `nearest` from `idea`, and from `apart`, pairs of ids that are never told.

    `nearest` has the columns of the published table `similar`. The texts are read as `spread` has it, from a file in
    `folder`; then pairs are compared by so many `threads`. `heard` is told of how many initiatives, as they are done.
    """
    texts = _texts(connection, folder / "ideas.parquet")
    boilerplate = repeated(spread(marks_of, texts))
    weighed = weigh(spread(partial(reading_of, boilerplate=boilerplate), texts))
    where = read_places(connection)
    apart = connection.execute("SELECT left_id, right_id FROM apart").fetchnumpy()
    count = len(weighed.names)
    firsts = range(0, count, BATCH)
    with _in_threads(threads if count > BATCH else 1) as shared:
        champions = choose(weighed.weights, len(weighed.kinds), where, shared)
        comparison = Comparison(weighed, where, champions, (apart["left_id"], apart["right_id"]))
        _write(connection, shared(lambda first: comparison.tell(first, min(first + BATCH, count)), firsts), heard)


@contextmanager
def _in_threads(threads: int) -> Iterator[Spread]:
    """Give what shares work among so many threads of this process; work that is not done at the end is let go of."""
    if threads == 1:
        yield map
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _texts(connection: duckdb.DuckDBPyConnection, file: Path) -> list[Texts]:
    """Write the texts of `idea` to a file, and return them in spans."""
    connection.execute(
        "COPY (SELECT id, name, summary, places, codes, guessed FROM idea ORDER BY id) "
        f"TO $file (FORMAT parquet, ROW_GROUP_SIZE {SPAN})",
        {"file": str(file)},
    )
    [(count,)] = connection.execute("SELECT count(*) FROM idea").fetchall()
    return [Texts(file, first, min(first + SPAN, count)) for first in range(0, count, SPAN)]


def _write(connection: duckdb.DuckDBPyConnection, told: Iterator[Told], heard: Callable[[int], None]) -> None:
    """Make the table `nearest`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told (a INTEGER, b INTEGER, score INTEGER, km DOUBLE, nearby BOOLEAN, "
        "rank INTEGER, reason VARCHAR)"
    )
    while some := list(islice(told, WRITTEN)):
        columns: dict[str, list[NDArray[Any]]] = {
            "a": [each.pairs.a for each in some],
            "b": [each.pairs.b for each in some],
            "score": [each.pairs.score for each in some],
            "km": [each.pairs.km for each in some],
            "nearby": [each.pairs.nearby for each in some],
            "rank": [each.ranks for each in some],
            "reason": [np.array(each.reasons, object) for each in some],
        }
        with lent(connection, "told_now", {name: np.concatenate(parts) for name, parts in columns.items()}):
            connection.execute("INSERT INTO told BY NAME FROM told_now")
        heard(sum(each.count for each in some))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE nearest AS
        SELECT x.initiative_id, CASE WHEN nearby THEN 'nearby' ELSE 'elsewhere' END AS scope, rank,
            y.initiative_id AS similar_id, round(score / 1000000, 3) AS score, round(km, 1) AS distance_km, reason
        FROM told JOIN idea x ON x.id = a JOIN idea y ON y.id = b;
        DROP TABLE told""")
