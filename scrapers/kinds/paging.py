"""Lists that come page by page: by number, by offset, by cursor, or by a link to the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from requests.utils import parse_header_links

from scrapers.kinds.item import Note
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Paging, Source


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: what came with it, its entries, and the cursor or address that it names as the next."""

    response: Response
    entries: list[Any]
    next: str | None = None


Load = Callable[[str], Page | None]
"""Fetches the page at an address; None says that the list had ended before it."""
After = Callable[[Page], str | None]
"""The address of the page after this one, or None for the last page."""


def follow(source: Source, rules: Paging, address: str, load: Callable[[str], Page], note: Note) -> Iterator[Page]:
    """Yield the pages of the list at `address`, each fetched by `load` and followed as `rules` say.

    Raises `SourceError` when a page leads back to an earlier one, or to an address that is not on the web.
    """
    start = {rules.size_param: str(rules.size)} if rules.size_param else {}
    if rules.style == "link":
        first = with_parameters(address, start)
        return walk(source, first, load, _link, note)
    if rules.style == "cursor":
        first = with_parameters(address, start)
        return walk(source, first, load, lambda page: _at_cursor(first, rules, page), note)
    first = with_parameters(address, {**start, rules.param: str(_first(rules))})
    return walk(source, first, until_refused(first, load), _counting(first, rules), note)


def walk(source: Source, first: str, load: Load, after: After, note: Note) -> Iterator[Page]:
    """Yield the page at `first` and those after it, up to an empty page or one that repeats the page before it.

    At most `fetch.max_pages` are read; `note` is told when there may be more. Raises `SourceError` when a page leads
    back to an address that was read already.
    """
    here, before, seen = first, None, {first}
    for _ in range(source.fetch.max_pages):
        page = load(here)
        if page is None or (before is not None and page.entries in ([], before.entries)):
            return
        yield page
        following = after(page)
        if following is None:
            return
        if following in seen:
            message = f"{page.response.label} leads back to {following}, which was read already"
            raise SourceError("paging-loop", message, "the pages run in circles: mend fetch.paging, or tell them")
        seen.add(following)
        here, before = following, page
    message = f"stopped after {source.fetch.max_pages} pages; {here} was not read"
    note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))


def until_refused(first: str, load: Callable[[str], Page]) -> Load:
    """Let `load` end the list where a page after `first` does not exist: for addresses made by counting.

    Such APIs answer 400, 404 or 410 to a page beyond their last one.
    """

    def load_or_end(address: str) -> Page | None:
        try:
            return load(address)
        except SourceError as error:
            if address == first or not (error.code == "not-found" or is_bad_request(error)):
                raise
            return None

    return load_or_end


def is_bad_request(error: SourceError) -> bool:
    """Whether the site answered 400: it understood the address, but not the parameters."""
    return error.code == "http-error" and " answered 400" in str(error)


def with_parameters(address: str, parameters: dict[str, str]) -> str:
    """Return `address` with `parameters` in its query, in place of those of the same name; others stay as written."""
    parts = urlsplit(address)
    kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in parameters]
    if parameters:
        kept.append(urlencode(parameters, quote_via=quote))
    return urlunsplit(parts._replace(query="&".join(kept), fragment=""))


def web_address(base: str, link: str) -> str | None:
    """Return the whole address of `link`, found at `base`, or None when it is not one of the web."""
    try:
        address = urljoin(base, link.strip())
        return address if urlsplit(address).scheme in {"http", "https"} else None
    except ValueError:  # such as "http://[x"
        return None


def _first(rules: Paging) -> int:
    """The first number: offsets begin at 0 and pages at 1, unless `first` is given."""
    return 0 if rules.style == "offset" and "first" not in rules.model_fields_set else rules.first


def _counting(address: str, rules: Paging) -> After:
    at = _first(rules)

    def after(page: Page) -> str:
        nonlocal at
        # A site may give fewer entries than it was asked for: an offset that jumped by `size` would skip some.
        at += min(len(page.entries), rules.size) if rules.style == "offset" else 1
        return with_parameters(address, {rules.param: str(at)})

    return after


def _at_cursor(address: str, rules: Paging, page: Page) -> str | None:
    return with_parameters(address, {rules.param: page.next}) if page.next else None


def _link(page: Page) -> str | None:
    """The address in the body of `page`, or else that of its header Link (RFC 8288) with rel="next"."""
    found = page.next or _link_header(page.response)
    if not found:
        return None
    following = web_address(page.response.url, found)
    if following is None:
        message = f"{page.response.label} gives {found[:200]} as its next page, which is no address of the web"
        raise SourceError("bad-address", message, "mend fetch.paging.next or tell the publisher")
    return with_parameters(following, {})


def _link_header(response: Response) -> str | None:
    links = parse_header_links(response.headers.get("Link", ""))
    return next((link["url"] for link in links if "next" in link.get("rel", "").lower().split()), None)
