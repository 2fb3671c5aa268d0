"""Conditional requests (RFC 9110, 13): what has not changed since the last good night is not sent again.

The archive of that night is the cache. A body that stands is copied from it into tonight's archive: each archive is
whole and can be replayed alone, where a WARC `revisit` record would lean on the older one.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import requests

from scrapers.archive import ArchiveReader, ArchiveWriter, answer
from scrapers.problems import SourceError

# Of the headers of a 304, those that speak of its own empty body, and may not replace the stored ones (RFC 9111, 3.2).
OF_THE_BODY = {"content-encoding", "content-length", "content-range", "content-type", "transfer-encoding", "set-cookie"}

# What tells whether something has changed (RFC 9110, 8.8).
TELLING = ("ETag", "Last-Modified")


class Previous:
    """The answers of an earlier night; of an archive that cannot be read, none: everything is downloaded again."""

    def __init__(self, path: Path) -> None:
        """Index the archive at `path`."""
        self.fault: SourceError | None = None
        self._archive: ArchiveReader | None = None
        try:
            self._archive = ArchiveReader(path)
        except SourceError as error:
            self.fault = error

    def conditions(self, address: str) -> dict[str, str]:
        """The headers that ask for `address` only if it has changed; empty when there is nothing to compare with."""
        place = self._archive.places.get(address) if self._archive else None
        if place is None or place.status != 200:
            return {}
        known = {"If-None-Match": place.etag, "If-Modified-Since": place.last_modified}
        return {name: value for name, value in known.items() if value}

    def revived(
        self, address: str, unchanged: requests.Response, archive: ArchiveWriter | None
    ) -> tuple[requests.Response, BinaryIO] | None:
        """The earlier answer to `address` and its body, kept in tonight's `archive` too; None if it is damaged.

        Where the 304 (`unchanged`) renews what changes are told by, its headers renew the stored ones.
        """
        try:
            kept = self._archive.find(address) if self._archive else None
        except SourceError as error:
            self.fault = error
            return None
        if kept is None or self._archive is None:
            return None
        renewed = any(unchanged.headers.get(name, kept.headers.get(name)) != kept.headers.get(name) for name in TELLING)
        headers = kept.headers.copy()
        if renewed:
            headers.update((name, text) for name, text in unchanged.headers.items() if name.lower() not in OF_THE_BODY)
        if archive is not None and renewed:
            archive.write(address, kept.status, kept.reason, headers, kept.body)
        elif archive is not None:
            archive.copy(self._archive, address)
        # The body goes its own way: a response closes what it holds when it is thrown away.
        return answer(unchanged.request, kept.status, kept.reason, headers, io.BytesIO()), kept.body
