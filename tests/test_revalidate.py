"""A quiet second night: what has not changed is not sent again, and its archive is whole all the same."""

import datetime as dt
import json
import random

import pytest
from site_kit import running_site
from test_night import DEFINITION

from flows import nightly
from flows.harvest import State, harvest, load_state, staged
from flows.settings import Settings
from scrapers.archive import ArchiveWriter
from scrapers.catalogue import load_source
from scrapers.fetch import network_door, replay_door

DAY = dt.date(2026, 3, 1)
BODY = random.Random(1).randbytes(100_000)
DATED = {"Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
TAGGED = {"ETag": '"one"', "Content-Type": "text/csv; charset=utf-8", "X-Pages": "3"}


@pytest.fixture
def site():
    with running_site() as running:
        running.pages["/robots.txt"] = (200, b"User-agent: *\nDisallow: /no\n", TAGGED)
        running.pages["/tagged"] = (200, BODY, TAGGED)
        running.pages["/dated"] = (200, BODY, DATED)
        running.pages["/moved"] = (301, b"", {"Location": "/tagged", "ETag": '"moved"'})
        yield running


def visit(site, path, previous, *places):
    """Fetch `places` into an archive at `path`; return what came and what it took."""
    archive = ArchiveWriter(path)
    with network_door(site.manners(), archive, previous=previous) as door:
        answers = [door.get(site.url + place) for place in places]
    archive.keep()
    return answers, door.traffic


@pytest.mark.parametrize("place", ["/tagged", "/dated", "/moved"])
def test_what_has_not_changed_is_not_sent_again(site, tmp_path, place):
    [first], cost = visit(site, tmp_path / "1", None, place)
    assert (cost.unchanged, cost.bytes) == (0, len(BODY) + 28)
    before = tmp_path / "1"
    for night in ("2", "3"):
        [answer], cost = visit(site, tmp_path / night, before, place)
        assert (cost.unchanged, cost.bytes) == (1, 28)
        assert (answer.content, answer.status, answer.charset) == (first.content, 200, first.charset)
        assert answer.headers.get("x-pages") == first.headers.get("x-pages")
        before = tmp_path / night
    for night in ("1", "2"):
        (tmp_path / night).unlink()
    with replay_door(tmp_path / "3") as door:
        again = door.get(site.url + place)
        assert (again.content, again.headers.get("ETag")) == (BODY, first.headers.get("ETag"))


def test_what_has_changed_is_sent(site, tmp_path):
    visit(site, tmp_path / "1", None, "/tagged", "/dated")
    site.pages["/tagged"] = (200, b"new", TAGGED | {"ETag": '"two"'})
    site.pages["/dated"] = (200, b"newer", {"Last-Modified": "Mon, 02 Mar 2026 00:00:00 GMT"})
    answers, cost = visit(site, tmp_path / "2", tmp_path / "1", "/tagged", "/dated")
    assert [answer.content for answer in answers] == [b"new", b"newer"]
    assert cost.unchanged == 0


def test_a_tag_renewed_by_a_304_is_the_one_that_counts(site, tmp_path):
    visit(site, tmp_path / "1", None, "/tagged")
    site.pages["/tagged"] = (304, b"", {"ETag": '"two"', "Content-Type": "text/x-wrong"})
    [answer], _ = visit(site, tmp_path / "2", tmp_path / "1", "/tagged")
    assert (answer.headers["etag"], answer.content_type) == ('"two"', TAGGED["Content-Type"])
    visit(site, tmp_path / "3", tmp_path / "2", "/tagged")
    assert site.asked[-1][2]["If-None-Match"] == '"two"'


def test_robots_txt_is_always_asked_for_afresh(site, tmp_path):
    visit(site, tmp_path / "1", None, "/tagged")
    visit(site, tmp_path / "2", tmp_path / "1", "/tagged")
    assert site.paths() == ["/robots.txt", "/tagged"] * 2
    assert "If-None-Match" not in site.asked[2][2]
    assert site.asked[3][2]["If-None-Match"] == '"one"'


def test_what_was_no_good_answer_is_asked_for_afresh(site, tmp_path):
    site.pages["/gone"] = (404, b"", TAGGED)
    archive = ArchiveWriter(tmp_path / "1")
    with network_door(site.manners(), archive) as door, pytest.raises(Exception, match="404"):
        door.get(site.url + "/gone")
    archive.keep()
    site.pages["/gone"] = (200, b"back", TAGGED)
    assert visit(site, tmp_path / "2", tmp_path / "1", "/gone")[0][0].content == b"back"


def test_a_damaged_archive_costs_a_download_and_no_more(site, tmp_path):
    visit(site, tmp_path / "1", None, "/tagged")
    whole = (tmp_path / "1").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:-2000] + b"x" * 1000 + whole[-1000:]):
        (tmp_path / "1").write_bytes(damaged)
        [answer], cost = visit(site, tmp_path / "2", tmp_path / "1", "/tagged")
        assert answer.content == BODY
        assert cost.unchanged == 0
    (tmp_path / "1").unlink()
    assert visit(site, tmp_path / "2", tmp_path / "1", "/tagged")[0][0].content == BODY


# ---- whole nights ----


@pytest.fixture
def source(site, tmp_path):
    rows = [f"{number};Lieu partagé n° {number};Nantes;44000" for number in range(2000)]
    site.pages["/places.csv"] = (200, "\n".join(["id;nom;ville;cp", *rows]).encode(), TAGGED)
    folder = tmp_path / "catalogue" / "alpha"
    folder.mkdir(parents=True)
    definition = DEFINITION.format(id="alpha", licence="etalab-2.0")
    definition = definition.replace('path = "places.csv"', f'url = "{site.url}/places.csv"')
    (folder / "source.toml").write_text(definition, encoding="utf-8")
    return load_source(folder)


def night(site, tmp_path, source, day, **changes):
    settings = Settings(tmp_path / "home", DAY + dt.timedelta(day), manners=site.manners(), **changes)
    return harvest(source, settings), staged(source.id, settings).read_bytes()


def test_a_quiet_night_moves_next_to_nothing_and_gives_the_same_rows(site, tmp_path, source):
    first, rows = night(site, tmp_path, source, 0)
    second, same_rows = night(site, tmp_path, source, 1)
    assert (first.outcome, second.outcome, first.records) == ("good", "good", 2000)
    assert rows == same_rows
    assert (second.traffic.requests, second.traffic.unchanged) == (2, 1)
    assert second.traffic.bytes < first.traffic.bytes * 0.02
    (tmp_path / "home" / "archive" / "alpha" / "2026-03-01.warc.gz").unlink()
    site.shutdown()
    offline, again = night(site, tmp_path, source, 2, mode="replay")
    assert (offline.outcome, offline.traffic, again) == ("good", None, rows)


def test_a_night_that_failed_is_no_cache(site, tmp_path, source):
    good = site.pages["/places.csv"]
    _, rows = night(site, tmp_path, source, 0)
    site.pages["/places.csv"] = (200, b"id;nom;ville;cp", TAGGED | {"ETag": '"empty"'})
    failed, _ = night(site, tmp_path, source, 1)
    assert (failed.outcome, failed.traffic.requests) == ("stale", 2)
    site.pages["/places.csv"] = good
    third, same_rows = night(site, tmp_path, source, 2)
    assert (third.traffic.unchanged, same_rows) == (1, rows)


def test_what_was_moved_is_in_the_report(site, tmp_path, source):
    for day in (0, 1):
        settings = Settings(
            tmp_path / "home", DAY + dt.timedelta(day), catalogue=source.folder.parent, manners=site.manners()
        )
        nightly.run(settings, prefect=False)
    [told] = json.loads((settings.run_folder / "report.json").read_text())["sources"]
    assert told["traffic"] == {"requests": 2, "unchanged": 1, "bytes": 28}
    assert "2 requests, 1 times *unchanged*, 28 bytes" in (settings.run_folder / "report.md").read_text()


def test_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("ESSAIM_CONTACT", "mailto:data@example.org")
    monkeypatch.setenv("ESSAIM_ALLOWED_HOSTS", "127.0.0.1:8000 localhost:8001")
    manners = Settings(tmp_path, DAY).manners
    assert manners.user_agent == "essaim/0.1 (+mailto:data@example.org)"
    assert manners.allowed_hosts == {"127.0.0.1:8000", "localhost:8001"}
    monkeypatch.delenv("ESSAIM_ALLOWED_HOSTS")
    assert Settings(tmp_path, DAY).manners.allowed_hosts == frozenset()


def test_a_state_of_before_traffic_was_counted_loads(site, tmp_path, source):
    state, _ = night(site, tmp_path, source, 0)
    path = tmp_path / "home" / "staging" / "alpha.state.json"
    settings = Settings(tmp_path / "home", DAY)
    assert load_state("alpha", settings) == state
    kept = json.loads(path.read_text())
    del kept["traffic"]
    path.write_text(json.dumps(kept))
    before = load_state("alpha", settings)
    assert isinstance(before, State)
    assert before.traffic is None
