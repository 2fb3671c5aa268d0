"""The contact that every site is told: on the network, nobody is asked for anything without one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from scrapers.response import Manners

# What goes into the header User-Agent, between brackets: plain signs only, and neither spaces nor brackets.
MAIL = re.compile(r"(mailto:)?[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
PAGE = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?([/?#][!-'*-~]*)?", re.ASCII | re.IGNORECASE)


class ContactError(Exception):
    """Sites would be visited without a contact that they can write to; the text says what to do."""


def require_contact(addresses: Iterable[str], manners: Manners) -> None:
    """Raise `ContactError` when one of `addresses` is on the network and `manners` name nobody to complain to.

    Files ask nobody for anything, and a host of `manners.allowed_hosts` is our own.
    """
    asked = next((address for address in addresses if _is_anothers(address, manners.allowed_hosts)), None)
    if asked is None or MAIL.fullmatch(manners.contact) or PAGE.fullmatch(manners.contact):
        return
    found = f'"{manners.contact}" is no contact' if manners.contact else "there is no contact"
    raise ContactError(
        f"{found} for the sites to be visited, such as {urlsplit(asked).hostname}: give an e-mail address or the "
        "address of a page (https://…) that somebody reads, in ESSAIM_CONTACT or with --contact"
    )


def _is_anothers(address: str, own: frozenset[str]) -> bool:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return False
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}" not in own
