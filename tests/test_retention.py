"""Old releases go, the last of each month and the latest stay, and what was withdrawn leaves the old ones too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from warehouse.publish import publish
from warehouse.publish.retention import drop, holding, outdated
from warehouse.store import Store

NIGHTS = [f"2026-10-{day:02}" for day in (1, 15, 31)] + [f"2026-11-{day:02}" for day in (1, 20, 21, 22)]


def dropped(versions: list[str], daily: int, monthly: int) -> list[str]:
    return [each.version for each in outdated(versions, daily, monthly)]


def test_the_newest_and_the_last_of_each_month_stay() -> None:
    assert dropped(NIGHTS, 2, 2) == ["2026-10-01", "2026-10-15", "2026-11-01", "2026-11-20"]
    assert dropped(NIGHTS, 3, 0) == NIGHTS[:4]
    assert dropped(NIGHTS, 99, 0) == []
    assert dropped([], 1, 1) == []


def test_the_newest_stays_whatever_is_asked() -> None:
    assert "2026-11-22" not in dropped(NIGHTS, 0, 0)
    assert dropped(["2026-11-22.9", "2026-11-22.10"], 1, 0) == ["2026-11-22.9"], "the tenth comes after the ninth"
    with pytest.raises(ValueError, match="negative"):
        outdated(NIGHTS, -1, 0)


@pytest.fixture(scope="module")
def three(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import datetime as dt

    releases = tmp_path_factory.mktemp("home") / "releases"
    for day in (1, 2, 3):
        publish(store.connection, releases, dt.date(2026, 11, day))
    return releases


def versions(releases: Path) -> list[str]:
    return [entry["version"] for entry in json.loads((releases / "index.json").read_text())["releases"]]


def test_releases_that_hold_what_was_withdrawn_are_found(three: Path) -> None:
    assert [each.version for each in holding(three, {("lieux", "3")})] == ["2026-11-01", "2026-11-02"]
    [first, _] = holding(three, {("fiches", "")})
    assert first.why == "holds records withdrawn since, of fiches"
    assert holding(three, {("lieux", "unknown")}) == []


def test_dropping_is_asked_for_and_told(three: Path) -> None:
    home = ["--home", str(three.parent)]
    listed = CliRunner().invoke(app, ["releases", *home])
    assert listed.exit_code == 0, listed.output
    assert listed.output.count("2026-11-0") == 3
    tried = CliRunner().invoke(app, ["releases", "prune", "--daily", "1", "--monthly", "0", *home])
    assert "2 would be dropped" in tried.output
    assert versions(three) == ["2026-11-03", "2026-11-02", "2026-11-01"]
    with pytest.raises(ValueError, match="2026-11-03 is the latest release"):
        drop(three, ["2026-11-01", "2026-11-03"])
    with pytest.raises(ValueError, match="there is no release 2020-01-01"):
        drop(three, ["2020-01-01"])
    assert len(versions(three)) == 3, "all or nothing"
    refused = CliRunner().invoke(app, ["releases", "drop", "2026-11-03", "--yes", *home])
    assert refused.exit_code == 2
    done = CliRunner().invoke(app, ["releases", "prune", "--daily", "2", "--monthly", "0", "--yes", *home])
    assert done.exit_code == 0, done.output
    assert versions(three) == ["2026-11-03", "2026-11-02"]
    assert not (three / "2026-11-01").exists()
    assert CliRunner().invoke(app, ["releases", "drop", "2026-11-02", "--yes", *home]).exit_code == 0
    assert versions(three) == ["2026-11-03"]
