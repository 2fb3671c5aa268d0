"""Kind `html`: list pages, their pagination and the initiatives' own pages, by CSS selectors with Beautiful Soup."""

from __future__ import annotations

from collections.abc import Iterator

from bs4.element import Tag

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note
from scrapers.kinds.page import Page, fields_of, links_of, own_page, read_page, walk
from scrapers.problems import Problem, SourceError
from scrapers.source import Source


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each block `fetch.item` of the list pages, completed from its own page if there is one."""
    count = 0
    for page in _list_pages(source, door, note):
        for block in page.soup.select(source.fetch.item or ""):
            count += 1
            item = _item(source, door, page, block, note)
            if item is not None:
                yield item
    if not count:
        message = f'no block "{source.fetch.item}" on {", ".join(map(label, source.addresses()[:3]))}'
        raise SourceError("list-empty", message, "the page changed or shows an error: mend fetch.item")


def _list_pages(source: Source, door: Door, note: Note) -> Iterator[Page]:
    def onward(page: Page) -> list[str]:
        return links_of(page, page.soup, source.fetch.next)[:1] if source.fetch.next else []

    return walk(source, note, lambda address: read_page(source, door, address), onward)


def _item(source: Source, door: Door, page: Page, block: Tag, note: Note) -> Item | None:
    fields = fields_of(source.fields, page, block)
    if not source.fetch.detail:
        return Item(fields, label(page.url))
    links = links_of(page, block, source.fetch.detail)
    name = str(fields.get("name", ""))[:80]
    if not links:
        message = f'a block of {label(page.url)} ("{name}") has no link to its own page on the web'
        note(Problem(source.id, "detail-missing", message, "warning", "check fetch.detail"))
        return None
    own = own_page(source, door, links[0], name, note)
    if own is None:
        return None
    fields = {"record_url": links[0], **fields, **fields_of(source.detail_fields, own, own.soup)}
    return Item(fields, label(links[0]))
