"""The archive: every response kept as it came, in a WARC file a source and night, and served again from there.

WARC 1.1 is the web archives' own format (ISO 28500), written and read by `warcio`. A redirect is kept as its own
record, so that a replay walks the same way as the visit did. What was asked with a POST stands under its address too;
the header `WARC-Posted-Digest`, an extension of ours, tells one question to that address from another.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import requests
from requests.structures import CaseInsensitiveDict
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.archive_index import IndexWriter, Place, index_of

# The body is kept unpacked and whole, so these no longer describe it; cookies are nobody's business.
DROPPED_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}

IN_MEMORY = 4 * 1024 * 1024

POSTED = "WARC-Posted-Digest"
"""The header of a record that answers a POST: the digest of what was posted."""


def asked_as(address: str, digest: str = "") -> str:
    """What an answer is looked up by: the address, and for a POST the digest of its body too.

    No address has a space in it, so the two cannot be taken for each other.
    """
    return f"{address} {digest}" if digest else address


def digest_of(body: bytes) -> str:
    """Return the digest that tells the body of a POST from others."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class ArchiveWriter:
    """Writes the responses of one visit aside (`<path>.part`); `keep` makes them the archive at `path`."""

    def __init__(self, path: Path) -> None:
        """Begin a new archive; an unfinished one of an earlier run is overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._part = path.with_name(path.name + ".part")
        self._file = self._part.open("wb")
        self._index = IndexWriter(index_of(path).with_suffix(".index.part"))
        self._packed = _Packed(self._file)
        self._writer = WARCWriter(self._packed, gzip=False, warc_version="1.1")

    def write(
        self,
        address: str,
        status: int,
        reason: str,
        headers: CaseInsensitiveDict[str],
        body: BinaryIO,
        posted: str = "",
    ) -> str:
        """Add one response to `address`, or to what was `posted` there (`digest_of` it); return its body's digest.

        `body` is read from its beginning to its end.
        """
        body.seek(0, os.SEEK_END)
        size = body.tell()
        body.seek(0)
        if address.startswith("file:"):
            # A file has no HTTP head; WARC calls it a resource. A missing one has nothing to keep.
            if status != 200:
                return ""
            record = self._writer.create_warc_record(address, "resource", payload=body, length=size)
            return self._add(asked_as(address), record, 200, "OK", [("Content-Length", str(size))])
        kept = [(name, _as_ascii(value)) for name, value in headers.items() if name.lower() not in DROPPED_HEADERS]
        kept.append(("Content-Length", str(size)))
        record = self._writer.create_warc_record(
            address,
            "response",
            payload=body,
            length=size,
            http_headers=StatusAndHeaders(f"{status} {reason}", kept, protocol="HTTP/1.1"),
            warc_headers_dict={POSTED: posted} if posted else {},
        )
        return self._add(asked_as(address, posted), record, status, reason, kept)

    def _add(self, asked: str, record: ArcWarcRecord, status: int, reason: str, head: list[tuple[str, str]]) -> str:
        offset = self._file.tell()
        self._writer.write_record(record)
        digest: str = record.rec_headers.get_header("WARC-Payload-Digest", "")
        length = self._file.tell() - offset
        self._index.add(asked, Place(offset, length, status, reason, dict(head), digest, self._packed.check))
        return digest

    def copy(self, record: Iterable[bytes], asked: str, place: Place) -> bool:
        """Add the `record` (its pieces) that stands at `place` of an earlier archive; False if it was damaged there."""
        # Each record is packed on its own: this saves packing it again, which takes most of a quiet night's time.
        offset, check = self._file.tell(), 0
        for piece in record:
            check = zlib.crc32(piece, check)
            self._file.write(piece)
        if check != place.check:
            self._file.seek(offset)
            self._file.truncate()
            return False
        self._index.add(asked, replace(place, offset=offset))
        return True

    def keep(self, path: Path | None = None) -> Path:
        """Close the archive and put it in place, at `path` if given; return where it stands."""
        target = path or self.path
        self._index.close(self._file.tell())
        self._file.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        # An index that is left without its archive is found to be another's; the other way round it is made anew.
        self._index.path.replace(index_of(target))
        self._part.replace(target)
        return target


class _Packed:
    """A file that packs each record as a gzip member of its own; the level is the quickest that still packs well.

    Level 3 takes a fifth of the time of level 9, the one of `warcio`, for files that are a sixth larger (pages of
    60 kB).
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._packer = file, _packer()
        self._running, self.check = 0, 0

    def write(self, data: bytes) -> int:
        self._put(self._packer.compress(data))
        return len(data)

    def flush(self) -> None:
        """End the member: `warcio` calls this after each record. `check` is then its CRC-32."""
        self._put(self._packer.flush())
        self._packer = _packer()
        self.check, self._running = self._running, 0

    def _put(self, packed: bytes) -> None:
        self._running = zlib.crc32(packed, self._running)
        self._file.write(packed)


def _packer() -> zlib._Compress:
    return zlib.compressobj(3, zlib.DEFLATED, 16 + zlib.MAX_WBITS)


def posted_digest(request: requests.PreparedRequest) -> str:
    """The digest of what `request` posts, "" for a GET."""
    if request.method != "POST":
        return ""
    body = request.body or b""
    return digest_of(body.encode() if isinstance(body, str) else body)


def _as_ascii(value: str) -> str:
    """A header with all that is not ASCII percent-encoded; left to itself, warcio would encode a "?" beside it too.

    Headers are read as Latin-1, but sites that put more than ASCII there mean UTF-8.
    """
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return "".join(sign if sign.isascii() else quote(sign) for sign in value)
