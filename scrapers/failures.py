"""Names for what goes wrong on the way to a source: network failures and refusals as `SourceError`."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import unquote

import requests
import urllib3

from scrapers.problems import SourceError

# What the libraries raise, or what that was raised from: the most particular first, and how we name it.
FAILURES: list[tuple[str, tuple[type[BaseException], ...], str]] = [
    (
        "tls",
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError),
        "the site's certificate does not hold; tell its publisher",
    ),
    (
        "name-resolution",
        (urllib3.exceptions.NameResolutionError, socket.gaierror),
        "the site's name does not exist (any more), or, if all sites fail so, this machine is not on the network",
    ),
    ("refused", (ConnectionRefusedError,), "the site does not answer; it may be down"),
    (
        "too-slow",
        (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
        "the site took too long; it is tried again the next night",
    ),
    (
        "truncated",
        (urllib3.exceptions.IncompleteRead, http.client.IncompleteRead, urllib3.exceptions.DecodeError),
        "the connection broke off; it is tried again the next night",
    ),
    (
        "bad-address",
        # InvalidURL, InvalidSchema and a name that no host can have are all ValueErrors.
        (urllib3.exceptions.LocationValueError, ValueError),
        "this is no address; mend it in the definition, or tell the publisher of the link",
    ),
]


def label(address: str) -> str:
    """`address` as a report may print it: of a local file, only its name."""
    return unquote(address.rpartition("/")[2]) if address.startswith("file://") else address


def failure(address: str, error: BaseException) -> SourceError:
    """Name `error`, met on the way to `address`."""
    causes = list(_causes(error))
    for code, classes, remedy in FAILURES:
        if any(isinstance(cause, classes) for cause in causes):
            return SourceError(code, f"{label(address)}: {error}", remedy)
    return SourceError("network", f"{label(address)}: {error}", "look at the message; the site may be down")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and all it was raised from; the libraries wrap each other's errors in several ways."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting.extend(link for link in linked if isinstance(link, BaseException))


def refusal(address: str, status: int, reason: str | None, retry_after: str = "") -> SourceError:
    """Name the answer `status` of `address`, which is not the one that was hoped for."""
    message = f"{label(address)} answered {status} {reason or ''}".rstrip()
    if status in {404, 410}:
        return SourceError("not-found", message, "the page has gone or moved; find its new address")
    if status == 504 and reason == "Not in the archive":
        return SourceError("not-archived", message, "run once with the network on, then replay")
    if status in {401, 403, 451}:
        return SourceError("forbidden", message, "the site refuses us; ask its publisher")
    if status == 429:
        message += f", and is not to be asked again for {retry_after} s" if retry_after.isdecimal() else ""
        return SourceError("rate-limited", message, "we ask too often for this site; ask its publisher what it allows")
    if status >= 500:
        return SourceError("server-error", message, "the site is in trouble; it is tried again the next night")
    error = SourceError("http-error", message, "check the address in a browser")
    error.status = status
    return error
