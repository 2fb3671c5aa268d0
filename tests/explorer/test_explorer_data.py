"""The data files of the explorer: they hold what the tables hold, and are the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from array import array
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from watched import Watched

from warehouse.publish import explorer
from warehouse.publish.explorer import details, textindex
from warehouse.publish.explorer.binary import packed, smallest
from warehouse.publish.explorer.core import LETTERS, packed_ids
from warehouse.publish.explorer.folding import fold, shard, stems, words
from warehouse.publish.explorer.vendor import FOLDER, LOCK, PACKAGES

SITE = Path(explorer.__file__).parent / "site"
VECTORS = json.loads((SITE / "js/folding-vectors.json").read_text(encoding="utf-8"))


def inflated(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def arrays(data: bytes) -> dict[str, list[int]]:
    """Read what `packed` writes, as the page does."""
    raw = gzip.decompress(data)
    [length] = struct.unpack("<I", raw[:4])
    at, found = 4 + length, {}
    for column in json.loads(raw[4:at]):
        size, count = {"u8": 1, "u16": 2, "u32": 4, "i32": 4}[column["type"]], column["length"]
        planes = raw[at : at + size * count]
        items = b"".join(bytes(planes[plane * count + item] for plane in range(size)) for item in range(count))
        made = array({"u8": "B", "u16": "H", "u32": "I", "i32": "i"}[column["type"]])
        made.frombytes(items)
        found[column["name"]] = list(made)
        at += size * count + -(size * count) % 4
    assert at == len(raw)
    return found


@pytest.fixture(scope="module")
def data(release: Path) -> Path:
    head = inflated(release / "explorer/data/head.json.gz")
    return release / "explorer/data" / head["build"]


# ------------------------------------------------------------------------------------------------------- folding


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["text"][:20])
def test_folding_in_python(vector: dict[str, Any]) -> None:
    found = words(vector["text"])
    assert fold(vector["text"]) == vector["fold"]
    assert found == vector["words"]
    assert [stems(word) for word in found] == vector["stems"]
    assert [shard(word) for word in found] == vector["shards"]


def test_folding_in_the_page(shown: Watched) -> None:
    found = shown.page.evaluate(
        """async (texts) => {
            const { fold, words, stems, shard } = await import("./js/fold.js");
            return texts.map((text) => ({
                text, fold: fold(text), words: words(text), stems: words(text).map(stems),
                shards: words(text).map(shard),
            }));
        }""",
        [vector["text"] for vector in VECTORS],
    )
    assert found == VECTORS


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word == fold(word) and len(word) > 1 for word in words(text))


@given(st.text(max_size=60))
def test_no_word_goes_over_a_space(text: str) -> None:
    assert words(text) == [word for part in text.split() for word in words(part)]


@pytest.mark.parametrize(
    ("one", "many"),
    [("jardin", "jardins"), ("réseau", "réseaux"), ("cheval", "chevaux"), ("local", "locaux"), ("école", "écoles"),
     ("vélo", "vélos"), ("aidante", "aidantes"), ("thé", "thés")],
)  # fmt: skip
def test_plurals_and_singulars_find_each_other(one: str, many: str) -> None:
    one, many = fold(one), fold(many)
    assert any(one.startswith(beginning) for beginning in stems(many))
    assert any(many.startswith(beginning) for beginning in stems(one))


# --------------------------------------------------------------------------------------------------------- binary


@given(st.lists(st.integers(0, 255)), st.lists(st.integers(0, 2**32 - 1)), st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_arrays_come_back(small: list[int], large: list[int], signed: list[int]) -> None:
    back = arrays(packed({"small": smallest(small), "large": smallest(large), "signed": ("i32", signed)}))
    assert back == {"small": small, "large": large, "signed": signed}


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_of_variable_length_come_back(numbers: list[int]) -> None:
    written = textindex.varints(np.array(numbers, np.uintc))
    assert read_numbers(written) == numbers
    assert len(written) == sum(max(1, -(-number.bit_length() // 7)) for number in numbers)


def read_numbers(data: bytes) -> list[int]:
    """Read numbers of seven bits a byte, lowest first, high bit on all but the last byte of each."""
    found, number, place = [], 0, 0
    for byte in data:
        number |= (byte & 127) << place
        place += 7
        if byte < 128:
            found.append(number)
            number, place = 0, 0
    return found


@given(st.lists(st.text(alphabet=LETTERS, min_size=13, max_size=13), max_size=12))
def test_packed_ids_are_their_bits(tails: list[str]) -> None:
    bits = "".join(f"{LETTERS.index(letter):05b}" for tail in tails for letter in tail)
    raw = packed_ids("es-" + tail for tail in tails)
    assert len(raw) == -(-len(bits) // 8)
    assert "".join(f"{byte:08b}" for byte in raw)[: len(bits)] == bits


# ----------------------------------------------------------------------------------------------------- a release


def test_every_row_has_its_title_and_its_id(
    release: Path, data: Path, shown: Watched, database: duckdb.DuckDBPyConnection
) -> None:
    titles = gzip.decompress((data / "titles.txt.gz").read_bytes()).decode().split("\n")
    expected = dict(database.execute("SELECT initiative_id, name FROM initiative").fetchall())
    assert Counter(titles) == Counter(" ".join(name.split()) for name in expected.values())
    ids = shown.page.evaluate(
        """async ([address, count]) => {
            const [{ PackedIds }, { bytesOf }] = await Promise.all([import("./js/ids.js"), import("./js/binary.js")]);
            const ids = new PackedIds(await bytesOf(address), count);
            return Array.from({ length: count }, (_, row) => [ids.at(row), ids.indexOf(ids.at(row))]);
        }""",
        [f"data/{data.name}/ids.bin", len(titles)],
    )
    assert {id for id, _ in ids} == set(expected)
    assert [row for _, row in ids] == list(range(len(titles)))
    assert all(" ".join(expected[id].split()) == title for (id, _), title in zip(ids, titles, strict=True))


def test_counts_of_the_head_are_those_of_the_tables(release: Path, database: duckdb.DuckDBPyConnection) -> None:
    head = inflated(release / "explorer/data/head.json.gz")
    counted = {value["code"]: value["n"] for value in head["facets"]["source"]["values"] if value["n"]}
    assert counted == dict(
        database.execute(
            "SELECT id, count(*) FROM (SELECT unnest(source_ids) AS id FROM initiative) GROUP BY id"
        ).fetchall()
    )
    precisions = {value["code"]: value["n"] for value in head["facets"]["precision"]["values"] if value["n"]}
    assert precisions == dict(database.execute("SELECT geo_precision, count(*) FROM initiative GROUP BY 1").fetchall())
    assert head["count"] == sum(precisions.values())


def test_the_index_leads_to_every_word_of_every_title_and_summary(
    release: Path, data: Path, database: duckdb.DuckDBPyConnection
) -> None:
    index: dict[str, dict[int, bool]] = {}
    for name in inflated(release / "explorer/data/head.json.gz")["shards"]:
        for word, rows in postings(data / f"ix/{name}.bin.gz").items():
            assert word not in index
            index[word] = rows
    texts = {
        entry["row"]: (entry["initiative"]["name"], entry["initiative"].get("summary") or "")
        for path in (data / "d").iterdir()
        for entry in inflated(path)
    }
    assert len(texts) == database.execute("SELECT count(*) FROM initiative").fetchall()[0][0]
    titled = {(word, row) for word, rows in index.items() for row, in_title in rows.items() if in_title}
    assert titled == {(word, row) for row, (name, _) in texts.items() for word in words(name)}
    for row, (_, summary) in texts.items():
        assert all(row in index[word] for word in words(summary))


def postings(path: Path) -> dict[str, dict[int, bool]]:
    """Word → row → whether its title has the word, of a shard, read as the page reads it."""
    raw = gzip.decompress(path.read_bytes())
    [length] = struct.unpack("<I", raw[:4])
    head, steps = json.loads(raw[4 : 4 + length]), iter(read_numbers(raw[4 + length :]))
    found: dict[str, dict[int, bool]] = {}
    for word, count in zip(head["words"], head["counts"], strict=True):
        row, rows = 0, {}
        for step in islice(steps, count):
            row += step >> 1
            assert row not in rows, "once"
            rows[row] = bool(step & 1)
        found[word] = rows
    assert next(steps, None) is None
    return found


def test_every_block_holds_whole_initiatives_in_order(data: Path, database: duckdb.DuckDBPyConnection) -> None:
    blocks = sorted((data / "d").iterdir(), key=lambda path: int(path.name.split(".")[0]))
    entries = [entry for path in blocks for entry in inflated(path)]
    assert [entry["row"] for entry in entries] == list(range(len(entries)))
    sources = database.execute("SELECT initiative_id, source_id, record_key FROM initiative_source").fetchall()
    assert {
        (entry["initiative"]["initiative_id"], source["source_id"], source["record_key"])
        for entry in entries
        for source in entry["sources"]
    } == set(sources)
    [(values,)] = database.execute("SELECT count(*) FROM initiative_value").fetchall()
    assert sum(len(entry["values"]) for entry in entries) == values


def test_what_is_alike_and_what_is_related_goes_along(data: Path, database: duckdb.DuckDBPyConnection) -> None:
    entries = [entry for path in (data / "d").iterdir() for entry in inflated(path)]
    alike = {(entry["initiative"]["initiative_id"], one["id"]) for entry in entries for one in entry["similar"]}
    assert alike == set(database.execute('SELECT initiative_id, similar_id FROM "similar"').fetchall())
    pairs = set(database.execute("SELECT left_initiative_id, right_initiative_id FROM related").fetchall())
    related = {(entry["initiative"]["initiative_id"], one["id"]) for entry in entries for one in entry["related"]}
    assert related == pairs | {(right, left) for left, right in pairs}


def test_the_same_tables_give_the_same_bytes(
    release: Path, tmp_path: Path, database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sums(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith("data.")  # the page that names the files beside the explorer
        }

    first, second = tmp_path / "1" / "explorer", tmp_path / "2" / "explorer"
    for folder in (first, second):
        folder.parent.mkdir()
        explorer.build(database, folder, "2026-11-22")
        # Once more with drawers of one block, and nothing that is remembered for long.
        monkeypatch.setattr(details, "DRAWER", details.BLOCK)
        monkeypatch.setattr(textindex, "KNOWN", 2)
    assert sums(first) == sums(second)
    assert {name for name in sums(first) if name.startswith("data/")} == {
        name for name in sums(release / "explorer") if name.startswith("data/")
    }


def test_what_is_vendored_is_what_the_lock_names() -> None:
    lock = json.loads((FOLDER / LOCK).read_text(encoding="utf-8"))
    assert "://" not in json.dumps(lock)
    assert {package["name"]: package["version"] for package in lock["packages"]} == {
        package.name: package.version for package in PACKAGES
    }
    listed = {file["name"]: file["sha256"] for package in lock["packages"] for file in package["files"]}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.iterdir() if path.name != LOCK}
    assert listed == there
    assert all(any("LICENSE" in file["name"] for file in package["files"]) for package in lock["packages"])
