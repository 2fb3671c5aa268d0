"""One source of every kind on a site of this machine, sound, and read through the real door to the network.

The sources are embedded ones. Their definitions, samples and expected rows lead to the site instead of to the
publisher's host; nothing else of them is changed.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from judging import Bodies, Fields, Verdict, bodies_of, expected_rows, judged
from site_kit import Page, Site
from source_kit import toml

from flows.settings import embedded_catalogue
from scrapers.catalogue import load_source
from scrapers.fetch import network_door
from scrapers.kinds import read_source
from scrapers.local import as_requested
from scrapers.source import Source

# Each kind by a source with a sample: a CSV, pages behind a list, a portal with its file, several requests.
KINDS = {
    "table": "carrefour-innovations-sociales",
    "json": "locacite",
    "html": "bretagne-creative",
    "sitemap": "apriles",
    "feed": "reseau-rural",
    "wordpress": "fondation-la-france-sengage",
    "opendatasoft": "budget-participatif-paris",
    "udata": "data-inclusion",
    "ckan": "montreal-jardins-communautaires",
    "gogocarto": "pres-de-chez-nous",
    "mediawiki": "appropedia-fab-labs",
    "overpass": "fablabs-osm",
    "sparql": "wikidata-ecovillages",
    "ofdb": "karte-von-morgen",
    "communecter": "communecter-organisations",
}


@dataclass(frozen=True, slots=True)
class Sound:
    """A source at `base` ("http://host:port"), what its addresses answer, and the rows that are read in that."""

    source: Source
    base: str
    bodies: Bodies
    expected: list[tuple[str, Fields]]

    def pages(self, bodies: Mapping[str, Page] | None = None) -> dict[str, Page]:
        """What a `Site` answers at each path: the sound bodies, or `bodies` in their place."""
        return {path_of(address): body for address, body in (self.bodies if bodies is None else bodies).items()}


def path_of(address: str) -> str:
    """Path and query of `address`, as a site is asked for them."""
    parts = urlsplit(as_requested(address))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@cache
def embedded(kind: str) -> tuple[Source, Bodies, list[tuple[str, Fields]]]:
    """The embedded source of `kind`, with its sample and the rows in it."""
    source = load_source(embedded_catalogue() / KINDS[kind])
    assert source.kind == kind
    return source, bodies_of(source), expected_rows(source)


def settle(kind: str, base: str, catalogue: Path, id: str = "") -> Sound:
    """Write the source of `kind` to `catalogue`, its publisher at `base`; visited daily, with its sample's rows."""
    source, bodies, expected = embedded(kind)
    hosts = {urlsplit(address).netloc for address in bodies}
    folder = catalogue / (id or source.id)
    shutil.copytree(source.folder, folder, ignore=shutil.ignore_patterns("sample", "source.toml"))
    definition = tomllib.loads(moved_to((source.folder / "source.toml").read_text(encoding="utf-8"), hosts, base))
    del definition["sample"]
    definition["schedule"] = "daily"
    definition["expect"]["rows"] = {"min": len(expected) - len(expected) // 10}
    lines = (f"{toml(name)} = {toml(value)}\n" for name, value in definition.items())
    (folder / "source.toml").write_text("".join(lines), encoding="utf-8")
    there = {moved_to(address, hosts, base): _moved_body(body, hosts, base) for address, body in bodies.items()}
    rows = [(moved_to(key, hosts, base), _moved(fields, hosts, base)) for key, fields in expected]
    return Sound(load_source(folder), base, there, rows)


def moved_to(text: str, hosts: Iterable[str], base: str) -> str:
    """`text` with `base` wherever one of `hosts` stands, in addresses, patterns, and with slashes escaped."""
    scheme, _, host = base.partition("://")
    for each in hosts:
        there = re.escape(each).replace(r"\.", r"\\?\.")
        text = re.sub(rf"https?(\??:(?:\\?/){{2}}){there}", rf"{scheme}\g<1>{host}", text)
        text = re.sub(there, host, text)
    return text


def _moved_body(body: bytes, hosts: Iterable[str], base: str) -> bytes:
    # Latin-1 keeps every byte as it is.
    return moved_to(body.decode("latin-1"), hosts, base).encode("latin-1")


def _moved(value: Any, hosts: Iterable[str], base: str) -> Any:
    if isinstance(value, dict):
        return {name: _moved(part, hosts, base) for name, part in value.items()}
    if isinstance(value, list):
        return [_moved(part, hosts, base) for part in value]
    return moved_to(value, hosts, base) if isinstance(value, str) else value


def visit(sound: Sound, site: Site, **manners: object) -> Verdict:
    """Read the source as a night does, through the door to the network, and put what it gives to the gate."""
    host = urlsplit(sound.base).netloc
    usual = {"allowed_hosts": frozenset({host, site.host}), "max_bytes": 2_000_000} | manners
    with network_door(site.manners(**usual), None) as door:
        return judged(sound.source, lambda: read_source(sound.source, door))
