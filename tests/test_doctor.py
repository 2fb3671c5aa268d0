"""`essaim doctor`: each finding says what is the matter and what to do, and a person can trust the exit status."""

from __future__ import annotations

import datetime as dt
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from test_night import ROWS, add_source, spend
from typer.testing import CliRunner

from flows import doctor
from flows.cli import app
from flows.doctor import Finding, examine
from flows.lock import one_night
from flows.settings import Settings
from scrapers.response import Manners
from warehouse.migrations import FORM, HOME_FILE

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine counts."""
    for name in (
        "ESSAIM_CONTACT",
        "ESSAIM_PING_URL",
        "ESSAIM_NOTIFY_WEBHOOK",
        "ESSAIM_NOTIFY_EMAIL",
        "PREFECT_API_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def look(tmp_path: Path, now: dt.datetime = NOW, online: bool = False, **more: Any) -> dict[str, list[Finding]]:
    if not (tmp_path / "catalogue").exists():
        add_source(tmp_path / "catalogue", "alpha", ROWS)
    usual = {"home": tmp_path / "home", "as_of": now.date(), "catalogue": tmp_path / "catalogue"}
    found: dict[str, list[Finding]] = {}
    for finding in examine(Settings(**{**usual, **more}), now, online):
        assert finding.level == "ok" or finding.remedy, finding
        found.setdefault(finding.check, []).append(finding)
    return found


def levels(found: dict[str, list[Finding]]) -> dict[str, str]:
    return {name: findings[-1].level for name, findings in found.items()}


def test_a_sound_installation(tmp_path: Path) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    spend(tmp_path)
    found = look(tmp_path, manners=Manners("somebody@example.org"))
    assert {name: level for name, level in levels(found).items() if level != "ok"} == {"notices": "warn"}
    assert found["last night"][0].told == "2026-03-01; the latest release is 2026-03-01"


def test_looking_changes_nothing(tmp_path: Path) -> None:
    look(tmp_path)
    assert not (tmp_path / "home").exists()


def test_no_contact(tmp_path: Path) -> None:
    [finding] = look(tmp_path)["contact"]
    assert (finding.level, "ESSAIM_CONTACT" in finding.remedy) == ("warn", True)
    [finding] = look(tmp_path, manners=Manners("nobody"))["contact"]
    assert finding.told.startswith('"nobody" is no contact')


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    spend(tmp_path)
    [finding] = look(tmp_path, NOW - dt.timedelta(30))["clock"]
    assert (finding.level, "holds nights up to 2026-03-01" in finding.told) == ("fail", True)


def test_nights_that_no_longer_come(tmp_path: Path) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    spend(tmp_path)
    [finding] = look(tmp_path, NOW + dt.timedelta(30))["last night"]
    assert (finding.level, finding.told) == ("warn", "2026-03-01, which is more than two days ago")


def test_a_night_that_is_running(tmp_path: Path) -> None:
    with one_night(tmp_path / "home"):
        assert levels(look(tmp_path))["lock"] == "warn"
    assert levels(look(tmp_path))["lock"] == "ok"


def test_a_newer_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / HOME_FILE).write_text(json.dumps({"form": FORM + 1}), encoding="utf-8")
    [finding] = look(tmp_path)["versions"]
    assert (finding.level, finding.remedy) == ("fail", "install that version or a later one, or name another home")


@pytest.mark.parametrize(("free", "level"), [(1, "fail"), (5, "warn"), (50, "ok")])
def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    usage = type("Usage", (), {"free": free * doctor.GIGABYTE})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert levels(look(tmp_path))["disk"] == level


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    [finding] = look(tmp_path)["home"]
    assert (finding.level, "Permission denied" in finding.told) == ("fail", True)


def test_packages_out_of_their_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["duckdb==0.1", "no-such-package>=1", "rich>=1", 'pytest>=99; extra == "test"']
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: wanted)
    finding = look(tmp_path)["packages"][0]
    assert finding.level == "fail"
    assert "duckdb" in finding.told
    assert "no-such-package is missing" in finding.told
    assert "rich" not in finding.told
    assert "pytest" not in finding.told


def test_a_definition_that_needs_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add_source(tmp_path / "catalogue", "alpha", ROWS)
    definition = (folder / "source.toml").read_text(encoding="utf-8")
    url = 'url = "https://api.example.org/?key=secret:CATALOGUE"'
    (folder / "source.toml").write_text(definition.replace('path = "places.csv"', url), encoding="utf-8")
    [finding] = look(tmp_path)["secrets"]
    assert (finding.level, "ESSAIM_SECRET_CATALOGUE_HOSTS" in finding.remedy) == ("warn", True)
    monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE", "a-long-secret")
    monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE_HOSTS", "api.example.org")
    assert "secrets" not in look(tmp_path)


def test_faulty_definitions_and_none(tmp_path: Path) -> None:
    (add_source(tmp_path / "catalogue", "alpha", ROWS) / "source.toml").write_text("title = 1", encoding="utf-8")
    assert levels(look(tmp_path))["catalogue"] == "warn"
    assert levels(look(tmp_path, catalogue=tmp_path / "none"))["catalogue"] == "fail"


def test_the_network_is_only_looked_at_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{listening.getsockname()[1]}/api")
        assert "not looked at; configured: Prefect server" in look(tmp_path)["network"][0].told
        listening.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listening.accept()
        assert levels(look(tmp_path, online=True))["network"] == "ok"
    [finding] = look(tmp_path, online=True)["network"]
    assert (finding.level, "cannot be reached" in finding.told) == ("fail", True)


def test_a_check_that_stumbles_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "load_extension", lambda *_: (_ for _ in ()).throw(RuntimeError("odd")))
    [finding] = look(tmp_path)["duckdb"]
    assert (finding.level, finding.told) == ("fail", "the check raised RuntimeError: odd")


def test_the_command(tmp_path: Path) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    given = ["doctor", "--home", str(tmp_path / "home"), "--catalogue", str(tmp_path / "catalogue")]
    done = CliRunner().invoke(app, given)
    assert (done.exit_code, "✓ duckdb: DuckDB" in done.output) == (0, True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / HOME_FILE).write_text(json.dumps({"form": FORM + 1}), encoding="utf-8")
    done = CliRunner().invoke(app, [*given, "--json"])
    assert done.exit_code == 1
    assert {"check", "level", "told", "remedy"} == set(json.loads(done.output)[0])
