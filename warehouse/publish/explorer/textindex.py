"""The text index of the explorer: inverted, cut into shards by the first letters of words.

A shard is one compressed file: bytes 0 to 3 the length of a JSON header, the header `{"words": [...], "counts": [...]}`
in the order of words, then the postings of each word: differences between row numbers, doubled, plus one where the
word stands in the title, each as a variable-length number (seven bits a byte, lowest first, high bit on all but the
last). A shard above `LARGEST` is cut again by the third letter.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from transforms.vocabulary import vocabulary
from warehouse.publish.explorer.binary import gzipped
from warehouse.publish.explorer.folding import shard, words

LARGEST = 300_000
"""Bytes of a shard before compression."""

BATCH = 20_000
KNOWN = 200_000
"""Different spellings whose words are remembered; texts say the same ones again and again."""

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


class _Words(dict[str, list[int]]):
    """The words of a text without spaces, by their numbers: worked out once, and remembered."""

    def __init__(self) -> None:
        """Begin without a word."""
        self.numbers: dict[str, int] = {}

    def __missing__(self, spelling: str) -> list[int]:
        if len(self) >= KNOWN:
            self.clear()
        found = self[spelling] = self.numbered(words(spelling))
        return found

    def numbered(self, found: Iterable[str]) -> list[int]:
        """Return the numbers of words; a new one has the next."""
        return [self.numbers.setdefault(word, len(self.numbers)) for word in found]

    def of(self, text: str) -> Iterable[int]:
        """Return the words of a text, some more than once: no word goes over a space."""
        return chain.from_iterable(map(self.__getitem__, text.split()))


_Postings = Mapping[str, "array[int]"]
"""Word → row numbers, doubled, plus one where the word is in the title; ascending."""


def _postings(connection: duckdb.DuckDBPyConnection) -> _Postings:
    """Return the postings of the numbered rows of `connection`."""
    known = _Words()
    labels = {
        (field, code): known.numbered(words(f"{word['fr']} {word['en']}"))
        for field, codes in vocabulary().items()
        for code, word in codes.items()
    }
    found: list[array[int]] = []
    cursor = connection.execute(_TEXTS)
    while batch := cursor.fetchmany(BATCH):
        said: list[int] = []
        ends = [0]
        for _, title, texts, themes, beneficiaries, methods, kind in batch:
            said.extend(known.of(title))
            ends.append(len(said))
            said.extend(known.of(texts))
            for field, codes in (("themes", themes), ("beneficiaries", beneficiaries), ("methods", methods)):
                for code in codes:
                    said.extend(labels.get((field, code), ()))
            said.extend(labels.get(("organisation_kind", kind), ()))
            ends.append(len(said))
        found.extend(array("I") for _ in range(len(known.numbers) - len(found)))
        told = [posting for row, *_ in batch for posting in (2 * row + 1, 2 * row)]
        _add(found, np.array(said, np.uint64), np.repeat(np.array(told, np.uint64), np.diff(ends)))
    # In the order of their numbers; without any row there are words of labels, and no postings.
    return {word: rows for word, rows in zip(known.numbers, found, strict=False) if rows}


def _add(found: Sequence[array[int]], said: NDArray[np.uint64], postings: NDArray[np.uint64]) -> None:
    """Add postings to those of the words `said`: each once, and where the title has the word that one alone."""
    if not said.size:
        return
    both = np.sort(said << np.uint64(32) | postings)
    # Of those that are the same but for the mark of a title, the one with the mark comes last.
    both = both[np.append(both[1:] >> 1 != both[:-1] >> 1, True)]
    words, postings = both >> np.uint64(32), both.astype(np.uintc)
    starts = np.flatnonzero(np.insert(words[1:] != words[:-1], 0, True))
    for number, some in zip(words[starts].tolist(), np.split(postings, starts[1:]), strict=True):
        found[number].frombytes(some.tobytes())


def _parts(name: str, held: Sequence[str], postings: _Postings) -> Iterable[tuple[str, Sequence[str]]]:
    """Yield a shard whole, or where it is too large, by third letters ("_" for other signs and none)."""
    if name == "other" or sum(len(postings[word]) for word in held) * 2 < LARGEST:
        yield name, held
        return
    thirds: dict[str, list[str]] = defaultdict(list)
    for word in held:
        third = word[2:3]
        thirds[name + (third if third.isascii() and third.isalnum() else "_")].append(word)
    yield from sorted(thirds.items())


def _shard(held: Sequence[str], postings: _Postings) -> bytes:
    header = json.dumps(
        {"words": held, "counts": [len(postings[word]) for word in held]}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    return struct.pack("<I", len(header)) + header + varints(_steps([postings[word] for word in held]))


def _steps(lists: Sequence[array[int]]) -> NDArray[np.uintc]:
    """Return the difference of each posting's row from the one before it, doubled, with its mark of a title."""
    numbers: NDArray[np.uintc] = np.concatenate([np.frombuffer(postings, np.uintc) for postings in lists])
    before: NDArray[np.uintc] = np.zeros_like(numbers)
    before[1:] = numbers[:-1] & ~np.uintc(1)
    before[np.cumsum([0, *map(len, lists[:-1])])] = 0
    steps: NDArray[np.uintc] = numbers - before
    return steps


def varints(numbers: NDArray[np.uintc]) -> bytes:
    """Return numbers of 32 bits, of seven bits a byte: lowest first, high bit on all but the last byte of each."""
    longest = max(1, -(-int(numbers.max(initial=0)).bit_length() // 7))
    rest = numbers[:, None] >> np.arange(0, 7 * longest, 7, dtype=np.uintc)
    found = (rest & 127).astype(np.uint8)
    found[:, :-1] |= (rest[:, 1:] > 0).astype(np.uint8) << 7
    is_there = rest > 0
    is_there[:, 0] = True
    return found[is_there].tobytes()
