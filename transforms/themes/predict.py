"""Themes for a record whose source states none: guesses from its texts, each with its confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrapers.record import RawValue
from transforms.normalise.text import clean_text
from transforms.themes.classifier import shipped

TOLD_BY = ("name", "summary", "impact", "needs")
"""The fields whose texts are read. Those that a licence keeps out of the release are read too: only codes come out."""


def predicted(fields: Mapping[str, RawValue]) -> list[dict[str, Any]]:
    """Return the themes that the raw `fields` seem to speak of: `theme` and `confidence`, the surest first.

    Empty when little is said or nothing is sure enough: a guess is wrong about one time in five.
    """
    texts: list[str] = []
    for name in TOLD_BY:
        value = fields.get(name, "")
        items = [value] if isinstance(value, str) else [item for item in value if isinstance(item, str)]
        texts += filter(None, map(clean_text, items))
    return [guess._asdict() for guess in shipped().guesses(". ".join(texts))]
