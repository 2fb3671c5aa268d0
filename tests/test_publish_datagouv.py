"""data.gouv.fr, played by a server on this machine that keeps to the documented API of udata."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flows.publish_datagouv import SENT, DatagouvError, Portal, portal_of_the_environment, tell
from warehouse.publish import Release

KEY = "test-key"
OPEN_FORMATS = {"csv", "json", "geojson", "parquet", "jsonl"}


class Udata(ThreadingHTTPServer):
    """Keeps datasets in memory; refuses what udata refuses: no key, no title, unknown ids, a read-only id told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.datasets: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.site = f"http://127.0.0.1:{self.server_port}"

    def quality(self, id: str) -> dict[str, bool]:
        """The nine criteria that udata counts."""
        told = self.datasets[id]
        resources = told["resources"]
        return {
            "license": told.get("license") not in {None, "notspecified"},
            "temporal_coverage": bool(told.get("temporal_coverage")),
            "spatial": bool(told.get("spatial", {}).get("zones")) or bool(told.get("spatial", {}).get("granularity")),
            "update_frequency": told.get("frequency") not in {None, "unknown"},
            "update_fulfilled_in_time": told.get("frequency") == "daily" and bool(resources),
            "dataset_description_quality": len(told.get("description", "")) > 100,
            "has_open_format": any(each.get("format") in OPEN_FORMATS for each in resources),
            "all_resources_available": bool(resources) and all(each.get("bytes") for each in resources),
            "has_resources_documentation": any(each.get("type") == "documentation" for each in resources)
            or all(each.get("description") for each in resources),
        }


class Handler(BaseHTTPRequestHandler):
    server: Udata

    def do_GET(self) -> None:
        self.take("GET")

    def do_POST(self) -> None:
        self.take("POST")

    def do_PUT(self) -> None:
        self.take("PUT")

    def take(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((method, self.path))
        status, answer = self.answer(method, body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, method: str, body: bytes) -> tuple[int, Any]:
        if method != "GET" and self.headers.get("X-API-KEY") != KEY:
            return 401, {"message": "Unauthorized"}
        if (method, self.path) == ("POST", "/api/1/datasets/"):
            told = json.loads(body)
            if not told.get("title") or not told.get("description"):
                return 400, {"errors": {"title": ["required"]}}
            id = uuid.uuid4().hex[:24]
            self.server.datasets[id] = told | {"id": id, "resources": []}
            return 201, self.server.datasets[id]
        parts = re.fullmatch(r"/api/1/datasets/(\w+)/(?:resources/([\w-]+)/)?(upload/)?", self.path)
        dataset = self.server.datasets.get(parts[1]) if parts else None
        if parts is None or dataset is None:
            return 404, {"message": "no such dataset"}
        if parts[3]:
            return self.upload(dataset, parts[2], body)
        if parts[2]:
            resource = next((each for each in dataset["resources"] if each["id"] == parts[2]), None)
            if resource is None:
                return 404, {"message": "no such resource"}
            resource.update(json.loads(body))
            return 200, resource
        if method == "PUT":
            told = json.loads(body)
            dataset.update({name: value for name, value in told.items() if name not in {"id", "resources"}})
        return 200, dataset

    def upload(self, dataset: dict[str, Any], id: str | None, body: bytes) -> tuple[int, Any]:
        sent = re.search(rb'name="file"; filename="([^"]+)".*?\r\n\r\n(.*)\r\n--', body, re.DOTALL)
        if sent is None:
            return 400, {"message": "no file"}
        resource = next((each for each in dataset["resources"] if each["id"] == id), None)
        if id and resource is None:
            return 404, {"message": "no such resource"}
        if resource is None:
            resource = {"id": str(uuid.uuid4()), "extras": {}}
            dataset["resources"].append(resource)
        resource.update(title=sent[1].decode(), bytes=len(sent[2]), body=sent[2].decode("latin-1"))
        return (200 if id else 201), {name: value for name, value in resource.items() if name != "body"}

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def udata() -> Iterator[Udata]:
    server = Udata()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_dataset_is_made_described_and_complete(udata: Udata, release: Release) -> None:
    lines = list(tell(release.folder, Portal(udata.site, KEY, "", "org"), send=True))
    [(id, dataset)] = udata.datasets.items()
    assert any(f"DATAGOUV_DATASET={id}" in line for line in lines)
    assert {each["title"] for each in dataset["resources"]} == set(SENT)
    for each in dataset["resources"]:
        assert each["body"].encode("latin-1") == (release.folder / each["title"]).read_bytes()
    assert udata.quality(id) == dict.fromkeys(udata.quality(id), True) and len(udata.quality(id)) == 9


def test_the_second_time_ids_stay_and_only_what_changed_is_sent(udata: Udata, release: Release) -> None:
    list(tell(release.folder, Portal(udata.site, KEY, "", ""), send=True))
    [(id, dataset)] = udata.datasets.items()
    before = {each["title"]: each["id"] for each in dataset["resources"]}
    dataset["resources"][0]["extras"]["essaim:sha256"] = "of another night"
    udata.asked.clear()
    list(tell(release.folder, Portal(udata.site, KEY, id, ""), send=True))
    assert {each["title"]: each["id"] for each in dataset["resources"]} == before and len(udata.datasets) == 1
    assert [path for method, path in udata.asked if method == "POST"] == [
        f"/api/1/datasets/{id}/resources/{before['initiatives.csv']}/upload/"
    ]


def test_without_send_nothing_is_written(udata: Udata, release: Release) -> None:
    lines = list(tell(release.folder, Portal(udata.site, "", "", ""), send=False))
    assert udata.asked == [] and lines[0].startswith("create") and len(lines) == 1 + len(SENT)


def test_what_the_portal_says_is_told(udata: Udata, release: Release) -> None:
    with pytest.raises(DatagouvError, match=r"401: .*Unauthorized"):
        list(tell(release.folder, Portal(udata.site, "wrong", "", ""), send=True))
    with pytest.raises(DatagouvError, match="404"):
        list(tell(release.folder, Portal(udata.site, KEY, "unknown", ""), send=True))


def test_the_environment_must_be_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAGOUV_API_KEY", raising=False)
    with pytest.raises(ValueError, match="API key"):
        portal_of_the_environment(need_key=True)
    monkeypatch.setenv("DATAGOUV_URL", "http://portal.example.org")
    with pytest.raises(ValueError, match="no https"):
        portal_of_the_environment(need_key=False)
