"""The last look at the finished files: whatever wrote them, nobody's own address or mobile number leaves the house."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_warehouse import NIGHT, add_initiative, row

from flows.processes import in_order
from warehouse.publish import PrivateContactError, publish, scan
from warehouse.publish.scan import check_files, private_places
from warehouse.store import Store


def places(path: Path) -> list[str]:
    with duckdb.connect() as connection:
        return list(private_places(connection, path))


@pytest.mark.parametrize(
    "line",
    [
        "jeanne.exemple@example.org", '{"mail":"j.exemple@example.org"}', "Appeler le 06 00 00 00 00", "+33600000000",
        "+33 (0)6 00 00 00 00", "0033 6.00.00.00.00", "06-00-00-00-00",
        "j.exemple [at] example.org", "À jeanne.exemple AROBASE example point fr", "j.exemple(at)example(dot)org",
        "jeanne.exemple at example point org", "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "Zero six, zéro zéro, zéro zéro, zéro zéro, zéro zéro", "jeanne.exemple [@] example.org",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "a.md", "a.jsonl", "a.html"])
def test_private_contacts_are_found_in_any_text(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.write_text(f"name\n\n{line}\n", encoding="utf-8")
    assert places(path) == [f"{name}, line 3"]


@pytest.mark.parametrize(
    "line",
    [
        "contact@example.org", "https://www.openstreetmap.org/node/600000000", "photo@2x.png", "@media print",
        "+33261910000", "48.606 00 00 00 00", "1306 00 00 00 00", "02 61 91 00 00", "", "3606 00 00 00 000",
        "contact [at] example.org", "Zéro six fois sur dix", "Il signe d'une arobase, point final", "un point fr",
        "format (at) home", "accueil arobase example point fr",
    ],
)  # fmt: skip
def test_what_is_no_private_contact_passes(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(line, encoding="utf-8")
    assert places(path) == []


def test_columns_of_parquet_are_searched_and_programs_are_not(tmp_path: Path) -> None:
    query = "COPY (SELECT 'Le Lieu' AS name, ['x', 'j.exemple@example.org'] AS needs, 1 AS n) TO '{}' (FORMAT parquet)"
    duckdb.execute(query.format(tmp_path / "a.parquet"))
    (tmp_path / "a.js").write_text("// j.exemple@example.org", encoding="utf-8")
    assert places(tmp_path / "a.parquet") == ["a.parquet, column needs"]
    assert places(tmp_path / "a.js") == []


@pytest.mark.parametrize("text", ["Jeanne.Exemple AROBASE example point fr", "zéro six un deux trois quatre cinq six"])
def test_disguises_are_found_in_columns_too(tmp_path: Path, text: str) -> None:
    query = "COPY (SELECT 'Le Lieu' AS name, $1 AS summary) TO '{}' (FORMAT parquet)"
    duckdb.execute(query.format(tmp_path / "a.parquet"), [text])
    assert places(tmp_path / "a.parquet") == ["a.parquet, column summary"]


@pytest.mark.parametrize("before", range(0, 44, 3))
@pytest.mark.parametrize(
    "contact", ["j.exemple arobase example point fr", "j.exemple@example.org", "+33 (0)6 00 00 00 00", "+33600000000"]
)
def test_a_contact_across_the_end_of_a_piece_is_found_once(tmp_path: Path, contact: str, before: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x" * (scan.PIECE - before) + f"\n {contact}\n", encoding="utf-8")
    assert places(path) == ["a.csv, line 2"]


FRAGMENTS = (
    "j.exemple", "example", "org", "contact", "@", " [@] ", "(at)", " [at] ", "AROBASE", " arrobase ", " point fr",
    " POINT com", " dot ", "_at_", ".", "-", " ", "\n", "é", "ſ", "\xa0", "0", "6", "+33", "+33612345678", "0033",
    "(0)", " 12", ".34", "-56", "06 12 34 56 78", "7 11 11 11 11", "zéro six douze trente-quatre", " cinquante-six",
    "zero s", "ro-s", "ro, s", "photo@2x.png",
)  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=60), st.integers(0, 400))
def test_findings_do_not_depend_on_where_pieces_end(fragments: list[str], before: int) -> None:
    """Each text is searched whole, and cut somewhere within."""
    text = "".join(fragments)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        path = Path(folder) / "a.txt"
        path.write_text("\n" * 2048 + text, encoding="utf-8")
        whole = places(path)
        patched.setattr(scan, "PIECE", 2048 + min(before, len(text)))
        assert places(path) == whole


def test_the_message_names_places_not_contacts(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"{number}.md").write_text("j.exemple@example.org", encoding="utf-8")
    with pytest.raises(PrivateContactError) as raised:
        check_files(tmp_path)
    assert "7 places" in str(raised.value)
    assert "0.md, line 1" in str(raised.value)
    assert "exemple" not in str(raised.value)


def test_a_release_with_a_private_contact_never_becomes_the_latest(tmp_path: Path) -> None:
    store = Store(tmp_path / "essaim.duckdb")
    add_initiative(store, name="Le Lieu", geo_precision="none")
    store.insert("source", [row("source", attribution="Jeanne, j.exemple@example.org")])
    releases = tmp_path / "releases"
    with pytest.raises(PrivateContactError, match=r"sources\.csv"):
        publish(store.connection, releases, NIGHT)
    store.close()
    assert not (releases / "latest").exists()


def test_a_large_release_is_searched_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WORTH", 1)
    (tmp_path / "folder").mkdir()
    for name in ("b.md", "folder/a.csv", "c.js", "d.md"):
        (tmp_path / name).write_text("\nj.exemple@example.org" if name < "d" or "/" in name else "x", encoding="utf-8")
    with pytest.raises(PrivateContactError) as raised:
        check_files(tmp_path, partial(in_order, processes=2))
    assert "2 places" in str(raised.value)
    assert "such as b.md, line 2; folder/a.csv, line 2; correct" in str(raised.value)
