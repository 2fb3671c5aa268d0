"""What the gates of a night measured, in a file of the night's folder and as a table for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.harvest import State
from flows.query import roomy
from flows.settings import Settings
from warehouse.gate import Check

FILE = "gates.json"


def write_gates(settings: Settings, states: Sequence[State], merged: Sequence[Check], outcome: str) -> None:
    """Write what every gate of the night measured into the night's folder, for `essaim gate`."""
    data = {
        "as_of": settings.as_of.isoformat(),
        "outcome": outcome,
        "merged": [asdict(check) for check in merged],
        "sources": {state.source_id: _source_data(state) for state in states},
    }
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (settings.run_folder / FILE).write_text(text, encoding="utf-8")


def _source_data(state: State) -> dict[str, Any]:
    """How a source ended. One that could not be read has no checks, and says why in `failures`."""
    return {
        "outcome": state.outcome,
        "checked_on": state.checked_on.isoformat() if state.checked_on else None,
        "stale_since": state.stale_since.isoformat() if state.stale_since else None,
        "failures": [
            {"code": problem.code, "message": problem.message, "remedy": problem.remedy}
            for problem in state.problems
            if problem.level == "error" and problem.code != "gate"
        ],
        "checks": [asdict(check) for check in state.checks],
    }


def last_gates(home: Path) -> dict[str, Any] | None:
    """Return what the gates of the last night in `home` measured, or None when no night has told yet.

    Raises `ValueError` when the file cannot be read.
    """
    path = max((home / "runs").glob(f"????-??-??/{FILE}"), default=None)
    if path is None:
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as broken:
        raise ValueError(f"{path} cannot be read ({broken}); the next night writes it anew") from broken
    return found


def show_gates(gates: Mapping[str, Any], explain: bool, console: Console) -> None:
    """Print a line for each gate, or with `explain` every rule with what was measured and its bound."""
    console.print(f"Night of {gates['as_of']}: {gates['outcome']}")
    if explain:
        _show_rules(gates, console)
    else:
        _show_ends(gates, console)
    for who, check in _checks(gates):
        if check["accepted_by"]:
            told = escape(f"{who}: {check['told']}, accepted by {check['accepted_by']}")
            console.print(f"[yellow]![/yellow] {told}", soft_wrap=True)
        elif not check["passed"]:
            console.print(f"[red]✗[/red] {escape(who)}: {escape(check['told'])}", soft_wrap=True)
            console.print(f"    → {escape(check['remedy'])}", soft_wrap=True)
    for id, source in gates["sources"].items():
        for failure in source["failures"]:
            console.print(
                f"[red]✗[/red] {escape(id)} ({failure['code']}): {escape(failure['message'])}", soft_wrap=True
            )
            console.print(f"    → {escape(failure['remedy'])}", soft_wrap=True)


def _checks(gates: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every check of the night with whom it is about, the merged set last."""
    for id, source in gates["sources"].items():
        yield from ((id, check) for check in source["checks"])
    yield from (("merged set", check) for check in gates["merged"])


def _show_ends(gates: Mapping[str, Any], console: Console) -> None:
    table = Table("gate", "rules", "failed", "outcome")
    ends = {id: source["outcome"] for id, source in gates["sources"].items()} | {"merged set": gates["outcome"]}
    told = list(_checks(gates))
    for who, outcome in ends.items():
        mine = [check for each, check in told if each == who]
        failed = ", ".join(dict.fromkeys(check["rule"] for check in mine if not check["passed"]))
        table.add_row(who, str(len(mine)), failed, outcome)
    roomy(console).print(table)


def _show_rules(gates: Mapping[str, Any], console: Console) -> None:
    table = Table("gate")
    table.add_column("rule", no_wrap=True)
    for name in ("field", "measured", "bound", "passed"):
        table.add_column(name)
    for who, check in _checks(gates):
        mark = "[green]yes[/green]" if check["passed"] else "[yellow]accepted[/yellow]"
        mark = mark if check["passed"] or check["accepted_by"] else "[red]no[/red]"
        cells = (who, check["rule"], check["subject"], check["measured"], check["bound"])
        table.add_row(*map(escape, cells), mark)
    roomy(console).print(table)
