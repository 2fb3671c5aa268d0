"""Rows of the warehouse that tell about the night itself: issues, sources, runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.harvest import State
from scrapers.problems import Problem, rejects
from scrapers.source import Source
from transforms.normalise.contacts import scrub
from transforms.normalise.keys import public_key
from transforms.normalise.person_names import hide_names

OWN_STAGES = {"definition": "definition", "gate": "gate", "gate-accepted": "gate"}
NORMALISING = {
    "no-name", "not-an-initiative", "unknown-value", "correction-unused", "name-truncated", "private-contact",
    "person-name",
}  # fmt: skip


def issue_rows(problems: Mapping[str, Sequence[Problem]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of `issue` for the problems of each source, numbered in their order."""
    for source_id, found in sorted(problems.items()):
        for number, problem in enumerate(found, 1):
            yield {
                "source_id": source_id,
                "number": number,
                "level": problem.level,
                "stage": _stage(problem),
                "code": problem.code,
                "record_key": public_key(problem.key),
                "field": problem.field,
                "message": scrub(hide_names(problem.message)[0])[0],
                "remedy": problem.remedy,
                "rejected": rejects(problem),
            }


def _stage(problem: Problem) -> str:
    if problem.code in OWN_STAGES:
        return OWN_STAGES[problem.code]
    if problem.code.startswith("geo-"):
        return "geocode"
    return "normalise" if problem.code.startswith("invalid-") or problem.code in NORMALISING else "harvest"


def source_rows(
    sources: Sequence[Source],
    states: Sequence[State],
    problems: Mapping[str, Sequence[Problem]],
    records: Mapping[str, int],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `source` for those that have rows to publish; `records` counts what is published of each."""
    for source, state in zip(sources, states, strict=True):
        if not state.has_rows:
            continue
        yield {
            "source_id": source.id,
            "title": source.title,
            "publisher": source.publisher.name,
            "publisher_url": source.publisher.url,
            "kind": source.kind,
            "licence": source.rights.licence,
            "licence_proof": source.rights.proof,
            "attribution": source.rights.attribution,
            "verified": source.verified,
            "records": records.get(source.id, 0),
            "rejected": sum(map(rejects, problems[source.id])),
            "checked_on": state.checked_on,
            "stale_since": state.stale_since,
        }


def run_rows(states: Sequence[State], as_of: dt.date) -> Iterator[dict[str, Any]]:
    """Yield the rows of `run` for this night."""
    for state in states:
        yield {"as_of": as_of, "source_id": state.source_id, "outcome": state.outcome, "records": state.records}
