"""Texts as numbers: which terms each initiative has, how often, and as which words they read.

Reading is the part that is Python for every word. `read` takes some of the texts and knows nothing of the others, so
that processes can share them; `transforms.similar.weighing` brings what they read together.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class _Words(dict[str, tuple[int, int]]):
    """Word → the numbers of its stem and of itself as a form; -1 twice where it tells nothing."""

    def __init__(self, stem: Callable[[str], str], vocabulary: dict[str, int], spelling: dict[str, int]) -> None:
        self._stem, self._vocabulary, self._spelling = stem, vocabulary, spelling

    def __missing__(self, word: str) -> tuple[int, int]:
        found = (-1, -1)
        if tells(word):
            term = self._vocabulary.setdefault(f"w:{self._stem(word)}", len(self._vocabulary))
            found = (term, self._spelling.setdefault(word, len(self._spelling)))
        self[word] = found
        return found


class _Reader:
    """Gathers the terms of one text after the other. Each word is stemmed and numbered once, when it is first met."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._vocabulary: dict[str, int] = {}
        self._spelling: dict[str, int] = {}
        self._words = _Words(recipe.stem, self._vocabulary, self._spelling)
        self._sizes, self._terms, self._counts, self._forms = (array("i") for _ in range(4))
        self._names: list[str] = []

    def take(self, text: Text, boilerplate: Set[int]) -> None:
        """Add a text."""
        before = len(self._terms)
        found = told_words(f"{text.name}. {without(text.summary or '', boilerplate)}", text.places)
        if self._recipe.words:
            self._add_words(Counter(found))
        if self._recipe.concepts:
            for name, count in concepts(found).items():
                self._add(f"c:{name}", count, name.replace("-", " "))
        if self._recipe.themes:
            for code in dict.fromkeys(text.codes):
                self._add(f"t:{code}", 1, _label(code))
            for code in dict.fromkeys(text.guessed):
                if code not in text.codes:
                    self._add(f"t:{code}", -1, _label(code))
        self._sizes.append(len(self._terms) - before)
        self._names.append(own_name(text.name, text.places))

    def _add_words(self, counted: Counter[str]) -> None:
        counts: dict[int, int] = {}
        for word, count in counted.items():
            term, form = self._words[word]
            if term in counts:
                counts[term] += count
            elif term >= 0:
                counts[term] = count
                self._forms.append(form)
        self._terms.extend(counts)
        self._counts.extend(counts.values())

    def _add(self, term: str, count: int, form: str) -> None:
        self._terms.append(self._vocabulary.setdefault(term, len(self._vocabulary)))
        self._counts.append(count)
        self._forms.append(self._spelling.setdefault(form, len(self._spelling)))

    def done(self) -> Reading:
        """Return what was gathered."""
        columns = (self._sizes, self._terms, self._counts, self._forms)
        sizes, terms, counts, forms = (np.array(column, np.int32) for column in columns)
        return Reading(sizes, terms, counts, forms, list(self._vocabulary), list(self._spelling), self._names)


def _label(code: str) -> str:
    labels = vocabulary()["themes"]
    return labels[code]["en"] if code in labels else code
