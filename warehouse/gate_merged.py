"""The gate of the merged set: may it be published? Beside the last release, and by what may never be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from transforms.rights import register
from transforms.spread import Spread
from warehouse.gate import Check
from warehouse.gate_contacts import published_contacts
from warehouse.gate_never import never_rules
from warehouse.table import literal

MERGED = "*"
"""Stands for the merged set where a source could be named."""
ACCEPTABLE = (
    "initiatives", "withdrawn", "sources-gone", "placed", "largest-cluster", "merged-share", "cluster-size",
)  # fmt: skip
"""The rules that a person may let pass once; the others may never be broken."""

MAX_DROP = 0.5
"""The merged set may lose this share of its initiatives in one night; sources in trouble keep their rows anyway."""
MAX_WITHDRAWN = 0.3
"""So many of the initiatives of sources that were read may vanish, not counting sources that are gone as a whole."""
MAX_GONE, FEW_GONE = 1 / 3, 3
"""So many sources may not go in one night, from `FEW_GONE` on: if limits end together, look at clock and network."""
MAX_UNPLACED = 0.10
"""The share of records placed at their commune or better may fall by so much."""
MAX_CLUSTER = 2.0
"""The largest cluster may grow by this factor, if it has more than `CLUSTER` records then."""
CLUSTER = 6
MAX_MERGED = 0.20
"""The share of initiatives merged from several records may rise by so much."""
MAX_SIZE = 1.5
"""Records for each initiative may rise by this factor."""
SOME = 20
"""Below so many initiatives or records in the last release a share says nothing."""

ACCEPT = "; if it is true, let it through once: a line in warehouse/decisions/accepted.csv, source_id *, rule "
COARSE = "('departement', 'region', 'country', 'none')"


def merged_checks(
    connection: duckdb.DuckDBPyConnection, previous: Path | None = None, spread: Spread = map
) -> list[Check]:
    """Put the warehouse open in `connection` to every rule; `previous` is the database of the last release.

    Looks at counts, ids, places and clusters beside that release, at licences and provenance, and at every published
    text for contacts of people, as `spread` has it.
    """
    if not _count(connection, "FROM initiative"):
        remedy = "look at the sources in the report: none gave a record that could be published"
        return [Check("empty", "", "0 initiatives", "at least 1", False, "there is no initiative at all", remedy)]
    beside: list[Check] = []
    if previous is not None:
        with attached(connection, previous):
            beside = list(_beside(connection))
    return [*beside, _licences(connection), *_never(connection), _private(connection, spread)]


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, release: Path) -> Iterator[None]:
    """Have the database of `release` as `previous` for the length of the block."""
    connection.execute(f"ATTACH {literal(str(release))} AS previous (READ_ONLY)")
    try:
        yield
    finally:
        connection.execute("DETACH previous")


# ---------------------------------------------------------------------------------------- beside the last release


def _beside(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    now, last = _count(connection, "FROM initiative"), _count(connection, "FROM previous.initiative")
    told = f"{now} initiatives, {last} in the last release"
    remedy = "look at which sources lost rows" + ACCEPT + "initiatives"
    least = last * (1 - MAX_DROP)
    yield _check("initiatives", f"{now}", f"at least {least:.0f}, last {last}", now >= least, told, remedy)
    yield from _vanished(connection, last)
    yield from _gone(connection)
    for rule, (sentence, sql) in LOST.items():
        lost = [row[0] for row in connection.execute(f"SELECT old {sql} ORDER BY old").fetchall()]
        told = f"{len(lost)} {sentence}, such as {', '.join(lost[:3])}"
        remedy = "a fault of Essaim: report it with `essaim history ID`; the last release stands"
        yield _check(rule, f"{len(lost)}", "0", not lost, told, remedy)
    yield from _placed(connection)
    yield from _clusters(connection)


# Ids that somebody may have kept, and that lead nowhere now.
LOST = {
    "ids-lost": (
        "ids of the last release lead nowhere though their records are here",
        "FROM (SELECT DISTINCT o.initiative_id AS old FROM previous.initiative_source o "
        "JOIN initiative_source n USING (source_id, record_key) "
        "WHERE o.initiative_id NOT IN (SELECT initiative_id FROM initiative) "
        "AND o.initiative_id NOT IN (SELECT old_id FROM moved_id))",
    ),
    "redirects-lost": (
        "redirects of the last release are gone",
        "FROM (SELECT old_id AS old FROM previous.moved_id "
        "WHERE old_id NOT IN (SELECT old_id FROM moved_id) AND old_id NOT IN (SELECT initiative_id FROM initiative))",
    ),
}


def _vanished(connection: duckdb.DuckDBPyConnection, last: int) -> Iterator[Check]:
    if last < SOME:
        return
    gone = _count(
        connection,
        "FROM previous.initiative o ANTI JOIN initiative n USING (initiative_id) "
        "WHERE o.initiative_id NOT IN (SELECT old_id FROM moved_id) "
        "AND list_has_any(o.source_ids, (SELECT list(DISTINCT source_id) FROM initiative_source))",
    )
    told = f"{gone} of {last} initiatives vanished from sources that were read"
    remedy = "look at the kind withdrawn in the table change, and from which sources they came" + ACCEPT + "withdrawn"
    yield _check(
        "withdrawn", f"{gone}", f"at most {last * MAX_WITHDRAWN:.0f}", gone <= last * MAX_WITHDRAWN, told, remedy
    )


def _gone(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Sources that stood behind the last release and of which nothing is left."""
    all_of_them = "SELECT DISTINCT source_id FROM previous.initiative_source"
    left = "SELECT source_id FROM initiative_source"
    rows = connection.execute(f"{all_of_them} WHERE source_id NOT IN ({left}) ORDER BY 1").fetchall()
    gone, last = [id for (id,) in rows], _count(connection, f"FROM ({all_of_them})")
    told = f"{len(gone)} of {last} sources are gone at once, such as {', '.join(gone[:3])}"
    remedy = (
        "look at the clock and the network of this machine, and at the report: did their limits end together, or was "
        "another catalogue named?" + ACCEPT + "sources-gone"
    )
    held = len(gone) < FEW_GONE or len(gone) <= last * MAX_GONE
    yield _check(
        "sources-gone", f"{len(gone)}", f"at most {max(FEW_GONE - 1, int(last * MAX_GONE))}", held, told, remedy
    )


# Only sources that both hold are compared, so that a new one changes no share.
BOTH = (
    "source_id IN (SELECT source_id FROM initiative_source INTERSECT SELECT source_id FROM previous.initiative_source)"
)


def _placed(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    def share(table: str) -> tuple[float, int]:
        sql = f"SELECT avg((geo_precision NOT IN {COARSE})::INTEGER), count(*) FROM {table} WHERE {BOTH}"
        [(placed, count)] = connection.execute(sql).fetchall()
        return float(placed or 0), int(count)

    (now, _), (last, count) = share("record"), share("previous.record")
    if count < SOME:
        return
    told = f"{now:.0%} of the records are placed at their commune or better, {last:.0%} in the last release"
    remedy = "look at the codes geo-… in the table issue, and at the gazetteer" + ACCEPT + "placed"
    least = max(0.0, last - MAX_UNPLACED)
    yield _check("placed", f"{now:.1%}", f"at least {least:.1%}, last {last:.1%}", now >= least, told, remedy)


def _clusters(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    def shape(table: str) -> tuple[int, float, float, int]:
        sizes = f"SELECT initiative_id, count(*) AS size FROM {table} WHERE {BOTH} GROUP BY 1"
        sql = f"SELECT max(size), avg((size > 1)::INTEGER), avg(size), count(*) FROM ({sizes})"
        [(largest, merged, size, count)] = connection.execute(sql).fetchall()
        return int(largest or 0), float(merged or 0), float(size or 0), int(count)

    largest, merged, size, _ = shape("initiative_source")
    was_largest, was_merged, was_size, count = shape("previous.initiative_source")
    if count < SOME:
        return
    look = "look at the new rows of the table match: a rule of linking or an empty name may join what is not the same"
    told = f"the largest cluster has {largest} records, {was_largest} in the last release"
    most = max(CLUSTER, was_largest * MAX_CLUSTER)
    bound = f"at most {most:.0f}, last {was_largest}"
    yield _check("largest-cluster", f"{largest}", bound, largest <= most, told, f"{look}{ACCEPT}largest-cluster")
    told = f"{merged:.0%} of the initiatives are merged from several records, {was_merged:.0%} in the last release"
    bound = f"at most {was_merged + MAX_MERGED:.1%}, last {was_merged:.1%}"
    held = merged <= was_merged + MAX_MERGED
    yield _check("merged-share", f"{merged:.1%}", bound, held, told, f"{look}{ACCEPT}merged-share")
    told = f"an initiative has {size:.2f} records on average, {was_size:.2f} in the last release"
    bound = f"at most {was_size * MAX_SIZE:.2f}, last {was_size:.2f}"
    held = size <= was_size * MAX_SIZE
    yield _check("cluster-size", f"{size:.2f}", bound, held, told, f"{look}{ACCEPT}cluster-size")


# ------------------------------------------------------------------------------------------------ what may never be


def _licences(connection: duckdb.DuckDBPyConnection) -> Check:
    licences = [row[0] for row in connection.execute("SELECT DISTINCT licence FROM initiative_source").fetchall()]
    unknown = ", ".join(sorted(set(licences) - set(register())))
    told = f"licences not in the register: {unknown}"
    remedy = "mend rights.licence of the source, or add the licence to transforms/rights.toml"
    return _check("licences", f"{len(licences)} licences", "all in the register", not unknown, told, remedy)


def _never(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    for rule, (told, sql) in never_rules().items():
        found = _count(connection, sql)
        remedy = "a fault of Essaim: report it; the last release stands"
        yield _check(rule, f"{found}", "0", not found, f"{found} {told}", remedy)


def _private(connection: duckdb.DuckDBPyConnection, spread: Spread) -> Check:
    contacts = list(published_contacts(connection, spread))
    told = f"{len(contacts)} published texts hold a contact, such as {'; '.join(contacts[:3])}"
    remedy = "look at these rows with `essaim sql`, and teach transforms/normalise/contacts.py what it missed"
    return _check("personal-data", f"{len(contacts)} texts", "0", not contacts, told, remedy)


def _check(rule: str, measured: str, bound: str, passed: bool, told: str, remedy: str) -> Check:
    return Check(rule, "", measured, bound, passed, "" if passed else told, "" if passed else remedy)


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    [(count,)] = connection.execute(f"SELECT count(*) {sql}").fetchall()
    return int(count)
