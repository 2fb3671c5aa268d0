"""What one night needs to know: where things stand, which sources, from where, as of when."""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Literal

from scrapers.local_files import data_roots_of_the_environment
from scrapers.response import Manners
from warehouse import decisions
from warehouse.store import FILE_NAME

HOME = Path("essaim-home")
"""The home where nobody names one."""

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
    allowed = re.findall(r"[^\s,;]+", os.environ.get("ESSAIM_ALLOWED_HOSTS", ""))
    return Manners(contact, allowed_hosts=frozenset(allowed))


NATIONAL_GEOCODER = "https://data.geopf.fr/geocodage"
"""The address service of the French state; docs/geocoding.md says on what terms."""


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one night.

    `as_of` is the night the data is dated with: the only date that is published, and an input like any other. `mode`
    says where sources are read: the network (and local files), their embedded samples, or the archive. A replay reads
    of each source the newest archive below `replay_from` (default: this home's), of `replay_until` at the latest.
    `workers` sources are visited at once; with more than one of `shares`, by as many Prefect workers (`flows.spread`);
    `spark` is the master of the Spark cluster that compares records, None for this machine (`flows.link_spark`).
    `processes` replay, clean and merge where there is much to do, and never change what comes out. `data_roots` are the
    folders that definitions may read local files from, beside their own. `geocoder` is the address service for streets
    in France, `nominatim` the one for other countries, None for none; `refresh_streets` asks them anew what they have
    answered before.
    """

    home: Path
    as_of: dt.date
    catalogue: Path = field(default_factory=embedded_catalogue)
    data_roots: tuple[Path, ...] = field(default_factory=data_roots_of_the_environment)
    decisions: Path = field(default_factory=decisions.folder)
    sources: tuple[str, ...] = ()
    mode: Mode = "network"
    manners: Manners = field(default_factory=manners_of_the_environment)
    workers: int = 8
    shares: int = 1
    spark: str | None = None
    processes: int = field(default_factory=cores)
    replay_from: Path | None = None
    replay_until: dt.date | None = None
    geocoder: str | None = None
    nominatim: str | None = None
    refresh_streets: bool = False

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


def with_street_services(settings: Settings, given: str | None = None, refresh: bool = False) -> Settings:
    """Return `settings` with the address services that find streets.

    In France it is the one `given`, or that of `ESSAIM_GEOCODER`; "off" is none. Where neither is said, it is the
    national one, but on the network only for whoever has left a contact. In a replay nobody is asked, and a service
    only says that what was once answered counts. Elsewhere it is that of `ESSAIM_NOMINATIM`, or none.
    """
    if settings.mode == "sample":
        return settings
    named = (os.environ.get("ESSAIM_GEOCODER", "") if given is None else given).strip()
    usual = NATIONAL_GEOCODER if settings.manners.contact or settings.mode == "replay" else None
    geocoder = None if named.casefold() == "off" else named or usual
    nominatim = os.environ.get("ESSAIM_NOMINATIM", "").strip() or None
    return replace(settings, geocoder=geocoder, nominatim=nominatim, refresh_streets=refresh)


def demo_settings(home: Path) -> Settings:
    """Return the settings of the demo: the embedded samples, dated with the youngest of them, not with today."""
    from scrapers.catalogue import load_catalogue

    sources, _ = load_catalogue(embedded_catalogue())
    written = [source.sample.written_on for source in sources if source.sample]
    return Settings(home=home, as_of=max(written), mode="sample")
