"""From evidence to communes: exact candidates and the score in SQL, typing errors in Python."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

import duckdb

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import short_key
from transforms.geocode.reading import Reading
from transforms.geocode.similar import similar_names

ACCEPTED = 0.7  # a commune is named from this confidence on; below, the place is left open
_BATCH = 100_000  # readings scored at once, to bound memory
_WORTH_NAMING = 0.02  # share from which a commune is listed among the alternatives

_CANDIDATES = (files(__package__) / "candidates.sql").read_text(encoding="utf-8")
_SCORE = (files(__package__) / "score.sql").read_text(encoding="utf-8")
_LOAD_READINGS = """
CREATE OR REPLACE TEMP TABLE reading AS SELECT
    unnest(from_json($id, '["INTEGER"]')) AS id,
    unnest(from_json($insee, '["VARCHAR"]')) AS insee,
    unnest(from_json($postcode, '["VARCHAR"]')) AS postcode,
    unnest(from_json($postcode_departements, '["VARCHAR"]')) AS postcode_departements,
    unnest(from_json($cedex, '["BOOLEAN"]')) AS cedex,
    unnest(from_json($mismatch, '["DOUBLE"]')) AS mismatch,
    unnest(from_json($departement, '["VARCHAR"]')) AS departement,
    unnest(from_json($region, '["VARCHAR"]')) AS region
"""
_LOAD_GUESSES = """
CREATE OR REPLACE TEMP TABLE guess AS SELECT
    unnest(from_json($id, '["INTEGER"]')) AS id,
    unnest(from_json($key, '["VARCHAR"]')) AS key,
    unnest(from_json($short, '["VARCHAR"]')) AS short,
    unnest(from_json($penalty, '["DOUBLE"]')) AS penalty
"""
_LOAD_SIMILAR = """
INSERT INTO candidate SELECT
    unnest(from_json($id, '["INTEGER"]')), unnest(from_json($code, '["VARCHAR"]')),
    unnest(from_json($points, '["DOUBLE"]')), 'similar'
"""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the evidence of a reading comes to; ``code`` is a commune's, ``None`` when left open."""

    code: str | None = None
    method: str = "none"
    confidence: float = 0.0
    alternatives: tuple[str, ...] = ()
    departement: str | None = None  # when left open: the one that all alternatives lie in
    region: str | None = None


class _Scored(NamedTuple):
    """One candidate of one reading, as score.sql gives it."""

    id: int
    code: str
    share: float
    name_kind: str
    in_postcode: bool
    in_postcode_departement: bool
    in_departement: bool
    in_region: bool
    total: float  # what all candidates have together; the rest is for "none of these"
    departement_left: str | None
    region_left: str | None


def resolve(readings: Sequence[Reading], gazetteer: Gazetteer) -> list[Resolution]:
    """Return one resolution for each of *readings*, in the same order."""
    resolutions: list[Resolution] = []
    for start in range(0, len(readings), _BATCH):
        resolutions += _resolve_batch(readings[start : start + _BATCH], gazetteer)
    return resolutions


def _resolve_batch(readings: Sequence[Reading], gazetteer: Gazetteer) -> list[Resolution]:
    con = gazetteer.con.cursor()  # temporary tables are the cursor's own
    try:
        _load(con, readings, gazetteer)
        for statement in _CANDIDATES.split(";\n"):
            if statement.strip():
                con.execute(statement)
        answers = _decide(_score(con), readings)
        unsure = [
            place
            for place, reading in enumerate(readings)
            if reading.guesses
            and (place not in answers or answers[place].code is None or answers[place].method == "postcode")
        ]
        if _add_similar(con, unsure, readings, gazetteer):
            answers |= _decide(_score(con), readings)
    finally:
        con.close()
    return [answers.get(place, Resolution()) for place in range(len(readings))]


def _add_similar(
    con: duckdb.DuckDBPyConnection, places: list[int], readings: Sequence[Reading], gazetteer: Gazetteer
) -> bool:
    """Add candidates with similar names, leave only readings that got some, and say whether any did."""
    similar = [
        (place, code, points) for place in places for code, points in similar_names(readings[place], gazetteer).items()
    ]
    if not similar:
        return False
    ids, codes, points = (list(column) for column in zip(*similar, strict=True))
    con.execute(_LOAD_SIMILAR, _columns(id=ids, code=codes, points=points))
    con.execute("DELETE FROM candidate WHERE id NOT IN (SELECT id FROM candidate WHERE kind = 'similar')")
    return True


def _columns(**columns: Sequence[object]) -> dict[str, str]:
    """Parameters as one JSON text a column: a hundred times faster than executemany."""
    return {name: json.dumps(values, ensure_ascii=False) for name, values in columns.items()}


def _load(con: duckdb.DuckDBPyConnection, readings: Sequence[Reading], gazetteer: Gazetteer) -> None:
    postcodes = [reading.postcode for reading in readings]
    con.execute(
        _LOAD_READINGS,
        _columns(
            id=list(range(len(readings))),
            insee=[reading.insee for reading in readings],
            postcode=postcodes,
            postcode_departements=[
                " ".join(gazetteer.departements_of_postcode(code)) if code else "" for code in postcodes
            ],
            cedex=[reading.cedex for reading in readings],
            mismatch=[reading.mismatch for reading in readings],
            departement=[reading.departement for reading in readings],
            region=[reading.region for reading in readings],
        ),
    )
    guesses = [(place, *guess) for place, reading in enumerate(readings) for guess in reading.guesses]
    con.execute(
        _LOAD_GUESSES,
        _columns(
            id=[place for place, _, _ in guesses],
            key=[key for _, key, _ in guesses],
            short=[short_key(key) for _, key, _ in guesses],
            penalty=[penalty for _, _, penalty in guesses],
        ),
    )


def _score(con: duckdb.DuckDBPyConnection) -> dict[int, list[_Scored]]:
    grouped: dict[int, list[_Scored]] = {}
    for row in con.execute(_SCORE).fetchall():
        grouped.setdefault(row[0], []).append(_Scored(*row))
    return grouped


def _decide(scored: dict[int, list[_Scored]], readings: Sequence[Reading]) -> dict[int, Resolution]:
    return {place: _resolution(candidates, readings[place]) for place, candidates in scored.items()}


def _resolution(candidates: list[_Scored], reading: Reading) -> Resolution:
    best = candidates[0]
    confidence = min(round(best.share, 3), 0.999)
    others = tuple(other.code for other in candidates if other.share >= _WORTH_NAMING)
    if best.share < ACCEPTED:
        if best.total < ACCEPTED:
            return Resolution(None, "none", confidence, others, _postcode_departement(best, reading))
        return Resolution(None, "none", confidence, others, best.departement_left, best.region_left)
    return Resolution(best.code, _method(best, reading), confidence, others[1:])


def _postcode_departement(best: _Scored, reading: Reading) -> str | None:
    """Without a likely candidate the postcode still gives the département, if no candidate denies it."""
    return best.departement_left if reading.postcode and best.in_postcode_departement else None


def _method(best: _Scored, reading: Reading) -> str:
    """Name the evidence that carried the decision, in one stable word."""
    if reading.insee == best.code:
        return "insee_former" if reading.insee_is_former else "insee"
    if best.name_kind in {"none", "postcode", "code"}:
        return "postcode"
    suffix = "similar" if best.name_kind == "similar" else "name"
    if best.in_postcode:
        return f"postcode_{suffix}"
    if best.in_departement or best.in_postcode_departement:
        return f"departement_{suffix}"
    if best.in_region:
        return f"region_{suffix}"
    return suffix
