"""People's data by hand-made examples (`judged_people.tsv`): what of each is published, told without our own detectors.

Each line is one field of a record that is cleaned as in a night, under an open licence. Whether something got out is
told by comparing letters and digits alone, so that a detector that is blind for a form of writing cannot hide it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from scrapers.record import RAW_FIELDS, RawRecord, RawValue
from transforms.normalise.keys import public_key
from transforms.normalise.record import CleanRecord, Normaliser, Rules

JUDGED = Path(__file__).with_name("judged_people.tsv")

Verdict = Literal["private", "generic", "harmless"]
PARTS = {"partners": "name", "programmes": "organiser"}
CONTACTS = {"email": "contact_email", "phone": "contact_phone"}


@dataclass(frozen=True, slots=True)
class Example:
    """What a source writes in one field, and what must come of it; see the head of `judged_people.tsv`."""

    verdict: Verdict
    field: str
    written: str
    expected: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How many examples of each verdict there are, how many came out as they must, and the lines that did not."""

    private: int
    kept_out: int
    generic: int
    kept: int
    harmless: int
    unharmed: int
    wrong: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return asdict(self)


def examples(path: Path = JUDGED) -> Iterator[Example]:
    """Yield the examples of the file. Raises OSError, and ValueError for a line that has not four cells."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "verdict\t")):
            continue
        verdict, field, written, expected = line.split("\t")
        if verdict not in {"private", "generic", "harmless"} or field not in RAW_FIELDS:
            raise ValueError(f"{path.name}: no such verdict or field: {verdict}, {field}")
        yield Example(verdict, field, _unescaped(written), expected)  # type: ignore[arg-type]


def _unescaped(text: str) -> str:
    text = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)
    return text.replace("\\n", "\n").replace("\\r", "\r").replace('\\"', '"')


def judge(found: Iterator[Example]) -> Judged:
    """Clean a record for each example and count what came out as it must."""
    counts = {f"{verdict}, {right}": 0 for verdict in ("private", "generic", "harmless") for right in (True, False)}
    wrong = []
    for example in found:
        right = _is_right(example)
        counts[f"{example.verdict}, {right}"] += 1
        if not right:
            wrong.append(f"{example.verdict} {example.field}: {example.written!r}")
    pairs = [
        (counts[f"{verdict}, True"] + counts[f"{verdict}, False"], counts[f"{verdict}, True"])
        for verdict in ("private", "generic", "harmless")
    ]
    return Judged(*pairs[0], *pairs[1], *pairs[2], tuple(wrong))


def _is_right(example: Example) -> bool:
    normaliser = Normaliser(Rules("judged", True, "FR"))
    key = example.written if example.field == "source_key" else "1"
    record = normaliser.clean(RawRecord("judged", key, _fields(example), "page", 1))
    if example.verdict == "private":
        told = [problem.message for problem in normaliser.problems()] + [public_key(key)]
        return letters(example.expected) not in letters(json.dumps([told, _shown(record)], ensure_ascii=False))
    if record is None:
        return False
    if example.verdict == "generic":
        return bool(record.values.get(CONTACTS[example.field]) == example.expected)
    return bool(record.values.get(example.field) == example.written)


def _fields(example: Example) -> dict[str, RawValue]:
    fields: dict[str, RawValue] = {"name": "Le Lieu", "commune": "Nantes"}
    shape = RAW_FIELDS[example.field]
    if shape == "parts":
        return fields | {example.field: [{"name": "Ville", PARTS[example.field]: example.written}]}
    return fields | {example.field: [example.written] if shape == "list" else example.written}


def _shown(record: CleanRecord | None) -> list[Any]:
    if record is None:
        return []
    return [record.values, record.originals, record.record_url, record.place._asdict()]


def letters(text: str) -> str:
    """Return the letters and digits of a text as a reader makes them out: small, plain, codes and markup read."""
    plain = unicodedata.normalize("NFKC", unquote(unescape(re.sub(r"<[^<>]*>", "", text)))).casefold()
    return re.sub(r"[\W_]", "", plain)
