"""Names: one form to compare, one form to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.names import name_key, restore_case, spell_town

PIECES = [
    "ASSOCIATION",
    "LOI",
    "1901",
    "L'",
    "D ",
    " ",
    ".",
    "A",
    "S.C.I.C.",
    "&",
    "ÉCOLE",
    "-",
    "SCOP",
    "Œ",
    "12EME",
    "ß",
    "ǅ",
]
WILD = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Association L'Atelier d'Émilie", "atelier emilie"),
        ("SCOP Café & Cie (SARL)", "cafe cie"),
        ("Café et Cie", "cafe cie"),
        ("A.M.A.P. du Val d'Oise", "amap val oise"),
        ("S.C.I.C. Les 3 P'tits Pois", "3 p tits pois"),
        ("A F A I Agro Formation", "afai agro formation"),
        ("Asso loi de 1901 Œuvre", "oeuvre"),
        ("Coopérative d'activité et d'emploi Clara", "clara"),
        ("Société coopérative d'intérêt collectif Enercoop", "enercoop"),
        ("The Repair Café Ltd", "repair cafe"),
        ("Scopitone", "scopitone"),
        ("東京 Lab", "東京 lab"),
        ("L'Association", "l association"),
        ("La SCOP", "la scop"),
        ("***", ""),
    ],
)
def test_name_key(name: str, key: str) -> None:
    assert name_key(name) == key


def test_variants_of_one_name_have_one_key() -> None:
    variants = [
        "RESSOURCERIE DE L'ÎLE",
        "La ressourcerie de l’île",
        "Association « Ressourcerie de l'Ile »",
        "ressourcerie-ile SCIC",
    ]
    assert {name_key(name) for name in variants} == {"ressourcerie ile"}


@given(WILD)
def test_key_is_stable_and_only_empty_without_letters_or_digits(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert bool(key) or not any(char.isascii() and char.isalnum() for char in name)


@pytest.mark.parametrize(
    ("capitals", "title"),
    [
        ("L'ATELIER D'ÉMILIE", "L'Atelier d'Émilie"),
        ("SAINT-ETIENNE-DU-ROUVRAY", "Saint-Etienne-du-Rouvray"),
        ("AMIS DE LA MJC DU VAL-D'OISE", "Amis de la MJC du Val-d'Oise"),
        ("AUJOURD'HUI LES P'TITS", "Aujourd'hui les P'tits"),
        ("AIDE A DOMICILE", "Aide à Domicile"),
        ("ÎLE DE RÉ À VÉLO", "Île de Ré à Vélo"),
        ("COTE D OR", "Cote d'Or"),
        ("I D E O", "I D E O"),
        ("FABLABS ET AMAPS", "FabLabs et AMAPs"),
        ("A.D.M.R. DU 12EME", "A.D.M.R. du 12eme"),
        ("CENTRE SOCIAL - LA MAISON (LE PHARE)", "Centre Social - La Maison (Le Phare)"),
        ("LOUIS XIV ET CPTS", "Louis XIV et CPTS"),
        ("ST BRIEUC", "St Brieuc"),
        ("O'CONNOR", "O'Connor"),
    ],
)
def test_capitals_become_title_case(capitals: str, title: str) -> None:
    assert restore_case(capitals) == title


@pytest.mark.parametrize("name", ["TERA", "LOAD", "PLAKK", "VRAC", "ÉCHO", "LE", "MJC"])
def test_a_name_of_one_short_word_is_a_brand(name: str) -> None:
    assert restore_case(name) == name


@pytest.mark.parametrize(("name", "title"), [("ATELIER", "Atelier"), ("LE VRAC", "Le Vrac"), ("L'ÎLE", "L'Île")])
def test_longer_names_and_those_of_several_words_are_no_brands(name: str, title: str) -> None:
    assert restore_case(name) == title


@pytest.mark.parametrize("name", ["Mixed CASE", "Café de l'Europe", "AMAP", "iD", "123", "", "東京"])
def test_other_names_are_left_alone(name: str) -> None:
    assert restore_case(name) == name


@given(WILD)
def test_restoring_twice_changes_nothing(name: str) -> None:
    once = restore_case(name)
    assert restore_case(once) == once


@pytest.mark.parametrize(
    ("name", "town", "spelled"),
    [
        ("Amis de Saint Etienne du Rouvray", "Saint-Étienne-du-Rouvray", "Amis de Saint-Étienne-du-Rouvray"),
        ("Mjc Saint-Etienne", "Saint-Étienne", "Mjc Saint-Étienne"),
        ("Le Reve", "Nantes", "Le Reve"),
        ("Etienne Solidaire", "Saint-Étienne", "Etienne Solidaire"),
        ("Saint-Etienneville", "Saint-Étienne", "Saint-Etienneville"),
        ("Eus", "Eu", "Eus"),
    ],
)
def test_a_town_gives_its_accents_back(name: str, town: str, spelled: str) -> None:
    assert spell_town(name, town) == spelled
    assert spell_town(spelled, town) == spelled


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("UDAF DE LA SARTHE", "UDAF de la Sarthe"),
        ("RESEAU COORACE BRETAGNE", "Réseau COORACE Bretagne"),
        ("EHPAD MJC ESAT CIAS", "EHPAD MJC ESAT CIAS"),
    ],
)
def test_long_acronyms_are_known_by_a_list(name: str, shown: str) -> None:
    assert restore_case(name) == shown


def test_lost_accents_are_given_back_to_words_that_cannot_be_read_otherwise() -> None:
    assert restore_case("ECOLE ET MEDIATHEQUE DU PORT") == "École et Médiathèque du Port"
    assert restore_case("SOCIETE DES PECHEURS, MARCHE COUVERT") == "Société des Pecheurs, Marche Couvert"  # pécheurs?
    assert restore_case("Ecole du port") == "Ecole du port"  # whoever wrote small letters is not corrected
