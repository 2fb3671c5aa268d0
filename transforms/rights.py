"""Licences: the register (`rights.toml`), and the licence of what is merged from several sources."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

FACTS_ONLY = "LicenseRef-facts-only"
"""SPDX reference for a row that uses facts of sources without an open licence, and nothing else."""


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of the register.

    `open` allows sentences, pictures and contacts to be published, `share_alike` binds what is made of it,
    `attribution` asks for the publisher's name, `commercial` allows use in trade.
    """

    id: str
    title: str
    url: str
    open: bool
    share_alike: bool
    attribution: bool
    commercial: bool


@cache
def register() -> dict[str, Licence]:
    """Return the licence register by id."""
    text = resources.files("transforms").joinpath("rights.toml").read_text(encoding="utf-8")
    return {id: Licence(id, **found) for id, found in tomllib.loads(text).items()}


ATTRIBUTION_LICENCE = "etalab-2.0"
"""Under which what is merged without share-alike sources is published; it takes in CC BY, CC0, OGL and the like."""

DATABASE_LICENCE = "ODbL-1.0"
"""Under which whatever holds values of ODbL sources is published."""


class Family(StrEnum):
    """What a licence allows to be merged with what; docs/release.md has the reasoning.

    `ATTRIBUTION`: asks for the publisher's name at most; goes into every table. `DATABASE`: the ODbL, which binds any
    database made with its values; goes into tables under the ODbL. `TEXTS`: share-alike licences of works (CC BY-SA),
    which may stand in neither; facts are merged, texts are published apart, unmerged, under their own licence.
    `FACTS`: not open; facts and a link only.
    """

    ATTRIBUTION = "attribution"
    DATABASE = "database"
    TEXTS = "texts"
    FACTS = "facts"


def family(id: str) -> Family:
    """Return the family of a licence of the register; raises KeyError for any other."""
    licence = register()[id]
    if not licence.open:
        return Family.FACTS
    if not licence.share_alike:
        return Family.ATTRIBUTION
    return Family.DATABASE if id == DATABASE_LICENCE else Family.TEXTS


def of_family(*families: Family) -> list[str]:
    """Return the ids of the register that belong to one of `families`, in its order."""
    return [id for id in register() if family(id) in families]


def check_licence(id: str) -> list[str]:
    """Say what is wrong with a definition's licence id; empty when it is in the register."""
    if id in register():
        return []
    return [f'rights.licence: found "{id}"; the register has {", ".join(register())}']


def expression(ids: Iterable[str]) -> str:
    """Return the SPDX expression of a merged row made from sources under the licences `ids`.

    All licences whose values are merged apply. Facts of sources without an open licence, or of those whose texts are
    published apart, ask for nothing beside another licence; alone they give `FACTS_ONLY`.
    """
    applying = sorted({id for id in ids if family(id) in {Family.ATTRIBUTION, Family.DATABASE}})
    return " AND ".join(applying) or FACTS_ONLY
