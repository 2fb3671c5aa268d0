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


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns and rows of a query."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """Run `query`; raises `duckdb.Error` with DuckDB's own words when it is wrong."""
    found = connection.execute(query)
    return Answer([column[0] for column in found.description or ()], found.fetchall())


def show(answer: Answer, form: Literal["table", "json", "csv"], console: Console) -> None:
    """Print `answer` on standard output."""
    if form == "json":
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    else:
        table = Table(*map(escape, answer.columns))
        for row in answer.rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        console.print(table)
