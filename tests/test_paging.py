"""Paging: every style reads all pages once, stops where the list ends, and never runs in circles."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback_kit import running_site
from source_kit import codes, column, failure_of, make_source, read_bodies
from test_definitions import changed, faults

from scrapers.kinds.paging import with_parameters
from scrapers.problems import SourceError

FIELDS = {"source_key": "id", "name": "name", "ignore": ["extra"]}
JSON = {"kind": "json", "fetch": {"url": "https://www.example.org/list"}, "fields": {"source_key": "id", "name": "n"}}


def entries(*numbers):
    return [{"id": number, "name": f"Lieu {number}"} for number in numbers]


def body(*numbers, **more):
    return json.dumps({"data": entries(*numbers), **more}).encode()


def paged(home, style, *, url="https://www.example.org/list", max_pages=None, **paging):
    fetch = {"url": url, "items": "data", "paging": {"style": style, **paging}}
    if max_pages:
        fetch["max_pages"] = max_pages
    return make_source(home, "json", FIELDS, fetch=fetch)


def keys(harvest):
    return [int(key) for key in column(harvest, "source_key")]


@pytest.fixture
def site():
    with running_site() as running:
        yield running


@pytest.mark.parametrize(
    "last",
    [
        {"list?page=3": body()},
        {"list?page=3": b'{"data": null}'},
        {"list?page=3": body(3, 4)},
        {},
    ],
    ids=["an empty page", "null", "the page before", "no such page"],
)
def test_numbered_pages_end(tmp_path, last):
    harvest = read_bodies(paged(tmp_path, "page"), {"list?page=1": body(1, 2), "list?page=2": body(3, 4), **last})
    assert keys(harvest) == [1, 2, 3, 4]
    assert harvest.problems == []


def test_numbered_pages_from_zero_with_size(tmp_path):
    source = paged(
        tmp_path, "page", param="p", first=0, size_param="n", size=2, url="https://www.example.org/list?q=a%20b&p=9#top"
    )
    bodies = {"list?q=a%20b&n=2&p=0": body(1, 2), "list?q=a%20b&n=2&p=1": body(3)}
    assert keys(read_bodies(source, bodies)) == [1, 2, 3]


def test_offset_moves_by_what_came(tmp_path):
    source = paged(tmp_path, "offset", param="from", size_param="limit", size=1000)
    bodies = {"list?limit=1000&from=0": body(1, 2, 3), "list?limit=1000&from=3": body(4, 5)}
    assert keys(read_bodies(source, {**bodies, "list?limit=1000&from=5": body()})) == [1, 2, 3, 4, 5]


def test_offset_from_one(tmp_path):
    bodies = {"list?start=1": body(1, 2), "list?start=3": body(3), "list?start=4": body()}
    assert keys(read_bodies(paged(tmp_path, "offset", param="start", first=1), bodies)) == [1, 2, 3]


@pytest.mark.parametrize("last", ["null", "false", '""', None])
def test_cursor(tmp_path, last):
    source = paged(tmp_path, "cursor", param="after", next="meta.cursor", size_param="n", size=2)
    end = {} if last is None else {"meta": {"cursor": json.loads(last)}}
    bodies = {"list?n=2": body(1, 2, meta={"cursor": "a/b=&é"}), "list?n=2&after=a%2Fb%3D%26%C3%A9": body(3, **end)}
    assert keys(read_bodies(source, bodies)) == [1, 2, 3]


def test_cursor_that_is_a_number(tmp_path):
    bodies = {"list": body(1, next=12), "list?after=12": body(2, next=None)}
    assert keys(read_bodies(paged(tmp_path, "cursor", param="after", next="next"), bodies)) == [1, 2]


def test_same_cursor_with_an_empty_page_is_the_end(tmp_path):
    bodies = {"list": body(1, next="x"), "list?after=x": body(next="x")}
    assert keys(read_bodies(paged(tmp_path, "cursor", param="after", next="next"), bodies)) == [1]


def test_cursor_page_that_is_gone_is_a_failure(tmp_path):
    source = paged(tmp_path, "cursor", param="after", next="next")
    assert failure_of(source, {"list": body(1, next="x")}).code == "not-found"


@pytest.mark.parametrize(
    "following", ["/list?p=2", "list?p=2", "?p=2", "https://www.example.org/list?p=2", " /list?p=2#here "]
)
def test_link_in_the_body(tmp_path, following):
    bodies = {"list": body(1, links={"next": following}), "list?p=2": body(2, links={"next": None})}
    assert keys(read_bodies(paged(tmp_path, "link", next="links.next"), bodies)) == [1, 2]


@pytest.mark.parametrize(
    "header",
    [
        '<{site}/list?p=2>; rel="next"',
        '</list?p=2>; rel=next; title="more"',
        '</list?p=1>; rel="first", <list?p=2>; rel="last NEXT"',
    ],
)
def test_link_header(tmp_path, site, header):
    site.answers["/list"] = (200, {"Link": header}, body(1))
    site.answers["/list?p=2"] = (200, {"Link": '</list>; rel="prev"'}, body(2))
    harvest = site.harvest(paged(tmp_path, "link", url=site.root + "/list"))
    assert keys(harvest) == [1, 2]
    assert site.asked == ["/list", "/list?p=2"]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_page_beyond_the_last_is_refused(tmp_path, site, status):
    site.answers = {"/list?page=1": (200, {}, body(1)), "/list?page=2": (status, {}, b'{"detail": "Invalid page."}')}
    assert keys(site.harvest(paged(tmp_path, "page", url=site.root + "/list"))) == [1]


@pytest.mark.parametrize(("status", "code"), [(403, "forbidden"), (500, "server-error"), (418, "http-error")])
def test_page_that_fails_is_no_end(tmp_path, site, status, code):
    site.answers = {"/list?page=1": (200, {}, body(1)), "/list?page=2": (status, {}, b"")}
    with pytest.raises(SourceError) as caught:
        site.harvest(paged(tmp_path, "page", url=site.root + "/list"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (body(3)[:-9], "truncated"),
        (b"<!doctype html><title>Maintenance</title>", "web-page"),
        (b"", "empty"),
        (b'{"results": []}', "list-missing"),
        (b'{"data": ["x"]}', "list-empty"),
    ],
)
def test_broken_page(tmp_path, second, code):
    assert failure_of(paged(tmp_path, "page"), {"list?page=1": body(1), "list?page=2": second}).code == code


@pytest.mark.parametrize(("first", "code"), [(body(), "list-empty"), (b'{"x": 1}', "list-missing")])
def test_first_page_without_a_list(tmp_path, first, code):
    assert failure_of(paged(tmp_path, "page"), {"list?page=1": first}).code == code


def test_first_page_that_is_gone(tmp_path):
    assert failure_of(paged(tmp_path, "page"), {"other": b"[]"}).code == "not-found"


def test_bound(tmp_path):
    bodies = {f"list?page={number}": body(number) for number in range(1, 9)}
    harvest = read_bodies(paged(tmp_path, "page", max_pages=3), bodies)
    assert keys(harvest) == [1, 2, 3]
    assert codes(harvest) == ["max-pages"]
    assert harvest.problems[0].level == "warning"
    assert "stopped after 3 pages; https://www.example.org/list?page=4" in harvest.problems[0].message


def test_bound_that_is_the_last_page(tmp_path):
    bodies = {"list": body(1, next="x"), "list?after=x": body(2)}
    harvest = read_bodies(paged(tmp_path, "cursor", param="after", next="next", max_pages=2), bodies)
    assert (keys(harvest), harvest.problems) == ([1, 2], [])


def test_circle(tmp_path):
    bodies = {"list": body(1, next="/list?p=2"), "list?p=2": body(2, next="/list")}
    error = failure_of(paged(tmp_path, "link", next="next"), bodies)
    assert error.code == "paging-loop"
    assert "leads back to https://www.example.org/list, which was read already" in str(error)
    assert failure_of(paged(tmp_path, "link", next="next"), {"list": body(1, next="list")}).code == "paging-loop"
    cursor = paged(tmp_path, "cursor", param="after", next="next")
    bodies = {"list": body(1, next="x"), "list?after=x": body(2, next="x")}
    assert failure_of(cursor, bodies).code == "paging-loop"


@pytest.mark.parametrize("following", ["file:///etc/hostname", "javascript:more()", "ftp://x.org/2", "http://[x"])
def test_link_off_the_web(tmp_path, following):
    assert failure_of(paged(tmp_path, "link", next="next"), {"list": body(1, next=following)}).code == "bad-address"


def test_every_address_has_its_own_pages(tmp_path):
    source = paged(tmp_path, "page", url=["https://www.example.org/a", "https://www.example.org/b"])
    bodies = {"a?page=1": body(1), "a?page=2": body(2), "b?page=1": body(3), "b?page=2": body()}
    assert keys(read_bodies(source, bodies)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("address", "parameters", "expected"),
    [
        ("https://a.org", {"page": "1"}, "https://a.org?page=1"),
        ("https://a.org/?", {"page": "1"}, "https://a.org/?page=1"),
        ("https://a.org/?x=a+b&y&x=%C3%A9", {"p": "&="}, "https://a.org/?x=a+b&y&x=%C3%A9&p=%26%3D"),
        ("https://a.org/?page%5Bn%5D=1&page=2", {"page[n]": "3"}, "https://a.org/?page=2&page%5Bn%5D=3"),
        ("https://a.org/?x=1#top", {}, "https://a.org/?x=1"),
    ],
)
def test_parameters(address, parameters, expected):
    assert with_parameters(address, parameters) == expected


@given(st.dictionaries(st.text(min_size=1), st.text()), st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_parameters_are_kept_or_replaced(there, added):
    address = with_parameters(with_parameters("https://a.org/x", there), added)
    assert dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)) == {**there, **added}


@pytest.mark.parametrize(
    ("paging", "told"),
    [
        ({"style": "pages"}, ["fetch.paging.style: found 'pages'", "'page', 'offset', 'cursor'"]),
        ({"style": "page", "sise": 3}, ["fetch.paging.sise: unknown key"]),
        ({"style": "page", "size": 0}, ["fetch.paging.size: found 0"]),
        ({"style": "page", "next": "n"}, ['fetch.paging.next: means nothing to style "page"', "remove it"]),
        ({"style": "offset"}, ["fetch.paging.param: missing; name the parameter"]),
        ({"style": "cursor", "param": "c"}, ["fetch.paging.next: missing; give the path"]),
        ({"style": "cursor", "param": "c", "next": "a["}, ["fetch.paging.next", "is not a path"]),
        ({"style": "link", "param": "p"}, ['fetch.paging.param: means nothing to style "link"']),
    ],
)
def test_fault(tmp_path, paging, told):
    text = "\n".join(faults(tmp_path, changed("fetch.paging", paging, JSON)))
    for words in told:
        assert words in text


def test_fault_of_place(tmp_path):
    paging = {"style": "link"}
    table = changed("fetch.paging", paging)
    assert 'fetch.paging: belongs to kind "json", not "table"; remove it' in "\n".join(faults(tmp_path, table))
    local = changed("fetch", {"path": "source.toml", "paging": paging}, JSON)
    assert "fetch.paging: needs url; local files have no pages" in "\n".join(faults(tmp_path, local))


def posted(home, question, body_type=None, **paging):
    fetch = {"url": "https://www.example.org/list", "items": "data", "body": question}
    if body_type:
        fetch["body_type"] = body_type
    if paging:
        fetch["paging"] = paging
    return make_source(home, "json", FIELDS, fetch=fetch)


def test_a_question_goes_by_post(tmp_path):
    source = posted(tmp_path, '{"theme": "réemploi"}')
    assert keys(read_bodies(source, {'POST list {"theme": "réemploi"}': body(1, 2), "list": body(9)})) == [1, 2]


@pytest.mark.parametrize(
    ("paging", "asked"),
    [
        ({"style": "page"}, ["1", "2", "3"]),
        ({"style": "page", "first": 0}, ["0", "1", "2"]),
        ({"style": "offset", "size": 2}, ["0", "2", "4"]),
    ],
    ids=["pages", "pages from 0", "offsets"],
)
def test_a_posted_question_holds_the_number(tmp_path, paging, asked):
    source = posted(tmp_path, '{"n": {page}, "q": "a"}', **paging)
    answers = [body(1, 2), body(3, 4), body()]
    bodies = {f'POST list {{"n": {number}, "q": "a"}}': answer for number, answer in zip(asked, answers, strict=True)}
    assert keys(read_bodies(source, bodies)) == [1, 2, 3, 4]


def test_a_posted_question_holds_the_cursor(tmp_path):
    source = posted(tmp_path, '{"after": "{page}"}', style="cursor", next="next")
    bodies = {
        'POST list {"after": ""}': body(1, next='x"é'),
        'POST list {"after": "x\\"é"}': body(2, next=None),
    }
    assert keys(read_bodies(source, bodies)) == [1, 2]
    form = posted(tmp_path, "after={page}&n=1", "application/x-www-form-urlencoded", style="cursor", next="next")
    bodies = {"POST list after=&n=1": body(1, next="a b&c"), "POST list after=a+b%26c&n=1": body(2, next=False)}
    assert keys(read_bodies(form, bodies)) == [1, 2]


def test_the_same_question_goes_to_every_page(tmp_path):
    source = posted(tmp_path, '{"q": 1}', style="page", param="p")
    bodies = {'POST list?p=1 {"q": 1}': body(1), 'POST list?p=2 {"q": 1}': body(2), 'POST list?p=3 {"q": 1}': body()}
    assert keys(read_bodies(source, bodies)) == [1, 2]


@pytest.mark.parametrize(
    ("fetch", "told"),
    [
        ({"body": "{page"}, "fetch.body: is not JSON"),
        ({"body": '{"n": {page}}'}, 'fetch.body: holds "{page}", but no fetch.paging'),
        ({"body_type": "application/x-www-form-urlencoded"}, "fetch.body_type: tells what fetch.body is"),
        ({"body": "{}", "body_type": "text/plain"}, "fetch.body_type"),
        ({"body": ""}, "fetch.body"),
    ],
)
def test_a_wrong_question_is_told(tmp_path, fetch, told):
    assert any(told in fault for fault in faults(tmp_path, changed("fetch", {**JSON["fetch"], **fetch}, JSON)))
