"""Pages that are drawn by their own scripts: opened in a headless Chromium that has no way to the network but the door.

The page itself comes through the door before a browser is thought of; what its scripts ask for then is answered by
`scrapers.browser_errands`, through the same door. So robots.txt, pace, guard, bounds and archive hold for scripts too,
and a replay needs no network. Chromium's own connections end at a proxy that is not there.

A replay finds what is asked for by its address. So the page sees the same world each time: the clock starts at `BEGIN`
and moves only when nothing is under way, chance always falls the same way, and nothing is kept from page to page.

Playwright is an extra (`pip install 'essaim[browser]'`) and is loaded when the first page asks for it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scrapers.browser_errands import Errands, Scripts
from scrapers.failures import label
from scrapers.problems import Problem, SourceError

if TYPE_CHECKING:
    from scrapers.fetch import Door

MISSING = "browser-missing"

CHROMIUM = "ESSAIM_CHROMIUM"
"""The environment variable that names another Chromium than Playwright's own."""

ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome")

BEGIN = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
"""When it is, for every page."""

STEPS = (100,) * 20 + (500,) * 56
"""The milliseconds of the page's clock from one look at it to the next; after the last it is given up."""

QUIET = 1000
"""After so many of them without a question a page is taken for done."""

OWN_SECONDS = 60.0
"""So long a page may work, not counting what it waits for the door."""

A_MOMENT = 0.05
"""Seconds after which a question that a script has put has reached us."""

# Two browsers at a time: each takes some hundred megabytes, and more of them would not make any site answer faster.
PLACES = threading.BoundedSemaphore(2)

# Whatever is not intercepted (shared workers, prefetching, WebRTC, what Chromium itself would like to know) ends here.
NO_WAY_OUT = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--js-flags=--max-old-space-size=512",
)

# Runs before the page's own scripts, in each of its frames.
SAME_WORLD = """(() => {
  let seed = 1;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  Math.random = random;
  Crypto.prototype.getRandomValues = function (array) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes.forEach((_, place) => { bytes[place] = random() * 256; });
    return array;
  };
  if (Crypto.prototype.randomUUID) {
    Crypto.prototype.randomUUID = () => "10000000-1000-4000-8000-100000000000".replace(
      /[018]/g, (sign) => (sign ^ ((random() * 16) >> (sign / 4))).toString(16));
  }
  window.open = () => null;
  delete window.SharedWorker;
})();"""


def drawn(
    door: Door, address: str, text: str, language: str | None, is_ready: Callable[[str], bool] | None = None
) -> str:
    """The markup of the page at `address`, which the door gave as `text`, after its scripts have run.

    `is_ready` tells from the markup whether all is there; without it a page is done when it asks for nothing more.
    What scripts asked for in vain is left in `door.refused`. Raises `SourceError` when there is no browser, when the
    page does not come to an end, or when it is never ready.
    """
    return browser_of(door).draw(address, text, language, is_ready)


def browser_of(door: Door) -> Browser:
    """The browser of `door`, which is started when it is first asked for, and closed with the door.

    Raises `SourceError` (`browser-missing`) when there is none on this machine.
    """
    if not isinstance(door.browser, Browser):
        browser = Browser(door)
        door.company.callback(browser.close)
        door.browser = browser
        return browser
    return door.browser


def in_vain(source_id: str, refused: Mapping[str, SourceError]) -> list[Problem]:
    """A problem for each address that scripts asked for in vain."""
    return [
        Problem(source_id, "script-refused", f"a script's request was refused: {error}", "warning", error.remedy)
        for error in refused.values()
    ]


class Browser:
    """A headless Chromium for the pages of one door; to be used and closed by one thread, outside any event loop."""

    def __init__(self, door: Door) -> None:
        """Start it; raises `SourceError` (`browser-missing`) when Playwright or Chromium is not installed."""
        try:
            from playwright.async_api import async_playwright
        except ImportError as fault:
            raise _missing("pip install 'essaim[browser]' && playwright install chromium") from fault
        self._door, self._chromium = door, None
        self._scripts: Scripts = {}
        PLACES.acquire()
        self._runner = asyncio.Runner()
        try:
            self._playwright = self._runner.run(async_playwright().start())
            self._chromium = self._runner.run(_launched(self._playwright))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End Chromium and all that belongs to it."""
        try:
            self._runner.run(self._stop())
        finally:
            self._runner.close()
            PLACES.release()

    async def _stop(self) -> None:
        await self._end_chromium()
        if hasattr(self, "_playwright"):
            await self._playwright.stop()

    async def _end_chromium(self) -> None:
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            # One that does not end by itself ends with Playwright.
            with suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await chromium.close()

    def draw(self, address: str, text: str, language: str | None, is_ready: Callable[[str], bool] | None) -> str:
        """See `drawn`."""
        return self._runner.run(self._draw(address, text, language, is_ready))

    async def _draw(self, address: str, text: str, language: str | None, is_ready: Callable[[str], bool] | None) -> str:
        from playwright.async_api import Error

        errands = Errands(self._door, address, text, self._scripts)
        if self._chromium is None:
            self._chromium = await _launched(self._playwright)
        try:
            async with asyncio.timeout(min(OWN_SECONDS, self._door.manners.max_seconds)) as limit:
                errands.limit = limit
                context = await self._chromium.new_context(
                    user_agent=self._door.manners.user_agent,
                    locale=language or "en",
                    timezone_id="UTC",
                    service_workers="block",
                    accept_downloads=False,
                    permissions=[],
                )
                markup = await _shown(context, address, errands, is_ready)
                await context.close()
        except BaseException as error:
            # Its scripts may be running still: the next page gets a browser of its own.
            await self._end_chromium()
            if errands.fault is not None:
                raise errands.fault from error
            if isinstance(error, TimeoutError):
                raise errands.too_slow("is still busy with its own scripts") from error
            if isinstance(error, Error):
                raise _failed(address, error) from error
            raise
        if len(markup) > self._door.manners.max_bytes:
            message = f"{label(address)} has grown to more than {self._door.manners.max_bytes:,} characters"
            raise SourceError("too-large", message, "check the address; nothing larger is read")
        return markup


async def _shown(context: Any, address: str, errands: Errands, is_ready: Callable[[str], bool] | None) -> str:
    """Open `address` in `context` and return its markup when it is done."""
    await context.add_init_script(SAME_WORLD)
    await context.route("**/*", errands.run)
    await context.clock.install(time=BEGIN)
    await context.clock.pause_at(BEGIN + dt.timedelta(seconds=1))
    page = await context.new_page()
    errands.page = page
    page.on("console", errands.hear)
    await page.goto(address, wait_until="commit", timeout=0)
    asked, quiet, passed, last = 0, 0, 0, ""
    for step in STEPS:
        await _settle(page, errands)
        quiet = quiet + passed if errands.asked == asked else 0
        asked, passed = errands.asked, step
        if is_ready is not None:
            markup = str(await page.content())
            if markup != last and is_ready(markup):
                return markup
            last = markup
        elif quiet >= QUIET:
            return str(await page.content())
        await context.clock.run_for(step)
    if is_ready is None:
        raise errands.too_slow(f"asks for more and more, for {sum(STEPS) // 1000} s of its clock")
    message = f"{label(address)} never shows what fetch.wait_for waits for{errands.told()}"
    raise SourceError("not-drawn", message, "look at the page in a browser, and mend fetch.wait_for")


async def _settle(page: Any, errands: Errands) -> None:
    """Wait until the page is loaded and nothing is under way: no request, no script that an answer has set going."""
    while True:
        asked = errands.asked
        state = await page.evaluate("document.readyState")
        await asyncio.sleep(A_MOMENT)
        if errands.fault is not None:
            raise errands.fault
        if state == "complete" and not errands.under_way and errands.asked == asked:
            return


async def _launched(playwright: Any) -> Any:
    """A Chromium: the one that the environment names, Playwright's own, or else one on the path."""
    from playwright.async_api import Error

    named = os.environ.get(CHROMIUM)
    if named and shutil.which(named) is None:
        raise _missing(f"{CHROMIUM} names {named}, which is no program; mend it, or unset it")
    try:
        return await _launch(playwright, named)
    except Error as fault:
        if "Executable doesn't exist" not in fault.message:
            raise _failed("Chromium", fault) from fault
    found = next(filter(None, map(shutil.which, ON_THE_PATH)), None)
    if found is None:
        raise _missing(f"playwright install chromium, or name the one you have in {CHROMIUM}")
    try:
        return await _launch(playwright, found)
    except Error as fault:
        raise _failed(found, fault) from fault


async def _launch(playwright: Any, path: str | None) -> Any:
    # Chromium refuses its sandbox to root; everybody else gets it.
    sandbox = not hasattr(os, "geteuid") or os.geteuid() != 0
    return await playwright.chromium.launch(executable_path=path, args=NO_WAY_OUT, chromium_sandbox=sandbox)


def _missing(remedy: str) -> SourceError:
    return SourceError(MISSING, 'this source needs a browser: fetch.render = "browser"', remedy)


def _failed(what: str, fault: Any) -> SourceError:
    lines = [line.strip() for line in str(fault.message).splitlines() if line.strip()]
    message = f"the browser failed over {label(what)}: {' '.join(lines)[:400]}"
    remedy = "it is tried again the next night; if it lasts, update Chromium"
    if "sandbox" in message.lower():
        remedy = "let Chromium have its sandbox (unprivileged user namespaces): scripts of others run in it"
    return SourceError("browser-failed", message, remedy)
