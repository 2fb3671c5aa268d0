"""Every way in which a source can fail, on this machine, down to the report: a name for it, and what to do."""

import datetime as dt
import json
import time
from pathlib import Path

import pytest
from site_kit import Handler, Site, closed_port, running_site, self_signed, speaks_tls
from test_night import DEFINITION, ROWS

from flows import nightly
from flows.settings import Settings

DAY = dt.date(2026, 3, 1)
LINES = "\n".join(["id;nom;ville;cp", *(";".join(row) for row in ROWS)]).encode()
HTML, JSON = {"Content-Type": "text/html; charset=utf-8"}, {"Content-Type": "application/json"}


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(600):  # half a minute, if nobody hangs up
        handler.wfile.write(b"x")
        time.sleep(0.05)


def cut_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(LINES)
    handler.close_connection = True


# By the code in the report: what the site answers at /<code>, and what is read of it as ("table" if not said).
ANSWERS = {
    "not-found": (410, b"", {}),
    "forbidden": (403, b"<h1>Forbidden</h1>", HTML),
    "http-error": (418, b"", {}),
    "server-error": (500, b"", {}),
    "rate-limited": (429, b"", {"Retry-After": "86400"}),
    "bot-wall": (403, b"<title>Just a moment...</title>", HTML | {"cf-mitigated": "challenge"}),
    "moved": (301, b"", {"Location": "/"}),
    "redirect-loop": (302, b"", {"Location": "/redirect-loop"}),
    "redirect-refused": (302, b"", {"Location": "file:///etc/hostname"}),
    "private-address": (302, b"", {"Location": "http://[::ffff:169.254.169.254]/"}),
    "too-large": b"x" * 200_000,
    "too-slow": drip,
    "truncated": cut_off,
    "packing": (200, LINES, {"Content-Encoding": "br"}),
    "robots": LINES,
    "list-empty": (200, b"<html><p>Nothing any more</p></html>", HTML),
    "list-missing": (200, b'{"error": "use version 2"}', JSON),
    "encoding": (200, "id;nom;ville;cp\n1;Café;Brest;29200\n2;b;Brest;29200".encode("cp1252"), {}),
}
KINDS = {
    "list-empty": 'kind = "html"\n[fetch]\nurl = "{url}"\nitem = "article"\n[fields]\nsource_key = "h2"\nname = "h2"\n',
    "list-missing": 'kind = "json"\n[fetch]\nurl = "{url}"\nitems = "list"\n[fields]\nsource_key = "id"\nname = "n"\n',
}


def define(catalogue: Path, id: str, url: str) -> None:
    text = DEFINITION.format(id=id, licence="etalab-2.0").replace('path = "places.csv"', f'url = "{url}"')
    if id in KINDS:
        rest = 'schedule = "daily"\n\n[publisher]\nname = "P"\nurl = "https://www.example.org"\n'
        head, tail = KINDS[id].format(url=url).split("\n", 1)
        text = f'title = "{id}"\ncountry = "FR"\n{head}\n{rest}\n{tail}\n' + text[text.index("[rights]") :]
    if id == "encoding":
        text = text.replace("[fields]", 'encoding = "utf-8"\n\n[fields]')
    (catalogue / id).mkdir(parents=True)
    (catalogue / id / "source.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that it signed itself, with its key."""
    return self_signed(tmp_path / "certificate.pem")


def spend(tmp_path: Path, site: Site, allowed: set[str]) -> tuple[dict[str, dict], dict]:
    manners = site.manners(allowed_hosts=allowed, max_bytes=100_000, max_seconds=2.0)
    settings = Settings(tmp_path / "home", DAY, tmp_path / "catalogue", manners=manners)
    nightly.run(settings, prefect=False)
    told = json.loads((settings.run_folder / "report.json").read_text(encoding="utf-8"))
    text = (settings.run_folder / "report.md").read_text(encoding="utf-8")
    assert all(f"- **{each['source_id']}** ({each['code']})" in text for each in told["failures"])
    return {each["source_id"]: each for each in told["failures"]}, told


def test_each_failure_has_its_name_and_remedy_in_the_report(tmp_path: Path) -> None:
    with running_site() as site, closed_port() as port:
        site.pages = {f"/{code}": answer for code, answer in ANSWERS.items()}
        site.pages |= {"/": b"<h1>Home</h1>", "/good": LINES, "/robots.txt": b"User-agent: *\nDisallow: /robots\n"}
        for code in ANSWERS:
            define(tmp_path / "catalogue", code, f"{site.url}/{code}")
        closed = f"127.0.0.1:{port}"
        define(tmp_path / "catalogue", "refused", f"http://{closed}/")
        define(tmp_path / "catalogue", "name-resolution", "http://no-such-host.invalid/places.csv")
        define(tmp_path / "catalogue", "good", f"{site.url}/good")
        failures, told = spend(tmp_path, site, {site.host, closed})
    expected = {*ANSWERS, "refused", "name-resolution"}
    assert {id: failure["code"] for id, failure in failures.items()} == {code: code for code in expected}
    assert all(failure["message"] and failure["remedy"] for failure in failures.values())
    assert {each["source_id"] for each in told["sources"] if each["outcome"] == "good"} == {"good"}
    assert "not to be asked again for 86400 s" in failures["rate-limited"]["message"]
    assert "Cloudflare" in failures["bot-wall"]["message"]


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, certificate: Path) -> None:
    with running_site() as site, running_site() as secure:
        speaks_tls(secure, certificate)
        secure.pages["/places.csv"] = LINES
        define(tmp_path / "catalogue", "alpha", f"https://{secure.host}/places.csv")
        failures, _ = spend(tmp_path, site, {secure.host})
    assert failures["alpha"]["code"] == "tls"
    assert "self-signed" in failures["alpha"]["message"].replace("self signed", "self-signed")
    assert secure.asked == []


def test_what_has_moved_is_read_and_told(tmp_path: Path) -> None:
    with running_site() as site:
        site.pages = {"/old.csv": (308, b"", {"Location": "/new.csv"}), "/new.csv": LINES}
        define(tmp_path / "catalogue", "alpha", f"{site.url}/old.csv")
        failures, told = spend(tmp_path, site, {site.host})
    assert failures == {}
    [source] = told["sources"]
    assert (source["outcome"], source["records"], source["problems"]["moved"]) == ("good", 4, 1)
    assert [each["remedy"] for each in told["moved"]] == [f"write {site.url}/new.csv in [fetch] of the definition"]
    text = (tmp_path / "home" / "runs" / "2026-03-01" / "report.md").read_text(encoding="utf-8")
    assert f"- **alpha**: {site.url}/old.csv has moved for good to {site.url}/new.csv." in text
