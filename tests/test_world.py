"""Places outside France, or of no stated country: found, left open, or placed by their point."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, geocode
from transforms.geocode.hints import country_of_phone, country_of_website
from transforms.geocode.projected import from_lambert_2, from_lambert_93
from warehouse.gazetteer import data_folder

GAZETTEER = Gazetteer.load(data_folder())


def ask(default_country: str | None = None, **query: object) -> PlaceAnswer:
    return geocode([PlaceQuery(**query)], GAZETTEER, default_country)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "country", "region", "method"),
    [
        ({"commune": "München", "country": "DE"}, "DE", "Bavaria", "country_name"),
        ({"commune": "Munich", "country": "Allemagne"}, "DE", "Bavaria", "country_name"),
        ({"commune": "London, Ontario"}, "CA", "Ontario", "region_name"),
        ({"commune": "London", "country": "CA"}, "CA", "Ontario", "country_name"),
        ({"commune": "Springfield, IL", "country": "US"}, "US", "Illinois", "region_name"),
        ({"commune": "Springfield Illinois"}, "US", "Illinois", "region_name"),
        ({"commune": "San Francisco, CA"}, "US", "California", "region_name"),
        ({"commune": "Cambridge", "region": "Massachusetts"}, "US", "Massachusetts", "region_name"),
        ({"commune": "Cambridge", "country": "UK"}, "GB", "England", "country_name"),
        ({"commune": "Newcastle", "region": "NSW"}, "AU", "New South Wales", "region_name"),
        ({"address": "12 King Street, Cambridge, MA 02139, USA"}, "US", "Massachusetts", "region_name"),
        ({"address": "12 rue Royale, 7500 Tournai"}, "BE", "Wallonia", "name"),
        ({"postcode": "1000", "commune": "Bruxelles"}, "BE", "Brussels Capital", "name"),
        ({"commune": "Genève", "region": "Genève"}, "CH", "Geneva", "region_name"),
        ({"commune": "Montréal"}, "CA", "Quebec", "name"),
    ],
)
def test_a_town_is_found(query: dict[str, str], country: str, region: str, method: str) -> None:
    answer = ask(**query)
    assert (answer.country, answer.region, answer.method) == (country, region, method)
    assert (answer.precision, answer.insee_code) == ("commune", None)
    assert answer.latitude is not None
    assert answer.confidence >= 0.7


@pytest.mark.parametrize(
    "query",
    [{"commune": "Cambridge"}, {"commune": "Springfield", "country": "US"}, {"commune": "Valence"}],
)
def test_homonyms_are_left_open_with_their_alternatives(query: dict[str, str]) -> None:
    answer = ask(**query)
    assert (answer.commune, answer.latitude) == (None, None)
    assert answer.confidence < 0.7
    assert len(answer.alternatives) > 1
    assert answer.alternatives[0].startswith(("Cambridge, England, GB", "Springfield, ", "Valencia, Valencia, ES"))


def test_a_bare_name_is_less_sure_than_one_with_its_country() -> None:
    bare, stated = ask(commune="London"), ask(commune="London", country="GB")
    assert (bare.commune, stated.commune) == ("London", "London")
    assert 0.7 <= bare.confidence < 0.8 < stated.confidence


def test_a_place_of_france_without_a_country_is_french() -> None:
    assert ask(commune="Nantes").insee_code == "44109"
    assert ask(postcode="31000", commune="Tolouse").insee_code == "31555"
    assert ask(departement="Ain").departement_code == "01"
    assert ask(latitude=47.2184, longitude=-1.5538).insee_code == "44109"


def test_homonyms_are_told_apart_by_a_point_and_by_a_hint() -> None:
    answer = ask(commune="Cambridge", latitude=42.37, longitude=-71.1)
    assert (answer.country, answer.region, answer.precision) == ("US", "Massachusetts", "point")
    assert ask(commune="Valencia").commune is None
    answer = ask(commune="Valencia", country_hint="ES")
    assert (answer.country, answer.method) == ("ES", "hint_name")


def test_a_point_wins_over_a_name_that_only_its_size_speaks_for() -> None:
    answer = ask(commune="Bradford", latitude=43.99, longitude=-72.1)
    assert (answer.country, answer.precision, answer.latitude) == ("US", "point", 43.99)


@pytest.mark.parametrize(
    ("latitude", "longitude", "repair"),
    [(13.4, 52.5, "swapped"), (52.5, -13.4, "sign"), (525000.0, 134000.0, "decimal")],
)
def test_a_broken_point_is_repaired_into_the_stated_country(latitude: float, longitude: float, repair: str) -> None:
    answer = ask(country="DE", commune="Berlin", latitude=latitude, longitude=longitude)
    assert answer.method == f"country_name+{repair}"
    assert (answer.latitude, answer.longitude) == pytest.approx((52.5, 13.4))
    assert answer.conflict is None


def test_a_point_elsewhere_is_a_conflict_and_never_silent() -> None:
    answer = ask(country="DE", latitude=48.85, longitude=2.35)
    assert (answer.latitude, answer.confidence) == (48.85, 0.3)
    assert answer.conflict == "point is in FR near Paris, outside the stated country DE"
    answer = ask(country="DE", commune="Berlin", latitude=48.85, longitude=2.35)
    assert (answer.precision, answer.latitude) == ("commune", pytest.approx(52.524))
    assert answer.conflict is not None
    assert "879 km from Berlin" in answer.conflict


def test_zero_island_is_no_point() -> None:
    answer = ask(country="BE", latitude=0.0, longitude=0.01)
    assert (answer.country, answer.precision, answer.conflict) == ("BE", "country", None)


def test_a_point_alone_tells_its_country_and_the_town_beside_it() -> None:
    answer = ask(latitude=50.8467, longitude=4.3525)
    assert (answer.country, answer.commune, answer.precision) == ("BE", "Brussels", "point")


def test_an_address_that_names_another_country_is_believed() -> None:
    answer = ask(default_country="FR", address="1 rue de la Loi, 1000 Bruxelles, Belgique", country="FR")
    assert (answer.country, answer.commune) == ("BE", "Brussels")
    assert ask(default_country="FR", commune="Lausanne (Suisse)").country == "CH"


def test_a_region_alone_is_an_area() -> None:
    answer = ask(region="Ontario", country="Canada")
    assert (answer.precision, answer.region, answer.country, answer.latitude) == ("region", "Ontario", "CA", None)


def test_an_unknown_name_stays_unknown() -> None:
    answer = ask(commune="Xyzzyville")
    assert (answer.precision, answer.country, answer.alternatives) == ("none", None, ())


@pytest.mark.parametrize(
    ("url", "country"),
    [("https://a.be/x", "BE"), ("http://x.co.uk", "GB"), ("https://a.bzh", "FR"), ("https://a.io", None),
     ("https://a.org", None), ("http://[", None), ("http://192.0.2.1/", None), (None, None), ("https://a.eu", None)],
)  # fmt: skip
def test_a_website_hints_at_its_country(url: str | None, country: str | None) -> None:
    assert country_of_website(url) == country


@pytest.mark.parametrize(
    ("number", "country"), [("+32 2 555 12 12", "BE"), ("02 40 00 00 00", None), ("x", None), (None, None)]
)
def test_a_telephone_number_hints_at_its_country(number: str | None, country: str | None) -> None:
    assert country_of_phone(number) == country


WILD = (
    st.none()
    | st.text(max_size=40)
    | st.sampled_from(["London, ON", "SW1A 1AA London", "Genève (Suisse)", "NY", "é,;()- B-1000"])
)
NUMBER = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.lists(
        st.builds(PlaceQuery, address=WILD, commune=WILD, region=WILD, country=WILD | st.sampled_from(["US", "Suisse"]),
                  latitude=NUMBER, longitude=NUMBER, country_hint=st.none() | st.sampled_from(["BE", "FR", "US"])),
        max_size=4,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gets_a_well_formed_answer(queries: list[PlaceQuery]) -> None:
    answers = geocode(queries, GAZETTEER, None)
    assert len(answers) == len(queries)
    for answer in answers:
        assert 0.0 <= answer.confidence <= 1.0
        assert (answer.latitude is None) == (answer.longitude is None)
        assert (answer.commune is None) or answer.confidence >= 0.3
        assert len(answer.alternatives) <= 5


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_projections_never_fail_and_stay_on_the_globe(x: float, y: float) -> None:
    for found in (from_lambert_93(x, y), from_lambert_2(x, y)):
        assert found is None or (38 < found[0] < 55 and -12 < found[1] < 15)


@given(st.none() | st.text(max_size=40))
def test_hints_never_fail(text: str | None) -> None:
    for hint in (country_of_website(text), country_of_phone(text)):
        assert hint is None or len(hint) == 2
