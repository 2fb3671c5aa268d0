"""Definitions from their files: TOML read and checked, one folder a source.

An error says which file, which key, what was found there and how to mend it; all faults of a file come at once.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scrapers.problems import DefinitionError
from scrapers.source import Source

SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def load_source(folder: Path) -> Source:
    """Read and check `folder/source.toml`; raises `DefinitionError` with every fault found."""
    path = folder / "source.toml"
    if not SOURCE_ID.fullmatch(folder.name):
        raise DefinitionError([f"{folder}: the folder's name is the id; use lower-case letters, digits, hyphens"])
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise DefinitionError([f"{path}: there is no such file; docs/source-definition.md shows one"]) from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DefinitionError([f"{path}: is not TOML ({fault}); mend that place"]) from fault
    # `ignore` reads best below the fields, where TOML makes it one of them.
    if "ignore" in found.get("fields", {}):
        found["ignore"] = found["fields"].pop("ignore")
    try:
        return Source.model_validate({**found, "id": folder.name, "folder": folder})
    except ValidationError as fault:
        raise DefinitionError([line for error in fault.errors() for line in _explain(path, error)]) from fault


def _explain(path: Path, error: Any) -> list[str]:
    """Turn one pydantic error into lines that name file, key, what was found and the remedy."""
    key = ".".join(str(part) for part in error["loc"] if part not in {"function-after", "str", "list[str]"})
    if error["type"] == "missing":
        return [f"{path}: {key}: missing; add it (docs/source-definition.md shows where)"]
    if error["type"] == "extra_forbidden":
        return [f"{path}: {key}: unknown key, found {_short(error['input'])}; check its spelling or remove it"]
    reason = error["msg"].removeprefix("Value error, ")
    if not key:
        return [f"{path}: {line}" for line in reason.splitlines()]
    if error["type"] == "value_error":
        return [f"{path}: {key}: {line}" for line in reason.splitlines()]
    return [f"{path}: {key}: found {_short(error['input'])}; {reason[:1].lower()}{reason[1:]}"]


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."


def load_catalogue(folder: Path) -> tuple[list[Source], list[DefinitionError]]:
    """Read every definition below `folder` (one folder a source), by id.

    Returns the sound ones and the errors of the others, so that one bad definition stops no other source. Raises
    `DefinitionError` when `folder` holds no definition at all.
    """
    homes = sorted(path.parent for path in folder.glob("*/source.toml"))
    if not homes:
        raise DefinitionError([f"{folder}: holds no definition (no <id>/source.toml); name another folder"])
    sources, errors = [], []
    for home in homes:
        try:
            sources.append(load_source(home))
        except DefinitionError as error:
            errors.append(error)
    return sources, errors
