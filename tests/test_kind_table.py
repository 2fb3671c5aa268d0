"""Tables: any delimiter, encoding and line end; the header found; shifted rows and cut files noticed."""

import datetime as dt
import gzip

import duckdb
import pytest
from source_kit import codes, column, failure_of, make_source, read_bodies, write_ods, write_xlsx

FIELDS = {"source_key": "id", "name": "Nom", "commune": "Ville"}
ROWS = [["id", "Nom", "Ville"], ["1", "L’épicerie de l’été", "Orléans"], ["2", "Le cœur « à l’œuvre »", "Nîmes"]]


@pytest.fixture
def source(tmp_path):
    return make_source(tmp_path, "table", FIELDS)


def written(rows, delimiter=";", end="\r\n"):
    return "".join(delimiter.join(row) + end for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "*"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(source, delimiter, end):
    harvest = read_bodies(source, written(ROWS, delimiter, end).encode())
    assert column(harvest, "commune") == ["Orléans", "Nîmes"]
    assert harvest.problems == []


def test_given_delimiter(tmp_path):
    source = make_source(tmp_path, "table", FIELDS, fetch={"delimiter": "~"})
    assert column(read_bodies(source, b"id~Nom~Ville\n1~A;B~C\n"), "name") == ["A;B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16"])
def test_encodings(source, encoding):
    harvest = read_bodies(source, written(ROWS).encode(encoding))
    assert column(harvest, "name") == ["L’épicerie de l’été", "Le cœur « à l’œuvre »"]


@pytest.mark.parametrize("encoding", ["iso8859_15", "cp850", "latin-1"])
def test_encodings_without_quotes_of_printers(source, encoding):
    cells = ["1", "Où la forêt naît, à l'été" + (", cœur, 20 €" if encoding == "iso8859_15" else ""), "Besançon"]
    assert column(read_bodies(source, written([ROWS[0], cells]).encode(encoding)), "name") == [cells[1]]


def test_first_accent_comes_late(source):
    body = written([ROWS[0], *([str(n), "Abc def", "Nice"] for n in range(30_000)), ["x", "Forêt", "Orléans"]])
    assert column(read_bodies(source, body.encode("cp1252")), "name")[-1] == "Forêt"


def test_given_encoding(tmp_path):
    source = make_source(tmp_path, "table", FIELDS, fetch={"encoding": "cp1250"})
    assert column(read_bodies(source, "id,Nom,Ville\n1,Łódź,x\n".encode("cp1250")), "name") == ["Łódź"]
    assert (
        failure_of(make_source(tmp_path, "table", FIELDS, fetch={"encoding": "ascii"}), "é".encode("cp1252")).code
        == "encoding"
    )


def test_titles_above_blank_rows_and_white_space(source):
    body = "Liste 2024;;\nsource : Région;;\n\n id ; Nom\u00a0; Ville\n;;\n1;A;B\n\n;;\n2;C;D;;\n"
    harvest = read_bodies(source, body.encode())
    assert column(harvest, "name") == ["A", "C"]
    assert harvest.problems == []


def test_repeated_names(tmp_path):
    source = make_source(tmp_path, "table", {**FIELDS, "region": "Nom (2)", "country": "Nom (3)"})
    harvest = read_bodies(source, b"id;Nom;Nom;Nom;Ville;\n1;A;B;C;D;E\n")
    assert (column(harvest, "region"), column(harvest, "country")) == (["B"], ["C"])
    assert "column 6 (1)" in harvest.problems[0].message


def test_quoted_line_ends(source):
    harvest = read_bodies(source, b'id,Nom,Ville\r\n1,"Le ""Lieu""\nde Tours, 37",Tours\r\n')
    assert column(harvest, "name") == ['Le "Lieu"\nde Tours, 37']


def test_shifted_rows(source):
    harvest = read_bodies(source, b"id;Nom;Ville\n1;A\n2;B;C\n3;D;E;F\n")
    assert column(harvest, "name") == ["B"]
    assert codes(harvest) == ["shifted-row", "shifted-row"]
    assert "row 2: 2 cells for 3 columns" in harvest.problems[0].message
    assert harvest.problems[0].remedy


@pytest.mark.parametrize(
    "body", [b"id;Nom;Ville\n1;A;B\n2;C", b"id;Nom;Ville\n1;A;B\n2", "id;Nom;Ville\n1;é;É".encode()[:-1]]
)
def test_cut(source, body):
    assert failure_of(source, body).code == "truncated"


def test_whole_last_row_without_line_end(source):
    assert column(read_bodies(source, b"id;Nom;Ville\n1;A;B"), "name") == ["A"]


def test_missing_column(source):
    error = failure_of(source, b"id;Nom du lieu;Villes\n1;A;B\n")
    assert error.code == "column-missing"
    assert '"Nom"' in str(error)
    assert '"Ville" (there is "Villes")' in str(error)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"a;b\n1;2\n", "header-missing"),
        (b"\0\1\2" * 100, "header-missing"),
        (b"id;Nom;Ville\n", "list-empty"),
        (b"id;Nom;Ville\n;;\n\n", "list-empty"),
        (b"", "empty"),
        (b" \r\n\n ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><body>Erreur 500", "web-page"),
        (b"\xef\xbb\xbf\n <HTML lang=fr>", "web-page"),
        (b'<?xml version="1.0"?>\n<!-- portal -->\n<html>', "web-page"),
        (b"PK\x03\x04 no zip at all", "not-a-workbook"),
        (b"PAR1 no parquet at all", "not-parquet"),
        (b"\x1f\x8b\x08 no gzip at all", "truncated"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"id;Nom;Ville\n1;" + b"x" * 10_000_001 + b";B\n", "not-a-table"),
    ],
)
def test_refused(source, body, code):
    assert failure_of(source, body).code == code


def test_gzip(source):
    packed = gzip.compress(written(ROWS).encode() * 50, mtime=0)
    assert column(read_bodies(source, packed), "commune")[0] == "Orléans"
    for broken in (packed[:-1], packed[: len(packed) // 2], packed[:20] + b"\xff\xff\xff" + packed[23:]):
        assert failure_of(source, broken).code == "truncated"


def test_leftovers_and_ignore(tmp_path):
    source = make_source(tmp_path, "table", {**FIELDS, "ignore": ["e-mail", "internal_*", "odd [x]"]})
    harvest = read_bodies(source, b"id,Nom,Ville,e-mail,internal_a,odd [x],Note,Vide\n1,A,B,a@b,x,y,n,\n2,C,D,,,,m,\n")
    (problem,) = harvest.problems
    assert (problem.code, problem.level) == ("left-over", "info")
    assert "1 columns or keys are neither taken nor ignored: Note (2)" in problem.message


def test_parts_of_columns(tmp_path):
    partners = {"from": "Partenaire", "each": {"name": "Partenaire", "kind": "Type"}}
    source = make_source(tmp_path, "table", {**FIELDS, "partners": partners})
    harvest = read_bodies(source, b"id,Nom,Ville,Partenaire,Type\n1,A,B,CAF,public\n2,A,B,,\n")
    assert column(harvest, "partners") == [[{"name": "CAF", "kind": "public"}], None]
    assert harvest.problems == []
    assert failure_of(source, b"id,Nom,Ville,Partenaire\n1,A,B,CAF\n").code == "column-missing"


def test_several_addresses(tmp_path):
    addresses = [f"https://www.example.org/{year}" for year in (2023, 2024)]
    source = make_source(tmp_path, "table", FIELDS, fetch={"url": addresses})
    bodies = {"2023": b"id;Nom;Ville\n1;A;B\n", "2024": b"Ville,Nom,id\nD,C,2\n"}
    harvest = read_bodies(source, bodies)
    assert [(record.fields["name"], record.origin) for record in harvest.records] == list(
        zip("AC", addresses, strict=True)
    )
    assert failure_of(source, {"2023": bodies["2023"]}).code == "not-found"


LEGEND = {"Notice": [["Codes"], [1]], "Lieux": [["Liste des lieux", None, None], ["id", "Nom", "Ville", "Date"]]}


@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_workbook_sheet_found_by_its_header(tmp_path, write):
    sheets = {
        **LEGEND,
        "Lieux": [["Liste", "", ""], ["id", "Nom", "Ville"], [44000.0, "Café", "Nîmes"], [2.5, "B", "C"]],
    }
    body = write(tmp_path / "book", sheets).read_bytes()
    source = make_source(tmp_path, "table", FIELDS)
    harvest = read_bodies(source, body)
    assert column(harvest, "source_key") == ["44000", "2.5"]
    assert column(harvest, "name") == ["Café", "B"]
    assert failure_of(make_source(tmp_path, "table", FIELDS, fetch={"sheet": "Notice"}), body).code == "header-missing"
    error = failure_of(make_source(tmp_path, "table", FIELDS, fetch={"sheet": "2024"}), body)
    assert error.code == "sheet-missing"
    assert "Notice, Lieux" in str(error)
    for size in (4, 30, len(body) // 2, len(body) - 1):
        assert failure_of(source, body[:size]).code == "not-a-workbook"


def test_workbook_cells(tmp_path):
    fields = {**FIELDS, "started_on": "Date", "impact": "Vrai"}
    rows = [
        ["id", "Nom", "Ville", "Date", "Vrai"],
        [1, " A ", None, dt.date(2024, 2, 29), True],
        [None] * 5,
        [2, "B", "C"],
    ]
    harvest = read_bodies(
        make_source(tmp_path, "table", fields), write_xlsx(tmp_path / "book", {"S": rows}).read_bytes()
    )
    assert [record.fields for record in harvest.records] == [
        {"source_key": "1", "name": " A ", "started_on": "2024-02-29", "impact": "true"},
        {"source_key": "2", "name": "B", "commune": "C"},
    ]
    assert harvest.problems == []


def test_workbook_with_header_only(tmp_path, source):
    assert failure_of(source, write_xlsx(tmp_path / "a", {"S": [ROWS[0]]}).read_bytes()).code == "list-empty"
    assert failure_of(source, write_xlsx(tmp_path / "b", {"S": []}).read_bytes()).code == "header-missing"


def test_workbook_with_a_stray_cell(tmp_path, source):
    body = write_xlsx(tmp_path / "a", {"S": [*ROWS, ["stray"]]}, stray="XFD1048576").read_bytes()
    error = failure_of(source, body)
    assert error.code == "too-large"
    assert "1,048,576 rows of 16,384 columns" in str(error)
    body = write_xlsx(tmp_path / "b", {"S": [*ROWS, ["stray"]]}, stray="B900").read_bytes()
    assert codes(read_bodies(source, body)) == ["no-key"]


def test_workbook_expected_but_web_page_found(tmp_path):
    source = make_source(tmp_path, "table", FIELDS, fetch={"format": "xlsx"})
    assert failure_of(source, b"<html>Connexion").code == "web-page"
    assert failure_of(source, b"id;Nom;Ville\n1;A;B\n").code == "not-a-workbook"


def parquet(tmp_path, query):
    path = tmp_path / "body.parquet"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def test_parquet(tmp_path):
    fields = {**FIELDS, "themes": {"from": "tags", "pattern": '"(.+?)"'}, "started_on": "d", "latitude": "lat"}
    body = parquet(
        tmp_path,
        "SELECT 7::BIGINT AS id, 'Café' AS Nom, NULL AS Ville, ['a', 'b'] AS tags, DATE '2024-02-29' AS d,"
        " 'NaN'::DOUBLE AS lat"
        " UNION ALL SELECT 8, 'B', 44000.0::DOUBLE::VARCHAR, NULL, NULL, 48.5",
    )
    harvest = read_bodies(make_source(tmp_path, "table", fields), body)
    by_key = {record.key: record.fields for record in harvest.records}
    assert by_key["7"] == {"source_key": "7", "name": "Café", "themes": ["a"], "started_on": "2024-02-29"}
    assert by_key["8"]["latitude"] == "48.5"
    assert failure_of(make_source(tmp_path, "table", fields), body[: len(body) // 2]).code == "not-parquet"


def test_a_header_that_is_repeated_is_no_row(tmp_path):
    source = make_source(tmp_path, "table", {"source_key": "id", "name": "Nom"})
    harvest = read_bodies(source, b"id;Nom\n1;Un lieu\nid; Nom\n2;Un autre\n")
    assert column(harvest, "name") == ["Un lieu", "Un autre"]
    assert codes(harvest) == ["repeated-header"]


def test_a_short_row_in_a_file_without_a_last_line_end_costs_only_itself(tmp_path):
    source = make_source(tmp_path, "table", {"source_key": "id", "name": "Nom"})
    harvest = read_bodies(source, b"id;Nom\n1;A\n2\n3;C\n4;D")
    assert column(harvest, "name") == ["A", "C", "D"]
    assert codes(harvest) == ["shifted-row"]
    assert failure_of(source, b"id;Nom\n1;A\n2").code == "truncated"


def test_a_publisher_who_moved_to_utf_8_is_read(tmp_path):
    source = make_source(tmp_path, "table", {"source_key": "id", "name": "Nom"}, fetch={"encoding": "cp1252"})
    assert column(read_bodies(source, "id;Nom\n1;“Café”\n".encode()), "name") == ["“Café”"]
