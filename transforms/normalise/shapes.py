"""What the normaliser works by, and what it hands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from transforms.geocode import PlaceQuery


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
