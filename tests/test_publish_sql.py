"""What analysts ask the database of a release: search, neighbours, the questions of the documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.publish import Release
from warehouse.publish.search import MACROS, stems_of
from warehouse.store import Store

QUERIES = re.findall(
    r"^## ([^\n]+)\n.*?```sql\n(.*?)```",
    (Path(__file__).parent.parent / "docs" / "queries.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)


@pytest.fixture(scope="module")
def database(release: Release) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(release.folder / "essaim.duckdb"), read_only=True) as connection:
        # As in a browser or an old version: nothing may be fetched while a query runs.
        connection.execute("SET autoinstall_known_extensions = false")
        yield connection


def stems(words: str) -> str:
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(f"SELECT {stems_of('$words')}", {"words": words}).fetchall()
    return found


@pytest.mark.parametrize(
    "alike",
    [
        ["jardin partagé", "Jardins partagés", "les jardins partages", "LE JARDIN, PARTAGÉ !"],
        ["partager", "partagée", "partagées", "partage"],
        ["local", "locale", "locaux", "locales"],
        ["jardinier", "jardinière", "jardinières"],
        ["citoyen", "citoyenne", "citoyennes"],
        ["culturel", "culturelle", "culturels"],
        ["collectif", "collective", "collectifs"],
        ["chercheur", "chercheuse", "chercheurs"],
        ["jeune", "jeunes"],
        ["plateau", "plateaux"],
        ["l'énergie", "énergies", "energie"],
        ["œuvre", "oeuvres"],
    ],
    ids=lambda words: words[0],
)
def test_inflections_have_one_stem(alike: list[str]) -> None:
    assert len({stems(word) for word in alike}) == 1


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_stems_are_those_of_what_stands_between_spaces(text: str) -> None:
    """But for a null character, where DuckDB's `strip_accents` ends a text; no cleaned text has one."""
    parts = [part for word in text.split() for part in stems(word).split()]
    assert stems(text) == (f" {' '.join(parts)} " if parts else " ")


def test_texts_are_searched_by_the_stems_of_all_they_say(database: duckdb.DuckDBPyConnection) -> None:
    differing = database.execute(f"""
        SELECT i.name FROM initiative i JOIN initiative_search s USING (initiative_id)
        WHERE s.name_stems <> {stems_of("i.name")}
            OR NOT starts_with(s.stems, {stems_of("concat_ws(' ', i.name, i.summary, i.impact, i.organisation_name)")})
    """).fetchall()
    assert differing == []


@pytest.mark.parametrize(("one", "other"), [("jardin", "jardinier"), ("santé", "sanction"), ("école", "écologie")])
def test_other_words_have_other_stems(one: str, other: str) -> None:
    assert stems(one) != stems(other)


def test_stems_stand_between_single_spaces_without_empty_words() -> None:
    assert stems("Le  jardin-partagé, de l'école") == " jardin partag ecol "
    assert stems("de la") == " "


def test_search_finds_whatever_the_inflection(store: Store, database: duckdb.DuckDBPyConnection) -> None:
    def found(words: str) -> list[str]:
        rows = database.execute("SELECT initiative_id FROM search($words)", {"words": words})
        return [id for (id,) in rows.fetchall()]

    assert found("épiceries coopératives") == found("EPICERIE COOPERATIVE") == ["es-ccc"]
    assert found("rennes santé") == ["es-aaa"], "places and the labels of themes are searched"
    assert found("épicerie absente") == [], "all words must be there"
    assert found("") == found("de la") == []
    assert found("%_'\"; DROP TABLE initiative") == []


def test_words_in_the_name_come_first(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE initiative AS SELECT unnest(['a', 'b']) AS initiative_id")
        texts = {"a": ("Lieu", "Lieu pour les vélos"), "b": ("Vélos", "Vélos")}
        connection.execute("CREATE TABLE initiative_search (initiative_id VARCHAR, name_stems VARCHAR, stems VARCHAR)")
        for id, words in texts.items():
            connection.execute("INSERT INTO initiative_search VALUES (?, ?, ?)", [id, *map(stems, words)])
        for _, _, definition, _, _ in MACROS[:2]:
            connection.execute(f"CREATE MACRO {definition}")
        assert connection.execute("FROM search('vélo')").fetchall() == [(3, "b"), (1, "a")]


def test_near_gives_distances_the_nearest_first(database: duckdb.DuckDBPyConnection) -> None:
    rows = database.execute("SELECT initiative_id, distance_km FROM near(48.1173, -1.6778, 5)").fetchall()
    assert [id for id, _ in rows] == ["es-aaa"]
    assert rows[0][1] == pytest.approx(0.69, abs=0.02)
    [(paris_rennes,)] = database.execute("SELECT distance_km(48.8566, 2.3522, 48.1173, -1.6778)").fetchall()
    assert paris_rennes == pytest.approx(308.3, abs=1)  # measured on a map: some 308 km
    assert database.execute("FROM near(0, 0, 1)").fetchall() != [], "the point at the equator"


def test_macros_and_views_need_nothing_but_the_core(database: duckdb.DuckDBPyConnection) -> None:
    """DuckDB in a browser has neither JSON nor ICU functions; version 1.0 no `lambda`."""
    macros = database.execute(
        "SELECT function_name, macro_definition, comment FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    assert {name for name, _, _ in macros} == {"stems", "search", "distance_km", "near"}
    views = database.execute("SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal").fetchall()
    for name, sql, comment in [*macros, *views]:
        assert not re.search(r"json|->|lambda|strftime|timezone|icu|match_bm25|to_days", sql, re.IGNORECASE), name
        assert " / " in comment


@pytest.mark.parametrize(("question", "sql"), QUERIES, ids=[question for question, _ in QUERIES])
def test_the_queries_of_the_documentation_run(database: duckdb.DuckDBPyConnection, question: str, sql: str) -> None:
    assert "/" in question, "in French and English"
    result = database.execute(sql)
    assert result.description
    result.fetchall()


def test_there_are_queries_in_the_documentation() -> None:
    assert len(QUERIES) >= 12
    text = (Path(__file__).parent.parent / "docs" / "queries.md").read_text(encoding="utf-8")
    assert text.count("```sql") == len(QUERIES)


def test_link_tables_give_the_items_of_each_list(database: duckdb.DuckDBPyConnection) -> None:
    def rows(table: str) -> list[tuple]:
        return database.execute(f"FROM {table} ORDER BY ALL").fetchall()

    assert rows("initiative_theme") == [("es-aaa", 1, "health"), ("es-aaa", 2, "sport")]
    assert rows("initiative_sdg") == [("es-aaa", 1, 3), ("es-aaa", 2, 11)]
    assert rows("initiative_need")[0] == ("es-aaa", 1, "salle | atelier"), "as it is: no cell of a spreadsheet"
    assert rows("initiative_partner") == [("es-aaa", 1, "Ville, de Rennes", None, "a | b", "locaux\nprêtés")]
    assert rows("initiative_programme") == [("es-aaa", 1, 'Prix "ESS"', "2024", None, "Le Labo")]
    assert rows("initiative_funder") == []


def test_the_notebook_runs_as_a_script(release: Release) -> None:
    pytest.importorskip("marimo", reason="the notebook is a marimo notebook")
    notebook = Path(__file__).parent.parent / "notebooks" / "release.py"
    done = subprocess.run(
        [sys.executable, str(notebook), "--release", str(release.folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 rows; [{'initiatives': 6, 'communes': 2}]")
    assert done.stdout.count(" rows; ") == 6
