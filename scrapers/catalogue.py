"""Definitions from their files: TOML read and checked, one folder a source.

An error says which file, which key, what was found there and how to mend it; all faults of a file come at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scrapers.coherence import find_faults
from scrapers.local_files import data_roots_of_the_environment
from scrapers.problems import DefinitionError
from scrapers.source import Source

# Where a key may hold one thing or another, pydantic adds to its place which of the two it tried.
BRANCH = re.compile(r"str|list\[.*\]|constrained-str|function-.*|date|.*\[key\]")

SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def load_source(folder: Path, data_roots: Sequence[Path] | None = None) -> Source:
    """Read and check `folder/source.toml`; raises `DefinitionError` with every fault found.

    It may read files of its own folder and of `data_roots` (default: those of the environment).
    """
    path = folder / "source.toml"
    if not SOURCE_ID.fullmatch(folder.name):
        raise DefinitionError([f"{folder}: the folder's name is the id; use lower-case letters, digits, hyphens"])
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise DefinitionError([f"{path}: there is no such file; docs/source-definition.md shows one"]) from missing
    except OSError as fault:
        raise DefinitionError([f"{path}: cannot be read ({fault.strerror}); make it a readable file"]) from fault
    # tomllib lets the ValueError of a number of thousands of digits through.
    except (ValueError, RecursionError) as fault:
        raise DefinitionError([f"{path}: is not TOML ({fault}); mend that place"]) from fault
    own = {
        "id": folder.name,
        "folder": folder,
        "data_roots": tuple(data_roots_of_the_environment() if data_roots is None else data_roots),
    }
    faults = [f"{path}: {key}: unknown key; remove it, no definition says it" for key in own if key in found]
    # `ignore` reads best below the fields, where TOML makes it one of them.
    fields = found.get("fields")
    if isinstance(fields, dict) and "ignore" in fields:
        if "ignore" in found:
            faults.append(f"{path}: ignore: stands at the top and in [fields]; put the names into one list")
        found["ignore"] = fields.pop("ignore")
    try:
        source = Source.model_validate({**found, **own})
    except ValidationError as fault:
        lines = [line for error in fault.errors() for line in _explain(path, error)]
        raise DefinitionError(list(dict.fromkeys(faults + lines))) from fault
    faults += [f"{path}: {line}" for line in find_faults(source)]
    if faults:
        raise DefinitionError(list(dict.fromkeys(faults)))
    return source


def _explain(path: Path, error: Any) -> list[str]:
    """Turn one pydantic error into lines that name file, key, what was found and the remedy."""
    key = ".".join(str(part) for part in error["loc"] if not BRANCH.fullmatch(str(part)))
    found, reason = _short(error["input"]), error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return [f"{path}: {key}: missing; add it (docs/source-definition.md shows where)"]
    if error["type"] == "extra_forbidden":
        return [f"{path}: {key}: unknown key, found {found}; check its spelling or remove it"]
    return [f"{path}: {key}: found {found}; {reason[:1].lower()}{reason[1:]}"]


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."


def load_catalogue(
    folder: Path, data_roots: Sequence[Path] | None = None
) -> tuple[list[Source], list[DefinitionError]]:
    """Read every definition below `folder` (one folder a source), by id; `data_roots` are those of `load_source`.

    Returns the sound ones and the errors of the others, so that one bad definition stops no other source. Raises
    `DefinitionError` when `folder` holds no definition at all.
    """
    homes = sorted(path.parent for path in folder.glob("*/source.toml"))
    if not homes:
        raise DefinitionError([f"{folder}: holds no definition (no <id>/source.toml); name another folder"])
    sources, errors = [], []
    for home in homes:
        try:
            sources.append(load_source(home, data_roots))
        except DefinitionError as error:
            errors.append(error)
    return sources, errors
