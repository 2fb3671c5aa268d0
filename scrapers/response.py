"""What a door goes by and what it gives: manners, responses, and the count of what went over the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from requests.structures import CaseInsensitiveDict

from scrapers.failures import label


@dataclass(frozen=True, slots=True)
class Manners:
    """How a door behaves: who it says it is, how often it asks, and how much it takes.

    `max_bytes` bounds a body both as it is sent and unpacked. `max_delay` is the longest time between two requests that
    robots.txt may ask for. `allowed_hosts` ("127.0.0.1:8000", as written in addresses) are reached though they are not
    on the public internet.
    """

    contact: str = "https://github.com/essaim/essaim"
    requests_per_second: float = 1.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_seconds: float = 600.0
    max_bytes: int = 2_000_000_000
    max_redirects: int = 5
    retries: int = 3
    max_delay: float = 60.0
    allowed_hosts: frozenset[str] = frozenset()

    @property
    def user_agent(self) -> str:
        """The honest name: what we are and where to complain."""
        return f"essaim/0.1 (+{self.contact})" if self.contact else "essaim/0.1"


@dataclass(slots=True)
class Traffic:
    """What went over the network: requests (retries and robots.txt too), answers "unchanged", bytes of the bodies."""

    requests: int = 0
    unchanged: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A question that is sent in the body of a POST: a search, the next lines of a list, GraphQL, SPARQL.

    Only what asks and changes nothing may be sent so. `type` is the body's media type; the body goes as UTF-8.
    """

    body: str
    type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Response:
    """What an address answered: `url` after redirects, the charset its headers claim (or None), the body on disk.

    `headers` are looked up in any case, as RFC 9110 (5.1) has it; a local file has none. `digest` is that of the body,
    "" where nothing is archived.
    """

    url: str
    status: int
    content_type: str
    charset: str | None
    body: BinaryIO
    headers: Mapping[str, str] = field(default_factory=CaseInsensitiveDict)
    digest: str = ""

    @property
    def label(self) -> str:
        """The address as a report may print it: of a local file, only its name."""
        return label(self.url)

    def open(self) -> BinaryIO:
        """Return the body, at its beginning."""
        self.body.seek(0)
        return self.body

    @property
    def content(self) -> bytes:
        """The whole body; for pages, not for big files."""
        return self.open().read()
