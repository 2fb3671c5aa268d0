"""Normal forms of French place names and codes.

Sources write the same commune as "Saint-Étienne", "ST ETIENNE" or "St Etienne CEDEX 2". The functions
here bring all of them to one key. They are pure and never raise on any text, so that the gazetteer
(at build time) and the geocoder (at run time) speak of the same key.
"""

import re
import unicodedata

from transforms.marks import without_marks
from transforms.remembered import remembered

_LETTERS = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o"})
_TOKEN = re.compile(r"[a-z]+|[0-9]+")
_ARTICLE_AT_END = re.compile(r"^(.*?)\s*\(\s*(le|la|les|l)\s*['’´`]?\s*\)(.*)$", re.DOTALL)
_SOUS = re.compile(r"\bs\s?/\s?s\b")
_SUR = re.compile(r"\bs\s?/")

# Only abbreviations with one reading in commune names: "pt" (pont, petit, port) is left alone.
_ABBREVIATIONS = {
    "st": "saint",
    "ste": "sainte",
    "sts": "saints",
    "stes": "saintes",
    "lez": "les",
    "gd": "grand",
    "gde": "grande",
    "gds": "grands",
    "mt": "mont",
    "nd": "notre dame",
    "ndame": "notre dame",
    "vx": "vieux",
    "s": "sur",
    "ss": "sous",
    "cdx": "cedex",
    "cedec": "cedex",
    "cedx": "cedex",
}
_EPCI_KINDS = re.compile(
    r"\b(?:communaute (?:de communes|d agglomeration|urbaine|d agglo)|comcom|communaute|eurometropole|metropole|metro"
    r"|agglomeration|agglo|cc|ca|cu|coga|europeenne)\b"
)
_POST_BOX = frozenset({"bp", "cs", "tsa", "cidex"})
_ORDINALS = frozenset({"er", "e", "eme", "ieme", "nd", "nde", "re", "ere", "me"})
_DISTRICT = frozenset({"arrondissement", "arrondissements", "arrdt", "arrt", "arr", "ardt"})
_CITIES_WITH_DISTRICTS = frozenset({"paris", "lyon", "marseille"})
_SPECIAL_WORDS = frozenset({*_ABBREVIATIONS, "cedex", "n", *_DISTRICT})
_FIGURE = re.compile("[0-9]")
_LINK_WORDS = frozenset(("le", "la", "les", "l", "de", "du", "des", "d", "en", "et", "sur", "sous", "a", "au", "aux"))

_POSTCODE = re.compile(r"(?:FR?[\s-]*)?([0-9]{2})[\s.]?([0-9]{3})(?:[.,]0+)?", re.IGNORECASE)
_SHORT_POSTCODE = re.compile(r"([1-9][0-9]{3})(?:[.,]0+)?")
_CEDEX = re.compile(r"\b(?:cedex|cdx|cedec|cedx)\b")
_INSEE = re.compile(r"(?:[0-9]{4,5}|2[ABab][0-9]{3})(?:[.,]0+)?")
_DISTRICT_NUMBER = re.compile(
    r"\b(?:paris|lyon|marseille)\b[\s,-]*0?(\d{1,2})\b(?!\s*\d)"
    r"|\b(\d{1,2})\s*(?:er|e|eme|ieme|nd)\b(?:\s*(?:arr|ardt))?"
)
# In each of them, in ASCII: what follows a number begins with one of three letters.
_MAY_BE_DISTRICT = re.compile(r"[0-9]\s*[eEiInN]|[Pp][Aa][Rr][Ii][Ss]|[Ll][Yy][Oo][Nn]|[Mm][Aa][Rr][Ss]")


def fold(text: str) -> str:
    """Return *text* in lower case without accents or ligatures; punctuation is kept."""
    return without_marks(unicodedata.normalize("NFKD", text.translate(_LETTERS))).lower()


@remembered
def place_key(text: str) -> str:
    """Return the normal form of a place name: words of ``a-z`` separated by one space.

    Accents, hyphens and apostrophes go; ST, STE, S/, N-D are written in full; "(LE)" moves to the
    front; CEDEX, post boxes (BP, CS, TSA), arrondissement numbers and every other figure are removed.
    Idempotent. The empty text comes back when nothing is left.
    """
    folded = text.lower() if text.isascii() else fold(text)
    if "(" in folded and (found := _ARTICLE_AT_END.match(folded)):
        folded = f"{found[2]} {found[1]} {found[3]}"
    if "/" in folded:
        folded = _SUR.sub(" sur ", _SOUS.sub(" sous ", folded))
    words = _TOKEN.findall(folded)
    if _SPECIAL_WORDS.isdisjoint(words) and not _FIGURE.search(folded):
        return " ".join(words)
    words = _clean(words)
    # Only a word that is still special can change once more, and few names hold one.
    while not _SPECIAL_WORDS.isdisjoint(words) and (cleaned := _clean(words)) != words:
        words = cleaned
    return " ".join(words)


def _clean(words: list[str]) -> list[str]:
    """One pass of the word rules; run until nothing changes, as a removal may join two words."""
    kept: list[str] = []
    has_figures = any(word.isdigit() for word in words)
    has_district = not _CITIES_WITH_DISTRICTS.isdisjoint(words)
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if _is_noise(word, before, after, has_figures, has_district):
            continue
        if word == "d" and kept and kept[-1] == "n":
            kept[-1:] = ["notre", "dame"]
        else:
            kept.extend(_ABBREVIATIONS.get(word, word).split())
    return kept


def _is_noise(word: str, before: str, after: str, has_figures: bool, has_district: bool) -> bool:
    if word == "cedex" or (has_district and word in _DISTRICT):
        return True
    if not has_figures:
        return False
    return word.isdigit() or (before.isdigit() and word in _ORDINALS) or (after.isdigit() and word in _POST_BOX)


def short_key(key: str) -> str:
    """Return a :func:`place_key` without articles and prepositions ("la roche sur yon" → "roche yon").

    The key itself comes back when it holds nothing else ("les").
    """
    return " ".join(word for word in key.split() if word not in _LINK_WORDS) or key


def epci_core(key: str) -> str:
    """Return the key of an intercommunal body without its kind ("cc du val de drome" → "val drome")."""
    return short_key(" ".join(_EPCI_KINDS.sub(" ", key).split()))


def has_cedex(text: str) -> bool:
    """Say whether *text* speaks of a CEDEX, whose postcode is a sorting office's and not a commune's."""
    lowered = text.lower()
    return ("ced" in lowered or "cdx" in lowered) and bool(_CEDEX.search(lowered))


def arrondissement_number(text: str) -> int | None:
    """Return the arrondissement (1 to 20) written in "Paris 11e", "LYON 03" or "3ème arrondissement"."""
    if text.isascii() and not _MAY_BE_DISTRICT.search(text):
        return None
    for found in _DISTRICT_NUMBER.finditer(fold(text)):
        number = int(found[1] or found[2])
        if 1 <= number <= 20:
            return number
    return None


def clean_postcode(text: str) -> str | None:
    """Return the five figures of a French postcode, or ``None`` when *text* is not one.

    Repairs what spreadsheets and typing do: a lost zero ("1000"), a space ("44 000"), a country
    letter ("F-67000"), a number read as a float ("44000.0"). 00, 96 and 99 open no French postcode.
    """
    stripped = text.strip()
    if len(stripped) == 5 and stripped.isascii() and stripped.isdigit():
        code = stripped
    elif found := _POSTCODE.fullmatch(stripped):
        code = found[1] + found[2]
    elif found := _SHORT_POSTCODE.fullmatch(stripped):
        code = "0" + found[1]
    else:
        return None
    return None if code[:2] in {"00", "96", "99"} else code


def clean_insee_code(text: str) -> str | None:
    """Return a commune's INSEE code as five signs ("1053" → "01053", "2a004" → "2A004") or ``None``.

    Only the form is checked; whether the code exists is for the gazetteer to say.
    """
    stripped = text.strip()
    if not _INSEE.fullmatch(stripped):
        return None
    return re.split("[.,]", stripped)[0].upper().zfill(5)


def postcode_departements(postcode: str) -> tuple[str, ...]:
    """Return the département codes a five-figure postcode points to by its form alone.

    200 and 201 are Corse-du-Sud, 202 and 206 Haute-Corse, the other 20x sorting offices of either; 97
    and 98 are read on three figures, with 97133 (Saint-Barthélemy) and 97150 (Saint-Martin) carved out
    of Guadeloupe's range.
    """
    carved_out = {"97133": "977", "97150": "978"}
    if postcode in carved_out:
        return (carved_out[postcode],)
    if postcode.startswith("20"):
        return {"0": ("2A",), "1": ("2A",), "2": ("2B",), "6": ("2B",)}.get(postcode[2], ("2A", "2B"))
    if postcode.startswith(("97", "98")):
        return (postcode[:3],)
    return (postcode[:2],)
