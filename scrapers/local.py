"""Addresses answered from files of this machine: local files, and the pages of a sample."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from requests.adapters import BaseAdapter

from scrapers.archive_reader import answer

POST = "POST "


class FileAdapter(BaseAdapter):
    """Answers `file://` addresses, or the addresses of a table of pages, from local files.

    A page `POST <address> <body>` of the table answers what is posted there with this very body; any other POST is
    answered as a GET of its address is.
    """

    def __init__(self, pages: dict[str, Path] | None = None) -> None:
        """Answer from `pages`, or else from the file that an address names."""
        super().__init__()
        self._pages = None if pages is None else {_as_asked(key): path for key, path in pages.items()}

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """Return the file that answers `request`, or a 404."""
        path = self._found(request)
        if path is None or not path.is_file():
            return answer(request, 404, "Not Found", {}, cast(BinaryIO, tempfile.SpooledTemporaryFile()))
        return answer(request, 200, "OK", {}, path.open("rb"))

    def _found(self, request: requests.PreparedRequest) -> Path | None:
        address = request.url or ""
        if self._pages is None:
            return Path(url2pathname(urlsplit(address).path))
        if request.method == "POST":
            body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
            return self._pages.get(f"{POST}{address} {body}", self._pages.get(address))
        return self._pages.get(address)

    def close(self) -> None:
        """Nothing stays open between two requests."""


def _as_asked(key: str) -> str:
    """The key of a page with its address in the form in which an adapter meets it."""
    if not key.startswith(POST):
        return as_requested(key)
    address, _, body = key.removeprefix(POST).partition(" ")
    return f"{POST}{as_requested(address)} {body}"


# What `requests` leaves as it is; it takes its time to find out, once for each of some thousand pages.
PLAIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?(/(?!\.)[\w~.-]*)+(\?[\w~.=&-]*)?", re.ASCII)


def as_requested(address: str) -> str:
    """`address` in the form in which it is asked for: "https://a.org" is asked for as "https://a.org/"."""
    if PLAIN.fullmatch(address):
        return address
    try:
        return requests.Request("GET", address).prepare().url or address
    except ValueError:  # not an address, so it is never asked for
        return address
