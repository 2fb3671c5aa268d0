"""RSS and Atom: what the entries of a feed hold."""

from __future__ import annotations

import io
import re
from typing import Any

import feedparser

from scrapers.kinds.feed import STUMBLES
from scrapers.propose.fields import choose_key
from scrapers.propose.look import Look, Seen
from scrapers.propose.names import is_people
from scrapers.propose.proposal import Candidate

FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.I)

ALTERNATE = (
    'link[rel~="alternate"][type="application/rss+xml"]',
    'link[rel~="alternate"][type="application/atom+xml"]',
)

# Of what an entry may hold, what our fields are taken from, the best first.
TAKEN = {
    "source_key": ["id"],
    "name": ["title"],
    "summary": ["content", "summary"],
    "themes": ["tags"],
    "point": ["where"],
    "started_on": ["ev_startdate"],
    "address": ["ev_location"],
}


def feed_of(seen: Seen) -> Candidate | None:
    """Return the candidate for a body that is a feed, or None."""
    if not FEED.search(seen.body[:4096]):
        return None
    try:
        found = feedparser.parse(io.BytesIO(seen.body), response_headers={"content-location": seen.url})
    except STUMBLES:
        return None
    if not found.entries:
        return None
    candidate = Candidate("feed", "feed", f"a feed of {len(found.entries)} entries", {"url": seen.url})
    candidate.rows, candidate.title = len(found.entries), str(found.feed.get("title", "")).strip()
    candidate.language = str(found.feed.get("language", ""))[:2].lower()
    columns: dict[str, list[str]] = {}
    for entry in found.entries:
        for name, value in _values(entry).items():
            columns.setdefault(name, []).append(value)
    for wanted, places in TAKEN.items():
        place = next((place for place in places if place in columns), None)
        if place:
            candidate.fields[wanted] = place
    taken = {*candidate.fields.values(), "link"}
    left = [name for name in columns if name not in taken]
    candidate.people = [name for name in left if is_people(name.replace("_", "."), columns[name])]
    candidate.look_at = [name for name in left if name not in candidate.people]
    full = {name: values for name, values in columns.items() if len(values) == len(found.entries)}
    candidate.key = ["record_url"] if _tells_apart(full.get("link", [])) else choose_key(candidate, full)
    candidate.remarks.append("a feed mostly shows the latest entries only: see whether it holds all")
    return candidate


def links_of_feed(seen: Seen) -> set[str]:
    """The addresses that the entries of a feed lead to."""
    found = feedparser.parse(io.BytesIO(seen.body), response_headers={"content-location": seen.url})
    return {str(entry.get("link", "")).partition("#")[0] for entry in found.entries}


def feeds_of_page(look: Look, page: Seen, listed: set[str], goes_on: bool) -> list[Candidate]:
    """The candidates for the feeds that `page` names; good ones hold all that the page lists.

    `listed` are the addresses that the page's own list leads to, `goes_on` says that there are more pages of it.
    """
    candidates = []
    links = [str(tag["href"]) for place in ALTERNATE for tag in page.soup.select(place) if tag.get("href")]
    for link in list(dict.fromkeys(page.whole(link) for link in links))[:2]:
        seen = look.try_to_see(link)
        candidate = feed_of(seen) if seen else None
        if seen is None or candidate is None:
            continue
        common = len(links_of_feed(seen) & listed)
        if listed and (goes_on or common * 10 < len(listed) * 9):
            candidate.way = "weak"
            held = f"{common} of the {len(listed)} items of the page" + (", which has more pages" if goes_on else "")
            candidate.reason += f", but it holds {held}"
        candidates.append(candidate)
    return candidates


def _tells_apart(links: list[str]) -> bool:
    return bool(links) and len(set(links)) == len(links)


def _values(entry: dict[str, Any]) -> dict[str, str]:
    """The values of an entry by the names that kind `feed` gives them."""
    found = {name: value for name, value in entry.items() if isinstance(value, str) and value.strip()}
    content = " ".join(str(part.get("value", "")) for part in entry.get("content", []))
    tags = ";".join(str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", []))
    enclosures = " ".join(
        str(link.get("href", "")) for link in entry.get("links", []) if link.get("rel") == "enclosure"
    )
    where = "point" if (entry.get("where") or {}).get("type") == "Point" else ""
    more = {"content": content, "tags": tags, "enclosure": enclosures, "where": where}
    return {name: value for name, value in {**found, **more}.items() if value.strip()}
