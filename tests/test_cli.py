"""The command line as a person meets it."""

import csv
import io
import json
from pathlib import Path

import pytest
from test_night import ROWS, add_source
from typer.testing import CliRunner

from flows.cli import app, main

cli = CliRunner()


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    return tmp_path / "catalogue"


@pytest.fixture
def home(tmp_path: Path, catalogue: Path) -> Path:
    result = cli.invoke(app, ["run", "--catalogue", str(catalogue), "--home", str(tmp_path / "home"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["outcome"] == "published"
    return tmp_path / "home"


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["run"],
        ["sql"],
        ["geocode"],
        ["source"],
        ["source", "list"],
        ["source", "check"],
        ["source", "preview"],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = cli.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_run_prints_a_report_that_names_the_failing_source(tmp_path: Path, catalogue: Path) -> None:
    broken = add_source(catalogue, "broken", ROWS)
    (broken / "places.csv").write_text("<html>erreur</html>", encoding="utf-8")
    result = cli.invoke(app, ["run", "--catalogue", str(catalogue), "--home", str(tmp_path / "home")])
    assert result.exit_code == 0
    assert "broken: places.csv is a web page, not a table" in result.output
    assert "4 records make 4 initiatives" in result.output


def test_run_exits_1_when_nothing_can_be_published(tmp_path: Path, catalogue: Path) -> None:
    (catalogue / "alpha" / "places.csv").write_bytes(b"")
    result = cli.invoke(app, ["run", "--catalogue", str(catalogue), "--home", str(tmp_path / "home")])
    assert result.exit_code == 1
    assert "not published: there is no initiative at all" in result.output


def test_a_wrong_catalogue_ends_with_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["essaim", "run", "--catalogue", str(tmp_path), "--home", str(tmp_path / "home")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "holds no definition" in capsys.readouterr().err


def test_sql_answers_as_table_json_and_csv(home: Path) -> None:
    query = "select source_id, count(*) as n from initiative_source group by 1"
    assert "alpha" in cli.invoke(app, ["sql", query, "--home", str(home)]).stdout
    assert json.loads(cli.invoke(app, ["sql", query, "--home", str(home), "--json"]).stdout) == [
        {"source_id": "alpha", "n": 4}
    ]
    assert cli.invoke(app, ["sql", query, "--home", str(home), "--csv"]).stdout == "source_id,n\nalpha,4\n"


def test_sql_cannot_write_and_says_what_is_wrong(home: Path) -> None:
    result = cli.invoke(app, ["sql", "delete from initiative", "--home", str(home)])
    assert result.exit_code == 2
    assert "read-only" in result.output
    assert "nosuch" in cli.invoke(app, ["sql", "select nosuch from initiative", "--home", str(home)]).output


def test_sql_without_a_warehouse_says_what_to_do(tmp_path: Path) -> None:
    result = cli.invoke(app, ["sql", "select 1", "--home", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "essaim demo" in result.output


def test_source_list_says_kind_licence_and_status(catalogue: Path) -> None:
    [row] = json.loads(cli.invoke(app, ["source", "list", "--catalogue", str(catalogue), "--json"]).stdout)
    assert (row["id"], row["kind"], row["licence"], row["status"]) == ("alpha", "table", "etalab-2.0", "never live")


def test_source_check_passes_sound_and_names_faulty_ones(catalogue: Path) -> None:
    assert cli.invoke(app, ["source", "check", "alpha", "--catalogue", str(catalogue)]).exit_code == 0
    path = catalogue / "alpha" / "source.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('kind = "table"', 'kind = "tabel"'), encoding="utf-8")
    result = cli.invoke(app, ["source", "check", "--all", "--catalogue", str(catalogue)])
    assert result.exit_code == 1
    assert "tabel" in result.output
    assert "kind" in result.output


def test_source_preview_shows_records_and_left_over_columns(catalogue: Path) -> None:
    places = catalogue / "alpha" / "places.csv"
    text = places.read_text(encoding="utf-8").splitlines()
    places.write_text("\n".join([f"{text[0]};note", *(f"{line};x" for line in text[1:])]) + "\n", encoding="utf-8")
    result = cli.invoke(app, ["source", "preview", "alpha", "--catalogue", str(catalogue), "--limit", "2"])
    assert result.exit_code == 0
    assert "Jardin des Possibles" in result.stdout
    assert "note (4)" in result.stdout
    assert "4 read, 4 kept, 2 shown" in result.stdout
    data = json.loads(cli.invoke(app, ["source", "preview", "alpha", "--catalogue", str(catalogue), "--json"]).stdout)
    assert data["records"][0]["name"] == "La Recyclerie des Mauges"


def geocode(tmp_path: Path, text: str, *options: str) -> list[dict[str, str]]:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text.encode("cp1252"))
    result = cli.invoke(app, ["geocode", str(source), str(target), *options])
    assert result.exit_code == 0, result.output
    written = target.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(written), delimiter=";" if ";" in written.splitlines()[0] else ","))


def test_geocode_adds_its_columns_to_any_csv(tmp_path: Path) -> None:
    text = "nom;Ville;CP\nSolilab;Nantes;44200\nHôtel Pasteur;RENNES CEDEX;35000\nInconnu;Xyzville;\n"
    rows = geocode(tmp_path, text, "--commune", "Ville", "--postcode", "CP")
    assert [row["insee_code"] for row in rows] == ["44109", "35238", ""]
    assert rows[0]["departement"] == "Loire-Atlantique"
    assert rows[0]["precision"] == "commune"
    assert float(rows[0]["confidence"]) > 0.9
    assert rows[1]["nom"] == "Hôtel Pasteur"
    assert set(rows[0]) == {
        "nom", "Ville", "CP", "insee_code", "commune", "postcode", "epci_code", "epci", "departement_code",
        "departement", "region_code", "region", "country", "latitude", "longitude", "precision", "confidence", "method",
        "alternatives", "conflict",
    }  # fmt: skip


def test_geocode_guesses_columns_and_never_overwrites_one(tmp_path: Path) -> None:
    [row] = geocode(tmp_path, "id,commune,code_postal\n1,Crest,26400\n")
    assert row["commune"] == "Crest"
    assert row["essaim_commune"] == "Crest"
    assert row["insee_code"] == "26108"


def test_geocode_leaves_homonyms_open(tmp_path: Path) -> None:
    [row] = geocode(tmp_path, "commune\nSaint-Denis\n")
    assert row["insee_code"] == ""
    assert float(row["confidence"]) < 0.7


def test_geocode_refuses_a_column_that_is_not_there(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b\n1,2\n", encoding="utf-8")
    result = cli.invoke(app, ["geocode", str(source), str(tmp_path / "out.csv"), "--commune", "ville"])
    assert result.exit_code == 2
    assert 'no column "ville"' in result.output
    assert not (tmp_path / "out.csv").exists()
    assert list(tmp_path.glob("*.new")) == []


def test_geocode_writes_to_standard_output(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("commune,code_postal\nNantes,44000\n", encoding="utf-8")
    result = cli.invoke(app, ["geocode", str(source), "-"])
    assert result.stdout.splitlines()[1].startswith("Nantes,44000,44109,")


def test_geocode_finds_columns_under_their_official_names(tmp_path: Path) -> None:
    [row] = geocode(tmp_path, "code_commune_insee,nom_de_la_commune,Code Postal\n26108,CREST,26400\n")
    assert (row["insee_code"], row["commune"], row["method"]) == ("26108", "Crest", "insee")


def test_sql_reads_nothing_but_the_warehouse_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    for query in (f"copy (select 1) to '{tmp_path}/x.csv'", "select * from read_text('/etc/hostname')", ""):
        assert cli.invoke(app, ["sql", query, "--home", str(home)]).exit_code == 2, query
    assert not (tmp_path / "x.csv").exists()
    assert "one SQL statement" in cli.invoke(app, ["sql", "select 1; select 2", "--home", str(home)]).output


def test_sql_writes_lists_as_json_in_csv(home: Path) -> None:
    result = cli.invoke(app, ["sql", "select source_ids from initiative limit 1", "--home", str(home), "--csv"])
    assert result.stdout == 'source_ids\n"[""alpha""]"\n'


def test_geocode_refuses_rows_that_are_out_of_step_and_files_that_are_no_csv(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    for body, told in [
        (b"name,commune\nx,Paris,extra\n", "record 1 has 3 cells for 2 columns"),
        (b"PK\x03\x04 not a table", "spreadsheet"),
        (b"\x1f\x8b\x08 packed", "unpack it"),
        (b"\x00\x01\x02", "is no text"),
    ]:
        source.write_bytes(body)
        result = cli.invoke(app, ["geocode", str(source), str(tmp_path / "out.csv")])
        assert result.exit_code == 2
        assert told in result.output
        assert not (tmp_path / "out.csv").exists()


def test_geocode_skips_blank_lines_before_the_header(tmp_path: Path) -> None:
    [row] = geocode(tmp_path, "\n\ncommune,code_postal\nNantes,44000\n")
    assert row["insee_code"] == "44109"


def test_an_unknown_source_is_answered_with_the_known_ones(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["essaim", "source", "preview", "nope", "--catalogue", str(catalogue)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "it has alpha" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_ends_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["essaim", "demo", "--no-serve", "--out", str(tmp_path / "file")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_said_and_ends_the_command() -> None:
    result = cli.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("essaim ")
