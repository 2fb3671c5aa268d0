"""`report.html`: the report of a night as a page, for the operator in `runs/<night>/` and for readers in the release.

The page is whole in itself: no program, style allowed by its hash, small curves as inline SVG. That of the release is
made from the warehouse alone, so that the same warehouse gives the same bytes; it tells of problems by their codes.
Only the operator's tells messages, remedies and what held a night back, which may name files of the machine.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.rendering import percent, render_html
from warehouse.publish.writers import Writer

FILE_NAME = "report.html"
NIGHTS = 30
"""How many nights a curve shows."""

TOP_CHANGES = 20
LONGEST_VALUE = 200
PLACED = ("point", "housenumber", "street", "locality", "commune")
WIDTH, HEIGHT, EDGE = 140, 32, 3

OUTCOMES = {
    "good": ("lue", "good"),
    "stale": ("en échec, dernières bonnes données", "failed, last good data"),
    "failed": ("en échec, sans données", "failed, no data"),
    "withdrawn": ("retirée", "withdrawn"),
}


KINDS = {
    "added": ("ajoutée", "added"),
    "changed": ("modifiée", "changed"),
    "merged": ("fusionnée", "merged"),
    "split": ("séparée", "split"),
    "withdrawn": ("retirée", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """A small curve: its last value, the points of an SVG polyline, where the last one is, what it says in words."""

    last: str
    points: str
    x: str
    y: str
    said: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source: outcome in both languages, records tonight and the night before, its curve, problems by code."""

    source_id: str
    fr: str
    en: str
    is_good: bool
    records: int
    before: int | None
    checked_on: dt.date | None
    curve: Curve
    problems: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the warehouse tells of its night: figures, shares (0 to 1), sources, and the first changes."""

    initiatives: int
    records: int
    placed: float
    merged: float
    sources: tuple[SourceRow, ...]
    changes: tuple[tuple[str, str, str, str, str, str], ...]

    @property
    def quality(self) -> dict[str, float]:
        """The shares that are followed over the nights."""
        return {"placed": self.placed, "merged": self.merged}


def measure(connection: duckdb.DuckDBPyConnection) -> Measured:
    """Return what a page tells of the warehouse open in `connection`, which is only read."""
    [(initiatives, records, placed, merged)] = connection.execute(
        "SELECT count(*), (SELECT count(*) FROM record), "
        "coalesce(round(avg((geo_precision IN (SELECT unnest($placed)))::INTEGER), 4), 0), "
        "coalesce(round(avg((source_count > 1)::INTEGER), 4), 0) FROM initiative",
        {"placed": list(PLACED)},
    ).fetchall()
    return Measured(initiatives, records, placed, merged, _sources(connection), _changes(connection))


def public_writer(connection: duckdb.DuckDBPyConnection) -> Writer:
    """Return the writer of the release's `report.html`, with what the warehouse open in `connection` tells now."""
    measured = measure(connection)

    def write(assembly: Assembly) -> None:
        path = assembly.add(
            FILE_NAME, "Le rapport de la nuit : sources, fraîcheur, changements", "The report of the night: sources, "
            "freshness, changes", Group.PAGE,
        )  # fmt: skip
        path.write_text(_render(measured, assembly.as_of, public=True), encoding="utf-8", newline="\n")

    return write


def private_page(data: dict[str, Any], measured: Measured | None, runs: Path) -> str:
    """Return the operator's page of a night: `data` is that of `report.json`, `runs` the folder of all reports."""
    as_of = dt.date.fromisoformat(data["as_of"])
    return _render(measured, as_of, data=data, curves=_quality_curves(data, measured, runs))


def _render(measured: Measured | None, as_of: dt.date, *, public: bool = False, **told: Any) -> str:
    style = resources.files("warehouse.publish").joinpath("templates/honey.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    values = {"data": None, "curves": (), **told}
    marked = Markup(style)  # noqa: S704  # our own file, which the hash must match to the letter
    return render_html(
        "report.html.j2",
        style=marked,
        style_hash=digest,
        as_of=as_of,
        measured=measured,
        public=public,
        kinds=KINDS,
        **values,
    )


def _sources(connection: duckdb.DuckDBPyConnection) -> tuple[SourceRow, ...]:
    runs: dict[str, list[tuple[dt.date, str, int]]] = {}
    for id, night, outcome, records in connection.execute(
        "SELECT source_id, as_of, outcome, records FROM run ORDER BY source_id, as_of"
    ).fetchall():
        runs.setdefault(id, []).append((night, outcome, records))
    checked = dict(connection.execute("SELECT source_id, checked_on FROM source").fetchall())
    problems: dict[str, list[str]] = {}
    for id, code, count in connection.execute(
        "SELECT source_id, code, count(*) FROM issue WHERE level <> 'info' GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    ).fetchall():
        problems.setdefault(id, []).append(f"{code} × {count}")
    rows = []
    for id, nights in runs.items():
        _, outcome, records = nights[-1]
        before = nights[-2][2] if len(nights) > 1 else None
        drawn = curve([float(count) for _, _, count in nights[-NIGHTS:]], f"{records:,}")
        fr, en = OUTCOMES[outcome]
        told = ", ".join(problems.get(id, []))
        rows.append(SourceRow(id, fr, en, outcome == "good", records, before, checked.get(id), drawn, told))
    return tuple(rows)


def _changes(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Kind, id, name, field, before and after of the first changes: whole initiatives, then columns."""
    rows = connection.execute(
        """
        SELECT c.kind, c.initiative_id, coalesce(i.name, c.before, c.initiative_id), c.field,
            coalesce(c.before, ''), coalesce(c.after, '')
        FROM change c LEFT JOIN initiative i USING (initiative_id)
        ORDER BY list_position(['withdrawn', 'merged', 'split', 'changed', 'added'], c.kind), c.initiative_id, c.field
        LIMIT $limit
        """,
        {"limit": TOP_CHANGES},
    ).fetchall()
    return tuple((*map(_shortened, row),) for row in rows)  # type: ignore[misc]  # six columns


def curve(values: Sequence[float], last: str) -> Curve:
    """Return the curve of values, oldest first, from the lowest to the highest of them; one value is a point."""
    low, high = min(values), max(values)
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    span = HEIGHT - 2 * EDGE
    heights = [HEIGHT / 2 if high == low else HEIGHT - EDGE - span * (value - low) / (high - low) for value in values]
    places = [(f"{EDGE + number * step:.1f}", f"{height:.1f}") for number, height in enumerate(heights)]
    said = f"{len(values)} nuits / nights: {low:g} – {high:g}"
    return Curve(last, " ".join(f"{x},{y}" for x, y in places), *places[-1], said)


def _quality_curves(data: dict[str, Any], measured: Measured | None, runs: Path) -> tuple[tuple[str, str, Curve], ...]:
    """Curves of the shares over the last nights, from their reports; a report that cannot be read is left out."""
    if measured is None:
        return ()
    told = {data["as_of"]: measured.quality}
    for path in sorted(runs.glob("????-??-??/report.json"))[-NIGHTS:]:
        try:
            quality = json.loads(path.read_text(encoding="utf-8")).get("quality")
        except (OSError, ValueError):
            continue  # of a version before, or cut short: the curve has one point less
        if quality and path.parent.name < data["as_of"]:
            told[path.parent.name] = quality
    names = (
        ("placed", "situées à la commune ou mieux", "placed in a commune or better"),
        ("merged", "connues de plusieurs sources", "known to several sources"),
    )
    drawn = []
    for name, fr, en in names:
        values = [100 * told[night][name] for night in sorted(told)]
        drawn.append((fr, en, curve(values, percent(values[-1] / 100))))
    return tuple(drawn)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
