"""What was doubtful in the records of a source, gathered while they are cleaned and told at the end as problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scrapers.problems import Problem
from scrapers.record import RawRecord, RawValue
from transforms.normalise.cleaners import shown
from transforms.normalise.contacts import scrub
from transforms.normalise.cut_names import CutNames
from transforms.normalise.person_names import names_person
from transforms.normalise.text import clean_text

LABEL = 4
"""Words of a value that a message quotes where no licence allows more."""


class Doubts:
    """Takes note of doubts, record by record; `problems` yields them in their order."""

    def __init__(self, source_id: str, open_licence: bool) -> None:
        """Begin with none. Without an `open_licence` messages quote a few words of a value at most."""
        self._source_id = source_id
        self._open_licence = open_licence
        self._problems: list[Problem] = []
        self._unknown: Counter[tuple[str, str]] = Counter()
        self._private: Counter[str] = Counter()
        self._cut_names = CutNames()

    def note(self, raw: RawRecord, code: str, message: str, name: str, remedy: str, level: Any = "info") -> None:
        """Note a problem of one record, by its position and, where that may be shown, its name."""
        # Scrubbed before it is cut, or the beginning of a contact would stay; and after, for what the cut lays bare.
        label = "" if names_person(joined(raw.fields.get("name"))) else scrub(joined(raw.fields.get("name")))[0][:80]
        who = f'record {raw.position} ("{label}")' if label else f"record {raw.position}"
        text = scrub(f"{who} {scrub(message)[0]}")[0]
        self._problems.append(Problem(raw.source_id, code, text, level, remedy, raw.key, name))

    def note_name(self, name: str, raw: RawRecord) -> None:
        """Note the name of a record, as it was written: many of one length show that the source cuts them."""
        self._cut_names.see(name, raw.key, raw.position)

    def note_unknown(self, name: str, values: Iterable[str]) -> None:
        """Note values of the field `name` that no lookup knows."""
        self._unknown.update((name, value) for value in values)

    def note_private(self, counts: Mapping[str, int]) -> None:
        """Count what was left out as private, by what it is."""
        self._private.update(counts)

    def absorb(self, later: Doubts) -> None:
        """Take over the doubts about the records that follow, as if they had been noted here."""
        self._problems += later._problems
        self._unknown += later._unknown
        self._private += later._private
        self._cut_names.absorb(later._cut_names)

    def is_named(self, raw: RawRecord, name: str | None) -> bool:
        """Whether a record has a name that may be published; if not, the reason is noted."""
        if name is None:
            self.note(raw, "no-name", "has no name", "name", "a record without a name cannot be published", "warning")
        elif self.is_person(name):
            remedy = "if that is the name of an organisation, write it so in [[corrections]]"
            self.note(raw, "person-name", "is named like a person, which is not published", "name", remedy, "warning")
        else:
            return True
        return False

    def is_person(self, text: str) -> bool:
        """Whether a value that should name an organisation names a person; counted, and told at the end."""
        found = names_person(clean_text(text) or "")
        self._private["names of people"] += found
        return found

    def quoted(self, value: str) -> str:
        """A value as a message may quote it: of sources without an open licence no more words than a label has."""
        words = value.split()
        if self._open_licence or len(words) <= LABEL:
            return value[:80]
        return f"{' '.join(words[:LABEL])[:80]} …"

    def problems(self, unused_corrections: Iterable[tuple[str, str]]) -> Iterator[Problem]:
        """Yield what was doubtful: per record first, then values no lookup knows and corrections that no longer fit."""
        yield from self._problems
        for (name, value), count in sorted(self._unknown.items()):
            records = "1 record" if count == 1 else f"{count} records"
            message = shown(f'{name}: "{self.quoted(value)}" is in no lookup ({records})')
            remedy = f"add it to [lookups.{name}]"
            yield Problem(self._source_id, "unknown-value", message, "warning", remedy, field=name)
        for key, name in sorted(unused_corrections):
            message = f"the correction of {name} no longer fits: the record or the wrong value has gone"
            remedy = "the source has mended it: remove the correction"
            yield Problem(self._source_id, "correction-unused", message, "warning", remedy, key, name)
        yield from self._about_people()
        for key, name, position in self._cut_names.found():
            label = f'record {position} ("{scrub(name)[0][:80]}")'
            message = scrub(f"{label} has a name of {len(name)} characters, as others have: the source cuts them")[0]
            remedy = "the whole name may be in another source, or in [[corrections]]"
            yield Problem(self._source_id, "name-truncated", message, "info", remedy, key, "name")

    def _about_people(self) -> Iterator[Problem]:
        told = [f"{count} {what}" for what, count in sorted(self._private.items()) if count]
        if told:
            message = f"left out as private: {', '.join(told)}"
            yield Problem(self._source_id, "private-contact", message, "info", "see docs/personal-data.md")


def items_of(value: RawValue) -> list[str]:
    """The texts of a raw value, one an item."""
    if isinstance(value, str):
        return [value]
    return [item if isinstance(item, str) else "; ".join(item.values()) for item in value]


def joined(value: RawValue | None) -> str:
    """The texts of a raw value as one."""
    if isinstance(value, str):
        return value
    return " ".join(items_of(value)) if value is not None else ""
