"""Kind `json`: a list of objects anywhere in a JSON body, a GeoJSON, or one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds import paging
from scrapers.kinds.item import Item, Note, apply_rules, refuse_web_page, unpacked
from scrapers.kinds.paging import Page
from scrapers.path import step_name, steps
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.rule import Take
from scrapers.source import Source


class Number(str):
    """A number as it is written, so that neither "1.50" nor a code of thirty digits changes on the way."""

    __slots__ = ()


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each object of the list at `fetch.items`, address by address and page by page."""
    yield from read_addresses(source, door, note, source.addresses())


def read_addresses(source: Source, door: Door, note: Note, addresses: Iterable[str]) -> Iterator[Item]:
    """Yield an item for each object of the lists at `addresses`; `fetch.paging` says how each goes on.

    Raises `SourceError` when one of them holds no list, or no object.
    """
    rules = source.fetch.paging
    for address in addresses:
        if rules is None:
            response = door.get(address)
            yield from items(source, response, _objects(source, response, note), note)
            continue
        for page in paging.follow(source, rules, address, lambda here: _page(source, door, here), note):
            yield from items(source, page.response, page.entries, note)


def _page(source: Source, door: Door, address: str) -> Page:
    response = door.get(address)
    body, rules = whole(source, response), source.fetch.paging
    found = values(body, rules.next) if rules is not None and rules.next else []
    # Some APIs say `"next": false` where there is no other page.
    following = next((str(value) for value in found if isinstance(value, str)), None)
    return Page(response, _list(source, response, body), following)


def items(source: Source, response: Response, objects: Iterable[Any], note: Note) -> Iterator[Item]:
    """Yield an item for each of the `objects` that came with `response`; other kinds over JSON share this.

    Raises `SourceError` when there is none.
    """
    wanted = {_normal(place) for place in source.places}
    found_any = False
    for count, found in enumerate(objects, 1):
        if not isinstance(found, dict):
            note(_not_an_object(source, response, count, found))
            continue
        found_any = True
        try:
            yield _item(source, response, found, wanted)
        except RecursionError as fault:
            raise _too_deep(response) from fault
    if not found_any:
        message = f"{response.label} holds no object at {source.fetch.items or 'its root'}"
        raise SourceError("list-empty", message, "check fetch.items")


def whole(source: Source, response: Response) -> Any:
    """Return the JSON value that `response` holds, numbers as they are written.

    Raises `SourceError` when it is a web page, cut off, or not JSON.
    """
    body = unpacked(response).read()
    refuse_web_page(response, body[:4096], "JSON")
    text = _decoded(source, response, body)
    try:
        return _parsed(text)
    except json.JSONDecodeError as fault:
        raise _not_json(response, text, fault) from fault
    except RecursionError as fault:
        raise _too_deep(response) from fault


def _item(source: Source, response: Response, found: dict[str, Any], wanted: set[str]) -> Item:
    def take(place: str) -> list[str]:
        return texts(found, place)

    def blocks(place: str) -> list[Take]:
        inside = [block for block in values(found, place) for block in _listed(block)]
        return [lambda where, block=block: texts(block, where) for block in inside]  # type: ignore[misc]

    left = [path for path in leaves(found) if not _covered(path, wanted)]
    return Item(apply_rules(source.fields, take, blocks), response.label, left)


def _objects(source: Source, response: Response, note: Note) -> Iterable[Any]:
    body = unpacked(response).read()
    refuse_web_page(response, body[:4096], "JSON")
    text = _decoded(source, response, body)
    try:
        whole = _parsed(text)
    except json.JSONDecodeError as fault:
        if source.fetch.items is None and _looks_like_lines(text):
            return _lines(source, response, text, note)
        raise _not_json(response, text, fault) from fault
    except RecursionError as fault:
        raise _too_deep(response) from fault
    return _list(source, response, whole)


def _not_json(response: Response, text: str, fault: json.JSONDecodeError) -> SourceError:
    cut = _is_cut(text, fault)
    return SourceError(
        "truncated" if cut else "not-json",
        f"{response.label} is {'cut off' if cut else 'not JSON'}: {fault}",
        "the publisher's file is broken or incomplete; it is tried again the next night",
    )


def _decoded(source: Source, response: Response, body: bytes) -> str:
    try:
        text = body.decode(source.fetch.encoding or json.detect_encoding(body)).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as fault:
        # A broken character at the very end means that the rest of it is missing, not another encoding.
        if isinstance(fault, UnicodeDecodeError) and fault.end == len(body) and "data" in fault.reason:
            message, remedy = f"{response.label} is cut off: {fault}", "it is tried again the next night"
            raise SourceError("truncated", message, remedy) from fault
        raise SourceError("encoding", f"{response.label}: {fault}", "give the right fetch.encoding") from fault
    if not text.strip():
        raise SourceError("empty", f"{response.label} holds no text", "look at the address; it may be being rebuilt")
    return text


def _parsed(text: str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)


def _too_deep(response: Response) -> SourceError:
    return SourceError("not-json", f"{response.label} is nested too deeply to be data", "tell the publisher")


def _is_cut(text: str, fault: json.JSONDecodeError) -> bool:
    """Whether the parser stumbled over the end of `text`, within a word such as "fals" or a "\\u00" perhaps."""
    rest = text[fault.pos :].strip()
    return "Unterminated" in fault.msg or len(rest) <= 1 or bool(re.fullmatch(r"[-+.\w\\]{1,8}", rest))


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        return isinstance(_parsed(first), dict) and rest.strip().startswith("{")
    except (json.JSONDecodeError, RecursionError):
        return False


def _lines(source: Source, response: Response, text: str, note: Note) -> Iterator[Any]:
    """The objects of JSON lines; a broken last line means the file was cut off, any other is set aside."""
    lines = text.split("\n")
    last = max(number for number, line in enumerate(lines, 1) if line.strip())
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _parsed(line)
        except (json.JSONDecodeError, RecursionError) as fault:
            message = f"{response.label}, line {number}: {fault}"
            if number == last and isinstance(fault, json.JSONDecodeError):
                raise SourceError("truncated", message, "the file ends in the middle of a record") from fault
            note(Problem(source.id, "broken-line", message, "warning", "tell the publisher"))


def _list(source: Source, response: Response, whole: Any) -> list[Any]:
    path = source.fetch.items
    if path is None:
        if isinstance(whole, dict) and whole.get("type") == "FeatureCollection":
            path = "features"
        else:
            return whole if isinstance(whole, list) else [whole]
    found = _at(whole, path)
    if not found:
        keys = ", ".join(sorted(whole)[:12]) if isinstance(whole, dict) else f"a {_kind(whole)}"
        message = f"{response.label} has no list at {path}; it holds {keys}"
        raise SourceError("list-missing", message, "the shape changed: mend fetch.items")
    # A list that is null is an empty one.
    return [item for value in found if value is not None for item in _listed(value)]


def _not_an_object(source: Source, response: Response, count: int, found: Any) -> Problem:
    message = f"{response.label}: entry {count} is a {_kind(found)}, not an object"
    return Problem(source.id, "not-an-object", message, "warning", "check fetch.items")


def _kind(value: Any) -> str:
    """What `value` is, in the words of JSON."""
    names = {dict: "object", list: "list", Number: "number", str: "text", bool: "truth value"}
    return names.get(type(value), "null")


def values(found: Any, path: str) -> list[Any]:
    """Every value at `path` in `found`; a list on the way is walked through, missing steps give nothing."""
    return [value for value in _at(found, path) if value is not None]


def _at(found: Any, path: str) -> list[Any]:
    here = [found]
    for step in steps(path):
        here = [value for place in here for value in _step(place, step)]
    return here


def _step(place: Any, step: str | int) -> list[Any]:
    if step == "*":
        return list(place.values()) if isinstance(place, dict) else _listed(place)
    if isinstance(step, int):
        return [place[step]] if isinstance(place, list) and step < len(place) else []
    if isinstance(place, dict):
        return [place[step]] if step in place else []
    return [item[step] for item in _listed(place) if isinstance(item, dict) and step in item]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(found: Any, path: str) -> list[str]:
    """The values at `path` as texts: numbers as written, lists flattened, objects as JSON."""
    return [_text(item) for value in values(found, path) for item in _flat(value) if item is not None]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list) and _is_position(value):
        return [value]
    return [item for inner in value for item in _flat(inner)] if isinstance(value, list) else [value]


def _is_position(value: list[Any]) -> bool:
    """Whether `value` is one value, such as [2.35, 48.85], and not a list of numbers, such as [3, 11]."""
    numbers = len(value) in {2, 3} and all(isinstance(item, Number) for item in value)
    return numbers and any(not item.lstrip("-").isdigit() for item in value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_as_json, value))}]"
    if isinstance(value, dict):
        parts = (f"{json.dumps(key, ensure_ascii=False)}: {_as_json(value[key])}" for key in sorted(value))
        return f"{{{', '.join(parts)}}}"
    return json.dumps(value, ensure_ascii=False)


def leaves(found: Any, prefix: str = "") -> Iterator[str]:
    """The paths of all values in `found` that are not empty, without the indexes of lists."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from leaves(value, f"{prefix}.{step_name(key)}" if prefix else step_name(key))
    elif isinstance(found, list):
        seen = {path for item in found for path in leaves(item, prefix)}
        yield from sorted(seen)
    elif found is not None and found != "":
        yield prefix


def _normal(place: str) -> str:
    return ".".join(step_name(step) for step in steps(place) if isinstance(step, str) and step != "*")


def _covered(path: str, wanted: set[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:size]) in wanted for size in range(1, len(parts) + 1)) or path in wanted
