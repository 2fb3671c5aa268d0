"""What was taken from pages the last good night, so that a page that has not changed need not be read again.

A page is known by its address and the digest of its body; what was taken from it depends on the definition and on our
code too, so a memo of another definition or of other code is not used. It can be deleted at any time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scrapers.source import Source

READERS = ("cssselect", "extruct", "feedparser", "lxml", "trafilatura")
"""The libraries that read pages: what was taken by another version may be other."""


class Memo:
    """Recalls what the last night took, and remembers what this one takes; `keep` puts it in the place of the last."""

    def __init__(self, path: Path, source: Source) -> None:
        """Open the memo of `source` at `path`; one that cannot be used is as good as none."""
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._name = _fingerprint(source)
        self._known, self._lines = None, dict[str, tuple[int, int]]()
        if path.is_file():
            self._known = path.open("rb")
            self._lines = dict(self._found())
            if self._name not in self._lines:
                self._lines.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._taken = self._part.open("w", encoding="utf-8")
        self._taken.write(f"{self._name}\t\n")

    def recall(self, key: str) -> Any:
        """What was remembered under `key`, or None."""
        place = self._lines.get(key)
        if place is None or self._known is None:
            return None
        line = os.pread(self._known.fileno(), place[1], place[0]).decode()
        self._taken.write(f"{key}\t{line}\n")
        return json.loads(line)

    def remember(self, key: str, value: Any) -> None:
        """Remember `value`, which JSON can hold, under `key`."""
        self._taken.write(f"{key}\t{json.dumps(value, ensure_ascii=False)}\n")

    def keep(self) -> None:
        """End with a good night: what was taken tonight is what the next one recalls."""
        self._close()
        self._part.replace(self._path)

    def close(self) -> None:
        """End with a failed night: what the last good one took stays."""
        self._close()
        self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        self._taken.close()
        if self._known is not None:
            self._known.close()

    def _found(self) -> Iterator[tuple[str, tuple[int, int]]]:
        offset = 0
        for line in self._known or ():
            key = line.partition(b"\t")[0]
            # A line that was cut off has no end.
            if line.endswith(b"\n"):
                yield key.decode(errors="replace"), (offset + len(key) + 1, len(line) - len(key) - 2)
            offset += len(line)


def key_of(part: str, address: str, digest: str) -> str:
    """The key of what `part` of a definition takes from a page: in a few letters, so that many fit in memory."""
    return blake2b(f"{part}\t{address}\t{digest}".encode(), digest_size=12).hexdigest()


def _fingerprint(source: Source) -> str:
    """What a memo depends on besides the pages: the definition, and the code that reads them."""
    digest = blake2b(_code(), digest_size=12)
    digest.update(source.model_dump_json().encode())
    return digest.hexdigest()


@cache
def _code() -> bytes:
    digest = blake2b(digest_size=12)
    for library in READERS:
        digest.update(version(library).encode())
    folder = Path(str(resources.files("scrapers")))
    for path in sorted([*folder.glob("*.py"), *folder.glob("kinds/*.py")]):
        digest.update(path.read_bytes())
    return digest.digest()
