"""Linking on Spark: the same pairs, weights and release as on one machine. Needs the extra `spark` and Java 17."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from test_night import ROWS, add_source, spend
from test_replay import published

from benchmarks.link import truth_of
from flows import link_spark
from flows.evaluate.link_rivals import TYPES
from flows.link_spark import SparkMissingError
from transforms.link import LINKABLE, link

try:
    link_spark.require_spark()
    missing = ""
except SparkMissingError as fault:
    missing = str(fault)
needs_spark = pytest.mark.skipif(bool(missing), reason=missing or "Spark is there")


def records(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    columns = json.dumps({name: TYPES.get(name, "VARCHAR") for name in LINKABLE})
    connection.execute(f"CREATE TABLE linkable AS SELECT * FROM read_csv('{path}', header = true, columns = {columns})")
    return connection


@needs_spark
def test_spark_gives_the_same_weights_and_clusters(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    truth_of(path, 6000, 7)
    with records(path) as here, records(path) as there:
        alone = link(here, [])
        spread = link(there, [], weighing=lambda connection: link_spark.weigh(connection, "local[2]", tmp_path))
        every = "SELECT * FROM weighed ORDER BY left_id, right_id"
        assert here.execute(every).fetchall() == there.execute(every).fetchall()
    assert alone.pairs > 10_000
    assert spread == alone
    assert list(tmp_path.iterdir()) == [path]


@needs_spark
def test_a_night_that_compares_on_spark_publishes_the_same_bytes(tmp_path: Path) -> None:
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    add_source(tmp_path / "catalogue", "beta", [("x", "Recyclerie des Mauges", "Cholet", "49300"), *ROWS[1:]])
    alone = spend(tmp_path)
    spread = spend(tmp_path, home=tmp_path / "spark", spark="local[2]")
    assert alone.built is not None
    assert spread.built is not None
    assert spread.built.merged == alone.built.merged == 4
    assert published(tmp_path / "spark") == published(tmp_path / "home")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_spark, "find_spec", lambda name: None)
    with pytest.raises(SparkMissingError, match=r"essaim\[spark\]"):
        link_spark.require_spark()
    monkeypatch.undo()
    monkeypatch.setattr(link_spark, "find_spec", lambda name: object())
    monkeypatch.setattr(link_spark.shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkMissingError, match="Java 17"):
        link_spark.require_spark()
