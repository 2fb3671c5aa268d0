"""What the geocoder is asked and what it answers: tuples, which are made and hashed for every row of a source."""

from typing import NamedTuple


class PlaceQuery(NamedTuple):
    """A place as its source writes it; ``None`` where the source says nothing."""

    address: str | None = None
    postcode: str | None = None
    commune: str | None = None
    insee_code: str | None = None
    departement: str | None = None  # code or name
    region: str | None = None  # code or name
    country: str | None = None  # ISO code or name
    latitude: float | None = None  # WGS 84 degrees
    longitude: float | None = None
    country_hint: str | None = None  # ISO code that a website or a telephone number speaks for; only a weak hint


class PlaceAnswer(NamedTuple):
    """Where a place is, how surely, and how that was found.

    In Paris, Lyon and Marseille ``insee_code`` is the arrondissement's where it is known and
    ``commune`` the city's name, as the national address base does. A place left open at département,
    region or country level has no coordinates: a point is never made up for it.
    """

    insee_code: str | None = None
    commune: str | None = None
    postcode: str | None = None
    epci_code: str | None = None
    epci: str | None = None
    departement_code: str | None = None
    departement: str | None = None
    region_code: str | None = None
    region: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    latitude: float | None = None  # WGS 84 degrees
    longitude: float | None = None
    precision: str = "none"  # point, commune, departement, region, country, none
    method: str = "none"
    confidence: float = 0.0  # 0 to 1, three decimals
    alternatives: tuple[str, ...] = ()  # what was left open, best first, at most five: INSEE codes, or towns as text
    conflict: str | None = None
