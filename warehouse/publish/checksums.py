"""Sizes and SHA-256 sums of the files of a release."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release: path inside it with "/", size in bytes, SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str


def describe(folder: Path, known: Sequence[File] = (), leave_out: str = "") -> list[File]:
    """Return path, size and sum of every file below `folder`, by path; the list of sums itself is left out.

    Files in `known` are finished and not read again; nothing below the folder named `leave_out` is told.
    """
    done = {file.name: file for file in known}
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    found = {name: path for name, path in paths.items() if name != SUMS and name.partition("/")[0] != leave_out}
    new = [name for name in found if name not in done]
    with ThreadPoolExecutor() as pool:  # sums are worked out without Python's lock
        done |= zip(new, pool.map(_described, new, [found[name] for name in new]), strict=True)
    return [done[name] for name in sorted(found)]


def _described(name: str, path: Path) -> File:
    return File(name, path.stat().st_size, _sha256(path))


def write_sums(folder: Path, files: Sequence[File]) -> tuple[str, ...]:
    """Write `SHA256SUMS` over `files`, as `sha256sum -c` reads it, and return all the paths, its own too."""
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    (folder / SUMS).write_text(lines, encoding="utf-8", newline="\n")
    return tuple(sorted([*(file.name for file in files), SUMS]))


def read_sums(folder: Path) -> list[File]:
    """Return the files that `folder`'s `SHA256SUMS` lists; raises FileNotFoundError where one is missing."""
    files = []
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        files.append(File(name, (folder / name).stat().st_size, digest))
    return files


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
