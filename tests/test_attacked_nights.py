"""Nights that would do harm in silence: a clock that goes back, contents exchanged or doubled, limits that all end."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_hard_nights import IDS, TOWNS, Nights, Rows, outcomes
from test_night import add_source, write
from typer.testing import CliRunner

from flows.cli import app
from flows.clock import ClockError
from flows.report import Night

TRADES = ["du vélo", "des semences", "de la laine", "du bois"]


def rows(what: str, count: int, shift: int) -> Rows:
    """So many places, `shift` towns further on than the numbers of their keys."""
    towns = [TOWNS[(n + shift) % 10] for n in range(count)]
    return [(str(n), f"{what} {TRADES[n // 10]} de {town[0]}", *town) for n, town in enumerate(towns)]


ONE, OTHER = rows("Atelier", 40, 0), rows("Grainothèque", 40, 3)
SMALL = rows("Brasserie associative", 12, 5)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """A home after one night with three sources."""
    folder = tmp_path_factory.mktemp("attacked")
    nights = Nights(folder, folder / "home", [])
    for id, told in (("one", ONE), ("other", OTHER), ("small", SMALL)):
        add_source(folder / "catalogue", id, told)
    nights.told.append(nights.spend())
    assert nights.told[0].outcome == "published"
    return nights


@pytest.fixture
def nights(first: Nights, tmp_path: Path) -> Nights:
    """The same home and catalogue, to do with as one likes."""
    shutil.copytree(first.home, tmp_path / "home", symlinks=True)
    shutil.copytree(first.folder / "catalogue", tmp_path / "catalogue")
    return Nights(tmp_path, tmp_path / "home", list(first.told))


def held(night: Night, id: str) -> list[str]:
    """The rules that held a source back."""
    [state] = [state for state in night.states if state.source_id == id]
    return [check.rule for check in state.checks if check.holds_back]


def test_a_night_before_the_last_release_is_refused(nights: Nights) -> None:
    before = sorted(path.name for path in nights.home.rglob("*"))
    write(nights.folder / "catalogue" / "small", SMALL[:11])
    with pytest.raises(
        ClockError, match=r"take a home of its own: essaim run --home OTHER --replay .*--as-of 2026-02-27"
    ):
        nights.spend(day=-2)
    with pytest.raises(ClockError, match="is the clock of this machine right"):
        nights.spend(day=-1, mode="replay")
    assert sorted(path.name for path in nights.home.rglob("*")) == before
    again = ["run", "--home", str(nights.home), "--catalogue", str(nights.folder / "catalogue"), "--as-of"]
    assert CliRunner().invoke(app, [*again, "2026-02-28"]).exception.__class__ is ClockError
    assert nights.spend(day=0).release is not None  # the same night again
    assert nights.ask("SELECT count(*) FROM record WHERE source_id = 'small'") == [(11,)]
    assert nights.spend(nights.folder / "own", day=-400).outcome == "published"


def test_two_sources_that_exchange_their_contents_are_held_back(nights: Nights) -> None:
    write(nights.folder / "catalogue" / "one", OTHER)
    write(nights.folder / "catalogue" / "other", ONE)
    night = nights.spend()
    assert (held(night, "one"), held(night, "other")) == (["content-swapped"], ["content-swapped"])
    assert nights.ask("SELECT count(*) FROM change") == [(0,)]
    assert nights.ask(IDS) == nights.ask(IDS, 0)
    accept = [f"{id},content-swapped,camille,2026-03-03,they did" for id in ("one", "other")]
    nights.decide("accepted.csv", "source_id,rule,who,decided_on,why", *accept)
    night = nights.spend(day=2)
    assert outcomes(night) == {"one": "good", "other": "good", "small": "good"}
    assert nights.ask("SELECT count(*) FROM change WHERE field = 'name'") == [(80,)]


def test_a_list_of_another_site_is_held_back(nights: Nights) -> None:
    write(nights.folder / "catalogue" / "one", [(f"x{key}", *rest) for key, *rest in OTHER])  # type: ignore[misc]
    write(nights.folder / "catalogue" / "small", OTHER[:12])
    night = nights.spend()
    assert (held(night, "one"), held(night, "small")) == (["keys-changed"], ["content-swapped"])
    assert nights.ask(IDS) == nights.ask(IDS, 0)


def test_rows_that_slip_below_their_keys_are_held_back(nights: Nights) -> None:
    keys = [key for key, *_ in ONE]
    random.Random(1).shuffle(keys)
    write(nights.folder / "catalogue" / "one", [(key, *rest) for key, (_, *rest) in zip(keys, ONE, strict=True)])  # type: ignore[misc]
    assert held(nights.spend(), "one") == ["content-swapped"]


def test_every_row_twice_is_held_back(nights: Nights) -> None:
    write(nights.folder / "catalogue" / "small", [*SMALL, *((f"n{key}", *rest) for key, *rest in SMALL)])  # type: ignore[list-item]
    assert held(nights.spend(), "small") == ["growth", "duplicates"]
    assert nights.ask(IDS) == nights.ask(IDS, 0)


def test_an_honest_renaming_passes_and_keeps_the_ids(nights: Nights) -> None:
    write(
        nights.folder / "catalogue" / "one", [(key, name.replace("Atelier", "Fabrique"), *at) for key, name, *at in ONE]
    )  # type: ignore[misc]
    night = nights.spend()
    assert outcomes(night)["one"] == "good"
    assert nights.ask(IDS) == nights.ask(IDS, 0)
    assert nights.ask("SELECT DISTINCT kind, field FROM change") == [("changed", "name")]


def test_a_leap_of_a_year_withdraws_nothing_in_silence(nights: Nights) -> None:
    for id in ("one", "other", "small"):
        (nights.folder / "catalogue" / id / "places.csv").write_text("<!doctype html><title>Gone</title>", "utf-8")
    nights.told.append(nights.spend())
    assert set(outcomes(nights.told[-1]).values()) == {"stale"}
    write(nights.folder / "catalogue" / "other", OTHER)
    night = nights.spend(day=366)
    assert outcomes(night) == {"one": "withdrawn", "other": "good", "small": "withdrawn"}
    assert night.release is None
    assert night.faults[0].startswith("40 initiatives, 92 in the last release")
    assert {problem.code for problem in night.failures()} >= {"withdrawn"}


def test_two_of_a_source_stay_two_when_their_names_come_nearer(nights: Nights) -> None:
    towns = [
        *SMALL,
        ("s", "Épicerie coopérative des Halles", "Cholet", "49300"),
        ("c", "Café des Halles", "Cholet", "49300"),
    ]
    write(nights.folder / "catalogue" / "small", towns)
    nights.told.append(nights.spend())
    ids = nights.ask(IDS)
    write(
        nights.folder / "catalogue" / "small",
        [*towns[:-1], ("c", "Épicerie coopérative des Halles", "Cholet", "49300")],
    )
    nights.told.append(nights.spend())
    assert nights.ask(IDS) == ids
    assert nights.ask("SELECT count(*) FROM moved_id") == [(0,)]
    # New to both, one name in one town is one: nothing was known of them before.
    fresh = nights.folder / "fresh"
    nights.spend(fresh)
    one = "SELECT count(DISTINCT initiative_id) FROM record WHERE record_key IN ('c', 's')"
    assert nights.ask(one, home=fresh) == [(1,)]


# ------------------------------------------------------------------------------------------------ lives, night by night


Event = tuple[str, int]
EVENTS = st.tuples(
    st.sampled_from(["reorder", "rename", "move", "lose", "find", "judge", "unjudge"]), st.integers(0, 11)
)


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(EVENTS, min_size=2, max_size=3))
def test_ids_hold_through_lives_of_whole_nights(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    folder = tmp_path_factory.mktemp("lives")
    nights = Nights(folder, folder / "home", [])
    told = {"one": list(ONE[:12]), "small": list(SMALL)}
    for id, rows in told.items():
        add_source(folder / "catalogue", id, rows)
    nights.told.append(nights.spend())
    seen: dict[tuple[str, str], str] = {}
    check(nights, seen)
    for event, number in events:
        happen(nights, told, event, number)
        nights.told.append(nights.spend())
        check(nights, seen)


def happen(nights: Nights, told: dict[str, Rows], event: str, number: int) -> None:
    """Let something happen before the next night."""
    rows = told["small"]
    if event == "reorder":
        rows.reverse()
    elif event in {"rename", "move"}:
        key, name, town, postcode = rows[number]
        rows[number] = (
            (key, f"Maison {name}", town, postcode) if event == "rename" else (key, name, *TOWNS[number % 10])
        )
    elif event == "judge":
        head = "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why"
        nights.decide("judgements.csv", head, f"one,{number},small,{number},same,camille,2026-03-01,seen")
    elif event == "unjudge":
        nights.decide(
            "judgements.csv",
            "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why",
        )
    write(nights.folder / "catalogue" / "small", rows)
    if event == "lose":
        (nights.folder / "catalogue" / "small" / "places.csv").write_text("<!doctype html><title>Gone</title>", "utf-8")


def check(nights: Nights, seen: dict[tuple[str, str], str]) -> None:
    """Every record is here; its id is the one it had, or leads to it, or lives on with those it parted from."""
    now = {(source, key): id for source, key, id in nights.ask(IDS)}
    moved = dict(nights.ask("SELECT old_id, new_id FROM moved_id"))
    assert len(now) == 24
    for record, id in seen.items():
        assert now[record] == id or moved.get(id) == now[record] or id in now.values(), record
    seen |= now
