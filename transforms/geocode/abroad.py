"""Answers for places outside France, or of a country that nobody states: their town, else region, else country."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.geocode.coordinates import usable
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.query import PlaceAnswer, PlaceQuery
from transforms.geocode.world import Place, WorldReading, WorldResolution
from transforms.geocode.world_points import REACH_KM, AuditedAbroad, Stated, audit_abroad, distance_km
from transforms.geocode.world_reading import read_world

# A town this sure wins over a point in another country or this far away, as in France.
_CERTAIN, _FAR_KM = 0.9, 50.0
_BESIDE_KM = 5.0  # a point without words is in the nearest town only this near

_STATED, _BY_POINT_AND_NAME, _BY_POINT, _POINT_ELSEWHERE = 0.9, 0.95, 0.9, 0.3


def geocode_abroad(
    queries: Sequence[PlaceQuery], countries: Sequence[str | None], gazetteer: Gazetteer
) -> list[PlaceAnswer]:
    """Return one answer for each query, in the same order; *countries* are the stated ones, ``None`` if unknown.

    A name that France also knows may come out as French: ``insee_code`` then says which commune.
    """
    readings = [read_world(query, country, gazetteer) for query, country in zip(queries, countries, strict=True)]
    distinct = list(dict.fromkeys(readings))
    known = dict(zip(distinct, gazetteer.world.resolve(distinct), strict=True))
    resolutions = [_settled_by_point(query, known[reading]) for query, reading in zip(queries, readings, strict=True)]
    stated = [
        Stated(query.latitude, query.longitude, reading.country, resolution.place)
        for query, reading, resolution in zip(queries, readings, resolutions, strict=True)
    ]
    points = audit_abroad(stated, gazetteer.world) if any(query.latitude is not None for query in queries) else []
    return [
        _answer(reading, resolution, point, gazetteer)
        for reading, resolution, point in zip(readings, resolutions, points or [None] * len(readings), strict=True)
    ]


def _settled_by_point(query: PlaceQuery, resolution: WorldResolution) -> WorldResolution:
    """A point tells homonyms apart: the largest candidate within reach of it is meant.

    It also wins over a name that nothing but its size speaks for: Bradford beside a point in Vermont is not in England.
    """
    point = usable(query.latitude, query.longitude)
    by_size = resolution.method in {"name", "hint_name"}
    if point is None or (resolution.place is not None and not by_size):
        return resolution
    candidates = [*filter(None, [resolution.place]), *resolution.alternatives]
    around = [place for place in candidates if distance_km(point, place) <= REACH_KM]
    if around:
        return WorldResolution(around[0], "coordinates_name", _BY_POINT_AND_NAME)
    return WorldResolution(None, "none", resolution.confidence, tuple(candidates[:5])) if by_size else resolution


def _answer(
    reading: WorldReading, resolution: WorldResolution, point: AuditedAbroad | None, gazetteer: Gazetteer
) -> PlaceAnswer:
    place = resolution.place
    answer = _in_town(place, resolution, gazetteer) if place else _left_open(reading, resolution, gazetteer)
    if point is None:
        return answer
    if not point.fits and place and resolution.confidence >= _CERTAIN and _is_far(point, place):
        return answer._replace(conflict=_conflict(reading, place, point, gazetteer))
    method = f"{answer.method}+{point.repair}" if point.repair else answer.method
    placed = answer._replace(
        latitude=point.point.latitude, longitude=point.point.longitude, precision="point", method=method
    )
    if not point.fits:
        placed = placed if place else placed._replace(confidence=_POINT_ELSEWHERE, method="coordinates")
        return placed._replace(conflict=_conflict(reading, place, point, gazetteer))
    return placed if place else _around(placed, reading, point, gazetteer)


def _in_town(place: Place, resolution: WorldResolution, gazetteer: Gazetteer) -> PlaceAnswer:
    return PlaceAnswer(
        insee_code=place.insee,
        commune=place.name,
        region=_division_name(place.country, place.division, gazetteer),
        country=place.country,
        latitude=round(place.latitude, 3),
        longitude=round(place.longitude, 3),
        precision="commune",
        method=resolution.method,
        confidence=resolution.confidence,
        alternatives=tuple(_label(other, gazetteer) for other in resolution.alternatives),
    )


def _left_open(reading: WorldReading, resolution: WorldResolution, gazetteer: Gazetteer) -> PlaceAnswer:
    """A region or a country, when that is all that is known; several towns of the name are listed."""
    regions = [code for code in reading.divisions if reading.country in {None, code[0]}]
    alternatives = tuple(_label(place, gazetteer) for place in resolution.alternatives)
    if len(regions) == 1 and not alternatives:
        country, code = regions[0]
        name = _division_name(country, code, gazetteer)
        return PlaceAnswer(country=country, region=name, precision="region", method="region", confidence=_STATED)
    level = "country" if reading.country else "none"
    confidence = resolution.confidence if alternatives else _STATED if reading.country else 0.0
    return PlaceAnswer(
        country=reading.country, precision=level, method=level, confidence=confidence, alternatives=alternatives
    )


def _around(answer: PlaceAnswer, reading: WorldReading, point: AuditedAbroad, gazetteer: Gazetteer) -> PlaceAnswer:
    """A point that fits, without a town: its country, and the town beside it where no words name another."""
    country = reading.country or point.country
    near = next((found for found in point.near if found.country == country), None)
    answer = answer._replace(country=country, confidence=_BY_POINT, method=_by_point(point))
    if reading.guesses or near is None or near.km > _BESIDE_KM:
        return answer
    region = _division_name(near.country, near.division, gazetteer)
    return answer._replace(commune=near.name, region=region)


def _by_point(point: AuditedAbroad) -> str:
    return f"coordinates+{point.repair}" if point.repair else "coordinates"


def _is_far(point: AuditedAbroad, place: Place) -> bool:
    return point.country != place.country or distance_km(point.point, place) > _FAR_KM


def _conflict(reading: WorldReading, place: Place | None, point: AuditedAbroad, gazetteer: Gazetteer) -> str:
    around = f"in {point.country} near {point.near[0].name}" if point.country else "far from any known place"
    if place is None:
        return f"point is {around}, outside the stated country {reading.country}"
    return f"point is {distance_km(point.point, place):.0f} km from {_label(place, gazetteer)}, {around}"


def _label(place: Place, gazetteer: Gazetteer) -> str:
    region = _division_name(place.country, place.division, gazetteer)
    return ", ".join(filter(None, (place.name, region, place.country)))


def _division_name(country: str, code: str | None, gazetteer: Gazetteer) -> str | None:
    if country == "FR":
        return gazetteer.departements.get(code or "")
    return gazetteer.world.division_names.get((country, code or ""))
