"""The embedded gazetteer: what its files hold, and that it loads without a network or a home folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from transforms.geocode import Gazetteer
from warehouse.gazetteer import data_folder


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(data_folder())


def test_holds_every_commune_and_arrondissement(gazetteer: Gazetteer) -> None:
    communes = [commune for commune in gazetteer.communes.values() if commune.parent is None]
    arrondissements = [commune for commune in gazetteer.communes.values() if commune.parent]
    assert len(communes) == 34_969
    assert {commune.parent for commune in arrondissements} == {"75056", "69123", "13055"}
    assert len(arrondissements) == 45
    assert {commune.departement for commune in communes} == set(gazetteer.departements)


def test_names_of_a_departement_are_unique(gazetteer: Gazetteer) -> None:
    query = """SELECT key, departement FROM names JOIN communes USING (code) WHERE rank = 3
               GROUP BY ALL HAVING count(*) > 1"""
    assert gazetteer.con.execute(query).fetchall() == []


def test_points_lie_in_the_box_of_their_commune(gazetteer: Gazetteer) -> None:
    query = """SELECT count(*) FILTER (latitude NOT BETWEEN south - 0.01 AND north + 0.01
                                       OR longitude NOT BETWEEN west - 0.01 AND east + 0.01),
                      count(*) FILTER (latitude IS NULL) FROM communes"""
    outside, missing = gazetteer.con.execute(query).fetchall()[0]
    assert outside == 0
    assert missing == 0
    by_hand = "SELECT count(*) FROM communes WHERE point_kind = 'hand'"
    assert gazetteer.con.execute(by_hand).fetchall() == [(60,)]  # see docs/gazetteer.md


def test_every_code_refers_to_a_row(gazetteer: Gazetteer) -> None:
    for commune in gazetteer.communes.values():
        assert commune.departement in gazetteer.departements
        assert commune.region in gazetteer.regions
        assert commune.epci is None or commune.epci in gazetteer.epci
    assert set(gazetteer.successors.values()) <= set(gazetteer.communes)


def test_only_islands_and_collectivities_are_in_no_intercommunal_body(gazetteer: Gazetteer) -> None:
    alone = {code for code, commune in gazetteer.communes.items() if commune.epci is None and code < "975"}
    assert alone == {"22016", "29083", "29155", "85113"}  # Bréhat, Sein, Ouessant and Yeu


def test_former_codes_lead_to_the_current_commune(gazetteer: Gazetteer) -> None:
    assert gazetteer.current_code("33110") == "33063"
    assert gazetteer.current_code("44109") == "44109"
    assert gazetteer.current_code("99999") is None


def test_territories_and_countries_are_known_by_code_and_name(gazetteer: Gazetteer) -> None:
    assert gazetteer.departement("44") == gazetteer.departement("Loire-Atlantique") == "44"
    assert gazetteer.departement("1") == "01"
    assert gazetteer.departement("2a") == "2A"
    assert gazetteer.region("PACA") == gazetteer.region("Provence-Alpes-Côte d'Azur") == "93"
    assert [gazetteer.country(text) for text in ("BE", "Belgique", "Belgium", "BEL", "België")] == ["BE"] * 5
    assert [gazetteer.country(text) for text in ("UK", "U.S.A.", "Pays-Bas", "Angleterre")] == ["GB", "US", "NL", "GB"]
    assert gazetteer.country("Atlantide") is None
    assert len(gazetteer.countries) >= 249


def test_arrondissements_are_found_by_number_and_postcode(gazetteer: Gazetteer) -> None:
    assert gazetteer.arrondissement("75056", 11) == "75111"
    assert gazetteer.arrondissement("69123", 3) == "69383"
    assert gazetteer.arrondissement("75056", 21) is None
    assert gazetteer.arrondissement("44109", 1) is None
    assert gazetteer.arrondissement_of_postcode("75056", "75116") == "75116"


def test_files_are_small_and_their_sources_are_written_down() -> None:
    files = list(data_folder().glob("*"))
    assert sum(file.stat().st_size for file in files) <= 8_000_000
    sources = json.loads((data_folder() / "SOURCES.json").read_text(encoding="utf-8"))["sources"]
    assert {"INSEE", "La Poste", "DILA", "GeoNames"} <= {name for source in sources for name in source["producers"]}
    assert all(source["version"] and source["data_licence"] for source in sources)


def test_polygons_are_valid_outlines_of_known_communes(gazetteer: Gazetteer) -> None:
    gazetteer.ensure_polygons()
    query = "SELECT count(*), count(*) FILTER (ST_IsEmpty(area)), count(DISTINCT code) FROM outlines"
    count, empty, codes = gazetteer.con.execute(query).fetchall()[0]
    assert (count, empty) == (codes, 0)
    assert count == 34_916


def test_the_world_has_places_and_regions_and_the_communes_of_france(gazetteer: Gazetteer) -> None:
    count = (
        "SELECT count(*) FILTER (insee IS NULL), count(*) FILTER (country = 'FR' AND insee IS NULL) FROM world_places"
    )
    assert gazetteer.world.divisions["ontario"] == {("CA", "08")}
    places, french = gazetteer.con.execute(count).fetchall()[0]
    assert places > 130_000
    assert french == 0
    assert gazetteer.world.division_names["DE", "02"] == "Bavaria"
    assert gazetteer.world.divisions["baviere"] == gazetteer.world.divisions["bayern"] == {("DE", "02")}


def test_parts_of_communes_have_points_of_their_own(gazetteer: Gazetteer) -> None:
    assert gazetteer.parts["01262", "cordieux"] == pytest.approx((45.92, 5.04), abs=0.05)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"communes\.parquet"):
        Gazetteer.load(tmp_path)


def test_loading_writes_nothing_into_the_home_folder(tmp_path: Path) -> None:
    script = (
        "from transforms.geocode import Gazetteer; from warehouse.gazetteer import data_folder;"
        "Gazetteer.load(data_folder()).ensure_polygons()"
    )
    root = Path(__file__).parent.parent
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=root, env=environment)
    assert list(tmp_path.iterdir()) == []


def test_files_open_in_plain_duckdb() -> None:
    path = str(data_folder() / "communes.parquet")
    row = duckdb.execute("SELECT name, population > 100000 FROM read_parquet(?) WHERE code = '44109'", [path])
    assert row.fetchone() == ("Nantes", True)
