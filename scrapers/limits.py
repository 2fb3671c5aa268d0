"""How much of an answer is read, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from scrapers.failures import label
from scrapers.problems import SourceError
from scrapers.response import Manners


def limits(manners: Manners, address: str) -> Callable[[int], None]:
    """Return the check of a body that is read from now on: it raises `SourceError` at too many bytes, or too late."""
    begun = time.monotonic()

    def check(size: int) -> None:
        """Raise where so many bytes are too many, or so late is too late."""
        if size > manners.max_bytes:
            raise SourceError(
                "too-large",
                f"{label(address)} is larger than {manners.max_bytes:,} bytes",
                "check the address; nothing larger is read",
            )
        if time.monotonic() - begun > manners.max_seconds:
            raise SourceError(
                "too-slow",
                f"{label(address)} was not complete after {manners.max_seconds:.0f} s",
                "the site may be overloaded; it is tried again the next night",
            )

    return check


def claimed_size(response: requests.Response) -> int:
    """The size that the answer claims to have, 0 if it does not say; a lie is found out while reading."""
    claim = response.headers.get("Content-Length", "")
    return int(claim) if claim.isascii() and claim.isdigit() else 0
