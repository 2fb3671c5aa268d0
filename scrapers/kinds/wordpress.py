"""Kind `wordpress`: the posts, pages or custom types of a WordPress site, by its REST API.

Documented at https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/: at most 100 entries a page, the
header X-WP-TotalPages says how many pages there are, and beyond the last one the site answers 400
(rest_post_invalid_page_number). `_embed` brings the names of the terms and the media along.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from scrapers.fetch import Door
from scrapers.kinds import json, paging
from scrapers.kinds.asking import nothing_found, other_shape, whole_number
from scrapers.kinds.item import Item, Note
from scrapers.kinds.paging import Page
from scrapers.problems import SourceError
from scrapers.source import Source

TOTAL = "X-WP-TotalPages"


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each entry of `fetch.type` (a REST base, by default "posts") of the sites at `fetch.url`.

    Raises `SourceError` when a site has no such type, has closed its API, or lists nothing.
    """
    for site in source.addresses():
        for page in _pages(source, door, site.rstrip("/"), note):
            if not page.entries:
                raise nothing_found(page.response, "entry", "check fetch.type; the site may be being rebuilt")
            yield from json.items(source, page.response, page.entries, note)


def _pages(source: Source, door: Door, site: str, note: Note) -> Iterator[Page]:
    base = f"{site}/wp-json/wp/v2/{quote(source.fetch.type or 'posts', safe='')}"
    addresses = [f"{base}?per_page=100&page={number}&_embed=1" for number in range(1, source.fetch.max_pages + 2)]
    read, total = 0, 0

    def load(address: str) -> Page | None:
        # A site that says how many pages it has must give them all: a refused page is then a failure, not the end.
        return ask(address) if total else ask_or_end(address)

    def after(page: Page) -> str | None:
        nonlocal read, total
        read, total = read + 1, whole_number(page.response.headers.get(TOTAL), 0)
        return addresses[read] if not total or read < total else None

    def ask(address: str) -> Page:
        return _page(source, door, address, first=address == addresses[0])

    ask_or_end = paging.until_refused(addresses[0], ask)
    return paging.walk(source, addresses[0], load, after, note)


def _page(source: Source, door: Door, address: str, first: bool) -> Page:
    try:
        response = door.get(address)
    except SourceError as error:
        if first and error.code == "not-found":
            remedy = "give a rest_base of /wp-json/wp/v2/types as fetch.type; if that is gone too, the API is closed"
            raise SourceError("not-found", str(error), remedy) from error
        raise
    found = json.whole(source, response)
    if not isinstance(found, list):
        raise other_shape(response, found, "a list of entries")
    return Page(response, found)
