"""The licence register, and what follows from it: who may publish what."""

from __future__ import annotations

import re

import pytest

from transforms.rights import FACTS_ONLY, check_licence, expression, register


@pytest.mark.parametrize("id", register())
def test_a_licence_says_no_more_than_it_can(id: str) -> None:
    licence = register()[id]
    assert re.fullmatch(r"none|[A-Za-z0-9.-]+", id)
    assert licence.url.startswith("https://") or id == "none"
    # What forbids trade or changes is not open, whatever else it allows (Open Definition 2.1).
    assert not (licence.open and re.search(r"-N[CD]\b|^none$", id))
    assert licence.commercial == ("-NC" not in id and id != "none")
    assert licence.share_alike == bool(re.search(r"-SA\b|^ODbL", id))


def test_every_family_is_there() -> None:
    families = "etalab- ODbL- ODC-By- PDDL- CC0- CC-BY-4 CC-BY-SA- CC-BY-NC- CC-BY-ND- OGL-"
    for beginning in families.split():
        assert any(id.startswith(beginning) for id in register()), beginning


def test_an_unknown_licence_is_told_with_those_there_are() -> None:
    [fault] = check_licence("WTFPL")
    assert 'found "WTFPL"' in fault
    assert "etalab-2.0" in fault
    assert check_licence("ODbL-1.0") == []


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([], FACTS_ONLY),
        (["none", "CC-BY-NC-4.0", "CC-BY-ND-4.0"], FACTS_ONLY),
        (["none", "etalab-2.0"], "etalab-2.0"),
        (["ODbL-1.0", "CC-BY-4.0", "ODbL-1.0"], "CC-BY-4.0 AND ODbL-1.0"),
        (["ODbL-1.0", "CC-BY-SA-4.0"], "ODbL-1.0"),  # its texts stand apart, its facts ask for nothing
        (["CC-BY-SA-4.0"], FACTS_ONLY),
    ],
)
def test_the_licence_of_what_is_merged(ids: list[str], told: str) -> None:
    assert expression(ids) == told
