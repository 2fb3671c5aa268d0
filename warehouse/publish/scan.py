"""The last look: every finished file of a release is searched for contacts of people before readers see it.

The gate searches the tables; this searches the bytes that leave the house, whatever wrote them: templates, exports,
attributions. It looks for what nobody can mistake: e-mail addresses that are somebody's own and mobile numbers as they
are written in France. Where a disguise gives itself away ("nom [at] domaine point fr", "zéro six …") the few letters
around are looked at with the eyes of the gate, which sees more, as it knows what each column holds.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from transforms.database import connect, load_extension
from transforms.normalise.people import betrays_person, private_contacts
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
_AT = re.compile(rb"@")
_BEFORE_AT = re.compile(rb"[A-Za-z0-9._%+\x80-\xff-]{1,64}\Z")
_AFTER_AT = re.compile(rb"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
# Most of what is looked for is looked for in the shape of a text: small letters, its figures all "0", its separators
# all " ", its brackets all "(". Only where that looks like a contact is the text itself read: many times as fast.
_SMALL = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
_ALIKE = bytes.maketrans(b"123456789.-[_)]", b"000000000  ((((")
_SHAPES = bytes(_ALIKE[_SMALL[sign]] for sign in range(256))
_CHUNK = 1 << 22
_ROWS = 1000
# A 6 or 7 and four pairs; what stands before is looked at afterwards.
_PAIRS_SHAPE = b"0 00 00 00 00"
_PAIRS = re.compile(rb"[67][ .\-]\d\d[ .\-]\d\d[ .\-]\d\d[ .\-]\d\d(?!\d)")
_BEFORE_PAIRS = re.compile(rb"(?:\+33|(?<![\d.,-])0033|(?<![\d.,-])0)[ .\-]?(?:\(0\) ?)?\Z")
_TOGETHER = re.compile(rb"\+33[67]\d{8}(?!\d)")
# By what disguises give themselves away; found as they stand in small letters, which costs little over whole files.
_SEEDS = (
    "arob", "arrob", "(at)", "[at]", " at )", " at ]", "_at_", " point fr", " point com", " point org", " dot ",
    "ro s", "ro-s", "ro, s",
)  # fmt: skip
_OVERLAP = max(map(len, (*_SEEDS, _PAIRS_SHAPE)))


def _by_shape() -> dict[bytes, list[bytes]]:
    """The seeds by the shape in which they are looked for; " point fr" and the like all by that of " point "."""
    found: dict[bytes, list[bytes]] = {}
    for seed in _SEEDS:
        shape = b" point " if seed.startswith(" point ") else seed.encode().translate(_SHAPES)
        found.setdefault(shape, []).append(seed.encode())
    return found


_SEEDS_OF = _by_shape()
_AROUND = 100
_OPENINGS = {b"[", b"(", b"{", b" "}  # before a sign that stands alone
_FILES = (b".png", b".jpg", b".jpeg", b".gif", b".webp", b".svg")


class PrivateContactError(ValueError):
    """A finished file holds a contact of a person; the message names files and lines, never the contact."""


Spread = Callable[[Callable[[Path], list[str]], Sequence[Path]], Iterable[list[str]]]
"""How the search of many files is done: by `map`, or by what shares the files among processes, in their order."""
WORTH = 500 * 2**20
"""Bytes of files from which several processes search them sooner than one."""


def check_files(folder: Path, spread: Spread = map) -> None:
    """Raise `PrivateContactError` when a file below `folder` holds a private e-mail address or a mobile number."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in SEARCHED]
    share = spread if sum(path.stat().st_size for path in files) >= WORTH else map
    found = [
        place.replace(path.name, path.relative_to(folder).as_posix(), 1)
        for path, places in zip(files, share(places_in, files), strict=True)
        for place in places
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
    if not path.stat().st_size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        line, at = 1, 0
        for start in sorted(_private(data)):
            line, at = line + data[at:start].count(b"\n"), start
            yield f"{path.name}, line {line}"


def _private_columns(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    """Yield the column of each private contact that a table holds; the table is read once."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    names = [name for name, type, *_ in described if "VARCHAR" in type]
    texts = ", ".join(f"{quoted(name)}::VARCHAR" for name in names)
    hint = r"@|[67][ .\-]\d\d[ .\-]\d\d|\+33[67]|(?i:" + "|".join(map(re.escape, _SEEDS)) + ")"
    where = f"regexp_matches(concat_ws(' ', {texts}), {literal(hint)})"
    found = connection.execute(f"SELECT {texts} FROM {table} WHERE {where}")
    while rows := found.fetchmany(_ROWS):
        for row in rows:
            yield from (name for name, cell in zip(names, row, strict=True) if cell for _ in _private(cell.encode()))


def _table(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """The SQL by which DuckDB reads a file."""
    if path.suffix == ".parquet":
        return f"read_parquet({literal(str(path))})"
    load_extension(connection, "spatial")
    return f"ST_Read({literal(str(path))})"


def _private(data: bytes | mmap.mmap) -> Iterator[int]:
    """Yield where a private contact begins."""
    for at in _AT.finditer(data):
        local = _BEFORE_AT.search(data[max(0, at.start() - 64) : at.start()])
        domain = _AFTER_AT.match(data, at.end())
        if not local or not domain:
            if data[at.start() - 1 : at.start()] in _OPENINGS and _contact_around(data, at.start(), "@") is not None:
                yield at.start()
            continue
        if domain[0].lower().endswith(_FILES):
            continue
        if betrays_person(f"{local[0].decode(errors='ignore')}@{domain[0].decode()}"):
            yield at.start()
    yield from (match.start() for match in _TOGETHER.finditer(data))
    pairs, disguised = set[int](), set[int]()  # what lies across the end of a chunk is met twice
    for begin in range(0, len(data), _CHUNK):
        shape = data[begin : begin + _CHUNK + _OVERLAP].translate(_SHAPES)
        pairs.update(_pairs(data, begin, shape))
        disguised.update(_disguised(data, begin, shape))
    yield from pairs
    yield from disguised


def _pairs(data: bytes | mmap.mmap, begin: int, shape: bytes) -> Iterator[int]:
    """Yield where a mobile number stands in pairs, by the shape of a chunk that begins at `begin`."""
    for place in _places(shape, _PAIRS_SHAPE):
        start = begin + place
        if _PAIRS.match(data, start) and _BEFORE_PAIRS.search(data[max(0, start - 12) : start]):
            yield start


def _disguised(data: bytes | mmap.mmap, begin: int, shape: bytes) -> Iterator[int]:
    """Yield where a private contact is written in disguise, by the shape of a chunk that begins at `begin`."""
    for looked_for, seeds in _SEEDS_OF.items():
        for at in _places(shape, looked_for):
            written = data[begin + at : begin + at + _OVERLAP].lower()
            for seed in seeds:
                place = _contact_around(data, begin + at, seed.decode()) if written.startswith(seed) else None
                if place is not None:
                    yield place


def _places(text: bytes, part: bytes) -> Iterator[int]:
    """Yield where `part` stands in `text`."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _contact_around(data: bytes | mmap.mmap, at: int, seed: str) -> int | None:
    """Where the private contact begins that a seed at `at` is part of; None where there is none."""
    start = max(0, at - _AROUND)
    window = data[start : at + len(seed) + _AROUND].decode(errors="ignore")
    for contact in private_contacts(window):
        if seed in contact.lower():
            return start + len(window[: window.index(contact)].encode())
    return None
