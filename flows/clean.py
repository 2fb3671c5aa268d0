"""The raw records of one source to cleaned and placed rows, in chunks, with everything doubtful as a problem."""

from __future__ import annotations

import datetime as dt
import gc
import multiprocessing
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flows.catalogue import rules_of
from scrapers.problems import Problem
from scrapers.record import RawRecord, Span, read_records
from scrapers.source import Source
from transforms.collector import collector_paused
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
from warehouse import gazetteer
from warehouse.store import write_json_lines

CHUNK = 10_000
"""Raw records that are cleaned and placed together, by one process."""

# Where the country's letter before a postcode ("E-06230", "CH-8050") is no part of it.
BARE_POSTCODES = frozenset(["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "IT", "NL", "NO", "PL", "PT", "SE"])
MORE_THAN_A_NAME = re.compile(r"[,;()|\d]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the staged records of a source, and the file that their clean rows are written to.

    `source` with its dates (`checked_on`, `stale_since`); `span` of the file `staged` (`scrapers.record.spans`).
    `withdrawn` and `kept` are what people decided of records: those to leave out, and those that do present an
    initiative, by source and key.
    """

    source: Source
    checked_on: dt.date | None
    stale_since: dt.date | None
    staged: Path
    span: Span
    rows: Path
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    kept: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What cleaning a chunk left beside its rows: the problems of its places, and who knows of all others."""

    rows: Path
    problems: list[Problem]
    normaliser: Normaliser


def clean_chunk(chunk: Chunk) -> Cleaned:
    """Write a row of the table `clean_record` (see `build.CLEAN`) for each record of a chunk that is an initiative.

    Records without a name are left out, those that people withdrew, and those that present no initiative
    (`transforms.relevance`), unless `kept` has their source and key.
    """
    with collector_paused():
        return _cleaned(chunk)


def _cleaned(chunk: Chunk) -> Cleaned:
    normaliser = Normaliser(rules_of(chunk.source))
    problems: list[Problem] = []
    raws = read_records(chunk.staged, chunk.span)
    if chunk.withdrawn:
        raws = (raw for raw in raws if chunk.withdrawn.isdisjoint(_names(raw)))
    records = list(_initiatives(normaliser, raws, problems, chunk.kept))
    asked, titles = [_asked(record) for record in records], [_titles(record) for record in records]
    places = geocode_titled(asked, titles, embedded(), chunk.source.country)
    found = list(zip(records, places, strict=True))
    for record, place in found:
        problems.extend(_place_problems(record, place))
    write_json_lines(chunk.rows, (_row(record, place, chunk) for record, place in found))
    return Cleaned(chunk.rows, problems, normaliser)


@cache
def embedded() -> Gazetteer:
    """The embedded gazetteer, loaded once a process."""
    loaded = Gazetteer.load(gazetteer.data_folder())
    if multiprocessing.parent_process():  # which has others work beside this one
        loaded.con.execute("SET threads = 1")
    gc.freeze()  # its objects stay: the search for garbage need not walk through them again and again
    return loaded


def _names(raw: RawRecord) -> set[tuple[str, str]]:
    """What people may call a record in their decisions: its key, or the one that is published."""
    return {(raw.source_id, raw.key), (raw.source_id, public_key(raw.key))}


def _asked(record: CleanRecord) -> PlaceQuery:
    """The place of a record; where nothing states its country, its website and telephone give a weak hint."""
    if record.place.country is not None:
        return record.place
    hint = country_of_website(record.values.get("url")) or country_of_phone(record.values.get("contact_phone"))
    return record.place._replace(country_hint="FR" if hint in TERRITORIES else hint)


def _titles(record: CleanRecord) -> list[str]:
    return [record.values[name] for name in ("name", "organisation_name") if name in record.values]


def _initiatives(
    normaliser: Normaliser, records: Iterable[RawRecord], problems: list[Problem], kept: Collection[tuple[str, str]]
) -> Iterator[CleanRecord]:
    for raw, clean in normaliser.clean_all(records):
        verdict = judge(raw.fields | {"name": clean.values["name"]})
        if verdict is None or any((raw.source_id, key) in kept for key in ("", raw.key, public_key(raw.key))):
            yield clean
            continue
        message = f'record {raw.position} ("{clean.values["name"][:80]}") {verdict.why}'
        remedy = "if it does present an initiative, say so in warehouse/decisions/kept.csv"
        problems.append(Problem(raw.source_id, "not-an-initiative", scrub(message)[0], "info", remedy, raw.key, "name"))


def _row(record: CleanRecord, place: PlaceAnswer, chunk: Chunk) -> dict[str, Any]:
    values = dict(record.values)
    if "siret" in values:
        values.setdefault("siren", values["siret"][:9])
    values |= {
        "source_id": record.source_id,
        "record_key": public_key(record.key),
        "record_url": record.record_url,
        "checked_on": chunk.checked_on,
        "stale_since": chunk.stale_since,
        "originals": record.originals,
    }
    if place.commune:
        for name in ("name", "organisation_name"):
            # Only capitals lose their accents; whoever wrote small letters knew how the town is spelled.
            if record.originals.get(name, [""])[0].isupper():
                values[name] = spell_town(values[name], place.commune)
    if place.insee_code and "address" in values:
        values["address"] = _line_of(values["address"], place, record.place)
    return values | _placed(record, place, embedded()) | _linkable(values, place, record.place.commune)


def _line_of(address: str, place: PlaceAnswer, asked: PlaceQuery) -> str | None:
    """An address in France without what the columns beside it say."""
    names = (place.commune, asked.commune, place.departement, place.region)
    return address_line(address, (place.postcode, asked.postcode), names, place.departement_code or "")


def _postcode(place: PlaceAnswer, asked: PlaceQuery, known: Gazetteer) -> str | None:
    """The postcode to publish: the place's; else what the source wrote, where it says nothing else than the place."""
    if place.postcode or not asked.postcode or place.insee_code:
        return place.postcode
    if place.country not in {None, "FR"}:
        country = place.country or ""
        return re.sub(r"^[A-Z]{1,3}[ -]+(?=\d)", "", asked.postcode) if country in BARE_POSTCODES else asked.postcode
    code = clean_postcode(asked.postcode)  # of several communes, which are left open
    fits = code in known.postcodes and place.departement_code in known.departements_of_postcode(code)
    return code if code and fits else None


def _placed(record: CleanRecord, place: PlaceAnswer, known: Gazetteer) -> dict[str, Any]:
    """The columns of the place; outside France the town and postcode are those the source wrote."""
    asked = record.place
    abroad = place.country not in {None, "FR"}
    # The gazetteer's name of a town abroad often is the English one: the source's stands, if it is but a name.
    written = asked.commune if abroad and asked.commune and not MORE_THAN_A_NAME.search(asked.commune) else None
    return {
        "postcode": _postcode(place, asked, known),
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
