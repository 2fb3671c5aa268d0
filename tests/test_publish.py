"""A release: every file opens with the tool it is meant for, says the same as the others, and is switched in whole."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import geopandas
import pandas
import pytest
import shapely
from warehouse_example import FORMULA, INITIATIVES, NASTY_NAME, NIGHT, build_example

from warehouse import publish as module
from warehouse.publish import (
    Release,
    assembly,
    database,
    geography,
    index,
    latest,
    nested,
    pages,
    publish,
    scan,
    schemas,
    tables,
)
from warehouse.publish.contents import LINKS, PUBLISHED
from warehouse.publish.geography import GEOJSON_PROPERTIES
from warehouse.publish.rendering import escape_markdown
from warehouse.schema import SCHEMA_VERSION
from warehouse.store import Store


def rows(release: Release, name: str) -> list[dict[str, str]]:
    with (release.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(release: Release, name: str) -> list[dict]:
    return [json.loads(line) for line in (release.folder / name).read_text(encoding="utf-8").splitlines()]


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# The files


def test_a_release_holds_its_files_and_nothing_else(release: Release) -> None:
    assert set(release.files) == set(contents(release.folder))
    assert {name for name in release.files if "/" not in name} == {
        "initiatives.csv", "initiatives.geojson", "initiatives.parquet", "initiatives.jsonl", "initiatives.gpkg",
        "initiatives_licence_ouverte.csv", "initiatives_licence_ouverte.geojson", "initiatives_licence_ouverte.gpkg",
        "initiatives_licence_ouverte.parquet", "initiatives_licence_ouverte.jsonl", "records.csv", "vocabulary.csv",
        "initiative_sources.csv", "initiative_values.csv", "initiative_values_licence_ouverte.csv", "sources.csv",
        "related.csv", "similars.csv",
        "texts_share_alike.csv", "places.csv", "matches.csv", "issues.csv", "issues.json", "quality.json",
        "moved_ids.csv", "changes.jsonl", "essaim.duckdb", "datapackage.json", "data-dictionary.fr.md",
        "data-dictionary.en.md", "data-dictionary.csv", "themes.ttl", "ATTRIBUTION.md", "CHANGELOG.md", "CITATION.cff",
        "catalog.jsonld", "files.json", "index.html", "SHA256SUMS",
    }  # fmt: skip
    assert {name.partition("/")[0] for name in release.files if "/" in name} == {
        "explorer", "extracts", "feeds", "links", "schemas", "sources"
    }  # fmt: skip
    assert (release.version, release.initiatives) == ("2026-11-22", len(INITIATIVES))


def test_csv_gives_back_nasty_values(release: Release) -> None:
    found = {row["initiative_id"]: row for row in rows(release, "initiatives.csv")}
    assert list(found) == sorted(row["initiative_id"] for row in INITIATIVES)
    assert found["es-aaa"]["name"] == NASTY_NAME
    assert found["es-aaa"]["summary"] == "Deux\nlignes"
    assert found["es-aaa"]["needs"].split(" | ") == ["salle / atelier", "=bénévoles"]
    assert found["es-aaa"]["sdgs"] == "3 | 11"
    assert json.loads(found["es-aaa"]["partners"]) == INITIATIVES[0]["partners"]
    assert json.loads(found["es-ccc"]["partners"]) == []
    assert found["es-eee"]["latitude"] == found["es-eee"]["partners"] == ""
    assert found["es-fff"]["name"] == INITIATIVES[5]["name"]


def test_csv_is_as_rfc_4180_wants_it(release: Release) -> None:
    raw = (release.folder / "sources.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 4
    assert not raw.startswith(b"\xef\xbb\xbf")


def test_cells_that_begin_a_formula_are_harmless(release: Release) -> None:
    found = {row["initiative_id"]: row for row in rows(release, "initiatives.csv")}
    assert found["es-bbb"]["name"] == "'" + FORMULA
    assert found["es-bbb"]["summary"] == "-12,5", "a plain number stays a number"
    assert found["es-bbb"]["needs"] == "'+33 | @midi"
    assert found["es-ddd"]["name"] == "''=déjà protégé", "one apostrophe less is the original"
    assert found["es-eee"]["name"] == "'- tiret"
    assert float(found["es-ddd"]["latitude"]) == -21.3356
    [issue] = rows(release, "issues.csv")
    assert (issue["message"], issue["remedy"]) == ("'=1+1", "'@source")
    for name in release.files:
        if name.endswith(".csv"):
            cells = [cell for row in rows(release, name) for cell in row.values()]
            risky = [c for c in cells if re.match(r"[=+\-@\t\r]", c) and not re.fullmatch(r"[+-]?\d+([.,]\d+)?", c)]
            assert risky == [], name


def test_keys_still_join_across_csv_files(release: Release) -> None:
    keys = {(row["source_id"], row["record_key"]) for row in rows(release, "records.csv")}
    assert ("fiches", "'=a") in keys
    assert {(row["source_id"], row["record_key"]) for row in rows(release, "initiative_sources.csv")} == keys


def test_pandas_reads_csv_and_json_lines(release: Release) -> None:
    table = pandas.read_csv(release.folder / "initiatives.csv", dtype={"insee_code": str}, index_col="initiative_id")
    assert len(table) == len(INITIATIVES)
    assert table.loc["es-aaa", "insee_code"] == "35238"
    nested = pandas.read_json(release.folder / "initiatives.jsonl", lines=True)
    assert list(nested["name"]) == [row["name"] for row in INITIATIVES]


def test_json_lines_nest_sources_and_values(release: Release) -> None:
    found = {row["initiative_id"]: row for row in lines(release, "initiatives.jsonl")}
    assert list(found) == sorted(found)
    first = found["es-aaa"]
    assert [(source["source_id"], source["record_key"]) for source in first["sources"]] == [
        ("fiches", "=a"),
        ("lieux", "-1"),
    ]
    assert [(v["field"], v["rank"], v["value"]) for v in first["values"]] == [
        ("name", 1, NASTY_NAME),
        ("themes", 1, "health"),
        ("themes", 2, "sport"),
    ]
    assert first["programmes"] == INITIATIVES[0]["programmes"]
    assert found["es-bbb"]["values"] == []
    assert (found["es-ccc"]["themes"], found["es-eee"]["themes"]) == ([], None)


def test_json_lines_are_whole_when_read_in_batches(
    store: Store, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nested, "BATCH", 2)
    again = publish(store.connection, tmp_path, NIGHT)
    for name in ("initiatives.jsonl", "initiatives_licence_ouverte.jsonl"):
        assert (again.folder / name).read_bytes() == (release.folder / name).read_bytes()


def test_work_that_is_shared_gives_the_same_files_and_bears_being_done_again(
    store: Store, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a process that was killed: what it left half done is done by the one that publishes."""
    done: list[str] = []

    def again(function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        for job in jobs:
            function(job)
            done.append(function.__name__)
            yield function(job)

    for shared in (assembly, scan):
        monkeypatch.setattr(shared, "WORTH", 0)
    published = publish(store.connection, tmp_path, NIGHT, spread=again)
    assert len(set(done)) == 2
    assert contents(published.folder) == contents(release.folder)


def test_what_fails_beside_the_writers_stops_the_publication(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: geography.Job) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(geography, "write_layers", fail)
    with pytest.raises(OSError, match="disk full"):
        publish(store.connection, tmp_path, NIGHT)
    assert latest(tmp_path) is None


def test_texts_follow_the_initiatives_they_belong_to() -> None:
    texts_of = nested.follow(iter([("a", "1"), ("a", "2"), ("b", "3"), ("d", "4")]))
    assert [list(texts_of(id)) for id in ("", "a", "c", "d", "e")] == [[], ["1", "2"], [], ["4"], []]
    assert list(nested.follow(iter([]))("a")) == []


def test_texts_out_of_order_are_never_lost_in_silence() -> None:
    texts_of = nested.follow(iter([("b", "1"), ("a", "2")]))
    with pytest.raises(ValueError, match="a stands behind b"):
        texts_of("c")
    texts_of = nested.follow(iter([("a", "1"), ("b", "2")]))
    texts_of("b")
    with pytest.raises(ValueError, match="a stands behind b"):
        texts_of("a")


def test_changes_are_one_object_a_line(release: Release) -> None:
    found = lines(release, "changes.jsonl")
    assert [(row["initiative_id"], row["kind"], row["field"]) for row in found][:2] == [
        ("es-aaa", "added", ""),
        ("es-bbb", "changed", "name"),
    ]
    assert list(found[0]) == ["initiative_id", "kind", "field", "before", "after"]


def test_geojson_holds_what_has_coordinates(release: Release) -> None:
    frame = geopandas.read_file(release.folder / "initiatives.geojson").set_index("id")
    assert list(frame.index) == ["es-aaa", "es-ddd", "es-fff"]
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry["es-aaa"].equals(shapely.Point(-1.68002, 48.111339)), "longitude first, six decimals"
    assert list(frame.loc["es-aaa", "themes"]) == ["health", "sport"]
    features = json.loads((release.folder / "initiatives.geojson").read_text(encoding="utf-8"))["features"]
    assert list(features[0]["properties"]) == ["id", *GEOJSON_PROPERTIES]


def test_geojson_without_any_point_is_an_empty_collection(tmp_path: Path) -> None:
    empty = Store(tmp_path / "empty.duckdb")
    published = publish(empty.connection, tmp_path / "releases", NIGHT)
    empty.close()
    collection = json.loads((published.folder / "initiatives.geojson").read_text(encoding="utf-8"))
    assert collection == {"type": "FeatureCollection", "features": []}
    assert frictionless.validate(str(published.folder / "datapackage.json")).valid
    assert (published.folder / "initiatives.jsonl").read_bytes() == b""


def test_geoparquet_holds_every_initiative(release: Release) -> None:
    path = str(release.folder / "initiatives.parquet")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT initiative_id, ST_AsWKB(geometry) FROM read_parquet(?)", [path]).fetchall()
        [(meta,)] = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE key = 'geo'", [path]).fetchall()
    points = {id: shapely.from_wkb(bytes(point)) if point else None for id, point in found}
    assert points["es-aaa"] == shapely.Point(-1.6800198, 48.1113387)
    assert points["es-fff"] == shapely.Point(1e-7, 0.0)
    assert points["es-ccc"] is None
    column = json.loads(meta)["columns"]["geometry"]
    # Without "crs" the GeoParquet standard means longitude and latitude on WGS 84 (OGC:CRS84).
    assert (column["encoding"], column["geometry_types"], "crs" in column) == ("WKB", ["Point"], False)


def test_geopandas_reads_geoparquet(release: Release) -> None:
    pytest.importorskip("pyarrow", reason="geopandas reads Parquet through pyarrow")
    frame = geopandas.read_parquet(release.folder / "initiatives.parquet").set_index("initiative_id")
    assert frame.geometry["es-aaa"].equals(shapely.Point(-1.6800198, 48.1113387))
    assert frame.crs.to_epsg() in {4326, None}


# The database


def test_database_has_published_tables_and_comments_everywhere(release: Release) -> None:
    with duckdb.connect(str(release.folder / "essaim.duckdb"), read_only=True) as connection:
        names = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert names == {table.name for table in PUBLISHED}
        views = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
        commented = dict(connection.execute(views).fetchall())
        assert set(commented) == {"initiatives", "records", "sources", "changes", "similars", "schema_version"}
        assert connection.execute("FROM schema_version").fetchall() == [(SCHEMA_VERSION,)]
        assert all(commented.values())
        bare = "FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
        assert connection.execute(f"SELECT table_name, column_name {bare}").fetchall() == []
        assert connection.execute("SELECT table_name FROM duckdb_tables() WHERE comment IS NULL").fetchall() == []
        [(count,)] = connection.execute("SELECT count(*) FROM initiatives").fetchall()
        assert count == len(INITIATIVES)
        [(tags,)] = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()
        assert "v1.0.0" in str(tags), "an old DuckDB must be able to open it"


# The descriptor and the dictionary


def test_descriptor_and_csv_files_are_valid(release: Release) -> None:
    report = frictionless.validate(str(release.folder / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    package = json.loads((release.folder / "datapackage.json").read_text(encoding="utf-8"))
    tables_seen = {task.name for task in report.tasks if task.type == "table"}
    described = {
        name for name in release.files if name.endswith(".csv") and not name.startswith(("extracts/", "sources/"))
    }
    assert tables_seen == {Path(name).stem for name in described} | {"extracts"}
    later = {"datapackage.json", "catalog.jsonld", "files.json", "index.html", "SHA256SUMS"}
    assert {resource["path"] for resource in package["resources"]} == {
        name
        for name in release.files
        if not name.startswith(("explorer/", "extracts/", "feeds/", "schemas/", "sources/"))
    } - later | {"extracts/index.csv"}
    assert [licence["name"] for licence in package["licenses"]] == ["ODbL-1.0", "etalab-2.0", "LicenseRef-facts-only"]


def test_validation_really_looks_into_the_csv_files(release: Release, tmp_path: Path) -> None:
    shutil.copytree(release.folder, tmp_path, dirs_exist_ok=True)
    broken = (tmp_path / "matches.csv").read_text(encoding="utf-8").replace("0.97", "sure")
    (tmp_path / "matches.csv").write_text(broken.replace("'=a", "'=b"), encoding="utf-8", newline="")
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    found = {error.type for task in report.tasks if task.name == "matches" for error in task.errors}
    assert {"type-error", "foreign-key"} <= found


def test_frictionless_reads_lists_as_lists(release: Release) -> None:
    package = frictionless.Package(str(release.folder / "datapackage.json"))
    first = package.get_resource("initiatives").read_rows()[0]
    assert (first["sdgs"], first["themes"]) == ([3, 11], ["health", "sport"])
    assert first["partners"] == INITIATIVES[0]["partners"]


def test_a_foreign_key_that_does_not_hold_is_not_declared(tmp_path: Path) -> None:
    store = build_example(tmp_path / "w.duckdb")
    store.connection.execute("UPDATE moved_id SET new_id = 'es-gone'")
    links = {content.table.name for content in LINKS}
    for content in LINKS:
        store.connection.execute(f"CREATE TABLE {content.table.name} AS {content.query}")
    keys = schemas.foreign_keys(store.connection)
    store.close()
    assert "moved_id" not in {key.table for key in keys}
    assert links <= {key.table for key in keys}
    assert len(keys) == len(schemas.KEYS) - 1


def test_dictionary_tells_every_published_column_and_code(release: Release) -> None:
    described = {(row["table"], row["column"]) for row in rows(release, "data-dictionary.csv")}
    assert described == {(table.name, column) for table in PUBLISHED for column in table.names}
    french, english = ((release.folder / f"data-dictionary.{each}.md").read_text("utf-8") for each in ("fr", "en"))
    assert "| `social-enterprise` | Entreprise sociale |" in french
    assert "| `social-enterprise` | Social enterprise |" in english
    assert "Identifiant permanent de l'initiative" in french
    assert "Identifiant permanent de l'initiative" not in english
    assert "raw\\_record" not in french + english


# What people read


class Page(HTMLParser):
    """Collects tags, links and the style of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.style, self.policy = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := found.get(name))]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        assert not [name for name in found if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "style" and not self.style:
            self.style = data


def test_page_has_no_script_and_only_its_own_style(release: Release) -> None:
    text = (release.folder / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert text.count("<script") == text.count('<script type="application/ld+json">') == 1, "data is no program"
    assert "em" not in page.tags
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.policy
    assert "default-src 'none'" in page.policy
    assert not [link for link in page.links if link.startswith("javascript:")]
    local = {link.partition("#")[0] for link in page.links if not link.startswith(("https:", "data:"))}
    assert local <= set(release.files)
    assert {name for name in release.files if "/" not in name} - local == {"index.html"}
    assert "Lieux &amp; &lt;em&gt;tiers&lt;/em&gt; lieux" in text
    assert "En échec depuis le 2026-11-20" in text


def test_change_log_names_changes_as_plain_text(release: Release) -> None:
    text = (release.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "| Modifiées / changed | 1 |" in text
    assert "\\*Ancienne\\* (es-old) → es-ccc" in text
    assert "(es-bbb): name, needs" in text


def test_change_log_stops_at_a_hundred_names(tmp_path: Path) -> None:
    store = Store(tmp_path / "w.duckdb")
    store.insert("change", ({"initiative_id": f"es-{n:03}", "kind": "withdrawn", "field": ""} for n in range(130)))
    text = (publish(store.connection, tmp_path / "r", NIGHT).folder / "CHANGELOG.md").read_text(encoding="utf-8")
    store.close()
    assert text.count("\n- ") == 100
    assert "and 30 more" in text


def test_attribution_names_every_source(release: Release) -> None:
    text = (release.folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    opened, closed = text.split("## Faits et lien seulement")
    assert "### Lieux \\& \\<em\\>tiers\\</em\\> lieux" in opened
    assert "Open Database License 1.0, <https://opendatacommons.org/licenses/odbl/1-0/> (partage" in opened
    assert "### Fiches" in closed
    assert "© fiches" in closed
    assert "<javascript:" not in text


def test_markdown_values_stay_on_one_line_and_do_nothing() -> None:
    assert escape_markdown("# a\n<b>|`c`[d](e)") == "\\# a \\<b\\>\\|\\`c\\`\\[d\\](e)"


def test_an_unknown_licence_is_named(tmp_path: Path) -> None:
    store = build_example(tmp_path / "w.duckdb")
    store.connection.execute("UPDATE source SET licence = 'WTFPL' WHERE source_id = 'carte'")
    with pytest.raises(ValueError, match=r'source carte: licence "WTFPL" is not in the register'):
        publish(store.connection, tmp_path / "releases", NIGHT)
    store.close()


# Publication


@pytest.fixture
def few_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a release comes and goes does not depend on how many write into it: these two are quick."""
    monkeypatch.setattr(module, "WRITERS", (tables.write_all, pages.write_texts))


def test_sums_verify(release: Release) -> None:
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=release.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": OK") == len(release.files) - 1


def test_the_same_warehouse_gives_the_same_bytes(release: Release, tmp_path: Path) -> None:
    again = build_example(tmp_path / "elsewhere.duckdb")
    again.connection.execute("SET threads = 3")
    # Rows in the order of their key, as a build leaves them, and in another.
    for order in ("initiative_id, field, rank", "rank DESC, field DESC"):
        again.connection.execute(f"CREATE OR REPLACE TEMP TABLE moved AS FROM initiative_value ORDER BY {order}")
        again.connection.execute("DELETE FROM initiative_value")
        again.connection.execute("INSERT INTO initiative_value FROM moved")
        copy = publish(again.connection, tmp_path / order, NIGHT)
        assert contents(copy.folder) == contents(release.folder)
    again.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere DuckDB's allocator cannot be told to clear memory")
def test_a_larger_database_has_the_same_bytes_too(tmp_path: Path) -> None:
    """Blocks that fill up have unset parts, and many different texts make DuckDB sample them, unless told otherwise."""
    store = Store(tmp_path / "w.duckdb")
    store.connection.execute("""
        INSERT INTO initiative_value SELECT 'es-' || md5(i::VARCHAR), 'name', 1, 'https://' || i || '.example.org/' ||
            repeat(md5(i::VARCHAR), i % 7), 'lieux', 'k' || i, CASE WHEN i % 3 = 0 THEN 'was ' || i END, 'only value'
        FROM range(150000) numbers(i)
    """)
    sums = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        database.build(store.connection, tmp_path / f"{name}.duckdb", tmp_path / name)
        sums.add(hashlib.sha256((tmp_path / f"{name}.duckdb").read_bytes()).hexdigest())
        assert not list((tmp_path / name).iterdir())
    store.close()
    assert len(sums) == 1


def test_a_failing_writer_says_why(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"e\.duckdb could not be written: (.|\n)*IO Error"):
        database.build(store.connection, tmp_path / "no" / "e.duckdb", tmp_path)


@pytest.mark.usefixtures("few_writers")
def test_latest_moves_and_nothing_published_is_touched(store: Store, tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    first = publish(store.connection, tmp_path, NIGHT)
    before = contents(first.folder)
    second = publish(store.connection, tmp_path, NIGHT)
    assert (first.version, second.version) == ("2026-11-22", "2026-11-22.2")
    assert contents(first.folder) == before
    assert latest(tmp_path) == second.folder
    assert (tmp_path / "latest").readlink() == Path("2026-11-22.2"), "relative, so that the folder can be moved"
    publish(store.connection, tmp_path, NIGHT + dt.timedelta(days=1))
    found = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert found["latest"] == "2026-11-23"
    assert [(entry["version"], entry["previous"]) for entry in found["releases"]] == [
        ("2026-11-23", "2026-11-22.2"),
        ("2026-11-22.2", "2026-11-22"),
        ("2026-11-22", None),
    ]
    entry = found["releases"][2]
    assert (entry["as_of"], entry["initiatives"]) == ("2026-11-22", len(INITIATIVES))
    sums = {file["name"]: (file["bytes"], file["sha256"]) for file in entry["files"]}
    page = (first.folder / "index.html").read_bytes()
    assert sums["index.html"] == (len(page), hashlib.sha256(page).hexdigest())


def test_a_tenth_release_of_a_day_comes_after_the_ninth(tmp_path: Path, store: Store) -> None:
    for rank in range(1, 11):
        (tmp_path / ("2026-11-22" if rank == 1 else f"2026-11-22.{rank}")).mkdir()
    assert index.next_version(tmp_path, NIGHT) == "2026-11-22.11"
    assert max(["2026-11-22.9", "2026-11-22.10", "2026-11-22"], key=index.age) == "2026-11-22.10"


@pytest.mark.usefixtures("few_writers")
@pytest.mark.parametrize("broken", ["tables.write_nested", "pages.render_html", "checksums.write_sums"])
def test_a_crash_leaves_latest_where_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    first = publish(store.connection, tmp_path, NIGHT)
    listed = (tmp_path / "index.json").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="disk full"):
        owner, name = broken.split(".")
        patched.setattr(getattr(module, owner), name, fail)
        publish(store.connection, tmp_path, NIGHT)
    assert latest(tmp_path) == first.folder
    assert (tmp_path / "index.json").read_bytes() == listed
    assert (tmp_path / ".2026-11-22.2.new").is_dir()
    second = publish(store.connection, tmp_path, NIGHT + dt.timedelta(days=1))
    assert latest(tmp_path) == second.folder
    assert not list(tmp_path.glob(".*")), "the leftover is gone"


@pytest.mark.usefixtures("few_writers")
def test_a_crash_before_the_switch_is_mended_by_the_next_release(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("pulled plug")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="pulled plug"):
        patched.setattr(module, "point_latest", fail)
        publish(store.connection, tmp_path, NIGHT)
    assert latest(tmp_path) is None
    publish(store.connection, tmp_path, NIGHT)
    found = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert [entry["version"] for entry in found["releases"]] == ["2026-11-22.2", "2026-11-22"]


@pytest.mark.usefixtures("few_writers")
def test_without_symbolic_links_a_text_file_says_the_latest(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("A required privilege is not held by the client")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "symlink_to", refuse)
        first = publish(store.connection, tmp_path, NIGHT)
    assert (tmp_path / "latest.txt").read_text(encoding="utf-8") == "2026-11-22\n"
    assert latest(tmp_path) == first.folder
    second = publish(store.connection, tmp_path, NIGHT)
    assert latest(tmp_path) == second.folder
    assert not (tmp_path / "latest.txt").exists()
