"""Text as the explorer compares it: the same in Python and in JavaScript (`site/js/fold.js`).

Both are held to `site/js/folding-vectors.json` by tests. A text becomes words of lower-case letters and digits without
accents; words that carry no meaning are left out of the index.
"""

from __future__ import annotations

import re
import unicodedata

LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "þ": "th", "ð": "d"}
)
_MARKS = re.compile("[\u0300-\u036f]")
_BREAKS = re.compile(r"[\W_]+")

_STOP_WORDS = (
    "au aux avec ce ces cet cette dans de des du elle elles en et eux il ils je la le les leur leurs lui ma "
    "mais me mes mon ne nos notre nous on ou par pas pour qu que qui sa se ses son sont sur ta te tes toi ton "
    "tu un une vos votre vous est ainsi afin plus the and of for in to with is are an at by from on or"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
LONGEST_WORD = 30
"""Letters; what is longer is cut, in the index and in questions alike."""


def fold(text: str) -> str:
    """Return `text` in lower case, without accents, ligatures written out, one space for everything else."""
    lowered = text.lower()
    if not lowered.isascii():
        lowered = _MARKS.sub("", unicodedata.normalize("NFD", lowered)).translate(LIGATURES)
    return _BREAKS.sub(" ", lowered).strip()


def words(text: str) -> list[str]:
    """Return the words of `text` that are indexed: folded, two letters or more, no stop words, in order."""
    return [word[:LONGEST_WORD] for word in fold(text).split() if len(word) > 1 and word not in STOP_WORDS]


def stems(word: str) -> list[str]:
    """Return what a word asked for is looked up by, as beginnings of indexed words: French plurals forgiven.

    "-aux" stands for "-al" and "-au" too, and "-al" for "-aux"; final "es", "s", "x" and "e" go where four letters or
    three remain.
    """
    if len(word) > 4 and word.endswith("aux"):
        return [word[:-3] + "al", word[:-1]]
    if len(word) > 4 and word.endswith("al"):
        return [word, word[:-1] + "ux"]
    if len(word) > 5 and word.endswith("es"):
        return [word[:-2]]
    if len(word) > 4 and word[-1] in "sxe":
        return [word[:-1]]
    if len(word) == 4 and word[-1] in "sx":
        return [word[:-1]]
    return [word]


def shard(word: str) -> str:
    """Return the name of the index shard of a folded word: its first two letters, "other" where they are not plain."""
    head = word[:2]
    return head if len(head) == 2 and head.isascii() and head.isalnum() else "other"
