"""`quality.json` and `issues.json`: how good the release is, in figures, and everything that went wrong on the way."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from transforms.rights import ATTRIBUTION_LICENCE
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.tables import copy_json
from warehouse.schema import INITIATIVE, ISSUE
from warehouse.table import Column, literal, quoted


def write_all(assembly: Assembly) -> None:
    """Write both files."""
    fr, en = "La qualité en chiffres : complétude, précision, licences", "Quality in figures: completeness, precision, "
    path = assembly.add("quality.json", fr, en + "licences", Group.CHECK, licence=ATTRIBUTION_LICENCE)
    text = json.dumps(measure(assembly.connection, assembly.version), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    path = assembly.add("issues.json", ISSUE.fr, ISSUE.en, Group.CHECK, licence=ISSUE.licence)
    names = ", ".join(map(quoted, ISSUE.names))
    copy_json(assembly.connection, f"SELECT {names} FROM issue ORDER BY source_id, number", path, array=True)


def measure(connection: duckdb.DuckDBPyConnection, version: str) -> dict[str, Any]:
    """Return the figures of a release: counts, share of filled cells by column, and counts by what matters.

    Shares are between 0 and 1 with four decimals.
    """
    [counts] = connection.execute(
        "SELECT (SELECT count(*) FROM initiative), (SELECT count(*) FROM initiative_licence_ouverte), "
        "(SELECT count(*) FROM record), (SELECT count(*) FROM source), "
        "(SELECT count(*) FROM initiative WHERE source_count > 1), "
        "(SELECT count(*) FROM initiative WHERE geo_conflict IS NOT NULL), (SELECT count(*) FROM text_share_alike)"
    ).fetchall()
    names = (
        "initiatives", "initiatives_licence_ouverte", "records", "sources", "initiatives_of_several_sources",
        "initiatives_with_a_doubtful_place", "texts_share_alike",
    )  # fmt: skip
    return {
        "version": version,
        **dict(zip(names, counts, strict=True)),
        "completeness": _completeness(connection),
        "precision": _counted(connection, "SELECT geo_precision FROM initiative"),
        "licences": _counted(connection, "SELECT licence FROM initiative"),
        "status": _counted(connection, "SELECT status FROM initiative"),
        "country": _counted(connection, "SELECT coalesce(country, '') FROM initiative"),
        "issues": {
            "level": _counted(connection, "SELECT level FROM issue"),
            "code": _counted(connection, "SELECT code FROM issue"),
        },
        "sources_by_id": _sources(connection),
    }


def _completeness(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    shares = ", ".join(f"coalesce(round(avg(({_filled(c)})::INTEGER), 4), 0)" for c in INITIATIVE.columns)
    [found] = connection.execute(f"SELECT {shares} FROM initiative").fetchall()
    return dict(zip(INITIATIVE.names, found, strict=True))


def _filled(column: Column) -> str:
    name = quoted(column.name)
    if column.type.endswith("[]"):
        return f"coalesce(len({name}), 0) > 0"
    return f"{name} IS NOT NULL AND {name} <> ''" if column.type == "VARCHAR" else f"{name} IS NOT NULL"


def _counted(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return dict(connection.execute(f"SELECT t.*, count(*) FROM ({query}) t GROUP BY ALL ORDER BY 2 DESC, 1").fetchall())


def _sources(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Records, refusals, freshness and placed share of each source."""
    placed = ", ".join(map(literal, ("point", "housenumber", "street", "locality", "commune")))
    rows = connection.execute(
        f"""
        SELECT s.source_id, s.records, s.rejected, s.checked_on::VARCHAR, s.stale_since::VARCHAR, r.placed, r.summarised
        FROM source s LEFT JOIN (
            SELECT source_id, round(avg((geo_precision IN ({placed}))::INTEGER), 4) AS placed,
                round(avg((summary IS NOT NULL)::INTEGER), 4) AS summarised
            FROM record GROUP BY source_id
        ) r USING (source_id) ORDER BY s.source_id
        """
    ).fetchall()
    names = ("records", "rejected", "checked_on", "stale_since", "placed_at_commune_or_better", "with_summary")
    return {id: dict(zip(names, rest, strict=True)) for id, *rest in rows}
