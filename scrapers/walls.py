"""Bot walls: the pages by which a site, or who guards it, asks whether a browser is there instead of answering.

Essaim climbs over none of them. It only tells them from an ordinary refusal, and from an empty page: what helps is to
talk to the publisher. Services that guard sites add headers and scripts to ordinary pages too, so a mark counts only
where the answer is a refusal, or a page with next to nothing else on it.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from typing import BinaryIO

import requests

from scrapers.failures import label
from scrapers.problems import SourceError
from scrapers.revalidate import Late

LOOKED_AT = 32 * 1024
"""So much of a body is looked at; a page that is longer, and no refusal, is no wall."""

FEW_WORDS = 120

# Headers that say it themselves: whose they are, name, values. For the first three see the documentation of Cloudflare
# (Challenge Pages), AWS WAF (CAPTCHA and Challenge actions) and DataDome; the others are as sites were seen to answer.
HEADERS = (
    ("Cloudflare", "cf-mitigated", {"challenge"}),
    ("AWS WAF", "x-amzn-waf-action", {"challenge", "captcha"}),
    ("DataDome", "x-dd-b", {"1", "2"}),
    ("Vercel", "x-vercel-mitigated", {"challenge", "deny"}),
    ("SiteGround", "sg-captcha", {"challenge"}),
)

# What stands on their pages. Not "/cdn-cgi/challenge-platform/": Cloudflare puts that on ordinary pages too.
MARKS = (
    (
        "Cloudflare",
        r"_cf_chl_opt|cf-browser-verification|<title>\s*(just a moment\.\.\.|attention required! \| cloudf)",
    ),
    ("DataDome", r"captcha-delivery\.com"),
    ("Imperva", r"incapsula incident id|/_incapsula_resource\?"),
    ("Anubis", r"id=[\"']anubis_challenge|/\.within\.website/x/cmd/anubis/"),
    ("SiteGround", r"/\.well-known/sgcaptcha/"),
    ("Imunify360", r"<title>\s*one moment, please\.\.\."),
    ("HUMAN", r"id=[\"']px-captcha|window\._pxappid"),
    ("Akamai", r"errors\.edgesuite\.net"),
    ("Sucuri", r"sucuri website firewall"),
)
WIDGET = re.compile(r"class=[\"'][^\"'<>]*\b(?:h-captcha|cf-turnstile|g-recaptcha)\b")
ASKS = re.compile(
    r"not a (?:ro)?bot|you are (?:a )?human|you're (?:a )?human|human verification|checking your browser|security check"
    r"|pas un (?:ro)?bot|êtes (?:bien )?(?:un )?(?:être )?humain|vérification de sécurité|contrôle de sécurité"
)
# What a person would fill in: a captcha beside it guards a form, not the page.
FORM = re.compile(r"<textarea|<select|<input(?![^<>]*type=[\"']?(?:hidden|submit|button|checkbox))")

# Besides refusals proper: 202 and 405 are what AWS WAF answers.
REFUSING = {202, 401, 403, 405, 406, 429, 503}


def refuse_walls(response: requests.Response, body: BinaryIO) -> None:
    """Raise `SourceError` "bot-wall" when the answer is a page that wants to see a browser."""
    if response.url.startswith("file:") or isinstance(body, Late):
        return  # a file asks for no browser, and what comes from the last good night was looked at then
    name = wall(response.status_code, response.headers, body)
    if name is not None:
        raise walled(response.url, name)


def wall(status: int, headers: Mapping[str, str], body: BinaryIO) -> str | None:
    """Return who asks for a browser in an answer, or None where it is an answer, or a plain refusal."""
    for name, header, values in HEADERS:
        if headers.get(header, "").strip().lower() in values:
            return name
    if status in REFUSING and "x-datadome" in headers:
        return "DataDome"
    if status == 200 and "html" not in headers.get("Content-Type", "html").lower():
        return None
    if status != 200 and status not in REFUSING:
        return None
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    page = html.unescape(body.read(LOOKED_AT).decode("utf-8", errors="replace")).lower()
    bare = size <= LOOKED_AT and len(_words(page)) < FEW_WORDS and not FORM.search(page)
    if status == 200 and not bare:
        return None
    for name, marks in MARKS:
        if re.search(marks, page):
            return name
    return "a captcha" if bare and WIDGET.search(page) and ASKS.search(page) else None


def walled(address: str, name: str) -> SourceError:
    """The error for an answer of `address` that is the wall of `name`."""
    return SourceError(
        "bot-wall",
        f"{label(address)} wants to see a browser before it answers ({name})",
        'ask its publisher for a file or an API, or to let the user agent "essaim" through; nothing here gets round it',
    )


def _words(page: str) -> list[str]:
    """The words of a page that are shown, roughly."""
    # Cut in steps, each of which looks at a sign once: a page may be written to make a clever pattern run for hours.
    first, *others = re.split(r"<(?:script|style|svg)\b", page)
    shown = [first, *(re.split(r"</(?:script|style|svg)", other, maxsplit=1)[-1] for other in others)]
    return re.sub(r"<[^<>]*>", " ", " ".join(shown)).split()
