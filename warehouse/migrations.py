"""Homes of older versions, brought to the form of this one: a short list of steps, each taken once and in order.

Tables of the warehouse and releases are made anew, so what a step looks after is what cannot be: the memory of ids
(`record_identity`, `moved_id`, `run`), staged rows, archives and the answers of address services. The form a home has
is written in its `home.json`; a home of before that file has form 1. A step is taken on a copy that takes the old
file's place when it is whole, so that one that was interrupted is taken again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.database import connect
from transforms.normalise.keys import public_key
from warehouse.publish import latest
from warehouse.schema import SCHEMA_VERSION
from warehouse.store import FILE_NAME, remove
from warehouse.version import NewerFileError, is_newer, version_of

HOME_FILE = "home.json"
OLDEST = 1


@dataclass(frozen=True, slots=True)
class Migration:
    """A step to the form `to`: what it does, in a few words, and the function that does it to a home."""

    to: int
    what: str
    apply: Callable[[Path], None]


def open_home(home: Path) -> list[str]:
    """Bring `home` to the form of this version, and return what was done, a line for each step.

    A new home is given the form. Call it with the home locked. Raises `NewerFileError` when the home, its warehouse or
    its last release is of a newer version, and `OSError` when a step cannot be taken; the home is then as it was.
    """
    form = form_of(home)
    _refuse_newer(home, form)
    done = []
    for step in MIGRATIONS:
        if form < step.to:
            try:
                step.apply(home)
            except duckdb.Error as fault:
                remedy = "put a copy of it back; without it ids are minted anew"
                raise OSError(f"the warehouse {home / FILE_NAME} cannot be read ({fault}); {remedy}") from fault
            _write_form(home, step.to)
            done.append(f"{home} brought from form {form} to {step.to}: {step.what}")
            form = step.to
    if not (home / HOME_FILE).is_file():
        _write_form(home, FORM)
    return done


def form_of(home: Path) -> int:
    """The form of `home`; that of this version where there is nothing yet.

    Raises `OSError` when its `home.json` cannot be understood.
    """
    path = home / HOME_FILE
    if path.is_file():
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["form"])
        except (ValueError, TypeError, KeyError) as fault:
            raise OSError(f"{path} cannot be read ({fault}); put a copy of it back") from fault
    old = any((home / name).exists() for name in (FILE_NAME, "staging", "archive", "releases"))
    return OLDEST if old else FORM


def newer_files(home: Path) -> Iterable[str]:
    """Yield a sentence for each DuckDB file of `home` that a newer version wrote."""
    before = latest(home / "releases")
    for path in (home / FILE_NAME, before / FILE_NAME if before else None):
        if path is None or not path.is_file():
            continue
        try:
            version = version_of(path)
        except duckdb.Error:
            continue  # whoever reads it next says why it cannot be read, and what to do
        if is_newer(version):
            yield f"{path} was written by a newer Essaim (contract {version}, this one knows {SCHEMA_VERSION})"


def _refuse_newer(home: Path, form: int) -> None:
    told = [f"{home} was last used by a newer Essaim (form {form}, this one knows {FORM})"] if form > FORM else []
    for sentence in [*told, *newer_files(home)]:
        raise NewerFileError(f"{sentence}; install that version or a later one, or name another home")


def _write_form(home: Path, form: int) -> None:
    aside = home / f".{HOME_FILE}.new"
    aside.write_text(json.dumps({"form": form}) + "\n", encoding="utf-8")
    aside.replace(home / HOME_FILE)


def _publish_keys(home: Path) -> None:
    """Keys of records that hold somebody's contact are remembered as they are published, `public_key` has it.

    Versions before 1.1 remembered them raw, so that such a record would be taken for a new one and get another id. The
    warehouse as it was stays beside the new one, as `essaim.duckdb.form-1`.
    """
    warehouse = home / FILE_NAME
    if not warehouse.is_file():
        return
    aside = warehouse.with_name(f"{FILE_NAME}.migrating")
    remove(aside)
    with connect(warehouse) as connection:
        connection.execute("CHECKPOINT")  # so that the file alone holds everything
        found = connection.execute("SELECT source_id, record_key FROM record_identity").fetchall()
    changed = [(source, key, public_key(key)) for source, key in found if public_key(key) != key]
    if not changed:
        return
    shutil.copyfile(warehouse, aside)
    with connect(aside) as connection:
        for source, old, new in changed:
            _rename(connection, source, old, new)
        connection.execute("CHECKPOINT")
    # Copied, not moved: there is never a moment without a warehouse.
    shutil.copyfile(warehouse, warehouse.with_name(f"{FILE_NAME}.form-{OLDEST}"))
    aside.replace(warehouse)


def _rename(connection: duckdb.DuckDBPyConnection, source: str, old: str, new: str) -> None:
    """Remember a record under its `new` key; where a night has met that one, the id of before leads to its id."""
    identity = "SELECT initiative_id, first_seen FROM record_identity WHERE source_id = ? AND record_key = ?"
    [(before, first_seen)] = connection.execute(identity, [source, old]).fetchall()
    met = connection.execute(identity, [source, new]).fetchall()
    connection.execute("DELETE FROM record_identity WHERE source_id = ? AND record_key = ?", [source, old])
    if not met:
        row = [source, new, before, first_seen]
        connection.execute("INSERT INTO record_identity VALUES (?, ?, ?, ?)", row)
        return
    [(now, moved_on)] = met
    [(others,)] = connection.execute(
        "SELECT count(*) FROM record_identity WHERE initiative_id = ?", [before]
    ).fetchall()
    if before != now and not others:
        connection.execute("INSERT OR IGNORE INTO moved_id VALUES (?, ?, ?)", [before, now, moved_on])


MIGRATIONS: tuple[Migration, ...] = (Migration(2, "record keys are remembered as they are published", _publish_keys),)
"""All steps, in order. A new one goes to the end; none is ever changed once it was released."""

FORM = MIGRATIONS[-1].to
"""The form of a home that this version writes."""
