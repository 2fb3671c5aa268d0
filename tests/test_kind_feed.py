"""RSS, RDF and Atom feeds: entries, their markup, the pages they link to, documents that go on, and broken ones."""

import os
from pathlib import Path

import pytest
from source_kit import SITE, codes, column, failure_of, make_source, read_bodies

from scrapers.problems import DefinitionError

CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
FIELDS = {"source_key": "id", "name": "title"}
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:georss="http://www.georss.org/georss" xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def make(home, fields=None, detail_fields=None, **fetch):
    more = {"detail_fields": detail_fields} if detail_fields else {}
    return make_source(home, "feed", {**FIELDS, **(fields or {})}, fetch=fetch, **more)


def entry(name, more="", link="own/{}#top"):
    where = f"<link>{SITE}{link.format(name)}</link>" if link else ""
    return f'<item><title>{name}</title>{where}<guid isPermaLink="false">{name}</guid>{more}</item>'


def rss(*entries, more="", spaces=SPACES, encoding="utf-8"):
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" {spaces}><channel><title>Brèves</title>'
    text = f"{head}<link>{SITE}</link><description/>{more}{''.join(entries)}</channel></rss>\n"
    return text.encode(encoding)


def going_on(link):
    return f'<atom:link rel="next" href="{link}"/>'


FULL = """<dc:creator>La rédaction</dc:creator><pubDate>Mon, 02 Feb 2026 10:00:00 +0000</pubDate>
<category>Climat</category><category>Habitat</category><ev:location>Tours</ev:location>
<description><![CDATA[<p>Un lieu</p><p>&amp; un <b>jardin</b></p>]]></description>
<content:encoded><![CDATA[<p>Un texte <a href="/plus">long</a></p><script>alert(1)</script>]]></content:encoded>
<georss:point>47.39 0.68</georss:point><enclosure url="https://www.example.org/i.jpg" type="image/jpeg" length="9"/>"""


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("summary", "summary", "Un lieu & un jardin"),
        ("summary", {"from": "summary", "html": True}, "<p>Un lieu</p><p>&amp; un <b>jardin</b></p>"),
        ("summary", "content", "Un texte long"),
        ("summary", {"from": "content", "html": True}, f'<p>Un texte <a href="{SITE}plus">long</a></p>'),
        ("summary", ["nothing", "content"], "Un texte long"),
        ("url", "link", SITE + "own/a#top"),
        ("url", "enclosure", SITE + "i.jpg"),
        ("started_on", "published", "Mon, 02 Feb 2026 10:00:00 +0000"),
        ("themes", "tags", ["Climat", "Habitat"]),
        ("commune", "tags", "Climat"),
        ("commune", {"from": "tags", "all": True, "join": ", "}, "Climat, Habitat"),
        ("commune", "ev_location", "Tours"),
        ("point", "where", "POINT(0.68 47.39)"),
        ("status", {"value": "running"}, "running"),
    ],
)
def test_fields(tmp_path, field, right, value):
    harvest = read_bodies(make(tmp_path, {field: right}), rss(entry("a", FULL)))
    assert column(harvest, field) == [value]
    assert harvest.records[0].fields["record_url"] == SITE + "own/a"


def test_left_over(tmp_path):
    fields = {"started_on": "published", "point": "where", "needs": "tags", "ignore": ["enclosure"]}
    harvest = read_bodies(make(tmp_path, fields), rss(entry("a", FULL), entry("b")))
    assert codes(harvest) == ["left-over"]
    assert "author (1), content (1), ev_location (1), summary (1)" in harvest.problems[0].message


ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Projets</title><id>urn:f</id>
<updated>2026-02-02T10:00:00Z</updated><entry><id>urn:1</id><title type="html">Caf&amp;eacute; &amp;lt;3</title>
<link rel="alternate" href="{SITE}own/1"/><link rel="enclosure" href="{SITE}i.jpg"/>
<updated>2026-02-01T09:00:00Z</updated>
<category term="env" label="Environnement"/><summary type="text">Moins de 3 &lt; plus de 2</summary></entry></feed>"""

RDF = f"""<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<channel rdf:about="{SITE}"><title>Projets</title><link>{SITE}</link><description/></channel>
<item rdf:about="{SITE}own/1"><title>Café &lt;3</title><link>{SITE}own/1</link><description>Un</description></item>
</rdf:RDF>"""


@pytest.mark.parametrize("body", [ATOM, RDF])
def test_other_formats(tmp_path, body):
    harvest = read_bodies(make(tmp_path, {"source_key": "link", "ignore": ["*"]}), body.encode())
    assert column(harvest, "name") == ["Café <3"]
    assert column(harvest, "record_url") == [SITE + "own/1"]
    assert harvest.problems == []


def test_atom(tmp_path):
    fields = {"summary": "summary", "needs": "tags", "started_on": "updated", "url": "enclosure"}
    [record] = read_bodies(make(tmp_path, fields), ATOM.encode()).records
    assert record.fields["summary"] == "Moins de 3 < plus de 2"
    assert record.fields["needs"] == ["Environnement"]
    assert record.fields["started_on"] == "2026-02-01T09:00:00Z"


def test_documents_that_go_on(tmp_path):
    bodies = {"list": rss(entry("a"), more=going_on("?p=2")), "list?p=2": rss(entry("b"), more=going_on("/list"))}
    harvest = read_bodies(make(tmp_path), bodies)
    assert column(harvest, "name") == ["a", "b"]
    assert harvest.problems == []


@pytest.mark.parametrize("link", ["file:///etc/passwd", "ftp://example.org/x", "javascript:x()", "http://["])
def test_links_that_are_not_followed(tmp_path, link):
    harvest = read_bodies(make(tmp_path), rss(entry("a"), more=going_on(link)))
    assert column(harvest, "name") == ["a"]


def test_most_documents(tmp_path):
    bodies = {"list": rss(entry("a"), more=going_on("/2")), "2": rss(entry("b"), more=going_on("/3"))}
    harvest = read_bodies(make(tmp_path, max_pages=2), bodies)
    assert column(harvest, "name") == ["a", "b"]
    assert codes(harvest) == ["max-pages"]


def test_own_pages(tmp_path):
    bodies = {
        "list": rss(entry("a"), entry("b"), entry("c", link=None), entry("d")),
        "own/a": b"<h1>Long A</h1><p class=where>Tours</p>",
        "own/d": b"<p>Erreur",
    }
    harvest = read_bodies(make(tmp_path, detail_fields={"name": "h1", "commune": ".where"}), bodies)
    assert column(harvest, "name") == ["Long A", "d"]
    assert harvest.records[0].fields["commune"] == "Tours"
    assert [record.origin for record in harvest.records] == [SITE + "own/a", SITE + "own/d"]
    assert codes(harvest) == ["detail-not-found", "detail-missing", "bare-page"]


CUT = rss(entry("a"), entry("b"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (rss(), "list-empty"),
        (CUT[:-30], "truncated"),
        (CUT[: CUT.index(b"<item>") + 20], "truncated"),
        (b"<!DOCTYPE html><html><body>Maintenance</body></html>", "web-page"),
        (b"<p>Erreur", "not-a-feed"),
        (b'{"error": 1}', "not-a-feed"),
        (b"/etc/hostname", "not-a-feed"),
        (SITE.encode(), "not-a-feed"),
        (b"<urlset/>", "not-a-feed"),
        (CUT.replace(b"utf-8", b"utf\0-8"), "not-a-feed"),
        (b"\x1f\x8b\x08x", "truncated"),
    ],
)
def test_refused(tmp_path, body, code):
    assert failure_of(make(tmp_path), body).code == code


def test_unsound_but_whole(tmp_path):
    body = rss(entry("Thé & café"), entry("b")) + b"<!-- kept 3 s -->"
    harvest = read_bodies(make(tmp_path), body)
    assert column(harvest, "name") == ["Thé & café", "b"]
    assert codes(harvest) == ["broken-xml"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_encoding(tmp_path, encoding):
    harvest = read_bodies(make(tmp_path), rss(entry("L’été à Nîmes"), encoding=encoding))
    assert column(harvest, "name") == ["L’été à Nîmes"]
    assert harvest.problems == []


def test_wrong_encoding(tmp_path):
    body = rss(entry("L’été à Nîmes"), encoding="cp1252").replace(b"cp1252", b"utf-8")
    assert column(read_bodies(make(tmp_path), body), "name") == ["L’été à Nîmes"]
    assert column(read_bodies(make(tmp_path, encoding="cp1252"), body), "name") == ["L’été à Nîmes"]


def test_hostile_xml(tmp_path):
    (tmp_path / "secret").write_text("the secret")
    laughs = '<!ENTITY a "haha">' + "".join(
        f'<!ENTITY {this} "{f"&{before};" * 10}">' for before, this in zip("abcdefgh", "bcdefghi", strict=True)
    )
    doctype = f'<!DOCTYPE rss [{laughs}<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    body = rss(entry("a", "<description>&i; &x;</description>")).replace(b"<rss", doctype + b"<rss")
    failure = failure_of(make(tmp_path, {"summary": "summary"}), body)
    assert failure.code == "xml-entities"
    assert "secret" not in str(failure)


@pytest.mark.parametrize(
    ("fields", "fetch", "fault"),
    [
        ({"name": "h2 a"}, {}, 'fields.name: "h2 a" is no value of an entry'),
        ({"partners": {"from": "tags", "each": {"name": "b"}}}, {}, 'without "each"'),
        ({}, {"detail": "a@href"}, 'fetch.detail: belongs to kind "html"'),
    ],
)
def test_faults(tmp_path, fields, fetch, fault):
    with pytest.raises(DefinitionError, match=fault.replace("(", r"\(")):
        make(tmp_path, fields, **fetch)


def test_record_url_is_known(tmp_path):
    source = make_source(tmp_path, "feed", {"name": "title"}, identity={"key": ["record_url"]})
    assert [record.key for record in read_bodies(source, rss(entry("a"))).records] == [SITE + "own/a"]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_real_feeds(tmp_path):
    files = sorted((CORPUS / "api" / "wordpress").glob("*.xml"))
    assert files
    for file in files:
        # Feeds of a site without news, so far.
        body = file.read_bytes()
        if b"<item>" in body or b"<entry>" in body:
            assert read_bodies(make(tmp_path), body).records
        else:
            assert failure_of(make(tmp_path), body).code == "list-empty"
        assert failure_of(make(tmp_path), body[: len(body) // 2]).code == "truncated"
