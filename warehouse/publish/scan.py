"""The last look: every finished file of a release is searched for contacts of people before readers see it.

The gate searches the tables; this searches the bytes that leave the house, whatever wrote them: templates, exports,
attributions. It looks for what nobody can mistake: e-mail addresses that are somebody's own and mobile numbers as they
are written in France. Where a disguise gives itself away ("nom [at] domaine point fr", "zéro six …") the few letters
around are looked at with the eyes of the gate, which sees more, as it knows what each column holds.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import re2

from transforms.database import connect, load_extension
from transforms.normalise.people import betrays_person, private_contacts
from transforms.spread import Spread
from warehouse.table import literal, quoted

TEXTS = {
    ".cff", ".csv", ".json", ".jsonl", ".geojson", ".md", ".html", ".txt", ".xml",
    ".ttl", ".rdf", ".jsonld", ".atom",
}  # fmt: skip
"""Files that are searched as bytes.

`essaim.duckdb` holds the tables that the gate has searched. Programs and styles of a page (.js, .css, .wasm) hold none
of our data.
"""
TABULAR = {".parquet", ".gpkg"}
"""Files that are searched column by column, through DuckDB."""
SEARCHED = TEXTS | TABULAR

MOST_TOLD = 5
PIECE = 1 << 20
"""Bytes of a file searched at a time; at least `_EDGE`."""
_BEFORE_AT = re.compile(rb"[A-Za-z0-9._%+\x80-\xff-]{1,64}\Z")
_AFTER_AT = re.compile(rb"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_ROWS = 1000
_IN_PAIRS = r"[67][ .\-]\d\d[ .\-]\d\d[ .\-]\d\d[ .\-]\d\d"  # what stands before is looked at afterwards
_IN_ONE = r"\+33[67]\d{8}"
_PAIRS, _TOGETHER = (re.compile(rb"%b(?!\d)" % shape.encode()) for shape in (_IN_PAIRS, _IN_ONE))
_BEFORE_PAIRS = re.compile(rb"(?:\+33|(?<![\d.,-])0033|(?<![\d.,-])0)[ .\-]?(?:\(0\) ?)?\Z")
# By what disguises give themselves away.
_SEEDS = (
    "arob", "arrob", "(at)", "[at]", " at )", " at ]", "_at_", " point fr", " point com", " point org", " dot ",
    "ro s", "ro-s", "ro, s",
)  # fmt: skip
# All of these at once, which RE2 finds in one pass over the bytes; only there is looked at more closely.
_SEED = "|".join(map(re.escape, _SEEDS))
_BYTES = re2.Options()
_BYTES.encoding, _BYTES.case_sensitive, _BYTES.never_capture = re2.Options.Encoding.LATIN1, False, True
_HINT = re2.compile(f"{_SEED}|{_IN_PAIRS}|{_IN_ONE}".encode(), _BYTES)
_LONGEST = 14  # bytes that a hint may take
_AROUND = 100
_EDGE = 1 << 10  # bytes around a piece that are looked at too: more than any contact takes, with what is around it
_OPENINGS = {b"[", b"(", b"{", b" "}  # before a sign that stands alone
_FILES = (b".png", b".jpg", b".jpeg", b".gif", b".webp", b".svg")


class PrivateContactError(ValueError):
    """A finished file holds a contact of a person; the message names files and lines, never the contact."""


WORTH = 500 * 2**20
"""Bytes of files from which several processes search them sooner than one."""


def check_files(folder: Path, spread: Spread = map) -> None:
    """Raise `PrivateContactError` when a file below `folder` holds a private e-mail address or a mobile number."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in SEARCHED]
    share = spread if sum(path.stat().st_size for path in files) >= WORTH else map
    # The largest first, lest one process be left with them at the end.
    largest_first = sorted(files, key=lambda path: -path.stat().st_size)
    places = dict(zip(largest_first, share(places_in, largest_first), strict=True))
    found = [
        place.replace(path.name, path.relative_to(folder).as_posix(), 1) for path in files for place in places[path]
    ]
    if found:
        raise PrivateContactError(
            f"{len(found)} places in the finished files hold a private e-mail address or a mobile number, such as "
            f"{'; '.join(found[:MOST_TOLD])}; correct the field in [[corrections]], or withdraw the record"
        )


def places_in(path: Path) -> list[str]:
    """Return where one file holds a private contact, as `private_places` does."""
    if path.suffix not in TABULAR:
        return list(_private_lines(path))
    with connect(threads=1) as connection:
        return list(private_places(connection, path))


def private_places(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """Yield where one file holds a private contact: file and line, or file and column."""
    if path.suffix in TABULAR:
        yield from (f"{path.name}, column {name}" for name in _private_columns(connection, _table(connection, path)))
    elif path.suffix in TEXTS:
        yield from _private_lines(path)


def _private_lines(path: Path) -> Iterator[str]:
    """Yield the line of each private contact in a file of text."""
    starts = sorted(set(_starts(path)))
    if not starts:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        line, at = 1, 0
        for start in starts:
            line, at = line + data[at:start].count(b"\n"), start
            yield f"{path.name}, line {line}"


def _starts(path: Path) -> Iterator[int]:
    """Yield where in a file private contacts begin; it is read piece by piece, whatever its size."""
    with path.open("rb") as file:
        begin, before, piece = 0, b"", file.read(PIECE)
        while piece:
            after = file.read(PIECE)
            data, first = before + piece + after[:_EDGE], len(before)
            yield from (begin - first + start for start in _private(data, first, first + len(piece)))
            begin, before, piece = begin + len(piece), piece[-_EDGE:], after


def _private_columns(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    """Yield the column of each private contact that a table holds; the table is read once."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    names = [name for name, type, *_ in described if "VARCHAR" in type]
    texts = ", ".join(f"{quoted(name)}::VARCHAR" for name in names)
    hint = r"@|[67][ .\-]\d\d[ .\-]\d\d|\+33[67]|(?i:" + _SEED + ")"
    where = f"regexp_matches(concat_ws(' ', {texts}), {literal(hint)})"
    found = connection.execute(f"SELECT {texts} FROM {table} WHERE {where}")
    while rows := found.fetchmany(_ROWS):
        for row in rows:
            for name, text in ((name, cell.encode()) for name, cell in zip(names, row, strict=True) if cell):
                yield from (name for _ in set(_private(text, 0, len(text))))


def _table(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """The SQL by which DuckDB reads a file."""
    if path.suffix == ".parquet":
        return f"read_parquet({literal(str(path))})"
    load_extension(connection, "spatial")
    return f"ST_Read({literal(str(path))})"


def _private(data: bytes, first: int, end: int) -> Iterator[int]:
    """Yield where a private contact begins that gives itself away between `first` and `end` of `data`."""
    at = data.find(b"@", first, end)
    while at >= 0:
        if _is_private_address(data, at):
            yield at
        at = data.find(b"@", at + 1, end)
    for hint in _HINT.finditer(data, first, min(len(data), end + _LONGEST)):
        yield from _hinted(data, hint.start(), min(hint.end(), end))


def _is_private_address(data: bytes, at: int) -> bool:
    """Whether the "@" at `at` belongs to the e-mail address of a person."""
    local = _BEFORE_AT.search(data[max(0, at - 64) : at])
    domain = _AFTER_AT.match(data, at + 1)
    if not local or not domain:
        return data[at - 1 : at] in _OPENINGS and _contact_around(data, at, "@") is not None
    if domain[0].lower().endswith(_FILES):
        return False
    return betrays_person(f"{local[0].decode(errors='ignore')}@{domain[0].decode()}")


def _hinted(data: bytes, first: int, end: int) -> Iterator[int]:
    """Yield where private contacts begin of which a part stands from `first` to `end`: there parts may overlap."""
    for at in range(first, end):
        if _TOGETHER.match(data, at):
            yield at
        if _PAIRS.match(data, at) and _BEFORE_PAIRS.search(data[max(0, at - 12) : at]):
            yield at
        written = data[at : at + _LONGEST].lower()
        for seed in _SEEDS:
            place = _contact_around(data, at, seed) if written.startswith(seed.encode()) else None
            if place is not None:
                yield place


def _contact_around(data: bytes, at: int, seed: str) -> int | None:
    """Where the private contact begins that a seed at `at` is part of; None where there is none."""
    start = max(0, at - _AROUND)
    window = data[start : at + len(seed) + _AROUND].decode(errors="ignore")
    for contact in private_contacts(window):
        if seed in contact.lower():
            return start + len(window[: window.index(contact)].encode())
    return None
