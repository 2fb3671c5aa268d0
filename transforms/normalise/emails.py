"""Where in a text e-mail addresses stand, plain or hidden from robots; used by `contacts.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from transforms.normalise.signs import SPELLED, signs

Span = tuple[int, int]

_BRACKET, _CLOSED = r"\s{0,3}[\[({]\s{0,3}", r"\s{0,3}[\])}]\s{0,3}"
_FENCE, _FENCED = r"\s{0,3}[<«*|'\"\\]{1,2}\s{0,3}", r"\s{0,3}[>»*|'\"]{1,2}\s{0,3}"
_ARROBA = r"arr?oba(?:se?|ce)?"
_AT = re.compile(
    rf"\s{{0,3}}(?:@|＠|﹫|ⓐ|%(?:25)*40|&#0*64;|&#x0*40;|&commat;)\s{{0,3}}|{_FENCE}(?:@|at|{_ARROBA})(?:{_FENCED})"
    rf"|\\@|{_BRACKET}(?:at|{_ARROBA}|chez|a|à|@){_CLOSED}|\s{{1,3}}[-_/]?{_ARROBA}[-_/]?\s{{1,3}}|\s/at/\s|_{{1,2}}at_{{1,2}}",
    re.IGNORECASE,
)
_MAY_BE_AT = re.compile(
    rf"[@＠﹫ⓐ]|%(?:25)*40|&(?:#|commat|amp)|{_ARROBA}|[\[({{<«*|/'\"]\s{{0,3}}(?:at|chez|a|à)\s{{0,3}}[\])}}>»*|/'\"]|_at_",
    re.IGNORECASE,
)
# The signs that begin each of them, but for "arroba", "_at_" and those between brackets, marks or quotes.
_BEGINS_AT = re.compile(r"[@＠﹫ⓐⒶ%&]")
PLAIN_AT = re.compile(r"[@＠﹫]")
"""The signs alone: in web addresses spelled-out forms are words."""

_COMMON_ENDS = r"(?:fr|com|org|net|eu|info|coop|be|ch|ca|uk|re|io|bzh|de|es|it|cat|asso|lu|pt|nl)\b"
# A bare " at " only counts when the dot is spelled out too, or dots stand on its left as in names: neither "meet at
# example.org" nor "at this point and".
_SPELLED = re.compile(
    rf"\b[\w.+-]{{1,64}} at \w[\w-]{{0,62}}(?: (?:dot|point) \w[\w-]{{0,62}}){{0,4}} (?:dot|point) {_COMMON_ENDS}"
    rf"|\b[^\W\d]{{1,30}}[.][^\W\d]{{2,30}}(?<!\.fr)(?<!\.org)(?<!\.com)(?<!\.net)[ -](?:at|chez|à)[ -]"
    rf"\w[\w-]{{0,62}}(?:\.\w[\w-]{{0,62}}){{0,3}}\.{_COMMON_ENDS}",
    re.IGNORECASE,
)
# n o m @ e x e m p l e . f r
_SPACED = re.compile(r"(?<!\S)(?:[\w.-] ){3,40}@(?: [\w.-]){5,60}(?!\S)")
# What a table cut in two: "prenom.nom@", "prenom.nom@exem".
_CUT = re.compile(r"(?<![\w@])[^\W\d_]{1,30}[._][^\W\d_]{2,30}\d{0,4}@[\w-]{0,62}")
_BRACKETED_DOT = rf"(?:{_BRACKET}(?:dot|point|\.){_CLOSED}|{_FENCE}(?:dot|point|\.){_FENCED}|\s/dot/\s)"
_LOCAL_PART = re.compile(
    rf"(?:mailto:(?:%20|\s){{0,3}})?(?:[\w.+%'-]+{_BRACKETED_DOT}){{0,3}}[\w.+%'!#&*=~-]*\w[.+%'!#&*=~-]*\Z",
    re.IGNORECASE,
)
_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,8}}\.(?:xn--[a-z0-9-]+|[^\W\d_]{{2,24}})", re.IGNORECASE)
_DOT = (
    rf"(?:\.|\s{{1,3}}\.\s{{0,3}}|\.\s{{1,2}}(?={_COMMON_ENDS})|,\s?(?={_COMMON_ENDS})|。|%2e|&period;"
    rf"|{_BRACKETED_DOT}|\s{{1,3}}(?:dot|point)\s{{1,3}})"
)
_LOOSE_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,8}}?{_DOT}[^\W\d_]{{2,24}}", re.IGNORECASE)
_LOOK_BACK = 80  # an address has at most 64 characters before the @ (RFC 5321)
_IMAGE = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")  # photo@2x.png is a file


def may_hold_email(text: str) -> bool:
    """Say whether `email_spans` would look at a text at all."""
    return _looks_like_email(text) and (_MAY_BE_AT.search(text) is not None or _SPELLED.search(text) is not None)


def _looks_like_email(text: str) -> bool:
    """Whether a text has a part that every match of `_MAY_BE_AT` and `_SPELLED` has: many times quicker to say."""
    return may_be_spelled(text) or _BEGINS_AT.search(text) is not None


def may_be_spelled(text: str) -> bool:
    """Say whether a text has a part that every address has in which letters stand for the @."""
    return SPELLED in signs(text)


def email_spans(text: str) -> Iterator[Span]:
    """Yield where e-mail addresses stand, in no order; some may overlap. Never raises."""
    yield from signed_spans(text)
    for pattern in (_SPELLED, _SPACED, _CUT):
        yield from (match.span() for match in pattern.finditer(text))


def signed_spans(text: str, signs: re.Pattern[str] = _AT) -> Iterator[Span]:
    """Yield where an address stands around one of `signs`: `PLAIN_AT`, or all that stand for an @."""
    for at in signs.finditer(text):
        window = max(0, at.start() - _LOOK_BACK)
        local = _LOCAL_PART.search(text[window : at.start()])
        domain = _DOMAIN.match(text, at.end()) or _LOOSE_DOMAIN.match(text, at.end())
        if local and domain and not domain[0].lower().endswith(_IMAGE):
            yield window + local.start(), domain.end()


_SPELLED_AT = re.compile(rf"{_AT.pattern}|[ -](?:at|chez|à)[ -]", re.IGNORECASE)


def plain_address(found: str) -> str:
    """Return an address found in a text with its plain sign and dots, as far as that can be told."""
    plain = unescape(unquote(found)).strip().removeprefix("mailto:")
    if _SPACED.fullmatch(plain):
        return plain.replace(" ", "")
    plain = _SPELLED_AT.sub("@", plain, count=1)
    return re.sub(rf"{_BRACKETED_DOT}|\s+(?:dot|point)\s+|\s*\.\s*|,\s?", ".", plain, flags=re.IGNORECASE)
