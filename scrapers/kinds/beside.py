"""Values that are found by the words beside them, such as `label:Ville`.

A value is a list of nodes: one element, or a run of texts and elements, such as what follows a label in bold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from scrapers.kinds.markup import text_of

PLACED = etree.XPath("descendant::text()[not(parent::script or parent::style or parent::template)]")

# A label does not stand alone in these: they are entries of lists, menus and forms, with nothing beside them.
NO_LABELS = {"a", "button", "option", "li", "ul", "ol", "tr", "nav", "body", "html"}
# In these it ends: what is around them is no longer the label, even where it holds nothing else.
CELLS = {"dt", "th", "td"}
# Where labels are set in these, another of them is another label.
MARKERS = {"b", "strong", "em", "i", "u", "label", "h1", "h2", "h3", "h4", "h5", "h6"}
# What goes on in the same line.
INLINE = {"a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong",
          "sub", "sup", "time", "u", "wbr"}  # fmt: skip

COLONS = re.compile("[:：]")
COLON = re.compile(r"^\s*(?:[:：]|[–—-](?=\s))\s*")

LONGEST = 120
"""So many characters a label may have."""

Labels = dict[Any, dict[str, list[Any]]]
"""What may be a label, by the block and by what it says."""


def plain(words: str) -> str:
    """A label as it is compared: blanks folded, without a colon at its end, without regard to capitals."""
    return " ".join(unicodedata.normalize("NFC", words).split()).rstrip(" :：").casefold()


def beside_label(labels: Labels, block: Any, label: str) -> list[list[Any]]:
    """The values that stand beside `label` in `block`, in the page's order; one that holds nothing is left out.

    `labels` remembers what may be a label in the blocks that were asked before.
    """
    if block not in labels:
        labels[block] = _candidates(block)
    wanted, found = plain(label), list[list[Any]]()
    for text in labels[block].get(wanted, ()):
        if plain(text) == wanted:
            found += _values(block, text, wanted)
        else:
            rest = COLONS.split(text, maxsplit=1)[1].strip()
            found.append(_run(_after(text), None, [rest]))
    return [value for value in found if value]


def _candidates(block: Any) -> dict[str, list[Any]]:
    """The texts in `block` that may be a label, or begin with one and a colon, by the label."""
    found: dict[str, list[Any]] = {}
    for text in PLACED(block):
        parts = COLONS.split(text, maxsplit=1)
        name = plain(parts[0] if parts[-1].strip() else text)
        if 0 < len(name) <= LONGEST:
            found.setdefault(name, []).append(text)
            whole = plain(text)
            if whole != name and len(whole) <= LONGEST:
                found.setdefault(whole, []).append(text)
    return found


def _values(block: Any, text: Any, wanted: str) -> Iterator[list[Any]]:
    """What stands beside the label that `text` is, or that the element around it is."""
    marked, around = None, text.getparent().getparent() if text.is_tail else text.getparent()
    while around is not None and around is not block and around.tag not in NO_LABELS:
        if plain(text_of(around)) != wanted:
            break
        marked = around
        if around.tag in CELLS:
            break
        around = around.getparent()
    if marked is None:
        # Words in the middle of a text are a label only if they say so.
        if text.rstrip().endswith((":", "：")):
            yield _run(_after(text), None, [])
    elif marked.tag == "dt":
        yield from ([value] for value in _definitions(marked))
    elif marked.tag in CELLS:
        yield from ([cell] for cell in _cells_after(marked))
    else:
        yield _run(_following(marked), marked, [])


def _definitions(term: Any) -> Iterator[Any]:
    """The `<dd>` of `term`; several terms may share them."""
    begun = False
    for sibling in term.itersiblings("*"):
        if sibling.tag == "dd":
            begun = True
            yield sibling
        elif begun or sibling.tag != "dt":
            return


def _cells_after(cell: Any) -> Iterator[Any]:
    for sibling in cell.itersiblings("*"):
        if sibling.tag != "td":
            return
        yield sibling
        if cell.tag == "td":
            return


def _after(text: Any) -> Iterator[Any]:
    """The nodes behind `text`, a text of the page, in its parent."""
    return _nodes(text.getparent().itersiblings() if text.is_tail else text.getparent())


def _following(element: Any) -> Iterator[Any]:
    """The texts and elements behind `element`, in its parent."""
    if element.tail:
        yield element.tail
    yield from _nodes(element.itersiblings())


def _nodes(elements: Iterable[Any]) -> Iterator[Any]:
    """The elements, comments left out, and the text behind each."""
    for element in elements:
        if isinstance(element.tag, str):
            yield element
        if element.tail:
            yield element.tail


def _run(nodes: Iterator[Any], marked: Any, begun: list[Any]) -> list[Any]:
    """The value that begins behind a label, `marked` if it is an element: the rest of its line, or one element."""
    value = list(begun)
    for node in nodes:
        if isinstance(node, str):
            text = node if value else COLON.sub("", node).lstrip()
            if text.strip():
                value.append(text)
        elif node.tag in {"br", "hr"}:
            if value:
                break
        elif _is_label(node, marked):
            break
        elif node.tag not in INLINE or (not value and not _flows(marked)):
            return value or [node]
        else:
            value.append(node)
    return value


def _is_label(node: Any, marked: Any) -> bool:
    """Whether `node`, behind the label `marked`, is the next label."""
    if text_of(node).endswith((":", "：")):
        return True
    if marked is None or node.tag != marked.tag or node.get("class") != marked.get("class"):
        return False
    return node.tag in MARKERS or bool(node.get("class"))


def _flows(marked: Any) -> bool:
    """Whether the value is the rest of a line of text, and not only the next element."""
    return marked is None or marked.tag in MARKERS or text_of(marked).endswith((":", "："))
