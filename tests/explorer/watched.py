"""A page of the explorer under watch: it may ask nothing of other hosts, break no policy and throw nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

NOT_OURS = ("GL Driver Message", "blocked by Playwright")
"""The software renderer tells how slow it is, and the test driver what it keeps from the page."""


class Watched:
    """A page, what it did wrong, and the waiting that its strict policy leaves possible."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.tolerated: tuple[str, ...] = ()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", self._heard)
        page.on("dialog", self._dialog)

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in NOT_OURS):
            self.wrong.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, address: str) -> Any:
        """Go to an address of the explorer and wait until its list or its page stands, with all its counts."""
        if self.page.url.split("#")[0] == address.split("#")[0]:
            before = self.answers()
            self.page.evaluate("address => { location.hash = address }", address.partition("#")[2])
            self.until(lambda: self.answers() > before)
        else:
            self.page.goto(address)
            self.until(lambda: self.answers() > 0)
        self.until(lambda: self.has("counted"))
        return self.page

    def visit(self, address: str) -> Any:
        """Go to any page of a release and wait until its script, where it has one of its own, has made it ready."""
        self.page.goto(address)
        if self.page.url.partition("#")[0].endswith(("sql.html", "embed.html")):
            self.until(lambda: self.has("ready"))
        return self.page

    def has(self, mark: str) -> bool:
        """Whether the page says of itself that it has come so far: `counted`, `ready`, `map-ready`."""
        return bool(self.page.evaluate("mark => document.documentElement.classList.contains(mark)", mark))

    def answers(self) -> int:
        """How many questions the page has answered so far."""
        return int(self.page.evaluate("Number(document.documentElement.dataset.answered ?? 0)"))

    def act(self, action: Callable[[], object]) -> None:
        """Do something that asks the worker, and wait for the answer to be drawn."""
        before = self.answers()
        action()
        self.until(lambda: self.answers() > before)

    def until(self, condition: Callable[[], object], seconds: float = 90) -> None:
        """Wait for a condition, long enough for a busy machine.

        `wait_for_function` would be `eval` to the page, which forbids it.
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"nothing came in {seconds} s: {self.wrong}"
            self.page.wait_for_timeout(20)

    def map_ready(self) -> None:
        """Wait until the map stands."""
        self.until(lambda: self.has("map-ready"))

    def map_shows(self, longitude: float, latitude: float, width: float) -> None:
        """Wait until the map stands still around a point, with what is there, no wider than `width` degrees."""

        def there() -> bool:
            box = self.page.get_attribute("#map", "data-shows")
            west, south, east, north = map(float, box.split(",")) if box else (0.0, 0.0, 360.0, 0.0)
            middle = abs((west + east) / 2 - longitude) + abs((south + north) / 2 - latitude)
            return east - west < width and middle < width / 100

        self.until(there)

    def total(self) -> int:
        """The number in the line of the count."""
        text = self.page.text_content("#count") or ""
        return int("".join(filter(str.isdigit, text)))

    def titles(self) -> list[str]:
        """The names in the list."""
        return [str(text) for text in self.page.locator("#list h3").all_text_contents()]

    def check(self) -> None:
        """Fail where the page did anything wrong."""
        elsewhere = [url for url in self.asked if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))]
        assert elsewhere == [], elsewhere
        wrong = [one for one in self.wrong if not any(word in one for word in self.tolerated)]
        assert wrong == [], wrong
