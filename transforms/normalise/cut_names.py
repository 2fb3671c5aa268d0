"""Names that their source cut at a fixed length, recognised by how many end at exactly the same one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SHORTEST = 24
"""No table cuts names shorter than this; many short names share a length by chance."""

FEWEST = 3
"""So many different names must be as long as the longest of the source."""


@dataclass(slots=True)
class CutNames:
    """Watches the names of one source go by; `found` tells at the end which ones were probably cut.

    A name cut by its source is as long as the longest, as are others, while only few are one or two characters
    shorter. A cut that fell on a space leaves a shorter name and is not seen.
    """

    longest: int = 0
    at_longest: dict[str, tuple[str, int]] = field(default_factory=dict)
    _lengths: dict[int, int] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def see(self, name: str, key: str, position: int) -> None:
        """Take note of a name as the source wrote it, with the key and rank of its record."""
        size = len(name)
        if size < SHORTEST or size < self.longest - 2:
            return
        if size > self.longest:
            self.longest, self.at_longest, self._names = size, {}, set()
        if size == self.longest:
            self.at_longest[key] = (name, position)
            self._names.add(name)
        self._lengths[size] = self._lengths.get(size, 0) + 1

    def absorb(self, later: CutNames) -> None:
        """Take over what another one saw of the names that follow."""
        if later.longest > self.longest:
            self.longest, self.at_longest, self._names = later.longest, {}, set()
        if later.longest == self.longest:
            self.at_longest |= later.at_longest
            self._names |= later._names
        for size, count in later._lengths.items():
            self._lengths[size] = self._lengths.get(size, 0) + count

    def found(self) -> list[tuple[str, str, int]]:
        """Return key, name and rank of the records whose names were cut, in the order they were seen; often none."""
        near = max(self._lengths.get(self.longest - step, 0) for step in (1, 2))
        whole = [name for name in self._names if re.search(r"[.…!?»)\"]$", name)]
        if len(self._names) - len(whole) < FEWEST or len(self.at_longest) < 1.5 * near:
            return []
        return [(key, name, position) for key, (name, position) in self.at_longest.items() if name not in whole]
