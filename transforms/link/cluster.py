"""Pairs to clusters: human judgements first, then matches from the surest down, contradictions kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.link.evidence import Match, Side

RecordName = tuple[str, str]
"""A record by its source's id and its key."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person decided about a pair; `line` is its line in the decisions file."""

    left: RecordName
    right: RecordName
    verdict: Literal["same", "different", "unsure"]
    who: str
    line: int


class ContradictionError(Exception):
    """Judgements contradict each other: the message names the lines."""


class Clusters:
    """Disjoint sets of records that know what may never be joined."""

    def __init__(self, sides: Sequence[Side]) -> None:
        """Begin with every record alone."""
        self._parent = list(range(len(sides)))
        self._members = [[index] for index in range(len(sides))]
        self._sources = [{side.source_id} for side in sides]
        self._sirens = [{side.siren} if side.siren else set() for side in sides]
        self._rnas = [{side.rna} if side.rna else set() for side in sides]
        self._apart: list[set[int]] = [set() for _ in sides]

    def root(self, index: int) -> int:
        """Return the representative of the cluster that holds `index`."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def keep_apart(self, one: int, other: int) -> None:
        """Never let these two records stand in one cluster."""
        self._apart[self.root(one)].add(other)
        self._apart[self.root(other)].add(one)

    def obstacle(self, one: int, other: int, same_source: bool) -> str:
        """Say what forbids joining the clusters of two records, or ""."""
        left, right = self.root(one), self.root(other)
        if any(self.root(member) == right for member in self._apart[left]):
            return "a judgement keeps them apart"
        if not same_source and self._sources[left] & self._sources[right]:
            return "the same source tells them apart"
        if len(self._sirens[left] | self._sirens[right]) > 1 or len(self._rnas[left] | self._rnas[right]) > 1:
            return "their identifiers contradict"
        return ""

    def join(self, one: int, other: int) -> None:
        """Make one cluster of the two that hold these records."""
        left, right = sorted((self.root(one), self.root(other)))
        if left == right:
            return
        self._parent[right] = left
        self._members[left] += self._members[right]
        self._sources[left] |= self._sources[right]
        self._sirens[left] |= self._sirens[right]
        self._rnas[left] |= self._rnas[right]
        self._apart[left] |= self._apart[right]

    def sets(self) -> list[list[int]]:
        """Return the clusters, members in order, in the order of their first member."""
        return [sorted(self._members[index]) for index in range(len(self._parent)) if self._parent[index] == index]


def cluster(
    sides: Sequence[Side], matches: Iterable[Match], judgements: Sequence[Judgement]
) -> tuple[list[list[int]], list[Match]]:
    """Return the clusters (as indexes into `sides`, whose ids are their indexes) and the matches that made them.

    Raises `ContradictionError` when two records judged different are judged the same through others.
    """
    clusters, kept = Clusters(sides), []
    index = {(side.source_id, side.record_key): side.id for side in sides}
    known = [judged for judged in judgements if judged.left in index and judged.right in index]
    check_judgements(judgements)
    for judged in known:
        left, right = sorted((index[judged.left], index[judged.right]))
        if judged.verdict == "same":
            clusters.join(left, right)
            reason = f"judged the same (judgements.csv, line {judged.line})"
            kept.append(Match(left, right, 1.0, reason, judged.who))
    for judged in known:
        if judged.verdict != "same":
            clusters.keep_apart(index[judged.left], index[judged.right])
    for match in sorted(matches, key=lambda match: (-match.score, match.left_id, match.right_id)):
        same_source = sides[match.left_id].source_id == sides[match.right_id].source_id
        if clusters.root(match.left_id) == clusters.root(match.right_id):
            kept.append(match)
        elif not clusters.obstacle(match.left_id, match.right_id, same_source):
            clusters.join(match.left_id, match.right_id)
            kept.append(match)
    judged_pairs = {(match.left_id, match.right_id) for match in kept if match.score == 1.0}
    once = [match for match in kept if match.score == 1.0 or (match.left_id, match.right_id) not in judged_pairs]
    return clusters.sets(), sorted(once, key=lambda match: (match.left_id, match.right_id))


def check_judgements(judgements: Sequence[Judgement]) -> None:
    """Raise `ContradictionError`, naming the lines, when judgements cannot all hold."""
    joined: dict[RecordName, dict[RecordName, int]] = {}
    for judged in judgements:
        if judged.verdict == "same":
            joined.setdefault(judged.left, {})[judged.right] = judged.line
            joined.setdefault(judged.right, {})[judged.left] = judged.line
    faults = []
    for judged in judgements:
        if judged.verdict == "different" and (lines := _path(joined, judged.left, judged.right)):
            told = ", ".join(map(str, lines))
            faults.append(f"line {judged.line} says {judged.left} and {judged.right} differ, lines {told} join them")
    if faults:
        raise ContradictionError("judgements.csv contradicts itself: " + "; ".join(faults))


def _path(joined: dict[RecordName, dict[RecordName, int]], start: RecordName, goal: RecordName) -> list[int]:
    """The lines that lead from one record to another through "same" judgements, or none."""
    ways: dict[RecordName, list[int]] = {start: []}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        if here == goal:
            return sorted(set(ways[here]))
        for other, line in joined.get(here, {}).items():
            if other not in ways:
                ways[other] = [*ways[here], line]
                waiting.append(other)
    return []
