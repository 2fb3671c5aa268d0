"""Kind `json`: a list of objects anywhere in a JSON body, a GeoJSON, or one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from scrapers.fetch import Door, Response
from scrapers.kinds.item import Item, Note, apply_rules, refuse_web_page, unpacked
from scrapers.problems import Problem, SourceError
from scrapers.rule import Take
from scrapers.source import Source

# One step of a path: ."quoted key", .key, [3], [*] or .*
STEP = re.compile(r'\.?"([^"]+)"|\[(\d+|\*)\]|\.?([^.\[\]"]+)')


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield an item for each object of the list at `fetch.items`, address by address."""
    wanted = {_normal(place) for place in source.places}
    for address in source.addresses():
        response = door.get(address)
        count = 0
        for found in _objects(source, response, note):
            count += 1
            if not isinstance(found, dict):
                note(_not_an_object(source, response, count, found))
                continue

            def take(place: str, found: Any = found) -> list[str]:
                return texts(found, place)

            def blocks(place: str, found: Any = found) -> list[Take]:
                inside = [block for block in values(found, place) for block in _listed(block)]
                return [lambda where, block=block: texts(block, where) for block in inside]  # type: ignore[misc]

            fields = apply_rules(source.fields, take, blocks)
            yield Item(fields, response.url, [path for path in leaves(found) if not _covered(path, wanted)])
        if not count:
            message = f"{response.label} holds no record at {source.fetch.items or 'its root'}"
            raise SourceError("list-empty", message, "check fetch.items")


def _objects(source: Source, response: Response, note: Note) -> Iterable[Any]:
    body = unpacked(response).read()
    refuse_web_page(response, body[:512], "JSON")
    try:
        text = body.decode(source.fetch.encoding or json.detect_encoding(body)).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as fault:
        raise SourceError("encoding", f"{response.label}: {fault}", "give the right fetch.encoding") from fault
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as fault:
        if source.fetch.items is None and _looks_like_lines(text):
            return _lines(source, response, text, note)
        cut = fault.pos >= len(text.rstrip()) - 1 or "Unterminated" in fault.msg
        raise SourceError(
            "truncated" if cut else "not-json",
            f"{response.label} is {'cut off' if cut else 'not JSON'}: {fault}",
            "the publisher's file is broken or incomplete; it is tried again the next night",
        ) from fault
    except RecursionError as fault:
        raise SourceError("not-json", f"{response.label} is nested too deeply", "tell the publisher") from fault
    return _list(source, response, whole)


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        return isinstance(json.loads(first), dict) and rest.strip().startswith("{")
    except json.JSONDecodeError:
        return False


def _lines(source: Source, response: Response, text: str, note: Note) -> Iterator[Any]:
    """The objects of JSON lines; a broken last line means the file was cut off, any other is set aside."""
    lines = text.split("\n")
    last = max(number for number, line in enumerate(lines, 1) if line.strip())
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except json.JSONDecodeError as fault:
            message = f"{response.label}, line {number}: {fault}"
            if number == last:
                raise SourceError("truncated", message, "the file ends in the middle of a record") from fault
            note(Problem(source.id, "broken-line", message, "warning", "tell the publisher"))


def _list(source: Source, response: Response, whole: Any) -> list[Any]:
    path = source.fetch.items
    if path is None:
        if isinstance(whole, dict) and whole.get("type") == "FeatureCollection":
            path = "features"
        else:
            return whole if isinstance(whole, list) else [whole]
    found = [item for value in values(whole, path) for item in _listed(value)]
    if not found:
        keys = ", ".join(sorted(whole)[:12]) if isinstance(whole, dict) else f"a {type(whole).__name__}"
        message = f"{response.label} has no list at {path}; it holds {keys}"
        raise SourceError("list-missing", message, "the shape changed: mend fetch.items")
    return found


def _not_an_object(source: Source, response: Response, count: int, found: Any) -> Problem:
    message = f"{response.label}: entry {count} is a {type(found).__name__}, not an object"
    return Problem(source.id, "not-an-object", message, "warning", "check fetch.items")


def steps(path: str) -> list[str | int]:
    """Cut a path such as `adresse.ville`, `tags[0]`, `a[*].b` or `companies.*` into its steps ("*" for all)."""
    found: list[str | int] = []
    for quoted, index, key in STEP.findall(path.removeprefix("$").removeprefix(".")):
        found.append(quoted or key or (index if index == "*" else int(index)))
    return found


def values(found: Any, path: str) -> list[Any]:
    """Every value at `path` in `found`; a list on the way is walked through, missing steps give nothing."""
    here = [found]
    for step in steps(path):
        here = [value for place in here for value in _step(place, step)]
    return [value for value in here if value is not None]


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
    if path == ".":
        return [_text(found)]
    return [_text(item) for value in values(found, path) for item in _flat(value) if item is not None]


def _flat(value: Any) -> list[Any]:
    # A position, such as [2.35, 48.85], is one value.
    if isinstance(value, list) and value and all(isinstance(item, float | int) for item in value):
        return [value]
    return [item for inner in value for item in _flat(inner)] if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def leaves(found: Any, prefix: str = "") -> Iterator[str]:
    """The paths of all values in `found` that are not empty, without the indexes of lists."""
    if isinstance(found, dict):
        for key, value in found.items():
            name = key if re.fullmatch(r"[^.\[\]\"*]+", key) else f'"{key}"'
            yield from leaves(value, f"{prefix}.{name}" if prefix else name)
    elif isinstance(found, list):
        seen = {path for item in found for path in leaves(item, prefix)}
        yield from sorted(seen)
    elif found is not None and found != "":
        yield prefix


def _normal(place: str) -> str:
    return ".".join(
        step if re.fullmatch(r"[^.\[\]\"*]+", step) else f'"{step}"'
        for step in steps(place)
        if isinstance(step, str) and step != "*"
    )


def _covered(path: str, wanted: set[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:size]) in wanted for size in range(1, len(parts) + 1)) or path in wanted
