"""Text tables: their encoding and delimiter found from the content, rows read as a stream."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, TextIO

from scrapers.kinds.encodings import PROBE_BYTES, certain, guess
from scrapers.problems import SourceError

DELIMITERS = (",", ";", "\t", "|", "*")
PROBE_ROWS = 30
CELL_LIMIT = 10_000_000

csv.field_size_limit(CELL_LIMIT)


def decode(stream: BinaryIO, label: str, encoding: str | None = None) -> TextIO:
    """Return `stream` as text, line ends kept as they are.

    The encoding is that of the byte-order mark, else UTF-8 where the whole body is, else the one given, else the most
    likely of the old ones. Raises `SourceError` when the encoding does not fit, or the text ends within a character.
    """
    # A publisher who moves to UTF-8 does not tell us to mend the definition.
    chosen = certain(stream) or encoding or guess(stream)
    stream.seek(0)
    try:
        decoder = codecs.getincrementaldecoder(chosen)()
        for chunk in iter(lambda: stream.read(PROBE_BYTES), b""):
            decoder.decode(chunk)
    except (LookupError, UnicodeError) as fault:
        raise SourceError("encoding", f"{label}: {fault}", "give the right fetch.encoding") from fault
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as fault:
        remedy = "the file was cut off; it is tried again the next night"
        raise SourceError("truncated", f"{label} ends in the middle of a character ({chosen})", remedy) from fault
    stream.seek(0)
    return io.TextIOWrapper(stream, encoding=chosen, newline="")


def rows(text: TextIO, delimiter: str | None, wanted: set[str], label: str) -> tuple[Iterator[list[str]], bool]:
    """Return the rows of `text`, and whether it ends without a line end.

    The delimiter, unless given, is the one whose first rows hold the most of the names `wanted`.
    """
    head = text.read(PROBE_BYTES)
    if not head.strip():
        raise SourceError("empty", f"{label} holds no text", "look at the address; the publisher may be rebuilding it")
    chosen = delimiter or find_delimiter(head, wanted)
    cut = _ends_without_line_end(text)
    text.seek(0)
    return _safe_rows(csv.reader(text, delimiter=chosen), label), cut


def find_delimiter(head: str, wanted: set[str]) -> str:
    """Return the delimiter whose first rows of `head` hold the most of the names `wanted`, then the most cells."""
    return max(DELIMITERS, key=lambda sign: _names_found(head, sign, wanted))


def _names_found(head: str, delimiter: str, wanted: set[str]) -> tuple[int, int]:
    lines = io.StringIO(head, newline="")
    try:
        first = list(islice(csv.reader(lines, delimiter=delimiter), PROBE_ROWS))
    except csv.Error:
        return 0, 0
    names = [{" ".join(cell.replace("\ufeff", "").split()) for cell in row} for row in first]
    return max((len(wanted & row) for row in names), default=0), max(map(len, names), default=0)


def _ends_without_line_end(text: TextIO) -> bool:
    text.seek(0)
    last = ""
    for chunk in iter(lambda: text.read(PROBE_BYTES), ""):
        last = chunk[-1]
    return last not in "\r\n"


def _safe_rows(reader: Iterator[list[str]], label: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as fault:
        raise SourceError("not-a-table", f"{label}: {fault}", "give fetch.delimiter, or tell the publisher") from fault
