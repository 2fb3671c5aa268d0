"""The terms of all initiatives weighed: TF-IDF after Salton and Buckley (1988), of damped length.

The weight of a term is (1 + ln count) x ln(all / those that have it) x the factor of its kind, over the damped length
of the whole, in thousandths: their sums are the same in any order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from transforms.similar.arrays import Matrix, bounds_of, sorting
from transforms.similar.reading import USUAL, Reading, Recipe

T = TypeVar("T")
Column = NDArray[np.int32]

WORD, CONCEPT, THEME = range(3)
KINDS = {"w": WORD, "c": CONCEPT, "t": THEME}
WEIGHTS = 1001
"""One more than the greatest weight."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The weights of all initiatives, a row for each, a column for each term, of one of the `kinds`.

    `forms` stand beside the cells: places in `spelling`, which is in the order of the alphabet. `names` are what
    `own_name` tells.
    """

    weights: Matrix
    kinds: NDArray[np.int8]
    forms: Column
    spelling: Sequence[str]
    names: Sequence[str]


class _Numbers:
    """The terms and forms of all readings, numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.terms: dict[str, int] = {}
        self.forms: dict[str, int] = {}

    def take(self, reading: Reading) -> tuple[Column, Column]:
        """Return the terms and forms of a reading by their numbers here."""
        terms, forms = self.terms, self.forms
        known = [terms.setdefault(term, len(terms)) for term in reading.vocabulary]
        spelled = [forms.setdefault(form, len(forms)) for form in reading.spelling]
        return np.array(known, np.int32)[reading.terms], np.array(spelled, np.int32)[reading.forms]

    def kinds(self) -> NDArray[np.int8]:
        """Return the kind of each term."""
        return np.array([KINDS[term[0]] for term in self.terms], np.int8)

    def alphabetical(self) -> tuple[list[str], Column]:
        """Return the forms in the order of the alphabet, and for each number which place there is that of its form."""
        ordered = sorted(self.forms)
        place = np.empty(len(ordered), np.int32)
        place[[self.forms[form] for form in ordered]] = np.arange(len(ordered), dtype=np.int32)
        return ordered, place


def weigh(readings: Iterable[Reading], recipe: Recipe = USUAL) -> Weighed:
    """Weigh the terms of all initiatives: those of the first reading, then those of the next, and so on."""
    numbers = _Numbers()
    parts, names = [], list[str]()
    for reading in readings:
        parts.append((reading.sizes, *numbers.take(reading), reading.counts))
        names += reading.names
    kinds = numbers.kinds()
    having = sum((np.bincount(terms, minlength=len(kinds)) for _, terms, _, _ in parts), np.zeros(len(kinds), np.int64))
    factors = _Factors(len(names), having, kinds, recipe)
    columns: list[list[Column]] = [[], [], [], []]
    for part in _emptied(parts):
        for column, values in zip(columns, factors.weigh(*part), strict=True):
            column.append(values)
    sizes, terms, forms, weights = (np.concatenate([np.empty(0, np.int32), *_emptied(column)]) for column in columns)
    spelling, place = numbers.alphabetical()
    return Weighed(Matrix(bounds_of(sizes), terms, weights), kinds, place[forms], spelling, names)


def _emptied(values: list[T]) -> Iterator[T]:
    """Yield the values of a list, first to last, and let go of each: they are large."""
    values.reverse()
    while values:
        yield values.pop()


class _Factors:
    """What the weights of any text are made with: how rare each term is, and the recipe.

    Logarithms are those of the C library (`math`): NumPy's own differ in their last bit from processor to processor.
    """

    def __init__(self, count: int, having: NDArray[np.int64], kinds: NDArray[np.int8], recipe: Recipe) -> None:
        """Take how many texts there are, how many of them have each term, and the kinds of the terms."""
        often, which = np.unique(having, return_inverse=True)
        # A term that one alone has leads nowhere, and one that all have says nothing.
        self._rarity = np.array([math.log(count / each) if each > 1 else 0.0 for each in often.tolist()])[which]
        self._factor = np.array([recipe.words, recipe.concepts, recipe.themes])[kinds]
        self._guessed = recipe.guessed
        self._damping = (1000 * recipe.damping * math.log(max(count, 1))) ** 2

    def weigh(self, sizes: Column, terms: Column, forms: Column, counts: Column) -> tuple[Column, ...]:
        """Return sizes, terms, forms and weights of some texts, of each the terms that weigh something, ordered."""
        often = np.abs(counts)
        logarithm = np.array([0.0, *map(math.log, range(1, 1 + often.max(initial=0)))])[often]
        factor = np.where(counts < 0, self._guessed, self._factor[terms])
        parts = np.rint(1000 * (1 + logarithm) * factor * self._rarity[terms]).astype(np.int64)
        squares = np.diff(bounds_of(parts * parts)[bounds_of(sizes)])
        rows = np.repeat(np.arange(len(sizes)), sizes)
        with np.errstate(invalid="ignore"):  # nothing over nothing, where a text has no term and nothing is damped
            weights = np.rint(1000 * parts / np.sqrt(squares + self._damping)[rows])
        told = np.flatnonzero(weights > 0)
        told = told[sorting(rows[told], terms[told])]
        return (
            np.bincount(rows[told], minlength=len(sizes)).astype(np.int32),
            terms[told],
            forms[told],
            weights[told].astype(np.int32),
        )
