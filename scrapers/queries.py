"""The questions that definitions put to a service: what can be said of `fetch.query` without asking anyone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

Box = tuple[float, float, float, float]
"""South, west, north, east, in degrees."""

# Servers refuse longer addresses, and a question goes by GET: 8,192 characters are common, some of them ours.
LONGEST = 7_000

# Addresses, texts and comments of SPARQL 1.1 (19.8), in which no keyword counts.
NOT_SPARQL = re.compile(r"""<[^<>"{}|^`\\\s]*>|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*""")
SPARQL_SELECT = re.compile(r"(?:\s|\bPREFIX\s+\S*:|\bBASE\b)*\bSELECT\b", re.IGNORECASE)

# Texts and comments of Overpass QL, in which no statement counts.
NOT_OVERPASS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
COMMENTS = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*(?:\n|$))*", re.DOTALL)
SHAPES = re.compile(r"\b(?:way|rel|relation|nwr|nw|nr|wr|derived)\b")
PLACED = re.compile(r"\bout\b[^;]*\bcenter\b")

COMMUNECTER_TYPES = {"organizations": "organization", "projects": "project", "events": "event", "poi": "poi"}
"""The lists of Communecter that may be read, and how its addresses call them; people are none of them."""


def query_faults(kind: str, query: str) -> list[str]:
    """Say what is wrong with the `query` of a source of `kind`, a line each; empty when nothing is seen."""
    faults = list(CHECKS.get(kind, _nothing)(query))
    size = len(quote(query.strip(), safe=""))
    if kind in CHECKS and size > LONGEST:
        faults.append(f"is {size:,} characters long in an address, more than {LONGEST:,}; shorten it or cut it in two")
    return faults


def overpass_question(query: str) -> str:
    """Return `query`, Overpass QL, with the setting that asks for JSON where its author left it out."""
    query = query.strip()
    if re.search(r"\[\s*out\s*:", NOT_OVERPASS.sub("", query)):
        return query
    hit = COMMENTS.match(query)
    at = hit.end() if hit else 0
    return f"{query[:at]}[out:json]{'' if query[at : at + 1] == '[' else ';'}{query[at:]}"


def box_of(query: str) -> Box:
    """Read "lat1,lng1,lat2,lng2", south-west and north-east corner.

    Raises `ValueError`, which says what is wrong, for anything else.
    """
    parts = [part.strip() for part in query.split(",")]
    if len(parts) != 4 or not all(re.fullmatch(r"[-+]?\d{1,3}(?:\.\d+)?", part) for part in parts):
        raise ValueError(f'"{query}" is no box; write "lat1,lng1,lat2,lng2", the south-west corner first')
    south, west, north, east = map(float, parts)
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise ValueError(f'"{query}" is no box; latitudes come first, and the south-west corner before the other')
    return south, west, north, east


def _nothing(query: str) -> Iterator[str]:
    yield from ()


def _sparql(query: str) -> Iterator[str]:
    if not SPARQL_SELECT.match(NOT_SPARQL.sub("", query)):
        yield "is no SELECT; only that form gives rows, and nothing may be changed at the source"


def _overpass(query: str) -> Iterator[str]:
    bare = NOT_OVERPASS.sub("", query)
    if re.search(r"\[\s*out\s*:(?!\s*json\b)", bare):
        yield "asks for another format than JSON; write [out:json] or leave the setting away"
    if "{{" in bare:
        yield 'holds a shortcut of Overpass Turbo, "{{…}}", which the service does not know; write it out'
    if not re.search(r"\bout\b(?!\s*:)", bare):
        yield 'gives nothing out; end it with "out center tags;"'
    elif SHAPES.search(bare) and not PLACED.search(bare):
        yield 'asks for ways or relations without a place; end it with "out center tags;"'


def _ofdb(query: str) -> Iterator[str]:
    try:
        box_of(query)
    except ValueError as fault:
        yield str(fault)


def _communecter(query: str) -> Iterator[str]:
    if not re.fullmatch(r"(?:tags|multiTags|key|insee)/[^/?#\s]+(?:/(?:tags|multiTags|key|insee)/[^/?#\s]+)*", query):
        yield 'is no part of an address of the API; write "tags/…", "key/…" or "insee/…", joined by "/"'


CHECKS: dict[str, Callable[[str], Iterator[str]]] = {
    "sparql": _sparql,
    "overpass": _overpass,
    "ofdb": _ofdb,
    "communecter": _communecter,
}
