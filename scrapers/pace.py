"""How often a site is asked: the time between two requests to one host, and the patience before a retry."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError

MAX_RETRY_AFTER = 120
"""The longest wait in seconds, before a retry, that a site may ask for; who asks for more is left alone tonight."""


class Pace:
    """Keeps a least time between two requests to one host, whatever source, thread or retry they come from."""

    _lock = threading.Lock()
    _next: dict[str, float] = {}  # noqa: RUF012  shared by all doors: several sources may be on one host

    def __init__(self, seconds: float) -> None:
        """Begin with `seconds` for every host."""
        self._seconds = seconds
        self._slower: dict[str, float] = {}

    def slow_down(self, host: str, seconds: float) -> None:
        """Leave at least `seconds` between two requests to `host`; what is slower already stays so."""
        self._slower[host] = max(seconds, self._seconds)
        with self._lock:
            # The request that told us so has been made a moment ago.
            self._next[host] = max(self._next.get(host, 0.0), time.monotonic() + self._slower[host])

    def wait(self, host: str) -> None:
        """Sleep until `host` may be asked again."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(host, 0.0))
            self._next[host] = turn + self._slower.get(host, self._seconds)
        if turn > now:
            time.sleep(turn - now)


class Patience(Retry):
    """Retries that wait as long as Retry-After says (RFC 9110, 10.2.3); where that is too long, there are none."""

    @classmethod
    def of(cls, count: int) -> Self:
        """Retry at most `count` times; the last answer is returned as it is."""
        return cls(
            count,
            redirect=0,
            allowed_methods=None,  # a POST of ours asks as a GET does, so it may be repeated
            backoff_factor=1.0,
            status_forcelist=(429, 500, 502, 503, 504),
            raise_on_status=False,
            raise_on_redirect=False,
            # One more than we wait, so that what is longer is still seen to be.
            retry_after_max=MAX_RETRY_AFTER + 1,
        )

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return what patience is left after one more failure."""
        if response is not None and _pool is not None and (self.get_retry_after(response) or 0) > MAX_RETRY_AFTER:
            raise MaxRetryError(_pool, url, ResponseError("told to come back much later"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds of a Retry-After header."""
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:  # what nobody can read is taken for none
            return 0.0
