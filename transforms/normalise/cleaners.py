"""The rule of each raw field that holds one text: what `Normaliser` applies to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from transforms.normalise.contacts import contacts_in_address, find_contacts, scrub
from transforms.normalise.dates import clean_date
from transforms.normalise.identifiers import clean_osm, clean_rna, clean_siren, clean_siret, clean_wikidata
from transforms.normalise.names import restore_case
from transforms.normalise.person_names import (
    hide_behind_civility,
    hide_in_name,
    hide_names,
    is_page_of_person,
    names_person,
)
from transforms.normalise.points import clean_figure, parse_point
from transforms.normalise.text import clean_paragraphs, clean_text
from transforms.normalise.urls import PLAIN_ADDRESS, clean_url
from transforms.remembered import remembered

_MOST_ROUNDS = 6
_WORDED, _STREET = re.compile(r"\w"), re.compile(r"\d|[^\W\d_]{2}")
_ZONES = re.compile(r"\b(?:Za|Zi|Zae|Zup|Rn|Rd|Rdc)\b")

PLACE_FIELDS = ("address", "postcode", "commune", "insee_code", "departement", "region", "country")


@remembered
def shown(original: str) -> str:
    """What the source wrote, as it may be shown: contacts and people named as contacts removed."""
    return scrub(hide_names(original)[0])[0]


@remembered
def name_shown(original: str) -> str:
    """A name as the source wrote it, as it may be shown: contacts removed, and who stands in it behind a civility."""
    return scrub(hide_in_name(original)[0])[0]


def one_line(value: str) -> str | None:
    """One clean line of text, as it may be shown."""
    return _settled(clean_text, value)


def address_shown(original: str, url: str) -> str:
    """What the source wrote for `url`: as it stands, or, where it wrote a contact beside it, the address alone."""
    if PLAIN_ADDRESS.fullmatch(original):  # nothing is beside it
        return original
    beside = [contact for contact in find_contacts(original) if contact not in url]
    return url if beside or contacts_in_address(original) else original


@remembered
def place_shown(text: str) -> tuple[str | None, str]:
    """A part of a place other than its address, and what the source wrote for it, as it may be shown."""
    return _place(text), shown(text)


def _paragraphs(value: str) -> str | None:
    return _settled(clean_paragraphs, value)


def _settled(clean: Callable[[str], str | None], value: str) -> str | None:
    """Clean and hide until nothing changes: what is left around a removed contact may be a teaser, or another one."""
    text = clean(value)
    for _ in range(_MOST_ROUNDS):
        if text is None or (hidden := shown(text)) == text:
            break
        text = clean(hidden)
    return text


def _name(value: str) -> str | None:
    # A name is short, and "Contact Jean Vilar" may well be one.
    text = clean_text(value)
    told = name_shown(text) if text else ""
    return restore_case(told) if told == text or _WORDED.search(told) else None  # nothing but a contact is no name


def _organisation(value: str) -> str | None:
    text = clean_text(value)
    if text and names_person(text):
        raise ValueError("a person is named where an organisation is expected")
    return _name(value)


def _place(value: str) -> str | None:
    text = clean_text(value)
    return clean_text(scrub(hide_behind_civility(text)[0])[0]) if text else None


def _street(value: str) -> str | None:
    """An address in one line: capitals as in a name; a lone letter ("n") is none."""
    text = _place(value)
    if text is None or not _STREET.search(text):
        return None
    cased = restore_case(text)
    return text if cased == text else _ZONES.sub(lambda zone: zone[0].upper(), cased)


def _address(value: str) -> str | None:
    url = clean_url(value)
    if url and not PLAIN_ADDRESS.fullmatch(url) and contacts_in_address(url):
        raise ValueError("the address holds an e-mail address or calls a telephone number")
    if url and is_page_of_person(url):
        raise ValueError("the address is a page of a person's own")
    return url


CLEANERS: dict[str, Callable[[str], Any]] = (
    {
        "source_key": one_line,
        "record_url": _address,
        "url": _address,
        "name": _name,
        "organisation_name": _organisation,
        "summary": _paragraphs,
        "impact": _paragraphs,
        "started_on": clean_date,
        "ended_on": clean_date,
        "siren": clean_siren,
        "siret": clean_siret,
        "rna": clean_rna,
        "osm": clean_osm,
        "wikidata": clean_wikidata,
        "latitude": lambda text: clean_figure(text, "latitude"),
        "longitude": lambda text: clean_figure(text, "longitude"),
        "point": parse_point,
    }
    | dict.fromkeys(PLACE_FIELDS[1:], _place)
    | {"address": _street}
)
