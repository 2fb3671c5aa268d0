"""Which themes a text speaks of, with a confidence: the scorer of the weights in `model.tsv`, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from transforms.themes.words import features, hits, strength, words

MODEL = Path(__file__).with_name("model.tsv")
FACTOR = 100
"""Weights are kept in hundredths."""

FEWEST_WORDS = 8
"""A text with fewer different words is not judged: a name alone says too little."""


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
        return self._scores(words(text))

    def _scores(self, ordered: list[str]) -> list[Score]:
        distinct = dict.fromkeys(ordered)
        rows = [row for word in distinct if (row := self._of_word(word)) is not None]
        total = list(map(sum, zip(*rows, strict=True))) if rows else [0.0] * len(self.themes)
        share = 1 / math.sqrt(len(distinct) or 1)
        told = hits(ordered)
        all_told = told.total() or 1
        return [
            (share * value + bias, strength(told[theme]), told[theme] / all_told)
            for theme, value, bias in zip(self.themes, total, self.bias, strict=True)
        ]

    def confidence(self, score: Score) -> float:
        """Return the probability that stands for a score, rounded to hundredths."""
        first, second, third, constant = self.mixing
        return round(logistic(first * score[0] + second * score[1] + third * score[2] + constant), 2)

    def guesses(self, text: str) -> list[Guess]:
        """Return the themes of `text` at or above the threshold, the surest first; none where little is said."""
        ordered = words(text)
        if len(set(ordered)) < FEWEST_WORDS:
            return []
        sure = map(self.confidence, self._scores(ordered))
        found = [
            Guess(theme, chance) for theme, chance in zip(self.themes, sure, strict=True) if chance >= self.threshold
        ]
        return sorted(found, key=lambda guess: (-guess.confidence, guess.theme))

    @cached_property
    def _of_word(self) -> Callable[[str], tuple[float, ...] | None]:
        """What a word weighs for each theme, its stem included; None for a word that the model does not know."""

        @lru_cache(maxsize=100_000)
        def weighed(word: str) -> tuple[float, ...] | None:
            rows = [row for feature in features(word) if (row := self.weights.get(feature)) is not None]
            return tuple(map(sum, zip(*rows, strict=True))) if rows else None

        return weighed


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
