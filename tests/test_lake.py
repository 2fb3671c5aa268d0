"""Releases on a shared catalogue: each is one snapshot, whole, and older ones can still be read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from test_night import ROWS, add_source, spend, write
from typer.testing import CliRunner

from flows.cli import app
from warehouse import lake
from warehouse.lake import LakeError, share
from warehouse.schema import TABLES
from warehouse.table import quoted

needs_lake = pytest.mark.skipif(
    any(not lake.installed(each) for each in ("ducklake", "sqlite_scanner")), reason='pip install "essaim[lake]"'
)


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LakeError, match=r"has no essaim\.duckdb"):
        share(tmp_path, "lake.ducklake")
    (tmp_path / "essaim.duckdb").write_bytes(b"")
    monkeypatch.setattr(lake, "EXTENSIONS", {"ducklake": ("nowhere",)})
    with pytest.raises(LakeError, match=r"pip install \"essaim\[lake\]\""):
        share(tmp_path, "lake.ducklake")


@needs_lake
@pytest.mark.parametrize("catalogue", ["{folder}/lake.ducklake", "sqlite:{folder}/lake.sqlite"])
def test_two_releases_are_two_snapshots(tmp_path: Path, catalogue: str) -> None:
    home, address = tmp_path / "home", catalogue.format(folder=tmp_path)
    source = add_source(tmp_path / "catalogue", "alpha", ROWS)
    words = ["releases", "share", address, "--data", str(tmp_path / "data"), "--home", str(home)]
    spend(tmp_path)
    first = CliRunner().invoke(app, words)
    assert first.exit_code == 0, first.output
    write(source, ROWS[:3])
    spend(tmp_path, 1)
    assert "snapshot" in CliRunner().invoke(app, words).output
    assert "is there already" in CliRunner().invoke(app, words).output
    with duckdb.connect() as reader:
        lake.attach(reader, address)
        reader.execute(f"ATTACH '{home}/releases/latest/essaim.duckdb' AS release (READ_ONLY)")
        for table in TABLES:
            if table.published:
                name = quoted(table.name)
                both = [f"FROM {of}.{name} ORDER BY ALL" for of in ("lake", "release")]
                assert reader.execute(both[0]).fetchall() == reader.execute(both[1]).fetchall(), table.name
        versions = reader.execute("SELECT snapshot_id, commit_message FROM lake.snapshots() ORDER BY 1").fetchall()
        [(old, _), (new, _)] = [each for each in versions if each[1]]
        told = [message.rpartition(" (")[0] for _, message in versions if message]
        assert told == ["release 2026-03-01", "release 2026-03-02"]
        for snapshot, count in ((old, 4), (new, 3)):
            sql = f"SELECT count(*) FROM lake.initiative AT (VERSION => {snapshot})"
            assert reader.execute(sql).fetchall() == [(count,)]


@needs_lake
def test_a_catalogue_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "essaim.duckdb").write_bytes(b"")
    if not lake.installed("postgres_scanner"):
        pytest.skip('pip install "essaim[lake]"')
    with pytest.raises(LakeError, match="postgres:…") as fault:
        share(tmp_path, "postgres:host=127.0.0.1 port=1 dbname=x password=secret")
    assert "secret" not in str(fault.value)
