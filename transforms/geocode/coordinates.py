"""Audit of the coordinates a source publishes, against the outlines of the communes.

Between 0.7 and 10 % of published points contradict their own address; the usual causes are latitude
and longitude swapped, a lost sign, a lost decimal point, minutes read as decimals and metres of a
projection. A point is repaired only when exactly one
way of reading the figures puts it where it is said to be.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.projected import from_lambert_2, from_lambert_93

SLACK_KM = 2.0  # outlines are simplified, and places lie across a commune's border
_LOCATE = (files(__package__) / "locate.sql").read_text(encoding="utf-8")
_DISTANCE = (files(__package__) / "distance.sql").read_text(encoding="utf-8")
_ZERO_ISLAND = 0.02  # degrees
_EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


# Repairs that move a point too little, or too easily, to be tried without a commune to fall into.
_COMMUNE_ONLY = frozenset({"sign", "minutes"})


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
    repair: str | None  # "swapped", "sign", "decimal", "minutes", "lambert93", "lambert2", or None: as given
    located: Located | None  # None: outside the known outlines of France
    distance_km: float | None  # to the stated commune; None when unknown or nothing is stated


def usable(latitude: float | None, longitude: float | None) -> Point | None:
    """Return the point when both figures are finite, in range and not both next to zero, else ``None``."""
    if latitude is None or longitude is None or not _is_usable(latitude, longitude):
        return None
    return Point(latitude, longitude)


def _is_usable(latitude: float, longitude: float) -> bool:
    return (
        math.isfinite(latitude)
        and math.isfinite(longitude)
        and abs(latitude) <= 90
        and abs(longitude) <= 180
        and not is_zero_island(latitude, longitude)
    )


def is_zero_island(latitude: float, longitude: float) -> bool:
    """Say whether figures are 0, 0 or next to it, where there is but sea: the usual way to write "no point"."""
    return abs(latitude) <= _ZERO_ISLAND and abs(longitude) <= _ZERO_ISLAND


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
    attempts += [("minutes", *pair) for pair in _in_minutes(latitude, longitude)]
    for x, y in ((longitude, latitude), (latitude, longitude)):
        for repair, degrees in (("lambert93", from_lambert_93(x, y)), ("lambert2", from_lambert_2(x, y))):
            if degrees:
                attempts.append((repair, *degrees))
    seen: set[tuple[float, float]] = {(latitude, longitude)}
    for repair, lat, lon in attempts:
        if _is_usable(lat, lon) and (lat, lon) not in seen:
            seen.add((lat, lon))
            yield repair, Point(round(lat, 6), round(lon, 6))


def _shifts(figure: float, limit: float) -> range:
    """Powers of ten that may have been lost: none for a figure in range, else all that bring it back."""
    return range(1) if abs(figure) <= limit else range(1, 9)


def _in_minutes(latitude: float, longitude: float) -> Iterator[tuple[float, float]]:
    """The figures read as degrees, minutes and seconds: 48.5124 for 48°51'24", or 4851.4 for 48°51.4'."""
    for read in (_degrees_dot_minutes, _degrees_and_minutes):
        lat, lon = read(abs(latitude)), read(abs(longitude))
        if lat is not None and lon is not None:
            yield math.copysign(lat, latitude), math.copysign(lon, longitude)


def _degrees_dot_minutes(figure: float) -> float | None:
    degrees, rest = divmod(round(figure * 10_000, 4), 10_000)
    minutes, seconds = divmod(rest, 100)
    return degrees + minutes / 60 + seconds / 3600 if minutes < 60 and seconds < 60 else None


def _degrees_and_minutes(figure: float) -> float | None:
    degrees, minutes = divmod(figure, 100)
    return degrees + minutes / 60 if figure >= 100 and minutes < 60 else None


def audit(figures: Sequence[Figures], gazetteer: Gazetteer) -> list[Audited | None]:
    """Audit coordinates and repair those that contradict the place; same order, same length.

    With a stated commune a point is repaired only into that commune; without one, only when the
    figures are swapped, projected or lack their decimal point and the place is known to be in France (a
    sign is never changed then: it would carry Portugal to Corsica). ``None`` is answered for figures that are
    no point and cannot be repaired into one.
    """
    gazetteer.ensure_polygons()
    audited = _examine([(usable(given.latitude, given.longitude), given.commune) for given in figures], gazetteer)
    attempts = [
        (place, repair, point)
        for place, given in enumerate(figures)
        if not _is_plausible(audited[place], given)
        for repair, point in variants(given.latitude, given.longitude)
        if given.commune or (given.in_france and repair not in _COMMUNE_ONLY)
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


def locate(points: Sequence[tuple[float, float]], gazetteer: Gazetteer) -> list[Located | None]:
    """Return the commune around each (latitude, longitude), ``None`` outside the known outlines; same order.

    The points must be finite.
    """
    gazetteer.ensure_polygons()
    con = gazetteer.con.cursor()
    try:
        rows = con.execute(_LOCATE, _point_columns(list(enumerate(points)))).fetchall()
    finally:
        con.close()
    found: list[Located | None] = [None] * len(points)
    for number, commune, arrondissement in rows:
        found[number] = Located(commune, arrondissement)
    return found


def _point_columns(points: Sequence[tuple[int, tuple[float, float]]]) -> dict[str, str]:
    return {
        "id": json.dumps([number for number, _ in points]),
        "latitude": json.dumps([latitude for _, (latitude, _) in points]),
        "longitude": json.dumps([longitude for _, (_, longitude) in points]),
    }


def _examine(points: Sequence[tuple[Point | None, str | None]], gazetteer: Gazetteer) -> list[Audited | None]:
    """Locate the points and measure how far each lies from its stated commune."""
    usable_points = [(place, point, code) for place, (point, code) in enumerate(points) if point]
    answers: list[Audited | None] = [None] * len(points)
    if not usable_points:
        return answers
    given = [(point.latitude, point.longitude) for _, point, _ in usable_points]
    stated = json.dumps([code for _, _, code in usable_points])
    con = gazetteer.con.cursor()
    try:
        distances: dict[int, float] = dict(
            con.execute(_DISTANCE, {**_point_columns(list(enumerate(given))), "code": stated}).fetchall()
        )
    finally:
        con.close()
    located = locate(given, gazetteer)
    for number, (place, point, code) in enumerate(usable_points):
        distance = distances.get(number)
        if distance is None and code:
            distance = _distance_to_centre(point, code, gazetteer)
        answers[place] = Audited(point, None, located[number], distance)
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
