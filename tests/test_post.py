"""Questions asked with a POST: as polite as a GET, archived by their body, and answered by a sample."""

import pytest
from site_kit import running_site
from test_night import DEFINITION
from warcio.archiveiterator import ArchiveIterator

from scrapers.archive import POSTED, ArchiveWriter
from scrapers.catalogue import load_source
from scrapers.fetch import network_door, replay_door, sample_door
from scrapers.problems import DefinitionError, SourceError
from scrapers.response import Post

ONE, TWO = Post('{"page": 1, "à": "é"}'), Post('{"page": 2}')


@pytest.fixture
def site():
    with running_site() as running:
        running.pages["/search"] = b"no question"
        running.pages[f"POST /search {ONE.body}"] = (200, b"first", {"ETag": '"one"'})
        running.pages[f"POST /search {TWO.body}"] = b"second"
        yield running


def code(door, address, post):
    with pytest.raises(SourceError) as caught:
        door.get(address, post)
    return caught.value.code


def test_a_question_is_posted_and_found_again_by_its_body(site, tmp_path):
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    address = site.url + "/search"
    with network_door(site.manners(), archive) as door:
        assert [door.get(address, post).content for post in (ONE, TWO, None)] == [b"first", b"second", b"no question"]
    assert site.posted == [("/search", ONE.body), ("/search", TWO.body)]
    assert site.asked[1][2]["Content-Type"] == "application/json"
    with archive.keep().open("rb") as file:
        heads = [record.rec_headers for record in ArchiveIterator(file)]
    assert [head["WARC-Target-URI"] for head in heads[1:]] == [address] * 3
    assert [str(head[POSTED])[:7] for head in heads[1:]] == ["sha256:", "sha256:", "None"]
    with replay_door(tmp_path / "a.warc.gz") as door:
        assert [door.get(address, post).content for post in (None, TWO, ONE)] == [b"no question", b"second", b"first"]
        assert code(door, address, Post("{}")) == "not-archived"


def test_a_question_is_never_conditional(site, tmp_path):
    for night in ("1", "2"):
        archive = ArchiveWriter(tmp_path / night)
        previous = tmp_path / "1" if night == "2" else None
        with network_door(site.manners(), archive, previous=previous) as door:
            assert door.get(site.url + "/search", ONE).content == b"first"
        archive.keep()
    assert not any("If-None-Match" in headers for *_, headers in site.asked)


def test_a_form_has_its_own_type(site):
    site.pages["POST /search q=jardin"] = b"form"
    with network_door(site.manners(), None) as door:
        assert door.get(site.url + "/search", Post("q=jardin", "application/x-www-form-urlencoded")).content == b"form"
    assert site.asked[-1][2]["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(("status", "again"), [(301, False), (302, False), (303, False), (307, True), (308, True)])
def test_redirects_repeat_it_or_not(site, tmp_path, status, again):
    site.pages["/to"] = (status, b"", {"Location": "/search"})
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    with network_door(site.manners(), archive) as door:
        assert door.get(site.url + "/to", ONE).content == (b"first" if again else b"no question")
    assert [path for path, _ in site.posted] == ["/to", "/search"][: 1 + again]
    with replay_door(archive.keep()) as door:
        assert door.get(site.url + "/to", ONE).content == (b"first" if again else b"no question")


def test_robots_guard_and_limits_hold(site):
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /search\n"
    site.pages["/to"] = (307, b"", {"Location": "http://169.254.169.254/"})
    site.pages["/big"] = b"x" * 2000
    with network_door(site.manners(max_bytes=1000), None) as door:
        assert code(door, site.url + "/search", ONE) == "robots"
        assert code(door, site.url + "/to", ONE) == "private-address"
        assert code(door, site.url + "/big", ONE) == "too-large"
    assert [path for path, _ in site.posted] == ["/to", "/big"]


def test_a_question_is_asked_again_when_the_site_is_busy(site):
    site.pages["/busy"] = lambda handler: handler.send(503 if len(site.posted) < 2 else 200, b"now", {})
    with network_door(site.manners(retries=1), None) as door:
        assert door.get(site.url + "/busy", ONE).content == b"now"
    assert site.posted == [("/busy", ONE.body)] * 2


def test_a_sample_answers_by_body_or_else_by_address(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
    address = "https://example.org/search?à=1"
    pages = {f"POST {address} {ONE.body}": tmp_path / "one", address: tmp_path / "other"}
    with sample_door(pages, None) as door:
        assert [door.get(address, post).content for post in (ONE, TWO, None)] == [b"one", b"other", b"other"]
    with sample_door({f"POST {address} {ONE.body}": tmp_path / "one"}, None) as door:
        assert door.get(address, ONE).content == b"one"
        assert code(door, address, TWO) == "not-found"
        assert code(door, address, None) == "not-found"


def test_the_key_of_a_page_is_an_address_or_a_post(tmp_path):
    (tmp_path / "alpha" / "sample").mkdir(parents=True)
    (tmp_path / "alpha" / "sample" / "one.csv").write_text("id;nom\n1;Lieu")
    text = DEFINITION.format(id="alpha", licence="etalab-2.0").replace('path = "places.csv"', 'url = "https://a.fr/x"')

    def define(key):
        sample = f"\n[sample]\nwritten_on = 2026-03-01\nrows = 1\npages = {{ '{key}' = \"one.csv\" }}\n"
        (tmp_path / "alpha" / "source.toml").write_text(text + sample, encoding="utf-8")
        return load_source(tmp_path / "alpha")

    for key in ("https://a.fr/x", 'POST https://a.fr/x {"page": 1}'):
        assert define(key).sample.pages == {key: "one.csv"}
    for key in ("POST https://a.fr/x", "POST a.fr {}", "a.fr/x", "PUT https://a.fr/x {}"):
        with pytest.raises(DefinitionError, match='is neither an address nor "POST <address> <body>"'):
            define(key)
