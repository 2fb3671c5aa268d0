"""Decisions of people, as CSV files in git: which records are the same or not, and what is to be withdrawn."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from transforms.link import Judgement

JUDGEMENTS = ("left_source_id", "left_record_key", "right_source_id", "right_record_key", "judgement", "who",
              "decided_on", "why")  # fmt: skip
WITHDRAWALS = ("source_id", "record_key", "who", "decided_on", "why")
VERDICTS = ("same", "different", "unsure")


class DecisionError(Exception):
    """A decisions file cannot be used; the message names file, line and remedy."""


def folder() -> Path:
    """Return the folder of the decisions that come with Essaim."""
    return Path(str(resources.files("warehouse.decisions")))


def read_judgements(path: Path) -> list[Judgement]:
    """Read `judgements.csv`; raises `DecisionError` for a line that is not sound."""
    found = []
    for number, row in _lines(path, JUDGEMENTS):
        if row["judgement"] not in VERDICTS:
            found_words = f'{path.name}, line {number}: judgement is "{row["judgement"]}"'
            raise DecisionError(f"{found_words}; write one of {', '.join(VERDICTS)}")
        found.append(
            Judgement(
                (row["left_source_id"], row["left_record_key"]),
                (row["right_source_id"], row["right_record_key"]),
                cast(Literal["same", "different", "unsure"], row["judgement"]),
                row["who"],
                number,
            )
        )
    return found


def read_withdrawals(path: Path) -> set[tuple[str, str]]:
    """Read `withdrawals.csv`: (source, record key), with an empty key for a whole source."""
    return {(row["source_id"], row["record_key"]) for _, row in _lines(path, WITHDRAWALS)}


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != columns:
            raise DecisionError(f"{path.name}: its first line must be {','.join(columns)}")
        for row in reader:
            if None in row or None in row.values():
                raise DecisionError(f"{path.name}, line {reader.line_num}: {len(columns)} cells expected")
            yield reader.line_num, {name: value.strip() for name, value in row.items()}
