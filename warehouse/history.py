"""What changed between the last release and the warehouse now: field by field, free of run-time noise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from warehouse.schema import BY_NAME, INITIATIVE, TABLES
from warehouse.table import Column, literal, quoted

# Columns that tell about the run or follow from other columns, and so never are a change of their own.
SILENT = {"initiative_id", "first_seen", "changed_on", "source_count"}
COMPARED = [column for column in INITIATIVE.columns if column.name not in SILENT]


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
    # A new id whose record stood behind another initiative, one that goes on without it.
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE split_off AS
        SELECT n.initiative_id, min(o.initiative_id) AS old_id
        FROM initiative_source n JOIN previous.initiative_source o USING (source_id, record_key)
        WHERE n.initiative_id <> o.initiative_id AND o.initiative_id IN (SELECT initiative_id FROM initiative)
        GROUP BY ALL
    """)
    connection.execute("""
        INSERT INTO change BY NAME
        SELECT n.initiative_id, CASE WHEN s.old_id IS NULL THEN 'added' ELSE 'split' END AS kind, '' AS field,
               s.old_id AS before, n.name AS after
        FROM initiative n ANTI JOIN previous.initiative o USING (initiative_id)
        LEFT JOIN split_off s USING (initiative_id)
        UNION ALL BY NAME
        SELECT o.initiative_id, CASE WHEN m.new_id IS NULL THEN 'withdrawn' ELSE 'merged' END AS kind, '' AS field,
               o.name AS before, m.new_id AS after
        FROM previous.initiative o ANTI JOIN initiative n USING (initiative_id)
        LEFT JOIN moved_id m ON m.old_id = o.initiative_id
    """)
    told = _columns(connection, "previous", "initiative")
    for column in COMPARED:
        if told.get(column.name) != _columns(connection, "", "initiative")[column.name]:
            continue  # new in the contract: that is told by its version, not by a change of every initiative
        name = quoted(column.name)
        connection.execute(
            f"""
            INSERT INTO change BY NAME
            SELECT n.initiative_id, 'changed' AS kind, ? AS field,
                   {_text("o", column)} AS before, {_text("n", column)} AS after
            FROM initiative n JOIN previous.initiative o USING (initiative_id)
            WHERE n.{name} IS DISTINCT FROM o.{name}
            """,
            [column.name],
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


def _text(side: str, column: Column) -> str:
    name = f"{side}.{quoted(column.name)}"
    return f"{name}::VARCHAR" if column.type in {"VARCHAR", "DATE"} else f"to_json({name})::VARCHAR"


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, str]:
    """The columns of a table and their types; none when there is no such table."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE table_name = ? AND database_name = coalesce(nullif(?, ''), current_database())",
        [table, database],
    ).fetchall()
    return dict(rows)


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    [(count,)] = connection.execute("SELECT count(*) FROM change").fetchall()
    return int(count)


def nothing_changed(connection: duckdb.DuckDBPyConnection, previous: Path) -> bool:
    """Whether the warehouse says the same as the `previous` release: no change, the same records of the same sources.

    Nights that only confirm what is known (a later `checked_on`) count as quiet. A changed contract never does: a
    release of before an upgrade lacks a table or a column that readers are promised now.
    """
    if _count(connection):
        return False
    connection.execute(f"ATTACH {literal(str(previous))} AS previous (READ_ONLY)")
    try:
        published = [table.name for table in TABLES if table.published]
        if any(_columns(connection, "", name) != _columns(connection, "previous", name) for name in published):
            return False
        return all(_same(connection, table, noise) for table, noise in QUIET_WHEN_SAME.items())
    finally:
        connection.execute("DETACH previous")


# The tables that must be the same, but for these columns.
QUIET_WHEN_SAME = {
    "source": {"checked_on", "rejected"},
    "record": {"checked_on", "first_seen"},
    "initiative_source": {"checked_on"},
    "moved_id": {"moved_on"},
}


def _same(connection: duckdb.DuckDBPyConnection, table: str, noise: set[str]) -> bool:
    wanted = ", ".join(quoted(name) for name in BY_NAME[table].names if name not in noise)
    here, there = f"SELECT {wanted} FROM {table}", f"SELECT {wanted} FROM previous.{table}"
    [(differing,)] = connection.execute(
        f"SELECT count(*) FROM (({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))"
    ).fetchall()
    return not differing
