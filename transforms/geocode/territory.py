"""Areas written where a place belongs: "Métropole de Lyon", "Pays de la Loire", "44, 49", "France entière".

A programme of a whole region has no point, and its area is not a commune whose name happens to resemble it.
Several areas together come to the smallest one that holds them all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import epci_core, place_key, short_key

_LONGEST = 300  # signs; a longer text is a description
_PARTS = re.compile(r"[,;/|&+\n\r\t]+|\s[-–—]\s|\s+(?:et|and)\s+", re.IGNORECASE)
_CODE = re.compile(r"(?:FR-)?(\d{1,3}|2[AB])", re.IGNORECASE)
_CODE_IN_BRACKETS = re.compile(r"\(\s*(?:\d{2,3}|2[ABab])\s*\)")
_DEPARTEMENT = re.compile(r"^(?:departements?|depts?|dpts?|dep|dpt)\s+(?:(?:de la|de l|du|des|de|d)\s+)?(.+)$")
_REGION = re.compile(r"^(?:regions?|territoire)\s+(?:(?:de la|de l|du|des|de|d)\s+)?(.+)$")
_DEPARTEMENT_CODE = re.compile(r"^\s*(?:d[eé]p(?:artement|t)?s?|dpt)\.?\s*(?:n[°o]\s*)?", re.IGNORECASE)

_KIND_STATED = re.compile(r"communaute|comcom|eurometropole|metropole|agglo|cc|ca|cu")
_NICKNAMES = {"grand lyon": "200046977"}

# Regions before 2016, everyday short forms and ISO 3166-2 codes.
_OTHER_REGIONS = {
    "alsace": "44", "lorraine": "44", "champagne ardenne": "44", "aquitaine": "75", "limousin": "75",
    "poitou charentes": "75", "auvergne": "84", "rhone alpes": "84", "bourgogne": "27", "franche comte": "27",
    "basse normandie": "28", "haute normandie": "28", "languedoc roussillon": "76", "midi pyrenees": "76",
    "nord pas de calais": "32", "picardie": "32", "idf": "11", "bfc": "27", "hdf": "32", "pdl": "52", "cvl": "24",
    "fr ara": "84", "fr bfc": "27", "fr bre": "53", "fr cvl": "24", "fr cor": "94", "fr ges": "44", "fr hdf": "32",
    "fr idf": "11", "fr nor": "28", "fr naq": "75", "fr occ": "76", "fr pdl": "52", "fr pac": "93",
    "region sud": "93", "sud paca": "93",
}  # fmt: skip
_FRANCE = frozenset(
    ("france", "france entiere", "toute la france", "france metropolitaine", "territoire national francais",
     "ensemble de la france", "partout en france", "outre mer", "dom tom", "drom com", "dom", "drom",
     "france et outre mer", "metropole et outre mer")
)  # fmt: skip
# These speak of France only where France is stated, or is the default.
_NATIONWIDE = frozenset(
    ("national", "nationale", "territoire national", "niveau national", "echelle nationale", "pays entier",
     "ensemble du territoire", "ensemble du territoire national", "tout le territoire", "plusieurs departements",
     "plusieurs regions", "multi sites")
)  # fmt: skip
# Names of areas that next to nobody means as the commune that bears them too.
_RATHER_AREAS = frozenset(("la reunion", "bretagne", "ile de clipperton"))


class Territory(NamedTuple):
    """An area of France: an intercommunal body (SIREN), a département, a region, or the whole country."""

    epci: str | None = None
    departement: str | None = None
    region: str | None = None


_NOTHING = Territory()


def read_territory(
    text: str, gazetteer: Gazetteer, in_france: bool, is_commune_column: bool = True
) -> Territory | None:
    """Return the area that `text` names and nothing else, ``None`` when it is, or may be, anything else.

    :param in_france: whether France is stated or the default, so that "national" speaks of it.
    :param is_commune_column: a name that is a commune's too ("Vienne") is then left to the communes.
    """
    if not text or len(text) > _LONGEST:
        return None
    whole = _one(text, gazetteer, in_france, is_commune_column)
    if whole is not None:
        return whole
    parts = [part for part in _PARTS.split(_DEPARTEMENT_CODE.sub("", text)) if part.strip()]
    if len(parts) < 2:
        return None
    found = [_one(part, gazetteer, in_france, is_commune_column) for part in parts]
    areas = [area for area in found if area is not None]
    return _around(areas, gazetteer) if len(areas) == len(parts) else None


def _one(text: str, gazetteer: Gazetteer, in_france: bool, is_commune_column: bool) -> Territory | None:
    stripped = _DEPARTEMENT_CODE.sub("", text).strip()
    if (code := _CODE.fullmatch(stripped)) and (departement := gazetteer.departement(code[1])):
        return _departement(departement, gazetteer)
    key = place_key(_CODE_IN_BRACKETS.sub(" ", text))
    if key in _FRANCE or (in_france and key in _NATIONWIDE):
        return _NOTHING
    if is_commune_column and key in gazetteer.keys and key not in _RATHER_AREAS:
        return None
    if departement := gazetteer.departement_keys.get(_inside(_DEPARTEMENT, key)):
        return _departement(departement, gazetteer)
    name = _inside(_REGION, key)
    if region := gazetteer.region_keys.get(name) or _OTHER_REGIONS.get(key) or _OTHER_REGIONS.get(name):
        return Territory(region=region)
    epci = _NICKNAMES.get(key) or epci_of_name(key, gazetteer)
    return epci_territory(epci, gazetteer) if epci else None


def _inside(pattern: re.Pattern[str], key: str) -> str:
    found = pattern.match(key)
    return found[1] if found else key


def _departement(code: str, gazetteer: Gazetteer) -> Territory:
    return Territory(departement=code, region=gazetteer.departement_regions[code])


def _around(areas: Sequence[Territory], gazetteer: Gazetteer) -> Territory:
    """The smallest area that holds all of `areas`."""
    if len(set(areas)) == 1:
        return areas[0]
    departements, regions = {area.departement for area in areas}, {area.region for area in areas}
    departement = departements.pop() if len(departements) == 1 else None
    return Territory(None, departement, regions.pop() if len(regions) == 1 else None)


def epci_territory(code: str, gazetteer: Gazetteer) -> Territory:
    """Return the area of an intercommunal body: its département and region are named where it has but one."""
    departements = gazetteer.epci_departements.get(code, ())
    regions = {gazetteer.departement_regions[departement] for departement in departements}
    return Territory(
        code, departements[0] if len(departements) == 1 else None, regions.pop() if len(regions) == 1 else None
    )


def epci_of_name(key: str, gazetteer: Gazetteer) -> str | None:
    """Return the intercommunal body (SIREN) that the key of a name means, if it is one and a single one.

    The kind of body must be written, in full or as CC, CA, CU: "Lyon" alone is the commune.
    """
    if not _KIND_STATED.search(key) or epci_core(key) == short_key(key):
        return None
    return gazetteer.epci_cores.get(epci_core(key))
