"""Score the offline geocoder against public address files with known communes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flows.evaluate.geocode_truth import Case, truth_sets
from transforms.geocode import Gazetteer, PlaceAnswer, geocode
from transforms.geocode.coordinates import Point, great_circle_km
from transforms.geocode.resolve import ACCEPTED

NEAR_KM = 10.0  # how near to the published point a town of the world must be found


@dataclass(slots=True)
class Score:
    """How a truth set went; counts of rows, and the rows a second of processor time."""

    name: str
    rows: int = 0
    right: int = 0
    accepted: int = 0
    right_accepted: int = 0
    guessed: int = 0  # a place named in spite of a confidence below 0.7
    rows_per_second: int = 0
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """Return the counts with the shares that follow from them."""
        precision = self.right_accepted / self.accepted if self.accepted else None
        return asdict(self) | {"right_share": self.right / self.rows if self.rows else None, "precision": precision}


def evaluate(folder: Path, gazetteer: Gazetteer, examples: int = 5) -> Iterator[Score]:
    """Yield the score of each truth set found in `folder`, with up to `examples` rows that went wrong.

    Raises `FileNotFoundError` when the folder holds no truth set.
    """
    for name, cases in truth_sets(folder, gazetteer):
        yield score(name, cases, gazetteer, examples)


def score(name: str, cases: list[Case], gazetteer: Gazetteer, examples: int = 5) -> Score:
    """Geocode `cases` and count: for a case without any right answer, leaving it open is right."""
    found = Score(name, len(cases))
    started = time.process_time()
    answers = geocode([case.query for case in cases], gazetteer)
    spent = time.process_time() - started
    found.rows_per_second = round(len(cases) / spent) if spent else 0
    for case, answer in zip(cases, answers, strict=True):
        named = answer.insee_code is not None or answer.latitude is not None
        accepted = named and answer.confidence >= ACCEPTED
        right = is_right(case, answer, gazetteer)
        found.right += right
        found.accepted += accepted
        found.right_accepted += accepted and right
        found.guessed += named and not accepted
        if not right and len(found.wrong) < examples:
            found.wrong.append(_example(case, answer))
    return found


def shown(score: Score) -> list[str]:
    """Return the cells of a row of the table: name, rows, shares in per cent, guesses, rows a second."""
    data = score.as_data()
    shares = (data["right_share"], score.accepted / score.rows if score.rows else None, data["precision"])
    cells = ["–" if share is None else f"{100 * share:.2f} %" for share in shares]
    return [score.name, f"{score.rows:,}", *cells, str(score.guessed), f"{score.rows_per_second:,}"]


def is_right(case: Case, answer: PlaceAnswer, gazetteer: Gazetteer) -> bool:
    """Say whether `answer` is what `case` calls for."""
    if case.point is not None:
        if answer.latitude is None or answer.longitude is None:
            return False
        return great_circle_km(Point(*case.point), Point(answer.latitude, answer.longitude)) <= NEAR_KM
    code = gazetteer.commune_of(answer.insee_code) if answer.insee_code else None
    return code in case.communes if case.communes else code is None


def _example(case: Case, answer: PlaceAnswer) -> dict[str, Any]:
    asked = {name: value for name, value in case.query._asdict().items() if value is not None}
    return {
        "asked": asked,
        "right": sorted(case.communes) or case.point,
        "answered": answer.insee_code or answer.precision,
        "commune": answer.commune,
        "confidence": answer.confidence,
        "alternatives": list(answer.alternatives),
    }
