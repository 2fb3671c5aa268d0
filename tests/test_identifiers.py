"""Numbers of organisations: valid in one form, or refused with a reason."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.identifiers import clean_osm, clean_rna, clean_siren, clean_siret, clean_wikidata

DIGITS = st.text("0123456789 .W", max_size=18)
WILD = st.one_of(st.text(max_size=40), DIGITS, st.builds("SIRET : {}".format, DIGITS))


@pytest.mark.parametrize(
    ("value", "siret"),
    [
        ("73282932000074", "73282932000074"),
        ("732 829 320 00074", "73282932000074"),
        ("N° SIRET : 732.829.320.00074", "73282932000074"),
        ("732\u202f829\u202f320\xa000074", "73282932000074"),
        ("73282932000074.0", "73282932000074"),
        ("5520135400002", "05520135400002"),
        ("35600000009075", "35600000009075"),
    ],
)
def test_siret_is_brought_to_fourteen_digits(value: str, siret: str) -> None:
    assert clean_siret(value) == siret


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("73282932000079", "check digit"),
        ("35600000009076", "check digit"),
        ("828 213 371", "9 digits instead of 14"),
        ("1", "1 digits"),
        ("3.56E+13", "other characters"),
        ("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "other characters"),
    ],
)
def test_bad_siret_is_refused_with_the_reason(value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        clean_siret(value)


def test_siren_from_itself_a_siret_or_a_lost_zero() -> None:
    assert clean_siren("732 829 320") == clean_siren("732 829 320 00074") == "732829320"
    assert clean_siren("05520135") == "005520135"
    with pytest.raises(ValueError, match="SIREN fails its check digit"):
        clean_siren("732829321")


def test_rna() -> None:
    assert clean_rna(" w 131 004 321") == "W131004321"
    assert clean_rna("W9R1000123") == "W9R1000123"
    with pytest.raises(ValueError, match="RNA"):
        clean_rna("0313016218")


@pytest.mark.parametrize("clean", [clean_siren, clean_siret, clean_rna])
@pytest.mark.parametrize("value", ["", " ", "NR", "null", "-"])
def test_nothing_is_none(clean: Callable[[str], str | None], value: str) -> None:
    assert clean(value) is None


def test_zeros_are_none_though_they_pass_the_check_digit() -> None:
    assert clean_siret("00000000000000") is clean_siren("000000000") is clean_rna("W000000000") is None


@given(WILD)
def test_cleaners_refuse_or_give_what_they_keep(text: str) -> None:
    for clean in (clean_siren, clean_siret, clean_rna):
        try:
            once = clean(text)
        except ValueError:
            continue
        assert once is None or clean(once) == once


@pytest.mark.parametrize(
    ("written", "osm"),
    [
        ("node/123", "node/123"), ("https://www.openstreetmap.org/way/42#map=3/4/5", "way/42"), ("n123", "node/123"),
        ("relation 77", "relation/77"), ("osm.org/node/5", "node/5"), ("n/r", None),
    ],
)  # fmt: skip
def test_map_elements(written: str, osm: str | None) -> None:
    assert clean_osm(written) == osm


@pytest.mark.parametrize(
    ("written", "item"),
    [
        ("Q42", "Q42"), ("https://www.wikidata.org/wiki/Q42", "Q42"), ("http://www.wikidata.org/entity/q7#a", "Q7"),
        ("wd:Q1", "Q1"), ("", None),
    ],
)  # fmt: skip
def test_wikidata_items(written: str, item: str | None) -> None:
    assert clean_wikidata(written) == item


@pytest.mark.parametrize("written", ["123", "Q0", "node/0", "area/3", "https://example.org/node/1"])
def test_what_is_neither_is_refused(written: str) -> None:
    for reader in (clean_osm, clean_wikidata):
        with pytest.raises(ValueError, match=r"OpenStreetMap|Wikidata"):
            reader(written)


def test_a_vat_number_holds_the_siren_and_words_around_a_number_are_no_part_of_it() -> None:
    assert clean_siren("FR40 552081317") == "552081317"
    assert clean_siret("552 081 317 66522 (siège)") == "55208131766522"
    assert clean_rna("n° W751234567") == "W751234567"
    with pytest.raises(ValueError, match="characters"):
        clean_siren("DE40 552081317")
