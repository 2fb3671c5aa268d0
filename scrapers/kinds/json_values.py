"""Values in parsed JSON: found by path, turned into texts as they were written, and what was left untaken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scrapers.path import step_name, steps


class Number(str):
    """A number as it is written, so that neither "1.50" nor a code of thirty digits changes on the way."""

    __slots__ = ()


PLACED = {"coordinates", "lat", "latitude"}
"""The keys that tell a place on the map from other objects: those of GeoJSON, and of what portals write instead."""

DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
"""Decodes JSON, with numbers as they are written; raises `RecursionError` when it is nested too deeply."""


def kind_of(value: Any) -> str:
    """What `value` is, in the words of JSON."""
    names = {dict: "object", list: "list", Number: "number", str: "text", bool: "truth value"}
    return names.get(type(value), "null")


def values(found: Any, path: str) -> list[Any]:
    """Every value at `path` in `found`; a list on the way is walked through, missing steps give nothing."""
    return [value for value in at(found, path) if value is not None]


def at(found: Any, path: str) -> list[Any]:
    """Every value at `path` in `found`, null ones too."""
    here = [found]
    for step in steps(path):
        here = [value for place in here for value in _step(place, step)]
    return here


def _step(place: Any, step: str | int) -> list[Any]:
    if step == "*":
        return list(place.values()) if isinstance(place, dict) else listed(place)
    if isinstance(step, int):
        return [place[step]] if isinstance(place, list) and step < len(place) else []
    if isinstance(place, dict):
        return [place[step]] if step in place else []
    return [item[step] for item in listed(place) if isinstance(item, dict) and step in item]


def listed(value: Any) -> list[Any]:
    """`value` if it is a list, else a list that holds it."""
    return value if isinstance(value, list) else [value]


def texts(found: Any, path: str) -> list[str]:
    """The values at `path` as texts: numbers as written, lists flattened, places on the map as JSON.

    Any other object is no text: a name that is now `{"fr": …, "en": …}` is a change to be seen, not a name.
    """
    flat = [item for value in values(found, path) for item in _flat(value)]
    return [_text(item) for item in flat if item is not None and not is_object(item)]


def is_object(value: Any) -> bool:
    """Whether `value` is an object, and none that stands for a place on the map."""
    return isinstance(value, dict) and not value.keys() & PLACED


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


def normal(place: str) -> str:
    """`place` as `leaves` writes a path: without indexes."""
    return ".".join(step_name(step) for step in steps(place) if isinstance(step, str) and step != "*")


def covered(path: str, wanted: set[str]) -> bool:
    """Whether the value at `path` is taken by one of the paths `wanted`, or by one above it."""
    parts = path.split(".")
    return any(".".join(parts[:size]) in wanted for size in range(1, len(parts) + 1)) or path in wanted
