"""Read what a source wrote about a place into evidence: codes, name guesses, hints.

A guess is a name key with a penalty in the points of the score (see ``score.sql``): 0 for a name
written where a commune belongs, more for a name picked out of an address.
"""

import re
from typing import NamedTuple

from transforms.geocode.free_text import FIGURES, MAX_TEXT, NO_NAME, SEGMENTS, FreeText, read_address, read_name
from transforms.geocode.gazetteer import TERRITORIES, Gazetteer
from transforms.geocode.names import (
    arrondissement_number,
    clean_insee_code,
    clean_postcode,
    fold,
    has_cedex,
    place_key,
)
from transforms.geocode.query import PlaceQuery
from transforms.geocode.territory import Territory, read_territory

_OF_AN_AREA_TOO = 2.5  # enough to leave a large town open, little enough for a département or postcode to settle it

_LONGEST_WORD = 40  # no country's name ends with a longer word, nor with more signs behind it
_LAST_WORD = re.compile(r"[^\W\d_]+(?=[\W_]*$)")


class Reading(NamedTuple):
    """The evidence of one query; equal readings have equal answers, whatever their coordinates.

    A tuple because it is made and hashed for every row, which a frozen dataclass does ten times slower.
    """

    insee: str | None = None  # current code of a commune
    insee_is_former: bool = False
    arrondissement: str | None = None  # the INSEE code given, when it is an arrondissement's
    postcode: str | None = None
    cedex: bool = False
    guesses: tuple[tuple[str, float], ...] = ()  # (key, penalty)
    mismatch: float = NO_NAME
    departement: str | None = None
    region: str | None = None
    country: str | None = None  # None: not stated
    district: int | None = None  # arrondissement number
    epci: str | None = None  # SIREN of the intercommunal body that was written in place of a commune


def read(query: PlaceQuery, gazetteer: Gazetteer, default_country: str | None = "FR") -> Reading:
    """Return the evidence in *query*; never raises, whatever the text."""
    insee = clean_insee_code(query.insee_code or "")
    current = gazetteer.current_code(insee) if insee else None
    postcode = clean_postcode(query.postcode or "")
    if insee and not current and not postcode:  # a postcode put in the column of the INSEE code
        postcode = clean_postcode(insee)
    area = None
    if not (postcode or current):  # an area has neither
        area = _read_area(query, gazetteer, default_country)
    name = read_name(query.commune, gazetteer) if query.commune and not area else FreeText()
    if len(name.guesses) == 1 and name.guesses[0][0] in gazetteer.territory_homonyms:
        name.guesses = _doubted(name.guesses[0], query, postcode)
    if name.postcode in gazetteer.postcodes and postcode not in gazetteer.postcodes:
        postcode = name.postcode  # "75018" in the column of the commune, and no postcode of a place in its own
    postcode = postcode or name.postcode
    address = FreeText()
    if query.address and not (name.guesses and postcode) and not current and not (area and not query.commune):
        address = read_address(query.address, postcode, bool(name.guesses), gazetteer)
    country = _country(query, name.country or address.country, gazetteer)
    departement, region, in_france = _stated_areas(query, gazetteer, area)
    departement = departement or name.departement or address.departement
    return Reading(
        insee=gazetteer.commune_of(current) if current else None,
        insee_is_former=current is not None and current != insee,
        arrondissement=current if current and gazetteer.communes[current].parent else None,
        postcode=postcode or address.postcode,
        cedex=any(text and has_cedex(text) for text in (query.commune, query.address, query.postcode)),
        guesses=name.guesses or address.guesses,
        mismatch=name.mismatch or address.mismatch,
        departement=departement or TERRITORIES.get(country or ""),
        region=region or name.region or address.region,
        country="FR" if country in TERRITORIES or (in_france and not country) else country,
        district=_district(query),
        epci=area.epci if area and not (address.postcode or address.guesses) else None,
    )


def _read_area(query: PlaceQuery, gazetteer: Gazetteer, default_country: str | None) -> Territory | None:
    """The area of France that stands in place of a commune, or of the whole address."""
    stated = gazetteer.country(query.country) if query.country else None
    country = stated or default_country
    text = query.commune or query.address
    if not text or country not in {None, "FR"}:
        return None
    area = read_territory(text, gazetteer, country == "FR")
    if area and (query.departement or query.region) and place_key(text) in gazetteer.keys:
        return None  # "Bretagne" with a département: the commune
    return area


def _stated_areas(
    query: PlaceQuery, gazetteer: Gazetteer, area: Territory | None
) -> tuple[str | None, str | None, bool]:
    """Return the département and region of `area` or of their columns, which may hold several; whether any was read."""
    read_here = area is not None
    departement = gazetteer.departement(query.departement) if query.departement else None
    region = gazetteer.region(query.region) if query.region else None
    if query.departement and not departement and (written := read_territory(query.departement, gazetteer, True, False)):
        departement, region, read_here = written.departement, region or written.region, True
    if query.region and not region and (written := read_territory(query.region, gazetteer, True, False)):
        departement, region, read_here = departement or written.departement, written.region, True
    if area:
        departement, region = area.departement or departement, area.region or region
    return departement, region, read_here


def _doubted(guess: tuple[str, float], query: PlaceQuery, postcode: str | None) -> tuple[tuple[str, float], ...]:
    """A commune's name that is an area's too ("Creuse"), with nothing beside it that speaks for a commune."""
    key, penalty = guess
    alone = not (postcode or query.departement or query.region or (query.address and FIGURES.search(query.address)))
    return ((key, penalty + _OF_AN_AREA_TOO if alone else penalty),)


def _country(query: PlaceQuery, read_in_text: str | None, gazetteer: Gazetteer) -> str | None:
    """The country stated, or the one that closes the address ("…, Bruxelles, Belgique").

    France is stated for whole sources: an address that says otherwise is believed.
    """
    stated = gazetteer.country(query.country) if query.country else None
    if stated and stated != "FR":
        return stated
    return read_in_text or _country_at_end(query, gazetteer) or stated


def _country_at_end(query: PlaceQuery, gazetteer: Gazetteer) -> str | None:
    if not query.address:
        return None
    ending = _LAST_WORD.search(query.address[-_LONGEST_WORD:])
    if ending is None or fold(ending[0]) not in gazetteer.country_endings:  # spares nearly all the work below
        return None
    *before, last = SEGMENTS.split(query.address[-MAX_TEXT:].rstrip(" .,;\n"))
    if not before or FIGURES.search(last):
        return None
    key = place_key(last)
    if len(key) <= 3 or key in gazetteer.keys:
        return None
    return gazetteer.country_keys.get(key)


def _district(query: PlaceQuery) -> int | None:
    for text in (query.commune, query.address):
        if text and FIGURES.search(text) and _has_district(text.lower()):
            folded = place_key(text)
            if folded.endswith(("paris", "lyon", "marseille")) and (found := arrondissement_number(text)):
                return found
    return None


def _has_district(lowered: str) -> bool:
    return "paris" in lowered or "lyon" in lowered or "marseille" in lowered
