"""Databases are opened in one way: without a word on standard output, and with a bounded part of the memory."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from transforms.database import MEMORY, MOST, MemorySettingError, connect, load_extension, on_one_thread, release_memory

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


def held(connection):
    [(text,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = text.split()
    return float(number) * 1024 ** ["bytes", "KiB", "MiB", "GiB"].index(unit)


def test_memory_is_bounded_and_an_operator_says_by_how_much(tmp_path, monkeypatch):
    monkeypatch.delenv(MEMORY, raising=False)
    with connect() as connection:
        assert 0 < held(connection) <= MOST
    monkeypatch.setenv(MEMORY, "300 MiB")
    with connect(tmp_path / "some.duckdb") as connection:
        assert held(connection) == 300 * 2**20
    with connect(tmp_path / "some.duckdb", read_only=True, share=3) as connection:
        assert held(connection) == 100 * 2**20


def test_a_database_that_is_opened_twice_holds_no_less(tmp_path, monkeypatch):
    monkeypatch.delenv(MEMORY, raising=False)
    with connect(tmp_path / "some.duckdb") as connection:
        before = held(connection)
        with connect(tmp_path / "some.duckdb") as again:
            assert held(connection) == held(again) == before


@pytest.mark.parametrize("wrong", ["lots", "3", "40%", "1GB'; DROP TABLE x; --"])
def test_what_is_no_amount_of_memory_is_refused_by_name(monkeypatch, wrong):
    monkeypatch.setenv(MEMORY, wrong)
    with pytest.raises(MemorySettingError, match="ESSAIM_MEMORY is"):
        connect()


def test_what_does_not_fit_into_memory_goes_through_files_that_are_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv(MEMORY, "60MiB")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with connect(threads=1) as connection:
        sorted_rows = "SELECT sum(i * (n % 7)) FROM (SELECT i, row_number() OVER (ORDER BY hash(i)) AS n FROM rows)"
        connection.execute("CREATE TABLE rows AS SELECT range AS i FROM range(8_000_000)")
        beside = [path.name for path in tmp_path.iterdir()]
        assert len(beside) == 1 and beside[0].startswith("essaim-")
        assert connection.execute(sorted_rows).fetchone()[0] > 0
    assert not list(tmp_path.iterdir())


def test_a_database_lets_go_of_what_it_read_and_keeps_its_limit(tmp_path):
    kept = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag IN ('BASE_TABLE', 'IN_MEMORY_TABLE')"
    with connect(tmp_path / "some.duckdb") as connection:
        connection.execute("CREATE TABLE made AS SELECT hash(i) AS figure FROM range(1000000) numbers(i)")
    with connect(tmp_path / "some.duckdb") as connection:
        connection.execute("CREATE TEMP TABLE small AS SELECT 1 AS one")
        limit, whole = held(connection), connection.execute("SELECT sum(figure) FROM made").fetchall()
        [(before,)] = connection.execute(kept).fetchall()
        release_memory(connection)
        [(after,)] = connection.execute(kept).fetchall()
        assert before > 5_000_000 > after
        assert held(connection) == limit
        assert connection.execute("SELECT sum(figure), (SELECT one FROM small) FROM made").fetchall() == [
            (*whole[0], 1)
        ]


def test_what_is_in_use_stays_when_a_database_lets_go():
    with connect() as connection:
        connection.execute("CREATE TABLE made AS SELECT i FROM range(3000000) numbers(i)")
        limit = held(connection)
        rows = connection.cursor().execute("SELECT i FROM made ORDER BY hash(i), i DESC")
        first = rows.fetchone()
        release_memory(connection)
        assert held(connection) == limit
        assert first is not None and len(rows.fetchall()) == 2_999_999


def test_a_database_works_on_one_thread_for_a_while():
    with connect(threads=2) as connection:
        with pytest.raises(ZeroDivisionError), on_one_thread(connection):
            assert connection.cursor().execute("SELECT current_setting('threads')").fetchone() == (1,)
            _ = 1 / 0
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (2,)


WITHOUT_PANDAS = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    asked = 0

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "pandas":
            return super().find_spec(name, path, target)
        cls.asked += 1

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
from transforms.database import connect

with connect() as connection:
    found = connection.execute("SELECT sum(one) FROM (SELECT unnest($values) AS one)", {"values": list(range(100))})
    print(found.fetchone()[0], Finder.asked)
"""


def test_a_module_that_is_not_installed_is_not_looked_for_at_each_value():
    done = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["4950", "1"], done.stderr
