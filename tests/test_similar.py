"""What is nearest in idea: across words and languages, nearby and elsewhere, and never one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_warehouse import add_initiative, row
from typer.testing import CliRunner

from flows import similar
from flows.cli import app
from flows.similar import find_similar
from transforms.similar import run
from transforms.similar.reading import marks, repeated
from transforms.similar.terms import concepts, own_name, told_words, without
from warehouse.store import Store

RENNES: dict[str, Any] = {"latitude": 48.11, "longitude": -1.68, "departement_code": "35", "country": "FR",
                          "commune": "Rennes", "geo_precision": "point"}  # fmt: skip
BRUZ = RENNES | {"latitude": 48.02, "longitude": -1.75, "commune": "Bruz"}
LILLE = RENNES | {"latitude": 50.63, "longitude": 3.06, "departement_code": "59", "commune": "Lille"}
MADRID = RENNES | {"latitude": 40.4, "longitude": -3.7, "departement_code": None, "country": "ES", "commune": "Madrid"}

MENDING = "Un atelier où des bénévoles réparent grille-pain et vélos en panne avec les habitants."
GARDEN = "Un jardin partagé où les voisins font pousser des légumes et du compost."
TOLD = {
    "es-a": ("Café bricole", MENDING, RENNES),
    "es-b": ("Repair corner", "Volunteers fix broken toasters and bikes together.", LILLE),
    "es-c": ("Taller de arreglos", "Voluntarios reparan bicicletas y aparatos.", MADRID),
    "es-d": ("Le Coup de main", "Réparations entre voisins : bénévoles et outils pour tout ce qui est en panne.", BRUZ),
    "es-e": ("La Parcelle", GARDEN, RENNES),
    "es-f": ("Huerto del barrio", "Un huerto donde los vecinos plantan verduras y hacen compost.", MADRID),
    "es-g": ("Chorale du port", "Un choeur qui chante dans les rues de la ville.", LILLE),
    "es-h": ("Ludothèque", "Des jeux à emprunter pour les familles.", LILLE),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "essaim.duckdb")
    for id, (name, summary, place) in TOLD.items():
        add_initiative(store, id, key=id, name=name, summary=summary, **place)
    return store


def told(store: Store, processes: int = 1) -> dict[tuple[str, str], list[str]]:
    store.connection.execute('DELETE FROM "similar"')
    find_similar(store, processes)
    found: dict[tuple[str, str], list[str]] = {}
    rows = 'SELECT initiative_id, scope, similar_id FROM "similar" ORDER BY initiative_id, scope, rank'
    for id, scope, other in store.connection.execute(rows).fetchall():
        found.setdefault((id, scope), []).append(other)
    return found


def test_one_idea_meets_nearby_and_elsewhere_in_any_language(store: Store) -> None:
    found = told(store)
    assert found["es-a", "nearby"] == ["es-d"]
    assert set(found["es-a", "elsewhere"]) == {"es-b", "es-c"}
    assert found["es-e", "elsewhere"][0] == "es-f"
    assert not {id for id, _ in found} & {"es-g"}


def test_each_row_says_how_far_and_why(store: Store) -> None:
    told(store)
    rows = "SELECT rank, score, distance_km, reason FROM \"similar\" WHERE initiative_id = 'es-a' AND scope = 'nearby'"
    [(rank, score, distance, reason)] = store.connection.execute(rows).fetchall()
    assert rank == 1
    assert 0.15 <= score < 0.93
    assert round(score, 3) == score
    assert 10 < distance < 13
    assert reason.startswith("ideas: ")
    assert "maker repair" in reason
    published = {word for name, summary, _ in TOLD.values() for word in told_words(f"{name} {summary}")}
    [words] = [part.removeprefix("words: ") for part in reason.split("; ") if part.startswith("words: ")]
    assert set(words.split(", ")) <= published


def test_an_unknown_place_is_elsewhere_and_has_no_distance(store: Store) -> None:
    add_initiative(store, "es-i", key="i", name="Les Dépanneurs", summary=MENDING + " On répare aussi des radios.")
    assert "es-a" in told(store)["es-i", "elsewhere"]
    unknown = "SELECT count(*) FROM \"similar\" WHERE 'es-i' IN (initiative_id, similar_id) AND distance_km IS NOT NULL"
    assert store.connection.execute(unknown).fetchall() == [(0,)]


def test_another_run_and_another_order_give_the_same_rows(store: Store, tmp_path: Path) -> None:
    told(store)
    other = Store(tmp_path / "other.duckdb")
    for id, (name, summary, place) in reversed(TOLD.items()):
        add_initiative(other, id, key=id, name=name, summary=summary, **place)
    told(other)
    rows = 'SELECT * FROM "similar" ORDER BY ALL'
    assert store.connection.execute(rows).fetchall() == other.connection.execute(rows).fetchall() != []


def test_spans_batches_processes_and_threads_change_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 'SELECT * FROM "similar" ORDER BY ALL'
    told(store)
    once = store.connection.execute(rows).fetchall()
    monkeypatch.setattr(run, "SPAN", 3)
    monkeypatch.setattr(run, "BATCH", 2)
    monkeypatch.setattr(run, "WRITTEN", 1)
    monkeypatch.setattr(similar, "WORTH", 1)
    told(store, 2)
    assert store.connection.execute(rows).fetchall() == once != []
    assert {name for (name,) in store.connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary")
            .fetchall()} == set()  # fmt: skip


@pytest.mark.parametrize(
    "same",
    [{"siren": "552100554"}, {"organisation_name": "Les Ateliers"}, {"url": "https://www.ateliers.example.org/x"}],
)
def test_one_bearer_or_site_is_never_alike_to_itself(store: Store, same: dict[str, str]) -> None:
    columns = ", ".join(f"{name} = '{value}'" for name, value in same.items())
    store.connection.execute(f"UPDATE initiative SET {columns} WHERE initiative_id IN ('es-a', 'es-d')")
    assert ("es-a", "nearby") not in told(store)


def test_a_shared_site_is_no_bearer(store: Store) -> None:
    store.connection.execute("UPDATE initiative SET url = 'https://www.facebook.com/' || initiative_id")
    assert told(store)["es-a", "nearby"] == ["es-d"]


def test_what_the_linking_matched_is_kept_apart(store: Store) -> None:
    sides = {"left_record_key": "es-a", "right_record_key": "es-d"}
    store.insert("match", [row("match", left_source_id="lieux", right_source_id="lieux", **sides)])
    assert ("es-a", "nearby") not in told(store)


def test_what_is_related_is_kept_apart(store: Store) -> None:
    pair = {"left_initiative_id": "es-a", "right_initiative_id": "es-d", "kind": "hosted", "reason": "one house"}
    store.insert("related", [pair])
    assert ("es-a", "nearby") not in told(store)


def test_a_network_tells_one_of_its_own(store: Store) -> None:
    things = ("lampes", "grille-pain", "radios", "robes", "chaises")
    for number, thing in enumerate(things):
        place = LILLE | {"latitude": 50.6 + number / 100}
        add_initiative(store, f"es-n{number}", key=f"n{number}", name="Zibou Lille",
                       summary=f"Zibou répare {thing} et vélos en panne avec des bénévoles.", **place)  # fmt: skip
    found = told(store)
    assert sum(id.startswith("es-n") for id in found["es-a", "elsewhere"]) == 1
    assert not [id for id in found.get(("es-n0", "nearby"), []) if id.startswith("es-n")]


def test_a_sentence_that_many_repeat_says_nothing() -> None:
    slogan = "Ensemble, changeons le monde !"
    texts = [f"Texte {word}. {slogan}" for word in ("un", "deux", "trois", "quatre")]
    for parts in ([texts], [texts[:1], texts[1:]]):
        assert without(texts[0], repeated(map(marks, parts))) == "Texte un."
    assert repeated([marks(texts[:3])]) == repeated([]) == frozenset()
    assert repeated([marks([slogan * 9, None, "", *texts[:2]])]) == frozenset()  # often in one text, but in three


def test_concepts_meet_across_languages_and_names_are_told_from_ideas() -> None:
    for text in ("réparer sa bicyclette", "fix your bike", "arreglar la bici"):
        assert {"maker-repair"} <= set(concepts(told_words(text))), text
    assert own_name("Repair café de Rennes", ["Rennes"]) == "cafe"
    assert own_name("Envie Rennes", ["Rennes"]) == own_name("Envie Nantes", ["Nantes"]) == "envie"


def test_nothing_to_compare_is_no_fault(tmp_path: Path) -> None:
    empty = Store(tmp_path / "empty.duckdb")
    assert told(empty) == {}
    add_initiative(empty, "es-a", name="日本語", summary="")
    assert told(empty) == {}


def test_the_evaluation_tells_how_plain_words_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ESSAIM_CORPUS", str(tmp_path))
    result = CliRunner().invoke(app, ["evaluate", "similar", "--json"])
    assert result.exit_code == 0, result.output
    import json

    figures = {each["way"]: each for each in json.loads(result.stdout)["figures"]}
    assert figures["stems and concepts, kept"]["mrr"] > 3 * figures["TF-IDF of words"]["mrr"]
    assert figures["random"]["asked"] == 86
