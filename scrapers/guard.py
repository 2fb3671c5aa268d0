"""The guard of the network: connections to public addresses only.

A definition, a link on a page or a redirect may name any host, and the name server of that host may answer with any
address, a different one each time. So the address is looked at when the connection is made, and the connection goes to
the very address that was looked at: what a name meant a moment earlier counts for nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)
from urllib3.response import BaseHTTPResponse, HTTPResponse

from scrapers.problems import SourceError
from scrapers.quick import Unchanged, asked, question
from scrapers.watch import WATCH

# How many addresses of one name are tried: each may take as long as the connect timeout.
TRIED = 4

# IANA's registries (RFC 6890), where they go beyond what the standard library of our oldest Python knows.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291: all that is handed out for the public internet
NOT_PUBLIC = (
    ipaddress.IPv6Network("3fff::/20"),  # RFC 9637: documentation
    ipaddress.IPv4Network("192.88.99.0/24"),  # RFC 7526: relays of 6to4, given up
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether `address` is one that anybody on the internet could reach: of a form that wraps another, the inner one.

    Wrapped are IPv4-mapped (RFC 4291), 6to4 (RFC 3056) and NAT64 (RFC 6052) addresses. Special addresses (RFC 6890),
    multicast and all that nobody has been given are not public.
    """
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
        if address not in GLOBAL_UNICAST:
            return False
    if any(address in network for network in NOT_PUBLIC if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def public_addresses(host: str, port: int) -> list[str]:
    """Look `host` up and return its public addresses, in the order to try them.

    Raises `SourceError` when it has none; `socket.gaierror` and `UnicodeError` as the look-up does.
    """
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    public = [address for address in dict.fromkeys(found) if is_public(ipaddress.ip_address(address))]
    if not public:
        # Neither an OSError nor one of the libraries' errors: those are wrapped, and tried again.
        raise SourceError(
            "private-address",
            f"{host} leads to {', '.join(dict.fromkeys(found))}, which is not on the public internet",
            "check the address, and where it redirects to",
        )
    return public[:TRIED]


class _Connection(HTTPConnection):
    """A connection to a public address, or to a host and port that are allowed by name."""

    allowed: frozenset[str] = frozenset()

    def _new_conn(self) -> socket.socket:
        host = self._dns_host
        if f"{host}:{self.port}" in self.allowed:
            return super()._new_conn()
        try:
            addresses = public_addresses(host.strip("[]"), self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        try:
            return self._first_that_answers(addresses)
        finally:
            self._dns_host = host

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        """Read the head of the answer, within the read timeout as a whole."""
        # The socket's own timeout begins anew with every byte: a head that drips in would be read for ever.
        watch = WATCH.begin(self.sock, self.timeout or 0)
        try:
            found = super().getresponse()
            if watch.hung_up:  # a head that was cut off passes for a whole one
                raise TimeoutError
            return found
        except (OSError, HTTPException) as error:
            if watch.hung_up:
                raise TimeoutError("the head of the answer took too long") from error
            raise
        finally:
            WATCH.end(watch)

    def _first_that_answers(self, addresses: list[str]) -> socket.socket:
        """Connect to one of `addresses`; they are numbers, so that no name is looked up again."""
        for number, address in enumerate(addresses, 1):
            self._dns_host = address
            try:
                return super()._new_conn()
            except (NewConnectionError, ConnectTimeoutError):
                if number == len(addresses):
                    raise
        raise AssertionError("public_addresses returns at least one")


class _TLSConnection(_Connection, HTTPSConnection):
    """The same with TLS; the certificate is held against the name, not the number."""


class _Pool(HTTPConnectionPool):
    """Connections to one host that ask before every attempt, retries included."""

    ConnectionCls = _Connection
    before: Callable[[str], None]

    # urllib3 calls this again for each retry, which is what an adapter or a session does not see.
    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:
        self.before(self.host)
        return super().urlopen(*args, **kwargs)

    def whether(self, target: str, sent: bytes, options: dict[str, Any]) -> BaseHTTPResponse | Unchanged:
        """Ask what `sent` asks over a connection that is open; where there is none, or it fails, as `urlopen` does."""
        self.before(self.host)
        connection: Any = self._get_conn()
        if connection.sock is None:
            self._put_conn(connection)
            return super().urlopen("GET", target, **options)
        retries: Retry = options["retries"]
        try:
            found = asked(self, connection, sent, options["timeout"].read_timeout)
        except (OSError, HTTPException) as error:
            self._put_conn(connection)
            broken = ProtocolError("Connection aborted.", error)
            retries = retries.increment("GET", target, error=broken, _pool=self)
            retries.sleep()
            return self.urlopen("GET", target, **{**options, "retries": retries})
        if isinstance(found, Unchanged) or not retries.is_retry("GET", found.status, "Retry-After" in found.headers):
            return found
        try:
            retries = retries.increment("GET", target, response=found, _pool=self)
        except MaxRetryError:
            return found
        found.drain_conn()
        retries.sleep(found)
        return self.urlopen("GET", target, **{**options, "retries": retries})


class _TLSPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class GuardedAdapter(HTTPAdapter):
    """Reaches public addresses and the `allowed` ("host:port", as written in addresses), calling `before` each time.

    `before` is told the host ahead of every attempt, retries too; it may wait, and raise a `SourceError`.
    """

    def __init__(self, allowed: frozenset[str], before: Callable[[str], None], retry: Retry) -> None:
        """Mount it for both http and https, or the other is not guarded."""
        own = {"before": staticmethod(before)}
        plain = type("Connection", (_Connection,), {"allowed": allowed})
        secure = type("TLSConnection", (_TLSConnection,), {"allowed": allowed})
        self._pools: dict[str, Any] = {
            "http": type("Pool", (_Pool,), {**own, "ConnectionCls": plain}),
            "https": type("TLSPool", (_TLSPool,), {**own, "ConnectionCls": secure}),
        }
        super().__init__(max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections ours."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
        self._by_origin: dict[str, Any] = {}

    def ask(self, address: str, headers: dict[str, str], timeout: tuple[float, float]) -> BaseHTTPResponse:
        """Send a GET for `address`, guarded as `send` is, and return the answer as `urllib3` has it, unread.

        What `requests` adds takes longer than all the rest.
        """
        pool, _, target = self._way_to(address)
        return pool.urlopen("GET", target, **self._options(headers, timeout))

    def ask_whether(
        self, address: str, headers: dict[str, str], timeout: tuple[float, float]
    ) -> BaseHTTPResponse | Unchanged:
        """As `ask`, for a page that has hardly changed: over a connection that is open as `scrapers.quick` does it."""
        pool, host, target = self._way_to(address)
        sent = question(host, target, headers)
        options = self._options(headers, timeout)
        return pool.urlopen("GET", target, **options) if sent is None else pool.whether(target, sent, options)

    def _way_to(self, address: str) -> tuple[_Pool, str, str]:
        """The connections to the host of `address`, that host as the request names it, and what is asked of it."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._by_origin:
            first = requests.Request("GET", address).prepare()
            self._by_origin[origin] = self.get_connection_with_tls_context(first, verify=True)
        return self._by_origin[origin], parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _options(self, headers: dict[str, str], timeout: tuple[float, float]) -> dict[str, Any]:
        return {
            "headers": headers,
            "retries": self.max_retries,
            "redirect": False,
            "assert_same_host": False,
            "timeout": Timeout(connect=timeout[0], read=timeout[1]),
            "preload_content": False,
            "decode_content": False,
        }
