"""How our codes stand beside those of other taxonomies: the files `crosswalks/*.toml`, one for each scheme."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

RELATIONS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
"""The mapping relations of SKOS. `broadMatch`: their category is broader than our code."""

INSIDE = ("exactMatch", "closeMatch", "narrowMatch")
"""The relations under which a record of their category is one of our code too."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Another taxonomy: its id here, title, publisher, labels by code, and what matches ours.

    `uri` stands before each code in the addresses of its publisher; None where there are none. `matches` is field of
    our vocabulary → our code → relation → their codes.
    """

    id: str
    title: str
    publisher: str
    uri: str | None
    categories: Mapping[str, str]
    matches: Mapping[str, Mapping[str, Mapping[str, list[str]]]]


@cache
def schemes() -> dict[str, Scheme]:
    """Return the schemes by id, in the order of their ids."""
    folder = resources.files("transforms.themes").joinpath("crosswalks")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    found = {}
    for file in files:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        id = file.name.removesuffix(".toml")
        uri = table.get("uri")
        found[id] = Scheme(id, table["title"], table["publisher"], uri, table["categories"], table["matches"])
    return found


def themes_of(scheme: str, category: str) -> tuple[str, ...]:
    """Return our first-level themes that hold all of `category` of `scheme`, sorted; none for what is not known."""
    found = set()
    for code, relations in schemes()[scheme].matches["themes"].items():
        if any(category in relations.get(relation, ()) for relation in INSIDE):
            found.add(theme_of(code))
    return tuple(sorted(found))


def theme_of(code: str) -> str:
    """Return the first-level theme of a theme or sub-theme."""
    return code.partition("/")[0]
