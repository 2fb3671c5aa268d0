"""Records that present no initiative: a definition, a guide, a call, a job offer, an article, a menu, spam.

A title decides, a summary may add to it, a place and an organisation speak against; `transforms/relevance.toml` holds
the patterns and how they are weighed. In doubt a record stays: what is set aside is reported with its reason, and a
line in `warehouse/decisions/kept.csv` brings it back.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import re2

from scrapers.record import RawValue
from transforms.marks import without_marks
from transforms.normalise.text import clean_text

PLACES = ("address", "postcode", "commune", "insee_code", "latitude", "point")
ORGANISATIONS = ("organisation_name", "siren", "siret", "rna")
ENOUGH = 2
"""From this score up a record is set aside."""

_LOOK_AHEAD = re.compile(r"\(\?![^()]*\)")
_READ = 2000
"""So many characters of a summary are looked at."""


@dataclass(frozen=True, slots=True)
class Group:
    """Patterns of one reason: `why` continues the sentence "the record ...", `weight` is what a title counts."""

    name: str
    weight: int
    why: str
    title: re.Pattern[str]
    text: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a record presents no initiative: the group, its sentence and the score."""

    group: str
    why: str
    score: int


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups in the order of the file; raises re.error for a pattern that is none."""
    return tuple(
        Group(name, each["weight"], each["why"], re.compile("|".join(each["title"])), _any(each.get("text")))
        for name, each in _told().items()
    )


@cache
def _told() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("transforms").joinpath("relevance.toml").read_text(encoding="utf-8"))


@cache
def _first_look() -> re2.Set:
    """Says of a folded title of ASCII whether any group has a pattern that may match it, without saying which.

    RE2 goes through a title once, however many patterns there are: an eighth of what the groups cost one by one. It has
    no "(?!", without which a pattern matches more.
    """
    look = re2.Set.SearchSet()
    for told in _told().values():
        for pattern in told["title"]:
            look.Add(_LOOK_AHEAD.sub("", pattern).replace(r"\ufffd", "\ufffd"))
    look.Compile()
    return look


def _may_match(title: str) -> bool:
    # What a word, a figure and white space are RE2 knows of ASCII alone; few folded titles have anything else.
    return not title.isascii() or _first_look().Match(title) is not None


def _any(patterns: list[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns)) if patterns else None


def judge(fields: Mapping[str, RawValue]) -> Verdict | None:
    """Return why the record with these raw fields presents no initiative, or None when it may well; never raises."""
    title = _folded(_text(fields, "name"), 300)
    if not title or not _may_match(title):
        return None
    for group in groups():
        if not group.title.search(title):
            continue
        score = group.weight - _has(fields, PLACES) - _has(fields, ORGANISATIONS)
        if group.text and group.text.search(_folded(_text(fields, "summary"), _READ)):
            score += 1
        return Verdict(group.name, group.why, score) if score >= ENOUGH else None
    return None


def _has(fields: Mapping[str, RawValue], names: tuple[str, ...]) -> int:
    return int(any(clean_text(_text(fields, name)) for name in names))


def _text(fields: Mapping[str, RawValue], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _folded(text: str, most: int) -> str:
    """A text for the patterns: clean, lower case, no accents, straight apostrophes."""
    plain = (clean_text(text[:most]) or "").casefold().replace("’", "'")
    return plain if plain.isascii() else without_marks(unicodedata.normalize("NFKD", plain))
