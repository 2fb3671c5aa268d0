"""What address services have answered, kept in a DuckDB file of the home: no street is asked for twice.

The questions are kept as keys only (`transforms.geocode.street.key_of`). An answer is good until somebody asks anew;
then both stay, each with its night, so that a replay finds what its night knew.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from transforms.database import connect
from transforms.geocode.street import Answer

FILE_NAME = "geocoder.duckdb"
FIELDS = {
    "key": "VARCHAR", "status": "VARCHAR", "type": "VARCHAR", "label": "VARCHAR", "name": "VARCHAR",
    "housenumber": "VARCHAR", "postcode": "VARCHAR", "citycode": "VARCHAR", "score": "DOUBLE", "score_next": "DOUBLE",
    "latitude": "DOUBLE", "longitude": "DOUBLE",
}  # fmt: skip
TABLE = f"""
CREATE TABLE IF NOT EXISTS street_cache (
    {", ".join(f"{name} {type}" for name, type in FIELDS.items())},
    service VARCHAR NOT NULL, asked_on DATE NOT NULL, PRIMARY KEY (key, asked_on)
)
"""
NAMES = ", ".join(FIELDS)


class StreetCache:
    """The file of answers, open; use it as a context manager."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Open the file at `path`, or make it. Raises `duckdb.Error` when it is there and is no such file.

        Read-only, a file that is not there is an empty one.
        """
        empty = read_only and not path.is_file()
        self._connection = connect(":memory:" if empty else str(path), read_only=read_only and not empty)
        if empty or not read_only:
            self._connection.execute(TABLE)

    def __enter__(self) -> Self:
        """Return the cache itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._connection.close()

    def known(self, keys: Iterable[str], until: dt.date) -> dict[str, Answer]:
        """Return the newest answers to `keys` that were given on the night `until` or before it."""
        found = self._connection.execute(
            f"SELECT {NAMES} FROM street_cache WHERE asked_on <= $until AND key IN "
            "(SELECT unnest(from_json($keys, '[\"VARCHAR\"]'))) "
            "QUALIFY row_number() OVER (PARTITION BY key ORDER BY asked_on DESC) = 1 ORDER BY key",
            {"until": until, "keys": json.dumps(sorted(set(keys)))},
        ).fetchall()
        return {row[0]: Answer(**dict(zip(FIELDS, row, strict=True))) for row in found}

    def keep(self, answers: Sequence[Answer], service: str, on: dt.date) -> None:
        """Keep `answers` of the service at the address `service`, given on the night `on`."""
        if not answers:
            return
        shape = json.dumps([FIELDS])
        self._connection.execute(
            f"INSERT OR REPLACE INTO street_cache BY NAME SELECT {NAMES}, $service AS service, $on::DATE AS asked_on "
            f"FROM (SELECT unnest(from_json($rows, '{shape}'), recursive := true))",
            {"service": service, "on": on, "rows": json.dumps([asdict(answer) for answer in answers])},
        )
