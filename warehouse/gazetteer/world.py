"""The places of the world outside France, from GeoNames: rows of the tables `world_*` (no geometry here)."""

from __future__ import annotations

import csv
from importlib.resources import files
from math import floor, log10
from typing import Any

from transforms.geocode.names import place_key

Row = dict[str, Any]

MIN_POPULATION = 1_000  # a place of its own from here on; smaller ones would double the file
ALIASES_FROM = 15_000  # names in other languages are kept for towns from here on
_KEY_LENGTHS = range(3, 41)

# France and its territories have tables of their own.
FRENCH = frozenset(("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"))


def world_tables(cities: dict[str, Row], admin1: list[Row], states: dict[str, Row]) -> dict[str, list[Row]]:
    """Return the rows of `world_places`, `world_names`, `world_admin1` and `world_admin1_names`.

    *cities* are GeoNames' populated places by id, *admin1* its first-order divisions ("CA.08", "Ontario"), *states*
    the postal codes of the states of the USA. A place's own name stands in `world_places`; `world_names` has the
    others. Coordinates are whole thousandths of a degree and the population has two significant figures: enough to
    tell a town from a village, and half the size.
    """
    kept = [
        city
        for city in cities.values()
        if city["population"] >= MIN_POPULATION and city["countrycode"] not in FRENCH and place_key(city["name"])
    ]
    kept.sort(key=lambda city: (city["countrycode"], city["admin1code"], place_key(city["name"]), city["geonameid"]))
    places: list[Row] = []
    names: list[Row] = []
    for number, city in enumerate(kept):
        places.append(
            {
                "place": number,
                "name": city["name"],
                "key": place_key(city["name"]),
                "country": city["countrycode"],
                "admin1": city["admin1code"],
                "latitude": round(city["latitude"] * 1_000),
                "longitude": round(city["longitude"] * 1_000),
                "population": two_figures(city["population"]),
            }
        )
        names += [{"place": number, "key": key} for key in _aliases(city)]
    divisions = [{"country": row["code"][:2], "code": row["code"][3:], "name": row["name"]} for row in admin1]
    return {
        "world_places": places,
        "world_names": names,
        "world_admin1": [row for row in divisions if row["country"] not in FRENCH],
        "world_admin1_names": _division_names(divisions, states),
    }


def two_figures(number: int) -> int:
    """Return *number* rounded to two significant figures."""
    unit = 10 ** max(0, floor(log10(number)) - 1) if number > 0 else 1
    return round(number / unit) * unit


def _aliases(city: Row) -> list[str]:
    if city["population"] < ALIASES_FROM:
        return []
    keys = {place_key(name) for name in city["alternatenames"]} - {place_key(city["name"])}
    return sorted(key for key in keys if len(key) in _KEY_LENGTHS)


def _division_names(divisions: list[Row], states: dict[str, Row]) -> list[Row]:
    """Keys of the divisions: GeoNames' names, the states' postal codes, and the names written down by hand."""
    named = [(row["country"], row["code"], row["name"]) for row in divisions]
    named += [("US", code, code) for code in states]
    with (files(__package__) / "admin1_names.csv").open(encoding="utf-8") as stream:
        named += [(row["country"], row["code"], row["name"]) for row in csv.DictReader(stream)]
    rows = {(place_key(name), country, code) for country, code, name in named if country not in FRENCH}
    return [{"key": key, "country": country, "code": code} for key, country, code in sorted(rows) if key]
