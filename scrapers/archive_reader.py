"""Archives read again: each answer found by what was asked, and served in the place of the network."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from scrapers.archive import IN_MEMORY, POSTED, asked_as, posted_digest
from scrapers.archive_index import Index, Place, index_of
from scrapers.problems import SourceError

PIECE = 1024 * 1024

# What reading a broken archive raises; over a record that is cut off in its head, warcio itself stumbles.
BROKEN = (ArchiveLoadFailed, AttributeError, KeyError, OSError, StopIteration, ValueError)


@dataclass(frozen=True, slots=True)
class Archived:
    """One answer as the archive has it."""

    status: int
    reason: str
    headers: CaseInsensitiveDict[str]
    body: BinaryIO


class ArchiveReader:
    """Finds answers in an archive, by `asked_as`: of each question the last one."""

    def __init__(self, path: Path) -> None:
        """Read the index of the archive at `path`, or make one; raises `SourceError` when it cannot be read."""
        self.path = path
        try:
            self._file = path.open("rb")
            self._places = _places(path)
        except BROKEN as fault:
            raise _broken(path, fault) from fault

    def place(self, asked: str) -> Place | None:
        """Where the answer to `asked` (as it was requested) is, or None."""
        return self._places.get(asked)

    def find(self, asked: str) -> Archived | None:
        """Return the answer to `asked`, or None; raises `SourceError` when it is damaged."""
        place = self.place(asked)
        return None if place is None else self.at(place)

    def at(self, place: Place) -> Archived:
        """Return the answer at `place`, even after `close`; raises `SourceError` when it is damaged."""
        try:
            with self.path.open("rb") as file:
                file.seek(place.offset)
                return _archived(next(iter(ArchiveIterator(file, check_digests="raise"))))
        except BROKEN as fault:
            raise _broken(self.path, fault) from fault

    def packed(self, place: Place) -> Iterator[bytes]:
        """The record at `place`, as it stands in the file."""
        for at in range(place.offset, place.offset + place.length, PIECE):
            yield os.pread(self._file.fileno(), min(PIECE, place.offset + place.length - at), at)

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if isinstance(self._places, Index):
            self._places.close()


def _places(path: Path) -> Index | dict[str, Place]:
    """The index beside the archive, or one made from the archive itself."""
    try:
        return Index(index_of(path), path.stat().st_size)
    except (OSError, ValueError):  # none, or another archive's: what it says stands in the archive too
        return dict(_scanned(path))


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
        kept = self._archive.find(asked_as(request.url or "", posted_digest(request)))
        if kept is None:
            return answer(request, 504, "Not in the archive", {}, io.BytesIO())
        return answer(request, kept.status, kept.reason, kept.headers, kept.body)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()


def _scanned(path: Path) -> Iterator[tuple[str, Place]]:
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            head, told = record.http_headers, record.rec_headers
            asked = asked_as(told.get_header("WARC-Target-URI"), told.get_header(POSTED, ""))
            status, reason, headers = 200, "OK", {"Content-Length": str(record.length)}
            if head is not None:
                status, reason = int(head.get_statuscode()), head.statusline.partition(" ")[2]
                headers = dict(head.headers)
            digest = told.get_header("WARC-Payload-Digest", "")
            place = Place(records.get_record_offset(), records.get_record_length(), status, reason, headers, digest)
            yield asked, place


def _broken(path: Path, fault: Exception) -> SourceError:
    remedy = "visit the source again, or replay an older archive"
    return SourceError("broken-archive", f"{path.name} cannot be read: {fault}", remedy)


def get_of(address: str) -> requests.PreparedRequest:
    """The request that asks for `address`, which is in the form in which it is requested; nothing is worked out."""
    request = requests.PreparedRequest()
    request.method, request.url, request.headers = "GET", address, CaseInsensitiveDict()
    return request


def answer(
    request: requests.PreparedRequest, status: int, reason: str, headers: Mapping[str, str], body: BinaryIO | None
) -> requests.Response:
    """Build the `requests` response that says `status`, for adapters that do not use the network.

    Without a `body` there is nothing to read in it: that goes its own way.
    """
    response = requests.Response()
    response.status_code, response.reason = status, reason
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.url = request.url or ""
    response.request = request
    if body is not None:
        response.raw = HTTPResponse(body=body, headers=headers, status=status, preload_content=False)
    return response
