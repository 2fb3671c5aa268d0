"""Two matchers of other fields, measured where they are installed: nomenklatura's for companies, dedupe's that learns.

Neither is in an extra of Essaim: both bring many packages that nothing else here needs.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

from flows.evaluate.link_rivals import NotInstalledError, Pairs, load, pairs_of
from transforms.database import connect
from transforms.link import prepare
from transforms.link.sides import Side

Pair = tuple[int, int]
NOMENKLATURA_SURE = 0.7  # the default of yente, the matching service built on it
DEDUPE_SURE, DEDUPE_LABELS = 0.5, 1000


@dataclass(frozen=True, slots=True)
class Labels:
    """Pairs of ids that are one, and that are two, for a matcher that must learn."""

    same: Sequence[Pair]
    different: Sequence[Pair]


def candidates(sides: Sequence[Side]) -> list[Pair]:
    """The pairs of two sources that our blocking brings together, for matchers that only compare."""
    with connect() as connection:
        load(connection, sides)
        prepare(connection)
        found = connection.execute("SELECT left_id, right_id FROM pair ORDER BY ALL").fetchall()
    return [(left, right) for left, right in found if sides[left].source_id != sides[right].source_id]


def one_each(scored: Mapping[Pair, float], sides: Sequence[Side]) -> Pairs:
    """Join from the surest pair down, one record of each source to a cluster, and return every pair of a cluster."""
    cluster = {id: [id] for pair in scored for id in pair}
    for left, right in sorted(scored, key=lambda pair: (-scored[pair], pair)):
        ones, others = cluster[left], cluster[right]
        if {sides[id].source_id for id in ones}.isdisjoint(sides[id].source_id for id in others):
            ones.extend(others)
            cluster |= dict.fromkeys(others, ones)
    return pairs_of({id(group): sorted(group) for group in cluster.values()}.values())


def nomenklatura(sides: Sequence[Side], labels: Labels) -> Pairs:
    """nomenklatura's `logic-v2` on our candidate pairs, one record of each source to a cluster; it learns nothing.

    Raises `NotInstalledError` where it is not there.
    """
    try:
        from followthemoney import model
        from nomenklatura.matching import get_algorithm
    except ImportError as error:
        raise NotInstalledError("nomenklatura is not installed; pip install nomenklatura to compare with it") from error
    matcher = get_algorithm("logic-v2")
    if matcher is None:
        raise NotInstalledError("this version of nomenklatura has no logic-v2; pip install 'nomenklatura>=4'")
    config = matcher.default_config()

    def entity(side: Side) -> Any:
        made = model.make_entity("Organization")
        made.id = str(side.id)
        made.add("name", side.name)
        made.add("address", ", ".join(filter(None, (side.address_key, side.commune_key))) or None)
        made.add("country", side.country.lower() if side.country else None)
        return made

    pairs = candidates(sides)
    made = {id: entity(sides[id]) for id in sorted({id for pair in pairs for id in pair})}
    scored = {(one, other): matcher.compare(made[one], made[other], config).score for one, other in pairs}
    return one_each({pair: score for pair, score in scored.items() if score >= NOMENKLATURA_SURE}, sides)


def dedupe(sides: Sequence[Side], labels: Labels) -> Pairs:
    """dedupe with its own blocking, taught the labels (of the first thousand of each kind), over all sources at once.

    Its clusters are cut to one record of each source by our order of pairs. Raises `NotInstalledError` where it is
    not there.
    """
    try:
        import dedupe as library
        from dedupe import serializer, variables
    except ImportError as error:
        raise NotInstalledError("dedupe is not installed; pip install dedupe to compare with it") from error
    logging.getLogger("dedupe").setLevel(logging.ERROR)
    rows = {side.id: _row(side) for side in sides}
    fields = [
        variables.String("name"), variables.Text("words"), variables.String("address", has_missing=True),
        variables.Exact("town", has_missing=True), variables.LatLong("point", has_missing=True),
    ]  # fmt: skip
    for each in fields:
        # These look every record up among all others, for many minutes, and `train` is told below to use none of them.
        each.predicates = [predicate for predicate in each.predicates if not hasattr(predicate, "index")]
    learner = library.Dedupe(fields, num_cores=0, in_memory=True)
    told = {"match": labels.same[:DEDUPE_LABELS], "distinct": labels.different[:DEDUPE_LABELS]}
    taught = io.StringIO()
    serializer.write_training({kind: [(rows[a], rows[b]) for a, b in pairs] for kind, pairs in told.items()}, taught)
    taught.seek(0)
    with redirect_stderr(io.StringIO()):
        # Given later (`mark_pairs`), pairs outside of its sample of records are refused.
        learner.prepare_training(rows, training_file=taught)
        learner.train(index_predicates=False)
        learner.cleanup_training()
        found = learner.partition(rows, DEDUPE_SURE)
    sure = {id: float(score) for ids, scores in found for id, score in zip(ids, scores, strict=True)}
    joined = pairs_of(sorted(ids) for ids, _ in found)
    return one_each({(a, b): min(sure[a], sure[b]) for a, b in joined}, sides)


def _row(side: Side) -> dict[str, Any]:
    point = (side.latitude, side.longitude)
    return {
        "name": side.name_key or side.name, "words": side.name_key or side.name, "address": side.address_key,
        "town": side.insee_code or side.commune_key, "point": None if None in point else point,
    }  # fmt: skip


LEARNERS = {"nomenklatura logic-v2": nomenklatura, "dedupe, taught half of the pairs": dedupe}
