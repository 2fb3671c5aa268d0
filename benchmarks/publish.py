"""How long does publication take, and how much memory? A warehouse of made-up rows, published as it would be at night.

    python -m benchmarks.publish 100000 --home /tmp/publish

Prints the seconds of each writer, the sizes of the files, and the most memory that both processes held.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from transforms.vocabulary import vocabulary
from warehouse import publish as publication
from warehouse.publish import writers
from warehouse.publish.assembly import Assembly
from warehouse.schema import BY_NAME
from warehouse.store import Store
from warehouse.table import literal, quoted

NIGHT = dt.date(2026, 11, 22)
WORDS = [
    "jardin", "partagé", "quartier", "atelier", "vélo", "épicerie", "solidaire", "habitants", "coopérative", "réemploi",
    "cuisine", "école", "rurale", "énergie", "citoyenne", "insertion", "numérique", "mobilité", "tiers-lieu", "compost",
    "recyclerie", "seniors", "jeunes", "emploi", "formation", "santé", "culture",
]  # fmt: skip
SOURCES = [("lieux", "etalab-2.0"), ("carte", "ODbL-1.0"), ("fiches", "none"), ("wiki", "CC-BY-4.0")]


def text(salt: str, least: int, spread: int) -> str:
    """The SQL of a made-up text of `least` words and up to `spread` more, the same each time for row `i`."""
    words = "[" + ", ".join(map(literal, WORDS)) + "]"
    picked = f"list_transform(range({least} + (hash(i, {literal(salt)}) % {spread})::INTEGER), lambda n: {words}"
    return f"array_to_string({picked}[1 + (hash(i, n, {literal(salt)}) % {len(WORDS)})::INTEGER]), ' ')"


def fill(store: Store, count: int) -> None:
    """Put `count` initiatives into the warehouse: one or two records each, some 20 values each with provenance."""
    themes = "[" + ", ".join(literal(code) for code in vocabulary()["themes"]) + "]"
    store.connection.execute(f"""
        INSERT INTO initiative BY NAME
        SELECT 'es-' || lpad(i::VARCHAR, 9, '0') AS initiative_id, {text("name", 3, 5)} AS name,
            {text("summary", 30, 40)} AS summary, 'fr' AS language, 'https://exemple-' || i || '.example.org/' AS url,
            'running' AS status, (2000 + i % 25)::VARCHAR AS started_on, {text("carrier", 2, 3)} AS organisation_name,
            'association' AS organisation_kind, lpad((i * 7919 % 1000000000)::VARCHAR, 9, '0') AS siren,
            list_sort(list_distinct([{themes}[1 + (hash(i, 'a') % {len(vocabulary()["themes"])})::INTEGER],
                {themes}[1 + (hash(i, 'b') % {len(vocabulary()["themes"])})::INTEGER]])) AS themes,
            [1 + (i % 17)::INTEGER] AS sdgs, [{text("need", 2, 4)}] AS needs,
            [{{'name': {text("prize", 2, 2)}, 'year': '2024', 'theme': NULL, 'organiser': NULL}}] AS programmes,
            [{{'name': {text("partner", 2, 2)}, 'kind': NULL, 'motivation': NULL, 'contribution': NULL}}] AS partners,
            lpad((1 + i % 95)::VARCHAR, 2, '0') AS departement_code, 'Département ' || (1 + i % 95) AS departement,
            lpad((1 + i % 95)::VARCHAR, 2, '0') || lpad((i % 500)::VARCHAR, 3, '0') AS insee_code,
            'Commune ' || (i % 5000) AS commune, lpad((11 + i % 13)::VARCHAR, 2, '0') AS region_code,
            'Région ' || (i % 13) AS region, 'FR' AS country, 43 + (hash(i, 'y') % 700000)::DOUBLE / 100000 AS latitude,
            -1 + (hash(i, 'x') % 700000)::DOUBLE / 100000 AS longitude, 'street' AS geo_precision,
            'address' AS geo_method, 0.9 AS geo_confidence, ['lieux'] AS source_ids, 1 AS source_count,
            'etalab-2.0' AS licence, DATE '2026-11-22' AS first_seen, DATE '2026-11-22' AS changed_on
        FROM range({count}) numbers(i)
    """)
    free = "FROM initiative WHERE hash(initiative_id) % 3 <> 0"
    store.connection.execute(f"INSERT INTO initiative_licence_ouverte {free}")
    for id, licence in SOURCES:
        store.connection.execute(f"""
            INSERT INTO source BY NAME SELECT '{id}' AS source_id, '{id}' AS title, '{id}' AS publisher,
                'https://{id}.example.org' AS publisher_url, 'table' AS kind, '{licence}' AS licence, 'x' AS
                licence_proof, '© {id}' AS attribution, 'never' AS verified, 1 AS records, 0 AS rejected,
                DATE '2026-11-22' AS checked_on
        """)
    kept = [name for name in BY_NAME["record"].names if name in BY_NAME["initiative"].names]
    store.connection.execute(f"""
        INSERT INTO record BY NAME SELECT 'lieux' AS source_id, 'k' || initiative_id AS record_key,
            DATE '2026-11-22' AS checked_on, {", ".join(map(quoted, kept))} FROM initiative
    """)
    store.connection.execute("""
        INSERT INTO initiative_source BY NAME SELECT initiative_id, source_id, record_key,
            'https://lieux.example.org/' || record_key AS record_url, 'etalab-2.0' AS licence,
            '© lieux' AS attribution, checked_on FROM record
    """)
    told = [name for name in kept if name not in {"initiative_id", "first_seen"}]
    for table, merged in (
        ("initiative_value", "initiative"),
        ("initiative_value_licence_ouverte", "initiative_licence_ouverte"),
    ):
        for name in told:
            store.connection.execute(f"""
                INSERT INTO {table} BY NAME SELECT initiative_id, '{name}' AS field, 1 AS rank,
                    {quoted(name)}::VARCHAR AS value, 'lieux' AS source_id, 'k' || initiative_id AS record_key,
                    {quoted(name)}::VARCHAR AS original, 'only value' AS rule
                FROM {merged} WHERE {quoted(name)} IS NOT NULL
            """)
    added = "SELECT initiative_id, 'added' AS kind, '' AS field FROM initiative"
    store.connection.execute(f"INSERT INTO change BY NAME {added}")


@contextmanager
def said(what: str) -> Iterator[None]:
    """Say how long the block took, by the clock and in seconds of all processors together."""
    begun, used = time.perf_counter(), cpu()
    yield
    print(f"{time.perf_counter() - begun:8.1f} s {cpu() - used:8.1f} s of processors  {what}", flush=True)


def cpu() -> float:
    """Seconds of processor this process and those it waited for have used."""
    return sum(os.times()[:4])


def timed(write: writers.Writer) -> Callable[[Assembly], None]:
    """The writer, saying how long it took."""

    def run(assembly: Assembly) -> None:
        with said(f"{write.__module__.rpartition('.')[2]}.{write.__name__}"):
            write(assembly)

    return run


def main() -> None:
    """Fill a warehouse, publish it, and tell what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("initiatives", type=int, nargs="?", default=100_000)
    parser.add_argument("--home", type=Path, required=True, help="an empty folder, emptied again first if it exists")
    asked = parser.parse_args()
    shutil.rmtree(asked.home, ignore_errors=True)
    with said(f"made up {asked.initiatives} initiatives"):
        store = Store(asked.home / "essaim.duckdb")
        fill(store, asked.initiatives)
    publication.WRITERS = tuple(map(timed, publication.WRITERS))
    publication.DESCRIPTIONS = tuple(map(timed, publication.DESCRIPTIONS))
    measure(publication.database, "build")
    measure(publication, "check_files")
    for name in ("write_csv", "write_nested"):
        measure(writers.tables, name)
    with said("publication as a whole"):
        release = publication.publish(store.connection, asked.home / "releases", NIGHT)
    for who, name in ((resource.RUSAGE_SELF, "this process"), (resource.RUSAGE_CHILDREN, "the writing process")):
        print(f"{resource.getrusage(who).ru_maxrss / 1e6:8.2f} GB at most in {name}")
    for path in sorted(release.folder.rglob("*"), key=lambda path: -path.stat().st_size)[:16]:
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path.relative_to(release.folder)}")


def measure(module: object, name: str) -> None:
    """Have a function of a module say how long it took."""
    function = getattr(module, name)

    def run(*arguments: object, **named: object) -> object:
        with said(name):
            return function(*arguments, **named)

    setattr(module, name, run)


if __name__ == "__main__":
    main()
