"""Rules: the right-hand side of a field, and what it cuts out of the texts of a record."""

from typing import Any

import pytest
from source_kit import failure_of, make_source

from scrapers.record import RawValue
from scrapers.rule import Rule

RECORD = {
    "name": ["Le Repair Café"],
    "short": ["Repair"],
    "blank": ["  "],
    "tags": ["Climat; Énergie ;; ", "Eau"],
    "years": ["Lauréat 2019", "sans date", "Lauréat 2021"],
    "town": ["Nantes"],
    "postcode": ["44000"],
}

BLOCKS = {"partner": [{"b": ["CAF"], "i": ["public"]}, {"b": ["Ville", "de Tours"]}, {"i": [" "]}]}


def apply(field: str, right: Any) -> RawValue | None:
    def blocks(place: str) -> list[Any]:
        return [lambda where, block=block: block.get(where, []) for block in BLOCKS.get(place, [])]

    return Rule.model_validate(right).apply(field, lambda place: RECORD.get(place, []), blocks)


@pytest.mark.parametrize("place", [*RECORD, "gone"])
def test_a_rule_of_one_place_takes_what_one_of_several_takes(place: str) -> None:
    assert apply("name", place) == apply("name", [place, "gone"])


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("name", "name", "Le Repair Café"),
        ("name", "gone", None),
        ("name", "blank", None),
        ("name", ["gone", "blank", "short", "name"], "Repair"),
        ("name", {"from": ["years", "name"], "pattern": "Le (.+)"}, "Repair Café"),
        ("name", {"value": "Always"}, "Always"),
        ("address", {"from": ["postcode", "gone", "town"], "join": " "}, "44000 Nantes"),
        ("address", {"from": ["gone", "blank"], "join": " "}, None),
        ("summary", {"from": "tags", "join": " / "}, "Climat; Énergie ;;  / Eau"),
        ("summary", {"from": "tags", "all": True}, "Climat; Énergie ;;  Eau"),
        ("summary", "tags", "Climat; Énergie ;; "),
        ("themes", {"from": "tags", "split": ";"}, ["Climat", "Énergie", "Eau"]),
        ("themes", "gone", None),
        ("themes", "name", ["Le Repair Café"]),
        ("themes", {"from": ["postcode", "town"], "join": "-"}, ["44000-Nantes"]),
        ("started_on", {"from": "years", "pattern": r"\d{4}"}, "2019"),
        ("started_on", {"from": "name", "pattern": r"\d{4}"}, None),
        ("started_on", {"from": "years", "pattern": "(jamais)?"}, None),
        ("needs", {"from": "years", "pattern": r"Lauréat (\d{2})(\d{2})"}, ["20", "20"]),
        ("url", {"from": "town", "template": "https://www.example.org/{}"}, "https://www.example.org/Nantes"),
        ("url", {"from": "gone", "template": "https://www.example.org/{}"}, None),
        ("needs", {"from": "tags", "split": ";", "template": "<{}>"}, ["<Climat>", "<Énergie>", "<Eau>"]),
        ("funders", {"value": "Région"}, ["Région"]),
    ],
)
def test_texts(field, right, value):
    assert apply(field, right) == value


@pytest.mark.parametrize(
    ("field", "right", "value"),
    [
        ("partners", {"from": "tags", "split": ";"}, [{"name": "Climat"}, {"name": "Énergie"}, {"name": "Eau"}]),
        ("partners", {"from": "years", "pattern": r"Lauréat (\d+)"}, [{"name": "2019"}, {"name": "2021"}]),
        (
            "programmes",
            {"from": "years", "pattern": r"(?P<name>\w+) (?P<year>\d+)?"},
            [{"name": "Lauréat", "year": "2019"}, {"name": "sans"}, {"name": "Lauréat", "year": "2021"}],
        ),
        (
            "partners",
            {"from": "partner", "each": {"name": "b", "kind": "i"}},
            [{"name": "CAF", "kind": "public"}, {"name": "Ville de Tours"}],
        ),
        ("partners", {"from": "gone", "each": {"name": "b"}}, None),
        ("partners", {"value": "CAF"}, [{"name": "CAF"}]),
        ("partners", "gone", None),
    ],
)
def test_parts(field, right, value):
    assert apply(field, right) == value


def test_a_pattern_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("scrapers.rule.PATTERN_SECONDS", 0.05)
    source = make_source(tmp_path, "json", {"source_key": "id", "name": {"from": "name", "pattern": "^(a|aa)+$"}})
    error = failure_of(source, b'[{"id": 1, "name": "' + b"a" * 60 + b'!"}]')
    assert error.code == "pattern-slow"
    assert "^(a|aa)+$" in str(error)
