"""Whether a page has changed, asked over an open connection: whatever is answered, nothing is lost or mixed up."""

import time

import pytest
from site_kit import running_site

from scrapers.archive import ArchiveWriter
from scrapers.fetch import network_door
from scrapers.problems import SourceError
from scrapers.quick import question

TAG = {"ETag": '"one"'}
PLACES = ["/a", "/b", "/c"]


@pytest.fixture
def site():
    with running_site() as running:
        running.pages["/robots.txt"] = b""
        for place in PLACES:
            running.pages[place] = (200, place.encode() * 5000, TAG)
        yield running


def visit(site, path, previous=None, **manners):
    archive = ArchiveWriter(path)
    with network_door(site.manners(**manners), archive, previous=previous) as door:
        answers = [door.get(site.url + place).content for place in PLACES]
    archive.keep()
    return answers, door.traffic


def raw(*pieces, pause=0.05, then_close=False):
    """A page that sends these bytes as they are."""

    def send(handler):
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause if len(pieces) > 1 else 0)
        handler.close_connection = then_close

    return send


@pytest.mark.parametrize(
    "page",
    [
        raw(b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'),
        raw(b"HTTP/1.1 304\r\n\r\n"),
        raw(b"HTTP/1.1 304 Not Modified\r\nVary: a\r\nvary: b\r\n\r\n"),
        raw(b"HTTP/1.1 304 Not Modified\r\nETa", b'g: "one"\r\n\r\n'),
        raw(b'HTTP/1.1 304 Not Modified\r\nETag:\r\n  "one"\r\n\r\n'),
        raw(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n", then_close=True),
        raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 15000\r\n\r\n"),
        raw(b"HTTP/1.0 304 Not Modified\r\n\r\n", then_close=True),
        raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"),
    ],
)
def test_unchanged_in_every_form(site, tmp_path, page):
    first, _ = visit(site, tmp_path / "1")
    site.pages["/b"] = page
    again, traffic = visit(site, tmp_path / "2", tmp_path / "1")
    assert again == first
    assert traffic.unchanged == 3


@pytest.mark.parametrize(
    "page",
    [
        (200, b"new", {"ETag": '"two"'}),
        (200, b"new" * 100_000, {}),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nn", b"ew\r\n0\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n\r\nne", b"w", then_close=True),
        raw(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nnew", then_close=True),
    ],
)
def test_what_has_changed_comes_whole(site, tmp_path, page):
    first, _ = visit(site, tmp_path / "1")
    site.pages["/b"] = page
    again, traffic = visit(site, tmp_path / "2", tmp_path / "1")
    assert (again[0], again[2]) == (first[0], first[2])
    assert again[1].replace(b"new", b"") == b""
    assert again[1]
    assert (traffic.unchanged, traffic.requests) == (2, 4)


def test_trouble_is_tried_again_as_often_as_ever(site, tmp_path):
    first, _ = visit(site, tmp_path / "1")
    answers = [(503, b"soon", {"Retry-After": "0"}), (429, b"soon", {"Retry-After": "0"}), (304, b"", {})]
    site.pages["/b"] = lambda handler: handler.answer(answers.pop(0))
    again, traffic = visit(site, tmp_path / "2", tmp_path / "1", retries=2)
    assert (again, traffic.requests) == (first, 6)
    answers += [(503, b"soon", {"Retry-After": "0"})] * 3
    with pytest.raises(SourceError, match="503") as told:
        visit(site, tmp_path / "3", tmp_path / "2", retries=2)
    assert (told.value.code, answers) == ("server-error", [])


def test_told_to_come_back_much_later(site, tmp_path):
    visit(site, tmp_path / "1")
    site.pages["/b"] = (429, b"", {"Retry-After": "3600"})
    site.asked.clear()
    with pytest.raises(SourceError) as told:
        visit(site, tmp_path / "2", tmp_path / "1", retries=2)
    assert told.value.code == "rate-limited"
    assert site.paths().count("/b") == 1


def test_a_connection_that_was_hung_up_is_opened_anew(site, tmp_path):
    first, _ = visit(site, tmp_path / "1")

    def hang_up(handler):
        site.pages["/b"] = (304, b"", TAG)
        handler.close_connection = True

    site.pages["/b"] = hang_up
    again, traffic = visit(site, tmp_path / "2", tmp_path / "1", retries=1)
    assert (again, traffic.unchanged, traffic.requests) == (first, 3, 5)


def test_a_head_that_drips_is_not_waited_for(site, tmp_path):
    visit(site, tmp_path / "1")
    site.pages["/b"] = raw(b"HTTP/1.1 304 Not Modified\r\n", *[b"X: y\r\n"] * 3000, pause=0.02)
    begun = time.monotonic()
    with pytest.raises(SourceError) as told:
        visit(site, tmp_path / "2", tmp_path / "1", read_timeout=0.3)
    assert told.value.code == "too-slow"
    assert time.monotonic() - begun < 30, "the page would have taken a minute"


@pytest.mark.parametrize(
    ("host", "target", "headers"),
    [
        ("a.org", "/ lieu", {}),
        ("a.org", "/\r\nX: y", {}),
        ("a.org\r\nX: y", "/", {}),
        ("a.org", "/", {"If-None-Match": '"one"\r\nX: y'}),
        ("a.org", "/", {"If-None-Match": "\u201cone\u201d"}),
        ("a.org", "/lieu/é", {}),
    ],
)
def test_what_is_no_plain_question_is_left_to_the_library(host, target, headers):
    assert question(host, target, headers) is None


def test_a_plain_question():
    assert question("a.org:80", "/?q=%C3%A9", {"Accept": "*/*"}) == (
        b"GET /?q=%C3%A9 HTTP/1.1\r\nHost: a.org:80\r\nAccept: */*\r\n\r\n"
    )
