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
    groups: dict[tuple[float, float], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, (query, answer) in enumerate(zip(queries, answers, strict=True)):
        if not query.address or query.latitude is None or query.longitude is None or answer.precision != "point":
            continue
        figures = "".join(sign for sign in query.address if sign.isdigit())
        written = f"{figures} {place_key(query.address)} {place_key(query.commune or '')}"
        groups[query.latitude, query.longitude][written].append(number)
    return {
        number: f"stack: {len(addresses)} different addresses are given this same point"
        for addresses in groups.values()
        if len(addresses) >= STACK
        for numbers in addresses.values()
        for number in numbers
    }
