"""Score the classifier of themes on records that people coded by hand, beside two baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transforms.themes import judge
from transforms.themes.classifier import shipped
from transforms.themes.corpus import TRUTH, Labelled, others, truth
from transforms.themes.learn import TrainingError, learn, require_scikit_learn


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of each way of answering, the records they are over, and what could not be measured and why."""

    records: int
    threshold: float
    figures: tuple[judge.Figures, ...]
    notes: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def evaluate(path: Path, corpus: Path, step: Callable[[], None] = lambda: None) -> Evaluation:
    """Return the figures on the truth file `path`, with `corpus` to learn from; `step` is called after each model.

    Without scikit-learn the cross-validation is left out, and a note says so. Raises FileNotFoundError where the truth
    is not there, and KeyError where it has not the columns of the Carrefour des innovations sociales.
    """
    gold = truth(path)
    figures = [
        judge.figures("majority", gold, judge.by_majority(gold)),
        judge.figures("keywords", gold, judge.by_keywords(gold)),
    ]
    notes: list[str] = []
    try:
        require_scikit_learn()
        figures += _validated(gold, corpus, step)
    except (TrainingError, FileNotFoundError) as reason:
        notes.append(f"no cross-validation: {reason}")
    if path.resolve() != (corpus / TRUTH).resolve():
        answers = [frozenset(guess.theme for guess in shipped().guesses(text.text)) for text in gold]
        figures.append(judge.figures("shipped model", gold, answers))
    return Evaluation(len(gold), shipped().threshold, tuple(figures), tuple(notes))


def _validated(gold: Sequence[Labelled], corpus: Path, step: Callable[[], None]) -> list[judge.Figures]:
    rest = others(corpus)
    judged = judge.cross_validated(gold, rest, step)
    ready = judge.calibrated(learn(rest), judged)
    texts = [one.labelled for one in judged]
    return [
        judge.figures("classifier, balanced", texts, judge.balanced(ready, judged)),
        judge.figures("classifier, as published", texts, judge.at_own_threshold(ready, judged)),
        judge.figures("never saw this source", gold, _untaught(gold, rest, ready.threshold)),
    ]


def _untaught(gold: Sequence[Labelled], rest: Sequence[Labelled], threshold: float) -> list[frozenset[str]]:
    """Answers of a model that learnt from the other sources only, mixed as the shipped one: another kind of record."""
    from dataclasses import replace

    model = replace(learn(rest), mixing=shipped().mixing, threshold=threshold)
    return [frozenset(guess.theme for guess in model.guesses(text.text)) for text in gold]
