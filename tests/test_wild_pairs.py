"""Every public function of places, linking and likeness meets wild text somewhere: here what no other test feeds.

The packages are walked: a new public function fails here until it is named, with what feeds it.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_wild import FEW, WILD
from test_wild_cover import _of

import transforms.geocode
import transforms.link
import transforms.similar
from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery
from transforms.geocode.answer import add_conflict, unusable_coordinates
from transforms.geocode.names import place_key
from transforms.geocode.stacks import stack_conflicts
from transforms.geocode.street import Question, UnreadableAnswerError, key_of, number, read_table, table
from transforms.geocode.street_abroad import question_abroad, read_place, search_address
from transforms.geocode.street_text import house_number, way_of
from transforms.geocode.territory import epci_of_name, epci_territory
from transforms.geocode.titles import commune_told
from transforms.link import evidence, likeness, sides
from transforms.link.doubtful import listed_twice, may_join
from transforms.link.model import decide, score
from transforms.link.rarity import Rarity, core
from transforms.link.sides import Side
from transforms.link.spelling import house, spelled
from transforms.normalise.names import name_key
from transforms.normalise.text import words
from transforms.similar import reading, terms
from warehouse.gazetteer import data_folder

# Where each is fed. `THROUGH` are what `geocode`, `weigh` and the runs call with all that a record holds.
ELSEWHERE = {
    "test_address_line.py": "address_line.address_line",
    "test_geocode.py": "titles.geocode_titled",
    "test_wild.py": """
        commune.geocode coordinates.usable coordinates.variants coordinates.audit coordinates.great_circle_km
        hints.country_of_website hints.country_of_phone names.fold names.place_key names.short_key names.epci_core
        names.has_cedex names.arrondissement_number names.clean_postcode names.clean_insee_code
        names.postcode_departements projected.from_lambert_93 projected.from_lambert_2 street.question
        similar.typing_points territory.read_territory
    """,
    "test_street_answers.py": "street_text.street_of street_text.foreign_street_of street_text.askable "
    "street_text.agreement street.judge street_abroad.judge_abroad",
    "test_link.py": "likeness.variants cluster.cluster run.link sides.city_code",
    "test_similar.py": "run.nearest",
    "test_link_tables.py": "components.components run.recognise rarity.read_rarity",
    "test_similar_search.py": "weighing.weigh arrays.ordinals arrays.ranges arrays.stacked arrays.starts",
}
THROUGH = set(
    words("""
    abroad.geocode_abroad answer.in_commune answer.by_point answer.left_open reading.read resolve.resolve
    free_text.read_name free_text.read_address
    similar.similar_names world_points.audit_abroad world_points.distance_km world_reading.read_world
    coordinates.locate coordinates.is_zero_island run.prepare likeness.contained likeness.own_words model.weigh_all
    model.compared model.value model.mutual rules.ask rules.answers rules.answer_span
    doubtful.likely_twice components.split run.marks_of run.reading_of reading.stem_of_letters
    arrays.bounds_of places.read_places champions.choose arrays.sorting terms.concepts_of terms.pairs_of_stems
""")
)
NO_TEXT_OF_A_SOURCE = set(
    words("""
    coordinates.Point coordinates.Figures coordinates.Located coordinates.Audited gazetteer.Commune
    free_text.FreeText gazetteer.Gazetteer query.PlaceQuery query.PlaceAnswer reading.Reading resolve.Resolution
    street.Question street.Answer street.Verdict street.UnreadableAnswerError table.place_table territory.Territory
    world.WorldReading world.Place world.WorldResolution world.Near world.World world_points.Stated
    world_points.AuditedAbroad cluster.Judgement cluster.ContradictionError cluster.Clusters cluster.check_judgements
    evidence.Verdict evidence.Match rarity.Rarity model.Term model.Model model.model model.hopeless model.sure
    run.Related run.Linked run.Prepared sides.Side arrays.Matrix arrays.Packing champions.Champions
    comparing.Comparison comparing.Pairs comparing.Told places.Places reading.Recipe reading.Text weighing.Weighed
    run.Texts rules.Answer rules.Span
""")
)
BELOW = set(
    words("""
    answer.add_conflict answer.unusable_coordinates stacks.stack_conflicts street.key_of street.table
    street.read_table street.number street_abroad.question_abroad street_abroad.search_address
    street_abroad.read_place titles.commune_told street_text.house_number street_text.way_of
    territory.epci_territory territory.epci_of_name evidence.weigh evidence.contradiction evidence.repeated
    likeness.abbreviated rarity.core likeness.shared_words likeness.body likeness.head likeness.name_likeness
    likeness.numbers_differ likeness.housed model.decide model.score doubtful.listed_twice doubtful.may_join
    sides.same_commune sides.same_door sides.same_departement
    sides.same_address sides.same_street sides.houses_differ sides.unplaced sides.place_words sides.distance_km
    spelling.spelled spelling.house terms.concepts terms.told_words terms.own_name terms.sentences terms.mark
    terms.without terms.tells reading.marks reading.repeated
""")
)


def public() -> set[str]:
    return {
        name
        for package in (transforms.geocode, transforms.link, transforms.similar)
        for info in pkgutil.iter_modules(package.__path__)
        for name in _of(import_module(f"{package.__name__}.{info.name}"))
    }


def test_every_public_function_is_fed_somewhere() -> None:
    elsewhere = {name for names in ELSEWHERE.values() for name in words(names)}
    assert public() == elsewhere | THROUGH | NO_TEXT_OF_A_SOURCE | BELOW


def test_what_is_said_to_be_fed_is_fed() -> None:
    """Each name must stand in the file that is said to feed it: a list alone is no test."""
    here = Path(__file__).read_text(encoding="utf-8").partition("def test_every_public")[2]
    assert [name for name in sorted(BELOW) if name.rpartition(".")[2] not in here] == []
    for file, names in ELSEWHERE.items():
        text = Path(__file__).with_name(file).read_text(encoding="utf-8")
        assert [name for name in sorted(words(names)) if name.rpartition(".")[2] not in text] == []


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(data_folder())


NUMBERS = st.none() | st.floats() | st.floats(-90, 90)


@given(WILD, WILD, NUMBERS, NUMBERS)
@FEW
def test_streets_and_answers_of_any_text(
    gazetteer: Gazetteer, text: str, other: str, latitude: float | None, longitude: float | None
) -> None:
    assert way_of(text) is None or isinstance(way_of(text), str)
    assert house_number(text) is None or house_number(text).isdigit()
    assert len(key_of(text, other)) == len(key_of(other, text))
    assert number(text) is None or isinstance(number(text), float)
    asked = Question(key_of(text, "44109"), text, other, "44109")
    assert asked.key in table([asked], gazetteer)
    for read in (lambda body: read_table(body, [asked.key]), lambda body: read_place(body, asked.key)):
        try:
            read(text.encode("utf-8", "surrogatepass"))
        except UnreadableAnswerError as fault:
            assert str(fault)
    abroad = question_abroad(text, other, "BE")
    assert abroad is None or search_address("http://127.0.0.1", abroad).startswith("http://127.0.0.1/search?")
    assert commune_told([text], [place_key(text), place_key(other)]) in {None, place_key(text), place_key(other)}
    code = epci_of_name(place_key(text), gazetteer)
    assert code is None or epci_territory(code, gazetteer).epci == code
    query = PlaceQuery(address=text, latitude=latitude, longitude=longitude)
    told = unusable_coordinates(query)
    answer = PlaceAnswer(latitude=latitude, longitude=longitude)
    assert add_conflict(answer, told).conflict == told
    assert stack_conflicts([query] * 5, [answer] * 5) == {}  # one address, five times


# A code and the name of its commune come together.
TOWNS = [(None, None, None), ("75056", "paris", "75"), ("75111", "paris", "75"), ("44109", "nantes", "44")]


def side(name: str, town: tuple[str | None, str | None, str | None], **told: Any) -> Side:
    code, key, departement = town
    return Side(name=name, name_key=name_key(name), insee_code=code, commune_key=key, departement_code=departement,
                **told)  # fmt: skip


SIDES = st.builds(
    side,
    id=st.integers(0, 9),
    source_id=st.sampled_from("ab"),
    record_key=WILD,
    name=WILD | st.tuples(WILD, st.sampled_from(["Nantes", "Paris", "Maison"]), WILD).map(" ".join),
    town=st.sampled_from(TOWNS),
    geo_precision=st.sampled_from(["point", "street", "commune", "none"]),
    latitude=st.none() | st.floats(-90, 90),
    longitude=st.none() | st.floats(-180, 180),
    **dict.fromkeys(("siren", "siret", "rna", "domain", "contact_phone", "contact_email", "country"), st.none() | WILD),
    **dict.fromkeys(("organisation_key", "address_key"), st.none() | WILD.map(name_key)),
)


@given(SIDES, SIDES)
@FEW
def test_any_pair_is_weighed_and_the_same_from_both_sides(left: Side, right: Side) -> None:
    rarity = Rarity({}, {}, {}, {})
    verdict = evidence.weigh(left, right, rarity)
    assert verdict == evidence.weigh(right, left, rarity)
    assert 0 <= verdict.score <= 1
    against = evidence.contradiction(left, right)
    assert bool(against) == bool(evidence.contradiction(right, left))
    for alike in (True, False):
        assert 0 <= decide(verdict, 0.0, against, 10_000, alike=alike).score <= 1
    assert 0 <= score(verdict.score) <= 1
    km = sides.distance_km(left, right)
    assert km is None or 0 <= km <= 20_040
    assert sides.place_words(left, right) is not None
    assert sides.unplaced(left) in {True, False}
    for symmetric in (
        sides.same_commune, sides.same_door, sides.same_departement, likeness.shared_words, likeness.housed,
        likeness.abbreviated,
        lambda one, two: sides.same_address(one.address_key, two.address_key),
        lambda one, two: sides.same_street(one.address_key, two.address_key),
        lambda one, two: sides.houses_differ(one.address_key, two.address_key),
        lambda one, two: likeness.numbers_differ(one.name_key, two.name_key),
        lambda one, two: likeness.name_likeness(one, two, rarity),
        lambda one, two: evidence.repeated(one, two, rarity),
        lambda one, two: listed_twice(one, two, rarity, 0.0, 10**6),
        lambda one, two: may_join(one, two, rarity, 0.0),
    ):  # fmt: skip
        assert symmetric(left, right) == symmetric(right, left)
    assert likeness.body(left, right) is not None


@given(WILD, WILD)
@FEW
def test_words_of_any_text_are_told(text: str, other: str) -> None:
    key = name_key(text)
    assert spelled(spelled(key)) == spelled(key)
    assert len(house(key)) == 2
    assert core(key) <= set(key.split())
    assert isinstance(likeness.head(text), str)
    told = terms.told_words(text, [other])
    assert set(terms.concepts(told)) <= set(terms.concepts([*told, "velo"]))
    assert all(word.islower() and len(word) > 2 for word in told if terms.tells(word))
    assert isinstance(terms.own_name(text, [other]), str)
    parts = terms.sentences(text)
    often = reading.repeated([reading.marks([text]), reading.marks([text] * 49)])
    assert often == {terms.mark(part) for part in parts}
    assert terms.without(text, often) == ("" if parts else terms.without(text, often))
