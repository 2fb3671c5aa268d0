"""The classifier's weights, learnt from texts that people have labelled (`corpus.py`).

One logistic regression for each theme, over the words and stems of a text and how often each lexicon meets it. A
source that could not have given a theme takes no part in that theme. Needs scikit-learn (`pip install essaim[train]`),
which nothing else does; the same corpus gives the same file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from transforms.themes.classifier import FACTOR, Model
from transforms.themes.corpus import GOLD, Labelled, first_level
from transforms.themes.words import features, words

RECORDS, SOURCES = 3, 2
"""A word is kept when so many records of so many sources have it: no sentence or name can be read from the model."""

GOLD_WEIGHT = 10.0
"""What a record coded by hand counts for: the others were labelled under other schemes."""

LARGEST = 200
"""Sources with more records than this count for no more than it."""

PENALTY = 0.1
"""Inverse strength of the regularisation (scikit-learn's C)."""

EVENING = 1.0
"""How far a rare theme is raised: 0 not at all, 1 as if it were as common as its absence."""

FEWEST, UNTAUGHT = 3, -2.0
"""A theme with fewer positive records is left to its lexicon alone, with this score."""


class TrainingError(RuntimeError):
    """Training cannot begin: the message says what is missing and what to do."""


def require_scikit_learn() -> None:
    """Raise `TrainingError` where scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise TrainingError('scikit-learn is not installed: run `pip install "essaim[train]"` and try again')


def vocabulary_of(texts: Sequence[Labelled]) -> dict[str, float]:
    """Return the features that may be kept, sorted, each with its weight against commonness (smoothed idf)."""
    records: Counter[str] = Counter()
    sources: dict[str, set[str]] = {}
    for labelled in texts:
        for feature in {feature for word in words(labelled.text) for feature in features(word)}:
            records[feature] += 1
            sources.setdefault(feature, set()).add(labelled.source)
    count = len(texts)
    return {
        feature: math.log((1 + count) / (1 + records[feature])) + 1
        for feature in sorted(records)
        if records[feature] >= RECORDS and len(sources[feature]) >= SOURCES
    }


def learn(texts: Sequence[Labelled]) -> Model:
    """Return the model learnt from `texts`, not yet calibrated. Raises `TrainingError` without scikit-learn."""
    require_scikit_learn()
    import warnings

    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    themes, idf = first_level(), vocabulary_of(texts)
    matrix = csr_matrix(_cells([labelled.text for labelled in texts], idf), (len(texts), len(idf)))
    sizes = Counter(labelled.source for labelled in texts)
    weights = [GOLD_WEIGHT if t.source == GOLD else min(1.0, LARGEST / sizes[t.source]) for t in texts]
    found: dict[str, dict[str, float]] = {feature: {} for feature in idf}
    bias = {}
    for theme in themes:
        taught = [index for index, labelled in enumerate(texts) if theme in labelled.known]
        answers = [theme in texts[index].themes for index in taught]
        if sum(answers) < FEWEST:
            bias[theme] = UNTAUGHT
            continue
        regression = LogisticRegression(C=PENALTY, max_iter=1000, tol=1e-5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chances = _evened([weights[index] for index in taught], answers)
            regression.fit(matrix[taught], answers, sample_weight=chances)
        bias[theme] = float(regression.intercept_[0])
        for feature, weight in zip(idf, regression.coef_[0], strict=True):
            found[feature][theme] = float(weight) * idf[feature]
    return Model(themes, _rounded(found, themes), tuple(round(bias[theme], 2) for theme in themes))


def _cells(texts: Sequence[str], idf: dict[str, float]) -> Any:
    """The cells of the matrix as (values, (rows, columns)): what `Model.scores` reckons with, times the idf."""
    columns = {feature: column for column, feature in enumerate(idf)}
    values, rows, places = [], [], []
    for row, text in enumerate(texts):
        distinct = dict.fromkeys(words(text))
        share = 1 / math.sqrt(len(distinct) or 1)
        for feature, count in Counter(f for word in distinct for f in features(word) if f in idf).items():
            values.append(count * share * idf[feature])
            rows.append(row)
            places.append(columns[feature])
    return values, (rows, places)


def _evened(weights: Sequence[float], answers: Sequence[bool]) -> list[float]:
    """The weights with the rarer answer raised, so that a theme of few records is found too."""
    yes = sum(weight for weight, answer in zip(weights, answers, strict=True) if answer)
    no = sum(weights) - yes
    raised = (no / yes) ** EVENING
    return [weight * raised if answer else weight for weight, answer in zip(weights, answers, strict=True)]


def _rounded(found: dict[str, dict[str, float]], themes: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """The weights in hundredths, without the features that are left with nothing."""
    rows = {
        feature: tuple(round(by_theme.get(theme, 0.0) * FACTOR) / FACTOR for theme in themes)
        for feature, by_theme in found.items()
    }
    return {feature: row for feature, row in rows.items() if any(row)}
