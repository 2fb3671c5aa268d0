"""Identifiers of organisations (SIREN, SIRET, RNA) and of things on maps and in knowledge bases, in one canonical form.

Every `clean_*` returns None when the value stands for "nothing", and raises ValueError with a plain reason when
there is a value but not a valid one, so that the caller can keep the original text and report it.
"""

import re
from collections.abc import Callable

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren, siret

from transforms.normalise.contacts import quotable
from transforms.normalise.text import clean_text

_LABEL = re.compile(
    r"^(?:n[°o]?\s*)?(?:siren|siret|rna|waldec|tva)\s*(?:n[°o])?\s*[:=]?\s*|^n[°o]\s*|\s*\([^()]*\)$", re.IGNORECASE
)
_VAT = re.compile(r"FR[0-9]{2}(?=[0-9]{9}$)")  # the number of intra-Community VAT holds the SIREN
_OF_A_SPREADSHEET = re.compile(r"(?<=\d{8})\.0+$")
_SEPARATORS = re.compile(r"[\s.,'’_\-–—/]+")
# "W", the prefecture that registered it (three characters: 751, 2A1, 9R1 ...), six digits. Source: the open RNA
# files of the Ministry of the Interior, https://www.data.gouv.fr/fr/datasets/repertoire-national-des-associations/
_RNA = re.compile(r"W[0-9][0-9A-Z]{2}[0-9]{6}")


def clean_siren(value: str) -> str | None:
    """Return the nine digits of a company number; spaces, dots and one lost leading zero are put right.

    A valid SIRET gives its first nine digits, a French VAT number its last nine. Returns None for nothing and for zeros
    only. Raises ValueError when the digits are not nine or fail the check digit (Luhn).
    """
    number = _compact(value)
    if number is not None:
        number = _VAT.sub("", number)
    if number is not None and len(number) == 14:
        number = _checked(number, value, "SIREN", 14, siret.validate)[:9]
    return None if number is None else _checked(number, value, "SIREN", 9, siren.validate)


def clean_siret(value: str) -> str | None:
    """Return the fourteen digits of an establishment number; spaces, dots and one lost leading zero are put right.

    Returns None for nothing and for zeros only (which would pass the check digit). Raises ValueError when the digits
    are not fourteen, or fail the check: Luhn, and for La Poste (SIREN 356000000) a sum of digits divisible by five.
    """
    number = _compact(value)
    return None if number is None else _checked(number, value, "SIRET", 14, siret.validate)


def clean_rna(value: str) -> str | None:
    """Return the number of a French association, "W" and nine characters, in upper case without separators.

    Returns None for nothing and for zeros only. Raises ValueError for any other form, numbers of before 2009 included.
    """
    number = _compact(value)
    if number is None or not number.strip("W0"):
        return None
    if not _RNA.fullmatch(number):
        raise ValueError(f"RNA is not W, a prefecture and six digits: {quotable(value)}")
    return number


_OSM = re.compile(
    r"(?:https?://)?(?:[\w.-]*\bopenstreetmap\.org/|osm\.org/)?(?:api/0\.6/|browse/)?(?:osm[:/ ]*)?"
    r"(?P<kind>n|w|r|node|way|relation)[/: ]*(?P<id>[1-9]\d{0,18})(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_OSM_KINDS = {"n": "node", "w": "way", "r": "relation"}
_WIKIDATA = re.compile(
    r"(?:https?://(?:www\.|m\.)?wikidata\.org/(?:wiki/(?:special:entitypage/)?|entity/)|wd:|wikidata[:/ ]*)?"
    r"(?P<id>Q[1-9]\d{0,11})(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)


def clean_osm(value: str) -> str | None:
    """Return an OpenStreetMap element as "node/123", "way/123" or "relation/123", from an address or a short form.

    Returns None for nothing; raises ValueError for what names no element (a bare number does not say of which kind).
    """
    text = clean_text(value)
    if text is None:
        return None
    match = _OSM.fullmatch(text)
    if match is None:
        raise ValueError(f"names no OpenStreetMap node, way or relation: {quotable(value)}")
    return f"{_OSM_KINDS[match['kind'][0].lower()]}/{match['id']}"


def clean_wikidata(value: str) -> str | None:
    """Return a Wikidata item as "Q123", from its address or its id; None for nothing; raises ValueError otherwise."""
    text = clean_text(value)
    if text is None:
        return None
    match = _WIKIDATA.fullmatch(text)
    if match is None:
        raise ValueError(f"is no Wikidata item (Q and digits): {quotable(value)}")
    return match["id"].upper()


def _compact(value: str) -> str | None:
    """Return the number without label, separators or the ".0" of a spreadsheet; None if nothing or zeros only."""
    text = clean_text(value)
    if text is None:
        return None
    number = _SEPARATORS.sub("", _OF_A_SPREADSHEET.sub("", _LABEL.sub("", text))).upper()
    return number if number.strip("0") else None


def _checked(number: str, value: str, name: str, length: int, validate: Callable[[str], str]) -> str:
    # Spreadsheets drop the first zero of a number. Only one is given back: the check digit must confirm it.
    if len(number) == length - 1:
        number = number.zfill(length)
    if not (number.isascii() and number.isdigit()):
        reason = "has other characters than digits"
    elif len(number) != length:
        reason = f"has {len(number)} digits instead of {length}"
    else:
        try:
            return validate(number)
        except InvalidChecksum:
            reason = "fails its check digit"
        except ValidationError as error:
            reason = f"is not valid ({error})"
    raise ValueError(f"{name} {reason}: {quotable(value)}")
