"""A text as the classifier sees it: words without accents, and how often each theme's lexicon meets them."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, pairwise

from transforms.marks import without_marks

_SMALL = """
a au aux avec ce ces cet cette dans de des du elle en est et il ils la le les leur leurs lui mais ne nos notre nous
on ou par pas plus pour qu que qui sa se ses son sont sur un une vos votre vous y an and are as at be by for from
has have in is it its of on or our that the their them they this to was we were which who will with you your el los
las una y del con por para que der die das und den dem ein eine mit von zu im fur ist auf els les amb per dels
"""
SMALL = frozenset(_SMALL.split())
"""Words that say nothing of a theme."""

STEM = 6
"""Letters that are left of a long word, so that its forms and its cousins in other languages meet."""

LONGEST = 20_000
"""Letters of a text that are read; the rest of a very long one changes nothing."""

_WORD = re.compile(r"[a-z]{2,30}")

Pair = tuple[str, str]
"""The stems of two words that follow each other."""


def fold(text: str) -> str:
    """Return `text` in small letters without accents, its first 20,000 letters."""
    if text.isascii():
        return text[:LONGEST].casefold()
    plain = unicodedata.normalize("NFKD", text[:LONGEST].replace("œ", "oe").replace("Œ", "oe").replace("ß", "ss"))
    return without_marks(plain).casefold()


def words(text: str) -> list[str]:
    """Return the words of `text` in order, folded, without the small ones and those of one letter."""
    return [word for word in _WORD.findall(fold(text)) if word not in SMALL]


def features(word: str) -> tuple[str, ...]:
    """Return what a word counts as: itself, and its stem with a star where it is long."""
    return (word, f"{word[:STEM]}*") if len(word) > STEM else (word,)


@cache
def lexicon() -> dict[str, dict[str, str]]:
    """Return theme → language → its words, separated by spaces, as `lexicon.toml` has them."""
    return tomllib.loads(resources.files("transforms.themes").joinpath("lexicon.toml").read_text(encoding="utf-8"))


@cache
def _entries() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[Pair, set[str]]]:
    """The lexicon for looking up: whole words, beginnings, and pairs of stems, each with its themes."""
    whole: dict[str, set[str]] = {}
    begun: dict[str, set[str]] = {}
    paired: dict[Pair, set[str]] = {}
    for theme, languages in lexicon().items():
        for entry in " ".join(languages.values()).split():
            first, _, second = entry.partition("+")
            if second:
                paired.setdefault((_stem(first), _stem(second)), set()).add(theme)
            elif entry.endswith("*"):
                begun.setdefault(entry[:-1], set()).add(theme)
            else:
                whole.setdefault(entry, set()).add(theme)
    return whole, begun, paired


def _stem(word: str) -> str:
    return word.rstrip("*")[:STEM]


def told_by(word: str) -> frozenset[str]:
    """Return the themes that the lexicon meets in a word alone."""
    whole, begun, _ = _entries()
    return frozenset(whole.get(word, ())).union(*(begun.get(word[:length], ()) for length in range(3, len(word) + 1)))


def told_by_pairs() -> Mapping[Pair, Collection[str]]:
    """Return every pair of stems that the lexicon has, with its themes."""
    return _entries()[2]


def pairs(ordered: Sequence[str]) -> Iterable[Pair]:
    """Return the stems of every two words that follow each other."""
    return pairwise([word[:STEM] for word in ordered])


def hits(found: Iterable[str]) -> Counter[str]:
    """Return how many different words, and pairs of words, of the list `found` speak of each theme."""
    ordered = list(found)
    listed = told_by_pairs()
    met = (listed[pair] for pair in listed.keys() & pairs(ordered))
    return Counter(chain(chain.from_iterable(map(told_by, dict.fromkeys(ordered))), chain.from_iterable(met)))


@lru_cache(maxsize=1_024)
def strength(count: int) -> float:
    """Return the weight of `count` lexicon words: the second says less than the first."""
    return math.log1p(count)
