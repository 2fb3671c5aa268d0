"""What one night needs to know: where things stand, which sources, from where, as of when."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Literal

from scrapers.response import Manners
from warehouse import decisions
from warehouse.store import FILE_NAME

Mode = Literal["network", "sample", "replay"]


def embedded_catalogue() -> Path:
    """Return the folder of the sources that come with Essaim."""
    return Path(str(resources.files("scrapers"))) / "sources"


def manners_of_the_environment(contact: str | None = None) -> Manners:
    """How this machine's configuration has us behave.

    `ESSAIM_CONTACT`, or the `contact` given, is told to every site; without either it is "", and nobody else's site
    may be asked (`scrapers.contact`). `ESSAIM_ALLOWED_HOSTS` ("127.0.0.1:8000 …") lists what may be reached though it
    is not on the public internet, for trials on one's own machine.
    """
    contact = (os.environ.get("ESSAIM_CONTACT", "") if contact is None else contact).strip()
    return Manners(contact, allowed_hosts=frozenset(os.environ.get("ESSAIM_ALLOWED_HOSTS", "").split()))


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one night.

    `as_of` is the night the data is dated with: the only date that is published, and an input like any other. `mode`
    says where sources are read: the network (and local files), their embedded samples, or the archive. A replay reads
    of each source the newest archive below `replay_from` (default: this home's), of `replay_until` at the latest.
    """

    home: Path
    as_of: dt.date
    catalogue: Path = field(default_factory=embedded_catalogue)
    decisions: Path = field(default_factory=decisions.folder)
    sources: tuple[str, ...] = ()
    mode: Mode = "network"
    manners: Manners = field(default_factory=manners_of_the_environment)
    workers: int = 8
    replay_from: Path | None = None
    replay_until: dt.date | None = None

    @property
    def warehouse(self) -> Path:
        """The warehouse file."""
        return self.home / FILE_NAME

    @property
    def releases(self) -> Path:
        """The folder of all releases."""
        return self.home / "releases"

    @property
    def staging(self) -> Path:
        """The folder of each source's last good raw records and state."""
        return self.home / "staging"

    @property
    def archive(self) -> Path:
        """The folder of everything ever fetched."""
        return self.home / "archive"

    @property
    def run_folder(self) -> Path:
        """The folder of this night's report."""
        return self.home / "runs" / self.as_of.isoformat()
