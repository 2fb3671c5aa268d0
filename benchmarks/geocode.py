"""Rows a second of the offline geocoder: in SQL alone, the whole cascade, and a million points in polygons.

Needs the address files with known communes (`essaim evaluate geocode` says which). Every figure is given in wall time,
and in processor time, which other programs on the machine disturb less; each measure is repeated and its best taken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.addok import ask
from flows.evaluate.geocode import score
from flows.evaluate.geocode_truth import Case, truth_sets
from transforms.geocode import Gazetteer, geocode
from transforms.geocode.coordinates import locate
from transforms.geocode.table import place_table
from warehouse.gazetteer import data_folder

SQL_SETS = ("town halls, columns", "third places, columns", "job centres", "third places, BFC")
ADDOK_SETS = ("town halls, one line", "third places, one line", "third places, columns", "job centres")
ADDOK_ROWS = 1_000
MILLION = 1_000_000


def best_of(repeats: int, work: Callable[[], None]) -> tuple[float, float]:
    """Return the shortest wall time and the least processor time of `repeats` runs of `work`, in seconds."""
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls), min(processors)


def sql_part(cases: list[Case], gazetteer: Gazetteer, repeats: int) -> dict[str, Any]:
    """Place the cases in SQL alone, laid end to end up to a million rows, and say how many are right."""
    times = -(-MILLION // len(cases))
    rows = [(case.query.postcode, case.query.commune) for case in cases]
    gazetteer.con.execute(
        "CREATE OR REPLACE TABLE asked AS SELECT row_number() OVER () - 1 AS id, postcode, commune FROM ("
        " SELECT unnest(from_json($postcode, '[\"VARCHAR\"]')) AS postcode,"
        " unnest(from_json($commune, '[\"VARCHAR\"]')) AS commune), range($times)",
        {"postcode": json.dumps([a for a, _ in rows]), "commune": json.dumps([b for _, b in rows]), "times": times},
    )
    gazetteer.con.execute(
        "CREATE OR REPLACE TABLE once AS SELECT postcode, commune, any_value(id) AS id FROM asked GROUP BY ALL"
    )
    wall, processor = best_of(repeats, lambda: void(place_table(gazetteer)))
    found = gazetteer.con.execute("SELECT postcode, commune, code FROM once JOIN placed USING (id)").fetchall()
    codes = {(postcode, commune): code for postcode, commune, code in found}
    right = sum(codes[row] in case.communes for row, case in zip(rows, cases, strict=True))
    return figures("SQL alone", times * len(cases), wall, processor) | {"right": right / len(cases)}


def cascade(name: str, cases: list[Case], gazetteer: Gazetteer, repeats: int) -> dict[str, Any]:
    """Geocode the queries of the cases once in every repetition."""
    queries = [case.query for case in cases]
    wall, processor = best_of(repeats, lambda: void(geocode(queries, gazetteer)))
    return figures(name, len(queries), wall, processor)


def points(gazetteer: Gazetteer, repeats: int) -> dict[str, Any]:
    """Find the communes of a million points, drawn within 2 km of town halls."""
    draw = random.Random(1)
    homes = [one for one in gazetteer.communes.values() if one.latitude is not None and one.longitude is not None]
    drawn = []
    for _ in range(MILLION):
        home = draw.choice(homes)
        drawn.append(
            ((home.latitude or 0) + draw.uniform(-0.02, 0.02), (home.longitude or 0) + draw.uniform(-0.02, 0.02))
        )
    gazetteer.ensure_polygons()
    wall, processor = best_of(repeats, lambda: void(locate(drawn, gazetteer)))
    return figures("point in polygon", len(drawn), wall, processor)


def beside_addok(url: str, sets: dict[str, list[Case]], gazetteer: Gazetteer) -> list[dict[str, Any]]:
    """Give the same rows to the Addok at `url` and to the cascade: every n-th of a set, `ADDOK_ROWS` in all."""
    results = []
    for name in ADDOK_SETS:
        cases = sets.get(name, [])[:: max(1, len(sets.get(name, [])) // ADDOK_ROWS)][:ADDOK_ROWS]
        if not cases:
            continue
        wall, right = ask(url, cases, gazetteer)
        results.append({"what": f"Addok, {name}", "rows": len(cases), "seconds": round(wall, 2), "cpu_seconds": None,
                        "rows_per_second": round(len(cases) / wall), "rows_per_cpu_second": None,
                        "right": right / len(cases)})  # fmt: skip
        scored = score(name, cases, gazetteer)
        line = cascade(f"the cascade, {name}", cases, gazetteer, 1)
        results.append(line | {"right": scored.right / scored.rows})
    return results


def void(_: object) -> None:
    """Drop a result: only the time counts."""


def figures(name: str, rows: int, wall: float, processor: float) -> dict[str, Any]:
    """Return a line of the table."""
    return {"what": name, "rows": rows, "seconds": round(wall, 2), "cpu_seconds": round(processor, 2),
            "rows_per_second": round(rows / wall), "rows_per_cpu_second": round(rows / processor)}  # fmt: skip


def main() -> int:
    """Run the measures and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.geocode", description=__doc__)
    parser.add_argument("--truth", type=Path, default=Path("../shared/corpus/geocoding"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gazetteer = Gazetteer.load(data_folder())
    sets = dict(truth_sets(options.truth, gazetteer))
    in_columns = [case for name in SQL_SETS for case in sets.get(name, [])]
    results = [sql_part(in_columns, gazetteer, options.repeat)] if in_columns else []
    french = [case for name, cases in sets.items() if not name.startswith("world") for case in cases]
    results.append(cascade("whole cascade, all French sets", french, gazetteer, options.repeat))
    for name in ("town halls, columns", "town halls, one line", "world: DSI4EU"):
        if name in sets:
            results.append(cascade(f"whole cascade, {name}", sets[name], gazetteer, options.repeat))
    results.append(points(gazetteer, options.repeat))
    if address := os.environ.get("ESSAIM_ADDOK_URL"):
        results += beside_addok(address.rstrip("/"), sets, gazetteer)
    if options.json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
        return 0
    for line in results:
        spent = line["cpu_seconds"]
        processor = f" {spent:7.2f} s CPU {line['rows_per_cpu_second']:>9,} rows/s CPU" if spent is not None else ""
        right = f"  {100 * line['right']:.2f} % right" if "right" in line else ""
        sys.stdout.write(
            f"{line['what']:38} {line['rows']:>9,} rows {line['seconds']:7.2f} s {line['rows_per_second']:>9,} rows/s"
            f"{processor}{right}\n"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
