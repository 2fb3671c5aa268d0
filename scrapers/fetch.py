"""The only door to the network, and to local files, samples and archives alike.

A `Door` answers `get(address)` with a `Response` or raises a `SourceError` that says what went wrong. Where the bytes
come from is a matter of the adapters mounted on its `requests` session: the network, the definition's `sample/`
folder, local files, or an archive to replay. A door to the network also obeys robots.txt (`robots`), refuses addresses
that are not public (`guard`), keeps a pace (`pace`), bounds what it reads (`unpack`), and asks only for what has
changed since the last good night (`revalidate`). docs/politeness.md says the same to publishers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import urljoin

import requests
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from scrapers.archive import ArchiveWriter, posted_digest
from scrapers.archive_reader import ReplayAdapter, get_of
from scrapers.failures import failure, label, refusal
from scrapers.guard import GuardedAdapter
from scrapers.hops import REPEATED, admissible, target_of
from scrapers.hosts import Hosts
from scrapers.limits import claimed_size, limits
from scrapers.local import FileAdapter, as_requested
from scrapers.memo import Memo
from scrapers.moved import FOR_GOOD, check_landing
from scrapers.pace import Pace, Patience
from scrapers.problems import SourceError
from scrapers.quick import Unchanged
from scrapers.response import Manners, Post, Response, Traffic
from scrapers.revalidate import Answered, Previous
from scrapers.robots import MOST as MOST_OF_ROBOTS
from scrapers.robots import Robots, sitemaps_in
from scrapers.secrets import Secrets
from scrapers.unpack import ACCEPTED, read_body
from scrapers.walls import refuse_walls


class Door:
    """One session with the outside; use it as a context manager."""

    def __init__(
        self, manners: Manners, archive: ArchiveWriter | None = None, previous: Previous | None = None
    ) -> None:
        """Open a door without any adapter but the one for local files; see the functions below."""
        self.manners, self.archive, self.traffic = manners, archive, Traffic()
        self.memo: Memo | None = None
        self.moves: dict[str, str] = {}
        self.refused: dict[str, SourceError] = {}  # what the scripts of pages asked for in vain
        self.browser: object = None  # see `scrapers.browser`, which asks through this door
        self.company = ExitStack()  # what is to be closed with the door
        self._hosts = Hosts()
        self._starts: frozenset[str] = frozenset()
        self._secrets = Secrets()
        self._previous = previous
        self._robots: Robots | None = None
        self._network: GuardedAdapter | None = None
        self._headers = {"User-Agent": manners.user_agent, "Accept-Encoding": ACCEPTED, "Accept": "*/*"}
        self._timeouts = (manners.connect_timeout, manners.read_timeout)
        self._session = _Session()
        # Neither proxies nor credentials of this machine may reach a source, nor one site's cookies another.
        self._session.trust_env = False
        self._session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.update(self._headers)
        self._session.adapters.clear()
        self.mount("file://", FileAdapter())

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
        if prefix.startswith("http"):
            self._network = adapter if isinstance(adapter, GuardedAdapter) else None

    def __enter__(self) -> Self:
        """Return the door itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        if self._previous is not None:
            self.company.callback(self._previous.close)
        try:
            self.company.close()
        finally:
            self._session.close()

    def get(self, address: str, post: Post | None = None) -> Response:
        """Fetch `address`, or ask it `post`; archive every answer on the way, and return the last one.

        Raises `SourceError` for anything but a complete answer with status 200; with the code "host-down" when the host
        has been in trouble so often in a row that it is left alone.
        """
        address = self._secrets.hide(address)  # one that the site itself has told
        asked = as_requested(address)
        if asked.startswith("file:") and self._starts and asked not in self._starts:
            message = f"{label(address)} is a file of this machine that the definition does not name"
            raise SourceError("local-file", message, "name it in fetch.path; what a source says may lead to none")
        with self._hosts.watched(address):
            answered = _checked(self._follow(address, post))
        check_landing(asked, answered.url, asked in self._starts)
        return answered

    def known(self, address: str, changed: dt.datetime, most: dt.timedelta) -> Response | None:
        """What `address`, which last `changed` then, answered since, on the last good night; None if older than `most`.

        It is archived and counted as unchanged; robots.txt is obeyed. Raises `SourceError` as `get` does.
        """
        here = admissible(address)
        if self._previous is None or self._network is None or not self._previous.stands(here, changed, most):
            return None
        if self._robots is not None:
            self._robots.admit(here)
        revived = self._previous.revived(here, {}, self.archive)
        self.traffic.unchanged += revived is not None
        return _checked(revived) if revived else None

    def before(self, address: str) -> Response | None:
        """What `address` answered on the last good night, or None; nothing is asked for or archived."""
        found = self._previous.revived(admissible(address), {}, None) if self._previous else None
        return _checked(found) if found and found.response.status_code == 200 else None

    def begin_at(self, addresses: Iterable[str]) -> None:
        """Know the addresses that a definition names: that one of them has moved is worth an error, or a warning.

        `moves` tells, of every address asked for that has moved for good, where to.
        """
        self._starts = frozenset(map(as_requested, addresses))

    def entrust(self, secrets: Secrets) -> None:
        """Let requests to the network carry `secrets`; what is archived, told and returned holds their names only."""
        self._secrets = secrets

    def sitemaps(self, site: str) -> list[str]:
        """The sitemaps that robots.txt of the site of the address `site` names; none if there is no robots.txt.

        Raises `SourceError` when the site keeps us out altogether, or cannot be reached.
        """
        if self._robots is not None:
            return self._robots.sitemaps(site)
        status, body = self._robots_txt(urljoin(site, "/robots.txt"))  # a sample or an archive, which may lack it
        return sitemaps_in(body, site) if status == 200 else []

    def _robots_txt(self, address: str) -> tuple[int, BinaryIO]:
        response, body, _ = self._follow(address, None, for_robots=True)
        if response.status_code == 429 or response.status_code >= 500:
            refuse_walls(response, body)
        return response.status_code, body

    def _follow(self, address: str, post: Post | None, for_robots: bool = False) -> Answered:
        """Return the answer at the end of all redirects."""
        here, for_good = address, not for_robots
        for _ in range(self.manners.max_redirects + 1):
            here = admissible(here)
            if for_robots:
                answered = self._kept(*self._ask(here, cut=MOST_OF_ROBOTS))
            else:
                if self._robots is not None and here.startswith("http"):
                    self._robots.admit(here)
                answered = self._kept(*self._ask(here, post)) if post else self._ask_for_changes(here)
            target, status = target_of(answered.response), answered.response.status_code
            if target is None:
                return answered
            for_good = for_good and status in FOR_GOOD
            if for_good:
                self.moves[as_requested(address)] = target
            here = target
            if status not in REPEATED:
                post = None
        raise SourceError(
            "redirect-loop",
            f"{label(address)} redirects more than {self.manners.max_redirects} times",
            "the address redirects in circles; find the new one",
        )

    def _ask_for_changes(self, address: str) -> Answered:
        """Ask for `address`; what has not changed since the last good night comes from its archive."""
        conditions = self._previous.conditions(address) if self._previous else {}
        if not conditions or self._previous is None or self._network is None:
            return self._kept(*self._ask(address))
        with self._failures_of(address):
            sent, headers = self._on_the_wire(address)
            found = self._network.ask_whether(sent, headers | conditions, self._timeouts)
        if not isinstance(found, Unchanged):
            if found.status != 304:
                return self._kept(*self._read(address, self._network.build_response(get_of(address), found)))
            found.drain_conn()
            self.traffic.bytes += found.tell()
        revived = self._previous.revived(address, found.headers, self.archive)
        if revived is None:
            return self._kept(*self._ask(address))
        self.traffic.unchanged += 1
        return revived

    def _kept(self, response: requests.Response, body: BinaryIO) -> Answered:
        """Archive an answer, and return it."""
        digest = ""
        if self.archive is not None:
            status, posted = response.status_code, posted_digest(response.request)
            digest = self.archive.write(response.url, status, response.reason or "", response.headers, body, posted)
        return Answered(response, body, digest)

    def _ask(
        self, address: str, post: Post | None = None, cut: int | None = None
    ) -> tuple[requests.Response, BinaryIO]:
        """Send one request, and read the answer."""
        if post is None and self._network is not None and address.startswith("http"):
            with self._failures_of(address):
                found = self._network.ask(*self._on_the_wire(address), self._timeouts)
            return self._read(address, self._network.build_response(get_of(address), found), cut)
        more: dict[str, Any] = {"stream": True, "timeout": self._timeouts}
        if post is not None:
            more |= {"data": post.body.encode(), "headers": {"Content-Type": post.type}}
        if post is not None and self._network is not None and self._secrets:
            return self._ask_in_secret(address, post, more)
        try:
            response = self._session.request("GET" if post is None else "POST", address, **more)
        except (OSError, HTTPError, ValueError) as error:
            raise failure(address, error) from error
        return self._read(address, response, cut)

    def _ask_in_secret(self, address: str, post: Post, more: dict[str, Any]) -> tuple[requests.Response, BinaryIO]:
        """Send a POST with its secrets; the request that is remembered holds their names only."""
        more["data"] = self._secrets.post(post, address)
        more["headers"] |= self._secrets.headers(address)
        with self._failures_of(address):
            response = self._session.request("POST", self._secrets.address(address), **more)
        response.request = requests.Request("POST", address, data=post.body.encode()).prepare()
        return self._read(address, response)

    def _failed(self, address: str, error: BaseException) -> SourceError:
        known = failure(address, error)
        return SourceError(known.code, self._secrets.hide(str(known)), known.remedy)

    def _on_the_wire(self, address: str) -> tuple[str, dict[str, str]]:
        """The address and the headers as they are sent, secrets and all."""
        if not self._secrets:
            return address, self._headers
        return self._secrets.address(address), {**self._headers, **self._secrets.headers(address)}

    @contextmanager
    def _failures_of(self, address: str) -> Iterator[None]:
        """Turn what the libraries raise over a request to `address` into a `SourceError`, in which no secret stands."""
        try:
            yield
        except (OSError, HTTPError, ValueError) as error:
            raise self._failed(address, error) from error

    def _read(
        self, address: str, response: requests.Response, cut: int | None = None
    ) -> tuple[requests.Response, BinaryIO]:
        """Read the answer as far as `Manners` allow."""
        check = limits(self.manners, address)
        try:
            if cut is None:
                check(claimed_size(response))
            body = read_body(response, check, cut)
            secret = self._secrets and self._network is not None and address.startswith("http")
            return response, self._secrets.scrub(response, body, address) if secret else body
        except (OSError, HTTPError) as error:
            raise failure(address, error) from error
        finally:
            if self._robots is not None and not address.startswith("file:"):
                self.traffic.bytes += response.raw.tell()
            response.close()


class _Session(requests.Session):
    """A session that leaves redirects to the door, which bounds, archives and checks each of them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _checked(answered: Answered) -> Response:
    response, body, digest = answered
    refuse_walls(response, body)
    if response.status_code != 200:
        wait = response.headers.get("Retry-After", "")
        raise refusal(response.url, response.status_code, response.reason, wait)
    content_type = response.headers.get("Content-Type", "")
    charset = response.encoding if "charset" in content_type.lower() else None
    return Response(response.url, response.status_code, content_type, charset, body, response.headers, digest)


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
    adapter = FileAdapter(pages)
    door.mount("https://", adapter)
    door.mount("http://", adapter)
    return door


def replay_door(path: Path) -> Door:
    """A door that answers everything, local files too, from the archive at `path`."""
    door, adapter = Door(Manners()), ReplayAdapter(path)
    for prefix in ("https://", "http://", "file://"):
        door.mount(prefix, adapter)
    return door
