"""Read what a source wrote about a place into evidence: codes, name guesses, hints.

A guess is a name key with a penalty in the points of the score (see ``score.sql``): 0 for a name
written where a commune belongs, more for a name picked out of an address.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from transforms.geocode.gazetteer import TERRITORIES, Gazetteer
from transforms.geocode.names import (
    arrondissement_number,
    clean_insee_code,
    clean_postcode,
    fold,
    has_cedex,
    place_key,
)
from transforms.geocode.query import PlaceQuery
from transforms.geocode.territory import Territory, read_territory

# What it costs a candidate that none of the names matches, by how sure we are to have read a name.
NAME_COLUMN, NAME_IN_ADDRESS, NO_NAME = 3.0, 1.0, 0.0

_OF_AN_AREA_TOO = 2.5  # enough to leave a large town open, little enough for a département or postcode to settle it

_POST_BOX = re.compile(
    r"\b(?:b\.?p\.?|c\.?s\.?|tsa|cidex|bo[iî]te postale)\s*(?:n[°o]?\s*)?\d[\d ]{0,6}?(?=\s+\d{2} ?\d{3}\b|\D|$)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"(?<![\d.,-])(?:F(?:R)?[- ]{0,2})?(\d{2} ?\d{3})(?!\d|[.,]\d)", re.ASCII)
_ARTICLE_IN_BRACKETS = re.compile(r"\((?=\s*(?:le|la|les|l)\s*['’]?\s*\))", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SEGMENTS = re.compile(r"[,;|\n\r\t]+|\s[-–—/]\s")
_PREFIX = re.compile(r"^(?:commune|ville|mairie|cite)\s+(?:de la|du|des|de|d)\s+")
# Before the last words of an address, these say that the words are a street's name and not a commune:
# a particle anywhere ("rue de Paris"), a kind of street only where it opens the segment ("rue Privas").
_PARTICLE = re.compile("de|du|des|d|le|la|les|l|aux?|a|et|en")
_STREET = re.compile(
    "rue|ave?|avenue|boulevard|bl?d|place|pl|che(?:min)?|route|rte|imp(?:asse)?|allees?|quai|square|cours"
    "|passage|sentier|villa|residence|lotissement|fbg|faubourg|esplanade|promenade|mail|montee|traverse"
    "|hameau|zone|za|zi|zac"
)
_MORE_THAN_A_NAME = re.compile("[,;()0-9]")
_FIGURES = re.compile("[0-9]+")
_LONGEST_WORD = 40  # no country's name ends with a longer word, nor with more signs behind it
_LAST_WORD = re.compile(r"[^\W\d_]+(?=[\W_]*$)")
_CUT_CEDEX = re.compile(r" (?:c|ce|ced|cede)$")
_MAX_TEXT = 500  # a longer text is a description, and only its head can be an address


class Reading(NamedTuple):
    """The evidence of one query; equal readings have equal answers, whatever their coordinates.

    A tuple because it is made and hashed for every row, which a frozen dataclass does ten times slower.
    """

    insee: str | None = None  # current code of a commune
    insee_is_former: bool = False
    arrondissement: str | None = None  # the INSEE code given, when it is an arrondissement's
    postcode: str | None = None
    cedex: bool = False
    guesses: tuple[tuple[str, float], ...] = ()  # (key, penalty)
    mismatch: float = NO_NAME
    departement: str | None = None
    region: str | None = None
    country: str | None = None  # None: not stated
    district: int | None = None  # arrondissement number
    epci: str | None = None  # SIREN of the intercommunal body that was written in place of a commune


@dataclass(slots=True)
class _Text:
    """What one free text gave."""

    postcode: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    departement: str | None = None
    region: str | None = None
    country: str | None = None
    mismatch: float = NO_NAME


def read(query: PlaceQuery, gazetteer: Gazetteer, default_country: str | None = "FR") -> Reading:
    """Return the evidence in *query*; never raises, whatever the text."""
    insee = clean_insee_code(query.insee_code or "")
    current = gazetteer.current_code(insee) if insee else None
    postcode = clean_postcode(query.postcode or "")
    if insee and not current and not postcode:  # a postcode put in the column of the INSEE code
        postcode = clean_postcode(insee)
    area = None
    if not (postcode or current):  # an area has neither
        area = _read_area(query, gazetteer, default_country)
    name = _read_name(query.commune, gazetteer) if query.commune and not area else _Text()
    if len(name.guesses) == 1 and name.guesses[0][0] in gazetteer.territory_homonyms:
        name.guesses = _doubted(name.guesses[0], query, postcode)
    if name.postcode in gazetteer.postcodes and postcode not in gazetteer.postcodes:
        postcode = name.postcode  # "75018" in the column of the commune, and no postcode of a place in its own
    postcode = postcode or name.postcode
    address = _Text()
    if query.address and not (name.guesses and postcode) and not current and not (area and not query.commune):
        address = _read_address(_one_kind_of_space(query.address), postcode, bool(name.guesses), gazetteer)
    country = _country(query, name.country or address.country, gazetteer)
    departement, region, in_france = _stated_areas(query, gazetteer, area)
    departement = departement or name.departement or address.departement
    return Reading(
        insee=gazetteer.commune_of(current) if current else None,
        insee_is_former=current is not None and current != insee,
        arrondissement=current if current and gazetteer.communes[current].parent else None,
        postcode=postcode or address.postcode,
        cedex=any(text and has_cedex(text) for text in (query.commune, query.address, query.postcode)),
        guesses=name.guesses or address.guesses,
        mismatch=name.mismatch or address.mismatch,
        departement=departement or TERRITORIES.get(country or ""),
        region=region or name.region or address.region,
        country="FR" if country in TERRITORIES or (in_france and not country) else country,
        district=_district(query),
        epci=area.epci if area and not (address.postcode or address.guesses) else None,
    )


def _read_area(query: PlaceQuery, gazetteer: Gazetteer, default_country: str | None) -> Territory | None:
    """The area of France that stands in place of a commune, or of the whole address."""
    stated = gazetteer.country(query.country) if query.country else None
    country = stated or default_country
    text = query.commune or query.address
    if not text or country not in {None, "FR"}:
        return None
    area = read_territory(text, gazetteer, country == "FR")
    if area and (query.departement or query.region) and place_key(text) in gazetteer.keys:
        return None  # "Bretagne" with a département: the commune
    return area


def _stated_areas(
    query: PlaceQuery, gazetteer: Gazetteer, area: Territory | None
) -> tuple[str | None, str | None, bool]:
    """Return the département and region of `area` or of their columns, which may hold several; whether any was read."""
    read_here = area is not None
    departement = gazetteer.departement(query.departement) if query.departement else None
    region = gazetteer.region(query.region) if query.region else None
    if query.departement and not departement and (written := read_territory(query.departement, gazetteer, True, False)):
        departement, region, read_here = written.departement, region or written.region, True
    if query.region and not region and (written := read_territory(query.region, gazetteer, True, False)):
        departement, region, read_here = departement or written.departement, written.region, True
    if area:
        departement, region = area.departement or departement, area.region or region
    return departement, region, read_here


def _doubted(guess: tuple[str, float], query: PlaceQuery, postcode: str | None) -> tuple[tuple[str, float], ...]:
    """A commune's name that is an area's too ("Creuse"), with nothing beside it that speaks for a commune."""
    key, penalty = guess
    alone = not (postcode or query.departement or query.region or (query.address and _FIGURES.search(query.address)))
    return ((key, penalty + _OF_AN_AREA_TOO if alone else penalty),)


def _country(query: PlaceQuery, read_in_text: str | None, gazetteer: Gazetteer) -> str | None:
    """The country stated, or the one that closes the address ("…, Bruxelles, Belgique").

    France is stated for whole sources: an address that says otherwise is believed.
    """
    stated = gazetteer.country(query.country) if query.country else None
    if stated and stated != "FR":
        return stated
    return read_in_text or _country_at_end(query, gazetteer) or stated


def _country_at_end(query: PlaceQuery, gazetteer: Gazetteer) -> str | None:
    if not query.address:
        return None
    ending = _LAST_WORD.search(query.address[-_LONGEST_WORD:])
    if ending is None or fold(ending[0]) not in gazetteer.country_endings:  # spares nearly all the work below
        return None
    *before, last = _SEGMENTS.split(query.address[-_MAX_TEXT:].rstrip(" .,;\n"))
    if not before or _FIGURES.search(last):
        return None
    key = place_key(last)
    if len(key) <= 3 or key in gazetteer.keys:
        return None
    return gazetteer.country_keys.get(key)


def _one_kind_of_space(text: str) -> str:
    return text[:_MAX_TEXT].replace("\u00a0", " ").replace("\u202f", " ")


def _district(query: PlaceQuery) -> int | None:
    for text in (query.commune, query.address):
        if text and _FIGURES.search(text) and _has_district(text.lower()):
            folded = place_key(text)
            if folded.endswith(("paris", "lyon", "marseille")) and (found := arrondissement_number(text)):
                return found
    return None


def _has_district(lowered: str) -> bool:
    return "paris" in lowered or "lyon" in lowered or "marseille" in lowered


def _read_name(text: str, gazetteer: Gazetteer) -> _Text:
    """Read a column meant for the commune, which may hold "44000 Nantes", "Nantes (44)" as well."""
    text = _one_kind_of_space(text)
    plain = _PREFIX.sub("", place_key(text))
    if plain in gazetteer.keys and not _MORE_THAN_A_NAME.search(text):
        return _Text(guesses=((plain, 0.0),), mismatch=NAME_COLUMN)
    found = _Text(mismatch=NAME_COLUMN)
    rest = _take_hints(_POST_BOX.sub(" ", text), found, gazetteer)
    before, after = _take_postcode(rest, found, gazetteer)
    segments = [key for part in _SEGMENTS.split(f"{before} {after}") if (key := place_key(part))]
    segments = _take_named_hints([_PREFIX.sub("", key) for key in segments], found, gazetteer)
    guesses = {key: 0.2 * place for place, key in enumerate(segments[:4])}
    whole = _PREFIX.sub("", place_key(f"{before} {after}"))
    if whole:
        guesses[whole] = 0.0
        # "CHARLEVILLE-MEZIERES CE": a column too narrow for CEDEX.
        if whole not in gazetteer.keys and (uncut := _CUT_CEDEX.sub("", whole)) in gazetteer.keys:
            guesses[uncut] = 0.1
    found.guesses = tuple(guesses.items())
    return found if guesses else _Text(found.postcode, (), found.departement, found.region, found.country)


def _read_address(text: str, postcode: str | None, has_name: bool, gazetteer: Gazetteer) -> _Text:
    """Look for a postcode, a commune and hints in an address written in one text."""
    found = _Text(postcode=postcode)
    rest = _take_hints(_POST_BOX.sub(" ", text), found, gazetteer)
    before, after = _take_postcode(rest, found, gazetteer)
    if has_name:
        return found
    tail = [key for part in _SEGMENTS.split(after) if (key := place_key(part))]
    if len(tail) == 1 and (found.postcode, tail[0]) in gazetteer.postal_pairs:  # nothing before it can say more
        found.guesses, found.mismatch = ((tail[0], 0.0),), NAME_IN_ADDRESS
        return found
    head = [key for part in _SEGMENTS.split(before) if (key := place_key(part))]
    if (key := place_key(_FIGURES.split(before)[-1])) in gazetteer.keys and head[-1:] != [key]:
        head.append(key)  # "Villa 8 Cannes": the commune alone follows the last number
    tail = _take_named_hints(tail, found, gazetteer, keep_one=bool(tail) and tail[0] in gazetteer.keys)
    if not tail:
        head = _take_named_hints(head, found, gazetteer)
    if tail:
        found.guesses = _guess_after_postcode(tail[0], gazetteer) + _whole_segments(head, 1.5, gazetteer)
        found.mismatch = NAME_IN_ADDRESS
    else:
        found.guesses = _guess_at_end(head, found.postcode is not None, gazetteer)
    return found


def _take_hints(text: str, found: _Text, gazetteer: Gazetteer) -> str:
    """Take "(44)", "(Loire-Atlantique)" or "(Suisse)" out of *text* as a hint; other brackets become segments."""
    if "(" not in text:
        return text
    text = _ARTICLE_IN_BRACKETS.sub("( ", text)

    def take(match: re.Match[str]) -> str:
        inside = match[1].strip()
        if inside.lower().rstrip("'’ ") in {"le", "la", "les", "l"}:
            return match[0]
        if code := gazetteer.departement(inside):
            found.departement = code
            return " "
        if len(inside) > 3 and (country := gazetteer.country(inside)):
            found.country = country
            return " "
        return f", {inside},"

    return _BRACKETS.sub(take, text)


def _take_postcode(text: str, found: _Text, gazetteer: Gazetteer) -> tuple[str, str]:
    """Split *text* around its postcode: the last known one, else the last with the right form."""
    matches = [(match, code) for match in _POSTCODE.finditer(text) if (code := clean_postcode(match[1]))]
    if not matches:
        return (text, "")
    known = [pair for pair in matches if pair[1] in gazetteer.postcodes]
    chosen, code = (known or matches)[-1]
    found.postcode = found.postcode or code
    return text[: chosen.start()], text[chosen.end() :]


def _take_named_hints(segments: list[str], found: _Text, gazetteer: Gazetteer, keep_one: bool = True) -> list[str]:
    """Take country, region and département names off the end of *segments*, leaving one if asked."""
    kept = list(segments)
    while kept and (len(kept) > 1 or not keep_one):
        last = kept[-1]
        if (country := gazetteer.country_keys.get(last)) and len(last) > 3 and _is_country(kept, gazetteer):
            found.country = found.country or country
        elif code := gazetteer.departement_keys.get(last):
            if code == "75":  # a commune as much as a département
                break
            found.departement = found.departement or code
        elif code := gazetteer.region_keys.get(last):
            found.region = found.region or code
        else:
            break
        kept.pop()
    if kept and kept[-1].endswith(" france"):
        kept[-1] = kept[-1].removesuffix(" france")
    return kept


def _is_country(segments: list[str], gazetteer: Gazetteer) -> bool:
    """A few communes bear a country's name (Grenade, Suisse): then two segments must come before."""
    return segments[-1] not in gazetteer.keys or len(segments) > 2


def _guess_after_postcode(segment: str, gazetteer: Gazetteer) -> tuple[tuple[str, float], ...]:
    """What follows the postcode is the commune, at times with words after it."""
    guesses = {segment: 0.0}
    words = segment.split()
    if segment not in gazetteer.keys:
        for length in range(min(len(words) - 1, 8), 0, -1):
            if (key := " ".join(words[:length])) in gazetteer.keys:
                guesses[key] = 0.5
                break
    return tuple(guesses.items())


def _guess_at_end(segments: list[str], has_postcode: bool, gazetteer: Gazetteer) -> tuple[tuple[str, float], ...]:
    """Without text after a postcode the commune is a whole segment, or the last words of the last one."""
    guesses = dict(_whole_segments(segments, 0.3, gazetteer))
    words = segments[-1].split() if segments else []
    if words and words[0] in {"bis", "ter", "quater"}:  # what is left of "3 bis avenue Foch"
        del words[0]
    for length in range(min(len(words) - 1, 8), 0, -1):
        key = " ".join(words[-length:])
        if key in gazetteer.keys and len(key) > 2:
            in_street_name = _is_street_name(words, len(words) - length)
            penalty = 3.0 if in_street_name else 0.5 if has_postcode else 1.2
            guesses.setdefault(key, penalty)
            break
    return tuple(guesses.items())


def _is_street_name(words: list[str], start: int) -> bool:
    """Whether the words from *start* on name the street rather than the commune."""
    before = words[start - 1]
    return bool(_PARTICLE.fullmatch(before) or (start == 1 and _STREET.fullmatch(before)))


def _whole_segments(segments: list[str], penalty: float, gazetteer: Gazetteer) -> tuple[tuple[str, float], ...]:
    """Segments that are a commune's name as a whole, the last first."""
    known = [key for key in reversed(segments[-4:]) if key in gazetteer.keys]
    return tuple((key, round(penalty + 0.3 * place, 1)) for place, key in enumerate(dict.fromkeys(known)))
