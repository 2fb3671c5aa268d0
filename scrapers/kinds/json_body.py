"""The JSON in a body: the whole of it, a list anywhere in it, or one object a line; what is long comes as a stream."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from scrapers.kinds import json_stream
from scrapers.kinds.encodings import certain
from scrapers.kinds.item import Note, refuse_web_page, unpacked
from scrapers.kinds.json_values import DECODER, at, kind_of, listed
from scrapers.problems import Problem, SourceError
from scrapers.response import Response
from scrapers.source import Source

STREAM_FROM = 32 * 1024 * 1024
"""The size, in bytes, from which a body is not held in memory as a whole."""


def whole(source: Source, response: Response) -> Any:
    """Return the JSON value that `response` holds, numbers as they are written.

    Raises `SourceError` when it is a web page, cut off, or not JSON.
    """
    body = unpacked(response).read()
    refuse_web_page(response, body[:4096], "JSON")
    text = _decoded(source, response, body)
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise _not_json(response, fault) from fault
    except RecursionError as fault:
        raise too_deep(response) from fault


def _not_json(response: Response, fault: json.JSONDecodeError) -> SourceError:
    cut = json_stream.is_cut(fault)
    return SourceError(
        "truncated" if cut else "not-json",
        f"{response.label} is {'cut off' if cut else 'not JSON'}: {fault}",
        "the publisher's file is broken or incomplete; it is tried again the next night",
    )


def _decoded(source: Source, response: Response, body: bytes) -> str:
    try:
        encoding = certain(io.BytesIO(body)) or source.fetch.encoding or json.detect_encoding(body)
        text = body.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as fault:
        # A broken character at the very end means that the rest of it is missing, not another encoding.
        if isinstance(fault, UnicodeDecodeError) and fault.end == len(body) and "data" in fault.reason:
            message, remedy = f"{response.label} is cut off: {fault}", "it is tried again the next night"
            raise SourceError("truncated", message, remedy) from fault
        raise SourceError("encoding", f"{response.label}: {fault}", "give the right fetch.encoding") from fault
    if not text.strip():
        raise SourceError("empty", f"{response.label} holds no text", "look at the address; it may be being rebuilt")
    return text


def too_deep(response: Response) -> SourceError:
    """The error for a body whose objects are nested more deeply than any data is."""
    return SourceError("not-json", f"{response.label} is nested too deeply to be data", "tell the publisher")


def list_in(source: Source, response: Response, whole: Any) -> list[Any]:
    """Return the list that `fetch.items` names in `whole`; without it the features of a GeoJSON, or the list itself.

    Raises `SourceError` "list-missing" when there is nothing at that path.
    """
    path = source.fetch.items
    if path is None:
        if isinstance(whole, dict) and whole.get("type") == "FeatureCollection":
            path = "features"
        else:
            return whole if isinstance(whole, list) else [whole]
    found = at(whole, path)
    if not found:
        keys = ", ".join(sorted(whole)[:12]) if isinstance(whole, dict) else f"a {kind_of(whole)}"
        message = f"{response.label} has no list at {path}; it holds {keys}"
        raise SourceError("list-missing", message, "the shape changed: mend fetch.items")
    # A list that is null is an empty one.
    return [item for value in found if value is not None for item in listed(value)]


def objects(source: Source, response: Response, note: Note) -> Iterable[Any]:
    """Return what the list in `response` holds: see `list_in`; one object a line makes a list too.

    A body of `STREAM_FROM` bytes or more is read as a stream, as far as its list can be found that way. Raises
    `SourceError` as `whole` and `list_in` do; of a stream, only when the place is reached.
    """
    body = unpacked(response)
    if body.seek(0, os.SEEK_END) >= STREAM_FROM:
        return _streamed(source, response, note)
    body.seek(0)
    raw = body.read()
    refuse_web_page(response, raw[:4096], "JSON")
    text = _decoded(source, response, raw)
    try:
        found = DECODER.decode(text)
    except json.JSONDecodeError as fault:
        if source.fetch.items is None and _looks_like_lines(text):
            return _lines(source, response, text.split("\n"), note)
        raise _not_json(response, fault) from fault
    except RecursionError as fault:
        raise too_deep(response) from fault
    return list_in(source, response, found)


def _streamed(source: Source, response: Response, note: Note) -> Iterator[Any]:
    body = unpacked(response)
    head = body.read(4096)
    refuse_web_page(response, head, "JSON")
    try:
        encoding = certain(body) or source.fetch.encoding or json.detect_encoding(head)
        text = io.TextIOWrapper(body, encoding, newline="\n")
        text.seek(0)
        if source.fetch.items is None and _looks_like_lines(text.read(json_stream.CHUNK)):
            text.seek(0)
            yield from _lines(source, response, text, note)
            return
        text.seek(0)
        found = False
        for entry in json_stream.entries(text, source.fetch.items):
            found = True
            yield entry
        text.detach()
        if not found:
            # No plain list stands there: what does is seen best in the whole.
            yield from list_in(source, response, whole(source, response))
    except (ValueError, LookupError, RecursionError) as fault:
        raise _named(response, fault) from fault


def _named(response: Response, fault: Exception) -> SourceError:
    """The error for what a stream stumbled over."""
    later = "the publisher's file is broken or incomplete; it is tried again the next night"
    if isinstance(fault, json_stream.CutOffError) or (isinstance(fault, UnicodeDecodeError) and "data" in fault.reason):
        return SourceError("truncated", f"{response.label} is cut off: {fault}", later)
    if isinstance(fault, UnicodeError | LookupError):
        return SourceError("encoding", f"{response.label}: {fault}", "give the right fetch.encoding")
    if isinstance(fault, RecursionError):
        return too_deep(response)
    return SourceError("not-json", f"{response.label} is not JSON: {fault}", later)


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        return isinstance(DECODER.decode(first), dict) and rest.strip().startswith("{")
    except (json.JSONDecodeError, RecursionError):
        return False


def _lines(source: Source, response: Response, lines: Iterable[str], note: Note) -> Iterator[Any]:
    """The objects of JSON lines; a broken last line means the file was cut off, any other is set aside."""
    broken: tuple[str, Exception] | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if broken is not None:
            note(Problem(source.id, "broken-line", broken[0], "warning", "tell the publisher"))
            broken = None
        try:
            yield DECODER.decode(line)
        except (json.JSONDecodeError, RecursionError) as fault:
            broken = (f"{response.label}, line {number}: {fault}", fault)
    if broken is None:
        return
    message, cause = broken
    if isinstance(cause, json.JSONDecodeError):
        raise SourceError("truncated", message, "the file ends in the middle of a record") from cause
    note(Problem(source.id, "broken-line", message, "warning", "tell the publisher"))
