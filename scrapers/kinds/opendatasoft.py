"""Kind `opendatasoft`: all records of a dataset of an Opendatasoft portal, by its Explore API v2.1.

The API is documented at https://help.opendatasoft.com/apis/ods-explore-v2/. `exports` gives a dataset whole; `records`
gives 100 records a page and none beyond the 10,000th, so it is asked only where a portal has no `exports`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from scrapers.fetch import Door
from scrapers.kinds import json, paging, portal
from scrapers.kinds.asking import list_in, nothing_found, other_shape, whole_number
from scrapers.kinds.item import Item, Note
from scrapers.kinds.paging import Page
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Source

LIMIT = 10_000
"""So many records `records` gives: as many as the default of `fetch.max_pages` has room for."""


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each record of `fetch.dataset`; `fetch.query`, in the portal's own language, chooses some.

    Raises `SourceError` when the dataset is gone, when the query is not understood, or when there is no record.
    """
    dataset = quote(source.fetch.dataset or "", safe="@")
    address = f"{portal.root(source)}/api/explore/v2.1/catalog/datasets/{dataset}"
    try:
        response = door.get(_queried(source, f"{address}/exports/json"))
    except SourceError as error:
        if source.fetch.query and paging.is_bad_request(error):
            remedy = "the portal does not understand fetch.query: mend it"
            raise SourceError("query-refused", str(error), remedy) from error
        if error.code != "not-found":
            raise
        yield from _records(source, door, note, _queried(source, f"{address}/records"))
        return
    found = json.whole(source, response)
    if not isinstance(found, list):
        raise other_shape(response, found, "a list of records")
    yield from json.items(source, response, _filled(source, response, found), note)


def _records(source: Source, door: Door, note: Note, address: str) -> Iterator[Item]:
    read = total = 0

    def load(here: str) -> Page:
        nonlocal total
        response, found = portal.ask(source, door, here)
        page = Page(response, list_in(response, found, "results"))
        total = whole_number(found.get("total_count"), LIMIT + 1)
        return page

    def at(offset: int) -> str:
        return paging.with_parameters(address, {"limit": "100", "offset": str(offset)})

    def after(page: Page) -> str | None:
        nonlocal read
        read += len(page.entries)
        return at(read) if read < total else None

    def note_limit(problem: Problem) -> None:
        remedy = f"the portal gives no more than {LIMIT:,} records in this way: choose fewer with fetch.query"
        note(replace(problem, remedy=remedy) if problem.code == "max-pages" else problem)

    for page in paging.walk(source, at(0), load, after, note_limit):
        yield from json.items(source, page.response, _filled(source, page.response, page.entries), note)


def _queried(source: Source, address: str) -> str:
    return paging.with_parameters(address, {"where": source.fetch.query}) if source.fetch.query else address


def _filled(source: Source, response: Response, records: list[object]) -> list[object]:
    if not records:
        remedy = "the portal may be rebuilding it; or mend fetch.query" if source.fetch.query else "look at the portal"
        raise nothing_found(response, "record", remedy)
    return records
