"""The controlled words of the published dataset (`vocabulary.toml`): codes, labels, definitions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

Lookups = Mapping[str, Mapping[str, str | list[str]]]

FIELDS = ("themes", "beneficiaries", "methods", "status", "organisation_kind", "funding_kinds")
"""The fields whose values are codes."""


@cache
def vocabulary() -> dict[str, dict[str, dict[str, str]]]:
    """Return field → code → its labels ("en", "fr") and definitions ("definition_en", "definition_fr").

    A code "theme/sub-theme" is part of the theme before the stroke, which is a code of its own.
    """
    text = resources.files("transforms").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def check_lookups(lookups: Lookups) -> list[str]:
    """Say which lookups give what is no code, a line each; empty when all is well."""
    faults = []
    for field, known in lookups.items():
        if field not in FIELDS:
            faults.append(f"lookups.{field}: only {', '.join(FIELDS)} hold codes; remove this table")
            continue
        codes = vocabulary()[field]
        for theirs, ours in known.items():
            for code in [ours] if isinstance(ours, str) else ours:
                if code and code not in codes:
                    faults.append(f'lookups.{field}."{theirs}": found "{code}"; the codes are {", ".join(codes)}')
    return faults
