"""How alike two names are, and what the words of a name are worth in this catalogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz import fuzz

from transforms.link.rarity import GENERIC, Rarity, core
from transforms.link.sides import Side, same_commune
from transforms.link.spelling import spelled
from transforms.normalise.names import name_key
from transforms.normalise.text import words

# Generic words that say nothing about the kind of place either: they may differ between two names of one initiative.
FILLER = frozenset(
    ["association", "ecosysteme", "groupe", "initiative", "initiatives", "programme", "projet", "reseau"]
)

# What is done in a place, and may be done in another initiative's: never the other name of the one that houses it.
SERVICES = words("""
    atelier ateliers bar boutique cafe coworking creche epicerie fablab friperie garage jardin jardins magasin potager
    recyclerie repair reparatur restaurant ressourcerie
""")

# What stands in front of the house in the name of what it houses: "Repair Café chez X", "Avec X, ...".
_INSIDE = words("a at au aux avec bei beim chez dans im inside with")
_ARTICLES = words("l la le les the un une dem den der")
_WORD = re.compile(r"[^\W_]+")
_BRACKETS = re.compile(r"\(([^)]*)\)")
_BEARER = re.compile(r"\s*(?:association|asso|scic|scop|fondation)\b.", re.IGNORECASE)
_TAGLINE = re.compile(r"\s+[-–—|]\s+|\s*:\s+")

_LABEL = {"france", "services"}  # a label that houses of all kinds bear


def shared_words(left: Side, right: Side) -> frozenset[str]:
    """Return the words that stand in both names and are not generic."""
    return core(left.name_key) & core(right.name_key)


def own_words(side: Side, other: Side) -> frozenset[str]:
    """Return the words of a name that are not generic, and not the town that either record stands in."""
    return core(_read(side)) - _towns(side, other)


@lru_cache(maxsize=100_000)
def _bearer_left_out(name: str, key: str) -> str:
    told = [piece for piece in _BRACKETS.findall(name) if _BEARER.match(piece)]
    return spelled(name_key(_BRACKETS.sub(" ", name)) if told else key)


def _read(side: Side) -> str:
    """The name in one spelling, without the bearer in brackets: "Slowtech (association PiNG)" is not PiNG."""
    return _bearer_left_out(side.name, side.name_key)


def contained(left: Side, right: Side, rarity: Rarity, door: bool) -> bool:
    """Whether a name is in another that stands at the same door (or only in the same street), and tells enough there.

    Three words of it do, or two besides the town at a door, whatever they are, or one of its own; in the same street
    two of its own, or one of six letters. What the longer name has more must not be another record's name.
    """
    short, long = sorted((_read(left).split(), _read(right).split()), key=len)
    own, own_too = sorted((own_words(left, right), own_words(right, left)), key=len)
    if len(short) >= 3 and set(short) <= set(long):
        rest = [word for word in long if word not in short]
    elif own and own <= own_too and (door or len(own) >= 2 or max(map(len, own)) >= 6):
        # "Ressourcerie du Pays de l'Arbresle" and "Communauté de communes du Pays de l'Arbresle" are two kinds of body.
        kind, kind_too = (set(words) & GENERIC - FILLER - _LABEL for words in (short, long))
        if not (kind <= kind_too or kind_too <= kind):
            return False
        rest = sorted(own_too - own)
    else:
        towns = _towns(left, right) | _LABEL
        kinds = [{word for word in words if word not in towns} for words in (short, long)]
        return door and not own and any(len(ones) >= 2 and ones <= others for ones, others in (kinds, kinds[::-1]))
    key = " ".join(rest)
    return not (rarity.borne(key) and rarity.telling(key))


def body(left: Side, right: Side) -> str:
    """Return what the first name says without the town: "ccas" of "CCAS de Guidel" in Guidel."""
    return _without(left.name_key, _towns(left, right))


def _towns(left: Side, right: Side) -> set[str]:
    return {spelled(word) for side in (left, right) for word in (side.commune_key or "").split()}


@lru_cache(maxsize=100_000)
def variants(name: str) -> tuple[str, ...]:
    """Return the comparable forms of a name: the whole, and what stands outside and inside its brackets.

    "(association X)" tells who bears it, which is no other name of it.
    """
    inside = [piece for piece in _BRACKETS.findall(name) if not _BEARER.match(piece)]
    plus = [name.replace("+", " plus ")] if "+" in name else []
    return _keys([name, _BRACKETS.sub(" ", name), *inside, *plus])


@lru_cache(maxsize=100_000)
def head(name: str) -> str:
    """Return the comparable form of what stands before a dash or a colon ("Thot" – what it does), or ""."""
    pieces = _TAGLINE.split(name, maxsplit=1)
    return "".join(_keys(pieces[:1])) if len(pieces) == 2 else ""


def _keys(pieces: list[str]) -> tuple[str, ...]:
    keys = (name_key(piece) for piece in pieces if any(map(str.isalnum, piece)))
    return tuple(dict.fromkeys(key for key in keys if len(key) >= 3))


def name_likeness(left: Side, right: Side, rarity: Rarity) -> float:
    """Return how alike the names are, 0 to 1, taking the best of their variants (see `variants`).

    In the same commune its own name in them is left out. Names whose words are the same but for generic ones are
    nearly the same, and so is a name that begins with the other, if that other is telling. Names with differing
    numbers never are.
    """
    town = set(left.commune_key.split()) if left.commune_key and same_commune(left, right) else set()
    ones, others = (_forms(side, rarity) for side in (left, right))
    pairs = [(one, other) for one in ones for other in others]
    best = max(_likeness(_without(one, town), _without(other, town), rarity) for one, other in pairs)
    return max(best, _head_likeness(left, right, rarity))


def _head_likeness(left: Side, right: Side, rarity: Rarity) -> float:
    """Compare what stands before the dash of one name with the other, which has none, if it says which one it is.

    "Envie – Nantes" is not "Envie – Rennes", nor "Envie 44".
    """
    heads = [head(side.name) for side in (left, right)]
    if all(heads) or not rarity.telling("".join(heads)):
        return 0.0
    likeness = _likeness("".join(heads), right.name_key if heads[0] else left.name_key, rarity)
    return likeness if likeness >= 0.95 else 0.0


def _forms(side: Side, rarity: Rarity) -> list[str]:
    """The variants of a name, without the one in brackets if both it and the rest have records of their own."""
    keys = list(variants(side.name)) or [side.name_key]
    if len(keys) < 3 or not rarity.borne(keys[1]):
        return keys
    return [*keys[:2], *(key for key in keys[2:] if _initials(key, side.name) or not rarity.borne(key))]


def _initials(key: str, name: str) -> bool:
    """Whether a key is made of initials of a name's words, in order: VRAC of "Vers un réseau d'achat en commun"."""
    letters: Iterator[str] = iter([word[0] for word in _words(_BRACKETS.sub(" ", name))])
    return " " not in key and all(letter in letters for letter in key)


def abbreviated(left: Side, right: Side) -> bool:
    """Whether one name is a word made of initials of the other, in order, from the first or second word on.

    "MDIV" is "La Maison des initiatives des Voisins", and half of its words at least have their letter.
    """
    short, long = sorted((left, right), key=lambda side: len(side.name_key))
    key, told = short.name_key, _words(_BRACKETS.sub(" ", long.name))
    if not 2 <= len(key) <= len(told) or " " in key or key[0] not in {word[0] for word in told[:2]}:
        return False
    return _initials(key, long.name) and 2 * len(key) >= len([word for word in told if word not in _ARTICLES])


def _without(key: str, town: set[str]) -> str:
    read = spelled(key)
    return " ".join(word for word in read.split() if word not in town) or read


def _likeness(one: str, other: str, rarity: Rarity) -> float:
    if not one or not other:  # a name without letters or digits is like nothing
        return 0.0
    if one == other:
        return 1.0
    if numbers_differ(one, other):
        return min(_ratio(one, other), 0.65)
    ones, others = set(one.split()), set(other.split())
    if ones - GENERIC and ones - GENERIC == others - GENERIC:
        # "Bibliothèque de Malissol" and "Centre social Malissol" are two kinds of place.
        kinds, kinds_too = (ones & GENERIC) - FILLER, (others & GENERIC) - FILLER
        return (
            max(_ratio(one, other), 0.95) if kinds <= kinds_too or kinds_too <= kinds else min(_ratio(one, other), 0.8)
        )
    # "Jardin communautaire Sainte-Marie" and "... Saint-Michel" are alike in what says nothing.
    ratio = min(_ratio(one, other), _ratio(_telling_part(one), _telling_part(other)))
    short, long = sorted((one, other), key=len)
    return max(ratio, _beginning(short, long, rarity)) if long.startswith(f"{short} ") else ratio


def _ratio(one: str, other: str) -> float:
    return max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))) / 100


def _telling_part(key: str) -> str:
    return " ".join(word for word in key.split() if word not in GENERIC) or key


def _beginning(short: str, long: str, rarity: Rarity) -> float:
    """How alike a name is to the beginning of a longer one.

    Not at all if the rest has a record of its own, less if one word begins both and nothing says that the rest only
    tells the kind of place: "Ulisse" is not "Ulisse Énergie".
    """
    rest = long.removeprefix(f"{short} ")
    if not rarity.telling(short) or (rarity.borne(rest) and rarity.telling(rest)):
        return 0.0
    kind = set(rest.split()) & (GENERIC - FILLER - SERVICES)
    return 0.92 if kind or len(core(short)) >= 2 else 0.88


def numbers_differ(one: str, other: str) -> bool:
    """Whether two texts have numbers, and none in common: "Envie 44" and "Envie 49", 3 and 9 rue du Port."""
    ones, others = (set(re.findall(r"\d+", text)) for text in (one, other))
    return bool(ones and others) and ones.isdisjoint(others)


@lru_cache(maxsize=100_000)
def _words(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return tuple(_WORD.findall("".join(char for char in plain if not unicodedata.combining(char))))


def housed(left: Side, right: Side) -> bool:
    """Whether one name says that it happens at the other: "Repair Café chez PiNG" is not PiNG."""
    short, long = sorted((left, right), key=lambda side: len(side.name_key))
    if not core(short.name_key) or not core(short.name_key) < core(long.name_key):
        return False
    kept = [word for word in _words(long.name) if word not in _ARTICLES]
    house = " ".join(word for word in short.name_key.split() if word not in _ARTICLES)
    inside = _INSIDE - set(_words(short.name))  # "Chez Basile" is a name
    behind = (kept[at + 1 :] for at, word in enumerate(kept[:-1]) if word in inside)
    return any(f"{name_key(' '.join(rest))} ".startswith(f"{house} ") for rest in behind)
