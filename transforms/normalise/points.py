"""Coordinates and points in the many forms they are written in: decimal degrees, latitude first, or refused."""

import json
import re
from typing import Literal

from transforms.normalise.contacts import quotable
from transforms.normalise.text import clean_text

Axis = Literal["latitude", "longitude"]
_LIMIT = {"latitude": 90.0, "longitude": 180.0}
_LARGEST = 1e12  # more figures than any coordinate that lost its decimal point has
_SIDES = {"latitude": {"N": 1, "S": -1}, "longitude": {"E": 1, "W": -1, "O": -1}}  # O: ouest
_PART = r"(\d{1,9}(?:[.,]\d*)?)"
_DEGREES = re.compile(
    rf"([NSEWO])?\s*([+-])?\s*{_PART}(?:(\s*[°ºd:]\s*|\s+){_PART}(?:(?:\s*['’′`m:]\s*|\s+){_PART})?)?"
    r"\s*(?:[°ºd'’′`m\"”″s]|''|’’|′′)?\s*([NSEWO])?",
    re.ASCII,  # upper case sides, lower case marks: 21°06'54S is south, 21d06m54s is not
)
_NUMBER = r"([+-]?\d+(?:[.,]\d+)?)"
_PAIR = re.compile(rf"\(?{_NUMBER}\s*[;|/]\s*{_NUMBER}\)?|\(?{_NUMBER}(?:\s*,\s+|\s+){_NUMBER}\)?", re.ASCII)
_TIGHT_PAIR = re.compile(r"\(?([+-]?\d+\.\d+)\s*,([+-]?\d+\.\d+)\)?", re.ASCII)
_WKT = re.compile(r"(?:SRID=\d+;\s*)?POINT\s*(?:Z|M|ZM)?\s*\(\s*(\S+)\s+([^\s)]+)[^)]*\)", re.IGNORECASE)


PLAIN_FIGURE = re.compile(r"-?(?:0|[1-9]\d{0,2})\.\d{1,8}", re.ASCII)
"""Degrees as they are nearly always written. So few figures, without a zero in front, are no telephone number."""


def clean_coordinate(value: str | float, axis: Axis) -> float | None:
    """Return a latitude or longitude in decimal degrees, rounded to six decimals (0.1 m).

    Takes numbers, text with decimal point or comma, degrees with minutes and seconds (48°51'24"N, N 48 51.4,
    2°21′ O). Returns None for nothing, not-a-number, out of range, and exactly 0, which in open data means
    "unknown". Raises ValueError for text that is no coordinate, or names a side of the other axis.
    """
    number = clean_figure(value, axis)
    return None if number is None or abs(number) > _LIMIT[axis] else number


def clean_figure(value: str | float, axis: Axis) -> float | None:
    """Return what stands in a column of latitudes or longitudes, as :func:`clean_coordinate`, but out of range too.

    Figures beyond 90 or 180 may be metres of a projection, lack their decimal point or stand in each other's column:
    the geocoder tries these against the stated place. Raises ValueError as :func:`clean_coordinate`.
    """
    number = _degrees(value, axis) if isinstance(value, str) else value
    if number is None or not abs(number) <= _LARGEST:  # not-a-number is never smaller
        return None
    return round(float(number), 6) or None


def _degrees(value: str, axis: Axis) -> float | None:
    if PLAIN_FIGURE.fullmatch(value):
        return float(value)
    text = clean_text(value)
    if text is None:
        return None
    match = _DEGREES.fullmatch(text.replace("−", "-").replace("–", "-"))
    if match is None or (match[1] and match[7]):
        raise ValueError(f"not a {axis}: {quotable(value)}")
    side = (match[1] or match[7] or "").upper()
    degrees, minutes, seconds = (float((match[i] or "0").replace(",", ".")) for i in (3, 5, 6))
    # "4 8.85" is a number broken by a space as likely as degrees and minutes: it takes a mark or a side.
    broken = match[5] and not match[6] and not match[4].strip() and not side
    if broken or minutes >= 60 or seconds >= 60 or (side and side not in _SIDES[axis]):
        raise ValueError(f"not a {axis}: {quotable(value)}")
    sign = -1 if match[2] == "-" else 1
    return sign * _SIDES[axis].get(side, 1) * (degrees + minutes / 60 + seconds / 3600)


def parse_point(value: object) -> tuple[float, float] | None:
    """Return (latitude, longitude) of a point written in one value, or None when either is missing.

    | written as                                              | order               |
    | "48.85, 2.35", "48,85 ; 2,35", "(48.85 2.35)"           | latitude, longitude |
    | "POINT(2.35 48.85)" (WKT, EWKT)                         | longitude, latitude |
    | [2.35, 48.85], {"type": "Point", "coordinates": [...]}  | longitude, latitude (GeoJSON, RFC 7946) |
    | {"lat": 48.85, "lon": 2.35}, also lng, latitude, y/x    | by name             |

    JSON text of the last two is read too. The order is never guessed from the figures: whether a point lies where
    its address says is for the geocoder to check. Raises ValueError for anything else.
    """
    if isinstance(value, str):
        text = clean_text(value)
        return None if text is None else _point_of_text(text)
    if isinstance(value, dict):
        if "coordinates" in value:
            return parse_point(value["coordinates"])
        lower = {str(key).lower(): item for key, item in value.items()}
        lat = next((lower[key] for key in ("lat", "latitude", "y") if key in lower), None)
        lon = next((lower[key] for key in ("lon", "lng", "long", "longitude", "x") if key in lower), None)
        if lat is None and lon is None and not lower.keys() <= {"lat", "lon", "lng", "latitude", "longitude", "x", "y"}:
            raise ValueError(f"not a point: {quotable(str(value))}")
        return _point(lat, lon)
    if isinstance(value, list | tuple) and len(value) in (0, 2, 3):
        return _point(value[1], value[0]) if value else None
    if value is None:
        return None
    raise ValueError(f"not a point: {quotable(str(value))}")


def _point_of_text(text: str) -> tuple[float, float] | None:
    if text.startswith(("{", "[")):
        try:
            decoded = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"not a point: {quotable(text)}") from None
        return parse_point(decoded)
    if text.upper().endswith("EMPTY") or not text.strip("0.,; "):
        return None
    if match := _WKT.fullmatch(text):
        return _point(match[2], match[1])
    if match := _TIGHT_PAIR.fullmatch(text) or _PAIR.fullmatch(text):
        lat, lon = (group for group in match.groups() if group is not None)
        return _point(lat, lon)
    raise ValueError(f"not a point: {quotable(text)}")


def _point(latitude: object, longitude: object) -> tuple[float, float] | None:
    if not isinstance(latitude, str | float | int | None) or not isinstance(longitude, str | float | int | None):
        raise ValueError(f"not a point: {latitude!s:.30}, {longitude!s:.30}")
    if latitude is None or longitude is None:
        return None
    lat, lon = clean_coordinate(latitude, "latitude"), clean_coordinate(longitude, "longitude")
    return None if lat is None or lon is None else (lat, lon)
