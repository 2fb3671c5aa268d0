"""What the normaliser works by, and what it hands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scrapers.record import RawRecord, RawValue
from transforms.geocode import PlaceQuery
from transforms.normalise.cleaners import PLACE_FIELDS


@dataclass(frozen=True, slots=True)
class Rules:
    """What a definition says about its records: lookups by field, corrections by key and field, area, rights."""

    source_id: str
    open_licence: bool
    country: str | None = None
    departement: str | None = None
    region: str | None = None
    lookups: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    corrections: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    language: str | None = None


@dataclass(slots=True)
class CleanRecord:
    """A cleaned record: values by column of `record`, what the source wrote for each, and the place it names.

    `originals` holds, by column, one text for each item of the value, contacts removed.
    """

    source_id: str
    key: str
    record_url: str | None
    values: dict[str, Any]
    originals: dict[str, list[str]]
    place: PlaceQuery


class Draft(NamedTuple):
    """A record whose fields are clean, each by itself; `fields` are the raw ones, corrected."""

    raw: RawRecord
    fields: dict[str, RawValue]
    values: dict[str, Any]
    originals: dict[str, list[str]]
    place: PlaceQuery

    def finished(self) -> CleanRecord:
        """Return the record as it is handed on: its place and its address on the web stand beside the values."""
        values, originals = self.values, self.originals
        if "point" in originals:
            for axis in ("latitude", "longitude"):
                originals.setdefault(axis, originals["point"])
        url = values.pop("record_url", None)
        for column in ("latitude", "longitude", "point", *PLACE_FIELDS[1:]):
            values.pop(column, None)
        for column in ("point", "record_url"):
            originals.pop(column, None)
        return CleanRecord(self.raw.source_id, self.raw.key, url, values, originals, self.place)
