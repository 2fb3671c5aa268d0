"""The gate of one source: is what it gave believable, by its own promises and beside its last good night?

The gate of the merged set is `warehouse/gate_merged.py`; what both measure is a `Check`.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transforms.normalise.contacts import scrub
from warehouse.portrait import TELLING, Portrait


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of a gate: what was measured, within which bound, and whether it passed.

    `subject` is the field concerned ("" for the whole), `told` the sentence of a check that did not pass, with its
    `remedy`. `accepted_by` says who let it through all the same (`warehouse/decisions/accepted.csv`).
    """

    rule: str
    subject: str
    measured: str
    bound: str
    passed: bool
    told: str = ""
    remedy: str = ""
    accepted_by: str = ""

    @property
    def holds_back(self) -> bool:
        """Whether nothing may go on because of it."""
        return not self.passed and not self.accepted_by


KEYS_KEPT = 0.2
"""The usual `keys_kept`."""
MAX_GROWTH = 1.0
"""The usual `max_growth`: twice as many records as usual are not believed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a source promises: `[expect]` of its definition.

    `max_drop` and `max_growth` are shares of the median of the last good runs, `filled` and `distinct` hold the
    smallest shares by field. `keys_kept` is the smallest share of the last good keys that is met again, `fields` names
    the fields that
    the definition still has (None: all): one that it gave up is not missed.
    """

    rows_min: int
    rows_max: int | None = None
    max_drop: float = 0.3
    max_growth: float = MAX_GROWTH
    filled: Mapping[str, float] = field(default_factory=dict)
    distinct: Mapping[str, float] = field(default_factory=dict)
    keys_kept: float = KEYS_KEPT
    fields: Collection[str] | None = None


ACCEPTABLE = (
    "drop", "growth", "fill-collapse", "same-value", "repeated-values", "duplicates", "keys-changed", "content-swapped",
)  # fmt: skip
"""The rules of a source that a person may let pass once; the others are promises, mended in the definition."""

MEND = "look at the source; if it really changed that much, mend [expect]"
ACCEPT = "look at the source; if that is true, let it through once: a line in warehouse/decisions/accepted.csv, rule "
MOVE = (
    "did the source give its records new keys? Then record them in warehouse/decisions/moved_keys.csv, so that the ids "
    "live on, or go back to the old key in [identity]; if the records are truly others, accept keys-changed in "
    "warehouse/decisions/accepted.csv"
)

SAME_TWICE = (
    "did the source give its records new keys beside the old ones? Look at [identity]; if they are truly there twice, "
    "accept duplicates in warehouse/decisions/accepted.csv"
)
SWAP = (
    "do the keys of [identity] count rows, or did the source answer with the list of another one? Look at it, and at "
    "its pages in the archive; if all of them truly became others, accept content-swapped in "
    "warehouse/decisions/accepted.csv"
)

FEW, SOME = 10, 20
"""Below so many records a share says nothing: of a field that was full; of a value that comes again."""
HAD, LEFT = 0.5, 0.2
"""A field that this share of records had may not fall below `LEFT` of that share."""
SAME = 0.6
"""One value may not suddenly stand in this share of the records; half of that before is no sudden change."""
SWAPPED = 0.5
"""So many of the records under known keys may not be other initiatives all at once."""
TWINS = 0.3
"""So many records may not suddenly be there twice; half of that before is no sudden change."""
VARIED = 0.8
"""A field with so many values a record may not lose half of its variety."""


def source_checks(
    bounds: Bounds, now: Portrait, before: Portrait | None = None, history: Sequence[int] = ()
) -> list[Check]:
    """Put a harvest to every rule.

    `before` is the portrait of the last good records, their keys as they are called today; `history` counts the records
    of the last good runs.
    """
    found = [*_promised(bounds, now), *_counted(bounds, now, history)]
    if before is not None:
        found += [*_emptied(bounds, now, before), *_repeated(now, before), *_doubled(now, before)]
        found += [*_renamed(bounds, now, before), *_swapped(now, before)]
    return found


def _promised(bounds: Bounds, now: Portrait) -> Iterator[Check]:
    rows = now.rows
    told = f"{rows} records, at least {bounds.rows_min} expected"
    yield _check("rows-min", "", f"{rows} records", f"at least {bounds.rows_min}", rows >= bounds.rows_min, told, MEND)
    if bounds.rows_max is not None:
        told = f"{rows} records, at most {bounds.rows_max} expected"
        held = rows <= bounds.rows_max
        yield _check("rows-max", "", f"{rows} records", f"at most {bounds.rows_max}", held, told, MEND)
    for name, least in bounds.filled.items():
        given = now.filled.get(name, 0)
        told = f"{name} is filled in {given} of {rows} records, in at least {least:.0%} expected"
        held = not rows or now.fill(name) >= least
        yield _check("filled", name, f"{given} of {rows}", f"at least {least:.0%}", held, told, MEND)
    for name, least in bounds.distinct.items():
        different, given = now.distinct.get(name, 0), now.told.get(name, 0)
        told = f"{name} has {different} values in {given} records, at least {least:.0%} expected"
        held = not given or now.variety(name) >= least
        yield _check("distinct", name, f"{different} of {given}", f"at least {least:.0%}", held, told, MEND)


def _counted(bounds: Bounds, now: Portrait, history: Sequence[int]) -> Iterator[Check]:
    """The number of records beside the usual one: far fewer, or far more."""
    if history:
        usual = statistics.median(history)
        least = usual * (1 - bounds.max_drop)
        told = f"{now.rows} records, usually {usual:.0f}"
        bound = f"at least {least:.0f}, usually {usual:.0f}"
        yield _check("drop", "", f"{now.rows} records", bound, now.rows >= least, told, _accept("drop"))
    if history and usual >= FEW:
        most = usual * (1 + bounds.max_growth)
        told = f"{now.rows} records, usually {usual:.0f}: is the list there twice, or that of somebody else?"
        bound = f"below {most:.0f}, usually {usual:.0f}"
        yield _check("growth", "", f"{now.rows} records", bound, now.rows < most, told, _accept("growth"))


def _emptied(bounds: Bounds, now: Portrait, before: Portrait) -> Iterator[Check]:
    """Fields that most records had, and that hardly any has now, though nothing was promised."""
    if min(now.rows, before.rows) < FEW:
        return
    for name in sorted(before.filled):
        had, has = before.fill(name), now.fill(name)
        if had < HAD or name in bounds.filled or (bounds.fields is not None and name not in bounds.fields):
            continue
        told = f"{name} is filled in {has:.0%} of the records, it was in {had:.0%} on the last good night"
        bound = f"at least {had * LEFT:.0%}, last {had:.0%}"
        yield _check("fill-collapse", name, f"{has:.0%}", bound, has >= had * LEFT, told, _accept("fill-collapse"))


def _repeated(now: Portrait, before: Portrait) -> Iterator[Check]:
    """Fields that told records apart, and now say the same in most of them, or the same few texts again and again."""
    if min(now.rows, before.rows) < SOME:
        return
    for name in TELLING:
        if not now.told.get(name) or not before.told.get(name):
            continue
        share, last = now.same(name), before.same(name)
        same = share >= SAME and last < SAME / 2
        text, count = now.top[name]
        told = (
            f'{name} is "{scrub(text[:60])[0]}" in {count} of {len(now.keys)} records, no value was in over {last:.0%}'
        )
        bound = f"below {SAME:.0%}, last {last:.0%}"
        yield _check("same-value", name, f"{share:.0%}", bound, not same, told, _accept("same-value"))
        variety, usual = now.variety(name), before.variety(name)
        if same or usual < VARIED or now.told[name] < SOME:
            continue
        told = f"{name} has {now.distinct[name]} values in {now.told[name]} records; nearly every record had its own"
        bound = f"at least {usual / 2:.0%}, last {usual:.0%}"
        remedy = _accept("repeated-values")
        yield _check("repeated-values", name, f"{variety:.0%}", bound, variety >= usual / 2, told, remedy)


def _doubled(now: Portrait, before: Portrait) -> Iterator[Check]:
    """Records that say the name and the place of another one under a key of their own."""
    if min(now.rows, before.rows) < FEW:
        return
    share, last = now.twins(), before.twins()
    told = f"{share:.0%} of the records say name and place of another one again, {last:.0%} did on the last good night"
    held = share < TWINS or last >= TWINS / 2
    yield _check("duplicates", "", f"{share:.0%}", f"below {TWINS:.0%}, last {last:.0%}", held, told, SAME_TWICE)


def _swapped(now: Portrait, before: Portrait) -> Iterator[Check]:
    """Known keys under which other initiatives stand: rows that slipped, or the list of another source."""
    others, met = now.swapped_from(before)
    if met < FEW:
        return
    share = len(others) / met
    example = scrub(", ".join(sorted(others)[:3]))[0]
    told = f"other initiatives stand under {len(others)} of the {met} known keys, such as {example}: names and places"
    yield _check("content-swapped", "", f"{share:.0%}", f"below {SWAPPED:.0%}", share < SWAPPED, told, SWAP)


def _renamed(bounds: Bounds, now: Portrait, before: Portrait) -> Iterator[Check]:
    """As many records as before, but hardly a key that was known: the source calls the same things otherwise."""
    if min(now.rows, before.rows) < FEW or not bounds.keys_kept:
        return
    gone, known = before.missing_from(now)
    kept = 1 - len(gone) / known if known else 1.0
    alike = before.rows / 2 <= now.rows <= before.rows * 2
    example = scrub(", ".join(sorted(gone)[:3]))[0]
    told = (
        f"{len(gone)} of the {known} keys of the last good night are gone, such as {example}, "
        f"though there are {now.rows} records as before"
    )
    held = not alike or kept > bounds.keys_kept
    yield _check("keys-changed", "", f"{kept:.0%} kept", f"more than {bounds.keys_kept:.0%}", held, told, MOVE)


def _check(rule: str, subject: str, measured: str, bound: str, passed: bool, told: str, remedy: str) -> Check:
    return Check(rule, subject, measured, bound, passed, "" if passed else told, "" if passed else remedy)


def _accept(rule: str) -> str:
    return ACCEPT + rule


def let_through(checks: Iterable[Check], accepted: Mapping[str, str]) -> list[Check]:
    """Return `checks`, those that failed marked with who accepted their rule, by rule."""
    return [replace(each, accepted_by="" if each.passed else accepted.get(each.rule, "")) for each in checks]


def outlived(stale_since: dt.date, as_of: dt.date, limit_days: int) -> bool:
    """Whether a source has failed for longer than its limit, so that its last good rows must go."""
    return (as_of - stale_since).days > limit_days
