"""Street level outside France: questions to a Nominatim or Photon-like service, and what to believe of its answers.

Such a service gives no score. Its answer is believed when it lies in the stated country, near the town that was found
before, and bears a word of the street that was asked for.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

from transforms.geocode.coordinates import Point, great_circle_km, usable
from transforms.geocode.names import fold, place_key
from transforms.geocode.street import Answer, Question, UnreadableAnswerError, Verdict, key_of, number
from transforms.geocode.street_text import askable, foreign_street_of
from transforms.geocode.world_points import REACH_KM

METHOD = "nominatim"
CONFIDENCE = {"housenumber": 0.8, "street": 0.7, "locality": 0.6}  # the service gives none

# Nominatim's place_rank: 30 is a house or another object, 26 and 27 streets, 17 to 25 parts of a town.
_HOUSE, _STREET, _PART = 28, 26, 17
_WORD = re.compile(r"[^\W\d_]{4,}")


def question_abroad(address: str | None, town: str | None, country: str | None) -> Question | None:
    """Return what to ask about an address in a town of `country` (ISO code); ``None`` when it has no house number."""
    if not address or not town or not country or country == "FR":
        return None
    street = foreign_street_of(address)
    key = place_key(town)
    if street is None or not key or not askable(f"{street} {key}"):
        return None
    return Question(key_of(street, f"{country}|{key}"), street, key, country)


def search_address(service: str, asked: Question) -> str:
    """Return the address that asks the question `asked` of the service at the address `service`."""
    wanted = {
        "q": f"{asked.street}, {asked.town}",
        "countrycodes": asked.citycode.lower(),
        "format": "jsonv2",
        "addressdetails": "1",
        "limit": "1",
    }
    return f"{service.rstrip('/')}/search?{urlencode(wanted)}"


def read_place(body: bytes, key: str) -> Answer:
    """Read the answer to the question `key`. Raises `UnreadableAnswerError` when it is no list of places."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError(f"the answer is no JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(place, dict) for place in found):
        raise UnreadableAnswerError("the answer is no list of places")
    if not found:
        return Answer(key, "not-found")
    place = found[0]
    details = place.get("address")
    details = details if isinstance(details, dict) else {}
    level = _level(place, details)
    return Answer(
        key=key,
        status="ok",
        type=level,
        label=str(place.get("display_name") or "")[:300],
        name=str(details.get("road") or place.get("name") or "")[:200],
        housenumber=str(details.get("house_number") or "")[:20],
        postcode=str(details.get("postcode") or "")[:20],
        citycode=str(details.get("country_code") or "").upper()[:2],
        score=CONFIDENCE.get(level, 0.0),
        latitude=number(str(place.get("lat"))),
        longitude=number(str(place.get("lon"))),
    )


def judge_abroad(asked: Question, answer: Answer, town: Point) -> Verdict:
    """Judge an answer by its country, its name, and its distance from the middle of the `town`."""
    if answer.status != "ok":
        return Verdict(why=f"the service answers {answer.status}")
    point = usable(answer.latitude, answer.longitude)
    if answer.type not in CONFIDENCE or point is None:
        return Verdict(why="the service knows no more than the town")
    if answer.citycode != asked.citycode:
        return Verdict(why=f'the service finds "{answer.label}", outside {asked.citycode}', told=True)
    km = great_circle_km(point, town)
    if km > REACH_KM:
        return Verdict(why=f'the service finds "{answer.label}", {km:.0f} km from the town', told=True)
    if set(_WORD.findall(asked.street)).isdisjoint(_WORD.findall(fold(f"{answer.name} {answer.label}"))):
        return Verdict(why=f'the service finds "{answer.label}", which is another name')
    return Verdict(answer.type, round(point.latitude, 6), round(point.longitude, 6), answer.score)


def _level(place: dict[str, Any], details: dict[str, Any]) -> str:
    rank = number(str(place.get("place_rank"))) or 0
    if rank >= _HOUSE and details.get("house_number"):
        return "housenumber"
    if rank >= _STREET:
        return "street"
    return "locality" if rank >= _PART else "municipality"
