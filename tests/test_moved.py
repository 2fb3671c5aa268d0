"""Addresses that have moved: the rows are read and the new address is named, unless only a home page is left."""

import pytest
from site_kit import running_site
from test_night import DEFINITION, ROWS

from scrapers.archive import ArchiveWriter
from scrapers.catalogue import load_source
from scrapers.fetch import network_door, replay_door
from scrapers.kinds import read_source
from scrapers.moved import check_landing, is_home, moved
from scrapers.problems import SourceError

LINES = "\n".join(["id;nom;ville;cp", *(";".join(row) for row in ROWS)]).encode()


@pytest.fixture
def site():
    with running_site() as running:
        running.pages |= {"/new.csv": LINES, "/": b"<h1>Welcome</h1>", "/fr/": b"<h1>Bienvenue</h1>"}
        yield running


def to(site, target, status=301):
    site.pages["/places.csv"] = (status, b"", {"Location": target})


@pytest.fixture
def source(site, tmp_path):
    text = DEFINITION.format(id="alpha", licence="etalab-2.0")
    (tmp_path / "alpha").mkdir()
    text = text.replace('path = "places.csv"', f'url = "{site.url}/places.csv"')
    (tmp_path / "alpha" / "source.toml").write_text(text, encoding="utf-8")
    return load_source(tmp_path / "alpha")


def read(site, source, archive=None):
    with network_door(site.manners(), archive) as door:
        return read_source(source, door)


def test_a_new_address_is_told(site, source, tmp_path):
    to(site, "/new.csv")
    archive = ArchiveWriter(tmp_path / "a.warc.gz")
    found = read(site, source, archive)
    with replay_door(archive.keep()) as door:
        replayed = read_source(source, door)
    for harvest in (found, replayed):
        [problem] = harvest.problems
        assert (len(harvest.records), problem.code, problem.level) == (4, "moved", "warning")
        assert problem.message == f"{site.url}/places.csv has moved for good to {site.url}/new.csv"
        assert problem.remedy == f"write {site.url}/new.csv in [fetch] of the definition"


def test_only_what_is_for_good_counts(site, source):
    to(site, "/new.csv", 302)
    assert read(site, source).problems == []
    to(site, "/hop", 308)
    site.pages["/hop"] = (302, b"", {"Location": "/new.csv"})
    [problem] = read(site, source).problems
    assert problem.remedy == f"write {site.url}/hop in [fetch] of the definition"


@pytest.mark.parametrize("status", [301, 302])
@pytest.mark.parametrize("target", ["/", "/fr/"])
def test_a_home_page_in_its_place_is_an_error(site, source, status, target):
    to(site, target, status)
    with pytest.raises(SourceError, match="the page itself is gone") as caught:
        read(site, source)
    assert (caught.value.code, bool(caught.value.remedy)) == ("moved", True)
    with network_door(site.manners(), None) as door:  # of an address that no definition names, nothing is known
        assert door.get(f"{site.url}/places.csv").status == 200


def test_the_root_of_another_host_is_an_error(site, source):
    with running_site() as other:
        other.pages["/"] = b"<h1>Other</h1>"
        to(site, other.url)
        with (
            pytest.raises(SourceError, match="the page itself is gone"),
            network_door(site.manners(allowed_hosts={site.host, other.host}), None) as door,
        ):
            read_source(source, door)


def test_a_home_page_may_move():
    for landed in ("https://www.a.org/", "https://b.org", "https://b.org/fr"):
        check_landing("https://a.org/", landed, is_start=True)
    check_landing("https://a.org/list", "https://a.org/list/", is_start=True)
    check_landing("https://a.org/list", "https://a.org/?page=list", is_start=True)


@pytest.mark.parametrize("landed", ["https://www.hugedomains.com/domain_profile.cfm?d=a", "https://dan.com/buy/a.org"])
def test_a_domain_for_sale(landed):
    with pytest.raises(SourceError, match="where domain names are sold") as caught:
        check_landing("https://a.org/", landed, is_start=False)
    assert caught.value.code == "moved"
    check_landing("https://a.org/", "https://jordan.com/", is_start=True)


def test_home_pages():
    assert all(map(is_home, ("https://a.org", "https://a.org/", "https://a.org/index.php", "https://a.org/fr-FR/")))
    assert not any(
        map(is_home, ("https://a.org/list", "https://a.org/?id=1", "https://a.org/44/", "https://a.org/x.csv"))
    )


def test_what_begins_at_a_root_that_has_moved():
    moves = {"https://a.org/api/list?page=1": "https://b.org/v/api/list?page=1"}
    for start in ("https://a.org", "https://a.org/"):
        [problem] = moved("alpha", [start], moves)
        assert problem.remedy == "write https://b.org/v in [fetch] of the definition"
    [problem] = moved("alpha", ["https://a.org/api", "https://a.org/api/list"], moves)
    assert problem.message.endswith("to https://b.org/v/api, and 1 more of its addresses have too")
    for start in ("https://a.org/ap", "https://c.org"):
        assert list(moved("alpha", [start], moves)) == []
