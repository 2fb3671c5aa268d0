"""CSS selectors with our `@attribute` ending, as definitions of kind `html` use them."""

from __future__ import annotations

import soupsieve


def split_place(place: str) -> tuple[str, str | None]:
    """Cut `selector@attribute` in two; the attribute is None when absent, "." selects the block itself.

    Raises `ValueError` for a selector that is not CSS.
    """
    selector, at, attribute = place.rpartition("@")
    if not at or '"' in attribute or "]" in attribute:
        selector, attribute = place, ""
    selector = selector.strip() or "."
    if selector != ".":
        try:
            soupsieve.compile(selector)
        except soupsieve.SelectorSyntaxError as fault:
            raise ValueError(f'"{selector}" is not a CSS selector: {fault}') from fault
    return selector, attribute.strip() or None
