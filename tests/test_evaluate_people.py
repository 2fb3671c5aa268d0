"""`essaim evaluate personal-data`: what was found, what was kept out and what was kept, counted in a home."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from test_night import add_source
from typer.testing import CliRunner

from flows.cli import app
from flows.evaluate.people import evaluate
from warehouse.publish import latest

cli = CliRunner()

ROWS = [
    "id;nom;ville;cp;mail;tel",
    "1;Le Hangar;Nantes;44000;contact@example.org;06 00 00 00 00",
    "2;La Grange;Nantes;44000;jeanne.exemple@example.org;02 61 91 00 00",
    "3;Best Essay Writing Service;Nantes;44000;contact@example.org;",
    "4;L'Atelier;Nantes;44000;;",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = add_source(tmp_path / "catalogue", "alpha", [])
    (folder / "places.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    told = (folder / "source.toml").read_text(encoding="utf-8")
    told = told.replace("[fields]\n", '[fields]\nemail = "mail"\nphone = "tel"\n')
    (folder / "source.toml").write_text(told, encoding="utf-8")
    result = cli.invoke(app, ["run", "--catalogue", str(folder.parent), "--home", str(tmp_path / "home"), "--json"])
    assert result.exit_code == 0, result.output
    return tmp_path / "home"


def test_contacts_are_counted(home: Path) -> None:
    found = evaluate(home / "essaim.duckdb", latest(home / "releases"))
    [alpha] = found.sources
    assert (alpha.records, alpha.private_emails, alpha.generic_emails) == (4, 1, 2)
    assert (alpha.private_phones, alpha.generic_phones) == (1, 1)
    assert (alpha.keepable, alpha.kept, alpha.kept_share) == (2, 2, 1.0)
    assert (alpha.published_private, found.places, found.good) == (0, (), True)


def test_a_leak_is_told_and_fails(home: Path) -> None:
    release = latest(home / "releases")
    assert release is not None
    with (release / "initiatives.csv").open("a", encoding="utf-8") as file:
        file.write("jeanne.exemple@example.org")
    result = cli.invoke(app, ["evaluate", "personal-data", "--home", str(home), "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["good"] is False
    assert told["places"][0].startswith("initiatives.csv, line ")
    assert cli.invoke(app, ["evaluate", "personal-data", "--home", str(home)]).exit_code == 1


def test_the_table_and_a_home_without_a_night(home: Path, tmp_path: Path) -> None:
    result = cli.invoke(app, ["evaluate", "personal-data", "--home", str(home)], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "alpha" in result.stdout
    assert "2 of 2 (100.0%)" in result.stdout
    assert cli.invoke(app, ["evaluate", "personal-data", "--home", str(tmp_path / "none")]).exit_code == 2


def test_what_is_no_initiative_is_an_issue_and_a_decision_brings_it_back(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    from flows import build

    def issues() -> list[tuple[object, ...]]:
        with duckdb.connect(str(home / "essaim.duckdb"), read_only=True) as connection:
            sql = "SELECT record_key, stage, rejected FROM issue WHERE code = 'not-an-initiative'"
            return connection.execute(sql).fetchall()

    assert issues() == [("3", "normalise", True)]
    monkeypatch.setattr(build, "read_kept", lambda path: {("alpha", "3")})
    result = cli.invoke(app, ["run", "--catalogue", str(tmp_path / "catalogue"), "--home", str(home), "--json"])
    assert result.exit_code == 0
    assert issues() == []


@pytest.mark.parametrize(
    ("url", "leaks"),
    [
        ("https://jeanne.exemple.example.org/", 0),  # the site of an address is not the address
        ("https://example.org/?to=jeanne.exemple%40example.org", 1),
        ("https://example.org/?call=06-00-00-00-00", 0),  # of another record
    ],
)
def test_a_site_named_like_an_address_is_no_leak(home: Path, url: str, leaks: int) -> None:
    with duckdb.connect(str(home / "essaim.duckdb")) as connection:
        connection.execute("UPDATE record SET url = ? WHERE name = 'La Grange'", [url])
    [alpha] = evaluate(home / "essaim.duckdb", None).sources
    assert alpha.by_the_letter == leaks
