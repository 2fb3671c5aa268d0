"""robots.txt, read and obeyed as RFC 9309 has it, with the older Crawl-delay and Request-rate that sites still use.

`protego` reads the rules. They are asked for once per host and door, through the door itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from protego import Protego

from scrapers.problems import SourceError

NAME = "essaim"
"""The name that robots.txt files call us by: the product token of our user agent (RFC 9309, 2.2.1)."""

MOST = 500 * 1024
"""How much of a robots.txt is read (RFC 9309, 2.5)."""

# Of a host that cannot be reached at all, this says more than that its robots.txt could not be read.
TOLD_AS_THEY_ARE = {"bad-address", "bot-wall", "name-resolution", "private-address", "refused", "tls"}

ASK = "ask the publisher whether we may; until then the source has to rest"
LATER = "it is tried again the next night; if it lasts, tell the publisher"


class Robots:
    """The rules of every host that one door meets.

    `fetch` gets an address and returns status and body, at most `MOST` bytes of it; `slow_down` is told host and
    seconds where a site asks for more time between two requests; `slowest` is the most that a night can wait.
    """

    def __init__(
        self, fetch: Callable[[str], tuple[int, BinaryIO]], slow_down: Callable[[str, float], None], slowest: float
    ) -> None:
        """Know no host yet."""
        self._fetch, self._slow_down, self._slowest = fetch, slow_down, slowest
        self._rules: dict[str, Protego | tuple[str, str, str]] = {}

    def admit(self, address: str) -> None:
        """Raise `SourceError` unless the site of `address` lets us have it."""
        site, rules = self._rules_of(address)
        if not rules.can_fetch(address, NAME):
            raise SourceError("robots", f"{site}/robots.txt does not let us have {address}", ASK)

    def sitemaps(self, address: str) -> list[str]:
        """The sitemaps that the site of `address` names; raises `SourceError` when it keeps us out altogether."""
        site, rules = self._rules_of(address)
        return _on_the_web(rules, site)

    def _rules_of(self, address: str) -> tuple[str, Protego]:
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = self._read(site, parts.hostname or "")
        rules = self._rules[site]
        if not isinstance(rules, Protego):
            raise SourceError(*rules)
        return site, rules

    def _read(self, site: str, host: str) -> Protego | tuple[str, str, str]:
        """Return the rules of `site`, or code, message and remedy of why we stay away from all of it."""
        where = f"{site}/robots.txt"
        try:
            status, body = self._fetch(where)
        except SourceError as error:
            if error.code == "redirect-loop":  # RFC 9309, 2.3.1.2: after five hops, as if there were none
                return Protego.parse("")
            if error.code in TOLD_AS_THEY_ARE:
                return error.code, str(error), error.remedy
            # RFC 9309, 2.3.1.4: what cannot be read might have forbidden everything.
            return "robots", f"{where} cannot be read: {error}", LATER
        if status == 429 or status >= 500:
            # RFC 9309 counts 429 with the other 4xx; but who says "too often" should not be asked for more.
            return "robots", f"{where} answered {status}", LATER
        if status >= 300:  # RFC 9309, 2.3.1.3: no rules, so all is allowed
            return Protego.parse("")
        rules = Protego.parse(_text(body))
        delay = _delay(rules)
        if delay > self._slowest:
            message = f"{where} asks for {delay:,.0f} s between two requests, more than a night has"
            return "robots", message, "ask the publisher for a file, or for a shorter delay"
        if delay:
            self._slow_down(host, delay)
        return rules


def sitemaps_in(body: BinaryIO, site: str) -> list[str]:
    """The sitemaps that a robots.txt of `site` names."""
    return _on_the_web(Protego.parse(_text(body)), site)


def _on_the_web(rules: Protego, site: str) -> list[str]:
    named = [_joined(site, each) for each in rules.sitemaps]
    return list(dict.fromkeys(address for address in named if address.startswith(("http://", "https://"))))


def _joined(site: str, address: str) -> str:
    try:
        return urljoin(site, address)  # it should be whole, but many are not
    except ValueError:  # no address at all
        return ""


def _text(body: BinaryIO) -> str:
    """The text of a robots.txt; where it was cut off, a half line could say the contrary of the whole one."""
    body.seek(0)
    content = body.read(MOST)
    if len(content) == MOST:
        content = content[: content.rfind(b"\n") + 1]
    return content.decode("utf-8-sig", errors="replace")


def _delay(rules: Protego) -> float:
    """The seconds that `rules` want between two of our requests, 0 where they do not say.

    A rate for some hours of the day only is kept all day: slower than asked harms nobody.
    """
    rate = rules.request_rate(NAME)
    return max(rules.crawl_delay(NAME) or 0.0, rate.seconds / rate.requests if rate else 0.0)
