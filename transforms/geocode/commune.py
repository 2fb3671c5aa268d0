"""The offline geocoder: from what a source wrote to a commune, with its confidence and conflicts.

Every candidate commune is scored together on all the evidence (INSEE code, postcode, name,
département, region); there is no order of rules. A name that several communes bear, without anything
to tell them apart, is left open. The source's coordinates are audited, and published when they hold.
"""

from collections.abc import Sequence

from transforms.geocode.answer import abroad, add_conflict, by_point, in_commune, left_open, unusable_coordinates
from transforms.geocode.coordinates import Audited, Figures, audit
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.query import PlaceAnswer, PlaceQuery
from transforms.geocode.reading import Reading, read
from transforms.geocode.resolve import Resolution, resolve


def geocode(
    queries: Sequence[PlaceQuery], gazetteer: Gazetteer, default_country: str | None = "FR"
) -> list[PlaceAnswer]:
    """Return one answer for each query, in the same order.

    :param default_country: ISO alpha-2 code of the country of places that state none.
    """
    distinct = list(dict.fromkeys(queries))
    readings = [read(query, gazetteer) for query in distinct]
    french = [reading for reading in dict.fromkeys(readings) if _is_french(reading, default_country)]
    resolutions = dict(zip(french, resolve(french, gazetteer), strict=True)) if french else {}
    found = [resolutions.get(reading, Resolution()) for reading in readings]
    points = _audit(distinct, readings, found, gazetteer, default_country)
    answers = {
        query: _answer(query, reading, resolution, point, gazetteer, default_country)
        for query, reading, resolution, point in zip(distinct, readings, found, points, strict=True)
    }
    return [answers[query] for query in queries]


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


def _answer(
    query: PlaceQuery,
    reading: Reading,
    resolution: Resolution,
    point: Audited | None,
    gazetteer: Gazetteer,
    default_country: str | None,
) -> PlaceAnswer:
    if not _is_french(reading, default_country):
        return abroad(query, reading.country or default_country)
    if resolution.code is None and point is not None:
        answer = by_point(reading, resolution, point, gazetteer)
    elif resolution.code is None:
        answer = left_open(reading, resolution, gazetteer)
    else:
        answer = in_commune(reading, resolution, resolution.code, point, gazetteer)
    return add_conflict(answer, unusable_coordinates(query) if point is None else None)
