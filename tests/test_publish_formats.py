"""The formats for maps and systems of geographical information, extracts, and what describes a release to machines."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import jsonschema
import pandas
import pyarrow.parquet
import pytest
import rdflib
import shapely
from warehouse_example import INITIATIVES, NIGHT

from transforms.rights import register
from warehouse.publish import Release, publish
from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.checksums import read_sums
from warehouse.publish.geography import ROW_GROUP
from warehouse.publish.media import media_type
from warehouse.publish.schema_org import as_script
from warehouse.store import Store

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")


def told(release: Release, name: str) -> Any:
    return json.loads((release.folder / name).read_text(encoding="utf-8"))


# GeoParquet and GeoPackage


def test_geoparquet_has_a_covering_that_geopandas_filters_by(release: Release) -> None:
    path = release.folder / "initiatives.parquet"
    meta = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"geo"])
    assert meta["version"] == "1.1.0"
    assert meta["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert meta["columns"]["geometry"]["bbox"] == pytest.approx([-1.6800198, -21.3356, 55.4781, 48.1113387])
    around_rennes = geopandas.read_parquet(path, bbox=(-2, 48, -1, 49))
    assert list(around_rennes["initiative_id"]) == ["es-aaa"]
    assert len(geopandas.read_parquet(path)) == len(INITIATIVES)


def test_geoparquet_has_small_row_groups_of_neighbours(tmp_path: Path) -> None:
    from warehouse.publish import geography
    from warehouse.schema import INITIATIVE
    from warehouse.table import quoted

    columns = ", ".join(f"NULL::{each.type} AS {quoted(each.name)}" for each in INITIATIVE.columns)
    with duckdb.connect() as connection:
        connection.execute(f"""
            CREATE TABLE initiative AS SELECT * EXCLUDE (i) REPLACE ('es-' || i AS initiative_id, 'FR' AS country,
                (11 + i % 3)::VARCHAR AS region_code)
            FROM (SELECT {columns}, i FROM range({3 * ROW_GROUP}) numbers(i))
        """)
        geography.write_geoparquet(connection, INITIATIVE, tmp_path / "x.parquet")
    meta = pyarrow.parquet.read_metadata(tmp_path / "x.parquet")
    assert meta.num_row_groups >= 3
    assert {meta.row_group(i).column(0).compression for i in range(meta.num_row_groups)} == {"ZSTD"}
    regions = pyarrow.parquet.read_table(tmp_path / "x.parquet", columns=["region_code"])["region_code"].to_pylist()
    assert regions == sorted(regions)


def test_geopackage_opens_with_points_and_all_rows(release: Release) -> None:
    frame = geopandas.read_file(release.folder / "initiatives.gpkg").set_index("initiative_id")
    assert len(frame) == len(INITIATIVES)
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry["es-aaa"].equals(shapely.Point(-1.6800198, 48.1113387))
    assert frame.geometry["es-eee"] is None
    assert frame.loc["es-aaa", "themes"] == "health | sport"
    assert frame.loc["es-bbb", "name"].startswith("=cmd"), "no spreadsheet: as it is"


def test_geopackage_notes_the_night_of_the_data(release: Release) -> None:
    connection = sqlite3.connect(release.folder / "initiatives.gpkg")
    found = connection.execute("SELECT table_name, data_type, last_change, srs_id FROM gpkg_contents").fetchall()
    connection.close()
    assert found == [("initiatives", "features", "2026-11-22T00:00:00.000Z", 4326)]


# Extracts


def test_extracts_hold_their_territory_or_theme(release: Release) -> None:
    with (release.folder / "extracts" / "index.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["extract_kind"], row["code"]): row for row in csv.DictReader(file)}
    assert set(found) == {("region", "53"), ("departement", "35"), ("departement", "974"), ("theme", "health"),
                          ("theme", "sport")}  # fmt: skip
    for row in found.values():
        table = pandas.read_csv(release.folder / row["csv"], dtype=str)
        assert len(table) == int(row["initiatives"])
        placed = geopandas.read_file(release.folder / row["geojson"])
        assert set(placed["id"]) == set(table["initiative_id"])
    whole = pandas.read_csv(release.folder / "initiatives.csv", dtype=str)
    rennes = pandas.read_csv(release.folder / "extracts/departement/35.csv", dtype=str)
    assert rennes.equals(whole[whole["departement_code"] == "35"].reset_index(drop=True))


# Descriptions


def test_every_line_is_as_its_json_schema_says(release: Release) -> None:
    for name in ("initiatives", "initiatives_licence_ouverte", "changes"):
        schema = told(release, f"schemas/{name}.schema.json")
        validator = jsonschema.Draft202012Validator(schema)
        validator.check_schema(schema)
        lines = (release.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert lines, name
        for line in lines:
            assert list(validator.iter_errors(json.loads(line))) == [], name
    line = json.loads(lines[0])
    assert not validator.is_valid(line | {"kind": None})
    assert not validator.is_valid(line | {"unknown": 1})


def test_table_schemas_are_those_of_the_descriptor(release: Release) -> None:
    for resource in told(release, "datapackage.json")["resources"]:
        if resource.get("type") == "table":
            schema = told(release, f"schemas/{resource['name']}.tableschema.json")
            assert schema["fields"] == resource["schema"]["fields"]


def test_catalogue_gives_each_licence_a_dataset_with_its_files(release: Release) -> None:
    graph = rdflib.Graph()
    graph.parse(release.folder / "catalog.jsonld", format="json-ld", publicID="https://example.org/latest/")
    datasets = set(graph.subjects(rdflib.RDF.type, DCAT.Dataset))
    assert len(datasets) == 3
    assert set(graph.objects(None, DCAT.dataset)) == datasets
    for dataset in datasets:
        for needed in (DCT.title, DCT.description, DCT.publisher, DCT.accrualPeriodicity, DCT.spatial, DCT.temporal,
                       DCAT.keyword, DCAT.theme, DCT.modified, DCT.identifier):  # fmt: skip
            assert list(graph.objects(dataset, needed)), needed
        licences = {
            licence
            for distribution in graph.objects(dataset, DCAT.distribution)
            for licence in graph.objects(distribution, DCT.license)
        }
        assert len(licences) == 1, "a dataset has one licence"
    sums = {file.name: file for file in read_sums(release.folder)}
    base = "https://example.org/latest/"
    for distribution in graph.subjects(rdflib.RDF.type, DCAT.Distribution):
        [address] = graph.objects(distribution, DCAT.downloadURL)
        [size] = graph.objects(distribution, DCAT.byteSize)
        [checksum] = graph.objects(distribution, rdflib.URIRef("http://spdx.org/rdf/terms#checksum"))
        [digest] = graph.objects(checksum, rdflib.URIRef("http://spdx.org/rdf/terms#checksumValue"))
        file = sums[str(address).removeprefix(base)]
        assert (int(size), str(digest)) == (file.bytes, file.sha256)


def test_page_describes_the_dataset_for_search_engines(release: Release) -> None:
    text = (release.folder / "index.html").read_text(encoding="utf-8")
    block = text.split('<script type="application/ld+json">')[1].split("</script>")[0]
    dataset = json.loads(block)
    assert dataset["@type"] == "Dataset"
    assert 50 <= len(dataset["description"]) <= 5000, "what Google's dataset search asks for"
    assert {each["contentUrl"] for each in dataset["distribution"]} <= set(release.files)
    assert len(dataset["license"]) == 3


def test_data_in_the_page_cannot_end_its_block() -> None:
    written = as_script({"name": "</script><b>&"})
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"name": "</script><b>&"}


def test_citation_is_yaml_of_the_standard(release: Release) -> None:
    import yaml

    found = yaml.safe_load((release.folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert (found["cff-version"], found["type"], found["version"]) == ("1.2.0", "dataset", "2026-11-22")
    assert found["date-released"] == "2026-11-22"
    assert found["license"] == ["CC-BY-SA-4.0", "ODbL-1.0", "etalab-2.0"]
    assert found["authors"]


def test_list_of_files_tells_each_but_those_after_it(release: Release) -> None:
    listed = {file["path"]: file for file in told(release, "files.json")["files"]}
    assert set(listed) == set(release.files) - {"files.json", "index.html", "SHA256SUMS"}
    sums = {file.name: file for file in read_sums(release.folder)}
    for path, file in listed.items():
        assert (file["bytes"], file["sha256"]) == (sums[path].bytes, sums[path].sha256)
        assert file["title_fr"]
        assert file["title_en"]
        assert file["licence"] is None or file["licence"] in register()


def test_quality_gives_figures(release: Release) -> None:
    found = told(release, "quality.json")
    assert found["initiatives"] == len(INITIATIVES)
    assert found["completeness"]["name"] == 1
    assert found["completeness"]["themes"] == pytest.approx(1 / 6, abs=1e-4)
    assert found["precision"] == {"none": 2, "point": 2, "commune": 1, "country": 1}
    assert found["sources_by_id"]["lieux"]["rejected"] == 1
    assert [issue["code"] for issue in told(release, "issues.json")] == ["date"]


# Announcing


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    scratch = tmp_path / ".scratch-x"
    scratch.mkdir()
    return Assembly(tmp_path, scratch, "2026-11-22", NIGHT, duckdb.connect(), facts=None, beside=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "told"),
    [("../x.csv", "no place"), ("/x.csv", "no place"), ("a\\b.csv", "no place"), ("x.exe", "no media type"),
     ("SHA256SUMS.txt/../../x.csv", "no place")],
)  # fmt: skip
def test_a_file_has_a_place_and_a_media_type(assembly: Assembly, path: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        assembly.add(path, "x", "x", Group.DATA)


def test_a_file_is_announced_once_and_by_somebody(assembly: Assembly) -> None:
    assembly.add("a.csv", "a", "a", Group.DATA).write_text("x")
    with pytest.raises(ValueError, match=r'"a.csv" is announced twice'):
        assembly.add("a.csv", "a", "a", Group.DATA)
    folder = assembly.add_folder("explorer", "carte", "map", Group.PAGE)
    (folder / "deep").mkdir()
    (folder / "deep" / "x.js").write_text("1")
    (folder / "index.html").write_text("<p>")
    first, second = assembly.items()
    assert (first.listed.path, first.bytes, first.has_page) == ("explorer/", 4, True)
    assert [file.name for file in second.files] == ["a.csv"]
    (assembly.folder / "b.csv").write_text("x")
    with pytest.raises(ValueError, match=r'"b.csv" is in the release, but no writer announced it'):
        assembly.items()


def test_further_writers_are_described_searched_and_summed_up(store: Store, tmp_path: Path) -> None:
    def write(assembly: Assembly) -> None:
        [(count,)] = assembly.connection.execute("SELECT count(*) FROM initiative").fetchall()
        path = assembly.add("feeds/new/all.atom", "Nouveautés", "What is new", Group.PAGE)
        path.write_text(f"<feed>{count} {assembly.facts.version}</feed>", encoding="utf-8")

    published = publish(store.connection, tmp_path, NIGHT, [write])
    assert "feeds/new/all.atom" in published.files
    assert "Nouveautés" in (published.folder / "index.html").read_text(encoding="utf-8")
    assert "feeds/new/all.atom" in {file.name for file in read_sums(published.folder)}
    assert (published.folder / "feeds/new/all.atom").read_text() == "<feed>6 2026-11-22</feed>"


def test_every_suffix_has_a_media_type_of_its_form() -> None:
    from warehouse.publish.media import FORMATS

    assert all(kind.count("/") == 1 for _, kind in FORMATS.values())
    assert media_type("a/b.PARQUET") == "application/vnd.apache.parquet"
