"""The only door to the network, and to local files, samples and archives alike.

A `Door` answers `get(address)` with a `Response` or raises a `SourceError` that says what went wrong. Where the bytes
come from is a matter of the adapters mounted on its `requests` session: the network, the definition's `sample/`
folder, local files, or an archive to replay. Robots rules, conditional requests and the refusal of non-public
addresses belong here too, in `_open` and in the adapter that `network_door` mounts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests_ratelimiter import LimiterAdapter
from urllib3.util import Retry

from scrapers.archive import ArchiveWriter, ReplayAdapter, answer
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
        return _label(self.url)

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
        self._session = requests.Session()
        # Neither proxies nor credentials of this machine may reach a source.
        self._session.trust_env = False
        self._session.max_redirects = manners.max_redirects
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
        response = self._open(address)
        try:
            body = self._body(response)
        except (requests.RequestException, OSError) as error:
            raise _failure(address, error) from error
        finally:
            response.close()
        self._keep(address, response, body)
        if response.status_code != 200:
            raise _refusal(address, response.status_code, response.reason)
        content_type = response.headers.get("Content-Type", "")
        charset = response.encoding if "charset" in content_type.lower() else None
        return Response(response.url, response.status_code, content_type, charset, body)

    def _open(self, address: str) -> requests.Response:
        timeout = (self.manners.connect_timeout, self.manners.read_timeout)
        try:
            return self._session.get(address, stream=True, timeout=timeout)
        except requests.RequestException as error:
            raise _failure(address, error) from error

    def _body(self, response: requests.Response) -> BinaryIO:
        body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  lives in the Response
        begun, size = time.monotonic(), 0
        for chunk in _chunks(response):
            size += len(chunk)
            if size > self.manners.max_bytes:
                raise SourceError(
                    "too-large",
                    f"{_label(response.url)} is larger than {self.manners.max_bytes:,} bytes",
                    "check the address; if it is right, raise max_bytes in the configuration",
                )
            if time.monotonic() - begun > self.manners.max_seconds:
                raise SourceError(
                    "too-slow",
                    f"{_label(response.url)} was not complete after {self.manners.max_seconds:.0f} s",
                    "the site may be overloaded; it is tried again the next night",
                )
            body.write(chunk)
        return body

    def _keep(self, address: str, response: requests.Response, body: BinaryIO) -> None:
        if self.archive is None:
            return
        for hop in response.history:
            empty = cast(BinaryIO, tempfile.SpooledTemporaryFile())  # noqa: SIM115
            self.archive.write(hop.url, hop.status_code, hop.reason, hop.headers, empty)
        url = response.url if response.history else address
        self.archive.write(url, response.status_code, response.reason or "", response.headers, body)


def _label(address: str) -> str:
    return unquote(address.rpartition("/")[2]) if address.startswith("file://") else address


def network_door(manners: Manners, archive: ArchiveWriter | None) -> Door:
    """A door to the network: limited rate per host, retries that honour Retry-After, TLS checked."""
    retry = Retry(
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
        self._pages = pages

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        address = request.url or ""
        path = Path(unquote(urlsplit(address).path)) if self._pages is None else self._pages.get(address)
        if path is None or not path.is_file():
            return answer(request, 404, "Not Found", {}, cast(BinaryIO, tempfile.SpooledTemporaryFile()))
        return answer(request, 200, "OK", {}, path.open("rb"))

    def close(self) -> None:
        pass


def _chunks(response: requests.Response) -> Iterator[bytes]:
    yield from response.iter_content(CHUNK)


# What `requests` raises, the most particular first, and how we name it.
FAILURES: list[tuple[Callable[[BaseException, str], bool], str, str]] = [
    (
        lambda error, text: isinstance(error, requests.exceptions.SSLError),
        "tls",
        "the site's certificate does not hold; tell its publisher",
    ),
    (
        lambda error, text: "NameResolutionError" in text or "Name or service not known" in text,
        "name-resolution",
        "the site's name does not exist (any more); check the address",
    ),
    (lambda error, text: "refused" in text.lower(), "refused", "the site does not answer; it may be down"),
    (
        lambda error, text: isinstance(error, requests.exceptions.Timeout),
        "too-slow",
        "the site took too long; it is tried again the next night",
    ),
    (
        lambda error, text: isinstance(error, requests.exceptions.TooManyRedirects),
        "redirect-loop",
        "the address redirects in circles; find the new one",
    ),
    (
        lambda error, text: isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in text,
        "truncated",
        "the connection broke off; it is tried again the next night",
    ),
]


def _failure(address: str, error: BaseException) -> SourceError:
    text = str(error)
    for fits, code, remedy in FAILURES:
        if fits(error, text):
            return SourceError(code, f"{_label(address)}: {text}", remedy)
    return SourceError("network", f"{_label(address)}: {text}", "look at the message; the site may be down")


def _refusal(address: str, status: int, reason: str | None) -> SourceError:
    message = f"{_label(address)} answered {status} {reason or ''}".rstrip()
    if status in {404, 410}:
        return SourceError("not-found", message, "the page has gone or moved; find its new address")
    if status == 504 and reason == "Not in the archive":
        return SourceError("not-archived", message, "run once with the network on, then replay")
    if status in {401, 403, 451}:
        return SourceError("forbidden", message, "the site refuses us; ask its publisher")
    if status == 429:
        return SourceError("rate-limited", message, "we ask too often; lower the rate for this source")
    if status >= 500:
        return SourceError("server-error", message, "the site is in trouble; it is tried again the next night")
    return SourceError("http-error", message, "check the address in a browser")
