"""What all tests share: how hypothesis looks for counterexamples, and that no address service is asked."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no fault of the code, and what blocks a change must be seen again by whoever mends it.
settings.register_profile("essaim", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("essaim"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "essaim")

# No test may ask the national address service, whatever contact it gives: those of streets name one of their own.
os.environ["ESSAIM_GEOCODER"] = "off"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Store"]:  # noqa: F821
    """The warehouse of `warehouse_example`; to be read only."""
    from warehouse_example import build_example

    built = build_example(tmp_path_factory.mktemp("warehouse") / "essaim.duckdb")
    yield built
    built.close()


@pytest.fixture(scope="session")
def release(store: "Store", tmp_path_factory: pytest.TempPathFactory) -> "Release":  # noqa: F821
    """A release of that warehouse; to be read only."""
    from warehouse_example import NIGHT

    from warehouse.publish import publish

    return publish(store.connection, tmp_path_factory.mktemp("releases"), NIGHT)


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Path, Night]":  # noqa: F821
    """The home of the demo and its night: what the README's first command makes. Its release is to be read only."""
    from flows import nightly
    from flows.cli import demo_settings

    home = tmp_path_factory.mktemp("demo")
    return home, nightly.run(demo_settings(home), prefect=False)


ATTACKS = ("test_security_", "test_guard", "test_walls")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many attacks were tried, faults met, and wild inputs taken: a case of a test each, by file names."""
    told = [report.nodeid for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    tried = [nodeid for nodeid in told if any(name in nodeid for name in ATTACKS)]
    if tried:
        files = len({nodeid.partition("::")[0] for nodeid in tried})
        terminalreporter.write_line(f"{len(tried)} attacks tried, by {files} files of tests")
    cells = [nodeid for nodeid in told if "test_faults.py::test_cell[" in nodeid]
    if cells:
        kinds = {nodeid.rpartition("-")[2] for nodeid in cells}
        terminalreporter.write_line(
            f"{len(cells)} cells: {len(cells) // len(kinds)} failures × {len(kinds)} kinds of source"
        )
    taken = [
        value for report in _reports(terminalreporter) for name, value in report.user_properties if name == "inputs"
    ]
    if taken:
        terminalreporter.write_line(f"{sum(taken):,} wild inputs taken by {len(taken)} targets of the fuzz")


def _reports(terminalreporter: Any) -> list[Any]:
    passed = terminalreporter.stats.get("passed", [])
    return [report for report in passed if report.when == "call"]
