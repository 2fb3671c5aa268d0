"""One night at a time in a home: a lock that ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class NightRunningError(Exception):
    """Another night is running in the same home."""


@contextmanager
def one_night(home: Path) -> Iterator[None]:
    """Hold the home for the length of the block; raises `NightRunningError` at once when somebody else does."""
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as taken:
        raise NightRunningError(
            f"another night is running in {home}; wait for its end, or name another home"
        ) from taken
    try:
        yield
    finally:
        lock.release()
