"""What the pages and the descriptor tell about a release: counts, sources, licences and changes, read once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from transforms.rights import Licence, register

NAMED_CHANGES = 100
"""How many changes the change log names; `changes.jsonl` holds them all."""

KINDS = ("added", "split", "merged", "withdrawn", "changed")
PRECISIONS = ("point", "housenumber", "street", "locality", "commune", "departement", "region", "country", "none")


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One source as the table `source` has it, with its licence from the register."""

    source_id: str
    title: str
    publisher: str
    publisher_url: str
    licence: Licence
    licence_proof: str
    attribution: str
    records: int
    checked_on: dt.date
    stale_since: dt.date | None


@dataclass(frozen=True, slots=True)
class Change:
    """One initiative that changed: how, its id and name, the columns that changed, and the id it was merged into."""

    kind: str
    initiative_id: str
    name: str
    fields: tuple[str, ...]
    into: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the texts of a release say.

    `precisions` counts initiatives by `geo_precision`, `departements` by code and name, `changes` by kind; `named`
    holds the first `NAMED_CHANGES` of the changes, whole initiatives before changed columns.
    """

    version: str
    as_of: dt.date
    initiatives: int
    records: int
    communes: int
    sources: tuple[SourceFacts, ...]
    precisions: dict[str, int]
    departements: tuple[tuple[str, str, int], ...]
    changes: dict[str, int]
    named: tuple[Change, ...]

    @property
    def open_sources(self) -> list[SourceFacts]:
        """The sources whose sentences may be published too."""
        return [source for source in self.sources if source.licence.open]

    @property
    def closed_sources(self) -> list[SourceFacts]:
        """The sources of which a release holds facts and a link only."""
        return [source for source in self.sources if not source.licence.open]


def gather(connection: duckdb.DuckDBPyConnection, version: str, as_of: dt.date) -> Facts:
    """Read the facts from the release database open in `connection`; raises ValueError on an unknown licence."""
    precisions = dict(
        connection.execute("SELECT geo_precision, count(*) FROM initiative GROUP BY geo_precision").fetchall()
    )
    departements = connection.execute(
        "SELECT departement_code, coalesce(min(departement), departement_code), count(*) FROM initiative "
        "WHERE departement_code IS NOT NULL GROUP BY departement_code ORDER BY departement_code"
    ).fetchall()
    changes = dict(
        connection.execute("SELECT kind, count(DISTINCT initiative_id) FROM change GROUP BY kind").fetchall()
    )
    return Facts(
        version=version,
        as_of=as_of,
        initiatives=_count(connection, "initiative"),
        records=_count(connection, "record"),
        communes=_count(connection, "place"),
        sources=_sources(connection),
        precisions={code: precisions.get(code, 0) for code in PRECISIONS},
        departements=tuple(departements),
        changes={kind: changes.get(kind, 0) for kind in KINDS},
        named=_named(connection),
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    [(count,)] = connection.table(table).count("*").fetchall()
    return int(count)


def _sources(connection: duckdb.DuckDBPyConnection) -> tuple[SourceFacts, ...]:
    rows = connection.execute(
        "SELECT source_id, title, publisher, publisher_url, licence, licence_proof, attribution, records, checked_on, "
        "stale_since FROM source ORDER BY source_id"
    ).fetchall()
    return tuple(
        SourceFacts(id, title, publisher, url, _licence(id, licence), *rest)
        for id, title, publisher, url, licence, *rest in rows
    )


def _licence(source_id: str, id: str) -> Licence:
    if id not in register():
        raise ValueError(f'source {source_id}: licence "{id}" is not in the register ({", ".join(register())})')
    return register()[id]


def _named(connection: duckdb.DuckDBPyConnection) -> tuple[Change, ...]:
    rows = connection.execute(
        """
        SELECT c.kind, c.initiative_id, coalesce(any_value(i.name), any_value(c.before), c.initiative_id) AS name,
            list(c.field ORDER BY c.field) AS fields, CASE WHEN c.kind = 'merged' THEN any_value(c.after) END AS heir
        FROM change c LEFT JOIN initiative i USING (initiative_id)
        GROUP BY c.kind, c.initiative_id
        ORDER BY list_position($kinds, c.kind), c.initiative_id LIMIT $limit
        """,
        {"kinds": list(KINDS), "limit": NAMED_CHANGES},
    ).fetchall()
    return tuple(Change(kind, id, name, tuple(fields), heir) for kind, id, name, fields, heir in rows)
