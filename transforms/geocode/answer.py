"""Turn what was found out about a place into the answer, and say where its parts contradict each other.

When a point contradicts the stated commune, the point is published as given with the conflict beside
it, unless the commune is certain and the point is far: then the commune's own point is published.
"""

import math

from transforms.geocode.coordinates import SLACK_KM, Audited, Point, is_zero_island, usable
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import place_key
from transforms.geocode.query import PlaceAnswer, PlaceQuery
from transforms.geocode.reading import Reading
from transforms.geocode.resolve import Resolution

# Beyond these a point is not the place meant, and a commune stated with certainty wins over it.
FAR_KM, FAR_IN_OTHER_DEPARTEMENT_KM = 50.0, 10.0
_CERTAIN_METHODS = frozenset({"insee", "insee_former", "postcode_name"})
_CERTAIN = 0.9

# Confidence of answers that rest on a point or on a stated territory alone.
_BY_POINT, _BY_POINT_AGAINST_TEXT, _POINT_OUTSIDE, _STATED = 0.95, 0.6, 0.3, 0.9


# Rough boxes (south, west, north, east) around every part of France, coastal waters included.
FRANCE = (
    (41.0, -6.0, 51.6, 10.2),  # metropolitan
    (14.0, -63.5, 18.3, -60.5),  # Antilles, Saint-Martin, Saint-Barthélemy
    (2.0, -55.0, 6.0, -51.4),  # Guyane
    (-21.6, 55.0, -20.7, 56.0),  # La Réunion
    (-13.2, 44.8, -12.4, 45.5),  # Mayotte
    (46.6, -56.6, 47.3, -56.0),  # Saint-Pierre-et-Miquelon
    (-23.5, 158.0, -17.5, 172.5),  # Nouvelle-Calédonie
    (-28.5, -155.0, -7.5, -134.0),  # Polynésie française
    (-14.6, -178.5, -13.0, -175.9),  # Wallis-et-Futuna
    (-50.5, 39.0, -11.0, 78.0),  # Terres australes et antarctiques
)


def in_commune(
    reading: Reading, resolution: Resolution, code: str, point: Audited | None, gazetteer: Gazetteer
) -> PlaceAnswer:
    """Answer for a place whose commune is known: its audited point, or the commune's."""
    exact = _arrondissement(reading, code, point, gazetteer)
    answer = _at_commune(resolution, code, exact, reading.postcode, gazetteer)
    answer = _at_part(answer, reading, code, gazetteer)
    answer = add_conflict(answer, _conflict_of_codes(reading, code, gazetteer))
    if point is None:
        return answer
    conflict = _conflict_of_point(point, code, gazetteer)
    if conflict is None or not _is_overruled(resolution, point, code, gazetteer):
        answer = _with_point(answer, point)
    return add_conflict(answer, conflict)


def by_point(reading: Reading, resolution: Resolution, point: Audited, gazetteer: Gazetteer) -> PlaceAnswer:
    """Answer for a place with coordinates whose words leave the commune open.

    A stated département wins over a point in another one: sources that lack a point often give one and the same to
    all their records, that of a capital.
    """
    if point.located is None:
        return _outside(reading, resolution, point, gazetteer)
    code = point.located.commune
    where = _label(code, gazetteer)
    departement = gazetteer.communes[code].departement
    if reading.departement and reading.departement != departement:
        answer = left_open(reading, resolution, gazetteer)
        return add_conflict(answer, f"point is in {where}, outside the stated département {reading.departement}")
    named = code in resolution.alternatives
    contradicted = not named and bool(resolution.alternatives)
    by_point_alone = Resolution(
        code,
        method="coordinates_name" if named else "coordinates",
        confidence=_BY_POINT_AGAINST_TEXT if contradicted else _BY_POINT,
        alternatives=resolution.alternatives if contradicted else (),
    )
    exact = point.located.arrondissement or code
    answer = _at_commune(by_point_alone, code, exact, reading.postcode, gazetteer)
    answer = _with_point(answer, point)
    return add_conflict(
        answer, f"point is in {where}, which the written place does not point to" if contradicted else None
    )


def left_open(reading: Reading, resolution: Resolution, gazetteer: Gazetteer) -> PlaceAnswer:
    """Answer for a place known to a département, a region or a country at most; it has no point."""
    departement = reading.departement or resolution.departement or _of_cedex(reading, gazetteer)
    region = gazetteer.departement_regions[departement] if departement else reading.region or resolution.region
    stated_country = reading.country or ("FR" if reading.epci else None)
    level = "departement" if departement else "region" if region else "country" if stated_country else "none"
    stated = level != "none" and not resolution.alternatives
    return PlaceAnswer(
        epci_code=reading.epci,
        epci=gazetteer.epci[reading.epci] if reading.epci else None,
        departement_code=departement,
        departement=gazetteer.departements[departement] if departement else None,
        region_code=region,
        region=gazetteer.regions[region] if region else None,
        country="FR" if level != "none" else None,
        precision=level,
        method=level,
        confidence=_STATED if stated else resolution.confidence,
        alternatives=resolution.alternatives,
    )


def _of_cedex(reading: Reading, gazetteer: Gazetteer) -> str | None:
    """The département of a sorting office whose postcode the gazetteer does not know ("92055 La Défense Cedex")."""
    if not (reading.cedex and reading.postcode) or reading.country not in {None, "FR"}:
        return None
    found = gazetteer.departements_of_postcode(reading.postcode)
    return found[0] if len(found) == 1 and found[0] in gazetteer.departements else None


def add_conflict(answer: PlaceAnswer, conflict: str | None) -> PlaceAnswer:
    """Return *answer* with *conflict* added to what it already says."""
    if conflict is None:
        return answer
    return answer._replace(conflict=f"{answer.conflict}; {conflict}" if answer.conflict else conflict)


def unusable_coordinates(query: PlaceQuery) -> str | None:
    """Say that the figures given are no point; (0, 0) is the usual way to write none and says nothing."""
    latitude, longitude = query.latitude, query.longitude
    if latitude is None or longitude is None or usable(latitude, longitude):
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude)) or is_zero_island(latitude, longitude):
        return None
    return f"coordinates {latitude:g}, {longitude:g} are out of range"


def _outside(reading: Reading, resolution: Resolution, point: Audited, gazetteer: Gazetteer) -> PlaceAnswer:
    """A point in no known commune: overseas without outlines, at sea, or abroad.

    Where France is said and the point is in no part of it, the point is wrong and is not published.
    """
    if reading.country == "FR" and not _near_france(point.point):
        where = f"{point.point.latitude:.2f}, {point.point.longitude:.2f}"
        return add_conflict(left_open(reading, resolution, gazetteer), f"point {where} is nowhere near France")
    answer = _with_point(left_open(reading, resolution, gazetteer), point)
    says_france = answer.country == "FR"
    answer = answer._replace(method="coordinates", confidence=_POINT_OUTSIDE)
    has_outlines = gazetteer.departement_has_outlines(answer.departement_code)
    if says_france and has_outlines:
        return add_conflict(answer, "point lies outside the communes of France")
    return answer


def _near_france(point: Point) -> bool:
    return any(
        south <= point.latitude <= north and west <= point.longitude <= east for south, west, north, east in FRANCE
    )


def _at_commune(
    resolution: Resolution, code: str, exact: str, postcode: str | None, gazetteer: Gazetteer
) -> PlaceAnswer:
    """Answer with the commune's own point; *exact* is the arrondissement's code or *code* itself.

    The source's postcode is kept when it is one of the place's, so that a CEDEX is not published.
    """
    commune, place = gazetteer.communes[code], gazetteer.communes[exact]
    if postcode is None or not (postcode in place.postcodes or gazetteer.has_postcode(exact, postcode)):
        postcode = place.postcodes[0] if len(place.postcodes) == 1 else None
    return PlaceAnswer(
        insee_code=exact,
        commune=commune.name,
        postcode=postcode,
        epci_code=commune.epci,
        epci=gazetteer.epci.get(commune.epci or ""),
        departement_code=commune.departement,
        departement=gazetteer.departements[commune.departement],
        region_code=commune.region,
        region=gazetteer.regions[commune.region],
        country="FR",
        latitude=place.latitude,
        longitude=place.longitude,
        precision="commune",
        method=resolution.method,
        confidence=resolution.confidence,
        alternatives=resolution.alternatives,
    )


def _at_part(answer: PlaceAnswer, reading: Reading, code: str, gazetteer: Gazetteer) -> PlaceAnswer:
    """Give the point of the commune déléguée or associée that was written, which may be far from the town hall."""
    for key, _ in reading.guesses if code in gazetteer.with_parts else ():
        if (point := gazetteer.parts.get((code, key))) and place_key(gazetteer.communes[code].name) != key:
            return answer._replace(latitude=point[0], longitude=point[1], method=f"{answer.method}+part")
    return answer


def _with_point(answer: PlaceAnswer, point: Audited) -> PlaceAnswer:
    return answer._replace(
        latitude=point.point.latitude,
        longitude=point.point.longitude,
        precision="point",
        method=f"{answer.method}+{point.repair}" if point.repair else answer.method,
    )


def _arrondissement(reading: Reading, code: str, point: Audited | None, gazetteer: Gazetteer) -> str:
    """The arrondissement from its INSEE code, its postcode, its number, or the point; else the commune."""
    stated = reading.arrondissement
    if stated and gazetteer.commune_of(stated) == code:
        return stated
    found = reading.postcode and gazetteer.arrondissement_of_postcode(code, reading.postcode)
    if not found and reading.district:
        found = gazetteer.arrondissement(code, reading.district)
    if not found and point and point.located and point.located.commune == code:
        found = point.located.arrondissement
    return found or code


def _conflict_of_codes(reading: Reading, code: str, gazetteer: Gazetteer) -> str | None:
    """Say when the INSEE code, the département or the postcode given does not fit the commune found."""
    departement = gazetteer.communes[code].departement
    label = _label(code, gazetteer)
    if reading.insee and reading.insee != code:
        return f"INSEE code {reading.insee} ({gazetteer.communes[reading.insee].name}) contradicts {label}"
    if reading.departement and reading.departement != departement:
        return f"stated département {reading.departement} contradicts {label}"
    if reading.postcode and departement not in gazetteer.departements_of_postcode(reading.postcode):
        return f"postcode {reading.postcode} contradicts {label}"
    return None


def _conflict_of_point(point: Audited, code: str, gazetteer: Gazetteer) -> str | None:
    if point.distance_km is None or point.distance_km <= SLACK_KM:
        return None
    where = f", in {_label(point.located.commune, gazetteer)}" if point.located else ", outside France"
    return f"point is {point.distance_km:.0f} km from the stated commune {_label(code, gazetteer)}{where}"


def _is_overruled(resolution: Resolution, point: Audited, code: str, gazetteer: Gazetteer) -> bool:
    """Whether the commune is so certain, and the point so far from it, that the point is not the place."""
    certain = resolution.method in _CERTAIN_METHODS and resolution.confidence >= _CERTAIN
    if not certain or point.distance_km is None:
        return False
    departement = gazetteer.communes[code].departement
    elsewhere = point.located is None or gazetteer.communes[point.located.commune].departement != departement
    return point.distance_km > (FAR_IN_OTHER_DEPARTEMENT_KM if elsewhere else FAR_KM)


def _label(code: str, gazetteer: Gazetteer) -> str:
    return f"{gazetteer.communes[code].name} ({code})"
