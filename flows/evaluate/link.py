"""How well the same initiative is recognised: pairs that people or numbers know, with the numbers hidden.

Recall is the mean over pairs of files, or a long list would hide the rest. A pair that the truth does not name says
nothing, so precision is told where both records have a SIREN: it was hidden, and it differs or not.
"""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from flows.evaluate.link_rivals import OURS, SYSTEMS, NotInstalledError, Pairs
from flows.evaluate.link_rivals_more import LEARNERS, Labels
from flows.evaluate.link_truth import Listed, read_files
from transforms.geocode import Gazetteer

DIFFICULTIES = ("easy", "medium", "hard")
WANTED_RECALL = 0.9
FilePair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A pair of the truth by the ids of its records."""

    files: FilePair
    pair: tuple[int, int]
    difficulty: str
    names: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Score:
    """What a system found: macro recall by difficulty and in all that is not hard, and where it was wrong.

    `by_files` holds of each pair of files the found and all of the easy and medium pairs. `precision` is over the
    joined pairs of which both records have a SIREN, `within` over those of one source; None where there is none.
    """

    system: str
    recall: Mapping[str, float | None]
    macro: float
    by_files: Mapping[FilePair, tuple[int, int]]
    merged: Sequence[tuple[str, str]]
    precision: float | None
    within: float | None
    told: int
    seconds: float

    @property
    def f1(self) -> float | None:
        """The harmonic mean of macro recall and precision."""
        whole = self.macro + self.precision if self.precision is not None else 0.0
        return 2 * self.macro * self.precision / whole if self.precision and whole else None

    def as_data(self) -> dict[str, Any]:
        """Return everything as plain values."""
        files = [{"left": a, "right": b, "found": n, "of": of} for (a, b), (n, of) in sorted(self.by_files.items())]
        return {
            "system": self.system, "recall": dict(self.recall), "macro_recall_easy_medium": self.macro,
            "hard_negatives_merged": [list(names) for names in self.merged], "precision_siren": self.precision,
            "precision_siren_same_source": self.within, "pairs_with_siren": self.told, "f1": self.f1,
            "seconds": round(self.seconds, 1), "by_files": files,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores, ours first, over how many records, pairs and hard negatives, and what could not be compared."""

    records: int
    pairs: int
    negatives: int
    scores: Sequence[Score]
    notes: Sequence[str]

    @property
    def good(self) -> bool:
        """Whether our rules find enough, join no hard negative, and are ahead of the others on F1."""
        mine, others = self.scores[0], self.scores[1:]
        ahead = all((mine.f1 or mine.macro) > (other.f1 or other.macro) for other in others)
        return mine.macro >= WANTED_RECALL and not mine.merged and ahead

    def as_data(self) -> dict[str, Any]:
        """Return everything as plain values."""
        counts = {"good": self.good, "records": self.records, "pairs": self.pairs, "hard_negatives": self.negatives}
        return counts | {"systems": [score.as_data() for score in self.scores], "notes": list(self.notes)}


def evaluate(truth: Path, data: Path, gazetteer: Gazetteer, step: Callable[[str], None] = lambda _: None) -> Evaluation:
    """Score every system on duplicates.csv and hard_negatives.csv of `truth`, whose files lie below `data`.

    `step` is told what is done. Another system that is not installed, or fails, is told of in the notes.
    Raises FileNotFoundError, KeyError for a column that is missing, and ValueError for a
    file that cannot be read or a row that it does not have.
    """
    known, apart, listed = known_pairs(truth, data, gazetteer, step)
    scores, notes = [], []
    ways: dict[str, Callable[[], Pairs]] = {name: partial(way, listed.sides) for name, way in SYSTEMS.items()}
    taught = labels(known, apart, listed)
    ways |= {name: partial(way, listed.sides, taught) for name, way in LEARNERS.items()}
    for system, way in ways.items():
        step(system)
        begun = time.perf_counter()
        try:
            pairs = way()
        except NotInstalledError as reason:
            notes.append(str(reason))
            continue
        except Exception as fault:
            if system == OURS:
                raise
            notes.append(f"{system} failed: {type(fault).__name__}: {fault}")
            continue
        scores.append(score(system, pairs, known, apart, listed, time.perf_counter() - begun))
    return Evaluation(len(listed.sides), len(known), len(apart), scores, notes)


def labels(known: Sequence[Known], apart: Sequence[Known], listed: Listed) -> Labels:
    """What a matcher that must learn is taught: every second easy or medium pair, and pairs whose SIREN differs.

    It is scored on all pairs, so that half of them are no news to it; that is to its advantage.
    """
    same = [each.pair for each in known if each.difficulty != "hard"][::2]
    numbered = sorted({id for each in (*known, *apart) for id in each.pair if id in listed.sirens})
    near = sorted(numbered, key=lambda id: (listed.sides[id].city or "", listed.sides[id].name_key, id))
    neighbours = (sorted(pair) for pair in pairwise(near))
    different = [(one, other) for one, other in neighbours if listed.sirens[one] != listed.sirens[other]]
    return Labels(same, different)


def known_pairs(
    truth: Path, data: Path, gazetteer: Gazetteer, step: Callable[[str], None] = lambda _: None
) -> tuple[list[Known], list[Known], Listed]:
    """Read the pairs that are one, those that only look so, and the records of their files; raises as `evaluate`."""
    same, different = _lines(truth / "duplicates.csv"), _lines(truth / "hard_negatives.csv")
    if not same:
        raise ValueError(f"{truth / 'duplicates.csv'} names no pair")
    names = {line[side] for line in (*same, *different) for side in ("left_file", "right_file")}
    step(f"reading {len(names)} files")
    listed = read_files(sorted(names), data, gazetteer)
    return [_known(line, listed) for line in same], [_known(line, listed) for line in different], listed


def score(
    system: str, pairs: Pairs, known: Sequence[Known], apart: Sequence[Known], listed: Listed, seconds: float
) -> Score:
    """Score the pairs that a system holds to be one."""
    found: dict[str, dict[FilePair, list[bool]]] = {name: defaultdict(list) for name in (*DIFFICULTIES, "both")}
    for each in known:
        hit = each.pair in pairs
        found.setdefault(each.difficulty, defaultdict(list))[each.files].append(hit)
        if each.difficulty != "hard":
            found["both"][each.files].append(hit)
    recall = {name: _macro(found[name]) for name in DIFFICULTIES}
    merged = [each.names for each in apart if each.pair in pairs]
    both = found["both"]
    across, within = _by_siren(pairs, listed)
    return Score(
        system, recall, _macro(both) or 0.0, {files: (sum(hits), len(hits)) for files, hits in both.items()}, merged,
        across[0] / across[1] if across[1] else None, within[0] / within[1] if within[1] else None, across[1], seconds,
    )  # fmt: skip


def _macro(found: Mapping[FilePair, Sequence[bool]]) -> float | None:
    return fmean(sum(hits) / len(hits) for hits in found.values()) if found else None


def _by_siren(pairs: Pairs, listed: Listed) -> tuple[list[int], list[int]]:
    """How many of the joined pairs with two SIREN numbers have one and the same, and of how many: across, within."""
    across, within = [0, 0], [0, 0]
    for left, right in pairs:
        one, other = listed.sirens.get(left), listed.sirens.get(right)
        if one and other:
            counts = within if listed.sides[left].source_id == listed.sides[right].source_id else across
            counts[0] += one == other
            counts[1] += 1
    return across, within


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _known(line: Mapping[str, str], listed: Listed) -> Known:
    ids = []
    for side in ("left", "right"):
        file, row = line[f"{side}_file"], int(line[f"{side}_row"])
        if (file, row) not in listed.by_row:
            raise ValueError(f"{file} has no row {row} with a name, which pair {line['pair_id']} speaks of")
        ids.append(listed.by_row[file, row])
    left, right = sorted(ids)
    names = (line["left_name"], line["right_name"])
    return Known((line["left_file"], line["right_file"]), (left, right), line["difficulty"], names)
