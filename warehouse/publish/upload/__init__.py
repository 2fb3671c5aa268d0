"""Releases copied out, to a folder or to object storage: what is new goes, what was dropped at home is dropped there.

The order keeps readers from ever meeting half a publication. First each whole release, its `SHA256SUMS` last: until
that is there, the release counts as begun and a later run goes on with it. Then `latest`, then `index.json`, which is
what scripts read first. Only then do the releases that home dropped go. A release never changes: one that stands there
with other sums than at home stops everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from warehouse.publish.checksums import SUMS
from warehouse.publish.index import INDEX, LINK_TEXT, age, latest, versions_in

__all__ = ["ConflictError", "Place", "Plan", "carry_out", "plan"]

Told = Callable[[str], None]


class ConflictError(ValueError):
    """What stands at the other place is not what this home would have put there."""


class Place(Protocol):
    """Where releases are copied to."""

    def versions(self) -> list[str]:
        """Return the versions of which anything is there, whole or begun."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a file of the place by its path with "/", None where there is none."""
        ...

    def send(self, folder: Path, tell: Told) -> int:
        """Copy a release, `SHA256SUMS` last, what is there already left alone; return the bytes that were sent."""
        ...

    def point(self, folder: Path, tell: Told) -> None:
        """Make `latest` the release of `folder`, which is there."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write one small file in one step."""
        ...

    def drop(self, version: str) -> None:
        """Remove a release."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: versions to send (oldest first), whether `latest` moves, versions to drop."""

    latest: str
    send: tuple[str, ...]
    point: bool
    index: bool
    drop: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the place is already as home is."""
        return not (self.send or self.point or self.index or self.drop)


def plan(releases: Path, place: Place) -> Plan:
    """Compare the releases at home with those at `place`.

    Raises FileNotFoundError where home has no release, `ConflictError` where a whole release there differs.
    """
    newest = latest(releases)
    if newest is None:
        raise FileNotFoundError(f"{releases} has no release yet: run a night first")
    send = []
    home = versions_in(releases)
    for version in reversed(home):
        here, there = (releases / version / SUMS).read_bytes(), place.read(f"{version}/{SUMS}")
        if there is not None and there != here:
            raise ConflictError(f"release {version} there has other sums than at home, and releases never change")
        if there is None:
            send.append(version)
    pointed = place.read(LINK_TEXT) == _pointer(newest.name)
    listed = place.read(INDEX) == (releases / INDEX).read_bytes()
    gone = sorted(set(place.versions()) - set(home), key=age)
    return Plan(newest.name, tuple(send), not pointed, not listed, tuple(gone))


def carry_out(plan: Plan, releases: Path, place: Place, tell: Told) -> int:
    """Do what `plan` says, and return how many bytes were sent; broken off, it is to be planned and run again."""
    sent = 0
    for version in plan.send:
        tell(f"release {version}")
        sent += place.send(releases / version, tell)
    if plan.point:
        place.point(releases / plan.latest, tell)
        place.write(LINK_TEXT, _pointer(plan.latest))
    if plan.index:
        place.write(INDEX, (releases / INDEX).read_bytes())
    for version in plan.drop:
        tell(f"drop {version}")
        place.drop(version)
    return sent


def _pointer(version: str) -> bytes:
    return f"{version}\n".encode()
