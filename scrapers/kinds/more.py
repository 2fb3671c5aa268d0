"""Lists that go on when a button is pressed: fragments of HTML, bare or inside of JSON, numbered by us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds.item import Note
from scrapers.kinds.json_body import whole
from scrapers.kinds.json_values import texts
from scrapers.kinds.markup import outer_markup
from scrapers.kinds.page import Page, blocks_of, page_of, parse_page
from scrapers.kinds.paging import is_bad_request
from scrapers.problems import Problem, SourceError
from scrapers.response import Post, Response
from scrapers.source import PLACE, More, Source


def fragments(
    source: Source, rules: More, door: Door, before: list[Any], note: Note
) -> Iterator[tuple[Page, list[Any]]]:
    """Yield the fragments behind the list page whose blocks are `before`, each with its own blocks.

    They end at one without a block, one that repeats the blocks before it, or where the site answers 400, 404 or 410;
    at most `fetch.max_pages` are read. Raises `SourceError` when the first cannot be had, or another for other reasons.
    """
    last = list(map(outer_markup, before))
    for number in range(rules.first, rules.first + source.fetch.max_pages):
        try:
            page = _page(source, rules, _ask(rules, door, number))
        except SourceError as error:
            if error.code == "empty" or (number != rules.first and _is_behind_the_end(error)):
                return
            raise
        blocks = blocks_of(page, page.root, source.fetch.item or "")
        written = list(map(outer_markup, blocks))
        if not blocks or written == last:
            return
        last = written
        yield page, blocks
    message = f"stopped after {source.fetch.max_pages} fragments of fetch.more; the next one was not read"
    note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))


def _is_behind_the_end(error: SourceError) -> bool:
    return error.code == "not-found" or is_bad_request(error)


def _ask(rules: More, door: Door, number: int) -> Response:
    address = rules.url.replace(PLACE, str(number))
    if rules.body is None:
        return door.get(address)
    return door.get(address, post=Post(rules.body.replace(PLACE, str(number)), rules.type))


def _page(source: Source, rules: More, response: Response) -> Page:
    if rules.html is None:
        return parse_page(source, response)
    # Where the list has ended, there may be no text at all.
    return page_of(response.url, "".join(texts(whole(source, response), rules.html)))
