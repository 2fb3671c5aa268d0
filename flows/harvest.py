"""One source of a night: visited, archived, put to its gate, and its last good rows kept whatever happens."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from flows.gates import gate_problems, portrait_of, source_gate
from flows.replay import NIGHTS, archive_of, read_on
from flows.settings import Settings
from scrapers.archive import ArchiveWriter
from scrapers.fetch import Door, network_door, replay_door, sample_door
from scrapers.kinds import Findings, stream_source
from scrapers.memo import Memo
from scrapers.problems import DefinitionError, Problem, SourceError
from scrapers.record import RawRecord, RecordWriter
from scrapers.response import Traffic
from scrapers.source import Source
from warehouse.decisions import DecisionError
from warehouse.gate import Check, outlived
from warehouse.portrait import Portrait, Sitting

Outcome = Literal["good", "stale", "failed", "withdrawn"]
KEPT_RUNS = 10


@dataclass(frozen=True, slots=True)
class State:
    """How a source stands after a night.

    good: read well tonight; stale: failed, its last good rows stand; failed: no rows to stand on; withdrawn: failed
    for longer than its limit, its rows are gone. `read` counts records met, `records` those kept; `good_runs` holds
    the last good nights and their counts, oldest first; `traffic` is what the night moved over the network, or None;
    `checks` what the gate measured, if it came to that.
    """

    source_id: str
    outcome: Outcome
    records: int
    read: int
    checked_on: dt.date | None
    stale_since: dt.date | None
    problems: list[Problem] = field(default_factory=list)
    good_runs: list[tuple[str, int]] = field(default_factory=list)
    traffic: Traffic | None = None
    checks: list[Check] = field(default_factory=list)

    @property
    def has_rows(self) -> bool:
        """Whether there are rows to publish."""
        return self.outcome in {"good", "stale"}


EVERY_DAYS = {"daily": 1, "weekly": 7, "monthly": 28}


def visited(source: Source, settings: Settings) -> bool:
    """Whether `source` is visited tonight: when it was asked for by id, or else when its schedule says so.

    Local files, samples and archives cost nobody anything and are always read. A source that failed is tried again
    the next night, whatever its schedule.
    """
    if settings.sources:
        return source.id in settings.sources
    if settings.mode == "replay" and source.schedule == "never":
        return archive_of(source.id, settings) is not None
    if settings.mode != "network" or source.fetch.path is not None:
        return True
    if source.schedule == "never":
        return False
    before = load_state(source.id, settings)
    if before is None or before.outcome != "good" or before.checked_on is None:
        return True
    return (settings.as_of - before.checked_on).days >= EVERY_DAYS[source.schedule]


def concerned(source: Source, settings: Settings) -> bool:
    """Whether tonight's release concerns `source`: it is visited, or it has rows of an earlier night."""
    if visited(source, settings):
        return True
    before = load_state(source.id, settings)
    return before is not None and before.has_rows


def harvest(source: Source, settings: Settings) -> State:
    """Visit `source` if tonight is its night, and return how it stands; never raises for what a source may do."""
    before = load_state(source.id, settings)
    if before is not None and not visited(source, settings):
        return before
    read, traffic = 0, Traffic()
    try:
        found, checks = _visit(source, settings, before, traffic)
        found.problems.extend(gate_problems(source, checks))
        state = replace(_keep(source, settings, found, before, checks), checks=checks)
    except _NotBelievedError as doubt:
        read = doubt.found.read
        problems = [*doubt.found.problems, *gate_problems(source, doubt.checks)]
        state = replace(_fall_back(source, settings, problems, before, read), checks=doubt.checks)
    except SourceError as error:
        state = _fall_back(source, settings, [error.problem(source.id)], before, read)
    except DefinitionError as error:
        message = str(error).replace(f"{source.folder.parent}/", "")
        problem = Problem(source.id, "definition", message, "error", "mend the definition, or put the file there")
        state = _fall_back(source, settings, [problem], before, read)
    except DecisionError as error:
        problem = Problem(source.id, "decisions", str(error), "error", "mend that line in warehouse/decisions")
        state = _fall_back(source, settings, [problem], before, read)
    except Exception as error:
        # The last resort that keeps one source from stopping the night: a fault of ours, reported as such.
        message = f"reading it raised {type(error).__name__}: {error}"
        problem = Problem(source.id, "internal", message, "error", "report this: it is a fault of Essaim")
        state = _fall_back(source, settings, [problem], before, read)
    finally:
        _aside(source, settings).unlink(missing_ok=True)
    lost = [problem for problem in before.problems if problem.code == "state-lost"] if before else []
    state = replace(state, traffic=traffic if traffic.requests else None, problems=[*lost, *state.problems])
    _save_state(state, settings)
    return state


class _NotBelievedError(Exception):
    """The gate of a source does not believe what was read."""

    def __init__(self, found: Findings, checks: list[Check]) -> None:
        super().__init__("; ".join(check.told for check in checks if check.holds_back))
        self.found, self.checks = found, checks


def _visit(source: Source, settings: Settings, before: State | None, traffic: Traffic) -> tuple[Findings, list[Check]]:
    """Read the source into a file beside its last good rows; return what was found, and what the gate said of it."""
    with _door(source, settings) as door:
        door.traffic = traffic  # so that it is known even if the visit fails
        rows, sitting = _aside(source, settings), Sitting[int]()
        with RecordWriter(rows) as records:

            def keep(record: RawRecord) -> None:
                sitting.see(record.key, record.fields, records.write(record))

            found = stream_source(source, door, keep)
        checks = _gate_faults(source, portrait_of(sitting, rows), before, settings)
        if any(check.holds_back for check in checks):
            raise _NotBelievedError(found, checks)
        return found, checks


@contextmanager
def _door(source: Source, settings: Settings) -> Iterator[Door]:
    """Open the door that the night's mode asks for; what comes through is archived unless it is a replay."""
    folder = settings.archive / source.id
    if settings.mode == "replay":
        replayed = archive_of(source.id, settings)
        if replayed is None:
            until = f" of {settings.replay_until} or before" if settings.replay_until else ""
            message = f"there is no archive{until} of this source"
            raise SourceError("not-archived", message, "run once with the network on")
        with replay_door(replayed) as door:
            yield door
        return
    previous = max(folder.glob(NIGHTS), default=None)
    archive = ArchiveWriter(folder / f"{settings.as_of.isoformat()}.warc.gz")
    memo = Memo(settings.staging / f"{source.id}.memo", source)
    try:
        with _live_door(source, settings, archive, previous) as door:
            door.memo = memo
            yield door
    except BaseException:
        # What a source said when it failed or was not believed is kept too, under a name that no replay takes.
        archive.keep(folder / f"{settings.as_of.isoformat()}.failed.warc.gz")
        memo.close()
        raise
    archive.keep()
    memo.keep()


def _live_door(source: Source, settings: Settings, archive: ArchiveWriter, previous: Path | None) -> Door:
    """A door to the network, or to the sample; `previous` is the archive of the last good night."""
    if settings.mode == "network" or source.fetch.path is not None:
        return network_door(settings.manners, archive, previous=previous)
    if source.sample is None:
        raise SourceError("no-sample", "it has no sample to read", "add one, or run with the network on")
    folder = source.folder / "sample"
    return sample_door({address: folder / name for address, name in source.sample.pages.items()}, archive)


def _gate_faults(source: Source, now: Portrait, before: State | None, settings: Settings) -> list[Check]:
    """Put what was read to the gate, beside the last good rows where these still stand."""
    history = [count for _, count in before.good_runs] if before else []
    last_good = staged(source.id, settings) if before is not None and before.has_rows else None
    return source_gate(source, now, last_good, history, settings)


def _keep(source: Source, settings: Settings, found: Findings, before: State | None, checks: list[Check]) -> State:
    """Put what was read in the place of the last good rows."""
    _aside(source, settings).replace(staged(source.id, settings))
    checked_on = read_on(source.id, settings)
    night = checked_on.isoformat()
    runs = [run for run in (before.good_runs if before else []) if run[0] != night]
    if any(check.rule in {"drop", "growth"} and not check.passed for check in checks):
        runs = []  # a person accepted the count: what was usual before is so no more
    runs = [*runs, (night, found.kept)][-KEPT_RUNS:]
    return State(source.id, "good", found.kept, found.read, checked_on, None, found.problems, runs)


def _aside(source: Source, settings: Settings) -> Path:
    """Where tonight's rows are written until they are believed."""
    path = staged(source.id, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".new")


def _fall_back(source: Source, settings: Settings, problems: list[Problem], before: State | None, read: int) -> State:
    """Keep the last good rows of a source that failed, as long as its limit allows."""
    if before is None or before.checked_on is None or not before.has_rows:
        return State(source.id, "failed", 0, read, None, None, problems, before.good_runs if before else [])
    since = before.stale_since or settings.as_of
    if outlived(since, settings.as_of, source.expect.stale_after_days):
        message = f"it has failed since {since}, longer than its limit of {source.expect.stale_after_days} days"
        gone = Problem(source.id, "withdrawn", message, "error", "find out what became of it")
        return State(source.id, "withdrawn", 0, read, before.checked_on, since, [*problems, gone], before.good_runs)
    return State(source.id, "stale", before.records, read, before.checked_on, since, problems, before.good_runs)


def staged(source_id: str, settings: Settings) -> Path:
    """Return the file of the last good raw records of a source."""
    return settings.staging / f"{source_id}.jsonl"


def load_state(source_id: str, settings: Settings) -> State | None:
    """Return how a source stood after its last night in this home, or None when it had none."""
    path = settings.staging / f"{source_id}.state.json"
    if not path.is_file():
        return None
    try:
        return _state_of(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as fault:
        # Without its state nobody knows how old the staged rows are, so they are not stood on.
        message = f"its state file cannot be read ({fault}); it starts anew"
        lost = Problem(source_id, "state-lost", message, "warning", "nothing to do if tonight's visit is good")
        return State(source_id, "failed", 0, 0, None, None, [lost])


def _state_of(kept: dict[str, Any]) -> State:
    kept["problems"] = [Problem(**problem) for problem in kept["problems"]]
    kept["good_runs"] = [(night, count) for night, count in kept["good_runs"]]
    for name in ("checked_on", "stale_since"):
        kept[name] = dt.date.fromisoformat(kept[name]) if kept[name] else None
    kept["checks"] = [Check(**check) for check in kept.get("checks", [])]
    kept["traffic"] = Traffic(**kept["traffic"]) if kept.get("traffic") else None
    return State(**kept)


def _save_state(state: State, settings: Settings) -> None:
    path = settings.staging / f"{state.source_id}.state.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".new")
    aside.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    aside.replace(path)
