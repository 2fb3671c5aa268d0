"""Audit of the coordinates of places outside France, against the places around them.

There are no outlines here. A point lies in a country when the nearest place of that country is hardly farther than
the nearest place of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.geocode.coordinates import Point, great_circle_km, usable, variants
from transforms.geocode.world import Near, Place, World

REACH_KM = 40.0  # how far from the middle of its town a place may lie
_BORDER_KM = 25.0  # how much farther than the nearest place of all the stated country's may be
_MAX_KM = 150.0  # beyond this no place says anything about a point


@dataclass(frozen=True, slots=True)
class Stated:
    """What a source gives as coordinates, and where they should lie: a town, a country, or anywhere."""

    latitude: float | None
    longitude: float | None
    country: str | None
    town: Place | None


@dataclass(frozen=True, slots=True)
class AuditedAbroad:
    """A point after the audit."""

    point: Point
    repair: str | None  # the name of the repair, None: as given
    near: tuple[Near, ...]  # the nearest place of each country around, the nearest first
    fits: bool  # whether it lies where it is said to

    @property
    def country(self) -> str | None:
        """The country around the point."""
        return self.near[0].country if self.near and self.near[0].km <= _MAX_KM else None


def audit_abroad(stated: Sequence[Stated], world: World) -> list[AuditedAbroad | None]:
    """Audit coordinates; repaired only when they do not fit and exactly one other reading of them does.

    Same order and length as *stated*; ``None`` where there is no point.
    """
    given = [usable(place.latitude, place.longitude) for place in stated]
    near = iter(world.near([(point.latitude, point.longitude) for point in given if point]))
    audited: list[AuditedAbroad | None] = [
        _audited(point, None, next(near), place) if point else None for point, place in zip(given, stated, strict=True)
    ]
    attempts = [
        (number, repair, point)
        for number, (place, found) in enumerate(zip(stated, audited, strict=True))
        if place.country and place.latitude is not None and place.longitude is not None
        if found is None or not found.fits
        for repair, point in variants(place.latitude, place.longitude)
    ]
    fitting: dict[int, list[AuditedAbroad]] = {}
    surroundings = world.near([(point.latitude, point.longitude) for _, _, point in attempts])
    for (number, repair, point), around in zip(attempts, surroundings, strict=True):
        tried = _audited(point, repair, around, stated[number])
        if tried.fits:
            fitting.setdefault(number, []).append(tried)
    for number, choices in fitting.items():
        if len(choices) == 1:
            audited[number] = choices[0]
    return audited


def distance_km(point: Point, place: Place) -> float:
    """Return the kilometres between *point* and the middle of *place*."""
    return great_circle_km(point, Point(place.latitude, place.longitude))


def _audited(point: Point, repair: str | None, near: list[Near], stated: Stated) -> AuditedAbroad:
    if stated.town is not None:
        fits = distance_km(point, stated.town) <= REACH_KM
    elif stated.country is not None:
        own = next((found.km for found in near if found.country == stated.country), None)
        fits = own is not None and own <= near[0].km + _BORDER_KM
    else:
        fits = bool(near)
    return AuditedAbroad(point, repair, tuple(near), fits)
