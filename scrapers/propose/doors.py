"""Doors for a first look: one that closes after so many addresses, and one that keeps what came."""

from __future__ import annotations

from collections.abc import Callable

from scrapers.fetch import Door
from scrapers.problems import SourceError
from scrapers.response import Post, Response

Get = Callable[[str, Post | None], Response]


class Bounded(Door):
    """Asks for `most` different addresses at most, then refuses with the code "enough"."""

    def __init__(self, door: Door, get: Get, most: int) -> None:
        """Ask with `get` what `door` would be asked for."""
        super().__init__(door.manners)
        self._door, self._get, self._most, self._had = door, get, most, set[str]()

    def get(self, address: str, post: Post | None = None) -> Response:
        """Answer as the door does, or raise `SourceError` when that is enough."""
        if address not in self._had and len(self._had) >= self._most:
            raise SourceError("enough", f"{self._most} addresses are enough for a first look", "read all with --live")
        self._had.add(address)
        return self._get(address, post)

    def sitemaps(self, site: str) -> list[str]:
        """What the door says of the sitemaps of `site`."""
        return self._door.sitemaps(site)


class Recording(Bounded):
    """Keeps what each address answered in `kept`, by the key that `sample.pages` has for it."""

    def __init__(self, door: Door, most: int) -> None:
        """Ask `door` for `most` addresses at most."""
        super().__init__(door, door.get, most)
        self.kept: dict[str, bytes] = {}

    def get(self, address: str, post: Post | None = None) -> Response:
        """Answer as the door does, and keep the body."""
        response = super().get(address, post)
        self.kept[f"POST {address} {post.body}" if post else address] = response.content
        response.open()
        return response
