"""How well themes are guessed: cross-validation on the records coded by hand, figures, calibration and threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import mul
from random import Random

from transforms.themes.classifier import Model, Score, logistic
from transforms.themes.corpus import Labelled
from transforms.themes.words import hits, words

FOLDS = 5
ROUNDS = 2
"""The folds are drawn so many times over, and the figures taken together."""

PRECISION = 0.82
"""What the threshold is set for, so that 0.8 still holds on records never seen."""

STEPS, RIDGE = 12, 1e-6
"""Of Newton's method: how many steps, and what keeps it from dividing by nothing."""

BALANCE, RARE = 0.22, 8
"""Where finding counts as much as being right, as for the baselines: guesses from this confidence on, and, for themes
that fewer records coded by hand have than can teach anything, whatever their lexicon meets."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A record coded by hand, and what a model that never saw it says: a score for each theme; and its fold."""

    labelled: Labelled
    scores: tuple[Score, ...]
    fold: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How well themes were found: F1 by theme taken evenly, F1 of all together, precision, recall, share judged."""

    name: str
    macro_f1: float
    micro_f1: float
    precision: float
    recall: float
    coverage: float


def folds(count: int, drawn: int) -> list[int]:
    """Return the fold of each of `count` records, the same for the same draw."""
    order = list(range(count))
    Random(drawn).shuffle(order)  # noqa: S311 - not a secret
    found = [0] * count
    for place, index in enumerate(order):
        found[index] = place % FOLDS
    return found


def cross_validated(
    gold: Sequence[Labelled], rest: Sequence[Labelled], step: Callable[[], None] = lambda: None
) -> list[Judged]:
    """Judge each of `gold` by models learnt from `rest` and the other folds of `gold`; `step` after each model.

    Raises `TrainingError` without scikit-learn.
    """
    from transforms.themes.learn import learn

    judged = []
    for drawn in range(ROUNDS):
        fold_of = folds(len(gold), drawn)
        for fold in range(FOLDS):
            model = learn([*(text for text, own in zip(gold, fold_of, strict=True) if own != fold), *rest])
            for text, own in zip(gold, fold_of, strict=True):
                if own == fold:
                    judged.append(Judged(text, tuple(model.scores(text.text)), drawn * FOLDS + fold))
            step()
    return judged


def calibrated(model: Model, judged: Sequence[Judged]) -> Model:
    """Return `model` with the calibration and the threshold that `judged` calls for."""
    ready = replace(model, mixing=_mixing(judged, model.themes))
    return replace(ready, threshold=threshold(ready, judged))


def _mixing(judged: Sequence[Judged], themes: Sequence[str]) -> tuple[float, float, float, float]:
    """The factors of least surprise (a logistic regression of four unknowns over all scores), by Newton's method."""
    rows = [
        ((*score, 1.0), theme in one.labelled.themes)
        for one in judged
        for theme, score in zip(themes, one.scores, strict=True)
    ]
    mixing = [0.0] * 4
    for _ in range(STEPS):
        slope = [0.0] * 4
        bend = [[RIDGE if i == j else 0.0 for j in range(4)] for i in range(4)]
        for row, true in rows:
            sure = logistic(sum(map(mul, mixing, row)))
            error, spread = sure - true, sure * (1 - sure)
            for i, left in enumerate(row):
                slope[i] += error * left
                for j, right in enumerate(row):
                    bend[i][j] += spread * left * right
        mixing = [old - change for old, change in zip(mixing, _solved(bend, slope), strict=True)]
    first, second, third, constant = (round(factor, 3) for factor in mixing)
    return first, second, third, constant


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small positive system by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for pivot, row in enumerate(rows):
        rows[pivot] = [value / row[pivot] for value in row]
        for other, below in enumerate(rows):
            if other != pivot:
                rows[other] = [a - below[pivot] * b for a, b in zip(below, rows[pivot], strict=True)]
    return [row[-1] for row in rows]


def threshold(model: Model, judged: Sequence[Judged]) -> float:
    """Return the least confidence from which on guesses are right often enough, at every higher one too."""
    sure = sorted(
        (
            (model.confidence(score), theme in one.labelled.themes)
            for one in judged
            for theme, score in zip(model.themes, one.scores, strict=True)
        ),
        reverse=True,
    )
    for hundredth in range(30, 100):
        made = [true for confidence, true in sure if confidence >= hundredth / 100]
        if made and sum(made) / len(made) >= PRECISION:
            return hundredth / 100
    return 1.0


def at(model: Model, judged: Sequence[Judged], least: float) -> list[frozenset[str]]:
    """Return the themes guessed for each record at the confidence `least`."""
    return [
        frozenset(
            theme for theme, score in zip(model.themes, one.scores, strict=True) if model.confidence(score) >= least
        )
        for one in judged
    ]


def balanced(model: Model, judged: Sequence[Judged]) -> list[frozenset[str]]:
    """Return the themes guessed for each record where finding counts as much as being right (see `BALANCE`)."""
    taught = Counter(theme for one in judged for theme in one.labelled.themes)
    rare = {theme for theme in model.themes if taught[theme] < RARE * ROUNDS}
    keywords = by_keywords([one.labelled for one in judged])
    guessed = at(model, judged, BALANCE)
    return [(answer - rare) | (told & rare) for answer, told in zip(guessed, keywords, strict=True)]


def at_own_threshold(model: Model, judged: Sequence[Judged]) -> list[frozenset[str]]:
    """Return the themes guessed for each record, calibration and threshold being drawn from the other folds only."""
    answers: list[frozenset[str]] = [frozenset()] * len(judged)
    for fold in sorted({one.fold for one in judged}):
        seen = {one.labelled.text for one in judged if one.fold == fold}
        ready = calibrated(model, [one for one in judged if one.labelled.text not in seen])
        for index, one in enumerate(judged):
            if one.fold == fold:
                answers[index] = at(ready, [one], ready.threshold)[0]
    return answers


def by_keywords(texts: Iterable[Labelled]) -> list[frozenset[str]]:
    """Return the themes whose lexicon meets each text: the keyword baseline."""
    return [frozenset(hits(words(text.text))) for text in texts]


def by_majority(texts: Sequence[Labelled]) -> list[frozenset[str]]:
    """Return the commonest theme of `texts` for each: the majority baseline."""
    common = Counter(theme for text in texts for theme in sorted(text.themes)).most_common(1)
    return [frozenset(theme for theme, _ in common)] * len(texts)


def figures(name: str, texts: Sequence[Labelled], answers: Sequence[frozenset[str]]) -> Figures:
    """Return the figures of `answers`; the macro F1 is over the themes that the truth has at least once."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for text, answer in zip(texts, answers, strict=True):
        right.update(text.themes & answer)
        wrong.update(answer - text.themes)
        missed.update(text.themes - answer)
    themes = sorted({theme for text in texts for theme in text.themes})
    each = [_f1(right[theme], wrong[theme], missed[theme]) for theme in themes]
    hit, false, lost = right.total(), wrong.total(), missed.total()
    return Figures(
        name,
        sum(each) / len(each) if each else 0.0,
        _f1(hit, false, lost),
        hit / (hit + false) if hit + false else 0.0,
        hit / (hit + lost) if hit + lost else 0.0,
        sum(map(bool, answers)) / len(answers) if answers else 0.0,
    )


def _f1(right: int, wrong: int, missed: int) -> float:
    return 2 * right / (2 * right + wrong + missed) if right else 0.0
