"""From afar: DuckDB reads a release over HTTP by ranges, only the parts that a query needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from range_server import serving
from warehouse_example import NIGHT

from transforms.database import load_extension
from warehouse.publish import publish
from warehouse.schema import INITIATIVE
from warehouse.store import Store
from warehouse.table import quoted

pytest.importorskip("duckdb_extension_httpfs", reason="DuckDB reads over HTTP with its extension httpfs")

MANY = 60_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GeoParquet file of three row groups, one for each of three regions, and its database."""
    from warehouse.publish import geography

    folder = tmp_path_factory.mktemp("large")
    with duckdb.connect(str(folder / "some.duckdb")) as connection:
        columns = ", ".join(f"NULL::{each.type} AS {quoted(each.name)}" for each in INITIATIVE.columns)
        connection.execute(f"""
            CREATE TABLE initiative AS SELECT * EXCLUDE (i) REPLACE ('es-' || i AS initiative_id,
                md5(i::VARCHAR) AS name,
                repeat(md5(i::VARCHAR), 8) AS summary, (11 + i // 20000)::VARCHAR AS region_code, 'FR' AS country,
                (46 + i // 20000)::DOUBLE AS latitude, 2.0::DOUBLE AS longitude)
            FROM (SELECT {columns}, i FROM range({MANY}) numbers(i))
        """)
        geography.write_geoparquet(connection, INITIATIVE, folder / "initiatives.parquet")
    return folder


@pytest.fixture
def remote() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        load_extension(connection, "httpfs")
        connection.execute("SET autoinstall_known_extensions = false")
        yield connection


def test_a_count_reads_the_foot_of_the_parquet_file_only(large: Path, remote: duckdb.DuckDBPyConnection) -> None:
    with serving(large) as asked:
        path = f"{asked.address}/initiatives.parquet"
        assert remote.execute(f"SELECT count(*) FROM '{path}'").fetchall() == [(MANY,)]
    size = (large / "initiatives.parquet").stat().st_size
    assert asked.ranges, "by ranges"
    assert asked.bytes < size / 10


def test_one_region_reads_one_row_group(large: Path, remote: duckdb.DuckDBPyConnection) -> None:
    with serving(large) as asked:
        path = f"{asked.address}/initiatives.parquet"
        query = f"SELECT count(summary) FROM '{path}' WHERE region_code = '12'"
        assert remote.execute(query).fetchall() == [(20_000,)]
    assert asked.bytes < 0.6 * (large / "initiatives.parquet").stat().st_size


def test_a_box_on_the_map_reads_one_row_group(large: Path, remote: duckdb.DuckDBPyConnection) -> None:
    with serving(large) as asked:
        path = f"{asked.address}/initiatives.parquet"
        query = f"SELECT count(summary) FROM '{path}' WHERE bbox.ymin >= 47.5 AND bbox.ymax <= 48.5"
        assert remote.execute(query).fetchall() == [(20_000,)]
    assert asked.bytes < 0.6 * (large / "initiatives.parquet").stat().st_size


def test_the_database_is_attached_and_searched_from_afar(
    store: Store, tmp_path: Path, remote: duckdb.DuckDBPyConnection
) -> None:
    release = publish(store.connection, tmp_path, NIGHT)
    with serving(tmp_path) as asked:
        remote.execute(f"ATTACH '{asked.address}/latest/essaim.duckdb' AS essaim (READ_ONLY)")
        remote.execute("USE essaim")
        assert remote.execute("SELECT initiative_id FROM search('épicerie')").fetchall() == [("es-ccc",)]
        csv = f"read_csv('{asked.address}/latest/initiatives.csv', header = true, all_varchar = true)"
        assert remote.execute(f"SELECT count(*) FROM {csv}").fetchall() == [(release.initiatives,)]
        remote.execute("USE memory; DETACH essaim")
    assert asked.ranges
