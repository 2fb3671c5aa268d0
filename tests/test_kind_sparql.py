"""SPARQL: rows of a SELECT put together by subject, questions judged before they are asked."""

import json

import pytest
from source_kit import codes, column, failure_of, make_source, read_bodies

from scrapers.kinds.asking import question
from scrapers.problems import DefinitionError
from scrapers.queries import query_faults

QUERY = "SELECT ?item ?name ?site ?point WHERE { ?item wdt:P31 <http://www.wikidata.org/entity/Q1#x> } # all"
ADDRESS = "https://www.example.org/sparql"
FIELDS = {"source_key": "item", "name": "name", "themes": "site", "point": "point", "url": "site"}
END = question(ADDRESS, query=QUERY, format="json").removeprefix("https://www.example.org/")


def uri(text):
    return {"type": "uri", "value": text}


def word(text, lang="fr"):
    return {"type": "literal", "value": text, "xml:lang": lang}


def point(text):
    return {"type": "literal", "value": text, "datatype": "http://www.opengis.net/ont/geosparql#wktLiteral"}


ROWS = [
    {"item": uri("https://e.org/Q7"), "name": word("Le Hangar"), "site": uri("https://a.example"), "point": point("P")},
    {"item": uri("https://e.org/Q8"), "name": word("Café, l'été"), "point": point("Point(2.35 48.85)")},
    {"item": uri("https://e.org/Q7"), "name": word("Le Hangar"), "site": uri("https://b.example"), "point": point("P")},
]


def body(rows, **more):
    return json.dumps({"head": {"vars": ["item", "name", "site", "point"]}, "results": {"bindings": rows}, **more})


def sparql(home, fields=FIELDS, query=QUERY):
    return make_source(home, "sparql", fields, fetch={"url": ADDRESS, "query": query})


def test_rows_of_one_subject_are_merged(tmp_path):
    harvest = read_bodies(sparql(tmp_path), {END: body(ROWS).encode()})
    assert column(harvest, "source_key") == ["https://e.org/Q7", "https://e.org/Q8"]
    assert column(harvest, "name") == ["Le Hangar", "Café, l'été"]
    assert column(harvest, "themes") == [["https://a.example", "https://b.example"], None]
    assert column(harvest, "point") == ["P", "Point(2.35 48.85)"]
    assert harvest.problems == []


def test_language_and_type_are_kept_aside(tmp_path):
    fields = {**FIELDS, "summary": "_meta.name.lang", "impact": "_meta.item.type"}
    harvest = read_bodies(sparql(tmp_path, fields), {END: body(ROWS).encode()})
    assert harvest.records[0].fields["summary"] == "fr"
    assert harvest.records[0].fields["impact"] == "uri"


def test_rows_without_subject_stay_apart(tmp_path):
    rows = [{"name": word("A")}, {"name": word("B")}, ROWS[1]]
    harvest = read_bodies(sparql(tmp_path), {END: body(rows).encode()})
    assert (len(harvest.records), codes(harvest)) == (1, ["no-key", "no-key"])


def test_left_over_variables_are_told(tmp_path):
    source = sparql(tmp_path, {"source_key": "item", "name": "name"})
    (problem,) = read_bodies(source, {END: body(ROWS).encode()}).problems
    assert problem.message.endswith("point (2), site (1)")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (body([]), "list-empty"),
        (body(ROWS)[:200], "truncated"),
        (body(ROWS)[:200] + "\njava.util.concurrent.TimeoutException\n\tat java.util", "too-slow"),
        ("", "empty"),
        ("<!doctype html><title>Maintenance</title>", "web-page"),
        ('<?xml version="1.0"?><sparql/>', "not-json"),
        ('{"head": {}, "boolean": true}', "shape-changed"),
        ('{"head": {}, "results": {"bindings": [{}]}}', "shape-changed"),
        ('{"head": {"vars": ["item"]}, "results": {"rows": []}}', "shape-changed"),
        (body(["item"]), "shape-changed"),
        (body([{"item": "https://e.org/Q7"}]), "shape-changed"),
        ("[]", "shape-changed"),
    ],
)
def test_broken_answers(tmp_path, answer, code):
    assert failure_of(sparql(tmp_path), {END: answer.encode()}).code == code


@pytest.mark.parametrize(
    "query",
    [
        "select ?a { ?a ?b 'DELETE' }",
        "# INSERT\nBASE <http://e.org/>\nPREFIX a: <http://e.org/#> PREFIX : <x>\nSELECT DISTINCT * {}",
    ],
)
def test_sound_queries(query):
    assert query_faults("sparql", query) == []


@pytest.mark.parametrize(
    "query",
    ["ASK {}", "CONSTRUCT {} WHERE {}", "DELETE WHERE { ?a ?b ?c }", "# SELECT", "INSERT DATA { <a> <b> 'SELECT' }"],
)
def test_other_forms_are_refused(tmp_path, query):
    with pytest.raises(DefinitionError, match=r"fetch\.query: is no SELECT"):
        sparql(tmp_path, query=query)


def test_a_question_too_long_for_an_address():
    assert "longer" not in str(query_faults("sparql", "SELECT * {}"))
    assert "cut it in two" in query_faults("sparql", f"SELECT * {{ {'é' * 1_200} }}")[0]


def test_parameters_of_the_address_stay():
    address = question("https://e.org/sparql?format=xml&a=#top", query="é &", format="json")
    assert address == "https://e.org/sparql?format=xml&a=&query=%C3%A9%20%26"
