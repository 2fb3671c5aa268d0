"""Homes that earlier versions left: they open in this one, with their ids, their history and all that was archived.

`old_homes/<commit>.tar.xz` is what two nights of that commit left behind: samples of two sources of ours and one source
written for this, with a judgement on the second night that moved an id (runs/ and all files of the release but its
database left out). `6bd4831` already remembers keys as they are published.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_night import DEFINITION

from flows import nightly
from flows.report import Night
from flows.settings import Settings, embedded_catalogue
from scrapers.archive_index import Index, index_of
from scrapers.archive_reader import ArchiveReader
from warehouse import migrations
from warehouse.migrations import FORM, HOME_FILE, MIGRATIONS, form_of, open_home
from warehouse.publish import latest
from warehouse.schema import SCHEMA_VERSION
from warehouse.store import FILE_NAME
from warehouse.version import UNWRITTEN, NewerFileError, is_newer, version_of

HOMES = Path(__file__).parent / "old_homes"
OLD = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*.tar.xz"))
SAMPLED = ("jardins-partages-paris", "observatoire-implicite")
NEXT = dt.date(2026, 11, 23)
PLACES = "1;Jardin des Possibles;Nantes;44000\n2;Grenier des Possibles;Nantes;44000\n"
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.2 has no filters
CAFE = "Café des Voisins 06 39 98 12 34"  # of the numbers that are set aside for fiction
PUBLIC_CAFE = "key-c3bbf9a942e18bd0"
MINTED = {"f1b3f59": "es-i3iqnpqlqla5i", "6bd4831": "es-dw2t4l4jrjkwx"}


@pytest.fixture(params=OLD)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / str(request.param)
    with tarfile.open(HOMES / f"{request.param}.tar.xz") as kept:
        kept.extractall(folder, **SAFELY)
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    for id in SAMPLED:
        shutil.copytree(embedded_catalogue() / id, folder / id)
        definition = (folder / id / "source.toml").read_text(encoding="utf-8")
        few = re.sub(r"rows = \{ min = [^}]*\}", "rows = { min = 1 }", definition)  # an archived sample is a few rows
        (folder / id / "source.toml").write_text(few, encoding="utf-8")
    own = folder / "voisins"
    (own / "sample").mkdir(parents=True)
    address = "https://www.example.org/places.csv"
    definition = DEFINITION.format(id="voisins", licence="etalab-2.0").replace('"daily"', '"weekly"')
    sample = f'[sample]\nwritten_on = 2026-11-21\nrows = 3\npages = {{ "{address}" = "places.csv" }}\n'
    (own / "source.toml").write_text(definition.replace('path = "places.csv"', f'url = "{address}"') + sample)
    rows = f"id;nom;ville;cp\n{PLACES}{CAFE};Café des Voisins;Rennes;35000\n"
    (own / "sample" / "places.csv").write_text(rows, encoding="utf-8")
    return folder


def night(home: Path, catalogue: Path, **more: Any) -> Night:
    """A night of today's version; judgements stand as on the last night of before."""
    decisions = home.parent / "decisions"
    decisions.mkdir(exist_ok=True)
    head = "left_source_id,left_record_key,right_source_id,right_record_key,judgement,who,decided_on,why"
    told = f"{head}\nvoisins,1,voisins,2,same,test,2026-11-22,a test of moved ids\n"
    (decisions / "judgements.csv").write_text(told, encoding="utf-8")
    settings = {"home": home, "as_of": NEXT, "catalogue": catalogue, "decisions": decisions} | more
    return nightly.run(Settings(**settings), prefect=False)  # type: ignore[arg-type]


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


IDENTITIES = "SELECT source_id, record_key, initiative_id, first_seen FROM record_identity ORDER BY ALL"


def as_published(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((source, PUBLIC_CAFE if key == CAFE else key, *rest) for source, key, *rest in rows)


def test_the_old_homes_are_of_before_versions_were_written(home: Path) -> None:
    assert form_of(home) == 1
    assert version_of(home / FILE_NAME) == UNWRITTEN


@pytest.mark.parametrize("mode", ["network", "replay"])
def test_an_old_home_goes_on(home: Path, catalogue: Path, mode: str) -> None:
    """On the network no source is due on the next day: it stands on the staged rows; a replay on the archives."""
    before = ask(home / FILE_NAME, IDENTITIES)
    runs, moved = (ask(home / FILE_NAME, f"SELECT * FROM {table} ORDER BY ALL") for table in ("run", "moved_id"))
    told = night(home, catalogue, mode=mode)
    assert {state.source_id: state.outcome for state in told.states} == dict.fromkeys((*SAMPLED, "voisins"), "good")
    assert (told.faults, told.built.records if told.built else 0) == ([], 36)
    assert ask(home / FILE_NAME, IDENTITIES) == as_published(before)
    assert ask(home / FILE_NAME, f"SELECT initiative_id FROM record WHERE record_key = '{PUBLIC_CAFE}'") == [
        (MINTED[home.name],)
    ]
    assert ask(home / FILE_NAME, "SELECT * FROM moved_id") == moved
    after = ask(home / FILE_NAME, "SELECT * FROM run ORDER BY ALL")
    assert [row for row in after if row[0] < NEXT] == runs
    assert len(after) == len(runs) + 3
    assert (form_of(home), version_of(home / FILE_NAME)) == (FORM, SCHEMA_VERSION)
    if told.outcome == "published":
        release = latest(home / "releases")
        assert release == home / "releases" / NEXT.isoformat()
        assert ask(release / FILE_NAME, "FROM schema_version") == [(SCHEMA_VERSION,)]
    else:  # a quiet night: the release of before says it all
        assert told.outcome == "unchanged"
    with duckdb.connect(str(home / FILE_NAME), read_only=True) as connection:
        connection.execute(f"ATTACH '{home / 'releases' / '2026-11-22' / FILE_NAME}' AS old (READ_ONLY)")
        assert (
            connection.execute("SELECT * FROM old.initiative ANTI JOIN initiative USING (initiative_id)").fetchall()
            == []
        )
        seen = "SELECT count(*) FROM old.initiative JOIN initiative USING (initiative_id, first_seen)"
        assert connection.execute(seen).fetchall() == [(35,)]


def test_old_archives_are_read_without_an_index_and_with_one(home: Path) -> None:
    [path] = (home / "archive" / "voisins").glob("2026-11-22.warc.gz")
    address = "https://www.example.org/places.csv"
    found = ArchiveReader(path).find(address)
    assert found is not None
    assert CAFE.encode() in found.body.read()
    if home.name == "6bd4831":
        assert Index(index_of(path), path.stat().st_size).get(address) is not None


def test_an_index_of_a_later_form_is_made_anew(home: Path) -> None:
    [path] = (home / "archive" / "voisins").glob("2026-11-22.warc.gz")
    index_of(path).write_text(f"odd\tline\n\t{path.stat().st_size}\t2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="another version"):
        Index(index_of(path), path.stat().st_size)
    assert ArchiveReader(path).find("https://www.example.org/places.csv") is not None


def test_a_step_is_taken_once_and_keeps_the_file_of_before(home: Path) -> None:
    old = ask(home / FILE_NAME, IDENTITIES)
    assert [line.partition(": ")[2] for line in open_home(home)] == [step.what for step in MIGRATIONS]
    assert open_home(home) == []
    kept = home / f"{FILE_NAME}.form-1"
    assert kept.is_file() == (home.name == "f1b3f59"), "a copy where something was changed"
    if kept.is_file():
        assert ask(kept, IDENTITIES) == old
        assert ask(home / FILE_NAME, IDENTITIES) == as_published(old) != old


def test_an_interrupted_step_is_taken_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ask(home / FILE_NAME, IDENTITIES)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(migrations, "_write_form", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        open_home(home)
    assert form_of(home) == 1
    open_home(home)
    assert ask(home / FILE_NAME, IDENTITIES) == as_published(old)


def test_a_key_met_in_both_forms_leads_to_the_id_in_use(home: Path) -> None:
    if home.name != "f1b3f59":
        pytest.skip("only the older home remembers raw keys")
    with duckdb.connect(str(home / FILE_NAME)) as connection:
        row = ["voisins", PUBLIC_CAFE, MINTED["6bd4831"], NEXT]
        connection.execute("INSERT INTO record_identity VALUES (?, ?, ?, ?)", row)
    open_home(home)
    assert ask(home / FILE_NAME, f"SELECT initiative_id FROM record_identity WHERE record_key = '{PUBLIC_CAFE}'") == [
        (MINTED["6bd4831"],)
    ]
    moves = ask(home / FILE_NAME, "SELECT old_id, new_id, moved_on FROM moved_id")
    assert (MINTED["f1b3f59"], MINTED["6bd4831"], NEXT) in moves


def test_a_new_home_has_the_form_of_this_version(tmp_path: Path) -> None:
    assert open_home(tmp_path) == []
    assert json.loads((tmp_path / HOME_FILE).read_text()) == {"form": FORM}


def unchanged(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != ".lock"}


def test_what_a_newer_version_wrote_is_refused(home: Path, catalogue: Path) -> None:
    (home / HOME_FILE).write_text(json.dumps({"form": FORM + 1}))
    before = unchanged(home)
    with pytest.raises(NewerFileError, match="last used by a newer Essaim") as caught:
        night(home, catalogue, mode="sample")
    assert "install that version or a later one, or name another home" in str(caught.value)
    assert unchanged(home) == before


@pytest.mark.parametrize("which", ["warehouse", "release"])
def test_a_newer_database_is_refused(home: Path, which: str) -> None:
    path = home / FILE_NAME if which == "warehouse" else (latest(home / "releases") or home) / FILE_NAME
    major, minor, _ = map(int, SCHEMA_VERSION.split("."))
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE VIEW schema_version AS SELECT '{major}.{minor + 1}.0' AS version")
    with pytest.raises(NewerFileError, match=rf"newer Essaim \(contract {major}\.{minor + 1}\.0"):
        open_home(home)


def test_which_versions_are_newer() -> None:
    major, minor, patch = map(int, SCHEMA_VERSION.split("."))
    newer = [f"{major + 1}.0.0", f"{major}.{minor + 1}.0", "what?", ""]
    assert [version for version in newer if not is_newer(version)] == []
    older = [UNWRITTEN, SCHEMA_VERSION, f"{major}.{minor}.{patch + 1}", "0.9.12"]
    assert [version for version in older if is_newer(version)] == []


def test_a_home_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / HOME_FILE).write_text("{")
    with pytest.raises(OSError, match="put a copy of it back"):
        open_home(tmp_path)


def test_steps_are_in_order() -> None:
    assert [step.to for step in MIGRATIONS] == list(range(2, FORM + 1))
