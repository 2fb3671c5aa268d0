"""A release while it is being written: every file is announced before it is written, and so is described everywhere.

Writers get an `Assembly` and call `add` (one file) or `add_folder` (files that are told of as a whole). What they
announce is what `datapackage.json`, `index.html`, the catalogues, `index.json` and `SHA256SUMS` tell of. A file that
nobody announced stops the publication.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from transforms.spread import Spread
from warehouse.publish.checksums import SUMS, File, describe
from warehouse.publish.facts import Facts
from warehouse.publish.media import media_type
from warehouse.table import Table


class Group(StrEnum):
    """Under which heading the front page lists a file, in this order."""

    PAGE = "page"
    DATA = "data"
    EXTRACT = "extract"
    LICENCE_OUVERTE = "licence-ouverte"
    CHECK = "check"
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a release, or a folder (its path ends with "/"), and what it is.

    `path` is relative to the release, with "/"; `fr` and `en` say in a few words what it holds; `licence` is an id of
    the register ("" for what describes the rest: the Licence Ouverte); `table` the table a CSV file holds.
    """

    path: str
    fr: str
    en: str
    group: Group
    licence: str = ""
    table: Table | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it stands for all the files below a folder."""
        return self.path.endswith("/")

    @property
    def media_type(self) -> str:
        """The media type of the file; of a folder, that of its front page."""
        return "text/html" if self.is_folder else media_type(self.path)


@dataclass(frozen=True, slots=True)
class Item:
    """What was announced, with its bytes: one file, or all the files of a folder."""

    listed: Listed
    files: tuple[File, ...]

    @property
    def has_page(self) -> bool:
        """Whether it is a folder with a front page of its own."""
        return any(file.name == f"{self.listed.path}index.html" for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of the file, or of all the files of the folder together."""
        return sum(file.bytes for file in self.files)


WORTH = 30_000
"""Initiatives from which processes do what is planned sooner than a thread."""


@dataclass(frozen=True, slots=True)
class Task:
    """Long work that needs no other file of the release: a function and its argument, which `Spread` can hand on."""

    function: Callable[[Any], Any]
    job: Any


@dataclass(slots=True)
class Assembly:
    """The release being written into `folder`, with its database open for reading in `connection`.

    `scratch` is a folder for parts that are removed at the end; `facts` are the counts, sources and changes that texts
    tell of. What is `planned` under a name, the longest first, is done `beside` the other writers once it is begun, and
    shared by `spread` where there is much of it.
    """

    folder: Path
    scratch: Path
    version: str
    as_of: dt.date
    connection: duckdb.DuckDBPyConnection
    facts: Facts
    beside: Executor
    spread: Spread = map
    planned: dict[str, Sequence[Task]] = field(default_factory=dict)
    listed: dict[str, Listed] = field(default_factory=dict)
    _begun: Future[dict[str, list[Any]]] | None = None
    _known: dict[str, File] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin with what is planned, beside the writers that follow."""
        self._begun = self.beside.submit(self._do)

    def results(self, name: str) -> list[Any]:
        """Wait for all that is begun, and return what came of the tasks under `name`; raises what any raises."""
        assert self._begun is not None, "nothing is begun"
        return self._begun.result()[name]

    def _do(self) -> dict[str, list[Any]]:
        share = self.spread if self.facts.initiatives >= WORTH else map
        done = iter(list(share(_done, [task for tasks in self.planned.values() for task in tasks])))
        return {name: [next(done) for _ in tasks] for name, tasks in self.planned.items()}

    def add(self, path: str, fr: str, en: str, group: Group, *, licence: str = "", table: Table | None = None) -> Path:
        """Announce a file and return where to write it; its folder is made.

        Raises ValueError where `path` is taken, leads out of the release, or has a suffix without media type.
        """
        media_type(path)
        return self._announce(Listed(path, fr, en, group, licence, table))

    def add_folder(self, path: str, fr: str, en: str, group: Group, *, licence: str = "") -> Path:
        """Announce a folder, whose files are told of as one, and return it; it is made. Raises ValueError as `add`."""
        folder = self._announce(Listed(path.rstrip("/") + "/", fr, en, group, licence))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def items(self) -> list[Item]:
        """Return everything announced so far with the files that are there, by group, then as it was announced.

        Raises ValueError where a file is there that nobody announced.
        """
        behind: dict[str, list[File]] = {path: [] for path in self.listed}
        for file in self.files():
            behind[self._owner(file.name)].append(file)
        order = {group: place for place, group in enumerate(Group)}
        found = [Item(listed, tuple(behind[path])) for path, listed in self.listed.items() if behind[path]]
        return sorted(found, key=lambda item: order[item.listed.group])

    def files(self) -> Sequence[File]:
        """Return every file that is there, with size and sum, by path; what was read before is not read again."""
        found = describe(self.folder, tuple(self._known.values()), leave_out=self.scratch.name)
        self._known = {file.name: file for file in found}
        return found

    def _announce(self, listed: Listed) -> Path:
        pure = PurePosixPath(listed.path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in listed.path or listed.path == SUMS:
            raise ValueError(f'"{listed.path}" is no place in a release')
        if listed.path in self.listed:
            raise ValueError(f'"{listed.path}" is announced twice')
        self.listed[listed.path] = listed
        path = self.folder / pure
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _owner(self, name: str) -> str:
        """The file or the nearest folder under which `name` was announced."""
        if name in self.listed:
            return name
        for parent in PurePosixPath(name).parents:
            if f"{parent}/" in self.listed:
                return f"{parent}/"
        raise ValueError(f'"{name}" is in the release, but no writer announced it (Assembly.add)')


def _done(task: Task) -> Any:
    return task.function(task.job)
