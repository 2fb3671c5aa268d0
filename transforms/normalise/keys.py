"""Record keys as they may be published: a key made of names can hold an e-mail address or a telephone number."""

from __future__ import annotations

import hashlib
import re

from transforms.normalise.contacts import contacts_in_address, find_contacts
from transforms.normalise.person_names import hide_in_name, names_person

PREFIX = "key-"

_LETTER, _BETWEEN_WORDS = re.compile(r"[^\W\d_]"), re.compile(r"[\s|]")
# Most keys are short numbers: only these need the closer look.
_MAY_HOLD = re.compile(r"[@＠﹫%&]|arobas|\d(?:\D{0,4}\d){6}|\b(?:at|chez)\b|_at_", re.IGNORECASE)


def public_key(key: str) -> str:
    """Return a record's key, or, when it holds somebody's contact or name, "key-" and 16 digits of its SHA-256.

    The same key gives the same digits, so that ids live on. Numbers of the source's own stay, whatever they look like:
    only where words stand beside them can digits be a telephone number. Idempotent, never raises.
    """
    if key.isalnum():  # most are: no contact is, and words stand apart
        return key
    worded = _LETTER.search(key) and _BETWEEN_WORDS.search(key)
    if not (worded and _names_somebody(key)):
        if not _MAY_HOLD.search(key):
            return key
        if not contacts_in_address(key) and not (worded and find_contacts(key)):
            return key
    return PREFIX + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _names_somebody(key: str) -> bool:
    return any(names_person(part) or hide_in_name(part)[1] for part in key.split("|"))
