"""Tables: which delimiter, which row is the header, and what its columns hold."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from scrapers.failures import label
from scrapers.kinds import delimited, workbook
from scrapers.kinds.encodings import PROBE_BYTES, guess
from scrapers.kinds.table import HEADER_WITHIN, unique
from scrapers.problems import SourceError
from scrapers.propose.fields import fill_from_columns
from scrapers.propose.look import Seen
from scrapers.propose.proposal import Candidate

MOST_ROWS = 100_000
"""So many rows are counted."""


def table_of(seen: Seen) -> Candidate | None:
    """Return the candidate for a body that is a table, or None."""
    fetch: dict[str, object] = {"url": seen.url}
    rows = _workbook_rows(seen, fetch) or _text_rows(seen, fetch)
    header = _header_of(rows)
    if header is None:
        return None
    names = unique(rows[header])
    below = [row for row in rows[header + 1 :] if any(cell.strip() for cell in row)]
    columns = {name: [row[place] for row in below if place < len(row)] for place, name in enumerate(names)}
    candidate = Candidate("table", "data", f"a table of {len(names)} columns and {len(below):,} rows", fetch)
    candidate.rows = len(below)
    if header:
        candidate.remarks.append(
            f"{header} rows stand above the header; the header is found by the names of its columns"
        )
    fill_from_columns(candidate, columns)
    return candidate


def _workbook_rows(seen: Seen, fetch: dict[str, object]) -> list[list[str]]:
    if seen.body.startswith(b"PAR1"):
        fetch["format"] = "parquet"
        return list(islice(workbook.parquet_rows(io.BytesIO(seen.body), label(seen.url)), MOST_ROWS))
    if not seen.body.startswith(b"PK\x03\x04"):
        return []
    fetch["format"] = "ods" if b"opendocument.spreadsheet" in seen.body[:200] else "xlsx"
    return list(islice(workbook.rows(io.BytesIO(seen.body), label(seen.url), None, set()), MOST_ROWS))


def _text_rows(seen: Seen, fetch: dict[str, object]) -> list[list[str]]:
    if "format" in fetch or seen.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"<", b"{", b"["} or _is_binary(seen):
        return []
    encoding = guess(io.BytesIO(seen.body))
    text = delimited.decode(io.BytesIO(seen.body), label(seen.url), encoding)
    head = text.read(PROBE_BYTES)
    sign = max(delimited.DELIMITERS, key=lambda sign: _evenness(head, sign))
    if _evenness(head, sign) <= 1:
        return []
    fetch["format"], fetch["delimiter"] = "csv", sign
    if encoding not in {"utf-8", "utf-8-sig"}:
        fetch["encoding"] = encoding
    text.seek(0)
    try:
        return list(islice(csv.reader(text, delimiter=sign), MOST_ROWS))
    except csv.Error as fault:
        remedy = "open the file in an editor; it may be no table"
        raise SourceError("not-a-table", f"{label(seen.url)}: {fault}", remedy) from fault


def _is_binary(seen: Seen) -> bool:
    return b"\0\0\0" in seen.body[:4096]


def _evenness(head: str, sign: str) -> float:
    """How much `head` looks like rows of one width when cut at `sign`: many cells, the same number in most rows."""
    try:
        found = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=sign), delimited.PROBE_ROWS))
    except csv.Error:
        return 0
    widths = Counter(len(row) for row in found if row)
    if not widths:
        return 0
    width, count = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]))
    return width * (count / widths.total()) ** 2 if width > 1 else 0


def _header_of(rows: list[list[str]]) -> int | None:
    """The place of the header: the first row that names nearly as many columns as there are, in words."""
    first = rows[:HEADER_WITHIN]
    widest = max((sum(bool(cell.strip()) for cell in row) for row in first), default=0)
    if widest < 2 or len(rows) < 2:
        return None
    for place, row in enumerate(first):
        told = [cell.strip() for cell in row if cell.strip()]
        words = [cell for cell in told if not re.fullmatch(r"[\d\s.,:/-]+", cell)]
        if len(told) * 10 >= widest * 6 and len(words) * 10 >= len(told) * 8 and len(told) > 1:
            return place
    return None
