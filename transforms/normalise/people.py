"""Contacts that may be published and contacts that may not: told apart by the structure of what is written.

An e-mail address is generic when its local part names a role or an organisation, a telephone number when its country's
plan says that it is no mobile; all others count as private. `transforms/people.toml` holds the policy and the lists.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType

from transforms.marks import without_marks
from transforms.normalise.contacts import emails_in, find_contacts
from transforms.normalise.names import name_key
from transforms.normalise.text import words

Kind = Literal["generic", "private"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What `transforms/people.toml` says; words are folded: lower case, without accents."""

    keep_generic: bool
    keep_undecided_phones: bool
    free_mail: frozenset[str]
    generic_words: frozenset[str]
    generic_beginnings: tuple[str, ...]
    generic_anywhere: frozenset[str]
    roles: frozenset[str]
    given_names: frozenset[str]
    family_names: frozenset[str]


@cache
def policy() -> Policy:
    """Return the policy; raises ValueError when it says neither "keep" nor "drop"."""
    told = tomllib.loads(resources.files("transforms").joinpath("people.toml").read_text(encoding="utf-8"))
    return Policy(
        _kept(told, "generic_contacts"),
        _kept(told, "undecided_phones"),
        frozenset(told["free_mail"].split()),
        frozenset(told["generic_words"].split()),
        tuple(told["generic_beginnings"].split()),
        frozenset(told["generic_anywhere"].split()),
        frozenset(told["roles"].split()),
        frozenset(told["given_names"].split()),
        frozenset(told["family_names"].split()),
    )


def _kept(told: dict[str, str], name: str) -> bool:
    if told[name] not in {"keep", "drop"}:
        raise ValueError(f'people.toml: {name} is "{told[name]}"; write "keep" or "drop"')
    return told[name] == "keep"


def folded(text: str) -> str:
    """Return a text in small letters without accents, as the lists of the policy are written."""
    if text.isascii():
        return text.lower()
    return without_marks(unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()))


# ---------------------------------------------------------------------------------------------------- e-mail


def email_kind(address: str, names: Iterable[str] = ()) -> Kind:
    """Say whether an address is an organisation's or, in doubt, somebody's own.

    `names` are the names beside the address (initiative, organisation, town): on a domain of its own, a local part
    made of their words is the organisation's too (solilab@ for "Le Solilab").
    """
    local, _, domain = folded(address).rpartition("@")
    tokens = _tokens(local)
    told = policy()
    if not tokens or _has_given_name(tokens):
        return "private"
    if any(map(is_family_name, tokens)):  # also of a town beside it: the gates do not know what stands beside
        return "private"
    beside = frozenset(word for name in names for word in name_key(name).split())
    if _names_role(tokens, beside) or _SCHOOL.fullmatch(local):
        return "generic"
    if domain in told.free_mail or any(len(token) == 1 for token in tokens) or _is_first_and_last(local):
        return "private"
    return "generic" if _is_own_name("".join(tokens), domain, names) else "private"


def _tokens(local: str) -> list[str]:
    return [token for token in re.split(r"[^a-z]+", local.partition("+")[0]) if token]


def _names_role(tokens: Sequence[str], beside: frozenset[str]) -> bool:
    """Whether the words name a role or a kind of organisation, and nothing beside it is left that may be a person."""
    told = policy()
    known = told.generic_words | beside
    if tokens[0] in told.roles and not known.issuperset(tokens[1:]):
        return False  # lyon.accueil@ has a town, accueil.xyz@ may have a name
    begun, left = _begun("".join(tokens))
    if begun and _is_somebody(left):
        return False
    return bool(begun) or tokens[0] in told.generic_words or not told.generic_anywhere.isdisjoint(tokens)


def _begun(whole: str) -> tuple[str, str]:
    """The longest beginning that names a role or a kind of organisation (contactasso), and what is left behind it."""
    begun = max((each for each in policy().generic_beginnings if whole.startswith(each)), key=len, default="")
    return begun, whole.removeprefix(begun)


def _is_first_and_last(local: str) -> bool:
    """Whether a local part is two words with a full stop or underscore between (prenom.nom@), no articles."""
    match = re.fullmatch(r"([a-z-]{2,})[._]([a-z-]{2,})\d{0,4}", local)
    return (
        match is not None and _ARTICLES.isdisjoint(match.groups()) and policy().generic_words.isdisjoint(match.groups())
    )


_ARTICLES = words("le la les du de des un une au aux en the of et and sur pour")


def _is_somebody(word: str) -> bool:
    """Whether a word is a given name or a family name, with an initial or the other one glued to it or alone."""
    return word in policy().given_names or is_family_name(word)


def is_family_name(word: str) -> bool:
    """Say whether a folded word is a family name: dupont, with an initial (jdupont) or given name (jeandupont)."""
    given, family = policy().given_names, policy().family_names
    if word in family:
        return True
    if len(word) > 4 and (word[1:] in family or word[:-1] in family) and word not in policy().generic_words:
        return True
    halves = ((word[:cut], word[cut:]) for cut in range(3, len(word) - 2))
    return any(
        (first in given and (last in family or last in given)) or (first in family and last in given)
        for first, last in halves
    )


_SCHOOL = re.compile(r"(?:ce\.)?\d{7}[a-z]")  # the number of a French school: 0440012x@ac-nantes.fr


def _has_given_name(tokens: list[str]) -> bool:
    """Whether one of the words is a given name, and not that of a saint (mairie.st.paul@)."""
    names = policy().given_names
    saints = {"saint", "sainte", "st", "ste"}
    return any(token in names and (n == 0 or tokens[n - 1] not in saints) for n, token in enumerate(tokens))


def _is_own_name(local: str, domain: str, names: Iterable[str]) -> bool:
    """Whether a local part is the site's name, part of a name beside it, or has a long word of one in it."""
    site = re.sub(r"[^a-z]", "", domain.partition(".")[0])
    if len(local) > 2 and local == site:
        return True
    told = policy().given_names
    for name in names:
        found = name_key(name).split()
        letters = re.sub(r"[^a-z]", "", folded(name))  # lelieu@ for "Le Lieu": articles too
        whole = len(local) > 3 and (local in "".join(found) or local in letters)
        if not told.intersection(found) and (whole or any(len(word) > 4 and word in local for word in found)):
            return True
    return False


def betrays_person(address: str) -> bool:
    """Say whether an address is private by its own looks: a mailbox of anybody's, a given name, an initial and a name.

    The second look of the gates, which do not know the names beside it: a word that could be an organisation's passes,
    two that could be a given and a family name do not.
    """
    local, _, domain = folded(address).rpartition("@")
    tokens = _tokens(local)
    if email_kind(address) == "generic":
        return False
    whole = "".join(tokens)
    anybody = domain in policy().free_mail or any(len(token) == 1 for token in tokens) or len(whole) < 3
    somebody = any(map(is_family_name, tokens)) or _is_first_and_last(local) or _is_somebody(_begun(whole)[1])
    return not tokens or anybody or somebody or _has_given_name(tokens)


def private_contacts(text: str) -> list[str]:
    """Return the e-mail addresses and telephone numbers of a text that the gates let nobody publish: private ones."""
    return [found for found in find_contacts(text) if _is_private(found)]


def _is_private(found: str) -> bool:
    addresses = emails_in(found)
    if addresses:
        return any(map(betrays_person, addresses))
    return betrays_person(found) if "@" in found else phone_kind(found, None) == "private"


def plain_email(text: str) -> str | None:
    """Return an e-mail address in its plain form, lower case; None where the text is none that all mailers take."""
    try:
        found = validate_email(text.strip().removeprefix("mailto:"), check_deliverability=False, allow_smtputf8=False)
        return found.normalized.lower()
    except EmailNotValidError:
        return None


# ----------------------------------------------------------------------------------------------------- phone

_FIXED = {
    PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN,
    PhoneNumberType.VOIP, PhoneNumberType.PREMIUM_RATE,
}  # fmt: skip
_COUNTRIES = ("FR", "GP", "MQ", "GF", "RE", "YT", "NC", "PF", "PM", "BL", "MF", "WF")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_NINE_DIGITS = re.compile(r"\D*[1-9](?:\D{0,2}\d){8}\D*")
_FRENCH = re.compile(r"(?:(?P<code>\+33[ .-]?)|0)(?P<rest>[1-9](?:[ .-]?\d){8})", re.ASCII)
_EXTENSION = re.compile(r"\s*(?:poste|ext\.?|#|x)\s*\d+\s*$", re.IGNORECASE)


def plain_phone(text: str, country: str | None = None) -> str | None:
    """Return a telephone number as E.164 (+33240123456); None where it is no valid number of `country` or abroad.

    French numbers may be those of an overseas territory, whose codes are not 33.
    """
    parsed = _parsed(text, country)
    return phonenumbers.format_number(parsed[0], phonenumbers.PhoneNumberFormat.E164) if parsed else None


def phone_kind(text: str, country: str | None = None) -> Kind:
    """Say whether a number is an organisation's line; mobiles, and what is no valid number, are private."""
    parsed = _parsed(text, country)
    if parsed is None:
        return "private"
    if parsed[1] == PhoneNumberType.FIXED_LINE_OR_MOBILE:
        return "generic" if policy().keep_undecided_phones else "private"
    return "generic" if parsed[1] in _FIXED else "private"


@lru_cache(maxsize=1024)
def _parsed(text: str, country: str | None) -> tuple[phonenumbers.PhoneNumber, int] | None:
    """A valid number and its type."""
    text = _TRUNK_ZERO.sub("", _EXTENSION.sub("", text))
    if country in {None, "FR"} and "+" not in text and _NINE_DIGITS.fullmatch(text):
        text = f"0{text.strip()}"  # a spreadsheet took the zero
    french = _FRENCH.fullmatch(text)
    if french and (french["code"] or country in {None, "FR"}):
        # As it is usually written: what the library would read in it is known.
        number = phonenumbers.PhoneNumber(33, int(re.sub(r"\D", "", french["rest"])))
        kind = phonenumbers.number_type(number)
        if kind != PhoneNumberType.UNKNOWN:
            return number, kind
        if french["code"]:
            return None
    for region in _COUNTRIES if country in {None, "FR"} else (country,):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue  # not a number as this region writes it
        kind = phonenumbers.number_type(number)
        if kind != PhoneNumberType.UNKNOWN:  # which is to say that it is valid
            return number, kind
    return None
