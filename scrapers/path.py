"""Paths into JSON, such as `adresse.ville`, `tags[0]`, `a[*].b`, `companies.*` or `properties."addr:city"`."""

from __future__ import annotations

import re
from functools import lru_cache

# One step of a path: ."quoted key", .key, [3], [*] or .*
STEP = re.compile(r'\.?"([^"]+)"|\[([0-9]{1,9}|\*)\]|\.?([^.\[\]"]+)')


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str | int, ...]:
    """Cut `path` into its steps, "*" for all; "." alone, the value itself, has none.

    Raises `ValueError` for what is no path.
    """
    found: list[str | int] = []
    rest, at = path.removeprefix("$").removeprefix("."), 0
    while at < len(rest):
        hit = STEP.match(rest, at)
        if hit is None:
            raise ValueError(f'"{path}" is not a path; write a.b, a[0], a[*].b, a.* or a."quoted.key"')
        quoted, index, key = hit.groups()
        found.append(quoted or key or (index if index == "*" else int(index)))
        at = hit.end()
    return tuple(found)


def step_name(key: str) -> str:
    """How `key` is written as a step of a path: in quotes if it holds a character that means something there."""
    return key if re.fullmatch(r"[^.\[\]\"*]+", key) else f'"{key}"'
