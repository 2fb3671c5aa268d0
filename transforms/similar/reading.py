"""Texts as numbers: which terms each initiative has, how often, and as which words they read.

Reading is the part that is Python for every word. `read` takes some of the texts and knows nothing of the others, so
that processes can share them; `transforms.similar.weighing` brings what they read together.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.similar.arrays import Packing, starts
from transforms.similar.terms import concepts, mark, own_name, sentences, tells, told_words, without
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


class _Numbers(dict[str, int]):
    """What is told (a word, a concept, a theme) → its term and its form, in one number; -1 where it tells nothing.

    `term` makes a term of it, or None; `form` says how it reads in a reason. Both are numbered in the order in which
    they are first met, in `vocabulary` and `spelling`, which those of several kinds share.
    """

    def __init__(
        self,
        term: Callable[[str], str | None],
        form: Callable[[str], str],
        vocabulary: dict[str, int],
        spelling: dict[str, int],
    ) -> None:
        self._term, self._form, self._vocabulary, self._spelling = term, form, vocabulary, spelling

    def __missing__(self, told: str) -> int:
        found, term = -1, self._term(told)
        if term is not None:
            found = self._vocabulary.setdefault(term, len(self._vocabulary)) << FORM_BITS
            found |= self._spelling.setdefault(self._form(told), len(self._spelling))
        self[told] = found
        return found


class _Reader:
    """Gathers what one text after the other tells; what is told several times is counted at the end, of all at once."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._vocabulary: dict[str, int] = {}
        self._spelling: dict[str, int] = {}
        shared = self._vocabulary, self._spelling
        self._words = _Numbers(lambda word: f"w:{recipe.stem(word)}" if tells(word) else None, str, *shared)
        self._concepts = _Numbers("c:{}".format, lambda name: name.replace("-", " "), *shared)
        self._themes = _Numbers("t:{}".format, _label, *shared)
        self._told, self._ends, self._guessed = array("q"), array("q"), array("q")
        self._names: list[str] = []

    def take(self, text: Text, boilerplate: Set[int]) -> None:
        """Add a text."""
        found = told_words(f"{text.name}. {without(text.summary or '', boilerplate)}", text.places)
        if self._recipe.words:
            self._told.extend(map(self._words.__getitem__, found))
        if self._recipe.concepts:
            self._told.extend(map(self._concepts.__getitem__, concepts(found)))
        if self._recipe.themes:
            self._told.extend(map(self._themes.__getitem__, dict.fromkeys(text.codes)))
            stated = len(self._told)
            self._told.extend(self._themes[code] for code in dict.fromkeys(text.guessed) if code not in text.codes)
            self._guessed.extend(range(stated, len(self._told)))
        self._ends.append(len(self._told))
        self._names.append(own_name(text.name, text.places))

    def done(self) -> Reading:
        """Return what was gathered."""
        told, ends = np.array(self._told, np.int64), np.array(self._ends, np.int64)
        signs = np.ones(len(told), np.int32)
        signs[np.array(self._guessed, np.int64)] = -1
        texts = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        known = np.flatnonzero(told >= 0)
        keys = Packing(len(ends), len(self._vocabulary)).pack(texts[known], told[known] >> FORM_BITS)
        order = np.argsort(keys, kind="stable")  # the form that comes first in a text stays the first
        known = known[order]
        begin = np.flatnonzero(starts(keys[order]))
        first = known[begin]
        return Reading(
            np.bincount(texts[first], minlength=len(ends)).astype(np.int32),
            (told[first] >> FORM_BITS).astype(np.int32),
            np.add.reduceat(signs[known], begin) if len(begin) else signs[:0],
            (told[first] & ((1 << FORM_BITS) - 1)).astype(np.int32),
            list(self._vocabulary),
            list(self._spelling),
            self._names,
        )


def _label(code: str) -> str:
    labels = vocabulary()["themes"]
    return labels[code]["en"] if code in labels else code
