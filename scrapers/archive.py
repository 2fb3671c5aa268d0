"""The archive: every response kept as it came, in a WARC file a source and night, and served again from there.

WARC 1.1 is the web archives' own format (ISO 28500), written and read by `warcio`. A redirect is kept as its own
record, so that a replay walks the same way as the visit did.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.problems import SourceError

# The body is kept unpacked and whole, so these no longer describe it; cookies are nobody's business.
DROPPED_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}

IN_MEMORY = 4 * 1024 * 1024

# What reading a broken archive raises; over a record that is cut off in its head, warcio itself stumbles.
BROKEN = (ArchiveLoadFailed, AttributeError, KeyError, OSError, StopIteration, ValueError)


class ArchiveWriter:
    """Writes the responses of one visit aside (`<path>.part`); `keep` makes them the archive at `path`."""

    def __init__(self, path: Path) -> None:
        """Begin a new archive; an unfinished one of an earlier run is overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._part = path.with_name(path.name + ".part")
        self._file = self._part.open("wb")
        self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")

    def write(self, address: str, status: int, reason: str, headers: CaseInsensitiveDict[str], body: BinaryIO) -> None:
        """Add one response to `address`; `body` is read from its beginning to its end."""
        body.seek(0, os.SEEK_END)
        size = body.tell()
        body.seek(0)
        if address.startswith("file:"):
            # A file has no HTTP head; WARC calls it a resource. A missing one has nothing to keep.
            if status == 200:
                record = self._writer.create_warc_record(address, "resource", payload=body, length=size)
                self._writer.write_record(record)
            return
        kept = [(name, _as_ascii(value)) for name, value in headers.items() if name.lower() not in DROPPED_HEADERS]
        http = StatusAndHeaders(f"{status} {reason}", [*kept, ("Content-Length", str(size))], protocol="HTTP/1.1")
        record = self._writer.create_warc_record(address, "response", payload=body, length=size, http_headers=http)
        self._writer.write_record(record)

    def copy(self, earlier: ArchiveReader, address: str) -> None:
        """Add the record that an earlier archive has of `address`, as it stands there."""
        # Each record is packed on its own: this saves packing it again, which takes most of a quiet night's time.
        with earlier.path.open("rb") as file:
            place = earlier.places[address]
            file.seek(place.offset)
            left = place.length
            while left and (piece := file.read(min(left, 1 << 20))):
                left -= self._file.write(piece)

    def keep(self, path: Path | None = None) -> Path:
        """Close the archive and put it in place, at `path` if given; return where it stands."""
        target = path or self.path
        self._file.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._part.replace(target)
        return target


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is in an archive, and what tells whether it is still true: see RFC 9110, 8.8."""

    offset: int
    length: int
    status: int
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Archived:
    """One answer as the archive has it."""

    status: int
    reason: str
    headers: CaseInsensitiveDict[str]
    body: BinaryIO


class ArchiveReader:
    """Finds answers in an archive: of each address the last one."""

    def __init__(self, path: Path) -> None:
        """Index the archive at `path`; raises `SourceError` when it cannot be read."""
        self.path = path
        try:
            self.places = dict(_index(path))
        except BROKEN as fault:
            raise _broken(path, fault) from fault

    def find(self, address: str) -> Archived | None:
        """Return the answer of `address` (as it was requested), or None; raises `SourceError` when it is damaged."""
        place = self.places.get(address)
        if place is None:
            return None
        try:
            with self.path.open("rb") as file:
                file.seek(place.offset)
                return _archived(next(iter(ArchiveIterator(file, check_digests="raise"))))
        except BROKEN as fault:
            raise _broken(self.path, fault) from fault


def _archived(record: ArcWarcRecord) -> Archived:
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  lives in the answer
    head = record.http_headers
    if record.rec_type == "resource":
        kept = Archived(200, "OK", CaseInsensitiveDict({"Content-Length": str(record.length)}), body)
    else:
        reason = head.statusline.partition(" ")[2]
        kept = Archived(int(head.get_statuscode()), reason, CaseInsensitiveDict(head.headers), body)
    shutil.copyfileobj(record.content_stream(), body)
    # What was cut off ends without a word.
    if body.tell() != int(kept.headers["Content-Length"]):
        raise ArchiveLoadFailed(f"it holds {body.tell()} bytes of {kept.headers['Content-Length']}")
    body.seek(0)
    return kept


class ReplayAdapter(BaseAdapter):
    """Answers requests from an archive instead of the network; an address that is not there answers 504."""

    def __init__(self, path: Path) -> None:
        """Index the archive at `path`; raises `SourceError` when it cannot be read."""
        super().__init__()
        self._archive = ArchiveReader(path)

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """Return the archived response to `request`."""
        kept = self._archive.find(request.url or "")
        if kept is None:
            return answer(request, 504, "Not in the archive", {}, io.BytesIO())
        return answer(request, kept.status, kept.reason, kept.headers, kept.body)

    def close(self) -> None:
        """Nothing stays open between two requests."""


def _index(path: Path) -> Iterator[tuple[str, Place]]:
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            address, head = record.rec_headers.get_header("WARC-Target-URI"), record.http_headers
            told = (200, "", "")
            if head is not None:
                etag, last_modified = (head.get_header(name, "") for name in ("ETag", "Last-Modified"))
                told = (int(head.get_statuscode()), etag, last_modified)
            yield address, Place(records.get_record_offset(), records.get_record_length(), *told)


def _broken(path: Path, fault: Exception) -> SourceError:
    remedy = "visit the source again, or replay an older archive"
    return SourceError("broken-archive", f"{path.name} cannot be read: {fault}", remedy)


def _as_ascii(value: str) -> str:
    """A header with all that is not ASCII percent-encoded; left to itself, warcio would encode a "?" beside it too.

    Headers are read as Latin-1, but sites that put more than ASCII there mean UTF-8.
    """
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return "".join(sign if sign.isascii() else quote(sign) for sign in value)


def answer(
    request: requests.PreparedRequest, status: int, reason: str, headers: Mapping[str, str], body: BinaryIO
) -> requests.Response:
    """Build the `requests` response that says `status` with `body`, for adapters that do not use the network."""
    response = requests.Response()
    response.status_code, response.reason = status, reason
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.url = request.url or ""
    response.request = request
    response.raw = HTTPResponse(body=body, headers=headers, status=status, preload_content=False)
    return response
