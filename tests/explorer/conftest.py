"""One release of the embedded samples and one of hostile rows for all browser tests, and a page that tolerates nothing.

Every test that takes `page` fails where the page asks anything of another host, breaks its own policy, or throws.
"""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hostile import fill_hostile
from warehouse_example import NIGHT
from watched import Watched

from flows.report import Night
from scrapers.browser import CHROMIUM, ON_THE_PATH
from warehouse.publish import publish
from warehouse.store import Store

ARGUMENTS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def browser_path() -> str | None:
    """Where Chromium is, or None."""
    return os.environ.get(CHROMIUM) or next(filter(None, map(shutil.which, ON_THE_PATH)), None)


class Host(http.server.SimpleHTTPRequestHandler):
    """A static host that knows no compression and no range: the least that a reader may meet."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".webmanifest": "application/manifest+json",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on loopback; yields the address of its explorer, with "/" at its end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/explorer/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def release(demo_night: tuple[Path, Night]) -> Path:
    """The release of the embedded samples."""
    home, night = demo_night
    assert night.outcome == "published"
    return home / "releases" / "latest"


@pytest.fixture(scope="session")
def database(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of that release, to say what the page must show."""
    with duckdb.connect(str(release / "essaim.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose texts and addresses try everything."""
    folder = tmp_path_factory.mktemp("hostile")
    store = Store(folder / "warehouse.duckdb")
    fill_hostile(store)
    published = publish(store.connection, folder / "releases", NIGHT)
    store.close()
    return published.folder


@pytest.fixture(scope="session")
def site(release: Path) -> Iterator[str]:
    """Address of the explorer of the samples."""
    yield from serve(release)


@pytest.fixture(scope="session")
def hostile_site(hostile: Path) -> Iterator[str]:
    """Address of the explorer of the hostile release."""
    yield from serve(hostile)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of one file; they are skipped where it is not installed.

    Playwright leaves an event loop running in this thread for as long as it is open, which no other file may find.
    """
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("pip install 'essaim[browser]', to test the explorer with a browser")
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium is installed (apt-get install chromium), to test the explorer with a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def watch(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Make watched pages, each in a profile of its own; options as of Playwright's `new_context`."""
    made: list[tuple[Any, Watched]] = []

    def make(**options: Any) -> Watched:
        usual = {"locale": "fr-FR", "viewport": {"width": 1280, "height": 800}, "service_workers": "block"}
        context = browser.new_context(**usual | options)
        context.set_default_timeout(90_000)  # of a machine that has much else to do
        watched = Watched(context.new_page())
        made.append((context, watched))
        return watched

    yield make
    try:
        for _, watched in made:
            watched.check()
    finally:
        for context, _ in made:
            context.close()


@pytest.fixture
def shown(watch: Callable[..., Watched], site: str) -> Watched:
    """The explorer of the samples, open."""
    watched = watch()
    watched.open(site + "index.html")
    return watched
