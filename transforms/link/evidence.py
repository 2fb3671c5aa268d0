"""The evidence for one pair of records: what agrees, what contradicts, how sure that makes us, in plain words.

A first rule, not a model: it merges what is obviously the same and leaves the rest apart. Thresholds were set by
reading the pairs of the embedded samples and of the corpus catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

from transforms.link.likeness import (
    SERVICES,
    abbreviated,
    body,
    contained,
    housed,
    name_likeness,
    numbers_differ,
    own_words,
    shared_words,
)
from transforms.link.rarity import Rarity, core
from transforms.link.sides import (
    EXACT,
    FAR_KM,
    SAME_TOWN_KM,
    Side,
    distance_km,
    houses_differ,
    place_words,
    same_address,
    same_commune,
    same_departement,
    same_door,
    same_street,
    unplaced,
)
from transforms.link.spelling import ONE_A_TOWN

SAME = 0.85
"""Pairs at or above this score are held to be the same initiative."""


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
    against = contradiction(left, right)
    if against:
        return Verdict(0.0, against)
    likeness = name_likeness(left, right, rarity)
    place = place_words(left, right)
    for verdict in (
        _by_identifier(left, right, likeness, place),
        _by_site(left, right, likeness, rarity, place),
        _by_bearer(left, right, rarity, place),
        _by_initials(left, right, rarity),
        _by_name(left, right, likeness, rarity, place),
        _by_door(left, right, likeness, rarity),
        _by_departement(left, right, likeness, rarity),
    ):
        if verdict is not None:
            return verdict
    return Verdict(round(0.6 * likeness, 3), f"names {likeness:.0%} alike, {place}")


def contradiction(left: Side, right: Side) -> str:
    """Say what makes two initiatives of a pair whatever their names, or ""."""
    for label, one, other in (("SIREN", left.siren, right.siren), ("RNA", left.rna, right.rna)):
        if one and other and one != other:
            return f"{label} differs"
    elsewhere = left.city is not None and right.city is not None and left.city != right.city
    if left.siret and right.siret and left.siret != right.siret and elsewhere:
        return "two establishments of one organisation, in two communes"
    if left.country and right.country and left.country != right.country:
        return "countries differ"
    km = distance_km(left, right)
    if left.departement_code and right.departement_code and left.departement_code != right.departement_code:
        return "" if km is not None and km <= SAME_TOWN_KM else "départements differ"
    if km is not None and km > FAR_KM and not same_commune(left, right):
        return f"{km:.0f} km apart"
    return "one happens at the other" if housed(left, right) else ""


def _by_identifier(left: Side, right: Side, likeness: float, place: str) -> Verdict | None:
    shares_words = likeness >= 0.5 or bool(shared_words(left, right))
    for label, one, other in (("RNA", left.rna, right.rna), ("SIRET", left.siret, right.siret)):
        if one and one == other and shares_words:
            # Before any match by name: who has the same number has the better right to a record.
            return Verdict(round(0.97 + 0.025 * likeness, 3), f"same {label}, names {likeness:.0%} alike")
    if left.siren and left.siren == right.siren and left.siret == right.siret and likeness >= 0.8:
        return Verdict(0.96, f"same SIREN, names {likeness:.0%} alike, {place}")
    return None


def _by_site(left: Side, right: Side, likeness: float, rarity: Rarity, place: str) -> Verdict | None:
    if not left.domain or left.domain != right.domain:
        return None
    own = rarity.own_site(left.domain)
    if likeness >= (0.7 if own else 0.92):
        return Verdict(0.95, f"same site {left.domain}, names {likeness:.0%} alike, {place}")
    together = same_commune(left, right)
    if own and together and any(len(word) >= 6 for word in shared_words(left, right)):
        return Verdict(0.9, f"same site {left.domain}, a telling word in both names, {place}")
    return None


def _by_bearer(left: Side, right: Side, rarity: Rarity, place: str) -> Verdict | None:
    """A project under its slogan and the organisation that bears it, on the site of that organisation.

    A slogan is three words or more, none of them a service that has a life of its own, and the bearer's only one:
    who has several projects is none of them.
    """
    if not left.domain or left.domain != right.domain or not rarity.own_site(left.domain):
        return None
    km = distance_km(left, right)
    if not (same_commune(left, right) or unplaced(left) or unplaced(right) or (km is not None and km <= SAME_TOWN_KM)):
        return None
    for project, bearer in ((left, right), (right, left)):
        words = set(project.name_key.split())
        if len(words) < 3 or words & SERVICES or project.organisation_key is None:
            continue
        known = f"{bearer.name_key} "
        same = f"{project.organisation_key} ".startswith(known) and rarity.telling(bearer.name_key)
        if same and rarity.projects.get((left.domain, project.organisation_key), 0) == 1:
            return Verdict(0.9, f"same site {left.domain}, borne by the other, {place}")
    return None


def _by_initials(left: Side, right: Side, rarity: Rarity) -> Verdict | None:
    """The initials of a name, reached by the same telephone or on the same site of their own."""
    site = bool(left.domain) and left.domain == right.domain and rarity.own_site(left.domain or "")
    phone = bool(left.contact_phone) and left.contact_phone == right.contact_phone
    if not (site or phone) or not abbreviated(left, right):
        return None
    return Verdict(0.9, f"the initials of the other's name, same {'site' if site else 'telephone'}")


def _by_name(left: Side, right: Side, likeness: float, rarity: Rarity, place: str) -> Verdict | None:
    telling = rarity.telling(left.name_key) and rarity.telling(right.name_key)
    door, km = same_door(left, right), distance_km(left, right)
    if not door and rarity.two_sites(left.domain, right.domain) and houses_differ(left.address_key, right.address_key):
        return None
    if likeness >= 0.9 and same_commune(left, right) and (telling or door):
        # Among records of one name that of the same door comes first, and an identifier before all (0.97 and more).
        return Verdict(round(0.9 + 0.06 * likeness + (0.008 if door else 0), 3), f"names {likeness:.0%} alike, {place}")
    if likeness >= 0.75 and door and telling:
        return Verdict(0.9, f"names {likeness:.0%} alike at the same door")
    if likeness < 0.95 or not telling:
        return None
    if likeness >= 0.97 and km is not None and km <= SAME_TOWN_KM:
        return Verdict(0.9, f"same telling name, {place}")
    abroad = left.country not in {None, "FR"} and km is None and len(shared_words(left, right)) >= 2
    if unplaced(left) or unplaced(right) or abroad:
        single = rarity.single(left.name_key) and rarity.single(right.name_key)
        if single and _tells_alone(left, right, likeness, rarity):
            return Verdict(0.88, "same telling name, the place of one unknown")
    return None


def _by_door(left: Side, right: Side, likeness: float, rarity: Rarity) -> Verdict | None:
    """Like names behind one door, or in one street: there a name need not tell which town's it is."""
    if numbers_differ(left.name_key, right.name_key):
        return None
    ones, others = own_words(left, right), own_words(right, left)
    together, door = same_commune(left, right), same_door(left, right)
    if together and likeness >= 0.97 and not ones and not others and body(left, right) in ONE_A_TOWN:
        return Verdict(0.93, "the same public body, of which a commune has one")
    street = door or (together and same_street(left.address_key, right.address_key))
    if likeness >= 0.97 and street and (ones or others):
        return Verdict(0.965 if door else 0.92, f"names {likeness:.0%} alike {_where(door)}")
    if door and ones and others and likeness >= 0.75:
        return Verdict(round(0.87 + 0.05 * likeness, 3), f"names {likeness:.0%} alike at the same door")
    if street and contained(left, right, rarity, door):
        return Verdict(0.86, f"one name is in the other, {_where(door)}")
    if (
        together
        and likeness >= 0.97
        and ones
        and others
        and not (houses_differ(left.address_key, right.address_key) or rarity.two_sites(left.domain, right.domain))
    ):
        return Verdict(0.855, "same name in one commune, nothing speaks against it")
    return None


def _where(door: bool) -> str:
    return "at the same door" if door else "in the same street"


def _by_departement(left: Side, right: Side, likeness: float, rarity: Rarity) -> Verdict | None:
    """The same name in one département, of which one record tells no more, and the name is borne in one town there."""
    if likeness < 0.97 or not same_departement(left, right) or left.departement_code is None:
        return None
    towns = max(rarity.towns_there(side.name_key, left.departement_code) for side in (left, right))
    words = shared_words(left, right)
    if towns > 1 or not words or numbers_differ(left.name_key, right.name_key):
        return None
    tells = len(words) > 1 or max(map(len, words)) >= 5
    return Verdict(0.87, "same name in the département, where one town has it") if tells else None


def _tells_alone(left: Side, right: Side, likeness: float, rarity: Rarity) -> bool:
    """Whether like names tell without a place: the town in both does not, if they differ in anything."""
    towns = {word for side in (left, right) for word in (side.commune_key or "").split()}
    words = {word for word in shared_words(left, right) if len(word) >= 4}
    joined = left.name_key.replace(" ", "")
    if len(joined) >= 6 and joined == right.name_key.replace(" ", ""):
        return True
    return bool(words) if likeness >= 0.97 else any(rarity.rare(word) for word in words - towns)


def repeated(left: Side, right: Side, rarity: Rarity) -> bool:
    """Whether one source lists an initiative twice: like names in the same commune, and nothing that differs.

    Names that are not the same must come with the same SIRET number, or be telling and at the same door.
    """
    if not same_commune(left, right) or contradiction(left, right):
        return False
    if not left.name_key or (left.siret and right.siret and left.siret != right.siret):
        return False
    same_siret = left.siret is not None and left.siret == right.siret
    if not same_siret and rarity.two_sites(left.domain, right.domain):
        return False
    if left.name_key != right.name_key:
        likeness = name_likeness(left, right, rarity)
        door = rarity.telling(left.name_key) and rarity.telling(right.name_key) and same_door(left, right)
        same_site = left.domain is not None and left.domain == right.domain and rarity.own_site(left.domain)
        return likeness >= (0.6 if same_siret else 0.88 if same_site else 0.9) and (same_siret or door)
    if same_siret and core(left.name_key) and not numbers_differ(left.address_key or "", right.address_key or ""):
        return True  # "avenue des Quarante Journaux" and "avenue des 40 Journaux"
    if left.address_key and right.address_key:
        return same_address(left.address_key, right.address_key) or (
            left.address_key == right.address_key or same_door(left, right)
        )
    km = distance_km(left, right) if {left.geo_precision, right.geo_precision} <= EXACT else None
    return rarity.telling(left.name_key) and (km is None or km <= 1)
