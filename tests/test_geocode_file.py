"""`essaim geocode` on files with coordinates and on places outside France."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
from source_kit import write_xlsx
from typer.testing import CliRunner, Result

from flows.cli import app


def run(tmp_path: Path, text: str, *options: str) -> Result:
    source = tmp_path / "in.csv"
    source.write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, ["geocode", str(source), str(tmp_path / "out.csv"), *options])


def rows(tmp_path: Path, text: str, *options: str) -> list[dict[str, str]]:
    result = run(tmp_path, text, *options)
    assert result.exit_code == 0, result.output
    written = (tmp_path / "out.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(written), delimiter=";" if ";" in written.splitlines()[0] else ","))


def test_coordinates_are_audited_under_their_usual_names(tmp_path: Path) -> None:
    text = "ville;lat;lng\nRennes;48,11;-1,68\nRennes;-1.68;48.11\nRennes;6789000;352000\nRennes;NR;\n"
    found = rows(tmp_path, text)
    assert [row["method"] for row in found] == ["name", "name+swapped", "name+lambert93", "name"]
    assert [row["precision"] for row in found] == ["point", "point", "point", "commune"]
    assert all(abs(float(row["latitude"]) - 48.11) < 0.02 for row in found)


def test_rows_with_coordinates_alone_get_their_commune(tmp_path: Path) -> None:
    [row] = rows(tmp_path, "n,y,x\n1,47.2184,-1.5538\n", "--latitude", "y", "--longitude", "x")
    assert (row["insee_code"], row["commune"], row["method"]) == ("44109", "Nantes", "coordinates")


def test_a_conflict_is_written_beside_the_point(tmp_path: Path) -> None:
    [row] = rows(tmp_path, "commune,code_postal,latitude,longitude\nBourges,18000,43.18,3.0\n")
    assert "from the stated commune Bourges" in row["conflict"]
    assert row["essaim_latitude"] != row["latitude"]


def test_places_of_other_countries_are_found(tmp_path: Path) -> None:
    text = "town,country\nBruxelles,Belgique\nLondon,Canada\nNantes,\n"
    found = rows(tmp_path, text)
    assert [row["essaim_country"] for row in found] == ["BE", "CA", "FR"]
    assert [row["region"] for row in found[:2]] == ["Brussels Capital", "Ontario"]


def test_rows_without_a_country_are_looked_for_everywhere_if_asked(tmp_path: Path) -> None:
    text = "town\nBruxelles\nCambridge\nNantes\n"
    found = rows(tmp_path, text, "--default-country", "any")
    assert [row["country"] for row in found] == ["BE", "", "FR"]
    assert found[1]["alternatives"].startswith("Cambridge, England, GB; Cambridge, Ontario, CA")
    assert [row["country"] for row in rows(tmp_path, text)] == ["", "", "FR"]


def test_a_country_that_is_none_and_half_a_point_are_refused(tmp_path: Path) -> None:
    result = run(tmp_path, "town\nNantes\n", "--default-country", "Atlantide")
    assert result.exit_code == 2
    assert "no country is known as Atlantide" in result.output
    result = run(tmp_path, "town,lat\nNantes,47.2\n", "--latitude", "lat")
    assert result.exit_code == 2
    assert "go together" in result.output


POINTS = ("47.2184, -1.5538", "47.2184,-1.5538", "47,2184;-1,5538", "POINT(-1.5538 47.2184)", "(47.2184 -1.5538)",
          "SRID=4326;POINT(-1.5538 47.2184)", "[-1.5538, 47.2184]", '{"lat": 47.2184, "lon": -1.5538}',
          '{"type": "Point", "coordinates": [-1.5538, 47.2184]}')  # fmt: skip


@pytest.mark.parametrize("written", POINTS)
@pytest.mark.parametrize("column", ["geo_point_2d", "geoPoint", "lat,lon", "Coordonnées GPS", "wkt", "geometry"])
def test_a_point_in_one_cell_is_read(tmp_path: Path, written: str, column: str) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([["nom", column], ["Le Hangar", written]])
    [row] = rows(tmp_path, table.getvalue())
    assert (row["insee_code"], row["epci"], row["departement_code"]) == ("44109", "Nantes Métropole", "44")
    assert (row["latitude"], row["longitude"]) == ("47.2184", "-1.5538")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le Hangar;3 quai Ernest Renaud;44100;NANTES\nL'Étable;Le Bourg;35000;Rennes\n", "cp1252"),  # no header
        ("champ1,champ2,champ3\nLe Hangar,44100,Nantes\nL'Étable,35000,Rennes\n", "utf-8"),
        ("\ufeffNOM\tADRESSE1\tCodePostal\tNomCommune\na\tx\t44100\tNantes\nb\ty\t35000\tRennes\n", "utf-16"),
        ("Structure|Ville (siège)|Code postal (siège)\r\na|Nantes|44100\r\nb|Rennes|35000\r\n", "iso-8859-15"),
        (
            'id,"Adresse du lieu"\n1,"3 quai Ernest Renaud\n44100 NANTES"\n2,"Le Bourg - 35000 Rennes CEDEX 7"\n',
            "utf-8",
        ),
        ("a,cp,ville\nx,44100,Nantes,\n\ny,35 000,RENNES,,\n", "utf-8"),  # delimiters too many, an empty line
    ],
)
def test_tables_of_any_make_are_understood(tmp_path: Path, text: str, encoding: str) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(text.encode(encoding))
    result = CliRunner().invoke(app, ["geocode", str(source), str(tmp_path / "out.csv")])
    assert result.exit_code == 0, result.output
    written = (tmp_path / "out.csv").read_text(encoding="utf-8")
    head = written.splitlines()[0]
    delimiter = max(",;\t|", key=head.count)
    codes = [row["insee_code"] for row in csv.DictReader(io.StringIO(written), delimiter=delimiter)]
    assert codes == ["44109", "35238"]


NASTY = (
    "\ufeffid;Commune;commune;;;insee_code;essaim_insee_code;Code postal;note\r\n"
    '1;Nantes;Loire;x;y;=1+1;z;44000;"deux\r\nlignes; ""et"" des guillemets"\r\n'
    "\r\n"
    ";;;;;;;;\r\n"
    '2;"Rennes";;;;"=HYPERLINK(""http://exemple.org"")";;35000;+33\r\n'
    "3;Zzzzz\r\n"  # cells too few
    '4;PARIS CEDEX 05;;;;;;75231;"\xa0Été\xa0"\r\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_nasty_table_comes_out_whole_with_every_cell_as_it_was(tmp_path: Path, encoding: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes((NASTY if encoding != "cp1252" else NASTY[1:]).encode(encoding))
    result = CliRunner().invoke(app, ["geocode", str(source), str(target)])
    assert result.exit_code == 0, result.output
    head, *body = csv.reader(io.StringIO(target.read_bytes().decode(), newline=""), delimiter=";")
    assert len(set(head)) == len(head)
    assert head[:9] == ["id", "Commune", "commune", "column 4", "column 5", "insee_code", "essaim_insee_code",
                        "Code postal", "note"]  # fmt: skip
    assert head[9:12] == ["essaim_essaim_insee_code", "essaim_commune", "postcode"]
    assert {len(row) for row in body} == {len(head)}
    given = [row for row in csv.reader(io.StringIO(NASTY[1:], newline=""), delimiter=";") if any(row)]
    assert [row[:9] for row in body] == [[*row, *[""] * (9 - len(row))] for row in given[1:]]
    assert [row[9] for row in body] == ["44109", "35238", "", "75056"]


def test_a_table_of_two_hundred_columns_and_a_title_is_read(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(200)]
    names[77], names[150] = "Ville", "CP"
    cells = ["x"] * 200
    cells[77], cells[150] = "Nantes", "44000"
    text = f"Liste des lieux au 1er mai 2026\n\n{';'.join(names)}\n{';'.join(cells)}\n"
    [row] = rows(tmp_path, text)
    assert (row["insee_code"], row["c199"], len(row)) == ("44109", "x", 217)


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_workbooks_and_parquet_are_read_and_csv_is_written(tmp_path: Path, form: str) -> None:
    source, target = tmp_path / f"in.{form}", tmp_path / "out.csv"
    if form == "xlsx":
        table = [["Tiers-lieux", None, None], ["Nom", "Code postal", "Ville"], ["Le Hangar", 44000, "Nantes"],
                 ["L'Étable", 1000, "Bourg-en-Bresse"], [None, None, None]]  # fmt: skip
        write_xlsx(source, {"Lisez-moi": [["Ce classeur"]], "Lieux": table})
    else:
        duckdb.sql("SELECT * FROM (VALUES ('Le Hangar', 44000, 'Nantes'), ('L''Étable', 1000, 'Bourg-en-Bresse'))"
                   ' t("Nom", "Code postal", "Ville")').write_parquet(str(source))  # fmt: skip
    result = CliRunner().invoke(app, ["geocode", str(source), str(target)])
    assert result.exit_code == 0, result.output
    found = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [(row["Nom"], row["insee_code"]) for row in found] == [("Le Hangar", "44109"), ("L'Étable", "01053")]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "holds no text"),
        (b"a;b\n1;2\n", "no column looks like a place"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x00\x01\x02;\x00", "is no text"),
        (b"PK\x03\x04broken", "cannot be opened as a spreadsheet"),
        (b"PAR1broken", "cannot be read as Parquet"),
        (b"ville,cp\nNantes,44000,more,cells\n", "record 1 has 4 cells for 2 columns"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_left_behind(tmp_path: Path, body: bytes, told: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(body)
    result = CliRunner().invoke(app, ["geocode", str(source), str(target)])
    assert (result.exit_code, sorted(path.name for path in tmp_path.iterdir())) == (2, ["in.csv"])
    assert told in " ".join(result.output.split())


def test_codes_of_other_areas_are_no_communes(tmp_path: Path) -> None:
    result = run(tmp_path, "INSEE_ZE,INSEEDEP,INSEECOM,NOM\n5201,44,44109,a\n", "--json")
    assert json.loads(result.stdout)["columns"] == {"insee_code": "INSEECOM"}
    result = run(tmp_path, "INSEE_ZE,Ville,Région(s)\n5201,Nantes,Pays de la Loire (FR)\n", "--json")
    assert json.loads(result.stdout)["columns"] == {"commune": "Ville", "region": "Région(s)"}
