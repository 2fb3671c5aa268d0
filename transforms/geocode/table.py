"""Communes for a whole table at once, in SQL alone: for millions of rows with a postcode and a name.

Ten times as fast as :func:`~transforms.geocode.commune.geocode`, which weighs all the evidence; what is not placed
here, or below 0.7, is for it. Nothing else of a row is read: no address, no INSEE code, no coordinates.
"""

from __future__ import annotations

from importlib.resources import files

from transforms.geocode.gazetteer import Gazetteer


def place_table(gazetteer: Gazetteer) -> tuple[int, int]:
    """Place the rows of the table `asked` (id, postcode, commune) of the gazetteer's database.

    Makes the table `placed` (id, code, method, confidence), with NULL for the code where no commune fits. Returns how
    many rows there are, and how many got a commune with confidence 0.7 or more.

    :raises duckdb.CatalogException: when there is no table `asked`.
    """
    for statement in (files(__package__) / "table.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            gazetteer.con.execute(statement)
    counted = gazetteer.con.execute("SELECT count(*), count(*) FILTER (confidence >= 0.7) FROM placed").fetchall()
    rows, accepted = counted[0]
    return rows, accepted
