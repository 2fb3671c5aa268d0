"""Pages of initiatives and territories, in place, on other sites, without a network: what they say, where they lead."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import duckdb
from conftest import serve
from watched import Watched


def one(database: duckdb.DuckDBPyConnection, where: str) -> str:
    [(id,)] = database.execute(
        f"SELECT initiative_id FROM initiative WHERE {where} ORDER BY initiative_id LIMIT 1"
    ).fetchall()
    return str(id)


def test_an_initiative_says_what_is_known_and_whence(
    watch: Callable[..., Watched], site: str, database: duckdb.DuckDBPyConnection
) -> None:
    id = one(database, "source_count > 2 AND siren IS NOT NULL AND insee_code IS NOT NULL AND url IS NOT NULL")
    facts = database.execute(
        "SELECT name, siren, url, commune, departement, source_ids FROM initiative WHERE initiative_id = ?", [id]
    ).fetchone()
    assert facts is not None
    name, siren, url, commune, departement, source_ids = facts
    shown = watch()
    page = shown.open(f"{site}index.html#/i/{id}")
    assert page.text_content("h1") == name
    assert page.title() == f"{name} · Essaim"
    text = page.text_content("#page")
    assert all(part in text for part in (siren, commune, departement, id))
    assert page.get_attribute(".site a", "href").rstrip("/") == url.rstrip("/")
    assert page.locator(".sources-list > li").count() >= len(source_ids)
    page.click(".provenance summary")
    [(values,)] = database.execute("SELECT count(*) FROM initiative_value WHERE initiative_id = ?", [id]).fetchall()
    shown.until(lambda: page.locator(".provenance tbody tr").count() == values)
    # A theme leads to the list of it, the commune to its page.
    shown.act(lambda: page.locator("dd a", has_text=commune).first.click())
    assert page.is_visible("#banner h1")
    assert page.text_content("#banner h1") == commune


def test_doubts_are_said(watch: Callable[..., Watched], site: str, database: duckdb.DuckDBPyConnection) -> None:
    shown = watch()
    page = shown.open(f"{site}index.html#/i/{one(database, 'geo_conflict IS NOT NULL')}")
    assert "se contredisent sur le lieu" in page.text_content(".doubts")
    shown.open(f"{site}index.html#/i/{one(database, 'len(themes_predicted) > 0')}")
    assert "devinés d'après son texte" in page.text_content(".doubts")
    exact = one(database, "geo_precision = 'commune' AND geo_conflict IS NULL AND status = 'running'")
    shown.open(f"{site}index.html#/i/{exact}")
    assert "celui de la commune" in page.text_content(".doubts")


def test_back_leads_to_the_list_as_it_was(shown: Watched) -> None:
    shown.act(lambda: shown.page.fill("#q", "jardin"))
    titles = shown.titles()
    shown.act(lambda: shown.page.click("#list li:nth-child(2) h3 a"))
    assert shown.page.text_content("h1") == titles[1]
    shown.act(lambda: shown.page.click("[data-back]"))
    assert shown.titles() == titles
    assert shown.page.input_value("#q") == "jardin"


def test_an_unknown_id_is_said_to_be(shown: Watched) -> None:
    shown.page.evaluate("location.hash = '#/i/es-0000000000000'")
    shown.until(lambda: shown.page.is_visible("#page h1") and "introuvable" in shown.page.text_content("#page h1"))
    assert "es-0000000000000" in shown.page.text_content("#page")


def test_a_territory_in_each_size(shown: Watched, site: str, database: duckdb.DuckDBPyConnection) -> None:
    columns = {"region": "region_code", "departement": "departement_code", "epci": "epci_code", "commune": "insee_code"}
    for level, column in columns.items():
        rows = database.execute(
            f"SELECT {column}, count(*) FROM initiative WHERE {column} IS NOT NULL GROUP BY 1 "
            "ORDER BY 2 DESC, 1 LIMIT 1"
        ).fetchall()
        code, number = rows[0]
        shown.open(f"{site}index.html#/t/{level}/{code}")
        # The banner of the territory before would do for every other question.
        assert f"#/t/{level}/{code}" in shown.page.input_value("#embed-frame")
        assert shown.total() == number
        assert str(number) in shown.page.text_content("#banner .lead")


def test_the_map_of_a_territory_on_another_site(
    watch: Callable[..., Watched], site: str, database: duckdb.DuckDBPyConnection
) -> None:
    shown = watch()
    shown.visit(site + "embed.html#/t/departement/75")
    [(number,)] = database.execute("SELECT count(*) FROM initiative WHERE departement_code = '75'").fetchall()
    assert f"{number} initiatives" in shown.page.text_content("#count")
    assert shown.page.get_attribute("#whole", "href").endswith("index.html#/t/departement/75")
    assert shown.page.is_visible("#map canvas")


def test_the_component_and_the_frame_on_another_site(watch: Callable[..., Watched], site: str, tmp_path: Path) -> None:
    shown = watch()
    shown.open(site + "index.html#/t/region/53")
    shown.page.click(".embed summary")
    frame, component = (shown.page.input_value(id) for id in ("#embed-frame", "#embed-component"))
    component = component.replace("<essaim-map ", '<essaim-map theme="health,sport" lang="en" ')
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>x</title><link rel=icon href=data:,>{frame}{component}",
        encoding="utf-8",
    )
    # Another origin, whose host sends no header that would let its scripts in.
    with contextmanager(serve)(tmp_path) as other:
        shown.page.goto(other)
        addresses = [each.get_attribute("src") for each in shown.page.locator("iframe").all()]
        asked = "?theme=health&theme=sport&lang=en"
        assert addresses == [f"{site}embed.html#/t/region/53", f"{site}embed.html#/t/region/53{asked}"]
        for number, words in enumerate(("initiatives", "Open in Essaim")):
            shown.page.frame_locator(f"iframe >> nth={number}").get_by_text(words).first.wait_for()


# ------------------------------------------------------------------------------------------------------ the map


def test_a_click_on_the_map_opens_what_is_there(shown: Watched, site: str, database: duckdb.DuckDBPyConnection) -> None:
    found = database.execute(
        "SELECT name, longitude, latitude FROM initiative i WHERE geo_precision = 'point' AND country = 'FR' AND NOT "
        "EXISTS (FROM initiative o WHERE o.initiative_id <> i.initiative_id AND "
        "abs(o.longitude - i.longitude) < 0.03 AND abs(o.latitude - i.latitude) < 0.03) ORDER BY initiative_id LIMIT 1"
    ).fetchone()
    assert found is not None
    name, longitude, latitude = found
    shown.map_ready()
    shown.open(f"{site}index.html#/?box={longitude - 0.01},{latitude - 0.01},{longitude + 0.01},{latitude + 0.01}")
    assert shown.titles() == [name]
    shown.page.click("#map-fit")
    shown.map_shows(longitude, latitude, 1.0)
    box = shown.page.locator("#map canvas").bounding_box()
    shown.act(lambda: shown.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    assert shown.page.text_content("h1") == name


def test_the_online_map_is_asked_for_by_the_reader_only(shown: Watched) -> None:
    shown.map_ready()
    asked: list[str] = []
    shown.page.route("https://data.geopf.fr/**", lambda route: (asked.append(route.request.url), route.abort()))
    assert asked == []
    shown.tolerated = ("data.geopf.fr", "ERR_FAILED", "Failed to fetch")
    shown.page.click("#map-online")
    shown.until(lambda: asked)
    # It does not answer here: the map falls back on its own, and says so.
    shown.until(lambda: "ne répond pas" in shown.page.text_content("#map-said"))
    assert not shown.page.is_checked("#map-online")
    shown.asked = [url for url in shown.asked if not url.startswith("https://data.geopf.fr/")]


def test_without_webgl_the_list_is_whole(watch: Callable[..., Watched], site: str) -> None:
    shown = watch()
    shown.page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return /webgl/.test(kind) ? null : real.call(this, kind, ...more); };"
    )
    shown.open(site + "index.html")
    shown.until(lambda: shown.page.locator(".no-map").count())
    assert "WebGL" in shown.page.text_content(".no-map")
    shown.act(lambda: shown.page.fill("#q", "jardin"))
    assert shown.total() > 0
    assert not any("maplibre" in url for url in shown.asked)


def test_what_the_service_worker_is_to_keep_is_there(release: Path) -> None:
    shell = json.loads((release / "explorer/shell.json").read_text(encoding="utf-8"))
    assert [name for name in shell["files"] if not (release / "explorer" / name).is_file()] == []
    assert "index.html" in shell["files"]
    assert "sw.js" not in shell["files"]


def test_read_without_a_network_once_visited(watch: Callable[..., Watched], site: str) -> None:
    shown = watch(service_workers="allow")
    page = shown.open(site + "index.html")
    # It must have this page in its care: one that is only active lets pass what is asked for now.
    shown.until(lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"))
    shown.act(lambda: page.fill("#q", "jardin"))
    titles = shown.titles()
    shown.act(lambda: page.click("#list h3 a"))
    address = page.url
    page.context.set_offline(True)
    shown.tolerated = ("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    page.goto("about:blank")
    shown.open(address)
    assert page.text_content("h1") == titles[0]
    page.goto("about:blank")
    shown.open(site + "index.html#/?q=jardin")
    assert shown.titles() == titles
    shown.map_ready()
