"""The archive: every response kept as it came, in a WARC file a source and night, and served again from there.

WARC 1.1 is the web archives' own format (ISO 28500), written and read by `warcio`. A redirect is kept as its own
record, so that a replay walks the same way as the visit did.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.problems import SourceError

# The body is kept unpacked and whole, so these no longer describe it; cookies are nobody's business.
DROPPED_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}

# What reading a broken archive raises; over a record that is cut off in its head, warcio itself stumbles.
BROKEN = (ArchiveLoadFailed, AttributeError, OSError)


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

    def keep(self, path: Path | None = None) -> Path:
        """Close the archive and put it in place, at `path` if given; return where it stands."""
        target = path or self.path
        self._file.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._part.replace(target)
        return target


class ReplayAdapter(BaseAdapter):
    """Answers requests from an archive instead of the network; an address that is not there answers 504."""

    def __init__(self, path: Path) -> None:
        """Index the archive at `path`: the last response of each address counts.

        Raises `SourceError` when it cannot be read.
        """
        super().__init__()
        self._path = path
        try:
            self._offsets = dict(_index(path))
        except BROKEN as fault:
            raise _broken(path, fault) from fault

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """Return the archived response to `request`."""
        offset = self._offsets.get(request.url or "")
        if offset is None:
            return answer(request, 504, "Not in the archive", {}, io.BytesIO())
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                record = next(iter(ArchiveIterator(file)))
                body = io.BytesIO(record.content_stream().read())
            if record.rec_type == "resource":
                return answer(request, 200, "OK", {"Content-Length": str(record.length)}, body)
            head = record.http_headers
            status, reason = int(head.get_statuscode()), head.statusline.partition(" ")[2]
        except (*BROKEN, ValueError) as fault:
            raise _broken(self._path, fault) from fault
        return answer(request, status, reason, dict(head.headers), body)

    def close(self) -> None:
        """Nothing stays open between two requests."""


def _index(path: Path) -> Iterator[tuple[str, int]]:
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            yield record.rec_headers.get_header("WARC-Target-URI"), records.get_record_offset()


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
    request: requests.PreparedRequest, status: int, reason: str, headers: dict[str, str], body: BinaryIO
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
