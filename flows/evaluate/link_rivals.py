"""Other ways of linking, on the same records as ours in the same run: each gives the pairs that it holds to be one."""

from __future__ import annotations

import json
import logging
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from itertools import combinations

import duckdb

from transforms.database import connect
from transforms.link import LINKABLE, link
from transforms.link.sides import Side

Pairs = set[tuple[int, int]]
"""Pairs of ids, the lower first."""

TYPES = {"id": "BIGINT", "latitude": "DOUBLE", "longitude": "DOUBLE"}
METRES, SPLINK_SURE = 400.0, 0.5


class NotInstalledError(Exception):
    """A compared system is not installed; the message says how to get it."""


def load(connection: duckdb.DuckDBPyConnection, sides: Sequence[Side]) -> None:
    """Make the table `linkable` of `sides`, whose ids count from 0."""
    columns = {name: TYPES.get(name, "VARCHAR") for name in LINKABLE}
    told = json.dumps([{name: getattr(side, name) for name in LINKABLE} for side in sides])
    shape = json.dumps([columns])
    connection.execute(
        f"CREATE TABLE linkable AS SELECT unnest(from_json($told, '{shape}'), recursive := true)", {"told": told}
    )


def ours(sides: Sequence[Side]) -> Pairs:
    """The rules of `transforms.link`: every pair of a cluster."""
    with connect() as connection:
        load(connection, sides)
        return pairs_of(link(connection, []).clusters)


def exact(sides: Sequence[Side]) -> Pairs:
    """The same comparable name in the same commune."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for side in sides:
        if side.city and side.name_key:
            groups[side.name_key, side.city].append(side.id)
    return pairs_of(groups.values())


def gogocarto(sides: Sequence[Side]) -> Pairs:
    """The rule of GoGoCarto: the same slug, articles and all, and points less than 400 m apart."""
    groups: dict[str, list[Side]] = defaultdict(list)
    for side in sides:
        if side.latitude is not None:
            groups[_slug(side.name)].append(side)
    found = (pair for slug, group in groups.items() if slug for pair in combinations(group, 2))
    return {(one.id, other.id) for one, other in found if _metres(one, other) <= METRES}


def splink(sides: Sequence[Side]) -> Pairs:
    """Splink 5, trained without labels on these records, one record of each source to a cluster.

    Raises `NotInstalledError` where it is not there.
    """
    try:
        version = metadata.version("splink")
        import splink.comparison_library as compare
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        raise NotInstalledError('Splink is not installed; pip install "essaim[bench]" to compare with it') from error
    if int(version.partition(".")[0]) < 5:
        raise NotInstalledError(f'Splink {version} is too old; pip install "essaim[bench]" for version 5')
    logging.getLogger("splink").setLevel(logging.WARNING)
    with connect() as connection:
        load(connection, sides)
        connection.execute(
            "CREATE TABLE splinkable AS SELECT id, 's' || dense_rank() OVER (ORDER BY source_id) AS source_dataset, "
            "name_key, address_key, siren, domain, "
            "coalesce(insee_code, commune_key) AS town, departement_code AS area, latitude, "
            "longitude FROM linkable"
        )
        sources = [f"s{number}" for number in range(1, len({side.source_id for side in sides}) + 1)]
        tables, database = [], DuckDBAPI(connection=connection)
        for source in sources:
            connection.execute(
                f"CREATE TABLE part_{source} AS SELECT * FROM splinkable WHERE source_dataset = '{source}'"
            )
            tables.append(database.register(f"part_{source}"))
        numbers = [name for name in ("siren", "domain") if any(getattr(side, name) for side in sides)]
        settings = SettingsCreator(
            link_type="link_and_dedupe",
            unique_id_column_name="id",
            source_dataset_column_name="source_dataset",
            blocking_rules_to_generate_predictions=[
                block_on("name_key", "area"),
                block_on("town", "substr(name_key, 1, 4)"),
                block_on("town", "address_key"),
                *map(block_on, numbers),
            ],
            comparisons=[
                compare.JaroWinklerAtThresholds("name_key", [0.95, 0.88, 0.75]).configure(
                    term_frequency_adjustments=True
                ),
                compare.JaroWinklerAtThresholds("address_key", [0.95, 0.85]),
                compare.ExactMatch("town"),
                compare.DistanceInKMAtThresholds("latitude", "longitude", [0.4, 3, 12]),
                *map(compare.ExactMatch, numbers),
            ],
        )
        linker = Linker(tables, settings)
        linker.training.estimate_probability_two_random_records_match([block_on("name_key", "town")], recall=0.6)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("name_key", "area"))
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("town", "address_key"))
        predicted = linker.inference.predict(threshold_match_probability=SPLINK_SURE)
        clusters = linker.clustering.cluster_using_single_best_links(
            predicted, duplicate_free_datasets=sources, threshold_match_probability=SPLINK_SURE
        )
        rows = connection.execute(
            f"SELECT list(id ORDER BY id) FROM {clusters.physical_name} GROUP BY cluster_id HAVING count(*) > 1"
        ).fetchall()
    return pairs_of(ids for (ids,) in rows)


OURS = "Essaim's rules"
SYSTEMS: dict[str, Callable[[Sequence[Side]], Pairs]] = {
    OURS: ours,
    "GoGoCarto's rule": gogocarto,
    "same name, same commune": exact,
    "Splink 5": splink,
}


def pairs_of(groups: Iterable[Sequence[int]]) -> Pairs:
    """Every pair of ids that stand in one group, the lower first."""
    return {(min(pair), max(pair)) for group in groups for pair in combinations(group, 2)}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _metres(one: Side, other: Side) -> float:
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return math.inf
    north = (one.latitude - other.latitude) * 111_200
    east = (one.longitude - other.longitude) * 111_200 * math.cos(math.radians(one.latitude))
    return math.hypot(north, east)
