"""robots.txt: asked for once, obeyed, and what happens when it cannot be had (RFC 9309)."""

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from site_kit import running_site

from scrapers.archive import ArchiveWriter
from scrapers.archive_reader import ArchiveReader
from scrapers.fetch import network_door, replay_door
from scrapers.problems import SourceError
from scrapers.robots import MOST, Robots

TOLD = """
User-agent: *
Disallow: /

User-agent: Essaim
Disallow: /private/
Allow: /private/list
Disallow: /*.pdf$
"""


@pytest.fixture
def site():
    with running_site() as running:
        running.pages = dict.fromkeys(("/", "/a", "/b", "/private/list", "/private/x", "/x.pdf?b"), b"here")
        yield running


def code(door, address):
    with pytest.raises(SourceError) as caught:
        door.get(address)
    assert caught.value.remedy
    return caught.value.code


def test_what_is_forbidden_is_not_asked_for(site):
    site.pages["/robots.txt"] = TOLD.encode()
    with network_door(site.manners(), None) as door:
        for path in ("/", "/a", "/private/list", "/x.pdf?b"):
            assert door.get(site.url + path).content == b"here"
        for path in ("/private/x", "/private/", "/x.pdf"):
            assert code(door, site.url + path) == "robots"
    assert site.paths() == ["/robots.txt", "/", "/a", "/private/list", "/x.pdf?b"]
    assert "essaim" in site.asked[0][2]["User-Agent"]


def test_each_hop_of_a_redirect_is_asked_about(site):
    site.pages["/robots.txt"] = TOLD.encode()
    site.pages["/a"] = (302, b"", {"Location": "/private/x"})
    with network_door(site.manners(), None) as door:
        assert code(door, site.url + "/a") == "robots"
    assert "/private/x" not in site.paths()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_without_rules_all_is_allowed(site, status):
    site.pages["/robots.txt"] = (status, TOLD.encode(), {})
    with network_door(site.manners(), None) as door:
        assert door.get(site.url + "/private/x").status == 200


def hang_up(handler):
    handler.close_connection = True


@pytest.mark.parametrize("answer", [(500, b"", {}), (503, b"", {}), (429, b"", {}), hang_up])
def test_rules_that_cannot_be_had_forbid_all(site, answer):
    site.pages["/robots.txt"] = answer
    with network_door(site.manners(), None) as door:
        assert [code(door, site.url + path) for path in ("/a", "/b", "/a")] == ["robots"] * 3
    assert site.paths() == ["/robots.txt"]


def test_a_host_that_is_not_there_is_named_as_such():
    with network_door(running_nowhere(), None) as door:
        assert code(door, "http://no-such-host.invalid/a") == "name-resolution"
        assert code(door, "http://no-such-host.invalid/b") == "name-resolution"


def running_nowhere():
    with running_site() as gone:
        return gone.manners()


def test_rules_may_be_redirected(site):
    site.pages |= {"/robots.txt": (301, b"", {"Location": "/rules"}), "/rules": TOLD.encode()}
    with network_door(site.manners(), None) as door:
        assert code(door, site.url + "/private/x") == "robots"
    site.pages["/robots.txt"] = (301, b"", {"Location": "/robots.txt"})
    with network_door(site.manners(), None) as door:
        assert door.get(site.url + "/private/x").status == 200


@pytest.mark.parametrize("asked", ["Crawl-delay: 0.3", "Request-rate: 10/3", "Request-rate: 10/3s 0000-2359"])
def test_the_slower_pace_counts(site, asked):
    site.pages["/robots.txt"] = f"User-agent: *\n{asked}\n".encode()
    assert time_of(site, ("/a", "/b", "/a"), site.manners()) > 3 * 0.3 - 0.01
    site.pages["/robots.txt"] = b"User-agent: *\nCrawl-delay: 0.01\n"
    assert time_of(site, ("/a", "/b"), site.manners(requests_per_second=4)) > 2 * 0.25 - 0.01


def time_of(site, paths, manners):
    """Seconds from before the rules are asked for to the last answer: a busy machine may add to them, never take."""
    begun = time.monotonic()
    with network_door(manners, None) as door:
        for path in paths:
            door.get(site.url + path)
    return time.monotonic() - begun


def test_a_pace_that_no_night_can_keep(site):
    site.pages["/robots.txt"] = b"User-agent: *\nCrawl-delay: 3600\n"
    with network_door(site.manners(), None) as door:
        assert code(door, site.url + "/a") == "robots"


def test_a_long_file_is_cut_at_a_line(site):
    beginning = b"User-agent: *\nDisallow: /private/\n"
    filling = b"#" * (MOST - len(beginning) - 11) + b"\n"
    site.pages["/robots.txt"] = beginning + filling + b"Disallow: /absent/and/more\n" + b"Disallow: /a\n" * 1000
    with network_door(site.manners(), None) as door:
        assert door.get(site.url + "/a").status == 200
        assert code(door, site.url + "/private/x") == "robots"
    assert door.traffic.bytes < MOST + 100_000


def test_archived_and_not_needed_for_a_replay(site, tmp_path):
    site.pages["/robots.txt"] = TOLD.encode()
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    with network_door(site.manners(), archive) as door:
        door.get(site.url + "/a")
    reader = ArchiveReader(archive.keep())
    assert reader.find(site.url + "/robots.txt").body.read() == TOLD.encode()
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /\n"
    with replay_door(tmp_path / "a.warc.gz") as door:
        assert door.get(site.url + "/a").content == b"here"


LINES = st.sampled_from(
    ["User-agent: *", "Disallow: /a", "Allow:", "Crawl-delay: x", "Request-rate: 1/", "Disallow: /%"]
)


@given(st.one_of(st.binary(max_size=200), st.lists(LINES | st.text(max_size=20)).map(lambda x: "\n".join(x).encode())))
def test_any_file_can_be_read(content):
    robots = Robots(lambda address: (200, io.BytesIO(content)), lambda host, seconds: None, 60.0)
    try:
        robots.admit("https://example.org/a?b=é")
    except SourceError as error:
        assert error.code == "robots"


def test_sitemaps_are_told(site, tmp_path):
    lines = [
        "Sitemap: {0}/one.xml",
        "Sitemap: /two.xml",
        "sitemap: {0}/one.xml",
        "Sitemap: ftp://a.org/x",
        "Sitemap: http://[",
    ]
    site.pages["/robots.txt"] = "\n".join(["User-agent: *", "Disallow: /a", *lines]).format(site.url).encode()
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    with network_door(site.manners(), archive) as door:
        assert door.sitemaps(site.url + "/b?c") == [f"{site.url}/one.xml", f"{site.url}/two.xml"]
        assert code(door, site.url + "/a") == "robots"
    assert site.paths() == ["/robots.txt"]
    with replay_door(archive.keep()) as door:
        assert door.sitemaps(site.url) == [f"{site.url}/one.xml", f"{site.url}/two.xml"]
        assert door.sitemaps("https://example.org") == []


def test_without_rules_there_are_no_sitemaps(site):
    with network_door(site.manners(), None) as door:
        assert door.sitemaps(site.url) == []
    site.pages["/robots.txt"] = (503, b"Sitemap: /one.xml", {})
    with network_door(site.manners(), None) as door, pytest.raises(SourceError, match="answered 503"):
        door.sitemaps(site.url)
