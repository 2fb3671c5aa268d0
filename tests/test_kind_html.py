"""Web pages: blocks, links from page to page, the initiatives' own pages, and what must not be followed."""

import json

import pytest
from site_kit import running_site
from source_kit import SITE, codes, column, failure_of, make_source, read_bodies

from scrapers.catalogue import load_source
from scrapers.fetch import network_door
from scrapers.kinds import read_source
from scrapers.problems import SourceError
from scrapers.response import Manners

FIELDS = {"source_key": ".@data-id", "name": "h2"}


def make(home, fields=None, detail_fields=None, **fetch):
    more = {"detail_fields": detail_fields} if detail_fields else {}
    return make_source(home, "html", {**FIELDS, **(fields or {})}, fetch={"item": "li", **fetch}, **more)


def page(*names, more=""):
    items = "".join(f'<li data-ID="{name}"><h2>{name}</h2><a href="/own/{name}#top">voir</a></li>' for name in names)
    return f"<html><body><ul>{items}</ul>{more}</body></html>".encode()


def next_page(link):
    return f'<a class="next" href="{link}">suivant</a>'


def test_list(tmp_path):
    harvest = read_bodies(make(tmp_path), page("a", "b"))
    assert [record.key for record in harvest.records] == ["a", "b"]
    assert column(harvest, "name") == ["a", "b"]
    assert harvest.records[0].origin == SITE + "list"
    assert harvest.problems == []


BLOCK = b"""<li data-id="1" class="x y"><h2> Le  <b>Lieu</b></h2><a class="site" href=" ../site?a=1&amp;b=2 ">Site</a>
<a href="http://[x">odd</a><img data-src="i.png"><div class="t"><p>Un</p><p>Deux</p></div><i>Tours</i><i>Nantes</i>
<ul><p class="partner"><b>CAF</b><i class="kind">public</i></p><p class="partner"><b>Ville</b></p></ul></li>"""


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("summary", "h2", "Le Lieu"),
        ("url", "a.site@href", SITE + "site?a=1&b=2"),
        ("url", "a[href*='[']@HREF", "http://[x"),
        ("url", "img@data-src", "i.png"),
        ("url", "h2@href", None),
        ("summary", ".@class", "x y"),
        ("summary", "h2 b@", None),
        ("commune", "i", "Tours"),
        ("needs", "i", ["Tours"]),
        ("needs", {"from": "i", "all": True}, ["Tours", "Nantes", "public"]),
        ("commune", {"from": "i", "all": True, "join": ", "}, "Tours, Nantes, public"),
        ("address", {"from": ["h2 b", "i"], "join": " - "}, "Lieu - Tours"),
        ("summary", {"from": "div.t", "html": True}, "<p>Un</p><p>Deux</p>"),
        ("summary", ["p.gone", "div.t"], "Un Deux"),
        (
            "partners",
            {"from": "p.partner", "each": {"name": "b", "kind": ".kind"}},
            [{"name": "CAF", "kind": "public"}, {"name": "Ville"}],
        ),
        ("partners", {"from": "p.partner b", "all": True}, [{"name": "CAF"}, {"name": "Ville"}]),
    ],
)
def test_fields(tmp_path, field, right, value):
    if right == "h2 b@":
        with pytest.raises(Exception, match="is not a CSS selector"):
            make(tmp_path, {field: right})
        return
    harvest = read_bodies(make(tmp_path, {field: right}), BLOCK)
    assert column(harvest, field) == [value]


def test_base_address(tmp_path):
    head = b'<head><base href="//cdn.example.org/fr/"></head>'
    harvest = read_bodies(make(tmp_path, {"url": "a@href"}), head + b'<li data-id="1"><h2>A</h2><a href="x">x</a></li>')
    assert column(harvest, "url") == ["https://cdn.example.org/fr/x"]
    harvest = read_bodies(make(tmp_path, {"url": "a@href"}), b'<base href="http://[">' + page("a"))
    assert column(harvest, "url") == ["/own/a#top"]


@pytest.mark.parametrize("link", ["?page=2#top", SITE + "list?page=2", "  list?page=2 "])
def test_next_page(tmp_path, link):
    bodies = {"list": page("a", more=next_page(link)), "list?page=2": page("b")}
    assert column(read_bodies(make(tmp_path, next="a.next@href"), bodies), "name") == ["a", "b"]


@pytest.mark.parametrize("back", ["list", "list?page=2", "#", ""])
def test_loop_of_pages(tmp_path, back):
    bodies = {"list": page("a", more=next_page("?page=2")), "list?page=2": page("b", more=next_page(back))}
    harvest = read_bodies(make(tmp_path, next="a.next@href"), bodies)
    assert column(harvest, "name") == ["a", "b"]
    assert harvest.problems == []


UNFOLLOWED = [
    "javascript:void(0)",
    "mailto:a@b.fr",
    "file:///etc/passwd",
    "ftp://example.org/x",
    "data:text/html,x",
    "http://[",
]


@pytest.mark.parametrize("link", [*UNFOLLOWED, "tel:+33"])
def test_links_that_are_not_followed(tmp_path, link):
    harvest = read_bodies(make(tmp_path, next="a.next@href"), page("a", more=next_page(link)))
    assert column(harvest, "name") == ["a"]
    detail = make(tmp_path, detail="a.next@href")
    body = f'<li data-id="1"><h2>A</h2>{next_page(link)}</li>'.encode()
    assert codes(read_bodies(detail, body)) == ["detail-missing"]
    based = f'<base href="file:///etc/"><li data-id="1"><h2>A</h2>{next_page("passwd")}</li>'.encode()
    assert codes(read_bodies(detail, based)) == ["detail-missing"]


def test_local_pages_stay_in_their_folder(tmp_path):
    (tmp_path / "secret.html").write_bytes(page("secret"))
    (tmp_path / "pages").mkdir()
    for name, link in {"1.html": "2.html", "2.html": "../secret.html", "3.html": "%2e%2e/secret.html"}.items():
        (tmp_path / "pages" / name).write_bytes(page(name[0], more=next_page(link)))
    source = make(tmp_path, next="a.next@href")
    definition = (source.folder / "source.toml").read_text()
    definition = definition.replace(f'"url" = "{SITE}list"', '"path" = "../pages"')
    (source.folder / "source.toml").write_text(definition)
    with network_door(Manners(), None) as door:
        harvest = read_source(load_source(source.folder, (tmp_path / "pages",)), door)
    assert [(record.key, record.origin) for record in harvest.records] == [(n, f"{n}.html") for n in "123"]


def test_numbered_pages(tmp_path):
    source = make(tmp_path, pages={"url": SITE + "list?page={page}", "first": 0, "last": 2})
    bodies = {f"list?page={number}": page(str(number)) for number in range(3)}
    assert column(read_bodies(source, bodies), "name") == ["0", "1", "2"]


def test_most_pages(tmp_path):
    source = make(tmp_path, pages={"url": SITE + "{page}", "last": 9}, max_pages=2)
    harvest = read_bodies(source, {str(number): page(str(number)) for number in range(1, 4)})
    assert column(harvest, "name") == ["1", "2"]
    assert codes(harvest) == ["max-pages"]
    assert f"{SITE}3 still to read" in harvest.problems[0].message


def test_own_pages(tmp_path):
    bodies = {
        "list": page("a", "b", "c", more="<li data-id=d><h2>d</h2></li>"),
        "own/a": b"<h1>Long A</h1><p class=where>Tours</p><a href=site>s</a>",
        "own/c": b"<p class=where>Nantes</p>",
    }
    source = make(tmp_path, detail="a@href", detail_fields={"name": "h1", "commune": ".where", "url": "a@href"})
    harvest = read_bodies(source, bodies)
    assert [record.fields for record in harvest.records] == [
        {
            "source_key": "a",
            "name": "Long A",
            "commune": "Tours",
            "url": SITE + "own/site",
            "record_url": SITE + "own/a",
        },
        {"source_key": "c", "name": "c", "commune": "Nantes", "record_url": SITE + "own/c"},
    ]
    assert harvest.records[0].origin == SITE + "own/a"
    assert codes(harvest) == ["detail-not-found", "detail-missing"]
    assert f'the page of "b" cannot be read: {SITE}own/b answered 404' in harvest.problems[0].message


def test_list_page_missing(tmp_path):
    source = make(tmp_path, next="a.next@href")
    assert failure_of(source, {"list": page("a", more=next_page("?page=2"))}).code == "not-found"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "empty"), (b"<p>Erreur", "list-empty"), (b"\0\0\0", "list-empty"), (b"\x1f\x8b\x08x", "truncated")],
)
def test_refused(tmp_path, body, code):
    assert failure_of(make(tmp_path), body).code == code


TEXT = "L’été à Nîmes, où l’on s’entraide"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=utf-8">', "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("", "utf-8-sig"),
        ('<meta charset="nonsense">', "utf-8"),
    ],
)
def test_charset(tmp_path, head, encoding):
    body = f'<html><head>{head}</head><li data-id="1"><h2>{TEXT}</h2></li></html>'
    assert column(read_bodies(make(tmp_path), body.encode(encoding)), "name") == [TEXT]


def test_given_charset(tmp_path):
    body = f'<meta charset="utf-8"><li data-id="1"><h2>{TEXT}</h2></li>'
    assert column(read_bodies(make(tmp_path, encoding="cp1252"), body.encode("cp1252")), "name") == [TEXT]


def test_deep_page(tmp_path):
    assert column(read_bodies(make(tmp_path), b"<div>" * 1_000 + page("a")), "name") == ["a"]
    for depth in (10_000, 40_000):
        assert failure_of(make(tmp_path), b"<div>" * depth + page("a")).code == "too-deep"


def test_templates_of_scripts_are_no_blocks(tmp_path):
    body = page("a", more="<template><li data-id=x><h2>{{nom}}</h2></li></template>")
    assert column(read_bodies(make(tmp_path), body), "name") == ["a"]


def test_xpath_everywhere(tmp_path):
    bodies = {
        "list": page("a", more=next_page("?p=2")),
        "list?p=2": page("b"),
        "own/a": b"<p>x</p><p>Tours</p>",
        "own/b": b"<p>y</p><p>Nantes</p>",
    }
    source = make(
        tmp_path,
        item="xpath://ul/li[@data-id]",
        next="xpath://a[@class='next']/@href",
        detail="xpath:string(a/@href)",
        detail_fields={"commune": "xpath://p[2]"},
    )
    assert column(read_bodies(source, bodies), "commune") == ["Tours", "Nantes"]
    parts = make(tmp_path, {"partners": {"from": "xpath:.//p[b]", "each": {"name": "xpath:b", "kind": "xpath:i"}}})
    found = column(read_bodies(parts, BLOCK), "partners")
    assert found == [[{"name": "CAF", "kind": "public"}, {"name": "Ville"}]]


MORE = {"url": SITE + "more?page={page}"}


def test_more(tmp_path):
    bodies = {"list": page("a"), "more?page=2": page("b"), "more?page=3": page("c"), "more?page=4": b"<p>fin"}
    harvest = read_bodies(make(tmp_path, more=MORE), bodies)
    assert column(harvest, "name") == ["a", "b", "c"]
    assert harvest.problems == []
    assert harvest.records[1].origin == SITE + "more?page=2"


@pytest.mark.parametrize("last", [page("b"), b"<p></p>", b" ", b"", None])
def test_more_ends(tmp_path, last):
    """At a fragment that repeats the one before, at one without a block, or where there is none."""
    bodies = {"list": page("a"), "more?page=2": page("b"), "more?page=3": last, "more?page=4": page("c")}
    bodies = {end: body for end, body in bodies.items() if body is not None}
    harvest = read_bodies(make(tmp_path, more=MORE), bodies)
    assert column(harvest, "name") == ["a", "b"]
    assert harvest.problems == []


def test_more_that_is_the_list_again(tmp_path):
    harvest = read_bodies(make(tmp_path, more=MORE), {"list": page("a"), "more?page=2": page("a")})
    assert column(harvest, "name") == ["a"]
    assert harvest.problems == []


def test_more_by_post_inside_json(tmp_path):
    more = {"url": SITE + "ajax", "first": 0, "body": "action=more&page={page}", "html": "data.html"}
    answers = [{"data": {"html": page("b").decode()}}, {"data": {"html": page("c").decode()}}, {"data": {"html": None}}]
    bodies = {f"POST ajax action=more&page={n}": json.dumps(found).encode() for n, found in enumerate(answers)}
    harvest = read_bodies(make(tmp_path, more=more), {"list": page("a"), **bodies})
    assert column(harvest, "name") == ["a", "b", "c"]
    assert harvest.problems == []


def test_more_is_bounded(tmp_path):
    bodies = {"list": page("a"), **{f"more?page={n}": page(f"p{n}") for n in range(2, 9)}}
    harvest = read_bodies(make(tmp_path, more=MORE, max_pages=3), bodies)
    assert column(harvest, "name") == ["a", "p2", "p3", "p4"]
    assert codes(harvest) == ["max-pages"]


def test_more_that_was_never_there(tmp_path):
    assert failure_of(make(tmp_path, more=MORE), {"list": page("a")}).code == "not-found"


def test_a_host_that_goes_down_fails_the_source_instead_of_each_page(tmp_path):
    with running_site() as site:
        links = "".join(f'<li class="x"><a href="/p/{number}">n</a></li>' for number in range(30))
        site.pages = {"/robots.txt": b"", "/list": f"<html><body><ul>{links}</ul></body></html>".encode()}
        site.pages |= {f"/p/{number}": (503, b"", {}) for number in range(30)}
        fetch = {"url": f"{site.url}/list", "item": "li.x", "detail": "a@href"}
        source = make_source(
            tmp_path, "html", {"name": "a", "source_key": "a@href"}, detail_fields={"summary": "p"}, fetch=fetch
        )
        with network_door(site.manners(), None) as door, pytest.raises(SourceError) as caught:
            read_source(source, door)
    assert caught.value.code == "host-down"
    assert len([path for path in site.paths() if path.startswith("/p/")]) == 5
