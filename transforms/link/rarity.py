"""What words, names and sites are worth as evidence: how often they occur."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import duckdb

# Words that say what kind of place it is, not which one: names made of them alone recur in every town.
GENERIC = frozenset(resources.files("transforms.link").joinpath("generic_words.txt").read_text("utf-8").split())

OWN_SITE_NAMES = 4
TELLING_PLACES = 6

USES = ("token_use", "name_use", "domain_use", "project_use", "departement_use", "telling_use")
"""The tables that say what words, names and sites are worth (see `blocking.sql`)."""


@lru_cache(maxsize=100_000)
def core(key: str) -> frozenset[str]:
    """Return the words of a comparable name that are not generic."""
    return frozenset(key.split()) - GENERIC


@dataclass(frozen=True, slots=True)
class Rarity:
    """How often words, names and sites occur, in distinct places rather than records.

    One initiative in twenty sources has its name written twenty times, in one place: its name tells as much as ever.
    `unlike_by_domain` counts the unlike names of a site, or its towns if they are more; `projects` the differing names
    that a bearer has on a site, by domain and comparable name of the bearer. Words, sites and towns that are not there
    are rare, names that are not there are nobody's.
    """

    places_by_token: dict[str, int]
    places_by_name: dict[str, int]
    unlike_by_domain: dict[str, int]
    projects: dict[tuple[str, str], int]
    telling_places: int = TELLING_PLACES
    towns_by_name: dict[tuple[str, str], int] = field(default_factory=dict)

    def towns_there(self, key: str, departement: str) -> int:
        """How many towns of a département have a record of this name."""
        return self.towns_by_name.get((key, departement), 0)

    def own_site(self, domain: str) -> bool:
        """Whether a site is one initiative's own, not a town's or a network's: few differing names give it."""
        return self.unlike_by_domain.get(domain, 0) <= OWN_SITE_NAMES

    def two_sites(self, one: str | None, other: str | None) -> bool:
        """Whether each of two records has a site of its own, and they are two."""
        return bool(one and other and one != other) and self.own_site(one or "") and self.own_site(other or "")

    def telling(self, key: str) -> bool:
        """Whether a name says which one it is.

        Two words that are not generic do, or one that is used in few places; a word of less than four letters ("6b")
        if the whole name is borne in at most two.
        """
        told = core(key)
        if len(told) == 1:
            [word] = told
            return self.rare(word) if len(word) >= 4 else self.single(key)
        return len(told) >= 2

    def rare(self, word: str) -> bool:
        """Whether a word is used in few places."""
        return self.places_by_token.get(word, 0) <= self.telling_places

    def single(self, key: str) -> bool:
        """Whether a whole name is borne in two places at most."""
        return self.borne(key) and self.places_by_name[key] <= 2

    def borne(self, key: str) -> bool:
        """Whether some record bears exactly this name."""
        return key in self.places_by_name


def read_rarity(connection: duckdb.DuckDBPyConnection) -> Rarity:
    """Read what words are worth from the tables `USES`; what is as rare as `Rarity` takes for granted is left out."""
    [(telling,)] = connection.execute("SELECT places FROM telling_use").fetchall()
    sites = connection.execute(
        "SELECT domain, names, towns FROM domain_use WHERE greatest(towns, len(names)) > ?", [OWN_SITE_NAMES]
    ).fetchall()
    projects = connection.execute("SELECT domain, organisation_key, projects FROM project_use WHERE projects = 1")
    bearers = {(domain, bearer): count for domain, bearer, count in projects.fetchall()}
    there = connection.execute("SELECT name_key, departement_code, towns FROM departement_use WHERE towns > 1")
    towns_by_name = {(key, departement): towns for key, departement, towns in there.fetchall()}
    return Rarity(
        dict(connection.execute("SELECT token, places FROM token_use WHERE places > ?", [telling]).fetchall()),
        dict(connection.execute("SELECT name_key, places FROM name_use").fetchall()),
        {domain: max(towns, _unlike(names)) for domain, names, towns in sites},
        bearers,
        telling,
        towns_by_name,
    )


def _unlike(names: list[str]) -> int:
    """Count the names of a site that have not the telling words of another: "Darwin" and "Projet Darwin" are one."""
    kept: list[frozenset[str]] = []
    for words in sorted((core(name) for name in names), key=len):
        if not any(known and known <= words for known in kept):
            kept.append(words)
        if len(kept) > OWN_SITE_NAMES:
            break
    return len(kept)
