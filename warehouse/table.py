"""What a table and a column of the contract are, and the SQL that makes them; the contract itself is `schema.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, DuckDB type, meaning in English and in French, and whether it may be null."""

    name: str
    type: str
    en: str
    fr: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: name, meaning in both languages, columns, primary key, whether a release holds it, and its licence.

    `licence` is the id in the register of the licence under which a release publishes the table as a whole. Where a
    table is not `indexed`, the database does not guard its key, as the index of so many rows would take more memory
    than anything else in a build; the gate of the merged set does.
    """

    name: str
    en: str
    fr: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    published: bool = True
    licence: str = "ODbL-1.0"
    indexed: bool = True

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string, for the statements that take no parameters (COMMENT ON)."""
    return "'" + text.replace("'", "''") + "'"


def ddl(table: Table) -> list[str]:
    """Return the statements that create `table` with its key, where it is indexed, and its comments."""
    lines = [f"{quoted(column.name)} {column.type}{' NOT NULL' if column.required else ''}" for column in table.columns]
    if table.indexed:
        lines.append(f"PRIMARY KEY ({', '.join(map(quoted, table.key))})")
    name = quoted(table.name)
    comments = [
        f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(f'{column.en} / {column.fr}')}"
        for column in table.columns
    ]
    create = f"CREATE TABLE {name} ({', '.join(lines)})"
    return [create, f"COMMENT ON TABLE {name} IS {literal(f'{table.en} / {table.fr}')}", *comments]
