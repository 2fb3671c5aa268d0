"""Feeds and source pages: read by a feed reader and a strict parser, stable, and safe with hostile names."""

from __future__ import annotations

import csv
import uuid
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from warehouse_example import NASTY_NAME, NIGHT

from warehouse.publish import Release, feeds, publish, source_pages
from warehouse.store import Store


def test_feeds_are_atom_that_a_reader_reads(release: Release) -> None:
    folder = release.folder / "feeds"
    assert {"all.atom", "region-53.atom", "departement-35.atom", "theme-health.atom", "source-lieux.atom"} <= {
        path.name for path in folder.iterdir()
    }
    for path in folder.iterdir():
        read = feedparser.parse(path.read_bytes())
        assert not read.bozo, path
        assert read.feed.updated == f"{NIGHT}T00:00:00Z"
        assert uuid.UUID(read.feed.id) and read.feed.subtitle
        assert len({entry.id for entry in read.entries}) == len(read.entries) <= feeds.ENTRIES
    all_of_them = feedparser.parse((folder / "all.atom").read_bytes())
    assert len(all_of_them.entries) == 6
    assert all(entry.link.startswith("../explorer/index.html#/i/es-") for entry in all_of_them.entries)
    root = ET.fromstring((folder / "departement-35.atom").read_bytes())
    assert [each.text for each in root.iter(f"{{{feeds.ATOM}}}title")][1:] == [" ".join(NASTY_NAME.split())]


def test_a_public_address_makes_links_absolute(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(feeds.PUBLIC_ADDRESS, "https://data.example.org/latest")
    monkeypatch.setenv(source_pages.CONTACT, "equipe@example.org")
    made = publish(store.connection, tmp_path, NIGHT)
    read = feedparser.parse((made.folder / "feeds/all.atom").read_bytes())
    assert read.entries[0].link.startswith("https://data.example.org/latest/explorer/index.html#/i/")
    assert "mailto:equipe@example.org?subject=" in (made.folder / "sources/lieux.html").read_text()
    monkeypatch.setenv(feeds.PUBLIC_ADDRESS, "data/latest")
    with pytest.raises(ValueError, match="no web address"):
        feeds.public_address()


def test_a_source_has_a_page_and_its_records(release: Release) -> None:
    page = (release.folder / "sources/lieux.html").read_text(encoding="utf-8")
    assert "Lieux &amp; &lt;em&gt;tiers&lt;/em&gt; lieux" in page and "<em>" not in page and "<script" not in page
    assert "© lieux" in page and "=1+1" in page and "../feeds/source-lieux.atom" in page
    closed = (release.folder / "sources/fiches.html").read_text(encoding="utf-8")
    assert 'href="javascript' not in closed and "never your sentences" in closed and "Failing since" in closed
    with (release.folder / "sources/lieux.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 5
