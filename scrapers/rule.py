"""Where a value stands in a source and how it is cut out: the right-hand side of a definition's `[fields]`."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Self

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from scrapers.problems import SourceError
from scrapers.record import PARTS, RAW_FIELDS, RawValue

PATTERN_SECONDS = 1.0

Place = Annotated[str, Field(min_length=1)]
"""A column, a path or a selector."""

Take = Callable[[str], list[str]]
"""Given a place (a column, a path, a selector), every text that stands there."""

Blocks = Callable[[str], list[Take]]
"""Given a place, a way to take values from each of the blocks that stand there."""


class Rule(BaseModel):
    """How one raw field is taken from a record of the source (`docs/source-definition.md`, "Fields")."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    from_: Place | Annotated[list[Place], Field(min_length=1)] | None = Field(None, alias="from")
    value: Annotated[str, Field(min_length=1)] | None = None
    join: str | None = None
    all: bool = False
    html: bool = False
    split: Annotated[str, Field(min_length=1)] | None = None
    pattern: str | None = None
    template: str | None = None
    each: Annotated[dict[str, Place], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, found: Any) -> Any:
        return {"from": found} if isinstance(found, str | list) else found

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                regex.compile(pattern)
            except (regex.error, OverflowError, RecursionError) as fault:
                raise ValueError(f"is not a regular expression ({fault}); mend it") from fault
        return pattern

    @field_validator("template")
    @classmethod
    def _has_place(cls, template: str | None) -> str | None:
        if template is not None and template.count("{}") != 1:
            raise ValueError('must hold "{}" once, where the value goes')
        return template

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise ValueError('needs either "from" (where the value stands) or "value" (a constant)')
        if self.each is not None and self.from_ is None:
            raise ValueError('needs "from" (the blocks) beside "each" (the places inside each block)')
        return self

    @property
    def places(self) -> list[str]:
        """Every column, path or selector that the rule looks at, without those inside its blocks."""
        if self.from_ is None:
            return []
        return [self.from_] if isinstance(self.from_, str) else list(self.from_)

    @cached_property
    def _lone(self) -> str | None:
        """The place of a rule that takes the first text there as it stands, which most do; None of any other."""
        changes = (self.value, self.join, self.split, self.pattern, self.template, self.each)
        return self.from_ if isinstance(self.from_, str) and not self.all and changes.count(None) == 6 else None

    @cached_property
    def _regex(self) -> regex.Pattern[str] | None:
        return regex.compile(self.pattern) if self.pattern else None

    def _search(self, text: str) -> regex.Match[str] | None:
        """Look for the pattern in `text`, for a second at most; raises `SourceError` when that is not enough."""
        assert self._regex is not None
        try:
            return self._regex.search(text, timeout=PATTERN_SECONDS)
        except TimeoutError as fault:
            message = f"the pattern {self.pattern} takes too long over a text of {len(text):,} characters"
            remedy = "write it without repetitions inside of repetitions, such as (a|aa)+"
            raise SourceError("pattern-slow", message, remedy) from fault

    def apply(self, field: str, take: Take, blocks: Blocks) -> RawValue | None:
        """Return the raw value of `field`, or None where the source has none.

        `take` and `blocks` are the kind's own way of looking at its record.
        """
        shape = RAW_FIELDS[field]
        if shape == "text" and self._lone is not None:
            return next(filter(str.strip, take(self._lone)), None)
        if self.each is not None:
            return self._parts_of_blocks(field, blocks) or None
        if shape == "parts":
            return self._parts_of_texts(field, self._texts(take, cut=False)) or None
        texts = self._texts(take, cut=True)
        if self.template is not None:
            texts = [self.template.replace("{}", text.strip()) for text in texts]
        if shape == "list":
            return texts or None
        if not texts:
            return None
        return (self.join if self.join is not None else " ").join(texts) if self.all or self.join else texts[0]

    def _texts(self, take: Take, cut: bool) -> list[str]:
        """All texts at the rule's places, joined, split, and cut by the pattern, in that order; empty ones left out.

        Of several places the first that is left with a text counts, unless they are to be joined.
        """
        if self.value is not None:
            return [self.value]
        if self.join is not None and len(self.places) > 1:
            flat = [text for place in self.places for text in take(place) if text.strip()]
            return self._pieces([self.join.join(flat)] if flat else [], cut)
        for place in self.places:
            if texts := self._pieces(take(place), cut):
                return texts
        return []

    def _pieces(self, texts: list[str], cut: bool) -> list[str]:
        pieces = texts if self.split is None else [piece.strip() for text in texts for piece in text.split(self.split)]
        kept = map(self._cut, pieces) if cut and self.pattern is not None else pieces
        return [piece for piece in kept if piece.strip()]

    def _cut(self, text: str) -> str:
        if self._regex is None:
            return text
        hit = self._search(text)
        if hit is None:
            return ""
        return (hit[1] if self._regex.groups else hit[0]) or ""

    def _parts_of_blocks(self, field: str, blocks: Blocks) -> list[dict[str, str]]:
        assert self.each is not None
        found = []
        for place in self.places:
            for take in blocks(place):
                parts = {part: " ".join(take(where)).strip() for part, where in self.each.items()}
                found.append({part: text for part, text in parts.items() if text and part in PARTS[field]})
        return [parts for parts in found if parts]

    def _parts_of_texts(self, field: str, texts: list[str]) -> list[dict[str, str]]:
        if self._regex is None or not self._regex.groupindex:
            return [{"name": text} for text in map(self._cut, texts) if text.strip()]
        hits = filter(None, map(self._search, texts))
        named = ({k: v.strip() for k, v in hit.groupdict().items() if v and v.strip()} for hit in hits)
        return [{part: text for part, text in parts.items() if part in PARTS[field]} for parts in named if parts]


def check_fields(table: str, fields: dict[str, Rule]) -> list[str]:
    """Say what is wrong with the left-hand sides and parts of `fields`, a line each; empty when all is well."""
    faults = []
    for field, rule in fields.items():
        if field not in RAW_FIELDS:
            near = ", ".join(get_close_matches(field, RAW_FIELDS, 1)) or ", ".join(sorted(RAW_FIELDS))
            faults.append(f"{table}.{field}: is no raw field; use {near}, or name the column in ignore")
            continue
        named = set(rule.each or ()) | set(regex.compile(rule.pattern or "").groupindex)
        unknown = sorted(named - set(PARTS.get(field, ())))
        if named and field not in PARTS:
            faults.append(f"{table}.{field}: holds no parts; remove `each` or the names of the groups")
        elif unknown:
            faults.append(f"{table}.{field}: has no part {', '.join(unknown)}; use {', '.join(PARTS[field])}")
    return faults
