"""Linking is scored on known pairs with the numbers hidden; its merges can be explained, sampled and reviewed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli.evaluate import evaluate_app
from flows.evaluate import link as evaluate_link
from flows.evaluate import link_rivals, link_rivals_more
from flows.evaluate.link_truth import Listed, read_files, read_rows
from flows.link_review import Linkage, UnknownRecordError, explain, read, review, sample
from transforms.geocode import Gazetteer
from transforms.link import Judgement
from transforms.link.sides import Side
from transforms.link.spelling import house, spelled
from warehouse.decisions import JUDGEMENTS, read_judgements
from warehouse.gazetteer import data_folder

HEADS = ("pair_id", "left_file", "left_row", "right_file", "right_row", "difficulty", "left_name", "right_name")
LISTS = {
    "fr/a.csv": "Nom;Adresse;Code postal;Ville;SIRET\n"
    "CCAS de Clisson;3 rue du Port;44190;Clisson;73282932000074\n"
    "La Smalah;5 av. de la Gare;44190;Clisson;\n"
    "Envie 44;1 place du Marché;44190;Clisson;55208131700331\n",
    "fr/b.json": json.dumps(
        {
            "lieux": [
                {"nom": "Centre communal d'action sociale de Clisson", "adresse": "3, Rue du port",
                 "code_postal": 44190, "commune": "CLISSON", "pivot": "73282932000074", "courriel": "a@example.org"},
                {"nom": "Smalah", "adresse": "5 avenue de la Gare", "code_postal": 44190, "commune": "Clisson"},
                {"nom": "Envie 49", "adresse": "1 place du Marché", "code_postal": 44190, "commune": "Clisson"},
            ]
        }
    ),
}  # fmt: skip


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    for name, text in LISTS.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder = tmp_path / "truth"
    folder.mkdir()
    write(folder / "duplicates.csv", [("P1", 0, 0, "medium"), ("P2", 1, 1, "easy")])
    write(folder / "hard_negatives.csv", [("N1", 2, 2, "hard_negative")])
    return folder


def write(path: Path, pairs: list[tuple[str, int, int, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows([id, "fr/a.csv", a, "fr/b.json", b, kind, "left", "right"] for id, a, b, kind in pairs)


def test_rows_are_read_by_their_usual_columns_and_numbers_are_hidden(truth: Path) -> None:
    listed = read_files(sorted(LISTS), truth.parent / "data", Gazetteer.load(data_folder()))
    assert listed.by_row == {("fr/a.csv", 0): 0, ("fr/a.csv", 1): 1, ("fr/a.csv", 2): 2,
                             ("fr/b.json", 0): 3, ("fr/b.json", 1): 4, ("fr/b.json", 2): 5}  # fmt: skip
    assert {side.insee_code for side in listed.sides} == {"44043"}
    assert all((side.siren, side.siret, side.rna, side.domain) == (None,) * 4 for side in listed.sides)
    assert listed.sirens == {0: "732829320", 2: "552081317", 3: "732829320"}


def test_the_score_counts_by_pair_of_files(truth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(sides: Any) -> link_rivals.Pairs:
        raise link_rivals.NotInstalledError("not here")

    def learns_nothing(sides: Any, labels: link_rivals_more.Labels) -> link_rivals.Pairs:
        assert labels.same == [(0, 3)]
        raise link_rivals.NotInstalledError("not here either")

    monkeypatch.setitem(link_rivals.SYSTEMS, "Splink 5", absent)
    monkeypatch.setattr(evaluate_link, "LEARNERS", {"dedupe": learns_nothing})
    found = evaluate_link.evaluate(truth, truth.parent / "data", Gazetteer.load(data_folder()))
    mine, gogocarto, exact = found.scores
    assert (mine.macro, mine.recall, list(mine.merged)) == (1.0, {"easy": 1.0, "medium": 1.0, "hard": None}, [])
    assert (mine.precision, mine.told) == (1.0, 1)
    assert mine.by_files == {("fr/a.csv", "fr/b.json"): (2, 2)}
    assert (gogocarto.macro, exact.macro) == (0.0, 0.5)
    assert found.notes == ["not here", "not here either"]
    assert found.good


def test_macro_recall_gives_each_pair_of_files_the_same_weight() -> None:
    known = [evaluate_link.Known(("a", "b"), (0, n), "easy", ("", "")) for n in range(1, 5)]
    known.append(evaluate_link.Known(("a", "c"), (0, 9), "easy", ("", "")))
    apart = [evaluate_link.Known(("a", "b"), (0, 1), "hard_negative", ("x", "y"))]
    listed = Listed([], {}, {})
    score = evaluate_link.score("s", {(0, 1), (0, 2)}, known, apart, listed, 0.0)
    assert score.macro == pytest.approx(0.25)
    assert score.merged == [("x", "y")]
    assert (score.precision, score.f1) == (None, None)


def test_the_command_prints_json_and_says_what_is_missing(truth: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(evaluate_app, ["link", "--truth", str(tmp_path / "nowhere")])
    assert told.exit_code == 2
    assert "--truth" in told.stderr
    (truth.parent / "data" / "fr" / "b.json").write_text('{"lieux": "none"}', encoding="utf-8")
    told = CliRunner().invoke(evaluate_app, ["link", "--truth", str(truth)])
    assert told.exit_code == 2
    assert "holds no list of rows" in " ".join(told.stderr.split())


def test_a_list_with_a_wrong_escape_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"nom": "L\\\'Escale"}]', encoding="utf-8")
    assert read_rows(path) == [{"nom": "L\\'Escale"}]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("ctre com action social guidel", "ccas guidel"),
        ("communaute com roi morvan", "cc roi morvan"),
        ("commune sevignac", "mairie sevignac"),
        ("cour commune", "cour commune"),
        ("inter 3 b", "inter 3b"),
    ],
)
def test_public_bodies_have_one_spelling(written: str, read_as: str) -> None:
    assert spelled(written) == read_as


def test_a_house_is_a_number_and_the_telling_words_of_a_street() -> None:
    assert house("4 b av gal leclerc 59000 lille") == house("4 avenue general leclerc") == ("4", "general leclerc")
    assert house("impasse moulin") == ("", "moulin")


# --------------------------------------------------------------------------------------- explain, sample, review

CLISSON = {"commune": "Clisson", "insee_code": "44043", "departement_code": "44", "country": "FR",
           "latitude": 47.0866, "longitude": -1.2828, "geo_precision": "commune"}  # fmt: skip
NOWHERE = {"geo_precision": "none"}
RECORDS: list[dict[str, Any]] = [
    {
        "source_id": "a",
        "record_key": "1",
        "initiative_id": "es-1",
        "name": "La Smalah",
        "address": "3 rue du Port",
        **CLISSON,
    },
    {"source_id": "b", "record_key": "x:1", "initiative_id": "es-1", "name": "Association La Smalah", **CLISSON},
    {
        "source_id": "a",
        "record_key": "2",
        "initiative_id": "es-2",
        "name": "La Smalah",
        "address": "9 rue du Port",
        **CLISSON,
    },
    {"source_id": "c", "record_key": "1", "initiative_id": "es-3", "name": "Le Vent debout", **NOWHERE},
]
SMALAH = Judgement(("a", "2"), ("b", "x:1"), "different", "camille", 2)


def linkage(*judgements: Judgement) -> Linkage:
    columns = ["source_id", "record_key", "initiative_id", "name", "organisation_name", "siren", "siret", "rna", "url",
               "contact_phone", "contact_email", "address", "commune", "insee_code", "departement_code", "country",
               "geo_precision"]  # fmt: skip
    warehouse = duckdb.connect()
    texts = ", ".join(f"{name} VARCHAR" for name in columns)
    warehouse.execute(f"CREATE TABLE record ({texts}, latitude DOUBLE, longitude DOUBLE)")
    names = [*columns, "latitude", "longitude"]
    slots = ", ".join("?" for _ in names)
    warehouse.executemany(
        f"INSERT INTO record VALUES ({slots})", [[row.get(name) for name in names] for row in RECORDS]
    )
    warehouse.execute(
        "CREATE TABLE match AS SELECT 'a' AS left_source_id, '1' AS left_record_key, 'b' AS right_source_id, "
        "'x:1' AS right_record_key, 0.96 AS score, 'names 100% alike' AS reason, 'rule' AS decided_by"
    )
    return read(warehouse, judgements)


def test_a_merge_is_explained_by_records_and_by_initiatives() -> None:
    told = explain(linkage(), "a:1", "b:x:1")
    assert told["same_initiative"]
    assert told["decision"] == "joined by rule: names 100% alike"
    assert told["features"]["name_likeness"] == 1.0
    assert "name: smalah" in told["blocks"]
    assert told["score"] >= told["threshold"]
    apart = explain(linkage(), "es-1", "es-2")
    assert not apart["same_initiative"]
    assert apart["left"]["record"] == "b:x:1"


def test_a_pair_that_was_never_compared_is_explained_too() -> None:
    told = explain(linkage(), "a:1", "c:1")
    assert told["blocks"] == []
    assert told["decision"].startswith("no block brings them together")
    assert told["score"] < told["threshold"]


def test_who_judged_is_said_and_unknown_names_are_told() -> None:
    told = explain(linkage(SMALAH), "a:2", "b:x:1")
    assert told["decision"] == "camille judged them different (judgements.csv, line 2)"
    with pytest.raises(UnknownRecordError, match="source_id:record_key"):
        explain(linkage(), "a:1", "nobody:9")
    with pytest.raises(UnknownRecordError, match="same record"):
        explain(linkage(), "a:1", "a:1")


def test_a_sample_is_the_same_for_a_seed() -> None:
    drawn = sample(linkage(), 5, 3)
    assert drawn == sample(linkage(), 5, 3)
    assert [[record["record"] for record in merge["records"]] for merge in drawn] == [["a:1", "b:x:1"]]


def test_a_line_of_a_review_can_be_pasted(tmp_path: Path) -> None:
    [pair, *others] = review(linkage(), 5, "camille", dt.date(2026, 1, 2))
    assert {pair["left"]["record"], pair["right"]["record"]} == {"a:2", "b:x:1"}
    assert "a source tells its own records apart" in pair["why"]
    assert others == []
    path = tmp_path / "judgements.csv"
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(JUDGEMENTS)
    path.write_text(f"{head.getvalue()}{pair['line']}\n", encoding="utf-8")
    [judged] = read_judgements(path)
    assert ({judged.left, judged.right}, judged.verdict, judged.who) == (
        {("a", "2"), ("b", "x:1")},
        "different",
        "camille",
    )
    assert review(linkage(judged), 5, "camille", dt.date(2026, 1, 2)) == []


def test_the_benchmark_makes_the_same_records_for_a_seed() -> None:
    from benchmarks.link import f1, growths
    from benchmarks.organisations import Maker

    made = list(Maker(3).records(200))
    assert made == list(Maker(3).records(200))
    told = [(owner, row["source_id"]) for owner, row in made]
    assert len(told) == len(set(told)) == 200
    assert f1({(0, 1), (0, 2)}, [5, 5, 6, 6]) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    runs = [{"system": "s", "records": size, "seconds": size / 1000, "f1": 1.0} for size in (1000, 100_000)]
    assert growths(runs) == {"s": 1.0}


def test_one_record_of_each_source_the_surest_first() -> None:
    blank = dict.fromkeys(Side.__slots__)
    sides = [Side(**blank | {"id": id, "source_id": source}) for id, source in enumerate(("a", "a", "b", "c"))]
    scored = {(0, 2): 0.8, (1, 2): 0.9, (0, 3): 0.75}
    assert link_rivals_more.one_each(scored, sides) == {(1, 2), (0, 3)}
