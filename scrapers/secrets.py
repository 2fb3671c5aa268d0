"""Secrets that a definition names and never holds: `secret:NAME` stands for the variable `ESSAIM_SECRET_NAME`.

A definition, its reports, the archive and every address inside Essaim hold the name only. The value is put in its place
on the wire, and taken out again of whatever comes back. It goes to the hosts that whoever set it has named, whatever a
definition, a page or a redirect says, since a definition may come from anybody.
"""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import BinaryIO, cast
from urllib.parse import quote, quote_plus, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from scrapers.archive import IN_MEMORY
from scrapers.problems import SourceError
from scrapers.response import Post

NAMED = re.compile(r"secret:([A-Z][A-Z0-9_]*)")
VARIABLE = "ESSAIM_SECRET_"
HOSTS = "_HOSTS"

SHORTEST = 8
"""A shorter secret is refused: taking it out of what comes back would take other text with it."""

PIECE = 1024 * 1024

# Headers that say who we are, where to, or how: no definition may set them.
OURS = re.compile(
    r"(host|user-agent|accept.*|cookie2?|content-.*|connection|expect|forwarded|from|if-.*|keep-alive|origin|proxy-.*"
    r"|range|referer|sec-.*|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)",
    re.IGNORECASE,
)
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


def header_faults(headers: Mapping[str, str]) -> list[str]:
    """Say which of the `headers` of a definition may not be sent, and why."""
    faults = []
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or OURS.fullmatch(name):
            faults.append(f'"{name}" is not for a definition to set; Essaim says itself who it is and what it takes')
        elif not NAMED.search(value) or not value.isprintable():
            faults.append(f'"{name}" holds no secret; write secret:NAME for the value of {VARIABLE}NAME')
    return faults


class Secrets:
    """The secrets of one source: revealed on the wire to the hosts they are meant for, hidden everywhere else."""

    def __init__(self, names: Iterable[str] = (), headers: Mapping[str, str] | None = None) -> None:
        """Know the `names` of the secrets, and the `headers` that carry some of them."""
        self._headers = dict(headers or {})
        self._values: dict[str, str] = {}
        self._hosts: dict[str, set[str]] = {}
        for name in sorted(set(names)):
            self._values[name] = os.environ.get(f"{VARIABLE}{name}", "").strip()
            hosts = os.environ.get(f"{VARIABLE}{name}{HOSTS}", "")
            self._hosts[name] = {host.casefold() for host in re.split(r"[\s,;]+", hosts) if host}
        self._hidden = sorted(
            {
                (form, f"secret:{name}")
                for name, value in self._values.items()
                if len(value) >= SHORTEST
                for form in _forms(value)
            },
            key=lambda pair: (-len(pair[0]), pair),
        )

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._values)

    def address(self, address: str) -> str:
        """`address` as it goes over the wire; raises `SourceError` when its secret is missing or not for its host."""
        return NAMED.sub(lambda found: self._value(found, address, partial(quote, safe="")), address)

    def post(self, post: Post, address: str) -> bytes:
        """The body of `post` as it goes over the wire to `address`; raises `SourceError` as `address` does."""
        form = _in_json if "json" in post.type else quote_plus
        return NAMED.sub(lambda found: self._value(found, address, form), post.body).encode()

    def headers(self, address: str) -> dict[str, str]:
        """The headers that go with a request to `address`; none to a host that they are not meant for.

        Raises `SourceError` when a secret is missing.
        """
        found = {}
        for header, template in self._headers.items():
            names = NAMED.findall(template)
            if all(self._meant_for(name, address) for name in names if name in self._values):
                told = NAMED.sub(lambda match: self._value(match, address, str), template)
                found[header] = told.encode().decode("latin-1")  # which is how headers go over the wire
        return found

    def hide(self, text: str) -> str:
        """`text` with the names of the secrets in the place of their values."""
        for form, name in self._hidden:
            text = text.replace(form, name)
        return text

    def scrub(self, response: requests.Response, body: BinaryIO, asked: str) -> BinaryIO:
        """Hide the secrets in the head of `response`, the answer to `asked`, and return its body without them too."""
        response.url = asked
        response.headers = CaseInsensitiveDict({name: self.hide(value) for name, value in response.headers.items()})
        pairs = [(form.encode(), name.encode()) for form, name in self._hidden]
        if not pairs:
            return body
        kept = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  lives in the Response
        overlap, rest = max(len(form) for form, _ in pairs), b""
        body.seek(0)
        while piece := body.read(PIECE):
            rest += piece
            for form, name in pairs:
                rest = rest.replace(form, name)
            kept.write(rest[:-overlap])
            rest = rest[-overlap:]
        kept.write(rest)
        return kept

    def _value(self, found: re.Match[str], address: str, form: Callable[[str], str]) -> str:
        name = found[1]
        if name not in self._values:
            return found[0]  # a page may say "secret:NAME" as it likes: what its definition does not name stays words
        if not self._values[name] or len(self._values[name]) < SHORTEST:
            wrong = "is not set" if not self._values[name] else f"is shorter than {SHORTEST} characters"
            raise SourceError("secret-missing", f"{VARIABLE}{name} {wrong}", "set it where Essaim runs")
        if not self._meant_for(name, address):
            parts = urlsplit(address)
            raise SourceError(
                "secret-refused",
                f"secret:{name} is not meant for {parts.scheme}://{parts.hostname}",
                f"if it is, name the host in {VARIABLE}{name}{HOSTS}; only https is trusted with it",
            )
        return form(self._values[name])

    def _meant_for(self, name: str, address: str) -> bool:
        """Whether the secret may go to `address`; a host with its port is one's own, and may do without TLS."""
        parts = urlsplit(address)
        host = (parts.hostname or "").casefold()
        return f"{host}:{parts.port}" in self._hosts[name] or (parts.scheme == "https" and host in self._hosts[name])


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _forms(value: str) -> set[str]:
    """The forms in which a secret may come back: as it is, in an address, in JSON, in HTML."""
    in_json = _in_json(value)
    return {value, quote(value, safe=""), quote(value), quote_plus(value), in_json, in_json.replace("/", "\\/"),
            json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value)}  # fmt: skip
