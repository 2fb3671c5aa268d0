"""Doubtful pairs, where rules and model have a word together: what one source lists twice, what the model may join."""

from __future__ import annotations

from transforms.link.evidence import repeated
from transforms.link.likeness import name_likeness, own_words
from transforms.link.model import ALIKE, CLEAR, LARGE, LIKELY, SMALL
from transforms.link.rarity import Rarity
from transforms.link.sides import Side, distance_km, same_address


def listed_twice(left: Side, right: Side, rarity: Rarity, weight: float, records: int) -> bool:
    """Whether a source repeats itself: the rules say so, and the model does not find it unlikely."""
    return repeated(left, right, rarity) and likely_twice(left, right, rarity, weight, records)


def likely_twice(left: Side, right: Side, rarity: Rarity, weight: float, records: int) -> bool:
    """Whether the model does not find it unlikely that a source repeats itself, where the rules say so.

    Where names recur, the same name in one town is two: something else must be the same, or the name be nobody's else.
    """
    if records < SMALL or same_address(left.address_key, right.address_key):
        return True
    told = [(left.siret, right.siret), (left.siren, right.siren), (left.contact_phone, right.contact_phone)]
    if any(one and one == other for one, other in told):
        return True
    if left.domain and left.domain == right.domain:
        return rarity.own_site(left.domain)  # that both are on a site of everybody's says nothing
    told.append((left.domain, right.domain))
    differ = any(one and other for one, other in told)
    if differ or weight < LIKELY or not rarity.single(left.name_key):
        return False
    # Of so many records some bear one name in one town by chance, if it is the town's and words of everybody's.
    return records <= LARGE or any(rarity.rare(word) for word in own_words(left, right))


def may_join(left: Side, right: Side, rarity: Rarity, weight: float) -> bool:
    """Whether the model may join two records that no rule joins: where both are is told, and their names are alike.

    A weight that is clear makes up for unlike names ("ATS" is what "Artois Technique Services" calls itself) and for a
    place that is a whole département, and what they can be reached by for any place.
    """
    told = [(left.siren, right.siren), (left.contact_phone, right.contact_phone), (left.domain, right.domain)]
    placed = (
        (left.city and right.city)
        or (weight >= CLEAR and left.departement_code and left.departement_code == right.departement_code)
        or distance_km(left, right) is not None
        or any(one and one == other for one, other in told)
    )
    return bool(placed) and (weight >= CLEAR or name_likeness(left, right, rarity) >= ALIKE)
