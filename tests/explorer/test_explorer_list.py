"""The explorer as its readers use it: search, facets, sorting, addresses, downloads, languages, keyboard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from watched import Watched


def boxes(shown: Watched, facet: str) -> dict[str, int]:
    """Labels and counts of a facet, opened."""
    group = shown.page.locator(f"[data-facet={facet}]")
    if not group.evaluate("group => group.open"):
        group.locator("summary").click()
    # In one question: facets are drawn anew while one looks.
    found: dict[str, str] = group.evaluate(
        """group => Object.fromEntries(Array.from(group.querySelectorAll("label"), (label) =>
            [".box-label", ".count"].map((part) => label.querySelector(part).textContent)))"""
    )
    return {name: int("".join(filter(str.isdigit, number))) for name, number in found.items()}


def tick(shown: Watched, facet: str, label: str) -> None:
    boxes(shown, facet)
    shown.act(lambda: shown.page.locator(f"[data-facet={facet}] label", has_text=label).first.click())


def count(database: duckdb.DuckDBPyConnection, where: str) -> int:
    [(found,)] = database.execute(f"SELECT count(*) FROM initiative WHERE {where}").fetchall()
    return int(found)


def test_the_list_shows_all_that_the_release_holds(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    assert shown.total() == count(database, "true")
    before = shown.titles()
    assert len(before) == 40
    assert all(before)
    shown.page.click("#more")
    shown.until(lambda: len(shown.titles()) == 80)
    assert shown.titles()[:40] == before
    # Whoever goes through the page by keyboard goes on from the first of the new ones.
    shown.until(lambda: shown.page.evaluate("document.activeElement.textContent") == shown.titles()[40])


def test_what_is_typed_while_columns_come_is_answered(watch: Callable[..., Watched], site: str) -> None:
    shown = watch()
    held: list[Any] = []
    shown.page.route("**/more.bin.gz", lambda route: held.append(route))
    # The question is kept on its way to the worker until the columns have come and the page has asked for its counts.
    shown.page.add_init_script(
        """const post = Worker.prototype.postMessage, kept = [];
        let keeping = false;
        Worker.prototype.postMessage = function (message, ...rest) {
            if (keeping && message.op === "query") kept.push(() => post.call(this, message, ...rest));
            else post.call(this, message, ...rest);
        };
        window.keep = () => { keeping = true; };
        window.kept = () => kept.length;
        window.letGo = () => { keeping = false; for (const go of kept) go(); };"""
    )
    shown.page.goto(site + "index.html")
    shown.until(lambda: shown.answers() > 0 and held)
    whole = shown.total()
    shown.page.evaluate("keep()")
    shown.page.fill("#q", "jardin")
    held[0].continue_()
    shown.until(lambda: shown.page.evaluate("kept()") == 2)
    shown.act(lambda: shown.page.evaluate("letGo()"))
    assert 0 < shown.total() < whole
    assert len(shown.titles()) == min(shown.total(), 40)
    shown.until(lambda: shown.has("counted"))


def test_search_forgives_accents_plurals_and_case(shown: Watched) -> None:
    def found(text: str) -> list[str]:
        shown.act(lambda: shown.page.fill("#q", text))
        return shown.titles()

    jardin = found("jardin")
    assert jardin
    assert set(found("JARDINS")) == set(jardin)
    assert set(found("épicerie")) == set(found("epiceries"))
    assert len(found("jardin montréal")) <= len(jardin)
    assert shown.page.text_content("#chips").startswith("« jardin montréal »")


def test_a_word_that_is_not_there_leads_on(shown: Watched) -> None:
    shown.act(lambda: shown.page.fill("#q", "jardon"))
    assert shown.total() == 0
    assert "Rien ne correspond" in shown.page.text_content("#empty")
    shown.act(lambda: shown.page.locator("#empty a", has_text="jardin").click())
    assert shown.total() > 0
    assert shown.page.input_value("#q") == "jardin"


def test_facets_count_what_ticking_gives(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    themes = boxes(shown, "theme")
    assert themes["Environnement"] == count(
        database,
        "len(list_filter(CASE WHEN len(coalesce(themes, [])) > 0 THEN themes ELSE "
        "list_transform(themes_predicted, lambda one: one.theme) END, "
        "lambda one: split_part(one, '/', 1) = 'environment')) > 0",
    )
    tick(shown, "theme", "Environnement")
    assert shown.total() == themes["Environnement"]
    # Counts of a facet leave its own choice out of account; those of the others follow it.
    assert boxes(shown, "theme")["Solidarité"] == themes["Solidarité"]
    regions = boxes(shown, "region")
    name, number = next(iter(regions.items()))
    tick(shown, "region", name)
    assert shown.total() == number
    tick(shown, "theme", "Solidarité")
    assert shown.total() >= number
    shown.act(lambda: shown.page.locator(".chip.clear").click())
    assert shown.total() == count(database, "true")


def test_every_state_is_an_address(shown: Watched, watch: Callable[..., Watched], site: str) -> None:
    tick(shown, "status", "En fonctionnement")
    shown.act(lambda: shown.page.fill("#q", "atelier"))
    shown.act(lambda: shown.page.select_option("#sort", "name"))
    address = shown.page.url
    assert address.endswith("#/?q=atelier&status=running&sort=name")
    other = watch()
    other.open(address)
    assert other.titles() == shown.titles()
    assert other.page.input_value("#q") == "atelier"
    other.act(
        lambda: other.page.evaluate("history.replaceState(null, '', '#/'), dispatchEvent(new Event('hashchange'))")
    )
    assert other.total() > shown.total()


def test_sorting(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    shown.act(lambda: shown.page.select_option("#sort", "sources"))
    [(most,)] = database.execute("SELECT max(source_count) FROM initiative").fetchall()
    assert f"{most} sources" in shown.page.locator("#list li").first.text_content()
    shown.act(lambda: shown.page.select_option("#sort", "name"))
    assert shown.titles() != sorted(shown.titles(), reverse=True)
    folded = shown.page.evaluate(
        "async titles => { const { fold } = await import('./js/fold.js'); return titles.map(fold) }", shown.titles()
    )
    assert folded == sorted(folded)


def test_near_me(watch: Callable[..., Watched], site: str) -> None:
    shown = watch(geolocation={"latitude": 47.2184, "longitude": -1.5536}, permissions=["geolocation"])
    shown.open(site + "index.html")
    shown.act(lambda: shown.page.click("#near"))
    assert "near=47.22%2C-1.55" in shown.page.url
    assert "(44)" in shown.page.locator("#list li").first.text_content()
    distances = shown.page.locator(".distance").all_text_contents()
    assert len(distances) == 40


def test_without_a_position_a_sentence_says_so(shown: Watched) -> None:
    shown.page.click("#near")
    shown.until(lambda: shown.page.text_content("#near-said") not in {"", "Position demandée…"})
    assert "Tapez le nom d'une commune" in shown.page.text_content("#near-said")


def download(shown: Watched, button: str) -> str:
    with shown.page.expect_download() as caught:
        shown.page.click(button)
    return Path(caught.value.path()).read_text(encoding="utf-8")


def test_the_selection_is_downloaded(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    tick(shown, "region", "Bretagne")
    rows = list(csv.DictReader(io.StringIO(download(shown, "#download-csv"))))
    expected = database.execute(
        "SELECT initiative_id, url, insee_code, latitude FROM initiative WHERE region_code = '53'"
    ).fetchall()
    found = {
        (row["id"], row["url"] or None, row["insee_code"] or None, float(row["latitude"] or "nan")) for row in rows
    }
    assert {row[:3] for row in found} == {row[:3] for row in expected}
    assert {row[3] for row in found if row[3] == row[3]} == {row[3] for row in expected if row[3] is not None}
    assert all(row["licence"] and row["sources"] for row in rows)
    collection = json.loads(download(shown, "#download-geojson"))
    assert {feature["id"] for feature in collection["features"]} == {row["id"] for row in rows}
    points = [feature["geometry"]["coordinates"] for feature in collection["features"] if feature["geometry"]]
    assert points and all(len(point) == 2 for point in points)


def test_english(shown: Watched) -> None:
    shown.page.click("[data-lang=en]")
    shown.until(lambda: shown.page.evaluate("document.documentElement.lang") == "en")
    shown.until(lambda: "Environment" in boxes(shown, "theme"))
    assert "lang=en" in shown.page.url
    assert shown.page.get_attribute("#q", "placeholder") == "Community garden, Rennes, repair café…"
    assert shown.page.get_attribute(".links a >> nth=0", "href") == "sources.en.html"
    # The choice is kept on this machine, and an English browser needs none.
    shown.page.goto(shown.page.url.partition("#")[0])
    shown.until(lambda: shown.page.evaluate("document.documentElement.lang") == "en")


def test_an_english_browser_is_spoken_to_in_english(watch: Callable[..., Watched], site: str) -> None:
    shown = watch(locale="en-GB")
    shown.open(site + "index.html")
    assert shown.page.evaluate("document.documentElement.lang") == "en"


def test_both_dictionaries_have_the_same_words(release: Path) -> None:
    french, english = (json.loads((release / "explorer/i18n" / f"{code}.json").read_text()) for code in ("fr", "en"))
    assert french.keys() == english.keys()
    assert all(isinstance(french[key], str) == isinstance(english[key], str) for key in french)


def test_by_keyboard_alone(shown: Watched) -> None:
    page = shown.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    shown.act(lambda: page.keyboard.type("ressourcerie"))
    shown.until(lambda: page.text_content("#chips").startswith("« ressourcerie »"))
    # A facet: to its box, tick it by the space bar, and stay there.
    for _ in range(60):
        page.keyboard.press("Tab")
        if (page.evaluate("document.activeElement.dataset.key ?? ''")).startswith("theme|environment"):
            break
    shown.act(lambda: page.keyboard.press("Space"))
    assert "theme=environment" in page.url
    assert page.evaluate("document.activeElement.dataset.key") == "theme|environment"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#list h3 a')"):
            break
    name = page.evaluate("document.activeElement.textContent")
    shown.act(lambda: page.keyboard.press("Enter"))
    assert page.evaluate("document.activeElement.textContent") == name
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_a_phone_shows_one_thing_at_a_time(watch: Callable[..., Watched], site: str) -> None:
    shown = watch(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = shown.open(site + "index.html")
    assert page.is_visible("#list") and not page.is_visible("#filters") and not page.is_visible("#map")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.click(".panes [data-to=filters]")
    assert page.is_visible("#filters") and not page.is_visible("#list")
    page.keyboard.press("Escape")
    assert page.is_visible("#list")
    page.click(".panes [data-to=map]")
    shown.map_ready()
    assert page.is_visible("#map canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def places(shown: Watched) -> list[Any]:
    return shown.page.locator("#suggestions a").all_text_contents()


def test_a_place_that_is_typed_leads_to_its_page(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    shown.act(lambda: shown.page.fill("#q", "loire-atl"))
    shown.until(lambda: places(shown))
    assert "Département Loire-Atlantique" in places(shown)[0]
    shown.act(lambda: shown.page.click("#suggestions a"))
    shown.until(lambda: shown.page.is_visible("#banner h1"))
    assert shown.page.text_content("#banner h1") == "Loire-Atlantique (44)"
    assert shown.total() == count(database, "departement_code = '44'")
    shown.page.click(".embed summary")
    frame = shown.page.input_value("#embed-frame")
    assert "embed.html#/t/departement/44" in frame
    assert 'territory="departement/44"' in shown.page.input_value("#embed-component")


def test_what_only_says_the_name_again_is_no_extract(shown: Watched) -> None:
    said = shown.page.evaluate(
        """async (pairs) => {
            const { adds } = await import("./js/fold.js");
            return pairs.map(([text, name]) => adds(text, name));
        }""",
        [
            ["8 Fablab", "8 FabLab Drôme"], ["Association Trocantons", "Trocantons"], ["La Smalah.", "Lasmalah"],
            ["", "X"], [None, "X"], ["Vergers urbains", "Commun Jardin"], ["Ardelaine, filière laine", "Ardelaine"],
        ],
    )  # fmt: skip
    assert said == [False, False, False, False, False, True, True]


def test_the_arrondissements_of_a_city_are_named_once_on_the_map(shown: Watched) -> None:
    named = shown.page.evaluate(
        """async () => {
            const { Engine } = await import("./js/engine.js");
            const places = {
                commune: ["Paris", "Paris", "Paris", "Saint-Denis", "Saint-Denis"], departement: [1, 1, 1, 2, 3],
                insee: ["75056", "75110", "75120", "93066", "97411"],
                x: [23000, 23600, 24000, 23500, 24500], y: [488500, 488700, 488600, 489300, 489400],
            };
            const columns = { place: [0, 0, 1, 2, 3, 4] }, view = { west: 2, south: 48, east: 3, north: 49 };
            return Engine.prototype.placesIn.call({ places, columns }, view);
        }"""
    )
    assert [(place["name"], place["count"]) for place in named] == [
        ("Paris", 4),
        ("Saint-Denis", 1),
        ("Saint-Denis", 1),
    ]
    assert named[0]["point"] == pytest.approx([2.34, 48.8575])
