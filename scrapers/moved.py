"""Addresses that have moved: told as a warning with the new one, or as an error where only a home page is left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from scrapers.local import as_requested
from scrapers.problems import Problem, SourceError

FOR_GOOD = {301, 308}
"""The redirects that say so (RFC 9110, 15.4.2 and 15.4.9)."""

# A site's home page: its root, a language's ("/fr/"), or an index file.
HOME = re.compile(r"(/[a-z]{2}([-_][a-z]{2})?)?/?(index\.\w{3,5})?", re.IGNORECASE)

# Where domains that nobody renewed are for sale.
MARKETS = {"afternic.com", "bodis.com", "dan.com", "hugedomains.com", "parkingcrew.net", "sedo.com", "sedoparking.com"}


def check_landing(address: str, landed: str, is_start: bool) -> None:
    """Raise `SourceError` when the redirects of `address` ended at `landed`, and that means that it is gone."""
    if landed == address:
        return
    host = urlsplit(landed).hostname or ""
    if any(f".{host}".endswith(f".{market}") for market in MARKETS) and host != urlsplit(address).hostname:
        message = f"{address} now leads to {host}, where domain names are sold"
        raise SourceError("moved", message, "the site is gone: find its successor, or retire the source")
    if is_start and is_home(landed) and not is_home(address):
        message = f"{address} now leads to the home page {landed}, so the page itself is gone"
        raise SourceError("moved", message, "find the page's new address from there, and write it in [fetch]")


def is_home(address: str) -> bool:
    """Whether `address` is, by the look of it, a site's home page."""
    parts = urlsplit(address)
    return not parts.query and HOME.fullmatch(parts.path) is not None


def moved(source_id: str, starts: Iterable[str], moves: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a warning when addresses of a definition (`starts`) have moved for good, as `moves` (from, to) have it.

    Where a start is the beginning of what was asked for ("https://a.org" of "https://a.org/api/list"), and the new
    address ends alike, its own new address is what comes before.
    """
    found = {start: new for start in starts if (new := _new(as_requested(start), moves)) is not None} if moves else {}
    if not found:
        return
    start, new = next(iter(found.items()))
    others = f", and {len(found) - 1} more of its addresses have too" if len(found) > 1 else ""
    message = f"{start} has moved for good to {new}{others}"
    yield Problem(source_id, "moved", message, "warning", f"write {new} in [fetch] of the definition")


def _new(start: str, moves: Mapping[str, str]) -> str | None:
    if start in moves:
        return moves[start]
    root = start.rstrip("/")
    for address, new in moves.items():
        rest = address.removeprefix(root)
        if rest != address and rest[:1] in {"/", "?"} and len(rest) > 1 and new.endswith(rest):
            return new.removesuffix(rest)
    return None
