"""Signs that a text may need one of the costly searches: all are looked for by RE2, in one pass over the text.

Each sign is a part that every match of its search has, so that a text without the sign is spared the search. Python and
RE2 differ in what a word, a figure or a small letter is; the signs are written so that they rather show too often.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import re2

from transforms.remembered import remembered

INVISIBLE = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
PLAINED = "\u00b2\u00b3\u00b9\u2070-\u209c\u2460-\u24ff\ufe50-\ufe6b\uff01-\uff5e\U0001d400-\U0001d7ff"
"""Signs that NFKC makes plain: superscripts, letters in circles, small and full-width forms, mathematical letters."""
PARTICLES = ("de", "du", "des", "le", "la", "van", "von", "den", "der", "el", "ben", "di", "da", "dos", "[dD]['’]")
"""What may stand between the names of a person, as parts of a pattern."""

_BLANK = r"[\t\v\f\r \x1c-\x1f\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_SPACE = rf"(?:\n|{_BLANK})"
_CAPITAL, _WORD, _NO_FIGURE = "[A-ZÀ-ÖØ-Þ]", r"[\p{L}\p{N}_'’.-]", r"[\p{L}\p{Nl}\p{No}_]"

ANY, WORK, WIKI, HIDDEN, SPELLED, PHONE, CAPITALS, CIVILITY, BANNER = range(9)
_PATTERNS: Final = {
    # Every text has this one: where RE2 finds nothing, it has failed.
    ANY: "",
    # Anything but printable ASCII without the two characters that open markup, line ends, and what French adds to it.
    # Letters that mojibake begins with (â, ï, Â) are none of these, nor is any that combines.
    WORK: r"[^\n\x20-\x25\x27-\x3b\x3d-\x7eàçèéêëîôöùûüÀÇÈÉÊËÔÖÛÜœŒ’–«»°€]",
    # Marks of wikis, and masks of e-mail addresses; Python takes ı and İ for i.
    WIKI: rf"\[\[|\{{\{{|'''|\[{_SPACE}*(?i:mod[iıİ]f[iıİ]er|ed[iıİ]t|e-?ma[iıİ]l)",
    # Markup, codes, and what is not seen.
    HIDDEN: f"[<&%{INVISIBLE}{PLAINED}]",
    # Letters that stand for the @ of an address.
    SPELLED: rf"(?i:roba|_at_| at )|[\[({{<«*|/'\"]{_SPACE}{{0,3}}(?i:at|chez|a|à){_SPACE}{{0,3}}[\])}}>»*|/'\"]"
    rf"|\.{_NO_FIGURE}{{2,30}}[ -](?i:at|chez|à)[ -]",
    # Seven figures near each other, or the zero that numbers in words begin with.
    PHONE: r"\p{Nd}(?:\P{Nd}{0,4}\p{Nd}){6}|(?i:z[ée]ro)",
    # Two words with capitals, the first of which may be the civility: every person that is found in a text.
    CAPITALS: rf"{_CAPITAL}{_WORD}*{_BLANK}+(?:(?:{'|'.join(PARTICLES)}){_SPACE}*)?{_CAPITAL}",
    # What every civility begins with and ends with.
    CIVILITY: rf"[DFHMS][A-Za-z]{{0,12}}\.?{_BLANK}",
    # Words of which every cookie or donation banner has one.
    BANNER: rf"(?i:cook[iıİ]e|un{_SPACE}+don|soutenez|beso[iıİ]n|donate|support|newsletter|lettre|javascr[iıİ]pt)",
}
_ALL = frozenset(_PATTERNS)


@remembered
def signs(text: str) -> frozenset[int]:
    """Return the signs that a text has, and `ANY`; never raises."""
    try:
        found = _looks().Match(text)
    except UnicodeEncodeError:  # a lone surrogate, which RE2 cannot be told of
        return _ALL
    return frozenset(found) if found else _ALL


@cache
def _looks() -> re2.Set:
    looks = re2.Set.SearchSet()
    for sign, pattern in _PATTERNS.items():
        if looks.Add(pattern) != sign:
            raise AssertionError("the signs are numbered in their order")
    looks.Compile()
    return looks
