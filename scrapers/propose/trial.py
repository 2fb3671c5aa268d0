"""Writing a proposal down, loading it as any definition, and reading a little of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from scrapers.catalogue import load_source
from scrapers.kinds import Harvest, read_source
from scrapers.problems import SourceError
from scrapers.propose.doors import Bounded
from scrapers.propose.look import MOST_REQUESTS, Look
from scrapers.propose.names import is_address
from scrapers.propose.proposal import Candidate
from scrapers.propose.record import bounded
from scrapers.propose.write import definition
from scrapers.source import Source

FEW = {"html": 2, "sitemap": 5, "wordpress": 1, "json": 2, "feed": 1, "communecter": 1, "mediawiki": 1, "ofdb": 4}
"""So many pages a trial reads of each kind; the other kinds come in one."""

OWN_PAGES = 12
"""So many own pages a trial reads, of those that lists lead to."""

FILLED = ("name", "record_url", "url", "commune", "postcode", "latitude", "address")


@dataclass(slots=True)
class Trial:
    """What became of a proposal: its file, what it is as a source, what it read or why it could not."""

    path: Path
    source: Source
    harvest: Harvest | None
    fault: SourceError | None

    @property
    def links(self) -> int:
        """How many records have a link, to the source's page or to their own site."""
        records = self.harvest.records if self.harvest else []
        return sum(bool(record.fields.get("record_url") or record.fields.get("url")) for record in records)

    @property
    def names(self) -> int:
        """How many records have a name that is one, and not an address."""
        told = [str(record.fields.get("name") or "") for record in (self.harvest.records if self.harvest else [])]
        return sum(bool(name) and not is_address(name) for name in told)


def write_and_try(look: Look, address: str, candidate: Candidate, folder: Path, today: dt.date) -> Trial:
    """Write `folder/source.toml`, read a little of it through `look`, and write it again with what that showed.

    Raises `DefinitionError` when the proposal is no sound definition, which would be a fault of ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "source.toml"
    path.write_text(definition(address, candidate, today, max(candidate.rows, 1), {"name": 0.9}), encoding="utf-8")
    trial = _tried(look, path, load_source(folder))
    if trial.harvest is None or not trial.harvest.records:
        return trial
    read = trial.harvest.records
    shares = {name: sum(bool(record.fields.get(name)) for record in read) / len(read) for name in FILLED}
    # A little less than what was seen, so that a few poorer records do not stop the night.
    filled = {name: round(max(share - 0.1, 0.1), 1) for name, share in shares.items() if share >= 0.3}
    rows = max(candidate.rows, len(read))
    path.write_text(definition(address, candidate, today, rows, filled), encoding="utf-8")
    trial.source = load_source(folder)
    return trial


def _tried(look: Look, path: Path, source: Source) -> Trial:
    pages = FEW.get(source.kind, source.fetch.max_pages)
    most = OWN_PAGES + pages if source.fetch.detail or source.detail_fields else MOST_REQUESTS
    try:
        with Bounded(look.door, look.get, most) as door:
            found = read_source(bounded(source, pages), door)
    except SourceError as fault:
        return Trial(path, source, None, fault)
    # What our own bounds left out is no problem of the source.
    found.problems = [problem for problem in found.problems if problem.code not in {"max-pages", "detail-enough"}]
    return Trial(path, source, found, None)
