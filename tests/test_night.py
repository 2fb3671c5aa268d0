"""Nights on a small catalogue of local files: what fails stays its own affair, and the others go on."""

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import pytest

from flows import nightly
from flows.harvest import concerned, visited
from flows.lock import NightRunningError, one_night
from flows.report import Night
from flows.settings import Settings
from scrapers.catalogue import load_source
from scrapers.problems import DefinitionError

DAY = dt.date(2026, 3, 1)

DEFINITION = """
title = "{id}"
country = "FR"
kind = "table"
schedule = "daily"

[publisher]
name = "Publisher of {id}"
url = "https://www.example.org"

[fetch]
path = "places.csv"

[fields]
source_key = "id"
name = "nom"
commune = "ville"
postcode = "cp"

[rights]
licence = "{licence}"
proof = "written for this test"
attribution = "Publisher of {id}"

[identity]
key = ["source_key"]

[expect]
rows = {{ min = 2 }}
stale_after_days = 30
"""

ROWS = [
    ("1", "La Recyclerie des Mauges", "Cholet", "49300"),
    ("2", "Jardin des Possibles", "Nantes", "44000"),
    ("3", "L'Atelier du Port", "Brest", "29200"),
    ("4", "Café des Voisins", "Rennes", "35000"),
]


def write(folder: Path, rows: list[tuple[str, str, str, str]]) -> None:
    lines = ["id;nom;ville;cp", *(";".join(row) for row in rows)]
    (folder / "places.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_source(catalogue: Path, id: str, rows: list[tuple[str, str, str, str]], licence: str = "etalab-2.0") -> Path:
    folder = catalogue / id
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(DEFINITION.format(id=id, licence=licence), encoding="utf-8")
    write(folder, rows)
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    add_source(folder, "alpha", ROWS)
    add_source(
        folder, "beta", [("a", "Recyclerie des Mauges", "Cholet", "49300"), ("b", "Autre lieu", "Lille", "59000")]
    )
    return folder


def spend(tmp_path: Path, day: int = 0, **changes: object) -> Night:
    settings = {"home": tmp_path / "home", "as_of": DAY + dt.timedelta(day), "catalogue": tmp_path / "catalogue"}
    return nightly.run(Settings(**(settings | changes)), prefect=False)  # type: ignore[arg-type]


def ask(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(tmp_path / "home" / "releases" / "latest" / "essaim.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def outcomes(night: Night) -> dict[str, str]:
    return {state.source_id: state.outcome for state in night.states}


def test_a_first_night_publishes_and_merges(tmp_path: Path, catalogue: Path) -> None:
    night = spend(tmp_path)
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert ask(tmp_path, "SELECT count(*) FROM initiative") == [(5,)]
    assert ask(tmp_path, "SELECT source_ids FROM initiative WHERE source_count = 2") == [(["alpha", "beta"],)]


ERROR_PAGE = "<!doctype html><html><body><h1>503</h1>Le service revient bientôt.</body></html>"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (ERROR_PAGE.encode(), "web-page"),
        (b"", "empty"),
        (b"id;nom;ville;cp\n", "list-empty"),
        (b"id;nom;ville;cp\n1;La Recyclerie des Mauges;Cholet;49300\n2;Jardin des Po", "truncated"),
        (b"id;libelle;ville;cp\n1;x;Nantes;44000\n2;y;Nantes;44000\n", "column-missing"),
        (b"PK\x03\x04 this is no workbook", "not-a-workbook"),
        (b"\x1f\x8b\x08\x00 this is no gzip", "truncated"),
        (b"id;nom;ville;cp\n1;La Recyclerie des Mauges;Cholet;49300\n", "gate"),
    ],
)
def test_a_broken_source_is_named_and_the_others_are_published(
    tmp_path: Path, catalogue: Path, body: bytes, code: str
) -> None:
    (catalogue / "alpha" / "places.csv").write_bytes(body)
    night = spend(tmp_path)
    assert outcomes(night) == {"alpha": "failed", "beta": "good"}
    assert night.exit_status == 0
    assert ask(tmp_path, "SELECT DISTINCT source_id FROM record") == [("beta",)]
    assert (code,) in ask(tmp_path, "SELECT code FROM issue WHERE source_id = 'alpha' AND level = 'error'")
    report = (tmp_path / "home" / "runs" / DAY.isoformat() / "report.md").read_text(encoding="utf-8")
    assert f"**alpha** ({code})" in report


def test_a_report_that_cannot_be_written_takes_nothing_from_the_release(tmp_path: Path, catalogue: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "runs").write_text("no folder")
    night = spend(tmp_path)
    assert (night.outcome, night.exit_status) == ("published", 3)
    assert ask(tmp_path, "SELECT count(*) FROM initiative") == [(5,)]
    [failure] = night.failures()
    assert failure.code == "report-unwritten"
    assert str(tmp_path / "home" / "runs") in failure.remedy


def test_a_failing_source_keeps_its_last_good_rows_until_its_limit(tmp_path: Path, catalogue: Path) -> None:
    add_source(catalogue, "gamma", [(str(n), f"Lieu numéro {n} de Quimper", "Quimper", "29000") for n in range(20)])
    spend(tmp_path)
    ids = ask(tmp_path, "SELECT record_key, initiative_id FROM record WHERE source_id = 'alpha' ORDER BY 1")
    (catalogue / "alpha" / "places.csv").write_text(ERROR_PAGE, encoding="utf-8")
    assert outcomes(spend(tmp_path, 1))["alpha"] == "stale"
    stale = "SELECT DISTINCT stale_since, checked_on FROM initiative_source WHERE source_id = 'alpha'"
    assert ask(tmp_path, stale) == [(DAY + dt.timedelta(1), DAY)]
    assert outcomes(spend(tmp_path, 20))["alpha"] == "stale"
    assert ask(tmp_path, "SELECT record_key, initiative_id FROM record WHERE source_id = 'alpha' ORDER BY 1") == ids
    assert outcomes(spend(tmp_path, 40))["alpha"] == "withdrawn"
    assert ask(tmp_path, "SELECT count(*) FROM record WHERE source_id = 'alpha'") == [(0,)]
    write(catalogue / "alpha", ROWS)
    assert outcomes(spend(tmp_path, 41))["alpha"] == "good"
    assert ask(tmp_path, "SELECT record_key, initiative_id FROM record WHERE source_id = 'alpha' ORDER BY 1") == ids


def test_a_halved_source_is_held_back_by_its_gate(tmp_path: Path, catalogue: Path) -> None:
    add_source(catalogue, "gamma", [(str(n), f"Lieu numéro {n} de Quimper", "Quimper", "29000") for n in range(20)])
    spend(tmp_path)
    write(catalogue / "gamma", [(str(n), f"Lieu numéro {n} de Quimper", "Quimper", "29000") for n in range(10)])
    assert outcomes(spend(tmp_path, 1))["gamma"] == "stale"
    assert ask(tmp_path, "SELECT count(*) FROM record WHERE source_id = 'gamma'") == [(20,)]


def test_ids_hold_when_names_change_and_rows_are_reordered(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    ids = ask(tmp_path, "SELECT record_key, initiative_id FROM record WHERE source_id = 'alpha' ORDER BY 1")
    write(catalogue / "alpha", [(key, f"{name} (nouveau nom)", city, code) for key, name, city, code in ROWS[::-1]])
    spend(tmp_path, 1)
    assert ask(tmp_path, "SELECT record_key, initiative_id FROM record WHERE source_id = 'alpha' ORDER BY 1") == ids
    assert ask(tmp_path, "SELECT kind, field, count(*) FROM change GROUP BY ALL") == [("changed", "name", 4)]


def test_changes_are_exactly_those_made(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    write(
        catalogue / "alpha",
        [*ROWS[:2], ("3", "L'Atelier du Port", "Quimper", "29000"), ("5", "Halte", "Metz", "57000")],
    )
    night = spend(tmp_path, 1)
    lines = (tmp_path / "home" / "releases" / "latest" / "changes.jsonl").read_text(encoding="utf-8").splitlines()
    made = [(change["kind"], change["field"]) for change in map(json.loads, lines)]
    assert ("withdrawn", "") in made
    assert ("added", "") in made
    assert ("changed", "commune") in made
    assert len([kind for kind, _ in made if kind in {"added", "withdrawn"}]) == 2
    assert night.built is not None
    assert night.built.changes == len(made)
    moved_on = ask(tmp_path, "SELECT DISTINCT changed_on FROM initiative WHERE name = 'L''Atelier du Port'")
    assert moved_on == [(DAY + dt.timedelta(1),)]


def test_an_unchanged_night_makes_no_release(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    night = spend(tmp_path, 1)
    assert (night.outcome, night.exit_status) == ("unchanged", 0)
    assert sorted(path.name for path in (tmp_path / "home" / "releases").iterdir() if path.is_dir()) == [
        DAY.isoformat(),
        "latest",
    ]


def test_nothing_to_publish_is_a_failure_and_leaves_the_last_release(tmp_path: Path, catalogue: Path) -> None:
    for id in ("alpha", "beta"):
        (catalogue / id / "places.csv").write_bytes(b"")
    night = spend(tmp_path)
    assert night.exit_status == 1
    assert not (tmp_path / "home" / "releases" / "latest").exists()


def test_a_faulty_definition_stops_no_other_source(tmp_path: Path, catalogue: Path) -> None:
    path = catalogue / "alpha" / "source.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("etalab-2.0", "my-licence") + "\n[extra]\n", encoding="utf-8"
    )
    night = spend(tmp_path)
    assert outcomes(night) == {"beta": "good"}
    [problem] = night.definition_problems
    assert problem.source_id == "alpha"
    assert "extra" in problem.message
    assert night.exit_status == 0


def test_a_licence_that_is_not_in_the_register_is_a_fault(tmp_path: Path, catalogue: Path) -> None:
    path = catalogue / "alpha" / "source.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("etalab-2.0", "my-licence"), encoding="utf-8")
    [problem] = spend(tmp_path).definition_problems
    assert 'found "my-licence"' in problem.message


def test_an_unknown_source_is_refused_by_name(tmp_path: Path, catalogue: Path) -> None:
    with pytest.raises(DefinitionError, match=r"no source omega .*alpha, beta"):
        spend(tmp_path, sources=("omega",))


def test_only_the_wanted_sources_are_read(tmp_path: Path, catalogue: Path) -> None:
    assert outcomes(spend(tmp_path, sources=("beta",))) == {"beta": "good"}


def test_a_night_can_be_replayed_when_the_files_have_changed(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    published = (tmp_path / "home" / "releases" / "latest" / "initiatives.csv").read_bytes()
    for id in ("alpha", "beta"):
        (catalogue / id / "places.csv").write_bytes(b"")
    assert outcomes(spend(tmp_path, 1)) == {"alpha": "stale", "beta": "stale"}
    home = tmp_path / "replayed"
    shutil.copytree(tmp_path / "home" / "archive", home / "archive")
    night = spend(tmp_path, home=home, mode="replay")
    assert outcomes(night) == {"alpha": "good", "beta": "good"}
    assert (home / "releases" / "latest" / "initiatives.csv").read_bytes() == published


def test_a_withdrawal_takes_a_record_out(tmp_path: Path, catalogue: Path) -> None:
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    text = "source_id,record_key,who,decided_on,why\nalpha,2,A. Person,2026-03-01,asked for by the association\n"
    (decisions / "withdrawals.csv").write_text(text, encoding="utf-8")
    spend(tmp_path, decisions=decisions)
    assert ask(tmp_path, "SELECT record_key FROM record WHERE source_id = 'alpha' ORDER BY 1") == [
        ("1",),
        ("3",),
        ("4",),
    ]
    assert ask(tmp_path, "SELECT records FROM source WHERE source_id = 'alpha'") == [(3,)]


def test_contradicting_judgements_hold_the_release_back(tmp_path: Path, catalogue: Path) -> None:
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    head = "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why\n"
    lines = "alpha,1,beta,a,same,A,2026-03-01,x\nalpha,1,beta,a,different,B,2026-03-01,y\n"
    (decisions / "judgements.csv").write_text(head + lines, encoding="utf-8")
    night = spend(tmp_path, decisions=decisions)
    assert night.exit_status == 1
    assert "line 3" in night.faults[0]
    assert "2" in night.faults[0]


def test_a_judgement_keeps_two_records_apart(tmp_path: Path, catalogue: Path) -> None:
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    head = "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why\n"
    (decisions / "judgements.csv").write_text(head + "alpha,1,beta,a,different,A,2026-03-01,x\n", encoding="utf-8")
    spend(tmp_path, decisions=decisions)
    assert ask(tmp_path, "SELECT count(*) FROM initiative WHERE source_count > 1") == [(0,)]


def test_a_night_of_some_sources_keeps_the_rows_of_the_others(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    write(catalogue / "beta", [("a", "Recyclerie des Mauges", "Cholet", "49300"), ("c", "Lieu neuf", "Lille", "59000")])
    night = spend(tmp_path, 1, sources=("beta",))
    assert outcomes(night) == {"alpha": "good", "beta": "good"}
    assert ask(tmp_path, "SELECT count(*) FROM record WHERE source_id = 'alpha'") == [(4,)]
    assert ask(tmp_path, "SELECT DISTINCT checked_on FROM record WHERE source_id = 'alpha'") == [(DAY,)]


def test_two_nights_at_once_in_one_home_are_refused(tmp_path: Path, catalogue: Path) -> None:
    with one_night(tmp_path / "home"), pytest.raises(NightRunningError, match="another night is running"):
        spend(tmp_path)
    assert spend(tmp_path).exit_status == 0


def test_a_broken_state_file_costs_only_its_memory(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    (tmp_path / "home" / "staging" / "alpha.state.json").write_text("{", encoding="utf-8")
    night = spend(tmp_path, 1)
    assert outcomes(night) == {"alpha": "good", "beta": "good"}
    assert "state-lost" in {problem.code for problem in night.states[0].problems}


@pytest.mark.parametrize(
    ("schedule", "day", "due"),
    [("daily", 1, True), ("weekly", 6, False), ("weekly", 7, True), ("monthly", 27, False), ("monthly", 28, True)],
)
def test_a_site_is_visited_when_its_schedule_says_so(
    tmp_path: Path, catalogue: Path, schedule: str, day: int, due: bool
) -> None:
    spend(tmp_path)
    path = catalogue / "alpha" / "source.toml"
    text = path.read_text(encoding="utf-8").replace('"daily"', f'"{schedule}"')
    path.write_text(text.replace('path = "places.csv"', 'url = "https://www.example.org/p.csv"'), encoding="utf-8")
    later = Settings(home=tmp_path / "home", as_of=DAY + dt.timedelta(day), catalogue=catalogue)
    assert visited(load_source(catalogue / "alpha"), later) is due


def test_a_source_that_is_never_due_is_visited_only_by_name(tmp_path: Path, catalogue: Path) -> None:
    path = catalogue / "alpha" / "source.toml"
    text = path.read_text(encoding="utf-8").replace('"daily"', '"never"')
    path.write_text(text.replace('path = "places.csv"', 'url = "https://www.example.org/p.csv"'), encoding="utf-8")
    source = load_source(catalogue / "alpha")
    assert not concerned(source, Settings(home=tmp_path, as_of=DAY, catalogue=catalogue))
    assert concerned(source, Settings(home=tmp_path, as_of=DAY, catalogue=catalogue, sources=("alpha",)))


def test_a_warehouse_that_cannot_be_read_is_never_started_anew(tmp_path: Path, catalogue: Path) -> None:
    spend(tmp_path)
    path = tmp_path / "home" / "essaim.duckdb"
    path.write_bytes(b"this is no database, however long it may be made to look" * 400)
    with pytest.raises(OSError, match="cannot be read"):
        spend(tmp_path, 1)
    assert path.read_bytes().startswith(b"this is no database")
