"""Learn the weights of the linking model anew: writes `transforms/link/model.tsv` and `model.toml`.

The pairs are those that blocking brings together, of two sources each, from two kinds of records:

- public lists whose duplicates are known (`--truth`, see `flows/evaluate/link_truth.py`): known pairs, but the hard
  ones, are the same; pairs with two SIREN numbers that differ, and those listed as only looking alike, are not;
- made-up organisations (`benchmarks/organisations.py`, seed 11; the benchmark uses seed 7).

How well the model does on lists that it has not seen is measured by leaving out one pair of files at a time. Needs the
extra `train` (scikit-learn).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb

from benchmarks.organisations import Maker
from flows.evaluate.link import Known, known_pairs
from flows.evaluate.link_rivals import load
from flows.evaluate.link_truth import Listed
from transforms.database import connect
from transforms.geocode import Gazetteer
from transforms.link import model as linking
from transforms.link import prepare
from transforms.link.doubtful import may_join
from transforms.link.evidence import SAME, Verdict, contradiction, weigh
from transforms.link.run import Prepared
from transforms.link.sides import Side
from warehouse.gazetteer import data_folder

BY_HAND = {"same SIRET": "same SIREN", "same RNA": "same SIREN", "same e-mail": "same telephone"}
"""Terms that no training pair has, and those whose weight they are given."""

FOLDER = Path(linking.__file__).parent
SEED, MADE_WEIGHT, STRENGTH = 11, 0.3, 1.0


def terms_of(connection: duckdb.DuckDBPyConnection) -> tuple[list[tuple[int, int]], Any]:
    """The candidate pairs of two sources in order, and the values of the terms for each (a matrix)."""
    import numpy

    values = ", ".join(linking.value(term.expression) for term in linking.model().terms[1:])
    rows = connection.execute(
        f"SELECT left_id, right_id, {values} FROM ({linking.compared()}) WHERE NOT same_source ORDER BY 1, 2"
    ).fetchall()
    return [(row[0], row[1]) for row in rows], numpy.array([row[2:] for row in rows], dtype="float64")


def labels(
    pairs: Iterable[tuple[int, int]], known: list[Known], apart: list[Known], listed: Listed
) -> list[int | None]:
    """1 for a pair that is one, 0 for two, None where the truth does not say."""
    same = {each.pair: each.difficulty for each in known}
    different = {each.pair for each in apart}
    found: list[int | None] = []
    for pair in pairs:
        one, other = (listed.sirens.get(id) for id in pair)
        if pair in same:
            found.append(None if same[pair] == "hard" else 1)
        else:
            found.append(0 if pair in different or (one and other and one != other) else None)
    return found


def fit(parts: list[tuple[Any, Any, float]]) -> Any:
    """The weights, the bias first, of a logistic regression on matrices with their answers and the weight of a row."""
    import numpy
    from sklearn.linear_model import LogisticRegression

    matrix = numpy.vstack([values for values, _, _ in parts])
    answers = numpy.concatenate([told for _, told, _ in parts])
    weights = numpy.concatenate([numpy.full(len(told), weight) for _, told, weight in parts])
    learnt = LogisticRegression(C=STRENGTH, max_iter=1000).fit(matrix, answers, sample_weight=weights)
    return numpy.concatenate([learnt.intercept_, learnt.coef_[0]]).round(3)


def made(count: int) -> tuple[Any, Any]:
    """Terms and answers of the candidate pairs of `count` made-up records."""
    import numpy

    rows = sorted(Maker(SEED).records(count), key=lambda told: told[1]["id"])
    owners = [owner for owner, _ in rows]
    with connect() as connection:
        load(connection, [Side(**row) for _, row in rows])
        prepare(connection)
        pairs, values = terms_of(connection)
    return values, numpy.array([owners[left] == owners[right] for left, right in pairs], dtype=int)


def held_out(
    ready: Prepared, pairs: list[tuple[int, int]], values: Any, answers: Any, rest: tuple[Any, Any], known: list[Known]
) -> dict[str, float]:
    """Macro recall on easy and medium pairs, each pair of files weighed by a model that never saw it, and precision."""
    import numpy

    sources = [tuple(sorted((ready.sides[left].source_id, ready.sides[right].source_id))) for left, right in pairs]
    index = {pair: at for at, pair in enumerate(pairs)}
    by_files: dict[tuple[str, str], list[bool]] = defaultdict(list)
    right = joined = 0
    for files in sorted({each.files for each in known if each.difficulty != "hard"}):
        here = numpy.array([told == tuple(sorted(files)) for told in sources])
        kept = ~here & (answers >= 0)
        weights = fit([(values[kept], answers[kept], 1.0), (*rest, MADE_WEIGHT)])
        sums = {pair: float(weights[0] + values[at] @ weights[1:]) for pair, at in index.items() if here[at]}
        for each in known:
            if each.files == files and each.difficulty != "hard":
                by_files[files].append(each.pair in sums and _joined(ready, each.pair, sums[each.pair]))
        for pair, weight in sums.items():
            if answers[index[pair]] >= 0 and _joined(ready, pair, weight):
                joined += 1
                right += int(answers[index[pair]])
    recall = fmean(fmean(hits) for hits in by_files.values())
    return {"macro_recall": round(recall, 3), "precision": round(right / max(joined, 1), 3), "folds": len(by_files)}


def _joined(ready: Prepared, pair: tuple[int, int], weight: float) -> bool:
    one, other = (ready.sides[id] for id in pair)
    against = contradiction(one, other)
    verdict = Verdict(0.0, against) if against else weigh(one, other, ready.rarity)
    alike = may_join(one, other, ready.rarity, weight)
    return linking.decide(verdict, weight, against, len(ready.sides), alike=alike).score >= SAME


def main() -> int:
    """Learn, measure, write."""
    import numpy

    parser = argparse.ArgumentParser(prog="python -m benchmarks.link_train", description=__doc__)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="the files that the truth names (default: data beside it)")
    parser.add_argument("--made", type=int, default=10_000, help="how many made-up records")
    parser.add_argument("--without-folds", action="store_true")
    options = parser.parse_args()
    known, apart, listed = known_pairs(
        options.truth, options.data or options.truth.parent / "data", Gazetteer.load(data_folder())
    )
    connection = connect()
    load(connection, listed.sides)
    ready = prepare(connection)
    pairs, values = terms_of(connection)
    answers = numpy.array([-1 if told is None else told for told in labels(pairs, known, apart, listed)])
    rest = made(options.made)
    told = answers >= 0
    weights = fit([(values[told], answers[told], 1.0), (*rest, MADE_WEIGHT)])
    figures = {} if options.without_folds else held_out(ready, pairs, values, answers, rest, known)
    names = [term.term for term in linking.model().terms]
    learnt = dict(zip(names, map(float, weights), strict=True))
    terms = [replace(term, weight=learnt[BY_HAND.get(term.term, term.term)]) for term in linking.model().terms]
    write(terms, int((answers == 1).sum()), int((answers == 0).sum()), rest, figures)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def write(
    terms: list[linking.Term], same: int, different: int, rest: tuple[Any, Any], figures: dict[str, float]
) -> None:
    """Write the model: terms with their weights, and what they were learnt on."""
    with (FOLDER / "model.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("term", "group", "expression", "weight", "words"))
        writer.writerows((term.term, term.group, term.expression, term.weight, term.words) for term in terms)
    lines = [
        f'version = "{dt.datetime.now(dt.UTC).date():%Y.%m.%d}"',
        'kind = "logistic regression, L2"',
        'made_by = "python -m benchmarks.link_train"',
        "", "[data.lists]", 'what = "candidate pairs of public lists whose duplicates are known; numbers hidden"',
        f"same = {same}", f"different = {different}",
        "", "[data.made]", f'what = "candidate pairs of made-up organisations, seed {SEED}"',
        f"same = {int(rest[1].sum())}", f"different = {int((rest[1] == 0).sum())}", f"weight = {MADE_WEIGHT}",
    ]  # fmt: skip
    if figures:
        lines += ["", "[held_out] # one pair of files left out at a time; rules and model together, before clustering"]
        lines += [f"{name} = {value}" for name, value in figures.items()]
    (FOLDER / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
