"""A source's definition, as `docs/source-definition.md` describes it: what it may hold and how that hangs together."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scrapers.problems import DefinitionError
from scrapers.rule import Rule, check_fields
from scrapers.selector import split_place

Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publisher(_Table):
    """Who publishes the source."""

    name: str = Field(min_length=1)
    url: Address
    contact: str | None = None


class Area(_Table):
    """Where all initiatives of the source are, when its records do not say it."""

    departement: str | None = None
    region: str | None = None


class NumberedPages(_Table):
    """List pages whose address holds a number."""

    url: Address
    first: int = 1
    last: int

    @model_validator(mode="after")
    def _place(self) -> Self:
        if "{page}" not in self.url:
            raise ValueError('url must hold "{page}", where the number goes')
        return self

    def addresses(self) -> list[str]:
        """Every list page's address, in order."""
        return [self.url.replace("{page}", str(number)) for number in range(self.first, self.last + 1)]


class Fetch(_Table):
    """Where the source stands and how its records are told apart."""

    url: Address | list[Address] | None = None
    path: str | list[str] | None = None
    format: Literal["csv", "xlsx", "ods", "parquet"] | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = None
    sheet: str | None = None
    items: str | None = None
    item: str | None = None
    next: str | None = None
    pages: NumberedPages | None = None
    detail: str | None = None
    max_pages: int = Field(100, ge=1)


class Rights(_Table):
    """Under which licence, with which proof, and how the publisher wants to be named."""

    licence: str = Field(min_length=1)
    proof: str = Field(min_length=1)
    attribution: str = Field(min_length=1)


class Identity(_Table):
    """The raw fields that make a record's stable key."""

    key: list[str] = Field(min_length=1)


class Bounds(_Table):
    """The smallest and the greatest number of records that is believed."""

    min: int = Field(ge=0)
    max: int | None = Field(None, ge=1)


class Expect(_Table):
    """The gate of the source: outside these bounds its last good rows are kept."""

    rows: Bounds
    max_drop: float = Field(0.3, ge=0, le=1)
    filled: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    stale_after_days: int = Field(90, ge=1)


class Correction(_Table):
    """A known error of the source, put right as long as it stands there."""

    key: str
    field: str
    expect: str
    value: str
    reason: str = Field(min_length=1)


class Sample(_Table):
    """What the demo and the tests read instead of the network."""

    written_on: dt.date
    rows: int = Field(ge=1)
    pages: dict[str, str] = Field(default_factory=dict)


# The keys of [fetch] that each kind reads, besides url, path and encoding.
FETCH_KEYS: dict[str, set[str]] = {
    "table": {"format", "delimiter", "sheet"},
    "json": {"items"},
    "html": {"item", "next", "pages", "detail", "max_pages"},
}


class Source(_Table):
    """One source, as its `source.toml` describes it, with the folder it was read from."""

    id: str
    folder: Path
    title: str = Field(min_length=1)
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$")
    kind: Literal["table", "json", "html"]
    schedule: Literal["daily", "weekly", "monthly", "never"]
    verified: str = Field("never live", pattern=r"^(never live|live \d{4}-\d{2}-\d{2})$")
    retired: str | None = None
    publisher: Publisher
    area: Area = Area()
    fetch: Fetch
    fields: dict[str, Rule]
    ignore: list[str] = Field(default_factory=list)
    detail_fields: dict[str, Rule] = Field(default_factory=dict)
    rights: Rights
    identity: Identity
    expect: Expect
    lookups: dict[str, dict[str, str | list[str]]] = Field(default_factory=dict)
    corrections: list[Correction] = Field(default_factory=list)
    sample: Sample | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        faults = [*check_fields(self.fields), *check_fields(self.detail_fields)]
        faults += self._fetch_faults() + self._selector_faults() + self._name_faults() + self._sample_faults()
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _fetch_faults(self) -> list[str]:
        fetch, faults = self.fetch, []
        given = [key for key in ("url", "path") if getattr(fetch, key) is not None]
        if self.kind == "html" and fetch.pages is not None:
            given.append("pages")
        if len(given) != 1:
            origins = "url, path or pages" if self.kind == "html" else "url or path"
            faults.append(f"fetch: needs exactly one of {origins}, found {' and '.join(given) or 'none'}")
        for kind, keys in FETCH_KEYS.items():
            for key in sorted(keys & fetch.model_fields_set):
                if key not in FETCH_KEYS[self.kind]:
                    faults.append(f'fetch.{key}: belongs to kind "{kind}", this source is of kind "{self.kind}"')
        if self.kind == "html" and not fetch.item:
            faults.append("fetch.item: missing; give the CSS selector of the block of one initiative")
        if self.detail_fields and not fetch.detail:
            faults.append("detail_fields: needs fetch.detail, the link from the block to the initiative's page")
        return faults

    def _selector_faults(self) -> list[str]:
        if self.kind != "html":
            return []
        used = {f"fetch.{key}": getattr(self.fetch, key) or "." for key in ("item", "next", "detail")}
        for field, rule in [*self.fields.items(), *self.detail_fields.items()]:
            used |= {f"{field} {place}": place for place in [*rule.places, *(rule.each or {}).values()]}
        faults = []
        for where, place in used.items():
            try:
                split_place(place)
            except ValueError as fault:
                faults.append(f"{where}: {fault}")
        return faults

    def _name_faults(self) -> list[str]:
        taken, faults = {*self.fields, *self.detail_fields}, []
        if "name" not in taken:
            faults.append("fields.name: missing; a record without a name cannot be published")
        places = {
            "identity.key": self.identity.key,
            "expect.filled": list(self.expect.filled),
            "lookups": list(self.lookups),
            "corrections": [correction.field for correction in self.corrections],
        }
        for where, names in places.items():
            for name in names:
                if name not in taken:
                    faults.append(f'{where}: names "{name}", which [fields] does not take; add it there')
        return faults

    def _sample_faults(self) -> list[str]:
        if self.sample is None:
            return []
        folder, faults = (self.folder / "sample").resolve(), []
        for address, name in self.sample.pages.items():
            file = (folder / name).resolve()
            if not file.is_relative_to(folder):
                faults.append(f'sample.pages."{address}": {name} lies outside the sample folder')
            elif not file.is_file():
                faults.append(f'sample.pages."{address}": there is no file sample/{name}')
        return faults

    @property
    def places(self) -> set[str]:
        """Every column or path that `[fields]` takes."""
        return {place for rule in self.fields.values() for place in rule.places}

    def addresses(self) -> list[str]:
        """The addresses to begin with: `http(s)` ones, or `file` ones for local paths.

        Raises `DefinitionError` when a local path names an unknown environment variable or no file.
        """
        if self.fetch.pages is not None:
            return self.fetch.pages.addresses()
        if self.fetch.url is not None:
            return [self.fetch.url] if isinstance(self.fetch.url, str) else list(self.fetch.url)
        paths = [self.fetch.path] if isinstance(self.fetch.path, str) else list(self.fetch.path or ())
        return [file.as_uri() for path in paths for file in self._files(path)]

    def _files(self, path: str) -> list[Path]:
        where = f"{self.folder / 'source.toml'}: fetch.path"
        for name in re.findall(r"\$\{(\w+)\}", path):
            if name not in os.environ:
                raise DefinitionError([f"{where}: {path} needs the environment variable {name}; set it"])
            path = path.replace("${" + name + "}", os.environ[name])
        file = (self.folder / path).resolve()
        if file.is_dir():
            return sorted(child for child in file.iterdir() if child.is_file() and child.name[0] != ".")
        if not file.is_file():
            raise DefinitionError([f"{where}: there is no file {file}; mend the path"])
        return [file]
