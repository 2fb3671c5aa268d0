"""What a text says, as terms that can be compared: stems of its words, and the concepts these stand for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache, lru_cache
from hashlib import blake2b
from importlib import resources
from itertools import chain, pairwise

from transforms.themes.words import STEM, fold, words

_END = re.compile(r"([.!?…;\n\r•|])(?:\s+|(?<=[\n\r•|]))")
"""The end of a sentence or a line. It begins with one of few signs, for which Python looks five times as fast."""
_NO_LETTERS = bytes(code for code in range(128) if not 97 <= code <= 122)
MOST = 400
"""Words of a text that are read; the rest of a long one changes little."""

_PRESENTATION = """
afin ainsi alors apres aussi autour autre autres avant avoir beaucoup bien cela celle celui cependant cet cette
chaque chez comme comment contre depuis dont donc egalement encore entre etre faire fait font jusqu lors mais meme
moins mieux nous nouveau nouvelle nouveaux nouvelles peu peut peuvent permet permettre permettent plusieurs pourquoi
quand quel quelle sans selon sera sous tous tout toute toutes tres vers via voici afin projet projets objectif
objectifs association associations initiative initiatives action actions propose proposer proposent cree creer
creation mis mise mettre oeuvre place lieu lieux partir grace dans leurs deux trois personnes personne
organisme structure activite activites developper developpement besoin besoins ensemble
about all also any because been being between both can each every how into more most not only other others over
people project projects provide provides providing such through than then these those use used using what when
where while within without you aim aims association organisation organization help helps new make makes
este esta estos como mas pero sus todo toda todos proyecto proyectos asociacion entre sobre desde hasta
auch aber oder wir sie ihr durch uber nach bei aus wie projekt verein sind wird werden
amb tot tots projecte associacio
contact
lundi mardi mercredi jeudi vendredi samedi dimanche jour jours heure heures horaire horaires matin ouvert ouverte
ouverts ouverture rendez assoc ass monday tuesday wednesday thursday friday saturday sunday hours
"""
_EMPTY = frozenset(_PRESENTATION.split())
"""Words of presentation, beyond the small words of the themes: every initiative has them."""


@cache
def _entries() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[tuple[str, str], tuple[str, ...]]]:
    """The concepts for looking up: whole words, beginnings of words, and pairs of stems."""
    told = tomllib.loads(resources.files("transforms.similar").joinpath("concepts.toml").read_text(encoding="utf-8"))
    whole: dict[str, set[str]] = {}
    begun: dict[str, set[str]] = {}
    pairs: dict[tuple[str, str], set[str]] = {}
    for concept, entries in told.items():
        for entry in entries.split():
            first, *rest = entry.replace("-", "+").split("+")
            if rest:
                pairs.setdefault((_stem(first), _stem(rest[0])), set()).add(concept)
            elif entry.endswith("*"):
                begun.setdefault(entry[:-1], set()).add(concept)
            else:
                whole.setdefault(entry, set()).add(concept)
    return whole, begun, {pair: tuple(sorted(met)) for pair, met in pairs.items()}


def _stem(word: str) -> str:
    return word.rstrip("*")[:STEM]


@lru_cache(maxsize=200_000)
def concepts_of(word: str) -> tuple[str, ...]:
    """Return the concepts that a folded word alone speaks of."""
    whole, begun, _ = _entries()
    found = set(whole.get(word, ()))
    for length in range(3, len(word) + 1):
        found |= begun.get(word[:length], set())
    return tuple(sorted(found))


def pairs_of_stems() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the concepts that two words beside each other speak of, by the stems of these."""
    return _entries()[2]


def concepts(found: Sequence[str]) -> list[str]:
    """Return the concept of each time that the folded words `found` speak of one: of words, in order, then of pairs."""
    told = list(chain.from_iterable(map(concepts_of, found)))
    pairs, stemmed = pairs_of_stems(), [word[:STEM] for word in found]
    if not pairs.keys().isdisjoint(pairwise(stemmed)):
        told.extend(chain.from_iterable(pairs.get(pair, ()) for pair in pairwise(stemmed)))
    return told


@lru_cache(maxsize=50_000)
def _words_of_places(places: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*map(words, places))


def told_words(text: str, places: Iterable[str] = ()) -> list[str]:
    """Return the folded words of `text` that may tell an idea, in order: not those of its own `places`."""
    own = _words_of_places(tuple(places))
    return [word for word in words(text)[:MOST] if word not in own]


def tells(word: str) -> bool:
    """Whether a folded word is compared as a word: three letters or more, and none of presentation."""
    return len(word) > 2 and word not in _EMPTY


def own_name(name: str, places: Iterable[str] = ()) -> str:
    """Return what is a network's mark in a name: its words that are neither places nor ideas; "" when none is."""
    kept = [word for word in told_words(name, places) if word not in _EMPTY and not concepts_of(word)]
    return " ".join(kept)


def sentences(text: str) -> list[str]:
    """Cut a text where its sentences and lines end; sentences keep their full stop."""
    cut = [*_END.split(text), ""]
    ended = (part + end if end in ".!?…;" else part for part, end in zip(cut[::2], cut[1::2], strict=True))
    return [part for part in map(str.strip, ended) if part]


def mark(sentence: str) -> int:
    """Return a digest of 64 bits, the same for any writing of a sentence: letters only, no accents or case."""
    letters = fold(sentence).encode("ascii", "ignore").translate(None, _NO_LETTERS)
    return int.from_bytes(blake2b(letters, digest_size=8).digest(), "big")


def without(text: str, boilerplate: Set[int]) -> str:
    """Return `text` without its sentences whose marks are in `boilerplate`."""
    return " ".join(_kept(text, boilerplate)) if boilerplate else text


def _kept(text: str, boilerplate: Set[int]) -> Iterator[str]:
    return (sentence for sentence in sentences(text) if mark(sentence) not in boilerplate)
