"""Typed arrays in one file: a length, a JSON header, and the arrays one after the other, as `site/js/binary.js` reads.

Bytes 0 to 3 hold the length of the header (little-endian); the header lists `{"name", "type", "length"}`; each array
starts at a multiple of four. Arrays of more than one byte an item are written plane by plane (all lowest bytes first,
and so on), which gzip compresses far better than items side by side.
"""

from __future__ import annotations

import gzip
import json
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping

_CODES = {"u8": "B", "u16": "H", "u32": "I", "i32": "i"}

GZIP_LEVEL = 6


def packed(arrays: Mapping[str, tuple[str, Iterable[int]]]) -> bytes:
    """Return arrays (name → type "u8", "u16", "u32" or "i32", and items) as one compressed file.

    Raises OverflowError where an item does not fit its type.
    """
    header, body = [], bytearray()
    for name, (type, items) in arrays.items():
        made = array(_CODES[type], items)
        if sys.byteorder == "big":
            made.byteswap()
        raw = made.tobytes()
        header.append({"name": name, "type": type, "length": len(made)})
        size = made.itemsize
        body += raw if size == 1 else b"".join(raw[plane::size] for plane in range(size))
        body += bytes(-len(body) % 4)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return gzipped(struct.pack("<I", len(text)) + text + bytes(body))


def smallest(items: Iterable[int]) -> tuple[str, list[int]]:
    """Return non-negative items with the smallest type that holds them all."""
    found = list(items)
    top = max(found, default=0)
    return ("u8" if top < 1 << 8 else "u16" if top < 1 << 16 else "u32"), found


def gzipped(data: bytes) -> bytes:
    """Return compressed data, the same bytes each time."""
    return gzip.compress(data, GZIP_LEVEL, mtime=0)


def json_gzipped(value: object) -> bytes:
    """Return a value as compressed JSON."""
    return gzipped(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
