"""The same night as a Prefect flow, on Prefect's own test server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness
from test_night import ROWS, add_source, outcomes, spend

from flows import nightly
from flows.lock import one_night
from flows.schedule import night
from flows.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


def test_a_night_through_prefect_publishes_the_same_bytes(tmp_path: Path, server: None) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    broken = add_source(tmp_path / "catalogue", "broken", ROWS)
    (broken / "places.csv").write_bytes(b"")
    plain = spend(tmp_path)
    settings = Settings(home=tmp_path / "prefect", as_of=plain.as_of, catalogue=tmp_path / "catalogue")
    through = nightly.run(settings, prefect=True)
    assert outcomes(through) == outcomes(plain) == {"alpha": "good", "broken": "failed"}
    names = ("initiatives.csv", "issues.csv", "essaim.duckdb")
    for name in names:
        path = Path("releases", "latest", name)
        assert (tmp_path / "prefect" / path).read_bytes() == (tmp_path / "home" / path).read_bytes(), name


def artifacts() -> dict[str, tuple[str, str]]:
    """The newest artifact under each key: its type and what it holds."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/latest/filter", json={}).json()
    return {each["key"]: (each["type"], each["data"]) for each in found}


def test_a_deployed_night_is_one_run_with_its_artifacts(
    tmp_path: Path, server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_RELEASES_URL", "https://data.example.org/essaim/")
    folder = add_source(tmp_path / "catalogue", "alpha", ROWS).parent
    (add_source(folder, "broken", ROWS) / "places.csv").write_bytes(b"")
    state = night(str(tmp_path / "home"), str(folder), return_state=True)
    assert state.is_completed()
    assert "4 records make 4 initiatives" in str(state.message)
    found = artifacts()
    assert found["essaim-night"][0] == "markdown"
    assert "| broken | failed |" in found["essaim-night"][1]
    kind, table = found["essaim-sources"]
    assert kind == "table"
    assert [(row["source"], row["outcome"]) for row in json.loads(table)] == [("broken", "failed"), ("alpha", "good")]
    assert "https://data.example.org/essaim/20" in found["essaim-release"][1]


def test_a_deployed_night_that_cannot_begin_fails_with_why(tmp_path: Path, server: None) -> None:
    (tmp_path / "catalogue").mkdir()
    state = night(str(tmp_path / "home"), str(tmp_path / "catalogue"), return_state=True)
    assert state.is_failed()
    assert "DefinitionError" in str(state.message)
    folder = add_source(tmp_path / "catalogue", "alpha", ROWS).parent
    with one_night(tmp_path / "home"):
        state = night(str(tmp_path / "home"), str(folder), return_state=True)
    assert "NightRunningError: another night is running" in str(state.message)
