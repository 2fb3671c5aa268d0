"""What people record about keys and gates is read exactly, counts from its night on, and lets through once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import get_args

import pytest
from test_night import add_source, outcomes, spend, write

from flows.gate_report import last_gates
from flows.gates import RULES
from scrapers.source import Telling
from warehouse.decisions import ACCEPTED, MOVED_KEYS, DecisionError, folder, read_accepted, read_moved_keys
from warehouse.portrait import TELLING

NIGHT = dt.date(2026, 11, 22)


def moved(path: Path, *lines: str) -> dict[tuple[str, str], tuple[str, str]]:
    file = path / "moved_keys.csv"
    file.write_text("\n".join([",".join(MOVED_KEYS), *lines]) + "\n", encoding="utf-8")
    return read_moved_keys(file, NIGHT)


def accepted(path: Path, *lines: str, as_of: dt.date = NIGHT) -> dict[tuple[str, str], str]:
    file = path / "accepted.csv"
    file.write_text("\n".join([",".join(ACCEPTED), *lines]) + "\n", encoding="utf-8")
    return read_accepted(file, RULES, as_of)


def test_the_files_that_come_with_essaim_are_sound() -> None:
    assert read_moved_keys(folder() / "moved_keys.csv", NIGHT) == {}
    assert read_accepted(folder() / "accepted.csv", RULES, NIGHT) == {}


def test_moves_count_from_their_night_on(tmp_path: Path) -> None:
    lines = ("lieux,1, lieu 1 ,camille,2026-11-22,new site", "lieux,2,lieu-2,camille,2026-11-23,new site")
    assert moved(tmp_path, *lines) == {("lieux", "1"): ("lieux", " lieu 1 ")}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["lieux,1,1,camille,2026-11-22,x"], "line 2: both keys are the same one"),
        (["lieux,1,2,camille,2026-11-22,x", "lieux,1,3,camille,2026-11-22,x"], "line 3: this key has moved"),
        (["lieux,1,,camille,2026-11-22,x"], "line 2: new_key must be filled"),
        (["lieux,1,2,camille,soon,x"], 'decided_on is "soon"'),
    ],
)
def test_unsound_moves_are_refused(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(DecisionError, match=told):
        moved(tmp_path, *lines)


@pytest.mark.parametrize(("day", "holds"), [(-1, False), (0, True), (6, True), (7, False)])
def test_an_acceptance_holds_for_seven_nights(tmp_path: Path, day: int, holds: bool) -> None:
    found = accepted(tmp_path, "lieux,drop,camille,2026-11-22,x", as_of=NIGHT + dt.timedelta(day))
    assert found == ({("lieux", "drop"): "camille, 2026-11-22"} if holds else {})


@pytest.mark.parametrize(
    "line",
    ["lieux,rows-min,camille,2026-11-22,x", "*,personal-data,camille,2026-11-22,x", "*,ids-lost,camille,2026-11-22,x",
     "lieux,withdrawn,camille,2026-11-22,x"],
)  # fmt: skip
def test_what_may_never_pass_cannot_be_accepted(tmp_path: Path, line: str) -> None:
    with pytest.raises(DecisionError, match=r"line 2: rule is .*; write one of"):
        accepted(tmp_path, line)


def test_definitions_may_promise_the_variety_of_telling_fields() -> None:
    assert set(get_args(Telling)) == set(TELLING)


def test_a_drop_that_a_person_accepts_passes_and_is_the_new_measure(tmp_path: Path) -> None:
    places = [(str(n), f"Lieu numéro {n} de Quimper", "Quimper", "29000") for n in range(20)]
    gamma = add_source(tmp_path / "catalogue", "gamma", places)
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    spend(tmp_path, decisions=decisions)
    write(gamma, places[:12])
    assert outcomes(spend(tmp_path, 1, decisions=decisions)) == {"gamma": "stale"}
    lines = [",".join(ACCEPTED), "gamma,drop,camille,2026-03-03,x", "*,withdrawn,camille,2026-03-04,x"]
    (decisions / "accepted.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    night = spend(tmp_path, 2, decisions=decisions)
    assert outcomes(night) == {"gamma": "good"}
    [told] = [problem for problem in night.states[0].problems if problem.code == "gate-accepted"]
    assert told.message == "12 records, usually 20; accepted by camille, 2026-03-03"
    assert night.states[0].good_runs == [("2026-03-03", 12)]
    # The merged set has a gate of its own.
    assert night.outcome == "held back"
    assert night.faults[0].startswith("8 of 20 initiatives vanished from sources that were read (look at")
    assert (tmp_path / "home" / "releases" / "latest").resolve().name == "2026-03-02"
    gates = last_gates(tmp_path / "home")
    assert gates is not None
    assert [check["rule"] for check in gates["merged"] if not check["passed"]] == ["withdrawn"]
    assert spend(tmp_path, 3, decisions=decisions).outcome == "published"
    (decisions / "accepted.csv").unlink()
    night = spend(tmp_path, 4, decisions=decisions)
    assert (outcomes(night), night.outcome) == ({"gamma": "good"}, "unchanged")


def test_an_acceptance_that_cannot_be_followed_holds_everything_back(tmp_path: Path) -> None:
    add_source(
        tmp_path / "catalogue", "gamma", [("1", "Le Hangar", "Quimper", "29000"), ("2", "Halte", "Metz", "57000")]
    )
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    (decisions / "accepted.csv").write_text(",".join(ACCEPTED) + "\ngamma,all,camille,2026-03-01,x\n", encoding="utf-8")
    night = spend(tmp_path, decisions=decisions)
    assert (night.outcome, outcomes(night)) == ("held back", {"gamma": "failed"})
    assert "line 2" in night.states[0].problems[0].message
