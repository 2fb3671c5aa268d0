"""Records that matches bring together, directly or through others, and which of them are one without a closer look."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from transforms.columns import lent

Ids = NDArray[np.integer[Any]]


def components(left: Ids, right: Ids) -> tuple[Ids, Ids]:
    """Return all ids that the pairs of `left` and `right` name, ordered, and for each the lowest id that it hangs with.

    Every pair hands the lower of its two numbers to the other, over and over (min-label propagation with pointer
    jumping, after Shiloach and Vishkin, 1982): as often as the longest chain is long to the power of two.
    """
    ids, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = np.split(place, 2)
    lowest = np.arange(len(ids))
    while True:
        known = lowest.copy()
        least = np.minimum(lowest[one], lowest[other])
        for ends in (one, other):
            np.minimum.at(lowest, lowest[ends], least)
        lowest = lowest[lowest]
        if np.array_equal(lowest, known):
            return ids, ids[lowest]


def split(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `component` (id, component, simple) of the records that the table `matched` names.

    Simple are two of one match, and more of which no two are of one source or tell unlike identifiers or départements:
    whatever order matches are looked at in, they are one. Not where one is judged (the table `judged`), nor where two
    are to stay apart (`apart`).
    """
    found = connection.execute("SELECT left_id, right_id FROM matched").fetchnumpy()
    ids, lowest = components(found["left_id"], found["right_id"])
    with lent(connection, "hung", {"id": ids, "component": lowest}):
        connection.execute("CREATE OR REPLACE TEMP TABLE component AS FROM hung")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE component AS
        WITH told AS (
            SELECT component, count(*) = 2 OR (
                count(DISTINCT source_id) = count(*) AND count(DISTINCT siren) <= 1 AND count(DISTINCT siret) <= 1
                AND count(DISTINCT rna) <= 1 AND count(DISTINCT departement_code) <= 1) AS simple
            FROM component JOIN linkable USING (id) GROUP BY component),
        named AS (
            SELECT component FROM component JOIN judged USING (id)
            UNION SELECT l.component FROM apart JOIN component l ON l.id = left_id JOIN component r ON r.id = right_id
            WHERE l.component = r.component)
        SELECT id, component, simple AND component NOT IN (FROM named) AS simple
        FROM component JOIN told USING (component)""")
