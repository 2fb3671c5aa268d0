"""The scores of linking as a person reads them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from flows.evaluate.link import DIFFICULTIES, Evaluation
from flows.query import roomy


def show(found: Evaluation, console: Console) -> None:
    """Print the systems side by side, then our recall by pair of files, worst first, and what was joined wrongly."""
    console = roomy(console)
    console.print(
        f"{found.records:,} records, {found.pairs:,} pairs known to be one, {found.negatives} that only look so; "
        "numbers, contacts and addresses of the web hidden; recall is the mean over pairs of files"
    )
    table = Table(
        "system", "easy + medium", *DIFFICULTIES, "hard negatives joined", "precision (SIREN)", "same source", "F1", "s"
    )
    for score in found.scores:
        shares = [score.macro, *(score.recall[name] for name in DIFFICULTIES)]
        rest = [score.precision, score.within, score.f1]
        table.add_row(
            score.system, *map(_share, shares), str(len(score.merged)), *map(_share, rest), f"{score.seconds:.1f}"
        )
    console.print(table)
    files = Table("first file", "second file", "easy + medium found", "of", "share")
    mine = found.scores[0]
    for (left, right), (hits, of) in sorted(mine.by_files.items(), key=lambda item: (item[1][0] / item[1][1], item[0])):
        files.add_row(left, right, str(hits), str(of), f"{hits / of:.2f}")
    console.print(files)
    for one, other in mine.merged:
        console.print(f"joined, though different: {one} | {other}", markup=False)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
