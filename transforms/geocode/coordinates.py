"""Audit of the coordinates a source publishes, against the outlines of the communes.

Between 0.7 and 10 % of published points contradict their own address; the usual causes are latitude
and longitude swapped, a lost sign and a lost decimal point. A point is repaired only when exactly one
way of reading the figures puts it where it is said to be.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from transforms.geocode.gazetteer import Gazetteer

SLACK_KM = 2.0  # outlines are simplified, and places lie across a commune's border
_LOCATE = (files(__package__) / "locate.sql").read_text(encoding="utf-8")
_DISTANCE = (files(__package__) / "distance.sql").read_text(encoding="utf-8")
_EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


@dataclass(frozen=True, slots=True)
class Point:
    """A point in WGS 84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a source gives as coordinates, and what is known of the place they should lie in."""

    latitude: float
    longitude: float
    commune: str | None = None  # INSEE code of the stated commune
    in_france: bool = True  # whether the place is known to be in France


@dataclass(frozen=True, slots=True)
class Located:
    """The commune a point lies in, or within :data:`SLACK_KM` of, and the arrondissement if any."""

    commune: str
    arrondissement: str | None


@dataclass(frozen=True, slots=True)
class Audited:
    """A point after the audit."""

    point: Point
    repair: str | None  # "swapped", "sign", "decimal", or None: as given
    located: Located | None  # None: outside the known outlines of France
    distance_km: float | None  # to the stated commune; None when unknown or nothing is stated


def usable(latitude: float | None, longitude: float | None) -> Point | None:
    """Return the point when both figures are finite, in range and not both zero, else ``None``."""
    if latitude is None or longitude is None or not _is_usable(latitude, longitude):
        return None
    return Point(latitude, longitude)


def _is_usable(latitude: float, longitude: float) -> bool:
    return (
        math.isfinite(latitude)
        and math.isfinite(longitude)
        and abs(latitude) <= 90
        and abs(longitude) <= 180
        and (abs(latitude) > 1e-6 or abs(longitude) > 1e-6)
    )


def variants(latitude: float, longitude: float) -> Iterator[tuple[str, Point]]:
    """Yield the other readings of two figures, with the name of the repair, likeliest first."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return
    attempts = [
        ("swapped", longitude, latitude),
        ("sign", latitude, -longitude),
        ("sign", -latitude, longitude),
        ("sign", -latitude, -longitude),
        ("swapped", -longitude, latitude),
        ("swapped", longitude, -latitude),
    ]
    attempts += [
        ("decimal", latitude / 10.0**lat_shift, longitude / 10.0**lon_shift)
        for lat_shift in _shifts(latitude, 90)
        for lon_shift in _shifts(longitude, 180)
        if lat_shift or lon_shift
    ]
    seen: set[tuple[float, float]] = {(latitude, longitude)}
    for repair, lat, lon in attempts:
        if _is_usable(lat, lon) and (lat, lon) not in seen:
            seen.add((lat, lon))
            yield repair, Point(lat, lon)


def _shifts(figure: float, limit: float) -> range:
    """Powers of ten that may have been lost: none for a figure in range, else all that bring it back."""
    return range(1) if abs(figure) <= limit else range(1, 9)


def audit(figures: Sequence[Figures], gazetteer: Gazetteer) -> list[Audited | None]:
    """Audit coordinates and repair those that contradict the place; same order, same length.

    With a stated commune a point is repaired only into that commune; without one, only when the
    figures are swapped or lack their decimal point and the place is known to be in France (a sign is
    never changed then: it would carry Portugal to Corsica). ``None`` is answered for figures that are
    no point and cannot be repaired into one.
    """
    gazetteer.ensure_polygons()
    audited = _examine([(usable(given.latitude, given.longitude), given.commune) for given in figures], gazetteer)
    attempts = [
        (place, repair, point)
        for place, given in enumerate(figures)
        if not _is_plausible(audited[place], given)
        for repair, point in variants(given.latitude, given.longitude)
        if given.commune or (given.in_france and repair != "sign")
    ]
    examined = _examine([(point, figures[place].commune) for place, _, point in attempts], gazetteer)
    fitting: dict[int, list[Audited]] = {}
    for (place, repair, point), found in zip(attempts, examined, strict=True):
        if found and _is_plausible(found, figures[place]):
            repaired = Audited(point, repair, found.located, found.distance_km)
            fitting.setdefault(place, []).append(repaired)
    for place, choices in fitting.items():
        if len(choices) == 1:
            audited[place] = choices[0]
    return audited


def _is_plausible(found: Audited | None, given: Figures) -> bool:
    """Whether a point is where it is said to be: in the stated commune, or in France without one."""
    if found is None:
        return False
    if given.commune and found.distance_km is not None:
        return found.distance_km <= SLACK_KM
    return found.located is not None


def _examine(points: Sequence[tuple[Point | None, str | None]], gazetteer: Gazetteer) -> list[Audited | None]:
    """Locate the points and measure how far each lies from its stated commune."""
    usable_points = [(place, point, code) for place, (point, code) in enumerate(points) if point]
    answers: list[Audited | None] = [None] * len(points)
    if not usable_points:
        return answers
    parameters = {
        "id": json.dumps([place for place, _, _ in usable_points]),
        "latitude": json.dumps([point.latitude for _, point, _ in usable_points]),
        "longitude": json.dumps([point.longitude for _, point, _ in usable_points]),
    }
    stated = json.dumps([code for _, _, code in usable_points])
    con = gazetteer.con.cursor()
    try:
        located = {row[0]: Located(row[1], row[2]) for row in con.execute(_LOCATE, parameters).fetchall()}
        distances: dict[int, float] = dict(con.execute(_DISTANCE, {**parameters, "code": stated}).fetchall())
    finally:
        con.close()
    for place, point, code in usable_points:
        distance = distances.get(place)
        if distance is None and code:
            distance = _distance_to_centre(point, code, gazetteer)
        answers[place] = Audited(point, None, located.get(place), distance)
    return answers


def _distance_to_centre(point: Point, code: str, gazetteer: Gazetteer) -> float | None:
    """Distance to the point of a commune without outline, less the reach of a large overseas commune."""
    commune = gazetteer.communes[code]
    if commune.latitude is None or commune.longitude is None:
        return None
    return max(0.0, great_circle_km(point, Point(commune.latitude, commune.longitude)) - 30.0)


def great_circle_km(one: Point, other: Point) -> float:
    """Return the great-circle distance in kilometres (haversine formula, mean Earth radius)."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat = (lat2 - lat1) / 2
    half_lon = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))
