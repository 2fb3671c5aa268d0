"""What has not changed since the last good night is not sent again (RFC 9110, 13), or not even asked for.

The archive of that night is the cache. A body that stands is copied from it into tonight's archive: each archive is
whole and can be replayed alone, where a WARC `revisit` record would lean on the older one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import requests
from requests.structures import CaseInsensitiveDict

from scrapers.archive import ArchiveWriter
from scrapers.archive_index import Place
from scrapers.archive_reader import ArchiveReader, answer, get_of
from scrapers.problems import SourceError

# Of the headers of a 304, those that speak of its own empty body, and may not replace the stored ones (RFC 9111, 3.2).
OF_THE_BODY = {"content-encoding", "content-length", "content-range", "content-type", "transfer-encoding", "set-cookie"}

# What tells whether something has changed (RFC 9110, 8.8).
TELLING = ("ETag", "Last-Modified")

DAY = dt.timedelta(days=1)


class Previous:
    """The answers of an earlier night; of an archive that cannot be read, none: everything is downloaded again."""

    def __init__(self, path: Path) -> None:
        """Index the archive at `path`."""
        self.fault: SourceError | None = None
        self._aged: set[str] = set()
        self._archive: ArchiveReader | None = None
        try:
            self._archive = ArchiveReader(path)
        except SourceError as error:
            self.fault = error

    def conditions(self, address: str) -> dict[str, str]:
        """The headers that ask for `address` only if it has changed; empty when there is nothing to compare with."""
        place = self._archive.place(address) if self._archive else None
        if place is None or place.status != 200:
            return {}
        head = CaseInsensitiveDict(place.headers)
        known = {"If-None-Match": head.get("ETag"), "If-Modified-Since": head.get("Last-Modified")}
        return {name: value for name, value in known.items() if value}

    def stands(self, address: str, changed: dt.datetime, most: dt.timedelta) -> bool:
        """Whether the answer to `address` was good, was given after it last `changed`, and is younger than `most`.

        How old it is, its header `Date` says; where there is none, nothing stands.
        """
        place = self._archive.place(address) if self._archive else None
        given = _date(CaseInsensitiveDict(place.headers).get("Date", "")) if place and place.status == 200 else None
        if given is None:
            return False
        age = _now() - given
        if age >= most:
            self._aged.add(address)
        return changed <= given and -DAY < age < most  # a clock that is a day ahead tells nothing

    def revived(self, address: str, unchanged: Mapping[str, str], archive: ArchiveWriter | None) -> Answered | None:
        """The earlier answer to `address`, kept in tonight's `archive` too; None if it is damaged.

        Where the headers of the 304 (`unchanged`) renew what changes are told by, or the answer is older than `stands`
        allows, they renew the stored ones. The body is only unpacked if it is read.
        """
        place = self._archive.place(address) if self._archive else None
        if place is None or self._archive is None:
            return None
        head = CaseInsensitiveDict(place.headers)
        renewed = any(unchanged.get(name, head.get(name)) != head.get(name) for name in TELLING)
        renewed = renewed or address in self._aged
        if archive is None or renewed or not archive.copy(self._archive.packed(place), address, place):
            return self._written(address, unchanged, archive)
        # The body goes its own way: a response closes what it holds when it is thrown away.
        kept = answer(get_of(address), place.status, place.reason, head, None)
        return Answered(kept, cast(BinaryIO, Late(partial(_body, self._archive, place))), place.digest)

    def _written(self, address: str, unchanged: Mapping[str, str], archive: ArchiveWriter | None) -> Answered | None:
        try:
            kept = self._archive.find(address) if self._archive else None
        except SourceError as error:
            self.fault = error
            return None
        if kept is None:
            return None
        headers, digest = kept.headers.copy(), ""
        headers.update((name, text) for name, text in unchanged.items() if name.lower() not in OF_THE_BODY)
        if archive is not None:
            digest = archive.write(address, kept.status, kept.reason, headers, kept.body)
        return Answered(answer(get_of(address), kept.status, kept.reason, headers, None), kept.body, digest)

    def close(self) -> None:
        """Close the archive."""
        if self._archive is not None:
            self._archive.close()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _date(header: str) -> dt.datetime | None:
    """The moment that a header `Date` tells, or None if it tells none."""
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _body(archive: ArchiveReader, place: Place) -> BinaryIO:
    return archive.at(place).body


class Answered(NamedTuple):
    """An answer, its body, and the digest of that ("" if nobody has worked it out)."""

    response: requests.Response
    body: BinaryIO
    digest: str = ""


class Late:
    """A body that is only fetched when it is used."""

    def __init__(self, fetch: Callable[[], BinaryIO]) -> None:
        """Remember how it is fetched."""
        self._fetch = fetch
        self._body: BinaryIO | None = None

    def __getattr__(self, name: str) -> object:
        """Fetch the body, the first time, and let it answer."""
        if self._body is None:
            self._body = self._fetch()
        return getattr(self._body, name)
