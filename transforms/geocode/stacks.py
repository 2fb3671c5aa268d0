"""Stacks: one point given to many addresses, which is a middle of something and none of the places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from transforms.geocode.names import place_key
from transforms.geocode.query import PlaceAnswer, PlaceQuery

STACK = 5  # different addresses on one point from which on it is flagged


def stack_conflicts(queries: Sequence[PlaceQuery], answers: Sequence[PlaceAnswer]) -> dict[int, str]:
    """Return, by number of the query, the conflict of those that share their point with four other addresses or more.

    The queries are of one source, each once: two sources may well give the same point. Of a source with more records
    than are placed at a time, each part is looked at by itself. Addresses are told apart
    by their whole text, house numbers included; records without an address do not count.
    """
    points: dict[tuple[float, float], list[int]] = defaultdict(list)
    for number, (query, answer) in enumerate(zip(queries, answers, strict=True)):
        if query.address and query.latitude is not None and query.longitude is not None and answer.precision == "point":
            points[query.latitude, query.longitude].append(number)
    conflicts: dict[int, str] = {}
    for numbers in points.values():
        if len(numbers) < STACK:  # nearly all: their addresses need not be read
            continue
        different = len({_written(queries[number]) for number in numbers})
        if different >= STACK:
            told = f"stack: {different} different addresses are given this same point"
            conflicts |= dict.fromkeys(numbers, told)
    return conflicts


def _written(query: PlaceQuery) -> str:
    address = query.address or ""
    figures = "".join(sign for sign in address if sign.isdigit())
    return f"{figures} {place_key(address)} {place_key(query.commune or '')}"
