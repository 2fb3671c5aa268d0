"""A night that is spent again from its archives, with the network off: the same bytes."""

import datetime as dt
import json
import socket
from pathlib import Path

import pytest
from site_kit import running_site
from test_night import DEFINITION

from flows import nightly
from flows.cli import main
from flows.settings import Settings

DAY = dt.date(2026, 3, 1)
HTML = """
[fetch]
url = "{site}/lieux"
item = "article"
detail = "a@href"

[fields]
source_key = "a@href"
name = "h2"

[detail_fields]
summary = "p.texte"
commune = ".ville"
"""
JSON = """
[fetch]
url = "{site}/api.json"
items = "lieux"

[fields]
source_key = "id"
name = "nom"
commune = "ville"
"""
TOWNS = ("Nantes", "Brest", "Lille")


def define(catalogue: Path, id: str, kind: str, part: str, schedule: str = "daily") -> None:
    text = DEFINITION.format(id=id, licence="etalab-2.0").replace('kind = "table"', f'kind = "{kind}"')
    before, after = text.index("[fetch]"), text.index("[rights]")
    text = (text[:before] + part + "\n" + text[after:]).replace('schedule = "daily"', f'schedule = "{schedule}"')
    (catalogue / id).mkdir(parents=True)
    (catalogue / id / "source.toml").write_text(text, encoding="utf-8")


def fill(site, word: str) -> None:
    blocks = [
        f'<article><h2>{word} de {town}</h2><a href="/lieu/{n}">voir</a></article>' for n, town in enumerate(TOWNS)
    ]
    site.pages["/lieux"] = (200, "".join(blocks).encode(), {"Content-Type": "text/html; charset=utf-8"})
    for number, town in enumerate(TOWNS):
        page = f'<h1>{word}</h1><p class="texte">Ouvert à tous, à {town}.</p><p class="ville">{town}</p>'
        site.pages[f"/lieu/{number}"] = (200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
    rows = [{"id": number, "nom": f"Jardin {word} de {town}", "ville": town} for number, town in enumerate(TOWNS)]
    site.pages["/api.json"] = json.dumps({"lieux": rows}).encode()


@pytest.fixture
def site():
    with running_site() as running:
        fill(running, "Recyclerie")
        yield running


@pytest.fixture
def catalogue(site, tmp_path):
    folder = tmp_path / "catalogue"
    define(folder, "pages", "html", HTML.format(site=site.url))
    define(folder, "rows", "json", JSON.format(site=site.url), schedule="weekly")
    return folder


@pytest.fixture
def essaim(monkeypatch, capsys, catalogue):
    """Run `essaim run` with the network off; return its exit status and what it said to the error output."""
    monkeypatch.delenv("ESSAIM_CONTACT", raising=False)

    def call(home: Path, *words: str) -> tuple[int, str]:
        arguments = ["run", "--catalogue", str(catalogue), "--home", str(home), "--json", *words]
        monkeypatch.setattr("sys.argv", ["essaim", *arguments])
        with monkeypatch.context() as off, pytest.raises(SystemExit) as end:
            off.setattr(socket.socket, "connect", None)
            main()
        return int(end.value.code or 0), capsys.readouterr().err

    return call


def spend(site, catalogue, home, day):
    settings = Settings(home, DAY + dt.timedelta(day), catalogue, manners=site.manners())
    return nightly.run(settings, prefect=False)


def published(home: Path, version: str = "2026-03-01") -> dict[str, bytes]:
    folder = home / "releases" / version
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_replay_gives_the_same_bytes(site, catalogue, tmp_path, essaim):
    night = spend(site, catalogue, tmp_path / "home", 0)
    assert [state.outcome for state in night.states] == ["good", "good"]
    fill(site, "Autre chose")
    asked = len(site.asked)
    first = published(tmp_path / "home")
    assert any(b"Recyclerie" in body for body in first.values())
    archives = str(tmp_path / "home" / "archive")
    assert essaim(tmp_path / "again", "--replay", archives, "--as-of", "2026-03-01")[0] == 0
    assert len(site.asked) == asked
    again = published(tmp_path / "again")
    assert sorted(again) == sorted(first)
    assert [name for name in first if again[name] != first[name]] == []


def test_a_date_replays_what_each_source_stood_on_that_night(site, catalogue, tmp_path, essaim):
    home = tmp_path / "home"
    spend(site, catalogue, home, 0)
    fill(site, "Fablab")
    spend(site, catalogue, home, 1)
    fill(site, "Ruche")
    spend(site, catalogue, home, 8)
    for night, (first, second) in {
        "2026-03-02": ("Fablab", "Recyclerie"),  # the second is visited once a week
        "2026-03-08": ("Fablab", "Recyclerie"),  # nobody was visited that night
        "2026-03-09": ("Ruche", "Ruche"),
    }.items():
        status, text = essaim(home, "--replay", night)
        newer = night < "2026-03-09"
        assert status == (2 if newer else 0)
        assert ("take a home of its own" in text) is newer
        again = tmp_path / "again"
        assert essaim(again, "--replay", str(home / "archive"), "--as-of", night)[0] == 0
        told = json.loads((again / "runs" / night / "report.json").read_text())
        assert told["as_of"] == night
        rows = [(again / "staging" / f"{id}.jsonl").read_text() for id in ("pages", "rows")]
        assert f'"{first} de Nantes"' in rows[0]
        assert f'"Jardin {second} de Nantes"' in rows[1]
    states = [json.loads((home / "staging" / f"{id}.state.json").read_text()) for id in ("pages", "rows")]
    assert [state["checked_on"] for state in states] == ["2026-03-09", "2026-03-09"]
    assert essaim(home, "--replay", "2026-03-08", "--as-of", "2026-04-01")[0] == 0
    assert (home / "runs" / "2026-04-01").is_dir()
    assert json.loads((home / "staging" / "rows.state.json").read_text())["checked_on"] == "2026-03-01"


def test_a_source_without_an_archive_fails_and_the_others_go_on(site, catalogue, tmp_path, essaim):
    spend(site, catalogue, tmp_path / "home", 0)
    (tmp_path / "home" / "archive" / "rows" / "2026-03-01.warc.gz").unlink()
    assert essaim(tmp_path / "again", "--replay", str(tmp_path / "home" / "archive"))[0] == 0
    [night] = (tmp_path / "again" / "runs").iterdir()
    told = json.loads((night / "report.json").read_text())
    assert {each["source_id"]: each["outcome"] for each in told["sources"]} == {"pages": "good", "rows": "failed"}
    [failure] = told["failures"]
    assert (failure["code"], failure["source_id"]) == ("not-archived", "rows")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--replay", "2026-02-28"], "holds no archive (<source>/YYYY-MM-DD.warc.gz) of 2026-02-28 or before"),
        (["--replay", "yesterday"], '"yesterday" is neither a night (YYYY-MM-DD) nor a folder of archives'),
        (["--replay", "2026-03-01", "--offline"], "--offline and --replay exclude each other"),
    ],
)
def test_what_cannot_be_replayed(site, catalogue, tmp_path, essaim, words, said):
    spend(site, catalogue, tmp_path / "home", 0)
    status, told = essaim(tmp_path / "home", *words)
    assert status == 2
    assert said in told
