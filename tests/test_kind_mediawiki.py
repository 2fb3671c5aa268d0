"""Wikis: categories, templates and their parameters, ask queries, answers in parts, and what the API refuses."""

import json
from urllib.parse import urlencode

import pytest
from source_kit import SITE, codes, column, failure_of, make_source, read_bodies

from scrapers.problems import DefinitionError

API = SITE + "w/api.php"


def make(home, fields=None, **fetch):
    fields = {"source_key": "title", "name": "title", "ignore": ["pageid", "fullurl"], **(fields or {})}
    return make_source(home, "mediawiki", fields, fetch={"url": API, **fetch})


def asked(template=False, category="Category:Tiers-lieux", **onward):
    """The address of a question for the pages of `category`, or of those that use the template Lieu."""
    parameters = {"action": "query", "format": "json", "formatversion": "2", "prop": "info", "inprop": "url"}
    if category:
        parameters |= {"generator": "categorymembers", "gcmtitle": category, "gcmtype": "page", "gcmlimit": "50"}
    else:
        parameters |= {"generator": "embeddedin", "geititle": "Template:Lieu", "geinamespace": "0"}
        parameters |= {"geifilterredir": "nonredirects", "geilimit": "50"}
    if template:
        parameters |= {"prop": "info|revisions", "rvprop": "content", "rvslots": "main"}
    return "w/api.php?" + urlencode({**parameters, **onward})


def page(number, text=None, **more):
    found = {"pageid": number, "ns": 0, "title": f"Lieu {number}", "fullurl": f"//wiki.example.org/wiki/Lieu_{number}"}
    if text is not None:
        found["revisions"] = [{"slots": {"main": {"contentmodel": "wikitext", "content": text}}}]
    return found | more


def answered(*pages, onward=None, complete=True, **more):
    whole = {"query": {"pages": list(pages)}, **more}
    if complete:
        whole["batchcomplete"] = True
    if onward:
        whole["continue"] = onward
    return json.dumps(whole).encode()


def test_category(tmp_path):
    harvest = read_bodies(make(tmp_path, {"url": "fullurl"}, category="Tiers-lieux"), {asked(): answered(page(1))})
    [record] = harvest.records
    assert record.fields["name"] == "Lieu 1"
    assert record.fields["url"] == "https://wiki.example.org/wiki/Lieu_1"
    assert harvest.problems == []


def test_category_in_the_wiki_s_language(tmp_path):
    source = make(tmp_path, category="Catégorie:Fab labs")
    assert read_bodies(source, {asked(category="Catégorie:Fab labs"): answered(page(1))}).read == 1


def test_answers_that_go_on(tmp_path):
    onward = {"gcmcontinue": "page|41|2", "continue": "gcmcontinue||"}
    bodies = {asked(): answered(page(1), onward=onward), asked(**onward): answered(page(2))}
    harvest = read_bodies(make(tmp_path, category="Tiers-lieux"), bodies)
    assert column(harvest, "name") == ["Lieu 1", "Lieu 2"]
    harvest = read_bodies(make(tmp_path, category="Tiers-lieux", max_pages=1), bodies)
    assert column(harvest, "name") == ["Lieu 1"]
    assert codes(harvest) == ["max-pages"]


def test_texts_that_come_in_parts(tmp_path):
    onward = {"rvcontinue": "2|9", "continue": "||info"}
    first = answered(page(1, "{{Lieu|ville=Tours}}"), page(2), onward=onward, complete=False)
    second = answered(page(1), page(2, "{{Lieu|ville=Nantes}}"))
    bodies = {asked(True): first, asked(True, **onward): second}
    harvest = read_bodies(
        make(tmp_path, {"commune": "template.ville"}, category="Tiers-lieux", template="Lieu"), bodies
    )
    assert column(harvest, "commune") == ["Tours", "Nantes"]
    assert harvest.problems == []


def test_answers_in_a_circle(tmp_path):
    onward = {"gcmcontinue": "x", "continue": "gcmcontinue||"}
    bodies = {asked(): answered(page(1), onward=onward), asked(**onward): answered(page(1), onward=onward)}
    assert failure_of(make(tmp_path, category="Tiers-lieux"), bodies).code == "paging-loop"


TEXT = """<!-- fiche -->{{Bandeau|à compléter}}
{{ lieu_partagé
| nom complet = Le [[Jardin|jardin]] ''commun'' <!-- sic -->
| ville = [[Tours]]
| site = [https://lieu.example.org le site]
| url = {{URL|https://lieu.example.org/x}}
| web = https://lieu.example.org/y
| texte = Voir [https://x.example.org ici]<br/>et là.<ref>Une source</ref> [[Catégorie:Lieux]]
| image = [[Fichier:Lieu.jpg|vignette|Le lieu]]
| point = {{coord|47.39|0.68|display=title}}
| vide =
| premier
}}
Un texte. {{Autre|ville=Nantes}}"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('template."nom complet"', "Le jardin commun"),
        ("template.ville", "Tours"),
        ("template.site", "https://lieu.example.org"),
        ("template.url", "https://lieu.example.org/x"),
        ("template.web", "https://lieu.example.org/y"),
        ("template.texte", "Voir ici\net là."),
        ("template.image", None),
        ("template.point", "47.39 0.68"),
        ("template.vide", None),
        ('template."1"', "premier"),
        ("template.x", None),
    ],
)
@pytest.mark.parametrize("name", ["Lieu partagé", "lieu_partagé", "Modèle:Lieu partagé"])
def test_parameters(tmp_path, path, value, name):
    source = make(tmp_path, {"summary": path, "ignore": ["*"]}, category="Tiers-lieux", template=name)
    assert column(read_bodies(source, {asked(True): answered(page(1, TEXT))}), "summary") == [value]


@pytest.mark.parametrize(
    "revision",
    [
        {"slots": {"main": {"content": "{{Lieu|ville=Tours}}"}}},
        {"slots": {"main": {"*": "{{Lieu|ville=Tours}}"}}},
        {"content": "{{Lieu|ville=Tours}}"},
        {"*": "{{Lieu|ville=Tours}}"},
    ],
)
def test_older_wikis(tmp_path, revision):
    pages = {"7": page(7, revisions=[revision])}
    body = json.dumps({"batchcomplete": "", "query": {"pages": pages}}).encode()
    source = make(tmp_path, {"commune": "template.ville"}, template="Lieu")
    assert column(read_bodies(source, {asked(True, category=None): body}), "commune") == ["Tours"]


def test_uses_of_the_template(tmp_path):
    texts = "{{Lieu|nom=A|dans={{Lieu|nom=B}}}} {{Lieux|nom=C}}"
    fields = {"source_key": "template.nom", "name": "template.nom", "ignore": ["*"]}
    source = make(tmp_path, fields, template="Lieu")
    body = answered(page(1, texts), page(2, "rien"), page(3))
    harvest = read_bodies(source, {asked(True, category=None): body})
    assert column(harvest, "name") == ["A", "B"]
    assert codes(harvest) == ["template-missing", "template-missing"]


def ask(offset=0):
    query = f"[[Category:Lieu]]|?Ville|?Point|limit=50|offset={offset}"
    return "w/api.php?" + urlencode({"action": "ask", "query": query, "format": "json"})


def result(name, **printouts):
    where = f"//wiki.example.org/wiki/{name}"
    return {"printouts": printouts, "fulltext": name, "fullurl": where, "namespace": 0, "exists": "1"}


ASKED = "[[Category:Lieu]]|?Ville|?Point"
PLACED = {
    "Ville": [{"fulltext": "Tours", "fullurl": "//x"}],
    "Point": [{"lat": 47.39, "lon": 0.68}],
    "Note": ["a", "b"],
}


@pytest.mark.parametrize("listed", [False, True])
def test_ask(tmp_path, listed):
    found = {"A": result("A", **PLACED)}
    body = json.dumps({"query": {"printrequests": [], "results": [found] if listed else found}}).encode()
    places = {"commune": "printouts.Ville[*].fulltext", "latitude": "printouts.Point[0].lat", "url": "fullurl"}
    source = make(tmp_path, {**places, "needs": "printouts.Note[*]", "ignore": ["*"]}, query=ASKED)
    [record] = read_bodies(source, {ask(): body}).records
    assert record.fields == {
        "source_key": "A",
        "name": "A",
        "commune": "Tours",
        "latitude": "47.39",
        "url": "https://wiki.example.org/wiki/A",
        "needs": ["a", "b"],
    }


def test_ask_that_goes_on(tmp_path):
    first = {"query-continue-offset": 50, "query": {"results": {"A": result("A")}}}
    bodies = {ask(): json.dumps(first).encode(), ask(50): b'{"query": {"results": {"B": {"printouts": []}}}}'}
    assert column(read_bodies(make(tmp_path, query=ASKED), bodies), "name") == ["A", "B"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>MediaWiki API help</body></html>", "web-page"),
        (answered(page(1))[:-20], "truncated"),
        (b"[]", "not-mediawiki"),
        (b'{"batchcomplete": true}', "list-empty"),
        (b'{"query": []}', "list-empty"),
        (b'{"error": {"code": "readapidenied", "info": "You need read permission."}}', "forbidden"),
        (b'{"error": {"code": "ratelimited", "info": "Slow down."}}', "rate-limited"),
        (b'{"error": {"code": "badvalue", "info": "Unrecognized value."}}', "api-error"),
        (b'{"error": {"query": ["[[x]] is no query"]}}', "api-error"),
        (b'{"error": "down"}', "api-error"),
        (b'{"query": {"pages": [3, null]}}', "list-empty"),
    ],
)
def test_refused(tmp_path, body, code):
    assert failure_of(make(tmp_path, category="Tiers-lieux"), {asked(): body}).code == code


@pytest.mark.parametrize("results", [[], {}, [3], {"A": 3}, None])
def test_nothing_asked_for(tmp_path, results):
    body = json.dumps({"query": {"results": results}}).encode()
    assert failure_of(make(tmp_path, query=ASKED), {ask(): body}).code == "list-empty"


@pytest.mark.parametrize("text", ["{{Lieu|" * 3_000, "{{Lieu|a={{{x|{{{{}}|[[}}", "{{Lieu|ville=\x00}}"])
def test_odd_wikitext(tmp_path, text):
    source = make(tmp_path, {"commune": "template.ville", "ignore": ["*"]}, category="Tiers-lieux", template="Lieu")
    harvest = read_bodies(source, {asked(True): answered(page(1, text), page(2, "{{Lieu|ville=Tours}}"))})
    assert column(harvest, "commune")[-1] == "Tours"


@pytest.mark.parametrize(
    ("fetch", "fault"),
    [
        ({}, "needs category, template or query"),
        ({"query": "[[a]]", "category": "b"}, "fetch.query: goes alone"),
        ({"category": "b", "items": "x"}, "fetch.items: belongs to"),
    ],
)
def test_faults(tmp_path, fetch, fault):
    with pytest.raises(DefinitionError, match=fault):
        make(tmp_path, **fetch)
