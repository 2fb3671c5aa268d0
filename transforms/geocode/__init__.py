"""Offline geocoding: places of France to their commune, of other countries to their town, with an audit of points."""

from transforms.geocode.commune import geocode
from transforms.geocode.gazetteer import Commune, Gazetteer
from transforms.geocode.names import clean_insee_code, clean_postcode, place_key, short_key
from transforms.geocode.query import PlaceAnswer, PlaceQuery

__all__ = [
    "Commune",
    "Gazetteer",
    "PlaceAnswer",
    "PlaceQuery",
    "clean_insee_code",
    "clean_postcode",
    "geocode",
    "place_key",
    "short_key",
]
