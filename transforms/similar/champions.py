"""Whom to compare with whom: the champion lists of Manning, Raghavan and Schütze.

They are told in section 7.1.3 of their Introduction to Information Retrieval (2008). An initiative asks with its eight
weightiest terms; a term answers with the initiatives that it tells most about, 60 of all and 15 of each square of the
map. So the work grows with the number of initiatives and not with its square. Where weights are equal the lower term or
initiative comes first: the choice is the same in any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from transforms.similar.arrays import Flags, Keys, Matrix, Numbers, Packing, bounds_of, ordinals, stacked, starts
from transforms.similar.places import Places
from transforms.similar.weighing import WEIGHTS
from transforms.spread import Spread

ASKED, EVERYWHERE, LOCAL = 8, 60, 15
MET_EVERYWHERE, MET_NEARBY = 30, 20
BATCH = 10_000
"""Initiatives whose terms are ordered at a time."""
SLICE = 4_000_000
"""Weights that one thread orders at a time: 200 MB, as keys and their copies."""
PRODUCTS = (WEIGHTS - 1) ** 2 + 1
"""One more than the greatest product of two weights; in sums of them are `ASKED` at most."""


@dataclass(frozen=True, slots=True)
class Champions:
    """With which terms each initiative asks (`asking`), and who answers: a row of `everywhere` for each term.

    Nearby a row of `local` answers for each of the ordered `groups`, a term in a square: term x squares + square.
    """

    asking: Matrix
    everywhere: Matrix
    groups: Keys
    local: Matrix

    def meet(self, first: int, last: int, where: Places) -> tuple[Keys, Keys]:
        """Return the pairs to compare of the initiatives from `first` to before `last`: ordered, each once.

        The first of a pair is counted from `first`, the second from 0.
        """
        some, count = self.asking.rows(first, last), len(where.area)
        rows, terms = some.row_of_cells(), some.columns.astype(np.int64)
        asked, ids, products = _answers(self.everywhere, terms, terms + 1, rows, some.values)
        elsewhere = where.area[first:last][asked] != where.area[ids]
        far = _best(asked[elsewhere], ids[elsewhere], products[elsewhere], count, MET_EVERYWHERE)
        begin, end = (
            np.searchsorted(self.groups, (terms * len(where.squares))[:, None] + bound[first:last][rows]).ravel()
            for bound in where.around
        )
        bands = where.around[0].shape[1]
        asked, ids, products = _answers(self.local, begin, end, np.repeat(rows, bands), np.repeat(some.values, bands))
        others = asked + first != ids
        near = _best(asked[others], ids[others], products[others], count, MET_NEARBY)
        pairs = np.concatenate([far, near])
        pairs.sort()
        pairs = pairs[starts(pairs)]
        packing = Packing(last - first, count)
        return packing.unpack(pairs, 0), packing.unpack(pairs, 1)


def _answers(
    champions: Matrix, begin: Numbers, end: Numbers, rows: Numbers, weights: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """Return who answers to each of the `rows` that asks, and the product of the weights that its term has for both."""
    cells, sizes = champions.cells(begin, end)
    return np.repeat(rows, sizes), champions.columns[cells], np.repeat(weights, sizes) * champions.values[cells]


def _best(rows: Numbers, ids: Numbers, products: Numbers, count: int, kept: int) -> Keys:
    """Return the pairs of one of the ordered `rows` and an id, of `count`, whose sums of products are the greatest."""
    packing = Packing(count, PRODUCTS)
    table, filled = _in_rows(rows, packing.pack(ids, products))
    table.sort(axis=1)
    keys = table[filled]
    ids = packing.unpack(keys, 0)
    begin = np.flatnonzero(starts(rows) | starts(ids))
    sums = np.add.reduceat(packing.unpack(keys, 1), begin) if len(begin) else begin
    ranking = Packing(ASKED * PRODUCTS, count)
    table, filled = _in_rows(rows[begin], ranking.pack(ASKED * PRODUCTS - 1 - sums, ids[begin]))
    if table.shape[1] > kept:
        table.partition(kept - 1, axis=1)
    best = filled[:, :kept]
    return Packing(len(table), count).pack(np.nonzero(best)[0], ranking.unpack(table[:, :kept][best], 1))


def _in_rows(rows: Numbers, keys: Keys) -> tuple[Keys, Flags]:
    """Return a table with the keys of each of the ordered `rows`, the greatest number behind them, and where keys are.

    To sort many short rows takes a third of the time of sorting all of it at once.
    """
    sizes = np.bincount(rows)
    filled = np.arange(sizes.max(initial=0)) < sizes[:, None]
    table = np.full(filled.shape, np.iinfo(np.int64).max)
    table[filled] = keys
    return table, filled


def choose(weights: Matrix, terms: int, where: Places, spread: Spread = map) -> Champions:
    """Choose the champions of those of all `terms` that somebody asks with; threads may share it (`spread`)."""
    firsts = range(0, len(weights.bounds) - 1, BATCH)
    asking = stacked(list(spread(partial(_ask, weights, terms), firsts)))
    asked = np.zeros(terms, bool)
    asked[asking.columns] = True
    rows, columns = weights.row_of_cells(), weights.columns

    def answering(span: tuple[int, int]) -> tuple[Matrix, Keys, Matrix]:
        first, last = span
        some = np.flatnonzero((columns >= first) & (columns < last))
        some = some[asked[columns[some]]]
        best, found, nearby = _answering(columns[some] - first, weights.values[some], rows[some], last - first, where)
        return best, found + first * len(where.squares), nearby

    spans = list(_slices(np.bincount(columns, minlength=terms)))
    everywhere, groups, local = zip(*spread(answering, spans), strict=True) if spans else ((), (), ())
    return Champions(asking, stacked(everywhere), np.concatenate([np.empty(0, np.int64), *groups]), stacked(local))


def _ask(weights: Matrix, terms: int, first: int) -> Matrix:
    """Return the weights of the terms that each initiative asks with, of a batch from the one at `first` on."""
    packing = Packing(BATCH, WEIGHTS, terms)
    some = weights.rows(first, min(first + BATCH, len(weights.bounds) - 1))
    keys = packing.pack(some.row_of_cells(), WEIGHTS - 1 - some.values, some.columns)
    keys.sort()
    keys = keys[ordinals(packing.unpack(keys, 0)) < ASKED]
    sizes = np.bincount(packing.unpack(keys, 0), minlength=len(some.bounds) - 1)
    return _cells(packing, keys, sizes)


def _slices(having: Numbers) -> Iterator[tuple[int, int]]:
    """Yield the first term of each slice and the one after its last: `SLICE` weights, or one term that has more."""
    bounds, first = bounds_of(having), 0
    while first < len(having):
        last = int(np.searchsorted(bounds, bounds[first] + SLICE, side="right")) - 1
        yield first, (first := max(last, first + 1))


def _answering(
    terms: Numbers, weights: Numbers, ids: Numbers, count: int, where: Places
) -> tuple[Matrix, Keys, Matrix]:
    """Return the champions of `count` terms, numbered from 0: everywhere, and by groups nearby, after their numbers."""
    packing = Packing(count, WEIGHTS, len(where.area))
    keys = packing.pack(terms, WEIGHTS - 1 - weights, ids)
    keys.sort()
    terms, ids = packing.unpack(keys, 0), packing.unpack(keys, 2)
    best = ordinals(terms) < EVERYWHERE
    everywhere = _cells(packing, keys[best], np.bincount(terms[best], minlength=count))
    # The places in the order just made stand for weights and initiatives together.
    at = np.flatnonzero(where.placed[ids])
    by_group = Packing(count * len(where.squares), len(keys))
    nearby = by_group.pack(terms[at] * len(where.squares) + where.square[ids[at]], at)
    nearby.sort()
    groups = by_group.unpack(nearby, 0)
    kept = ordinals(groups) < LOCAL
    groups, at = groups[kept], by_group.unpack(nearby[kept], 1)
    begin = np.flatnonzero(starts(groups))
    return everywhere, groups[begin], _cells(packing, keys[at], np.diff(begin, append=len(groups)))


def _cells(packing: Packing, keys: Keys, sizes: Numbers) -> Matrix:
    """Return a matrix with rows of these sizes, of keys that hold a row, a weight as it is ordered, and a column."""
    weights = (WEIGHTS - 1 - packing.unpack(keys, 1)).astype(np.int32)
    return Matrix(bounds_of(sizes), packing.unpack(keys, 2).astype(np.int32), weights)
