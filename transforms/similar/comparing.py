"""The pairs that met compared term by term: who of them is told to be alike, and which terms they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.similar.arrays import Flags, Keys, Numbers, Packing, ordinals, starts
from transforms.similar.champions import PRODUCTS, Champions
from transforms.similar.places import NEARBY_KM, Places
from transforms.similar.weighing import CONCEPT, THEME, WORD, Weighed

KEPT = 5
"""Initiatives that are told in each scope."""
ALIKE, ONE_TEXT = 150_000, 930_000
"""From which score two are alike, and from which they are one text, in millionths."""
NAMED = {CONCEPT: ("ideas", 3), WORD: ("words", 4), THEME: ("themes", 3)}
"""How a reason calls the terms of each kind, and how many it names, in the order in which it names them."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of initiatives `a` and `b`, with their `score` in millionths and their distance `km`."""

    a: Numbers
    b: Numbers
    score: Numbers
    km: NDArray[np.float64]

    @property
    def nearby(self) -> Flags:
        """Whether they are near each other; not where a place is unknown."""
        return self.km <= NEARBY_KM

    @property
    def scopes(self) -> Numbers:
        """A number for each initiative's pairs nearby, and one for those elsewhere."""
        return 2 * self.a + self.nearby

    def only(self, wanted: Flags | Numbers) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.a[wanted], self.b[wanted], self.score[wanted], self.km[wanted])


@dataclass(frozen=True, slots=True)
class Told:
    """The pairs told of `count` initiatives, in the order of initiative, scope and rank; ranks count from 1."""

    count: int
    pairs: Pairs
    ranks: Numbers
    reasons: list[str]


class Comparison:
    """All initiatives, ready to be compared. What it does for some of them threads may do at once."""

    def __init__(self, weighed: Weighed, where: Places, champions: Champions, apart: tuple[Numbers, Numbers]) -> None:
        """Take what there is to compare; `apart` are pairs that are never told."""
        self._weighed, self._where, self._champions = weighed, where, champions
        count = len(weighed.names)
        numbers: dict[str, int] = {"": -1}
        networks = np.array([numbers.setdefault(name, len(numbers)) for name in weighed.names], np.int64)
        self._network = np.where(networks < 0, -1 - np.arange(count), networks)
        self._pair = Packing(count, count)
        last = np.full(1, np.iinfo(np.int64).max)  # so that a place after all others is one too
        self._apart = np.concatenate([np.sort(self._pair.pack(*apart)), last])

    def tell(self, first: int, last: int) -> Told:
        """Return who is told to be alike to the initiatives from `first` to before `last`."""
        rows, others = self._champions.meet(first, last, self._where)
        km = self._where.kilometres(rows + first, others)
        possible = self._possible(rows + first, others, km)
        rows, others, km = rows[possible], others[possible], km[possible]
        terms = _Terms(self._weighed, first, last)
        scores, alike = terms.score(rows, others)
        pairs = Pairs(rows + first, others, scores, km).only(alike)
        pairs, ranks = self._choose(pairs.only(self._may_meet(pairs)))
        return Told(last - first, pairs, ranks, list(terms.reasons(pairs.a - first, pairs.b)))

    def _possible(self, a: Numbers, b: Numbers, km: NDArray[np.float64]) -> Flags:
        """Return which pairs are two, of two places near each other or in two territories."""
        where = self._where
        possible: Flags = (km <= NEARBY_KM) | np.isnan(km) | (where.territory[a] != where.territory[b])
        for whose in (where.bearer, where.site, self._network):
            possible &= whose[a] != whose[b]
        return possible

    def _may_meet(self, pairs: Pairs) -> Flags:
        """Return which pairs are neither kept apart nor of one network by a name that stands in the other's."""
        names = self._weighed.names
        met = zip(pairs.a.tolist(), pairs.b.tolist(), strict=True)
        one = np.fromiter((_within(names[a], names[b]) or _within(names[b], names[a]) for a, b in met), bool)
        keys = self._pair.pack(pairs.a, pairs.b)
        apart: Flags = self._apart[np.searchsorted(self._apart, keys)] == keys
        return ~(one | apart)

    def _choose(self, pairs: Pairs) -> tuple[Pairs, Numbers]:
        """Return the best pairs of each initiative and scope, with their ranks.

        One of a bearer, of a site, of a network's name, and of one score: the nearest of it, before the others are
        looked at.
        """
        pairs = pairs.only(np.lexsort((pairs.b, -pairs.score, pairs.nearby, pairs.a)))
        for whose in (self._where.bearer, self._where.site, self._network):
            pairs = pairs.only(_first_of_each(pairs.scopes, whose[pairs.b]))
        pairs = pairs.only(_first_of_each(pairs.scopes, pairs.score))
        ranks = 1 + ordinals(pairs.scopes)
        best = ranks <= KEPT
        return pairs.only(best), ranks[best]


def _first_of_each(scopes: Numbers, values: Numbers) -> Numbers:
    """Return the places of the rows that have a value in a scope first, in order."""
    order = np.lexsort((values, scopes))  # which leaves equals in their order
    return np.sort(order[starts(scopes[order]) | starts(values[order])])


def _within(name: str, other: str) -> bool:
    """Whether a name of two words at least stands whole in another ("France services", "Bus France services")."""
    return " " in name and f" {name} " in f" {other} "


class _Terms:
    """The terms of some initiatives, in a table in which those of any other can be looked up."""

    def __init__(self, weighed: Weighed, first: int, last: int) -> None:
        self._weighed = weighed
        self._cell = weighed.weights.bounds[first] - 1
        some = weighed.weights.rows(first, last)
        known = np.zeros(len(weighed.kinds), bool)
        known[some.columns] = True
        # Column 0 is that of the terms which none of them has; place 0 says that one of them has not this term.
        self._column = np.cumsum(known, dtype=np.int32) * known
        self._width = int(known.sum()) + 1
        self._table = np.zeros((last - first) * self._width, np.int32)
        cells = some.row_of_cells() * np.int64(self._width) + self._column[some.columns]
        self._table[cells] = np.arange(1, len(cells) + 1)

    def _shared(self, rows: Numbers, others: Numbers) -> tuple[Keys, Keys, Keys, Numbers]:
        """Return the terms that pairs share: the pair, the cells of both, and the kind of the term."""
        weights = self._weighed.weights
        cells, sizes = weights.cells(others, others + 1)
        asked = np.repeat(rows * self._width, sizes)
        asked += self._column[weights.columns[cells]]
        found = self._table[asked]
        hits = np.flatnonzero(found)
        pairs = np.repeat(np.arange(len(rows)), sizes)[hits]
        return pairs, found[hits] + self._cell, cells[hits], self._weighed.kinds[weights.columns[cells[hits]]]

    def score(self, rows: Numbers, others: Numbers) -> tuple[Keys, Flags]:
        """Return the score of each pair, and whether it is alike.

        Nearly one text is one network's, whatever it calls itself; who shares but a word, a theme, or a proper name is
        not alike.
        """
        pairs, cells, theirs, kinds = self._shared(rows, others)
        weights, count = self._weighed.weights.values, len(rows)
        scores = np.bincount(pairs, weights[cells] * weights[theirs], count).astype(np.int64)
        said, words = (np.bincount(pairs[which], minlength=count) for which in (kinds != THEME, kinds == WORD))
        alike = (scores >= ALIKE) & (scores < ONE_TEXT) & (said >= 2) & ((said > words) | (words >= 3))
        return scores, alike

    def reasons(self, rows: Numbers, others: Numbers) -> Iterator[str]:
        """Yield why each pair is alike: the terms that weigh most in both, in words of the first."""
        pairs, cells, theirs, kinds = self._shared(rows, others)
        weights, spelling = self._weighed.weights.values, self._weighed.spelling
        packing = Packing(len(rows), len(NAMED), PRODUCTS, len(spelling))
        keys = packing.pack(pairs, kinds, PRODUCTS - 1 - weights[cells] * weights[theirs], self._weighed.forms[cells])
        keys.sort()
        forms = packing.unpack(keys, 3).tolist()
        bounds = np.searchsorted(packing.without(keys, 2), np.arange(len(rows) * 4 + 1)).tolist()
        for pair in range(len(rows)):
            named = []
            for kind, (name, most) in NAMED.items():
                begin, end = bounds[4 * pair + kind : 4 * pair + kind + 2]
                if begin < end:
                    told = ", ".join(spelling[form] for form in forms[begin : min(end, begin + most)])
                    named.append(f"{name}: {told}")
            yield "; ".join(named)
