"""How the parts of a definition hang together: what no single key can tell, a line for each fault."""

from __future__ import annotations

from collections.abc import Iterator

from scrapers.path import steps
from scrapers.rule import check_fields
from scrapers.selector import split_place
from scrapers.source import Source, resolved

# The keys of [fetch] that each kind reads, besides url, path and encoding.
FETCH_KEYS: dict[str, set[str]] = {
    "table": {"format", "delimiter", "sheet"},
    "json": {"items"},
    "html": {"item", "next", "pages", "detail", "max_pages"},
}


def find_faults(source: Source) -> list[str]:
    """Say what in `source` does not fit together, with the key and the remedy."""
    return [
        *check_fields("fields", source.fields),
        *check_fields("detail_fields", source.detail_fields),
        *_fetch_faults(source),
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
    for kind, keys in FETCH_KEYS.items():
        for key in sorted(keys & fetch.model_fields_set):
            if key not in FETCH_KEYS[source.kind]:
                faults.append(f'fetch.{key}: belongs to kind "{kind}", not "{source.kind}"; remove it')
    if source.kind == "html" and not fetch.item:
        faults.append("fetch.item: missing; give the CSS selector of the block of one initiative")
    if source.detail_fields and not fetch.detail:
        faults.append("detail_fields: needs fetch.detail, the link from the block to the initiative's page")
    return faults


def _place_faults(source: Source) -> list[str]:
    """What is wrong with the paths (`json`) and selectors (`html`)."""
    faults = []
    for where, place, shape in _used_places(source):
        try:
            if source.kind == "json":
                steps(place)
                continue
            attribute = split_place(place)[1]
        except ValueError as fault:
            faults.append(f"{where}: {fault}")
            continue
        if shape == "block" and (attribute is not None or place.strip() == "."):
            faults.append(f'{where}: "{place}" names no elements; give a CSS selector without "@"')
        if shape == "link" and attribute is None:
            faults.append(f'{where}: "{place}" gives a text; end it with the link\'s attribute, such as "@href"')
    return faults


def _used_places(source: Source) -> Iterator[tuple[str, str, str]]:
    """Where each path or selector stands in the definition, itself, and what it leads to."""
    if source.kind == "table":
        return
    for key, shape in (("items", "block"), ("item", "block"), ("next", "link"), ("detail", "link")):
        if key in FETCH_KEYS[source.kind] and getattr(source.fetch, key) is not None:
            yield f"fetch.{key}", getattr(source.fetch, key), shape
    for table in ("fields", "detail_fields"):
        for field, rule in getattr(source, table).items():
            for place in rule.places:
                yield f"{table}.{field}", place, "value" if rule.each is None else "block"
            for part, place in (rule.each or {}).items():
                yield f"{table}.{field}.each.{part}", place, "value"


def _name_faults(source: Source) -> list[str]:
    taken, faults = {*source.fields, *source.detail_fields}, []
    if source.fetch.detail:
        taken.add("record_url")
    if "name" not in taken:
        faults.append("fields.name: missing; a record without a name cannot be published")
    places = {
        "identity.key": source.identity.key,
        "expect.filled": list(source.expect.filled),
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
        file = resolved(folder, name)
        if file is None or not file.exists():
            faults.append(f'sample.pages."{address}": there is no file sample/{name}; write it or mend the name')
        elif not file.is_relative_to(folder):
            faults.append(f'sample.pages."{address}": {name} lies outside the sample folder; put it there')
        elif not file.is_file():
            faults.append(f'sample.pages."{address}": {name} is a folder; name a file')
    return faults
