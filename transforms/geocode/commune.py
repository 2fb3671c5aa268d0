"""The offline geocoder: from what a source wrote to a commune, or a town elsewhere, with confidence and conflicts.

Every candidate commune is scored together on all the evidence (INSEE code, postcode, name,
département, region); there is no order of rules. A name that several communes bear, without anything
to tell them apart, is left open. The source's coordinates are audited, and published when they hold.
A place of another country, or of none stated, is weighed against the places of the world.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from transforms.geocode.abroad import geocode_abroad
from transforms.geocode.answer import add_conflict, by_point, in_commune, left_open, unusable_coordinates
from transforms.geocode.coordinates import Audited, Figures, audit
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.query import PlaceAnswer, PlaceQuery
from transforms.geocode.reading import Reading, read
from transforms.geocode.resolve import Resolution, resolve
from transforms.geocode.stacks import stack_conflicts

_Item = TypeVar("_Item", bound=Hashable)

# Without a country these are no proof of France: other countries have such names and such postcodes too.
_WEAK = frozenset({"name", "similar", "postcode", "postcode_similar", "departement_similar", "none"})


def geocode(
    queries: Sequence[PlaceQuery], gazetteer: Gazetteer, default_country: str | None = "FR"
) -> list[PlaceAnswer]:
    """Return one answer for each query, in the same order.

    :param default_country: ISO alpha-2 code of the country of places that state none; ``None`` when nothing is known
        of it: such a place is looked for everywhere.
    """
    distinct, which = _numbered(queries)
    readings = [read(query, gazetteer, default_country) for query in distinct]
    found = _resolve(readings, gazetteer, default_country)
    points = _audit(distinct, readings, found, gazetteer, default_country)
    abroad = _abroad(distinct, readings, found, points, gazetteer, default_country)
    answers = [
        _answer(query, reading, resolution, point, elsewhere, gazetteer)
        for query, reading, resolution, point, elsewhere in zip(distinct, readings, found, points, abroad, strict=True)
    ]
    for number, conflict in stack_conflicts(distinct, answers).items():
        answers[number] = add_conflict(answers[number], conflict)
    return [answers[number] for number in which]


def _numbered(items: Sequence[_Item]) -> tuple[list[_Item], list[int]]:
    """The different items in order of appearance, and for each item the number of its like among them."""
    numbers: dict[_Item, int] = {}
    which = [numbers.setdefault(item, len(numbers)) for item in items]
    return list(numbers), which


def _resolve(readings: Sequence[Reading], gazetteer: Gazetteer, default_country: str | None) -> list[Resolution]:
    """Resolve the readings of places looked for in France, equal ones once; the others stay unresolved."""
    distinct, which = _numbered(readings)
    french = [number for number, reading in enumerate(distinct) if _is_french(reading, default_country)]
    resolutions = [Resolution()] * len(distinct)
    if french:
        for number, resolution in zip(french, resolve([distinct[one] for one in french], gazetteer), strict=True):
            resolutions[number] = resolution
    return [resolutions[number] for number in which]


def _is_french(reading: Reading, default_country: str | None) -> bool:
    """A place is looked for in France unless another country is stated, or is the default.

    Without any default, and without a country, a French INSEE code or name still speaks for France.
    """
    return (reading.country or default_country or "FR") == "FR"


def _audit(
    queries: Sequence[PlaceQuery],
    readings: Sequence[Reading],
    found: Sequence[Resolution],
    gazetteer: Gazetteer,
    default_country: str | None,
) -> list[Audited | None]:
    """Audit the coordinates of the places looked for in France; the others keep ``None``."""
    points: list[Audited | None] = [None] * len(queries)
    figures: dict[int, Figures] = {}
    for place, (query, reading) in enumerate(zip(queries, readings, strict=True)):
        if query.latitude is None or query.longitude is None or not _is_french(reading, default_country):
            continue
        in_france = "FR" in (reading.country, default_country)
        figures[place] = Figures(query.latitude, query.longitude, found[place].code, in_france)
    if figures:
        audited = audit(list(figures.values()), gazetteer)
        for place, point in zip(figures, audited, strict=True):
            points[place] = point
    return points


def _abroad(
    queries: Sequence[PlaceQuery],
    readings: Sequence[Reading],
    found: Sequence[Resolution],
    points: Sequence[Audited | None],
    gazetteer: Gazetteer,
    default_country: str | None,
) -> list[PlaceAnswer | None]:
    """The answers of the places that are, or may be, outside France; ``None`` for the others."""
    answers: list[PlaceAnswer | None] = [None] * len(queries)
    asked: dict[int, str | None] = {}
    for place, reading in enumerate(readings):
        country = reading.country or default_country
        unknown = country is None and not _speaks_for_france(reading, found[place], points[place])
        if unknown or country not in {None, "FR"}:
            asked[place] = country
    if asked:
        located = geocode_abroad([queries[place] for place in asked], list(asked.values()), gazetteer)
        for place, answer in zip(asked, located, strict=True):
            answers[place] = answer
    return answers


def _speaks_for_france(reading: Reading, resolution: Resolution, point: Audited | None) -> bool:
    """Whether a place without a country is French: by a code, a territory, a postcode with its name, or its point."""
    if reading.insee or reading.departement or reading.region or reading.epci or (point and point.located):
        return True
    return resolution.code is not None and resolution.method not in _WEAK


def _answer(
    query: PlaceQuery,
    reading: Reading,
    resolution: Resolution,
    point: Audited | None,
    elsewhere: PlaceAnswer | None,
    gazetteer: Gazetteer,
) -> PlaceAnswer:
    if elsewhere is not None:
        told = elsewhere.country is not None or bool(elsewhere.alternatives)
        is_french = elsewhere.country == "FR"
        if is_french and elsewhere.insee_code != resolution.code:
            resolution = Resolution(None, "none", min(resolution.confidence, 0.69), resolution.alternatives)
        elif is_french:
            resolution = replace(resolution, confidence=min(resolution.confidence, elsewhere.confidence))
        elif told:
            return add_conflict(elsewhere, None if elsewhere.precision == "point" else unusable_coordinates(query))
    if resolution.code is None and point is not None:
        answer = by_point(reading, resolution, point, gazetteer)
    elif resolution.code is None:
        answer = left_open(reading, resolution, gazetteer)
    else:
        answer = in_commune(reading, resolution, resolution.code, point, gazetteer)
    return add_conflict(answer, unusable_coordinates(query) if point is None else None)
