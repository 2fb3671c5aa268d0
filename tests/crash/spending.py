"""Spends nights that may be killed: `python spending.py`, one JSON order a line in, one JSON answer a line out.

Each night runs in a process forked from this one, which has imported everything, so that it takes no start of two
seconds. An order is {"home", "catalogue", "decisions", "day", "hosts", "kill_at", "kill_after"}: the night is killed
with SIGKILL, and all that it started with it, when it has made `kill_at` steps on the disk (a file opened for writing,
renamed, removed, linked, a folder made, a process started), or after so many seconds. The answer is {"outcome",
"steps", "seconds"}: "published" or another outcome of a night, what it
raised, or "killed"; what each step was; how long it took.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from flows import nightly
from flows.settings import Settings
from scrapers.response import Manners

STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "subprocess.Popen"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


def watch_steps(kill_at: int | None) -> list[str]:
    """Return a list that grows with each step on the disk from now on; at the `kill_at`th, kill all of this night."""
    steps: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & WRITING)
        if opened or event in STEPS:
            steps.append(f"{event} {arguments[0]}")
            if len(steps) == kill_at:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(hear)
    return steps


def spend(order: dict[str, Any], answer: int) -> None:
    """Spend the night of `order` in this process, and write how it ended to the pipe `answer`."""
    steps = watch_steps(order.get("kill_at"))
    hosts = frozenset(order["hosts"])
    manners = Manners("tests@example.org", requests_per_second=1000.0, retries=0, allowed_hosts=hosts)
    settings = Settings(
        home=Path(order["home"]),
        as_of=dt.date.fromisoformat(order["day"]),
        catalogue=Path(order["catalogue"]),
        decisions=Path(order["decisions"]),
        manners=manners,
    )
    try:
        outcome = str(nightly.run(settings, prefect=False).outcome)
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
    with os.fdopen(answer, "w") as pipe:
        pipe.write(json.dumps({"outcome": outcome, "steps": list(steps)}))


def fork(order: dict[str, Any]) -> dict[str, Any]:
    """Spend the night of `order` in a process of its own and return how it ended."""
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        status = 1
        try:
            spend(order, writer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    if order.get("kill_after") is not None:
        time.sleep(order["kill_after"])
        with contextlib.suppress(ProcessLookupError):  # it was over before
            os.killpg(child, signal.SIGKILL)
    told = b""
    while part := os.read(reader, 65536):
        told += part
    os.close(reader)
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - began
    if os.WIFSIGNALED(status):
        return {"outcome": "killed", "steps": [], "seconds": seconds}
    if not told:
        return {"outcome": f"ended with {status} and without a word", "steps": [], "seconds": seconds}
    return {**json.loads(told), "seconds": seconds}


def main() -> None:
    """Answer each order of the standard input."""
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
