"""Databases are opened in one way: without a word on standard output, where results for programs go."""

from pathlib import Path

import duckdb
import pytest

from transforms.database import connect, load_extension

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"transforms/database.py", "scrapers/kinds/workbook.py"}  # scrapers know nothing of transforms
SHOWN = "SELECT current_setting('enable_progress_bar')"


def test_no_connection_draws_its_progress(tmp_path):
    with connect(tmp_path / "some.duckdb") as connection, connect(threads=1) as other:
        assert connection.execute(SHOWN).fetchone() == connection.cursor().execute(SHOWN).fetchone() == (False,)
        assert other.execute("SELECT current_setting('threads')").fetchone() == (1,)
    with connect(tmp_path / "some.duckdb", read_only=True) as reader, pytest.raises(duckdb.Error, match="read-only"):
        reader.execute("CREATE TABLE made (name VARCHAR)")


def test_nobody_opens_a_database_otherwise():
    folders = (ROOT / name for name in ("flows", "scrapers", "transforms", "warehouse"))
    files = (path for folder in folders for path in folder.rglob("*.py"))
    opening = {str(path.relative_to(ROOT)) for path in files if "duckdb.connect(" in path.read_text("utf-8")}
    assert opening == ELSEWHERE


def test_an_extension_comes_from_its_wheel_or_is_missed_by_name():
    with connect() as connection:
        load_extension(connection, "spatial")
        assert connection.execute("SELECT st_astext(st_point(1, 2))").fetchone() == ("POINT (1 2)",)
        with pytest.raises(ImportError, match="duckdb_extension_nowhere"):
            load_extension(connection, "nowhere")
