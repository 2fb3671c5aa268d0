"""What the publisher of a sample might rename, one name at a time: columns, keys, classes, labels, elements.

Only names that the definition uses are renamed, each everywhere it stands in the sample.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from breakage import Json, form_of, roots
from judging import Bodies

from scrapers.kinds.delimited import find_delimiter
from scrapers.kinds.encodings import guess
from scrapers.path import steps
from scrapers.rule import Rule
from scrapers.selector import JSON_LD, MAIN_TEXT, OPEN_GRAPH, parse_place
from scrapers.source import Source

NEW = "renamed-by-them"
"""What a name becomes; no definition ignores it."""

# The keys of the answers of each kind that its reader looks for by itself.
STRUCTURE: dict[str, list[str]] = {
    "gogocarto": ["data", "@graph", "data.id", "data.categories"],
    "mediawiki": ["query", "query.pages", "query.results", "query.pages.title", "query.pages.revisions"],
    "overpass": ["elements", "elements.tags", "elements.type", "elements.id", "elements.lat", "elements.center"],
    "sparql": ["results", "results.bindings", "head", "head.vars", "results.bindings.*.value"],
    "ofdb": ["visible", "visible.id", "id"],
    "communecter": ["entities"],
    "udata": ["resources", "resources.id", "resources.title", "resources.format", "resources.latest"],
    "ckan": ["success", "result", "result.resources", "result.resources.url", "result.resources.format"],
}

# The elements of RSS and Atom that `feedparser` calls otherwise.
FEED_ELEMENTS = {
    "id": ["guid", "id"],
    "summary": ["description", "summary"],
    "content": ["content:encoded", "content"],
    "published": ["pubDate", "published", "dc:date"],
    "updated": ["updated", "lastBuildDate"],
    "author": ["author", "dc:creator"],
    "tags": ["category"],
    "where": ["georss:point"],
}


@dataclass(frozen=True, slots=True)
class Rename:
    """One name that was changed, the sample after it, and the same definition without the places it concerned."""

    name: str
    bodies: Bodies
    without: Source


def renames(source: Source, bodies: Bodies) -> Iterator[Rename]:
    """The sample with one name changed, for each that the definition uses and the sample has."""
    shape = source.fetch.reads or source.kind
    if shape == "table":
        for column in sorted(source.places):
            yield from _changed(source, bodies, column, {column}, lambda body, old=column: _column(source, body, old))
    if shape not in {"table", "html", "sitemap", "feed"}:
        for path, places in _paths(source).items():
            yield from _changed(source, bodies, path, places, lambda body, old=path: _key(source, body, old, True))
    for path in STRUCTURE.get(source.kind, []):
        yield from _changed(source, bodies, path, set(), lambda body, old=path: _key(source, body, old, False))
    if shape in {"html", "sitemap", "feed"}:
        for token, places in _tokens(source).items():
            yield from _changed(source, bodies, " ".join(token), places, lambda body, old=token: _markup(body, *old))


def _changed(source: Source, bodies: Bodies, name: str, places: set[str], change: Any) -> Iterator[Rename]:
    after = {address: change(body) for address, body in bodies.items()}
    if after != bodies:
        yield Rename(name, after, without(source, places))


def without(source: Source, places: set[str]) -> Source:
    """`source` as if its definition did not take `places`."""
    tables = {}
    for table in ("fields", "detail_fields"):
        found = {name: _less(rule, places) for name, rule in getattr(source, table).items()}
        tables[table] = {name: rule for name, rule in found.items() if rule is not None}
    return source.model_copy(update=tables)


def _less(rule: Rule, places: set[str]) -> Rule | None:
    each = {part: inside for part, inside in (rule.each or {}).items() if inside not in places}
    kept = [place for place in rule.places if place not in places]
    if (rule.from_ is not None and not kept) or (rule.each is not None and not each):
        return None
    return rule.model_copy(update={"from_": kept or None, "each": each or None})


def _rules(source: Source) -> Iterator[Rule]:
    yield from source.fields.values()
    yield from source.detail_fields.values()


def _column(source: Source, body: bytes, old: str) -> bytes:
    form = form_of(body)
    if form == "book":
        return _column_of_book(body, old)
    if form != "csv":  # the portal's own answer, beside the file
        return body
    encoding = guess(io.BytesIO(body))
    text = body.decode(encoding)
    sign = source.fetch.delimiter or find_delimiter(text, source.places)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    header = max(rows[:30], key=lambda row: len(source.places & set(map(_tidy, row))))
    header[:] = [NEW if _tidy(cell) == old else cell for cell in header]
    after = io.StringIO(newline="")
    csv.writer(after, delimiter=sign).writerows(rows)
    return after.getvalue().encode(encoding)


def _tidy(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").split())


def _column_of_book(body: bytes, old: str) -> bytes:
    after = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(after, "w", zipfile.ZIP_DEFLATED) as book:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename.endswith(".xml"):
                content = content.replace(f">{old}<".encode(), f">{NEW}<".encode(), 1)
            book.writestr(entry, content)
    return after.getvalue()


def _paths(source: Source) -> dict[str, set[str]]:
    """Each key on the way to a value of the definition, and the places that it leads to."""
    found: dict[str, set[str]] = {}
    for rule in _rules(source):
        for place in rule.places:
            names = _names(place)
            for size in range(1, len(names) + 1):
                found.setdefault("\n".join(names[:size]), set()).add(place)
            for inside in (rule.each or {}).values():
                if _names(inside):
                    found.setdefault("\n".join([*names, *_names(inside)]), set()).add(inside)
    return found


def _names(place: str) -> list[str]:
    return [step for step in steps(place) if isinstance(step, str)]


def _key(source: Source, body: bytes, old: str, in_records: bool) -> bytes:
    if form_of(body) not in {"json", "lines"}:
        return body
    documents = Json.load(body)
    path = old.split("\n") if in_records else old.split(".")
    after = [_renamed_in(source, document, path, in_records) for document in documents]
    return Json.dump(after) if after != documents else body


def _renamed_in(source: Source, document: Any, path: list[str], in_records: bool) -> Any:
    for root in roots(source, document) if in_records else [[]]:
        for names in (path, ["center", path[-1]]) if source.kind == "overpass" else (path,):
            after = renamed(document, [*root, *names])
            if after != document:
                return after
    if source.kind == "mediawiki" and path[0] == "template" and len(path) > 1:
        return _in_templates(document, path[1])
    if isinstance(document, dict) and path[0] in (document.get("mapping") or []):  # compact rows of a GoGoCarto
        return {**document, "mapping": [NEW if name == path[0] else name for name in document["mapping"]]}
    return document


def renamed(value: Any, path: list[str]) -> Any:
    """`value` with the last key of `path` renamed wherever it leads; "*" is any key, lists are walked through."""
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return [renamed(item, rest if head == "*" and rest else path) for item in value]
    if not isinstance(value, dict):
        return value
    if head == "*":
        return {key: renamed(item, rest) for key, item in value.items()} if rest else value
    if not rest:
        return {NEW if key == head else key: item for key, item in value.items()}
    return {key: renamed(item, rest) if key == head else item for key, item in value.items()}


def _in_templates(value: Any, parameter: str) -> Any:
    if isinstance(value, dict):
        return {key: _in_templates(item, parameter) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_templates(item, parameter) for item in value]
    if isinstance(value, str) and "{{" in value:
        return re.sub(rf"(\|\s*){re.escape(parameter)}(\s*=)", rf"\g<1>{NEW}\g<2>", value)
    return value


Token = tuple[str, str]
"""A kind of name (class, id, attribute, element, label, text, data, property, xml) and the name."""

LABEL = re.compile(r"([\w-]*):-soup-contains(?:-own)?\(\s*[\"']([^\"']+)[\"']\s*\)")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")

# In an XPath: an attribute and what it is held against, an element on the way, the words that are looked for.
COMPARED = re.compile(r"@([\w-]+)\s*[=,]\s*[\"']([^\"']+)[\"']")
STEP = re.compile(r"(?:^\(?|/|::)\s*([A-Za-z][\w-]*)(?![\w-]|\s*\(|::)")
SAID = re.compile(r"(?:\(\)|[(,=\s]\.)\s*[=,]\s*([\"'])(.+?)\1")
FORMS = {
    "class": re.compile(r"\.(-?[A-Za-z_][\w-]*)"),
    "id": re.compile(r"#(-?[A-Za-z_][\w-]*)"),
    "attribute": re.compile(r"\[\s*([A-Za-z][\w:-]*)"),
    "element": re.compile(r"(?:^|[\s>+~,(])([A-Za-z][A-Za-z0-9]*)(?=$|[\s>+~,):])"),
}


def _tokens(source: Source) -> dict[Token, set[str]]:
    """Each name in the definition's selectors, and the places that name it."""
    found: dict[Token, set[str]] = {}
    places = [place for rule in _rules(source) for place in [*rule.places, *(rule.each or {}).values()]]
    fetch = source.fetch
    for place in [*places, *(each for each in (fetch.item, fetch.next, fetch.detail) if each)]:
        for token in _tokens_of(source, place):
            found.setdefault(token, set()).add(place)
    if source.kind == "sitemap":
        found |= {("xml", name): set() for name in ("urlset", "url", "loc")}
    return found


def _tokens_of(source: Source, place: str) -> Iterator[Token]:
    if place.startswith(OPEN_GRAPH):
        yield "property", place
    elif place.startswith("xpath:"):
        yield from _tokens_of_xpath(parse_place(place).name)
    elif source.kind == "feed" and re.fullmatch(r"\w+", place):
        yield from (("xml", name) for name in FEED_ELEMENTS.get(place, [place.replace("_", ":", 1)]))
    elif place.startswith(JSON_LD):
        yield from (("data", name) for name in _names(place.removeprefix(JSON_LD)))
    elif place != MAIN_TEXT:
        if source.kind == "sitemap" and re.fullmatch(r"\w+", place):  # or a part of schema.org data
            yield "data", place
        yield from _tokens_of_css(place)


def _tokens_of_css(place: str) -> Iterator[Token]:
    parsed = parse_place(place)
    if parsed.attribute:
        yield "attribute", parsed.attribute
    if parsed.form in {"label", "column"}:
        yield "text", parsed.name
        return
    for element, label in LABEL.findall(parsed.name):
        yield f"label in {element or '*'}", label
    bare = QUOTED.sub("''", LABEL.sub(r"\1", parsed.name))
    for form, pattern in FORMS.items():
        yield from ((form, name) for name in pattern.findall(bare))


def _tokens_of_xpath(expression: str) -> Iterator[Token]:
    bare = QUOTED.sub("''", expression)
    for attribute, value in COMPARED.findall(expression):
        yield from ((attribute, name) for name in value.split() if attribute in {"class", "id"})
    yield from (("attribute", name) for name in re.findall(r"@([\w-]+)", bare) if name not in {"class", "id"})
    yield from (("element", name) for name in STEP.findall(bare))
    yield from (("text", text.strip("^$")) for _, text in SAID.findall(expression))


def _markup(body: bytes, form: str, name: str) -> bytes:
    """`body` with one name changed, byte by byte, so that all else stays as it was."""
    if form_of(body) not in {"html", "xml"}:
        return body
    old, new = re.escape(name.encode()), NEW.encode()
    if form == "class":
        return re.sub(
            rb"(\bclass\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s>]+)",
            lambda hit: hit[1] + re.sub(rb"(?<![\w-])" + old + rb"(?![\w-])", new, hit[2]),
            body,
        )
    if form == "id":
        return re.sub(rb"(\bid\s*=\s*[\"']?)" + old + rb"(?=[\"'\s>])", rb"\g<1>" + new, body)
    if form == "attribute":
        return re.sub(rb"(<[^<>]*\s)" + old + rb"(?=\s*=)", rb"\g<1>data-" + new, body)
    if form in {"element", "xml"}:
        return re.sub(rb"(</?)" + old + rb"(?=[\s/>])", rb"\g<1>" + new, body)
    if form == "data":
        body = re.sub(rb'"' + old + rb'"(?=\s*:)', b'"' + new + b'"', body)
        return re.sub(rb"(\bitemprop\s*=\s*[\"']?)" + old + rb"(?=[\"'\s>])", rb"\g<1>" + new, body)
    if form == "property":
        return re.sub(rb"((?:property|name)\s*=\s*[\"']?)" + old + rb"(?=[\"'\s>])", rb"\g<1>" + new, body)
    if form == "text":
        blank = rb"(?:\s|&nbsp;|&#160;|\xc2\xa0)"
        words = (blank + b"+").join(re.escape(word.encode()) for word in name.split())
        return re.sub(rb"(>" + blank + rb"*)" + words + rb"(?=" + blank + rb"*[:<])", rb"\g<1>" + new, body, flags=re.I)
    element = rb"[\w-]+" if form.endswith("*") else re.escape(form.rpartition(" ")[2].encode())
    return re.sub(rb"(<" + element + rb"\b[^>]*>[^<]*?)" + old, rb"\g<1>" + new, body)
