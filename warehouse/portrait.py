"""What a source's records look like as a whole: how full and how varied their fields are, and which keys they have.

Two portraits side by side, of tonight's records and of the last good ones, show what a count cannot: a column that
went empty, one text in every record, keys that are all new.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from transforms.normalise.text import is_sentinel
from transforms.remembered import remembered
from transforms.themes.words import fold

TELLING = ("name", "summary", "url", "record_url", "address", "email", "phone", "siret")
"""The fields that tell initiatives apart, and so differ from record to record."""

PLACES = ("address", "postcode", "commune", "insee_code", "latitude", "longitude", "point", "url", "siret", "phone")
"""The fields that say where and who an initiative is; one that only takes another name keeps them."""

SAMPLE = 20_000
"""Of a source with more records, those with the smallest digests of their keys stand for all: the same every night."""

LONG = 100
UNFILLED = re.compile(r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}")
"""What a site shows when its own template was not filled in."""
EVERYTHING = 1 << 64
_WORDS = re.compile(r"[^\W_]+")


UNTOLD = 0
Fields = Mapping[str, Any]
Place = TypeVar("Place")
Face = tuple[int, ...]
UNSEEN: Face = (UNTOLD,)


@dataclass(frozen=True, slots=True)
class Portrait:
    """How many records there are, how many have each field, and of a sample of them the keys and the telling fields.

    `told` counts the sampled records that have a telling field, `distinct` its values, and `top` holds the most
    frequent one with its number. `faces` holds by sampled key digests of the name and of each of `PLACES`, `UNTOLD`
    where there is none. `reach` bounds the digests of the sampled keys.
    """

    rows: int
    filled: Mapping[str, int] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    told: Mapping[str, int] = field(default_factory=dict)
    distinct: Mapping[str, int] = field(default_factory=dict)
    top: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    reach: int = EVERYTHING
    faces: Mapping[str, Face] = field(default_factory=dict)

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

    def swapped_from(self, before: Portrait) -> tuple[list[str], int]:
        """The keys under which another initiative stands than `before`, and how many keys can be compared.

        It is another one when its name is, and it is also somewhere else altogether, or has the name that only
        another key had.
        """
        owners = _owners(before)
        met = [key for key, face in self.faces.items() if face[0] and before.faces.get(key, UNSEEN)[0]]
        return [key for key in met if _another(key, self.faces[key], before.faces[key], owners)], len(met)

    def twins(self) -> float:
        """The share of the sampled records that say the name and the place of another one again."""
        told = [face for face in self.faces.values() if face[0] and any(face[1:])]
        return 1 - len(set(told)) / len(told) if told else 0.0


class Sitting(Generic[Place]):
    """A portrait in the making: `see` every record once, then look closer at the sample in the `portrait`.

    Of the sample only keys are held, and the places where its records can be read again: which ones belong to it is
    known at the end, and to look closer at one takes ten times as long as to see it.
    """

    def __init__(self, most: int = SAMPLE) -> None:
        """Begin without a record; the sample will have `most` at most."""
        self._most, self._rows, self._filled = most, 0, Counter[str]()
        self._sample: list[tuple[int, str, Place]] = []

    def see(self, key: str, fields: Fields, place: Place) -> None:
        """Count a record of the raw `fields`, which can be read again at `place`."""
        self._rows += 1
        self._filled.update(name for name, value in fields.items() if value and (name != "name" or _is_name(value)))
        drawn = -_digest(key)
        if len(self._sample) < self._most:
            heapq.heappush(self._sample, (drawn, key, place))
        elif drawn > self._sample[0][0]:
            heapq.heapreplace(self._sample, (drawn, key, place))

    def portrait(self, read: Callable[[list[Place]], Iterable[Fields]]) -> Portrait:
        """Return the portrait of the records seen; `read` gives the fields of those at the places asked for."""
        values: dict[str, Counter[str]] = {}
        faces: dict[str, Face] = {}
        places = [place for _, _, place in self._sample]
        for (_, key, _), fields in zip(self._sample, read(places), strict=True):
            faces[key] = _face(fields)
            for name, text in _telling(fields).items():
                values.setdefault(name, Counter())[text] += 1
        return Portrait(
            self._rows,
            dict(self._filled),
            frozenset(faces),
            {name: counted.total() for name, counted in values.items()},
            {name: len(counted) for name, counted in values.items()},
            {name: min(counted.items(), key=lambda each: (-each[1], each[0])) for name, counted in values.items()},
            -self._sample[0][0] if self._rows > self._most else EVERYTHING,
            faces,
        )


def portray(records: Iterable[tuple[str, Fields]], most: int = SAMPLE) -> Portrait:
    """Return the portrait of records, given as their keys and raw fields, of which a sample is held in memory."""
    sitting = Sitting[Fields](most)
    for key, fields in records:
        sitting.see(key, fields, fields)
    return sitting.portrait(lambda held: held)


def _is_name(value: Any) -> bool:
    """Whether a name says anything: a record called "null" or "{{ place.name }}" is refused when it is cleaned."""
    return not is_sentinel(str(value)) and not UNFILLED.search(str(value))


def _telling(fields: Fields) -> dict[str, str]:
    """The telling fields that are filled; of long texts the beginning and a digest, enough to count them."""
    found = {name: str(fields[name]) for name in TELLING if fields.get(name)}
    return {name: text if len(text) <= LONG else f"{text[:60]}… {_digest(text):x}" for name, text in found.items()}


def _face(fields: Fields) -> Face:
    """Digests of the name and the places of a record, free of case, accents and signs."""
    return tuple(_seen(fields.get(name)) for name in ("name", *PLACES))


def _seen(value: Any) -> int:
    return _digest_of_words(str(value)) if value else UNTOLD


@remembered
def _digest_of_words(text: str) -> int:
    told = "".join(_WORDS.findall(text.casefold() if text.isascii() else fold(text)))
    return _digest(told) if told else UNTOLD


def _owners(portrait: Portrait) -> dict[int, str]:
    """The key of each name that only one record has."""
    counted = Counter(face[0] for face in portrait.faces.values())
    return {face[0]: key for key, face in portrait.faces.items() if counted[face[0]] == 1}


def _another(key: str, now: Face, before: Face, owners: Mapping[int, str]) -> bool:
    if now[0] == before[0]:
        return False
    if owners.get(now[0], key) != key:
        return True
    told = [one != other for one, other in zip(now[1:], before[1:], strict=True) if one and other]
    return bool(told) and all(told)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
