"""Web pages as trees of `lxml`: decoded, parsed, and written again as text or as markup."""

from __future__ import annotations

import codecs
import re
from html import escape
from typing import Any

from lxml import etree

from scrapers.problems import SourceError

# The text of a page leaves out what a browser does not show, unless it is asked for itself.
SHOWN = etree.XPath("descendant::text()[not(parent::script or parent::style or parent::template)]", smart_strings=False)
ALL = etree.XPath("descendant::text()", smart_strings=False)
HIDDEN_TAGS = {"script", "style", "template"}

VOID_TAGS = {
    "area", "base", "basefont", "bgsound", "br", "col", "command", "embed", "frame", "hr", "image", "img", "input",
    "isindex", "keygen", "link", "menuitem", "meta", "nextid", "param", "source", "spacer", "track", "wbr",
}  # fmt: skip

# Elements that keep their blanks.
KEEPING = {"pre", "textarea"}
BLANKS = " \n\t\f\r"

# Attributes that hold several words, whose blanks mean nothing.
WORDS = {"class", "rel", "rev", "headers", "accesskey", "dropzone", "accept-charset"}

# Of a declaration that no text can be in: it was read as ASCII.
WIDE = re.compile("utf-?(16|32)", re.I)

# Single ones are typing errors, and some servers pad a body with them.
LOST = re.compile("\0{4,}(?=[^\0])")

EMPTY = b"<html><body></body></html>"


def decode(markup: bytes, charset: str | None) -> str | None:
    """`markup` as text in `charset`, as browsers understand its name, or None where there is no such charset."""
    if charset is None:
        return None
    try:
        name = codecs.lookup(charset).name
        # Who declares Latin-1 means what Windows made of it, with its quotes and dashes.
        name = "cp1252" if name in {"iso8859-1", "ascii"} else name
        text = markup.decode(name, errors="replace")
    except (LookupError, ValueError):
        return None
    return text.removeprefix("\ufeff")


def parse(text: str, where: str | None = None) -> Any:
    """The root of the page that `text` is; whatever is wrong with it, there is one.

    Raises `SourceError` for the page called `where` when it nests so deep that the rest of it is left out, or when a
    row of zero bytes stands where markup was.
    """
    # Only so deep, but as large as it may be. A NUL would end the page, and a lone surrogate cannot be written.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    if where is not None and LOST.search(text):
        message = f"{where} has zero bytes in the place of some of its text"
        raise SourceError("truncated", message, "the publisher's disk or cache has lost a part; tell the publisher")
    body = text.replace("\0", "").encode("utf-8", errors="replace")
    root = etree.fromstring(body, parser) if body.strip() else None
    if where is not None and any(fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for fault in parser.error_log):
        message = f"{where} nests its elements more than 2,000 deep, and what comes then cannot be read"
        raise SourceError("too-deep", message, "the page is broken: elements are never closed; tell the publisher")
    if root is None:
        return etree.fromstring(EMPTY, etree.HTMLParser())
    # Scripts fill in templates; as they come, they are no part of the page.
    for template in root.iter("template"):
        del template[:]
    return root


def text_of(element: Any) -> str:
    """The text of `element`, its pieces trimmed and set apart by single blanks."""
    if not isinstance(element.tag, str):  # a comment
        return (element.text or "").strip()
    strings = ALL(element) if element.tag in HIDDEN_TAGS else SHOWN(element)
    return " ".join(filter(None, (string.strip() for string in strings)))


def attribute_of(element: Any, name: str) -> str | None:
    """The attribute `name` of `element`, or None."""
    value = element.get(name)
    return None if value is None else _folded(name, value)


def _folded(name: str, value: str) -> str:
    return " ".join(value.split()) if name in WORDS else value


def inner_markup(element: Any) -> str:
    """The markup inside of `element`, well-formed. No recursion: pages are as deep as their authors like."""
    if not isinstance(element.tag, str):
        return escape(element.text or "", quote=False)
    kept = sum(around.tag in KEEPING for around in (element, *element.iterancestors()))
    written = [_text(element, element.text, kept)]
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if node is element:
            continue
        if event == "start":
            kept += node.tag in KEEPING
            end = "/>" if _is_void(node) else ">"
            written += [f"<{node.tag}", *_attributes(node), end, _text(node, node.text, kept)]
            continue
        if event == "end":
            kept -= node.tag in KEEPING
            written.append("" if _is_void(node) else f"</{node.tag}>")
        else:
            written.append(f"<!--{node.text}-->" if event == "comment" else f"<?{node.target} {node.text or ''}>")
        written.append(_text(node.getparent(), node.tail, kept))
    return "".join(written)


def outer_markup(element: Any) -> str:
    """The markup of `element`, its own tag too."""
    end = "/>" if _is_void(element) else f">{inner_markup(element)}</{element.tag}>"
    return "".join([f"<{element.tag}", *_attributes(element), end])


def _is_void(element: Any) -> bool:
    return element.tag in VOID_TAGS and not len(element) and not element.text


def _text(parent: Any, text: str | None, kept: int) -> str:
    """`text` inside of `parent`; blanks alone are folded, but in elements that keep theirs."""
    if not text:
        return ""
    if not kept and not text.strip(BLANKS):
        return "\n" if "\n" in text else " "
    return text if parent.tag in {"script", "style"} else escape(text, quote=False)


def _attributes(element: Any) -> list[str]:
    written = []
    for name, found in sorted(element.items()):
        value = escape(_folded(name, found), quote=False)
        quote = "'" if '"' in value and "'" not in value else '"'
        written.append(f" {name}={quote}{value if quote == chr(39) else value.replace(chr(34), '&quot;')}{quote}")
    return written
