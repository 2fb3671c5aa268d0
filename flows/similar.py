"""The step of the build that finds, for each initiative, the nearest in idea: what is compared, and what never is."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from flows.processes import in_order
from flows.progress import stage
from transforms.similar import nearest
from warehouse.store import Store

# Sites that host many who have nothing to do with each other.
SHARED_SITES = (
    "facebook.com", "instagram.com", "linkedin.com", "twitter.com", "x.com", "youtube.com", "helloasso.com",
    "wordpress.com", "blogspot.com", "wixsite.com", "github.com", "github.io", "sites.google.com", "framasite.org",
    "openstreetmap.org", "wikipedia.org", "meetup.com",
)  # fmt: skip

WORTH = 30_000
"""Initiatives whose texts several processes read sooner than one."""


def find_similar(store: Store, processes: int = 1) -> None:
    """Fill `similar` from the finished `initiative`. Only what is published is compared, so that anyone can check it.

    Pairs that a match or `related` brings together are one, or a house and what it houses: they are never told here.
    So many `processes` read the texts where there are many, and as many threads compare them, with the same outcome.
    """
    [(count,)] = store.connection.execute("SELECT count(*) FROM initiative").fetchall()
    with stage("find what is alike in idea", count) as progress:
        store.connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE idea AS
            SELECT row_number() OVER (ORDER BY initiative_id) - 1 AS id, initiative_id, name, summary,
                [p FOR p IN [commune, epci, departement, region] IF p IS NOT NULL] AS places,
                coalesce(themes, []) AS codes,
                [g.theme FOR g IN coalesce(themes_predicted, [])] AS guessed,
                coalesce(siren, nullif(lower(strip_accents(trim(organisation_name))), '')) AS bearer,
                CASE WHEN list_contains($shared, host) OR regexp_extract(host, '[^.]+[.][^.]+$') IN $shared
                    THEN NULL ELSE host END AS site,
                CASE WHEN placed THEN latitude END AS latitude, CASE WHEN placed THEN longitude END AS longitude,
                departement_code, country
            FROM (SELECT *, geo_precision NOT IN ('departement', 'region', 'country', 'none') AS placed,
                  nullif(regexp_extract(lower(url), '^https?://(?:www[.])?([^/:?#]+)', 1), '') AS host
                  FROM initiative)
            """,
            {"shared": list(SHARED_SITES)},
        )
        _keep_apart(store)
        spread = partial(in_order, processes=processes if count >= WORTH else 1)
        with tempfile.TemporaryDirectory() as folder:
            heard = partial(progress.step, "compared")
            nearest(store.connection, Path(folder), spread, processes, heard)
        store.connection.execute('INSERT INTO "similar" BY NAME SELECT * FROM nearest ORDER BY ALL')
        for table in ("idea", "apart", "nearest"):
            store.connection.execute(f"DROP TABLE {table}")


# Pairs of initiatives that the linking has an opinion about.
LINKED = """
    SELECT l.initiative_id AS one, r.initiative_id AS other FROM match m
    JOIN record l ON l.source_id = m.left_source_id AND l.record_key = m.left_record_key
    JOIN record r ON r.source_id = m.right_source_id AND r.record_key = m.right_record_key
    UNION SELECT left_initiative_id, right_initiative_id FROM related
"""


def _keep_apart(store: Store) -> None:
    store.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE apart AS
        WITH pair AS ({LINKED}), either AS (FROM pair UNION SELECT other, one FROM pair)
        SELECT x.id AS left_id, y.id AS right_id
        FROM either JOIN idea x ON x.initiative_id = one JOIN idea y ON y.initiative_id = other WHERE one <> other
        """
    )
