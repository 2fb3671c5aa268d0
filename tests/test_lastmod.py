"""Which of the initiatives' own pages a list need not ask for, as the site's sitemap says."""

import datetime as dt

import pytest
from site_kit import running_site
from source_kit import codes, column, make_source

from scrapers import revalidate
from scrapers.archive import ArchiveWriter
from scrapers.coherence import find_faults
from scrapers.fetch import network_door, replay_door
from scrapers.kinds import read_source
from scrapers.problems import DefinitionError

OLD, NEW = "2026-02-01", "2026-03-01T08:00:00+01:00"


class Nights:
    """A site with a list of three places, their own pages and a sitemap; a visit a night, each with the one before."""

    def __init__(self, site, home):
        self.site, self.home, self.number = site, home, 0
        self.lastmods = {"un": OLD, "deux": OLD, "trois": OLD}
        site.pages["/robots.txt"] = b""
        site.pages["/lieux"] = "".join(
            f'<li><a href="/lieu/{name}#haut">{name}</a></li>' for name in self.lastmods
        ).encode()
        for name in self.lastmods:
            self.write(name, f"About {name}")

    def write(self, name, text):
        self.site.pages[f"/lieu/{name}"] = f"<html><body><h1>{name}</h1><p>{text}</p></body></html>".encode()

    def visit(self):
        """Return the harvest, and the pages of places that were asked for."""
        urls = "".join(
            f"<url><loc>{self.site.url}/lieu/{name}</loc><lastmod>{told}</lastmod></url>"
            for name, told in self.lastmods.items()
        )
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        self.site.pages["/map.xml"] = f"<urlset {space}>{urls}</urlset>".encode()
        self.source = make_source(
            self.home,
            "html",
            {"name": "a"},
            detail_fields={"summary": "p"},
            fetch={
                "url": f"{self.site.url}/lieux",
                "item": "li",
                "detail": "a@href",
                "sitemap": f"{self.site.url}/map.xml",
            },
            identity={"key": ["record_url"]},
        )
        assert find_faults(self.source) == []
        self.site.asked.clear()
        archive = ArchiveWriter(self.home / str(self.number + 1))
        previous = self.home / str(self.number) if self.number else None
        with network_door(self.site.manners(), archive, previous=previous) as door:
            harvest = read_source(self.source, door)
        archive.keep()
        self.number += 1
        return harvest, [path.removeprefix("/lieu/") for path in self.site.paths() if path.startswith("/lieu/")]


@pytest.fixture
def nights(tmp_path):
    with running_site() as site:
        yield Nights(site, tmp_path)


def test_what_the_sitemap_calls_unchanged_is_not_asked_for(nights):
    first, asked = nights.visit()
    assert asked == ["un", "deux", "trois"]
    for _ in range(2):
        again, asked = nights.visit()
        assert asked == []
        assert (again.records, again.problems) == (first.records, [])
    for earlier in "12":
        (nights.home / earlier).unlink()
    nights.site.shutdown()
    with replay_door(nights.home / "3") as door:
        assert read_source(nights.source, door).records == first.records


def test_what_it_calls_changed_is(nights):
    nights.visit()
    nights.lastmods["deux"] = NEW
    nights.write("deux", "Moved to another street")
    harvest, asked = nights.visit()
    assert asked == ["deux"]
    assert column(harvest, "summary") == ["About un", "Moved to another street", "About trois"]


def test_a_page_that_it_does_not_name_is_asked_for(nights):
    del nights.lastmods["trois"]
    nights.visit()
    assert nights.visit()[1] == ["trois"]


def test_a_sitemap_that_lies_is_found_out_in_time(nights, monkeypatch):
    nights.visit()
    nights.write("un", "Changed, and nobody told")
    assert column(nights.visit()[0], "summary")[0] == "About un"
    monkeypatch.setattr(revalidate, "_now", lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=31))
    harvest, asked = nights.visit()
    assert asked == ["un", "deux", "trois"]
    assert column(harvest, "summary")[0] == "Changed, and nobody told"


def test_without_its_sitemap_every_page_is_asked_for(nights):
    nights.visit()
    nights.site.pages["/map.xml"] = (404, b"", {})
    nights.site.asked.clear()
    with network_door(nights.site.manners(), None, previous=nights.home / "1") as door:
        harvest = read_source(nights.source, door)
    assert nights.site.paths()[-3:] == ["/lieu/un", "/lieu/deux", "/lieu/trois"]
    assert codes(harvest) == ["sitemap-not-found"]
    assert len(harvest.records) == 3


def test_a_page_that_is_forbidden_since_is_not_read(nights):
    nights.visit()
    nights.site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /lieu/un\n"
    harvest, asked = nights.visit()
    assert asked == []
    assert column(harvest, "name") == ["deux", "trois"]
    assert codes(harvest) == ["detail-robots"]


@pytest.mark.parametrize("fetch", [{}, {"detail": "a@href", "render": "browser"}])
def test_where_it_tells_nothing_it_is_a_fault(tmp_path, fetch):
    given = {"url": "https://a.org/lieux", "item": "li", "sitemap": "https://a.org/map.xml", **fetch}
    with pytest.raises(DefinitionError, match=r"fetch\.sitemap: tells which pages"):
        make_source(tmp_path, "html", {"name": "a"}, fetch=given)
