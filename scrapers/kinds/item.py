"""What every kind yields, and the tools the kinds share."""

from __future__ import annotations

import gzip
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from scrapers.kinds.entities import declares_entities
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Blocks, Rule, Take

Note = Callable[[Problem], None]

UNPACKED_LIMIT = 2_000_000_000

WEB_PAGE = re.compile(rb"(?:\s|\xef\xbb\xbf|<\?xml[^>]*>|<!--.*?-->)*<(?:!doctype html|html|head|body)\b", re.I | re.S)

# How files begin that no kind reads, and that no text begins like.
NO_DATA_AT_ALL = {
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
}


@dataclass(slots=True)
class Item:
    """One record as the source shows it: our raw fields, where it was read, and what was left untaken."""

    fields: dict[str, RawValue]
    origin: str
    leftovers: list[str] = field(default_factory=list)


def apply_rules(rules: dict[str, Rule], take: Take, blocks: Blocks) -> dict[str, RawValue]:
    """Take every field of `rules` from one record; fields the record lacks are absent from the result."""
    values = ((name, rule.apply(name, take, blocks)) for name, rule in rules.items())
    return {name: value for name, value in values if value is not None}


def unpacked(response: Response) -> BinaryIO:
    """Return the body of `response` at its beginning, unpacked if it is gzip.

    Raises `SourceError` for an empty body, a broken gzip, one that unpacks to more than 2 GB, and what is no data.
    """
    body = response.open()
    magic = body.read(5)
    body.seek(0)
    if not magic:
        raise SourceError("empty", f"{response.label} is empty", "the publisher may be rebuilding it; look there")
    for beginning, what in NO_DATA_AT_ALL.items():
        if magic.startswith(beginning):
            remedy = "look at the address in a browser: the data has moved, or was replaced by this"
            raise SourceError("wrong-type", f"{response.label} is {what}, from which nothing is read", remedy)
    if magic[:2] != b"\x1f\x8b":
        return body
    plain = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024))  # noqa: SIM115
    try:
        with gzip.open(body) as packed:
            _copy_bounded(packed, plain, response.label)
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise SourceError("truncated", f"{response.label} is a broken gzip file ({fault})", "fetch it again") from fault
    plain.seek(0)
    return plain


def _copy_bounded(packed: gzip.GzipFile, plain: BinaryIO, where: str) -> None:
    size = 0
    for chunk in iter(lambda: packed.read(64 * 1024), b""):
        size += len(chunk)
        if size > UNPACKED_LIMIT:
            message = f"{where} unpacks to more than {UNPACKED_LIMIT:,} bytes"
            raise SourceError("too-large", message, "check the address; nothing larger is read")
        plain.write(chunk)


def refuse_entities(label: str, chunks: Iterable[bytes]) -> None:
    """Raise `SourceError` when the XML that begins with `chunks` declares entities; see `scrapers.kinds.entities`."""
    if declares_entities(chunks):
        raise SourceError(
            "xml-entities",
            f"{label} declares entities, by which a small XML file can grow without end or ask for others; refused",
            "no list needs them: tell the publisher, whose site may have been tampered with",
        )


def refuse_web_page(response: Response, head: bytes, wanted: str) -> None:
    """Raise `SourceError` when `head`, the beginning of a body that should hold `wanted`, is a web page."""
    if WEB_PAGE.match(head):
        raise SourceError(
            "web-page",
            f"{response.label} is a web page, not {wanted}",
            "the publisher shows an error or a login page there; open the address in a browser",
        )
