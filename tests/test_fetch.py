"""The door: what sites answer, slowly, wrongly or not at all, and the archive that answers in their place."""

import gzip
import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict
from site_kit import closed_port, running_site
from warcio.archiveiterator import ArchiveIterator

from scrapers.archive import ArchiveWriter
from scrapers.fetch import network_door, replay_door, sample_door
from scrapers.hosts import MOST_IN_A_ROW
from scrapers.pace import MAX_RETRY_AFTER
from scrapers.problems import SourceError
from scrapers.response import Manners, Response

QUICK = {"contact": "mailto:test@example.org", "requests_per_second": 200.0, "retries": 0, "read_timeout": 5.0}


class Handler(BaseHTTPRequestHandler):
    """Answers as the path asks: `/status/404`, `/to?<location>`, `/slow`, ..."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/robots.txt":
            self.send(404)
            return
        self.server.asked.append((time.monotonic(), self.path, dict(self.headers)))
        getattr(self, "answer_" + self.path.strip("/").partition("?")[0].partition("/")[0])()

    def send(self, status=200, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer_page(self):
        self.send(body="<p>é</p>".encode("cp1252"), Content_Type="text/html; charset=windows-1252", Set_Cookie="a=b")

    def answer_status(self):
        self.send(int(self.path.rpartition("/")[2]), b"no")

    def answer_busy(self):
        headers = {"Retry_After": self.path.partition("?")[2]} if "?" in self.path else {}
        self.send(503 if len(self.server.asked) < 2 else 200, b"now", **headers)

    def answer_to(self):
        self.send(302, b"moved", Location=self.path.partition("?")[2])

    def answer_accent(self):
        self.send(302, Location="/page?\xc3\xa9")

    def answer_bracket(self):
        self.send(302, Location="http://[x")

    def answer_latin(self):
        self.send(302, Location="/page?\xe9")

    def answer_hop(self):
        left = int(self.path.rpartition("/")[2])
        self.send(302, Location=f"/hop/{left - 1}" if left else "/page")

    def answer_slow(self):
        self.send(length=1000)
        for _ in range(1200):  # a minute, if nobody hangs up
            time.sleep(0.05)
            try:
                self.wfile.write(b"x")
            except OSError:
                return

    def answer_stalled(self):
        self.send(length=10)
        self.rfile.read(1)  # until they hang up

    def answer_cut(self):
        self.send(body=b"half", length=1000)
        self.close_connection = True

    def answer_chunks(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"4\r\nhalf\r\n" + (b"0\r\n\r\n" if "whole" in self.path else b""))
        self.close_connection = True

    def answer_packed(self):
        body = gzip.compress(b"plain " * 1000)
        self.send(body=body if "good" in self.path else b"no gzip", Content_Encoding="gzip")

    def answer_hugemoved(self):
        self.send(302, b"x" * 100_000, Location="/page")

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    """A server that does not mind if a client hangs up on it."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@pytest.fixture(scope="module")
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        QUICK["allowed_hosts"] = frozenset({f"127.0.0.1:{running.server_port}"})
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def site(server):
    server.asked = []
    return f"http://127.0.0.1:{server.server_port}"


def get(address, archive=None, **manners) -> Response:
    with network_door(Manners(**{**QUICK, **manners}), archive) as door:
        return door.get(address)


def code(address, **manners):
    with pytest.raises(SourceError) as caught:
        get(address, **manners)
    assert caught.value.remedy
    return caught.value.code


def test_answer(server, site):
    response = get(site + "/page#part")
    assert response.content == b"<p>\xe9</p>"
    assert (response.status, response.charset, response.content_type[:9]) == (200, "windows-1252", "text/html")
    assert response.content == response.open().read()
    assert server.asked[0][2]["User-Agent"] == "essaim/0.1 (+mailto:test@example.org)"


def test_no_proxy_nor_password_of_the_environment(server, site, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert get(site + "/page").status == 200
    assert "Authorization" not in server.asked[0][2]


@pytest.mark.parametrize(
    ("status", "named"),
    [
        *((status, "not-found") for status in (404, 410)),
        *((status, "forbidden") for status in (401, 403, 451)),
        (429, "rate-limited"),
        *((status, "server-error") for status in (500, 502, 504)),
        *((status, "http-error") for status in (204, 304, 400)),
    ],
)
def test_refusals(site, status, named):
    assert code(f"{site}/status/{status}") == named


def test_retry(server, site):
    assert get(site + "/busy", retries=1).content == b"now"
    assert len(server.asked) == 2


def test_retry_after(server, site):
    assert get(site + "/busy?1", retries=1).content == b"now"
    (first, *_), (second, *_) = server.asked
    assert 0.9 < second - first < MAX_RETRY_AFTER / 2


def test_retry_after_that_nobody_can_read(server, site):
    assert get(site + "/busy?soon", retries=1).content == b"now"


def test_retries_end(server, site):
    assert code(site + "/status/503", retries=1) == "server-error"
    assert len(server.asked) == 2


def test_too_large(site):
    assert get(site + "/packed/good", max_bytes=6000).content == b"plain " * 1000
    assert code(site + "/packed/good", max_bytes=5999) == "too-large"
    assert code(site + "/hugemoved", max_bytes=5999) == "too-large"


def test_too_slow(site):
    begun = time.monotonic()
    assert code(site + "/slow", max_seconds=0.3) == "too-slow"
    assert code(site + "/stalled", read_timeout=0.2) == "too-slow"
    assert time.monotonic() - begun < 30, "both would have taken a minute or more"


def test_cut(site):
    assert code(site + "/cut") == "truncated"
    assert code(site + "/chunks") == "truncated"
    assert get(site + "/chunks/whole").content == b"half"
    assert code(site + "/packed/bad") == "truncated"


@pytest.mark.parametrize("place", ["/to?/page", "/to?page", "/to?http:/page", "/hop/4", "/accent"])
def test_redirect(site, place):
    place = place.replace("http:", site)
    response = get(site + place)
    assert response.url.startswith(site + "/page")
    assert response.status == 200


def test_redirects_in_circles(server, site):
    assert code(site + "/hop/20") == "redirect-loop"
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "FILE:///etc/passwd", "ftp://example.org/x", "data:,x", "javascript:1", "mailto:a@b.fr"],
)
def test_redirect_off_the_web(site, target):
    assert code(f"{site}/to?{target}") == "redirect-refused"


def test_redirect_reads_no_local_file(site, tmp_path):
    (tmp_path / "secret").write_text("secret")
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    with pytest.raises(SourceError, match="not on the web"):
        get(f"{site}/to?{(tmp_path / 'secret').as_uri()}", archive)
    archive.keep()
    with replay_door(tmp_path / "a.warc.gz") as door, pytest.raises(SourceError, match="not on the web"):
        door.get(f"{site}/to?{(tmp_path / 'secret').as_uri()}")


@pytest.mark.parametrize("place", ["/bracket", "/to?http://a:b/", "/latin", "/to?http://.%20/"])
def test_redirect_to_no_address(site, place):
    assert code(site + place) == "bad-address"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "list.csv",
        "http://",
        "http://[x",
        "http://a:b/",
        "http://*.example.org",
        f"http://{'a' * 70}.org",
        "gopher://a.org",
    ],
)
def test_no_address(address):
    assert code(address) == "bad-address"


def test_nobody_answers():
    with closed_port() as port:
        allowed = frozenset({f"127.0.0.1:{port}"})
        assert code(f"http://127.0.0.1:{port}/", allowed_hosts=allowed) == "refused"
        assert code(f"https://127.0.0.1:{port}/refused", allowed_hosts=allowed) == "refused"


def test_name_of_no_host():
    assert code("http://no-such-host.invalid/refused") == "name-resolution"


def test_certificate(site):
    assert code(site.replace("http:", "https:")) == "tls"


def test_rate(server, site):
    begun = time.monotonic()
    with network_door(Manners(**{**QUICK, "requests_per_second": 4.0}), None) as door:
        for _ in range(6):
            door.get(site + "/page")
    # The rules of the site were asked for first. A busy machine may add to this time, never take.
    assert 6 * 0.25 - 0.01 < time.monotonic() - begun < 30


def test_local_file(tmp_path):
    path = tmp_path / "été #1.csv"
    path.write_bytes(b"a;b")
    response = get(path.as_uri())
    assert (response.content, response.label) == (b"a;b", "été #1.csv")
    assert code((tmp_path / "gone").as_uri()) == "not-found"
    assert code(tmp_path.as_uri()) == "not-found"
    assert code(f"file:///{'x' * 300}") == "network"


def test_sample(tmp_path):
    (tmp_path / "a").write_bytes(b"sample")
    pages = {"https://example.org": tmp_path / "a", "http://example.org/b c?q=é": tmp_path / "a", "http://[": tmp_path}
    with sample_door(pages, None) as door:
        for address in pages.keys() - {"http://["}:
            assert door.get(address).content == b"sample"
        with pytest.raises(SourceError, match="404"):
            door.get("https://example.org/other")


def archived(path: Path) -> list[tuple[str, str, bytes]]:
    with path.open("rb") as file:
        return [
            (r.rec_headers.get_header("WARC-Target-URI"), r.http_headers.get_statuscode(), r.content_stream().read())
            for r in ArchiveIterator(file)
        ]


def test_archive(site, tmp_path):
    path = tmp_path / "new" / "a.warc.gz"
    archive = ArchiveWriter(path)
    with network_door(Manners(**QUICK), archive) as door:
        answers = {place: door.get(site + place) for place in ("/hop/1", "/packed/good", "/page?a b=é", "/accent")}
        with pytest.raises(SourceError):
            door.get(site + "/status/404")
        with pytest.raises(SourceError):
            door.get(site + "/cut")
    assert not path.exists()
    assert sorted(file.name for file in path.parent.iterdir()) == ["a.index.part", "a.warc.gz.part"]
    assert archive.keep() == path
    assert sorted(file.name for file in path.parent.iterdir()) == ["a.index", "a.warc.gz"]
    assert [(address.removeprefix(site), status, body[:5]) for address, status, body in archived(path)] == [
        ("/robots.txt", "404", b""),
        ("/hop/1", "302", b""),
        ("/hop/0", "302", b""),
        ("/page", "200", b"<p>\xe9<"),
        ("/packed/good", "200", b"plain"),
        ("/page?a%20b=%C3%A9", "200", b"<p>\xe9<"),
        ("/accent", "302", b""),
        ("/page?%C3%A9", "200", b"<p>\xe9<"),
        ("/status/404", "404", b"no"),
    ]
    assert b"set-cookie" not in gzip.decompress(path.read_bytes()).lower()
    replay(path, site, answers)


def replay(path, site, answers):
    with replay_door(path) as door:
        for place, answer in answers.items():
            again = door.get(site + place)
            assert (again.content, again.url, again.charset) == (answer.content, answer.url, answer.charset)
        for place, told in {"/status/404": "not-found", "/never": "not-archived", "/cut": "not-archived"}.items():
            with pytest.raises(SourceError) as caught:
                door.get(site + place)
            assert caught.value.code == told


def test_replay_without_the_site(tmp_path):
    archive = ArchiveWriter(tmp_path / "a")
    headers = CaseInsensitiveDict({"Content-Type": "text/csv"})
    for body in (b"first", b"last"):
        archive.write("https://example.org/x", 200, "", headers, io.BytesIO(body))
    kept = archive.keep(tmp_path / "other" / "b.warc.gz")
    assert kept == tmp_path / "other" / "b.warc.gz"
    with replay_door(kept) as door:
        assert door.get("https://example.org/x").content == b"last"
    whole = kept.read_bytes()
    for size in range(10, len(whole), 40):
        kept.write_bytes(whole[:size])
        try:
            with replay_door(kept) as door:
                assert door.get("https://example.org/x").content in {b"first", b"last"}
        except SourceError as error:
            assert error.code in {"broken-archive", "not-archived", "truncated"}
    with pytest.raises(SourceError, match=r"gone\.warc\.gz cannot be read"):
        replay_door(tmp_path / "gone.warc.gz")


def test_unfinished_archive_is_begun_again(tmp_path):
    ArchiveWriter(tmp_path / "a").write("https://example.org/x", 200, "OK", CaseInsensitiveDict(), io.BytesIO(b"x"))
    assert archived(ArchiveWriter(tmp_path / "a").keep()) == []


def test_a_host_that_goes_down_is_left_alone():
    with running_site() as site:
        site.pages = {"/robots.txt": b"", "/sound": b"here", "/gone": (404, b"", {}), "/down": (503, b"", {})}
        with network_door(site.manners(), None) as door:
            for _ in range(MOST_IN_A_ROW - 1):
                assert failure(door, site.url + "/down").code == "server-error"
            assert door.get(site.url + "/sound").content == b"here", "one good answer, and the count begins anew"
            for _ in range(MOST_IN_A_ROW):
                assert failure(door, site.url + "/gone").code == "not-found", "that says nothing of the host"
            codes = [failure(door, site.url + "/down").code for _ in range(MOST_IN_A_ROW)]
            asked = len(site.asked)
            assert failure(door, site.url + "/sound").code == "host-down", "and nothing else of it is asked for"
        assert codes == [*["server-error"] * (MOST_IN_A_ROW - 1), "host-down"]
        assert len(site.asked) == asked


def failure(door, address):
    with pytest.raises(SourceError) as caught:
        door.get(address)
    return caught.value
