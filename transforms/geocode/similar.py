"""Candidates for names that no exact look-up settles: typing errors and shortened names.

Only inside the départements that a postcode or a hint points to: over the whole country a name with
one error has too many neighbours to be trusted.
"""

from collections.abc import Iterator

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import short_key
from transforms.geocode.reading import Reading

Candidate = tuple[str, float]  # INSEE code, points for the name (scale of score.sql)

# Words too common to stand for a commune alone ("Saint" for Saint-Denis).
_COMMON_WORDS = frozenset({"saint", "sainte", "saints", "notre dame", "mont", "ville", "bourg", "val", "villers"})

_AT_THE_START = 2.5  # extra points of words that open the name: "Brive" is Brive-la-Gaillarde first
_TRUNCATED = 2.2  # points of a name cut inside a word ("Strasb")


def similar_names(reading: Reading, gazetteer: Gazetteer) -> dict[str, float]:
    """Return the communes whose name resembles a guess of *reading*, with the points of the best match."""
    found: dict[str, float] = {}
    for key, penalty in reading.guesses:
        if len(key) < 3:
            continue
        for departement in _departements(reading, gazetteer):
            for code, points in _matches(key, departement, gazetteer):
                found[code] = max(found.get(code, 0.0), points - penalty)
    return found


def _departements(reading: Reading, gazetteer: Gazetteer) -> tuple[str, ...]:
    if reading.departement:
        return (reading.departement,)
    return gazetteer.departements_of_postcode(reading.postcode) if reading.postcode else ()


def _matches(key: str, departement: str, gazetteer: Gazetteer) -> Iterator[Candidate]:
    names = gazetteer.departement_names.get(departement, ())
    close = process.extract(key, [name[0] for name in names], scorer=fuzz.ratio, score_cutoff=75, limit=6)
    for _, _, place in close:
        name, short, code, rank = names[place]
        points = max(typing_points(key, name), typing_points(_glued(short_key(key)), _glued(short)))
        if points:
            yield code, points - 0.2 * (3 - rank)
    words = set(short_key(key).split())
    for name, short, code, rank in names:
        points = _containment_points(words, set(short.split()))
        if name.startswith(key):
            points = min(points + _AT_THE_START, 5.8) if points else _TRUNCATED * (len(key) >= 5)
        if points and name != key:
            yield code, points - 0.2 * (3 - rank)


def typing_points(written: str, name: str) -> float:
    """Return the points of a name written with one to three typing errors, 0 beyond.

    Errors are insertions, deletions, substitutions and swaps of neighbours (optimal string
    alignment); the shorter the name, the fewer are forgiven.
    """
    length = max(len(written), len(name))
    errors = OSA.distance(written, name, score_cutoff=3)
    if errors <= 1:
        return 4.5 if length >= 5 else 2.5
    if errors == 2 and length >= 6:
        return 3.2 if length >= 9 else 1.8
    if errors == 3 and length >= 11:
        return 2.4
    return 0.0


def _glued(key: str) -> str:
    """Words run together, so that "Grand Lieu" meets "Grandlieu"."""
    return key.replace(" ", "")


def _containment_points(words: set[str], name: set[str]) -> float:
    """Points when all words of one are in the other ("Ville de Brive", "Brive-la-Gaillarde")."""
    shorter, longer = (words, name) if len(words) <= len(name) else (name, words)
    if not shorter <= longer:
        return 0.0
    text = " ".join(sorted(shorter))
    if len(text) < 4 or text in _COMMON_WORDS:
        return 0.0
    return 2.6 + 1.9 * len(text) / len(" ".join(longer))
