"""Work shared among processes: the same results in the same order, whatever becomes of a process."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from test_night import DAY, ROWS, add_source, ask, spend
from test_replay import published

from flows import build, merging, nightly
from flows.processes import in_order
from scrapers.record import RawRecord, RecordWriter, read_records, spans
from transforms.normalise.record import Normaliser, Rules
from warehouse.publish import assembly


def double(number: int) -> int:
    return 2 * number


def doomed(number: int) -> int:
    if number == 3 and multiprocessing.parent_process() is not None:
        os._exit(9)  # as when the system has no memory left
    return 2 * number


def refusing(number: int) -> int:
    raise ValueError(f"not {number}")


@pytest.mark.parametrize(("function", "processes"), [(double, 1), (double, 2), (doomed, 2)])
def test_results_come_in_the_order_of_the_jobs(function: object, processes: int) -> None:
    assert list(in_order(function, range(8), processes)) == [2 * number for number in range(8)]  # type: ignore[arg-type]


def test_what_a_job_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="not 0"):
        list(in_order(refusing, range(3), 2))


def test_spans_fall_on_records(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    records = [RawRecord("a", str(number), {"name": "é" * number}, "x", number) for number in range(1, 8)]
    with RecordWriter(path) as writer:
        for record in records:
            writer.write(record)
    parts = [list(read_records(path, span)) for span in spans(path, 3)]
    assert list(map(len, parts)) == [3, 3, 1]
    assert [record for part in parts for record in part] == records == list(read_records(path))
    path.write_text("")
    assert spans(path, 3) == []


def test_the_number_of_processes_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [(str(number), "", "Nantes", "44000") for number in range(10, 13)]
    more = [(str(number), f"Jardin numéro {number} des Possibles", "Nantes", "44000") for number in range(20, 30)]
    add_source(tmp_path / "catalogue", "alpha", ROWS + odd + more)
    add_source(tmp_path / "catalogue", "beta", ROWS)
    for module, name, value in ((build, "CHUNK", 3), (build, "WORTH", 0), (merging, "SPAN", 4)):
        monkeypatch.setattr(module, name, value)
    one = spend(tmp_path, processes=1)
    monkeypatch.setattr(assembly, "WORTH", 0)
    two = spend(tmp_path, home=tmp_path / "two", processes=2)
    assert one.built is not None
    assert two.built is not None
    assert (one.built.records, one.built.initiatives) == (two.built.records, two.built.initiatives) == (18, 14)
    assert dict(one.built.problems) == dict(two.built.problems)
    assert ask(tmp_path, "SELECT count(*) FROM issue WHERE code = 'no-name'") == [(3,)]
    assert published(tmp_path / "two") == published(tmp_path / "home")


def test_a_replay_by_several_processes_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_source(tmp_path / "catalogue", "beta", ROWS)
    add_source(tmp_path / "catalogue", "alpha", [*ROWS, ("9", "Le Fournil des Possibles", "Nantes", "44000")])
    spend(tmp_path)
    (tmp_path / "catalogue" / "beta" / "source.toml").write_text("no definition", encoding="utf-8")
    add_source(tmp_path / "catalogue", "gamma", ROWS)  # of which there is no archive
    replay = {"mode": "replay", "replay_from": tmp_path / "home" / "archive"}
    one = spend(tmp_path, home=tmp_path / "one", processes=1, **replay)
    started: list[int] = []
    monkeypatch.setattr(nightly, "WORTH", 0)
    monkeypatch.setattr(nightly, "in_order", lambda *jobs: started.append(jobs[2]) or in_order(*jobs))
    two = spend(tmp_path, home=tmp_path / "two", processes=2, **replay)
    assert started == [2]
    assert [(state.source_id, state.outcome) for state in two.states] == [("alpha", "good"), ("gamma", "failed")]
    assert two.states == one.states
    assert published(tmp_path / "two", str(DAY)) == published(tmp_path / "one", str(DAY))


def test_parts_of_a_source_tell_what_the_whole_would() -> None:
    rules = Rules("a", True, "FR", lookups={"themes": {}}, corrections={("9", "name"): ("x", "y")})
    cut = "Association pour la promotion des jardins "
    private = {"themes": ["autre"], "email": "jeanne.x@example.org"}
    records = [
        RawRecord("a", str(number), {"name": f"{cut}{number:02}"} | private, "", number) for number in range(1, 8)
    ]
    whole, first, second = Normaliser(rules), Normaliser(rules), Normaliser(rules)
    for record in records:
        whole.clean(record)
        (first if record.position < 4 else second).clean(record)
    first.absorb(second)
    told = list(whole.problems())
    assert list(first.problems()) == told
    assert {"unknown-value", "correction-unused", "private-contact", "name-truncated"} <= {each.code for each in told}
