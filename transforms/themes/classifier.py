"""Which themes a text speaks of, with a confidence: the scorer of the weights in `model.tsv`, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from transforms.themes.together import Together
from transforms.themes.words import Pair, features, pairs, strength, told_by, told_by_pairs, words

MODEL = Path(__file__).with_name("model.tsv")
FACTOR = 100
"""Weights are kept in hundredths: a finer one is rounded when a text is scored."""

FEWEST_WORDS = 8
"""A text with fewer different words is not judged: a name alone says too little."""

MOST_WORDS = 100_000
"""So many words are kept with what they tell: 30 MB at most."""


class Guess(NamedTuple):
    """A theme that a text seems to speak of, and how sure that is, from 0 to 1."""

    theme: str
    confidence: float


Score = tuple[float, float, float]
"""What is known of a theme in a text: the regression's score, the strength of its lexicon, its share of all hits."""


@dataclass(frozen=True)
class Model:
    """Weights by feature, one for each theme in order; the score of a text without words; calibration; threshold.

    `mixing` turns a score into a probability that holds on the records coded by hand: a factor for each part of
    `Score`, the same for all themes, and a constant. Guesses below `threshold` are not made.
    """

    themes: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]
    mixing: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    threshold: float = 0.5

    def scores(self, text: str) -> list[Score]:
        """Return the score of each theme, in order."""
        ordered = words(text)
        return self._scores(ordered, dict.fromkeys(ordered))

    def _scores(self, ordered: Sequence[str], distinct: Collection[str]) -> list[Score]:
        of_word, of_pair = self._told
        told = sum(map(of_word, distinct)) + sum(map(of_pair.__getitem__, of_pair.keys() & pairs(ordered)))
        row = self._together.unpacked(told)
        themes = len(self.themes)
        share = 1 / math.sqrt(len(distinct) or 1)
        all_hits = row[-1] or 1
        return [
            (share * (weight / FACTOR) + bias, strength(hits), hits / all_hits)
            for weight, hits, bias in zip(row[:themes], row[themes:-1], self.bias, strict=True)
        ]

    def confidence(self, score: Score) -> float:
        """Return the probability that stands for a score, rounded to hundredths."""
        first, second, third, constant = self.mixing
        return round(logistic(first * score[0] + second * score[1] + third * score[2] + constant), 2)

    def guesses(self, text: str) -> list[Guess]:
        """Return the themes of `text` at or above the threshold, the surest first; none where little is said."""
        ordered = words(text)
        distinct = dict.fromkeys(ordered)
        if len(distinct) < FEWEST_WORDS:
            return []
        first, second, third, constant = self.mixing
        found = []
        for theme, score in zip(self.themes, self._scores(ordered, distinct), strict=True):
            # Few themes of a text come near the threshold: only of those the confidence is worked out.
            if first * score[0] + second * score[1] + third * score[2] + constant >= self._least:
                chance = self.confidence(score)
                if chance >= self.threshold:
                    found.append(Guess(theme, chance))
        return sorted(found, key=lambda guess: (-guess.confidence, guess.theme))

    @cached_property
    def _least(self) -> float:
        """Log odds below which no confidence is rounded up to the threshold."""
        chance = self.threshold - 0.006
        return math.log(chance / (1 - chance)) if 0 < chance < 1 else -math.inf

    @cached_property
    def _together(self) -> Together:
        """Rows of what a word tells: the weight of each theme in hundredths, its hits by theme, and all its hits."""
        return Together(2 * len(self.themes) + 1)

    @cached_property
    def _told(self) -> tuple[Callable[[str], int], dict[Pair, int]]:
        """What a word tells, its stem included, and what each pair of stems of the lexicon tells: rows together."""
        nothing = [0] * len(self.themes)

        def packed(weights: Sequence[int], hits: Collection[str]) -> int:
            return self._together.packed([*weights, *(int(theme in hits) for theme in self.themes), len(hits)])

        def of_word(word: str) -> int:
            rows = [row for feature in features(word) if (row := self.weights.get(feature)) is not None]
            themes = told_by(word)
            if not (rows or themes):
                return 0
            return packed([round(FACTOR * sum(cells)) for cells in zip(*rows, strict=True)] or nothing, themes)

        of_pair = {pair: packed(nothing, themes) for pair, themes in told_by_pairs().items()}
        return lru_cache(maxsize=MOST_WORDS)(of_word), of_pair


def logistic(value: float) -> float:
    """Return the probability that stands for log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


@cache
def shipped() -> Model:
    """Return the model that comes with the package."""
    return read_model(MODEL)


def write_model(model: Model, path: Path) -> None:
    """Write `model` as tab-separated text: settings, then a line of weights in hundredths for each feature."""
    settings = [f"# mixing\t{' '.join(map(str, model.mixing))}", f"# threshold\t{model.threshold}"]
    lines = [*settings, "\t".join(["feature", *model.themes]), _line("", model.bias)]
    lines += [_line(feature, model.weights[feature]) for feature in sorted(model.weights)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _line(feature: str, row: tuple[float, ...]) -> str:
    cells = [str(round(weight * FACTOR)) if weight else "" for weight in row]
    return "\t".join([feature, *cells])


def read_model(path: Path) -> Model:
    """Read what `write_model` wrote. Raises OSError, and ValueError where the file is no model."""
    lines = path.read_text(encoding="utf-8").splitlines()
    settings = dict(line[2:].split("\t") for line in lines if line.startswith("# "))
    head, *rest = (line.split("\t") for line in lines if not line.startswith("# "))
    if head[0] != "feature" or not rest or rest[0][0]:
        raise ValueError(
            f"{path}: no model of themes: the line of their names or of the bias is missing; train it anew"
        )
    rows = {cells[0]: tuple(int(cell or 0) / FACTOR for cell in cells[1:]) for cells in rest}
    bias = rows.pop("")
    first, second, third, constant = map(float, settings["mixing"].split())
    return Model(tuple(head[1:]), rows, bias, (first, second, third, constant), float(settings["threshold"]))
