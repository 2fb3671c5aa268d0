"""The search for what is nearest in idea: texts to terms, terms to weights, and who may be alike compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

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
    """Fill the temporary table `nearest` from `idea`, and from `apart`, pairs of ids that are never told.

    `nearest` has the columns of the published table `similar`. The texts are read as `spread` has it, from a file in
    `folder`; then pairs are compared by so many `threads`. `heard` is told of how many initiatives, as they are done.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE nearest (initiative_id VARCHAR, scope VARCHAR, rank INTEGER, similar_id VARCHAR, "
        "score DOUBLE, distance_km DOUBLE, reason VARCHAR)"
    )
    texts = _texts(connection, folder / "ideas.parquet")
    boilerplate = repeated(spread(marks_of, texts))
    weighed = weigh(spread(partial(reading_of, boilerplate=boilerplate), texts))
    where = read_places(connection)
    champions = choose(weighed.weights, len(weighed.kinds), where)
    apart = connection.execute("SELECT left_id, right_id FROM apart").fetchnumpy()
    comparison = Comparison(weighed, where, champions, (apart["left_id"], apart["right_id"]))
    count = len(weighed.names)
    firsts = range(0, count, BATCH)
    lasts = [min(first + BATCH, count) for first in firsts]
    if threads > 1 and len(firsts) > 1:
        pool = ThreadPoolExecutor(threads)
        try:
            _write(connection, pool.map(comparison.tell, firsts, lasts), heard)
        finally:
            pool.shutdown(cancel_futures=True)
    else:
        _write(connection, map(comparison.tell, firsts, lasts), heard)


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
    """Add rows to `nearest`."""
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
        connection.register("told", {name: np.concatenate(parts) for name, parts in columns.items()})
        connection.execute(_INSERT)
        connection.unregister("told")
        heard(sum(each.count for each in some))


_INSERT = """
    INSERT INTO nearest
    SELECT x.initiative_id, CASE WHEN nearby THEN 'nearby' ELSE 'elsewhere' END, rank, y.initiative_id,
        round(score / 1000000, 3), round(km, 1), reason
    FROM told JOIN idea x ON x.id = a JOIN idea y ON y.id = b
"""
