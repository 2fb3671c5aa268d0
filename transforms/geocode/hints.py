"""Weak hints at a country: the national ending of a website, the prefix of a telephone number."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import phonenumbers

_FRENCH = re.compile(r"\+33[1-9][0-9]{8}")  # as E.164 has them: the code is that of no other country

# National endings that everybody uses for other ends: they say nothing of a country.
_WORLDWIDE = frozenset(("ac", "ai", "cc", "co", "fm", "gg", "io", "la", "me", "nu", "sh", "so", "st", "to", "tv", "ws"))
_ENDINGS = {"uk": "GB", "paris": "FR", "bzh": "FR", "alsace": "FR", "corsica": "FR", "quebec": "CA", "cat": "ES",
            "brussels": "BE", "vlaanderen": "BE", "gent": "BE", "berlin": "DE", "london": "GB", "scot": "GB",
            "wales": "GB", "cymru": "GB", "swiss": "CH", "wien": "AT", "nyc": "US", "eus": "ES"}  # fmt: skip


def country_of_website(url: str | None) -> str | None:
    """Return the ISO code of the country whose ending a web address has, ``None`` when it tells none."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return None
    ending = host.rpartition(".")[2]
    if ending in _WORLDWIDE or not host.strip("0123456789."):
        return None
    return _ENDINGS.get(ending) or (ending.upper() if len(ending) == 2 and ending != "eu" else None)


def country_of_phone(number: str | None) -> str | None:
    """Return the ISO code of the country of an international telephone number ("+32 …"), ``None`` for others."""
    if not number:
        return None
    if _FRENCH.fullmatch(number):
        return "FR"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    return region if region and len(region) == 2 else None
