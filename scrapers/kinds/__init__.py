"""The kinds of source: each reads one shape of data and yields raw records through the same contract.

A kind is a function `read(source, door, note)` that yields an `Item` for each record it finds, in the source's order.
It raises `SourceError` when the source as a whole cannot be trusted and calls `note` for what concerns one record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import blake2b
from importlib import import_module
from typing import cast

from scrapers.browser import in_vain
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note
from scrapers.moved import moved
from scrapers.problems import Problem, rejects
from scrapers.record import RAW_FIELDS, RawRecord, RawValue
from scrapers.secrets import Secrets
from scrapers.source import Source

MOST_ALIKE = 10_000
"""So many problems of one code are kept for a source in a night."""

BROKEN = "\ufffd"
"""What stands in the place of a character that could not be read."""

Reader = Callable[[Source, Door, Note], Iterator[Item]]


def reader(kind: str) -> Reader:
    """Return the function that reads sources of `kind`; its module is loaded when it is first needed."""
    module = import_module(f"scrapers.kinds.{kind}")
    return cast(Reader, module.read)


@dataclass(slots=True)
class Findings:
    """What one visit found beside the records: the problems, and how many records were met and kept.

    Of the problems with one code the first `MOST_ALIKE` are told one by one, the rest as a number.
    """

    problems: list[Problem] = field(default_factory=list)
    read: int = 0
    kept: int = 0


@dataclass(slots=True)
class Harvest(Findings):
    """What one visit gave: the findings, and the records with a key of their own."""

    records: list[RawRecord] = field(default_factory=list)


def read_source(source: Source, door: Door) -> Harvest:
    """Read all records of `source` through `door`, and hold them in memory; see `stream_source`."""
    records: list[RawRecord] = []
    found = stream_source(source, door, records.append)
    return Harvest(found.problems, found.read, found.kept, records)


def stream_source(source: Source, door: Door, keep: Callable[[RawRecord], object]) -> Findings:
    """Hand each record of `source` to `keep`, in the source's order, and return what else was found.

    Records without a key and repeated keys are set aside as problems. Raises `SourceError` when the source as a whole
    cannot be read; `keep` may have been called by then.
    """
    found, alike, seen = Findings(), Counter[str](), _Seen()
    leftovers: Counter[str] = Counter()

    def note(problem: Problem) -> None:
        found.read += rejects(problem)
        _tell(problem)

    def _tell(problem: Problem) -> None:
        alike[problem.code] += 1
        if alike[problem.code] <= MOST_ALIKE:
            found.problems.append(problem)

    starts = source.addresses()
    door.begin_at(starts)
    door.entrust(Secrets(source.secret_names, source.fetch.headers))
    for item in reader(source.kind)(source, door, note):
        found.read += 1
        if item.leftovers:
            leftovers.update(item.leftovers)
        record = RawRecord(source.id, _key(source, item.fields), item.fields, item.origin, found.read)
        content = str(item.fields)
        problem = seen.fault(record, content)
        if problem is not None:
            _tell(problem)
            continue
        if BROKEN in content:
            _tell(_broken(record))
        found.kept += 1
        keep(record)
    found.problems.extend(moved(source.id, starts, door.moves))
    found.problems.extend(in_vain(source.id, door.refused))
    found.problems.extend(_untold(source, alike))
    found.problems.extend(_left_over(source, leftovers))
    return found


def _key(source: Source, fields: dict[str, RawValue]) -> str:
    """The stable key: the raw identity values, never cleaned; "" when one of them is missing or was misread."""
    parts = [_plain(fields.get(name)) for name in source.identity.key]
    return "|".join(parts) if all(part and BROKEN not in part for part in parts) else ""


def _plain(value: RawValue | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return ";".join(part if isinstance(part, str) else str(sorted(part.items())) for part in value)


def _broken(record: RawRecord) -> Problem:
    return Problem(
        record.source_id,
        "encoding",
        f"record {record.position} in {record.origin} holds U+FFFD, a sign for what could not be read",
        "warning",
        "tell the publisher; if it is so everywhere, give the right fetch.encoding",
        key=record.key,
    )


class _Seen:
    """Which keys were met and with what, in 16 bytes a record: a source may have millions."""

    def __init__(self) -> None:
        self._content: dict[int, int] = {}

    def fault(self, record: RawRecord, written: str) -> Problem | None:
        """Why `record`, whose fields are `written` so as one text, cannot stand beside those seen before, or None."""
        name = _plain(record.fields.get("name"))[:80]
        if not record.key:
            return Problem(
                record.source_id,
                "no-key",
                f'record {record.position} ("{name}") in {record.origin} lacks a whole value that makes its key',
                "warning",
                "choose identity fields that every record has, or tell the publisher",
            )
        key, content = _digest(record.key), _digest(written)
        before = self._content.get(key)
        if before is None:
            self._content[key] = content
            return None
        if before == content:
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


def _digest(text: str) -> int:
    """64 bits of `text`: among ten million records two different ones agree by chance once in 400,000 sources."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _untold(source: Source, alike: Counter[str]) -> Iterator[Problem]:
    for code, count in sorted(alike.items()):
        if count > MOST_ALIKE:
            message = f'{count - MOST_ALIKE:,} more problems "{code}" are counted here, not told one by one'
            yield Problem(source.id, "more-alike", message, "warning", "mend those that are told; the rest is alike")


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


__all__ = ["RAW_FIELDS", "Findings", "Harvest", "Item", "read_source", "stream_source"]
