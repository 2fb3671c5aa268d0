"""Lists that come page by page: by number, by offset, by cursor, or by a link to the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import dumps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, quote_plus, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from requests.utils import parse_header_links

from scrapers.kinds.item import Note
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import FORM, PLACE, Paging, Source


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: what came with it, its entries, and the cursor or address that it names as the next."""

    response: Response
    entries: list[Any]
    next: str | None = None


class Ask(NamedTuple):
    """What asks for one page: an address and, where the question goes by POST, its body."""

    address: str
    body: str | None = None

    def __str__(self) -> str:
        """How a report names it."""
        return f"{self.address} {self.body}" if self.body else self.address


At = TypeVar("At", str, Ask)
"""What stands for a page before it is read."""


def follow(source: Source, rules: Paging, first: Ask, load: Callable[[Ask], Page], note: Note) -> Iterator[Page]:
    """Yield the pages of the list that `first` asks for, each fetched by `load` and followed as `rules` say.

    Raises `SourceError` when a page leads back to an earlier one, or to an address that is not on the web.
    """
    start = {rules.size_param: str(rules.size)} if rules.size_param else {}
    first = first._replace(address=with_parameters(first.address, start))
    if rules.style == "link":
        return walk(source, first, load, lambda page: _linked(first, page), note)
    if rules.style == "cursor":
        begun = _placed(source, first, "") if PLACE in (first.body or "") else first
        return walk(source, begun, load, lambda page: _at(source, first, rules, page.next), note)
    begun = _placed(source, first, str(_first(rules)), rules.param)
    return walk(source, begun, until_refused(begun, load), _counting(source, first, rules), note)


def walk(
    source: Source, first: At, load: Callable[[At], Page | None], after: Callable[[Page], At | None], note: Note
) -> Iterator[Page]:
    """Yield the page at `first` and those after it, up to an empty page or one that repeats the page before it.

    `load` fetches a page, None says that the list had ended before it; `after` is where the page after this one is.
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


def until_refused(first: At, load: Callable[[At], Page]) -> Callable[[At], Page | None]:
    """Let `load` end the list where a page after `first` does not exist: for addresses made by counting.

    Such APIs answer 400, 404 or 410 to a page beyond their last one.
    """

    def load_or_end(here: At) -> Page | None:
        try:
            return load(here)
        except SourceError as error:
            if here == first or not (error.code == "not-found" or is_bad_request(error)):
                raise
            return None

    return load_or_end


def is_bad_request(error: SourceError) -> bool:
    """Whether the site answered 400: it understood the address, but not the parameters."""
    return error.status == 400


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


def _counting(source: Source, first: Ask, rules: Paging) -> Callable[[Page], Ask]:
    at = _first(rules)

    def after(page: Page) -> Ask:
        nonlocal at
        # A site may give fewer entries than it was asked for: an offset that jumped by `size` would skip some.
        at += min(len(page.entries), rules.size) if rules.style == "offset" else 1
        return _placed(source, first, str(at), rules.param)

    return after


def _at(source: Source, first: Ask, rules: Paging, cursor: str | None) -> Ask | None:
    return _placed(source, first, cursor, rules.param) if cursor else None


def _placed(source: Source, first: Ask, value: str, param: str = "") -> Ask:
    """`first` with `value` in its body, where that has a place for it, or else in the parameter `param`."""
    if first.body is None or PLACE not in first.body:
        return first._replace(address=with_parameters(first.address, {param: value}))
    written = quote_plus(value) if source.fetch.body_type == FORM else dumps(value, ensure_ascii=False)[1:-1]
    return first._replace(body=first.body.replace(PLACE, written))


def _linked(first: Ask, page: Page) -> Ask | None:
    """The address in the body of `page`, or else that of its header Link (RFC 8288) with rel="next"."""
    found = page.next or _link_header(page.response)
    if not found:
        return None
    following = web_address(page.response.url, found)
    if following is None:
        message = f"{page.response.label} gives {found[:200]} as its next page, which is no address of the web"
        raise SourceError("bad-address", message, "mend fetch.paging.next or tell the publisher")
    return first._replace(address=with_parameters(following, {}))


def _link_header(response: Response) -> str | None:
    links = parse_header_links(response.headers.get("Link", ""))
    return next((link["url"] for link in links if "next" in link.get("rel", "").lower().split()), None)
