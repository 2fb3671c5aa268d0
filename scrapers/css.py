"""CSS selectors as XPath: what `cssselect` reads, matched as browsers do, from the element outwards.

In `block.querySelectorAll("li h2")` the `li` may be the block itself or stand outside of it, and the block is never
found. So every combinator becomes a condition on the element found, and the search goes down from the block.
"""

from __future__ import annotations

import re

import cssselect
from cssselect.parser import CombinedSelector, Function, Relation
from cssselect.xpath import ExpressionError, HTMLTranslator, XPathExpr

SCOPE = "scope"
"""The name of the XPath variable that holds the element in which `:scope` is looked for."""

# Strings, which nothing in this module may look into, and else what opens or closes brackets.
PIECE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|:(?i:not)\(|.""", re.DOTALL)


def to_xpath(selector: str, whole: bool) -> str:
    """Translate `selector` to an XPath that looks inside an element or, for `whole`, in its whole document.

    Raises `ValueError`, which says why, for what is no CSS, or CSS that is not known here.
    """
    start = "/descendant::" if whole else "descendant::"
    try:
        return _Translator().css_to_xpath(_single_negations(selector), start)
    except (cssselect.SelectorError, RecursionError, OverflowError) as fault:
        raise ValueError(str(fault)) from fault


class _Translator(HTMLTranslator):
    """Combinators as conditions on axes that lead outwards, and the text conditions of `soupsieve`."""

    def __init__(self) -> None:
        super().__init__()
        self._inside_has = False

    def xpath_combinedselector(self, combined: CombinedSelector) -> XPathExpr:
        """Return the XPath of two selectors and what stands between them, asked from the right to the left."""
        if self._inside_has:  # what :has() looks for has to stand inside, every part of it
            return super().xpath_combinedselector(combined)
        left, right = self.xpath(combined.selector), self.xpath(combined.subselector)
        axis = {" ": "ancestor", ">": "parent"}.get(combined.combinator)
        if axis is not None:
            return right.add_condition(f"{axis}::{left}")
        left.add_name_test()
        siblings = "preceding-sibling::*[1]" if combined.combinator == "+" else "preceding-sibling::*"
        return right.add_condition(siblings + (f"[{left.condition}]" if left.condition else ""))

    def xpath_relation(self, relation: Relation) -> XPathExpr:
        before, self._inside_has = self._inside_has, True
        try:
            return super().xpath_relation(relation)
        finally:
            self._inside_has = before

    def xpath_scope_pseudo(self, xpath: XPathExpr) -> XPathExpr:
        return xpath.add_condition(f"count(. | ${SCOPE}) = 1")

    def xpath__soup_contains_function(self, xpath: XPathExpr, function: Function) -> XPathExpr:
        return self.xpath_contains_function(xpath, function)

    def xpath__soup_contains_own_function(self, xpath: XPathExpr, function: Function) -> XPathExpr:
        if function.argument_types() not in (["STRING"], ["IDENT"]):
            raise ExpressionError(":-soup-contains-own() takes one text in quotes")
        return xpath.add_condition(f"text()[contains(., {self.xpath_literal(str(function.arguments[0].value))})]")

    def xpath_contains_function(self, xpath: XPathExpr, function: Function) -> XPathExpr:
        if function.argument_types() not in (["STRING"], ["IDENT"]):
            raise ExpressionError(f":{function.name}() takes one text in quotes")
        return super().xpath_contains_function(xpath, function)

    @staticmethod
    def _check_of_type_element(xpath: XPathExpr, pseudo: str) -> None:
        if xpath.element == "*":
            raise ExpressionError(f":{pseudo} needs the element's name before it, such as p:{pseudo}")


def _single_negations(selector: str) -> str:
    """`selector` with each `:not(a, b)` as `:not(a):not(b)`, which says the same and which `cssselect` reads."""
    written: list[str] = []
    # For each open bracket, whether it is that of a :not().
    negates: list[bool] = []
    for piece in PIECE.findall(selector):
        if piece[-1] in "([" and piece[0] not in "\"'\\":
            negates.append(len(piece) > 1)
        elif piece in {")", "]"} and negates:
            negates.pop()
        cut = piece == "," and negates[-1:] == [True]
        written.append("):not(" if cut else piece)
    return "".join(written)
