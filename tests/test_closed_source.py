"""No sentence of a source without an open licence reaches a published file, whatever column it stands in."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from test_night import add_source
from typer.testing import CliRunner

from flows.cli import app
from warehouse.publish import latest

SECRET = "Une phrase que personne ne doit reprendre"
COLUMNS = {
    "summary": "resume", "impact": "effet", "needs": "besoins", "started_on": "debut", "ended_on": "fin",
    "siret": "siret",
    "siren": "siren", "rna": "rna", "url": "site", "latitude": "lat", "longitude": "lon", "email": "mail",
    "phone": "tel",
    "osm": "osm", "wikidata": "wd", "sdgs": "odd",
    "themes": "sujet", "beneficiaries": "public", "status": "etat",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A night over a closed source with the sentence in every column that takes no name, and an open one beside it."""
    catalogue = tmp_path / "catalogue"
    folder = add_source(catalogue, "beta", [], licence="none")
    rows = [f"{n};Le Hangar {n};Nantes;44000;" + ";".join([SECRET] * len(COLUMNS)) for n in range(1, 5)]
    head = "id;nom;ville;cp;" + ";".join(COLUMNS.values())
    (folder / "places.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    told = (folder / "source.toml").read_text(encoding="utf-8")
    lines = "".join(f'{name} = "{column}"\n' for name, column in COLUMNS.items())
    (folder / "source.toml").write_text(told.replace("[fields]\n", f"[fields]\n{lines}"), encoding="utf-8")
    add_source(catalogue, "alpha", [("1", "Le Hangar 1", "Nantes", "44000"), ("2", "La Grange", "Brest", "29200")])
    result = CliRunner().invoke(app, ["run", "--catalogue", str(catalogue), "--home", str(tmp_path / "home"), "--json"])
    assert result.exit_code == 0, result.output
    return tmp_path / "home"


def test_the_sentence_is_in_no_published_file(home: Path) -> None:
    release = latest(home / "releases")
    assert release is not None
    files = [path for path in sorted(release.rglob("*")) if path.is_file()]
    assert {"issues.csv", "changes.jsonl", "matches.csv", "initiative_values.csv"} <= {path.name for path in files}
    held = [path.name for path in files if path.suffix not in {".parquet", ".duckdb"} and _holds(path.read_bytes())]
    assert held == []
    with duckdb.connect(str(release / "essaim.duckdb"), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            [(count,)] = connection.execute(
                f"SELECT count(*) FROM \"{table}\" AS t WHERE t::VARCHAR ILIKE '%personne ne doit%'"
            ).fetchall()
            assert (table, count) == (table, 0)


def _holds(data: bytes) -> bool:
    return b"personne ne doit" in data or b"phrase que personne ne" in data
