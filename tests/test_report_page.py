"""The report as a page: whole in itself, safe, public without the operator's things, with the nights before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from warehouse_example import NASTY_NAME, NIGHT

from flows import report_page
from flows.cli import demo_settings
from flows.nightly import run
from warehouse.publish import publish
from warehouse.store import Store


def test_the_public_page_tells_sources_and_changes_safely(store: Store, tmp_path: Path) -> None:
    made = publish(store.connection, tmp_path, NIGHT, [report_page.public_writer(store.connection)])
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and NASTY_NAME.split()[0] in page.replace("&#34;", '"')
    assert "default-src 'none'" in page and 'href="explorer/index.html#/i/es-bbb"' in page
    assert str(tmp_path) not in page


def test_a_night_leaves_a_page_with_its_quality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_CONTACT", "")
    few = ("movilab", "observatoire-implicite", "fablabs-osm")
    settings = replace(demo_settings(tmp_path / "home"), sources=few)
    earlier = settings.run_folder.parent / "2000-01-01"
    earlier.mkdir(parents=True)
    (earlier / "report.json").write_text(json.dumps({"quality": {"placed": 0.5, "merged": 0.1}}), encoding="utf-8")
    night = run(settings, prefect=False)
    page = (settings.run_folder / "report.html").read_text(encoding="utf-8")
    assert night.outcome == "published" and "2 nuits / nights" in page and "<svg" in page
    quality = json.loads((settings.run_folder / "report.json").read_text(encoding="utf-8"))["quality"]
    assert 0 < quality["placed"] <= 1 and 0 < quality["merged"] < 1
    assert (settings.releases / "latest" / "report.html").is_file()


def test_a_curve_stays_in_its_frame() -> None:
    for values in ([3.0], [1.0, 1.0], [0.0, 10.0, 5.0]):
        places = [point.split(",") for point in report_page.curve(values, "x").points.split()]
        assert len(places) == len(values)
        assert all(0 <= float(x) <= report_page.WIDTH and 0 <= float(y) <= report_page.HEIGHT for x, y in places)
