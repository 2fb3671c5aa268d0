"""What changed between the last release and the warehouse now: field by field, free of run-time noise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from warehouse.schema import INITIATIVE, literal, quoted

# Columns that tell about the run or follow from other columns, and so never are a change of their own.
SILENT = {"initiative_id", "first_seen", "changed_on", "source_count"}
COMPARED = [column.name for column in INITIATIVE.columns if column.name not in SILENT]


def record_changes(connection: duckdb.DuckDBPyConnection, previous: Path | None, as_of: dt.date) -> int:
    """Fill the table `change` by comparing `initiative` with that of the `previous` release's DuckDB file.

    Sets `first_seen` and `changed_on` of what stayed the same to what they were. Returns the number of changes.
    """
    if previous is None:
        connection.execute(
            "INSERT INTO change BY NAME "
            "SELECT initiative_id, 'added' AS kind, '' AS field, name AS after FROM initiative"
        )
        return _count(connection)
    connection.execute(f"ATTACH {literal(str(previous))} AS previous (READ_ONLY)")
    try:
        _compare(connection, as_of)
    finally:
        connection.execute("DETACH previous")
    return _count(connection)


def _compare(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> None:
    connection.execute("""
        INSERT INTO change BY NAME
        SELECT n.initiative_id, 'added' AS kind, '' AS field, n.name AS after
        FROM initiative n ANTI JOIN previous.initiative o USING (initiative_id)
        UNION ALL BY NAME
        SELECT o.initiative_id, CASE WHEN m.new_id IS NULL THEN 'withdrawn' ELSE 'merged' END AS kind, '' AS field,
               o.name AS before, m.new_id AS after
        FROM previous.initiative o ANTI JOIN initiative n USING (initiative_id)
        LEFT JOIN moved_id m ON m.old_id = o.initiative_id
    """)
    for name in COMPARED:
        column = quoted(name)
        connection.execute(
            f"""
            INSERT INTO change BY NAME
            SELECT n.initiative_id, 'changed' AS kind, ? AS field,
                   {_text("o", name)} AS before, {_text("n", name)} AS after
            FROM initiative n JOIN previous.initiative o USING (initiative_id)
            WHERE n.{column} IS DISTINCT FROM o.{column}
            """,
            [name],
        )
    connection.execute(
        """
        UPDATE initiative SET first_seen = least(o.first_seen, initiative.first_seen), changed_on = CASE
            WHEN EXISTS (SELECT 1 FROM change c WHERE c.initiative_id = o.initiative_id) THEN ?
            ELSE o.changed_on END
        FROM previous.initiative o WHERE o.initiative_id = initiative.initiative_id
        """,
        [as_of],
    )


def _text(side: str, name: str) -> str:
    type = next(column.type for column in INITIATIVE.columns if column.name == name)
    column = f"{side}.{quoted(name)}"
    return f"{column}::VARCHAR" if type in {"VARCHAR", "DATE"} else f"to_json({column})::VARCHAR"


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    [(count,)] = connection.execute("SELECT count(*) FROM change").fetchall()
    return int(count)


def nothing_changed(connection: duckdb.DuckDBPyConnection, previous: Path) -> bool:
    """Whether the warehouse says the same as the `previous` release: no change, the same records of the same sources.

    Nights that only confirm what is known (a later `checked_on`) count as quiet.
    """
    if _count(connection):
        return False
    connection.execute(f"ATTACH {literal(str(previous))} AS previous (READ_ONLY)")
    try:
        for table, columns in QUIET_WHEN_SAME.items():
            wanted = ", ".join(map(quoted, columns))
            here, there = f"SELECT {wanted} FROM {table}", f"SELECT {wanted} FROM previous.{table}"
            [(differing,)] = connection.execute(
                f"SELECT count(*) FROM (({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))"
            ).fetchall()
            if differing:
                return False
    finally:
        connection.execute("DETACH previous")
    return True


QUIET_WHEN_SAME = {
    "source": ("source_id", "licence", "attribution", "stale_since"),
    "initiative_source": ("initiative_id", "source_id", "record_key", "record_url"),
    "moved_id": ("old_id", "new_id"),
}
