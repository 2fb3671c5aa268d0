"""Nights on which every fault strikes at once, each another source; and nights whose own means fail."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from door_faults import FAULTS, Fault
from fake_geocoder import FakeGeocoder, Hit, Manner, running_geocoder
from fault_kit import KINDS, Sound, settle
from site_kit import Site, closed_port, running_site, self_signed, speaks_tls
from test_night import ROWS, add_source, write

from flows import nightly
from flows.report import Night
from flows.settings import Settings
from scrapers.kinds import item
from scrapers.response import Manners

DAY = dt.date(2026, 3, 1)
NEXT = DAY + dt.timedelta(1)


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "releases" / "latest" / "essaim.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# ------------------------------------------------------------------------------------- every fault on one night


@dataclass(frozen=True, slots=True)
class Struck:
    """A source that a fault strikes on the second night."""

    id: str
    kind: str
    fault: Fault
    site: Site
    sound: Sound


@dataclass(slots=True)
class TwoNights:
    """A night on which all is well, and one on which every fault strikes a source of its own."""

    home: Path
    struck: list[Struck]
    first: Night
    second: Night
    before: list[tuple[Any, ...]]


RECORDS = "SELECT source_id, record_key, initiative_id, name, commune, url FROM record ORDER BY ALL"


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNights]:
    folder = tmp_path_factory.mktemp("nights")
    catalogue, home, kinds = folder / "catalogue", folder / "home", list(KINDS)
    with ExitStack() as open_sites, pytest.MonkeyPatch.context() as patch:
        patch.setattr(item, "UNPACKED_LIMIT", 2_000_000)
        secure = open_sites.enter_context(running_site())
        speaks_tls(secure, self_signed(folder / "certificate.pem"))
        allowed, struck = {secure.host}, []
        for kind in kinds:
            site = open_sites.enter_context(running_site())
            site.pages = settle(kind, site.url, catalogue, f"sound-{kind}").pages()
            allowed.add(site.host)
        for number, fault in enumerate(FAULTS):
            kind, id = kinds[number % len(kinds)], f"struck-{fault.name}"
            site = open_sites.enter_context(running_site())
            sound = settle(kind, site.url, catalogue, id)
            site.pages = sound.pages()
            allowed.add(site.host)
            struck.append(Struck(id, kind, fault, site, sound))
        closed = f"127.0.0.1:{open_sites.enter_context(closed_port())}"
        manners = Manners(
            requests_per_second=500.0, retries=0, read_timeout=5.0, max_seconds=10.0, max_bytes=2_000_000,
            allowed_hosts=frozenset({*allowed, closed}),
        )  # fmt: skip
        first = nightly.run(Settings(home, DAY, catalogue, manners=manners), prefect=False)
        before = ask(home, RECORDS)
        for each in struck:
            bases = {
                "closed": f"http://{closed}",
                "plain": f"https://{each.site.host}",
                "tls": f"https://{secure.host}",
            }
            sound = each.sound
            if each.fault.base:
                shutil.rmtree(catalogue / each.id)
                sound = settle(each.kind, bases.get(each.fault.base, each.fault.base), catalogue, each.id)
            each.site.pages = each.fault.pages(sound)
        second = nightly.run(Settings(home, NEXT, catalogue, manners=manners), prefect=False)
        yield TwoNights(home, struck, first, second, before)


def outcomes(night: Night) -> dict[str, str]:
    return {state.source_id: state.outcome for state in night.states}


def told_in_report(nights: TwoNights) -> dict[str, dict[str, Any]]:
    path = nights.home / "runs" / NEXT.isoformat() / "report.json"
    return {each["source_id"]: each for each in json.loads(path.read_text(encoding="utf-8"))["failures"]}


def failed(nights: TwoNights) -> list[Struck]:
    """The sources whose fault cannot be read past, and the others that were refused."""
    return [each for each in nights.struck if outcomes(nights.second)[each.id] != "good"]


def test_the_night_before_all_is_well(nights: TwoNights) -> None:
    assert nights.first.outcome == "published"
    assert set(outcomes(nights.first).values()) == {"good"}
    assert len(nights.first.states) == len(FAULTS) + len(KINDS)


def test_the_others_are_not_concerned(nights: TwoNights) -> None:
    ended = outcomes(nights.second)
    assert {id: ended[id] for id in ended if id.startswith("sound-")} == {f"sound-{kind}": "good" for kind in KINDS}
    assert {each.fault.name for each in nights.struck} - {each.fault.name for each in failed(nights)} <= {
        fault.name for fault in FAULTS if fault.passes
    }


def test_the_night_ends_well_and_publishes(nights: TwoNights) -> None:
    assert (nights.second.outcome, nights.second.exit_status) == ("published", 0)


def test_every_reason_stands_in_the_report_with_a_remedy(nights: TwoNights) -> None:
    told = told_in_report(nights)
    assert set(told) == {each.id for each in failed(nights)}
    text = (nights.home / "runs" / NEXT.isoformat() / "report.md").read_text(encoding="utf-8")
    for each in failed(nights):
        problem = told[each.id]
        assert problem["code"] in each.fault.names(each.kind), problem
        assert problem["message"]
        assert problem["remedy"]
        assert f"- **{each.id}** ({problem['code']}): " in text


def test_the_last_good_data_is_kept_with_its_age(nights: TwoNights) -> None:
    assert ask(nights.home, RECORDS) == nights.before
    ages = "SELECT source_id, stale_since, checked_on FROM source WHERE records > 0"
    stale = {each.id for each in failed(nights)}
    for id, since, checked in ask(nights.home, ages):
        assert (since, checked) == ((NEXT, DAY) if id in stale else (None, NEXT)), id
    told = ask(
        nights.home, "SELECT DISTINCT source_id, stale_since FROM initiative_source WHERE stale_since IS NOT NULL"
    )
    assert set(told) == {(id, NEXT) for id in stale}


def test_what_a_source_said_when_it_failed_is_kept_to_look_at(nights: TwoNights) -> None:
    for each in failed(nights):
        kept = nights.home / "archive" / each.id
        assert (kept / f"{DAY}.warc.gz").is_file()
        assert not (kept / f"{NEXT}.warc.gz").exists()


# ----------------------------------------------------------------------------------------- our own means fail


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home after its first good night, with something new to publish."""
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    assert spend(tmp_path / "home", DAY).outcome == "published"
    write(tmp_path / "catalogue" / "alpha", [*ROWS, ("5", "La Halte", "Metz", "57000")])
    return tmp_path / "home"


def spend(home: Path, day: dt.date = NEXT, **more: Any) -> Night:
    return nightly.run(Settings(home, day, home.parent / "catalogue", **more), prefect=False)


HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("file", ["essaim.duckdb", "releases/latest/essaim.duckdb"])
def test_a_reader_of_the_warehouse_holds_no_night_up(home: Path, file: str) -> None:
    with held(home / file, "read"):
        night = spend(home)
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert ask(home, "SELECT count(*) FROM initiative") == [(5,)]


@pytest.fixture(scope="module")
def service() -> Iterator[FakeGeocoder]:
    with running_geocoder() as running:
        yield running


class held:  # used as a function
    """Another process that has a database open, to read or to write it."""

    def __init__(self, path: Path, how: str) -> None:
        self._command = [sys.executable, "-c", HOLD, str(path), how]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"

    def __exit__(self, *error: object) -> None:
        self._process.communicate("")


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """A catalogue of two places with streets; returns the home."""
    folder = add_source(tmp_path / "catalogue", "alpha", ROWS)
    text = (folder / "source.toml").read_text(encoding="utf-8")
    (folder / "source.toml").write_text(text.replace('postcode = "cp"', 'address = "cp"'), encoding="utf-8")
    write(
        folder, [("1", "La Recyclerie", "Cholet", "12 rue Nationale"), ("2", "Le Jardin", "Nantes", "5 rue Crébillon")]
    )
    return tmp_path / "home"


WHERE = "SELECT name, insee_code, round(latitude, 2), round(longitude, 2), geo_precision FROM initiative ORDER BY 1"
DOWN = {
    "refused": None,
    "429": Manner(status=429, headers={"Retry-After": "86400"}),
    "silent": Manner(silent=True),
    "web-page": Manner(page=b"<!doctype html><title>Maintenance</title>"),
    "cut table": Manner(page=b'key,address,latitude,longitude,result_score,result_status\n"1,'),
    "deep": Manner(page=b"[" * 100_000),
}


@pytest.mark.parametrize("mood", DOWN)
def test_without_the_geocoder_places_stand_in_their_commune(streets: Path, service: FakeGeocoder, mood: str) -> None:
    manner, url = DOWN[mood], service.url
    service.manner = manner or Manner()
    with closed_port() as port:
        if manner is None:
            url = f"http://127.0.0.1:{port}/geocodage"
        manners = service.manners(allowed_hosts=frozenset({url.split("/")[2]}), read_timeout=0.5)
        night = spend(streets, DAY, geocoder=url, manners=manners)
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert [row[1:2] + row[4:] for row in ask(streets, WHERE)] == [("44109", "commune"), ("49099", "commune")][::-1]
    [problem] = [each for each in night.failures() if each.source_id == "geocoder"]
    assert problem.message
    assert problem.remedy
    assert "**geocoder**" in (streets / "runs" / DAY.isoformat() / "report.md").read_text(encoding="utf-8")


LIES = {
    "another town": Hit("13055", 43.2965, 5.3698, "Rue Nationale", "lie", number="12", city="Marseille"),
    "the right town, a point far away": Hit("49099", 43.2965, 5.3698, "Rue Nationale", number="12", city="Cholet"),
    "turned round": Hit("49099", -0.8790, 47.0605, "Rue Nationale", number="12", city="Cholet"),
    "zero island": Hit("49099", 0.0, 0.0, "Rue Nationale", number="12", city="Cholet"),
    "no number": Hit("49099", float("nan"), float("inf"), "Rue Nationale", number="12", city="Cholet"),
    "off the earth": Hit("49099", 1e308, -1e308, "Rue Nationale", number="12", city="Cholet"),
    "another street": Hit("49099", 47.0605, -0.8790, "Impasse des Lilas", number="99", city="Cholet"),
    "a bad guess": Hit("49099", 47.0605, -0.8790, "Rue Nationale", number="12", city="Cholet", score=0.05),
    "a score of nonsense": Hit("49099", 47.0605, -0.8790, "Rue X", number="12", city="Cholet", score=float("nan")),
}


def test_a_lying_geocoder_is_not_believed(streets: Path, service: FakeGeocoder) -> None:
    rows = [(str(n), f"Lieu {n}", "Cholet", f"{n} rue Nationale") for n in range(1, len(LIES) + 1)]
    write(streets.parent / "catalogue" / "alpha", rows)
    service.manner = Manner()
    service.batches.clear()
    service.streets = {f"{n} rue nationale cholet": hit for n, hit in enumerate(LIES.values(), 1)}
    night = spend(streets, DAY, geocoder=service.url, manners=service.manners())
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert len(service.rows) == len(LIES)
    spend(streets.with_name("unasked"), DAY)
    assert ask(streets, WHERE) == ask(streets.with_name("unasked"), WHERE)


def test_an_honest_geocoder_is_believed(streets: Path, service: FakeGeocoder) -> None:
    service.manner = Manner()
    service.streets = {
        "12 rue nationale cholet": Hit("49099", 47.0605, -0.879, "Rue Nationale", number="12", city="Cholet")
    }
    spend(streets, DAY, geocoder=service.url, manners=service.manners())
    assert {row[4] for row in ask(streets, WHERE)} == {"housenumber", "commune"}


def test_answers_of_the_geocoder_that_another_process_holds(streets: Path, service: FakeGeocoder) -> None:
    service.manner = Manner()
    spend(streets, DAY, geocoder=service.url, manners=service.manners())
    with held(streets / "geocoder.duckdb", "write"):
        night = spend(streets, NEXT, geocoder=service.url, manners=service.manners())
    assert night.exit_status == 0
    assert [each.source_id for each in night.failures()] == ["geocoder"]


@pytest.mark.parametrize("name", ["archive", "releases"])
def test_a_folder_that_cannot_be_written_spoils_nothing(home: Path, name: str) -> None:
    """A file stands where the folder should be: no right of root gets past that."""
    before = ask(home, WHERE)
    (home / name).rename(home / f"{name}.aside")
    (home / name).write_text("in the way", encoding="utf-8")
    command = [sys.executable, "-m", "flows.cli", "run", "--home", str(home), "--as-of", NEXT.isoformat(),
               "--catalogue", str(home.parent / "catalogue")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (home / name).unlink()
    (home / f"{name}.aside").rename(home / name)
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert done.returncode in {0, 1, 2}
    assert name in done.stdout + done.stderr
    assert ask(home, WHERE) == before or done.returncode == 0
    assert spend(home, NEXT + dt.timedelta(1)).exit_status == 0
    assert ask(home, "SELECT count(*) FROM initiative") == [(5,)]
