"""Coordinates and points: in decimal degrees whatever their form, or refused with a reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.points import clean_coordinate, clean_figure, parse_point


@pytest.mark.parametrize(
    ("value", "axis", "degrees"),
    [
        ("48.8566141234", "latitude", 48.856614),
        ("48,8566", "latitude", 48.8566),
        (" -21.11 ", "latitude", -21.11),
        ("48°51'24\"N", "latitude", 48.856667),
        ("27° 59' 16.799\" N", "latitude", 27.988),
        ("N 48 51.4", "latitude", 48.856667),
        ("2°21′ O", "longitude", -2.35),
        ("2.35 W", "longitude", -2.35),
        ("21°06'54S", "latitude", -21.115),
        ("48d51m24s", "latitude", 48.856667),
        (-1.5, "longitude", -1.5),
        (179, "longitude", 179.0),
    ],
)
def test_coordinate(value: str | float, axis: str, degrees: float) -> None:
    assert clean_coordinate(value, axis) == pytest.approx(degrees, abs=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["0", "0.0", 0, "nan", math.nan, math.inf, "91", "48856614", 10**400, "", "NR"])
def test_no_coordinate_is_none(value: str | float) -> None:
    assert clean_coordinate(value, "latitude") is None


@pytest.mark.parametrize("value", ["abc", "41.93414,8", "48.85 E", "N 48 S", "48°61'", "4 8.85", "48 rue du Port"])
def test_what_is_no_latitude_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a latitude"):
        clean_coordinate(value, "latitude")


@pytest.mark.parametrize(
    "value",
    [
        "48.85, 2.35",
        "48.85,2.35",
        "48,85 ; 2,35",
        "48,85, 2,35",
        "(48.85 2.35)",
        "POINT(2.35 48.85)",
        "SRID=4326;POINT Z (2.35 48.85 0)",
        [2.35, 48.85],
        {"type": "Point", "coordinates": [2.35, 48.85]},
        {"lat": 48.85, "lon": 2.35},
        {"Latitude": "48,85", "Longitude": "2,35"},
        '{"lat": "48.85", "lng": "2.35"}',
        "[2.35, 48.85]",
    ],
)
def test_one_point_in_all_its_forms(value: object) -> None:
    assert parse_point(value) == (48.85, 2.35)


@pytest.mark.parametrize(
    "value", [None, "", "NR", "0,0", "POINT EMPTY", [], {}, {"lat": None, "lon": 2.35}, [0, 0], "95, 2"]
)
def test_no_point_is_none(value: object) -> None:
    assert parse_point(value) is None


@pytest.mark.parametrize(
    "value", ["48,85", "Nantes", [1], [[1, 2], [3, 4]], {"a": 1}, 12, "[" * 9000, '{"lat": [1], "lon": 2}']
)
def test_what_is_no_point_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_point(value)


@given(st.one_of(st.text(max_size=40), st.text("0123456789.,;-+°'\" NSEWO()", max_size=20)))
def test_wild_points_are_refused_or_on_earth(text: str) -> None:
    try:
        point = parse_point(text)
    except ValueError:
        return
    assert point is None or (-90 <= point[0] <= 90 and -180 <= point[1] <= 180)


@pytest.mark.parametrize(
    ("text", "figure"), [("6692424,50691385", 6692424.506914), ("48856614", 48856614.0), ("102.5", 102.5), ("0", None)]
)
def test_figures_out_of_range_are_kept_for_the_audit(text: str, figure: float | None) -> None:
    assert clean_figure(text, "latitude") == figure
    assert clean_coordinate(text, "latitude") is None


def test_what_is_no_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="not a longitude"):
        clean_figure("ici", "longitude")
