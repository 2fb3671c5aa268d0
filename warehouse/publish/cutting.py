"""Parts of finished files: the lines of a CSV or GeoJSON file, copied to each of the smaller files they belong to.

A part thus holds the very bytes of the whole, and nothing is read from the database or written anew for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

BUFFER = 1 << 16
"""Bytes kept for a file before they are written."""

FEATURES_BEGIN, FEATURES_END = b'{"type":"FeatureCollection","features":[', b"\n]\n}\n"
"""What stands before and behind the features of a GeoJSON file of a release."""


class Files:
    """Many files that are written by turns, each from its beginning, without all of them being open."""

    def __init__(self, paths: Sequence[Path], begin: bytes) -> None:
        self._paths = paths
        self._held = [bytearray(begin) for _ in paths]
        self.lines = [0] * len(paths)
        for path in paths:
            path.write_bytes(b"")

    def add(self, number: int, line: bytes) -> None:
        """Add to the file at place `number` of the paths."""
        held = self._held[number]
        held += line
        self.lines[number] += 1
        if len(held) > BUFFER:
            self._flush(number)

    def close(self) -> None:
        """Write what is still kept."""
        for number in range(len(self._paths)):
            self._flush(number)

    def _flush(self, number: int) -> None:
        with self._paths[number].open("ab") as file:
            file.write(self._held[number])
        self._held[number].clear()


def cut_csv(whole: Path, owners: Iterable[Iterable[int]], paths: Sequence[Path]) -> None:
    """Copy the rows of the CSV file `whole`, with its header, to `paths`: each row to the places that `owners` gives.

    Raises ValueError where there are not as many owners as rows.
    """
    rows = _csv_rows(whole)
    with closing(Files(paths, next(rows))) as files:
        for row, places in zip(rows, owners, strict=True):
            for place in places:
                files.add(place, row)


def cut_features(whole: Path, owners: Iterable[Iterable[int]], paths: Sequence[Path]) -> None:
    """Copy the features of the GeoJSON file `whole` to `paths`, as `cut_csv` does with rows."""
    with whole.open("rb") as lines, closing(Files(paths, FEATURES_BEGIN)) as files:
        features = (line.rstrip(b",\n") for line in lines if line.startswith(b"\t{"))
        for feature, places in zip(features, owners, strict=True):
            for place in places:
                files.add(place, (b",\n" if files.lines[place] else b"\n") + feature)
        for place in range(len(paths)):
            files.add(place, FEATURES_END)


def _csv_rows(path: Path) -> Iterator[bytes]:
    """Yield the rows of a CSV file as they stand there, the header first; quotes may hold line breaks."""
    with path.open("rb") as lines:
        row = b""
        for line in lines:
            row += line
            if row.count(b'"') % 2 == 0:
                yield row
                row = b""
