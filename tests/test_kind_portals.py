"""WordPress, Opendatasoft, udata and CKAN: what they answer on a good night, and on the bad ones."""

import json
import os
from pathlib import Path

import pytest
from loopback_kit import running_site
from source_kit import codes, column, make_source, read_bodies, write_definition, write_xlsx
from test_definitions import changed, faults

from scrapers.archive import ArchiveWriter
from scrapers.catalogue import load_source
from scrapers.fetch import replay_door, sample_door
from scrapers.kinds import Harvest, read_source
from scrapers.problems import SourceError

CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
SITE = "https://www.example.org/"
CSV = b"id;Nom\n1;Le Jardin\n2;La Ruche\n"
WEB_PAGE = b"<!DOCTYPE html>\n<html><title>Portail en maintenance</title></html>"


@pytest.fixture
def site():
    with running_site() as running:
        yield running


def failure(source, site):
    with pytest.raises(SourceError) as caught:
        site.harvest(source)
    assert caught.value.remedy
    return caught.value


def answer(value, status=200, **headers):
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return status, {name.replace("_", "-"): text for name, text in headers.items()}, body


# WordPress

POST_FIELDS = {
    "source_key": "id",
    "record_url": "link",
    "name": "title.rendered",
    "summary": "content.rendered",
    "themes": '_embedded."wp:term"[*][*].name',
    "ignore": ["*"],
}
NO_SUCH_PAGE = {
    "code": "rest_post_invalid_page_number",
    "message": "The page number requested is larger than the number of pages available.",
    "data": {"status": 400},
}
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}


def post(number):
    return {
        "id": number,
        "date": "2026-03-01T09:30:00",
        "slug": f"initiative-{number}",
        "type": "initiative",
        "link": f"https://asso.example.org/initiatives/initiative-{number}/",
        "title": {"rendered": f"L&rsquo;initiative n&deg;{number}"},
        "content": {"rendered": "\n<p>Une ressourcerie &amp; un caf\u00e9.</p>\n", "protected": False},
        "categories": [4],
        "_links": {"wp:term": [{"taxonomy": "category", "embeddable": True}]},
        "_embedded": {"wp:term": [[{"id": 4, "name": "R\u00e9emploi", "taxonomy": "category"}], []]},
    }


def place(number, base="posts"):
    return f"/wp-json/wp/v2/{base}?per_page=100&page={number}&_embed=1"


def wordpress(home, url, **fetch):
    return make_source(home, "wordpress", POST_FIELDS, fetch={"url": url, **fetch})


def test_wordpress_counts_by_its_header(tmp_path, site):
    for number in (1, 2):
        posts = [post(10 * number), post(10 * number + 1)]
        site.answers["/fr" + place(number)] = answer(posts, X_WP_Total="4", X_WP_TotalPages="2")
    harvest = site.harvest(wordpress(tmp_path, site.root + "/fr/"))
    assert column(harvest, "source_key") == ["10", "11", "20", "21"]
    assert harvest.records[0].fields == {
        "source_key": "10",
        "record_url": "https://asso.example.org/initiatives/initiative-10/",
        "name": "L&rsquo;initiative n&deg;10",
        "summary": "\n<p>Une ressourcerie &amp; un café.</p>\n",
        "themes": ["Réemploi"],
    }
    assert site.asked == ["/fr" + place(1), "/fr" + place(2)]
    assert harvest.problems == []


@pytest.mark.parametrize("end", [answer(NO_SUCH_PAGE, 400), answer([]), answer(b"", 404)])
def test_wordpress_without_its_header(tmp_path, site, end):
    site.answers = {place(1, "lieu"): answer([post(1)]), place(2, "lieu"): answer([post(2)]), place(3, "lieu"): end}
    assert column(site.harvest(wordpress(tmp_path, site.root, type="lieu")), "source_key") == ["1", "2"]


@pytest.mark.parametrize("headers", [{"X_WP_TotalPages": "2"}, {}])
def test_wordpress_again_from_the_archive(tmp_path, site, headers):
    site.answers = {place(number): answer([post(number)], **headers) for number in (1, 2)}
    site.answers[place(3)] = answer(NO_SUCH_PAGE, 400)
    source, archive = wordpress(tmp_path, site.root), ArchiveWriter(tmp_path / "a.warc.gz")
    harvest = site.harvest(source, archive)
    with replay_door(archive.keep()) as door:
        assert read_source(source, door) == harvest
    assert harvest.read == 2


def test_wordpress_that_lacks_a_page_it_counts(tmp_path, site):
    site.answers = {place(1): answer([post(1)], X_WP_TotalPages="2")}
    assert failure(wordpress(tmp_path, site.root), site).code == "not-found"


def test_wordpress_bound(tmp_path, site):
    for number in (1, 2, 3):
        site.answers[place(number)] = answer([post(number)], X_WP_TotalPages="3")
    harvest = site.harvest(wordpress(tmp_path, site.root, max_pages=2))
    assert column(harvest, "source_key") == ["1", "2"]
    assert codes(harvest) == ["max-pages"]


def test_wordpress_sample(tmp_path):
    body = json.dumps([post(1)]).encode()
    assert read_bodies(wordpress(tmp_path, SITE), {place(1)[1:]: body}).read == 1


@pytest.mark.parametrize(
    ("first", "code", "told"),
    [
        (answer(NO_ROUTE, 404), "not-found", "fetch.type"),
        (answer({"code": "rest_forbidden", "message": "Sorry."}, 401), "forbidden", "refuses"),
        (answer({"code": "rest_disabled", "message": "REST is off"}), "shape-changed", "REST is off"),
        (answer(NO_SUCH_PAGE, 400), "http-error", ""),
        (answer([]), "list-empty", "fetch.type"),
        (answer(["a"]), "list-empty", ""),
        (answer(WEB_PAGE), "web-page", "error or a login page"),
        (answer(json.dumps([post(1)]).encode()[:-40]), "truncated", ""),
        (answer(b""), "empty", ""),
    ],
)
def test_wordpress_refused(tmp_path, site, first, code, told):
    site.answers = {place(1): first}
    error = failure(wordpress(tmp_path, site.root), site)
    assert error.code == code
    assert told in f"{error} {error.remedy}"


# Opendatasoft

RECORD_FIELDS = {"source_key": "id", "name": "nom", "point": "geo_point_2d", "ignore": ["*"]}
CATALOGUE = "/api/explore/v2.1/catalog/datasets/lieux@ville"
UNKNOWN = {"error_code": "DatasetNotFound", "message": "The requested dataset does not exist."}


def records(*numbers):
    here = {"lon": -1.55, "lat": 47.21}
    return [{"id": str(n), "nom": f"Lieu {n}", "geo_point_2d": here, "photo": None} for n in numbers]


def opendatasoft(home, url, **fetch):
    return make_source(home, "opendatasoft", RECORD_FIELDS, fetch={"url": url, "dataset": "lieux@ville", **fetch})


def test_opendatasoft_exports(tmp_path, site):
    site.answers = {f"{CATALOGUE}/exports/json": answer(records(1, 2))}
    harvest = site.harvest(opendatasoft(tmp_path, site.root + "/"))
    assert column(harvest, "name") == ["Lieu 1", "Lieu 2"]
    assert column(harvest, "point")[0] == '{"lat": 47.21, "lon": -1.55}'
    assert site.asked == [f"{CATALOGUE}/exports/json"]


def test_opendatasoft_query(tmp_path, site):
    query = "where=type%3D%22tiers%20lieu%22"
    site.answers = {f"{CATALOGUE}/exports/json?{query}": answer(records(1))}
    source = opendatasoft(tmp_path, site.root, query='type="tiers lieu"')
    assert site.harvest(source).read == 1
    site.answers = {
        f"{CATALOGUE}/records?{query}&limit=100&offset=0": answer({"total_count": 1, "results": records(7)})
    }
    assert column(site.harvest(source), "source_key") == ["7"]
    site.answers = {f"{CATALOGUE}/exports/json?{query}": answer({"error_code": "ODSQLError", "message": "?"}, 400)}
    assert failure(source, site).code == "query-refused"
    site.answers = {f"{CATALOGUE}/exports/json?{query}": answer([])}
    assert "fetch.query" in failure(source, site).remedy


def test_opendatasoft_records_when_there_are_no_exports(tmp_path, site):
    for offset, found in ((0, range(100)), (100, range(100, 119)), (119, ())):
        page = {"total_count": 119, "results": records(*found)}
        site.answers[f"{CATALOGUE}/records?limit=100&offset={offset}"] = answer(page)
    harvest = site.harvest(opendatasoft(tmp_path, site.root))
    assert column(harvest, "source_key") == [str(number) for number in range(119)]
    assert harvest.problems == []


def test_opendatasoft_records_end_at_the_limit(tmp_path):
    bodies = {}
    for offset in range(0, 10_100, 100):
        page = {"total_count": 10_050, "results": records(*range(offset, offset + 100))}
        bodies[f"{CATALOGUE[1:]}/records?limit=100&offset={offset}"] = json.dumps(page).encode()
    harvest = read_bodies(opendatasoft(tmp_path, SITE), bodies)
    assert harvest.read == 10_000
    assert codes(harvest) == ["max-pages"]
    assert "fetch.query" in harvest.problems[0].remedy


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "dataset-gone"),
        ({"exports/json": answer(UNKNOWN, 404), "records?limit=100&offset=0": answer(UNKNOWN, 404)}, "dataset-gone"),
        ({"exports/json": answer(UNKNOWN)}, "shape-changed"),
        ({"exports/json": answer({"message": "?"}, 400)}, "http-error"),
        ({"exports/json": answer([])}, "list-empty"),
        ({"exports/json": answer(WEB_PAGE)}, "web-page"),
        ({"exports/json": answer(json.dumps(records(1)).encode()[:-9])}, "truncated"),
        (
            {"exports/json": answer(b'[{"id": "1"}, Streaming interrupted due to the following error: timeout')},
            "not-json",
        ),
        ({"exports/json": answer(b"", 503)}, "server-error"),
        ({"records?limit=100&offset=0": answer(records(1))}, "shape-changed"),
        ({"records?limit=100&offset=0": answer({"total_count": 0, "results": []})}, "list-empty"),
    ],
)
def test_opendatasoft_refused(tmp_path, site, answers, code):
    site.answers = {f"{CATALOGUE}/{end}": given for end, given in answers.items()}
    assert failure(opendatasoft(tmp_path, site.root), site).code == code


# udata

ROW_FIELDS = {"source_key": "id", "name": "Nom"}
DATASET = "/api/1/datasets/tiers-lieux/"


def resource(number, title, form, **more):
    return {
        "id": f"0000000{number}-aaaa-4bbb-8ccc-dddddddddddd",
        "title": title,
        "type": "main",
        "filetype": "file",
        "format": form,
        "mime": None,
        "url": f"https://static.example.org/resources/tiers-lieux/20260301/{number}.{form}",
        "latest": f"{{site}}/fr/datasets/r/{number}",
        "last_modified": "2026-03-01T09:30:00+00:00",
        **more,
    }


def dataset(*resources, **more):
    return {"id": "5" * 24, "slug": "tiers-lieux", "title": "Tiers-lieux", "resources": list(resources), **more}


GUIDE = resource(1, "Guide", "pdf", type="documentation")
TABLE = resource(2, "Liste des tiers-lieux", "csv")
SHEET = resource(3, "Liste des tiers-lieux.xlsx", "xlsx")
MAP = resource(4, "Carte", "geojson")
COLUMNS = resource(5, "Dictionnaire", "csv", type="documentation")


def udata(home, url, kind="udata", **fetch):
    return make_source(home, kind, ROW_FIELDS, fetch={"url": url, "dataset": "tiers-lieux", "reads": "table", **fetch})


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        ({"resource": TABLE["id"]}, [GUIDE, TABLE, SHEET]),
        ({"resource": "Liste des tiers-lieux"}, [GUIDE, TABLE, SHEET]),
        ({"format": "csv"}, [GUIDE, TABLE, SHEET]),
        ({"format": "csv"}, [COLUMNS, TABLE]),
        ({}, [GUIDE, TABLE, MAP]),
        ({}, [{**TABLE, "format": "CSV", "type": None}]),
        ({}, [{**TABLE, "format": None, "mime": "text/csv"}, {**GUIDE, "format": None}]),
        ({}, [{**TABLE, "latest": None, "url": "/fr/datasets/r/2"}]),
    ],
)
def test_udata_chooses_and_follows_the_stable_link(tmp_path, site, wanted, listed):
    site.answers = {
        DATASET: answer(dataset(*listed)),
        "/fr/datasets/r/2": (302, {"Location": "/files/20260301/liste.csv"}, b""),
        "/files/20260301/liste.csv": answer(CSV),
    }
    harvest = site.harvest(udata(tmp_path, site.root, **wanted))
    assert column(harvest, "name") == ["Le Jardin", "La Ruche"]
    assert harvest.problems == []
    assert site.asked == [DATASET, "/fr/datasets/r/2", "/files/20260301/liste.csv"]


def test_udata_reads_a_workbook(tmp_path, site):
    book = write_xlsx(tmp_path / "x.xlsx", {"Notes": [["a"]], "Liste": [["id", "Nom"], [1, "Le Jardin"]]})
    site.answers = {DATASET: answer(dataset(TABLE, SHEET)), "/fr/datasets/r/3": answer(book.read_bytes())}
    assert column(site.harvest(udata(tmp_path, site.root, format="xlsx", sheet="Liste")), "name") == ["Le Jardin"]


def test_udata_reads_json(tmp_path, site):
    found = {"lieux": [{"id": 1, "Nom": "Le Jardin"}]}
    listed = [TABLE, resource(6, "Export", "json")]
    site.answers = {DATASET: answer(dataset(*listed)), "/fr/datasets/r/6": answer(found)}
    harvest = site.harvest(udata(tmp_path, site.root, reads="json", items="lieux"))
    assert column(harvest, "name") == ["Le Jardin"]


def test_udata_parts_of_a_table_are_columns(tmp_path, site):
    partners = {"from": "Partenaires", "each": {"name": "Partenaires", "motivation": "Pourquoi"}}
    fetch = {"url": site.root, "dataset": "tiers-lieux", "reads": "table"}
    source = make_source(tmp_path, "udata", {**ROW_FIELDS, "partners": partners}, fetch=fetch)
    body = b"id;Nom;Partenaires;Pourquoi\n1;A;Mairie;Locaux\n"
    site.answers = {DATASET: answer(dataset(TABLE)), "/fr/datasets/r/2": answer(body)}
    harvest = site.harvest(source)
    assert column(harvest, "partners") == [[{"name": "Mairie", "motivation": "Locaux"}]]
    assert harvest.problems == []


def test_udata_archived(tmp_path, site):
    site.answers = {DATASET: answer(dataset(TABLE, archived="2026-01-01")), "/fr/datasets/r/2": answer(CSV)}
    harvest = site.harvest(udata(tmp_path, site.root))
    assert harvest.read == 2
    assert codes(harvest) == ["dataset-archived"]


@pytest.mark.parametrize(
    ("given", "wanted", "code", "told"),
    [
        (answer({"message": "The requested URL was not found"}, 404), {}, "dataset-gone", "tiers-lieux"),
        (answer({"message": "Dataset has been deleted"}, 410), {}, "dataset-gone", "answered 410"),
        (answer(dataset(TABLE, deleted="2026-02-01T00:00:00")), {}, "dataset-gone", "deleted on 2026-02-01"),
        (answer(WEB_PAGE), {}, "web-page", ""),
        (answer(json.dumps(dataset(TABLE)).encode()[:-30]), {}, "truncated", ""),
        (answer([]), {}, "shape-changed", '"resources"'),
        (answer({"data": [], "total": 0}), {}, "shape-changed", "it holds data, total"),
        (answer(dataset() | {"resources": {"rel": "subsection"}}), {}, "shape-changed", '"resources"'),
        (answer(dataset()), {}, "resource-missing", "there are: none"),
        (answer(dataset(None, "x")), {}, "resource-missing", "there are: none"),
        (answer(dataset(GUIDE, MAP)), {}, "resource-missing", '"Guide" (pdf, 00000001-aaaa'),
        (answer(dataset(TABLE)), {"resource": "Liste"}, "resource-missing", '"Liste des tiers-lieux" (csv'),
        (answer(dataset(TABLE, SHEET)), {}, "resource-unclear", "has 2 resources of format csv or"),
        (
            answer(dataset(TABLE, {**SHEET, "title": TABLE["title"]})),
            {"resource": TABLE["title"]},
            "resource-unclear",
            "id",
        ),
        (answer(dataset({**TABLE, "latest": None, "url": None})), {}, "bad-address", "no address of the web"),
        (answer(dataset({**TABLE, "latest": "file:///etc/hostname"})), {}, "bad-address", "file:"),
        (answer(dataset({**TABLE, "latest": "http://[x"})), {}, "bad-address", ""),
        (answer(dataset(TABLE)), {}, "not-found", "/fr/datasets/r/2"),
    ],
)
def test_udata_refused(tmp_path, site, given, wanted, code, told):
    site.answers = {DATASET: given}
    error = failure(udata(tmp_path, site.root, **wanted), site)
    assert error.code == code
    assert told in str(error)


@pytest.mark.parametrize(
    ("body", "code"), [(WEB_PAGE, "web-page"), (b"id;Titre\n1;A\n", "column-missing"), (b"id;Nom\n", "list-empty")]
)
def test_udata_resource_that_is_no_such_table(tmp_path, site, body, code):
    site.answers = {DATASET: answer(dataset(TABLE)), "/fr/datasets/r/2": answer(body)}
    assert failure(udata(tmp_path, site.root), site).code == code


# CKAN and DKAN

PACKAGE = "/api/3/action/package_show?id=tiers-lieux"
NOT_FOUND = {"help": "", "success": False, "error": {"message": "Not found", "__type": "Not Found Error"}}


def ckan_resource(number, name, form, **more):
    return {
        "id": f"0000000{number}-eeee-4bbb-8ccc-dddddddddddd",
        "name": name,
        "format": form,
        "mimetype": "",
        "state": "active",
        "url": f"{{site}}/dataset/tiers-lieux/resource/{number}/download/liste.csv",
        **more,
    }


def package(*resources, **more):
    return {"id": "x", "name": "tiers-lieux", "state": "active", "resources": list(resources), **more}


def shown(result, **more):
    return {"help": "Return the metadata of a dataset.", "success": True, "result": result, **more}


FILE, VIEWER = ckan_resource(1, "liste.csv", "CSV"), ckan_resource(2, "Visionneuse", "")


@pytest.mark.parametrize(
    "result", [package(VIEWER, FILE), [package(VIEWER, FILE, state="Active")]], ids=["CKAN", "DKAN"]
)
@pytest.mark.parametrize("wanted", [{}, {"resource": FILE["id"]}, {"resource": "liste.csv"}, {"format": "csv"}])
def test_ckan(tmp_path, site, result, wanted):
    site.answers = {
        PACKAGE: answer(shown(result)),
        "/dataset/tiers-lieux/resource/1/download/liste.csv": answer(CSV),
    }
    harvest = site.harvest(udata(tmp_path, site.root + "/", kind="ckan", **wanted))
    assert column(harvest, "name") == ["Le Jardin", "La Ruche"]
    assert harvest.problems == []


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (answer(NOT_FOUND, 404), "dataset-gone", "answered 404"),
        (answer(NOT_FOUND), "dataset-gone", "Not found"),
        (answer(shown([])), "dataset-gone", "no such dataset"),
        (answer(shown(None)), "dataset-gone", "no such dataset"),
        (answer(shown(package(FILE, state="deleted"))), "dataset-gone", "deleted"),
        (answer(shown(["x"])), "shape-changed", '"resources"'),
        (answer(shown({"name": "x"})), "shape-changed", '"resources"'),
        (answer({"result": {}}), "shape-changed", "package_show"),
        (answer(["x"]), "shape-changed", "package_show"),
        (answer(shown(package())), "resource-missing", "there are: none"),
        (answer(shown(package(VIEWER))), "resource-missing", '"Visionneuse" (no format'),
        (answer(shown(package(FILE, FILE))), "resource-unclear", "2 resources"),
        (answer(WEB_PAGE), "web-page", ""),
        (answer(json.dumps(shown(package(FILE))).encode()[:-20]), "truncated", ""),
    ],
)
def test_ckan_refused(tmp_path, site, given, code, told):
    site.answers = {PACKAGE: given}
    error = failure(udata(tmp_path, site.root, kind="ckan"), site)
    assert error.code == code
    assert told in str(error)


# Definitions

OF_KIND = {
    "wordpress": {"fetch": {"url": SITE}, "fields": POST_FIELDS},
    "opendatasoft": {"fetch": {"url": SITE, "dataset": "x"}, "fields": RECORD_FIELDS},
    "udata": {"fetch": {"url": SITE, "dataset": "x", "reads": "table"}, "fields": ROW_FIELDS},
    "ckan": {"fetch": {"url": SITE, "dataset": "x", "reads": "json"}, "fields": ROW_FIELDS},
}


@pytest.mark.parametrize("kind", OF_KIND)
def test_sound_definition(tmp_path, kind):
    assert load_source(write_definition(tmp_path, changed("kind", kind, OF_KIND[kind]))).kind == kind


@pytest.mark.parametrize(
    ("kind", "key", "value", "told"),
    [
        ("wordpress", "fetch.dataset", "x", ['fetch.dataset: belongs to kind "opendatasoft"', 'not "wordpress"']),
        ("wordpress", "fetch.url", None, ["fetch: needs exactly one of url or path, found none"]),
        ("wordpress", "fetch", {"path": "source.toml"}, ['fetch.path: kind "wordpress" asks a site', "as url"]),
        ("wordpress", "fields.url", "a[", ['fields.url: "a[" is not a path']),
        ("opendatasoft", "fetch.dataset", None, ["fetch.dataset: missing; give the dataset's identifier"]),
        ("opendatasoft", "fetch.dataset", "", ["fetch.dataset: missing"]),
        ("opendatasoft", "fetch.items", "results", ["fetch.items: belongs to kind"]),
        ("opendatasoft", "fields.url", "a..b", ['fields.url: "a..b" is not a path']),
        ("udata", "fetch.dataset", None, ["fetch.dataset: missing; give the dataset's id or slug"]),
        ("udata", "fetch.reads", None, ['fetch.reads: missing; say how the resource is read: "table" or "json"']),
        ("udata", "fetch.reads", "html", ["fetch.reads: found 'html'"]),
        ("udata", "fetch.items", "a", ['fetch.items: belongs to reads = "json", not "table"; remove it']),
        ("udata", "fetch.url", [SITE, SITE + "b"], ['fetch.url: kind "udata" asks one portal']),
        ("udata", "fetch.paging", {"style": "link"}, ['fetch.paging: belongs to kind "json"']),
        ("ckan", "fetch.reads", None, ["fetch.reads: missing"]),
        ("ckan", "fetch.sheet", "a", ['fetch.sheet: belongs to reads = "table", not "json"; remove it']),
        ("ckan", "fields.url", "a[", ['fields.url: "a[" is not a path']),
    ],
)
def test_fault(tmp_path, kind, key, value, told):
    definition = changed(key, value, {"kind": kind, **OF_KIND[kind]})
    text = "\n".join(faults(tmp_path, definition))
    for words in told:
        assert words in text


# Real bodies


def harvested(source, pages: dict[str, Path]) -> Harvest:
    with sample_door(pages, None) as door:
        return read_source(source, door)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_real_bodies(tmp_path):
    api = CORPUS / "api"
    posts = harvested(wordpress(tmp_path, SITE), {SITE + place(1)[1:]: api / "wordpress" / "wp-json_wp_v2_posts.json"})
    assert posts.read == len(posts.records) > 5
    assert all(column(posts, "name"))
    fields = {"source_key": "lieu_distribution", "name": "lieu_distribution", "commune": "city", "ignore": ["*"]}
    source = make_source(tmp_path, "opendatasoft", fields, fetch={"url": SITE, "dataset": "lieux"})
    records_at = SITE + "api/explore/v2.1/catalog/datasets/lieux/records?limit=100&offset="
    derived = api / "opendatasoft"
    pages = {records_at + str(at): derived / f"DERIVED_ods_v2.1_records_limit100_offset{at}.json" for at in (0, 100)}
    assert harvested(source, pages).read == 119
    dkan = {SITE + "api/3/action/package_show?id=tiers-lieux": api / "ckan" / "dkan_french_package_show.json"}
    with pytest.raises(SourceError, match=r"coordonnees_antennes\.xlsx answered 404"):
        harvested(udata(tmp_path, SITE, kind="ckan"), dkan)
    with pytest.raises(SourceError, match="coordonnees_antennes") as caught:
        harvested(udata(tmp_path, SITE, kind="ckan", resource="antennes.csv"), dkan)
    assert caught.value.code == "resource-missing"
