"""Reading a whole source: keys, repetitions and positions; whatever bytes come, only a `SourceError` may."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_kit import codes, column, make_source, read_bodies, write_ods, write_xlsx

from scrapers.problems import SourceError

FIELDS = {"source_key": "id", "name": "Nom", "postcode": "CP", "needs": {"from": "B", "split": ","}}
HEADER = "id;Nom;CP;B\n"


def read(home, rows, key=("source_key",)):
    return read_bodies(make_source(home, "table", FIELDS, identity={"key": list(key)}), (HEADER + rows).encode())


def test_keys_are_raw_values(tmp_path):
    harvest = read(tmp_path, " A-1 ;X;044;\nÉ|2;Y;;\n")
    assert [record.key for record in harvest.records] == [" A-1 ", "É|2"]


def test_keys_of_several_fields(tmp_path):
    harvest = read(tmp_path, "1;X;44000;a,b\n1;X;44100;a\n", ["source_key", "postcode", "needs"])
    assert [record.key for record in harvest.records] == ["1|44000|a;b", "1|44100|a"]


def test_key_of_parts(tmp_path):
    fields = {**FIELDS, "partners": {"from": "B", "each": {"name": "B", "kind": "CP"}}}
    source = make_source(tmp_path, "table", fields, identity={"key": ["partners"]})
    (record,) = read_bodies(source, (HEADER + "1;X;2;CAF\n").encode()).records
    assert record.key == "[('kind', '2'), ('name', 'CAF')]"


def test_no_key(tmp_path):
    harvest = read(tmp_path, ";X;;\n  ;Y;;\n3;Z;;\n")
    assert [(record.key, record.position) for record in harvest.records] == [("3", 3)]
    assert codes(harvest) == ["no-key", "no-key"]
    assert 'record 1 ("X")' in harvest.problems[0].message
    assert harvest.problems[0].remedy


def test_repeated_records(tmp_path):
    harvest = read(tmp_path, "1;X;44000;\n2;Y;;\n1;X;44000;\n1;X;44100;\n2;Y;;\n")
    assert [(record.key, record.position) for record in harvest.records] == [("1", 1), ("2", 2)]
    assert column(harvest, "postcode") == ["44000", None]
    assert [(problem.code, problem.level, problem.key) for problem in harvest.problems] == [
        ("duplicate-record", "info", "1"),
        ("duplicate-key", "warning", "1"),
        ("duplicate-record", "info", "2"),
    ]
    assert harvest.read == 5


def test_records_say_their_source(tmp_path):
    (record,) = read(tmp_path, "1;X;;\n").records
    assert (record.source_id, record.position, record.origin) == ("places", 1, "https://www.example.org/list")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    def make(kind, fields, **fetch):
        return make_source(tmp_path_factory.mktemp("source"), kind, fields, fetch=fetch)

    plain = {"source_key": "id", "name": "n"}
    links = {"next": "a.next@href", "detail": "a@href"}
    return {
        "table": make("table", {**plain, "partners": {"from": "id", "each": {"name": "n"}}}),
        "json": make("json", {**plain, "summary": "x", "partners": {"from": "p", "each": {"name": "."}}}),
        "items": make("json", plain, items="a.*"),
        "html": make("html", {"source_key": ".@id", "name": "."}, item="li", **links),
        **{form: make("table", plain, format=form) for form in ("csv", "xlsx", "ods", "parquet")},
    }


PIECES = {
    "table": rb"""id n ; , " \n \r \0 \xff\xfe \xef\xbb\xbf \xe9 \xc3\xa9 PK\x03\x04 PAR1 \x1f\x8b\x08""",
    "json": rb"""{ } [ ] "id" "n" "p" : , " 1e9 NaN \n \\u00 \xc3 \xff\xfe""",
    "html": rb"""<li\x20id=1> <a\x20class=next\x20href=' <a\x20href=' http://[ file:/ '> <base\x20href=' \0 <!--
        <meta\x20charset=utf-16> &#x110000; \xe9""",
}
"""What bodies of each kind are made of, between spaces."""


def pieces(kind):
    return [piece.decode("unicode_escape").encode("latin-1") for piece in PIECES[kind].split()]


def bodies(kind):
    made = st.lists(st.one_of(st.sampled_from(pieces(kind)), st.binary(max_size=4)), max_size=30).map(b"".join)
    return st.one_of(made, st.binary(max_size=200))


def check_reading(source, body):
    try:
        harvest = read_bodies(source, body)
    except SourceError as error:
        assert error.code
        assert error.remedy
    else:
        assert all(record.key for record in harvest.records)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["table", "csv"]), bodies("table"))
def test_any_table(kinds, kind, body):
    check_reading(kinds[kind], body)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(["json", "items"]), bodies("json"))
def test_any_json(kinds, kind, body):
    check_reading(kinds[kind], body)


@settings(max_examples=200, deadline=None)
@given(bodies("html"))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_page(kinds, body):
    check_reading(kinds["html"], body)


@pytest.fixture(scope="module")
def books():
    rows = [["id", "n"], ["1", "A"], [2, "B"]]
    with tempfile.TemporaryDirectory() as home:
        return {
            "xlsx": write_xlsx(Path(home) / "x", {"S": rows}).read_bytes(),
            "ods": write_ods(Path(home) / "o", {"S": rows}).read_bytes(),
            "parquet": b"PAR1" + bytes(40) + b"PAR1",
        }


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["xlsx", "ods", "parquet"]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6),
)
def test_any_damage_to_a_book(kinds, books, kind, damage):
    body = bytearray(books[kind])
    for place, byte in damage:
        body[place % len(body)] = byte
    check_reading(kinds[kind], bytes(body))
