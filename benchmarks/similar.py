"""How long the search for like ideas takes, and how that grows: `python -m benchmarks.similar [COUNT …]`.

The initiatives are made up: a name of a network or of its own, two to four sentences of words drawn as in natural
texts (Zipf), a third of them from the concepts, places clustered in towns, and a slogan that many repeat.
"""

from __future__ import annotations

import math
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from flows.processes import in_order
from flows.settings import cores
from transforms.database import connect
from transforms.similar import nearest
from transforms.similar.terms import _entries

SIZES = (10_000, 30_000, 100_000)
TOWNS, WORDS = 2_000, 40_000


def initiatives(count: int) -> Iterator[list[Any]]:
    """Yield rows of `idea`: about 45 words each, the same ones every time."""
    chance = random.Random(count)
    concepts = sorted(_entries()[0])
    towns = [(chance.uniform(42.5, 51), chance.uniform(-4.5, 8)) for _ in range(TOWNS)]

    def word() -> str:
        if chance.random() < 0.3:
            return chance.choice(concepts)
        rank = int(WORDS ** chance.random())
        return "".join("bcdfghjklm"[int(digit)] + "aeiou"[int(digit) % 5] for digit in str(rank + 100))

    for id in range(count):
        town = int(TOWNS * chance.random() ** 2)
        latitude, longitude = towns[town]
        text = ". ".join(" ".join(word() for _ in range(14)) for _ in range(chance.randint(2, 4)))
        slogan = ". Nous construisons un monde plus juste" if chance.random() < 0.1 else ""
        yield [
            id, f"es-{id:08}", f"{word()} {word()} {id}", text + slogan, [f"ville{town}"], [], [], None, None,
            latitude + chance.gauss(0, 0.03), longitude + chance.gauss(0, 0.03), str(town % 96), "FR",
        ]  # fmt: skip


def measure(count: int) -> float:
    """Return the seconds of CPU that `count` initiatives take, and print them with the peak of memory so far."""
    with connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '1GB'")
        connection.execute(
            "CREATE TEMP TABLE idea (id INTEGER, initiative_id VARCHAR, name VARCHAR, summary VARCHAR, "
            "places VARCHAR[], codes VARCHAR[], guessed VARCHAR[], bearer VARCHAR, site VARCHAR, latitude DOUBLE, "
            "longitude DOUBLE, departement_code VARCHAR, country VARCHAR);"
            "CREATE TEMP TABLE apart (left_id INTEGER, right_id INTEGER)"
        )
        rows: list[list[Any]] = []
        for row in initiatives(count):
            rows.append(row)
            if len(rows) == 5_000:
                _insert(connection, rows)
        _insert(connection, rows)
        start, worked = time.perf_counter(), _worked()
        with tempfile.TemporaryDirectory() as folder:
            nearest(connection, Path(folder), partial(in_order, processes=cores()), cores())
        seconds, cpu = time.perf_counter() - start, _worked() - worked
        [(found,)] = connection.execute("SELECT count(*) FROM nearest").fetchall()
    peak, other = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        f"{count:>9,} initiatives: {seconds:6.1f} s ({cpu:.1f} s of CPU), {found:>9,} rows, peak {peak:,.0f} MB, "
        f"and {other:,.0f} MB in each process that reads",
        flush=True,
    )
    return cpu


def _worked() -> float:
    """The seconds of CPU of this process so far, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _insert(connection: duckdb.DuckDBPyConnection, rows: list[list[Any]]) -> None:
    if rows:
        marks = f"({', '.join('?' for _ in rows[0])})"
        cells = [cell for row in rows for cell in row]
        connection.execute(f"INSERT INTO idea VALUES {', '.join([marks] * len(rows))}", cells)
    rows.clear()


def main(sizes: list[int]) -> None:
    """Measure each size, and the exponent of growth between the first and the last."""
    times = [measure(size) for size in sizes]
    if len(sizes) > 1:
        print(f"grows with exponent {math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0]):.2f}")


if __name__ == "__main__":
    main([int(each.replace("_", "")) for each in sys.argv[1:]] or list(SIZES))
