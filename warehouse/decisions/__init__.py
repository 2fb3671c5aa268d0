"""Decisions of people, as CSV files in git.

Which records are the same or not, what is withdrawn, what is kept, which keys moved, what a gate lets through once.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from transforms.link import Judgement

JUDGEMENTS = ("left_source_id", "left_record_key", "right_source_id", "right_record_key", "judgement", "who",
              "decided_on", "why")  # fmt: skip
WITHDRAWALS = ("source_id", "record_key", "who", "decided_on", "why")
KEPT = ("source_id", "record_key", "who", "decided_on", "why")
MOVED_KEYS = ("source_id", "old_key", "new_key", "who", "decided_on", "why")
ACCEPTED = ("source_id", "rule", "who", "decided_on", "why")
ACCEPTED_DAYS = 7
"""An acceptance holds from the night it was decided on for so many days; after that, the rule bites again."""
VERDICTS = ("same", "different", "unsure")


class DecisionError(Exception):
    """A decisions file cannot be used; the message names file, line and remedy."""


def folder() -> Path:
    """Return the folder of the decisions that come with Essaim."""
    return Path(str(resources.files("warehouse.decisions")))


def read_judgements(path: Path) -> list[Judgement]:
    """Read `judgements.csv`; raises `DecisionError` for a line that is not sound, or a pair that is judged twice."""
    found = []
    judged: dict[frozenset[tuple[str, str]], int] = {}
    for number, row in _lines(path, JUDGEMENTS):
        where = f"{path.name}, line {number}"
        if row["judgement"] not in VERDICTS:
            raise DecisionError(f'{where}: judgement is "{row["judgement"]}"; write one of {", ".join(VERDICTS)}')
        left = (row["left_source_id"], row["left_record_key"])
        right = (row["right_source_id"], row["right_record_key"])
        if left == right:
            raise DecisionError(f"{where}: both records are the same one; name two")
        first = judged.setdefault(frozenset((left, right)), number)
        if first != number:
            raise DecisionError(f"{where}: this pair is judged in line {first} already; keep one of the two lines")
        verdict = cast(Literal["same", "different", "unsure"], row["judgement"])
        found.append(Judgement(left, right, verdict, row["who"], number))
    return found


def read_withdrawals(path: Path) -> set[tuple[str, str]]:
    """Read `withdrawals.csv`: (source, record key), with an empty key for a whole source."""
    return {(row["source_id"], row["record_key"]) for _, row in _lines(path, WITHDRAWALS)}


def read_kept(path: Path) -> set[tuple[str, str]]:
    """Read `kept.csv`: (source, record key) of records that present an initiative, whatever the rules say.

    With an empty key, all records of the source do.
    """
    return {(row["source_id"], row["record_key"]) for _, row in _lines(path, KEPT)}


def read_moved_keys(path: Path, as_of: dt.date) -> dict[tuple[str, str], tuple[str, str]]:
    """Read `moved_keys.csv`: the record that a source calls by a new key now, old → new, each as (source, key).

    Only what was decided by the night `as_of` counts, so that an old night comes out as it did. Raises `DecisionError`
    for a line that is not sound, or a key that moved twice.
    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    later: set[tuple[str, str]] = set()
    for number, row in _lines(path, MOVED_KEYS):
        where, old, new = f"{path.name}, line {number}", (row["source_id"], row["old_key"]), row["new_key"]
        if old[1] == new:
            raise DecisionError(f"{where}: both keys are the same one; name two")
        if old in found:
            raise DecisionError(f"{where}: this key has moved in an earlier line already; keep one of the two lines")
        found[old] = (row["source_id"], new)
        if dt.date.fromisoformat(row["decided_on"]) > as_of:
            later.add(old)
    return {old: new for old, new in found.items() if old not in later}


def read_accepted(path: Path, rules: Mapping[str, Collection[str]], as_of: dt.date) -> dict[tuple[str, str], str]:
    """Read `accepted.csv`: what may pass a gate on the night `as_of`, (source, rule) → who decided it and when.

    `rules` holds the rules that may be named, by source_id: "*" for the merged set, "" for every source. Raises
    `DecisionError` for a line that is not sound, or names another rule.
    """
    found: dict[tuple[str, str], str] = {}
    for number, row in _lines(path, ACCEPTED):
        allowed = rules[row["source_id"] if row["source_id"] in rules else ""]
        if row["rule"] not in allowed:
            where = f"{path.name}, line {number}"
            raise DecisionError(f'{where}: rule is "{row["rule"]}"; write one of {", ".join(allowed)}')
        if 0 <= (as_of - dt.date.fromisoformat(row["decided_on"])).days < ACCEPTED_DAYS:
            found[row["source_id"], row["rule"]] = f"{row['who']}, {row['decided_on']}"
    return found


MAY_BE_EMPTY = {"record_key", "why"}


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its line number, cells stripped but for record keys, which are what the source wrote."""
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != columns:
                raise DecisionError(f"{path.name}: its first line must be {','.join(columns)}")
            for row in reader:
                where = f"{path.name}, line {reader.line_num}"
                if None in row or None in row.values():
                    raise DecisionError(f"{where}: {len(columns)} cells expected")
                cells = {name: cell.strip() for name, cell in row.items()}
                cells |= {name: row[name] for name, cell in cells.items() if cell and name.endswith("_key")}
                _check_cells(where, cells)
                yield reader.line_num, cells
    except (UnicodeDecodeError, csv.Error) as fault:
        raise DecisionError(f"{path.name} is not a CSV file in UTF-8 ({fault}); save it as one") from fault


def _check_cells(where: str, cells: dict[str, str]) -> None:
    """Raise `DecisionError` for a cell that must be filled and is not, or a night that is no date."""
    empty = [name for name, cell in cells.items() if not cell and name not in MAY_BE_EMPTY]
    if empty:
        raise DecisionError(f"{where}: {', '.join(empty)} must be filled")
    try:
        dt.date.fromisoformat(cells["decided_on"])
    except ValueError:
        raise DecisionError(f'{where}: decided_on is "{cells["decided_on"]}"; write it as YYYY-MM-DD') from None
