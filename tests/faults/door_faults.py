"""What can go wrong at the door of a source, whatever its kind: each fault breaks the sound pages of a site."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from breakage import ERROR_PAGE, JSON_ERROR, LOGIN_PAGE, Json, emptied, form_of, maintenance_page, roots
from fault_kit import Sound
from renames import renames
from site_kit import Handler, Page

Pages = dict[str, Page]
HTML, JSON = {"Content-Type": "text/html; charset=utf-8"}, {"Content-Type": "application/json"}

# What a kind calls it that something else came than its definition describes: a table looks for its columns, a page for
# its blocks. Where a portal says that a data set is gone, or refuses a question, that says more than its status does.
XML_ENTITIES = {"table": "header-missing", "html": "list-empty", "sitemap": "xml-entities", "feed": "xml-entities"}
OWN_NAMES = {
    "maintenance-200": {"html": "list-empty"},
    "login-200": {"html": "list-empty"},
    "json-error-200": {
        "table": "header-missing", "json": "list-missing", "html": "list-empty", "sitemap": "not-a-sitemap",
        "feed": "not-a-feed", "mediawiki": "api-error",
    },
    "deep-json": {"table": "header-missing", "html": "list-empty", "sitemap": "not-a-sitemap", "feed": "not-a-feed"},
    "xml-bomb": XML_ENTITIES, "xml-quadratic": XML_ENTITIES, "xml-outside": XML_ENTITIES,
    "status-400": {"opendatasoft": "query-refused"},
    "status-404": dict.fromkeys(("opendatasoft", "udata", "ckan"), "dataset-gone"),
    "status-410": dict.fromkeys(("opendatasoft", "udata", "ckan"), "dataset-gone"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to fail: what the site answers then, and the codes that name it.

    `base` is where the source is moved to: "" is the site itself, "closed" a port where nobody is, "plain" the site
    asked for TLS that it does not speak, "tls" one with a certificate that it signed itself. With `passes` the rows
    may be read nevertheless, all of them and right.
    """

    name: str
    codes: set[str]
    pages: Callable[[Sound], Pages] = lambda sound: sound.pages()
    base: str = ""
    manners: dict[str, object] = field(default_factory=dict)
    passes: bool = False

    def names(self, kind: str) -> set[str]:
        """The codes under which a source of `kind` may be refused."""
        own = OWN_NAMES.get(self.name, {}).get(kind)
        return self.codes if own is None else {own}


def everywhere(page: Page) -> Callable[[Sound], Pages]:
    """The same answer at every address of the source."""
    return lambda sound: dict.fromkeys(sound.pages(), page)


def altered(change: Callable[[bytes], Page]) -> Callable[[Sound], Pages]:
    """Every body as `change` makes it."""
    return lambda sound: sound.pages({address: change(body) for address, body in sound.bodies.items()})


def led(target: str) -> Callable[[Sound], Pages]:
    return everywhere((302, b"", {"Location": target}))


# -------------------------------------------------------------------------------------------- the wire


def dripping(body: bytes) -> Page:
    def drip(handler: Handler) -> None:
        _begin(handler, len(body))
        for place in range(len(body)):
            handler.wfile.write(body[place : place + 1])
            time.sleep(0.02)

    return drip


def silent(handler: Handler) -> None:
    handler.close_connection = True
    handler.rfile.read(1)  # until they hang up


def broken_off(body: bytes) -> Page:
    def send(handler: Handler) -> None:
        _begin(handler, len(body))
        handler.wfile.write(body[: len(body) // 2])

    return send


def chunk_missing(body: bytes) -> Page:
    def send(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        half = body[: len(body) // 2]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
        handler.close_connection = True

    return send


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    handler.close_connection = True


def hung_up(handler: Handler) -> None:
    handler.close_connection = True


def _begin(handler: Handler, length: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.close_connection = True


GZIP = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(bytes(40_000_000), 9)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
XML = {"Content-Type": "application/xml"}
LAUGHS = b'<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 20) for n in range(9)
)  # fmt: skip
QUADRATIC = b'<!ENTITY j "' + b"h" * 50_000 + b'">'
OUTSIDE = b'<!ENTITY j SYSTEM "file:///etc/hostname"><!ENTITY % p SYSTEM "http://169.254.169.254/p.dtd">'


def entities(declared: bytes) -> Callable[[Sound], Pages]:
    """A feed with a document type that declares entities, and an item made of one of them."""
    rss = b"<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>" % (b"&j;" * 5_000)
    return everywhere((200, b'<?xml version="1.0"?><!DOCTYPE l [' + declared + b"]>" + rss, XML))


WALL = b"<title>Just a moment...</title>"


# ----------------------------------------------------------------------------------------------- the bodies


def drifted(sound: Sound) -> Pages:
    """The place of the names is called otherwise: the first rename that takes a name or a list away."""
    for rename in renames(sound.source, sound.bodies):
        if "name" not in {*rename.without.fields, *rename.without.detail_fields}:
            return sound.pages(rename.bodies)
    return sound.pages(next(renames(sound.source, sound.bodies)).bodies)


def without_lists(sound: Sound) -> Pages:
    return sound.pages(emptied(sound.source, sound.bodies))


def doubled(sound: Sound) -> Pages:
    """Every record stands in its list twice."""
    return sound.pages({address: _doubled(sound, body) for address, body in sound.bodies.items()})


def _doubled(sound: Sound, body: bytes) -> bytes:
    form = form_of(body)
    if form == "csv":
        text = body.decode("latin-1")
        return (text.rstrip("\r\n") + "\n" + text.partition("\n")[2]).encode("latin-1")
    if form == "xml":
        return re.sub(rb"<(item|entry|url)\b.*?</\1>", rb"\g<0>\g<0>", body, flags=re.S)
    if form == "json":
        return Json.dump([_twice(sound, document) for document in Json.load(body)])
    item = re.search(rb'<div class="vignette\b.*</div>', body, re.S)
    return body.replace(item[0], item[0] * 2) if item else body


def _twice(sound: Sound, document: Any) -> Any:
    for root in roots(sound.source, document):
        if not root and isinstance(document, list):
            return document * 2
        place = document
        for step in root[:-1]:
            place = place.get(step, {}) if isinstance(place, dict) else {}
        if root and isinstance(place, dict) and isinstance(place.get(root[-1]), list):
            place[root[-1]] *= 2
            return document
    return document


def half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def with_zeros(body: bytes) -> bytes:
    """Zero bytes in the place of every tenth of the body, as a disk leaves them that lost blocks."""
    step = max(len(body) // 10, 40)
    return b"".join(body[start : start + step - 20] + bytes(20) for start in range(0, len(body), step))


def mislabelled(body: bytes) -> Page:
    return 200, body, {"Content-Type": "text/plain; charset=utf-16"}


def latin(body: bytes) -> Page:
    """The text in Windows-1252, said to be UTF-8."""
    text = body.decode("utf-8", errors="replace")
    return 200, text.encode("cp1252", errors="ignore"), {"Content-Type": "text/plain; charset=utf-8"}


def robots(page: Page) -> Callable[[Sound], Pages]:
    return lambda sound: {**sound.pages(), "/robots.txt": page}


def maintained(sound: Sound) -> Pages:
    return everywhere((200, maintenance_page(sound.source, sound.bodies), HTML))(sound)


# Long enough for a robots.txt on a busy machine, short enough for what never ends.
SOON = {"max_seconds": 1.0, "read_timeout": 0.8}

FAULTS = [
    Fault("name-resolution", {"name-resolution"}, base="http://no-such-host.invalid"),
    Fault("connection-refused", {"refused"}, base="closed"),
    Fault("tls-certificate", {"tls"}, base="tls"),
    Fault("no-tls-there", {"tls"}, base="plain"),
    Fault("never-answers", {"too-slow"}, everywhere(silent), manners=SOON),
    Fault("drips", {"too-slow"}, altered(dripping), manners=SOON),
    Fault("hangs-up", {"network"}, everywhere(hung_up)),
    Fault("speaks-no-http", {"network"}, everywhere(garbage)),
    Fault("truncated", {"truncated"}, altered(broken_off)),
    Fault("chunk-missing", {"truncated"}, altered(chunk_missing)),
    Fault("status-400", {"http-error"}, everywhere((400, JSON_ERROR, JSON))),
    Fault("status-401", {"forbidden"}, everywhere((401, b"", {}))),
    Fault("status-403", {"forbidden"}, everywhere((403, b"<h1>Forbidden</h1>", HTML))),
    Fault("status-404", {"not-found"}, everywhere((404, ERROR_PAGE, HTML))),
    Fault("status-410", {"not-found"}, everywhere((410, b"", {}))),
    Fault("status-429", {"rate-limited"}, everywhere((429, b"", {"Retry-After": "86400"}))),
    Fault("status-500", {"server-error"}, everywhere((500, JSON_ERROR, JSON))),
    Fault("status-503", {"server-error"}, everywhere((503, ERROR_PAGE, HTML))),
    Fault("status-204", {"http-error"}, everywhere((204, b"", {}))),
    Fault("gzip-bomb", {"too-large"}, everywhere((200, BOMB, GZIP))),
    Fault("gzip-file-bomb", {"too-large"}, everywhere((200, BOMB, {"Content-Type": "application/gzip"}))),
    Fault("gzip-broken", {"truncated"}, altered(lambda body: (200, gzip.compress(body)[:-20], GZIP))),
    Fault("not-gzip", {"truncated"}, altered(lambda body: (200, body, GZIP))),
    Fault("unknown-packing", {"packing"}, altered(lambda body: (200, body, {"Content-Encoding": "br"}))),
    Fault("too-large", {"too-large"}, everywhere(b" " * 2_100_000)),
    Fault("redirect-loop", {"redirect-loop"}, lambda s: {p: (302, b"", {"Location": p}) for p in s.pages()}),
    Fault("redirect-to-private", {"private-address"}, led("http://169.254.169.254/latest/meta-data/")),
    Fault("redirect-to-file", {"redirect-refused"}, led("file:///etc/hostname")),
    Fault("redirect-to-nowhere", {"bad-address", "redirect-refused"}, led("http://[not-an-address/")),
    Fault("moved-to-home", {"moved", "web-page"}, lambda s: {**led("/")(s), "/": (200, ERROR_PAGE, HTML)}),
    Fault("robots-forbid", {"robots"}, robots(b"User-agent: *\nDisallow: /\n")),
    Fault("robots-fail", {"robots"}, robots((500, b"", {}))),
    Fault("robots-ask-a-day", {"robots"}, robots(b"User-agent: *\nCrawl-delay: 86400\n")),
    Fault("bot-wall", {"bot-wall"}, everywhere((403, WALL, HTML | {"cf-mitigated": "challenge"}))),
    Fault("bot-wall-200", {"bot-wall"}, everywhere((200, WALL, HTML))),
    Fault("maintenance-200", {"web-page"}, maintained),
    Fault("login-200", {"web-page"}, everywhere((200, LOGIN_PAGE, HTML))),
    Fault("json-error-200", {"shape-changed"}, everywhere((200, JSON_ERROR, JSON))),
    Fault("picture", {"wrong-type"}, everywhere((200, PNG, {"Content-Type": "image/png"}))),
    Fault("document", {"wrong-type"}, everywhere((200, PDF, {"Content-Type": "application/pdf"}))),
    Fault("empty-body", {"empty"}, everywhere(b"")),
    Fault("empty-list", {"list-empty"}, without_lists),
    Fault("cut-body", {"truncated"}, altered(half)),
    Fault("zero-bytes", {"truncated", "not-json"}, altered(with_zeros)),
    Fault("schema-drift", {"gate", "column-missing", "list-empty", "no-data"}, drifted),
    Fault("duplicate-keys", set(), doubled, passes=True),
    Fault("wrong-encoding", {"encoding"}, altered(latin), passes=True),
    Fault("wrong-charset", {"encoding"}, altered(mislabelled), passes=True),
    Fault("deep-json", {"not-json"}, everywhere((200, DEEP, JSON))),
    Fault("xml-bomb", {"not-json"}, entities(LAUGHS)),
    Fault("xml-quadratic", {"not-json"}, entities(QUADRATIC)),
    Fault("xml-outside", {"not-json"}, entities(OUTSIDE)),
]
