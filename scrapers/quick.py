"""Whether a page has changed, asked over a connection that is open: a plain "304 Not Modified" is read at once.

Most answers of a quiet night are that and nothing else, and `urllib3` with `http.client` under it takes four times as
long over one as the network does. Whatever is not a plain 304 is handed to them as it came, to its first byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, BinaryIO, cast

from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict
from urllib3 import HTTPResponse as Answer

from scrapers.watch import WATCH

# A request line or a header with anything else in it is left to the library, which knows what to do with it.
TARGET = re.compile(r"/[!-~]*", re.ASCII)
HOST = re.compile(r"[a-z0-9.-]+(:\d+)?", re.ASCII)
VALUE = re.compile(r"[ -~\xa1-\xff]+")

NOT_MODIFIED = re.compile(rb"HTTP/1\.1 304(?: [^\r\n]*)?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*)\r\n")
"""A 304 in a plain form (RFC 9112, 2.1): a head, no folded line in it, and nothing behind it."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A page has not changed; `headers` are those of the 304, which has no body."""

    headers: Mapping[str, str]


def question(host: str, target: str, headers: Mapping[str, str]) -> bytes | None:
    """The GET for `target` of `host` as it is sent, or None where that needs more care than is taken here."""
    if not (HOST.fullmatch(host) and TARGET.fullmatch(target) and all(map(VALUE.fullmatch, headers.values()))):
        return None
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode("latin-1")


def asked(pool: HTTPConnectionPool, connection: Any, sent: bytes, seconds: float) -> Unchanged | BaseHTTPResponse:
    """Send `sent` over `connection`, one of `pool` that is open, and return what is answered: "unchanged", or unread.

    The head has so many `seconds` to arrive. Raises `OSError` or `HTTPException`; the connection is closed then.
    """
    line = connection.sock
    line.settimeout(seconds)
    watch = WATCH.begin(line, seconds)
    try:
        line.sendall(sent)
        file = cast(Any, line.makefile("rb"))
        unchanged = _unchanged(file.peek())
        if unchanged is not None:
            pool._put_conn(connection)
            return unchanged
        answer = HTTPResponse(cast(Any, _Read(file)), method="GET")
        answer.begin()
        if watch.hung_up:  # a head that was cut off passes for a whole one
            raise TimeoutError
    except (OSError, HTTPException) as error:
        connection.close()
        if watch.hung_up:
            raise TimeoutError("the head of the answer took too long") from error
        raise
    finally:
        WATCH.end(watch)
    if answer.will_close:
        connection.close()  # the answer holds what is still to be read
    return _unread(pool, connection, answer)


def _unread(pool: HTTPConnectionPool, connection: Any, answer: HTTPResponse) -> BaseHTTPResponse:
    """`answer` as `urllib3` would hand it over."""
    return Answer(
        body=cast(Any, answer),
        headers=HTTPHeaderDict(answer.msg.items()),
        status=answer.status,
        version=answer.version,
        reason=answer.reason,
        preload_content=False,
        decode_content=False,
        original_response=cast(Any, answer),
        pool=pool,
        connection=connection,
        request_method="GET",
    )


def _unchanged(head: bytes) -> Unchanged | None:
    """What a plain 304 that lets the connection stay open says; None for anything else."""
    found = NOT_MODIFIED.fullmatch(head)
    if found is None:
        return None
    headers = CaseInsensitiveDict[str]()
    for line in found[1].decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return None if "connection" in headers and "close" in headers["connection"].lower() else Unchanged(headers)


class _Read:
    """What `http.client` takes for a socket: a file of it from which the beginning may have been read ahead."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def makefile(self, mode: str) -> BinaryIO:
        return self._file
