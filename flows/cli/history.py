"""The commands `essaim history` and `essaim gate`: the life of one initiative, and what a night's gates measured."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.markup import escape

from flows.cli.shared import HomeOption, JsonOption, fail, home_to_read, out

if TYPE_CHECKING:
    from warehouse.life import Event, Life


history_app = typer.Typer(help="The life of one initiative, and the gates of a night.")


@history_app.command()
def history(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of an initiative, such as es-abc…, also one that moved.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the life of an initiative: first seen, each change with its night and source, merges, splits, withdrawn.

    Read from all the releases in the home. An id that was merged into another leads to it.
    """
    import duckdb

    from warehouse.life import life_of, near_ids

    releases = home_to_read(home, "releases") / "releases"
    try:
        life = life_of(id.strip(), releases)
        if life is None:
            _unknown(id.strip(), releases, near_ids(id.strip(), releases))
    except duckdb.Error as fault:
        fail(f"a release in {releases} cannot be read ({fault}); put it back or remove its folder")
    if as_json:
        data = asdict(life) | {"first_seen": _iso(life.first_seen), "moved_on": _iso(life.moved_on)}
        out.print_json(data=data)
        return
    _show(life)


def _show(life: Life) -> None:
    if life.id != life.asked:
        out.print(f"{life.asked} was merged into {life.id} on {life.moved_on}.", soft_wrap=True)
    since = f", first seen on {life.first_seen}" if life.first_seen else ""
    out.print(f"[bold]{escape(life.name)}[/bold] ({life.id}): {life.state}{since}", soft_wrap=True)
    others = [alias for alias in life.aliases if alias != life.asked]
    if others:
        out.print(f"Also known as {', '.join(others)}.", soft_wrap=True)
    night = ""
    for event in life.events:
        if event.night != night:
            night = event.night
            out.print(f"\n{night}")
        who = "" if event.initiative_id == life.id else f"{event.initiative_id}: "
        sources = f" ({', '.join(event.sources)})" if event.sources else ""
        out.print(f"  {who}{escape(_told(event) + sources)}", soft_wrap=True)
    if not life.events:
        out.print("No release that is still here tells a change of it.")


def _told(event: Event) -> str:
    """What happened, in a line."""
    match event.kind:
        case "added":
            return f"added as “{event.after}”"
        case "changed":
            return f"{event.field}: {_short(event.before)} → {_short(event.after)}"
        case "withdrawn":
            return f"withdrawn: no source tells of “{event.before}” any more"
        case "merged":
            return f"merged into {event.after}"
        case "split":
            return f"split off {event.before} as “{event.after}”"
        case "absorbed":
            return f"took in {event.before}, “{event.after}”"
        case "parted":
            return f"{event.after} was split off"
    return event.kind


def _short(text: str | None) -> str:
    if text is None:
        return "(nothing)"
    return text if len(text) <= 100 else text[:99] + "…"


def _iso(night: object) -> str | None:
    return str(night) if night else None


def _unknown(id: str, releases: Path, near: list[tuple[str, str]]) -> NoReturn:
    if not releases.is_dir():
        fail(f"there is no release in {releases}; run `essaim run` or `essaim demo` first, or name it with --home")
    meant = "; ".join(f"{each} is “{name}”" for each, name in near)
    hint = f"did you mean one of these? {meant}" if meant else "ids begin with es- and have 16 letters or digits"
    question = "essaim sql \"select initiative_id, name from initiative where name ilike '%…%'\""
    fail(f"no release in {releases} ever had the initiative {id}; {hint}. To find one by its name: {question}")


@history_app.command()
def gate(
    home: HomeOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Every rule: what was measured, its bound, passed or not.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the gates of the last night: each source's and the merged set's, what failed and what to look at.

    The exit status is 1 when the merged set was held back.
    """
    from flows.gate_report import last_gates, show_gates

    folder = home_to_read(home, "releases")
    try:
        gates = last_gates(folder)
    except ValueError as fault:
        fail(str(fault))
    if gates is None:
        fail(f"no night in {folder} has told of its gates; run `essaim run` or `essaim demo` first, or name --home")
    if as_json:
        out.print_json(data=gates)
    else:
        show_gates(gates, explain, out)
    raise typer.Exit(1 if gates["outcome"] == "held back" else 0)
