"""What one free text says of a place: the column of the commune, or an address in one line."""

import re
from dataclasses import dataclass

from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import clean_postcode, place_key

# What it costs a candidate that none of the names matches, by how sure we are to have read a name.
NAME_COLUMN, NAME_IN_ADDRESS, NO_NAME = 3.0, 1.0, 0.0

SEGMENTS = re.compile(r"[,;|\n\r\t]+|\s[-–—/]\s")
FIGURES = re.compile("[0-9]+")
MAX_TEXT = 500  # a longer text is a description, and only its head can be an address

_POST_BOX = re.compile(
    r"\b(?:b\.?p\.?|c\.?s\.?|tsa|cidex|bo[iî]te postale)\s*(?:n[°o]?\s*)?\d[\d ]{0,6}?(?=\s+\d{2} ?\d{3}\b|\D|$)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"(?<![\d.,-])(?:F(?:R)?[- ]{0,2})?(\d{2} ?\d{3})(?!\d|[.,]\d)", re.ASCII)
_ARTICLE_IN_BRACKETS = re.compile(r"\((?=\s*(?:le|la|les|l)\s*['’]?\s*\))", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]*)\)")
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
_CUT_CEDEX = re.compile(r" (?:c|ce|ced|cede)$")


@dataclass(slots=True)
class FreeText:
    """What one free text gave; guesses and their penalties as in `reading`."""

    postcode: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    departement: str | None = None
    region: str | None = None
    country: str | None = None
    mismatch: float = NO_NAME


def _one_kind_of_space(text: str) -> str:
    return text[:MAX_TEXT].replace("\u00a0", " ").replace("\u202f", " ")


def read_name(text: str, gazetteer: Gazetteer) -> FreeText:
    """Read a column meant for the commune, which may hold "44000 Nantes", "Nantes (44)" as well."""
    text = _one_kind_of_space(text)
    plain = _PREFIX.sub("", place_key(text))
    if plain in gazetteer.keys and not _MORE_THAN_A_NAME.search(text):
        return FreeText(guesses=((plain, 0.0),), mismatch=NAME_COLUMN)
    found = FreeText(mismatch=NAME_COLUMN)
    rest = _take_hints(_POST_BOX.sub(" ", text), found, gazetteer)
    before, after = _take_postcode(rest, found, gazetteer)
    segments = [key for part in SEGMENTS.split(f"{before} {after}") if (key := place_key(part))]
    segments = _take_named_hints([_PREFIX.sub("", key) for key in segments], found, gazetteer)
    guesses = {key: 0.2 * place for place, key in enumerate(segments[:4])}
    whole = _PREFIX.sub("", place_key(f"{before} {after}"))
    if whole:
        guesses[whole] = 0.0
        # "CHARLEVILLE-MEZIERES CE": a column too narrow for CEDEX.
        if whole not in gazetteer.keys and (uncut := _CUT_CEDEX.sub("", whole)) in gazetteer.keys:
            guesses[uncut] = 0.1
    found.guesses = tuple(guesses.items())
    return found if guesses else FreeText(found.postcode, (), found.departement, found.region, found.country)


def read_address(text: str, postcode: str | None, has_name: bool, gazetteer: Gazetteer) -> FreeText:
    """Look for a postcode, a commune and hints in an address written in one text.

    A `postcode` that is known otherwise is kept; where the commune `has_name` of its own, none is looked for.
    """
    text = _one_kind_of_space(text)
    found = FreeText(postcode=postcode)
    rest = _take_hints(_POST_BOX.sub(" ", text), found, gazetteer)
    before, after = _take_postcode(rest, found, gazetteer)
    if has_name:
        return found
    tail = [key for part in SEGMENTS.split(after) if (key := place_key(part))]
    if len(tail) == 1 and (found.postcode, tail[0]) in gazetteer.postal_pairs:  # nothing before it can say more
        found.guesses, found.mismatch = ((tail[0], 0.0),), NAME_IN_ADDRESS
        return found
    head = [key for part in SEGMENTS.split(before) if (key := place_key(part))]
    if (key := place_key(FIGURES.split(before)[-1])) in gazetteer.keys and head[-1:] != [key]:
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


def _take_hints(text: str, found: FreeText, gazetteer: Gazetteer) -> str:
    """Take "(44)", "(Loire-Atlantique)" or "(Suisse)" out of *text* as a hint; other brackets become segments."""
    if "(" not in text:
        return text
    text = _ARTICLE_IN_BRACKETS.sub("( ", text)

    def take(match: re.Match[str]) -> str:
        """Note what stands between brackets; return what stays of it in the text."""
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


def _take_postcode(text: str, found: FreeText, gazetteer: Gazetteer) -> tuple[str, str]:
    """Split *text* around its postcode: the last known one, else the last with the right form."""
    matches = [(match, code) for match in _POSTCODE.finditer(text) if (code := clean_postcode(match[1]))]
    if not matches:
        return (text, "")
    known = [pair for pair in matches if pair[1] in gazetteer.postcodes]
    chosen, code = (known or matches)[-1]
    found.postcode = found.postcode or code
    return text[: chosen.start()], text[chosen.end() :]


def _take_named_hints(segments: list[str], found: FreeText, gazetteer: Gazetteer, keep_one: bool = True) -> list[str]:
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
