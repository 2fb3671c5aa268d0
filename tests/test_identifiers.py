"""Identifiers, web addresses and points: valid in one form, or refused with a reason."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.identifiers import (
    clean_coordinate,
    clean_rna,
    clean_siren,
    clean_siret,
    clean_url,
    parse_point,
    web_domain,
)

PIECES = [
    "http",
    "s",
    ":",
    "//",
    "www.",
    "a.fr",
    "é",
    "@",
    "/",
    "?",
    "&",
    "utm_x=1",
    "#",
    " ",
    "%",
    "(",
    "\\",
    ":80",
    "[",
    "W751",
]
WILD = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


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


@pytest.mark.parametrize("clean", [clean_siren, clean_siret, clean_rna, clean_url])
@pytest.mark.parametrize("value", ["", " ", "NR", "null", "-"])
def test_nothing_is_none(clean: Callable[[str], str | None], value: str) -> None:
    assert clean(value) is None


def test_zeros_are_none_though_they_pass_the_check_digit() -> None:
    assert clean_siret("00000000000000") is clean_siren("000000000") is clean_rna("W000000000") is None


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("www.ade-coworking.net", "https://www.ade-coworking.net/"),
        ("HTTP://WWW.Exemple.FR:80/Page#haut", "http://www.exemple.fr/Page"),
        ("https://x.fr/a?utm_source=n&b=2&fbclid=1&mc_cid=3", "https://x.fr/a?b=2"),
        ("https://x.fr/?gclid=1", "https://x.fr/"),
        ("http://x.fr/a?copy=1&amp;d=3", "http://x.fr/a?copy=1&d=3"),
        ("http://http://x.fr", "http://x.fr/"),
        ("http:/x.fr", "http://x.fr/"),
        ("http:www.x.fr", "http://www.x.fr/"),
        ("https ://x.fr", "https://x.fr/"),
        ("http:// www.x.fr", "http://www.x.fr/"),
        ("http://a.fr http://b.fr", "http://a.fr/"),
        ("http://a.frhttp://b.fr", "http://a.fr/"),
        ("Facebook ; www.b.fr", "https://www.b.fr/"),
        ("(www.x.fr).", "https://www.x.fr/"),
        ("https://fr.wikipedia.org/wiki/Ruche_(lieu)", "https://fr.wikipedia.org/wiki/Ruche_(lieu)"),
        ("https://web.archive.org/web/2019/http://x.fr", "https://web.archive.org/web/2019/http://x.fr"),
        ("https://carte.org/annuaire#/fiche/A/1", "https://carte.org/annuaire#/fiche/A/1"),
        ("https://été.fr/café", "https://été.fr/caf%C3%A9"),
        ("https://bon.fr\\@mauvais.com", "https://bon.fr/@mauvais.com"),
        ("x.fr:8080/a", "https://x.fr:8080/a"),
    ],
)
def test_url_in_canonical_form(value: str, url: str) -> None:
    assert clean_url(value) == url


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.fr",
        "ftp://x.fr/a",
        "https://u:p@x.fr/",
        "a@b.fr",
        "Facebook",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "12.50",
        "http://x.fr:99999/",
        "https://",
        "voir le site",
    ],
)
def test_what_is_no_public_web_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a web address"):
        clean_url(value)


def test_a_refusal_does_not_tell_contact_details() -> None:
    with pytest.raises(ValueError, match="e-mail") as caught:
        clean_url("jeanne@exemple.fr")
    assert "exemple" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.emmaus.fr/a", "emmaus.fr"),
        ("https://atelier.emmaus.fr/", "emmaus.fr"),
        ("https://www.jardins.asso.fr/", "jardins.asso.fr"),
        ("https://shop.repair.co.uk/", "repair.co.uk"),
        ("https://monasso.wordpress.com/a", "monasso.wordpress.com"),
        ("https://wordpress.com/", None),
        ("https://www.facebook.com/lieu", None),
        ("https://fr-fr.facebook.com/lieu", None),
        ("https://www.helloasso.com/associations/x", None),
        ("https://sites.google.com/x", None),
        ("http://[", None),
        ("", None),
        ("http://192.168.0.1/", None),
    ],
)
def test_web_domain(url: str, domain: str | None) -> None:
    assert web_domain(url) == domain


@given(WILD)
def test_cleaners_refuse_or_give_what_they_keep(text: str) -> None:
    for clean in (clean_siren, clean_siret, clean_rna, clean_url):
        try:
            once = clean(text)
        except ValueError:
            continue
        assert once is None or clean(once) == once


@given(WILD)
def test_a_clean_url_is_http_without_user(text: str) -> None:
    try:
        url = clean_url(text)
    except ValueError:
        return
    if url is not None:
        assert url.startswith(("http://", "https://"))
        assert "@" not in url.split("/")[2]
        assert web_domain(url) is None or web_domain(url) in url


@pytest.mark.parametrize(
    ("value", "axis", "degrees"),
    [
        ("48.8566141234", "latitude", 48.856614),
        ("48,8566", "latitude", 48.8566),
        (" -21.11 ", "latitude", -21.11),
        ("48°51'24\"N", "latitude", 48.856667),
        ("27° 59' 16.799\" N", "latitude", 27.988),
        ("N 48 51.4", "latitude", 48.856667),
        ("2°21′ O", "longitude", -2.35),
        ("2.35 W", "longitude", -2.35),
        ("21°06'54S", "latitude", -21.115),
        ("48d51m24s", "latitude", 48.856667),
        (-1.5, "longitude", -1.5),
        (179, "longitude", 179.0),
    ],
)
def test_coordinate(value: str | float, axis: str, degrees: float) -> None:
    assert clean_coordinate(value, axis) == pytest.approx(degrees, abs=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["0", "0.0", 0, "nan", math.nan, math.inf, "91", "48856614", 10**400, "", "NR"])
def test_no_coordinate_is_none(value: str | float) -> None:
    assert clean_coordinate(value, "latitude") is None


@pytest.mark.parametrize("value", ["abc", "41.93414,8", "48.85 E", "N 48 S", "48°61'", "4 8.85", "48 rue du Port"])
def test_what_is_no_latitude_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a latitude"):
        clean_coordinate(value, "latitude")


@pytest.mark.parametrize(
    "value",
    [
        "48.85, 2.35",
        "48.85,2.35",
        "48,85 ; 2,35",
        "48,85, 2,35",
        "(48.85 2.35)",
        "POINT(2.35 48.85)",
        "SRID=4326;POINT Z (2.35 48.85 0)",
        [2.35, 48.85],
        {"type": "Point", "coordinates": [2.35, 48.85]},
        {"lat": 48.85, "lon": 2.35},
        {"Latitude": "48,85", "Longitude": "2,35"},
        '{"lat": "48.85", "lng": "2.35"}',
        "[2.35, 48.85]",
    ],
)
def test_one_point_in_all_its_forms(value: object) -> None:
    assert parse_point(value) == (48.85, 2.35)


@pytest.mark.parametrize(
    "value", [None, "", "NR", "0,0", "POINT EMPTY", [], {}, {"lat": None, "lon": 2.35}, [0, 0], "95, 2"]
)
def test_no_point_is_none(value: object) -> None:
    assert parse_point(value) is None


@pytest.mark.parametrize(
    "value", ["48,85", "Nantes", [1], [[1, 2], [3, 4]], {"a": 1}, 12, "[" * 9000, '{"lat": [1], "lon": 2}']
)
def test_what_is_no_point_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_point(value)


@given(st.one_of(WILD, st.text("0123456789.,;-+°'\" NSEWO()", max_size=20)))
def test_wild_points_are_refused_or_on_earth(text: str) -> None:
    try:
        point = parse_point(text)
    except ValueError:
        return
    assert point is None or (-90 <= point[0] <= 90 and -180 <= point[1] <= 180)
