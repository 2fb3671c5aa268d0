"""The corpus catalogue: definitions over real files that are not in the repository."""

import os
from pathlib import Path

import duckdb
import pytest

from flows import nightly
from flows.settings import Settings
from scrapers.catalogue import load_catalogue
from transforms.normalise.contacts import find_contacts

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "tests" / "corpus_catalogue"
CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or ROOT.parent / "shared" / "corpus")


def test_the_definitions_are_sound() -> None:
    sources, errors = load_catalogue(CATALOGUE)
    assert errors == []
    assert len(sources) >= 12


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_a_night_on_real_files(tmp_path: Path) -> None:
    import datetime as dt

    settings = Settings(home=tmp_path, as_of=dt.date(2026, 1, 1), catalogue=CATALOGUE, data_roots=(CORPUS,))
    night = nightly.run(settings, prefect=False)
    assert [state.source_id for state in night.states if state.outcome != "good"] == []
    assert night.outcome == "published"
    release = tmp_path / "releases" / "latest"
    with duckdb.connect(str(release / "essaim.duckdb"), read_only=True) as connection:

        def ask(sql: str) -> list[tuple[object, ...]]:
            return connection.execute(sql).fetchall()

        [(records,)] = ask("SELECT count(*) FROM initiative_source")
        assert isinstance(records, int)
        assert records >= 20_000
        [(refused,)] = ask("SELECT count(*) FROM issue WHERE rejected")
        assert isinstance(refused, int)
        assert sum(state.read for state in night.states) == records + refused
        assert ask("SELECT count(*) FROM issue WHERE rejected AND message = ''") == [(0,)]
        summaries = ask("SELECT summary FROM record WHERE summary IS NOT NULL")
        assert [text for (text,) in summaries if find_contacts(str(text))] == []
        assert ask("SELECT count(*) FROM initiative WHERE source_count > 1") > [(1_000,)]
