"""Secrets: a definition names them, only the wire carries them, and only to the hosts they are meant for."""

import gzip
import json
from pathlib import Path

import pytest
from site_kit import running_site
from source_kit import make_source

from scrapers.archive import ArchiveWriter
from scrapers.fetch import network_door, replay_door
from scrapers.kinds import read_source
from scrapers.problems import DefinitionError, SourceError
from scrapers.response import Post
from scrapers.secrets import Secrets

KEY = "s3cr&t/ké+y=1"
IN_ADDRESS = "s3cr%26t%2Fk%C3%A9%2By%3D1"


@pytest.fixture
def site(monkeypatch):
    with running_site() as running:
        monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE", KEY)
        monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE_HOSTS", f"api.example.org {running.host}")
        yield running


def unpacked(archive: Path) -> bytes:
    return gzip.decompress(archive.read_bytes())


def get(site, path: str, archive: Path, headers: dict[str, str] | None = None, post: Post | None = None):
    with network_door(site.manners(), writer := ArchiveWriter(archive)) as door:
        door.entrust(Secrets({"CATALOGUE"}, headers))
        try:
            answered = door.get(site.url + path, post)
            return answered.url, answered.content
        finally:
            writer.keep()


def test_the_wire_carries_it_and_nothing_else_does(site, tmp_path):
    told = json.dumps({"asked": f"/list?key={IN_ADDRESS}", "key": KEY, "html": "s3cr&amp;t/ké+y=1"}, ensure_ascii=False)
    site.pages[f"/list?key={IN_ADDRESS}"] = (200, told.encode(), {"X-Echo": IN_ADDRESS})
    headers = {"Authorization": "Bearer secret:CATALOGUE"}
    url, body = get(site, "/list?key=secret:CATALOGUE", tmp_path / "a.warc.gz", headers)
    assert site.asked[-1][2]["Authorization"].encode("latin-1").decode() == f"Bearer {KEY}"
    assert url == f"{site.url}/list?key=secret:CATALOGUE"
    assert json.loads(body) == {
        "asked": "/list?key=secret:CATALOGUE",
        "key": "secret:CATALOGUE",
        "html": "secret:CATALOGUE",
    }
    for file in tmp_path.iterdir():
        kept = unpacked(file) if file.suffix == ".gz" else file.read_bytes()
        assert b"secret:CATALOGUE" in kept
        assert [form for form in (KEY.encode(), IN_ADDRESS.encode(), b"Authorization") if form in kept] == []


def test_it_does_not_come_back_in_a_redirect(site, tmp_path):
    site.pages[f"/old?key={IN_ADDRESS}"] = (302, b"", {"Location": f"/new?key={IN_ADDRESS}"})
    site.pages[f"/new?key={IN_ADDRESS}"] = b"here"
    url, body = get(site, "/old?key=secret:CATALOGUE", tmp_path / "a.warc.gz")
    assert (url, body) == (f"{site.url}/new?key=secret:CATALOGUE", b"here")
    assert IN_ADDRESS.encode() not in unpacked(tmp_path / "a.warc.gz")


def test_a_redirect_to_another_host_carries_nothing_there(site, tmp_path):
    with running_site() as thief:
        thief.pages["/take"] = b"thanks"
        site.pages["/go"] = (302, b"", {"Location": f"{thief.url}/take"})
        site.pages["/with"] = (302, b"", {"Location": f"{thief.url}/take?key=secret:CATALOGUE"})
        manners = site.manners(allowed_hosts={site.host, thief.host})
        with network_door(manners, None) as door:
            door.entrust(Secrets({"CATALOGUE"}, {"X-Api-Key": "secret:CATALOGUE"}))
            assert door.get(f"{site.url}/go").content == b"thanks"
            assert "X-Api-Key" not in thief.asked[-1][2]
            with pytest.raises(SourceError) as caught:
                door.get(f"{site.url}/with")
    assert caught.value.code == "secret-refused"
    assert KEY not in str(caught.value)
    assert KEY not in str(thief.asked)


def test_a_definition_cannot_send_it_elsewhere_nor_without_tls(monkeypatch):
    monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE", KEY)
    monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE_HOSTS", "api.example.org")
    secrets = Secrets({"CATALOGUE"}, {"X-Api-Key": "secret:CATALOGUE"})
    assert secrets.address("https://api.example.org/?k=secret:CATALOGUE").endswith(IN_ADDRESS)
    for address in (
        "http://api.example.org/",
        "https://api.example.org.thief.net/",
        "https://thief.net/api.example.org",
        "https://api.example.org:8443@thief.net/",
    ):
        assert secrets.headers(address) == {}
        with pytest.raises(SourceError, match="is not meant for"):
            secrets.address(f"{address}?k=secret:CATALOGUE")


@pytest.mark.parametrize(("value", "told"), [("", "is not set"), ("short", "is shorter than 8")])
def test_a_missing_secret_is_told_by_name(site, tmp_path, monkeypatch, value, told):
    monkeypatch.setenv("ESSAIM_SECRET_CATALOGUE", value)
    with pytest.raises(SourceError, match=f"ESSAIM_SECRET_CATALOGUE {told}") as caught:
        get(site, "/list?key=secret:CATALOGUE", tmp_path / "a.warc.gz")
    assert (caught.value.code, caught.value.remedy) == ("secret-missing", "set it where Essaim runs")
    assert site.asked[1:] == []


def test_names_that_the_definition_does_not_hold_stay_words(site, tmp_path, monkeypatch):
    monkeypatch.setenv("ESSAIM_SECRET_OTHER", "another-secret")
    monkeypatch.setenv("ESSAIM_SECRET_OTHER_HOSTS", site.host)
    site.pages["/x?key=secret:OTHER"] = b"here"
    assert get(site, "/x?key=secret:OTHER", tmp_path / "a.warc.gz")[1] == b"here"


def test_an_error_does_not_tell_it(site, tmp_path):
    site.pages[f"/list?key={IN_ADDRESS}"] = lambda handler: handler.connection.close()
    with pytest.raises(SourceError) as caught:
        get(site, "/list?key=secret:CATALOGUE", tmp_path / "a.warc.gz")
    assert "secret:CATALOGUE" in str(caught.value)
    assert IN_ADDRESS not in str(caught.value)


def test_what_is_posted_replays_by_its_name(site, tmp_path, monkeypatch):
    post = Post('{"key": "secret:CATALOGUE"}')
    site.pages['POST /search {"key": "s3cr&t/k\\u00e9+y=1"}'] = b'{"key": "s3cr&t/k\\u00e9+y=1"}'
    path = tmp_path / "a.warc.gz"
    url, body = get(site, "/search", path, post=post)
    assert (url, body) == (f"{site.url}/search", b'{"key": "secret:CATALOGUE"}')
    monkeypatch.delenv("ESSAIM_SECRET_CATALOGUE")
    with replay_door(path) as door:
        door.entrust(Secrets({"CATALOGUE"}))
        assert door.get(f"{site.url}/search", post).content == body


def test_a_long_body_is_scrubbed_across_its_pieces(site, tmp_path, monkeypatch):
    monkeypatch.setattr("scrapers.secrets.PIECE", 7)
    site.pages[f"/list?key={IN_ADDRESS}"] = f"<{KEY}{KEY}>".encode() * 50
    body = get(site, "/list?key=secret:CATALOGUE", tmp_path / "a.warc.gz")[1]
    assert body == b"<secret:CATALOGUEsecret:CATALOGUE>" * 50


def test_a_whole_source_with_a_key(site, tmp_path):
    site.pages[f"/list?key={IN_ADDRESS}"] = b'{"items": [{"id": "1", "nom": "La Recyclerie"}]}'
    address = f"{site.url}/list?key=secret:CATALOGUE"
    fetch = {"url": address, "items": "items", "headers": {"X-Api-Key": "secret:CATALOGUE"}}
    source = make_source(tmp_path, "json", {"source_key": "id", "name": "nom"}, fetch=fetch)
    with network_door(site.manners(), None) as door:
        [record] = read_source(source, door).records
    assert (record.fields["name"], record.origin) == ("La Recyclerie", address)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"User-Agent": "secret:KEY"}, "is not for a definition to set"),
        ({"Host": "secret:KEY"}, "is not for a definition to set"),
        ({"Cookie": "secret:KEY"}, "is not for a definition to set"),
        ({"X-Forwarded-For": "secret:KEY"}, "is not for a definition to set"),
        ({"X Bad\r\nHost": "secret:KEY"}, "is not for a definition to set"),
        ({"X-Key": "secret:KEY\r\nHost: b"}, "holds no secret"),
        ({"X-Key": "hard-coded"}, "holds no secret"),
    ],
)
def test_headers_that_a_definition_may_not_set(tmp_path, headers, told):
    with pytest.raises(DefinitionError, match=told):
        make_source(tmp_path, "json", {"source_key": "id", "name": "nom"}, fetch={"headers": headers})
