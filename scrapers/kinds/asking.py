"""What the kinds that ask a service for JSON share: the address of a question, and answers of another shape."""

from __future__ import annotations

import re
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from scrapers.problems import SourceError
from scrapers.response import Response


def question(address: str, **parameters: str) -> str:
    """Return `address` with `parameters` added, encoded alike every time, since samples are found by their address.

    Parameters that the address already has stay as they are.
    """
    parts = urlsplit(address)
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = [f"{name}={quote(text, safe=',')}" for name, text in parameters.items() if name not in given]
    return urlunsplit(parts._replace(query="&".join([*filter(None, [parts.query]), *added]), fragment=""))


def list_in(response: Response, whole: Any, key: str) -> list[Any]:
    """Return the list under `key` of the answer `whole`; raises `SourceError` when there is none."""
    found = whole.get(key) if isinstance(whole, dict) else None
    if not isinstance(found, list):
        raise other_shape(response, whole, f'a list called "{key}"')
    return found


def other_shape(response: Response, whole: Any, wanted: str) -> SourceError:
    """The error for an answer `whole` that lacks what was `wanted`; an error told in it is passed on."""
    held = whole if is_object(whole) else {}
    told = next((held[key] for key in ("error", "msg", "message") if held.get(key)), None)
    reason = f"it says: {str(told)[:200]}" if told else f"it holds {', '.join(sorted(held)[:12]) or 'none of it'}"
    return SourceError(
        "shape-changed",
        f"{response.label} has not {wanted}; {reason}",
        "open the address in a browser: the API changed, moved, or refuses; then mend fetch.url",
    )


def nothing_found(response: Response, wanted: str, remedy: str) -> SourceError:
    """The error for an answer without any of what was `wanted`."""
    return SourceError("list-empty", f"{response.label} holds no {wanted}", remedy)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is an object of JSON."""
    return isinstance(value, dict)


def whole_number(value: Any, otherwise: int) -> int:
    """Return `value` as a number, or `otherwise` where it is none."""
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else otherwise
