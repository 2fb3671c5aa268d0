"""The commune that the name of a record tells, where its postcode is shared: "CCAS de Wormhout", 59470."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from transforms.geocode.commune import geocode
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import clean_postcode, place_key
from transforms.geocode.query import PlaceAnswer, PlaceQuery

MOST_CONFIDENCE = 0.85
"""A name may tell another place than the record's: what rests on it is never surer than this."""

_SHORTEST = 4  # letters of a commune's name that count inside a title


def geocode_titled(
    queries: Sequence[PlaceQuery],
    titles: Sequence[Sequence[str]],
    gazetteer: Gazetteer,
    default_country: str | None = "FR",
) -> list[PlaceAnswer]:
    """Place the queries as `geocode` does; where a postcode alone leaves several communes, ask the `titles` of each.

    A title (name of the record, of its organisation) tells a commune when the name of exactly one that the postcode
    serves stands in it. Such an answer's method ends with "+title".
    """
    answers = geocode(queries, gazetteer, default_country)
    codes: dict[int, str] = {}
    for number, (query, answer) in enumerate(zip(queries, answers, strict=True)):
        code = clean_postcode(query.postcode or "")
        if code is not None and not query.commune and not answer.insee_code and answer.alternatives:
            codes[number] = code
    served = _names_served(set(codes.values()), gazetteer)
    told: dict[int, PlaceQuery] = {}
    for number, code in codes.items():
        if name := commune_told(titles[number], served.get(code, [])):
            told[number] = queries[number]._replace(commune=name)
    for number, answer in zip(told, geocode(list(told.values()), gazetteer, default_country), strict=True):
        if answer.insee_code:
            confidence = min(answer.confidence, MOST_CONFIDENCE)
            answers[number] = answer._replace(method=f"{answer.method}+title", confidence=confidence)
    return answers


def commune_told(titles: Sequence[str], keys: Sequence[str]) -> str | None:
    """Return the one of the communes' `keys` (see `place_key`) that stands in a title as whole words, if only one does.

    Of two where one holds the other ("pont", "pont aven") the longer counts.
    """
    for title in titles:
        text = f" {place_key(title)} "
        found = [key for key in keys if len(key) >= _SHORTEST and f" {key} " in text]
        longest = [key for key in found if not any(key != other and f" {key} " in f" {other} " for other in found)]
        if len(longest) == 1:
            return longest[0]
    return None


def _names_served(postcodes: Collection[str], gazetteer: Gazetteer) -> dict[str, list[str]]:
    """The keys of the communes that each postcode serves, in order; asked of all at once, as a query costs 1 ms."""
    served: dict[str, list[str]] = {}
    if postcodes:
        rows = gazetteer.con.execute(
            "SELECT DISTINCT postcode, key FROM postcode_names "
            "WHERE postcode IN (SELECT unnest(from_json($codes, '[\"VARCHAR\"]'))) ORDER BY ALL",
            {"codes": json.dumps(sorted(postcodes))},
        ).fetchall()
        for postcode, key in rows:
            served.setdefault(postcode, []).append(key)
    return served
