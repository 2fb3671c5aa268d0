"""What a source really sends, put aside as the skeleton of a sample: to be read, never to be committed."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scrapers.kinds import Harvest, read_source
from scrapers.kinds.item import WEB_PAGE
from scrapers.propose.doors import Recording
from scrapers.propose.names import plain
from scrapers.propose.write import toml
from scrapers.source import Source

BEGINNINGS = {
    b"PK\x03\x04": "xlsx", b"PAR1": "parquet", b"{": "json", b"[": "json", b"<?xml": "xml", b"<rss": "xml",
    b"<feed": "xml", b"<urlset": "xml", b"<": "html",
}  # fmt: skip


def bounded(source: Source, pages: int) -> Source:
    """`source` with at most `pages` list pages to read."""
    fetch = source.fetch.model_copy(update={"max_pages": min(pages, source.fetch.max_pages)})
    if fetch.pages is not None:
        last = min(fetch.pages.last, fetch.pages.first + pages - 1)
        fetch = fetch.model_copy(update={"pages": fetch.pages.model_copy(update={"last": last})})
    return source.model_copy(update={"fetch": fetch})


def record(source: Source, door: Recording, folder: Path, pages: int, today: dt.date) -> tuple[Harvest, list[Path]]:
    """Read `pages` list pages of `source` through `door`; write what came below `folder`, and a `[sample]` to paste.

    Returns what was read and the files written. Raises `SourceError` when the source cannot be read; what had come
    until then is written all the same.
    """
    try:
        found = read_source(bounded(source, pages), door)
    finally:
        names = _write(door.kept, folder / "sample")
    found.problems = [problem for problem in found.problems if problem.code not in {"max-pages", "detail-enough"}]
    lines = [
        "[sample]",
        f"written_on = {today.isoformat()}",
        f"rows = {len(found.records)}",
        "",
        "[sample.pages]",
        *(f"{_key(address)} = {toml(name)}" for address, name in names.items()),
    ]
    (folder / "sample.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return found, [folder / "sample" / name for name in dict.fromkeys(names.values())]


def _write(kept: dict[str, bytes], folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for address, body in kept.items():
        stem, ending = _stem(address), _ending(address, body)
        taken = set(names.values())
        count = next(n for n in range(1, len(taken) + 2) if _numbered(stem, n, ending) not in taken)
        names[address] = _numbered(stem, count, ending)
        (folder / names[address]).write_bytes(body)
    return names


def _numbered(stem: str, count: int, ending: str) -> str:
    return f"{stem}{'' if count == 1 else f'-{count}'}.{ending}"


def _stem(address: str) -> str:
    """A telling name: the last parts of the path, and the query."""
    parts = urlsplit(address.removeprefix("POST ").partition(" ")[0])
    pieces = [piece for piece in unquote(parts.path).split("/") if piece][-2:]
    words = plain(" ".join([re.sub(r"\.\w{1,7}$", "", " ".join(pieces)), unquote(parts.query)]))
    return words.replace("_", "-")[:60].strip("-") or "index"


def _ending(address: str, body: bytes) -> str:
    path = urlsplit(address.removeprefix("POST ").partition(" ")[0]).path
    hit = re.search(r"\.(csv|tsv|txt|jsonl?|ndjson|geojson|xlsx|ods|parquet|xml|rss|atom|html?|gz)$", path, re.I)
    if hit and not WEB_PAGE.match(body[:4096]):
        return hit[1].lower()
    head = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"opendocument" in head:
        return "ods"
    if WEB_PAGE.match(body[:4096]):
        return "html"
    return next((ending for begin, ending in BEGINNINGS.items() if head.lower().startswith(begin.lower())), "csv")


def _key(address: str) -> str:
    return f"'{address}'" if "'" not in address and address.isprintable() else toml(address)
