"""A night over sources of every family of licences: each value stands only where its licence allows it."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from flows import nightly
from flows.settings import Settings

DEFINITION = """
title = "{id}"
country = "FR"
kind = "table"
schedule = "daily"
[publisher]
name = "Publisher of {id}"
url = "https://www.example.org"
[fetch]
path = "places.csv"
[fields]
source_key = "id"
name = "nom"
commune = "ville"
postcode = "cp"
url = "site"
summary = "texte"
impact = "effets"
[rights]
licence = "{licence}"
proof = "written for this test"
attribution = "Publisher of {id}"
[identity]
key = ["source_key"]
[expect]
rows = {{ min = 1 }}
stale_after_days = 30
"""

SITE = "https://recyclerie-mauges.example.org"
TEXTS = {
    "ouverte": "Une recyclerie ouverte à tous les habitants.",
    "carte": "Un lieu de réemploi, décrit par les contributeurs de la carte commune, en plus de mots que les autres.",
    "wiki": "Une recyclerie décrite très longuement par un wiki dont les textes sont à partage à l'identique, et qui "
    "sont donc plus longs que tous les autres, pour qu'une fusion sans égard aux licences les choisisse d'abord.",
    "fermee": "Une phrase que personne ne permet de reprendre, et qui ne paraît donc nulle part dans la livraison.",
}  # fmt: skip
LICENCES = {"ouverte": "etalab-2.0", "carte": "ODbL-1.0", "wiki": "CC-BY-SA-4.0", "fermee": "none"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("night")
    for id, licence in LICENCES.items():
        folder = home / "catalogue" / id
        folder.mkdir(parents=True)
        (folder / "source.toml").write_text(DEFINITION.format(id=id, licence=licence), encoding="utf-8")
        rows = [["id", "nom", "ville", "cp", "site", "texte", "effets"]]
        rows.append(["1", "La Recyclerie des Mauges", "Cholet", "49300", SITE, TEXTS[id], ""])
        if id == "carte":
            rows.append(["2", "Jardin de la Carte", "Nantes", "44000", "", "Un jardin de la carte.", ""])
        if id == "wiki":
            rows.append(["3", "Café du Wiki", "Rennes", "35000", "", "Un café du wiki.", "Cent repas par jour."])
        with (folder / "places.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    night = nightly.run(Settings(home / "home", dt.date(2026, 3, 1), home / "catalogue"), prefect=False)
    assert night.release is not None, night
    return night.release.folder


def ask(release: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(release / "essaim.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_complete_set_has_odbl_values_and_no_share_alike_text(release: Path) -> None:
    found = dict(ask(release, "SELECT name, summary FROM initiative"))
    assert found == {
        "La Recyclerie des Mauges": TEXTS["carte"],
        "Jardin de la Carte": "Un jardin de la carte.",
        "Café du Wiki": None,
    }
    licences = dict(ask(release, "SELECT name, licence FROM initiative"))
    assert licences["La Recyclerie des Mauges"] in {"ODbL-1.0", "ODbL-1.0 AND etalab-2.0"}
    assert licences["Café du Wiki"] == "LicenseRef-facts-only"


def test_the_set_under_the_licence_ouverte_is_merged_without_odbl_sources(release: Path) -> None:
    rows = ask(release, "SELECT name, summary, source_ids, licence FROM initiative_licence_ouverte ORDER BY name")
    assert rows == [
        ("Café du Wiki", None, ["wiki"], "LicenseRef-facts-only"),
        ("La Recyclerie des Mauges", TEXTS["ouverte"], ["fermee", "ouverte", "wiki"], "etalab-2.0"),
    ]
    same = "SELECT count(*) FROM initiative JOIN initiative_licence_ouverte USING (initiative_id, name, first_seen)"
    assert ask(release, same) == [(2,)], "the same ids"
    [(given,)] = ask(release, "SELECT list(DISTINCT source_id) FROM initiative_value_licence_ouverte")
    assert "carte" not in given


def test_share_alike_texts_stand_apart_with_their_licence(release: Path) -> None:
    texts = ask(release, "SELECT source_id, field, text, licence, attribution FROM text_share_alike ORDER BY text")
    said = ("CC-BY-SA-4.0", "Publisher of wiki")
    assert texts == [
        ("wiki", "impact", "Cent repas par jour.", *said),
        ("wiki", "summary", "Un café du wiki.", *said),
        ("wiki", "summary", TEXTS["wiki"], *said),
    ]


@pytest.mark.parametrize("id", ["wiki", "fermee"])
def test_a_text_is_in_no_file_where_its_licence_does_not_allow_it(release: Path, id: str) -> None:
    allowed = {"texts_share_alike.csv", "essaim.duckdb"} if id == "wiki" else set()
    needle = TEXTS[id][:60].encode()
    found = {path.name for path in release.rglob("*") if path.is_file() and needle in path.read_bytes()}
    assert found <= allowed


def test_no_file_under_the_licence_ouverte_holds_odbl_words(release: Path) -> None:
    needle = TEXTS["carte"][:40].encode()
    holders = {path.name for path in release.rglob("*") if path.is_file() and needle in path.read_bytes()}
    assert "initiatives.csv" in holders
    listed = json.loads((release / "files.json").read_text(encoding="utf-8"))["files"]
    bound = {file["path"] for file in listed if file["licence"] == "ODbL-1.0"}
    assert holders <= {Path(path).name for path in bound}
