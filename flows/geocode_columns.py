"""Which column of anybody's table holds what of a place: by its usual names, else by what stands in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from transforms.geocode import Gazetteer, clean_insee_code, clean_postcode, place_key
from transforms.normalise.points import parse_point

# How columns that hold a place are usually named, once folded to lower-case words; the surest form first.
USUAL = {
    "insee_code": (
        r"(code )?insee( (code|com(mune)?))?",
        r"codeinsee|inseecom|citycode|codgeo|depcom|code commune|com",
        # Not the code of an employment area, a département and the like.
        r"(?!.*\b(ze|zone|dep\w*|reg\w*|epci|iris|arr\w*|canton|aire|uu|au)\b).*\binsee\b.*",
    ),
    "postcode": (r"code postal|postcode|cp", r".*\b(code postal|postal code|codepostal|code post|zip( code)?)\b.*|zip"),
    "commune": (
        r"commune|ville|city",
        r"(nom|libelle)( de)?( la)? (commune|ville)|nomcom|(nom )?com(mune)? nom|libcom|localite|municipalite|town",
        r".*\b(commune|ville|city|locality|bureau distributeur)\b.*",
    ),
    "address": (r"adresse|address", r"adresse (postale|complete|voie)|voie|rue|street", r".*\b(adresse|address)\b.*"),
    "departement": (r"departements?( s)?|dep(t|artment)?", r"(code|nom|num(ero)?) (departement|dep(t)?)|code dep"),
    "region": (r"regions?( s)?|(nom|code) region|province|etat|state",),
    "country": (r"pays|country|code pays|country code",),
    "latitude": (r"lat(itude)?", r"(coord(onnees?)?|gps|geo|wgs84) ?(y|lat(itude)?)|y", r".*\blat(itude)?\b.*"),
    "longitude": (
        r"lon(g|gitude)?|lng",
        r"(coord(onnees?)?|gps|geo|wgs84) ?(x|lon(gitude)?)|x",
        r".*\b(lon(g|gitude)?|lng)\b.*",
    ),
    "point": (
        r"geo ?point( ?2 ?d)?",
        r"lat ?(itude)? ?(lon(g|gitude)?|lng)|latlon|latlng|coord(onnee)?s?( ?(gps|geo|geographiques?))?|gps|wkt|e?wkt"
        r"|(the )?geom(etry|etrie)?|point|geo(loc(alisation)?)?|position|xy|location",
    ),
}
AXES = ("latitude", "longitude")
PLACES = frozenset(("address", "postcode", "commune", "insee_code", "latitude", "point"))
_MOST = 0.6  # share of the filled cells that must look like it
_STREET = re.compile(r"\d.*[^\W\d_]{3}|^(?:rue|avenue|place|bd|boulevard|chemin|route|za|zi|lieu)\b", re.IGNORECASE)
_DEGREES = re.compile(r"-?\d{1,3}[.,]\d{2,}")


def by_name(header: Sequence[str]) -> dict[str, str]:
    """Return the columns that `header` names in a usual way; half a pair of coordinates is none."""
    guesses = {name: _named(header, forms) for name, forms in USUAL.items()}
    found: dict[str, str] = {}
    for name, column in guesses.items():
        if column is not None and column not in found.values():
            found[name] = column
    if not set(AXES) <= set(found):
        # "lat;lon" in one column answers to the name of either axis
        single = [column for name, column in found.items() if name in AXES and _is_pair(column)]
        found = {name: column for name, column in found.items() if name not in AXES}
        if single:
            found["point"] = single[0]
    return found


def is_headless(first: Sequence[str], gazetteer: Gazetteer) -> bool:
    """Whether the first row of a table holds a place rather than the names of columns."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if not cells or by_name(cells):
        return False
    figures = any(_is_postcode(cell, gazetteer) or _DEGREES.fullmatch(cell) or _is_point(cell) for cell in cells)
    return figures or (sum(_is_street(cell) for cell in cells) > 0 and any(_is_commune(c, gazetteer) for c in cells))


def by_content(header: Sequence[str], rows: Sequence[Sequence[str]], gazetteer: Gazetteer) -> dict[str, str]:
    """Return the columns whose cells look like postcodes, communes, points, coordinates or addresses, in that order."""
    looks: dict[str, Callable[[str], bool]] = {
        "postcode": lambda cell: _is_postcode(cell, gazetteer),
        "insee_code": lambda cell: (clean_insee_code(cell) or "") in gazetteer.communes,
        "point": _is_point,
        "latitude": lambda cell: bool(_DEGREES.fullmatch(cell)) and 41 <= abs(_figure(cell)) <= 52,
        "longitude": lambda cell: bool(_DEGREES.fullmatch(cell)) and abs(_figure(cell)) <= 11,
        "commune": lambda cell: _is_commune(cell, gazetteer),
        "address": _is_street,
    }
    found: dict[str, str] = {}
    for name, is_one in looks.items():
        shares = []
        for index, column in enumerate(header):
            cells = [row[index].strip() for row in rows if index < len(row) and row[index].strip()]
            share = sum(map(is_one, cells)) / len(cells) if cells else 0.0
            if share >= _MOST and column not in found.values():
                shares.append((share, -index, column))
        if shares:
            found[name] = max(shares)[2]
    return found if set(AXES) <= set(found) else {name: col for name, col in found.items() if name not in AXES}


def _named(header: Sequence[str], forms: Sequence[str]) -> str | None:
    """The first column whose folded name has one of `forms`, tried in order."""
    words = [fold_name(column) for column in header]
    for form in forms:
        for column, folded in zip(header, words, strict=True):
            if re.fullmatch(form, folded):
                return column
    return None


def fold_name(column: str) -> str:
    """Return the name of a column as lower-case words ("codePostal" and "CODE_POSTAL" → "code postal")."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKD", column))
    plain = "".join(sign for sign in split if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z0-9]+", plain.casefold()))


def _is_pair(column: str) -> bool:
    words = set(fold_name(column).split())
    return bool(words & {"lat", "latitude"}) and bool(words & {"lon", "lng", "long", "longitude"})


def _is_postcode(cell: str, gazetteer: Gazetteer) -> bool:
    return (clean_postcode(cell) or "") in gazetteer.postcodes


def _is_commune(cell: str, gazetteer: Gazetteer) -> bool:
    return len(cell) < 60 and place_key(cell) in gazetteer.keys


def _is_street(cell: str) -> bool:
    return bool(_STREET.search(cell)) and not cell.startswith(("http", "{", "[")) and "@" not in cell


def _is_point(cell: str) -> bool:
    try:
        return parse_point(cell) is not None
    except ValueError:
        return False


def _figure(cell: str) -> float:
    return float(cell.replace(",", "."))
