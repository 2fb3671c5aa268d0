"""The commands `essaim link …`: why two records are one, merges to read by eye, pairs worth a human's decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from flows.cli.shared import JsonOption, fail, home_to_read, out
from flows.query import roomy

if TYPE_CHECKING:
    from flows.link_review import Linkage

link_app = typer.Typer(no_args_is_help=True, help="See why records are held to be one initiative, and decide.")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="A home with a finished night (default: $ESSAIM_HOME, ./essaim-home).")
]
CountArgument = Annotated[int, typer.Argument(min=1, metavar="N", help="How many.")]
SUBJECTS = {"bias": "to begin with", "place": "where they are", "name": "the names", "address": "the addresses",
            "number": "the numbers", "contact": "sites and contacts"}  # fmt: skip
"""The subjects of the terms in `model.tsv`. Terms of one subject overlap, so they are told together."""
SIDE_BY_SIDE = ("record", "name", "address", "commune", "url", "siret", "rna")


@contextmanager
def _opened(home: Path | None) -> Iterator[Linkage]:
    """The linkage of a home; ends the command with status 2 and one sentence when there is none."""
    from flows.link_review import UnknownRecordError, read
    from transforms.database import connect
    from warehouse import decisions
    from warehouse.store import FILE_NAME

    folder = home_to_read(home, FILE_NAME)
    try:
        judgements = decisions.read_judgements(decisions.folder() / "judgements.csv")
        with connect(folder / FILE_NAME, read_only=True) as warehouse:
            linkage = read(warehouse, judgements)
        with linkage.connection:
            yield linkage
    except (UnknownRecordError, decisions.DecisionError) as fault:
        fail(str(fault))


@link_app.command()
def explain(
    one: Annotated[str, typer.Argument(metavar="A", help="A record as source_id:record_key, or an initiative's id.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why two records are one initiative, or two: the evidence, its score, what had them compared, who decided.

    Works for any two records, also those that were never compared.
    """
    from flows.link_review import explain as explained

    with _opened(home) as linkage:
        found = explained(linkage, one, other)
    if as_json:
        out.print_json(data=found)
        return
    roomy(out).print(_beside([found["left"], found["right"]]))
    verdict = "one initiative" if found["same_initiative"] else "two initiatives"
    _say(f"They are {verdict}: {found['decision']}.")
    _say(f"Evidence: {found['score']:.3f} of {found['threshold']:.2f} needed; {found['reason']}.")
    _say(f"Compared because of: {'; '.join(found['blocks']) or 'nothing'}.")
    _say(f"Model {found['model']} (the odds are even at 0): {found['weight']:+.1f}, made of")
    for subject, told in found["subjects"].items():
        _say(f"  {told['weight']:+6.2f}  {SUBJECTS.get(subject, subject)}: {', '.join(told['because'])}")
    for name, value in found["features"].items():
        _say(f"  {name.replace('_', ' ')}: {_told(value)}")


@link_app.command()
def sample(
    count: CountArgument = 50,
    seed: Annotated[int, typer.Option(help="The same seed draws the same merges.")] = 1,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show merged initiatives drawn at random, their records side by side, to read by eye."""
    from flows.link_review import sample as drawn

    with _opened(home) as linkage:
        found = drawn(linkage, count, seed)
    if as_json:
        out.print_json(data=found)
        return
    for number, merge in enumerate(found, 1):
        _say(f"{number}. {merge['initiative_id']}")
        roomy(out).print(_beside(merge["records"]))


@link_app.command()
def review(
    count: CountArgument = 20,
    who: Annotated[str, typer.Option(help="Who judges: the name that stands in the line.")] = "WHO",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the pairs most worth a decision, each with a line to paste into warehouse/decisions/judgements.csv.

    The line confirms what stands today: change its verdict (same, different, unsure) where that is wrong.
    """
    from flows.link_review import review as doubtful

    with _opened(home) as linkage:
        found = doubtful(linkage, count, who, dt.datetime.now(dt.UTC).date())
    if as_json:
        out.print_json(data=found)
        return
    for number, pair in enumerate(found, 1):
        _say(f"{number}. {pair['why']} ({pair['score']:.3f})")
        roomy(out).print(_beside([pair["left"], pair["right"]]))
        _say(pair["line"])


def _beside(records: Sequence[dict[str, Any]]) -> Table:
    table = Table(*SIDE_BY_SIDE, show_edge=False)
    for record in records:
        table.add_row(*(Text(str(record[name] or "")) for name in SIDE_BY_SIDE))
    return table


def _told(value: Any) -> str:
    if isinstance(value, dict):
        words = {None: "not told by both", True: "agree", False: "differ"}
        return ", ".join(f"{name} {words[agrees]}" for name, agrees in value.items())
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "none"
    return (
        {True: "yes", False: "no", None: "unknown"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _say(text: str) -> None:
    out.print(text, soft_wrap=True, markup=False)
