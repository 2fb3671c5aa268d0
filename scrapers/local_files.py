"""Which files of this machine a definition may read: those of its own folder, and of the folders an operator names.

A definition may come from anybody, so a path of its own making, a variable of this machine or a link on the disk must
not lead it to a file that nobody meant to publish.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from scrapers.problems import DefinitionError

DATA_ROOT = "ESSAIM_DATA_ROOT"
"""The variable that names the folders outside the catalogue which definitions may read, with ":" between them."""

VARIABLE = re.compile(r"(\$\{(\w+)(?::-([^}]*))?\})")


def data_roots_of_the_environment() -> tuple[Path, ...]:
    """The folders that `ESSAIM_DATA_ROOT` names, as they are written there (";" between them on Windows)."""
    return tuple(Path(name) for name in os.environ.get(DATA_ROOT, "").split(os.pathsep) if name.strip())


def local_files(folder: Path, paths: Iterable[str], roots: Iterable[Path]) -> list[Path]:
    """The files that `paths` of the definition in `folder` name, of a folder all its files in the order of their names.

    Raises `DefinitionError` when a path names an unknown variable or no file, or leads out of `folder` and of all
    `roots`, be it by a link.
    """
    allowed = [root for root in (resolved(Path(), str(each)) for each in (folder, *roots)) if root is not None]
    where = f"{folder / 'source.toml'}: fetch.path"
    return [file for path in paths for file in _files(folder, path, allowed, where)]


def _files(folder: Path, written: str, allowed: list[Path], where: str) -> Iterator[Path]:
    file = resolved(folder, _filled_in(written, where))
    # Whether a file is there that may not be read is nobody's business either, nor what a variable holds.
    if file is not None and not _within(file, allowed):
        raise _leads_out(where, written)
    if file is None or not file.exists():
        raise DefinitionError([f"{where}: there is no file {written}; mend the path"])
    if not file.is_dir():
        yield file
        return
    children = sorted(child for child in file.iterdir() if child.is_file() and child.name[0] != ".")
    if not children:
        raise DefinitionError([f"{where}: the folder {written} holds no file; fill it or mend the path"])
    for child in children:
        if not _within(child.resolve(), allowed):
            raise _leads_out(where, f"{written}/{child.name}")
        yield child


def _filled_in(path: str, where: str) -> str:
    """`path` with the variables of the environment, or their defaults, in the place of their names."""
    for written, name, default in VARIABLE.findall(path):
        told = os.environ.get(name)
        if not told and not default:
            raise DefinitionError([f"{where}: {path} needs the environment variable {name}; set it"])
        # What a person sets is meant from where they stand, the default from the definition's folder.
        path = path.replace(written, str(Path(told).absolute()) if told else default)
    return path


def _within(file: Path, allowed: list[Path]) -> bool:
    return any(file.is_relative_to(root) for root in allowed)


def _leads_out(where: str, written: str) -> DefinitionError:
    remedy = f"move the file there, or name its folder with --data-root or {DATA_ROOT} if you trust the definition"
    return DefinitionError([f"{where}: {written} leads out of the definition's folder; {remedy}"])


def resolved(folder: Path, name: str) -> Path | None:
    """The place `name` stands for, seen from `folder`, links followed, or None for a name that no file can have."""
    try:
        file = (folder / name).resolve()
        file.exists()
    except (OSError, RuntimeError, ValueError):  # too long, a circle of links, a NUL
        return None
    return file
