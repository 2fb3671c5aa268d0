"""Definitions: a sound one loads, and every fault is told with file, key, what was found and a remedy."""

import copy
import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_kit import ADDRESS, SITE, SOUND, write_definition

from flows.catalogue import check_source
from scrapers.catalogue import load_catalogue, load_source
from scrapers.problems import DefinitionError

HTML = {"kind": "html", "fetch": {"url": ADDRESS, "item": "li"}, "fields": {"source_key": ".@id", "name": "h2"}}


def changed(place: str, value: Any, base: dict[str, Any] | None = None) -> dict[str, Any]:
    """The sound definition with `value` at the dotted `place`; None removes what is there."""
    definition = copy.deepcopy({**SOUND, **(base or {})})
    *path, last = place.split(".")
    table = definition
    for step in path:
        table = table.setdefault(step, {})
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
    return definition


def faults(home: Path, definition: dict[str, Any]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_source(write_definition(home, definition))
    assert all(line.startswith(str(home / "places" / "source.toml")) for line in caught.value.faults)
    return caught.value.faults


def test_sound(tmp_path):
    source = load_source(write_definition(tmp_path, SOUND))
    assert (source.id, source.country, source.ignore) == ("places", "FR", ["internal_*"])
    assert source.addresses() == [ADDRESS]
    assert source.places == {"id", "Nom"}
    assert source.expect.max_drop == 0.3


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("coutry", "FR", ["coutry: unknown key, found 'FR'", "check its spelling"]),
        ("fetch.method", "POST", ["fetch.method: unknown key, found 'POST'"]),
        ("fields.name", {"frm": "Nom"}, ["fields.name.frm: unknown key"]),
        ("id", "other", ["id: unknown key", "remove it"]),
        ("folder", "/etc", ["folder: unknown key", "remove it"]),
        ("title", 3, ["title: found 3", "valid string"]),
        ("title", "", ["title: found ''"]),
        ("country", "France", ["country: found 'France'"]),
        ("kind", "rss", ["kind: found 'rss'", "'table', 'json', 'html'"]),
        ("schedule", "hourly", ["schedule: found 'hourly'", "weekly"]),
        ("verified", "yes", ["verified: found 'yes'"]),
        ("publisher", None, ["publisher: missing; add it"]),
        ("publisher", "me", ["publisher: found 'me'"]),
        ("publisher.url", "www.example.org", ["publisher.url: found 'www.example.org'", "https://"]),
        ("rights.proof", None, ["rights.proof: missing; add it"]),
        ("fetch.url", "ftp://example.org/x", ["fetch.url: found 'ftp://example.org/x'", "https://"]),
        ("fetch.url", "https://[x", ["fetch.url: found 'https://[x'", "https://"]),
        ("fetch.url", [], ["fetch.url: found []"]),
        ("fetch.url", None, ["fetch: needs exactly one of url or path, found none"]),
        ("fetch.path", "a.csv", ["fetch: needs exactly one of url or path, found url and path"]),
        ("fetch.items", "data", ['fetch.items: belongs to kind "json"', "remove it"]),
        ("fetch.max_pages", 3, ['fetch.max_pages: belongs to kind "json", "html"', "remove it"]),
        ("fetch.delimiter", ";;", ["fetch.delimiter: found ';;'"]),
        ("fetch.delimiter", '"', ["fetch.delimiter"]),
        ("fetch.encoding", "utf-99", ["fetch.encoding: found 'utf-99'", "cp1252"]),
        ("fetch.encoding", "hex", ["fetch.encoding: found 'hex'", "cp1252"]),
        ("fields.names", "Nom", ["fields.names: is no raw field; use name"]),
        ("fields.name", 3, ["fields.name: found 3"]),
        ("fields.name", None, ["fields.name: missing"]),
        ("fields.name", {"from": "Nom", "value": "x"}, ["fields.name: found", "either"]),
        ("fields.name", {"join": ", "}, ["fields.name: found", "either"]),
        ("fields.name", [], ["fields.name.from: found []"]),
        ("fields.name", {"from": "Nom", "pattern": "(x"}, ["fields.name.pattern: found '(x'", "mend it"]),
        ("fields.name", {"from": "Nom", "pattern": "a{" + "9" * 30 + "}"}, ["fields.name.pattern", "mend it"]),
        ("fields.name", {"from": "Nom", "template": "x"}, ["fields.name.template: found 'x'", '"{}" once']),
        ("fields.name", {"from": "Nom", "template": "{} {}"}, ["fields.name.template", '"{}" once']),
        ("fields.name", {"from": "Nom", "split": ""}, ["fields.name.split: found ''"]),
        ("fields.name", {"from": "Nom", "all": "no"}, ["fields.name.all: found 'no'"]),
        ("fields.name", {"from": "Nom", "each": {"name": "x"}}, ["fields.name: holds no parts", "remove"]),
        ("fields.partners", {"from": "P", "each": {"mail": "x"}}, ["fields.partners: has no part mail; use name"]),
        ("fields.partners", {"value": "P", "each": {"name": "x"}}, ["fields.partners: found", '"from"']),
        ("fields.partners", {"from": "P", "pattern": "(?P<nom>.)"}, ["fields.partners: has no part nom; use name"]),
        ("detail_fields", {"name": "h1"}, ["detail_fields: needs fetch.detail"]),
        ("identity.key", ["siret"], ['identity.key: names "siret"', "add it"]),
        ("identity.key", [], ["identity.key: found []"]),
        ("expect.filled", {"region": 0.5}, ['expect.filled: names "region"', "add it"]),
        ("expect.filled", {"name": 50}, ["expect.filled.name: found 50"]),
        ("expect.rows", {"min": 9, "max": 3}, ["expect.rows: found", "max must not be less"]),
        ("expect.rows.min", "9", ["expect.rows.min: found '9'", "integer"]),
        ("lookups.themes", {"A": "b"}, ['lookups: names "themes"', "add it"]),
        ("lookups.name", {"A": 3}, ["lookups.name.A: found 3"]),
        ("ignore", ["x"], ["ignore: stands at the top and in [fields]", "one list"]),
        ("sample", {"written_on": "2026-11-22", "rows": 1}, ["sample.written_on: found '2026-11-22'"]),
    ],
)
def test_fault(tmp_path, place, value, told):
    text = "\n".join(faults(tmp_path, changed(place, value)))
    for words in told:
        assert words in text


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("fetch.item", None, ["fetch.item: missing; give the CSS selector"]),
        ("fetch.item", "li[", ['fetch.item: "li[" is not a CSS selector', "mend it"]),
        ("fetch.item", "li@id", ['fetch.item: "li@id" names no elements', 'without "@"']),
        ("fetch.item", ".", ['fetch.item: "." names no elements']),
        ("fetch.item", "@media", ["fetch.item"]),
        ("fetch.next", "a.next", ['fetch.next: "a.next" gives a text', "@href"]),
        ("fetch.detail", "h2 a", ['fetch.detail: "h2 a" gives a text', "@href"]),
        ("fetch.item", "xpath:.//li/@id", ['"xpath:.//li/@id" names no elements']),
        ("fetch.item", "xpath:string(.//li)", ["names no elements"]),
        ("fetch.item", "xpath:.//li[", ["fetch.item", "is not an XPath", "mend it"]),
        ("fetch.item", "label:Ville", ["names no elements"]),
        ("fetch.detail", "label:Site", ['fetch.detail: "label:Site" gives a text', "@href"]),
        ("fetch.item", ".x:first-of-type", ["needs the element's name", "xpath:"]),
        ("fields.url", "xpath:doc('a')", ["there is no function doc()"]),
        ("fields.url", "label:", ["names nothing"]),
        ("fetch.more", {"url": SITE + "more"}, ["fetch.more: found", 'url or body must hold "{page}"']),
        ("fetch.more", {"url": SITE + "{page}", "type": "text/plain"}, ["type tells what body is"]),
        ("fetch.more", {"url": SITE + "{page}", "html": "a..b"}, ["fetch.more.html: found 'a..b'", "is not a path"]),
        ("fetch.more", {"url": "more?{page}"}, ["fetch.more.url", "https://"]),
        ("fields.url", "a:nth(", ['fields.url: "a:nth(" is not a CSS selector']),
        ("fields.partners", {"from": "li@id", "each": {"name": "b"}}, ['fields.partners: "li@id" names no elements']),
        ("fields.partners", {"from": "li", "each": {"name": "b["}}, ['fields.partners.each.name: "b[" is not']),
        ("fetch.pages", {"url": SITE, "last": 3}, ["fetch.pages: found", '"{page}"']),
        ("fetch.pages", {"url": SITE + "{page}", "last": 0}, ["fetch.pages: found", "less than first"]),
        ("fetch.pages", {"url": SITE + "{page}", "last": 10**9}, ["fetch.pages: found"]),
        (
            "fetch.pages",
            {"url": SITE + "{page}", "last": 2},
            ["exactly one of url, path or pages, found url and pages"],
        ),
    ],
)
def test_fault_of_html(tmp_path, place, value, told):
    text = "\n".join(faults(tmp_path, changed(place, value, HTML)))
    for words in told:
        assert words in text


@pytest.mark.parametrize("path", ["a[", "a..b", 'a."b', "a[x]", "a]"])
def test_fault_of_json_path(tmp_path, path):
    json = {"kind": "json", "fetch": {"url": ADDRESS}}
    assert "fields.url" in faults(tmp_path, changed("fields.url", path, json))[0]
    assert "fetch.items" in faults(tmp_path, changed("fetch.items", path, json))[0]


def test_key_from_the_address_of_the_own_page(tmp_path):
    definition = changed("fetch.detail", "a@href", {**HTML, "identity": {"key": ["record_url"]}})
    assert load_source(write_definition(tmp_path, definition)).identity.key == ["record_url"]


def test_all_faults_at_once(tmp_path):
    definition = changed("title", 3)
    definition["coutry"] = "FR"
    definition["fields"]["name"] = {"from": "Nom", "pattern": "("}
    assert len(faults(tmp_path, definition)) == 3
    definition = changed("identity.key", ["siret"])
    definition["fetch"]["items"] = "data"
    definition["fields"]["nom"] = "Nom"
    assert len(faults(tmp_path, definition)) == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone.csv", "there is no file sample/gone.csv"),
        ("../source.toml", "lies outside the sample folder"),
        ("/etc/passwd", "lies outside the sample folder"),
        ("", "is a folder"),
        ("a\0b", "there is no file"),
        ("x" * 300, "there is no file"),
    ],
)
def test_sample_file(tmp_path, name, told):
    (tmp_path / "places" / "sample").mkdir(parents=True)
    sample = {"written_on": dt.date(2026, 11, 22), "rows": 1, "pages": {ADDRESS: name}}
    (line,) = faults(tmp_path, changed("sample", sample))
    assert f'sample.pages."{ADDRESS}"' in line
    assert told in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"title = ", "is not TOML"),
        (b"title = '\xe9'", "is not TOML"),
        (b"a = " + b"[" * 5000, "is not TOML"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"", "title: missing"),
        (b"fields = 'ignore'", "fields: found 'ignore'"),
        (b"fields = 3", "fields: found 3"),
        (b"fetch = []", "fetch: found []"),
    ],
)
def test_broken_file(tmp_path, text, told):
    folder = tmp_path / "places"
    folder.mkdir()
    (folder / "source.toml").write_bytes(text)
    with pytest.raises(DefinitionError, match=r"source\.toml") as caught:
        load_source(folder)
    assert told in str(caught.value)


def test_folder(tmp_path):
    with pytest.raises(DefinitionError, match="Bad Name: the folder's name is the id; use lower-case"):
        load_source(write_definition(tmp_path, SOUND, "Bad Name"))
    with pytest.raises(DefinitionError, match="there is no such file"):
        load_source(tmp_path / "nowhere")
    (tmp_path / "odd" / "source.toml").mkdir(parents=True)
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_source(tmp_path / "odd")


def test_one_bad_definition_stops_no_other(tmp_path):
    write_definition(tmp_path, SOUND, "b-sound")
    write_definition(tmp_path, changed("kind", "rss"), "a-bad")
    (tmp_path / "no-source").mkdir()
    sources, errors = load_catalogue(tmp_path)
    assert [source.id for source in sources] == ["b-sound"]
    assert ["a-bad" in str(error) for error in errors] == [True]


def test_empty_catalogue(tmp_path):
    with pytest.raises(DefinitionError, match=r"holds no definition.*name another folder"):
        load_catalogue(tmp_path)


def local(home: Path, path: Any, *roots: Path) -> list[str]:
    definition = changed("fetch.path", path)
    del definition["fetch"]["url"]
    return load_source(write_definition(home, definition), roots).addresses()


def test_local_files(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    for name in ("b.csv", "a é#.csv", ".hidden"):
        (tmp_path / "data" / name).write_bytes(b"")
    monkeypatch.setenv("ESSAIM_TEST_DATA", str(tmp_path / "data"))
    a, b = ((tmp_path / "data" / name).as_uri() for name in ("a é#.csv", "b.csv"))
    data = tmp_path / "data"
    assert local(tmp_path, "../data/b.csv", data) == [b]
    assert local(tmp_path, "${ESSAIM_TEST_DATA}", data) == [a, b]
    assert local(tmp_path, ["../data/b.csv", "${ESSAIM_TEST_DATA}/a é#.csv"], tmp_path / "more", data) == [b, a]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("${ESSAIM_NO_SUCH}/a.csv", "needs the environment variable ESSAIM_NO_SUCH; set it"),
        ("gone.csv", "there is no file"),
        ("a\0b", "there is no file"),
        ("x" * 300, "there is no file"),
        ("empty", "holds no file"),
    ],
)
def test_local_file_missing(tmp_path, path, told):
    (tmp_path / "places" / "empty").mkdir(parents=True)
    with pytest.raises(DefinitionError, match=r"source\.toml: fetch\.path") as caught:
        local(tmp_path, path)
    assert told in str(caught.value)


TEXT = st.one_of(
    st.sampled_from(
        ["", ".", "li", "a@href", "Nom", "name", "source_key", "{}", "(", "x]", "utf-8", ADDRESS, "FR", "\0"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8),
)
SCALAR = st.one_of(
    TEXT, st.integers(-9, 10**12), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.dates()
)
KEYS = [
    *SOUND,
    *SOUND["fetch"],
    *SOUND["expect"],
    "from",
    "value",
    "each",
    "pattern",
    "template",
    "split",
    "pages",
    "last",
]
NAMES = st.one_of(st.sampled_from([*KEYS, "items", "item", "next", "detail", "path", "name", "ignore", "rows"]), TEXT)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)


def check_loading(definition: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = write_definition(Path(home), definition)
        try:
            load_source(folder).addresses()
        except DefinitionError as error:
            assert error.faults
            assert all(": " in line for line in error.faults)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, ANYTHING, max_size=6))
def test_any_definition_loads_or_is_refused(definition):
    check_loading(definition)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["table", "json", "html"]), st.sampled_from(sorted(SOUND)), NAMES, ANYTHING)
def test_any_change_loads_or_is_refused(kind, table, key, value):
    definition = copy.deepcopy({**SOUND, **(HTML if kind == "html" else {}), "kind": kind})
    if isinstance(definition[table], dict):
        definition[table][key] = value
    else:
        definition[table] = value
    check_loading(definition)


def test_the_example_of_the_documentation_is_sound(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "source-definition.md").read_text(encoding="utf-8")
    folder = tmp_path / "example"
    (folder / "sample").mkdir(parents=True)
    (folder / "sample" / "places.csv").touch()
    (folder / "source.toml").write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert check_source(load_source(folder)) == []


def test_a_port_that_no_host_has_is_a_fault(tmp_path):
    assert "is no address of the web" in "".join(faults(tmp_path, changed("fetch.url", "https://a.org:99999/")))
