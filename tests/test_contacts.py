"""People's contact details: none is published, and nothing else is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalise.contacts import (
    MARKER,
    contacts_in_address,
    emails_in,
    find_contacts,
    phones_in,
    quotable,
    scrub,
)
from transforms.normalise.text import clean_paragraphs

PIECES = [
    "jean",
    "@",
    "x.fr",
    "(at)",
    " ",
    "[arobase]",
    ".",
    "point",
    "06",
    "12",
    "34",
    "+33",
    "00",
    "0",
    "-",
    "/",
    "tel:",
    "%40",
]
PIECES += ["\xa0", "\n", "1", "at", "dot", "fr", "(0)", "+44", "7946 0958", "mailto:", "_at_", ",", "é", "wa.me/", "٠"]
WILD = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))

EMAILS = [
    "jeanne@exemple.fr",
    "jeanne.dupont+lettre@mairie-lyon.fr",
    "mailto:jeanne@exemple.fr",
    "jeanne%40exemple.fr",
    "jeanne (at) exemple.fr",
    "jeanne(a)exemple.fr",
    "jeanne [arobase] exemple . fr",
    "jeanne arobase exemple point fr",
    "jeanne at exemple dot org",
    "jeanne (point) dupont (at) exemple (point) fr",
    "jeanne @ exemple.fr",
    "jeanne&#64;exemple.fr",
    "hélène@été.fr",
    "jeanne@xn--t-9fa.fr",
]
PHONES = [
    "02 40 12 34 56",
    "02.40.12.34.56",
    "02-40-12-34-56",
    "02/40/12/34/56",
    "0240123456",
    "02 - 40 - 12 - 34 - 56",
    "02\xa040\u202f12 34\xa056",
    "(02) 40 12 34 56",
    "+33 2 40 12 34 56",
    "+33 (0)2 40 12 34 56",
    "+33240123456",
    "0033 2 40 12 34 56",
    "0262 12 34 56",
    "+262 692 12 34 56",
    "+590 590 12 34 56",
    "0 800 123 456",
    "+32 2 512 34 56",
    "+44 20 7946 0958",
    "+1 (416) 555-0123",
    "tel:+33240123456",
    "wa.me/33612345678",
]


@pytest.mark.parametrize("contact", EMAILS + PHONES)
@pytest.mark.parametrize("frame", ["{}", "Écrire à {}, merci.", "Accueil : {} (le matin)", "75012 Paris, {} !"])
def test_contacts_are_taken_out_and_the_rest_stays(contact: str, frame: str) -> None:
    assert scrub(frame.format(contact)) == (frame.format(MARKER), 1)


def test_the_gate_names_what_it_finds_in_order() -> None:
    text = "Tél. 02 40 12 34 56 ou 06.12.34.56.78, jeanne@exemple.fr"
    assert find_contacts(text) == ["02 40 12 34 56", "06.12.34.56.78", "jeanne@exemple.fr"]
    assert scrub(text) == (f"Tél. {MARKER} ou {MARKER}, {MARKER}", 3)


def test_neighbours_are_told_apart() -> None:
    assert scrub("0240123456/0612345678") == (f"{MARKER}/{MARKER}", 2)
    assert scrub("02 40 12 34 56 06 12 34 56 78") == (f"{MARKER} {MARKER}", 2)
    assert scrub("+33 2 40 12 34 56 44000 Nantes") == (f"{MARKER} 44000 Nantes", 1)


@pytest.mark.parametrize(
    "text",
    [
        "SIRET 732 829 320 00074, SIREN 732 829 320",
        "73282932000074 ou 012 345 678 00012",
        "552 081 317 00331 75011 Paris",
        "01000 02000 44300 Nantes",
        "12/03/2019, 2019-03-12, 01.02.2019 - 03.04.2019",
        "01/02/2019-03 et 01 02 2019 2020",
        "2 633 276 € en 2019-2020",
        "+10 000 000 habitants, +250 000 000 €, 10 012 345 678 €",
        "48.856614, 2.352222 et -0.612345678",
        "POINT (3.005824 43.189834)",
        "W751012345 GB-0031014075 00311214-30a1-4fe0-a5e0-0dfcccd6585f",
        "ISBN 978-2-07-036822-8, 0-387-75936-4",
        "Ouvert 9h-12h, 14h00-18h30, ou 09-12 14-18",
        "meet at example.org, suivez @exemple",
        "it starts at this point and grows",
        "le projet (a) démarré. Il continue",
        "photo@2x.png",
        "https://www.google.com/maps/@48.85,2.35,15z",
        "[email protected]",
        MARKER,
    ],
)
def test_what_is_no_contact_stays(text: str) -> None:
    assert scrub(text) == (text, 0)
    assert find_contacts(text) == []


@given(WILD)
@settings(max_examples=400, deadline=None)
def test_a_scrubbed_text_passes_the_gate(text: str) -> None:
    clean, removed = scrub(text)
    assert find_contacts(clean) == []
    assert scrub(clean) == (clean, 0)
    assert removed > 0 or clean == text


@given(st.sampled_from(EMAILS + PHONES), st.sampled_from(EMAILS + PHONES), st.text("., ;\n()", min_size=1, max_size=4))
def test_any_two_contacts_leave_nothing_behind(first: str, second: str, between: str) -> None:
    clean, removed = scrub(f"{first}{between}{second}")
    assert removed >= 1
    assert not any(part in clean for part in ("jeanne", "exemple", "12 34", "7946", "123456"))


def test_scrubbed_paragraphs_stay_clean_text() -> None:
    clean, _ = scrub("Un lieu.\n\nContact : jeanne@exemple.fr")
    assert clean_paragraphs(clean) == "Un lieu.\n\nContact : …"
    assert scrub("Contact : jeanne@exemple.fr, le lundi")[0] == f"Contact : {MARKER}, le lundi"


def test_quotable_is_short_one_line_and_without_contacts() -> None:
    assert quotable("a\n b jeanne@exemple.fr") == f"a b {MARKER}"
    assert len(quotable("mot " * 1000, 40)) <= 40


@pytest.mark.parametrize(
    ("url", "contact"),
    [
        ("https://x.fr/?mail=jeanne@exemple.fr", "jeanne@exemple.fr"),
        ("https://x.fr/contact/jeanne%40exemple.fr/", "jeanne@exemple.fr"),
        ("https://x.fr/?u=jeanne%2540exemple.fr", "jeanne@exemple.fr"),
        ("https://x.fr/?u=jeanne&#64;exemple.fr", "jeanne@exemple.fr"),
        ("https://x.fr/mailto:jeanne@exemple.fr", "mailto:jeanne@exemple.fr"),
        ("https://jeanne@exemple.fr/", "jeanne@exemple.fr"),
        ("https://wa.me/33612345678", "wa.me/33612345678"),
        ("https://wa.me/+33612345678?text=1", "wa.me/+33612345678"),
        ("https://api.whatsapp.com/send?phone=33612345678", "phone=33612345678"),
        ("https://api.whatsapp.com/send/?text=a&phone=%2B33%206%2012%2034%2056%2078", "phone=+33 6 12 34 56 78"),
        ("tel:0612345678", "tel:0612345678"),
        ("https://x.fr/tel:+33-6-12-34-56-78", "tel:+33-6-12-34-56-78"),
        ("sms:+33612345678", "sms:+33612345678"),
        ("https://signal.me/#p/+33612345678", "signal.me/#p/+33612345678"),
        ("https://x.fr/appel?n=%2B33612345678", "+33612345678"),
    ],
)
def test_contacts_in_addresses(url: str, contact: str) -> None:
    [found] = contacts_in_address(url)
    assert contact in found


@pytest.mark.parametrize(
    "url",
    [
        "http://www.mairie.fr/index.php/2013-02-07-16-24-54/jeunesse",
        "https://x.fr/0612345678",
        "https://x.fr/article-06-12-34-56-78.html?id=0240123456",
        "https://x.fr/meet_at_paris.html",
        "https://www.google.com/maps/@48.8566,2.3522,15z",
        "https://medium.com/@jeanne",
        "https://x.fr/photo@2x.png",
        "https://x.fr/hotel=1234567",
        "https://x.fr/recherche?q=%2B5000000",
        "",
    ],
)
def test_digits_and_words_of_addresses_are_no_contacts(url: str) -> None:
    assert contacts_in_address(url) == []


@given(st.one_of(WILD, st.lists(st.sampled_from([*PIECES, "https://x.fr/", "%25", "phone=", "&amp;"])).map("".join)))
def test_any_text_can_be_asked_for_contacts_in_it(text: str) -> None:
    assert all(isinstance(found, str) for found in contacts_in_address(text))


@given(
    st.sampled_from(["jeanne@exemple.fr", "jeanne%40exemple.fr", "jeanne%2540exemple.fr"]),
    st.text("abc/?&=", max_size=9),
)
def test_an_address_hides_no_email(email: str, path: str) -> None:
    assert contacts_in_address(f"https://x.fr/{path}/{email}") != []


def test_addresses_are_read_from_their_disguises() -> None:
    text = "Contact@example.org ; nom (at) example point org, mailto:info@example.org a%40example.org"
    assert emails_in(text) == ["Contact@example.org", "nom@example.org", "info@example.org", "a@example.org"]


@pytest.mark.parametrize(
    ("field", "numbers"),
    [
        ("02 61 91 00 00 / 06 00 00 00 00", ["02 61 91 00 00", "06 00 00 00 00"]),
        ("02 61 91 00 00 06 00 00 00 00", ["02 61 91 00 00", "06 00 00 00 00"]),
        ("02.61.91.00.00", ["02.61.91.00.00"]),
        ("261910000", ["261910000"]),
        ("36 46", []),
        ("sur place", []),
    ],
)
def test_numbers_of_a_field(field: str, numbers: list[str]) -> None:
    assert phones_in(field) == numbers


def test_a_quotation_cut_short_lays_no_number_bare() -> None:
    assert find_contacts(quotable("x" * 46 + " 06 00 00 00 0006 00 00 00 00")) == []
