"""A site on this machine, for tests of the door: a table of paths and what they answer."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scrapers.response import Manners

Page = bytes | tuple[int, bytes, dict[str, str]] | Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's table; conditional requests as RFC 9110 has it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Site"

    def do_GET(self) -> None:
        self.answer(self.server.pages.get(self.path, (404, b"", {})))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append((self.path, body))
        page = self.server.pages.get(self.path, (404, b"", {}))
        self.answer(self.server.pages.get(f"POST {self.path} {body}", page))

    def answer(self, page: Page) -> None:
        self.server.asked.append((time.monotonic(), self.path, dict(self.headers)))
        if callable(page):
            page(self)
            return
        status, body, headers = (200, page, {}) if isinstance(page, bytes) else page
        if status == 200 and self.is_unchanged(headers):
            status, body = 304, b""
        self.send(status, body, headers)

    def is_unchanged(self, headers: dict[str, str]) -> bool:
        tag = self.headers["If-None-Match"]
        if tag is not None:
            return tag == headers.get("ETag")
        since = self.headers["If-Modified-Since"]
        return since is not None and since == headers.get("Last-Modified")

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    """A server that does not mind if a client hangs up on it.

    `asked` holds time, path and headers of each request, `posted` path and body of each POST. The key of a page is its
    path, or "POST <path> <body>".
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[float, str, dict[str, str]]] = []
        self.posted: list[tuple[str, str]] = []
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for _, path, _ in self.asked]

    def manners(self, **changes: object) -> Manners:
        """Manners that reach this site, quickly and without retries."""
        usual = {"requests_per_second": 500.0, "retries": 0, "read_timeout": 30.0, "allowed_hosts": {self.host}}
        return Manners(**{**usual, **changes})  # type: ignore[arg-type]


@contextmanager
def running_site() -> Iterator[Site]:
    """Serve a site while the context lasts."""
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        yield site
        site.shutdown()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine where nobody answers; it is kept from all others while the context lasts."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and never listens
        yield int(closed.getsockname()[1])


def free_port() -> int:
    """A port of this machine that was free just now: for a program that must be told where to listen."""
    with closed_port() as port:
        return port


def self_signed(path: Path) -> Path:
    """Write a certificate of 127.0.0.1 that it signed itself, with its key; skips the test where none can be made."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(1))
        .not_valid_after(now + dt.timedelta(1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def speaks_tls(site: Site, certificate: Path) -> None:
    """Have `site` speak TLS from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
