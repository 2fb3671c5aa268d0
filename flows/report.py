"""The report of a night: what was read, what failed and why, what came of it; for people and programs."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows import report_page
from flows.build import Built
from flows.harvest import State
from flows.settings import Settings
from scrapers.problems import Problem
from warehouse.publish import Release
from warehouse.store import reading

STYLES = {"good": "green", "stale": "yellow", "failed": "red", "withdrawn": "red"}
MOVED = ("requests", "unchanged", "bytes")


@dataclass(frozen=True, slots=True)
class Notice:
    """What was sent to people or services about a night: by which channel, of which event, and why it was not."""

    channel: str
    event: str
    sent: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """How a night ended: the state of every source, faulty definitions, the build, what held it back, the release.

    `notices` are those that were sent about it, and those that could not be; `unwritten` says why its report is not
    there; `lost` are the shares of the harvest that a worker did not bring home (`flows.spread`).
    """

    as_of: dt.date
    states: Sequence[State]
    definition_problems: Sequence[Problem]
    built: Built | None
    faults: Sequence[str]
    release: Release | None
    notices: Sequence[Notice] = ()
    unwritten: Problem | None = None
    lost: Sequence[Problem] = ()

    @property
    def outcome(self) -> str:
        """published, unchanged (a quiet night, the last release stands) or held back (nothing could be published)."""
        if self.faults:
            return "held back"
        return "published" if self.release else "unchanged"

    @property
    def exit_status(self) -> int:
        """0 when the published data is good and fresh, though single sources may have failed.

        1 when it was held back, 3 when only the report of the night could not be written.
        """
        return 1 if self.faults else 3 if self.unwritten else 0

    @property
    def sentence(self) -> str:
        """What came of the night, in a sentence or two."""
        if self.built is None:
            return "Nothing was built; the last release stands."
        built = self.built
        made = (
            f"{built.records:,} records make {built.initiatives:,} initiatives, {built.merged:,} of them merged from "
            f"several records; {built.changes:,} changes, {built.issues:,} issues."
        )
        return f"{made} Published as {self.release.version}." if self.release else f"{made} The last release stands."

    def problems_of(self, state: State) -> Sequence[Problem]:
        """Every problem of a source, those of cleaning and placing too if there was a build."""
        return self.built.problems.get(state.source_id, state.problems) if self.built else state.problems

    def failures(self) -> Iterator[Problem]:
        """Yield every problem that cost a whole source its night, or the night a service."""
        yield from self.definition_problems
        for state in self.states:
            yield from (problem for problem in state.problems if problem.level == "error")
        yield from self.built.failures if self.built else ()
        yield from [self.unwritten] if self.unwritten else ()

    def moved(self) -> Iterator[Problem]:
        """Yield a problem for each source that was read, but at another address than its definition has."""
        for state in self.states:
            yield from (problem for problem in state.problems if (problem.code, problem.level) == ("moved", "warning"))


def as_data(night: Night) -> dict[str, Any]:
    """Return the report as JSON-ready data."""
    return {
        "as_of": night.as_of.isoformat(),
        "outcome": night.outcome,
        "faults": list(night.faults),
        "release": {"version": night.release.version, "initiatives": night.release.initiatives}
        if night.release
        else None,
        "build": _build_data(night.built) if night.built else None,
        "sources": [_source_data(state, night.problems_of(state)) for state in night.states],
        "failures": [asdict(problem) for problem in night.failures()],
        "moved": [asdict(problem) for problem in night.moved()],
        "shares_lost": [asdict(problem) for problem in night.lost],
        "notices": [asdict(notice) for notice in night.notices],
    }


def _build_data(built: Built) -> dict[str, int]:
    names = ("records", "initiatives", "merged", "changes", "issues")
    return {name: getattr(built, name) for name in names}


def _source_data(state: State, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "source_id": state.source_id,
        "outcome": state.outcome,
        "read": state.read,
        "records": state.records,
        "checked_on": state.checked_on.isoformat() if state.checked_on else None,
        "stale_since": state.stale_since.isoformat() if state.stale_since else None,
        "traffic": asdict(state.traffic) if state.traffic else None,
        "problems": dict(sorted(Counter(problem.code for problem in problems).items())),
    }


def as_markdown(night: Night) -> str:
    """Return the report as Markdown."""
    lines = [f"# Night of {night.as_of}: {night.outcome}", "", night.sentence, ""]
    lines += ["| source | outcome | read | kept | doubts | last good night |", "|---|---|---:|---:|---:|---|"]
    for state in night.states:
        checked = state.checked_on or "never"
        doubts = _doubts(night, state)
        lines.append(f"| {state.source_id} | {state.outcome} | {state.read} | {state.records} | {doubts} | {checked} |")
    moved = [state.traffic for state in night.states if state.traffic]
    if moved:
        requests, unchanged, size = (sum(getattr(each, name) for each in moved) for name in MOVED)
        lines += ["", f"{requests:,} requests, {unchanged:,} times *unchanged*, {size:,} bytes downloaded."]
    failures = list(night.failures())
    if failures or night.faults:
        lines += ["", "## What a person should look at", ""]
        lines += [f"- **release**: {fault}" for fault in night.faults]
        lines += [f"- **{each.source_id}** ({each.code}): {each.message}. *{each.remedy}*" for each in failures]
    moves = [f"- **{each.source_id}**: {each.message}. *{each.remedy}*" for each in night.moved()]
    if moves:
        lines += ["", "## Addresses to mend", "", *moves]
    lost = [f"- **{each.source_id}**: {each.message}. *{each.remedy}*" for each in night.lost]
    if lost:
        lines += ["", "## Workers that did not bring their share home", "", *lost]
    unsent = [f"- **{each.channel}** ({each.event}): {each.reason}" for each in night.notices if not each.sent]
    if unsent:
        lines += ["", "## Notices that could not be sent", "", *unsent]
    return "\n".join(lines) + "\n"


def _doubts(night: Night, state: State) -> int:
    return sum(problem.level != "info" for problem in night.problems_of(state))


def write_report(night: Night, settings: Settings) -> None:
    """Write report.json, report.md and report.html into the night's folder under the home."""
    folder = settings.run_folder
    folder.mkdir(parents=True, exist_ok=True)
    measured = _measured(night, settings)
    data = as_data(night) | {"quality": measured.quality if measured else None}
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(night), encoding="utf-8")
    gates = [{"source_id": state.source_id} | asdict(check) for state in night.states for check in state.checks]
    page = report_page.private_page(data | {"gates": gates}, measured, folder.parent)
    (folder / report_page.FILE_NAME).write_text(page, encoding="utf-8")


def reported(night: Night, settings: Settings, *further: Callable[[], None]) -> Night:
    """Write the report, and what `further` writes beside it; return the night, with why where that is impossible.

    What is published stands by then, and a folder that cannot be written to takes nothing from it.
    """
    try:
        write_report(night, settings)
        for write in further:
            write()
    except OSError as fault:
        remedy = f"make {settings.run_folder.parent} writable, or free its disk; the published data is not concerned"
        message = f"the report could not be written: {fault}"
        return replace(night, unwritten=Problem("night", "report-unwritten", message, "error", remedy))
    return night


def _measured(night: Night, settings: Settings) -> report_page.Measured | None:
    """What tonight's warehouse tells; None where nothing was built."""
    if night.built is None:
        return None
    with reading(settings.warehouse) as connection:
        return report_page.measure(connection)


def show(night: Night, console: Console) -> None:
    """Print the report for a person."""
    table = Table(title=f"Night of {night.as_of}", title_justify="left")
    for name in ("source", "outcome", "read", "kept", "doubts"):
        table.add_column(name, justify="left" if name in {"source", "outcome"} else "right")
    for state in night.states:
        style = STYLES[state.outcome]
        doubts = _doubts(night, state)
        outcome = f"[{style}]{state.outcome}[/{style}]"
        table.add_row(state.source_id, outcome, str(state.read), str(state.records), str(doubts or ""))
    console.print(table)
    for problem in night.failures():
        line = f"{problem.source_id}: {problem.message}"
        console.print(f"[red]✗[/red] {escape(line)}\n    → {escape(problem.remedy)}", soft_wrap=True)
    for problem in (*night.moved(), *night.lost):
        line = f"{problem.source_id}: {problem.message}"
        console.print(f"[yellow]![/yellow] {escape(line)}\n    → {escape(problem.remedy)}", soft_wrap=True)
    for notice in night.notices:
        if not notice.sent:
            line = f"the notice of {notice.event} by {notice.channel} could not be sent: {notice.reason}"
            console.print(f"[yellow]![/yellow] {escape(line)}", soft_wrap=True)
    for fault in night.faults:
        console.print(f"[red]✗ not published:[/red] {escape(fault)}", soft_wrap=True)
    console.print(escape(night.sentence), soft_wrap=True)
