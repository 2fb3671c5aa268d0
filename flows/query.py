"""Answers of the warehouse, as a person or a program wants them."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns and rows of a query."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """Run `query`, which may read nothing but the warehouse and write nothing at all.

    Raises `duckdb.Error` with DuckDB's own words when it is wrong, `ValueError` when it is not one statement.
    """
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    if len(connection.extract_statements(query)) != 1:
        raise ValueError("give one SQL statement, such as: select name, commune from initiative limit 5")
    found = connection.execute(query)
    return Answer([column[0] for column in found.description or ()], found.fetchall())


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def show(answer: Answer, form: Literal["table", "json", "csv"], console: Console) -> None:
    """Print `answer` on standard output."""
    if form == "json":
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([_cell(value) for value in row] for row in answer.rows)
    else:
        table = Table(*map(escape, answer.columns))
        for row in answer.rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        roomy(console).print(table)


def roomy(console: Console) -> Console:
    """Return a console for tables: what goes to a file or a program is not cut to the width of no screen."""
    return console if console.is_terminal else Console(width=PIPED_WIDTH, highlight=False)
