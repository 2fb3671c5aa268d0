"""Where in a text telephone numbers stand, in the many ways they are written; used by `contacts.py`.

A number with the shape of a French telephone number counts whether or not it is attributed; other international numbers
must be valid (`phonenumbers`), or every large amount would be one. Numbers of organisations (SIRET, SIREN), postcodes,
dates, hours, amounts, coordinates and lists of départements are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from transforms.normalise.signs import PHONE, signs

Span = tuple[int, int]

_SEP = r"(?:[^\S\n]|[.\-‐‑–/·•]){0,3}"
# Ten digits, the first 0, the second not. The overseas numbers (0262, 0590, 0594, 0596, 0692 ...) have the same
# shape. Source: French national numbering plan, Arcep decision 2018-0881.
_NATIONAL = re.compile(
    rf"(?=\(?0)(?:(?<=tel)|(?<=tél)|(?<=fax)|(?<=mob)|(?<=\b[tm])|(?<![\w+]))(?<!\d[.,])"
    rf"\(?0\)?{_SEP}[1-9]\)?(?:{_SEP}\d){{8}}(?!\d)",
    re.IGNORECASE,
)
_TEN_FROM_ZERO = re.compile(rf"0\)?{_SEP}[1-9]\)?(?:{_SEP}\d){{8}}")  # in each of them, and quicker to look for
# Before 00 no digits may stand, nor a hyphen: SIRET and postcode (552 081 317 00331 75011), 3.0064, GB-0031014075.
_ABROAD = r"(?<![\w+])(?:\+|(?<!\d[.,])(?<!\w-)(?<!\d[ \xa0\u202f])00)"
NATIONAL_AFTER_CODE = re.compile(  # +33, and the codes of the overseas départements
    rf"\(?{_ABROAD}{_SEP}(?:33|262|590|594|596)\)?{_SEP}(?:\(\s?0\s?\)|0)?{_SEP}[1-9](?:{_SEP}\d){{8}}(?!\d)"
)
_INTERNATIONAL = re.compile(rf"{_ABROAD}[^\S\n]?\(?[1-9](?:[^\S\n.\-/()]?[.\-/()\s]{{0,2}}\d){{6,14}}(?!\d)")
_LINK = re.compile(
    r"(?:\b(?:tel|callto|sms)[:=]|wa\.me/|whatsapp\.com/send/?\?phone=)(?:\+|%2b)?(?:[()-]|%20)*\d(?:(?:[()-]|%20)*\d){5,14}",
    re.IGNORECASE,
)
LAST_DEPARTEMENT = 95
"""Of the mainland: five different pairs up to it, with commas between them, may name départements."""

_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")

# A French mobile in pairs, whatever stands between them, line ends and the letter O for the zero too.
_PAIRED_MOBILE = re.compile(
    r"(?<![\w+])(?<!\d[.,:/-])[0Oo]\s?[67](?:[\s.,\-‐‑–—/·•_*|:'’=+;]{0,3}\d\d){4}(?!\d|\s?[.:,hH]\d)", re.ASCII
)
_MOBILE_BEGINS = re.compile(r"[0Oo]\s?[67]", re.ASCII)
# 33 without its plus: "33 6 00 00 00 00", "33600000000". Only mobiles: a long number that begins with 33 may be any.
_BARE_CODE = re.compile(r"(?<![\w+.,/=-])33[\s.-]?(?:\(0\)|0)?[\s.-]?[67](?:[\s.-]?\d\d){4}(?!\d)", re.ASCII)
# As written at home in Britain (mobiles), Germany (mobiles) and North America. Sources: the national numbering plans of
# Ofcom, the Bundesnetzagentur and the NANPA.
_ELSEWHERE = re.compile(
    r"(?<![\w+.,/-])(?:07\d{3}[ -]?\d{3}[ -]?\d{3}|01[567]\d{1,2}[ /-]{1,3}\d{3,4}[ -]?\d{3,5}"
    r"|\([2-9]\d\d\)[ -]?[2-9]\d\d[ .-]\d{4}|[2-9]\d\d([.-])[2-9]\d\d\1\d{4})(?!\d|[.,]\d)",
    re.ASCII,
)
# Whatever stands behind a word for a telephone is a number: "Tel. 600 00 00 00", "mòbil: 600 000 000".
_CUED = re.compile(
    r"(?<![^\W_])(?:t[ée]l(?:[ée]phone)?s?\b[ .:]{0,3}|(?:phone|mobile|portable|port|gsm|whats ?app|m[òo]bil|m[óo]vil"
    r"|tel[èe]fono?|telefon|handy|sms|cell|fax)\b\.? ?: ?)(?:n[°o] ?:? ?)?\(?(\d(?:[ .\-/)]{0,2}\d){7,12})(?!\d)",
    re.IGNORECASE,
)
_SMALL_NUMBERS = (
    "zéro|zero|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|vingts"
    "|trente|quarante|cinquante|soixante|cent"
)
_IN_WORDS = re.compile(
    rf"\bz[ée]ro[\s,.-]{{1,3}}(?:six|sept)(?:[\s,.-]{{1,3}}(?:et[\s-])?(?:{_SMALL_NUMBERS})){{4,20}}\b", re.IGNORECASE
)


def may_hold_phone(text: str) -> bool:
    """Say whether `phone_spans` would look at a text at all."""
    return PHONE in signs(text)


def in_words(text: str) -> bool:
    """Say whether a number may be written in words: French ones begin with a zero."""
    lower = text.lower()
    return "zéro" in lower or "zero" in lower


def phone_spans(text: str) -> Iterator[Span]:
    """Yield where telephone numbers stand, in no order; some may overlap. Never raises."""
    # Each pattern only runs on texts with a sign that all its matches have: most texts with figures have none.
    yield from _french(text)
    yield from (match.span() for match in _ELSEWHERE.finditer(text))
    yield from _told_by_words(text, text.lower())
    if "+" in text or "00" in text:
        for match in NATIONAL_AFTER_CODE.finditer(text):
            yield match.span()
        for match in _INTERNATIONAL.finditer(text):
            if end := _international_end(match[0]):
                yield match.start(), match.start() + end


def _french(text: str) -> Iterator[Span]:
    if _TEN_FROM_ZERO.search(text):
        yield from _national(text)
    if _MOBILE_BEGINS.search(text):
        yield from (match.span() for match in _PAIRED_MOBILE.finditer(text) if _paired_like_a_phone(match[0]))
    if "33" in text:
        yield from (match.span() for match in _BARE_CODE.finditer(text))


def _told_by_words(text: str, lower: str) -> Iterator[Span]:
    if ":" in text or "=" in text or "wa.me" in lower:
        yield from (match.span() for match in _LINK.finditer(text))
    if in_words(lower):
        yield from (match.span() for match in _IN_WORDS.finditer(text))
    if ":" in text or "tel" in lower or "tél" in lower:
        yield from (match.span(1) for match in _CUED.finditer(text))


def _national(text: str) -> Iterator[Span]:
    position = 0
    while match := _NATIONAL.search(text, position):
        taken = _grouped_like_a_phone(match[0])
        if taken:
            yield match.span()
        position = match.end() if taken else match.start() + 1  # what is refused may hide one that begins later


def _grouped_like_a_phone(number: str) -> bool:
    """Tell ten digits written as a phone number from two postcodes, a decimal, a large amount, dates and years."""
    groups = re.findall(r"\d+", number)
    sizes = tuple(map(len, groups))
    if len(groups) > 1 and (sizes[0] > 4 or max(sizes) > 8 or sizes[:3] == (3, 3, 3)):
        return False
    # 0 800 123 456 is a phone number; 0 123 456 789 is an amount, 0-387-75936-4 an ISBN.
    if sizes[0] == 1 and max(sizes[1:]) > 2 and not (sizes == (1, 3, 3, 3) and groups[1][0] == "8"):
        return False
    if any(_YEAR.fullmatch(group) for group in groups[1:]):
        return False
    gaps = {gap.strip() for gap in re.findall(r"(?<=\d)\D+(?=\d)", number)}
    return len(gaps) == 1 or not gaps & {"/", "-"}


def _paired_like_a_phone(number: str) -> bool:
    """Tell five pairs of a mobile from hours (06:30 - 07:30), and from a list of départements (06, 13, 83)."""
    gaps = {gap.strip() or " " for gap in re.findall(r"(?<=\d)\D+(?=\d)", number[1:])}
    if len(gaps - {" "}) > 1 and not gaps <= {" ", ".", "-", "–"}:
        return False
    if gaps & {",", ";", "|", "+"}:
        pairs = re.findall(r"\d\d", number)
        return len(set(pairs)) < len(pairs) or any(not 0 < int(pair) <= LAST_DEPARTEMENT for pair in pairs)
    return ":" not in gaps or gaps == {":"}


def _international_end(number: str) -> int:
    """Return where the longest phone number that the text begins with ends; 0 if it begins with none."""
    ends = [match.end() for match in _DIGITS.finditer(number)]
    for end in reversed(ends):
        candidate = number[:end]
        digits = "".join(_DIGITS.findall(candidate))
        try:
            parsed = phonenumbers.parse("+" + digits.removeprefix("00"), None)
        except phonenumbers.NumberParseException:
            continue  # not the beginning of any country's numbers, or too short
        thousands = all(len(group) == 3 for group in _DIGITS.findall(candidate)[1:])  # +12 500 000 €
        possible = number[0] == "+" and not thousands and phonenumbers.is_possible_number(parsed)
        if possible or phonenumbers.is_valid_number(parsed):
            return end
    return 0
