"""What answers at an address, and which way of reading it is the best: an API, a feed, declared data, then blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from scrapers.failures import label
from scrapers.problems import SourceError
from scrapers.propose import apis, portals
from scrapers.propose.blocks import blocks_of
from scrapers.propose.feeds import feed_of, feeds_of_page
from scrapers.propose.look import Look, Seen
from scrapers.propose.objects import list_of
from scrapers.propose.pages import listing_of
from scrapers.propose.proposal import Candidate, Proposal
from scrapers.propose.sitemaps import candidate_of, sitemap_of
from scrapers.propose.tables import table_of

LABELS = re.compile(r"\s+[|–—·•»-]\s+")


def propose(look: Look, address: str, kind: str | None = None) -> Proposal:
    """Look at `address` and return the ways to read it, the best first; with `kind`, only those of that kind.

    Raises `SourceError` when the address cannot be had, or when nothing there can be read.
    """
    dataset = portals.of_dataset(look, address)
    found = [dataset] if dataset is not None else []
    if not found or (kind is not None and found[0].kind != kind):
        seen = look.see(address)
        found += list(_of_body(look, seen))
    nameless = [candidate for candidate in found if "name" not in {*candidate.fields, *candidate.detail_fields}]
    for candidate in nameless:
        look.say(f"{candidate.kind}: {candidate.reason}; nothing in it looks like a name")
    kept = [one for one in found if kind in (None, one.kind) and one not in nameless]
    if not kept:
        raise _nothing(address, kind, [one for one in found if one not in nameless], nameless)
    for candidate in kept:
        _describe(look, address, candidate)
    return Proposal(address, sorted(kept, key=lambda candidate: candidate.rank, reverse=True))


def _of_body(look: Look, seen: Seen) -> Iterator[Candidate]:
    yield from filter(None, (apis.openfairdb(look, seen), apis.communecter(look, seen)))
    if seen.is_page:
        yield from _of_page(look, seen)
        return
    if "/wp-json" in seen.url:
        yield from filter(None, [apis.wordpress(look, seen, [])])
    if "/api/elements" in seen.url:
        yield from filter(None, [apis.gogocarto(look, seen)])
    if "api.php" in seen.url:
        yield from filter(None, [apis.mediawiki(look, seen)])
    for read in (list_of, feed_of, table_of):
        candidate = read(seen)
        if candidate is not None:
            yield candidate
            return
    if re.search(rb"<(?:urlset|sitemapindex)[\s>]", seen.body[:4096]):
        yield from filter(None, [candidate_of(look, seen, seen.url, [])])


def _of_page(look: Look, page: Seen) -> Iterator[Candidate]:
    blocks = blocks_of(page)
    listing = listing_of(look, page, blocks) if blocks is not None else None
    listed = [link for link in blocks.inside.links if link] if blocks is not None and not blocks.inside.outer else []
    markup = page.body.lower()
    if b"wp-json" in markup or b"wp-content" in markup or b"api.w.org" in markup or not listed:
        yield from filter(None, [apis.wordpress(look, page, listed)])
    if b"gogocarto" in markup or not listed:
        yield from filter(None, [apis.gogocarto(look, page)])
    if b"api.php" in markup:
        yield from filter(None, [apis.mediawiki(look, page)])
    goes_on = listing is not None and ("next" in listing.fetch or "pages" in listing.fetch)
    yield from feeds_of_page(look, page, {*listed}, goes_on)
    yield from filter(None, [sitemap_of(look, page, listed)])
    if listing is not None:
        yield listing


def _nothing(address: str, kind: str | None, found: list[Candidate], nameless: list[Candidate]) -> SourceError:
    if kind is not None and found:
        others = ", ".join(dict.fromkeys(candidate.kind for candidate in found))
        message = f"{label(address)} cannot be read as {kind}; it can as {others}"
        return SourceError("nothing-found", message, "leave --kind away, or give another")
    if nameless:
        message = f"{label(address)} is {nameless[0].reason}, but nothing in it looks like the name of an initiative"
        return SourceError("nothing-found", message, "look at it; write a definition by hand if it is what you want")
    message = f"nothing at {label(address)} repeats, and no API, feed or sitemap answers"
    remedy = (
        "give the address of the list itself, of a dataset's page or of a file; where a script fills the page, give "
        "the address that the script asks"
    )
    return SourceError("nothing-found", message, remedy)


def _describe(look: Look, address: str, candidate: Candidate) -> None:
    """Give the candidate a title, a publisher and a language, from the page if it says them."""
    page = next((seen for one in (address, *look.asked) if (seen := _page(look, one)) is not None), None)
    if page is not None:
        name = page.soup.select_one('meta[property="og:site_name"]')
        head = page.soup.title.get_text(" ", strip=True) if page.soup.title else ""
        candidate.title = candidate.title or LABELS.split(head)[0].strip()
        candidate.publisher = candidate.publisher or str(
            name["content"] if name is not None and name.get("content") else ""
        )
        root = page.soup.html
        candidate.language = candidate.language or str(root.get("lang") or "" if root else "")[:2].lower()
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    candidate.title = candidate.title or unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2]) or host
    candidate.publisher = candidate.publisher or host
    if not re.fullmatch(r"[a-z]{2}", candidate.language):
        candidate.language = ""


def _page(look: Look, address: str) -> Seen | None:
    """The page at `address`, if it was seen and is one; nothing is asked for."""
    seen = look.kept(address)
    return seen if seen is not None and seen.is_page else None
