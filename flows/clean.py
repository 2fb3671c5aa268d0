"""The raw records of one source to cleaned and placed rows, in batches, with everything doubtful as a problem."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from flows.catalogue import rules_of
from flows.harvest import State
from scrapers.problems import Problem
from scrapers.record import RawRecord
from scrapers.source import Source
from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, clean_postcode, place_key
from transforms.geocode.address_line import address_line
from transforms.geocode.gazetteer import TERRITORIES
from transforms.geocode.hints import country_of_phone, country_of_website
from transforms.geocode.titles import geocode_titled
from transforms.normalise.contacts import scrub
from transforms.normalise.keys import public_key
from transforms.normalise.names import name_key, spell_town
from transforms.normalise.record import CleanRecord, Normaliser
from transforms.normalise.urls import web_domain
from transforms.relevance import judge

BATCH = 10_000

# Where the country's letter before a postcode ("E-06230", "CH-8050") is no part of it.
BARE_POSTCODES = frozenset(["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "IT", "NL", "NO", "PL", "PT", "SE"])
MORE_THAN_A_NAME = re.compile(r"[,;()|\d]")


def clean_rows(
    source: Source,
    state: State,
    records: Iterable[RawRecord],
    gazetteer: Gazetteer,
    problems: list[Problem],
    kept: Collection[tuple[str, str]] = (),
) -> Iterator[dict[str, Any]]:
    """Yield a row of the table `clean_record` (see `build.CLEAN`) for each record of `source` that is an initiative.

    Records without a name are left out, and those that present none (`transforms.relevance`), unless `kept` has their
    source and key. What was doubtful is added to `problems` by the time the last row is out.
    """
    normaliser = Normaliser(rules_of(source))
    cleaned = _initiatives(normaliser, records, problems, kept)
    while batch := list(islice(cleaned, BATCH)):
        asked = [_asked(record) for record in batch]
        places = geocode_titled(asked, [_titles(record) for record in batch], gazetteer, source.country)
        for record, place in zip(batch, places, strict=True):
            problems.extend(_place_problems(record, place))
            yield _row(record, place, state, gazetteer)
    problems.extend(normaliser.problems())


def _asked(record: CleanRecord) -> PlaceQuery:
    """The place of a record; where nothing states its country, its website and telephone give a weak hint."""
    if record.place.country is not None:
        return record.place
    hint = country_of_website(record.values.get("url")) or country_of_phone(record.values.get("contact_phone"))
    return replace(record.place, country_hint="FR" if hint in TERRITORIES else hint)


def _titles(record: CleanRecord) -> list[str]:
    return [record.values[name] for name in ("name", "organisation_name") if name in record.values]


def _initiatives(
    normaliser: Normaliser, records: Iterable[RawRecord], problems: list[Problem], kept: Collection[tuple[str, str]]
) -> Iterator[CleanRecord]:
    for raw in records:
        clean = normaliser.clean(raw)
        if clean is None:
            continue
        verdict = judge(raw.fields | {"name": clean.values["name"]})
        if verdict is None or any((raw.source_id, key) in kept for key in ("", raw.key, public_key(raw.key))):
            yield clean
            continue
        message = f'record {raw.position} ("{clean.values["name"][:80]}") {verdict.why}'
        remedy = "if it does present an initiative, say so in warehouse/decisions/kept.csv"
        problems.append(Problem(raw.source_id, "not-an-initiative", scrub(message)[0], "info", remedy, raw.key, "name"))


def _row(record: CleanRecord, place: PlaceAnswer, state: State, gazetteer: Gazetteer) -> dict[str, Any]:
    values = dict(record.values)
    if "siret" in values:
        values.setdefault("siren", values["siret"][:9])
    values |= {
        "source_id": record.source_id,
        "record_key": public_key(record.key),
        "record_url": record.record_url,
        "checked_on": state.checked_on,
        "stale_since": state.stale_since,
        "originals": record.originals,
    }
    if place.commune:
        for name in ("name", "organisation_name"):
            # Only capitals lose their accents; whoever wrote small letters knew how the town is spelled.
            if record.originals.get(name, [""])[0].isupper():
                values[name] = spell_town(values[name], place.commune)
    if place.insee_code and "address" in values:
        values["address"] = _line_of(values["address"], place, record.place)
    return values | _placed(record, place, gazetteer) | _linkable(values, place, record.place.commune)


def _line_of(address: str, place: PlaceAnswer, asked: PlaceQuery) -> str | None:
    """An address in France without what the columns beside it say."""
    names = (place.commune, asked.commune, place.departement, place.region)
    return address_line(address, (place.postcode, asked.postcode), names, place.departement_code or "")


def _postcode(place: PlaceAnswer, asked: PlaceQuery, gazetteer: Gazetteer) -> str | None:
    """The postcode to publish: the place's; else what the source wrote, where it says nothing else than the place."""
    if place.postcode or not asked.postcode or place.insee_code:
        return place.postcode
    if place.country not in {None, "FR"}:
        country = place.country or ""
        return re.sub(r"^[A-Z]{1,3}[ -]+(?=\d)", "", asked.postcode) if country in BARE_POSTCODES else asked.postcode
    code = clean_postcode(asked.postcode)  # of several communes, which are left open
    known = code in gazetteer.postcodes and place.departement_code in gazetteer.departements_of_postcode(code)
    return code if code and known else None


def _placed(record: CleanRecord, place: PlaceAnswer, gazetteer: Gazetteer) -> dict[str, Any]:
    """The columns of the place; outside France the town and postcode are those the source wrote."""
    asked = record.place
    abroad = place.country not in {None, "FR"}
    # The gazetteer's name of a town abroad often is the English one: the source's stands, if it is but a name.
    written = asked.commune if abroad and asked.commune and not MORE_THAN_A_NAME.search(asked.commune) else None
    return {
        "postcode": _postcode(place, asked, gazetteer),
        "commune": written or place.commune or (asked.commune if abroad else None),
        "insee_code": place.insee_code,
        "epci_code": place.epci_code,
        "epci": place.epci,
        "departement_code": place.departement_code,
        "departement": place.departement,
        "region_code": place.region_code,
        "region": place.region,
        "country": place.country,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "geo_precision": place.precision,
        "geo_method": place.method,
        "geo_confidence": place.confidence,
        "geo_conflict": place.conflict,
    }


def _linkable(values: dict[str, Any], place: PlaceAnswer, town: str | None) -> dict[str, Any]:
    """The comparable forms that linking works on; outside France the town is the one that the source wrote."""
    organisation, address = values.get("organisation_name"), values.get("address")
    commune = place.commune or (town if place.country not in {None, "FR"} else None)
    return {
        "name_key": name_key(values["name"]),
        "organisation_key": name_key(organisation) if organisation else None,
        "domain": web_domain(values["url"]) if values.get("url") else None,
        "address_key": name_key(address) if address else None,
        "commune_key": place_key(commune) if commune else None,
    }


def _place_problems(record: CleanRecord, place: PlaceAnswer) -> Iterator[Problem]:
    name = record.values["name"][:80]
    if place.conflict:
        yield Problem(
            record.source_id,
            "geo-conflict",
            f'"{name}": {place.conflict}',
            "warning",
            "tell the publisher, or correct it in [[corrections]]",
            record.key,
            "latitude",
        )
    asked = record.place
    if place.alternatives and place.commune is None:
        listed = ", ".join(place.alternatives)
        yield Problem(
            record.source_id,
            "geo-ambiguous",
            f'"{name}": "{asked.commune or asked.address}" may be any of {listed}; left open',
            "warning",
            "give the département, region or country in the definition's [area] or fields",
            record.key,
            "commune",
        )
    elif place.precision in {"none", "country"} and (asked.commune or asked.postcode):
        told = " ".join(filter(None, (asked.postcode, asked.commune)))
        yield Problem(
            record.source_id,
            "geo-unknown",
            f'"{name}": no {"commune" if place.country in {None, "FR"} else "town"} is known as "{told}"',
            "info",
            "look at the spelling; correct it in [[corrections]]",
            record.key,
            "commune",
        )
