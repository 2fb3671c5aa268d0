"""What a source's records look like as a whole: how full and how varied their fields are, and which keys they have.

Two portraits side by side, of tonight's records and of the last good ones, show what a count cannot: a column that
went empty, one text in every record, keys that are all new.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from transforms.normalise.text import is_sentinel

TELLING = ("name", "summary", "url", "record_url", "address", "email", "phone", "siret")
"""The fields that tell initiatives apart, and so differ from record to record."""

SAMPLE = 20_000
"""Of a source with more records, those with the smallest digests of their keys stand for all: the same every night."""

LONG = 100
UNFILLED = re.compile(r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}")
"""What a site shows when its own template was not filled in."""
EVERYTHING = 1 << 64


@dataclass(frozen=True, slots=True)
class Portrait:
    """How many records there are, how many have each field, and of a sample of them the keys and the telling fields.

    `told` counts the sampled records that have a telling field, `distinct` its values, and `top` holds the most
    frequent one with its number. `reach` bounds the digests of the sampled keys.
    """

    rows: int
    filled: Mapping[str, int] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    told: Mapping[str, int] = field(default_factory=dict)
    distinct: Mapping[str, int] = field(default_factory=dict)
    top: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    reach: int = EVERYTHING

    def fill(self, name: str) -> float:
        """The share of records that have the field `name`."""
        return self.filled.get(name, 0) / self.rows if self.rows else 0.0

    def same(self, name: str) -> float:
        """The share of records that have the most frequent value of the telling field `name`."""
        return self.top[name][1] / len(self.keys) if name in self.top else 0.0

    def variety(self, name: str) -> float:
        """How many values the telling field `name` has for each record that has it, 0 to 1."""
        return self.distinct[name] / self.told[name] if self.told.get(name) else 0.0

    def missing_from(self, other: Portrait) -> tuple[set[str], int]:
        """The keys that `other` lacks, and among how many that was to be seen."""
        reach = min(self.reach, other.reach)
        comparable = {key for key in self.keys if _digest(key) <= reach}
        return comparable - other.keys, len(comparable)


def portray(records: Iterable[tuple[str, Mapping[str, Any]]], most: int = SAMPLE) -> Portrait:
    """Return the portrait of records, given as their keys and raw fields; read one by one, a sample held in memory."""
    rows, filled = 0, Counter[str]()
    sample: list[tuple[int, str, dict[str, str]]] = []
    for key, fields in records:
        rows += 1
        filled.update(name for name, value in fields.items() if value and (name != "name" or _is_name(value)))
        drawn = -_digest(key)
        if len(sample) < most:
            heapq.heappush(sample, (drawn, key, _telling(fields)))
        elif drawn > sample[0][0]:
            heapq.heapreplace(sample, (drawn, key, _telling(fields)))
    values: dict[str, Counter[str]] = {}
    for _, _, told in sample:
        for name, text in told.items():
            values.setdefault(name, Counter())[text] += 1
    return Portrait(
        rows,
        dict(filled),
        frozenset(key for _, key, _ in sample),
        {name: counted.total() for name, counted in values.items()},
        {name: len(counted) for name, counted in values.items()},
        {name: min(counted.items(), key=lambda each: (-each[1], each[0])) for name, counted in values.items()},
        -sample[0][0] if rows > most else EVERYTHING,
    )


def _is_name(value: Any) -> bool:
    """Whether a name says anything: a record called "null" or "{{ place.name }}" is refused when it is cleaned."""
    return not is_sentinel(str(value)) and not UNFILLED.search(str(value))


def _telling(fields: Mapping[str, Any]) -> dict[str, str]:
    """The telling fields that are filled; of long texts the beginning and a digest, enough to count them."""
    found = {name: str(fields[name]) for name in TELLING if fields.get(name)}
    return {name: text if len(text) <= LONG else f"{text[:60]}… {_digest(text):x}" for name, text in found.items()}


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
