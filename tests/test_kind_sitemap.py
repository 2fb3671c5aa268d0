"""Sitemaps and indexes of them, the facts that pages declare, pages that fail or lead elsewhere, and hostile XML."""

import datetime as dt
import gzip
import io
import json
import os
from pathlib import Path

import pytest
from requests.adapters import BaseAdapter
from site_kit import running_site
from source_kit import SITE, codes, column, failure_of, make_source, read_bodies

from scrapers import revalidate
from scrapers.archive import ArchiveWriter
from scrapers.archive_reader import answer
from scrapers.fetch import Door, network_door, replay_door
from scrapers.kinds import read_source
from scrapers.problems import DefinitionError, SourceError
from scrapers.response import Manners

CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def make(home, fields=None, **fetch):
    fields = fields or {"name": "h1"}
    return make_source(home, "sitemap", fields, fetch=fetch, identity={"key": ["record_url"]})


def sitemap(*ends, space=SPACE):
    places = "".join(f"<url><loc> {SITE}{end}\n</loc><lastmod>2026-02-01</lastmod></url>" for end in ends)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- by hand --><urlset {space}>{places}</urlset>'.encode()


def index(*ends):
    places = "".join(f"<sitemap><loc>{SITE}{end}</loc></sitemap>" for end in ends)
    return f"<sitemapindex {SPACE}>{places}</sitemapindex>".encode()


def page(name, more=""):
    return f"<html><head>{more}</head><body><h1>{name}</h1></body></html>".encode()


def declared(*nodes):
    """A page with these schema.org nodes (or scripts, when they are texts)."""
    texts = (node if isinstance(node, str) else json.dumps(node) for node in nodes)
    return page("titre", "".join(f'<script type="application/ld+json">{text}</script>' for text in texts))


def of_page(home, body, **fields):
    """What a source with `fields` reads from the only page of its sitemap."""
    harvest = read_bodies(make(home, {"name": "h1", **fields}), {"list": sitemap("p/a"), "p/a": body})
    [record] = harvest.records
    return record.fields, codes(harvest)


@pytest.mark.parametrize(
    "body",
    [
        sitemap("p/a", "p/b"),
        sitemap("p/a", "p/b", space=""),
        sitemap("p/a", "p/b", "p/a", "p/a#x"),
        gzip.compress(sitemap("p/a", "p/b"), mtime=0),
        f"\ufeff{SITE}p/a\r\n{SITE}p/b\n".encode(),
    ],
)
def test_pages(tmp_path, body):
    harvest = read_bodies(make(tmp_path), {"list": body, "p/a": page("A"), "p/b": page("B")})
    assert column(harvest, "name") == ["A", "B"]
    assert [record.key for record in harvest.records] == [SITE + "p/a", SITE + "p/b"]
    assert harvest.records[0].origin == SITE + "p/a"
    assert harvest.problems == []


def test_index(tmp_path):
    bodies = {
        "list": index("one.xml.gz", "two.xml", "list"),
        "one.xml.gz": gzip.compress(sitemap("p/a"), mtime=0),
        "two.xml": sitemap("p/b", "p/a"),
        "p/a": page("A"),
        "p/b": page("B"),
    }
    assert column(read_bodies(make(tmp_path), bodies), "name") == ["A", "B"]


def test_match(tmp_path):
    bodies = {"list": sitemap("", "p/a", "contact"), "p/a": page("A")}
    harvest = read_bodies(make(tmp_path, match="/p/[^/]+$"), bodies)
    assert column(harvest, "name") == ["A"]
    assert harvest.problems == []


def test_most_pages(tmp_path):
    bodies = {"list": sitemap("p/a", "x", "p/b", "p/c"), "p/a": page("A"), "p/b": page("B")}
    harvest = read_bodies(make(tmp_path, match="/p/", max_pages=2), bodies)
    assert column(harvest, "name") == ["A", "B"]
    assert codes(harvest) == ["max-pages"]
    assert "p/c still to read" in harvest.problems[0].message


def test_most_sitemaps(tmp_path):
    bodies = {"list": index("1", "2"), "1": sitemap("p/a"), "p/a": page("A")}
    harvest = read_bodies(make(tmp_path, max_pages=2), bodies)
    assert column(harvest, "name") == ["A"]
    assert codes(harvest) == ["max-pages"]


def test_pages_that_fail(tmp_path):
    bodies = {"list": sitemap("p/a", "p/gone", "p/empty", "p/bare", "p/b"), "p/a": page("A"), "p/b": page("B")}
    bodies |= {"p/empty": b"", "p/bare": b"<p>Erreur"}
    fields = {"name": "h1", "country": {"value": "FR"}}
    harvest = read_bodies(make(tmp_path, fields), bodies)
    assert column(harvest, "name") == ["A", "B"]
    assert codes(harvest) == ["detail-not-found", "detail-empty", "no-data"]


def test_links_that_are_not_followed(tmp_path):
    body = sitemap("p/a").replace(b"</urlset>", b"<url><loc>file:///etc/passwd</loc></url><url><loc/></url></urlset>")
    harvest = read_bodies(make(tmp_path), {"list": body, "p/a": page("A")})
    assert column(harvest, "name") == ["A"]
    assert harvest.problems == []


LAUGHS = '<!ENTITY a "haha">' + "".join(
    f'<!ENTITY {this} "{f"&{before};" * 10}">' for before, this in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (sitemap(), "list-empty"),
        (index(), "list-empty"),
        (sitemap("p/a")[:-20], "truncated"),
        (gzip.compress(sitemap("p/a"), mtime=0)[:-12], "truncated"),
        (b"<!DOCTYPE html><html><body>Maintenance</body></html>", "web-page"),
        (b"Not found", "not-a-sitemap"),
        (b"{}", "not-a-sitemap"),
        (b"<rss/>", "not-a-sitemap"),
        (f"<!DOCTYPE x [{LAUGHS}]><urlset><url><loc>&i;</loc></url></urlset>".encode(), "xml-entities"),
        (f'<!DOCTYPE x [{LAUGHS}]><urlset a="&i;"><url><loc>x</loc></url></urlset>'.encode(), "xml-entities"),
        (
            b'<!DOCTYPE x [<!ENTITY s SYSTEM "file:///etc/passwd">]><urlset><url><loc>&s;</loc></url></urlset>',
            "xml-entities",
        ),
    ],
)
def test_refused(tmp_path, body, code):
    failure = failure_of(make(tmp_path), body)
    assert failure.code == code
    assert "root:" not in str(failure)


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("scrapers.kinds.lastmod.SITEMAP_BYTES", 100)
    assert failure_of(make(tmp_path), gzip.compress(sitemap("p/a"), mtime=0)).code == "too-large"


def test_sitemap_of_the_index_missing(tmp_path):
    bodies = {"list": index("1", "2"), "1": sitemap("p/a"), "p/a": page("A")}
    assert failure_of(make(tmp_path), bodies).code == "not-found"


@pytest.mark.parametrize(("bodies", "code"), [({}, "list-empty"), ({"p/a": b"<p>x", "p/b": b"<p>x"}, "no-data")])
def test_no_page_holds_anything(tmp_path, bodies, code):
    assert failure_of(make(tmp_path), {"list": sitemap("p/a", "p/b"), **bodies}).code == code


class Site(BaseAdapter):
    """Answers from a table: a body, an address to redirect to, or a status."""

    def __init__(self, answers):
        super().__init__()
        self.answers, self.asked = answers, []

    def send(self, request, *args, **kwargs):
        self.asked.append(request.url)
        found = self.answers.get(request.url.removeprefix(SITE), 404)
        if isinstance(found, bytes):
            return answer(request, 200, "OK", {}, io.BytesIO(found))
        if isinstance(found, str):
            return answer(request, 301, "Moved", {"Location": SITE + found}, io.BytesIO())
        return answer(request, found, "No", {}, io.BytesIO())

    def close(self):
        pass


def visit(source, answers):
    with Door(Manners()) as door:
        site = Site(answers)
        door.mount("https://", site)
        try:
            return read_source(source, door), site.asked
        except SourceError as error:
            return error, site.asked


@pytest.mark.parametrize("match", [None, "/p/"])
def test_redirected_pages(tmp_path, match):
    source = make(tmp_path, **({"match": match} if match else {}))
    answers = {"list": sitemap("p/a", "p/lost", "p/old", "p/b"), "p/a": page("A"), "": page("Home"), "p/b": page("B")}
    harvest, _ = visit(source, answers | {"p/lost": "", "p/old": "p/b"})
    assert [(record.key, record.fields["name"]) for record in harvest.records] == [
        (SITE + "p/a", "A"),
        (SITE + "p/b", "B"),
    ]
    assert codes(harvest) == ["detail-moved"]


def test_redirect_away_from_the_match(tmp_path):
    answers = {"list": sitemap("p/a", "p/b"), "p/a": page("A"), "p/b": "login", "login": page("Connexion")}
    harvest, _ = visit(make(tmp_path, match="/p/"), answers)
    assert column(harvest, "name") == ["A"]
    assert codes(harvest) == ["detail-moved"]


def test_a_site_in_trouble_is_left_alone(tmp_path):
    ends = [f"p/{number}" for number in range(50)]
    failure, asked = visit(make(tmp_path), {"list": sitemap(*ends), "p/0": page("A"), **dict.fromkeys(ends[1:], 403)})
    assert failure.code == "forbidden"
    assert len(asked) == 12


def test_missing_pages_do_not_stop_it(tmp_path):
    ends = [f"p/{number}" for number in range(30)]
    harvest, _ = visit(make(tmp_path), {"list": sitemap(*ends), "p/29": page("A")})
    assert column(harvest, "name") == ["A"]
    assert codes(harvest) == ["detail-not-found"] * 29


PLACE = {"@type": "Place", "name": "Jardin", "address": {"addressLocality": "Tours", "postalCode": "37000"}}
WHO = {"@type": "Organization", "@id": "#org", "name": "Site", "url": "/"}


@pytest.mark.parametrize(
    ("nodes", "name"),
    [
        ([PLACE], "Jardin"),
        ([[PLACE]], "Jardin"),
        ([{"@graph": [{"@type": "WebPage", "name": "x"}, PLACE]}], "Jardin"),
        ([{"@type": "WebPage", "mainEntity": PLACE}], "Jardin"),
        ([{"@type": "Article", "name": "Récit"}, PLACE], "Jardin"),
        ([{"@type": "Organization", "name": "Une asso"}, {"@type": ["Thing", "NGO"], "name": "Ong"}], "Ong"),
        ([{"@type": "https://schema.org/Organization", "name": "Une asso"}], "Une asso"),
        ([{"@type": "schema:Event", "name": "Fête"}], "Fête"),
        (
            [{"@graph": [{"@type": "Article", "name": "Récit", "publisher": {"@id": "#org"}}, {**WHO, "url": ""}]}],
            "Récit",
        ),
        ([{"@type": "Article", "name": "Récit"}, WHO], "Récit"),
        ([{"@type": "Organization", "name": "A"}, {"@type": "Organization", "name": "B"}], "A"),
        (['// note\n{"@type": "Place", "name": "Jar\tdin", /* x */ "a": 1}'], "Jar\tdin"),
        (['<!-- x -->{"@type": "Place", "name": "Jar\ndin"}'], "Jar\ndin"),
        ([WHO, {"@type": "WebSite", "name": "x"}, {"@type": "Person", "name": "y"}, {"name": "z"}, "[3, null]"], None),
        ([{"@type": None, "@id": {"a": []}, "name": "x"}], None),
    ],
)
def test_main_node(tmp_path, nodes, name):
    fields, problems = of_page(tmp_path, declared(*nodes), summary="jsonld:name")
    assert fields.get("summary") == name
    assert problems == []


@pytest.mark.parametrize("text", ['{"@type": "Place", "name": "cut', "", "var x = 1;", "[" * 100_000])
def test_broken_script(tmp_path, text):
    fields, problems = of_page(tmp_path, declared(text, PLACE), summary="jsonld:name")
    assert fields["summary"] == "Jardin"
    assert problems == ["broken-jsonld"]


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("commune", "jsonld:address.addressLocality", "Tours"),
        ("postcode", ["jsonld:nothing", "jsonld:address.postalCode"], "37000"),
        ("latitude", "jsonld:geo.latitude", "47.39"),
        ("needs", "jsonld:keywords", ["a", "b"]),
        ("partners", {"from": "jsonld:funder", "each": {"name": "name"}}, [{"name": "CAF"}, {"name": "Ville"}]),
        ("name", ["jsonld:nothing", "h1"], "titre"),
        ("organisation_name", "jsonld:parentOrganization.name", "Réseau"),
    ],
)
def test_paths(tmp_path, field, right, value):
    more = {"geo": {"latitude": 47.39}, "keywords": ["a", "b"], "funder": [{"name": "CAF"}, {"name": "Ville"}]}
    graph = [{**PLACE, **more, "parentOrganization": {"@id": "#r"}}, {"@id": "#r", "@type": "Group", "name": "Réseau"}]
    assert of_page(tmp_path, declared({"@graph": graph}), **{field: right})[0][field] == value


def test_microdata(tmp_path):
    body = b"""<h1>x</h1><div itemscope itemtype="http://schema.org/NGO"><b itemprop="name">Le Lieu</b>
    <p itemprop="address" itemscope itemtype="http://schema.org/PostalAddress"><i itemprop="postalCode">37000</i></p>
    </div>"""
    fields, problems = of_page(tmp_path, body, summary="jsonld:name", postcode="jsonld:address.postalCode")
    assert (fields["summary"], fields["postcode"]) == ("Le Lieu", "37000")
    assert problems == []


def test_open_graph(tmp_path):
    head = '<meta property="og:title" content=" Le &amp; Lieu "><meta name="og:image" content="i.png">'
    head += '<meta property="og:tag" content="a"><meta property="og:tag" content="b"><meta property="og:url">'
    fields, _ = of_page(
        tmp_path,
        page("x", head),
        summary="og:title",
        url={"from": ["og:url", "og:image"], "template": SITE + "{}"},
        needs={"from": "og:tag", "all": True},
    )
    assert fields["summary"] == "Le & Lieu"
    assert fields["url"] == SITE + "i.png"
    assert fields["needs"] == ["a", "b"]


def test_main_text(tmp_path):
    text = "Le jardin partagé accueille les habitants du quartier chaque samedi, et leurs légumes aussi. " * 4
    body = f"""<html><body><nav><a href="/">Accueil</a> <a href="/c">Contact</a></nav><main><article><h1>Jardin</h1>
    <p>{text}</p><p>{text} Voir <a href="https://x.org">là</a>.</p></article></main>
    <div id="comments"><div class="comment"><p>Premier commentaire, bravo à vous</p></div></div>
    <footer>Mentions légales</footer></body></html>"""
    summary = of_page(tmp_path, body.encode(), summary="main:")[0]["summary"]
    assert summary.count("chaque samedi") == 8
    assert all(word not in summary for word in ("Contact", "Mentions", "x.org", "bravo"))


def test_selectors(tmp_path):
    body = page("A", "").replace(
        b"</body>", b'<main><p class=x>1</p><a href="../s">S</a></main><ul><li><b>Z</b></ul></body>'
    )
    fields, _ = of_page(
        tmp_path,
        body,
        summary="main:not(.y) p",
        url="main a@href",
        partners={"from": "li", "each": {"name": "b"}},
        programmes={"value": "P"},
    )
    assert fields["summary"] == "1"
    assert fields["url"] == SITE + "s"
    assert fields["partners"] == [{"name": "Z"}]


@pytest.mark.parametrize(
    ("fields", "fetch", "fault"),
    [
        ({"name": "h1["}, {}, "is not a CSS selector"),
        ({"name": "jsonld:a..b"}, {}, "is not a path"),
        ({"name": "h1", "partners": {"from": "og:title", "each": {"name": "b"}}}, {}, "gives a text, no blocks"),
        ({"name": "h1", "partners": {"from": ["jsonld:a", "b"], "each": {"name": "b"}}}, {}, "not of both"),
        ({"name": "h1"}, {"match": "("}, "fetch.match: is not a regular expression"),
        ({"name": "h1"}, {"item": "li"}, 'fetch.item: belongs to kind "html"'),
    ],
)
def test_faults(tmp_path, fields, fetch, fault):
    with pytest.raises(DefinitionError, match=fault):
        make(tmp_path, fields, **fetch)


def test_fault_of_detail_fields(tmp_path):
    with pytest.raises(DefinitionError, match="move them to"):
        make_source(tmp_path, "sitemap", {"name": "h1", "source_key": "h1"}, detail_fields={"summary": "p"})


# ---- what <lastmod> saves ----

OLD, EARLIER, LATER = "2026-02-01", "2026-02-01T12:00:00Z", "2026-03-01T12:00:00+01:00"


class Nights:
    """A site on this machine with a sitemap of three pages, and a visit to it a night, each with the one before."""

    def __init__(self, site, home):
        self.site, self.home, self.number = site, home, 0
        self.lastmods = {"a": OLD, "b": EARLIER, "c": LATER}
        for name in self.lastmods:
            site.pages[f"/p/{name}"] = page(name.upper())

    def visit(self, schedule="weekly", robots=b"", **fetch):
        """Visit the site; return the harvest, and the pages that were asked for, with the traffic."""
        site, archive = self.site, ArchiveWriter(self.home / str(self.number + 1))
        entries = "".join(
            f"<url><loc>{site.url}/p/{name}</loc>{f'<lastmod>{told}</lastmod>' if told else ''}</url>"
            for name, told in self.lastmods.items()
        )
        site.pages |= {"/robots.txt": robots, "/map.xml": f"<urlset {SPACE}>{entries}</urlset>".encode()}
        site.asked.clear()
        source = make_source(
            self.home,
            "sitemap",
            {"name": "h1"},
            schedule=schedule,
            fetch={"url": f"{site.url}/map.xml", **fetch},
            identity={"key": ["record_url"]},
        )
        previous = self.home / str(self.number) if self.number else None
        with network_door(site.manners(), archive, previous=previous) as door:
            harvest = read_source(source, door)
        self.number += 1
        archive.keep()
        assert site.paths()[:2] == ["/robots.txt", "/map.xml"]
        self.traffic, self.source = door.traffic, source
        return harvest, [path.removeprefix("/p/") for path in site.paths()[2:]]


@pytest.fixture
def nights(tmp_path):
    with running_site() as site:
        yield Nights(site, tmp_path)


def test_a_page_of_the_same_lastmod_is_not_asked_for(nights):
    first, asked = nights.visit()
    assert asked == ["a", "b", "c"]
    for _ in range(3):
        again, asked = nights.visit()
        assert asked == []
        assert again.records == first.records
        assert again.problems == []
        assert (nights.traffic.requests, nights.traffic.unchanged) == (2, 3)
    for earlier in "123":
        (nights.home / earlier).unlink()
    nights.site.shutdown()
    with replay_door(nights.home / "4") as door:
        assert read_source(nights.source, door).records == first.records


def test_a_page_whose_lastmod_changed_is_asked_for(nights):
    nights.visit()
    nights.lastmods["b"] = LATER
    nights.site.pages["/p/b"] = page("B2")
    harvest, asked = nights.visit()
    assert asked == ["b"]
    assert column(harvest, "name") == ["A", "B2", "C"]


@pytest.mark.parametrize(
    "told", ["", "gestern", "2026-13-01", "9999-12-31", "2099-01-01T00:00:00Z", "2026", "01/02/2026", "{today}"]
)
def test_a_lastmod_that_tells_nothing_is_ignored(nights, told):
    nights.lastmods = {"a": told.format(today=dt.datetime.now(dt.UTC).date()), "b": OLD}
    nights.visit()
    assert nights.visit()[1] == ["a"]


@pytest.mark.parametrize(("schedule", "last"), [("daily", 6), ("weekly", 29), ("monthly", 29), ("never", 29)])
def test_a_page_is_asked_for_again_when_its_answer_has_aged(nights, monkeypatch, schedule, last):
    def after(days):
        monkeypatch.setattr(revalidate, "_now", lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=days))

    nights.lastmods = {"a": OLD}
    nights.site.pages["/p/a"] = (200, page("A"), {"ETag": '"one"'})
    nights.visit(schedule)
    after(last)
    assert nights.visit(schedule)[1] == []
    after(last + 1)
    nights.site.pages["/p/a"] = (304, b"", {"ETag": '"one"', "X-Renewed": "yes"})
    assert nights.visit(schedule)[1] == ["a"]
    assert nights.site.asked[-1][2]["If-None-Match"] == '"one"'
    with replay_door(nights.home / "3") as door:  # the answer is as young as the 304 now
        assert door.get(nights.site.url + "/p/a").headers["X-Renewed"] == "yes"
    after(1)
    assert nights.visit(schedule)[1] == []


def test_what_was_no_good_page_is_asked_for_again(nights):
    nights.site.pages |= {"/p/a": (404, b"", {}), "/p/b": b"<html><body><p>soon</p></body></html>"}
    nights.visit()
    harvest, asked = nights.visit()
    assert asked == ["a", "b"]
    assert codes(harvest) == ["detail-not-found", "no-data"]
    nights.site.pages |= {"/p/a": page("A"), "/p/b": page("B")}
    assert column(nights.visit()[0], "name") == ["A", "B", "C"]


def test_a_page_that_robots_txt_forbids_since_is_not_read(nights):
    nights.visit()
    harvest, asked = nights.visit(robots=b"User-agent: *\nDisallow: /p/b\n")
    assert asked == []
    assert column(harvest, "name") == ["A", "C"]
    assert codes(harvest) == ["detail-robots"]


def test_after_a_night_whose_archive_is_damaged_all_pages_are_asked_for(nights):
    first, _ = nights.visit()
    whole = (nights.home / "1").read_bytes()
    (nights.home / "1").write_bytes(whole[:-2000] + b"x" * 1000 + whole[-1000:])
    again, asked = nights.visit()
    assert asked != []
    assert again.records == first.records


def as_declared(found):
    """What `extruct` notes of microdata, as the JSON-LD that says the same."""
    if isinstance(found, list):
        return [as_declared(item) for item in found]
    if not isinstance(found, dict):
        return found
    if "properties" not in found:
        return {key: as_declared(value) for key, value in found.items()}
    return {"@type": found.get("type"), **as_declared(found["properties"])}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_real_declarations(tmp_path):
    files = sorted((CORPUS / "api" / "jsonld" / "extruct").iterdir())
    bodies = {}
    for number, file in enumerate(files):
        found = json.loads(file.read_text("utf-8"), strict=False)
        nodes = as_declared(found["microdata"] if isinstance(found, dict) else found)
        bodies[f"p/{number}"] = declared(*nodes)
    source = make(tmp_path, {"name": "h1", "summary": ["jsonld:name", "jsonld:headline"]}, max_pages=1000)
    harvest = read_bodies(source, {"list": sitemap(*bodies), **bodies})
    assert len(harvest.records) == len(files)
    assert harvest.problems == []
    named = {files[int(record.key.rpartition("/")[2])].name for record in harvest.records if "summary" in record.fields}
    expected = ("Event.001", "Event.003", "Event.004", "Event.008", "LocalBusiness.002", "product.json", "JS_comment")
    assert [part for part in expected if not any(part in name for name in named)] == []
    assert not any("Action" in name for name in named)
