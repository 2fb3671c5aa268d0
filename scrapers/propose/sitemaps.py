"""Sitemaps: which of a site's addresses stand for initiatives, and what their pages declare about themselves."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote, urlsplit

from lxml import etree

from scrapers.kinds.json_values import leaves, texts
from scrapers.kinds.page import followable
from scrapers.kinds.schema_org import main_node
from scrapers.problems import Problem, SourceError
from scrapers.propose.details import details_of, heading_of
from scrapers.propose.look import Look, Seen, root_of
from scrapers.propose.markup import shape_of
from scrapers.propose.names import guess_fields
from scrapers.propose.proposal import Candidate
from scrapers.source import Source

MOST_SITEMAPS, LOOKED_AT, FEWEST = 6, 3, 3

TELLING = re.compile(
    r"initiative|projet|project|lieu|place|fiche|acteur|annuaire|structure|association|organi[sz]ation|member|membre|solution|experience|experimentation|laureat|tiers|action|case",
    re.I,
)
USUAL = re.compile(
    r"tag|categor|author|auteur|actualit|news|blog|agenda|event|evenement|mention|contact|rubrique", re.I
)


def sitemap_of(look: Look, page: Seen, listed: list[str]) -> Candidate | None:
    """Return the candidate for the sitemap of the site of `page`, or None; `listed` are the pages its list leads to."""
    site = root_of(page.url)
    try:
        named = look.door.sitemaps(site)
    except SourceError as error:
        look.say(f"no sitemap of {site}: {error}")
        return None
    for address in named[:2] or [f"{site}/sitemap.xml"]:
        found = candidate_of(look, page, address, listed)
        if found is not None:
            return found
    return None


def candidate_of(look: Look, page: Seen, address: str, listed: list[str]) -> Candidate | None:
    """Return the candidate for the sitemap at `address`, or None where it names no pages of one kind."""
    pages = addresses_of(look, address)
    wanted = {*listed}
    groups: dict[str, list[str]] = {}
    for one in dict.fromkeys(pages):
        groups.setdefault(shape_of(one), []).append(one)
    ranked = sorted(groups.items(), key=lambda group: _worth(group[1], wanted, page), reverse=True)
    if not ranked or len(ranked[0][1]) < FEWEST:
        return None
    chosen = ranked[0][1]
    match = _match(chosen)
    look.say(f"{address}: {len(pages):,} pages, of which {len(chosen):,} match {match}")
    candidate = Candidate(
        "sitemap", "weak", f"a sitemap with {len(chosen):,} pages that match {match}", {"url": address}
    )
    candidate.fetch["match"], candidate.rows = match, len(chosen)
    if len(chosen) > 100:
        candidate.fetch["max_pages"] = min(3 * len(chosen), 10_000)
    own = [seen for one in _spread(chosen) if (seen := look.try_to_see(one)) is not None and seen.is_page]
    return candidate if own and _describe(candidate, own) else None


def addresses_of(look: Look, address: str) -> list[str]:
    """The pages that the sitemap at `address` names, those of the sitemaps below it too, at most `MOST_SITEMAPS`."""
    waiting, visited, found = [address], 0, list[str]()
    while waiting and visited < MOST_SITEMAPS:
        visited += 1
        seen = look.try_to_see(waiting.pop(0))
        if seen is None or seen.is_page:
            continue
        if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", seen.body):
            found += followable(seen.url, seen.text.split())
            continue
        below, pages = (followable(seen.url, named) for named in _named(seen.body))
        waiting = sorted([*waiting, *below], key=lambda one: (not TELLING.search(one), bool(USUAL.search(one))))
        found += pages
    return found


def _named(body: bytes) -> tuple[list[str], list[str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return [], []
    places = root.iterfind("{*}sitemap/{*}loc"), root.iterfind("{*}url/{*}loc")
    below, pages = ([(loc.text or "").strip() for loc in found] for found in places)
    return below, pages


def _worth(pages: list[str], wanted: set[str], page: Seen) -> tuple[int, int, bool, bool, int]:
    """What groups of addresses are ordered by: those the page lists, those below it, telling words, how many."""
    here = urlsplit(page.url).path.rstrip("/")
    paths = [urlsplit(one).path for one in pages]
    below = sum(path.startswith(f"{here}/") for path in paths) * 2 > len(paths) if here else False
    first = unquote(paths[0].rpartition("/")[0] or paths[0])
    return len(wanted & {*pages}), below, bool(TELLING.search(first)), not USUAL.search(first), len(pages)


def _match(pages: list[str]) -> str:
    """A regular expression for the addresses of `pages`: their common folder and the same depth."""
    paths = [urlsplit(one).path for one in pages]
    folders = {path.rstrip("/").rpartition("/")[0] for path in paths}
    depth = paths[0].rstrip("/").count("/")
    end = "/?$" if not any(urlsplit(one).query for one in pages) else ""
    if len(folders) == 1:
        return f"^https?://[^/]+{re.escape(folders.pop())}/[^/]+{end}".replace(r"\-", "-")
    first = paths[0].split("/")[1]
    head = f"/{re.escape(first)}" if all(path.split("/")[1] == first for path in paths) else "/[^/]+"
    return f"^https?://[^/]+{head}{'/[^/]+' * (depth - 1)}{end}".replace(r"\-", "-")


def _spread(pages: list[str]) -> list[str]:
    places = dict.fromkeys([0, len(pages) // 2, len(pages) - 1])
    return [pages[place] for place in places][:LOOKED_AT]


def _describe(candidate: Candidate, own: list[Seen]) -> bool:
    """Take the fields from what the pages `own` declare; False when they declare no name."""
    nodes = [node_of(seen) for seen in own]
    told = [node for node in nodes if texts(node, "name") or texts(node, "headline")]
    if len(told) * 2 >= len(own):
        candidate.way = "jsonld"
        types = Counter(str(node.get("@type")) for node in told).most_common(1)[0][0]
        candidate.reason += f", which declare schema.org data of type {types}"
        _from_nodes(candidate, told)
    elif not _from_pages(candidate, own):
        return False
    candidate.key = ["record_url"]
    candidate.remarks.append("a record for each page that matches: pages that are no initiative need a narrower match")
    return True


def _from_pages(candidate: Candidate, own: list[Seen]) -> bool:
    """Take the fields from what stands on the pages `own`: heading or OpenGraph title, labels, addresses."""
    heading = heading_of(own)
    open_graph = all(seen.soup.select_one('meta[property="og:title"]') for seen in own)
    if heading is None and not open_graph:
        return False
    details = details_of(own)
    candidate.fields |= {**details.fields, "name": heading or "og:title"}
    candidate.fields.setdefault("summary", "og:description" if open_graph else "main:")
    candidate.reason += ", which declare no schema.org data"
    if details.people:
        candidate.remarks.append(f"people's data, left aside: {', '.join(details.people)}")
    return True


def _from_nodes(candidate: Candidate, nodes: list[dict[str, object]]) -> None:
    paths = dict.fromkeys(path for node in nodes for path in leaves(node) if not path.startswith('"@'))
    paths = dict.fromkeys(path for path in paths if "@" not in path and not path.startswith(("image", "logo")))
    columns = {path: [" ".join(texts(node, path)) for node in nodes] for path in paths}
    columns = {path: values for path, values in columns.items() if path.rpartition(".")[2] != "articleBody"}
    guess = guess_fields(columns)
    for wanted, place in guess.fields.items():
        if wanted not in {"source_key", "record_url", "status"}:
            own = place if isinstance(place, str) else str(place["from"])
            candidate.fields[wanted] = f"jsonld:{own}"
    if any(texts(node, "headline") for node in nodes):
        candidate.fields["name"] = {"from": ["jsonld:name", "jsonld:headline"]}
    candidate.fields.setdefault("name", "jsonld:name")
    candidate.fields.setdefault("summary", "og:description")
    # An address of the page itself says nothing; one of another site is the initiative's own.
    if "url" in candidate.fields and not any(path == "sameAs" for path in paths):
        del candidate.fields["url"]
    if guess.rest:
        candidate.remarks.append(f"look at these in the data of the pages: {', '.join(guess.rest[:15])}")


def node_of(seen: Seen) -> dict[str, object]:
    """What `seen` declares about itself in the words of schema.org; {} for nothing."""
    problems: list[Problem] = []
    # The source is only named in problems, which do not matter here.
    return main_node(Source.model_construct(id="proposal"), seen.page, problems.append)
