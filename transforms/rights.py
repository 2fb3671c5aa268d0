"""Licences: the register (`rights.toml`), and the licence of what is merged from several sources."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
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


def check_licence(id: str) -> list[str]:
    """Say what is wrong with a definition's licence id; empty when it is in the register."""
    if id in register():
        return []
    return [f'rights.licence: found "{id}"; the register has {", ".join(register())}']


def expression(ids: Iterable[str]) -> str:
    """Return the SPDX expression of a row made from sources under the licences `ids`: all that are open apply.

    Facts of sources without an open licence ask for nothing beside another licence; alone they give `FACTS_ONLY`.
    """
    applying = sorted({id for id in ids if register()[id].open})
    return " AND ".join(applying) or FACTS_ONLY
