"""Wild text in every public function of the normalisers: no exception but the documented ones, and twice is once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrapers.record import PARTS, RAW_FIELDS, RawRecord
from transforms.geocode import Gazetteer, PlaceQuery, coordinates, geocode
from transforms.geocode import names as place_names
from transforms.geocode.hints import country_of_phone, country_of_website
from transforms.geocode.names import clean_insee_code, clean_postcode, place_key, short_key
from transforms.geocode.projected import from_lambert_2, from_lambert_93
from transforms.geocode.similar import typing_points
from transforms.geocode.street import question
from transforms.geocode.territory import read_territory
from transforms.normalise import (
    boilerplate,
    chosen_contacts,
    contacts,
    identifiers,
    keys,
    language,
    names,
    people,
    person_names,
)
from transforms.normalise.cleaners import CLEANERS
from transforms.normalise.dates import clean_date
from transforms.normalise.points import clean_coordinate, parse_point
from transforms.normalise.record import Normaliser, Rules
from transforms.normalise.text import clean_paragraphs, clean_text, is_sentinel
from transforms.normalise.urls import clean_url, web_domain
from transforms.relevance import judge
from warehouse.gazetteer import data_folder

# What the sources of dirt are made of: pieces of markup, double encoding, contacts, addresses, dates, numbers.
PIECES = [
    "<p>", "</p>", "<li>", "<br/>", "<script>", "&amp;", "&amp;eacute;", "&#64;", "Ã©", "â€™", "\u200b",
    "\ufeff", "\x00", "\x85", "\r\n", "\n\n", "\t", "[[", "]]", "|", "{{", "}}", "'''", "[box]", "[/box]",
    "[…]", "[vc_row]", "[modifier | modifier le code]", "Lire la suite", "En savoir plus", "cookies",
    "Nous utilisons des ", "Faites un don", "Contact : ", "Mme ", "Jean ", "Monsieur ", "EXEMPLE", "M. ",
    "jeanne", "@", "(at)", " point ", "example.org", "mailto:", "06 00 00 00 00", "+33", "0033",
    "02 61 91 00 00", " / ", "tel:", "12 rue du Port", "44000", "Nantes", "CEDEX 2", "BP 12", "2A004", "Saint-",
    "St ", "L'", "D ", "SCOP", "A.M.A.P.", "ASSOCIATION", "É", "œ", "İ", "ß", "ﬁ", "٣", "²", "１", "12/03/2019",
    "mars ", "2019", "-", "du ", " au ", "48.85", ",", ";", "2°21'7\"E", "POINT(", ")", "[2.35, 48.85]",
    "https://", "http:", "www.", "?utm_source=x", "#!", "%20", "%C3", "xn--", "W442000000", "55208131766522",
    "356000000", "node/", "Q42", "relation ", "NR", "n/a", "null", " ", "é", "e\u0301", "🙂", "\ud800",
    "\U000e0041", "＠", "。",
]  # fmt: skip
WILD = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=7).map("".join),
)
FEW = settings(max_examples=120, deadline=None)

# Functions that give the same kind of value back: once cleaned, cleaning changes nothing. None: nothing is left.
STABLE: dict[str, Callable[[str], str | None]] = {
    "clean_text": clean_text,
    "clean_paragraphs": clean_paragraphs,
    "without_code until stable": lambda text: clean_text(boilerplate.without_code(text)),
    "restore_case": names.restore_case,
    "name_key": names.name_key,
    "spell_town": lambda text: names.spell_town(text, "Saint-Étienne"),
    "scrub": lambda text: contacts.scrub(text)[0],
    "hide_names": lambda text: person_names.hide_names(text)[0],
    "public_key": keys.public_key,
    "plain_email": people.plain_email,
    "plain_phone": people.plain_phone,
    "place_key": place_key,
    "short_key": lambda text: short_key(place_key(text)),
    "clean_postcode": clean_postcode,
    "clean_insee_code": clean_insee_code,
} | {
    f"CLEANERS[{name}]": cleaner for name, cleaner in CLEANERS.items() if name not in {"point", "latitude", "longitude"}
}


def calm(function: Callable[[str], Any], text: str) -> Any:
    """Call a function that may only raise ValueError, with a reason in which no contact is left."""
    try:
        return function(text)
    except ValueError as fault:
        assert str(fault)
        assert contacts.find_contacts(str(fault)) == []
        return None


@pytest.mark.parametrize("name", STABLE)
@given(WILD)
@FEW
def test_normalising_twice_changes_nothing(name: str, text: str) -> None:
    function = STABLE[name]
    once = calm(function, text)
    if once is not None:
        assert function(once) == once


@given(WILD, WILD)
@FEW
def test_nothing_else_raises(text: str, other: str) -> None:
    assert isinstance(is_sentinel(text), bool)
    assert language.detect_language(text, "fr")
    assert names.name_key(text) is not None
    assert web_domain(text) is None or isinstance(web_domain(text), str)
    assert people.email_kind(text, [other]) in {"generic", "private"}
    assert people.phone_kind(text, "FR") in {"generic", "private"}
    assert people.betrays_person(text) in {True, False}
    assert person_names.names_person(text) in {True, False}
    assert all(found in {*contacts.find_contacts(text)} for found in people.private_contacts(text))
    assert all(contacts.emails_in(text))
    assert all(contacts.phones_in(text))
    verdict = judge({"name": text, "summary": other})
    assert verdict is None or verdict.score >= 2
    chosen = chosen_contacts.choose_contacts(text, other, [other], [text], "FR")
    assert chosen.email is None or not people.betrays_person(chosen.email)
    assert chosen.phone is None or people.phone_kind(chosen.phone) == "generic"


@given(WILD)
@FEW
def test_readers_raise_what_they_document_or_answer(text: str) -> None:
    for reader in (
        clean_date, clean_url, identifiers.clean_siren, identifiers.clean_siret, identifiers.clean_rna,
        identifiers.clean_osm, identifiers.clean_wikidata, parse_point,
    ):  # fmt: skip
        calm(reader, text)
    for axis in ("latitude", "longitude"):
        degrees = calm(lambda written, axis=axis: clean_coordinate(written, axis), text)
        assert degrees is None or -180 <= degrees <= 180


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(data_folder())


FIGURES = st.floats() | st.integers(-(10**9), 10**9).map(float)
GAZETTEER_PIECES = st.sampled_from(
    ["Nantes", "44", "Vienne", "CC du ", "Métropole de ", " et ", "national", "Bretagne", "()"]
)
TERRITORIAL = st.lists(GAZETTEER_PIECES | WILD, max_size=5).map("".join)


@given(TERRITORIAL, FIGURES, FIGURES)
@FEW
def test_the_readers_of_places_answer_whatever_is_written(
    gazetteer: Gazetteer, text: str, latitude: float, longitude: float
) -> None:
    key = place_key(text)
    assert place_names.fold(place_names.fold(text)) == place_names.fold(text)
    assert place_names.epci_core(place_names.epci_core(key)) == place_names.epci_core(key)
    assert place_names.has_cedex(text) in {True, False}
    assert place_names.arrondissement_number(text) in {None, *range(1, 21)}
    code = clean_postcode(text)
    assert code is None or place_names.postcode_departements(code)
    for in_france in (True, False):
        area = read_territory(text, gazetteer, in_france, in_france)
        assert area is None or area.departement is None or area.departement in gazetteer.departements
    assert gazetteer.departement(text) in {None, *gazetteer.departements}
    assert gazetteer.region(text) in {None, *gazetteer.regions}
    assert country_of_website(text) is None or country_of_website(text)
    assert country_of_phone(text) is None or country_of_phone(text)
    assert typing_points(key, place_key("Nantes")) >= 0
    point = coordinates.usable(latitude, longitude)
    assert point is None or coordinates.great_circle_km(point, coordinates.Point(0.0, 0.0)) <= 20_016
    assert all(coordinates.usable(one.latitude, one.longitude) for _, one in coordinates.variants(latitude, longitude))
    for projected in (from_lambert_93(latitude, longitude), from_lambert_2(latitude, longitude)):
        assert projected is None or len(projected) == 2
    [audited] = coordinates.audit([coordinates.Figures(latitude, longitude, "44109")], gazetteer)
    assert audited is None or coordinates.usable(audited.point.latitude, audited.point.longitude)
    asked = question(text, "44109", gazetteer)
    assert asked is None or asked.key


PLACES = st.builds(
    PlaceQuery,
    *[st.none() | WILD] * 7,
    latitude=st.none() | st.floats() | st.integers(-(10**7), 10**7).map(float),
    longitude=st.none() | st.floats() | st.integers(-(10**7), 10**7).map(float),
)


@given(st.lists(PLACES, max_size=30))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_places_are_answered_whatever_is_written(gazetteer: Gazetteer, places: list[PlaceQuery]) -> None:
    answers = geocode(places, gazetteer, "FR")
    assert len(answers) == len(places)
    assert all(0 <= answer.confidence <= 1 for answer in answers)
    assert geocode(places, gazetteer, "FR") == answers


def wild_fields() -> st.SearchStrategy[dict[str, Any]]:
    shapes = {"text": WILD, "list": st.lists(WILD, max_size=3)}
    every = {
        name: shapes.get(shape, st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS.get(name, ()), WILD))))
        for name, shape in RAW_FIELDS.items()
    }
    every.pop("name")
    return st.fixed_dictionaries({"name": WILD}, optional=every)


@given(wild_fields(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_wild_record_gives_clean_texts_and_no_private_contact(fields: dict[str, Any], open_licence: bool) -> None:
    normaliser = Normaliser(Rules("lieux", open_licence, "FR"))
    record = normaliser.clean(RawRecord("lieux", "1", fields, "page", 1))
    for problem in normaliser.problems():
        assert problem.message
        assert contacts.find_contacts(problem.message) == []
    if record is None:
        return
    for name in ("name", "organisation_name", "summary", "impact"):
        assert contacts.find_contacts(record.values.get(name) or "") == []
    for name in ("contact_email", "contact_phone"):
        written = record.values.get(name)
        assert written is None or (open_licence and people.private_contacts(written) == [])
