"""Dates: as precise as the source, never more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.dates import EPOCHS, clean_date

WORDS = [
    "12",
    "/",
    "03",
    "2019",
    "-",
    " ",
    "mars",
    "avril",
    "1er",
    "du",
    "au",
    "à",
    "printemps",
    "0",
    ".",
    "T",
    ":",
    "Z",
    "été",
]
WILD = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(WORDS), max_size=9).map("".join))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019", "2019"),
        ("2019.0", "2019"),
        ("2019-03", "2019-03"),
        ("03.2019", "2019-03"),
        ("08/2013", "2013-08"),
        ("12/03/2019", "2019-03-12"),
        ("12/03/19", "2019-03-12"),
        ("26/03/2001 00:00", "2001-03-26"),
        ("05/05/2021 14:29:42", "2021-05-05"),
        ("20190312", "2019-03-12"),
        ("2019-03-12T08:00:00Z", "2019-03-12"),
        ("2015-06-01T00:00:00+00:00", "2015-06-01"),
        ("mars 2019", "2019-03"),
        ("Août 2018", "2018-08"),
        ("Sept. 2019", "2019-09"),
        ("1er avril 2020", "2020-04-01"),
        ("lundi 12 mars 2019 à 14h30", "2019-03-12"),
        ("12-Mar-2019", "2019-03-12"),
        ("April 5, 2018", "2018-04-05"),
        ("5th of April 2018", "2018-04-05"),
        ("Mon, 05 Apr 2018 10:00:00 +0000", "2018-04-05"),
        ("depuis 2015", "2015"),
        ("Créé en septembre 2012", "2012-09"),
        ("2019-03-00", "2019-03"),
    ],
)
def test_dates_are_read(text: str, iso: str) -> None:
    assert clean_date(text) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2017 - 2019", "2017"),
        ("2017-2019", "2017"),
        ("2019-20", "2019"),
        ("de 2010 à 2014", "2010"),
        ("2017 - aujourd'hui", "2017"),
        ("mars - juin 2019", "2019-03"),
        ("du 3 au 5 mars 2019", "2019-03-03"),
        ("du 30 avril 2019 au 2 mai 2019", "2019-04-30"),
        ("hiver 2019-2020", "2019"),
        ("printemps 2019", "2019"),
        ("T3 2019", "2019"),
        ("2e trimestre 2020", "2020"),
        ("fin mars 2019", "2019-03"),
    ],
)
def test_a_period_gives_its_beginning_and_a_season_its_year(text: str, iso: str) -> None:
    assert clean_date(text) == iso


def test_day_or_month_first_is_the_sources_habit() -> None:
    assert clean_date("04/05/2018") == "2018-05-04"
    assert clean_date("04/05/2018", day_first=False) == "2018-04-05"
    assert clean_date("03/25/2019") == clean_date("25/03/2019", day_first=False) == "2019-03-25"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NR",
        "01/01/1970",
        "1970-01-01T01:00:00",
        "1900-01-01",
        "0000-00-00",
        "00/00/0000",
        "31/02/2019",
        "45/03/2019",
        "1492",
        "0000",
        "2101-01-01",
        "13/13/2019",
        "29 février 2019",
    ],
)
def test_no_date_and_impossible_dates_are_none(text: str) -> None:
    assert clean_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["Humanitaire & Développement", "43536", "1552377600", "mars", "12", "3.5", "2017 - Lyon", "x" * 200, "2019, 2020"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        clean_date(text)


def test_a_refusal_does_not_tell_contact_details() -> None:
    with pytest.raises(ValueError, match="not a date") as caught:
        clean_date("Jeanne, jeanne@exemple.fr")
    assert "exemple" not in str(caught.value)


@given(WILD, st.booleans())
def test_result_is_a_partial_iso_date_that_reads_as_itself(text: str, day_first: bool) -> None:
    try:
        iso = clean_date(text, day_first)
    except ValueError:
        return
    if iso is not None:
        assert re.fullmatch(r"(18|19|20|21)\d\d(-(0[1-9]|1[0-2])(-[0-3]\d)?)?", iso)
        assert iso not in EPOCHS
        assert clean_date(iso, day_first) == iso


@given(st.dates().filter(lambda day: 1800 <= day.year <= 2100 and day.isoformat() not in EPOCHS))
def test_every_day_is_read_in_french_and_iso_form(day: object) -> None:
    assert clean_date(f"{day:%d/%m/%Y}") == clean_date(f"{day:%Y-%m-%d}") == f"{day:%Y-%m-%d}"


@pytest.mark.parametrize("written", ["Février-mars 2020", "février / mars 2020"])
def test_two_months_are_a_period_that_begins_in_the_first(written: str) -> None:
    assert clean_date(written) == "2020-02"
