"""Kind `mediawiki`: the pages of a category or those that use a template, or an ask query of Semantic MediaWiki.

Formats: https://www.mediawiki.org/wiki/API:Query (generators `categorymembers` and `embeddedin`), API:Continue,
API:Errors_and_warnings, and https://www.semantic-mediawiki.org/wiki/Help:API:ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

import mwparserfromhell
from mwparserfromhell.nodes import Comment, ExternalLink, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from scrapers.failures import label
from scrapers.fetch import Door
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Source

BATCH = 50
"""So many pages at once: as many texts as the API gives to those who are not logged in."""

# The namespaces, in the languages of our sources, whose links show no text: pictures and categories.
ASIDES = {
    "file", "image", "fichier", "datei", "bild", "archivo", "imagen", "immagine", "ficheiro", "bestand", "category",
    "catégorie", "kategorie", "categoría", "categoria", "categorie",
}  # fmt: skip

# The API's words for refusals that have a name of ours.
REFUSALS = {"ratelimited": "rate-limited", "maxlag": "server-error", "readapidenied": "forbidden"}

Batch = tuple[Response, list[dict[str, Any]]]


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each page, each use of the template, or each result of the query.

    A page is `{title, pageid, fullurl}`, with `template` when the definition names one: its parameters as plain text.
    A result is `{title, fullurl, printouts}`. Raises `SourceError` when the API refuses, cannot be read or has nothing.
    """
    count = 0
    for address in source.addresses():
        batches = _results(source, door, address, note) if source.fetch.query else _pages(source, door, address, note)
        for response, objects in batches:
            count += len(objects)
            if objects:
                yield from items(source, response, objects, note)
    if not count:
        message = f"{label(source.addresses()[0])} has no page for {_subject(source)}"
        raise SourceError("list-empty", message, "check the names, with their capitals, on the wiki")


def _subject(source: Source) -> str:
    fetch = source.fetch
    return " and ".join(
        f'{key} "{value}"' for key in ("category", "template", "query") if (value := getattr(fetch, key))
    )


def _answers(
    source: Source, door: Door, address: str, parameters: dict[str, str], note: Note
) -> Iterator[tuple[Response, dict[str, Any]]]:
    """Ask with `parameters`, then again with what each answer says to go on with, `fetch.max_pages` times at most."""
    onward: dict[str, str] | None = {}
    for _ in range(source.fetch.max_pages):
        query = urlencode({**parameters, **(onward or {})})
        response = door.get(f"{address}{'&' if '?' in address else '?'}{query}")
        answer = _sound(response, whole(source, response))
        yield response, answer
        onward, before = _continuation(parameters, answer), onward
        if onward is None:
            return
        if onward == before:
            remedy = "tell the keepers of the wiki"
            raise SourceError("paging-loop", f"{response.label} leads back to itself", remedy)
    message = f"stopped after {source.fetch.max_pages} answers of {label(address)}, which has more"
    note(Problem(source.id, "max-pages", message, "warning", "raise fetch.max_pages if the list is that long"))


def _continuation(parameters: dict[str, str], answer: dict[str, Any]) -> dict[str, str] | None:
    """The parameters that the next request adds, or None at the end."""
    if "query-continue-offset" in answer:
        asked = parameters["query"].partition("|offset=")[0]
        return {"query": f"{asked}|offset={answer['query-continue-offset']}"}
    onward = answer.get("continue")
    return {key: str(value) for key, value in onward.items()} if isinstance(onward, dict) and onward else None


def _sound(response: Response, answer: Any) -> dict[str, Any]:
    """Return `answer` if it is one; the API tells its errors with status 200."""
    if not isinstance(answer, dict):
        message = f"{response.label} holds no object, as an answer of MediaWiki does"
        raise SourceError("not-mediawiki", message, "give the address of api.php")
    error = answer.get("error")
    if error is not None:
        code = str(error.get("code", "")) if isinstance(error, dict) else ""
        text = error.get("info") or error.get("query") if isinstance(error, dict) else error
        remedy = "read the message; the query, or the wiki's rights, may have changed"
        raise SourceError(REFUSALS.get(code, "api-error"), f"{response.label}: {code} {text}", remedy)
    return answer


def _pages(source: Source, door: Door, address: str, note: Note) -> Iterator[Batch]:
    waiting: dict[str, dict[str, Any]] = {}
    for response, answer in _answers(source, door, address, _page_query(source), note):
        for page in _objects(_below(answer, "pages")):
            # An answer that would be too long brings the texts of some pages only, the next one those of the others.
            waiting[str(page.get("pageid"))] = {**waiting.get(str(page.get("pageid")), {}), **page}
        if "batchcomplete" in answer or "continue" not in answer:
            yield response, [record for page in waiting.values() for record in _records(source, response, page, note)]
            waiting = {}


def _below(answer: dict[str, Any], key: str) -> Any:
    """What stands at query.<key>; an answer without anything has an empty list for an object."""
    query = answer.get("query")
    return query.get(key) if isinstance(query, dict) else None


def _objects(found: Any) -> list[dict[str, Any]]:
    """The objects in a list or, as older answers have them, in an object by their numbers."""
    listed = list(found.values()) if isinstance(found, dict) else found
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _page_query(source: Source) -> dict[str, str]:
    fetch = source.fetch
    parameters = {"action": "query", "format": "json", "formatversion": "2", "prop": "info", "inprop": "url"}
    if fetch.category:
        parameters |= {"generator": "categorymembers", "gcmtitle": _titled(fetch.category, "Category")}
        parameters |= {"gcmtype": "page", "gcmlimit": str(BATCH)}
    else:
        # Talk, users' and documentation pages use templates too; initiatives have pages of the main namespace.
        parameters |= {"generator": "embeddedin", "geititle": _titled(fetch.template or "", "Template")}
        parameters |= {"geinamespace": "0", "geifilterredir": "nonredirects", "geilimit": str(BATCH)}
    if fetch.template:
        parameters |= {"prop": "info|revisions", "rvprop": "content", "rvslots": "main"}
    return parameters


def _titled(name: str, namespace: str) -> str:
    """`name` with its namespace; every wiki knows the English word beside its own."""
    return name if ":" in name else f"{namespace}:{name}"


def _records(source: Source, response: Response, page: dict[str, Any], note: Note) -> Iterator[dict[str, Any]]:
    record: dict[str, Any] = {key: page[key] for key in ("title", "pageid") if key in page}
    record |= _address(response, page)
    if source.fetch.template is None:
        yield record
        return
    uses = list(_parameters(_wikitext(page), source.fetch.template))
    if not uses:
        message = f'the page "{page.get("title", "")}" does not use the template {source.fetch.template}'
        note(Problem(source.id, "template-missing", message, "warning", "check fetch.template, or mend the wiki"))
    for parameters in uses:
        yield {**record, "template": parameters}


def _address(response: Response, found: dict[str, Any]) -> dict[str, Any]:
    """The whole address of a page, where `found` gives one; joined to nothing it would be that of the API."""
    given = str(found.get("fullurl") or "")
    return {"fullurl": urljoin(response.url, given)} if given else {}


def _wikitext(page: dict[str, Any]) -> str:
    """The text of `page`: in its main slot, or where wikis before MediaWiki 1.32 put it."""
    for revision in page.get("revisions", []):
        slot = revision.get("slots", {}).get("main", revision)
        return str(slot.get("content", slot.get("*", "")))
    return ""


def _parameters(text: str, template: str) -> Iterator[dict[str, str]]:
    wanted = _template_name(template)
    for found in mwparserfromhell.parse(text).filter_templates(recursive=True):
        if _template_name(str(found.name)) == wanted:
            yield {str(parameter.name).strip(): _plain(parameter.value) for parameter in found.params}


def _template_name(name: str) -> str:
    """`name` as MediaWiki compares it: without namespace, underscores as spaces, the first letter a capital."""
    bare = mwparserfromhell.parse(name).strip_code().rpartition(":")[2]
    words = " ".join(bare.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _plain(value: Wikicode) -> str:
    """The text that `value` shows; of a template its parameters, of a link that stands alone its address."""
    shown = Wikicode([Text("\n") if _is_tag(node, "br") else node for node in value.nodes if not _is_aside(node)])
    nodes = [node for node in shown.nodes if str(node).strip()]
    if len(nodes) == 1 and isinstance(nodes[0], ExternalLink):
        return str(nodes[0].url).strip()
    if len(nodes) == 1 and isinstance(nodes[0], Template):
        return " ".join(str(part.value.strip_code()).strip() for part in nodes[0].params if not part.showkey)
    return str(shown.strip_code(keep_template_params=True)).strip()


def _is_aside(node: Node) -> bool:
    """Whether `node` is no part of the text around it: a footnote, a comment, a picture, a category."""
    if isinstance(node, Wikilink):
        return str(node.title).partition(":")[0].strip().lower() in ASIDES
    return isinstance(node, Comment) or _is_tag(node, "ref")


def _is_tag(node: Node, name: str) -> bool:
    return isinstance(node, Tag) and str(node.tag).strip().lower() == name


def _results(source: Source, door: Door, address: str, note: Note) -> Iterator[Batch]:
    """The results of the ask query; `results` is an object by title, or, in newer answers, a list of such objects."""
    query = f"{source.fetch.query}|limit={BATCH}|offset=0"
    parameters = {"action": "ask", "query": query, "format": "json"}
    for response, answer in _answers(source, door, address, parameters, note):
        found = _below(answer, "results")
        pairs = [pair for group in ([found] if isinstance(found, dict) else _objects(found)) for pair in group.items()]
        yield response, [_result(response, title, result) for title, result in pairs if isinstance(result, dict)]


def _result(response: Response, title: str, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": result.get("fulltext") or title,
        **_address(response, result),
        "printouts": result.get("printouts") or {},
    }
