"""Lists in long JSON bodies, decoded entry by entry, so that memory does not grow with the body.

The standard decoder does the work, on a window that moves along the text. A C library made for streams was tried and
left: a number of five thousand digits made the whole process crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from scrapers.kinds.json_values import DECODER, listed
from scrapers.path import steps

CHUNK = 1024 * 1024
"""So many characters are read at a time."""
LONGEST = 256 * 1024 * 1024
"""The longest entry, in characters, that is believed."""

BLANK = re.compile(r"[ \t\r\n]*")


class CutOffError(ValueError):
    """The text ends before its list does."""


def entries(text: TextIO, path: str | None) -> Iterator[Any]:
    """Yield what the list at `path` in `text` holds; nothing where `path` leads to no plain list.

    Without a path it is the list that the body is, or the features of a GeoJSON. Raises `CutOffError`, `ValueError` for
    what is not JSON, `UnicodeError` for another encoding, and `RecursionError`.
    """
    window = _Window(text)
    keys = _keys(window, path)
    if keys is None:
        return
    yield from _below(window, keys)
    if window.peek():
        raise ValueError(f"more text after the end at character {window.place:,}")


def _keys(window: _Window, path: str | None) -> tuple[str, ...] | None:
    """The keys that lead to the list, "*" for the values of an object; None for a path that cannot be followed."""
    if path is None:
        if window.peek() == "[":
            return ()
        return ("features",) if window.holds(r'"type"\s*:\s*"FeatureCollection"') else None
    keys = steps(path)
    # Only the last step may be "every": the others lead to one place.
    plain = all(isinstance(key, str) for key in keys) and "*" not in keys[:-1]
    return tuple(map(str, keys)) if plain else None


def _below(window: _Window, keys: tuple[str, ...]) -> Iterator[Any]:
    """Yield the entries below the value that begins here, and go on to its end."""
    every = keys == ("*",)
    opened = window.peek()
    if opened == "[" and not keys:
        yield from _list(window)
    elif opened == "[" and every:
        yield from _opened(_list(window))
    elif opened == "{" and keys:
        for key in _object(window):
            if every:
                yield from _opened([window.value()])
            elif key == keys[0]:
                yield from _below(window, keys[1:])
            else:
                window.value()
    else:
        window.value()


def _opened(found: Iterable[Any]) -> Iterator[Any]:
    """What the values of an object stand for: lists for what they hold, and null for nothing."""
    return (entry for value in found if value is not None for entry in listed(value))


def _list(window: _Window) -> Iterator[Any]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    yield window.value()
    while window.take(",]") == ",":
        yield window.value()


def _object(window: _Window) -> Iterator[str]:
    """Yield each key; its value has to be taken before the next one."""
    window.take("{")
    if window.peek() == "}":
        window.take("}")
        return
    sign = ","
    while sign == ",":
        key = window.value()
        if not isinstance(key, str):
            raise ValueError(f"no key at character {window.place:,}")
        window.take(":")
        yield key
        sign = window.take(",}")


class _Window:
    """A part of a text, and the place in it up to which it has been taken."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._kept, self._at, self._gone, self._ended = text, "", 0, 0, False

    @property
    def place(self) -> int:
        """How many characters have been taken."""
        return self._gone + self._at

    def holds(self, pattern: str) -> bool:
        """Whether `pattern` is found in what has been read."""
        return re.search(pattern, self._kept) is not None

    def peek(self) -> str:
        """Return the next character that is no blank, without taking it; "" at the end."""
        while True:
            blank = BLANK.match(self._kept, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._kept) or not self._more():
                return self._kept[self._at : self._at + 1]

    def take(self, wanted: str) -> str:
        """Take the next character, which has to be one of `wanted`."""
        found = self.peek()
        if not found:
            raise CutOffError(f"it ends at character {self.place:,}")
        if found not in wanted:
            raise ValueError(f'"{found}" where {" or ".join(wanted)} should be, at character {self.place:,}')
        self._at += 1
        return found

    def value(self) -> Any:
        """Take the value that begins here."""
        if not self.peek():
            raise CutOffError(f"it ends at character {self.place:,}")
        while True:
            try:
                found, end = DECODER.raw_decode(self._kept, self._at)
            except json.JSONDecodeError as fault:
                if len(self._kept) - self._at > LONGEST or not self._more():
                    raise self._broken(fault) from fault
                continue
            # A number at the edge of the window may go on behind it: "1" may be the beginning of "1.5e3".
            on_the_edge = end + 3 > len(self._kept) and not self._kept[end:].strip(".eE+-")
            if not on_the_edge or not self._more():
                self._at = end
                return found

    def _more(self) -> bool:
        """Read on, twice as far each time nothing was taken in between; False at the end of the text."""
        if self._ended:
            return False
        self._gone, self._kept, self._at = self.place, self._kept[self._at :], 0
        piece = self._text.read(max(CHUNK, len(self._kept)))
        self._kept += piece
        self._ended = not piece
        return bool(piece)

    def _broken(self, fault: json.JSONDecodeError) -> ValueError:
        message = f"{fault.msg} at character {self._gone + fault.pos:,}"
        return CutOffError(message) if self._ended and is_cut(fault) else ValueError(message)


def is_cut(fault: json.JSONDecodeError) -> bool:
    """Whether the decoder stumbled over the end of its text, within a word such as "fals" or a "\\u00" perhaps."""
    rest = fault.doc[fault.pos :].strip()
    return "Unterminated" in fault.msg or len(rest) <= 1 or bool(re.fullmatch(r"[-+.\w\\]{1,8}", rest))
