"""The text index of the explorer: inverted, cut into shards by the first letters of words.

A shard is one compressed file: bytes 0 to 3 the length of a JSON header, the header `{"words": [...], "counts": [...]}`
in the order of words, then the postings of each word: differences between row numbers, doubled, plus one where the
word stands in the title, each as a variable-length number (seven bits a byte, lowest first, high bit on all but the
last). A shard above `LARGEST` is cut again by the third letter.
"""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from transforms.vocabulary import vocabulary
from warehouse.publish.explorer.binary import gzipped
from warehouse.publish.explorer.folding import shard, words

LARGEST = 300_000
"""Bytes of a shard before compression."""

BATCH = 20_000

_TEXTS = """
    SELECT r.row, r.title,
        concat_ws(' ', i.organisation_name, i.summary, i.impact, i.postcode, i.commune, i.epci, i.departement, i.region,
            array_to_string(i.needs, ' '), array_to_string(i.funders, ' '), array_to_string(r.programmes, ' '),
            array_to_string(list_transform(i.partners, lambda one: one.name), ' ')) AS texts,
        r.themes, r.beneficiaries, r.methods, r.organisation_kind
    FROM explorer_row r JOIN initiative i USING (initiative_id) ORDER BY r.row
"""


def write_index(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Write the shards of the numbered rows of `connection` into `folder`; return their names, sorted."""
    folder.mkdir()
    by_shard: dict[str, list[str]] = defaultdict(list)
    postings = _postings(connection)
    for word in sorted(postings):
        by_shard[shard(word)].append(word)
    names = []
    for name, held in sorted(by_shard.items()):
        for part, some in _parts(name, held, postings):
            (folder / f"{part}.bin.gz").write_bytes(gzipped(_shard(some, postings)))
            names.append(part)
    return names


def _postings(connection: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    """Return word → row numbers, doubled, plus one where the word is in the title; ascending."""
    labels = {
        (field, code): words(f"{word['fr']} {word['en']}")
        for field, codes in vocabulary().items()
        for code, word in codes.items()
    }
    found: dict[str, list[int]] = defaultdict(list)
    cursor = connection.execute(_TEXTS)
    while batch := cursor.fetchmany(BATCH):
        for row, title, texts, themes, beneficiaries, methods, kind in batch:
            named, told = row * 2 + 1, row * 2
            in_title = set(words(title))
            for word in in_title:
                found[word].append(named)
            rest = set(words(texts))
            for field, codes in (("themes", themes), ("beneficiaries", beneficiaries), ("methods", methods)):
                for code in codes:
                    rest.update(labels.get((field, code), ()))
            rest.update(labels.get(("organisation_kind", kind), ()))
            for word in rest - in_title:
                found[word].append(told)
    return found


def _parts(name: str, held: Sequence[str], postings: dict[str, list[int]]) -> Iterable[tuple[str, Sequence[str]]]:
    """Yield a shard whole, or where it is too large, by third letters ("_" for other signs and none)."""
    if name == "other" or sum(len(postings[word]) for word in held) * 2 < LARGEST:
        yield name, held
        return
    thirds: dict[str, list[str]] = defaultdict(list)
    for word in held:
        third = word[2:3]
        thirds[name + (third if third.isascii() and third.isalnum() else "_")].append(word)
    yield from sorted(thirds.items())


def _shard(held: Sequence[str], postings: dict[str, list[int]]) -> bytes:
    header = json.dumps(
        {"words": held, "counts": [len(postings[word]) for word in held]}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    body = bytearray()
    for word in held:
        before = 0
        for posting in postings[word]:
            number = (posting >> 1) - before << 1 | posting & 1
            before = posting >> 1
            while number > 127:
                body.append(number & 127 | 128)
                number >>= 7
            body.append(number)
    return struct.pack("<I", len(header)) + header + bytes(body)
