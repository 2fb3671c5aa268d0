"""Where a value stands in a web page: CSS with our `@attribute` ending, `xpath:…`, `label:…` and `column:…`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lxml import etree

from scrapers.css import SCOPE, to_xpath
from scrapers.problems import SourceError

ATTRIBUTE = re.compile(r"(?P<selector>.*)@\s*(?P<attribute>[A-Za-z_][\w:.-]*)\s*", re.DOTALL)

# Places of kind `sitemap` that are no selectors: a path into the schema.org data, an OpenGraph property, the main text.
JSON_LD, OPEN_GRAPH, MAIN_TEXT = "jsonld:", "og:", "main:"

XPATH, LABEL, COLUMN = "xpath:", "label:", "column:"

REGEX_SPACE = "http://exslt.org/regular-expressions"

# What may stand before a bracket in XPath 1.0: its functions, tests of nodes and operators, and EXSLT's expressions.
CALLABLE = {
    "last", "position", "count", "id", "local-name", "namespace-uri", "name", "string", "concat", "starts-with",
    "contains", "substring-before", "substring-after", "substring", "string-length", "normalize-space", "translate",
    "boolean", "not", "true", "false", "lang", "number", "sum", "floor", "ceiling", "round", "comment", "text",
    "processing-instruction", "node", "and", "or", "div", "mod", "re:test", "re:match", "re:replace",
}  # fmt: skip
CALL = re.compile(r"([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*\(")
PREFIX = re.compile(r"(?<![:\w.-])([A-Za-z_][\w.-]*):(?=[A-Za-z_*])")
LITERAL = re.compile(r'"[^"]*"|\'[^\']*\'')
TEXT_AT_END = re.compile(r"(?:@[\w:.*-]+|\btext\s*\(\s*\))\s*$")

# A place is tried on it once, so that what compiles but cannot be worked out is known at once.
PROBE = etree.fromstring("<html><body><p class='a'>1<a href='b'>2</a></p></body></html>")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as it was written, cut into its parts.

    `name` is the selector, the label or the column, `attribute` what is asked of the elements; `gives_texts` is true
    where it is certain that no elements stand there.
    """

    written: str
    form: Literal["itself", "css", "xpath", "label", "column"]
    name: str = ""
    attribute: str | None = None
    gives_texts: bool = False
    inside: Any = None
    whole: Any = None

    def find(self, block: Any) -> list[Any]:
        """What stands here in `block`, an element: elements and, by XPath, texts, in the page's order.

        Raises `SourceError` for an XPath that cannot be worked out in this page.
        """
        if self.form == "itself":
            return [block]
        ask = self.whole if block.getparent() is None else self.inside
        try:
            found = ask(block, **{SCOPE: block}) if f"${SCOPE}" in ask.path else ask(block)
        except (etree.XPathError, re.error, ValueError, RecursionError) as fault:
            raise SourceError("wrong-xpath", f'"{self.written}" cannot be worked out: {fault}', "mend it") from fault
        if not isinstance(found, list):
            return [_as_text(found)]
        return [node for node in found if not isinstance(node, tuple)]  # tuples are declarations of name spaces


@lru_cache(maxsize=4096)
def parse_place(place: str) -> Place:
    """Cut `place` into its parts and compile it; raises `ValueError`, which says what is wrong with it."""
    if place.startswith(XPATH):
        return _xpath_place(place)
    ending = ATTRIBUTE.fullmatch(place)
    # HTML knows no capitals in the names of attributes.
    attribute = ending["attribute"].lower() if ending else None
    rest = (ending["selector"] if ending else place).strip()
    for prefix in (LABEL, COLUMN):
        if rest.startswith(prefix):
            name = " ".join(rest.removeprefix(prefix).split())
            if not name:
                raise ValueError(f'"{place}" names nothing; write {prefix} and the words that stand in the page')
            return Place(place, "label" if prefix == LABEL else "column", name, attribute, attribute is not None)
    if rest in {"", "."}:
        return Place(place, "itself", ".", attribute, attribute is not None)
    try:
        inside, whole = (etree.XPath(to_xpath(rest, whole), smart_strings=False) for whole in (False, True))
    except (ValueError, etree.XPathError) as fault:
        remedy = f"mend it, or write it as {XPATH}…"
        raise ValueError(f'"{rest}" is not a CSS selector ({_first_line(fault)}); {remedy}') from fault
    return Place(place, "css", rest, attribute, attribute is not None, inside, whole)


def _xpath_place(place: str) -> Place:
    expression = place.removeprefix(XPATH).strip()
    fault = _xpath_fault(expression)
    if fault is None:
        try:
            compiled = etree.XPath(expression, namespaces={"re": REGEX_SPACE}, regexp=True)
            result = compiled(PROBE)
        except (etree.XPathError, re.error, ValueError) as error:
            fault = _first_line(error)
    if fault is not None:
        raise ValueError(f'"{place}" is not an XPath ({fault}); mend it')
    texts = not isinstance(result, list) or TEXT_AT_END.search(expression) is not None
    return Place(place, "xpath", expression, None, texts, compiled, compiled)


def _xpath_fault(expression: str) -> str | None:
    """What the compiler lets through, and would only be found out in a page."""
    bare = LITERAL.sub('""', expression)
    if "$" in bare:
        return "there are no variables"
    for name in CALL.findall(bare):
        if name not in CALLABLE:
            return f"there is no function {name}()"
    for prefix in PREFIX.findall(bare):
        if prefix != "re":
            return f'there is no prefix {prefix}:; ask for the name, such as *[name()="{prefix}:…"]'
    return None


def _as_text(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() else str(found)
    return str(found)


def _first_line(fault: Exception) -> str:
    return str(fault).partition("\n")[0].rstrip(".:")
