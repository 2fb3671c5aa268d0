"""From raw records to clean rows: what is published of places, beside what the source wrote."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from source_kit import make_source

from flows.clean import Chunk, clean_chunk
from scrapers.record import RawRecord, RecordWriter, spans


def clean(tmp_path: Path, **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """The row of one record with these raw fields, and the codes of what was doubtful."""
    source = make_source(tmp_path, "table", {"source_key": "column:id", "name": "column:Nom"})
    staged = tmp_path / "staged"
    with RecordWriter(staged) as writer:
        writer.write(RawRecord(source.id, "1", {"name": "Le Hangar", **fields}, "list", 1))
    [span] = spans(staged, 10)
    cleaned = clean_chunk(Chunk(source, dt.date(2026, 1, 1), None, staged, span, tmp_path / "rows"))
    [line] = cleaned.rows.read_text(encoding="utf-8").splitlines()
    return json.loads(line), [problem.code for problem in (*cleaned.problems, *cleaned.normaliser.problems())]


@pytest.mark.parametrize(
    ("fields", "address", "postcode", "commune"),
    [
        ({"address": "75013 Paris, 75013"}, None, "75013", "Paris"),
        ({"address": "3 quai Neuf, 44041 Nantes Cedex 1"}, "3 quai Neuf", None, "Nantes"),
        ({"address": "3 QUAI NEUF\n44000 NANTES\nFRANCE"}, "3 Quai Neuf", "44000", "Nantes"),
        ({"address": "3 quai Neuf", "postcode": "44000", "commune": "Nantes"}, "3 quai Neuf", "44000", "Nantes"),
        ({"address": "3 quai Neuf", "postcode": "44000", "commune": "Zzzzz"}, "3 quai Neuf", "44000", None),
        ({"address": "n", "postcode": "E-06230", "commune": "Los Santos de Maimona", "country": "Spain"},
         None, "06230", "Los Santos de Maimona"),
        ({"address": "Brivibas 1", "postcode": "LV-1010", "commune": "Riga", "country": "Latvia"},
         "Brivibas 1", "LV-1010", "Riga"),
    ],
)  # fmt: skip
def test_address_postcode_and_town_say_each_thing_once(
    tmp_path: Path, fields: dict[str, str], address: str | None, postcode: str | None, commune: str | None
) -> None:
    row, _ = clean(tmp_path, **fields)
    assert (row.get("address"), row.get("postcode"), row.get("commune")) == (address, postcode, commune)


def test_a_name_tells_the_commune_of_a_shared_postcode(tmp_path: Path) -> None:
    row, codes = clean(tmp_path, name="CCAS de Wormhout", address="62 place de Gaulle", postcode="59470")
    assert (row["insee_code"], row["geo_method"], codes) == ("59663", "postcode_name+title", [])
    row, codes = clean(tmp_path, address="62 place de Gaulle", postcode="59470")
    assert (row.get("insee_code"), row["postcode"], row["departement_code"]) == (None, "59470", "59")
    assert codes == ["geo-ambiguous"]
