"""Many whole numbers at a time: rows of them packed into keys that NumPy sorts fast, and sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]]
Keys = NDArray[np.int64]
Flags = NDArray[np.bool_]

BITS = 63


class Packing:
    """Columns of numbers from 0 up to bounds, packed into keys that sort as the rows would, by the first column first.

    NumPy sorts them many times faster than rows of several columns. `bounds` are one more than the greatest number of
    each column. Raises OverflowError when they need more than 63 bits together.
    """

    def __init__(self, *bounds: int) -> None:
        self._bits = [max(bound - 1, 0).bit_length() for bound in bounds]
        if sum(self._bits) > BITS:
            raise OverflowError(f"columns up to {bounds} need {sum(self._bits)} bits; a key has {BITS}")

    def pack(self, *columns: Numbers) -> Keys:
        """Return the key of each row."""
        first, *others = columns
        keys = first.astype(np.int64)
        for column, bits in zip(others, self._bits[1:], strict=True):
            keys <<= bits
            keys |= column
        return keys

    def unpack(self, keys: Keys, column: int) -> Keys:
        """Return the numbers of one column, counted from 0."""
        return self.without(keys, len(self._bits) - 1 - column) & ((1 << self._bits[column]) - 1)

    def without(self, keys: Keys, columns: int) -> Keys:
        """Return the keys of the rows without their last `columns`."""
        return keys >> sum(self._bits[len(self._bits) - columns :])


def sorting(*columns: Numbers) -> Keys:
    """Return the places of rows in their order by the first column, then the next; equals stay in theirs.

    NumPy sorts keys that hold the places many times faster than it finds places (`argsort`).
    """
    count = len(columns[0])
    packing = Packing(*(int(column.max(initial=0)) + 1 for column in columns), count)
    keys = packing.pack(*columns, np.arange(count))
    keys.sort()
    return packing.unpack(keys, len(columns))


def starts(values: Numbers) -> Flags:
    """Return whether each of the ordered `values` is the first of its kind."""
    return np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]])


def ordinals(values: Numbers) -> Keys:
    """Return the place of each of the ordered `values` among its equals, from 0."""
    first = np.flatnonzero(starts(values))
    return np.arange(len(values)) - np.repeat(first, np.diff(first, append=len(values)))


def bounds_of(sizes: Numbers) -> Keys:
    """Return where runs of these sizes begin, and last where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def ranges(begin: Numbers, sizes: Numbers) -> Keys:
    """Return the numbers begin[k], begin[k] + 1 … of ranges of these sizes, one range after the other."""
    bounds = bounds_of(sizes)
    return np.arange(bounds[-1]) + np.repeat(begin - bounds[:-1], sizes)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix of whole numbers, row after row: the cells of row k are those from bounds[k] to bounds[k + 1]."""

    bounds: Keys
    columns: NDArray[np.int32]
    values: NDArray[np.int32]

    def rows(self, first: int, last: int) -> Matrix:
        """Return the rows from `first` to before `last`."""
        cells = slice(self.bounds[first], self.bounds[last])
        return Matrix(self.bounds[first : last + 1] - self.bounds[first], self.columns[cells], self.values[cells])

    def row_of_cells(self) -> NDArray[np.int32]:
        """Return the row that each cell is in."""
        return np.repeat(np.arange(len(self.bounds) - 1, dtype=np.int32), np.diff(self.bounds))

    def cells(self, begin: Numbers, end: Numbers) -> tuple[Keys, Keys]:
        """Return where the cells in ranges of rows are, from `begin` to before `end`, and how many each range has."""
        first, sizes = self.bounds[begin], self.bounds[end] - self.bounds[begin]
        return ranges(first, sizes), sizes


def stacked(parts: Sequence[Matrix]) -> Matrix:
    """Return one matrix with the rows of all `parts`, the first ones first."""
    none = np.empty(0, np.int32)
    return Matrix(
        bounds_of(np.concatenate([none, *(np.diff(part.bounds) for part in parts)])),
        np.concatenate([none, *(part.columns for part in parts)]),
        np.concatenate([none, *(part.values for part in parts)]),
    )
