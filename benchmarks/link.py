"""Time, memory and pair F1 of linking made-up French organisations of four sources, and how the time grows.

Every size runs in a process of its own. The records are those of `organisations.py`: typing errors, initials instead
of names, legal forms come and gone, 12 to 80 % of each field missing, chains, names that many share in one town.
Splink 5 runs beside it where it is installed (the extra `bench`).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.organisations import Maker
from flows.evaluate.link_rivals import TYPES, NotInstalledError, splink
from transforms.database import connect
from transforms.link import LINKABLE, link
from transforms.link.sides import Side


def truth_of(path: Path, count: int, seed: int) -> list[int]:
    """Write the records to a CSV file and return the organisation of each, by the id of the record."""
    owners = [0] * count
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, LINKABLE)
        writer.writeheader()
        for number, row in Maker(seed).records(count):
            writer.writerow(row)
            owners[row["id"]] = number
    return owners


def f1(pairs: Iterable[tuple[int, int]], owners: Sequence[int]) -> dict[str, float]:
    """Precision, recall and F1 over pairs."""
    told = [owners[left] == owners[right] for left, right in pairs]
    known = sum(math.comb(size, 2) for size in Counter(owners).values())
    precision, recall = sum(told) / max(len(told), 1), sum(told) / known
    return {"precision": round(precision, 4), "recall": round(recall, 4),
            "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4)}  # fmt: skip


def measure(system: str, count: int, seed: int, told: Any) -> None:
    """Run one system on `count` records and put its figures into the queue `told`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        owners = truth_of(path, count, seed)
        connection = connect()
        columns = json.dumps({name: TYPES.get(name, "VARCHAR") for name in LINKABLE})
        connection.execute(
            f"CREATE TABLE linkable AS SELECT * FROM read_csv('{path}', header = true, columns = {columns})"
        )
        begun, worked = time.perf_counter(), time.process_time()
        candidates = None
        if system == "Essaim":
            linked = link(connection, [])
            candidates = linked.pairs
            pairs = {pair for group in linked.clusters for pair in combinations(group, 2)}
        else:
            rows = connection.execute(f"SELECT {', '.join(LINKABLE)} FROM linkable ORDER BY id").fetchall()
            sides = [Side(*row) for row in rows]
            begun, worked = time.perf_counter(), time.process_time()
            try:
                pairs = splink(sides)
            except NotInstalledError as reason:
                told.put({"system": system, "records": count, "left_out": str(reason)})
                return
        seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told.put({"system": system, "records": count, "seconds": round(seconds, 1), "cpu_seconds": round(processor, 1),
              "gigabytes": round(memory, 2), "candidate_pairs": candidates} | f1(pairs, owners))  # fmt: skip


def finished(process: BaseProcess, told: Any, seconds: float | None) -> dict[str, Any]:
    """Wait for a process and return what it told.

    Raises TimeoutError, the process being stopped, after so many seconds, and RuntimeError when it died.
    """
    process.join(seconds)
    if process.is_alive():
        process.terminate()
        process.join()
        raise TimeoutError
    if process.exitcode:
        raise RuntimeError(process.exitcode)
    found: dict[str, Any] = told.get()
    return found


def main() -> int:
    """Run the sizes given and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without-splink", action="store_true")
    parser.add_argument("--only-splink", action="store_true")
    parser.add_argument("--minutes", type=float, default=10, help="after which another system is stopped (default 10)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    systems = ["Essaim"] * (not options.only_splink) + ["Splink 5"] * (not options.without_splink)
    results: list[dict[str, Any]] = []
    context = multiprocessing.get_context("spawn")
    for system in systems:
        for size in options.sizes:
            told = context.Queue()
            process = context.Process(target=measure, args=(system, size, options.seed, told))
            process.start()
            try:
                results.append(finished(process, told, None if system == "Essaim" else 60 * options.minutes))
            except TimeoutError:
                sys.stderr.write(f"{system} was stopped after {options.minutes:g} minutes on {size:,} records\n")
                continue
            except RuntimeError:
                sys.stderr.write(f"{system} failed on {size:,} records\n")
                continue
            if not options.json:
                sys.stdout.write("  ".join(f"{name} {value}" for name, value in results[-1].items()) + "\n")
    growth = growths(results)
    sys.stdout.write(json.dumps({"runs": results, "growth": growth}, indent=2) + "\n" if options.json else "")
    if not options.json:
        sys.stdout.writelines(f"{system}: time grows with exponent {power}\n" for system, power in growth.items())
    return 0


def growths(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The exponent of each system's time from its smallest to its largest run."""
    found = {}
    for system in dict.fromkeys(run["system"] for run in results):
        runs = sorted((run["records"], run["seconds"]) for run in results if run["system"] == system and "f1" in run)
        if len(runs) > 1 and runs[0][1] and runs[0][0] < runs[-1][0]:
            found[system] = round(math.log(runs[-1][1] / runs[0][1]) / math.log(runs[-1][0] / runs[0][0]), 3)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
