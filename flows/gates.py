"""The gates of a night: a source's harvest and the merged set put to their rules, and what people let through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from flows.processes import in_order
from flows.settings import Settings
from scrapers.problems import Problem
from scrapers.record import read_at, read_placed
from scrapers.source import Source
from transforms.database import connect
from transforms.normalise.keys import public_key
from warehouse.decisions import read_accepted, read_moved_keys
from warehouse.gate import ACCEPTABLE, KEYS_KEPT, Bounds, Check, let_through, source_checks
from warehouse.gate_merged import ACCEPTABLE as ACCEPTABLE_MERGED
from warehouse.gate_merged import MERGED, merged_checks
from warehouse.portrait import Portrait, Sitting

RULES = {"": ACCEPTABLE, MERGED: ACCEPTABLE_MERGED}


def source_gate(
    source: Source, now: Portrait, last_good: Path | None, history: Sequence[int], settings: Settings
) -> list[Check]:
    """Put what was read of `source` to its gate, beside the raw records in the file `last_good`, if there are any.

    Raises `DecisionError` when a decision of people cannot be followed.
    """
    before = None
    if last_good is not None and last_good.is_file():
        renamed, sitting = _renamed(source, settings), Sitting[int]()
        for place, record in read_placed(last_good):
            sitting.see(renamed(record.key), record.fields, place)
        before = portrait_of(sitting, last_good)
    checks = source_checks(_bounds(source, settings), now, before, history)
    return let_through(checks, _accepted(source.id, settings))


def portrait_of(sitting: Sitting[int], rows: Path) -> Portrait:
    """The portrait of the records of a file that were seen, each with where it begins in the file `rows`."""
    return sitting.portrait(lambda places: (record.fields for record in read_at(rows, places)))


def _bounds(source: Source, settings: Settings) -> Bounds:
    expect = source.expect
    least, most = expect.rows.min, expect.rows.max
    if settings.mode == "sample" and source.sample is not None:
        least, most = math.ceil(source.sample.rows * 0.9), None
    kept = expect.keys_kept
    if kept is None:
        # A feed holds the newest entries only: on a visit after a long time all of them are new.
        kept = 0.0 if source.kind == "feed" else KEYS_KEPT
    distinct = {str(name): share for name, share in expect.distinct.items()}
    fields = frozenset({*source.fields, *source.detail_fields})
    return Bounds(least, most, expect.max_drop, expect.max_growth, expect.filled, distinct, kept, fields)


def _renamed(source: Source, settings: Settings) -> Callable[[str], str]:
    """A function that says what a key of before is called now, as people recorded it."""
    moves = read_moved_keys(settings.decisions / "moved_keys.csv", settings.as_of)
    mine = {old: new for (id, old), (_, new) in moves.items() if id == source.id}

    def renamed(key: str) -> str:
        seen = {key}
        while (then := mine.get(key, mine.get(public_key(key), key))) not in seen:
            seen.add(then)
            key = then
        return key

    return renamed if mine else lambda key: key


def _accepted(source_id: str, settings: Settings) -> dict[str, str]:
    """Who let which rule pass tonight, for a source or the merged set."""
    found = read_accepted(settings.decisions / "accepted.csv", RULES, settings.as_of)
    return {rule: who for (id, rule), who in found.items() if id == source_id}


def merged_gate(settings: Settings, previous: Path | None) -> list[Check]:
    """Put the merged set to its gate, beside the database of the `previous` release.

    Raises `DecisionError` when `accepted.csv` cannot be followed.
    """
    accepted = _accepted(MERGED, settings)
    with connect(settings.warehouse, read_only=True) as connection:
        spread = partial(in_order, processes=settings.processes)
        return let_through(merged_checks(connection, previous, spread), accepted)


def gate_problems(source: Source, checks: Sequence[Check]) -> Iterator[Problem]:
    """Yield a problem for each check that holds `source` back, and a notice for each that was let through."""
    for check in checks:
        if check.holds_back:
            yield Problem(source.id, "gate", check.told, "error", check.remedy, field=check.subject)
        elif not check.passed:
            message = f"{check.told}; accepted by {check.accepted_by}"
            yield Problem(source.id, "gate-accepted", message, "info", "nothing to do", field=check.subject)


def fault(check: Check) -> str:
    """What a failed check of the merged set tells people: what was found, and what to look at."""
    return f"{check.told} ({check.remedy})"
