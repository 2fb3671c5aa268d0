"""The two sides of a pair: what the linker sees of a record, and what their places have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rapidfuzz import fuzz

from transforms.link.spelling import house

NEAR_KM, SAME_TOWN_KM, FAR_KM = 0.3, 12.0, 30.0
ALIKE_STREET = 84
EVERYWHERE = {"chateau", "college", "eglise", "general", "liberte", "liberation", "mairie", "republique", "stade"}
"""Streets that most towns have: without a town they tell no door."""
EXACT = frozenset({"point", "housenumber"})  # precisions of a point that is the place's own


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair, as the linker sees it; keys are the comparable forms of `normalise.names`."""

    id: int
    source_id: str
    record_key: str
    name: str
    name_key: str
    organisation_key: str | None
    siren: str | None
    siret: str | None
    rna: str | None
    domain: str | None
    contact_phone: str | None
    contact_email: str | None
    address_key: str | None
    commune_key: str | None
    insee_code: str | None
    departement_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    geo_precision: str

    @property
    def city(self) -> str | None:
        """The commune, an arrondissement of Paris, Marseille or Lyon being its city; abroad country and town."""
        if self.insee_code is None:
            return f"{self.country}:{self.commune_key}" if self.country and self.commune_key else None
        return city_code(self.insee_code)


def city_code(insee_code: str) -> str:
    """Return the code of the commune that a code stands in: the city's for a municipal arrondissement.

    `blocking.sql` does the same.
    """
    if "75101" <= insee_code <= "75120":
        return "75056"
    if "13201" <= insee_code <= "13216":
        return "13055"
    return "69123" if "69381" <= insee_code <= "69389" else insee_code


def same_commune(left: Side, right: Side) -> bool:
    """Whether both are in one commune, as far as each tells: Paris and its 13th are one, the 11th and 13th are two."""
    if left.city is None or left.city != right.city:
        return False
    return left.insee_code == right.insee_code or left.city in {left.insee_code, right.insee_code}


def same_door(left: Side, right: Side) -> bool:
    """Whether both give one address with a number, or points that are less than `NEAR_KM` apart."""
    km = distance_km(left, right)
    if same_commune(left, right) and same_address(left.address_key, right.address_key):
        return True
    if same_departement(left, right) and same_address(left.address_key, right.address_key, least=2):
        return True
    return {left.geo_precision, right.geo_precision} <= EXACT and km is not None and km <= NEAR_KM


def same_departement(left: Side, right: Side) -> bool:
    """Whether both are in one département and one of them tells no commune."""
    known = left.departement_code is not None and left.departement_code == right.departement_code
    return known and None in (left.city, right.city)


def same_address(one: str | None, other: str | None, least: int = 1) -> bool:
    """Whether two addresses in one town are the same: a number and a street, whatever one adds behind them.

    The street has `least` telling words or more, or one that few towns have, and may be spelled a little otherwise.
    """
    if not one or not other:
        return False
    (number, street), (number_too, street_too) = house(one), house(other)
    if not number or number != number_too:
        short, long = sorted((one, other), key=len)
        return least == 1 and short == long and any(map(str.isdigit, short))
    short, long = sorted((street, street_too), key=len)
    if not short or (len(short.split()) < least and (len(short) < 6 or short in EVERYWHERE)):
        return False
    return f"{long} ".startswith(f"{short} ") or fuzz.ratio(short, long) >= ALIKE_STREET


def same_street(one: str | None, other: str | None) -> bool:
    """Whether two addresses in one town name the same street, and not two numbers in it."""
    if not one or not other:
        return False
    (number, street), (number_too, street_too) = house(one), house(other)
    return bool(street) and fuzz.ratio(street, street_too) >= ALIKE_STREET and not (number and number_too)


def houses_differ(one: str | None, other: str | None) -> bool:
    """Whether both addresses tell a house with a number, and they are two."""
    if not one or not other:
        return False
    return bool(house(one)[0] and house(other)[0]) and not same_address(one, other)


def unplaced(side: Side) -> bool:
    """Whether a record says no more of its place than a département, a region or a country."""
    return side.city is None and side.geo_precision in {"none", "country", "region", "departement"}


def place_words(left: Side, right: Side) -> str:
    """Say in words how near two records are."""
    if same_commune(left, right):
        return "same commune"
    km = distance_km(left, right)
    return "place unknown" if km is None else f"{km:.1f} km apart"


def distance_km(left: Side, right: Side) -> float | None:
    """Return the distance of two records that are placed at least by commune, in kilometres (haversine), else None."""
    if not {left.geo_precision, right.geo_precision} <= EXACT | {"street", "locality", "commune"}:
        return None
    if left.latitude is None or left.longitude is None or right.latitude is None or right.longitude is None:
        return None
    phi, psi = math.radians(left.latitude), math.radians(right.latitude)
    half = math.sin((psi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(right.longitude - left.longitude) / 2) ** 2
    return 12742 * math.asin(math.sqrt(half))
