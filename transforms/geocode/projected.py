"""Points given in metres of the French Lambert projections, turned into degrees.

The formulas and constants are those of IGN's technical notes NT/G 71 (conformal conic projection: isometric latitude,
its inverse, Lambert to geographic) and NT/G 80 (change of datum): Lambert-93 on RGF93, which is WGS 84 to less than a
metre, and Lambert II étendu on the older NTF, right to about five metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Lambert:
    exponent: float  # n
    constant: float  # C, metres
    x_pole: float  # metres
    y_pole: float
    eccentricity: float
    meridian: float  # radians east of Greenwich


LAMBERT_93 = _Lambert(0.7256077650, 11_754_255.426, 700_000.0, 12_655_612.050, 0.08181919106, math.radians(3))
LAMBERT_2 = _Lambert(
    0.7289686274, 11_745_793.39, 600_000.0, 8_199_695.768, 0.08248325676, math.radians(2 + 20 / 60 + 14.025 / 3600)
)
_NTF_AXIS, _WGS84_AXIS = 6_378_249.2, 6_378_137.0
_NTF_TO_WGS84 = (-168.0, -60.0, 320.0)  # metres along the three axes


def from_lambert_93(x: float, y: float) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees, ``None`` for figures outside metropolitan France."""
    if not (0 <= x <= 1_300_000 and 6_000_000 <= y <= 7_200_000):
        return None
    latitude, longitude = _to_geographic(LAMBERT_93, x, y)
    return math.degrees(latitude), math.degrees(longitude)


def from_lambert_2(x: float, y: float) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees of Lambert II étendu, ``None`` outside metropolitan France."""
    if not (0 <= x <= 1_250_000 and 1_600_000 <= y <= 2_700_000):
        return None
    latitude, longitude = _to_geographic(LAMBERT_2, x, y)
    square = LAMBERT_2.eccentricity**2
    normal = _NTF_AXIS / math.sqrt(1 - square * math.sin(latitude) ** 2)
    axis_x = normal * math.cos(latitude) * math.cos(longitude) + _NTF_TO_WGS84[0]
    axis_y = normal * math.cos(latitude) * math.sin(longitude) + _NTF_TO_WGS84[1]
    axis_z = normal * (1 - square) * math.sin(latitude) + _NTF_TO_WGS84[2]
    square = LAMBERT_93.eccentricity**2
    distance = math.hypot(axis_x, axis_y)
    for _ in range(5):  # each step gains three figures
        normal = _WGS84_AXIS / math.sqrt(1 - square * math.sin(latitude) ** 2)
        latitude = math.atan2(axis_z + square * normal * math.sin(latitude), distance)
    return math.degrees(latitude), math.degrees(math.atan2(axis_y, axis_x))


def _to_geographic(projection: _Lambert, x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude in radians on the projection's own ellipsoid."""
    radius = math.hypot(x - projection.x_pole, y - projection.y_pole)
    angle = math.atan2(x - projection.x_pole, projection.y_pole - y)
    isometric = -math.log(radius / projection.constant) / projection.exponent
    latitude = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    for _ in range(8):
        sine = projection.eccentricity * math.sin(latitude)
        stretch = ((1 + sine) / (1 - sine)) ** (projection.eccentricity / 2)
        latitude = 2 * math.atan(stretch * math.exp(isometric)) - math.pi / 2
    return latitude, projection.meridian + angle / projection.exponent
