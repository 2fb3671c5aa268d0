"""The only door to the network, and to local files, samples and archives alike.

A `Door` answers `get(address)` with a `Response` or raises a `SourceError` that says what went wrong. Where the bytes
come from is a matter of the adapters mounted on its `requests` session: the network, the definition's `sample/`
folder, local files, or an archive to replay. A door to the network also obeys robots.txt (`robots`), refuses addresses
that are not public (`guard`), keeps a pace (`pace`), bounds what it reads (`unpack`), and asks only for what has
changed since the last good night (`revalidate`). docs/politeness.md says the same to publishers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

import requests
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from requests.utils import requote_uri
from urllib3.exceptions import HTTPError

from scrapers.archive import ArchiveWriter, ReplayAdapter, answer
from scrapers.failures import failure, label, refusal
from scrapers.guard import GuardedAdapter
from scrapers.pace import Pace, Patience
from scrapers.problems import SourceError
from scrapers.response import Manners, Response, Traffic
from scrapers.revalidate import Previous
from scrapers.robots import MOST as MOST_OF_ROBOTS
from scrapers.robots import Robots
from scrapers.unpack import ACCEPTED, read_body


class Door:
    """One session with the outside; use it as a context manager."""

    def __init__(
        self, manners: Manners, archive: ArchiveWriter | None = None, previous: Previous | None = None
    ) -> None:
        """Open a door without any adapter but the one for local files; see the functions below."""
        self.manners, self.archive, self.traffic = manners, archive, Traffic()
        self._previous = previous
        self._robots: Robots | None = None
        self._session = _Session()
        # Neither proxies nor credentials of this machine may reach a source, nor one site's cookies another.
        self._session.trust_env = False
        self._session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.update({"User-Agent": manners.user_agent, "Accept-Encoding": ACCEPTED})
        self._session.adapters.clear()
        self.mount("file://", _FileAdapter())

    def face_the_network(self) -> None:
        """Reach what is on the network, with all the care that takes."""
        pace = Pace(1 / self.manners.requests_per_second)

        def before(host: str) -> None:
            pace.wait(host)
            self.traffic.requests += 1

        adapter = GuardedAdapter(self.manners.allowed_hosts, before, Patience.of(self.manners.retries))
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._robots = Robots(self._robots_txt, pace.slow_down, self.manners.max_delay)

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        """Let `adapter` answer for the addresses that begin with `prefix`."""
        self._session.mount(prefix, adapter)

    def __enter__(self) -> Self:
        """Return the door itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self._session.close()

    def get(self, address: str) -> Response:
        """Fetch `address`, archive every answer on the way, and return the last one.

        Raises `SourceError` for anything but a complete answer with status 200.
        """
        return _checked(*self._follow(address))

    def _robots_txt(self, address: str) -> tuple[int, BinaryIO]:
        response, body = self._follow(address, for_robots=True)
        return response.status_code, body

    def _follow(self, address: str, for_robots: bool = False) -> tuple[requests.Response, BinaryIO]:
        """Return the answer at the end of all redirects, with its body."""
        here = address
        for _ in range(self.manners.max_redirects + 1):
            here = _admissible(here)
            if for_robots:
                response, body = self._kept(*self._ask(here, cut=MOST_OF_ROBOTS))
            else:
                if self._robots is not None and here.startswith("http"):
                    self._robots.admit(here)
                response, body = self._ask_for_changes(here)
            target = _redirect_target(response)
            if target is None:
                return response, body
            here = target
        raise SourceError(
            "redirect-loop",
            f"{label(address)} redirects more than {self.manners.max_redirects} times",
            "the address redirects in circles; find the new one",
        )

    def _ask_for_changes(self, address: str) -> tuple[requests.Response, BinaryIO]:
        """Ask for `address`; what has not changed since the last good night comes from its archive."""
        conditions = self._previous.conditions(address) if self._previous else {}
        response, body = self._ask(address, conditions)
        if response.status_code != 304 or not conditions or self._previous is None:
            return self._kept(response, body)
        revived = self._previous.revived(address, response, self.archive)
        if revived is None:
            return self._kept(*self._ask(address))
        self.traffic.unchanged += 1
        return revived

    def _kept(self, response: requests.Response, body: BinaryIO) -> tuple[requests.Response, BinaryIO]:
        """Archive an answer, and return it."""
        if self.archive is not None:
            self.archive.write(response.url, response.status_code, response.reason or "", response.headers, body)
        return response, body

    def _ask(
        self, address: str, conditions: dict[str, str] | None = None, cut: int | None = None
    ) -> tuple[requests.Response, BinaryIO]:
        """Send one request, and read the answer as far as `Manners` allow."""
        timeout = (self.manners.connect_timeout, self.manners.read_timeout)
        try:
            response = self._session.get(address, stream=True, timeout=timeout, headers=conditions)
        except (OSError, HTTPError, ValueError) as error:
            raise failure(address, error) from error
        check = self._limits(address)
        try:
            if cut is None:
                check(_claimed_size(response))
            return response, read_body(response, check, cut)
        except (OSError, HTTPError) as error:
            raise failure(address, error) from error
        finally:
            if self._robots is not None and not address.startswith("file:"):
                self.traffic.bytes += response.raw.tell()
            response.close()

    def _limits(self, address: str) -> Callable[[int], None]:
        """Return the check of a body that is read from now on: not too much, and not for too long."""
        begun = time.monotonic()

        def check(size: int) -> None:
            if size > self.manners.max_bytes:
                raise SourceError(
                    "too-large",
                    f"{label(address)} is larger than {self.manners.max_bytes:,} bytes",
                    "check the address; nothing larger is read",
                )
            if time.monotonic() - begun > self.manners.max_seconds:
                raise SourceError(
                    "too-slow",
                    f"{label(address)} was not complete after {self.manners.max_seconds:.0f} s",
                    "the site may be overloaded; it is tried again the next night",
                )

        return check


def _admissible(address: str) -> str:
    """`address` in the form in which it is requested; raises `SourceError` where none can be made of it."""
    try:
        address = requests.Request("GET", address).prepare().url or address
        secret = urlsplit(address).netloc.rpartition("@")[0]
    except ValueError as error:
        raise failure(address, error) from error
    if secret:
        # It would be sent, archived and reported. The message must not do so either.
        message = f"the address of {urlsplit(address).hostname} holds a user name or password"
        raise SourceError("bad-address", message, "take it out; Essaim reads what is open to all")
    return address


def _claimed_size(response: requests.Response) -> int:
    """The size that the answer claims to have, 0 if it does not say; a lie is found out while reading."""
    claim = response.headers.get("Content-Length", "")
    return int(claim) if claim.isascii() and claim.isdigit() else 0


class _Session(requests.Session):
    """A session that leaves redirects to the door, which bounds, archives and checks each of them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _redirect_target(response: requests.Response) -> str | None:
    """Where `response` redirects to, or None; a page of the web may send us nowhere but to the web."""
    if not response.is_redirect:
        return None
    location = response.headers["Location"]
    try:
        # Headers are read as Latin-1, but sites that put more than ASCII there mean UTF-8.
        location = location.encode("latin-1").decode("utf-8")
        target = urljoin(response.url, requote_uri(location))
        scheme = urlsplit(target).scheme
    except (ValueError, requests.exceptions.InvalidURL) as error:
        raise failure(response.url, error) from error
    if scheme not in {"http", "https"}:
        message = f"{label(response.url)} redirects to {location[:200]}, which is not on the web"
        raise SourceError("redirect-refused", message, "find the new address of the page")
    return target


def _checked(response: requests.Response, body: BinaryIO) -> Response:
    if response.status_code != 200:
        raise refusal(response.url, response.status_code, response.reason)
    content_type = response.headers.get("Content-Type", "")
    charset = response.encoding if "charset" in content_type.lower() else None
    return Response(response.url, response.status_code, content_type, charset, body, response.headers)


def network_door(manners: Manners, archive: ArchiveWriter | None, *, previous: Path | None = None) -> Door:
    """A door to the network: robots.txt obeyed, rate per host, retries that honour Retry-After, TLS checked.

    `previous` is the archive of the last good night: what has not changed since is taken from there.
    """
    door = Door(manners, archive, Previous(previous) if previous else None)
    door.face_the_network()
    return door


def sample_door(pages: dict[str, Path], archive: ArchiveWriter | None) -> Door:
    """A door that serves the addresses of `pages` from files and answers 404 for any other."""
    door = Door(Manners(), archive)
    adapter = _FileAdapter(pages)
    door.mount("https://", adapter)
    door.mount("http://", adapter)
    return door


def replay_door(path: Path) -> Door:
    """A door that answers everything, local files too, from the archive at `path`."""
    door, adapter = Door(Manners()), ReplayAdapter(path)
    for prefix in ("https://", "http://", "file://"):
        door.mount(prefix, adapter)
    return door


class _FileAdapter(BaseAdapter):
    """Answers `file://` addresses, or the addresses of a table of pages, from local files."""

    def __init__(self, pages: dict[str, Path] | None = None) -> None:
        super().__init__()
        self._pages = None if pages is None else {_as_requested(address): path for address, path in pages.items()}

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        address = request.url or ""
        path = Path(url2pathname(urlsplit(address).path)) if self._pages is None else self._pages.get(address)
        if path is None or not path.is_file():
            return answer(request, 404, "Not Found", {}, cast(BinaryIO, tempfile.SpooledTemporaryFile()))
        return answer(request, 200, "OK", {}, path.open("rb"))

    def close(self) -> None:
        pass


def _as_requested(address: str) -> str:
    """`address` in the form in which an adapter meets it: "https://a.org" is asked for as "https://a.org/"."""
    try:
        return requests.Request("GET", address).prepare().url or address
    except ValueError:  # not an address, so it is never asked for
        return address
