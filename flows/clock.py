"""The clock of a home: its nights go forward, so that `latest` never leads to older data than before."""

from __future__ import annotations

import datetime as dt

from flows.settings import Settings
from warehouse.publish.index import VERSION, latest


class ClockError(Exception):
    """A night would be dated before the last release of its home."""


def require_forward(settings: Settings) -> None:
    """Raise `ClockError` when the last release in the home is of a later night than `settings.as_of`.

    The same night again is allowed: its release gets a number of its own. So is any night where nothing newer stands.
    """
    last = latest(settings.releases)
    version = VERSION.fullmatch(last.name) if last else None
    if version is None or settings.as_of >= dt.date.fromisoformat(version[1]):
        return
    raise ClockError(
        f"the night of {settings.as_of} would be published after that of {version[1]}, which is newer; "
        f"is the clock of this machine right? To make an older night again, take a home of its own: "
        f"essaim run --home OTHER --replay {settings.archive} --as-of {settings.as_of}"
    )
