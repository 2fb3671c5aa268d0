"""`feeds/*.atom`: what is new, for those who follow a territory, a theme or a source (Atom, RFC 4287).

A feed holds the last `ENTRIES` initiatives that came or changed, by the nights in the data, so that a quiet night does
not empty it and the same release gives the same bytes. Entries say facts only (name, place, themes, sources): the
sentences of a source have licences of their own. Ids are UUIDs made from the names of things, stable for ever.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any
from xml.etree import ElementTree as ET

from transforms.vocabulary import vocabulary
from warehouse.publish.assembly import Assembly, Group
from warehouse.schema import INITIATIVE

FOLDER = "feeds"
ENTRIES = 50
PUBLIC_ADDRESS = "ESSAIM_PUBLIC_URL"
"""Environment variable: the public address of `latest`, such as https://data.example.org/latest/ ; relative else."""

ATOM = "http://www.w3.org/2005/Atom"
NAMES = uuid.UUID("7a6a0a0c-0d0e-5b6f-9b53-6f0ef1f1c0de")
"""Name space of the ids; never to be changed, or every reader shows every entry again."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PATH_SAFE = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: its name, which is that of its file without ".atom", and its titles."""

    name: str
    fr: str
    en: str


def write_all(assembly: Assembly) -> None:
    """Write `all.atom` and one feed for each région, département, stated theme and source that has an initiative.

    Raises ValueError where `ESSAIM_PUBLIC_URL` is no web address.
    """
    folder = assembly.add_folder(
        FOLDER, "Ce qui est nouveau, par territoire, thème et source (Atom)",
        "What is new, by territory, theme and source (Atom)", Group.EXTRACT, licence=INITIATIVE.licence,
    )  # fmt: skip
    base = public_address()
    titles = {feed.name: feed for feed in _feeds(assembly)}
    for name, rows in groupby(_rows(assembly), key=itemgetter("feed")):
        if name in titles:
            (folder / f"{name}.atom").write_bytes(_atom(titles.pop(name), list(rows), assembly.as_of, base))
    for feed in titles.values():
        (folder / f"{feed.name}.atom").write_bytes(_atom(feed, [], assembly.as_of, base))


def public_address() -> str:
    """Return the public address of `latest` with "/" at its end, "" where none is configured; raises ValueError."""
    address = os.environ.get(PUBLIC_ADDRESS, "").strip()
    if not address:
        return ""
    if not re.fullmatch(r"https?://[^\s<>\"'?#]+", address):
        raise ValueError(f'{PUBLIC_ADDRESS}: "{address}" is no web address of a folder (https://…/latest/)')
    return address.rstrip("/") + "/"


def feed_of_theme(code: str) -> str:
    """Return the name of a theme's feed; a sub-theme "theme/part" is named "theme--part", as its extract is."""
    return f"theme-{code.replace('/', '--')}"


def _feeds(assembly: Assembly) -> Iterator[Feed]:
    yield Feed("all", "Toutes les initiatives : nouveautés", "All initiatives: what is new")
    for kind in ("region", "departement"):
        found = assembly.connection.execute(
            f"SELECT {kind}_code, coalesce(min({kind}), {kind}_code) FROM initiative "
            f"WHERE regexp_full_match({kind}_code, '[0-9][0-9AB][0-9]?') GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for code, name in found:
            yield Feed(f"{kind}-{code}", f"{name} ({code}) : nouveautés", f"{name} ({code}): what is new")
    for code, labels in vocabulary()["themes"].items():
        yield Feed(feed_of_theme(code), f"{labels['fr']} : nouveautés", f"{labels['en']}: what is new")
    for source in assembly.facts.sources:
        if _PATH_SAFE.fullmatch(source.source_id):
            yield Feed(f"source-{source.source_id}", f"{source.title} : nouveautés", f"{source.title}: what is new")


def _rows(assembly: Assembly) -> Iterator[dict[str, Any]]:
    """Yield the entries of each feed, newest first, feed by feed."""
    result = assembly.connection.execute(
        f"""
        WITH belongs AS (
            SELECT initiative_id, 'all' AS feed FROM initiative
            UNION ALL SELECT initiative_id, 'region-' || region_code FROM initiative WHERE region_code IS NOT NULL
            UNION ALL SELECT initiative_id, 'departement-' || departement_code FROM initiative
                WHERE departement_code IS NOT NULL
            UNION ALL SELECT initiative_id, 'theme-' || replace(theme, '/', '--') FROM initiative_theme
            UNION ALL SELECT initiative_id, 'source-' || unnest(source_ids) FROM initiative
        )
        SELECT feed, initiative_id, name, commune, departement, country, themes, source_ids, first_seen, changed_on
        FROM belongs JOIN initiative USING (initiative_id)
        QUALIFY row_number() OVER (
            PARTITION BY feed ORDER BY greatest(first_seen, changed_on) DESC, first_seen DESC, initiative_id
        ) <= {ENTRIES}
        ORDER BY feed, greatest(first_seen, changed_on) DESC, first_seen DESC, initiative_id
        """
    )
    names = [column[0] for column in result.description]
    while rows := result.fetchmany(1000):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _atom(feed: Feed, rows: list[dict[str, Any]], as_of: dt.date, base: str) -> bytes:
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "fr"})
    _put(root, "id", _urn(f"feed/{feed.name}"))
    _put(root, "title", f"Essaim – {feed.fr}")
    _put(root, "subtitle", feed.en)
    _put(root, "updated", _moment(as_of))
    _put(ET.SubElement(root, "author"), "name", "Essaim")
    address = f"{base}{FOLDER}/{feed.name}.atom" if base else f"{feed.name}.atom"
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": _explorer(base)})
    for row in rows:
        _entry(root, row, base)
    ET.indent(root, " ")
    text: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text + b"\n"


def _entry(root: ET.Element, row: dict[str, Any], base: str) -> None:
    entry = ET.SubElement(root, "entry")
    _put(entry, "id", _urn(f"initiative/{row['initiative_id']}"))
    _put(entry, "title", " ".join(row["name"].split()) or row["initiative_id"])
    _put(entry, "published", _moment(row["first_seen"]))
    _put(entry, "updated", _moment(max(row["first_seen"], row["changed_on"])))
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html",
                                  "href": f"{_explorer(base)}#/i/{row['initiative_id']}"})  # fmt: skip
    labels = vocabulary()["themes"]
    for theme in row["themes"] or []:
        ET.SubElement(entry, "category", {"term": theme, "label": labels[theme]["fr"] if theme in labels else theme})
    place = ", ".join(filter(None, (row["commune"], row["departement"], row["country"])))
    came = row["first_seen"] >= row["changed_on"]
    said = [("Nouvelle / new" if came else "Modifiée / changed"), place or "lieu inconnu / place unknown",
            f"sources : {', '.join(row['source_ids'])}"]  # fmt: skip
    _put(entry, "summary", " · ".join(said))


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NO_XML.sub("", text)


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(NAMES, name)}"


def _moment(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _explorer(base: str) -> str:
    return f"{base or '../'}explorer/index.html"
