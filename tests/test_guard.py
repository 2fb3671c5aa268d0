"""What may not be reached, and answers that are too much: private addresses, bombs, floods, drips."""

import gzip
import ipaddress
import socket
import time
import tracemalloc
import zlib
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from site_kit import running_site

from scrapers import guard
from scrapers.archive import ArchiveWriter
from scrapers.fetch import network_door
from scrapers.guard import is_public, public_addresses
from scrapers.pace import MAX_RETRY_AFTER
from scrapers.problems import SourceError
from scrapers.response import Manners

KNOWN = {"bad-address", "name-resolution", "private-address"}


@pytest.fixture
def site():
    with running_site() as running:
        running.pages["/"] = b"here"
        yield running


def code(address, manners):
    with network_door(manners, None) as door, pytest.raises(SourceError) as caught:
        door.get(address)
    assert caught.value.remedy
    return caught.value.code


PRIVATE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "127.0.0.1.",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[ff02::1]",
    "[5f00::1]",
]


@pytest.fixture
def no_connection(monkeypatch):
    """Fail the test if a connection to anything is tried at all."""
    monkeypatch.setattr("urllib3.util.connection.socket.socket", None)


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses(no_connection, host):
    # Some systems do not know the odd forms; then there is nothing to connect to.
    assert code(f"http://{host}/", Manners(requests_per_second=1000, retries=0)) in KNOWN
    assert code(f"https://{host}:8443/", Manners(requests_per_second=1000, retries=0)) in KNOWN


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "127.0.0.1:1", "10.0.0.1", "0"),
        *("2130706433", "0x7f000001", "017700000001", "0177.0.0.1"),
        *("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]"),
        *("localhost", "inside.example.org"),
    ],
)
def test_redirects_to_private_addresses(site, monkeypatch, host, status):
    def look_up(name, *args, **kwargs):
        # A public name that leads to a private address.
        return original("192.168.1.1" if name == "inside.example.org" else name, *args, **kwargs)

    original = socket.getaddrinfo
    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    site.pages["/to"] = (status, b"", {"Location": f"http://{host}/latest/meta-data"})
    assert code(site.url + "/to", site.manners()) == "private-address"
    site.pages["/robots.txt"] = site.pages["/to"]
    assert code(site.url + "/", site.manners()) == "private-address"


def test_what_is_allowed_is_so_by_host_and_port(site):
    with network_door(site.manners(), None) as door:
        assert door.get(site.url).content == b"here"
    port = site.server_port
    assert code(site.url, Manners(requests_per_second=500)) == "private-address"
    for allowed in ("127.0.0.1", f"127.0.0.1:{port + 1}", f"localhost:{port}"):
        assert code(site.url, site.manners(allowed_hosts=frozenset({allowed}))) == "private-address"
    assert site.paths() == ["/robots.txt", "/"]


def test_a_refusal_is_not_tried_again(monkeypatch):
    looked_up = []

    def look_up(host, *args, **kwargs):
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    assert code("http://example.org/", Manners(requests_per_second=500, retries=3)) == "private-address"
    assert looked_up == ["example.org"]


def test_a_name_that_changes_its_mind(monkeypatch):
    """DNS rebinding: the first look-up gives a public address, every other one our own machine."""
    answers, connected = ["93.184.215.14"], []

    def look_up(host, port, *args, **kwargs):
        number = host if host[0].isdigit() else answers.pop() if answers else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    def connect(address, *args, **kwargs):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    assert code("http://rebound.example/", Manners(requests_per_second=500, retries=0)) == "refused"
    assert connected == ["93.184.215.14"]


def test_of_several_addresses_only_the_public_ones_are_tried(monkeypatch):
    found = ["10.0.0.1", "93.184.215.14", "::1", "2606:2800:21f::1", "93.184.215.14"]
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", (each, 80)) for each in found])
    assert public_addresses("example.org", 80) == ["93.184.215.14", "2606:2800:21f::1"]


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_as_public_as_the_inner_one(inner):
    number = int(inner)
    for outer in (0xFFFF << 32 | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)):
        assert is_public(ipaddress.IPv6Address(outer)) == is_public(inner)
    assert not is_public(ipaddress.IPv6Address(number))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_public_is_special(address):
    if is_public(address) and (address.version == 4 or guard._wrapped(address) is None):
        special = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
        assert not any(getattr(address, name) for name in special)


HOSTS = st.one_of(
    st.text(max_size=30),
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.lists(st.integers(0, 300).map(lambda n: f"0{n:o}"), min_size=1, max_size=5).map(".".join),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.ip_addresses(v=4).map(str),
)


@given(HOSTS)
@example("127.0.0.1\\@example.org")
@example("example.org@127.0.0.1")
@example("127。0。0。1")
@example("①②⑦.0.0.1")
@example("127.0.0.1%00.example.org")
@example("127.0.0.1#.example.org")
def test_wild_hosts(host):
    """Whatever is written as a host, only public addresses are connected to, and all else is a `SourceError`."""

    def look_up(name, port, *args, **kwargs):
        # Numbers are read as the system does; of names, none is asked of a name server.
        return original(name, port, *args, flags=socket.AI_NUMERICHOST, **kwargs)

    def connect(address, *args, **kwargs):
        assert is_public(ipaddress.ip_address(address[0]))
        raise ConnectionRefusedError

    original = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard.socket, "getaddrinfo", look_up)
        patch.setattr("urllib3.util.connection.create_connection", connect)
        assert code(f"http://{host}/", Manners(requests_per_second=1e6, retries=0)) in {*KNOWN, "refused"}


# ---- answers that are too much ----


def peak(address, manners):
    """The error's code, the seconds and the most memory that Python took meanwhile."""
    tracemalloc.start()
    begun = time.monotonic()
    found = code(address, manners)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, time.monotonic() - begun, memory


def flood(handler, piece, times, **headers):
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(times):
        handler.wfile.write(piece)


@cache
def bomb(megabytes, layers=1):
    packed = b"\0" * (1 << 20)
    machine = zlib.compressobj(wbits=31)
    body = b"".join(machine.compress(packed) for _ in range(megabytes)) + machine.flush()
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


def test_a_gigabyte(site):
    site.pages["/said"] = lambda handler: flood(handler, b"x" * 65536, 16384, Content_Length=str(1 << 30))
    site.pages["/unsaid"] = lambda handler: flood(handler, b"x" * 65536, 16384)
    assert code(site.url + "/said", site.manners(max_bytes=50_000_000)) == "too-large"
    found, seconds, memory = peak(site.url + "/unsaid", site.manners(max_bytes=50_000_000))
    assert (found, seconds < 10, memory < 12_000_000) == ("too-large", True, True)


@pytest.mark.parametrize(("layers", "coding"), [(1, "gzip"), (2, "gzip, gzip"), (1, "x-GZIP")])
def test_bombs(site, layers, coding):
    body = bomb(1000, layers)
    assert len(body) < 1_100_000
    site.pages["/bomb"] = (200, body, {"Content-Encoding": coding})
    found, seconds, memory = peak(site.url + "/bomb", site.manners(max_bytes=50_000_000))
    assert (found, seconds < 10, memory < 16_000_000) == ("too-large", True, True)


def test_a_bomb_of_nothing(site):
    """Empty gzip members for ever: nothing comes out, and still it ends."""
    empty = gzip.compress(b"") * 3000
    site.pages["/nothing"] = lambda handler: flood(handler, empty, 100_000, Content_Encoding="gzip")
    assert peak(site.url + "/nothing", site.manners(max_bytes=1_000_000))[0] == "too-large"
    assert peak(site.url + "/nothing", site.manners(max_seconds=0.3))[0] == "too-slow"


def test_packing(site):
    plain = b"plain " * 100
    raw = zlib.compressobj(wbits=-15)
    codings = {
        "gzip": gzip.compress(plain),
        "GZIP": gzip.compress(plain[:100]) + gzip.compress(plain[100:]),
        "deflate": zlib.compress(plain),
        "Deflate": raw.compress(plain) + raw.flush(),
        "gzip, deflate": zlib.compress(gzip.compress(plain)),
        "x-gzip": gzip.compress(plain) + b"trailing",
        "identity": plain,
        "utf-8": plain,
        "": plain,
    }
    with network_door(site.manners(), None) as door:
        for coding, body in codings.items():
            site.pages["/page"] = (200, body, {"Content-Encoding": coding})
            assert door.get(site.url + "/page").content == plain
    for coding in ("br", "zstd", "gzip, br", "gzip, gzip, gzip"):
        site.pages["/page"] = (200, plain, {"Content-Encoding": coding})
        assert code(site.url + "/page", site.manners()) == "packing"
    for body in (plain, gzip.compress(plain)[:-9], gzip.compress(plain)[:5]):
        site.pages["/page"] = (200, body, {"Content-Encoding": "gzip"})
        assert code(site.url + "/page", site.manners()) == "truncated"


@given(st.binary(max_size=3000), st.integers(1, 2), st.integers(1, 50))
def test_unpacking_gives_what_was_packed(content, layers, size):
    from scrapers.unpack import _inflated

    body = content
    for _ in range(layers):
        body = gzip.compress(body)
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    for _ in range(layers):
        pieces = _inflated(pieces, "gzip")
    assert b"".join(pieces) == content


def test_a_slow_drip(site):
    def head(handler):
        for _ in range(1200):  # a minute, if nobody hangs up
            handler.wfile.write(b"x")
            time.sleep(0.05)

    def body(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        head(handler)

    site.pages |= {"/head": head, "/body": body}
    begun = time.monotonic()
    assert code(site.url + "/head", site.manners(read_timeout=0.3)) == "too-slow"
    assert code(site.url + "/body", site.manners(max_seconds=0.3)) == "too-slow"
    assert time.monotonic() - begun < 30


def test_retry_after(site):
    site.pages["/busy"] = lambda handler: handler.send(
        429 if site.paths().count("/busy") < 2 else 200, b"", {"Retry-After": "1"}
    )
    with network_door(site.manners(retries=2), None) as door:
        assert door.get(site.url + "/busy").status == 200
        assert door.traffic.requests == 3
    times = [when for when, path, _ in site.asked if path == "/busy"]
    assert 0.9 < times[1] - times[0] < MAX_RETRY_AFTER / 2


def test_who_wants_to_be_left_alone_is(site):
    site.pages["/later"] = (429, b"", {"Retry-After": "3600"})
    begun = time.monotonic()
    assert code(site.url + "/later", site.manners(retries=3)) == "rate-limited"
    assert site.paths() == ["/robots.txt", "/later"]
    assert time.monotonic() - begun < MAX_RETRY_AFTER / 2


def test_retries_keep_the_pace(site):
    site.pages["/down"] = (500, b"", {})
    begun = time.monotonic()
    assert code(site.url + "/down", site.manners(retries=1, requests_per_second=4)) == "server-error"
    assert site.paths() == ["/robots.txt", "/down", "/down"]
    assert time.monotonic() - begun > 2 * 0.25 - 0.01, "a busy machine may add to this, never take"


def test_no_cookie_is_kept(site, tmp_path):
    site.pages["/"] = (200, b"", {"Set-Cookie": "session=secret; Path=/"})
    site.pages["/to"] = (302, b"", {"Set-Cookie": "session=secret; Path=/", "Location": "/"})
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    with network_door(site.manners(), archive) as door:
        door.get(site.url + "/to")
        door.get(site.url)
    assert len(site.asked) == 4
    assert not any("Cookie" in headers for *_, headers in site.asked)
    assert b"secret" not in gzip.decompress(archive.keep().read_bytes())


def test_no_password_in_an_address(site):
    site.pages["/to"] = (302, b"", {"Location": f"http://me:secret@{site.host}/"})
    for address in (site.url.replace("//", "//me:secret@"), site.url + "/to"):
        with network_door(site.manners(), None) as door, pytest.raises(SourceError, match="password") as caught:
            door.get(address)
        assert "secret" not in str(caught.value)
    assert "/" not in site.paths()
