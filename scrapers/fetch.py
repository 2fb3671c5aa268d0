"""The only door to the network, and to local files, samples and archives alike.

A `Door` answers `get(address)` with a `Response` or raises a `SourceError` that says what went wrong. Where the bytes
come from is a matter of the adapters mounted on its `requests` session: the network, the definition's `sample/`
folder, local files, or an archive to replay. Robots rules, conditional requests and the refusal of non-public
addresses belong here too, in `_open` and in the adapter that `network_door` mounts.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast
from urllib.parse import unquote, urljoin, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.utils import requote_uri
from requests_ratelimiter import LimiterAdapter
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from scrapers.archive import ArchiveWriter, ReplayAdapter, answer
from scrapers.failures import failure, label, refusal
from scrapers.problems import SourceError

CHUNK = 64 * 1024
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manners:
    """How a door behaves: who it says it is, how often it asks, and how much it takes."""

    contact: str = "https://github.com/essaim/essaim"
    requests_per_second: float = 1.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_seconds: float = 600.0
    max_bytes: int = 2_000_000_000
    max_redirects: int = 5
    retries: int = 3

    @property
    def user_agent(self) -> str:
        """The honest name: what we are and where to complain."""
        return f"essaim/0.1 (+{self.contact})"


@dataclass(frozen=True, slots=True)
class Response:
    """What an address answered: `url` after redirects, the charset its headers claim (or None), the body on disk."""

    url: str
    status: int
    content_type: str
    charset: str | None
    body: BinaryIO

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


class Door:
    """One session with the outside; use it as a context manager."""

    def __init__(self, manners: Manners, archive: ArchiveWriter | None = None) -> None:
        """Open a door without any adapter but the one for local files; see the functions below."""
        self.manners, self.archive = manners, archive
        self._session = _Session()
        # Neither proxies nor credentials of this machine may reach a source.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = manners.user_agent
        self._session.adapters.clear()
        self.mount("file://", _FileAdapter())

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
        begun, here = time.monotonic(), address
        for _ in range(self.manners.max_redirects + 1):
            response = self._open(here)
            try:
                body = self._body(response, begun)
            except (OSError, HTTPError) as error:
                raise failure(here, error) from error
            finally:
                response.close()
            if self.archive is not None:
                self.archive.write(response.url, response.status_code, response.reason or "", response.headers, body)
            target = _redirect_target(response)
            if target is None:
                return _checked(response, body)
            here = target
        raise SourceError(
            "redirect-loop",
            f"{label(address)} redirects more than {self.manners.max_redirects} times",
            "the address redirects in circles; find the new one",
        )

    def _open(self, address: str) -> requests.Response:
        timeout = (self.manners.connect_timeout, self.manners.read_timeout)
        try:
            return self._session.get(address, stream=True, timeout=timeout)
        except (OSError, HTTPError, ValueError) as error:
            raise failure(address, error) from error

    def _body(self, response: requests.Response, begun: float) -> BinaryIO:
        body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  lives in the Response
        size = 0
        # `read1` gives what has arrived; `read` would wait for a whole chunk, and a dripping site never meet the limit.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            size += len(chunk)
            if size > self.manners.max_bytes:
                raise SourceError(
                    "too-large",
                    f"{label(response.url)} is larger than {self.manners.max_bytes:,} bytes",
                    "check the address; if it is right, raise max_bytes in the configuration",
                )
            if time.monotonic() - begun > self.manners.max_seconds:
                raise SourceError(
                    "too-slow",
                    f"{label(response.url)} was not complete after {self.manners.max_seconds:.0f} s",
                    "the site may be overloaded; it is tried again the next night",
                )
            body.write(chunk)
        return body


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
    return Response(response.url, response.status_code, content_type, charset, body)


class _Retry(Retry):
    """Retries that take a Retry-After nobody can read for none."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0.0


def network_door(manners: Manners, archive: ArchiveWriter | None) -> Door:
    """A door to the network: limited rate per host, retries that honour Retry-After, TLS checked."""
    retry = _Retry(
        manners.retries,
        redirect=0,
        backoff_factor=1.0,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,
        raise_on_redirect=False,
        retry_after_max=120,
    )
    door = Door(manners, archive)
    limited = LimiterAdapter(per_second=manners.requests_per_second, per_host=True, max_retries=retry)
    door.mount("https://", limited)
    door.mount("http://", limited)
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
        path = Path(unquote(urlsplit(address).path)) if self._pages is None else self._pages.get(address)
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
