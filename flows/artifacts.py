"""What a night leaves in Prefect's pages: the report, a table of the sources, and the way to the release."""

from __future__ import annotations

import os

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.report import Night, as_markdown
from flows.settings import Settings
from warehouse.publish import latest

REPORT, SOURCES, RELEASE = "essaim-night", "essaim-sources", "essaim-release"
"""The keys of the artifacts: under each, Prefect keeps one version a night."""


def show_in_prefect(night: Night, settings: Settings) -> None:
    """Leave the artifacts of `night` in the flow run around us.

    The link leads to the release as `ESSAIM_RELEASES_URL` has it, where the folder `releases/` is served, or else to
    the folder on this machine.
    """
    create_markdown_artifact(as_markdown(night), key=REPORT, description=f"Night of {night.as_of}: {night.outcome}")
    create_table_artifact(
        source_table(night),
        key=SOURCES,
        description=f"{len(night.states)} sources on the night of {night.as_of}",
    )
    release = latest(settings.releases)
    if release is not None:
        served = os.environ.get("ESSAIM_RELEASES_URL", "").strip().rstrip("/")
        address = f"{served}/{release.name}/" if served else (release / "index.html").absolute().as_uri()
        create_link_artifact(address, link_text=f"Release {release.name}", key=RELEASE, description=night.sentence)


def source_table(night: Night) -> list[dict[str, object]]:
    """The sources of `night`, those that want a person's eye first."""
    order = {"failed": 0, "withdrawn": 0, "stale": 1, "good": 2}
    return [
        {
            "source": state.source_id,
            "outcome": state.outcome,
            "read": state.read,
            "kept": state.records,
            "last good night": str(state.checked_on or "never"),
            "reason": next((problem.message for problem in state.problems if problem.level == "error"), ""),
        }
        for state in sorted(night.states, key=lambda state: (order[state.outcome], state.source_id))
    ]
