"""What a person sees while a night runs: a bar on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_console = Console(stderr=True, highlight=False)
_quiet = False
_listeners: list[Callable[[str, bool], None]] = []


def listen(listener: Callable[[str, bool], None]) -> None:
    """Have `listener` called with the name of each stage and part from now on, with True when it begins, False after.

    Measurements listen; what a person sees does not change.
    """
    _listeners.append(listener)


@contextmanager
def part(name: str) -> Iterator[None]:
    """A part of the night that is too short, or too silent, to be shown: only listeners hear of it."""
    for listener in _listeners:
        listener(name, True)
    try:
        yield
    finally:
        for listener in _listeners:
            listener(name, False)


def be_quiet(quiet: bool = True) -> None:
    """Show nothing from now on, for programs that only want the result."""
    global _quiet
    _quiet = quiet


class Stage:
    """One stage of the night, with a number of steps; 0 when nobody knows how many."""

    def __init__(self, name: str, bar: Progress | None, total: int) -> None:
        """Begin the stage; without a bar, only its end is told."""
        self._name, self._bar, self._total = name, bar, total
        self._task = bar.add_task(name, total=total or None) if bar else None

    def step(self, what: str, count: int = 1) -> None:
        """Say that `count` more steps are done, the last one being `what`."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=count, description=f"{self._name}: {what}")

    def end(self) -> None:
        """Say that the stage is done, whatever its steps were."""
        if self._bar is not None and self._task is not None:
            done = self._bar.tasks[self._task].completed or self._total
            self._bar.update(self._task, total=done, completed=done, description=self._name)


@contextmanager
def stage(name: str, total: int = 1) -> Iterator[Stage]:
    """Show the progress of a stage of `total` steps on standard error."""
    with part(name), _shown(name, total) as shown:
        yield shown


@contextmanager
def _shown(name: str, total: int) -> Iterator[Stage]:
    if _quiet:
        yield Stage(name, None, total)
        return
    if not sys.stderr.isatty():
        yield Stage(name, None, total)
        _console.print(f"{name}: done")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as bar:
        running = Stage(name, bar, total)
        yield running
        running.end()
