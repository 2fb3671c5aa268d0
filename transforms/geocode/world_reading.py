"""Read what a source wrote about a place outside France: names that may be its town, regions, a country."""

from __future__ import annotations

import re

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import place_key
from transforms.geocode.query import PlaceQuery
from transforms.geocode.world import SECOND_TIER, WorldReading

_MAX_TEXT = 500
_SEGMENTS = re.compile(r"[,;|\n\r\t()]+|\s[-–—/]\s")
_POSTCODES = re.compile(
    r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b"  # United Kingdom
    r"|\b[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]\b"  # Canada
    r"|\b[0-9]{4} ?[A-Z]{2}\b"  # Netherlands
    r"|\b(?:[A-Z]{1,2}-)?[0-9]{4,5}(?:-[0-9]{3,4})?\b"  # most others, at times with the country's letter
)
_WITH_FIGURES = re.compile(r"\w*\d\w*")
# The words behind these belong to the name before them: "Arroyomolinos de León" is not León.
_PARTICLES = frozenset(
    (
        "de",
        "del",
        "da",
        "do",
        "dos",
        "das",
        "di",
        "della",
        "la",
        "le",
        "el",
        "of",
        "the",
        "am",
        "an",
        "der",
        "van",
        "von",
    )
)
_ADDRESS_SEGMENTS = 4  # how many segments from the end of an address may be the town
_LONGEST_NAME = 4  # words at the end of a segment that may be a town or a region


def read_world(query: PlaceQuery, country: str | None, gazetteer: Gazetteer) -> WorldReading:
    """Return the evidence in *query* for a place in *country*, or anywhere when it is ``None``; never raises."""
    world = gazetteer.world
    guesses: dict[str, float] = {}
    divisions: set[tuple[str, str]] = set()
    for stated in (query.region, query.departement):
        divisions.update(world.divisions.get(place_key(stated or ""), ()))
    for text, penalty, is_address in ((query.commune, 0.0, False), (query.address, 0.5, True)):
        segments = _segments(text or "")
        country = _take_regions(segments, divisions, country, gazetteer)
        first_tier = not guesses
        for place, segment in enumerate(reversed(segments[-_ADDRESS_SEGMENTS:])):
            cost = penalty + 0.5 * place + (0.0 if first_tier else SECOND_TIER)
            divisions.update(_guess(segment, cost, guesses, gazetteer))
            if is_address:
                _guess_last_words(segment, cost, guesses)
    if query.commune and (whole := place_key(_POSTCODES.sub(" ", query.commune[:_MAX_TEXT]))):
        guesses[whole] = 0.0
    return WorldReading(tuple(guesses.items()), country, frozenset(divisions), query.country_hint)


def _segments(text: str) -> list[str]:
    """The parts of a text between commas and lines, without postcodes and house numbers."""
    plain = _WITH_FIGURES.sub(" ", _POSTCODES.sub(" ", text[:_MAX_TEXT]))
    return [key for part in _SEGMENTS.split(plain) if (key := place_key(part))]


def _take_regions(
    segments: list[str], divisions: set[tuple[str, str]], country: str | None, gazetteer: Gazetteer
) -> str | None:
    """Take country and region names off the end of *segments*, leaving one; return the country."""
    while len(segments) > 1:
        last = segments[-1]
        regions = gazetteer.world.divisions.get(last, ())
        named = gazetteer.country_keys.get(last)
        if named is None and not regions:
            break
        divisions.update(regions)
        # "San Francisco, CA" is no place in Canada: two letters that are a region's as well leave the country open.
        if named and country is None and not (len(last) == 2 and regions):
            country = named
        segments.pop()
    return country


def _guess(segment: str, cost: float, guesses: dict[str, float], gazetteer: Gazetteer) -> set[tuple[str, str]]:
    """Add *segment* as a guess, and what stands before a region or a country at its end; return those regions."""
    guesses.setdefault(segment, cost)
    words = segment.split()
    regions: set[tuple[str, str]] = set()
    for length in range(1, min(len(words), _LONGEST_NAME)):
        tail = " ".join(words[-length:])
        found = gazetteer.world.divisions.get(tail)
        if found or (len(tail) > 3 and tail in gazetteer.country_keys):
            regions.update(found or ())
            guesses.setdefault(" ".join(words[:-length]), cost + 0.3)
    return regions


def _guess_last_words(segment: str, cost: float, guesses: dict[str, float]) -> None:
    """Add the last words of a segment of an address on the second tier: "King Street Bolton"."""
    words = segment.split()
    for length in range(1, min(len(words), _LONGEST_NAME)):
        tail = " ".join(words[-length:])
        if len(tail) > 3 and words[-length - 1] not in _PARTICLES:
            tier = 0.0 if cost >= SECOND_TIER else SECOND_TIER
            guesses.setdefault(tail, cost + 1.5 + tier - 0.1 * length)
