"""Parts of finished files: the rows and features that belong to each, byte for byte."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.publish import cutting
from warehouse.publish.cutting import cut_csv, cut_features

CELLS = st.text(alphabet='a"\r\n,é ', max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, st.sets(st.integers(0, 2))), max_size=8))
def test_every_row_goes_where_it_belongs(rows: list[tuple[str, str, set[int]]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(cutting, "BUFFER", 8)
        whole = Path(folder) / "whole.csv"
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE t (one VARCHAR, other VARCHAR)")
            for one, other, _ in rows:
                connection.execute("INSERT INTO t VALUES (?, ?)", [one, other])
            connection.execute(f"COPY t TO '{whole}' (FORMAT csv, HEADER, NEW_LINE '\\r\\n')")
        paths = [Path(folder) / f"{number}.csv" for number in range(3)]
        cut_csv(whole, (sorted(places) for *_, places in rows), paths)
        for number, path in enumerate(paths):
            with path.open(encoding="utf-8", newline="") as file:
                found = [tuple(row) for row in csv.reader(file)]
            assert found == [("one", "other"), *((one, other) for one, other, places in rows if number in places)]
        cut_csv(whole, ([0] for _ in rows), paths[:1])
        assert paths[0].read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_features_are_collections_again(tmp_path: Path, count: int) -> None:
    whole, parts = tmp_path / "whole.geojson", [tmp_path / "0.geojson", tmp_path / "1.geojson", tmp_path / "2.geojson"]
    features = [{"type": "Feature", "id": f"a\n{number}"} for number in range(count)]
    listed = ",".join(f"\n\t{json.dumps(feature)}" for feature in features)
    whole.write_text(f'{{"type":"FeatureCollection","features":[{listed}\n]\n}}\n', encoding="utf-8")
    cut_features(whole, ([0, 1 + number % 2] for number in range(count)), parts)
    assert parts[0].read_bytes() == whole.read_bytes()
    assert [json.loads(part.read_bytes())["features"] for part in parts[1:]] == [features[0::2], features[1::2]]


@pytest.mark.parametrize("owners", [[], [[0], [0]]])
def test_owners_must_be_as_many_as_rows(tmp_path: Path, owners: list[list[int]]) -> None:
    (tmp_path / "whole.csv").write_bytes(b"name\r\na\r\n")
    with pytest.raises(ValueError, match="zip"):
        cut_csv(tmp_path / "whole.csv", owners, [tmp_path / "part.csv"])
