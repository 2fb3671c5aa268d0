"""The same night as a Prefect flow, on Prefect's own test server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness
from test_night import ROWS, add_source, outcomes, spend

from flows import nightly
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
    night = nightly.run(settings, prefect=True)
    assert outcomes(night) == outcomes(plain) == {"alpha": "good", "broken": "failed"}
    names = ("initiatives.csv", "issues.csv", "essaim.duckdb")
    for name in names:
        path = Path("releases", "latest", name)
        assert (tmp_path / "prefect" / path).read_bytes() == (tmp_path / "home" / path).read_bytes(), name
