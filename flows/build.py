"""The build of a night: the last good raw records of every source to one merged warehouse, swapped in when whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb

from flows.clean import CHUNK, Chunk, clean_chunk, embedded
from flows.harvest import State, staged
from flows.identify import identify
from flows.memory import Memory, remember
from flows.merging import merge_records
from flows.processes import in_order
from flows.progress import part, stage
from flows.rows import issue_rows, run_rows, source_rows
from flows.settings import Settings
from flows.similar import find_similar
from flows.street import place_on_streets
from flows.texts_apart import set_texts_apart
from scrapers.problems import Problem
from scrapers.record import spans
from scrapers.source import Source
from transforms.database import on_one_thread
from transforms.link import LINKABLE, Judgement, recognise
from transforms.normalise.keys import public_key
from transforms.normalise.record import Normaliser
from warehouse import gazetteer
from warehouse.decisions import read_judgements, read_kept, read_moved_keys, read_withdrawals
from warehouse.history import record_changes
from warehouse.identity import RecordName
from warehouse.publish import latest
from warehouse.schema import BY_NAME, RECORD
from warehouse.store import FILE_NAME, Store, building
from warehouse.table import Column, quoted

# A record on its way: the columns of `record` that are known before linking, and what linking and merging need.
CLEAN = (
    *(column for column in RECORD.columns if column.name not in {"initiative_id", "first_seen"}),
    *(
        Column(name, type, "", "")
        for name, type in [
            ("originals", "JSON"),
            ("name_key", "VARCHAR"),
            ("organisation_key", "VARCHAR"),
            ("domain", "VARCHAR"),
            ("address_key", "VARCHAR"),
            ("commune_key", "VARCHAR"),
        ]
    ),
)

WORTH = 8 * 2**20
"""Bytes of raw records from which several processes clean them sooner than one: about 20,000 records."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made: the warehouse file, its counts, and the problems of each source, from harvest to merge.

    `failures` are those of services that the build asks.
    """

    warehouse: Path
    records: int
    initiatives: int
    merged: int
    changes: int
    problems: Mapping[str, Sequence[Problem]]
    failures: Sequence[Problem] = ()

    @property
    def issues(self) -> int:
        """How many problems there are in all."""
        return sum(map(len, self.problems.values()))


def build(
    sources: Sequence[Source], states: Sequence[State], definition_problems: Sequence[Problem], settings: Settings
) -> Built:
    """Build the warehouse from the staged rows of `sources`, whose `states` stand in the same order.

    The old warehouse stays in place until the new one is whole. Raises `DecisionError` or `ContradictionError` when
    the decisions of people cannot be followed.
    """
    memory = remember(settings.warehouse)
    previous = latest(settings.releases)
    with building(settings.warehouse) as store:
        problems = _load_sources(store, sources, states, settings)
        with part("place on streets"):
            failures = place_on_streets(store, embedded(), settings, problems)
        merged = _link(store, memory, settings)
        by_id = {source.id: source for source in sources}
        set_texts_apart(store, by_id)
        initiatives = merge_records(store, by_id, settings.as_of, settings.processes)
        find_similar(store, settings.processes)
        with part("compare with the last release"):
            changes = record_changes(store.connection, previous / FILE_NAME if previous else None, settings.as_of)
            if previous:  # without one, both have the dates of tonight
                _date_alike(store)
        for problem in definition_problems:
            problems.setdefault(problem.source_id, []).append(problem)
        with part("write the issues"):
            store.insert("issue", issue_rows(problems))
        counted = "SELECT source_id, count(*) FROM clean_record GROUP BY 1"
        published = dict(store.connection.execute(counted).fetchall())
        store.insert("source", source_rows(sources, states, problems, published))
        store.insert("run", [*memory.runs_before(settings.as_of), *run_rows(states, settings.as_of)])
        _finish(store)
        [(records,)] = store.connection.execute("SELECT count(*) FROM record").fetchall()
    return Built(settings.warehouse, records, initiatives, merged, changes, problems, failures)


def _load_sources(
    store: Store, sources: Sequence[Source], states: Sequence[State], settings: Settings
) -> dict[str, list[Problem]]:
    """Clean and place every source's rows into `clean_record`; return the problems by source."""
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in CLEAN)
    store.connection.execute(f"CREATE TEMP TABLE clean_record ({columns})")
    problems = {state.source_id: list(state.problems) for state in states}
    known: dict[str, Normaliser] = {}
    with tempfile.TemporaryDirectory() as folder, on_one_thread(store.connection):
        chunks = _chunks(sources, states, settings, Path(folder))
        with stage("clean and place", len(chunks)) as progress:
            size = sum(end - begin for begin, end in (chunk.span for chunk in chunks))
            cleaned = in_order(clean_chunk, chunks, settings.processes if size >= WORTH else 1)
            for chunk, found in zip(chunks, cleaned, strict=True):
                id = chunk.source.id
                problems[id] += found.problems
                if id in known:
                    known[id].absorb(found.normaliser)
                else:
                    known[id] = found.normaliser
                    raw = {"record_key": "key"}
                    store.read("raw_record", BY_NAME["raw_record"].columns, chunk.staged, raw)
                store.read("clean_record", CLEAN, found.rows)
                found.rows.unlink()
                progress.step(id)
    for id, normaliser in known.items():
        problems[id] += normaliser.problems()
    return problems


def _chunks(sources: Sequence[Source], states: Sequence[State], settings: Settings, folder: Path) -> list[Chunk]:
    """What there is to clean, in the order of the sources; the clean rows go to files in `folder`."""
    withdrawn = frozenset(read_withdrawals(settings.decisions / "withdrawals.csv"))
    kept = frozenset(read_kept(settings.decisions / "kept.csv"))
    found: list[Chunk] = []
    for source, state in zip(sources, states, strict=True):
        if not state.has_rows or (source.id, "") in withdrawn:
            continue
        path = staged(source.id, settings)
        for span in spans(path, CHUNK):
            rows = folder / f"{len(found)}.jsonl"
            dates = state.checked_on, state.stale_since
            found.append(Chunk(source, *dates, path, span, rows, withdrawn, kept))
    return found


def _by_public_keys(judged: Judgement) -> Judgement:
    """A judgement on records by the keys under which they are published, whichever a person wrote."""
    left, right = ((source, public_key(key)) for source, key in (judged.left, judged.right))
    return replace(judged, left=left, right=right)


def _link(store: Store, memory: Memory, settings: Settings) -> int:
    """Link `clean_record`, give every cluster its permanent id, and fill `record`, `match` and the memory of ids.

    Returns how many clusters hold several records.
    """
    connection = store.connection
    with stage("recognise the same initiative"):
        wanted = ", ".join(name for name in LINKABLE if name != "id")
        connection.execute(
            "CREATE TEMP TABLE linkable AS "
            f"SELECT row_number() OVER (ORDER BY source_id, record_key) - 1 AS id, {wanted} FROM clean_record"
        )
        judgements = [_by_public_keys(judged) for judged in read_judgements(settings.decisions / "judgements.csv")]
        before = {name: seen.initiative_id for name, seen in memory.known.items()}
        spread = partial(in_order, processes=settings.processes)
        with tempfile.TemporaryDirectory() as folder:
            recognise(connection, judgements, before, _weighing(settings), spread, Path(folder))
        moves = identify(connection, memory, settings.as_of, _moved_keys(settings))
    store.insert("moved_id", ({"old_id": old, "new_id": new, "moved_on": on} for old, (new, on) in moves.items()))
    connection.execute("""
        INSERT INTO record_identity BY NAME FROM identity ORDER BY source_id, record_key;
        INSERT INTO match BY NAME
        SELECT a.source_id AS left_source_id, a.record_key AS left_record_key, b.source_id AS right_source_id,
            b.record_key AS right_record_key, score, reason, decided_by
        FROM matched JOIN linkable a ON a.id = left_id JOIN linkable b ON b.id = right_id ORDER BY left_id, right_id;
        INSERT INTO related BY NAME
        SELECT least(a.initiative_id, b.initiative_id) AS left_initiative_id,
            greatest(a.initiative_id, b.initiative_id) AS right_initiative_id, 'hosted' AS kind, max(reason) AS reason
        FROM related_pair JOIN linkable l ON l.id = left_id JOIN linkable r ON r.id = right_id
        JOIN identity a ON (a.source_id, a.record_key) = (l.source_id, l.record_key)
        JOIN identity b ON (b.source_id, b.record_key) = (r.source_id, r.record_key)
        WHERE a.initiative_id <> b.initiative_id GROUP BY ALL ORDER BY ALL;
        INSERT INTO record BY NAME SELECT c.* EXCLUDE (originals, name_key, organisation_key, domain, address_key,
            commune_key), initiative_id, first_seen FROM clean_record c JOIN identity USING (source_id, record_key)""")
    several = "SELECT cluster FROM clustered GROUP BY cluster HAVING count(*) > 1"
    [(merged,)] = connection.execute(f"SELECT count(*) FROM ({several})").fetchall()
    for table in ("linkable", "trait", "placed", "pair", "weighed", "matched", "identity"):  # the largest
        connection.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
    return int(merged)


def _weighing(settings: Settings) -> Callable[[duckdb.DuckDBPyConnection], int] | None:
    """How candidate pairs are found and weighed: on a Spark cluster, or (None) here."""
    if settings.spark is None:
        return None
    from flows.link_spark import weigh  # an extra

    return partial(weigh, master=settings.spark, exchange=settings.home)


def _moved_keys(settings: Settings) -> dict[RecordName, RecordName]:
    """Records whose source gave them another key, as people recorded it, by the names that are published."""
    moves = read_moved_keys(settings.decisions / "moved_keys.csv", settings.as_of)
    return {(source, public_key(old)): (new, public_key(key)) for (source, old), (new, key) in moves.items()}


def _date_alike(store: Store) -> None:
    """Give the rows for use under the Licence Ouverte the dates of the initiative they stand for."""
    store.connection.execute(
        "UPDATE initiative_licence_ouverte SET first_seen = i.first_seen, changed_on = i.changed_on FROM initiative i "
        "WHERE i.initiative_id = initiative_licence_ouverte.initiative_id AND (i.first_seen, i.changed_on) "
        "IS DISTINCT FROM (initiative_licence_ouverte.first_seen, initiative_licence_ouverte.changed_on)"
    )


def _finish(store: Store) -> None:
    """Fill what follows from the rest: the places where initiatives stand."""
    store.connection.execute("ATTACH ':memory:' AS reference")
    path = str(gazetteer.data_folder() / "communes.parquet")
    store.connection.execute("CREATE TABLE reference.communes AS SELECT * FROM read_parquet(?)", [path])
    store.connection.execute("""
        INSERT INTO place BY NAME
        SELECT insee_code, min(i.commune) AS commune, min(epci_code) AS epci_code, min(epci) AS epci,
               min(departement_code) AS departement_code, min(departement) AS departement,
               min(region_code) AS region_code, min(region) AS region,
               min(population) AS population, count(*) AS initiatives
        FROM (SELECT * FROM initiative WHERE insee_code IS NOT NULL) i
        LEFT JOIN (SELECT code, population FROM reference.communes) c ON c.code = i.insee_code
        GROUP BY insee_code
    """)
    store.connection.execute("DETACH reference")
