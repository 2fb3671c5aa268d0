"""The memo of a source: recalled as long as page, definition and code are the same, and never in the way."""

import json

import pytest
from source_kit import make_source

from scrapers import memo
from scrapers.memo import Memo, key_of


@pytest.fixture
def source(tmp_path):
    return make_source(tmp_path, "json", {"source_key": "id", "name": "name"})


def night(path, source, *taken):
    """One night that takes the pairs `taken`; returns what it recalled."""
    remembered = Memo(path, source)
    recalled = [remembered.recall(key) for key, _ in taken]
    for (key, value), known in zip(taken, recalled, strict=True):
        if known is None:
            remembered.remember(key, value)
    remembered.keep()
    return recalled


def test_what_was_taken_is_recalled_for_as_many_nights_as_it_is_used(tmp_path, source):
    path = tmp_path / "staging" / "a.memo"
    first, second = ("k1", {"name": "Café\nx\ty", "themes": ["a", "é"]}), ("k2", [1, None])
    assert night(path, source, first, second) == [None, None]
    assert night(path, source, first) == [first[1]]
    assert night(path, source, first, second) == [first[1], None], "what a night did not use is forgotten"


def test_another_definition_recalls_nothing(tmp_path, source):
    path = tmp_path / "a.memo"
    night(path, source, ("k", 1))
    other = source.model_copy(update={"ignore": ["x"]})
    assert night(path, other, ("k", 2)) == [None]
    assert night(path, other, ("k", 2)) == [2]


def test_other_code_recalls_nothing(tmp_path, source, monkeypatch):
    path = tmp_path / "a.memo"
    night(path, source, ("k", 1))
    monkeypatch.setattr(memo, "_code", lambda: b"newer")
    assert night(path, source, ("k", 2)) == [None]


@pytest.mark.parametrize("damage", [b"", b"\xff\n\t", b"no tab", b"a\tb"])
def test_a_damaged_memo_is_as_good_as_none(tmp_path, source, damage):
    path = tmp_path / "a.memo"
    path.write_bytes(damage)
    assert night(path, source, ("k", 1)) == [None]


def test_a_night_that_fails_leaves_the_memo(tmp_path, source):
    path = tmp_path / "a.memo"
    night(path, source, ("k", 1))
    failed = Memo(path, source)
    failed.remember("k", 2)
    failed.close()
    assert night(path, source, ("k", 3)) == [1]


def test_keys_tell_part_page_and_content_apart():
    keys = {key_of(*parts) for parts in [("list", "a", "1"), ("own", "a", "1"), ("own", "b", "1"), ("own", "b", "2")]}
    assert len(keys) == 4
    assert json.dumps(sorted(keys))
