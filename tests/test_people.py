"""Contacts that may be published and people who may not, on a set made by hand; nothing in it is anybody's."""

from __future__ import annotations

import re

import pytest

from transforms.normalise import people
from transforms.normalise.chosen_contacts import ANYWHERE, Contacts, choose_contacts
from transforms.normalise.contacts import MARKER
from transforms.normalise.cut_names import CutNames
from transforms.normalise.keys import public_key
from transforms.normalise.language import detect_language
from transforms.normalise.people import (
    betrays_person,
    email_kind,
    phone_kind,
    plain_email,
    plain_phone,
    policy,
    private_contacts,
)
from transforms.normalise.person_names import hide_names, names_person
from transforms.normalise.text import words

FREE = "gmail.com"
"""Where anybody opens a mailbox; below it is written "free"."""

# Addresses of organisations as directories write them, towns and sites made up.
GENERIC = words("""
contact@lieu.example.org accueil@lieu.example.org mairie@ville.example.org info@lieu.example.org infos44@example.org
secretariat.general@example.org contact.nantes@example.org bonjour@lieu.example.org hello@lieu.example.org
mairie-du-bourg@free mairie.saint.paul@free ccas@ville.example.org mediatheque@ville.example.org
epn.lebourg@free msap.lebourg@free fablab-lebourg@free amap.lebourg@free asso.lelieu@free
direction@centre.example.org lebourg.accueil@example.org centresocial.lebourg@free communication@example.org
benevolat@example.org adhesion@example.org contactlelieu@free mairiedubourg@free infojeunes@example.org
ressourcerie@example.org epicerie.solidaire@free lieu@lieu.example.org 0440012x@ac-exemple.fr
ce.0440012x@ac-exemple.fr office@example.org enquiries@example.org volunteer@example.org press@example.org
franceservices@ville.example.org pij.lebourg@free cyberbase@ville.example.org kontakt@example.org
""")
# Somebody's, or not surely anything else.
PRIVATE = words("""
jeanne.exemple@lieu.example.org j.exemple@lieu.example.org jeanne@lieu.example.org jeanne-exemple@free
jexemple44@free quidam@free contact.jeanne@example.org exemple.jeanne@ville.example.org mexemple@asso.example.org
jean-paul.exemple@ville.example.org p.jardin@example.org lesexemples@free xyzzy@free marie@mairie.example.org
""")


def at(address: str) -> str:
    """The address in full."""
    return re.sub(r"@free$", f"@{FREE}", address)


@pytest.mark.parametrize("address", sorted(GENERIC))
def test_addresses_of_organisations_are_kept(address: str) -> None:
    assert email_kind(at(address)) == "generic"
    assert not betrays_person(at(address))
    assert plain_email(at(address)) == at(address)


@pytest.mark.parametrize("address", sorted(PRIVATE))
def test_addresses_of_people_are_not(address: str) -> None:
    assert email_kind(at(address), ["Le Lieu", "Nantes"]) == "private"


def test_a_name_beside_an_address_speaks_for_it_on_a_domain_of_its_own_only() -> None:
    assert email_kind("solilieu@asso.example.org") == "private"
    assert email_kind("solilieu@asso.example.org", ["Le Solilieu"]) == "generic"
    assert email_kind("grandbourg-nord@reseau.example.org", ["Agence du Grandbourg"]) == "generic"
    assert email_kind("grandbourg.nord@reseau.example.org", ["Agence du Grandbourg"]) == "private"  # as prenom.nom@
    assert email_kind(at("solilieu@free"), ["Le Solilieu"]) == "private"
    assert email_kind("dupontjeanne@asso.example.org", ["Jeanne Dupont"]) == "private"


@pytest.mark.parametrize(
    ("written", "country", "plain", "kind"),
    [
        ("02 61 91 00 00", "FR", "+33261910000", "generic"),
        ("261910000", "FR", "+33261910000", "generic"),
        ("+33 (0)2 61 91 00 00", ANYWHERE, "+33261910000", "generic"),
        ("02.61.91.00.00 poste 12", "FR", "+33261910000", "generic"),
        ("0262 12 34 56", "FR", "+262262123456", "generic"),
        ("0800 123 456", "FR", "+33800123456", "generic"),
        ("09 72 12 34 56", "FR", "+33972123456", "generic"),
        ("06 00 00 00 00", "FR", "+33600000000", "private"),
        ("0692 12 34 56", "FR", "+262692123456", "private"),
        ("+44 20 7946 0958", ANYWHERE, "+442079460958", "generic"),
        ("020 7946 0958", "GB", "+442079460958", "generic"),
        ("+1 212 555 0100", ANYWHERE, "+12125550100", "private"),
        ("36 46", "FR", None, "private"),
        ("sur place", "FR", None, "private"),
        ("00 00 00 00 00", "FR", None, "private"),
    ],
)
def test_numbers_take_one_form_and_mobiles_are_private(
    written: str, country: str | None, plain: str | None, kind: str
) -> None:
    assert plain_phone(written, country) == plain
    assert phone_kind(written, country) == kind


@pytest.mark.parametrize(
    "text", ["Mme Martine D.", "M. Exemple", "Monsieur Jean Exemple", "Jean EXEMPLE", "Mlle Anne-Marie Exemple"]
)
def test_people_in_place_of_an_organisation_are_known(text: str) -> None:
    assert names_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Monsieur Bricolage", "Mademoiselle Vrac", "Emmaüs FRANCE", "Mairie de Lyon", "MJC NANTES", "JEAN JAURES",
        "Jean Jaurès", "Centre social Simone Veil", "", "Les Amis de Mme Exemple", "Marie de Lyon",
    ],
)  # fmt: skip
def test_shops_schools_and_towns_are_no_people(text: str) -> None:
    assert not names_person(text)


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("Contact : Mme Exemple au bureau", f"Contact : {MARKER} au bureau", 1),
        ("Renseignements auprès de Jeanne Exemple, le lundi", f"Renseignements auprès de {MARKER}, le lundi", 1),
        ("Référente : Anne Exemple. Joindre Mme Autre", f"Référente : {MARKER}. Joindre {MARKER}", 2),
        ("Contact : Maison Jean Vilar", "Contact : Maison Jean Vilar", 0),
        ("Contactez Monsieur le maire", "Contactez Monsieur le maire", 0),
        ("Le parc Jean Vilar et l'école Mme de Staël", "Le parc Jean Vilar et l'école Mme de Staël", 0),
    ],
)
def test_people_named_as_contacts_are_hidden(text: str, shown: str, hidden: int) -> None:
    assert hide_names(text) == (shown, hidden)
    assert hide_names(shown) == (shown, 0)


def test_the_first_generic_contact_is_chosen_and_the_private_ones_are_counted() -> None:
    emails, phones = "jeanne.exemple@lieu.example.org; Contact@Lieu.example.org", "06 00 00 00 00 / 02 61 91 00 00"
    chosen = choose_contacts(emails, phones, [], ["Le Lieu"], "FR")
    assert chosen == Contacts("contact@lieu.example.org", "+33261910000", 1, 1)


def test_an_address_in_a_text_counts_when_it_is_alone() -> None:
    assert choose_contacts("", "", ["écrire à info (at) example.org"], ["Le Lieu"]).email == "info@example.org"
    assert choose_contacts("", "", ["info@example.org ou accueil@example.com"], ["Le Lieu"]).email is None
    assert choose_contacts("", "", ["jeanne.exemple@example.org"], ["Le Lieu"]).email is None


def test_nothing_of_a_person_is_generic() -> None:
    chosen = choose_contacts("contact@example.org", "02 61 91 00 00", [], ["Mme Jeanne Exemple"], "FR")
    assert chosen == Contacts(None, None, 1, 1)


def test_the_policy_can_drop_all(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from transforms.normalise import chosen_contacts

    strict = dataclasses.replace(policy(), keep_generic=False)
    monkeypatch.setattr(chosen_contacts, "policy", lambda: strict)
    assert choose_contacts("contact@example.org", "02 61 91 00 00", [], ["Le Lieu"], "FR") == Contacts(None, None, 0, 0)


def test_a_policy_that_says_neither_is_refused() -> None:
    with pytest.raises(ValueError, match='write "keep" or "drop"'):
        people._kept({"generic_contacts": "perhaps"}, "generic_contacts")


def test_the_gates_look_for_private_ones_only() -> None:
    text = "contact@example.org, jeanne.exemple@example.org, +33261910000, +33600000000"
    assert private_contacts(text) == ["jeanne.exemple@example.org", "+33600000000"]


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("Le Lieu|Nantes", True), ("0261910000", True), ("bcba6107-0760-4853-91ca-1d83498a01c2", True), ("", True),
        ("55208131766522-ACI", True), ("Le Lieu|02 61 91 00 00", False), ("jeanne@example.org", False),
        ("Le Lieu jeanne (at) example.org", False),
    ],
)  # fmt: skip
def test_keys_that_hold_a_contact_are_hidden(key: str, kept: bool) -> None:
    shown = public_key(key)
    assert (shown == key) is kept
    assert public_key(shown) == shown
    assert kept or (shown.startswith("key-") and len(shown) == 20)


def test_names_cut_by_their_source_are_recognised() -> None:
    full = ("Association pour la promotion du bourg", "Communauté de communes du Bourg", "Fédération des foyers ruraux")
    cut = [name[:28] for name in full]
    names = CutNames()
    for position, name in enumerate(["Le Lieu", *cut, "Une association du bourg"], 1):
        names.see(name, str(position), position)
    assert [key for key, _, _ in names.found()] == ["2", "3", "4"]
    whole = CutNames()
    for position, name in enumerate(["Association des amis du bourg", "Association du grand bourg", cut[0]], 1):
        whole.see(name, str(position), position)
    assert whole.found() == []


@pytest.mark.parametrize(
    ("text", "usual", "language"),
    [
        ("Un lieu pour se rencontrer et pour réparer avec les habitants qui sont dans le besoin", None, "fr"),
        ("A place where people meet and repair with the neighbours who are in need of help", "fr", "en"),
        ("Ein Ort, an dem die Nachbarn sich treffen und mit anderen reparieren, was nicht mehr geht", "fr", "de"),
        ("Accueil, conseil, démarches de base, impression de documents, prêt de tablettes, initiation", "fr", "fr"),
        ("Le Lieu", None, None),
        ("A place open to all in the area with a café, workshops and a shared garden through the week", "fr", "en"),
        ("Un espacio abierto a todas las personas del barrio, con talleres y un huerto toda la semana", "fr", "es"),
        ("Un lloc obert a tothom del barri, amb tallers i activitats per a la gent gran i els joves", "fr", "ca"),
    ],
)
def test_languages(text: str, usual: str | None, language: str | None) -> None:
    assert detect_language(text, usual) == language
