"""How a sample is broken, by format: emptied, cut off, badly encoded, or an error page in its place.

A sample is a table of addresses and bodies. Whatever is done to it, what comes out must be refused with a name or be
rows that the unbroken sample has too (`judging` tells).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bs4 import BeautifulSoup
from judging import Bodies
from python_calamine import CalamineWorkbook
from source_kit import write_ods, write_xlsx

from scrapers.kinds.delimited import find_delimiter
from scrapers.kinds.encodings import guess
from scrapers.path import steps
from scrapers.source import Source

# Where the records stand in the answers of each kind; "*" is any key, and lists are walked through.
ROOTS: dict[str, list[list[str]]] = {
    "wordpress": [[]],
    "opendatasoft": [["results"], []],
    "gogocarto": [["data"], ["@graph"], []],
    "mediawiki": [["query", "pages", "*"], ["query", "pages"], ["query", "results", "*"]],
    "overpass": [["elements"]],
    "sparql": [["results", "bindings"]],
    "ofdb": [["visible"], []],
    "communecter": [["entities", "*"]],
}


# ------------------------------------------------------------------------------------------------------- formats


def form_of(body: bytes) -> str:
    """The format of a body: html, xml, json, lines (JSON lines), book, or csv."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"PK\x03\x04"):
        return "book"
    if re.match(rb"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype html|html)", head, re.I | re.S):
        return "html"
    if head.startswith(b"<"):
        return "xml"
    if head[:1] in {b"{", b"["}:
        try:
            json.loads(body)
        except ValueError:
            return "lines"
        return "json"
    assert not head.startswith(b"PAR1"), "teach this module how a Parquet file is broken"
    return "csv"


class Json:
    """JSON bodies as values and back, with every number as it was written."""

    MARK = "\ue000"

    @classmethod
    def load(cls, body: bytes) -> list[Any]:
        """The documents in `body`: one, or one a line."""
        text = body.decode("utf-8-sig")
        texts = [line for line in text.split("\n") if line.strip()] if form_of(body) == "lines" else [text]
        mark = lambda number: f"{cls.MARK}{number}{cls.MARK}"  # noqa: E731
        return [json.loads(one, parse_int=mark, parse_float=mark) for one in texts]

    @classmethod
    def dump(cls, documents: list[Any]) -> bytes:
        """The body that holds `documents`."""
        text = "\n".join(json.dumps(one, ensure_ascii=False) for one in documents)
        return re.sub(f'"{cls.MARK}([^"]*?){cls.MARK}"', r"\1", text).encode()


def roots(source: Source, document: Any) -> list[list[str]]:
    """Where the records may stand in `document`, the likeliest first."""
    shape = source.fetch.reads or source.kind
    if shape != "json":
        return ROOTS.get(shape, [[]])
    if source.fetch.items:
        return [[step for step in steps(source.fetch.items) if isinstance(step, str)]]
    return [["features"]] if isinstance(document, dict) and document.get("type") == "FeatureCollection" else [[]]


# --------------------------------------------------------------------------------------------------------- breaks


def emptied(source: Source, bodies: Bodies) -> Bodies:
    """The sample with every list empty, each in its format; the pages of single initiatives stay."""
    return {address: _emptied(source, address, body) for address, body in bodies.items()}


def _emptied(source: Source, address: str, body: bytes) -> bytes:
    form = form_of(body)
    if form == "csv":
        return b"".join(_header_and_before(source, body))
    if form == "book":
        return _book_with_header_alone(source, body)
    if form == "lines":
        return b"\n"
    if form == "json":
        return Json.dump([_without_records(source, document) for document in Json.load(body)])
    if form == "xml":
        return re.sub(rb"<(item|entry|url|sitemap)\b.*</\1>", b"", body, flags=re.S)
    return _without_blocks(source, body)


def _header_and_before(source: Source, body: bytes) -> Iterator[bytes]:
    lines = body.decode(guess(io.BytesIO(body))).splitlines(keepends=True)
    sign = source.fetch.delimiter or find_delimiter("".join(lines[:30]), source.places)
    for line in lines:
        yield line.encode()
        if len(source.places & {cell.strip('" \ufeff\r\n') for cell in line.split(sign)}) > len(source.places) / 2:
            return


def _book_with_header_alone(source: Source, body: bytes) -> bytes:
    book, write = (
        CalamineWorkbook.from_filelike(io.BytesIO(body)),
        write_ods if b"opendocument" in body[:200] else write_xlsx,
    )
    sheet = source.fetch.sheet or book.sheet_names[0]
    rows = [[str(cell) for cell in row] for row in book.get_sheet_by_name(sheet).to_python()]
    header = max(rows, key=lambda row: len(source.places & set(row)))
    with TemporaryDirectory() as folder:
        return write(Path(folder) / "book", {sheet: [header]}).read_bytes()


def _without_records(source: Source, document: Any) -> Any:
    for root in roots(source, document):
        path = root[:-1] if root[-1:] == ["*"] else root
        if not path:
            if isinstance(document, list):
                return []
            continue
        place = document
        for step in path[:-1]:
            place = place.get(step, {}) if isinstance(place, dict) else {}
        if isinstance(place, dict) and path[-1] in place:
            place[path[-1]] = type(place[path[-1]])()
            return document
    return document


def _without_blocks(source: Source, body: bytes, instead: str = "") -> bytes:
    soup = BeautifulSoup(body, "lxml")
    for block in soup.select(source.fetch.item) if source.fetch.item else []:
        block.decompose()
    if instead and soup.body is not None:
        for tag in soup.body.find_all(["main", "article", "h1"]):
            if not tag.decomposed:
                tag.decompose()
        soup.body.append(BeautifulSoup(instead, "html.parser"))
    return soup.encode("utf-8")


ERROR_PAGE = b"<!doctype html><html><head><title>Erreur</title></head><body><h1>Service indisponible</h1></body></html>"
LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html lang='fr'><head><title>Connexion</title></head><body><main><h1>Connexion</h1>"
    b"<form action='/login' method='post'><p>Identifiez-vous pour voir cette page.</p><input name='user'>"
    b"<input type='password' name='pw'><button>Entrer</button></form></main></body></html>"
)
JSON_ERROR = json.dumps({"error": "internal_error", "message": "Service indisponible", "status": 500}).encode()


def maintenance_page(source: Source, bodies: Bodies) -> bytes:
    """A page that says the site is being repaired; it keeps the header and the menu, where the sample has them."""
    pages = [body for body in bodies.values() if form_of(body) == "html"]
    told = "<main><h1>Site en maintenance</h1><p>Nous revenons bientôt.</p></main>"
    if not pages:
        menu = (
            "<header><nav><ul><li><a href='/'>Accueil</a></li><li><a href='/carte'>Carte</a></li></ul></nav></header>"
        )
        return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{menu}{told}</body></html>".encode()
    return _without_blocks(source, pages[0], told)


def replaced(source: Source, bodies: Bodies, page: bytes) -> Iterator[tuple[str, Bodies]]:
    """The sample with `page` at all addresses, at the first, at the last, and at all but the lists'."""
    yield "everywhere", dict.fromkeys(bodies, page)
    if len(bodies) > 1:
        first, last, lists = next(iter(bodies)), list(bodies)[-1], set(source.addresses())
        yield "at the first address", {**bodies, first: page}
        yield "at the last address", {**bodies, last: page}
        yield "beside the lists", {address: body if address in lists else page for address, body in bodies.items()}


def cut(bodies: Bodies, share: float) -> Iterator[tuple[str, Bodies]]:
    """The sample with its bodies cut off, all of them, and one alone."""
    shorter = {address: body[: int(len(body) * share)] for address, body in bodies.items()}
    yield "all", shorter
    if len(bodies) > 1:
        first, last = next(iter(bodies)), list(bodies)[-1]
        yield "the first", {**bodies, first: shorter[first]}
        yield "the last", {**bodies, last: shorter[last]}


def recoded(bodies: Bodies) -> Iterator[tuple[str, Bodies, str]]:
    """The sample in other encodings than it says or than it is said to be; with what the header claims."""
    texts = {address: _text(body) for address, body in bodies.items() if form_of(body) != "book"}
    if not texts or all(text.isascii() for text in texts.values()):
        return
    plain = {**bodies, **{address: text.encode() for address, text in texts.items()}}
    for claim in ("iso-8859-1", "windows-1252"):
        yield f"UTF-8, the header says {claim}", plain, f"text/plain; charset={claim}"
        yield f"UTF-8, the page says {claim}", {a: _claiming(body, claim) for a, body in plain.items()}, ""
    yield "UTF-16", {**bodies, **{address: text.encode("utf-16") for address, text in texts.items()}}, ""
    for name in ("cp1252", "iso8859-15"):
        try:
            old = {**bodies, **{address: text.encode(name) for address, text in texts.items()}}
        except UnicodeEncodeError:  # no publisher could have saved it so
            continue
        yield f"{name}, nothing is said", old, ""
        yield f"{name}, the header says UTF-8", old, "text/plain; charset=utf-8"
        yield f"{name}, the page says UTF-8", {a: _claiming(body, "utf-8") for a, body in old.items()}, ""


def chipped(bodies: Bodies) -> Bodies:
    """The sample in UTF-8, with one character in the middle of each text cut in two, as careless programs do."""
    return {a: body if form_of(body) == "book" else _chipped(_text(body).encode()) for a, body in bodies.items()}


def _chipped(body: bytes) -> bytes:
    found = [hit.end() for hit in re.finditer(rb"[\xc3\xe2][\x80-\xbf]+", body)]
    place = found[len(found) // 2] if len(found) > 20 else 0
    return body[: place - 1] + body[place:] if place else body


def _text(body: bytes) -> str:
    return body.decode(guess(io.BytesIO(body))).removeprefix("\ufeff")


def _claiming(body: bytes, claim: str) -> bytes:
    said = re.sub(rb"(<meta[^>]+charset=[\"']?)[\w-]+", rb"\g<1>" + claim.encode(), body, count=1, flags=re.I)
    return re.sub(rb"(<\?xml[^>]+encoding=[\"'])[\w-]+", rb"\g<1>" + claim.encode(), said, count=1)
