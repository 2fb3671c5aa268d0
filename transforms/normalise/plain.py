"""A text as a reader sees it, letter by letter beside the one that is written: to find what markup and codes hide.

"nom<b>&#64;</b>domaine&period;fr" reads as "nom@domaine.fr". What is found there can be cut out of the writing.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from transforms.normalise.signs import HIDDEN, INVISIBLE, PLAINED, signs

_PIECE = re.compile(
    rf"(?P<gone>[{INVISIBLE}]|<!--.*?-->)"
    r"|(?P<tag></?(?!at>)[a-z][a-z0-9]{0,12}(?:\s[^<>@]*)?/?>)"
    r"|(?P<entity>&(?:amp;|\#0*38;){0,4}(?:\#\d{1,7}|\#x[0-9a-f]{1,6}|[a-z]{2,12});)"
    r"|(?P<percent>%(?:25){0,4}[2-7][0-9a-f])"
    rf"|(?P<plained>[{PLAINED}])",
    re.IGNORECASE | re.DOTALL,
)
_PARTING = re.compile(r"</?(?:br|p|div|li|ul|ol|td|th|tr|table|h[1-6])\b", re.IGNORECASE)


class Reading:
    """What a text reads as (`text`), and where each letter of it is written."""

    def __init__(self, text: str, starts: list[int], ends: list[int]) -> None:
        """Take the reading and, for each of its letters, where in the writing it begins and ends."""
        self.text = text
        self._starts, self._ends = starts, ends

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the writing that the span of the reading comes from; it may not be empty."""
        return self._starts[start], self._ends[end - 1]


def may_be_read(text: str) -> bool:
    """Say whether a text has a sign that markup, codes and what is not seen have: `reading` would look closer."""
    return HIDDEN in signs(text)


def reading(text: str) -> Reading | None:
    """Return how a text reads without tags, codes and invisible signs; None when it reads as it is written.

    Never raises.
    """
    if not may_be_read(text):
        return None
    pieces = list(_PIECE.finditer(text))
    if not pieces:
        return None
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for piece in pieces:
        for at in range(position, piece.start()):
            letters.append(text[at])
            starts.append(at)
            ends.append(at + 1)
        for letter in _read(piece):
            letters.append(letter)
            starts.append(piece.start())
            ends.append(piece.end())
        position = piece.end()
    for at in range(position, len(text)):
        letters.append(text[at])
        starts.append(at)
        ends.append(at + 1)
    return Reading("".join(letters), starts, ends)


def _read(piece: re.Match[str]) -> str:
    written = piece[0]
    match piece.lastgroup:
        case "gone":
            return ""
        case "tag":
            return " " if _PARTING.match(written) else ""
        case "entity":
            code = re.sub(r"^&(?:amp;|#0*38;)+", "&", written, flags=re.IGNORECASE)
            letters = unicodedata.normalize("NFKC", unescape(code))
            return re.sub(rf"[{INVISIBLE}]", "", letters) if letters != code else written
        case "percent":
            return chr(int(written[-2:], 16))
        case _:
            return unicodedata.normalize("NFKC", written)
