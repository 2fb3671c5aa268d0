"""Maps of others: GoGoCarto, OpenStreetMap through Overpass, OpenFairDB and Communecter."""

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_kit import SITE, SOUND, codes, column, failure_of, make_source, read_bodies, write_definition

from scrapers.catalogue import load_source
from scrapers.fetch import Door
from scrapers.kinds import read_source
from scrapers.kinds.asking import question
from scrapers.problems import DefinitionError, SourceError
from scrapers.queries import box_of, overpass_question, query_faults
from scrapers.response import Manners, Response

CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")


def dumped(value):
    return json.dumps(value, ensure_ascii=False).encode()


# GoGoCarto

ELEMENTS = "api/elements.json"
CARTO = {"source_key": "id", "name": "name", "latitude": "geo.latitude", "longitude": "geo.longitude"}
PLACES = [
    {"id": "a1", "name": "Épicerie du Pré", "geo": {"latitude": 47.21, "longitude": -1.55}, "status": 1},
    {"id": "b2", "name": "Atelier des Halles", "geo": {"latitude": 47.2, "longitude": -1.5}, "moderationState": 4},
]
OPTIONS = {
    "name": "Catégories",
    "id": 1,
    "options": [
        {"id": 101, "name": "Alimentation", "subcategories": [{"id": 5, "name": "Type", "options": [{"id": 102}]}]},
        {"id": 103, "name": "Réparation"},
    ],
}


def carto(home, fields=CARTO, url=SITE):
    return make_source(home, "gogocarto", fields, fetch={"url": url})


@pytest.mark.parametrize("url", [SITE, SITE.rstrip("/"), SITE + "#/carte", SITE + ELEMENTS])
def test_gogocarto_whole(tmp_path, url):
    answer = {"licence": "", "ontology": "gogofull", "data": [{**PLACES[0], "address": {"postalCode": "44000"}}]}
    fields = {**CARTO, "postcode": "address.postalCode", "ignore": ["status"]}
    harvest = read_bodies(carto(tmp_path, fields, url), {ELEMENTS: dumped(answer)})
    assert [record.fields for record in harvest.records] == [
        {
            "source_key": "a1",
            "name": "Épicerie du Pré",
            "latitude": "47.21",
            "longitude": "-1.55",
            "postcode": "44000",
        }
    ]
    assert harvest.problems == []


@pytest.mark.parametrize("answer", [{"@context": "c", "@graph": PLACES}, PLACES, {"data": PLACES}])
def test_gogocarto_forms(tmp_path, answer):
    source = carto(tmp_path, url=SITE + "api/elements.jsonld?bounds=-2,47,0,48")
    harvest = read_bodies(source, {"api/elements.jsonld?bounds=-2,47,0,48": dumped(answer)})
    assert column(harvest, "source_key") == ["a1", "b2"]


def test_gogocarto_one_element(tmp_path):
    source = carto(tmp_path, url=SITE + "api/elements/a1")
    assert column(read_bodies(source, {"api/elements/a1": dumped({"data": PLACES[0]})}), "source_key") == ["a1"]


def test_gogocarto_compact(tmp_path):
    mapping = ["id", ["name", "commitment"], "latitude", "longitude", "status", "moderationState"]
    rows = [
        ["a1", ["Épicerie du Pré", None], 47.21, -1.55, [101, 102]],
        ["b2", ["Atelier des Halles", "Réparer"], 47.2, -1.5, ["103"], 1, 1],
        ["c3", ["Gone", ""], 47.2, -1.5, [], -4],
        ["d4", ["Contested", ""], 47.2, -1.5, [], 1, 2],
        ["e5", ["Shifted"], 47.2, -1.5, []],
        ["f6", ["Too", "long"], 47.2, -1.5, [], 1, 1, 1],
        ["g7", "Text", 47.2, -1.5, []],
    ]
    answer = {"ontology": "gogocompact", "mapping": mapping, "data": rows}
    fields = {
        **CARTO,
        "latitude": "latitude",
        "longitude": "longitude",
        "themes": "categories[*]",
        "ignore": ["status", "mod*"],
    }
    end = "api/elements.json?ontology=gogocompact"
    bodies = {end: dumped(answer), "api/taxonomy": dumped(OPTIONS)}
    harvest = read_bodies(carto(tmp_path, {**fields, "summary": "commitment"}, SITE + end), bodies)
    assert column(harvest, "source_key") == ["a1", "b2"]
    assert column(harvest, "themes") == [["Alimentation", "102"], ["Réparation"]]
    assert column(harvest, "summary") == [None, "Réparer"]
    assert column(harvest, "longitude") == ["-1.55", "-1.5"]
    misfit, hidden, unknown = harvest.problems
    assert (misfit.code, misfit.message[:6]) == ("row-misfit", "3 of 7")
    assert (hidden.code, hidden.message[:6]) == ("hidden-elements", "2 of 4")
    assert (unknown.code, unknown.message[-3:]) == ("category-unknown", "102")


def test_gogocarto_hides_what_the_map_hides(tmp_path):
    states = [{"status": 0}, {"status": -4}, {"status": "-1"}, {"moderationState": 3}, {"status": None}, {"status": 7}]
    answer = {"data": [{"id": str(n), "name": "A", **state} for n, state in enumerate(states)]}
    harvest = read_bodies(carto(tmp_path, {**CARTO, "ignore": ["status"]}), {ELEMENTS: dumped(answer)})
    assert (column(harvest, "source_key"), codes(harvest)) == (["4", "5"], ["hidden-elements"])


@pytest.mark.parametrize(
    "held",
    [
        {"optionValues": [{"optionId": 101, "index": 0}, {"optionId": 103, "index": 1}]},
        {"taxonomy": ["101", 103]},
        {"categories": [101, "103"]},
    ],
)
@pytest.mark.parametrize("taxonomy", [OPTIONS, [OPTIONS], {"@graph": [OPTIONS]}])
def test_gogocarto_categories_in_words(tmp_path, held, taxonomy):
    bodies = {ELEMENTS: dumped({"data": [{"id": "a", "name": "A", **held}]}), "api/taxonomy": dumped(taxonomy)}
    harvest = read_bodies(carto(tmp_path, {**CARTO, "themes": "categories[*]"}), bodies)
    assert (column(harvest, "themes"), harvest.problems) == ([["Alimentation", "Réparation"]], [])


def test_gogocarto_asks_for_the_taxonomy_only_when_needed(tmp_path):
    words = {ELEMENTS: dumped({"data": [{"id": "a", "name": "A", "categories": ["Jardin"]}]})}
    assert column(read_bodies(carto(tmp_path, {**CARTO, "themes": "categories"}), words), "themes") == [["Jardin"]]
    numbers = {ELEMENTS: dumped({"data": [{"id": "a", "name": "A", "taxonomy": [101]}]})}
    (problem,) = read_bodies(carto(tmp_path), numbers).problems
    assert (problem.code, problem.message[-12:]) == ("left-over", "taxonomy (1)")
    assert failure_of(carto(tmp_path, {**CARTO, "themes": "categories"}), numbers).code == "not-found"


def test_gogocarto_taxonomy_of_another_shape(tmp_path):
    bodies = {ELEMENTS: dumped({"data": [{"id": "a", "name": "A", "taxonomy": [1]}]}), "api/taxonomy": b"[]"}
    assert failure_of(carto(tmp_path, {**CARTO, "themes": "categories"}), bodies).code == "shape-changed"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "empty"),
        (dumped({"data": PLACES})[:90], "truncated"),
        (b"<html><title>Maintenance</title>", "web-page"),
        (b"You need to provide a token to access to this API. Please visit https://a.org/api", "token-needed"),
        (b'{"error": "Element does not exists"}', "shape-changed"),
        (b'{"data": "none"}', "shape-changed"),
        (b"3", "shape-changed"),
        (b'{"data": []}', "list-empty"),
        (b'{"data": [["a", ["b"]]]}', "shape-changed"),
        (b'{"mapping": ["id", null], "data": [["a", "b"]]}', "shape-changed"),
        (b'{"mapping": ["id"], "data": [["a", "b"]]}', "list-empty"),
        (b'{"data": [{"id": "a", "status": -4}]}', "list-empty"),
        (b'{"data": ["a"]}', "list-empty"),
    ],
)
def test_gogocarto_broken(tmp_path, answer, code):
    assert failure_of(carto(tmp_path), {ELEMENTS: answer}).code == code


def test_gogocarto_local_file(tmp_path):
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "map.json").write_bytes(dumped([{**PLACES[0], "taxonomy": [7]}]))
    fields = {**CARTO, "themes": "categories", "ignore": ["status"]}
    definition = {**SOUND, "kind": "gogocarto", "fields": fields, "fetch": {"path": "map.json"}}
    harvest = read_bodies(load_source(write_definition(tmp_path, definition)), b"")
    assert (column(harvest, "themes"), codes(harvest)) == ([["7"]], ["category-unknown"])


# Overpass

QL = 'nwr["amenity"="social_facility"](47,-2,48,-1);\nout center tags; // é'
INTERPRETER = SITE + "api/interpreter"
OSM = {
    "source_key": "key",
    "name": "tags.name",
    "latitude": "lat",
    "longitude": "lon",
    "commune": 'tags."addr:city"',
    "record_url": {"from": "key", "template": "https://www.openstreetmap.org/{}"},
}


def overpass(home, query=QL):
    return make_source(home, "overpass", OSM, fetch={"url": INTERPRETER, "query": query})


def asked(query=QL):
    return question(INTERPRETER, data=overpass_question(query)).removeprefix(SITE)


def test_overpass(tmp_path):
    elements = [
        {"type": "node", "id": 11, "lat": 47.50, "lon": -1.25, "tags": {"name": "La Fabrique", "addr:city": "Derval"}},
        {"type": "node", "id": 12, "lat": 47.5, "lon": -1.2},
        {
            "type": "way",
            "id": 11,
            "bounds": {"minlat": 47.4},
            "center": {"lat": 47.4, "lon": -1.3},
            "nodes": [11, 12],
            "tags": {"name": "Le Préau", "shop": "yes"},
        },
        {"type": "relation", "id": 5, "members": [{"type": "way", "ref": 11}], "tags": {"name": "Sans lieu"}},
        "odd",
    ]
    answer = b'{"version": 0.6, "elements": ' + dumped(elements).replace(b"47.5,", b"47.50,") + b"}"
    harvest = read_bodies(overpass(tmp_path), {asked(): answer})
    assert column(harvest, "source_key") == ["node/11", "way/11", "relation/5"]
    assert column(harvest, "latitude") == ["47.50", "47.4", None]
    assert column(harvest, "longitude") == ["-1.25", "-1.3", None]
    assert column(harvest, "commune") == ["Derval", None, None]
    assert harvest.records[1].fields["record_url"] == "https://www.openstreetmap.org/way/11"
    odd, left = harvest.problems
    assert (odd.code, left.message[-13:]) == ("not-an-object", "tags.shop (1)")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "empty"),
        (b'{"elements": [{"type": "node", "id": 1', "truncated"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html><p>Error</p></html>', "web-page"),
        (b'{"elements": [], "remark": "runtime error: Query timed out in \\"query\\" after 26 s."}', "too-slow"),
        (b'{"elements": [{"tags": {"a": "b"}}], "remark": "runtime error: out of memory"}', "query-failed"),
        (b'{"elements": []}', "list-empty"),
        (b'{"elements": [{"type": "node", "id": 1, "lat": 1, "lon": 2}]}', "list-empty"),
        (b'{"features": []}', "shape-changed"),
        (b"[]", "shape-changed"),
    ],
)
def test_overpass_broken(tmp_path, answer, code):
    assert failure_of(overpass(tmp_path), {asked(): answer}).code == code


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("node;out;", "[out:json];node;out;"),
        (" [timeout:60];node;out; ", "[out:json][timeout:60];node;out;"),
        ("[timeout:9][out : json];node;out;", "[timeout:9][out : json];node;out;"),
        (
            "// [out:json]\n/* x */ [bbox:1,2,3,4];node;out;",
            "// [out:json]\n/* x */ [out:json][bbox:1,2,3,4];node;out;",
        ),
        ("/* x */ node;out;", "/* x */ [out:json];node;out;"),
    ],
)
def test_overpass_asks_for_json(query, sent):
    assert overpass_question(query) == sent
    assert query_faults("overpass", query) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("[out:json];node(1);", "gives nothing out"),
        ('node["name"="out"]; // out;', "gives nothing out"),
        ("way(1);out tags;", "without a place"),
        ("nwr(1);out body; out center_x;", "without a place"),
        ("[out:csv(name)];node;out;", "another format"),
        ("node({{bbox}});out;", "Overpass Turbo"),
    ],
)
def test_overpass_queries_refused(tmp_path, query, fault):
    with pytest.raises(DefinitionError, match=f"fetch.query: .*{fault}"):
        overpass(tmp_path, query)


# OpenFairDB

API = SITE + "v0"
FAIR = {"source_key": "id", "name": "title", "latitude": "lat", "longitude": "lng", "themes": "tags"}


def ofdb(home, query="47,0.5,48,1", **fetch):
    return make_source(home, "ofdb", FAIR, fetch={"url": API + "/", "query": query, **fetch})


def found(*numbers):
    places = [{"id": f"{number:032x}", "title": "short", "status": "confirmed"} for number in numbers]
    return dumped({"visible": places, "invisible": [{"id": "outside"}]})


def entries(*numbers):
    end = "v0/entries/" + ",".join(f"{number:032x}" for number in numbers)
    places = [{"id": f"{n:032x}", "title": f"Ort {n}", "lat": 47.5, "lng": 0.75, "tags": ["a", "b"]} for n in numbers]
    return {end: dumped(places)}


def searched(box):
    return f"v0/search?bbox={box}&limit=500"


def test_ofdb(tmp_path):
    harvest = read_bodies(ofdb(tmp_path), {searched("47,0.5,48,1"): found(3, 1), **entries(1, 3)})
    assert column(harvest, "name") == ["Ort 1", "Ort 3"]
    assert column(harvest, "themes") == [["a", "b"], ["a", "b"]]
    assert harvest.problems == []


def test_ofdb_cuts_full_boxes(tmp_path):
    bodies = {
        searched("47,0.5,48,1"): found(*range(500)),
        searched("47,0.5,47.5,0.75"): found(*range(300)),
        searched("47,0.75,47.5,1"): found(*range(299, 501)),
        searched("47.5,0.5,48,0.75"): found(),
        searched("47.5,0.75,48,1"): found(501),
    }
    for start in range(0, 502, 100):
        bodies |= entries(*range(start, min(start + 100, 502)))
    harvest = read_bodies(ofdb(tmp_path), bodies)
    assert (len(harvest.records), harvest.problems) == (502, [])
    bodies |= entries(*range(400, 500))
    harvest = read_bodies(ofdb(tmp_path, max_pages=1), bodies)
    assert (len(harvest.records), codes(harvest)) == (500, ["max-pages"])


def test_ofdb_tells_of_what_it_cannot_read(tmp_path):
    bodies = {searched("47,0.5,47.0005,0.6"): found(*range(500))}
    for start in range(0, 500, 100):
        bodies |= entries(*range(start, start + 100))
    bodies[next(iter(entries(*range(100))))] = dumped([])
    harvest = read_bodies(ofdb(tmp_path, "47,0.5,47.0005,0.6"), bodies)
    assert (len(harvest.records), codes(harvest)) == (400, ["box-full", "entries-missing"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "empty"),
        (found(1)[:40], "truncated"),
        (b"<html>", "web-page"),
        (found(), "list-empty"),
        (b'{"results": []}', "shape-changed"),
        (b'{"visible": ["a"]}', "shape-changed"),
        (b'{"visible": [{"id": "../login"}]}', "shape-changed"),
        (b'{"visible": [{"title": "no id"}]}', "shape-changed"),
        (found(1), "not-found"),
    ],
)
def test_ofdb_broken(tmp_path, answer, code):
    assert failure_of(ofdb(tmp_path), {searched("47,0.5,48,1"): answer}).code == code


@pytest.mark.parametrize(("answer", "code"), [(b"[{", "truncated"), (b'{"message": "no"}', "shape-changed")])
def test_ofdb_broken_entries(tmp_path, answer, code):
    bodies = {searched("47,0.5,48,1"): found(1), next(iter(entries(1))): answer}
    assert failure_of(ofdb(tmp_path), bodies).code == code


@pytest.mark.parametrize("query", ["47,0,48", "48,0,47,1", "a,b,c,d", "95,0,96,1", "47,1,48,0", "nan,0,1,2"])
def test_ofdb_boxes_refused(tmp_path, query):
    with pytest.raises(DefinitionError, match=r"fetch\.query: .* is no box"):
        ofdb(tmp_path, query)
    assert box_of(" -47.5, -1,+48 ,1.25") == (-47.5, -1, 48, 1.25)


# Communecter

PEOPLE_LESS = {"source_key": "id", "name": "name", "postcode": "address.postalCode", "latitude": "geo.latitude"}


def communecter(home, kind="organizations", **fetch):
    return make_source(home, "communecter", PEOPLE_LESS, fetch={"url": SITE, "type": kind, **fetch})


def organisations(*numbers, meta=None):
    mapping = {
        f"{number:024x}": {
            "_id": {"$id": f"{number:024x}"},
            "name": f"Collectif {number}",
            "address": {"postalCode": "97480"},
            "geo": {"latitude": "-21.37"},
        }
        for number in numbers
    }
    # PHP writes an empty mapping as a list.
    return dumped({"meta": meta or {"limit": 100}, "entities": mapping or []})


def page(index, kind="organization", more=""):
    return f"api/{kind}/get/limit/100/index/{index}{more}"


def test_communecter(tmp_path):
    harvest = read_bodies(communecter(tmp_path), {page(0): organisations(1, 2)})
    assert harvest.records[0].fields == {
        "source_key": f"{1:024x}",
        "name": "Collectif 1",
        "postcode": "97480",
        "latitude": "-21.37",
    }
    assert (len(harvest.records), harvest.problems) == (2, [])


def test_communecter_pages(tmp_path):
    bodies = {
        page(0): organisations(*range(100)),
        page(100): organisations(*range(99, 199)),
        page(200): organisations(),
    }
    harvest = read_bodies(communecter(tmp_path), bodies)
    assert (len(harvest.records), harvest.problems) == (199, [])
    harvest = read_bodies(communecter(tmp_path, max_pages=2), bodies)
    assert (len(harvest.records), codes(harvest)) == (199, ["max-pages"])


def test_communecter_site_that_gives_less_than_asked_for(tmp_path):
    bodies = {
        page(0): organisations(1, 2, meta={"limit": 2}),
        page(2): organisations(3, meta={"limit": 2}),
    }
    assert len(read_bodies(communecter(tmp_path), bodies).records) == 3


def test_communecter_asks_for_less(tmp_path):
    source = communecter(tmp_path, "projects", query="tags/jardin%20partagé/key/ici")
    bodies = {page(0, "project", "/tags/jardin%20partagé/key/ici"): organisations(1)}
    assert len(read_bodies(source, bodies).records) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "empty"),
        (organisations(1)[:60], "truncated"),
        (b"<!DOCTYPE html><html>", "web-page"),
        (organisations(), "list-empty"),
        (b'{"result": false, "msg": "Something went wrong"}', "shape-changed"),
        (b'{"entities": [{"name": "A"}]}', "shape-changed"),
        (b'{"entities": {"a": "b"}}', "shape-changed"),
        (b"[]", "shape-changed"),
    ],
)
def test_communecter_broken(tmp_path, answer, code):
    assert failure_of(communecter(tmp_path), {page(0): answer}).code == code


def test_communecter_that_counts_otherwise(tmp_path):
    bodies = {page(0): organisations(*range(100)), page(100): organisations(*range(100))}
    assert failure_of(communecter(tmp_path), bodies).code == "paging-stuck"


@pytest.mark.parametrize(
    ("fetch", "fault"),
    [({"kind": "citoyens"}, "is no list that may be read"), ({"query": "../../x"}, "is no part of an address")],
)
def test_communecter_refused(tmp_path, fetch, fault):
    with pytest.raises(DefinitionError, match=fault):
        communecter(tmp_path, **fetch)


# All of them


@pytest.mark.parametrize(
    ("kind", "key"), [("overpass", "query"), ("sparql", "query"), ("ofdb", "query"), ("communecter", "type")]
)
def test_what_a_service_has_to_be_asked(tmp_path, kind, key):
    with pytest.raises(DefinitionError, match=rf"fetch\.{key}: missing"):
        make_source(tmp_path, kind, {"source_key": "id", "name": "name"})


KEYS = st.sampled_from([
    "id", "name", "status", "moderationState", "categories", "optionValues", "optionId", "taxonomy", "mapping", "data",
    "@graph", "options", "longitude", "elements", "remark", "type", "lat", "center", "tags", "visible", "title",
    "entities", "meta", "limit", "_id", "head", "vars", "results", "bindings", "item", "value", "xml:lang", "error",
])  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers(-5, 9) | st.text(max_size=3) | KEYS
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
RECORD = st.dictionaries(KEYS, JSON, max_size=8)
PARTS = {
    "gogocarto": ("id", "status", "categories", "optionValues", "taxonomy"),
    "overpass": ("type", "id", "tags", "center", "lat"),
    "sparql": ("item",),
    "ofdb": ("id",),
    "communecter": ("_id", "name"),
}
TOPS = {
    "gogocarto": lambda inner: {"mapping": ["id", ["name"], "longitude"], "data": inner},
    "overpass": lambda inner: {"elements": inner},
    "sparql": lambda inner: {"head": {"vars": ["item"]}, "results": {"bindings": inner}},
    "ofdb": lambda inner: {"visible": inner},
    "communecter": lambda inner: {"entities": dict(enumerate(inner))},
}


class OneAnswer(Door):
    """A door behind which every address answers the same."""

    def __init__(self, body):
        super().__init__(Manners())
        self.body = body

    def get(self, address, post=None):
        return Response(address, 200, "application/json", None, io.BytesIO(self.body))


@pytest.mark.parametrize("kind", sorted(TOPS))
def test_any_shape_ends_in_records_or_a_named_failure(tmp_path, kind):
    asks = {"sparql": "SELECT * {}", "overpass": "node;out;", "ofdb": "1,1,2,2", "communecter": "tags/a"}
    fetch = {"query": asks[kind]} if kind in asks else {}
    fetch |= {"type": "poi"} if kind == "communecter" else {}
    fetch |= {"max_pages": 3} if kind in {"ofdb", "communecter"} else {}
    source = make_source(tmp_path, kind, {"source_key": "id", "name": "name", "themes": "categories"}, fetch=fetch)

    records = RECORD | st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS[kind], JSON)) | JSON

    @given(JSON | st.lists(records, max_size=3).map(TOPS[kind]))
    @settings(max_examples=100, deadline=None)
    def holds(answer):
        try:
            read_source(source, OneAnswer(json.dumps(answer).encode()))
        except SourceError as error:
            assert error.code, error.remedy

    holds()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_real_bodies(tmp_path):
    query = "node(1);out tags center;"
    body = (CORPUS / "api" / "overpass" / "example_singlenode.json").read_bytes()
    cafes = read_bodies(overpass(tmp_path / "o", query), {asked(query): body})
    assert len(cafes.records) == sum("tags" in element for element in json.loads(body)["elements"])
    assert all(key.startswith("node/") for key in column(cafes, "source_key"))

    script = (CORPUS / "api" / "gogocarto" / "elements.js").read_text(encoding="utf-8")
    real = script.partition("=")[2].strip().rstrip(";").encode()
    places = read_bodies(carto(tmp_path / "g"), {ELEMENTS: real})
    assert len(places.records) == len(json.loads(real)["data"]) - len(codes_of(places, "hidden-elements"))
    assert all(column(places, "latitude"))


def codes_of(harvest, code):
    return [problem for problem in harvest.problems if problem.code == code]
