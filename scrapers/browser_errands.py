"""What the scripts of a page may ask for, and how the door answers it.

Let through are scripts, and what `fetch` and XMLHttpRequest ask for with GET, or with a POST of JSON or of a form. No
header of theirs goes along. All else (images, styles, fonts, frames, other pages, beacons, trackers) is not needed to
read a page, and is never asked for.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapers.failures import label
from scrapers.problems import SourceError
from scrapers.response import Post, Response

if TYPE_CHECKING:
    from scrapers.fetch import Door

Scripts = dict[str, dict[str, Any]]
"""Of each script that was had: its body and its headers."""

MOST_REQUESTS = 60
"""So many addresses one page may ask for."""

MOST_BYTES = 20_000_000
"""The largest answer that a script gets."""

KEPT_BYTES = 50_000_000
"""So much of the scripts of a source is kept for its next pages."""

LOCAL = re.compile(r"\bfile:[^\s'\"]{1,200}(?<![.,;])")

CLOSED = "nothing to do: it stays closed to the pages of others"

POSTED = ("application/json", "application/x-www-form-urlencoded", "application/graphql")

# Hosts that watch visitors, or talk to them: no list of initiatives comes from there.
TRACKERS = (
    "addthis.com", "amplitude.com", "at-internet.com", "ati-host.net", "axept.io", "bat.bing.com", "chartbeat.com",
    "clarity.ms", "connect.facebook.net", "cookiebot.com", "cookielaw.org", "crisp.chat", "criteo.com",
    "doubleclick.net", "google-analytics.com", "googlesyndication.com", "googletagmanager.com", "hotjar.com",
    "hs-analytics.net", "hs-scripts.com", "intercom.io", "matomo.cloud", "mixpanel.com", "newrelic.com", "nr-data.net",
    "plausible.io", "segment.com", "segment.io", "sentry.io", "sharethis.com", "snap.licdn.com", "taboola.com",
    "xiti.com",
)  # fmt: skip

# The body is handed over unpacked and whole; cookies are nobody's business, and the policy on origins is ours to give.
DROPPED = {"content-encoding", "content-length", "transfer-encoding", "set-cookie", "connection", "keep-alive"}


class Errands:
    """The requests of one page, run through `door`.

    `asked` counts those that are not turned away at sight, `under_way` those not answered yet, `fault` is what ended
    the page, `limit` the time that the page has for itself, `page` the one whose requests count.
    """

    def __init__(self, door: Door, address: str, text: str, scripts: Scripts) -> None:
        """Answer for the page at `address`, which is `text`; `scripts` holds those of earlier pages of the source."""
        self._door, self._address, self._text, self._scripts = door, address, text, scripts
        self.page: Any = None
        self.limit: asyncio.Timeout | None = None
        self.fault: BaseException | None = None
        self.asked = self.under_way = 0
        self._begun, self._is_open = time.monotonic(), False
        self._refused: dict[str, SourceError] = {}

    async def run(self, route: Any) -> None:
        """Answer what is asked for, or abort it."""
        from playwright.async_api import Error

        self.under_way += 1
        try:
            answer = self._answer(route.request)
            await (route.abort("blockedbyclient") if answer is None else route.fulfill(**answer))
        except Error:
            return  # the page is closed already
        except Exception as fault:  # it would be lost in a task of its own; the page raises it
            self.fault = self.fault or fault
        finally:
            self.under_way -= 1

    def hear(self, message: Any) -> None:
        """Note the files that Chromium has kept from a script: it does not ask for them first."""
        found = LOCAL.search(message.text) if message.type == "error" else None
        if found is not None and len(self._refused) < MOST_REQUESTS:
            address = found.group(0)
            error = SourceError("bad-address", f"a script asks for {address}, which is not on the web", CLOSED)
            self._refuse(address, error)

    def told(self) -> str:
        """What was asked for in vain, for a message."""
        return "".join(f"; refused: {error}" for error in list(self._refused.values())[:3])

    def too_slow(self, what: str) -> SourceError:
        """The error for a page that does not come to an end."""
        remedy = "give fetch.wait_for, what to wait for; if it is there, the page cannot be read"
        return SourceError("too-slow", f"{label(self._address)} {what}{self.told()}", remedy)

    def _answer(self, request: Any) -> dict[str, Any] | None:
        """How to fulfil `request`, or None where it is aborted."""
        if request.is_navigation_request():
            return self._navigated(request)
        if request.resource_type not in {"script", "xhr", "fetch"} or _is_tracker(request.url):
            return None
        self.asked += 1
        if self.asked > MOST_REQUESTS:
            self.fault = self.fault or self.too_slow(f"asks for more than {MOST_REQUESTS} addresses")
        if self.fault is not None or request.url in self._refused:
            return None
        try:
            return self._fetched(request)
        except SourceError as error:
            self._refuse(request.url, error)
            return None

    def _navigated(self, request: Any) -> dict[str, Any] | None:
        """The page itself, once; it may not lead elsewhere, and what stands in frames is not read."""
        if self.page is None or request.frame != self.page.main_frame:
            return None
        if not self._is_open:
            self._is_open = True
            return {"body": self._text.encode("utf-8", "replace"), "content_type": "text/html; charset=utf-8"}
        message = f"{label(self._address)} goes on to {request.url[:200]} by a script"
        error = SourceError("redirect-refused", message, "if that is the page to read, give its address")
        self.fault = self.fault or error
        return None

    def _refuse(self, address: str, error: SourceError) -> None:
        self._refused[address] = error
        self._door.refused.setdefault(address, error)

    def _fetched(self, request: Any) -> dict[str, Any]:
        """What the door answers to `request`; raises `SourceError`."""
        if request.method == "GET" and request.url in self._scripts:
            return _opened(self._scripts[request.url], request)
        post, begun = _post_of(request), time.monotonic()
        if begun - self._begun > self._door.manners.max_seconds:
            self.fault = self.too_slow(f"was not complete after {self._door.manners.max_seconds:.0f} s")
            raise SourceError("too-slow", str(self.fault), "")
        try:
            response = self._door.get(_on_the_web(request.url), post)
        finally:
            self._give_back(time.monotonic() - begun)
        answer = {"body": _bounded(response), "headers": _headers(response, request.resource_type)}
        if request.resource_type == "script" and post is None:
            self._keep(request.url, answer)
        return _opened(answer, request)

    def _keep(self, address: str, answer: dict[str, Any]) -> None:
        if sum(len(kept["body"]) for kept in self._scripts.values()) + len(answer["body"]) <= KEPT_BYTES:
            self._scripts[address] = answer

    def _give_back(self, seconds: float) -> None:
        """What a page waits for the door, which has a pace to keep, is not taken from its own time."""
        limit = self.limit
        if limit is not None and not limit.expired():
            limit.reschedule((limit.when() or 0.0) + seconds)


def _post_of(request: Any) -> Post | None:
    """What `request` posts, None for a GET; raises `SourceError` for what is more than a question."""
    if request.method == "GET":
        return None
    sort = request.headers.get("content-type", "")
    found = request.post_data_buffer or b""
    if request.method == "POST" and sort.lower().startswith(POSTED):
        try:
            return Post(found.decode(), sort)
        except UnicodeDecodeError:
            sort = "no text"
    message = f"a script wants to {request.method} {request.url[:200]} ({sort or 'without a type'})"
    raise SourceError("request-refused", message, "only questions are put: GET, or a POST of JSON or of a form")


def _on_the_web(address: str) -> str:
    if urlsplit(address).scheme not in {"http", "https"}:
        message = f"a script asks for {address[:200]}, which is not on the web"
        raise SourceError("bad-address", message, CLOSED)
    return address


def _bounded(response: Response) -> bytes:
    found = response.open().read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        message = f"{response.label} is larger than {MOST_BYTES:,} bytes, for a script"
        raise SourceError("too-large", message, "read this address itself, if it is the list")
    return found


def _headers(response: Response, sort: str) -> dict[str, str]:
    """The headers of `response` as the page may see them; a sample has none."""
    kept = {name.lower(): text for name, text in response.headers.items()}
    kept = {name: text for name, text in kept.items() if name not in DROPPED}
    if sort == "script":
        kept.setdefault("content-type", "text/javascript")
    return kept


def _opened(answer: dict[str, Any], request: Any) -> dict[str, Any]:
    """`answer` with the leave to be read by a page of another site: all that the door gives is open to everybody."""
    origin = request.headers.get("origin")
    if not origin:
        return answer
    leave = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
    return {**answer, "headers": {**answer["headers"], **leave}}


def _is_tracker(address: str) -> bool:
    host = f".{urlsplit(address).hostname or ''}"
    return any(host.endswith(f".{tracker}") for tracker in TRACKERS)
