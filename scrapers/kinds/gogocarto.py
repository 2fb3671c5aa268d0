"""Kind `gogocarto`: the elements of a GoGoCarto map, such as Transiscope's or Près de chez nous.

A map shows its API at `/api`; what is read here follows its open code (`APIController.php` of
https://github.com/pixelhumain/GoGoCarto, now at https://gitlab.com/seballot/gogocarto): `/api/elements.json`, whole or
with `?ontology=gogocompact`, `/api/elements.jsonld`, and `/api/taxonomy` for the names of the categories.

Not certain: the compact rows are written when an element is saved, the `mapping` when it is asked for. Rows of another
length are set aside, but after its owner changes a map, rows of the same length may stand for other fields until they
are saved again: prefer the whole form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scrapers.fetch import Door
from scrapers.kinds.asking import is_object, nothing_found, other_shape, whole_number
from scrapers.kinds.item import Item, Note
from scrapers.kinds.json import items, whole
from scrapers.path import steps
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Source

ELEMENTS = "/api/elements"

# Votes that contradict each other, and votes that never came; an element that was reported, or may have a double, is
# still shown by the map, and by us.
UNDECIDED = {2, 3}


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each published element of the map.

    Elements that are deleted, refused or not yet accepted are left out and counted in a problem. Where a field is
    taken from `categories`, identifiers there (or in `optionValues`, or `taxonomy`) are put into words. Raises
    `SourceError` when the map asks for a token, has no element, or answers in another shape.
    """
    for address in source.addresses():
        asked = _elements_address(address)
        response = door.get(asked)
        _refuse_locked(response)
        found = _elements(source, response, whole(source, response), note)
        kept = [element for element in found if not _is_hidden(element)]
        if len(kept) < len(found):
            message = f"{len(found) - len(kept)} of {len(found)} elements are deleted or not accepted by the map"
            note(Problem(source.id, "hidden-elements", message, "info", "nothing to do: they are left out"))
        if not kept:
            raise nothing_found(response, "published element", "look at the map; it may be being rebuilt")
        if any(steps(place)[:1] == ("categories",) for place in source.places):
            kept = _in_words(source, door, asked, kept, note)
        yield from items(source, response, kept, note)


def _elements_address(address: str) -> str:
    """The address of the elements: `address` itself, or what the API of the map at `address` calls them."""
    parts = urlsplit(address)
    if parts.scheme == "file" or ELEMENTS in parts.path:
        return address
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}{ELEMENTS}.json", fragment=""))


def _refuse_locked(response: Response) -> None:
    """Raise `SourceError` when the map wants a token, which it says in plain words with status 200."""
    said = response.open().read(300).decode("utf-8", "replace")
    if said.lstrip()[:1] not in {"{", "["} and "token" in said and "<" not in said:
        message = f"{response.label} is closed: {said[:200].strip()}"
        raise SourceError("token-needed", message, "ask the owner of the map to open its API, or for a file")


def _elements(source: Source, response: Response, answer: Any, note: Note) -> list[Any]:
    if isinstance(answer, list):
        return answer
    found = next((answer[key] for key in ("data", "@graph") if key in answer), None) if is_object(answer) else None
    if is_object(found):  # a single element was asked for
        return [found]
    if not isinstance(found, list):
        raise other_shape(response, answer, "elements")
    if not any(isinstance(row, list) for row in found):
        return found
    mapping = answer.get("mapping")
    if not isinstance(mapping, list) or not all(isinstance(name, str | list) for name in mapping):
        raise other_shape(response, answer, "the mapping that says what its rows hold")
    return _unfolded(source, mapping, found, note)


def _unfolded(source: Source, mapping: list[Any], rows: list[Any], note: Note) -> list[Any]:
    """The compact `rows` as objects; those that do not fit the `mapping` are counted in a problem."""
    objects = [unfold(mapping, row) if isinstance(row, list) else row for row in rows]
    fitting = [found for found in objects if found is not None]
    if len(fitting) < len(rows):
        message = f"{len(rows) - len(fitting)} of {len(rows)} compact rows do not fit the mapping"
        note(Problem(source.id, "row-misfit", message, "warning", "take the whole form, without ontology=gogocompact"))
    return fitting


def unfold(mapping: list[Any], row: list[Any]) -> dict[str, Any] | None:
    """Return `row` with names, or None if it does not fit.

    Status and moderation are left away at its end when all is well. Behind the longitude stand the categories, which
    the mapping does not name.
    """
    names = list(mapping)
    behind = names.index("longitude") + 1 if "longitude" in names else len(names)
    if isinstance(row[behind] if behind < len(row) else None, list) and "categories" not in names:
        names.insert(behind, "categories")
    if len(row) > len(names):
        return None
    found: dict[str, Any] = {}
    for name, value in zip(names, row, strict=False):
        if isinstance(name, str):
            found[name] = value
        elif isinstance(value, list) and len(value) == len(name):
            found.update(zip(map(str, name), value, strict=True))
        else:
            return None
    return found


def _is_hidden(element: Any) -> bool:
    if not is_object(element):
        return False
    status = whole_number(element.get("status"), 1)
    return status < 1 or whole_number(element.get("moderationState"), 0) in UNDECIDED


def _in_words(source: Source, door: Door, asked: str, elements: list[Any], note: Note) -> list[Any]:
    """The `elements` with the names of their `categories`; the taxonomy is only asked for when there are numbers."""
    chosen = [_categories(element) for element in elements]
    if not any(str(one).isdigit() for _, ones in chosen for one in ones):
        return elements
    names = _names(source, door, asked) if ELEMENTS in asked else {}  # a local file has no taxonomy beside it
    known = [[names.get(str(one), str(one)) for one in ones] for _, ones in chosen]
    unknown = {one for ones in known for one in ones if one.isdigit()}
    if unknown:
        message = f"the taxonomy has no name for {len(unknown)} categories: {', '.join(sorted(unknown)[:20])}"
        note(Problem(source.id, "category-unknown", message, "warning", "name them in a lookup"))
    return [
        {**{key: value for key, value in element.items() if key != place}, "categories": words} if words else element
        for element, (place, _), words in zip(elements, chosen, known, strict=True)
    ]


def _categories(element: Any) -> tuple[str, list[Any]]:
    """Where the categories of `element` stand, and which they are: names or identifiers."""
    for place in ("categories", "optionValues", "taxonomy"):
        found = element.get(place) if is_object(element) else None
        if isinstance(found, list) and found:
            return place, [one.get("optionId", one.get("id")) if is_object(one) else one for one in found]
    return "", []


def _names(source: Source, door: Door, asked: str) -> dict[str, str]:
    """The name of each option of the map, by its identifier; groups of options are numbered apart."""
    parts = urlsplit(asked)
    response = door.get(urlunsplit(parts._replace(path=parts.path.partition(ELEMENTS)[0] + "/api/taxonomy", query="")))
    waiting, names = [whole(source, response)], dict[str, str]()
    while waiting:
        here = waiting.pop()
        if is_object(here):
            options = here.get("options")
            for option in filter(is_object, options if isinstance(options, list) else []):
                names.setdefault(str(option.get("id")), str(option.get("name") or option.get("id")))
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    if not names:
        raise other_shape(response, None, "any options with names")
    return names
