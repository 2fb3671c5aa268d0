"""Web addresses: valid in one form, or refused with a reason; and whose site they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.urls import clean_url, web_domain

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
]
WILD = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@pytest.mark.parametrize("value", ["", " ", "NR", "null", "-"])
def test_nothing_is_none(value: str) -> None:
    assert clean_url(value) is None


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
def test_a_clean_url_is_kept_as_it_is(text: str) -> None:
    try:
        once = clean_url(text)
    except ValueError:
        return
    assert once is None or clean_url(once) == once


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
    ("written", "url"),
    [
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexemple.org%2Fa%3Fb%3D1%26fbclid%3Dx&h=A", "https://exemple.org/a?b=1"),
        ("https://www.google.com/url?sa=D&q=https://exemple.org/&usg=x", "https://exemple.org/"),
        ("https://exemple.org/accueil;jsessionid=1A2B.node1?id=3", "https://exemple.org/accueil?id=3"),
        ("<https://exemple.org>", "https://exemple.org/"),
        ("https://www.google.com/maps/place/Nantes", "https://www.google.com/maps/place/Nantes"),
    ],
)  # fmt: skip
def test_detours_and_sessions_are_left_out(written: str, url: str) -> None:
    assert clean_url(written) == url
    assert clean_url(url) == url
