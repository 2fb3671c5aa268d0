"""The nightly deployment: the file says what the code can do, and `essaim schedule` says what it lacks."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from typer.testing import CliRunner

from flows import schedule, spread
from flows.cli import app
from flows.schedule import Parameters, settings_of
from flows.spread import harvest_share

ROOT = Path(__file__).parent.parent
DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
FLOWS = {"nightly": schedule.night, "harvest": harvest_share}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda each: each["name"])
def test_a_deployment_can_be_run(deployment: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow is FLOWS[deployment["name"]]
    if flow is harvest_share:
        assert f"{flow.name}/{deployment['name']}" == spread.NAME
        return
    assert flow.validate_parameters(deployment["parameters"]) == deployment["parameters"]
    assert set(deployment["parameters"]) == set(flow.parameters.properties)
    [when] = deployment["schedules"]
    assert CronSchedule(cron=when["cron"], timezone=when["timezone"]).timezone == "Europe/Paris"
    assert (when["cron"], when["timezone"]) == (schedule.CRON, schedule.TIMEZONE)
    assert deployment["name"] != schedule.SERVED, "two deployments of one name overwrite each other"


def test_there_is_one_nightly_deployment_and_one_for_its_shares() -> None:
    assert [each["name"] for each in DEPLOYMENTS] == ["nightly", "harvest"]
    assert len({each["work_pool"]["name"] for each in DEPLOYMENTS}) == 2, "a night would wait for its own worker"


@pytest.mark.parametrize("path", sorted((ROOT / "deploy").glob("*.service")), ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_there_is(path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(path.read_text(encoding="utf-8"))
    program, *words = unit["Service"]["ExecStart"].split()
    assert unit["Service"]["User"] == "essaim"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
    if program.endswith("/essaim"):
        assert CliRunner().invoke(app, [words[0], "--help"]).exit_code == 0
    else:
        assert program.endswith("/prefect")
        assert "127.0.0.1" in words, "its pages have no log-in"


def test_the_timer_and_the_schedule_agree() -> None:
    timer = configparser.ConfigParser(interpolation=None)
    timer.read_string((ROOT / "deploy" / "essaim.timer").read_text(encoding="utf-8"))
    minute, hour, *_ = schedule.CRON.split()
    assert timer["Timer"]["OnCalendar"] == f"*-*-* {int(hour):02}:{int(minute):02}:00 {schedule.TIMEZONE}"
    assert ZoneInfo(schedule.TIMEZONE)


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["schedule", *arguments])
    assert done.exit_code == 2
    return " ".join(done.output.split())


def test_without_a_server_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "PREFECT_API_URL", type("Unset", (), {"value": staticmethod(lambda: None)}))
    told = said("--sample")
    assert "no Prefect server is configured" in told
    assert "prefect server start" in told
    assert "`essaim run` from cron" in told


def test_a_server_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://127.0.0.1:1/api"
    monkeypatch.setattr(schedule, "PREFECT_API_URL", type("Down", (), {"value": staticmethod(lambda: address)}))
    assert f"no Prefect server answers at {address} (ConnectionError)" in said("--sample")


def test_what_cannot_be_scheduled_is_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(schedule, "check_server", lambda: "http://127.0.0.1:4200/api")
    monkeypatch.delenv("ESSAIM_CONTACT", raising=False)
    assert "there is no zone Mars/Base" in said("--sample", "--timezone", "Mars/Base")
    assert '"every night" is no cron expression; write one such as "15 2 * * *"' in said(
        "--sample", "--cron", "every night"
    )
    # `main` turns these into one sentence.
    assert isinstance(CliRunner().invoke(app, ["schedule"]).exception, schedule.ContactError)
    done = CliRunner().invoke(app, ["schedule", "--catalogue", str(tmp_path)])
    assert isinstance(done.exception, schedule.DefinitionError)


def test_settings_of_a_deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ESSAIM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ESSAIM_DATA_ROOT", str(tmp_path))
    settings = settings_of(Parameters(sources=["a", "b"]))
    assert (settings.home, settings.sources, settings.mode) == (tmp_path / "home", ("a", "b"), "network")
    assert settings.data_roots == (tmp_path,)
    assert settings_of(Parameters(home="x", sample=True)).mode == "sample"
