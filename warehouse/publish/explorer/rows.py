"""The rows of the explorer: every initiative numbered from the most recent change, and the places they stand in.

Two temporary tables are made in the connection: `explorer_row` (one row an initiative, in the page's own order) and
`explorer_place` (each different commune, département, région or country that rows name, with a point of reference).
"""

from __future__ import annotations

import duckdb

DEGREES = 10_000
"""Steps of the map's coordinates in one degree (11 m of latitude); the page of an initiative has the exact ones."""

TITLE = "regexp_replace(trim(name), '\\s+', ' ', 'g')"
"""The SQL of the title of an initiative: its name on one line."""

_PLACE = "country, region_code, region, departement_code, departement, epci_code, epci, insee_code, commune"

_HAS_POINT = "isfinite(latitude) AND isfinite(longitude)"
_ROW = (
    f"(row_number() OVER (ORDER BY changed_on DESC, source_count DESC, summary IS NULL, NOT ({_HAS_POINT}), "
    "initiative_id) - 1)::INTEGER"
)
NUMBERS = f"SELECT initiative_id, {_ROW} AS row FROM initiative ORDER BY initiative_id"
"""The query of the number of each initiative, by id, for who needs nothing else of `explorer_row`."""

_ROWS = f"""
    CREATE OR REPLACE TEMP TABLE explorer_row AS
    WITH placed AS (
        SELECT *, {_HAS_POINT} AS has_point,
            len(coalesce(themes, [])) = 0 AND len(coalesce(themes_predicted, [])) > 0 AS guessed
        FROM initiative
    )
    SELECT {_ROW} AS row, initiative_id, {TITLE} AS title, status, organisation_kind,
        geo_precision, licence, source_ids, source_count, changed_on, first_seen,
        CASE WHEN guessed THEN list_transform(themes_predicted, lambda one: one.theme) ELSE coalesce(themes, []) END
            AS themes,
        guessed, coalesce(beneficiaries, []) AS beneficiaries, coalesce(methods, []) AS methods,
        coalesce(sdgs, []) AS sdgs,
        list_distinct(list_filter(list_transform(coalesce(programmes, []), lambda one: one.name),
            lambda name: name IS NOT NULL)) AS programmes,
        CASE WHEN has_point THEN round(latitude * {DEGREES})::INTEGER END AS y,
        CASE WHEN has_point THEN round(longitude * {DEGREES})::INTEGER END AS x,
        {_PLACE}
    FROM placed
"""

_PLACES = f"""
    CREATE OR REPLACE TEMP TABLE explorer_place AS
    SELECT (row_number() OVER (ORDER BY {_PLACE}) - 1)::INTEGER AS place, {_PLACE},
        coalesce(round(median(y)), 0)::INTEGER AS y, coalesce(round(median(x)), 0)::INTEGER AS x
    FROM explorer_row GROUP BY {_PLACE} ORDER BY place
"""


def number_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the temporary tables from the table `initiative` of `connection`; return how many rows there are."""
    connection.execute(_ROWS)
    connection.execute(_PLACES)
    same = " AND ".join(f"r.{name} IS NOT DISTINCT FROM p.{name}" for name in _PLACE.split(", "))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE explorer_row AS "
        f"SELECT r.*, p.place, r.y - p.y AS dy, r.x - p.x AS dx FROM explorer_row r JOIN explorer_place p ON {same}"
    )
    [(count,)] = connection.execute("SELECT count(*) FROM explorer_row").fetchall()
    return int(count)


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the database has a table of that name."""
    found = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ? AND NOT temporary", [name])
    return found.fetchone() is not None
