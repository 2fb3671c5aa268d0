"""The way to an answer: addresses that may be asked for, and where redirects lead."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import requests
from requests.utils import requote_uri

from scrapers.failures import failure, label
from scrapers.local import PLAIN
from scrapers.problems import SourceError

REPEATED = {307, 308}
"""The redirects that repeat a POST (RFC 9110, 15.4.8); after all others a GET follows, as browsers do."""


def admissible(address: str) -> str:
    """`address` in the form in which it is requested; raises `SourceError` where none can be made of it."""
    if PLAIN.fullmatch(address):
        return address
    try:
        address = requests.Request("GET", address).prepare().url or address
        secret = urlsplit(address).netloc.rpartition("@")[0]
    except ValueError as error:
        raise failure(address, error) from error
    if secret:
        # It would be sent, archived and reported. The message must not do so either.
        message = f"the address of {urlsplit(address).hostname} holds a user name or password"
        raise SourceError("bad-address", message, "take it out; Essaim reads what is open to all")
    return address


def target_of(response: requests.Response) -> str | None:
    """Where `response` redirects to, or None; a page of the web may send us nowhere but to the web."""
    if not response.is_redirect:
        return None
    location = response.headers["Location"]
    try:
        # Headers are read as Latin-1, but sites that put more than ASCII there mean UTF-8.
        location = location.encode("latin-1").decode("utf-8")
        target = urljoin(response.url, requote_uri(location))
        scheme = urlsplit(target).scheme
    except (ValueError, requests.exceptions.InvalidURL) as error:
        raise failure(response.url, error) from error
    if scheme not in {"http", "https"}:
        message = f"{label(response.url)} redirects to {location[:200]}, which is not on the web"
        raise SourceError("redirect-refused", message, "find the new address of the page")
    return target
