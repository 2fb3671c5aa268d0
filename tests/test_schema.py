"""The contract: one name, one meaning, in two languages; and DuckDB understands it."""

from __future__ import annotations

import re

import duckdb
import pytest

from scrapers.record import PARTS, RAW_FIELDS
from warehouse.schema import BY_NAME, INITIATIVE, PARTNERS, PROGRAMMES, RECORD, SCHEMA_VERSION, TABLES
from warehouse.table import Table, ddl, literal, quoted

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
COLUMNS = [(table, column) for table in TABLES for column in table.columns]
# Columns that are told more closely where they stand.
COUNT_OR_FLAG = {"rejected"}  # how many records of a source, and whether an issue refused one
TOLD_MORE_CLOSELY = {
    "kind",
    "licence",
    "commune",
    "field",
    "record_key",
    "records",
    "rejected",
    "rank",
    "reason",
    "score",
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_are_told_in_two_languages_and_have_their_key(table: Table) -> None:
    assert SNAKE.fullmatch(table.name)
    assert table.en
    assert table.fr
    assert table.en != table.fr
    assert len(set(table.names)) == len(table.names)
    assert table.key
    assert all(column.required for column in table.columns if column.name in table.key)
    assert set(table.key) <= set(table.names)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: part.name)
def test_columns_have_a_snake_case_name_and_a_meaning_in_two_languages(table: Table, column: object) -> None:
    assert SNAKE.fullmatch(column.name)  # type: ignore[attr-defined]
    assert column.en.strip() == column.en != ""  # type: ignore[attr-defined]
    assert column.fr.strip() == column.fr != ""  # type: ignore[attr-defined]


def test_a_name_means_one_thing() -> None:
    types: dict[str, set[str]] = {}
    meanings: dict[str, set[tuple[str, str]]] = {}
    for _, column in COLUMNS:
        types.setdefault(column.name, set()).add(column.type)
        meanings.setdefault(column.name, set()).add((column.en, column.fr))
    assert {name for name, found in types.items() if len(found) > 1} <= COUNT_OR_FLAG
    assert {name for name, found in meanings.items() if len(found) > 1} <= TOLD_MORE_CLOSELY


def test_tables_are_known_by_name() -> None:
    assert list(BY_NAME) == [table.name for table in TABLES]
    assert {table.name for table in TABLES if not table.published} == {"raw_record", "record_identity", "run"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", SCHEMA_VERSION)


def test_every_field_of_a_raw_record_has_its_column() -> None:
    inputs_only = {"source_key", "point", "email", "phone"}
    assert set(RAW_FIELDS) - inputs_only <= set(RECORD.names)
    for name, type in (("partners", PARTNERS), ("programmes", PROGRAMMES)):
        assert tuple(re.findall(r"(\w+) VARCHAR", type)) == PARTS[name]
    assert set(RECORD.names) - set(INITIATIVE.names) <= {
        "source_id", "record_key", "record_url", "checked_on", "stale_since",
    }  # fmt: skip


def test_duckdb_takes_every_statement() -> None:
    connection = duckdb.connect()
    for table in TABLES:
        for statement in ddl(table):
            connection.execute(statement)
        described = connection.execute(f"DESCRIBE {quoted(table.name)}").fetchall()
        expected = [
            (column.name, re.sub(r"\b(name|year) VARCHAR", r'"\1" VARCHAR', column.type)) for column in table.columns
        ]
        assert [(name, type) for name, type, *_ in described] == expected
        assert [null for _, _, null, *_ in described] == [
            "NO" if column.required else "YES" for column in table.columns
        ]


@pytest.mark.parametrize("text", ["a", 'a"b', "l'île", "'; DROP TABLE x; --", "é\n\\"])
def test_names_and_texts_are_quoted(text: str) -> None:
    found = duckdb.sql(f"SELECT {literal(text)} AS {quoted(text)}")
    assert (found.columns, found.fetchall()) == ([text], [(text,)])
