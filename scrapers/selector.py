"""CSS selectors with our `@attribute` ending, as definitions of kind `html` use them."""

from __future__ import annotations

import re

import soupsieve

ATTRIBUTE = re.compile(r"(?P<selector>.*)@\s*(?P<attribute>[A-Za-z_][\w:.-]*)\s*", re.DOTALL)

# Places of kind `sitemap` that are no selectors: a path into the schema.org data, an OpenGraph property, the main text.
JSON_LD, OPEN_GRAPH, MAIN_TEXT = "jsonld:", "og:", "main:"


def split_place(place: str) -> tuple[str, str | None]:
    """Cut `selector@attribute` in two; the attribute is None when absent, "." selects the block itself.

    Raises `ValueError` for a selector that is not CSS.
    """
    ending = ATTRIBUTE.fullmatch(place)
    selector = (ending["selector"] if ending else place).strip() or "."
    if selector != ".":
        try:
            soupsieve.compile(selector)
        except (soupsieve.SelectorSyntaxError, NotImplementedError, RecursionError, ValueError) as fault:
            raise ValueError(f'"{selector}" is not a CSS selector ({_first_line(fault)}); mend it') from fault
    # HTML knows no capitals in the names of attributes.
    return selector, ending["attribute"].lower() if ending else None


def _first_line(fault: Exception) -> str:
    return str(fault).partition("\n")[0].rstrip(".:")
