"""Whether a page is whole, and the one that was asked for: sites say neither, and answer 200 all the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from scrapers.failures import label
from scrapers.problems import Problem, SourceError
from scrapers.record import RawValue
from scrapers.response import Response
from scrapers.rule import Rule
from scrapers.source import Source

DOCUMENT = re.compile(rb"<(?:html|body)[\s>]", re.I)
DOCUMENT_END = re.compile(rb"</(?:html|body)\s*>", re.I)

# Elements whose end no page may leave out, unlike that of <p> or <li>.
CLOSING = rb"(div|section|main|article|aside|nav|header|footer|ul|ol|dl|table|form|a|span|h[1-6]|script|style)"
OPENED, CLOSED = re.compile(rb"<" + CLOSING + rb"[\s>]", re.I), re.compile(rb"</" + CLOSING + rb"\s*>", re.I)


def refuse_cut_off(response: Response, markup: bytes) -> None:
    """Raise `SourceError` when the site stopped in the middle of `markup`, so that its last block may be half a one.

    Many a page lacks its end, or closes too few elements; only both together tell that there was more to come.
    """
    plain = markup.replace(b"\0", b"")  # of UTF-16
    if not DOCUMENT.search(plain) or DOCUMENT_END.search(plain):
        return
    opened, closed = (Counter(name.lower() for name in found.findall(plain)) for found in (OPENED, CLOSED))
    if opened - closed or plain.rfind(b"<") > plain.rfind(b">"):
        remedy = "the site broke off while it wrote the page; it is tried again the next night"
        raise SourceError("truncated", f"{response.label} is cut off: its last elements are never closed", remedy)


def holds_enough(rules: dict[str, Rule], found: Iterable[str]) -> bool:
    """Whether a page from which `rules` took the fields `found` is likely the initiative's own.

    An error or login page with status 200 has a heading too: where five fields or more are looked for, one is too few.
    """
    wanted = {name for name, rule in rules.items() if rule.from_ is not None}
    return not wanted or len(wanted.intersection(found)) > (1 if len(wanted) >= 5 else 0)


def bare_page(source: Source, address: str, name: str, details: dict[str, RawValue]) -> Problem | None:
    """What to say of the page at `address`, of which [detail_fields] took `details`, if that is next to nothing.

    A name that stands there alone may be that of an error, so the record has to go ("detail-bare"); else it stays, but
    without the details.
    """
    if holds_enough(source.detail_fields, details):
        return None
    told = str(details.get("name", name))[:80]
    message = f'the page {label(address)} ("{told}") holds next to nothing of what [detail_fields] takes'
    remedy = "open it in a browser: it may be an error page; or mend [detail_fields]"
    return Problem(source.id, "detail-bare" if "name" in details else "bare-page", message, "warning", remedy)
