"""The index beside an archive: where each answer stands in it, and its head, so that no body has to be unpacked.

A line for each answer, in the archive's order, with tabs between: what it is looked up by, offset, length, CRC-32, and
the head as a JSON list. The last line holds the archive's size and the form of the index; an index that is of another
archive or form, or was cut off, is not used. It can be deleted at any time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FORM = 1
"""The form of an index, as its last line has it; to be raised when lines change."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is in an archive, the head of its answer, and the digest of its body ("" if not known).

    `check` is the CRC-32 of the record as it stands in the file, or None if nobody has worked it out. `written` is the
    head as an index has it, so that a copy need not be written anew.
    """

    offset: int
    length: int
    status: int
    reason: str
    headers: dict[str, str]
    digest: str
    check: int | None = None
    written: str = ""


class IndexWriter:
    """Writes the index of an archive while that is written."""

    def __init__(self, path: Path) -> None:
        """Begin the index at `path`, in place of any that is there."""
        self.path = path
        self._file = path.open("w", encoding="utf-8")

    def add(self, asked: str, place: Place) -> None:
        """Add an answer."""
        head = place.written or json.dumps([place.status, place.reason, place.headers, place.digest])
        self._file.write(f"{asked}\t{place.offset}\t{place.length}\t{place.check or ''}\t{head}\n")

    def close(self, size: int) -> None:
        """End the index of an archive of `size` bytes."""
        self._file.write(f"\t{size}\t{FORM}\n")
        self._file.close()


class Index:
    """Finds answers by what they are looked up by, of each the last one; 200 bytes of memory for each."""

    def __init__(self, path: Path, size: int) -> None:
        """Read the index at `path` of an archive of `size` bytes.

        Raises `ValueError` or `OSError` when it is none, or of another archive.
        """
        self._file = path.open("rb")
        self._lines = dict(self._found())
        end = self._lines.pop("", None)
        told, _, form = self._rest(end).partition(b"\t") if end else (b"", b"", b"")
        # One from before forms were written has form 1; what a later form says is made anew from the archive.
        if not told.isdigit() or int(told) != size or form not in {b"", b"%d" % FORM}:
            self._file.close()
            raise ValueError(f"{path.name} is the index of another archive, or of another version")

    def __contains__(self, asked: str) -> bool:
        """Whether there is an answer to `asked`."""
        return asked in self._lines

    def get(self, asked: str) -> Place | None:
        """Where the answer to `asked` is, or None."""
        line = self._lines.get(asked)
        if line is None:
            return None
        offset, length, check, head = self._rest(line).decode().split("\t", 3)
        status, reason, headers, digest = json.loads(head)
        known = int(check) if check else None
        return Place(int(offset), int(length), status, reason, headers, digest, known, head)

    def _found(self) -> Iterator[tuple[str, tuple[int, int]]]:
        offset = 0
        for line in self._file:
            asked = line.partition(b"\t")[0]
            yield asked.decode(), (offset + len(asked) + 1, len(line) - len(asked) - 2)
            offset += len(line)

    def _rest(self, line: tuple[int, int]) -> bytes:
        offset, length = line
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def index_of(archive: Path) -> Path:
    """Where the index of `archive` stands."""
    return archive.with_name(archive.name.removesuffix(".warc.gz") + ".index")
