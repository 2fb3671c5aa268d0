"""Letters without the marks that stand on them: what accents leave when a text is decomposed (NFD, NFKD)."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_ASTRAL = 0x10000


def has_astral(text: str) -> bool:
    """Whether a text has a letter beyond the first 65,536: patterns that list letters are quick for those alone.

    UTF-16 writes two units for each of them, one for any other; to look for one letter by letter takes ten times as
    long as to write the text.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def without_marks(text: str) -> str:
    """Return a decomposed text without its combining marks (all of Unicode's); never raises."""
    if text.isascii():
        return text
    text = _marks(0, _ASTRAL).sub("", text)
    return _marks(_ASTRAL, sys.maxunicode + 1).sub("", text) if has_astral(text) else text


@cache
def _marks(first: int, end: int) -> re.Pattern[str]:
    """What finds the marks among the letters from code `first` up to `end`.

    A pattern looks a letter below 65,536 up at once, but goes through all others it knows one by one: hence two.
    """
    marks = "".join(re.escape(chr(code)) for code in range(first, end) if unicodedata.combining(chr(code)))
    return re.compile(f"[{marks}]+")
