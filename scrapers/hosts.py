"""Hosts that are in trouble: after some failures in a row they are left alone for the night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from scrapers.problems import SourceError

MOST_IN_A_ROW = 5
"""So many failed visits in a row, each with its retries, and a host is not asked again tonight."""

TROUBLE = {"name-resolution", "network", "rate-limited", "refused", "server-error", "tls", "too-slow", "truncated"}
"""The failures that say something of the host, not of the one page."""


class Hosts:
    """Counts, for one door, how often each host has failed in a row."""

    def __init__(self) -> None:
        """Know no failure yet."""
        self._failed: Counter[str] = Counter()
        self._down: dict[str, SourceError] = {}

    @contextmanager
    def watched(self, address: str) -> Iterator[None]:
        """Watch a visit to `address`; raises `SourceError` "host-down" in the place of one failure too many.

        After that the host is not visited: the same is raised again.
        """
        host = address.partition("//")[2].partition("/")[0]
        if host in self._down:
            raise self._down[host]
        try:
            yield
        except SourceError as error:
            self._failed[host] = self._failed[host] + 1 if error.code in TROUBLE else 0
            if self._failed[host] < MOST_IN_A_ROW:
                raise
            message = f"{host} failed {MOST_IN_A_ROW} times in a row, at last with {error.code}: {error}"
            remedy = "the site is left alone; it is tried again the next night"
            self._down[host] = SourceError("host-down", message, remedy)
            raise self._down[host] from error
        self._failed[host] = 0
