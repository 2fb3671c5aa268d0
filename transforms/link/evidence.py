"""The evidence for one pair of records: what agrees, what contradicts, how sure that makes us, in plain words.

A first rule, not a model: it merges what is obviously the same and leaves the rest apart. Thresholds were set by
reading the pairs of the embedded samples and of the corpus catalogue.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from rapidfuzz import fuzz

from transforms.normalise.names import name_key

# Words that say what kind of place it is, not which one: names made of them alone recur in every town.
GENERIC = frozenset(resources.files("transforms.link").joinpath("generic_words.txt").read_text("utf-8").split())

# Generic words that say nothing about the kind of place either: they may differ between two names of one initiative.
FILLER = frozenset(
    ["association", "ecosysteme", "groupe", "initiative", "initiatives", "programme", "projet", "reseau"]
)

NEAR_KM, SAME_TOWN_KM, FAR_KM = 0.3, 12.0, 30.0
OWN_SITE_NAMES = 4
SAME = 0.85
"""Pairs at or above this score are held to be the same initiative."""


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair, as the linker sees it; keys are the comparable forms of `normalise.names`.

    `organisation_key` serves the candidates of `blocking.sql` only.
    """

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
    address_key: str | None
    commune_key: str | None
    insee_code: str | None
    departement_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    geo_precision: str


@dataclass(frozen=True, slots=True)
class Rarity:
    """How often words, names and sites occur: records by word, distinct places by name, distinct names by site."""

    records_by_token: dict[str, int]
    places_by_name: dict[str, int]
    names_by_domain: dict[str, int]

    def own_site(self, domain: str) -> bool:
        """Whether a site is one initiative's own, not a town's or a network's: few differing names give it."""
        return self.names_by_domain.get(domain, 0) <= OWN_SITE_NAMES

    def telling(self, key: str) -> bool:
        """Whether a name says which one it is: two words that are not generic, or one that few records use."""
        words = [word for word in key.split() if word not in GENERIC]
        if len(words) >= 2:
            return True
        return any(self.records_by_token.get(word, 0) <= 6 and len(word) >= 4 for word in words)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How sure, from 0 to 1, that a pair is one initiative, and why."""

    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """A pair held to be the same, by the ids of the table `linkable`."""

    left_id: int
    right_id: int
    score: float
    reason: str
    decided_by: str


def weigh(left: Side, right: Side, rarity: Rarity) -> Verdict:
    """Return the verdict on a pair; a contradiction gives 0."""
    against = _contradiction(left, right)
    if against:
        return Verdict(0.0, against)
    km = distance_km(left, right)
    together = left.insee_code is not None and left.insee_code == right.insee_code
    if km is not None and km > FAR_KM and not together:
        return Verdict(0.0, f"{km:.0f} km apart")
    likeness = name_likeness(left, right, together, rarity)
    place = _place_words(left, right, together, km)
    for verdict in (
        _by_identifier(left, right, likeness, place),
        _by_site(left, right, likeness, together, rarity, place),
        _by_name(left, right, likeness, together, km, rarity, place),
    ):
        if verdict is not None:
            return verdict
    return Verdict(round(0.6 * likeness, 3), f"names {likeness:.0%} alike, {place}")


def _contradiction(left: Side, right: Side) -> str:
    for label, one, other in (("SIREN", left.siren, right.siren), ("RNA", left.rna, right.rna)):
        if one and other and one != other:
            return f"{label} differs"
    if left.country and right.country and left.country != right.country:
        return "countries differ"
    if left.departement_code and right.departement_code and left.departement_code != right.departement_code:
        km = distance_km(left, right)
        return "" if km is not None and km <= SAME_TOWN_KM else "départements differ"
    return ""


def name_likeness(left: Side, right: Side, together: bool, rarity: Rarity) -> float:
    """Return how alike the names are, 0 to 1, taking the best of their variants (see `variants`).

    In the same commune its own name in them is left out. Names whose words are the same but for generic ones are
    nearly the same, and so is a name that begins with the other, if that other is telling.
    """
    town = set(left.commune_key.split()) if together and left.commune_key else set()
    ones, others = ([_without(key, town) for key in variants(side.name) or (side.name_key,)] for side in (left, right))
    return max(_likeness(one, other, rarity) for one in ones for other in others)


def _without(key: str, town: set[str]) -> str:
    return " ".join(word for word in key.split() if word not in town) or key


def _likeness(one: str, other: str, rarity: Rarity) -> float:
    if not one or not other:  # a name without letters or digits is like nothing
        return 0.0
    if one == other:
        return 1.0
    ratio = max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))) / 100
    words, others = set(one.split()), set(other.split())
    if words - GENERIC and words - GENERIC == others - GENERIC:
        # "Bibliothèque de Malissol" and "Centre social Malissol" are two kinds of place.
        kinds, kinds_too = (words & GENERIC) - FILLER, (others & GENERIC) - FILLER
        return float(max(ratio, 0.95)) if kinds <= kinds_too or kinds_too <= kinds else min(float(ratio), 0.8)
    short, long = sorted((one, other), key=len)
    if long.startswith(f"{short} ") and rarity.telling(short):
        return float(max(ratio, 0.92))
    return float(ratio)


@lru_cache(maxsize=100_000)
def variants(name: str) -> tuple[str, ...]:
    """Return the comparable forms of a name: the whole, and what stands outside and inside its brackets."""
    pieces = [name, re.sub(r"\([^)]*\)", " ", name), *re.findall(r"\(([^)]*)\)", name)]
    keys = (name_key(piece) for piece in pieces if any(map(str.isalnum, piece)))
    return tuple(dict.fromkeys(key for key in keys if len(key) >= 3))


def _by_identifier(left: Side, right: Side, likeness: float, place: str) -> Verdict | None:
    shares_words = likeness >= 0.5 or bool(_shared_words(left, right))
    for label, one, other in (("RNA", left.rna, right.rna), ("SIRET", left.siret, right.siret)):
        if one and one == other and shares_words:
            return Verdict(0.97, f"same {label}, names {likeness:.0%} alike")
    if left.siren and left.siren == right.siren and left.siret == right.siret and likeness >= 0.8:
        return Verdict(0.96, f"same SIREN, names {likeness:.0%} alike, {place}")
    return None


def _by_site(left: Side, right: Side, likeness: float, together: bool, rarity: Rarity, place: str) -> Verdict | None:
    if not left.domain or left.domain != right.domain:
        return None
    own = rarity.own_site(left.domain)
    if likeness >= (0.7 if own else 0.92):
        return Verdict(0.95, f"same site {left.domain}, names {likeness:.0%} alike, {place}")
    if own and together and any(len(word) >= 6 for word in _shared_words(left, right)):
        return Verdict(0.9, f"same site {left.domain}, a telling word in both names, {place}")
    return None


def _shared_words(left: Side, right: Side) -> set[str]:
    return (set(left.name_key.split()) & set(right.name_key.split())) - GENERIC


def _by_name(
    left: Side, right: Side, likeness: float, together: bool, km: float | None, rarity: Rarity, place: str
) -> Verdict | None:
    telling = rarity.telling(left.name_key) and rarity.telling(right.name_key)
    door = _same_door(left, right, km)
    if likeness >= 0.9 and together and (telling or door):
        return Verdict(round(0.9 + 0.09 * likeness, 3), f"names {likeness:.0%} alike, {place}")
    if likeness >= 0.75 and door and telling:
        return Verdict(0.9, f"names {likeness:.0%} alike at the same door")
    if likeness < 0.97 or not telling:
        return None
    if km is not None and km <= SAME_TOWN_KM:
        return Verdict(0.9, f"same telling name, {place}")
    if _unplaced(left) or _unplaced(right):
        single = rarity.places_by_name.get(left.name_key, 0) <= 2 and rarity.places_by_name.get(right.name_key, 0) <= 2
        return Verdict(0.88, "same telling name, one of them without a place") if single else None
    return None


def repeated(left: Side, right: Side, rarity: Rarity) -> bool:
    """Whether one source lists an initiative twice: like names in the same commune, and nothing that differs.

    Names that are not the same must come with the same SIRET number, or be telling and at the same door.
    """
    if left.insee_code is None or left.insee_code != right.insee_code or _contradiction(left, right):
        return False
    if not left.name_key or (left.siret and right.siret and left.siret != right.siret):
        return False
    if left.name_key != right.name_key:
        likeness = name_likeness(left, right, True, rarity)
        same_siret = left.siret is not None and left.siret == right.siret
        door = rarity.telling(left.name_key) and _same_door(left, right, distance_km(left, right))
        return likeness >= (0.6 if same_siret else 0.9) and (same_siret or door)
    if left.address_key and right.address_key:
        return left.address_key == right.address_key or _same_door(left, right, distance_km(left, right))
    return rarity.telling(left.name_key)


def _same_door(left: Side, right: Side, km: float | None) -> bool:
    if left.address_key and left.address_key == right.address_key and any(map(str.isdigit, left.address_key)):
        return left.insee_code == right.insee_code
    points = left.geo_precision == right.geo_precision == "point"
    return points and km is not None and km <= NEAR_KM


def _unplaced(side: Side) -> bool:
    return side.insee_code is None and side.geo_precision in {"none", "country", "region", "departement"}


def _place_words(left: Side, right: Side, together: bool, km: float | None) -> str:
    if together:
        return "same commune"
    return "place unknown" if km is None else f"{km:.1f} km apart"


def distance_km(left: Side, right: Side) -> float | None:
    """Return the distance of two records that are placed at least by commune, in kilometres (haversine), else None."""
    if not {left.geo_precision, right.geo_precision} <= {"point", "commune"}:
        return None
    if left.latitude is None or left.longitude is None or right.latitude is None or right.longitude is None:
        return None
    phi, psi = math.radians(left.latitude), math.radians(right.latitude)
    half = math.sin((psi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(right.longitude - left.longitude) / 2) ** 2
    return 12742 * math.asin(math.sqrt(half))
