"""What the commands of `essaim` share: their consoles and options, finding a definition, reading a source."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from flows.settings import HOME
from scrapers.problems import DefinitionError, SourceError

if TYPE_CHECKING:
    from scrapers.fetch import Door
    from scrapers.kinds import Harvest
    from scrapers.source import Source

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

DEMO = Path("essaim-demo")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Where everything is kept (default: $ESSAIM_HOME, or ./essaim-home).")
]

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", help="Folder of source definitions (default: those of Essaim).")
]
DataRootOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder outside the catalogue whose files definitions may read; may be given several times (default: "
        "$ESSAIM_DATA_ROOT)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
GeocoderOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL|off",
        help="Address service that finds streets (default: $ESSAIM_GEOCODER, or the national one if there is a "
        "contact).",
    ),
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh-streets", help="Ask the address service anew what it has answered before.")
]
ContactOption = Annotated[
    str | None, typer.Option(help="E-mail address or page that the visited site is told (default: $ESSAIM_CONTACT).")
]


def home_of(id: str, catalogue: Path) -> Path:
    """The folder of the source `id` of `catalogue`; a path to a folder with a source.toml is one too.

    Raises `DefinitionError` with the known ids when there is none.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", id) or not (catalogue / id / "source.toml").is_file():
        given = Path(id.removesuffix("source.toml"))
        if ("/" in id or "." in id) and (given / "source.toml").is_file():
            return given.resolve()
        known = ", ".join(sorted(path.parent.name for path in catalogue.glob("*/source.toml")))
        raise DefinitionError(
            [f"no source {id} in {catalogue}, nor a folder with a source.toml; it has {known or 'none'}"]
        )
    return catalogue / id


def read_live_or_sample(source: Source, live: bool, contact: str | None = None) -> Harvest:
    """Read `source` from its sample, or where it has none, or when `live`, from the real address.

    Raises `SourceError` when it cannot be read, `ContactError` when a site would be asked without a contact.
    """
    from scrapers.fetch import sample_door
    from scrapers.kinds import read_source

    opened: AbstractContextManager[Door]
    if live or source.sample is None:
        opened = polite_door(source.addresses(), contact)
    else:
        folder = source.folder / "sample"
        opened = sample_door({address: folder / name for address, name in source.sample.pages.items()}, None)
    with opened as door:
        return read_source(source, door)


def polite_door(
    addresses: list[str], contact: str | None, archive: Path | None = None, most_bytes: int | None = None
) -> Door:
    """A door to the network with the manners of the environment, archiving to `archive` if given.

    `most_bytes` bounds each body. Raises `ContactError` when a site would be asked without a contact.
    """
    from flows.settings import manners_of_the_environment
    from scrapers.archive import ArchiveWriter
    from scrapers.contact import require_contact
    from scrapers.fetch import network_door

    manners = manners_of_the_environment(contact)
    require_contact(addresses, manners)
    if most_bytes is not None:
        manners = replace(manners, max_bytes=most_bytes)
    return network_door(manners, ArchiveWriter(archive) if archive else None)


def tell(error: SourceError, what: str, status: int = 1) -> typer.Exit:
    """Print `error`, which concerns `what`, with its remedy, and return the exit to raise."""
    err.print(f"essaim: {what}: {error.code}: {error}\n  → {error.remedy}", soft_wrap=True, markup=False)
    return typer.Exit(status)


def fail(message: str) -> NoReturn:
    """End a command that was asked for what cannot be: one sentence, and status 2."""
    err.print(f"essaim: {message}", soft_wrap=True, markup=False)
    raise typer.Exit(2)


def home_folder(given: Path | None) -> Path:
    """Return the home folder: the one given, $ESSAIM_HOME, or ./essaim-home."""
    return given or Path(os.environ.get("ESSAIM_HOME") or HOME)


def home_to_read(given: Path | None, file: str) -> Path:
    """Return the home that holds `file`: `home_folder`, or the demo's where nobody named one and only that is here.

    Ends the command with one sentence when there is none.
    """
    folder = home_folder(given)
    if (folder / file).exists():
        return folder
    if given is not None or "ESSAIM_HOME" in os.environ or not (DEMO / file).exists():
        fail(f"there is no {file} in {folder}; run `essaim run` or `essaim demo` first, or name a home with --home")
    err.print(f"(no {HOME} here: reading {DEMO})")
    return DEMO
