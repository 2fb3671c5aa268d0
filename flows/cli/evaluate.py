"""The commands `essaim evaluate …`: how good the answers are, measured on real files with known answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from flows.cli.shared import JsonOption, err, fail, home_to_read, out
from flows.query import roomy

CORPUS = Path("../shared/corpus")

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure the answers of Essaim on files whose answers are known.")


def corpus_folder() -> Path:
    """Return the folder of real files: $ESSAIM_CORPUS, or ../shared/corpus."""
    return Path(os.environ.get("ESSAIM_CORPUS") or CORPUS)


@evaluate_app.callback()
def evaluating() -> None:
    """Stand above the commands, so that each keeps its name."""


@evaluate_app.command()
def themes(
    truth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Records with themes coded by hand (default: the CIS file of the corpus)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the guessed themes by cross-validation on records coded by hand, beside two baselines.

    Needs the corpus of real files ($ESSAIM_CORPUS, default ../shared/corpus) and, for the cross-validation,
    scikit-learn (`pip install "essaim[train]"`).
    """
    from flows.evaluate.themes import evaluate
    from transforms.themes.corpus import TRUTH

    corpus = corpus_folder()
    path = truth or corpus / TRUTH
    if not path.is_file():
        fail(f"there is no truth file at {path}; name it with --truth, or the folder of the corpus in $ESSAIM_CORPUS")
    try:
        found = evaluate(path, corpus)
    except (KeyError, UnicodeDecodeError) as fault:
        fail(f"{path} is no file of the Carrefour des innovations sociales: {fault}; see docs/themes.md")
    if as_json:
        out.print_json(data=found.as_data())
        return
    table = Table("answers", "macro-F1", "micro-F1", "precision", "recall", "records answered")
    for row in found.figures:
        shares = (row.macro_f1, row.micro_f1, row.precision, row.recall, row.coverage)
        table.add_row(row.name, *(f"{share:.3f}" for share in shares))
    out.print(f"{found.records} records coded by hand; published from confidence {found.threshold:.2f} on")
    roomy(out).print(table)
    for note in found.notes:
        err.print(note, soft_wrap=True, markup=False)


@evaluate_app.command("personal-data")
def personal_data(
    home: Annotated[
        Path | None, typer.Option("--home", help="A home with a finished night (default: $ESSAIM_HOME, ./essaim-home).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count, source by source, what people's data was found and kept out, and what contacts of organisations were kept.

    Reads the warehouse of a home and every file of its last release. The exit status is 1 when something private was
    published, or fewer than 95 % of the records with an organisation's contact keep it where the licence allows.
    """
    from flows.evaluate.people import LEAST_KEPT, evaluate
    from warehouse.publish import latest
    from warehouse.store import FILE_NAME

    folder = home_to_read(home, FILE_NAME)
    found = evaluate(folder / FILE_NAME, latest(folder / "releases"))
    if as_json:
        out.print_json(data=found.as_data())
        raise typer.Exit(0 if found.good else 1)
    heads = (
        "source",
        "licence",
        "records",
        "private e-mails",
        "generic",
        "private phones",
        "generic",
        "kept",
        "leaked",
    )
    table = Table(*heads)
    for row in (*found.sources, found.total):
        share = "" if row.kept_share is None else f"{row.kept} of {row.keepable} ({row.kept_share:.1%})"
        counts = (row.records, row.private_emails, row.generic_emails, row.private_phones, row.generic_phones)
        table.add_row(
            row.source_id, "open" if row.open_licence else "none", *map(str, counts), share,
            f"{row.published_private} + {row.by_the_letter}",
        )  # fmt: skip
    roomy(out).print(table)
    places = "; ".join(found.places[:5]) or "none"
    out.print(f"Private contacts in the finished files: {len(found.places)} ({places}). Kept: {LEAST_KEPT:.0%} wanted.")
    judged = found.judged
    out.print(
        f"Examples made by hand: {judged.kept_out} of {judged.private} private kept out, {judged.kept} of"
        f" {judged.generic} generic kept, {judged.unharmed} of {judged.harmless} harmless texts untouched."
    )
    for line in judged.wrong:
        out.print(f"  wrong: {line}", soft_wrap=True, markup=False)
    raise typer.Exit(0 if found.good else 1)


@evaluate_app.command("geocode")
def places(
    truth: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Address files with known communes (default: `geocoding` of the corpus)."),
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="Rows that went wrong to show of each set.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Score the offline geocoder on public address files: right, accepted, precision when accepted, rows a second.

    What the text says is right, not the published point. A row is accepted from confidence 0.7 on; "guessed" counts
    places named below it. The exit status is 1 when one was: homonyms that nothing tells apart must be left open.
    """
    from flows.evaluate.geocode import evaluate, shown
    from transforms.geocode import Gazetteer
    from warehouse.gazetteer import data_folder

    folder = truth or corpus_folder() / "geocoding"
    try:
        scores = list(evaluate(folder, Gazetteer.load(data_folder()), examples))
    except FileNotFoundError as fault:
        fail(f"{fault}; name the folder with --truth, or that of the corpus in $ESSAIM_CORPUS")
    except (KeyError, UnicodeDecodeError, ValueError) as fault:
        fail(f"a file of {folder} has not the columns its name promises: {fault}; see docs/gazetteer.md")
    if as_json:
        out.print_json(data={"sets": [score.as_data() for score in scores]})
    else:
        table = Table("set", "rows", "right", "accepted", "precision", "guessed", "rows/s of CPU")
        for score in scores:
            table.add_row(*shown(score))
        roomy(out).print(table)
        for score in scores:
            for wrong in score.wrong:
                out.print(f"{score.name}: {wrong}", soft_wrap=True, markup=False)
    raise typer.Exit(1 if any(score.guessed for score in scores) else 0)


@evaluate_app.command("link")
def same_initiative(
    truth: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="duplicates.csv and hard_negatives.csv (default: `truth` of the corpus)."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The files they speak of (default: `data` beside the truth).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the recognition of the same initiative on pairs of real lists, beside other ways of linking.

    SIRET, RNA, telephones, e-mails, web addresses and ids are hidden. Recall is the mean over pairs of files. The exit
    status is 1 when recall on easy and medium pairs is below 0.90, a hard negative is joined, or another way is ahead.
    """
    from flows.evaluate.link import evaluate
    from flows.evaluate.link_shown import show
    from transforms.geocode import Gazetteer
    from warehouse.gazetteer import data_folder

    folder = truth or corpus_folder() / "truth"
    try:
        found = evaluate(
            folder, data or folder.parent / "data", Gazetteer.load(data_folder()), lambda line: err.print(f"  {line}…")
        )
    except FileNotFoundError as fault:
        fail(f"{fault}; name the folders with --truth and --data, or that of the corpus in $ESSAIM_CORPUS")
    except (KeyError, UnicodeDecodeError, ValueError) as fault:
        fail(f"the truth in {folder} cannot be used: {fault}; see docs/linking.md")
    if as_json:
        out.print_json(data=found.as_data())
    else:
        show(found, out)
    for note in found.notes:
        err.print(note, soft_wrap=True, markup=False)
    raise typer.Exit(0 if found.good else 1)


@evaluate_app.command("similar")
def like_ideas(
    truth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Records with sub-themes coded by hand (default: that of the corpus)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the search for like ideas, beside chance, plain TF-IDF and other stems.

    On pairs that come with Essaim, each idea told twice in other words or another language, and on records coded by
    hand. The exit status is 1 when what is kept finds fewer than plain TF-IDF.
    """
    from flows.evaluate.similar import as_data, beaten, evaluate
    from transforms.themes.corpus import TRUTH

    path = truth or corpus_folder() / TRUTH
    if truth is not None and not truth.is_file():
        fail(f"there is no truth file at {truth}; leave --truth out to compare on the pairs alone")
    try:
        figures, notes = evaluate(path if path.is_file() else None)
    except (KeyError, UnicodeDecodeError) as fault:
        fail(f"{path} is no file of the Carrefour des innovations sociales: {fault}; see docs/similar.md")
    if as_json:
        out.print_json(data=as_data(figures))
    else:
        table = Table("file", "asked", "way", "first", "in best 5", "precision@5", "MRR")
        for row in figures:
            shares = (row.first, row.found, row.precision, row.mrr)
            table.add_row(row.file, str(row.asked), row.way, *(f"{share:.3f}" for share in shares))
        roomy(out).print(table)
    for note in notes:
        err.print(note, soft_wrap=True, markup=False)
    raise typer.Exit(1 if beaten(figures) else 0)
