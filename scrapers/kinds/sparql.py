"""Kind `sparql`: the rows of a SELECT at a SPARQL endpoint, such as Wikidata's.

The protocol is https://www.w3.org/TR/sparql11-protocol/, the form of the answer
https://www.w3.org/TR/sparql11-results-json/. The protocol has the format agreed upon in a header; the parameter
`format=json`, which we send, is understood by Wikidata and by most other endpoints, but it is no standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds.asking import is_object, list_in, nothing_found, other_shape, question
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.problems import SourceError
from scrapers.response import Response
from scrapers.source import Source

META = "_meta"


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each subject, the value of the first variable, that `fetch.query` gives.

    A subject is handed over as `{variable: value}`; where several rows tell of it, a variable with different values
    holds them as a list, in the order of the answer (give the query an ORDER BY to have the same one every night).
    The language and the type of a value stand under `_meta.variable`, and are never left over. Raises `SourceError`
    when the endpoint gave up, or its answer holds no rows.
    """
    for endpoint in source.addresses():
        response = door.get(question(endpoint, query=(source.fetch.query or "").strip(), format="json"))
        answer = _answer(source, response)
        if not is_object(answer) or not is_object(answer.get("results")):
            raise other_shape(response, answer, "rows of a SELECT")
        rows = list_in(response, answer["results"], "bindings")
        if not rows:
            raise nothing_found(response, "row", "try fetch.query by hand at the endpoint")
        for item in items(source, response, _subjects(response, answer, rows), note):
            item.leftovers = [path for path in item.leftovers if not path.startswith(f"{META}.")]
            yield item


def _answer(source: Source, response: Response) -> Any:
    """The JSON of `response`; Wikidata breaks it off with a Java exception when the time is up, with status 200."""
    try:
        return whole(source, response)
    except SourceError as error:
        if b"TimeoutException" in response.content:
            message = f"{response.label} is not complete: the endpoint ran out of time"
            raise SourceError("too-slow", message, "ask for less in fetch.query, or cut it in two sources") from error
        raise


def _subjects(response: Response, answer: dict[str, Any], rows: Iterable[Any]) -> list[Any]:
    """The rows as objects, those of one subject merged, in the order in which the subjects appear."""
    head = answer.get("head")
    variables = head.get("vars") if is_object(head) else None
    if not isinstance(variables, list) or not variables:
        raise other_shape(response, answer, "the names of the variables in head.vars")
    subjects: dict[int | str, dict[str, dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        if not is_object(row) or not all(map(is_object, row.values())):
            raise other_shape(response, row, "an object for each value of a row")
        subject = row.get(str(variables[0]), {}).get("value")
        terms = subjects.setdefault(number if subject is None else str(subject), {})
        for variable, term in row.items():
            terms.setdefault(variable, {}).setdefault(str(term.get("value", "")), term)
    return [_flat(terms) for terms in subjects.values()]


def _flat(terms: dict[str, dict[str, Any]]) -> dict[str, Any]:
    values = {variable: _one_or_all(list(found)) for variable, found in terms.items()}
    meta = {variable: _one_or_all([_about(term) for term in found.values()]) for variable, found in terms.items()}
    return {**values, META: meta}


def _about(term: dict[str, Any]) -> dict[str, Any]:
    about = {"type": term.get("type"), "lang": term.get("xml:lang"), "datatype": term.get("datatype")}
    return {name: text for name, text in about.items() if text}


def _one_or_all(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found
