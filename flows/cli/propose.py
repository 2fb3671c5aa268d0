"""The commands `essaim source new` and `record`: a definition proposed for an address, and what a source sends."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from flows.cli.shared import CatalogueOption, ContactOption, JsonOption, err, home_of, out, polite_door, tell
from flows.settings import embedded_catalogue
from scrapers.problems import DefinitionError, SourceError

if TYPE_CHECKING:
    from scrapers.propose import Proposal
    from scrapers.propose.trial import Trial

NEW, RECORDINGS = Path("sources-new"), Path("recordings")

OF_THEIR_AUTHORS = (
    "These files belong to their authors: do not commit them. For the sample of the definition, write files of the "
    "same form yourself: the same tags, columns and traps, five to twelve real initiatives, facts only, sentences of "
    "your own, and no private person's name, address or number."
)

MOST_BYTES = 200_000_000
"""So large a body may be that is looked at or recorded: it is held in memory."""


def new_source(
    url: Annotated[str, typer.Argument(metavar="URL", help="A list, a dataset's page, a file, an API, a feed.")],
    id: Annotated[str | None, typer.Option("--id", help="Id of the source (default: from the address).")] = None,
    folder: Annotated[Path, typer.Option("--out", help="Where to put the definition's folder.")] = NEW,
    kind: Annotated[str | None, typer.Option(help="Propose a source of this kind, not of the best one.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a definition that is there.")] = False,
    contact: ContactOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at an address, and propose a definition for it: `OUT/ID/source.toml`.

    It looks for an API, a feed, data that pages declare, and blocks of a list, in this order; it obeys robots.txt, and
    asks once a second. All that it writes is guessed and has to be read; docs/add-a-source.md says how to go on.
    """
    from flows.cli.preview import show_harvest
    from scrapers.propose import propose
    from scrapers.propose.look import Look
    from scrapers.propose.trial import write_and_try
    from scrapers.propose.write import id_of

    _check_arguments(url, id, kind)
    home = folder / (id or id_of(url))
    if (home / "source.toml").exists() and not force:
        raise typer.BadParameter(
            f"{home / 'source.toml'} is there already; give --force to overwrite it, or another --id"
        )
    with polite_door([url], contact, most_bytes=MOST_BYTES) as door:
        look = Look(door, lambda line: err.print(f"  {line}", soft_wrap=True, markup=False, style="dim"))
        try:
            proposal = propose(look, url, kind)
            for place, candidate in enumerate(proposal.candidates):
                mark = "→" if place == 0 else " "
                err.print(f"{mark} {candidate.kind}: {candidate.reason}", soft_wrap=True, markup=False)
            err.print("reading a little of it…")
            trial = write_and_try(look, url, proposal.chosen, home, dt.datetime.now(dt.UTC).date())
        except SourceError as error:
            raise tell(error, url) from error
    if as_json:
        out.print_json(data=_as_data(proposal, trial))
    else:
        if trial.harvest is not None:
            show_harvest(trial.harvest, 10, False, out)
        _say_what_next(trial)
    if trial.fault is not None:
        raise tell(trial.fault, f"{trial.path} was written, but cannot be read yet")


def _check_arguments(url: str, id: str | None, kind: str | None) -> None:
    from scrapers.source import Kind

    if not re.match(r"https?://[^\s/]+", url):
        raise typer.BadParameter(f'"{url}" is no address of the web; write it whole, from https:// on')
    if id is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", id):
        raise typer.BadParameter(f'"{id}" is no id; use lower-case letters, digits and hyphens')
    if kind is not None and kind not in get_args(Kind):
        raise typer.BadParameter(f"there is no kind {kind}; use {', '.join(get_args(Kind))}")


def _as_data(proposal: Proposal, trial: Trial) -> dict[str, object]:
    found = trial.harvest
    return {
        "id": trial.source.id,
        "path": str(trial.path),
        "kind": trial.source.kind,
        "candidates": [{"kind": one.kind, "way": one.way, "reason": one.reason} for one in proposal.candidates],
        "read": len(found.records) if found else 0,
        "names": trial.names,
        "links": trial.links,
        "records": [{"key": record.key, **record.fields} for record in (found.records[:10] if found else [])],
        "problems": [{"code": one.code, "message": one.message} for one in (found.problems if found else [])],
        "fault": f"{trial.fault.code}: {trial.fault}" if trial.fault else None,
    }


def _say_what_next(trial: Trial) -> None:
    read = len(trial.harvest.records) if trial.harvest else 0
    out.print(f"{read} records tried: {trial.names} have a name, {trial.links} a link")
    out.print(
        f"Written: {trial.path}\nNext:\n"
        f"  1. read it; whatever says \"guessed\" may be wrong, and [rights] needs a person's eyes\n"
        f"  2. essaim source preview {trial.path.parent} --live --full\n"
        f"  3. essaim source record {trial.path.parent}, then write sample/ in your own words\n"
        f"  4. essaim source check {trial.path.parent}; then move the folder to scrapers/sources/",
        soft_wrap=True, markup=False,
    )  # fmt: skip


def record_source(
    id: Annotated[str, typer.Argument(metavar="ID", help="The source, or a folder with a source.toml.")],
    folder: Annotated[Path, typer.Option("--out", help="Where to put the recording.")] = RECORDINGS,
    pages: Annotated[int, typer.Option(min=1, help="How many list pages to fetch.")] = 1,
    contact: ContactOption = None,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a source once, and keep what came in `OUT/ID/`, to write a sample of your own from it.

    The files belong to their authors: never commit them. At most 20 own pages of initiatives are fetched.
    """
    from scrapers.catalogue import load_source
    from scrapers.propose.doors import Recording
    from scrapers.propose.record import record

    source = load_source(home_of(id, catalogue or embedded_catalogue()))
    if source.fetch.path is not None:
        raise DefinitionError([f"{source.id}: reads local files; there is nothing to record"])
    home = folder / source.id
    archive = home / f"{source.id}.warc.gz"
    with polite_door(source.addresses(), contact, archive, MOST_BYTES) as door:
        try:
            with Recording(door, pages + 20) as recording:
                found, files = record(source, recording, home, pages, dt.datetime.now(dt.UTC).date())
        except SourceError as error:
            raise tell(error, source.id) from error
        finally:
            if door.archive is not None:
                door.archive.keep()
    if as_json:
        out.print_json(
            data={
                "id": source.id,
                "records": len(found.records),
                "files": [str(file) for file in files],
                "sample": str(home / "sample.toml"),
                "archive": str(archive),
            }
        )
        return
    out.print(
        f"{len(found.records)} records in {len(files)} files: {home / 'sample'}\n"
        f"A [sample] to paste: {home / 'sample.toml'}\nThe archive, as it came: {archive}\n"
        f"{textwrap.fill(OF_THEIR_AUTHORS, 100)}",
        soft_wrap=True, markup=False,
    )  # fmt: skip
