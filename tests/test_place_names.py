"""Normal forms of place names and codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.geocode.names import (
    arrondissement_number,
    clean_insee_code,
    clean_postcode,
    place_key,
    postcode_departements,
    short_key,
)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Saint-Étienne", "saint etienne"),
        ("ST ETIENNE CEDEX 2", "saint etienne"),
        ("Ste-Foy-lès-Lyon", "sainte foy les lyon"),
        ("Arc-lez-Gray", "arc les gray"),
        ("Œuilly", "oeuilly"),
        ("L’Haÿ-les-Roses", "l hay les roses"),
        ("Mans (Le)", "le mans"),
        ("Abergement-Clémenciat (L')", "l abergement clemenciat"),
        ("CHALON S/ SAONE", "chalon sur saone"),
        ("Bourg s/s La Roche", "bourg sous la roche"),
        ("N-D de Bondeville", "notre dame de bondeville"),
        ("ND DE BONDEVILLE", "notre dame de bondeville"),
        ("Paris 11e Arrondissement", "paris"),
        ("LYON 03", "lyon"),
        ("Marseille 1er", "marseille"),
        ("BP 40123 Nantes Cedex", "nantes"),
        ("CS 10013 RENNES", "rennes"),
        ("", ""),
        ("44000", ""),
    ],
)
def test_key(written: str, key: str) -> None:
    assert place_key(written) == key


def test_short_key_drops_link_words_but_not_everything() -> None:
    assert short_key("la roche sur yon") == "roche yon"
    assert short_key("les") == "les"


@given(st.text())
def test_key_is_idempotent_and_plain(text: str) -> None:
    key = place_key(text)
    assert place_key(key) == key
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz ")


@given(st.lists(st.sampled_from(["St", "s/", "N", "D", "cedex", "BP", "12", "e", "(le)", "Paris", "-", "arr"])))
def test_key_is_idempotent_on_abbreviations(words: list[str]) -> None:
    key = place_key(" ".join(words))
    assert place_key(key) == key


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("44000", "44000"),
        ("1000", "01000"),
        ("44 000", "44000"),
        ("44\u00a0000", "44000"),
        ("F-67000", "67000"),
        ("FR-75011", "75011"),
        ("44000.0", "44000"),
        (" 20200 ", "20200"),
        ("97411", "97411"),
        ("2A004", None),
        ("0", None),
        ("00350", None),
        ("99120", None),
        ("440000", None),
        ("44000 Nantes", None),
        ("", None),
    ],
)
def test_postcode(written: str, code: str | None) -> None:
    assert clean_postcode(written) == code


@given(st.text())
def test_postcode_is_five_figures_or_nothing(text: str) -> None:
    code = clean_postcode(text)
    assert code is None or (len(code) == 5 and code.isdigit() and clean_postcode(code) == code)


@pytest.mark.parametrize(
    ("written", "code"),
    [("1053", "01053"), ("2a004", "2A004"), ("44109.0", "44109"), ("2C004", None), ("441090", None), ("", None)],
)
def test_insee_code(written: str, code: str | None) -> None:
    assert clean_insee_code(written) == code


@pytest.mark.parametrize(
    ("postcode", "departements"),
    [
        ("44000", ("44",)),
        ("20000", ("2A",)),
        ("20137", ("2A",)),
        ("20200", ("2B",)),
        ("20620", ("2B",)),
        ("20700", ("2A", "2B")),
        ("97400", ("974",)),
        ("97150", ("978",)),
        ("98800", ("988",)),
    ],
)
def test_departements_of_a_postcode(postcode: str, departements: tuple[str, ...]) -> None:
    assert postcode_departements(postcode) == departements


@pytest.mark.parametrize(
    ("written", "number"),
    [("Paris 11e", 11), ("LYON 03", 3), ("Marseille, 1er arr.", 1), ("3ème arrondissement", 3), ("Paris", None)],
)
def test_arrondissement_number(written: str, number: int | None) -> None:
    assert arrondissement_number(written) == number
