"""The body of an answer, read piece by piece, so that neither its size nor what it is packed with can hurt.

Content codings (RFC 9110, 8.4) are undone here rather than in the HTTP library, which hands on what it has unpacked but
not what it has read: a body that unpacks to nothing would be read for ever.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from requests import Response
from urllib3.exceptions import DecodeError

from scrapers.archive import IN_MEMORY
from scrapers.problems import SourceError

PIECE = 64 * 1024

ACCEPTED = "gzip, deflate"
"""The Accept-Encoding that goes with this module."""

# What a site may claim and we cannot undo. Anything else unknown ("utf-8", "none") is a misunderstanding, and harmless.
UNKNOWN_PACKING = {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}
MOST_LAYERS = 2

Check = Callable[[int], None]
"""Called with the size that has been reached; raises when it is too much, or took too long."""


def read_body(response: Response, check: Check, cut: int | None = None) -> BinaryIO:
    """Return the unpacked body of `response`, on disk when it is big; with `cut`, at most its first `cut` bytes.

    `check` is called with the bytes read, and with the bytes unpacked of every layer.
    """
    pieces = _checked(_wire(response), check)
    for coding in reversed(_codings(response)):
        pieces = _checked(_inflated(pieces, coding), check)
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  lives in the Response
    left = cut
    for piece in pieces:
        body.write(piece[:left])
        if left is not None:
            left -= min(left, len(piece))
            if left == 0:
                break
    return body


def _wire(response: Response) -> Iterator[bytes]:
    # `read1` gives what has arrived; `read` would wait for a whole piece, and a dripping site never meet the limit.
    while piece := response.raw.read1(PIECE, decode_content=False):
        yield piece


def _checked(pieces: Iterator[bytes], check: Check) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        check(size)
        yield piece


def _codings(response: Response) -> list[str]:
    """The codings of the body, in the order they were applied."""
    claimed = [coding.strip().lower() for coding in response.headers.get("Content-Encoding", "").split(",")]
    known = [coding for coding in claimed if coding in {"gzip", "x-gzip", "deflate"}]
    if len(known) > MOST_LAYERS or UNKNOWN_PACKING & set(claimed):
        raise SourceError(
            "packing",
            f"{response.url} is packed in a way that was not asked for: {', '.join(claimed)[:100]}",
            "tell the publisher; the site should answer with gzip or unpacked",
        )
    return known


def _inflated(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """Unpack gzip (RFC 1952, of several members too) or deflate (RFC 1950, or as some sites have it, RFC 1951)."""
    machine = None
    for piece in pieces:
        while piece:
            if machine is None or (machine.eof and coding != "deflate" and piece[:1] == b"\x1f"):
                machine = zlib.decompressobj(_window(piece, coding))
            if machine.eof:  # what follows the end is no part of it
                break
            try:
                unpacked = machine.decompress(piece, PIECE)
            except zlib.error as error:
                raise DecodeError(f"what should be {coding} is not: {error}") from error
            if unpacked:
                yield unpacked
            piece = machine.unused_data if machine.eof else machine.unconsumed_tail
    if machine is not None:
        # All was fed, so what is left is a few kilobytes at most.
        yield machine.flush()
        if not machine.eof:
            raise DecodeError(f"the {coding} ends too early")


def _window(beginning: bytes, coding: str) -> int:
    """The `wbits` that tell zlib which format to expect."""
    if coding != "deflate":
        return 16 + zlib.MAX_WBITS
    # RFC 1950, 2.2: compression method 8, and the first two bytes are a multiple of 31.
    is_zlib = beginning[0] & 0x0F == 8 and (len(beginning) < 2 or int.from_bytes(beginning[:2], "big") % 31 == 0)
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
