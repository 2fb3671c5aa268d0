"""What a look at an address yields: candidates, each of them a whole definition in the making."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RuleValue = str | dict[str, Any]
"""The right-hand side of a field, as it is written: a place, or a table."""

# The higher, the better: what a publisher made for programs comes before what was made for eyes.
RANKS = {"api": 60, "data": 50, "feed": 40, "jsonld": 30, "html": 20, "weak": 10}
"""How well each way of reading keeps: an API, a data file, a feed, pages with JSON-LD, a list of blocks, a last resort.
"""


@dataclass(slots=True)
class Candidate:
    """One way of reading an address.

    `way` is a key of `RANKS`, `reason` a sentence for the person who chooses. `fetch`, `fields`, `detail_fields` are
    written as they are; `people` and `look_at` go to `ignore`. `rows` is how many records were counted (0: unknown),
    `remarks` are comments for the head of the file.
    """

    kind: str
    way: str
    reason: str
    fetch: dict[str, Any]
    fields: dict[str, RuleValue] = field(default_factory=dict)
    detail_fields: dict[str, RuleValue] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    look_at: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    rows: int = 0
    title: str = ""
    publisher: str = ""
    licence: str = "none"
    proof: str = ""
    language: str = ""
    remarks: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, int]:
        """What candidates are ordered by: the way, then how much was found."""
        return RANKS[self.way], len(self.fields) + len(self.detail_fields)


@dataclass(slots=True)
class Proposal:
    """All that was found at `address`, the best candidate first."""

    address: str
    candidates: list[Candidate]

    @property
    def chosen(self) -> Candidate:
        """The best candidate."""
        return self.candidates[0]
