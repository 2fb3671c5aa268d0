"""Pairs to clusters: human judgements first, then matches from the surest down, contradictions kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from transforms.link.evidence import Match
from transforms.link.sides import Side

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


_NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=1000)
def _one(text: str | None) -> frozenset[str]:
    return frozenset((text,)) if text else _NOTHING


@dataclass(frozen=True, slots=True)
class _Told:
    """What the records of a cluster tell together; `establishments` are SIRET numbers with their communes.

    The sets are shared where they can be: a million records would not fit the memory otherwise.
    """

    sources: frozenset[str] = _NOTHING
    sirens: frozenset[str] = _NOTHING
    rnas: frozenset[str] = _NOTHING
    departements: frozenset[str] = _NOTHING
    establishments: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, side: Side) -> _Told:
        siren, rna = (frozenset((text,)) if text else _NOTHING for text in (side.siren, side.rna))
        establishments = frozenset(((side.siret, side.city),)) if side.siret and side.city else frozenset()
        return cls(_one(side.source_id), siren, rna, _one(side.departement_code), establishments)

    def __or__(self, other: _Told) -> _Told:
        return _Told(
            self.sources | other.sources,
            self.sirens | other.sirens,
            self.rnas | other.rnas,
            self.departements | other.departements,
            self.establishments | other.establishments,
        )

    def contradicts(self, other: _Told) -> bool:
        """Whether these are two organisations, or two establishments of one in two communes."""
        elsewhere = any(
            siret != siret_too and city != city_too
            for siret, city in self.establishments
            for siret_too, city_too in other.establishments
        )
        return elsewhere or _disjoint(self.sirens, other.sirens) or _disjoint(self.rnas, other.rnas)


class Clusters:
    """Disjoint sets of records that know what may never be joined."""

    def __init__(self, sides: Mapping[int, Side], absent: Iterable[int] = ()) -> None:
        """Begin with each of `sides` alone.

        The ids `absent` stand for records that are judged but not here today. Two records judged the same as an absent
        third are one, so it has its place, but says nothing itself.
        """
        self._present = sides.keys()
        self._parent = {index: index for index in (*sides, *absent)}
        self._members: dict[int, list[int]] = {}
        self._told = {index: _Told.of(side) for index, side in sides.items()}
        self._apart: dict[int, set[int]] = {}

    def root(self, index: int) -> int:
        """Return the representative of the cluster that holds `index`."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def keep_apart(self, one: int, other: int) -> None:
        """Never let these two records stand in one cluster."""
        self._apart.setdefault(self.root(one), set()).add(other)
        self._apart.setdefault(self.root(other), set()).add(one)

    def may_join(self, one: int, other: int, repeating: str | None = None, *, near: bool = False) -> bool:
        """Whether nothing forbids one cluster of the two that hold these records.

        A judgement may keep them apart, or a source that lists both (but the one that is `repeating` itself), or
        identifiers that have nothing in common, or départements, unless these two are `near` each other.
        """
        left, right = self.root(one), self.root(other)
        told, told_too = self._told.get(left, _Told()), self._told.get(right, _Told())
        return not (
            any(self.root(member) == right for member in self._apart.get(left, ()))
            or (told.sources & told_too.sources) - {repeating}
            or told.contradicts(told_too)
            or (not near and _disjoint(told.departements, told_too.departements))
        )

    def join(self, one: int, other: int) -> None:
        """Make one cluster of the two that hold these records."""
        left, right = sorted((self.root(one), self.root(other)))
        if left == right:
            return
        self._parent[right] = left
        self._members.setdefault(left, [left]).extend(self._members.pop(right, [right]))
        self._told[left] = self._told.get(left, _Told()) | self._told.get(right, _Told())
        if right in self._apart:
            self._apart.setdefault(left, set()).update(self._apart.pop(right))

    def sets(self) -> list[list[int]]:
        """Return the clusters of the records here, members in order, in the order of their first member."""
        roots = (index for index, parent in self._parent.items() if parent == index)
        found = (sorted(self._present & self._members.get(root, [root])) for root in roots)
        return sorted(members for members in found if members)


def _disjoint(ones: frozenset[str], others: frozenset[str]) -> bool:
    return bool(ones and others) and ones.isdisjoint(others)


def cluster(
    sides: Mapping[int, Side],
    records: int,
    matches: Iterable[Match],
    judgements: Sequence[Judgement],
    apart: Iterable[tuple[int, int]] = (),
) -> tuple[list[list[int]], list[Match]]:
    """Return the clusters of the records `sides`, as lists of ids, and the matches that made them.

    `sides` are all that a match, a pair or a judgement names, of `records` in all. The pairs `apart` have to do with
    each other but are two: no third record joins them, only a judgement. Raises `ContradictionError` when two records
    judged different are judged the same through others.
    """
    check_judgements(judgements)
    named = {record for judged in judgements for record in (judged.left, judged.right)}
    here = ((side.source_id, side.record_key) for side in sides.values()) if named else ()
    index = {name: id for name, id in zip(here, sides, strict=False) if name in named}
    absent = {name: id for id, name in enumerate(sorted(named - index.keys()), records)}
    index |= absent
    clusters = Clusters(sides, absent.values())
    ruled = list(_judge(clusters, judgements, index))
    kept = {(match.left_id, match.right_id): match for match in ruled if match.right_id < records}
    for one, other in apart:
        clusters.keep_apart(one, other)
    named_order = sorted(sides, key=lambda id: (sides[id].source_id, sides[id].record_key))
    rank = {id: position for position, id in enumerate(named_order)}
    for match in sorted(matches, key=lambda match: _order(match, rank)):
        left, right = match.left_id, match.right_id
        source = sides[left].source_id
        repeating = source if sides[right].source_id == source else None
        near = None not in (sides[left].departement_code, sides[right].departement_code)  # weighed with the pair
        if clusters.root(left) != clusters.root(right) and clusters.may_join(left, right, repeating, near=near):
            clusters.join(left, right)
        if clusters.root(left) == clusters.root(right):
            kept.setdefault((left, right), match)
    return clusters.sets(), [kept[pair] for pair in sorted(kept)]


def _judge(clusters: Clusters, judgements: Sequence[Judgement], index: Mapping[RecordName, int]) -> Iterator[Match]:
    """Join what is judged the same, yielding each pair, then keep apart what is not, or not surely."""
    for judged in judgements:
        if judged.verdict == "same":
            left, right = sorted((index[judged.left], index[judged.right]))
            clusters.join(left, right)
            yield Match(left, right, 1.0, f"judged the same (judgements.csv, line {judged.line})", judged.who)
    for judged in judgements:
        if judged.verdict != "same":
            clusters.keep_apart(index[judged.left], index[judged.right])


def _order(match: Match, rank: Mapping[int, int]) -> tuple[float, int, int]:
    """The surest first; the names of the records decide between equal scores, whatever the order of the rows."""
    left, right = rank[match.left_id], rank[match.right_id]
    return (-match.score, left, right) if left < right else (-match.score, right, left)


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
