"""Nights on which much goes wrong at once: what is published stays whole, and every initiative keeps its id."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_night import add_source, write
from typer.testing import CliRunner

from flows import nightly
from flows.cli import app
from flows.report import Night
from flows.settings import Settings

DAY = dt.date(2026, 3, 1)
Rows = list[tuple[str, str, str, str]]
TOWNS = [("Cholet", "49300"), ("Nantes", "44000"), ("Brest", "29200"), ("Rennes", "35000"), ("Lille", "59000"),
         ("Metz", "57000"), ("Dijon", "21000"), ("Tours", "37000"), ("Pau", "64000"), ("Nice", "06000")]  # fmt: skip


def rows(what: str, count: int) -> Rows:
    """So many places in ten towns, of a name that no other source has."""
    trades = ["du vélo", "des semences", "de la laine", "du bois", "des saveurs", "du textile"]
    return [(str(n), f"{what} {trades[n // 10]} de {TOWNS[n % 10][0]}", *TOWNS[n % 10]) for n in range(count)]


DEAD, HALVED = rows("Atelier", 12), rows("Grainothèque", 40)
RENAMED, REORDERED = rows("Brasserie associative", 12), rows("Conservatoire", 12)
REKEYED = [(f"lieu-{key}", *rest) for key, *rest in REORDERED]


@dataclass
class Nights:
    """A home, and what its nights came to, in order."""

    folder: Path
    home: Path
    told: list[Night]

    def spend(self, home: Path | None = None, day: int | None = None, **more: Any) -> Night:
        as_of = DAY + dt.timedelta(len(self.told) if day is None else day)
        settings = {"catalogue": self.folder / "catalogue", "decisions": self.folder / "decisions"} | more
        return nightly.run(Settings(home=home or self.home, as_of=as_of, **settings), prefect=False)

    def ask(self, sql: str, release: int | None = None, home: Path | None = None) -> list[tuple[Any, ...]]:
        name = "latest" if release is None else (DAY + dt.timedelta(release)).isoformat()
        path = (home or self.home) / "releases" / name / "essaim.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def decide(self, file: str, *lines: str) -> None:
        folder = self.folder / "decisions"
        folder.mkdir(exist_ok=True)
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.mktemp("nights")
    found = Nights(folder, folder / "home", [])
    catalogue = folder / "catalogue"
    for id, told in (("dead", DEAD), ("halved", HALVED), ("renamed", RENAMED), ("reordered", REORDERED)):
        add_source(catalogue, id, told)
    found.told.append(found.spend())
    # One source is dead, one halved, one has other names for all, one the same in another order.
    (catalogue / "dead" / "places.csv").write_text("<!doctype html><title>Domain for sale</title>", encoding="utf-8")
    write(catalogue / "halved", HALVED[:20])
    write(catalogue / "renamed", [(key, name.replace("Brasserie", "Malterie"), *at) for key, name, *at in RENAMED])
    write(catalogue / "reordered", REORDERED[::-1])
    found.told.append(found.spend())
    # All keys of a source change; a person records it the day after.
    write(catalogue / "reordered", REKEYED)
    found.told.append(found.spend())
    moves = (
        f"reordered,{old},{new},camille,2026-03-04,new site"
        for (old, *_), (new, *_) in zip(REORDERED, REKEYED, strict=True)
    )
    found.decide("moved_keys.csv", "source_id,old_key,new_key,who,decided_on,why", *moves)
    found.told.append(found.spend())
    return found


IDS = "SELECT source_id, record_key, initiative_id FROM record ORDER BY ALL"


def outcomes(night: Night) -> dict[str, str]:
    return {state.source_id: state.outcome for state in night.states}


def test_ids_hold_on_the_hard_night(nights: Nights) -> None:
    assert nights.told[1].outcome == "published"
    assert len(nights.ask(IDS, 0)) == 76
    assert nights.ask(IDS, 1) == nights.ask(IDS, 0)
    assert nights.ask("SELECT count(*) FROM moved_id", 1) == [(0,)]


def test_the_dead_source_stands_with_its_age(nights: Nights) -> None:
    assert outcomes(nights.told[1])["dead"] == "stale"
    stale = "SELECT stale_since, checked_on, count(*) FROM initiative_source WHERE source_id = 'dead' GROUP BY ALL"
    assert nights.ask(stale, 1) == [(DAY + dt.timedelta(1), DAY, 12)]


def test_the_halved_source_is_held_back_by_its_gate(nights: Nights) -> None:
    assert outcomes(nights.told[1])["halved"] == "stale"
    [state] = [state for state in nights.told[1].states if state.source_id == "halved"]
    assert [check.told for check in state.checks if check.holds_back] == ["20 records, usually 40"]
    assert nights.ask("SELECT count(*) FROM record WHERE source_id = 'halved'", 1) == [(40,)]


def test_the_changes_are_exactly_those_made(nights: Nights) -> None:
    made = "SELECT kind, field, before, after FROM change ORDER BY before"
    names = sorted(name for _, name, *_ in RENAMED)
    assert nights.ask(made, 1) == [("changed", "name", name, name.replace("Brasserie", "Malterie")) for name in names]


def test_new_keys_are_held_back_until_somebody_records_them(nights: Nights) -> None:
    assert outcomes(nights.told[2])["reordered"] == "stale"
    assert nights.told[2].outcome == "published"  # it says since when the source is stale
    [problem] = [problem for problem in nights.told[2].failures() if problem.source_id == "reordered"]
    assert problem.message.startswith("12 of the 12 keys of the last good night are gone")
    assert "moved_keys.csv" in problem.remedy
    assert outcomes(nights.told[3])["reordered"] == "good"
    held = {(source, key.removeprefix("lieu-")): id for source, key, id in nights.ask(IDS, 3)}
    assert held == {(source, key): id for source, key, id in nights.ask(IDS, 0)}
    assert nights.ask("SELECT count(*) FROM change", 3) == [(0,)]
    assert nights.ask("SELECT DISTINCT first_seen FROM record", 3) == [(DAY,)]


def test_archive_and_decisions_alone_give_the_same_ids(nights: Nights) -> None:
    home = nights.folder / "rebuilt"
    for day in range(4):
        until = DAY + dt.timedelta(day)
        nights.spend(home, day, mode="replay", replay_from=nights.home / "archive", replay_until=until)
    assert nights.ask(IDS, 3, home) == nights.ask(IDS, 3)
    memory = "SELECT * FROM record_identity ORDER BY ALL"
    told = []
    for path in (home, nights.home):
        with duckdb.connect(str(path / "essaim.duckdb"), read_only=True) as connection:
            told.append(connection.execute(memory).fetchall())
    assert told[0] == told[1]


# ----------------------------------------------------------------------------------------- essaim history, essaim gate


def essaim(nights: Nights, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments, "--home", str(nights.home)], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def id_of(nights: Nights, source: str, key: str, release: int) -> str:
    where = f"source_id = '{source}' AND record_key = '{key}'"
    [(id,)] = nights.ask(f"SELECT initiative_id FROM record WHERE {where}", release)
    return str(id)


def test_history_tells_each_change_with_its_night_and_source(nights: Nights) -> None:
    id = id_of(nights, "renamed", "0", 1)
    status, text = essaim(nights, "history", id)
    assert status == 0
    lines = text.splitlines()
    assert lines[0] == f"Malterie associative du vélo de Cholet ({id}): published, first seen on 2026-03-01"
    assert lines[2:4] == ["2026-03-01", "  added as “Brasserie associative du vélo de Cholet” (renamed)"]
    assert lines[5] == "2026-03-02"
    change = "  name: Brasserie associative du vélo de Cholet → Malterie associative du vélo de Cholet (renamed)"
    assert lines[6:] == [change]


def test_history_follows_an_id_that_moved_and_tells_a_split(nights: Nights) -> None:
    kept, given_up = sorted([id_of(nights, "dead", "0", 0), id_of(nights, "renamed", "0", 0)])
    scratch = Nights(nights.folder, nights.folder / "scratch", list(nights.told))
    shutil.copytree(nights.home, scratch.home, symlinks=True)
    head = "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why"
    scratch.decide("judgements.csv", head, "dead,0,renamed,0,same,camille,2026-03-05,seen")
    scratch.told.append(scratch.spend())
    [(gone, heir)] = scratch.ask("SELECT old_id, new_id FROM moved_id")
    assert {gone, heir} == {kept, given_up}
    _, text = essaim(scratch, "history", gone)
    assert text.splitlines()[0] == f"{gone} was merged into {heir} on 2026-03-05."
    assert f"took in {gone}" in text
    scratch.decide("judgements.csv", head, "dead,0,renamed,0,different,camille,2026-03-06,seen again")
    scratch.told.append(scratch.spend())
    (nights.folder / "decisions" / "judgements.csv").unlink()
    assert scratch.ask("SELECT initiative_id, before FROM change WHERE kind = 'split'") == [(gone, heir)]
    status, text = essaim(scratch, "history", gone, "--json")
    life = json.loads(text)
    assert (status, life["id"], life["state"]) == (0, gone, "published")
    assert [event["kind"] for event in life["events"] if event["kind"] != "changed"] == ["added", "merged", "split"]
    _, text = essaim(scratch, "history", heir)
    assert f"{gone} was split off" in text


@pytest.mark.parametrize(
    ("id", "hint"),
    [("es-nothing", "ids begin with es-"), ("malterie associative du vélo", "did you mean one of these? es-")],
)
def test_an_unknown_id_is_helped(nights: Nights, id: str, hint: str) -> None:
    status, text = essaim(nights, "history", id)
    assert status == 2
    assert hint in text
    assert "essaim sql" in text


def test_the_gates_of_the_last_night_are_explained(nights: Nights) -> None:
    status, text = essaim(nights, "gate", "--explain")
    assert status == 0
    assert "20 records, usually 40" in text
    assert [line.split("│")[5].strip() for line in text.splitlines() if "│ personal-data" in line] == ["0"]
    status, text = essaim(nights, "gate", "--json")
    gates = json.loads(text)
    assert (status, gates["as_of"], gates["outcome"]) == (0, "2026-03-04", "published")
    assert {check["rule"] for check in gates["merged"]} >= {"initiatives", "ids-lost", "placed", "largest-cluster"}
    assert all(check["passed"] for check in gates["merged"])
    assert [check["rule"] for check in gates["sources"]["halved"]["checks"] if not check["passed"]] == ["drop"]
    assert gates["sources"]["dead"]["failures"][0]["code"] == "web-page"
    assert essaim(nights, "gate")[0] == 0


def test_a_home_without_a_night_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["gate", "--home", str(tmp_path)])
    assert (result.exit_code, "essaim run" in result.output) == (2, True)
