"""JSON: lists wherever they stand, values as written, cut or foreign bodies told apart."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from source_kit import codes, column, failure_of, make_source, read_bodies

from scrapers.kinds import json_body, json_stream, json_values
from scrapers.problems import SourceError

FIELDS = {"source_key": "id", "name": "name"}
ONE = '{"id": 1, "name": "A"}'
TWO = '{"id": 2, "name": "Été"}'


@pytest.fixture(params=["whole", "stream"], autouse=True)
def way(request, monkeypatch):
    """Every body is read in both ways: as a whole, and as if it were too long for that."""
    if request.param == "stream":
        monkeypatch.setattr(json_body, "STREAM_FROM", 0)
    return request.param


def names(home, body, items=None, encoding="utf-8"):
    source = make_source(home, "json", FIELDS, fetch={"items": items} if items else {})
    return column(read_bodies(source, body.encode(encoding)), "name")


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (f"[{ONE}, {TWO}]", None),
        (f"\ufeff [{ONE}, {TWO}]\n", None),
        (f'{{"data": {{"items": [{ONE}, {TWO}]}}}}', "data.items"),
        (f'{{"data": {{"items": [{ONE}, {TWO}]}}}}', "$.data.items"),
        (f'{{"pages": [{{"items": [{ONE}]}}, {{"items": [{TWO}]}}]}}', "pages.items"),
        (f'{{"pages": [{{"items": [{ONE}]}}, {{"items": [{TWO}]}}]}}', "pages[*].items[*]"),
        (f'{{"companies": {{"x": {ONE}, "y.z": {TWO}}}}}', "companies.*"),
        (f'{{"a.b": {{"c d": [{ONE}, {TWO}]}}}}', '"a.b"."c d"'),
        (f"[[], [{ONE}, {TWO}]]", "[1]"),
        (f"{ONE}\n{TWO}\n", None),
        (f"{ONE}\r\n\r\n{TWO}", None),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32"])
def test_where_the_list_stands(tmp_path, body, items, encoding):
    assert names(tmp_path, body, items, encoding) == ["A", "Été"]


def test_one_object(tmp_path):
    assert names(tmp_path, ONE) == ["A"]


def test_geojson(tmp_path):
    fields = {"source_key": "id", "name": "properties.name", "point": "geometry.coordinates", "ignore": ["*type"]}
    geometry = '{"type": "Point", "coordinates": [2.350, 48]}'
    feature = f'{{"type": "Feature", "id": 7, "properties": {{"name": "A"}}, "geometry": {geometry}}}'
    harvest = read_bodies(
        make_source(tmp_path, "json", fields), f'{{"type": "FeatureCollection", "features": [{feature}]}}'.encode()
    )
    assert harvest.records[0].fields == {"source_key": "7", "name": "A", "point": "[2.350, 48]"}
    assert harvest.problems == []


@pytest.mark.parametrize(
    ("value", "field", "read"),
    [
        ("1.50", "postcode", "1.50"),
        ("44000.0", "postcode", "44000.0"),
        ("-1e400", "postcode", "-1e400"),
        ("9" * 5000, "postcode", "9" * 5000),
        ("NaN", "postcode", "NaN"),
        ("true", "postcode", "true"),
        ("null", "postcode", None),
        ('""', "postcode", None),
        ("[]", "postcode", None),
        ("{}", "postcode", None),
        ('{"fr": "Lieu", "en": "Place"}', "summary", None),
        ('{"type": "Point", "coordinates": [2.0, 48.5]}', "point", '{"coordinates": [2.0, 48.5], "type": "Point"}'),
        ('{"lon": 2.35, "lat": 48.85}', "point", '{"lat": 48.85, "lon": 2.35}'),
        ("[48.85, 2.35]", "point", "[48.85, 2.35]"),
        ("[0.0, 0, 12]", "point", "[0.0, 0, 12]"),
        ("[3, 11]", "sdgs", ["3", "11"]),
        ("[1, 2, 3.5, 4]", "sdgs", ["1", "2", "3.5", "4"]),
        ("[true, false]", "needs", ["true", "false"]),
        ('["a", ["b", null, ""]]', "needs", ["a", "b"]),
        ('"a"', "needs", ["a"]),
    ],
)
def test_values_as_written(tmp_path, value, field, read):
    source = make_source(tmp_path, "json", {**FIELDS, field: "v"})
    harvest = read_bodies(source, f'[{{"id": 1, "name": "A", "v": {value}}}]'.encode())
    assert column(harvest, field) == [read]


def test_places_in_an_object(tmp_path):
    fields = {
        **FIELDS,
        "commune": "adresse.ville",
        "region": 'properties."addr:state"',
        "country": 'properties."a.b"',
        "needs": "tags[1]",
        "funders": "partners.name",
        "themes": "map.*",
        "partners": {"from": "partners", "each": {"name": "name", "kind": "kind.label"}},
        "programmes": {"from": "years", "each": {"year": "."}},
    }
    found = {
        "id": 1,
        "name": "A",
        "adresse": {"ville": "Tours", "x": None},
        "properties": {"addr:state": "Centre", "a.b": "FR"},
        "tags": ["t0", "t1"],
        "partners": [{"name": "CAF", "kind": {"label": "public"}}, {"name": "B"}, "odd"],
        "map": {"x": "m1", "y": "m2"},
        "years": [2019, 2021],
    }
    harvest = read_bodies(make_source(tmp_path, "json", fields), json.dumps(found).encode())
    assert harvest.records[0].fields == {
        "source_key": "1",
        "name": "A",
        "commune": "Tours",
        "region": "Centre",
        "country": "FR",
        "needs": ["t1"],
        "funders": ["CAF", "B"],
        "themes": ["m1", "m2"],
        "partners": [{"name": "CAF", "kind": "public"}, {"name": "B"}],
        "programmes": [{"year": "2019"}, {"year": "2021"}],
    }
    assert harvest.problems == []


def test_leftovers(tmp_path):
    source = make_source(tmp_path, "json", {**FIELDS, "commune": "place.town", "ignore": ["contact*"]})
    found = {
        "id": 1,
        "name": "A",
        "place": {"town": "x", "a.b": 1},
        "contact": {"mail": "m"},
        "l": [{"k": 1}, {"k": 2}],
        "e": "",
    }
    (problem,) = read_bodies(source, json.dumps([found, {**found, "id": 2}]).encode()).problems
    assert problem.code == "left-over"
    assert 'ignored: l.k (2), place."a.b" (2)' in problem.message


def test_an_object_in_the_place_of_a_text_is_left_over(tmp_path):
    source = make_source(tmp_path, "json", {"source_key": "id", "name": "name"})
    found = read_bodies(source, b'[{"id": 1, "name": {"fr": "Lieu", "en": "Place"}}]')
    assert column(found, "name") == [None]
    assert "name.en (1), name.fr (1)" in found.problems[0].message


@pytest.mark.parametrize("size", range(1, 61))
def test_cut(tmp_path, size):
    whole = '[{"id": 1, "n": {"é\\u00e9": [true, -1.5e3]}, "name": "A"}, {}]'.encode()
    error = failure_of(make_source(tmp_path, "json", FIELDS), whole[:size])
    assert error.code == "truncated"


def test_cut_lines(tmp_path):
    source = make_source(tmp_path, "json", FIELDS)
    assert failure_of(source, f"{ONE}\n{TWO[:-4]}".encode()).code == "truncated"
    assert failure_of(source, f"{ONE}\n{TWO}".encode("utf-16")[:-1]).code == "truncated"
    harvest = read_bodies(source, f'{ONE}\n{{"id": 3,,}}\n{TWO}\n'.encode())
    assert (column(harvest, "name"), codes(harvest)) == (["A", "Été"], ["broken-line"])
    deep = '{"a": ' * 100_000
    harvest = read_bodies(source, f"{ONE}\n{deep}1\n{TWO}".encode())
    assert codes(harvest) == ["broken-line"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Service unavailable, try again later", "not-json"),
        (b"<!doctype html><title>Maintenance</title>", "web-page"),
        (b"<error/>", "not-json"),
        (b"callback([1])", "not-json"),
        (b'[{"id": 1 "name": "A"}]', "not-json"),
        (b'[{"name": "caf\xe9"}]', "encoding"),
        (b"[]", "list-empty"),
        (b"null", "list-empty"),
        (b"3", "list-empty"),
        (b'["a", 1]', "list-empty"),
        (b'{"type": "FeatureCollection", "features": []}', "list-empty"),
        (b'{"type": "FeatureCollection"}', "list-missing"),
        (b"[" * 100_000, "not-json"),
        (b"[" * 100_000 + b"]" * 100_000, "not-json"),
        (b'{"a":' * 100_000 + b"1", "not-json"),
    ],
)
def test_refused(tmp_path, body, code):
    assert failure_of(make_source(tmp_path, "json", {"source_key": "id", "name": "name"}), body).code == code


@pytest.mark.parametrize("depth", [50, 300, 900])
def test_deep_record(tmp_path, depth):
    body = '[{"id": 1, "name": "A", "x": ' + '[{"k": ' * depth + "1" + "}]" * depth + "}]"
    source = make_source(tmp_path, "json", {**FIELDS, "summary": "x"})
    try:
        assert read_bodies(source, body.encode()).read == 1
    except SourceError as error:
        assert error.code == "not-json"


def test_missing_list_names_the_keys(tmp_path):
    source = make_source(tmp_path, "json", FIELDS, fetch={"items": "data.items"})
    error = failure_of(source, b'{"results": [], "total_count": 0}')
    assert error.code == "list-missing"
    assert "no list at data.items; it holds results, total_count" in str(error)
    assert "it holds a list" in str(failure_of(source, b"[]"))
    assert failure_of(source, b'{"data": {"items": []}}').code == "list-empty"


def test_entries_that_are_no_objects(tmp_path):
    harvest = read_bodies(make_source(tmp_path, "json", FIELDS), f'[null, {ONE}, "x", 3, [{TWO}]]'.encode())
    assert column(harvest, "name") == ["A"]
    assert codes(harvest) == ["not-an-object"] * 4
    assert [problem.message.rpartition(" is a ")[2] for problem in harvest.problems] == [
        f"{kind}, not an object" for kind in ("null", "text", "number", "list")
    ]
    assert "entry 3" in harvest.problems[1].message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "data", "items", ""]), inner),
    max_leaves=12,
)


@example([{"data": [None]}], "data", 1, False)
@given(VALUES, st.sampled_from([None, "data", "data.items", "data.*", "*"]), st.integers(1, 9), st.booleans())
def test_a_stream_gives_what_the_whole_gives(value, path, chunk, indented):
    text = json.dumps(value, ensure_ascii=False, indent=1 if indented else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        streamed = list(json_stream.entries(io.StringIO(text), path))
    there = json_values.at(json_values.DECODER.decode(text), path or ".")
    whole = [entry for found in there if found is not None for entry in json_values.listed(found)]
    # Where no plain list stands, the stream gives nothing, and the whole is read after all.
    assert streamed in (whole, [])
    if isinstance(_plainly(value, path), list):
        assert streamed == whole


def _plainly(value, path):
    """What stands at `path` when nothing but objects is on the way; else None."""
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


@given(st.text(max_size=40), st.integers(1, 9))
def test_a_stream_of_anything_ends_in_words(text, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        try:
            found = list(json_stream.entries(io.StringIO(text), None))
        except ValueError as fault:
            assert str(fault)
        else:
            assert found == [] or json.loads(text)
