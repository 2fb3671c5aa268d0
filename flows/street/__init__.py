"""Street level: the streets of a night's records asked of an address service, once each, and believed with care.

Stands between placing in communes and linking. What a service answers is kept (`flows.street.cache`); a replay asks
nobody and reads only what is kept. Without a service, or when it fails, every place stays at its commune.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from flows.engine import tell
from flows.progress import stage
from flows.settings import Settings
from flows.street.cache import FILE_NAME, StreetCache
from flows.street.client import ask_in_batches, ask_one_by_one, service_door
from scrapers.problems import Problem, SourceError
from transforms.geocode import Gazetteer
from transforms.geocode.coordinates import Point, great_circle_km
from transforms.geocode.street import METHOD, Answer, Question, UnreadableAnswerError, Verdict, judge, question
from transforms.geocode.street_abroad import METHOD as METHOD_ABROAD
from transforms.geocode.street_abroad import judge_abroad, question_abroad
from warehouse.store import Store
from warehouse.table import Column

GEOCODER = "geocoder"  # what a failure of the service is named after, in the place of a source
MIDDLE_KM = 0.05  # a given point this near to that of the commune is the commune's
DOUBTS = ("stack: ", "point is ")  # how a conflict begins that is one of the given point

FOUND = tuple(
    Column(name, type, "", "")
    for name, type in [
        ("source_id", "VARCHAR"),
        ("record_key", "VARCHAR"),
        ("insee_code", "VARCHAR"),
        ("latitude", "DOUBLE"),
        ("longitude", "DOUBLE"),
        ("geo_precision", "VARCHAR"),
        ("geo_method", "VARCHAR"),
        ("geo_confidence", "DOUBLE"),
        ("geo_conflict", "VARCHAR"),
    ]
)
WANTED = """
SELECT source_id, record_key, name, address, commune, insee_code, country, latitude, longitude, geo_precision,
       geo_conflict
FROM clean_record
WHERE address IS NOT NULL AND geo_precision IN ('commune', 'point') AND country IS NOT NULL
ORDER BY source_id, record_key
"""
UPDATE = """
UPDATE clean_record SET insee_code = coalesce(found.insee_code, clean_record.insee_code), latitude = found.latitude,
       longitude = found.longitude, geo_precision = found.geo_precision, geo_method = found.geo_method,
       geo_confidence = found.geo_confidence, geo_conflict = found.geo_conflict
FROM street_found found
WHERE clean_record.source_id = found.source_id AND clean_record.record_key = found.record_key
"""

Row = Mapping[str, Any]
Asking = Callable[[Sequence[Question]], Iterator[list[Answer]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A record of `clean_record` and the question that it asks."""

    row: Row
    question: Question
    was: str | None  # what is wrong with the point that the source gives; None when it gives none


def place_on_streets(
    store: Store, places: Gazetteer, settings: Settings, problems: dict[str, list[Problem]]
) -> list[Problem]:
    """Move the records of `clean_record` that stand in the middle of their commune to their street, where it is known.

    A point that a source gives, and that passed its audit, stays. What a person should know of single records is added
    to `problems`, by source; returned is what failed: nothing, or one problem for each service.
    """
    if settings.mode == "sample" or not (settings.geocoder or settings.nominatim):
        return []
    if settings.mode == "replay" and not (settings.home / FILE_NAME).is_file():
        return []
    failures: list[Problem] = []
    with stage("place on streets"):
        rows = list(store.rows(WANTED))
        if not rows:
            return []
        try:
            with StreetCache(settings.home / FILE_NAME, read_only=settings.mode == "replay") as cache:
                found = _in_france(rows, cache, places, settings, failures)
                found += _abroad(rows, cache, places, settings, failures)
        except duckdb.Error as error:
            return [_unusable(settings.home / FILE_NAME, error)]
        moved = [row for asked, verdict, method in found if (row := _moved(asked, verdict, method))]
        _write(store, moved)
        for asked, verdict, _ in found:
            if (problem := _told(asked, verdict)) is not None:
                problems.setdefault(problem.source_id, []).append(problem)
    tell(f"street level: {len(found):,} addresses looked up, {len(moved):,} places made more precise")
    return failures


Found = list[tuple[Asked, Verdict, str]]


def _in_france(
    rows: Sequence[Row], cache: StreetCache, places: Gazetteer, settings: Settings, failures: list[Problem]
) -> Found:
    service = settings.geocoder
    asked = list(_questions(rows, places)) if service else []
    if not asked or service is None:
        return []
    questions = _distinct(asked)

    def ask(missing: Sequence[Question]) -> Iterator[list[Answer]]:
        with service_door(settings.manners) as door:
            yield from ask_in_batches(door, service, missing, places)

    answers = _answers(questions, cache, service, ask, settings, failures)
    verdicts = judge(questions, answers, places)
    return [(one, verdicts[one.question.key], METHOD) for one in asked if one.question.key in verdicts]


def _abroad(
    rows: Sequence[Row], cache: StreetCache, places: Gazetteer, settings: Settings, failures: list[Problem]
) -> Found:
    service = settings.nominatim
    asked = list(_questions_abroad(rows)) if service else []
    if not asked or service is None:
        return []

    def ask(missing: Sequence[Question]) -> Iterator[list[Answer]]:
        with service_door(settings.manners) as door:
            yield from ask_one_by_one(door, service, missing)

    answers = _answers(_distinct(asked), cache, service, ask, settings, failures)
    return [
        (one, judge_abroad(one.question, answer, Point(one.row["latitude"], one.row["longitude"])), METHOD_ABROAD)
        for one in asked
        if (answer := answers.get(one.question.key)) is not None
    ]


def _questions(rows: Sequence[Row], places: Gazetteer) -> Iterator[Asked]:
    for row in rows:
        if row["country"] != "FR" or not row["insee_code"]:
            continue
        was = _doubt(row, places) if row["geo_precision"] == "point" else None
        if row["geo_precision"] == "point" and was is None:
            continue
        asked = question(row["address"], row["insee_code"], places)
        if asked is not None:
            yield Asked(row, asked, was)


def _questions_abroad(rows: Sequence[Row]) -> Iterator[Asked]:
    """Only places that stand in the middle of a known town: its point tells a wrong answer from a right one."""
    for row in rows:
        if row["geo_precision"] == "commune" and row["latitude"] is not None and row["longitude"] is not None:
            asked = question_abroad(row["address"], row["commune"], row["country"])
            if asked is not None:
                yield Asked(row, asked, None)


def _doubt(row: Row, places: Gazetteer) -> str | None:
    """Why the point that the source gives is none of the place's own; None when it passed the audit."""
    conflict = next((part for part in (row["geo_conflict"] or "").split("; ") if part.startswith(DOUBTS)), None)
    if conflict:
        return conflict
    commune = places.communes.get(row["insee_code"])
    if commune is None or commune.latitude is None or commune.longitude is None:
        return None
    given, middle = Point(row["latitude"], row["longitude"]), Point(commune.latitude, commune.longitude)
    return "point is the middle of the commune" if great_circle_km(given, middle) <= MIDDLE_KM else None


def _distinct(asked: Sequence[Asked]) -> list[Question]:
    """Each question once, in the order of the keys: the same requests, whatever order the records come in."""
    return [question for _, question in sorted({one.question.key: one.question for one in asked}.items())]


def _answers(
    questions: Sequence[Question],
    cache: StreetCache,
    service: str,
    ask: Asking,
    settings: Settings,
    failures: list[Problem],
) -> dict[str, Answer]:
    """The answers that are kept, and on a night with the network, first of all those that are not kept yet."""
    until = settings.replay_until or settings.as_of
    keys = [one.key for one in questions]
    known = cache.known(keys, until)
    if settings.mode != "network":
        return known
    missing = [one for one in questions if settings.refresh_streets or one.key not in known]
    if not missing:
        return known
    try:
        for answers in ask(missing):
            # An error of the service's own says nothing of the street: it is asked again the next night.
            cache.keep([answer for answer in answers if answer.status != "error"], service, settings.as_of)
    except (SourceError, UnreadableAnswerError) as error:
        failures.append(_down(service, error))
    return cache.known(keys, until)


def _moved(asked: Asked, verdict: Verdict, method: str) -> dict[str, Any] | None:
    """The new place of a record, as a row of `FOUND`; None when it stays where it is."""
    if verdict.why:
        return None
    return {
        "source_id": asked.row["source_id"],
        "record_key": asked.row["record_key"],
        "insee_code": verdict.citycode or None,
        "latitude": verdict.latitude,
        "longitude": verdict.longitude,
        "geo_precision": verdict.precision,
        "geo_method": method,
        "geo_confidence": verdict.confidence,
        "geo_conflict": _without_doubts(asked.row["geo_conflict"]),
    }


def _without_doubts(conflict: str | None) -> str | None:
    """What is left of a conflict when the point that it doubted has been replaced."""
    parts = [part for part in (conflict or "").split("; ") if part and not part.startswith(DOUBTS)]
    return "; ".join(parts) or None


def _write(store: Store, moved: Sequence[Row]) -> None:
    columns = ", ".join(f"{column.name} {column.type}" for column in FOUND)
    store.connection.execute(f"CREATE OR REPLACE TEMP TABLE street_found ({columns})")
    store.load("street_found", FOUND, moved)
    store.connection.execute(UPDATE)
    store.connection.execute("DROP TABLE street_found")


def _told(asked: Asked, verdict: Verdict) -> Problem | None:
    """What a person should hear: a point of the source that was replaced, an answer that contradicts what is known."""
    row = asked.row
    name = f'"{row["name"][:80]}"'
    if verdict.why:
        if not verdict.told:
            return None
        message, remedy = f"{name}: {verdict.why}; not taken", "look at the address; correct it in [[corrections]]"
    elif asked.was:
        km = great_circle_km(Point(row["latitude"], row["longitude"]), Point(verdict.latitude, verdict.longitude))
        message = f"{name}: {asked.was}; published is the point of its address, {km:.1f} km away"
        remedy = "tell the publisher"
    else:
        return None
    return Problem(row["source_id"], "geo-street", message, "info", remedy, row["record_key"], "address")


def _down(service: str, error: Exception) -> Problem:
    message = f"the address service at {service} failed: {error}"
    remedy = "places stay at their commune until it answers again; docs/geocoding.md says how to name another, or none"
    return Problem(GEOCODER, "geocoder-down", message, "error", remedy)


def _unusable(path: Path, error: duckdb.Error) -> Problem:
    message = f"{path.name}, where the answers of address services are kept, cannot be used: {str(error)[:200]}"
    return Problem(GEOCODER, "geocoder-cache", message, "error", "remove the file; the streets are asked for again")
