"""Contact details of people: e-mail addresses and phone numbers are found in free text, and taken out.

`scrub` cleans before publication, `find_contacts` is the release gate's check. Both look with the same eyes, so what
is scrubbed is clean to the gate. A number with the shape of a French phone number counts whether or not it is
attributed; other international numbers must be valid (`phonenumbers`), or every large amount would be one.
Numbers of organisations (SIRET, SIREN), postcodes, dates, amounts and coordinates are left alone. Names of people
are not looked for.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

import phonenumbers

MARKER = "[contact removed]"

_Span = tuple[int, int]

# --------------------------------------------------------------------------------------------- e-mail addresses

_BRACKET, _CLOSED = r"\s{0,3}[\[({]\s{0,3}", r"\s{0,3}[\])}]\s{0,3}"
_AT = re.compile(
    rf"\s?(?:@|＠|﹫|%40|&#0*64;|&#x0*40;|&commat;)\s?"
    rf"|{_BRACKET}(?:at|arobase?|arobas|chez|a|@){_CLOSED}|\s{{1,3}}arobase?\s{{1,3}}|_at_",
    re.IGNORECASE,
)
_MAY_BE_AT = re.compile(r"[@＠﹫]|%40|&(?:#|commat)|arobas|[\[({]\s{0,3}(?:at|chez|a)\s{0,3}[\])}]|_at_", re.IGNORECASE)
# A bare " at " only counts when the dot is spelled out too: neither "meet at example.org" nor "at this point and".
_SPELLED = re.compile(
    r"\b[\w.+-]{1,64} at \w[\w-]{0,62}(?: (?:dot|point) \w[\w-]{0,62}){0,4} (?:dot|point) "
    r"(?:fr|com|org|net|eu|info|coop|be|ch|ca|uk|re|io|bzh)\b",
    re.IGNORECASE,
)
_BRACKETED_DOT = rf"{_BRACKET}(?:dot|point|\.){_CLOSED}"
_LOCAL_PART = re.compile(
    rf"(?:mailto:(?:%20|\s){{0,3}})?(?:[\w.+%'-]+{_BRACKETED_DOT}){{0,3}}[\w.+%'!#&*=~-]*\w[.+%'!#&*=~-]*\Z",
    re.IGNORECASE,
)
_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,8}}\.(?:xn--[a-z0-9-]+|[^\W\d_]{{2,24}})", re.IGNORECASE)
_DOT = rf"(?:\.|\s{{1,3}}\.\s{{0,3}}|。|%2e|{_BRACKETED_DOT}|\s{{1,3}}(?:dot|point)\s{{1,3}})"
_LOOSE_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,8}}?{_DOT}[^\W\d_]{{2,24}}", re.IGNORECASE)
_LOOK_BACK = 80  # an address has at most 64 characters before the @ (RFC 5321)
_IMAGE = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")  # photo@2x.png is a file

# ------------------------------------------------------------------------------------------------ phone numbers

_SEP = r"(?:[^\S\n]|[.\-‐‑–/·•]){0,3}"
_MANY_DIGITS = re.compile(r"\d(?:\D{0,4}\d){6}")
# Ten digits, the first 0, the second not. The overseas numbers (0262, 0590, 0594, 0596, 0692 ...) have the same
# shape. Source: French national numbering plan, Arcep decision 2018-0881.
_NATIONAL = re.compile(
    rf"(?=\(?0)(?:(?<=tel)|(?<=tél)|(?<=fax)|(?<=mob)|(?<=\b[tm])|(?<![\w+]))(?<!\d[.,])"
    rf"\(?0\)?{_SEP}[1-9]\)?(?:{_SEP}\d){{8}}(?!\d)",
    re.IGNORECASE,
)
# Before 00 no digits may stand, nor a hyphen: SIRET and postcode (552 081 317 00331 75011), 3.0064, GB-0031014075.
_ABROAD = r"(?<![\w+])(?:\+|(?<!\d[.,])(?<!\w-)(?<!\d[ \xa0\u202f])00)"
_NATIONAL_AFTER_CODE = re.compile(  # +33, and the codes of the overseas départements
    rf"\(?{_ABROAD}{_SEP}(?:33|262|590|594|596)\)?{_SEP}(?:\(\s?0\s?\)|0)?{_SEP}[1-9](?:{_SEP}\d){{8}}(?!\d)"
)
_INTERNATIONAL = re.compile(rf"{_ABROAD}[^\S\n]?\(?[1-9](?:[^\S\n.\-/()]?[.\-/()\s]{{0,2}}\d){{6,14}}(?!\d)")
_LINK = re.compile(
    r"(?:\b(?:tel|callto|sms)[:=]|wa\.me/|whatsapp\.com/send/?\?phone=)(?:\+|%2b)?(?:[()-]|%20)*\d(?:(?:[()-]|%20)*\d){5,14}",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")

# ------------------------------------------------------------------------------------- contacts in web addresses

_PLAIN_AT = re.compile(r"[@＠﹫]")
# Addresses that open a call or a message, and parameters named after a phone: the digits there are a number.
_CALL = re.compile(
    r"(?:\b(?:tel|callto|sms|smsto|skype|viber|signal):|wa\.me/|signal\.me/#p/|\bt\.me/(?=\+)"
    r"|(?<![^\W_])(?:phone|telephone|phonenumber|tel|mobile|portable|gsm|fax)=)"
    r"[/+()\s.-]{0,4}\d(?:[()\s.-]{0,3}\d){5,14}(?!\d)",
    re.IGNORECASE,
)
_MOST_ENCODINGS = 4


def scrub(text: str) -> tuple[str, int]:
    """Return the text with every e-mail address and phone number replaced by `MARKER`, and how many there were.

    Addresses are found plain, as mailto:, percent-encoded, and hidden from robots ("nom (at) domaine point fr").
    Phone numbers: French ones in any spacing, with 0, +33, 0033 or an overseas code, valid ones of other countries
    after + or 00, and tel: links. Never raises; a scrubbed text is returned as it is.
    """
    removed = 0
    while spans := _spans(text):  # what is left around a removed contact may read as another one
        for start, end in reversed(spans):
            text = f"{text[:start]}{MARKER}{text[end:]}"
        removed += len(spans)
    return text, removed


def find_contacts(text: str) -> list[str]:
    """Return everything in the text that looks like an e-mail address or a phone number, in order of appearance."""
    return [text[start:end].strip() for start, end in _spans(text)]


def emails_in(text: str) -> list[str]:
    """Return the e-mail addresses in a text, plain ones and those hidden from robots, in order of appearance."""
    if not _MAY_BE_AT.search(text):
        return []
    return [_plain_address(text[start:end]) for start, end in _apart(list(_emails(text)))]


def _plain_address(found: str) -> str:
    plain = unescape(unquote(found)).strip().removeprefix("mailto:")
    plain = re.sub(rf"{_AT.pattern}", "@", plain, count=1, flags=re.IGNORECASE)
    return re.sub(rf"{_BRACKETED_DOT}|\s+(?:dot|point)\s+|\s*\.\s*", ".", plain, flags=re.IGNORECASE)


_BETWEEN_PHONES = re.compile(r"\s*(?:[;|\n]|,|\bou\b|\bet\b|\bor\b|\s/\s|\s[-–]\s)\s*", re.IGNORECASE)


def phones_in(field: str) -> list[str]:
    """Return the telephone numbers of a field that holds nothing else, as they are written, in their order.

    "02 40 12 34 56 / 06 00 00 00 00" gives two. What has fewer than eight digits (36 46, "sur place") is none.
    """
    parts = [part for part in _BETWEEN_PHONES.split(field) if len(re.findall(r"\d", part)) >= 8]
    found: list[str] = []
    for part in parts:
        numbers = [part[start:end].strip() for start, end in _apart(list(_phones(part)))]
        # Several in a row without a sign between them; a lone one that lost its zero is left to who reads numbers.
        found += numbers if len(numbers) > 1 else [part.strip()]
    return found


def contacts_in_address(url: str) -> list[str]:
    """Return what in a web address is an e-mail address or a telephone link, in order of appearance.

    An address is full of digits that are no phone number (dates, ids), so only those count that a link calls by
    (tel:, wa.me/, "send?phone="), or that begin with "+33" or another code of `_NATIONAL_AFTER_CODE`. Spelled-out
    forms ("nom_at_domaine") do not count: in addresses they are words. Percent-encoded ones are read.
    """
    for _ in range(_MOST_ENCODINGS):
        plain = unescape(unquote(url))
        if plain == url:
            break
        url = plain
    spans = list(_emails(url, _PLAIN_AT))
    spans += [match.span() for match in _CALL.finditer(url)]
    spans += [match.span() for match in _NATIONAL_AFTER_CODE.finditer(url) if "+" in match[0]]
    return [url[start:end] for start, end in _apart(spans)]


def quotable(value: str, length: int = 60) -> str:
    """Return a value as an error message may show it: the beginning, on one line, without contact details."""
    return scrub(" ".join(scrub(value[: 4 * length])[0].split())[:length])[0]  # a cut may lay a number bare


def _spans(text: str) -> list[_Span]:
    spans: list[_Span] = []
    if _MAY_BE_AT.search(text):
        spans.extend(_emails(text))
    if " at " in text.lower():
        spans.extend(match.span() for match in _SPELLED.finditer(text))
    if _MANY_DIGITS.search(text):
        spans.extend(_phones(text))
    return _apart(spans)


def _apart(spans: list[_Span]) -> list[_Span]:
    """Make one of spans that overlap; return them in order."""
    apart: list[_Span] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _emails(text: str, signs: re.Pattern[str] = _AT) -> Iterator[_Span]:
    for at in signs.finditer(text):
        window = max(0, at.start() - _LOOK_BACK)
        local = _LOCAL_PART.search(text[window : at.start()])
        domain = _DOMAIN.match(text, at.end()) or _LOOSE_DOMAIN.match(text, at.end())
        if local and domain and not domain[0].lower().endswith(_IMAGE):
            yield window + local.start(), domain.end()


def _phones(text: str) -> Iterator[_Span]:
    if ":" in text or "=" in text or "wa.me" in text.lower():
        yield from (match.span() for match in _LINK.finditer(text))
    yield from _national(text)
    if "+" in text or "00" in text:
        for match in _NATIONAL_AFTER_CODE.finditer(text):
            yield match.span()
        for match in _INTERNATIONAL.finditer(text):
            if end := _international_end(match[0]):
                yield match.start(), match.start() + end


def _national(text: str) -> Iterator[_Span]:
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


def _international_end(number: str) -> int:
    """Return where the longest phone number that the text begins with ends; 0 if it begins with none."""
    ends = [match.end() for match in re.finditer(r"\d+", number)]
    for end in reversed(ends):
        candidate = number[:end]
        digits = re.sub(r"\D", "", candidate)
        try:
            parsed = phonenumbers.parse("+" + digits.removeprefix("00"), None)
        except phonenumbers.NumberParseException:
            continue  # not the beginning of any country's numbers, or too short
        thousands = all(len(group) == 3 for group in re.findall(r"\d+", candidate)[1:])  # +12 500 000 €
        possible = number[0] == "+" and not thousands and phonenumbers.is_possible_number(parsed)
        if possible or phonenumbers.is_valid_number(parsed):
            return end
    return 0
