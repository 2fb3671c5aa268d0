"""A door that is asked for each address once, and tells on the way what it was asked and what came."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.exceptions import ParserRejectedMarkup

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.encodings import guess
from scrapers.kinds.item import WEB_PAGE, unpacked
from scrapers.kinds.json_values import Number
from scrapers.kinds.page import Page, joined, page_of
from scrapers.problems import SourceError
from scrapers.response import Post, Response

Say = Callable[[str], None]

MOST_REQUESTS = 80
"""So many addresses one look may ask for; at a request a second, a little more than a minute."""


@dataclass(frozen=True)
class Seen:
    """What an address answered: where it led, its body unpacked, and what that reads as."""

    url: str
    body: bytes
    charset: str | None
    headers: Mapping[str, str]

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page."""
        head = self.body[:4096]
        return bool(WEB_PAGE.match(head)) or (head.lstrip()[:1] == b"<" and b"<html" in head.lower())

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page as Beautiful Soup has it, easy to look around in; kind `html` reads with `lxml` alone."""
        declared = self.charset or EncodingDetector.find_declared_encoding(self.body, is_html=True)
        try:
            return BeautifulSoup(self.body, "lxml", from_encoding=declared or guess(io.BytesIO(self.body)))
        except (ParserRejectedMarkup, LookupError, ValueError) as fault:
            remedy = "open the address in a browser; it may be no web page"
            raise SourceError("not-html", f"{label(self.url)} cannot be read as a web page: {fault}", remedy) from fault

    @cached_property
    def page(self) -> Page:
        """The page as definitions see it, to try places on."""
        markup = self.body.decode(self.soup.original_encoding or "utf-8", errors="replace")
        return page_of(self.url, markup)

    @cached_property
    def text(self) -> str:
        """The body as text, for bodies that are no pages."""
        return self.body.decode(guess(io.BytesIO(self.body)), errors="replace").removeprefix("\ufeff")

    @cached_property
    def json(self) -> Any:
        """The JSON value of the body, JSON lines as a list, or None where it is neither."""
        if self.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"{", b"["}:
            return None
        try:
            return _parsed(self.text)
        except (ValueError, RecursionError):
            return self._lines()

    def _lines(self) -> list[Any] | None:
        try:
            found = [_parsed(line) for line in self.text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
        return found if len(found) > 1 else None

    @property
    def is_lines(self) -> bool:
        """Whether the body is JSON lines."""
        first = self.text.lstrip().partition("\n")[0]
        return first.rstrip()[-1:] == "}" and isinstance(self.json, list) and self.text.lstrip()[:1] == "{"

    @cached_property
    def base(self) -> str:
        """The address that relative links of the page start from."""
        base = self.soup.find("base", href=True) if self.is_page else None
        return joined(self.url, str(base["href"])) if base is not None else self.url

    def whole(self, link: str) -> str:
        """The whole address of a `link` of the page; "" for what is none."""
        address = joined(self.base, link.strip())
        try:
            urlsplit(address)
        except ValueError:  # such as "http://[x"
            return ""
        return address


class Look:
    """Asks `door` for each address once; `say` gets a line for each."""

    def __init__(self, door: Door, say: Say) -> None:
        """Begin with nothing seen."""
        self.door, self.say = door, say
        self.memory: dict[str, Seen | SourceError] = {}

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked for, in order."""
        return list(self.memory)

    def see(self, address: str) -> Seen:
        """Return what `address` answers; raises `SourceError` as the door does."""
        address = address.partition("#")[0]
        if address not in self.memory:
            self.memory[address] = self._ask(address)
        kept = self.memory[address]
        if isinstance(kept, SourceError):
            raise kept
        return kept

    def kept(self, address: str) -> Seen | None:
        """Return what `address` answered earlier, or None; nothing is asked for."""
        found = self.memory.get(address.partition("#")[0])
        return found if isinstance(found, Seen) else None

    def try_to_see(self, address: str) -> Seen | None:
        """Return what `address` answers, or None where nothing can be had; the reason is said."""
        try:
            return self.see(address)
        except SourceError as error:
            self.say(f"nothing at {label(address)}: {error}")
            return None

    def get(self, address: str, post: Post | None = None) -> Response:
        """Answer as a door does, from what was seen before if it was."""
        if post is not None:
            return self.door.get(address, post)
        seen = self.see(address)
        kind = seen.headers.get("Content-Type", "")
        return Response(seen.url, 200, kind, seen.charset, io.BytesIO(seen.body), seen.headers)

    def _ask(self, address: str) -> Seen | SourceError:
        if len(self.memory) >= MOST_REQUESTS:
            remedy = "the proposal is made from what was seen; read the rest with essaim source preview"
            return SourceError("enough", f"{MOST_REQUESTS} addresses were asked for, and no more", remedy)
        try:
            response = self.door.get(address)
            seen = Seen(response.url, unpacked(response).read(), response.charset, response.headers)
        except SourceError as error:
            return error
        self.say(f"looked at {label(seen.url)}: {_size(len(seen.body))}")
        return seen


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count // 1000:,} kB"


def _parsed(text: str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)


def root_of(address: str) -> str:
    """The site of `address`, without a slash at its end."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
