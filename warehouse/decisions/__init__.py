"""Decisions of people, as CSV files in git: which records are the same or not, what is withdrawn, what is kept."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from transforms.link import Judgement

JUDGEMENTS = ("left_source_id", "left_record_key", "right_source_id", "right_record_key", "judgement", "who",
              "decided_on", "why")  # fmt: skip
WITHDRAWALS = ("source_id", "record_key", "who", "decided_on", "why")
KEPT = ("source_id", "record_key", "who", "decided_on", "why")
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
