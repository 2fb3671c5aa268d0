"""Real nights killed at many moments: the next night goes on, and gives what an undisturbed one gives, to the byte."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from site_kit import Site, running_site
from test_night import ROWS, add_source, write
from test_replay import HTML, JSON, define, fill

KILLS_AT_STEPS = 28
KILLS_IN_TIME = 16
FIRST, SECOND = "2026-03-01", "2026-03-02"


@dataclass
class Trial:
    """A site, a catalogue, and homes where the same two nights are spent again and again."""

    folder: Path
    site: Site
    spender: subprocess.Popen[str]

    def spend(self, home: Path, day: str, **kill: Any) -> dict[str, Any]:
        order = {
            "home": str(home),
            "catalogue": str(self.folder / "catalogue"),
            "decisions": str(self.folder / "decisions"),
            "day": day,
            "hosts": [self.site.host],
            **kill,
        }
        assert self.spender.stdin is not None
        assert self.spender.stdout is not None
        self.spender.stdin.write(json.dumps(order) + "\n")
        self.spender.stdin.flush()
        return json.loads(self.spender.stdout.readline())

    def serve(self, day: str) -> None:
        """Have the sources say what they say on that day."""
        later = day == SECOND
        fill(self.site, "Bricothèque" if later else "Recyclerie")
        for id, rows in (("alpha", ROWS), ("beta", [(f"b{key}", f"{name} bis", *at) for key, name, *at in ROWS])):
            told = [(key, name.replace("des", "de tous les"), *at) for key, name, *at in rows] if later else rows
            write(self.folder / "catalogue" / id, [*told, ("9", "Maison du Vent", "Brest", "29200")] if later else told)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("crash")
    command = [sys.executable, str(Path(__file__).with_name("spending.py"))]
    with running_site() as site:
        spender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        trial = Trial(folder, site, spender)
        for id in ("alpha", "beta"):
            add_source(folder / "catalogue", id, ROWS)
        define(folder / "catalogue", "pages", "html", HTML.format(site=site.url))
        define(folder / "catalogue", "rows", "json", JSON.format(site=site.url))
        (folder / "decisions").mkdir()
        yield trial
        assert spender.stdin is not None
        spender.stdin.close()
        spender.wait(timeout=120)


@dataclass
class Undisturbed:
    """The homes after one and two nights that nobody disturbed, and what these nights took."""

    first: Path
    second: Path
    steps: dict[str, list[str]]
    seconds: dict[str, float]


@pytest.fixture(scope="module")
def undisturbed(trial: Trial) -> Undisturbed:
    first, second = trial.folder / "first", trial.folder / "second"
    trial.serve(FIRST)
    told = {FIRST: trial.spend(first, FIRST)}
    shutil.copytree(first, second, symlinks=True)
    trial.serve(SECOND)
    told[SECOND] = trial.spend(second, SECOND)
    assert [night["outcome"] for night in told.values()] == ["published", "published"]
    assert min(len(night["steps"]) for night in told.values()) > 100
    steps = {day: night["steps"] for day, night in told.items()}
    return Undisturbed(first, second, steps, {day: night["seconds"] for day, night in told.items()})


def published(home: Path) -> dict[str, bytes | str]:
    """Every published file of a home by its path, and where links lead."""
    releases = home / "releases"
    found: dict[str, bytes | str] = {}
    for path in sorted(releases.rglob("*")):
        name = str(path.relative_to(releases))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and not name.startswith("latest/"):
            found[name] = path.read_bytes()
    return found


def memory(home: Path) -> list[list[tuple[Any, ...]]]:
    """What the warehouse remembers for the nights to come."""
    with duckdb.connect(str(home / "essaim.duckdb"), read_only=True) as connection:
        tables = ("record_identity", "moved_id", "run", "raw_record")
        return [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables]


def is_whole(release: Path) -> bool:
    """Whether every file that the sums of a release name is there as it should be."""
    lines = (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    named = [line.split(maxsplit=1) for line in lines]
    return bool(named) and all(
        hashlib.sha256((release / name.lstrip("*")).read_bytes()).hexdigest() == sum for sum, name in named
    )


def assert_nothing_half_published(home: Path) -> None:
    """What readers see after a kill: whole releases only, and `latest` one of them."""
    releases = home / "releases"
    folders = [path for path in releases.glob("2026*") if path.is_dir()]
    assert [path.name for path in folders if not is_whole(path)] == []
    if (releases / "latest").is_symlink():
        assert (releases / "latest").resolve() in folders


def disturb(trial: Trial, undisturbed: Undisturbed, name: str, day: str, **kill: Any) -> str:
    """Spend `day` killed as told, look at what readers see, spend it again, and compare; return how the first ended."""
    home = trial.folder / name
    if day == SECOND:
        shutil.copytree(undisturbed.first, home, symlinks=True)
    trial.serve(day)
    outcome = trial.spend(home, day, **kill)["outcome"]
    assert_nothing_half_published(home)
    again = trial.spend(home, day)["outcome"]
    assert again in {"published", "unchanged"}
    wanted = undisturbed.second if day == SECOND else undisturbed.first
    found, right = published(home), published(wanted)
    assert sorted(found) == sorted(right)
    assert [file for file in right if found[file] != right[file]] == []
    assert memory(home) == memory(wanted)
    shutil.rmtree(home)
    return str(outcome)


def moments(seed: int, count: int, length: float) -> list[float]:
    """Return `count` moments of a night of that `length`, one drawn from each of as many equal parts."""
    drawn = random.Random(seed)
    return [length * (part + drawn.random()) / count for part in range(count)]


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_a_night_killed_at_any_step_on_the_disk_is_made_good(trial, undisturbed, day):
    steps = undisturbed.steps[day]
    ends = [
        disturb(trial, undisturbed, f"step-{at:.0f}", day, kill_at=max(1, int(at)))
        for at in moments(1, KILLS_AT_STEPS // 2, len(steps) * 0.95)
    ]
    print(f"{len(ends)} nights of {day} killed at one of {len(steps)} steps, {ends.count('killed')} before their end")
    assert ends.count("killed") == len(ends)


def test_a_night_killed_at_any_step_of_the_publication_is_made_good(trial, undisturbed):
    steps = undisturbed.steps[SECOND]
    [renaming] = [
        number for number, step in enumerate(steps, 1) if step.endswith(f".{SECOND}.new") and "rename" in step
    ]
    told = [step for step in steps if "index.json" in step or ".latest" in step]
    assert len(told) >= 4, told
    ends = []
    for at in range(renaming, min(renaming + 8, len(steps) - 1)):
        ends.append(disturb(trial, undisturbed, f"publication-{at}", SECOND, kill_at=at))
    assert ends == ["killed"] * 8


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_a_night_killed_at_any_time_is_made_good(trial, undisturbed, day):
    seconds = undisturbed.seconds[day]
    count = KILLS_IN_TIME // 2
    ends = []
    for number, part in enumerate(moments(2, count, 0.9)):
        ends.append(disturb(trial, undisturbed, f"time-{number}", day, kill_after=part * seconds))
        while ends[-1] != "killed" and seconds > 0.1:
            # The machine had more to do when the undisturbed night was timed: this one was over before its moment.
            seconds *= 0.7
            ends.append(disturb(trial, undisturbed, f"time-{number}", day, kill_after=part * seconds))
    print(
        f"{len(ends)} nights of {day} killed in their {seconds:.1f} s, {ends.count('killed')} of them before their end"
    )
    assert ends.count("killed") == count


def test_a_night_killed_again_and_again_is_made_good(trial, undisturbed):
    home = trial.folder / "stubborn"
    shutil.copytree(undisturbed.first, home, symlinks=True)
    trial.serve(SECOND)
    ends = [
        trial.spend(home, SECOND, kill_at=int(at))["outcome"] for at in moments(3, 6, len(undisturbed.steps[SECOND]))
    ]
    assert "killed" in ends
    assert_nothing_half_published(home)
    trial.spend(home, SECOND)
    assert published(home) == published(undisturbed.second)
