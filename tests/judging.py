"""A sample, broken or not, read as a night reads it: what it yields, or under which name it is refused."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import requests
from requests.adapters import BaseAdapter

from flows.gates import _bounds
from flows.settings import Settings
from scrapers.archive_reader import answer
from scrapers.fetch import Door
from scrapers.kinds import Harvest, read_source
from scrapers.local import _as_asked
from scrapers.problems import SourceError
from scrapers.record import RawValue
from scrapers.response import Manners
from scrapers.source import Source
from warehouse.gate import source_checks
from warehouse.portrait import portray

Bodies = dict[str, bytes]
"""What each address answers."""

Fields = dict[str, RawValue]

SETTINGS = Settings(Path("nowhere"), dt.date(2026, 11, 22), mode="sample")


def bodies_of(source: Source) -> Bodies:
    """The sample of `source`, unpacked."""
    assert source.sample is not None
    found = {address: (source.folder / "sample" / name).read_bytes() for address, name in source.sample.pages.items()}
    return {address: gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for address, body in found.items()}


def expected_rows(source: Source) -> list[tuple[str, Fields]]:
    """Key and fields of each record that the sample must yield, as people read it."""
    path = source.folder / "sample" / "expected.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(row["key"], row["fields"]) for row in map(json.loads, lines)]


class Served(BaseAdapter):
    """Answers from a table of addresses: a body, or status, headers and body; 404 for any other."""

    def __init__(self, pages: dict[str, bytes | tuple[int, dict[str, str], bytes]], content_type: str = "") -> None:
        super().__init__()
        self.asked: list[str] = []
        self._pages = {_as_asked(address): page for address, page in pages.items()}
        self._headers = {"Content-Type": content_type} if content_type else {}

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        self.asked.append(request.url or "")
        posted = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        page = self._pages.get(f"POST {request.url} {posted}", self._pages.get(request.url or "", (404, {}, b"")))
        status, headers, body = (200, self._headers, page) if isinstance(page, bytes) else page
        return answer(request, status, "", headers, cast(BinaryIO, io.BytesIO(body)))

    def close(self) -> None:
        pass


def read(source: Source, bodies: Bodies, content_type: str = "") -> Harvest:
    """Read `source` from `bodies`, each sent with `content_type`."""
    with Door(Manners()) as door:
        for prefix in ("https://", "http://"):
            door.mount(prefix, Served(dict(bodies), content_type))
        return read_source(source, door)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a broken sample ended: refused under `code` ("gate" when its gate did it), or published ("")."""

    code: str
    message: str = ""
    rows: list[tuple[str, Fields]] = field(default_factory=list)
    left_over: str = ""
    told: set[str] = field(default_factory=set)

    def foreign(self, expected: list[tuple[str, Fields]]) -> list[str]:
        """The published rows that the unbroken sample has not, a line each."""
        known = dict(expected)
        if "bare-page" in self.told:  # the pages behind the list hold less, and somebody is told so
            known |= {key: found for key, found in self.rows if found.items() <= known.get(key, {}).items()}
        return [
            f"row {key!r}: {difference(known.get(key), found)}" for key, found in self.rows if known.get(key) != found
        ]


def difference(expected: Fields | None, found: Fields) -> str:
    """What `found` has otherwise, field by field."""
    if expected is None:
        return f"is none of the sample's, but {found}"
    names = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    return "; ".join(f"{name} is {found.get(name)!r}, not {expected.get(name)!r}" for name in names)


def verdict(source: Source, bodies: Bodies, content_type: str = "") -> Verdict:
    """Read a broken sample and put it to the gate, as a night does."""
    return judged(source, lambda: read(source, bodies, content_type))


def judged(source: Source, visit: Callable[[], Harvest]) -> Verdict:
    """Put what `visit` finds to the gate."""
    try:
        found = visit()
    except SourceError as error:
        assert error.remedy, error
        return Verdict(error.code, str(error))
    told = {problem.code for problem in found.problems}
    portrait = portray((record.key, record.fields) for record in found.records)
    faults = [check.told for check in source_checks(_bounds(source, SETTINGS), portrait) if check.holds_back]
    if faults:
        return Verdict("gate", "; ".join(faults), told=told)
    left = " ".join(problem.message for problem in found.problems if problem.code == "left-over")
    return Verdict("", "", [(record.key, record.fields) for record in found.records], left, told)
