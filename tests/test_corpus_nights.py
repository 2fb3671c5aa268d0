"""Two nights on real files, the second a hard one: what was done to the sources is what is told, and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import nightly
from flows.report import Night
from flows.settings import Settings

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or ROOT.parent / "shared" / "corpus")
DEAD, HALVED, RENAMED, REORDERED = "scop-tech", "nantes-reemploi", "food-coops-us", "nantes-zero-dechet"
STEADY = ("cis-ffe", "nantes-tricyclerie", "bfc-ternum")
"""Sources that stand as they are, two of them around the halved and the reordered one."""
PARTED = ("food-coops-us", "5453")
DAY = dt.date(2026, 3, 1)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS"),
]


def renamed(name: str) -> str:
    """Another name, its first word another one in the same way for all: two names are as alike as they were."""
    first, space, rest = name.partition(" ")
    return f"{first}elo{space}{rest}"


class Nights:
    """A home with two nights, and the files of the sources that something happens to in between."""

    def __init__(self, folder: Path) -> None:
        self.catalogue, self.home = folder / "catalogue", folder / "home"
        for id in (DEAD, HALVED, RENAMED, REORDERED, *STEADY):
            shutil.copytree(ROOT / "tests" / "corpus_catalogue" / id, self.catalogue / id)
        self.files = {id: self.own_file(id) for id in (DEAD, HALVED, RENAMED, REORDERED)}
        for id in STEADY:
            self.own_file(id)
        self.first = self.spend(0)
        self.files[DEAD].write_text("<!doctype html><title>Domain for sale</title>", encoding="utf-8")
        told = json.loads(self.files[HALVED].read_text(encoding="utf-8"))
        told["features"] = told["features"][::2]
        self.files[HALVED].write_text(json.dumps(told), encoding="utf-8")
        rows = json.loads(self.files[RENAMED].read_text(encoding="utf-8"))
        self.files[RENAMED].write_text(json.dumps([row | {"name": renamed(row["name"])} for row in rows]))
        self.reverse(self.files[REORDERED])
        self.second = self.spend(1)

    def own_file(self, id: str) -> Path:
        definition = self.catalogue / id / "source.toml"
        text = definition.read_text(encoding="utf-8")
        [named] = re.findall(r'^path = "\$\{ESSAIM_CORPUS:-[^}]*\}/([^"]+)"', text, re.MULTILINE)
        path = self.catalogue / id / Path(named).name
        path.write_bytes((CORPUS / named).read_bytes())
        text = re.sub(r'^path = "\$\{ESSAIM_CORPUS[^"]+"', f'path = "{path.name}"', text, flags=re.MULTILINE)
        definition.write_text(text, encoding="utf-8")
        return path

    def reverse(self, path: Path) -> None:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = csv.Sniffer().sniff(file.readline()).delimiter
            file.seek(0)
            head, *rows = csv.reader(file, delimiter=delimiter)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows([head, *rows[::-1]])

    def spend(self, day: int) -> Night:
        as_of = DAY + dt.timedelta(day)
        return nightly.run(Settings(home=self.home, as_of=as_of, catalogue=self.catalogue), prefect=False)

    def ask(self, sql: str, day: int) -> list[tuple[Any, ...]]:
        path = self.home / "releases" / (DAY + dt.timedelta(day)).isoformat() / "essaim.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(tmp_path_factory.mktemp("corpus-nights"))


def test_both_nights_are_published_and_tell_who_failed(nights: Nights) -> None:
    assert {state.outcome for state in nights.first.states} == {"good"}
    assert (nights.first.outcome, nights.second.outcome) == ("published", "published")
    outcomes = {state.source_id: state.outcome for state in nights.second.states}
    assert {id for id, outcome in outcomes.items() if outcome != "good"} == {DEAD, HALVED}
    assert (outcomes[DEAD], outcomes[HALVED]) == ("stale", "stale")


def test_every_id_holds(nights: Nights) -> None:
    ids = "SELECT source_id, record_key, initiative_id FROM record ORDER BY ALL"
    assert len(nights.ask(ids, 0)) > 1_500
    parted = set(nights.ask(ids, 1)) - set(nights.ask(ids, 0))
    # "Port Townsend Food Co-op" and "The Food Co-op", one door: under other names they have nothing in common any more.
    assert [(source, key) for source, key, _ in parted] in ([], [PARTED])
    assert nights.ask("SELECT count(*) FROM moved_id", 1) == [(0,)]


def test_the_dead_source_stands_with_its_age(nights: Nights) -> None:
    age = f"SELECT DISTINCT stale_since, checked_on FROM record WHERE source_id = '{DEAD}'"
    assert nights.ask(age, 1) == [(DAY + dt.timedelta(1), DAY)]
    count = f"SELECT count(*) FROM record WHERE source_id = '{DEAD}'"
    assert nights.ask(count, 1) == nights.ask(count, 0) > [(150,)]


def test_the_halved_source_is_held_back_by_its_gate(nights: Nights) -> None:
    [state] = [state for state in nights.second.states if state.source_id == HALVED]
    assert {check.rule for check in state.checks if check.holds_back} >= {"rows-min", "drop"}


def test_the_changes_are_exactly_those_made(nights: Nights) -> None:
    told = nights.ask("SELECT kind, field, before, after FROM change", 1)
    assert {(kind, field) for kind, field, *_ in told} <= {("changed", "name"), ("split", "")}
    assert sum(kind == "split" for kind, *_ in told) <= 1
    told = [each for each in told if each[0] == "changed"]
    assert all(after == renamed(before) for _, _, before, after in told)
    touched = f"SELECT count(*) FROM initiative WHERE list_contains(source_ids, '{RENAMED}')"
    assert [(len(told),)] == nights.ask(touched, 0)


def test_what_is_alike_is_told_and_is_never_one_of_its_own(nights: Nights) -> None:
    rows = 'FROM "similar" s JOIN initiative a USING (initiative_id) JOIN initiative b ON b.initiative_id = similar_id'
    [(count, least, most)] = nights.ask(f"SELECT count(*), min(score), max(score) {rows}", 1)
    assert count > 500
    assert 0.15 <= least <= most < 0.931
    assert nights.ask(f"SELECT count(*) {rows} WHERE s.initiative_id = similar_id", 1) == [(0,)]
    assert nights.ask(f"SELECT count(*) {rows} WHERE a.siren = b.siren", 1) == [(0,)]
    assert nights.ask("SELECT max(distance_km) FROM \"similar\" WHERE scope = 'nearby'", 1) <= [(30.0,)]
