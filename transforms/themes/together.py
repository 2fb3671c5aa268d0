"""Figures of all themes in one whole number: a single addition adds them all up, as numbers without end can be.

A text has forty words that tell something, and each tells of sixteen themes. A number of which every figure has 32 bits
is added up ten times as fast as the sixteen one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_BITS = 32
_MIDDLE = 1 << (_BITS - 1)


class Together:
    """Packs rows of `size` whole numbers; sums of them must stay between -2,147,483,648 and 2,147,483,647."""

    def __init__(self, size: int) -> None:
        """Prepare for rows of one size."""
        self._size = size
        self._zero = self.packed([_MIDDLE] * size)  # lifts every figure above zero, so that none borrows of the next
        self._figures = struct.Struct(f"<{size}I")

    def packed(self, row: Sequence[int]) -> int:
        """Return the one number that stands for a row; numbers of several rows may be added."""
        return sum(figure << (_BITS * place) for place, figure in enumerate(row))

    def unpacked(self, total: int) -> list[int]:
        """Return the row that a number, or a sum of numbers, stands for."""
        figures = self._figures.unpack((total + self._zero).to_bytes(self._figures.size, "little"))
        return [figure - _MIDDLE for figure in figures]
