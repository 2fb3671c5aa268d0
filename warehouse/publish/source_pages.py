"""`sources/<id>.html`: a page for each publisher: what was taken, what became of it, how to mend it.

In French and English, without any program: style inside and allowed by its hash, values escaped.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from importlib import resources
from urllib.parse import quote

from markupsafe import Markup

from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.cutting import cut_csv
from warehouse.publish.facts import SourceFacts
from warehouse.publish.rendering import is_web, render_html
from warehouse.publish.tables import csv_name
from warehouse.schema import RECORD
from warehouse.table import quoted

FOLDER = "sources"
MOST_ISSUES = 30
CONTACT = "ESSAIM_CONTACT"
NOT_TAKEN = {"source_id", "record_key", "initiative_id", "first_seen", "checked_on", "stale_since"}
"""Columns of `record` that are ours, not the publisher's."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the records: name, meanings, and how many records have a value there."""

    name: str
    fr: str
    en: str
    filled: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was refused or doubted, by code: how often, whether records were refused, one message and its remedy."""

    code: str
    level: str
    count: int
    refused: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a source's records: refused ones, initiatives, and those shared with other sources."""

    rejected: int
    verified: str
    initiatives: int
    shared: int
    values: int


def write_all(assembly: Assembly) -> None:
    """Write a page and a CSV extract of its records for each source, cut out of the CSV file of all records."""
    folder = assembly.add_folder(
        FOLDER, "Une page et un extrait CSV par source, pour son producteur",
        "A page and a CSV extract for each source, for its publisher", Group.PAGE, licence=RECORD.licence,
    )  # fmt: skip
    style = resources.files(__package__).joinpath("templates/honey.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sources = [source for source in assembly.facts.sources if re.fullmatch(r"[a-z0-9][a-z0-9-]*", source.source_id)]
    shared = {"style": Markup(style), "style_hash": digest, "facts": assembly.facts}  # noqa: S704  # our own file
    (folder / "index.html").write_text(
        render_html("sources.html.j2", sources=sources, **shared), encoding="utf-8", newline="\n"
    )
    for source in sources:
        html = render_html(
            "source.html.j2",
            source=source,
            fate=_fate(assembly, source.source_id),
            fields=_fields(assembly, source.source_id),
            troubles=_troubles(assembly, source.source_id),
            contact=contact_link(source),
            **shared,
        )
        (folder / f"{source.source_id}.html").write_text(html, encoding="utf-8", newline="\n")
    places = {source.source_id: [place] for place, source in enumerate(sources)}
    ids = assembly.connection.execute("SELECT source_id FROM record")
    owners = (places.get(id, []) for batch in iter(lambda: ids.fetchmany(10_000), []) for (id,) in batch)
    cut_csv(assembly.folder / csv_name(RECORD), owners, [folder / f"{source.source_id}.csv" for source in sources])


def contact_link(source: SourceFacts) -> str:
    """Return the address by which a publisher writes about `source`: a mail or a page; "" where none is configured."""
    contact = os.environ.get(CONTACT, "").strip().removeprefix("mailto:")
    if is_web(contact):
        return contact
    if not re.fullmatch(r"[^\s<>?&:/@]+@[^\s<>?&:/@]+", contact):
        return ""
    return f"mailto:{contact}?subject={quote(f'Essaim, source {source.source_id}')}"


def _fate(assembly: Assembly, id: str) -> Fate:
    [row] = assembly.connection.execute(
        """
        SELECT (SELECT rejected FROM source WHERE source_id = $id), (SELECT verified FROM source WHERE source_id = $id),
            count(DISTINCT initiative_id), count(DISTINCT initiative_id) FILTER (source_count > 1),
            (SELECT count(*) FROM initiative_value WHERE source_id = $id)
        FROM initiative WHERE list_contains(source_ids, $id)
        """,
        {"id": id},
    ).fetchall()
    return Fate(*row)


def _fields(assembly: Assembly, id: str) -> list[Field]:
    columns = [column for column in RECORD.columns if column.name not in NOT_TAKEN]
    counts = ", ".join(
        f"count(*) FILTER (len({quoted(column.name)}) > 0)" if column.type.endswith("[]") or column.type == "VARCHAR"
        else f"count({quoted(column.name)})"
        for column in columns
    )  # fmt: skip
    [row] = assembly.connection.execute(f"SELECT {counts} FROM record WHERE source_id = ?", [id]).fetchall()
    return [Field(c.name, c.fr, c.en, count) for c, count in zip(columns, row, strict=True) if count]


def _troubles(assembly: Assembly, id: str) -> list[Trouble]:
    rows = assembly.connection.execute(
        "SELECT code, max(level), count(*), count(*) FILTER (rejected), min_by(message, number), "
        "min_by(remedy, number) FROM issue WHERE source_id = ? GROUP BY code "
        f"ORDER BY 4 DESC, 3 DESC, code LIMIT {MOST_ISSUES}",
        [id],
    ).fetchall()
    return [Trouble(*row) for row in rows]
