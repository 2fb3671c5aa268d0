"""The line of an address beside its postcode and commune."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.geocode.address_line import address_line

NANTES = ("44000",), ("Nantes", "NANTES CEDEX 1", "Loire-Atlantique", "Pays de la Loire"), "44"
PARIS = ("75013", None), ("Paris", None, "Paris", "Île-de-France"), "75"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("3 quai Neuf, 44000 Nantes", "3 quai Neuf"),
        ("3 quai Neuf 44 000 NANTES CEDEX 1 France", "3 quai Neuf"),
        ("3 quai Neuf, 44041 Nantes Cedex 1, France", "3 quai Neuf"),
        ("3 quai Neuf - F-44000 Nantes - Loire-Atlantique", "3 quai Neuf"),
        ("3 quai Neuf (44000 Nantes)", "3 quai Neuf"),
        ("3 quai Neuf, Nantes (44)", "3 quai Neuf"),
        ("44000 Nantes, 3 quai Neuf", "3 quai Neuf"),
        ("3 quai Neuf, Cedex 9", "3 quai Neuf"),
        ("3 quai Neuf, Bellevue, 44000 Nantes", "3 quai Neuf, Bellevue"),
        ("BP 44000, 44000 Nantes", "BP 44000"),
        ("BP 12345 44041 Nantes Cedex 1", "BP 12345"),
        ("44000 Nantes, 44000", None),
        ("Nantes", None),
        (" , ", None),
        ("", None),
        # What says more, or something else, stays.
        ("12 rue de Nantes", "12 rue de Nantes"),
        ("12 rue de Nantes, 44300 Nantes", "12 rue de Nantes, 44300 Nantes"),
        ("Le Bourg, 44000 Saint-Rémy", "Le Bourg, Saint-Rémy"),
        ("12 Nantes", "12 Nantes"),
    ],
)
def test_an_address_does_not_say_its_postcode_and_town_once_more(address: str, line: str | None) -> None:
    assert address_line(address, *NANTES) == line


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("75013 Paris, 75013", None),
        ("Paris 13e", None),
        ("75231 PARIS CEDEX 05", None),
        ("5 rue Neuve 75013 Paris 13e", "5 rue Neuve"),
        ("5 rue Neuve, 75000 Paris", "5 rue Neuve"),
        ("5 rue Neuve, Paris 13ème arrondissement", "5 rue Neuve"),
        ("5 rue de Paris", "5 rue de Paris"),
    ],
)
def test_arrondissements_and_cedex_are_the_town_too(address: str, line: str | None) -> None:
    assert address_line(address, *PARIS) == line


PIECES = st.sampled_from(
    ["44000", "44 000", "F-44000", "44300", "Nantes", "NANTES", "CEDEX", "1", "Paris", "12", "rue", "de", ",", "-", "(",
     ")", ";", "France", "44", "BP", "Loire-Atlantique", "\n", "|", "st"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=9).map(" ".join)))
def test_a_line_is_its_own_line(address: str) -> None:
    line = address_line(address, *NANTES)
    assert line is None or (line == line.strip() and address_line(line, *NANTES) == line)
