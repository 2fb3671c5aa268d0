"""The catalogue of a night: definitions read, checked against vocabulary and licence register, chosen by id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scrapers.catalogue import load_catalogue
from scrapers.problems import DefinitionError, Problem
from scrapers.source import Source
from transforms.normalise.record import Rules
from transforms.rights import check_licence, register
from transforms.vocabulary import check_lookups


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sources that can be harvested, and the problems of those that cannot."""

    sources: list[Source]
    problems: list[Problem]


def read_catalogue(
    folder: Path, wanted: tuple[str, ...] = (), sampled: bool = False, data_roots: tuple[Path, ...] = ()
) -> Catalogue:
    """Read the definitions below `folder`; if `sampled`, those with a sample. They may read files of `data_roots`.

    A faulty definition becomes a problem and stops no other. Raises `DefinitionError` when the folder has no
    definition, or none with one of the ids `wanted`.
    """
    found, errors = load_catalogue(folder, data_roots)
    named = {Path(error.faults[0].partition("/source.toml")[0]).name: error for error in errors}
    unknown = sorted(set(wanted) - {source.id for source in found} - set(named))
    if unknown:
        known = ", ".join(sorted([*(source.id for source in found), *named]))
        raise DefinitionError([f"no source {', '.join(unknown)} in {folder}; it has {known}"])
    sources, problems = [], []
    for source in found:
        faults = check_source(source)
        if faults:
            named[source.id] = DefinitionError(faults)
        else:
            sources.append(source)
    for id, error in sorted(named.items()):
        problems += [_problem(id, fault, folder) for fault in error.faults]
    kept = [source for source in sources if source.retired is None and (source.sample is not None or not sampled)]
    return Catalogue(kept, problems)


def check_source(source: Source) -> list[str]:
    """Say what in a sound definition names no code of the vocabulary or no licence of the register."""
    path = source.folder / "source.toml"
    return [f"{path}: {fault}" for fault in [*check_licence(source.rights.licence), *check_lookups(source.lookups)]]


def _problem(id: str, fault: str, folder: Path) -> Problem:
    message = fault.replace(f"{folder}/", "")
    return Problem(
        id, "definition", message, "error", "mend the definition; `essaim source check` says when it is sound"
    )


def rules_of(source: Source) -> Rules:
    """Return what the normaliser needs to know of a definition."""
    lookups = {
        field: {theirs: [ours] if isinstance(ours, str) and ours else list(ours) for theirs, ours in known.items()}
        for field, known in source.lookups.items()
    }
    corrections = {(each.key, each.field): (each.expect, each.value) for each in source.corrections}
    return Rules(
        source.id,
        register()[source.rights.licence].open,
        source.country,
        source.area.departement,
        source.area.region,
        lookups,
        corrections,
        source.language,
    )
