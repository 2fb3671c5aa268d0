"""How the parts of a definition hang together: what no single key can tell, a line for each fault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from scrapers.local_files import resolved
from scrapers.path import steps
from scrapers.queries import COMMUNECTER_TYPES, query_faults
from scrapers.rule import check_fields
from scrapers.selector import JSON_LD, MAIN_TEXT, OPEN_GRAPH, parse_place
from scrapers.source import FORM, PLACE, Fetch, Source

# The keys of [fetch] that each kind reads, besides url, path and encoding.
FETCH_KEYS: dict[str, set[str]] = {
    "table": {"format", "delimiter", "sheet"},
    "json": {"items", "paging", "max_pages", "body", "body_type"},
    "html": {"item", "next", "pages", "detail", "sitemap", "more", "max_pages", "render", "wait_for"},
    "sitemap": {"match", "max_pages", "render", "wait_for"},
    "feed": {"max_pages"},
    "wordpress": {"type", "max_pages"},
    "opendatasoft": {"dataset", "query"},
    "udata": {"dataset", "resource", "reads", "items", "format", "delimiter", "sheet"},
    "ckan": {"dataset", "resource", "reads", "items", "format", "delimiter", "sheet"},
    "gogocarto": set(),
    "mediawiki": {"category", "template", "query", "max_pages"},
    "overpass": {"query"},
    "sparql": {"query"},
    "ofdb": {"query", "max_pages"},
    "communecter": {"type", "query", "max_pages"},
}

# The kinds whose [fields] are paths into JSON objects, and those whose [fields] are CSS selectors in a page.
BY_PATH = {
    "json", "wordpress", "opendatasoft", "gogocarto", "mediawiki", "overpass", "sparql", "ofdb", "communecter",
}  # fmt: skip
BY_SELECTOR = {"html", "sitemap", "feed"}

# The keys of [fetch] that a kind cannot do without, and what to write there.
NEEDED_KEYS: dict[str, dict[str, str]] = {
    "opendatasoft": {"dataset": "give the dataset's identifier, as its page on the portal shows it"},
    "udata": {
        "dataset": "give the dataset's id or slug, the last part of its page's address",
        "reads": 'say how the resource is read: "table" or "json"',
    },
    "ckan": {
        "dataset": "give the dataset's id or name, the last part of its page's address",
        "reads": 'say how the resource is read: "table" or "json"',
    },
    "overpass": {"query": 'give the question in Overpass QL, with "out center tags;" at its end'},
    "sparql": {"query": "give the SELECT to put to the endpoint"},
    "ofdb": {"query": 'give the box "lat1,lng1,lat2,lng2", the south-west corner first'},
    "communecter": {"type": f"say which list: {', '.join(COMMUNECTER_TYPES)}"},
}

# The kinds that ask the API of one site, whose root `url` is.
OF_ONE_SITE = {"opendatasoft", "udata", "ckan"}
OF_A_SITE = OF_ONE_SITE | {"wordpress", "overpass", "sparql", "ofdb", "communecter", "sitemap", "feed", "mediawiki"}

# The keys of fetch.paging that each style reads, besides size and size_param, and those of them that it needs.
PAGING_KEYS: dict[str, tuple[set[str], dict[str, str]]] = {
    "page": ({"param", "first"}, {}),
    "offset": ({"param", "first"}, {"param": "name the parameter that takes the offset"}),
    "cursor": (
        {"param", "next"},
        {"param": "name the parameter that takes the cursor", "next": "give the path of the next page's cursor"},
    ),
    "link": ({"next"}, {}),
}


def find_faults(source: Source) -> list[str]:
    """Say what in `source` does not fit together, with the key and the remedy."""
    return [
        *check_fields("fields", source.fields),
        *check_fields("detail_fields", source.detail_fields),
        *_fetch_faults(source),
        *_question_faults(source),
        *_choice_faults(source),
        *_need_faults(source),
        *_paging_faults(source),
        *_body_faults(source.fetch),
        *_browser_faults(source.fetch),
        *_place_faults(source),
        *_name_faults(source),
        *_sample_faults(source),
    ]


def _fetch_faults(source: Source) -> list[str]:
    fetch, faults = source.fetch, []
    given = [key for key in ("url", "path") if getattr(fetch, key) is not None]
    if source.kind == "html" and fetch.pages is not None:
        given.append("pages")
    if len(given) != 1:
        origins = "url, path or pages" if source.kind == "html" else "url or path"
        faults.append(f"fetch: needs exactly one of {origins}, found {' and '.join(given) or 'none'}")
    for key in sorted(fetch.model_fields_set - FETCH_KEYS[source.kind]):
        owners = [f'"{kind}"' for kind, keys in FETCH_KEYS.items() if key in keys]
        if owners:
            faults.append(f'fetch.{key}: belongs to kind {", ".join(owners)}, not "{source.kind}"; remove it')
    if source.kind == "html" and not fetch.item:
        faults.append("fetch.item: missing; give the CSS selector of the block of one initiative")
    if source.detail_fields and source.kind == "sitemap":
        faults.append("detail_fields: each page of a sitemap is an initiative's own; move them to [fields]")
    elif source.detail_fields and not fetch.detail and source.kind != "feed":
        faults.append("detail_fields: needs fetch.detail, the link from the block to the initiative's page")
    return faults


def _need_faults(source: Source) -> Iterator[str]:
    """What a kind misses in [fetch], and what does not fit how it reads."""
    fetch = source.fetch
    for key, remedy in NEEDED_KEYS.get(source.kind, {}).items():
        if not getattr(fetch, key):
            yield f"fetch.{key}: missing; {remedy}"
    if source.kind in OF_A_SITE and fetch.path is not None:
        yield f'fetch.path: kind "{source.kind}" asks a site; give its address as url'
    if source.kind in OF_ONE_SITE and isinstance(fetch.url, list):
        yield f'fetch.url: kind "{source.kind}" asks one portal; give its root alone'
    if fetch.reads is not None:
        other = "json" if fetch.reads == "table" else "table"
        for key in sorted(fetch.model_fields_set & FETCH_KEYS[other] & FETCH_KEYS[source.kind]):
            yield f'fetch.{key}: belongs to reads = "{other}", not "{fetch.reads}"; remove it'


def _paging_faults(source: Source) -> Iterator[str]:
    paging = source.fetch.paging
    if paging is None or source.kind != "json":
        return
    if source.fetch.path is not None:
        yield "fetch.paging: needs url; local files have no pages"
    taken, needed = PAGING_KEYS[paging.style]
    for key in sorted(paging.model_fields_set - taken - {"style", "size", "size_param"}):
        yield f'fetch.paging.{key}: means nothing to style "{paging.style}"; remove it'
    for key, remedy in needed.items():
        if key not in paging.model_fields_set and not (key == "param" and PLACE in (source.fetch.body or "")):
            yield f"fetch.paging.{key}: missing; {remedy}"
    if paging.next is not None:
        try:
            steps(paging.next)
        except ValueError as fault:
            yield f"fetch.paging.next: {fault}"


def _browser_faults(fetch: Fetch) -> Iterator[str]:
    if fetch.sitemap is not None and (not fetch.detail or fetch.render is not None):
        yield "fetch.sitemap: tells which pages of fetch.detail have not changed, and no browser draws; remove it"
    if fetch.wait_for is not None and fetch.render is None:
        yield 'fetch.wait_for: only a browser can wait; add render = "browser", or remove it'
    if fetch.render is not None and fetch.path is not None:
        yield "fetch.render: local files are read as they are; give url, or remove it"


def _body_faults(fetch: Fetch) -> Iterator[str]:
    """What is wrong with a question that goes by POST."""
    if fetch.body is None:
        if "body_type" in fetch.model_fields_set:
            yield "fetch.body_type: tells what fetch.body is; give one, or remove it"
        return
    if fetch.path is not None:
        yield "fetch.body: is sent to a site; give its address as url"
    if PLACE in fetch.body and (fetch.paging is None or fetch.paging.style == "link"):
        yield f'fetch.body: holds "{PLACE}", but no fetch.paging says how pages are counted'
    if fetch.body_type != FORM:
        try:
            json.loads(fetch.body.replace(PLACE, "1"))
        except ValueError as fault:
            yield f"fetch.body: is not JSON ({fault}); mend it, or say what it is with fetch.body_type"


def _shape(source: Source) -> str:
    """The kind whose [fields] the source has: a portal's are those of what it `reads`."""
    return source.fetch.reads or source.kind


def _question_faults(source: Source) -> Iterator[str]:
    """What is wrong with what a kind that asks a service asks for."""
    fetch = source.fetch
    if fetch.query:
        yield from (f"fetch.query: {fault}" for fault in query_faults(source.kind, fetch.query))
    if source.kind == "communecter" and fetch.type and fetch.type not in COMMUNECTER_TYPES:
        yield f'fetch.type: "{fetch.type}" is no list that may be read; use {", ".join(COMMUNECTER_TYPES)}'


def _choice_faults(source: Source) -> Iterator[str]:
    """What is wrong with how a sitemap or a wiki is told which pages to read."""
    fetch = source.fetch
    if fetch.match is not None:
        try:
            re.compile(fetch.match)
        except (re.error, OverflowError, RecursionError) as fault:
            yield f"fetch.match: is not a regular expression ({fault}); mend it"
    if source.kind != "mediawiki":
        return
    if not (fetch.category or fetch.template or fetch.query):
        yield "fetch: needs category, template or query; name the pages to read"
    if fetch.query and (fetch.category or fetch.template):
        yield "fetch.query: goes alone; remove category and template, or the query"


def _is_own_form(source: Source, where: str, place: str, shape: str) -> bool:
    """Whether `place` is written in a form of its kind's own instead of CSS; `ValueError` when it is a wrong one."""
    table, _, rest = where.partition(".")
    rule = source.fields.get(rest.partition(".each.")[0])
    if rule is None or table != "fields":
        return False
    if source.kind == "feed":
        if shape == "block" or not re.fullmatch(r"\w+", place):
            raise ValueError(f'"{place}" is no value of an entry; write one, such as title or summary, without "each"')
        return True
    if source.kind != "sitemap":
        return False
    from_data = [other.startswith(JSON_LD) for other in rule.places]
    if rule.each is not None and any(from_data) and not all(from_data):
        raise ValueError(f'"{place}": blocks are of the page or of its {JSON_LD} data, not of both; choose one')
    if place.startswith(JSON_LD) or (rule.each is not None and all(from_data)):
        steps(place.removeprefix(JSON_LD))
        return True
    if (place == MAIN_TEXT or place.startswith(OPEN_GRAPH)) and rule.each is not None:
        raise ValueError(f'"{place}" gives a text, no blocks; remove "each"')
    return place == MAIN_TEXT or place.startswith(OPEN_GRAPH)


def _place_faults(source: Source) -> list[str]:
    """What is wrong with the paths (`json`) and selectors (`html`)."""
    faults = []
    for where, place, shape in _used_places(source):
        try:
            if _shape(source) in BY_PATH:
                steps(place)
                continue
            if _is_own_form(source, where, place, shape):
                continue
            found = parse_place(place)
        except ValueError as fault:
            faults.append(f"{where}: {fault}")
            continue
        if shape == "block" and (found.gives_texts or found.form not in {"css", "xpath"}):
            faults.append(f'{where}: "{place}" names no elements; give a CSS selector without "@"')
        if shape == "link" and found.form != "xpath" and found.attribute is None:
            faults.append(f'{where}: "{place}" gives a text; end it with the link\'s attribute, such as "@href"')
        in_a_block = ".each." in where or (source.kind == "html" and where.startswith("fields."))
        if found.form == "column" and not in_a_block:
            faults.append(f'{where}: "{place}" needs rows of a table: the blocks of fetch.item, or of "each"')
    return faults


def _used_places(source: Source) -> Iterator[tuple[str, str, str]]:
    """Where each path or selector stands in the definition, itself, and what it leads to."""
    if _shape(source) not in BY_PATH | BY_SELECTOR:
        return
    for key in ("items", "item", "wait_for", "next", "detail"):
        if key in FETCH_KEYS[source.kind] and getattr(source.fetch, key) is not None:
            yield f"fetch.{key}", getattr(source.fetch, key), "link" if key in {"next", "detail"} else "block"
    for table in ("fields", "detail_fields"):
        for field, rule in getattr(source, table).items():
            for place in rule.places:
                yield f"{table}.{field}", place, "value" if rule.each is None else "block"
            for part, place in (rule.each or {}).items():
                yield f"{table}.{field}.each.{part}", place, "value"


def _name_faults(source: Source) -> list[str]:
    taken, faults = {*source.fields, *source.detail_fields}, []
    if source.fetch.detail or source.kind in {"sitemap", "feed"}:
        taken.add("record_url")
    if "name" not in taken:
        faults.append("fields.name: missing; a record without a name cannot be published")
    places = {
        "identity.key": source.identity.key,
        "expect.filled": list(source.expect.filled),
        "expect.distinct": [str(name) for name in source.expect.distinct],
        "lookups": list(source.lookups),
        "corrections": [correction.field for correction in source.corrections],
    }
    for where, names in places.items():
        for name in names:
            if name not in taken:
                faults.append(f'{where}: names "{name}", which [fields] does not take; add it there')
    return faults


def _sample_faults(source: Source) -> list[str]:
    if source.sample is None:
        return []
    folder, faults = (source.folder / "sample").resolve(), []
    for address, name in source.sample.pages.items():
        if not re.match(r"(POST https?://\S+ .|https?://\S)", address, re.DOTALL):
            wanted = 'neither an address nor "POST <address> <body>"'
            faults.append(f'sample.pages."{address}": is {wanted}; write it whole')
        file = resolved(folder, name)
        if file is None or not file.exists():
            faults.append(f'sample.pages."{address}": there is no file sample/{name}; write it or mend the name')
        elif not file.is_relative_to(folder):
            faults.append(f'sample.pages."{address}": {name} lies outside the sample folder; put it there')
        elif not file.is_file():
            faults.append(f'sample.pages."{address}": {name} is a folder; name a file')
    return faults
