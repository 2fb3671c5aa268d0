"""A small whole night on sources that mean harm: what they write stays text, and what they name is not opened.

Every attack of `tests/test_security_*.py` is one case of a test; a run of the tests ends with their count.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from source_kit import SITE, SOUND, codes, failure_of, make_source, read_bodies, write_definition, write_xlsx
from test_night import DEFINITION

from flows import nightly
from flows.query import ask as ask_query
from flows.report import Night
from flows.settings import Settings
from scrapers.catalogue import load_catalogue, load_source
from scrapers.fetch import sample_door
from scrapers.kinds import read_source
from scrapers.problems import DefinitionError, SourceError
from warehouse.store import FILE_NAME

DAY = dt.date(2026, 3, 1)

SQL = [
    "'; DROP TABLE initiative; --",
    '"; DELETE FROM record; --',
    "x') ; ATTACH '/tmp/essaim-attack.db' AS a; --",
    "$$; COPY (SELECT 1) TO '/tmp/essaim-attack.csv'; --",
    "'||(SELECT getenv('HOME'))||'",
    "{{7*7}} ${7*7} {% raw %}",
    "?; $1; :name; %s; %(x)s",
    "read_text('/etc/passwd')",
    "' UNION SELECT content FROM read_text('/etc/passwd') --",
]
HTML = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title><script>alert(2)</script>",
    "<svg/onload=alert(3)>",
    "[click](javascript:alert(4))",
    "&lt;script&gt;alert(5)&lt;/script&gt;",
    "\u202e<b>evil</b>\u202c",
    "<!--",
    "]]><script>alert(6)</script>",
]
FORMULAS = ["=cmd|'/c calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3+cmd|'/c calc'!A0", "@SUM(1+9)*cmd|' /C calc'!A0",
            "\t=1+1", "\r=1+1", "＝1+1", '=HYPERLINK("https://thief.example.org")']  # fmt: skip
PATHS = ["../../etc/passwd", "/etc/passwd", "..\\..\\windows", "a/../../b", "con", "x" * 300, "%2e%2e%2f", "~root"]
HOSTILE = [*SQL, *HTML, *FORMULAS, *PATHS]


def add(catalogue: Path, id: str, rows: list[list[str]], **fetch: str) -> Path:
    folder = catalogue / id
    folder.mkdir(parents=True)
    definition = DEFINITION.format(id=id, licence="etalab-2.0").replace(
        'commune = "ville"', 'summary = "mot"\ncommune = "ville"'
    )
    (folder / "source.toml").write_text(definition, encoding="utf-8")
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["id", "nom", "mot", "ville", "cp"], *rows])
    (folder / "places.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def night(home: Path) -> Night:
    """Hostile texts as names, as keys, in every column and in the definition's own words; the second night changes."""
    towns = [("Nantes", "44000"), ("Rennes", "35000"), ("Lille", "59000")]
    rows = [[f"k{n} {text}", f"Lieu {n} {text}", text, *towns[n % 3]] for n, text in enumerate(HOSTILE)]
    folder = add(home / "catalogue", "hostile", rows)
    definition = (folder / "source.toml").read_text(encoding="utf-8")
    told = json.dumps(f"Éditeur {SQL[0]} {HTML[0]} {FORMULAS[0]}")
    definition = definition.replace('attribution = "Publisher of hostile"', f"attribution = {told}")
    (folder / "source.toml").write_text(definition.replace('title = "hostile"', f"title = {told}"), encoding="utf-8")
    columns = [[text, f"Autre lieu {n}", "", text, text] for n, text in enumerate(HOSTILE)]
    add(home / "catalogue", "columns", columns)
    settings = Settings(home=home / "home", as_of=DAY, catalogue=home / "catalogue")
    first = nightly.run(settings, prefect=False)
    assert first.release is not None
    text = (folder / "places.csv").read_text(encoding="utf-8").replace("Lieu 1 ", "Endroit 1 ")
    (folder / "places.csv").write_text(text, encoding="utf-8")
    return nightly.run(
        Settings(home=home / "home", as_of=DAY + dt.timedelta(1), catalogue=home / "catalogue"), prefect=False
    )


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "home" / FILE_NAME), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_night_holds(night: Night) -> None:
    assert {state.source_id: state.outcome for state in night.states} == {"hostile": "good", "columns": "good"}
    assert night.outcome == "published"
    assert night.release is not None
    assert not list(Path("/tmp").glob("essaim-attack*"))


@pytest.mark.parametrize("number", range(len(HOSTILE)), ids=lambda number: repr(HOSTILE[number][:20]))
def test_a_hostile_text_is_a_text(home: Path, night: Night, number: int) -> None:
    """It is there as a record, or refused with a reason; and raw, exactly as it was written."""
    raw = [fields["summary"] for (fields,) in _raw(home)]
    # A lone carriage return is a line end to every reader of text files.
    assert HOSTILE[number].replace("\r", "\n") in [text.replace("\r", "\n") for text in raw]
    named = f"name LIKE '%ieu {number} %' OR name LIKE 'Endroit {number} %' OR name LIKE '%ieu {number}'"
    found = rows(home, f"SELECT count(*) FROM record WHERE {named}")
    refused = rows(home, f"SELECT count(*) FROM issue WHERE rejected AND record_key LIKE 'k{number} %'")
    assert found[0][0] + refused[0][0] >= 1


def _raw(home: Path) -> list[tuple[dict[str, Any]]]:
    found = rows(home, "SELECT fields FROM raw_record WHERE source_id = 'hostile'")
    return [({"summary": "", **json.loads(fields)},) for (fields,) in found]


def test_nothing_that_a_source_wrote_is_in_the_schema(home: Path, night: Night) -> None:
    fresh = home / "plain"
    add(fresh / "catalogue", "plain", [[str(n), f"Lieu {n}", "", "Nantes", "44000"] for n in range(3)])
    nightly.run(Settings(home=fresh / "home", as_of=DAY, catalogue=fresh / "catalogue"), prefect=False)
    schema = "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    assert rows(home, schema) == rows(fresh, schema)


PAGES = ["index.html", "CHANGELOG.md", "ATTRIBUTION.md", "themes.ttl", "data-dictionary.fr.md", "report.html"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_hold_no_markup_of_a_source(home: Path, night: Night, name: str) -> None:
    text = (home / "home" / "releases" / "latest" / name).read_text(encoding="utf-8")
    live = re.compile(
        r"(?<!\\)(<script[^>]*>alert|<img src=x|<svg/onload|\[click\]\(javascript:|<b>evil)", re.IGNORECASE
    )
    assert live.findall(text) == []
    assert not re.search(r'href="(?:javascript:|file:|data:(?!,))', text, re.IGNORECASE)


def test_the_report_holds_no_markup_that_a_terminal_or_a_chat_obeys(home: Path, night: Night) -> None:
    text = (home / "home" / "runs" / night.as_of.isoformat() / "report.json").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert json.loads(text)["outcome"] == "published"


def test_no_cell_of_a_csv_begins_a_formula(home: Path, night: Night) -> None:
    seen = 0
    for path in (home / "home" / "releases" / "latest").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, cell in row.items():
                    number = re.fullmatch(r"[+-]?\d+(\.\d+)?", cell or "")
                    assert not (cell or "").startswith(("=", "+", "@", "\t", "\r", "＝")), (path.name, name, cell)
                    assert number or not (cell or "").startswith("-"), (path.name, name, cell)
                    seen += 1
    assert seen > 1_000


def test_no_file_is_named_by_a_source(home: Path, night: Night) -> None:
    """Every name below the home is made of ids of sources and nights, and names of ours."""
    wild = re.compile(r"[\w.-]+", re.ASCII)
    names = {path.name for path in (home / "home").rglob("*")}
    assert [name for name in names if not wild.fullmatch(name)] == []
    assert {path.name for path in (home / "home" / "archive").iterdir()} == {"hostile", "columns"}


# ---- what `essaim sql` may do ----


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE initiative",
        "INSERT INTO initiative SELECT * FROM initiative",
        "UPDATE initiative SET name = ''",
        "CREATE TABLE x (a INT)",
    ],
)
def test_a_question_changes_nothing(home: Path, night: Night, query: str) -> None:
    with (
        duckdb.connect(str(home / "home" / FILE_NAME), read_only=True) as connection,
        pytest.raises((duckdb.Error, ValueError)),
    ):
        ask_query(connection, query)


# ---- definitions that reach for what is not theirs ----


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "../other/secret.csv",
        "./../places2/secret.csv",
        "link.csv",
        "linked",
        "linked/secret.csv",
        "${HOME}",
        "${HOME}/.ssh/id_rsa",
        "${ESSAIM_NOT_SET:-/etc/passwd}",
        "${ESSAIM_NOT_SET:-..}/other/secret.csv",
        "/proc/self/environ",
        "folder-with-a-link",
    ],
)
def test_a_definition_reads_no_file_outside_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.delenv("ESSAIM_NOT_SET", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    folder = add(tmp_path / "catalogue", "places", [["1", "a", "", "Nantes", "44000"]])
    for name in ("other", "catalogue/other", "catalogue/places2"):
        (tmp_path / name / ".ssh").mkdir(parents=True)
        (tmp_path / name / "secret.csv").write_text("id;nom;mot;ville;cp\n1;secret;;Nantes;44000\n")
        (tmp_path / name / ".ssh" / "id_rsa").write_text("key")
    (folder / "link.csv").symlink_to(tmp_path / "other" / "secret.csv")
    (folder / "linked").symlink_to(tmp_path / "other")
    (folder / "folder-with-a-link").mkdir()
    (folder / "folder-with-a-link" / "a.csv").symlink_to(tmp_path / "other" / "secret.csv")
    definition = (folder / "source.toml").read_text(encoding="utf-8")
    (folder / "source.toml").write_text(definition.replace('"places.csv"', json.dumps(path)), encoding="utf-8")
    with pytest.raises(DefinitionError, match="leads out of the definition's folder") as caught:
        load_source(folder).addresses()
    assert str(tmp_path / "other") not in str(caught.value), "what a variable or a link holds is nobody's business"


def test_an_operator_may_name_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add(tmp_path / "catalogue", "places", [["1", "a", "", "Nantes", "44000"]])
    (tmp_path / "data").mkdir()
    (folder / "places.csv").rename(tmp_path / "data" / "places.csv")
    definition = (folder / "source.toml").read_text(encoding="utf-8").replace("places.csv", "../../data/places.csv")
    (folder / "source.toml").write_text(definition, encoding="utf-8")
    wanted = [(tmp_path / "data" / "places.csv").as_uri()]
    assert load_source(folder, [tmp_path / "data"]).addresses() == wanted
    monkeypatch.setenv("ESSAIM_DATA_ROOT", f"/nowhere:{tmp_path / 'data'}")
    assert load_source(folder).addresses() == wanted


@pytest.mark.parametrize("key", ["id", "folder", "data_roots"])
def test_a_definition_cannot_say_where_it_stands(tmp_path: Path, key: str) -> None:
    folder = add(tmp_path / "catalogue", "places", [])
    definition = (folder / "source.toml").read_text(encoding="utf-8")
    (folder / "source.toml").write_text(f'{key} = ["/"]\n{definition}', encoding="utf-8")
    with pytest.raises(DefinitionError, match=f"{key}: unknown key"):
        load_source(folder)


@pytest.mark.parametrize("name", ["scraper.py", "__init__.py", "conftest.py", "sitecustomize.py", "source.py"])
def test_code_beside_a_definition_is_never_run(tmp_path: Path, name: str) -> None:
    folder = add(tmp_path / "catalogue", "places", [[str(n), f"Lieu {n}", "", "Nantes", "44000"] for n in range(3)])
    (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n", encoding="utf-8")
    sources, errors = load_catalogue(tmp_path / "catalogue")
    assert ([source.id for source in sources], errors) == (["places"], [])
    with sample_door({}, None) as door:
        assert read_source(sources[0], door).kept == 3
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("id", ["..", ".hidden", "a b", "A", "a/b", "a;b", "é", "-a"])
def test_an_id_is_a_plain_name(tmp_path: Path, id: str) -> None:
    with pytest.raises(DefinitionError):
        load_source(tmp_path / "catalogue" / id)


def test_a_local_page_leads_to_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / "secret.html").write_text("<li><h2>secret</h2></li>", encoding="utf-8")
    body = '<li><h2>A</h2></li><a class="next" href="../secret.html">next</a>'
    (tmp_path / "places" / "list.html").write_text(body, encoding="utf-8")
    fetch = {"path": "list.html", "item": "li", "next": "a.next@href"}
    definition = {**SOUND, "kind": "html", "fields": {"source_key": "h2", "name": "h2"}, "fetch": fetch}
    source = load_source(write_definition(tmp_path, definition))
    with sample_door({}, None) as door:
        harvest = read_source(source, door)
    assert [record.fields["name"] for record in harvest.records] == ["A"]


# ---- files that are more than they seem ----

TABLE = {"source_key": "id", "name": "nom"}
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip
QUADRATIC = b'<!DOCTYPE x [<!ENTITY a "' + b"h" * 50_000 + b'">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY j "x">]>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;<!ENTITY a "x"><!ENTITY j "x">]>'
ENTITIES = {"laughs": (LAUGHS, b"&j;"), "quadratic": (QUADRATIC, b"&a;" * 5_000), "outside": (OUTSIDE, b"&a;"),
            "parameter": (PARAMETER, b"&a;")}  # fmt: skip


def text_of(harvest: Any) -> str:
    return json.dumps([record.fields for record in harvest.records], ensure_ascii=False)


@pytest.mark.parametrize("attack", ENTITIES)
def test_entities_in_a_feed(tmp_path: Path, attack: str) -> None:
    head, use = ENTITIES[attack]
    feed = (
        head
        + b"<rss version='2.0'><channel><title>t</title><item><title>A "
        + use
        + b"</title><link>"
        + (SITE.encode() + b"a</link><guid>1</guid></item></channel></rss>")
    )
    source = make_source(tmp_path, "feed", {"source_key": "id", "name": "title"})
    assert _refusal(source, feed) == "xml-entities"
    assert _refusal(source, feed.decode().encode("utf-16")) == "xml-entities"
    assert _refusal(source, b"\n" + feed) == "xml-entities"


@pytest.mark.parametrize("attack", ENTITIES)
def test_entities_in_a_sitemap(tmp_path: Path, attack: str) -> None:
    head, use = ENTITIES[attack]
    body = (
        head
        + b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>"
        + SITE.encode()
        + (b"p/" + use + b"</loc></url></urlset>")
    )
    source = make_source(tmp_path, "sitemap", {"source_key": "h1", "name": "h1"}, fetch={"match": "/p/"})
    assert _refusal(source, body) == "xml-entities"
    assert _refusal(source, gzip.compress(body)) == "xml-entities"


@pytest.mark.parametrize("attack", ENTITIES)
def test_entities_in_a_page(tmp_path: Path, attack: str) -> None:
    head, use = ENTITIES[attack]
    body = head + b"<html><body><li><h2>A " + use + b"</h2></li></body></html>"
    source = make_source(tmp_path, "html", {"source_key": "h2", "name": "h2"}, fetch={"item": "li"})
    assert _harmless(source, body)


@pytest.mark.parametrize("attack", ENTITIES)
@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_entities_in_a_workbook(tmp_path: Path, attack: str, form: str) -> None:
    head, use = ENTITIES[attack]
    source = make_source(tmp_path, "table", TABLE)
    if form == "ods":
        space = "urn:oasis:names:tc:opendocument:xmlns"
        content = (
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet><table:table table:name="a">'
        ).encode()
        for cells in ((b"id", b"nom"), (b"1", b"A " + use)):
            content += b"<table:table-row>"
            for cell in cells:
                content += (
                    b'<table:table-cell office:value-type="string"><text:p>' + cell + b"</text:p></table:table-cell>"
                )
            content += b"</table:table-row>"
        content += b"</table:table></office:spreadsheet></office:body></office:document-content>"
        parts = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": head + content}
    else:
        path = write_xlsx(tmp_path / "a.xlsx", {"a": [["id", "nom"], ["1", "A USE"]]})
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        parts = {
            name: re.sub(rb"(<\?xml[^>]*\?>)?", rb"\1" + head.replace(b"\\", b""), body, count=1).replace(b"USE", use)
            if b"USE" in body
            else body
            for name, body in parts.items()
        }
    assert _refusal(source, _zipped(parts)) == "xml-entities"


def test_a_feed_may_speak_of_entities_and_name_a_document_type(tmp_path: Path) -> None:
    feed = (
        b'<?xml version="1.0"?><!-- <!ENTITY a "ha"> --><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" '
        b'"http://127.0.0.1:1/rss-0.91.dtd"><rss version="0.91"><channel><item><title>A</title>'
        b"<description><![CDATA[<!DOCTYPE x [<!ENTITY a 'ha'>]>]]></description><link>"
        + SITE.encode()
        + b"a</link></item></channel></rss>"
    )
    found = read_bodies(make_source(tmp_path, "feed", {"source_key": "link", "name": "title"}), feed)
    assert [record.fields["name"] for record in found.records] == ["A"]


def _refusal(source: Any, body: bytes) -> str:
    """The code under which `body` is refused; a maintainer is told what was wrong, and no file of this machine."""
    with pytest.raises(SourceError) as caught:
        read_bodies(source, body)
    assert "declares entities" in str(caught.value)
    assert caught.value.remedy
    assert "root:" not in str(caught.value)
    return caught.value.code


def _harmless(source: Any, body: bytes) -> bool:
    """Whether it is read as far as it makes sense, or refused; without a file of this machine, and without growing."""
    try:
        found = read_bodies(source, body)
    except Exception as error:
        assert type(error).__name__ == "SourceError", repr(error)
        return "root:" not in str(error)
    told = text_of(found)
    return "root:" not in told and len(told) < 200_000


def _zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, body in parts.items():
            book.writestr(name, body)
    return packed.getvalue()


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "/tmp/essaim-attack-slip", "..\\..\\evil.txt", "xl/../../../evil.txt"]
)
def test_a_zip_that_slips_writes_nothing(tmp_path: Path, name: str) -> None:
    """Workbooks are read in memory; a member's name is never a path of ours."""
    path = write_xlsx(tmp_path / "a.xlsx", {"a": [["id", "nom"], ["1", "A"]]})
    with zipfile.ZipFile(path, "a") as book:
        book.writestr(name, b"evil")
    harvest = read_bodies(make_source(tmp_path / "in" / "side", "table", TABLE), path.read_bytes())
    assert harvest.kept == 1
    assert not list(tmp_path.rglob("evil*"))
    assert not Path("/tmp/essaim-attack-slip").exists()


def test_a_workbook_that_spans_all_memory_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"a": [["id", "nom"], ["1", "A"]]}, stray="XFD1048576")
    assert failure_of(make_source(tmp_path, "table", TABLE), path.read_bytes()).code == "too-large"


def test_parquet_reads_no_other_file(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        path = tmp_path / "a.parquet"
        connection.execute(f"COPY (SELECT '1' AS id, 'read_text(''/etc/passwd'')' AS nom) TO '{path}' (FORMAT parquet)")
    harvest = read_bodies(make_source(tmp_path, "table", TABLE), path.read_bytes())
    assert [record.fields["name"] for record in harvest.records] == ["read_text('/etc/passwd')"]
    assert codes(harvest) == []


@pytest.mark.parametrize(
    "expression",
    ["xpath:document('/etc/passwd')", "xpath:unparsed-text('/etc/passwd')", "xpath:doc('http://127.0.0.1/')",
     "xpath:system-property('x')"],
)  # fmt: skip
def test_selectors_open_nothing(tmp_path: Path, expression: str) -> None:
    fields = {"source_key": "h2", "name": "h2", "summary": expression}
    try:
        source = make_source(tmp_path, "html", fields, fetch={"item": "li"})
    except DefinitionError as error:
        assert "summary" in str(error)
        return
    assert "root:" not in text_of(read_bodies(source, b"<li><h2>A</h2></li>"))


def test_no_attack_was_lost(request: pytest.FixtureRequest) -> None:
    """`conftest.py` prints at the end of a run how many were tried; this one knows how many there have to be."""
    if request.config.option.keyword or any("::" in name for name in request.config.args):
        pytest.skip("only some of the tests were asked for")
    mine = [item for item in request.session.items if "test_security_night" in item.nodeid]
    assert len(mine) >= 105
