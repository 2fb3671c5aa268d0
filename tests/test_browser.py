"""Pages drawn by their scripts: what a browser may do, what it may not, and what is said where there is none."""

import datetime as dt
import importlib.util
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from site_kit import Site, running_site
from source_kit import SOUND, codes, column, make_source, write_definition
from typer.testing import CliRunner

from flows.cli import app
from scrapers import browser, browser_errands
from scrapers.archive import ArchiveWriter
from scrapers.browser import CHROMIUM, ON_THE_PATH
from scrapers.catalogue import load_source
from scrapers.fetch import network_door, replay_door, sample_door
from scrapers.kinds import Harvest, read_source
from scrapers.problems import DefinitionError, SourceError
from scrapers.source import Source

FIELDS = {"source_key": ".@id", "name": "h2"}

LIST = b"""<!doctype html><meta charset="utf-8"><title>Lieux</title><div id="list"></div>
<script src="/draw.js"></script>"""

DRAW = b"""
fetch("/places.json").then((answer) => answer.json()).then((places) => {
  document.getElementById("list").innerHTML = places.map(
    (place) => `<article id="${place.id}"><h2>${place.name}</h2></article>`).join("");
});
"""

PLACES = '[{"id": "1", "name": "La Recyclerie des Mauges"}, {"id": "2", "name": "Café des Voisins"}]'.encode()
NAMES = ["La Recyclerie des Mauges", "Café des Voisins"]


def browser_is_here() -> bool:
    """Whether Playwright is installed, and some Chromium."""
    if importlib.util.find_spec("playwright") is None:
        return False
    if os.environ.get(CHROMIUM) or any(map(shutil.which, ON_THE_PATH)):
        return True
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


needs_browser = pytest.mark.skipif(
    not browser_is_here(), reason="pip install 'essaim[browser]' && playwright install chromium, to test with a browser"
)


needs_playwright = pytest.mark.skipif(
    importlib.util.find_spec("playwright") is None, reason="pip install 'essaim[browser]', to test with Playwright"
)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may work as long as a busy machine needs; the tests of what never ends say how long it gets."""
    monkeypatch.setattr(browser, "OWN_SECONDS", 600.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        running.pages.update({"/list": LIST, "/draw.js": DRAW, "/places.json": PLACES})
        yield running


def source_of(home: Path, site: Site, **fetch: Any) -> Source:
    return make_source(
        home, "html", FIELDS, fetch={"url": site.url + "/list", "item": "article", "render": "browser", **fetch}
    )


class Talkative(dict[str, Any]):
    """The pages of a site that has an answer to everything."""

    def get(self, path: str, default: object = None) -> Any:
        return super().get(path, b"told")


def visit(home: Path, site: Site, archive: Path | None = None, manners: Any = None, **fetch: Any) -> Harvest:
    kept = ArchiveWriter(archive) if archive else None
    with network_door(manners or site.manners(), kept) as door:
        found = read_source(source_of(home, site, **fetch), door)
    if kept is not None:
        kept.keep()
    return found


def scripted(script: str) -> bytes:
    """The list, drawn after another script has done its work."""
    return LIST.replace(b"<script", b"<script>" + script.encode() + b"</script><script", 1)


# ---------------------------------------------------------------------------------------- a page and its scripts


@needs_browser
def test_a_list_that_a_script_draws_is_read(site: Site, tmp_path: Path) -> None:
    found = visit(tmp_path, site)
    assert column(found, "name") == NAMES
    assert codes(found) == []
    assert site.paths() == ["/robots.txt", "/list", "/draw.js", "/places.json"]
    assert {headers["User-Agent"] for *_, headers in site.asked} == {site.manners().user_agent}
    assert {headers["Accept-Encoding"] for *_, headers in site.asked} == {"gzip, deflate"}, "it came past the door"


@needs_browser
def test_a_replay_asks_for_the_same_with_the_site_down(site: Site, tmp_path: Path) -> None:
    # Time and chance in an address: what is asked for tonight is what a replay finds in the archive.
    site.pages["/list"] = scripted(
        'let more = "";'
        "setTimeout(() => fetch(`/t?${Date.now()}`).then((a) => a.text()).then((text) => { more = text; }), 250);"
        "const id = `${Math.random()}-${crypto.randomUUID()}-${new Date().getTimezoneOffset()}`;"
        "fetch(`/chance?${id}`).then(() => setTimeout(() => fetch(`/late?${Date.now()}${more}`), 700))"
    )
    site.pages = Talkative(site.pages)
    first = visit(tmp_path, site, tmp_path / "night.warc.gz")
    assert codes(first) == []
    told = [path for path in site.paths() if "?" in path]
    assert [path.partition("?")[0] for path in told] == ["/chance", "/t", "/late"]
    site.shutdown()
    site.server_close()
    with replay_door(tmp_path / "night.warc.gz") as door:
        again = read_source(source_of(tmp_path, site), door)
        assert door.refused == {}
    assert column(again, "name") == column(first, "name") == NAMES
    assert [record.key for record in again.records] == [record.key for record in first.records]


@needs_browser
def test_own_pages_and_later_lists_are_drawn_too(site: Site, tmp_path: Path) -> None:
    site.pages["/draw.js"] = DRAW.replace(b"<h2>", b'<a href="/${place.id}"></a><h2>')
    for number in ("1", "2"):
        own = f"<p></p><script src='/own.js'></script><script>show('Lieu {number}')</script>"
        site.pages[f"/{number}"] = own.encode()
    site.pages["/own.js"] = b"const show = (text) => { document.querySelector('p').textContent = text; }"
    source = make_source(
        tmp_path,
        "html",
        {**FIELDS},
        fetch={"url": site.url + "/list", "item": "article", "render": "browser", "detail": "a@href"},
        detail_fields={"summary": "p"},
    )
    with network_door(site.manners(), None) as door:
        found = read_source(source, door)
    assert column(found, "summary") == ["Lieu 1", "Lieu 2"]
    assert site.paths().count("/own.js") == 1, "a script that is known is not asked for again"


@needs_browser
def test_pages_of_a_sitemap_are_drawn(site: Site, tmp_path: Path) -> None:
    site.pages["/sitemap.txt"] = f"{site.url}/list\n".encode()
    source = make_source(
        tmp_path,
        "sitemap",
        {"name": "h2", "source_key": "article@id"},
        fetch={"url": site.url + "/sitemap.txt", "render": "browser"},
    )
    with network_door(site.manners(), None) as door:
        assert column(read_source(source, door), "name") == NAMES[:1]


@needs_browser
def test_a_question_is_posted_through_the_door(site: Site, tmp_path: Path) -> None:
    asking = (
        b'fetch("/places.json", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{\\"n\\":1}"})'
    )
    site.pages["/draw.js"] = DRAW.replace(b'fetch("/places.json")', asking)
    found = visit(tmp_path, site, tmp_path / "night.warc.gz")
    assert site.posted == [("/places.json", '{"n":1}')]
    with replay_door(tmp_path / "night.warc.gz") as door:
        assert column(read_source(source_of(tmp_path, site), door), "name") == column(found, "name") == NAMES


@needs_browser
def test_a_list_of_another_host_is_read_without_its_leave(site: Site, tmp_path: Path) -> None:
    with running_site() as other:
        other.pages["/places.json"] = PLACES  # no Access-Control-Allow-Origin: what the door gives is open to all
        site.pages["/draw.js"] = DRAW.replace(b"/places.json", f"{other.url}/places.json".encode())
        manners = site.manners(allowed_hosts={site.host, other.host})
        assert column(visit(tmp_path, site, manners=manners), "name") == NAMES
        assert other.paths() == ["/robots.txt", "/places.json"]


@needs_browser
def test_it_waits_for_what_is_wanted(site: Site, tmp_path: Path) -> None:
    late = b"setTimeout(() => { " + DRAW + b" }, 8000);"
    site.pages["/draw.js"] = late
    assert column(visit(tmp_path, site, wait_for="article h2"), "name") == NAMES
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "list-empty"


@needs_browser
def test_what_never_shows_is_named_with_what_was_refused(site: Site, tmp_path: Path) -> None:
    del site.pages["/places.json"]
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site, wait_for="article")
    assert caught.value.code == "not-drawn"
    assert "/list never shows what fetch.wait_for waits for; refused: " in str(caught.value)
    assert "/places.json answered 404" in str(caught.value)
    assert "mend fetch.wait_for" in caught.value.remedy


@needs_browser
def test_a_delay_of_a_script_is_no_delay_of_ours(site: Site, tmp_path: Path) -> None:
    # As search boxes do it: the list comes when nothing has been typed for a while, by the page's own clock.
    site.pages["/draw.js"] = (
        b"const begun = Date.now();"
        b"const look = () => { if (Date.now() - begun < 800) { setTimeout(look, 50); return; }" + DRAW + b"}; look();"
    )
    assert column(visit(tmp_path, site), "name") == NAMES


# --------------------------------------------------------------------------------------------- what it may not do


@needs_browser
def test_private_hosts_and_files_stay_closed(site: Site, tmp_path: Path) -> None:
    with running_site() as other:
        other.pages["/secret"] = (200, b"secret", {"Access-Control-Allow-Origin": "*"})
        places = ["http://169.254.169.254/latest/meta-data/", f"{other.url}/secret", "file:///etc/passwd"]
        tries = "".join(
            f'fetch("{place}").then((a) => a.text()).then((text) => {{ document.title = "GOT " + text; }}, () => 0);'
            f'new Image().src = "{place}";'
            for place in places
        )
        frames = "".join(f'<iframe src="{place}"></iframe><script src="{place}"></script>' for place in places)
        site.pages["/list"] = scripted(tries) + frames.encode()
        harvest = visit(tmp_path, site)
        assert other.asked == []
    assert column(harvest, "name") == NAMES
    refused = [problem.message for problem in harvest.problems if problem.code == "script-refused"]
    assert sum("169.254.169.254, which is not on the public internet" in message for message in refused) == 1
    assert sum("127.0.0.1, which is not on the public internet" in message for message in refused) == 1
    assert sum("asks for file:///etc/passwd, which is not on the web" in message for message in refused) == 1


@needs_browser
def test_nothing_but_the_door_reaches_the_network(site: Site, tmp_path: Path) -> None:
    with running_site() as other:
        site.pages["/list"] = (
            scripted(
                f"""const there = "{other.url}";
            navigator.sendBeacon(there + "/beacon", "x");
            new WebSocket(there.replace("http", "ws") + "/socket");
            new EventSource(there + "/events");
            try {{ new SharedWorker(there + "/shared.js"); }} catch {{}}
            try {{ new SharedWorker("/shared.js"); }} catch {{}}
            try {{ new Worker(URL.createObjectURL(new Blob([`fetch("${{there}}/worker")`]))); }} catch {{}}
            navigator.serviceWorker && navigator.serviceWorker.register("/service.js").catch(() => 0);
            const link = document.createElement("link");
            link.rel = "prefetch"; link.href = there + "/prefetch"; document.head.append(link);
            const line = document.createElement("link");
            line.rel = "preconnect"; line.href = there; document.head.append(line);
            fetch(there + "/put", {{method: "PUT", body: "x"}}).catch(() => 0);
            fetch("/upload", {{method: "POST", body: new FormData()}}).catch(() => 0);
            """
            )
            + (
                f'<img src="{other.url}/image"><link rel="stylesheet" href="{other.url}/style.css">'
                f'<iframe src="{other.url}/frame"></iframe><video src="{other.url}/film" autoplay></video>'
                f'<object data="{other.url}/object"></object>'
                '<script src="https://www.googletagmanager.com/gtag/js"></script>'
            ).encode()
        )
        found = visit(tmp_path, site, manners=site.manners(allowed_hosts={site.host, other.host}))
        assert set(other.paths()) <= {"/robots.txt", "/worker"}
    assert column(found, "name") == NAMES
    assert set(site.paths()) == {"/robots.txt", "/list", "/draw.js", "/places.json"}
    assert not any("googletagmanager" in problem.message for problem in found.problems)
    assert {problem.code for problem in found.problems} == {"script-refused"}
    assert any("wants to PUT" in problem.message for problem in found.problems)
    assert any("wants to POST" in problem.message for problem in found.problems)


@needs_browser
def test_robots_holds_for_scripts(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = b"User-agent: essaim\nDisallow: /places.json\n"
    with network_door(site.manners(), None) as door, pytest.raises(SourceError) as caught:
        read_source(source_of(tmp_path, site, wait_for="article"), door)
    assert caught.value.code == "not-drawn"
    assert "robots.txt does not let us have" in str(caught.value)
    assert door.refused[site.url + "/places.json"].code == "robots"
    assert "/places.json" not in site.paths()


@needs_browser
def test_a_page_that_is_refused_is_refused_as_ever(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = b"User-agent: essaim\nDisallow: /list\n"
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "robots"
    assert site.paths() == ["/robots.txt"]


@needs_browser
@pytest.mark.parametrize(
    "script",
    [
        "for (;;) {}",
        "setTimeout(() => { for (;;) {} }, 300)",
        "for (;;) { alert(1) }",
        "fetch('/x').then(() => { for (;;) {} })",
    ],
    ids=["at once", "later", "alerts", "after an answer"],
)
def test_a_script_without_an_end_is_ended(site: Site, tmp_path: Path, script: str) -> None:
    site.pages.update({"/endless": scripted(script), "/x": b"x"})
    with network_door(site.manners(max_seconds=3.0), None) as door:
        with pytest.raises(SourceError) as caught:
            read_source(source_of(tmp_path, site, url=site.url + "/endless"), door)
        assert caught.value.code == "too-slow"
        assert "is still busy with its own scripts" in str(caught.value)
        # The next page of the same source is none the worse for it; it may take longer than the endless one was given.
        door.manners = site.manners()
        assert column(read_source(source_of(tmp_path, site), door), "name") == NAMES


@needs_browser
@pytest.mark.parametrize(
    "script",
    [
        "let n = 0; const ask = () => fetch(`/x?${n++}`).then(ask, ask); ask()",
        "const again = () => fetch('/gone').then(again, again); again()",
        "setInterval(() => fetch('/x'), 700)",
    ],
    ids=["one after the other", "refused each time", "every now and then"],
)
def test_requests_without_an_end_are_ended(site: Site, tmp_path: Path, script: str) -> None:
    site.pages.update({"/list": scripted(script), "/x": b"x"})
    site.pages.update({f"/x?{number}": b"x" for number in range(100)})
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "too-slow"
    assert " asks for more " in str(caught.value)
    assert "give fetch.wait_for" in caught.value.remedy
    assert len(site.asked) <= browser_errands.MOST_REQUESTS + 3


@needs_browser
def test_dialogs_and_windows_do_no_harm(site: Site, tmp_path: Path) -> None:
    site.pages["/list"] = scripted(
        'alert("a"); confirm("b"); prompt("c"); for (let n = 0; n < 50; n++) window.open("/popup"); print();'
        'window.onbeforeunload = () => "stay"; location.hash = "here"; history.pushState({}, "", "/pushed");'
        'const link = document.createElement("a"); link.download = "x"; link.href = "/file"; link.click();'
    )
    found = visit(tmp_path, site)
    assert column(found, "name") == NAMES
    assert set(site.paths()) == {"/robots.txt", "/list", "/draw.js", "/places.json"}
    assert codes(found) == []


@needs_browser
@pytest.mark.parametrize(
    "script",
    [
        'location.href = "/elsewhere"',
        'setTimeout(() => { location = "file:///etc/passwd" }, 300);'
        'setTimeout(() => { location.replace("/elsewhere") }, 400)',
    ],
    ids=["at once", "later"],
)
def test_a_page_may_not_lead_elsewhere(site: Site, tmp_path: Path, script: str) -> None:
    site.pages["/list"] = scripted(script)
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "redirect-refused"
    assert f"/list goes on to {site.url}/elsewhere by a script" in str(caught.value)
    assert "give its address" in caught.value.remedy
    assert "/elsewhere" not in site.paths()


@needs_browser
def test_nothing_is_kept_from_page_to_page(site: Site, tmp_path: Path) -> None:
    keep = "<p></p><script>document.querySelector('p').textContent = [document.cookie, localStorage.seen].join();"
    site.pages["/list"] = (keep + "document.cookie = 'a=b'; localStorage.seen = 'yes';</script>").encode()
    source = make_source(
        tmp_path,
        "html",
        {"source_key": "p", "name": {"value": "x"}},
        fetch={"url": [site.url + "/list", site.url + "/list?2"], "item": "body", "render": "browser"},
    )
    site.pages["/list?2"] = site.pages["/list"]
    with network_door(site.manners(), None) as door:
        found = read_source(source, door)
    assert column(found, "source_key") == [","]
    assert codes(found) == ["duplicate-record"]


@needs_browser
def test_an_answer_may_not_be_endless(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_errands, "MOST_BYTES", 50)
    with network_door(site.manners(), None) as door, pytest.raises(SourceError):
        read_source(source_of(tmp_path, site), door)
    assert {error.code for error in door.refused.values()} == {"too-large"}


@needs_browser
def test_sources_in_threads_each_have_their_browser(site: Site, tmp_path: Path) -> None:
    found: list[Harvest] = []
    threads = [
        threading.Thread(target=lambda home=tmp_path / str(n): found.append(visit(home, site))) for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [column(harvest, "name") for harvest in found] == [NAMES] * 3


@needs_browser
def test_a_sample_is_drawn_too(site: Site, tmp_path: Path) -> None:
    files = {"/list": LIST, "/draw.js": DRAW, "/places.json": PLACES}
    pages = {}
    for path, body in files.items():
        pages[site.url + path] = tmp_path / path.strip("/")
        pages[site.url + path].write_bytes(body)
    with sample_door(pages, None) as door:
        assert column(read_source(source_of(tmp_path, site), door), "name") == NAMES
    assert site.asked == []


# ------------------------------------------------------------------------------------------- where there is none


def without_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("playwright", "playwright.async_api"):
        monkeypatch.setitem(sys.modules, name, None)


def test_a_missing_extra_is_named_before_the_site_is_asked(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_playwright(monkeypatch)
    for _ in range(3):  # what was begun is ended each time: there is place for two
        with pytest.raises(SourceError) as caught:
            visit(tmp_path, site)
    assert caught.value.code == "browser-missing"
    assert str(caught.value) == 'this source needs a browser: fetch.render = "browser"'
    assert caught.value.remedy == "pip install 'essaim[browser]' && playwright install chromium"
    assert site.asked == []


@needs_playwright
def test_a_missing_chromium_is_named(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHROMIUM, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for _ in range(3):
        with pytest.raises(SourceError) as caught:
            visit(tmp_path, site)
    assert caught.value.code == "browser-missing"
    assert "playwright install chromium" in caught.value.remedy
    monkeypatch.setenv(CHROMIUM, str(tmp_path / "no-chromium"))
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "browser-missing"
    assert caught.value.remedy.startswith(f"{CHROMIUM} names ")
    assert site.asked == []


@needs_playwright
def test_a_program_that_is_no_chromium_is_named(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHROMIUM, sys.executable)
    with pytest.raises(SourceError) as caught:
        visit(tmp_path, site)
    assert caught.value.code == "browser-failed"
    assert caught.value.remedy


def test_a_definition_is_sound_where_its_sample_cannot_be_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_playwright(monkeypatch)
    address = "https://www.example.org/list"
    (tmp_path / "places/sample").mkdir(parents=True)
    (tmp_path / "places/sample/list.html").write_bytes(LIST)
    source = make_source(
        tmp_path,
        "html",
        FIELDS,
        fetch={"url": address, "item": "article", "render": "browser"},
        sample={"written_on": dt.date(2026, 11, 22), "rows": 2, "pages": {address: "list.html"}},
    )
    told = CliRunner().invoke(app, ["source", "check", source.id, "--catalogue", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "its sample needs a browser, and is not read here (pip install 'essaim[browser]'" in told.output
    told = CliRunner().invoke(app, ["source", "check", source.id, "--catalogue", str(tmp_path), "--json"])
    [result] = json.loads(told.output)
    assert result["sound"]
    assert result["skipped"].startswith("its sample needs a browser")


@pytest.mark.parametrize(
    ("kind", "fetch", "fault"),
    [
        (
            "html",
            {"item": "article", "wait_for": "article"},
            'fetch.wait_for: only a browser can wait; add render = "browser"',
        ),
        ("html", {"item": "article", "render": "browser", "wait_for": "a["}, "fetch.wait_for: "),
        ("html", {"item": "article", "render": "browser", "wait_for": "a@href"}, "fetch.wait_for: "),
        ("html", {"item": "article", "render": "firefox"}, "fetch.render"),
        ("json", {"render": "browser"}, 'fetch.render: belongs to kind "html", "sitemap", not "json"'),
    ],
)
def test_a_definition_says_what_a_browser_can_do(tmp_path: Path, kind: str, fetch: dict[str, Any], fault: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        make_source(tmp_path, kind, FIELDS if kind == "html" else {"source_key": "id", "name": "nom"}, fetch=fetch)
    assert any(fault in line for line in caught.value.faults), caught.value.faults


def test_local_files_are_not_drawn(tmp_path: Path) -> None:
    definition = {**SOUND, "kind": "html", "fields": FIELDS}
    definition["fetch"] = {"path": "list.html", "item": "article", "render": "browser"}
    with pytest.raises(DefinitionError) as caught:
        load_source(write_definition(tmp_path, definition))
    assert any("fetch.render: local files are read as they are" in line for line in caught.value.faults)
