"""Jinja2 for the texts of a release: HTML and Markdown, both with every value escaped unless said otherwise."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

NARROW_SPACE = "\u202f"
"""Groups digits by three, as ISO 80000-1 and French typography ask; read alike in English."""

MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&])")
"""Signs that begin something in Markdown or in the HTML it lets through; each may be escaped (CommonMark, 2.4)."""

LONGEST_NAME = 160


class Raw(str):
    """Markdown that is already as it must be."""

    __slots__ = ()


def render_html(template: str, **values: Any) -> str:
    """Return a page; values are escaped as HTML."""
    return _html().get_template(template).render(**values)


def render_markdown(template: str, **values: Any) -> str:
    """Return a Markdown text; values come out on one line and as plain text, whatever a source wrote."""
    return _markdown().get_template(template).render(**values)


def escape_markdown(value: Any) -> str:
    """Return `value` so that Markdown shows it as it is, on one line."""
    if isinstance(value, Raw):
        return value
    return MARKDOWN_SIGNS.sub(r"\\\1", " ".join(str(value).split()))


def grouped(number: int) -> str:
    """Return a whole number with its digits in groups of three."""
    return f"{number:,}".replace(",", NARROW_SPACE)


def percent(share: float) -> str:
    """Return a share (0 to 1) as per cent with one decimal, in French."""
    return f"{100 * share:.1f}\u00a0%".replace(".", ",")


def ticked(text: str) -> Markup:
    """Return a text of ours as HTML, what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped just before


def _code(value: Any) -> Raw:
    """Return a name of ours as code; it must hold no backtick."""
    return Raw(f"`{value}`")


def _link(value: str) -> str | Raw:
    """Return a web address between angle brackets, and anything else as the plain text it is."""
    return Raw(f"<{value}>") if is_web(value) and not re.search(r"[\s<>]", value) else value


def is_web(value: str) -> bool:
    """Whether a text is a web address, and nothing that could run ("javascript:") or read a file."""
    return value.startswith(("https://", "http://"))


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_NAME else value[: LONGEST_NAME - 1] + "…"


def _bytes_fr(size: int) -> str:
    return _scaled(size, ("o", "ko", "Mo", "Go")).replace(".", ",")


def _bytes_en(size: int) -> str:
    return _scaled(size, ("B", "kB", "MB", "GB"))


def _scaled(size: int, units: tuple[str, str, str, str]) -> str:
    """Return a size in decimal units (1 kB is 1,000 bytes), with one decimal below ten."""
    scaled, unit = float(size), 0
    while scaled >= 1000 and unit < 3:
        scaled, unit = scaled / 1000, unit + 1
    digits = f"{scaled:.1f}" if unit and scaled < 10 else f"{scaled:.0f}"
    return f"{digits}\u00a0{units[unit]}"


@cache
def _html() -> Environment:
    environment = Environment(
        loader=_loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"grouped": grouped, "percent": percent, "ticked": ticked}
    environment.filters |= {"bytes_fr": _bytes_fr, "bytes_en": _bytes_en}
    environment.tests |= {"web": is_web}
    return environment


@cache
def _markdown() -> Environment:
    environment = Environment(  # noqa: S701  # `finalize` escapes every value, for Markdown
        loader=_loader(), finalize=escape_markdown, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"raw": Raw, "code": _code, "link": _link, "shortened": _shortened, "grouped": grouped}
    return environment


def _loader() -> PackageLoader:
    return PackageLoader("warehouse.publish", "templates")
