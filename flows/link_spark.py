"""The comparison of records on a Spark cluster: what grows faster than the records, shared among its machines.

DuckDB makes what is linear in the records here, as on any night: the blocks that each record is in, and the traits that
records are compared by. Spark makes the pairs of the blocks, in SQL, and shares them among its workers; there each
part is weighed by DuckDB with the statements that a night on one machine uses. So every weight is the same to the last
figure, which no translation of the comparison into another engine's string functions would give, and so are the
clusters and the release.

The workers need this package, and see the folder `exchange`, where blocks and traits go out and weights come back.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from transforms.database import connect
from transforms.link.model import SMALL, mutual, weigh_all
from warehouse.table import literal

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

QUADRATIC = "kept_block"
"""The first table of blocking.sql that Spark makes in DuckDB's place; what that file makes after it too."""

PAIRS = """
    SELECT DISTINCT a.id AS left_id, b.id AS right_id FROM block a JOIN block b ON a.block = b.block AND a.id < b.id
"""
PART = 200_000
"""Pairs that are weighed together, by one worker."""


class SparkMissingError(Exception):
    """PySpark or Java is not there; the text says what to install."""


def require_spark() -> None:
    """Raise `SparkMissingError` where Spark cannot be used here."""
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        raise SparkMissingError('PySpark is missing: pip install "essaim[spark]"')
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise SparkMissingError("Spark needs Java 17 or later: install it, or set JAVA_HOME")


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """Give a Spark session on `master` ("local[2]", "spark://host:7077"), and end it. Raises `SparkMissingError`."""
    require_spark()
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    spark = SparkSession.builder.master(master).appName("essaim").config(map=settings).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def weigh(connection: duckdb.DuckDBPyConnection, master: str, exchange: Path | None = None) -> int:
    """Find and weigh the candidate pairs of `linkable` on Spark: what `transforms.link` does alone otherwise.

    Makes the same temporary tables on `connection`, but for the pairs themselves; returns how many there are.
    `exchange` is a folder that the workers see (default: one of this machine, for "local[…]").
    """
    with tempfile.TemporaryDirectory(dir=exchange) as name, session(master) as spark:
        folder = Path(name)
        records = _block(connection, folder)
        parallel = spark.sparkContext.defaultParallelism
        spark.conf.set("spark.sql.shuffle.partitions", max(2 * parallel, records // 50_000))
        spark.read.parquet(str(folder / "blocks.parquet")).createOrReplaceTempView("block")
        pairs = spark.sql(PAIRS).cache()
        count = int(pairs.count())
        traits = str(folder / "traits.parquet")

        def part(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return weigh_part(batches, traits, records)

        weighed = pairs.repartition(max(parallel, count // PART), "left_id").mapInArrow(part, _spark_types(connection))
        weighed.write.mode("overwrite").parquet(str(folder / "weighed"))
        found = literal(str(folder / "weighed" / "*.parquet"))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE weighed AS {_mutual(found, records)}")
    return count


def _mutual(files: str, records: int) -> str:
    """The SQL of what `weigh_all` does last: of two sources a pair stays if each record is the other's best.

    A part does not know all pairs of a record, so this waits until they are together again.
    """
    every = f"FROM read_parquet({files})"
    if records < SMALL:
        return f"{every} ORDER BY left_id, right_id"
    pairs = f"""SELECT w.*, a.source_id AS one_source, b.source_id AS other_source, a.inside OR b.inside AS inside
        FROM ({every}) w JOIN trait a ON a.id = left_id JOIN trait b ON b.id = right_id"""
    kept = mutual(pairs)
    return f"SELECT * EXCLUDE (one_source, other_source, inside) FROM ({kept}) ORDER BY left_id, right_id"


def _block(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write the blocks and traits of all records to `folder`; return the number of records."""
    for statement in _statements("blocking.sql"):
        if f"TABLE {QUADRATIC} " in statement:
            break
        connection.execute(statement)
    else:
        raise RuntimeError(f"blocking.sql makes no table {QUADRATIC}: flows/link_spark.py must follow it")
    connection.execute("CREATE OR REPLACE TEMP TABLE pair (left_id BIGINT, right_id BIGINT)")
    for statement in _statements("features.sql"):
        connection.execute(statement)
    written = {
        "blocks": "SELECT block::VARCHAR AS block, id FROM hashed_block ANTI JOIN large_block USING (block)",
        "traits": "FROM trait",
    }
    for name, what in written.items():
        path = literal(str(folder / f"{name}.parquet"))
        connection.execute(f"COPY ({what} ORDER BY id) TO {path} (FORMAT parquet)")
    connection.execute("DROP TABLE hashed_block")
    [(records,)] = connection.execute("SELECT count(*) FROM linkable").fetchall()
    return int(records)


def _statements(name: str) -> list[str]:
    text = resources.files("transforms.link").joinpath(name).read_text(encoding="utf-8")
    return [statement.query for statement in duckdb.extract_statements(text)]


def weigh_part(batches: Iterable[pa.RecordBatch], traits: str, records: int) -> Iterator[pa.RecordBatch]:
    """Weigh a part of the pairs (columns `left_id`, `right_id`); `traits` is the Parquet file of all traits."""
    import pyarrow as pa

    part = list(batches)
    if not part:
        return
    with connect(threads=1) as connection:
        connection.register("arrived", pa.Table.from_batches(part))
        connection.execute("CREATE TEMP TABLE pair AS FROM arrived")
        # The comparison asks how many records there are, and nothing else of this table.
        connection.execute(f"CREATE TEMP TABLE linkable AS SELECT range AS id FROM range({records:d})")
        connection.execute(
            "CREATE TEMP TABLE trait AS FROM read_parquet(?) WHERE id IN "
            "(SELECT left_id FROM pair UNION SELECT right_id FROM pair)",
            [traits],
        )
        weigh_all(connection, every=True)
        result: Any = connection.execute("FROM weighed").to_arrow_table()
        yield from result.to_batches()


TYPES = {"BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean", "INTEGER": "int"}


def _spark_types(connection: duckdb.DuckDBPyConnection) -> str:
    """The columns of `weighed` as Spark names their types, worked out on no pair at all."""
    weigh_all(connection)
    described = connection.execute("DESCRIBE weighed").fetchall()
    return ", ".join(f"{name} {TYPES[type]}" for name, type, *_ in described)
