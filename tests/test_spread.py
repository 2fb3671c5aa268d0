"""A harvest spread over workers: the same release bytes, and a worker that vanishes costs nothing but time.

The real thing (a Prefect server and two worker processes) takes a minute or two, so it runs only where
ESSAIM_TEST_WORKERS is set: ESSAIM_TEST_WORKERS=1 python -m pytest tests/test_spread.py
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import requests
from httpx import ConnectError
from site_kit import Handler, free_port, running_site
from test_night import DAY, ROWS, add_source, outcomes, spend
from test_replay import define, published

from flows import nightly, spread
from flows.harvest import harvest
from flows.settings import Settings
from scrapers.catalogue import load_source

LIST = '[fetch]\nurl = "https://{host}/{id}.json"\n\n[fields]\nsource_key = "id"\nname = "nom"\n'


def test_sources_on_one_host_stay_in_one_share(tmp_path: Path) -> None:
    hosts = {"a": "one.example.org", "b": "two.example.org", "c": "one.example.org", "d": "three.example.org"}
    for id, host in hosts.items():
        define(tmp_path, id, "json", LIST.format(host=host, id=id))
    sources = [load_source(tmp_path / id) for id in hosts]
    found = [[source.id for source in share] for share in spread.shares(sources, 2)]
    assert found == [["a", "c"], ["b", "d"]]
    assert [len(share) for share in spread.shares(sources, 9)] == [2, 1, 1]


def test_settings_reach_a_worker_whole(tmp_path: Path) -> None:
    settings = Settings(
        tmp_path, DAY, tmp_path / "catalogue", (tmp_path,), tmp_path / "decisions", ("a",), "replay",
        workers=3, replay_from=tmp_path / "archive", replay_until=DAY,
    )  # fmt: skip
    told = json.loads(json.dumps(spread.as_parameters(settings)))
    assert spread.from_parameters(told) == settings


@pytest.fixture
def two(tmp_path: Path) -> Settings:
    for id in ("alpha", "beta"):
        add_source(tmp_path / "catalogue", id, ROWS)
    return Settings(tmp_path / "home", DAY, tmp_path / "catalogue", shares=2)


Deployment = Callable[..., SimpleNamespace]


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Deployment], None]:
    """Have shares begin by calling a function; the server says nothing of them, and patience is short."""

    def put(deployment: Deployment) -> None:
        monkeypatch.setattr(spread, "run_deployment", deployment)
        monkeypatch.setattr(spread, "_state_of", lambda run: None)
        monkeypatch.setattr(spread, "_cancel", lambda run: None)
        for name, seconds in {"LOOK_EVERY": 0.01, "SILENT_FOR": 0.2, "UNTAKEN_FOR": 0.1}.items():
            monkeypatch.setattr(spread, name, seconds)

    return put


def no_server(*_: Any, **__: Any) -> SimpleNamespace:
    raise ConnectError("refused")


def odd_server(*_: Any, **__: Any) -> SimpleNamespace:
    raise KeyError("an answer of another version")


def no_worker(*_: Any, **__: Any) -> SimpleNamespace:
    return SimpleNamespace(id=uuid4())


@pytest.mark.parametrize("deployment", [no_server, odd_server, no_worker])
def test_without_server_or_workers_the_night_harvests_itself(
    two: Settings, deployed: Callable[[Deployment], None], deployment: Deployment
) -> None:
    deployed(deployment)
    night = nightly.run(two, prefect=False)
    assert outcomes(night) == {"alpha": "good", "beta": "good"}
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert list(two.staging.glob("*.ticket")) == []
    told = json.loads((two.run_folder / "report.json").read_text(encoding="utf-8"))["shares_lost"]
    assert [(each["source_id"], each["code"]) for each in told] == [
        ("share-1", "share-lost"),
        ("share-2", "share-lost"),
    ]
    assert "harvested by the night itself: alpha" in told[0]["message"]
    assert ("no worker took it" if deployment is no_worker else "could not be run") in told[0]["message"]
    assert "- **share-2**: " in (two.run_folder / "report.md").read_text(encoding="utf-8")


def test_what_a_worker_did_before_it_vanished_is_not_done_again(
    two: Settings, deployed: Callable[[Deployment], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[str] = []

    def vanishing(_: str, parameters: dict[str, Any], **__: Any) -> SimpleNamespace:
        settings = spread.from_parameters(parameters["settings"])
        for id in parameters["ids"][:1]:
            harvest(load_source(settings.catalogue / id), settings)
        ticket = {"beat": 1, "done": parameters["ids"][:1]}
        (settings.staging / parameters["ticket"]).write_text(json.dumps(ticket))
        return SimpleNamespace(id=uuid4())

    def counted(source: Any, settings: Settings) -> Any:
        again.append(source.id)
        return harvest(source, settings)

    deployed(vanishing)
    monkeypatch.setattr(spread, "harvest", counted)
    add_source(two.catalogue, "gamma", ROWS)
    night = nightly.run(two, prefect=False)
    assert set(outcomes(night).values()) == {"good"}
    assert len(again) == 1
    messages = {problem.source_id: problem.message for problem in night.lost}
    assert "gave no sign of life" in messages["share-1"]
    assert messages["share-1"].endswith(f"harvested by the night itself: {again[0]}")
    assert messages["share-2"].endswith("nothing undone")


def test_a_share_visits_its_own_sources_only(two: Settings) -> None:
    two.staging.mkdir(parents=True)
    (two.staging / "share-1.ticket").write_text("", encoding="utf-8")
    spread.harvest_share.fn(["alpha"], "share-1.ticket", spread.as_parameters(two))
    assert json.loads((two.staging / "share-1.ticket").read_text(encoding="utf-8"))["beat"] >= 1
    assert sorted(path.name for path in two.staging.glob("*.jsonl")) == ["alpha.jsonl"]


def test_a_share_whose_ticket_was_taken_back_begins_nothing(two: Settings) -> None:
    with pytest.raises(RuntimeError, match="has taken the ticket"):
        spread.harvest_share.fn(["alpha"], "share-1.ticket", spread.as_parameters(two))
    assert not (two.staging / "alpha.jsonl").exists()


# ------------------------------------------------------------------------------------------------- the real thing


PATIENT = {
    "PREFECT_API_REQUEST_TIMEOUT": "300", "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "120", "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "120",
}  # fmt: skip
"""On a busy machine SQLite behind the server answers late, and a worker must ask again rather than give up."""

real = pytest.mark.skipif(
    "ESSAIM_TEST_WORKERS" not in os.environ, reason="starts a server and workers: ESSAIM_TEST_WORKERS=1"
)


@dataclass(frozen=True, slots=True)
class Company:
    """A Prefect server and its workers: the environment that leads to it, and the process of each worker."""

    api: str
    environment: dict[str, str]
    workers: list[subprocess.Popen[bytes]]

    def runs(self) -> list[dict[str, Any]]:
        """The flow runs that the server knows."""
        found: list[dict[str, Any]] = requests.post(f"{self.api}/flow_runs/filter", json={}, timeout=300).json()
        return found

    def night(self, home: Path, catalogue: Path) -> subprocess.Popen[str]:
        """Begin a night of two shares, as the command line does."""
        command = [
            sys.executable, "-m", "flows.cli", "run", "--home", str(home), "--catalogue", str(catalogue),
            "--as-of", DAY.isoformat(), "--no-prefect", "--shares", "2", "--json",
        ]  # fmt: skip
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@contextmanager
def company(folder: Path, count: int = 2, **more: str) -> Iterator[Company]:
    """A server with a pool, the deployment of the shares and `count` workers, for the time of the block."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    told = {"PREFECT_API_URL": api, "PREFECT_HOME": str(folder / "prefect"), "PYTHONPATH": str(Path.cwd())}
    environment = os.environ | PATIENT | told | more
    with ExitStack() as stack:
        server = stack.enter_context(
            running("server", "start", "--port", str(port), log=folder / "server.log", environment=environment)
        )
        until(lambda: answers(f"{api}/health"), 600, server)
        for words in (
            ["-m", "prefect", "work-pool", "create", "essaim-harvest", "--type", "process", "--overwrite"],
            ["-c", "from pathlib import Path; from flows.spread import harvest_share; harvest_share.from_source("
             f"source={str(Path(spread.__file__).parent.parent)!r}, entrypoint='flows/spread.py:harvest_share')"
             ".deploy(name='harvest', work_pool_name='essaim-harvest', print_next_steps=False)"],
        ):  # fmt: skip
            done = subprocess.run(
                [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=600
            )
            assert done.returncode == 0, done.stdout + done.stderr
        workers = [
            stack.enter_context(
                running(
                    "worker", "start", "--pool", "essaim-harvest", "--limit", "1", "--name", f"worker-{number}",
                    log=folder / f"worker-{number}.log", environment=environment,
                )
            )
            for number in range(count)
        ]  # fmt: skip
        yield Company(api, environment, workers)


@contextmanager
def running(*words: str, log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Prefect process of the environment that the tests run in, for the time of the block."""
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "prefect", *words], env=environment, stdout=file, stderr=file)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()  # a worker may wait long for a server that is busy
                process.wait()


def until(true: Callable[[], bool], seconds: float, process: subprocess.Popen[Any]) -> None:
    """Wait for a condition, as long as `process` lives."""
    end = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, f"it ended with {process.returncode}"
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.5)


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


def report_of(night: subprocess.Popen[str]) -> dict[str, Any]:
    """What a night that has ended well says of itself."""
    told, said = night.communicate(timeout=1800)
    assert night.returncode == 0, said + told
    found: dict[str, Any] = json.loads(told)
    return found


@real
def test_two_workers_give_the_bytes_of_one_machine(tmp_path: Path) -> None:
    for number, id in enumerate(("alpha", "beta", "gamma", "delta")):
        rows = [(key, f"{name} {id}"[:40], town, code) for key, name, town, code in ROWS[number:] + ROWS[:2]]
        add_source(tmp_path / "catalogue", id, list(dict(enumerate(dict.fromkeys(rows))).values()))
    (add_source(tmp_path / "catalogue", "broken", ROWS) / "places.csv").write_bytes(b"")
    plain = spend(tmp_path)
    with company(tmp_path) as there:
        told = report_of(there.night(tmp_path / "spread", tmp_path / "catalogue"))
        runs = there.runs()
    assert told["shares_lost"] == []
    assert {each["source_id"]: each["outcome"] for each in told["sources"]} == outcomes(plain)
    assert sorted(run["state"]["type"] for run in runs) == ["COMPLETED", "COMPLETED"]
    assert len({run["infrastructure_pid"] for run in runs}) == 2
    assert published(tmp_path / "spread") == published(tmp_path / "home")


@real
@pytest.mark.parametrize("with_its_worker", [False, True], ids=["the run alone", "the machine"])
def test_a_run_killed_in_the_middle_costs_time_only(tmp_path: Path, with_its_worker: bool) -> None:
    rows = b'[{"id": 1, "nom": "Jardin des Mauges"}, {"id": 2, "nom": "Atelier du Vent"}]'
    gone = threading.Event()
    with running_site() as slow, running_site() as quick:

        def late(handler: Handler) -> None:
            gone.wait(1800)
            handler.send(200, rows, {"Content-Type": "application/json"})

        slow.pages["/slow.json"], quick.pages["/quick.json"] = late, rows
        for id, site in (("slow", slow), ("quick", quick)):
            define(tmp_path / "catalogue", id, "json", LIST.format(host=site.host, id=id).replace("https", "http"))
        allowed = {"ESSAIM_ALLOWED_HOSTS": f"{slow.host} {quick.host}", "ESSAIM_CONTACT": "tests@example.org"}
        with company(tmp_path, **allowed) as there:
            night, ticket_folder = there.night(tmp_path / "home", tmp_path / "catalogue"), tmp_path / "home" / "staging"
            until(lambda: "/slow.json" in slow.paths(), 900, night)
            until(lambda: any(path.stat().st_size for path in ticket_folder.glob("share-2.ticket")), 900, night)
            [pid] = [run["infrastructure_pid"] for run in there.runs() if run["parameters"]["ids"] == ["slow"]]
            for worker in there.workers if with_its_worker else []:
                worker.kill()
            os.kill(int(str(pid).rpartition(":")[2]), signal.SIGKILL)  # "host:pid"
            gone.set()
            told = report_of(night)
    assert {each["source_id"]: each["outcome"] for each in told["sources"]} == {"quick": "good", "slow": "good"}
    [lost] = told["shares_lost"]
    assert lost["message"].endswith("harvested by the night itself: slow")
    assert ("gave no sign of life" if with_its_worker else "its flow run ended as Crashed") in lost["message"]
