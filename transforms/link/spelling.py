"""One spelling for what public bodies and addresses are called in many: "Ctre Com Action Social" is a CCAS."""

from __future__ import annotations

import re
from functools import lru_cache

# Comparable forms (see `normalise.names`), by the one they are read as; the longest are read first.
_PHRASES: dict[str, str] = {
    phrase: short
    for short, phrases in {
        "ccas": "centre communal action sociale|centre communal action social|ctre com action sociale|"
        "ctre com action social|centre com action sociale|ctre communal action sociale",
        "cias": "centre intercommunal action sociale|ctre intercommunal action sociale|ctre intercom action sociale",
        "cc": "communaute communes|communaute commune|communaute com|com communes|com commune|com com|comcom",
        "ca": "communaute agglomeration|communaute agglo|com agglomeration",
        "cu": "communaute urbaine",
        "centre social": "centre socio culturel|centre socioculturel|centre social culturel|ctre socioculturel|"
        "ctre social|espace socio culturel|espace socioculturel|csc",
        "mjc": "maison jeunes culture|maison des jeunes culture",
        "france services": "maison france services|maison france service|espace france services|france service|"
        "maison services public|msap|mfs",
        "departement": "conseil departemental|conseil general|conseil dep",
        "regie quartier": "regie quartiers|regie territoire",
    }.items()
    for phrase in phrases.split("|")
}
_PHRASE = re.compile(rf"\b(?:{'|'.join(sorted(_PHRASES, key=len, reverse=True))})\b")
_NUMBERED = re.compile(r"\b(\d+) ([a-z])\b")  # "Inter 3 B" is "Inter 3B"
# These are read so at the beginning only: "Commune de Sévignac" is its town hall, "La Cour commune" is not.
_FIRST = {"commune": "mairie", "ville": "mairie", "com": "mairie", "cs": "centre social", "ctre": "centre"}
_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints"}

ONE_A_TOWN = frozenset(["mairie", "ccas", "cias"])
"""Public bodies of which a commune has one."""

_STREETS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "bvd": "boulevard",
    "pl": "place", "rte": "route", "all": "allee", "alle": "allee", "imp": "impasse", "che": "chemin", "chem": "chemin",
    "ch": "chemin", "esp": "esplanade", "sq": "square", "fg": "faubourg", "fbg": "faubourg", "res": "residence",
    "lot": "lotissement", "r": "rue", "crs": "cours", "pass": "passage", "rpt": "rond",
}  # fmt: skip
_TYPES = frozenset(_STREETS.values()) | {"quai", "zone", "za", "zi", "zac", "square", "promenade", "cite"}
_TITLES = {"gen": "general", "gal": "general", "gl": "general", "dr": "docteur", "mal": "marechal", "cdt": "commandant",
           "pdt": "president", "prof": "professeur", "grd": "grand", "gde": "grande"}  # fmt: skip
_BEHIND = {"bp", "cs", "cedex", "tsa"}
_BIS = {"b", "bis", "t", "ter", "quater"}


@lru_cache(maxsize=200_000)
def spelled(key: str) -> str:
    """Return a comparable name with what public bodies are called in one spelling."""
    key = _NUMBERED.sub(r"\1\2", key)
    words = [_WORDS.get(word, word) for word in _PHRASE.sub(lambda found: _PHRASES[found[0]], key).split()]
    if words and words[0] in _FIRST:
        words[0] = _FIRST[words[0]]
    return " ".join(words)


@lru_cache(maxsize=200_000)
def house(address: str) -> tuple[str, str]:
    """Return the number and the telling words of a street of a comparable address; "" for what it has not.

    "4 b av gal Leclerc 59000 Lille" is ("4", "general leclerc").
    """
    number = ""
    street: list[str] = []
    for word in address.split():
        if (len(word) == 5 and word.isdigit()) or word in _BEHIND:
            break
        if word.isdigit() and not street and not number:
            number = word
        elif not (word in _BIS and not street):
            word = _STREETS.get(word, _TITLES.get(word, _WORDS.get(word, word)))
            if word not in _TYPES:
                street.append(word)
    return number, " ".join(street)
