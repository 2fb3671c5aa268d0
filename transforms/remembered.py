"""Answers about texts that come again and again: the name of a town, a value and what was written for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Answer = TypeVar("Answer")

MOST, LONGEST = 2_048, 4_096
"""So many answers are kept for each function, and only those about texts of so many letters: 10 MB at the very most."""


def remembered(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Return `function`, which must be pure and whose answers nobody may change, with its last answers at hand."""
    known = lru_cache(maxsize=MOST)(function)

    @wraps(function)
    def asked(text: str) -> Answer:
        return known(text) if len(text) <= LONGEST else function(text)

    return asked
