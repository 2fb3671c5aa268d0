"""The line of an address that is shown beside its postcode and commune, without saying them once more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from transforms.geocode.names import arrondissement_number, has_cedex, place_key, postcode_departements

_BETWEEN = re.compile(r"(\s*[,;|]+\s*|\s+[-–—/]+\s+|\s+(?=\([^()]*\)\s*$))")
# Not the number of a post box.
_CODE = r"(?<!\d)(?<!\w-)(?<!\bbp )(?<!\bcs )(?<!\btsa )(?:FR?[ -]?)?(\d{2} ?\d{3})(?![\d-])"
_MAY_BE_CODE = re.compile(r"\d\d ?\d{3}")  # in each of them
_CODES = re.compile(_CODE, re.IGNORECASE)
_CODE_AND_TOWN = re.compile(rf"(?:\A|\s+){_CODE}(?:\s+((?:(?!\d{{3}})[^,;]){{2,60}}))?\Z", re.IGNORECASE)
_DEPARTEMENT = re.compile(r"\(?\s*(?:2[AB]|\d{2,3})\s*\)?", re.IGNORECASE)
_POST_BOX = re.compile(r"\b(?:bp|cs|tsa)\b", re.IGNORECASE)
_FIGURES = re.compile(r"\d+")
_COUNTRY = re.compile(r"[\s(]+france\)?\Z", re.IGNORECASE)
_ENDS = ",;|-–—/"


@dataclass(frozen=True, slots=True)
class _Known:
    """The postcodes of a place and the code of its département."""

    postcodes: set[str]
    departement: str


def address_line(
    address: str, postcodes: Iterable[str | None], names: Iterable[str | None], departement: str
) -> str | None:
    """Return a French address without the postcode, town and areas that stand in columns of their own.

    `postcodes` are those of the place, as published and as the source wrote it; `names` its commune, as published and
    as written, and what lies around it (département, region); `departement` is the code of that. "3 quai Neuf, 44000
    Nantes" gives "3 quai Neuf", "75013 Paris, 75013" gives None: nothing is left. A postcode that is another's stays;
    the name of another place behind the postcode ("49110 Saint-Rémy-en-Mauges", a part of the commune) stays without
    it. Idempotent, never raises.
    """
    known = _Known({code for code in postcodes if code}, departement)
    keys = {key for name in names if name and (key := place_key(name))} | {"france"}
    while True:
        kept = _once(address, known, keys)
        if kept in {None, address}:
            return kept
        address = kept or ""


def _once(address: str, known: _Known, keys: set[str]) -> str | None:
    pieces = _BETWEEN.split(_bare(address))  # what is written, and what stands between, in turns
    while pieces and _says_no_more(pieces[-1], known, keys):
        del pieces[-2:]
    while len(pieces) > 1 and _says_no_more(pieces[0], known, keys):  # a single one has been looked at
        del pieces[:2]
    if not pieces:
        return None
    pieces[-1] = _without_end(pieces[-1], known, keys)
    return _bare("".join(pieces)) or None


def _says_no_more(part: str, known: _Known, keys: set[str]) -> bool:
    """Whether a part of an address is the postcode, the town or an area around it, in any order and nothing else."""
    codes = _CODES.findall(part) if _MAY_BE_CODE.search(part) else []
    if not all(_is_ours(code, part, known) for code in codes):
        return False
    other = _CODES.sub(" ", part) if codes else part
    if _POST_BOX.search(other) or (_FIGURES.search(other) and not _is_numbered(other, known)):
        return False
    rest = place_key(other)
    if not rest:
        return bool(codes) or not re.search(r"\w", part) or has_cedex(part) or _names_departement(part, known)
    return rest in keys or (rest.endswith(" france") and rest.removesuffix(" france") in keys)


def _is_numbered(part: str, known: _Known) -> bool:
    """Whether the figures in a part, which are no postcode, number a CEDEX, an arrondissement or the département."""
    if has_cedex(part) or arrondissement_number(part) is not None:
        return True
    return all(_names_departement(figures, known) for figures in _FIGURES.findall(part))


def _names_departement(part: str, known: _Known) -> bool:
    return _DEPARTEMENT.fullmatch(part) is not None and part.strip("() ").upper() == known.departement


def _is_ours(code: str, part: str, known: _Known) -> bool:
    """Whether a postcode in the text says no more than ours: the same, a CEDEX, or one for the whole département."""
    code = code.replace(" ", "")
    near = known.departement in postcode_departements(code)
    return code in known.postcodes or (near and (has_cedex(part) or code.endswith("000")))


def _without_end(part: str, known: _Known, keys: set[str]) -> str:
    """The last part of an address without the postcode and town behind the street."""
    if not _MAY_BE_CODE.search(part):
        return part
    plain = _COUNTRY.sub("", part)
    found = _CODE_AND_TOWN.search(plain)
    if found is None or not _is_ours(found[1], plain, known):
        return part
    town = _bare(found[2] or "")
    if place_key(town) in keys | {""}:
        return plain[: found.start()]
    street = _bare(plain[: found.start()])
    return f"{street}, {town}" if street else town


def _bare(text: str) -> str:
    """A text without white space and separators around it."""
    while (stripped := text.strip().strip(_ENDS)) != text:
        text = stripped
    return text
