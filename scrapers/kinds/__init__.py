"""The kinds of source: each reads one shape of data and yields raw records through the same contract.

A kind is a function `read(source, door, note)` that yields an `Item` for each record it finds, in the source's order.
It raises `SourceError` when the source as a whole cannot be trusted and calls `note` for what concerns one record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from typing import cast

from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note
from scrapers.problems import Problem, rejects
from scrapers.record import RAW_FIELDS, RawRecord, RawValue
from scrapers.source import Source

Reader = Callable[[Source, Door, Note], Iterator[Item]]


def reader(kind: str) -> Reader:
    """Return the function that reads sources of `kind`; its module is loaded when it is first needed."""
    module = import_module(f"scrapers.kinds.{kind}")
    return cast(Reader, module.read)


@dataclass(slots=True)
class Harvest:
    """What one visit gave: the records with a key of their own, the problems met, and how many records were met."""

    records: list[RawRecord]
    problems: list[Problem]
    read: int = 0


def read_source(source: Source, door: Door) -> Harvest:
    """Read all records of `source` through `door`.

    Records without a key and repeated keys are set aside as problems. Raises `SourceError` when the source as a whole
    cannot be read.
    """
    harvest = Harvest([], [])
    seen: dict[str, dict[str, RawValue]] = {}
    leftovers: Counter[str] = Counter()

    def note(problem: Problem) -> None:
        harvest.problems.append(problem)
        harvest.read += rejects(problem)

    for item in reader(source.kind)(source, door, note):
        harvest.read += 1
        leftovers.update(item.leftovers)
        record = RawRecord(source.id, _key(source, item.fields), item.fields, item.origin, harvest.read)
        problem = _fault(record, seen)
        if problem is not None:
            harvest.problems.append(problem)
            continue
        seen[record.key] = record.fields
        harvest.records.append(record)
    harvest.problems.extend(_left_over(source, leftovers))
    return harvest


def _key(source: Source, fields: dict[str, RawValue]) -> str:
    """The stable key: the raw identity values, never cleaned; "" when one of them is missing."""
    parts = [_plain(fields.get(name)) for name in source.identity.key]
    return "|".join(parts) if all(parts) else ""


def _plain(value: RawValue | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return ";".join(part if isinstance(part, str) else str(sorted(part.items())) for part in value)


def _fault(record: RawRecord, seen: dict[str, dict[str, RawValue]]) -> Problem | None:
    """Why `record` cannot stand beside those seen before, or None."""
    name = _plain(record.fields.get("name"))[:80]
    if not record.key:
        return Problem(
            record.source_id,
            "no-key",
            f'record {record.position} ("{name}") in {record.origin} lacks a value that makes its key',
            "warning",
            "choose identity fields that every record has, or tell the publisher",
        )
    if record.key not in seen:
        return None
    if seen[record.key] == record.fields:
        return Problem(
            record.source_id,
            "duplicate-record",
            f'record {record.position} ("{name}") repeats an earlier one word for word',
            "info",
            "nothing to do: it is read once",
            key=record.key,
        )
    return Problem(
        record.source_id,
        "duplicate-key",
        f'record {record.position} ("{name}") has the key of an earlier, different record',
        "warning",
        "add a field to identity.key that tells them apart",
        key=record.key,
    )


def _left_over(source: Source, leftovers: Counter[str]) -> Iterator[Problem]:
    names = {name: count for name, count in leftovers.items() if not _ignored(name, source.ignore)}
    if names:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(names.items())[:40])
        more = f" and {len(names) - 40} more" if len(names) > 40 else ""
        yield Problem(
            source.id,
            "left-over",
            f"{len(names)} columns or keys are neither taken nor ignored: {listed}{more}",
            "info",
            "take them in [fields] or name them in ignore",
        )


def _ignored(name: str, patterns: list[str]) -> bool:
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


__all__ = ["RAW_FIELDS", "Harvest", "Item", "read_source"]
