"""Texts as numbers: which terms each initiative has, how often, and as which words they read.

Reading is the part that is Python for every word. `read` takes some of the texts and knows nothing of the others, so
that processes can share them; `transforms.similar.weighing` brings what they read together.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.similar.arrays import Numbers, bounds_of, ranges, sorting, starts
from transforms.similar.terms import (
    concepts_of,
    mark,
    own_name,
    pairs_of_stems,
    sentences,
    tells,
    told_words,
    without,
)
from transforms.themes.words import STEM
from transforms.vocabulary import vocabulary

REPEATED = 4
"""A sentence that so many initiatives have says nothing about any of them: a network's boilerplate, a slogan."""


class Text(NamedTuple):
    """What an initiative says of itself: its places by name, its themes as sources state them, and those guessed."""

    name: str
    summary: str | None
    places: Sequence[str] = ()
    codes: Sequence[str] = ()
    guessed: Sequence[str] = ()


def stem_of_letters(word: str) -> str:
    """Return the first six letters of a folded word, in which its forms and its cousins in other languages meet."""
    return word[:STEM]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a text is weighed: its stemmer, and the factors of its terms. The usual one is what measured best.

    `guessed` is the factor of a theme that no source states; `damping`, in weights of the
    rarest word, is added to the length of every vector, so that two names of one word are not wholly alike.
    """

    stem: Callable[[str], str] = stem_of_letters
    words: float = 1.0
    concepts: float = 1.5
    themes: float = 0.5
    guessed: float = 0.25
    damping: float = 1.2


USUAL = Recipe()


@dataclass(frozen=True, slots=True)
class Reading:
    """The terms of some texts, in their order: text k has `sizes[k]` of the `terms`, `counts` and `forms`.

    Terms are places in `vocabulary` ("w:", "c:" or "t:" before a stem, a concept, a theme), which has them in the order
    in which they were met; forms, how a term reads in a reason, are places in `spelling`. The count of a guessed theme
    is negative. `names` are what `own_name` tells of each name.
    """

    sizes: NDArray[np.int32]
    terms: NDArray[np.int32]
    counts: NDArray[np.int32]
    forms: NDArray[np.int32]
    vocabulary: Sequence[str]
    spelling: Sequence[str]
    names: Sequence[str]


def marks(summaries: Iterable[str | None]) -> NDArray[np.uint64]:
    """Return the marks of the sentences of some texts, each once for every text that has it."""
    found = (mark for text in summaries if text for mark in _marks(text))
    return np.fromiter(found, np.uint64)


def _marks(text: str) -> set[int]:
    return set(map(mark, sentences(text)))


def repeated(found: Iterable[NDArray[np.uint64]]) -> frozenset[int]:
    """Return the marks that at least `REPEATED` texts have, of what `marks` found in some texts and in others."""
    ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *found]))
    often = ordered[REPEATED - 1 :][ordered[REPEATED - 1 :] == ordered[: max(len(ordered) - REPEATED + 1, 0)]]
    return frozenset(often.tolist())


def read(texts: Iterable[Text], boilerplate: Set[int] = frozenset(), recipe: Recipe = USUAL) -> Reading:
    """Return the terms of `texts`, without their sentences whose marks are in `boilerplate`."""
    reader = _Reader(recipe)
    for text in texts:
        reader.take(text, boilerplate)
    return reader.done()


FORM_BITS = 32
"""Bits of the number of a form, when it stands behind that of its term in one number."""


class _Places(dict[str, int]):
    """Each key that is asked for → its place, in the order in which they are first met."""

    def __missing__(self, key: str) -> int:
        self[key] = len(self)
        return self[key]


@dataclass(frozen=True, slots=True)
class _Ragged:
    """Some numbers for each of many keys: key k has `sizes[k]` of the `values`."""

    sizes: NDArray[np.int64]
    values: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[Sequence[int]]) -> _Ragged:
        return cls(_numbers(map(len, parts)), _numbers(chain.from_iterable(parts)))

    def told(self, texts: Numbers, keys: Numbers) -> _Entries:
        """Return the numbers of the `keys` that `texts` have."""
        sizes = self.sizes[keys]
        return np.repeat(texts, sizes), self.values[ranges(bounds_of(self.sizes)[keys], sizes)]


_Entries = tuple[Numbers, Numbers]
"""What texts tell, in the order of the texts: a text, and a term with its form in one number."""


class _Reader:
    """Gathers the words of one text after the other; what these tell is worked out at the end, of all at once."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._words, self._codes = _Places(), _Places()
        self._found, self._stated, self._guessed = ((array("q"), array("q")) for _ in range(3))
        self._names: list[str] = []

    def take(self, text: Text, boilerplate: Set[int]) -> None:
        """Add a text."""
        found = told_words(f"{text.name}. {without(text.summary or '', boilerplate)}", text.places)
        guessed = [code for code in dict.fromkeys(text.guessed) if code not in text.codes]
        for (numbers, ends), places, told in (
            (self._found, self._words, found),
            (self._stated, self._codes, dict.fromkeys(text.codes)),
            (self._guessed, self._codes, guessed),
        ):
            numbers.extend(map(places.__getitem__, told))
            ends.append(len(numbers))
        self._names.append(own_name(text.name, text.places))

    def done(self) -> Reading:
        """Return what was gathered."""
        terms, forms = _Places(), _Places()
        parts = list(self._told(terms, forms))
        texts, told = (np.concatenate([np.empty(0, np.int64), *column]) for column in zip(*parts, strict=True))
        signs = np.ones(len(told), np.int32)
        signs[len(told) - len(parts[-1][0]) :] = -1
        known = np.flatnonzero(told >= 0)
        # A text tells words first, then concepts, then themes: so terms are numbered, and so their first form is found.
        order = known[sorting(texts[known])]
        texts, told, signs = texts[order], told[order], signs[order]
        numbers, vocabulary = _as_met(told >> FORM_BITS, list(terms))
        order = sorting(texts, numbers)
        begin = np.flatnonzero(starts(texts[order]) | starts(numbers[order]))
        first = order[begin]
        return Reading(
            np.bincount(texts[first], minlength=len(self._names)).astype(np.int32),
            numbers[first].astype(np.int32),
            np.add.reduceat(signs[order], begin) if len(begin) else signs,
            (told[first] & ((1 << FORM_BITS) - 1)).astype(np.int32),
            vocabulary,
            list(forms),
            self._names,
        )

    def _told(self, terms: _Places, forms: _Places) -> Iterator[_Entries]:
        """Yield what the texts tell, a kind after the other, guessed themes last, and number `terms` and `forms`.

        A number below 0 tells nothing.
        """

        def number(term: str, form: str) -> int:
            return terms[term] << FORM_BITS | forms[form]

        def concept(name: str) -> int:
            return number(f"c:{name}", name.replace("-", " "))

        recipe, words = self._recipe, list(self._words)
        texts, found = _columns(self._found)
        if recipe.words:
            tell = (number(f"w:{recipe.stem(word)}", word) if tells(word) else -1 for word in words)
            yield texts, _numbers(tell)[found]
        if recipe.concepts:
            yield _Ragged.of([[concept(name) for name in concepts_of(word)] for word in words]).told(texts, found)
            pairs = list(pairs_of_stems().values())
            at, met = _pairs(words, texts, found)
            yield _Ragged.of([[concept(name) for name in names] for names in pairs]).told(texts[at], met)
        themes = _numbers(number(f"t:{code}", _label(code)) for code in self._codes)
        for columns in (self._stated, self._guessed):
            texts, found = _columns(columns)
            yield (texts, themes[found]) if recipe.themes else (texts[:0], found[:0])


def _pairs(words: Sequence[str], texts: Numbers, found: Numbers) -> tuple[Numbers, Numbers]:
    """Return where two words beside each other in a text are in `pairs_of_stems`, and the place of the pair there."""
    pairs = list(pairs_of_stems())
    sides = [_Places(), _Places()]
    numbered = [[side[stem] for side, stem in zip(sides, pair, strict=True)] for pair in pairs]
    table = np.full([len(side) + 1 for side in sides], -1)  # the last row and column are of stems in no pair
    table[tuple(np.array(numbered).T)] = np.arange(len(pairs))
    one, other = (_numbers(side.get(word[:STEM], -1) for word in words) for side in sides)
    met = np.where(texts[:-1] == texts[1:], table[one[found[:-1]], other[found[1:]]], -1)
    at = np.flatnonzero(met >= 0)
    return at, met[at]


def _numbers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _columns(gathered: tuple[array[int], array[int]]) -> tuple[Numbers, Numbers]:
    """Return the text of each of the numbers that were gathered, and these."""
    numbers, ends = (np.array(values, np.int64) for values in gathered)
    return np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0)), numbers


def _as_met(terms: Numbers, vocabulary: Sequence[str]) -> tuple[Numbers, list[str]]:
    """Number terms anew, in the order in which they stand; return them, and of the vocabulary those that are there."""
    first = np.full(len(vocabulary), len(terms))
    np.minimum.at(first, terms, np.arange(len(terms)))
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(terms))]
    place = np.empty(len(vocabulary), np.int64)
    place[order] = np.arange(len(order))
    return place[terms], [vocabulary[term] for term in order.tolist()]


def _label(code: str) -> str:
    labels = vocabulary()["themes"]
    return labels[code]["en"] if code in labels else code
