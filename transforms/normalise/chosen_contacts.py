"""The contact of an organisation that may be published, chosen from all that a record gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transforms.normalise.contacts import emails_in, phones_in
from transforms.normalise.people import email_kind, phone_kind, plain_email, plain_phone, policy
from transforms.normalise.person_names import names_person

ANYWHERE = "ZZ"
"""Stands for "country unknown": only numbers that begin with + are read."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """The first generic address and number in their plain forms, and how many private ones were left out."""

    email: str | None
    phone: str | None
    private_emails: int
    private_phones: int


def choose_contacts(
    email: str, phone: str, texts: Iterable[str], names: Iterable[str], country: str | None = None
) -> Contacts:
    """Choose from the fields `email` and `phone`; an address that only stands in one of `texts` counts if it is alone.

    `names` are those of initiative, organisation and town. When one of them is a person's, nothing is generic. Nothing
    is chosen either where the policy drops generic contacts. Never raises.
    """
    addresses = _distinct(plain_email(found) for found in emails_in(email))
    numbers = _distinct(phones_in(phone))
    told = [] if addresses else _distinct(plain_email(found) for text in texts for found in emails_in(text))
    if not (addresses or numbers or told):
        return Contacts(None, None, 0, 0)
    beside = list(names)
    somebody = any(map(names_person, beside))
    generic = [each for each in addresses if not somebody and email_kind(each, beside) == "generic"]
    lines = [each for each in numbers if not somebody and phone_kind(each, country) == "generic"]
    private_emails, private_phones = len(addresses) - len(generic), len(numbers) - len(lines)
    if len(told) == 1 and not somebody:
        generic = [each for each in told if email_kind(each, beside) == "generic"]
    if not policy().keep_generic:
        return Contacts(None, None, private_emails, private_phones)
    chosen = plain_phone(lines[0], country) if lines else None
    return Contacts(generic[0] if generic else None, chosen, private_emails, private_phones)


def _distinct(found: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(each for each in found if each))
