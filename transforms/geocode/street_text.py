"""The part of an address that is a street: what may be asked of an address service, and nothing else.

Only the street is taken out of an address, with its number. What stands before it or behind it (a person, an
organisation, a floor, a post box, the town) helps no service to find it and is nobody's business.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

from transforms.geocode.names import fold

SHORTEST, LONGEST = 3, 200  # characters of a text that the national service looks for; others it skips

# Words that a French way begins with, and how they are abbreviated, without accents.
WAYS = {
    "rue": "rue|r", "avenue": "avenue|ave|av", "boulevard": "boulevard|blvd|bld|boul|bd", "place": "place|pl",
    "chemin": "chemin|chem|che|ch", "impasse": "impasse|imp", "allee": "allees?|all", "route": "route|rte",
    "quai": "quai", "cours": "cours|crs", "square": "square|sq", "passage": "passage|pass", "ruelle": "ruelle|rle",
    "sentier": "sentier|sente|sen", "voie": "voie", "esplanade": "esplanade|esp", "promenade": "promenade|prom",
    "faubourg": "faubourg|fbg|fg", "montee": "montee|mte", "traverse": "traverse|tra", "villa": "villa",
    "venelle": "venelle", "cite": "cite", "residence": "residence|res", "lotissement": "lotissement|lot",
    "hameau": "hameau|ham", "lieu-dit": r"lieu[\s-]*dits?|ld", "zone": r"zone|z\.?\s?a\.?\s?c\.?|z\.?\s?[aie]\.?",
    "parc": "parc", "pont": "pont", "rond-point": r"rond[\s-]*point|rpt", "carrefour": "carrefour|car",
    "mail": "mail", "parvis": "parvis", "domaine": "domaine|dom", "clos": "clos", "cour": "cour", "rampe": "rampe",
    "chaussee": "chaussee", "levee": "levee", "digue": "digue", "halle": "halles?", "port": "port", "bourg": "bourg",
    "grande rue": r"grand['\s-]*rue|grande[\s-]*rue", "peristyle": "peristyle", "galerie": "galerie",
}  # fmt: skip
# Short forms that are also a letter or a word of their own count only behind a number: "12 r Pasteur", "3 ch du Bois".
_ONLY_BEHIND_A_NUMBER = frozenset({"r", "ch", "all", "car", "lot", "res", "ham", "dom", "pass", "sen", "tra"})

_WAY = "|".join(WAYS.values())
_NUMBER = (
    r"(?P<number>\d{1,4})(?P<more>(?:\s*(?:-|/|\u00e0|et|a)\s*\d{1,4})*)\s*(?P<suffix>bis|ter|quater|[a-h](?![a-z']))?"
)
_STREET = re.compile(rf"(?<![\w'])(?:{_NUMBER}[\s.,]*(?:le\s+)?)?\b(?P<way>{_WAY})(?![\w-])\.?")
_NUMBER_ALONE = re.compile(r"(\d{1,4}\s*(?:bis|ter|quater|[a-h])?)\s*[,;]\s*(?=\D)", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_POST_BOX = re.compile(
    r"\b(?:b\.?\s?p\.?|c\.?\s?s\.?|tsa|boite postale)\s*(?:n\W?\s*)?\d[\d\s]*|\bcedex(?:\s+\d{1,2})?\b"
)
_SEGMENTS = re.compile(r"[,;|\n\r\t]+|\s[-\u2013\u2014/]\s")
# Where a street ends and something inside it begins; and persons, whom nobody needs to know of.
_BEHIND = re.compile(
    r"\b(?:bat(?:iment)?s?|appt?|appartement|apt|etage|esc(?:alier)?|hall\s+[a-z0-9]\b|porte\s+[a-z0-9]\b|local|bureaux?|"
    r"immeuble|imm|hangar|lot\s+n?\W?\d|rdc|rez de chaussee|sous[\s-]sol|chez|c/o|s/c|a l'attention|attn?|mme|mlle|m\.|"
    r"mr|madame|monsieur|face\s+(?:a|au|aux|mairie)\b|hebergee?)(?=\W|$)|\b\d{5}\b|@"
)
_LITTLE_WORDS = frozenset({
    "le", "la", "les", "l", "de", "du", "des", "d", "en", "et", "sur", "sous", "a", "au", "aux", "saint", "sainte",
    "st", "ste", "notre", "dame", "general", "gal", "docteur", "dr", "marechal", "mal",
})  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")


def street_of(address: str) -> str | None:
    """Return the street of a French address, with its first number, or ``None`` when it names none.

    In small letters, without accents, one space between words: equal streets that are written in different ways are
    equal. It begins with a letter or a digit. Places without such a word ("La Vergne") are not recognised: nothing
    tells them from a name.
    """
    plain = _NUMBER_ALONE.sub(r"\1 ", _POST_BOX.sub(" ", fold(_BRACKETS.sub(" ", _typographic(address[:500])))))
    found = [street for part in _SEGMENTS.split(plain) if (street := _street_in(part))]
    numbered = next((street for street in found if street[0].isdigit()), None)
    return numbered or next(iter(found), None)


def foreign_street_of(address: str) -> str | None:
    """Return the part of an address outside France that holds its house number, or ``None`` when none does."""
    plain = _SEGMENTS.split(fold(_BRACKETS.sub(" ", _typographic(address[:500]))))
    for part in plain:
        words = _behind_cut(part).split()
        if any(map(str.isdigit, part)) and any(word.isalpha() and len(word) > 2 for word in words):
            return " ".join(words)[:LONGEST] or None
    return None


def askable(text: str) -> bool:
    """Say whether the national service would look for *text* at all."""
    return SHORTEST <= len(text) <= LONGEST and (text[0].isalpha() or text[0] in "0123456789")


def way_of(text: str) -> str | None:
    """Return the kind of way ("rue", "place") that *text* names first, ``None`` when it names none."""
    found = _STREET.search(fold(text))
    return _kind(found["way"]) if found else None


def agreement(asked: str, name: str) -> float:
    """Return which share, 0 to 1, of the telling words of a street's *name* stands in the text that was *asked* for.

    Kinds of ways, articles and what is in brackets tell nothing; a word may be spelled a little differently.
    """
    told = set(_WORD.findall(fold(asked)))
    wanted = _telling(fold(_BRACKETS.sub(" ", name)))
    if not wanted:  # "Le Bourg", "Grande Rue": no word tells more than the whole
        return 1.0 if way_of(name) is not None and way_of(name) == way_of(asked) else 0.0
    return sum(max((_likeness(word, other) for other in told), default=0.0) for word in wanted) / len(wanted)


def house_number(text: str) -> str | None:
    """Return the number that *text* begins with, ``None`` when it begins with none."""
    found = re.match(r"\d{1,4}(?!\d)", text)
    return str(int(found[0])) if found else None


def _typographic(text: str) -> str:
    """The text with plain apostrophes and dashes, in composed letters and without control signs."""
    plain = unicodedata.normalize("NFC", text).translate(
        {0x2019: "'", 0x2018: "'", 0xB4: "'", 0x2010: "-", 0x2011: "-"}
    )
    return "".join(sign if sign in "\n\t" or sign.isprintable() else " " for sign in plain)


def _street_in(part: str) -> str | None:
    for found in _STREET.finditer(part):
        if found["number"] is None and found["way"].rstrip(".") in _ONLY_BEHIND_A_NUMBER:
            continue
        behind = _behind_cut(part[found.end() :])
        if not re.search(r"[a-z0-9]", behind) and _kind(found["way"]) not in {"bourg", "grande rue"}:
            continue
        number = f"{int(found['number'])}{found['suffix'] or ''} " if found["number"] else ""
        return " ".join(f"{number}{found['way'].strip('.')} {behind}".split())[:LONGEST].strip()
    return None


def _behind_cut(text: str) -> str:
    """The text up to what is inside a building, a person, or a postcode, without signs that no street has."""
    found = _BEHIND.search(text)
    kept = text[: found.start()] if found else text
    return " ".join(re.sub(r"[^\w\s'./-]|_", " ", kept).split()).strip(" -./'")


def _kind(way: str) -> str | None:
    return next((kind for kind, forms in WAYS.items() if re.fullmatch(forms, way.strip("."))), None)


def _telling(name: str) -> list[str]:
    words: list[str] = _WORD.findall(re.sub(r"^\d{1,4}\s*(?:bis|ter|quater|[a-h]\b)?", "", name))
    kept = [word for word in words if word not in _LITTLE_WORDS and _kind(word) is None]
    return kept or [word for word in words if word not in _LITTLE_WORDS and not re.fullmatch(_WAY, word)]


def _likeness(word: str, other: str) -> float:
    """1 for the same word, a little less for one that is spelled differently, else 0."""
    if word == other:
        return 1.0
    if min(len(word), len(other)) < 5 or word.isdigit() or other.isdigit():
        return 0.0
    return 0.9 if fuzz.ratio(word, other) >= 80 else 0.0
