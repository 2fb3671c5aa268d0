"""`essaim publish`: releases copied out to a folder or object storage, and told to data.gouv.fr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows.cli.shared import HomeOption, err, fail, home_to_read, out

if TYPE_CHECKING:
    from warehouse.publish.upload import Place


def publish(
    to: Annotated[
        str | None,
        typer.Option(metavar="DIR|s3://BUCKET/PREFIX", help="Copy the releases there: only what changed."),
    ] = None,
    datagouv: Annotated[
        bool, typer.Option("--datagouv", help="Show what data.gouv.fr would be told; with --send, tell it.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="With --datagouv: create or update the dataset ($DATAGOUV_API_KEY).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    home: HomeOption = None,
) -> None:
    """Copy the releases of this home out, or tell data.gouv.fr of the latest.

    Credentials come from the environment only: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL (for another
    store than Amazon's), AWS_DEFAULT_REGION; DATAGOUV_API_KEY. The exit status is 0 when all is as it is at home, 1
    when something failed (run it again: it goes on), 2 when the command itself is wrong.
    """
    if to is None and not datagouv:
        fail("say where to: --to DIR, --to s3://bucket/prefix or --datagouv")
    if send and (not datagouv or dry_run):
        fail("--send goes with --datagouv, and not with --dry-run")
    releases = home_to_read(home, "releases") / "releases"
    if to is not None:
        _copy_out(releases, to, dry_run)
    if datagouv:
        _tell_datagouv(releases, send)


def _copy_out(releases: Path, to: str, dry_run: bool) -> None:
    from warehouse.publish.upload import ConflictError, carry_out, plan

    place = _place(to)
    try:
        todo = plan(releases, place)
        if todo.is_empty:
            out.print(f"Nothing to do: {to} is as it is at home.", soft_wrap=True, markup=False)
            return
        lines = [f"send {version}" for version in todo.send]
        lines += [f"switch latest to {todo.latest}"] * todo.point
        lines += ["renew index.json"] * todo.index + [f"drop {version}" for version in todo.drop]
        out.print("\n".join(lines), soft_wrap=True, markup=False)
        if not dry_run:
            sent = carry_out(todo, releases, place, lambda line: err.print(line, soft_wrap=True, markup=False))
            out.print(f"Done: {sent:,} bytes sent.")
    except ConflictError as fault:
        _failed(str(fault))
    except FileNotFoundError as fault:
        fail(str(fault))
    except Exception as fault:
        if not (isinstance(fault, OSError) or type(fault).__module__.startswith(("botocore", "boto3"))):
            raise
        _failed(f"{fault}; nothing half-done is shown to readers: once that is mended, run it again, and it goes on")


def _place(to: str) -> Place:
    from warehouse.publish.upload.folder import Folder

    if "://" not in to:
        return Folder(Path(to))
    from warehouse.publish.upload.bucket import open_bucket

    try:
        return open_bucket(to)
    except ModuleNotFoundError:
        fail('object storage needs the extra "s3": pip install "essaim[s3]"')
    except ValueError as fault:
        fail(str(fault))


def _tell_datagouv(releases: Path, send: bool) -> None:
    from flows.publish_datagouv import DatagouvError, Portal, portal_of_the_environment, tell
    from warehouse.publish import latest

    folder = latest(releases)
    if folder is None:
        fail(f"{releases} has no release yet: run a night first")
    try:
        portal: Portal = portal_of_the_environment(need_key=send)
        for line in tell(folder, portal, send):
            out.print(line, soft_wrap=True, markup=False)
    except ValueError as fault:
        fail(str(fault))
    except DatagouvError as fault:
        _failed(str(fault))
    if not send:
        out.print("Nothing was sent; --send sends it.")


def _failed(message: str) -> NoReturn:
    err.print(f"essaim: {message}", soft_wrap=True, markup=False)
    raise typer.Exit(1)
