"""A watch over connections: who takes too long is hung up on, by one thread for all of them."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

TICK = 0.1
"""So often, in seconds, the clock is looked at while anything is watched."""


@dataclass(slots=True, eq=False)
class Watched:
    """A connection, the moment (of the monotonic clock) until which it has time, and whether it was hung up on."""

    line: socket.socket
    until: float
    hung_up: bool = False


class Watch:
    """Hangs up on connections whose time is over, as `socket` cannot: its timeout begins anew with every byte."""

    def __init__(self) -> None:
        """Watch nothing yet; the thread is started when there is something to watch, and ends when there is not."""
        self._changed = threading.Condition()
        self._watched: set[Watched] = set()
        self._running = False

    def begin(self, line: socket.socket, seconds: float) -> Watched:
        """Watch `line` from now on, for so many `seconds`."""
        watched = Watched(line, time.monotonic() + seconds)
        with self._changed:
            self._watched.add(watched)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="essaim-watch", daemon=True).start()
        return watched

    def end(self, watched: Watched) -> None:
        """Watch it no longer."""
        with self._changed:
            self._watched.discard(watched)

    def _run(self) -> None:
        idle = 0
        while idle < 50:
            time.sleep(TICK)
            with self._changed:
                idle = 0 if self._watched else idle + 1
                late = [watched for watched in self._watched if watched.until <= time.monotonic()]
                for watched in late:
                    watched.hung_up = True
                    self._watched.discard(watched)
                    with suppress(OSError):  # it may be closed already
                        socket.socket.shutdown(watched.line, socket.SHUT_RDWR)
                if idle == 50:
                    self._running = False


WATCH = Watch()
"""The watch of this process."""
