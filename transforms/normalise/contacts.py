"""Contact details of people: e-mail addresses and phone numbers are found in free text, and taken out.

`scrub` cleans before publication, `find_contacts` is the release gate's check. Both look with the same eyes, at the
text as it is written and as it reads without markup, codes and invisible signs (`plain.py`), so what is scrubbed is
clean to the gate. `emails.py` and `phones.py` say what counts; `person_names.py` looks for names.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from transforms.normalise.emails import (
    PLAIN_AT,
    email_spans,
    may_hold_email,
    plain_address,
    signed_spans,
)
from transforms.normalise.phones import NATIONAL_AFTER_CODE, in_words, may_hold_phone, phone_spans
from transforms.normalise.plain import reading
from transforms.normalise.signs import HIDDEN, PHONE, SPELLED, signs
from transforms.remembered import remembered

MARKER = "[…]"
"""What stands for a contact or a name that was taken out: a sign, as the text around it may be in any language."""

_Span = tuple[int, int]

# ------------------------------------------------------------------------------------- contacts in web addresses

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
    if not _spans(text):  # which has been asked for already where the text is shown too
        return []
    seen = reading(text)
    read = seen.text if seen else text
    if not may_hold_email(read):
        return []
    return [plain_address(read[start:end]) for start, end in _apart(list(email_spans(read)))]


_DIGIT = re.compile(r"\d")
_FEWEST_OF_TWO = 12  # digits of two numbers: what a link calls by may have six, all others more
_BETWEEN_PHONES = re.compile(r"\s*(?:[;|\n]|,|\bou\b|\bet\b|\bor\b|\s/\s|\s[-–]\s)\s*", re.IGNORECASE)


def phones_in(field: str) -> list[str]:
    """Return the telephone numbers of a field that holds nothing else, as they are written, in their order.

    "02 40 12 34 56 / 06 00 00 00 00" gives two. What has fewer than eight digits (36 46, "sur place") is none.
    """
    found: list[str] = []
    for part in _BETWEEN_PHONES.split(field):
        digits = len(_DIGIT.findall(part))
        if digits < 8:
            continue
        several = digits >= _FEWEST_OF_TWO or in_words(part)
        numbers = [part[start:end].strip() for start, end in _apart(list(phone_spans(part)))] if several else []
        # Several in a row without a sign between them; a lone one that lost its zero is left to who reads numbers.
        found += numbers if len(numbers) > 1 else [part.strip()]
    return found


def contacts_in_address(url: str) -> list[str]:
    """Return what in a web address is an e-mail address or a telephone link, in order of appearance.

    An address is full of digits that are no phone number (dates, ids), so only those count that a link calls by
    (tel:, wa.me/, "send?phone="), or that begin with "+33" or another code of `NATIONAL_AFTER_CODE`. Spelled-out
    forms ("nom_at_domaine") do not count: in addresses they are words. Percent-encoded ones are read.
    """
    return list(_in_address(url))


@remembered
def _in_address(url: str) -> tuple[str, ...]:
    for _ in range(_MOST_ENCODINGS):
        plain = unescape(unquote(url))
        if plain == url:
            break
        url = plain
    spans = list(signed_spans(url, PLAIN_AT))
    spans += [match.span() for match in _CALL.finditer(url)]
    spans += [match.span() for match in NATIONAL_AFTER_CODE.finditer(url) if "+" in match[0]]
    return tuple(url[start:end] for start, end in _apart(spans))


def quotable(value: str, length: int = 60) -> str:
    """Return a value as an error message may show it: the beginning, on one line, without contact details."""
    return scrub(" ".join(scrub(value[: 4 * length])[0].split())[:length])[0]  # a cut may lay a number bare


@remembered
def _spans(text: str) -> tuple[_Span, ...]:
    # The signs of addresses that are no letters are among those that a closer reading looks for.
    if "@" not in text and signs(text).isdisjoint((HIDDEN, SPELLED, PHONE)):
        return ()
    spans = list(_spans_as_written(text))
    if seen := reading(text):
        spans += [seen.written(*span) for span in _spans_as_written(seen.text)]
    return tuple(_apart(spans))


def _spans_as_written(text: str) -> Iterator[_Span]:
    if may_hold_email(text):
        yield from email_spans(text)
    if may_hold_phone(text):
        yield from phone_spans(text)


def _apart(spans: list[_Span]) -> list[_Span]:
    """Make one of spans that overlap; return them in order."""
    apart: list[_Span] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart
