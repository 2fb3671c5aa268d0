"""A source's definition, as `docs/source-definition.md` describes it: what it may hold and how that hangs together."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from scrapers.local_files import local_files
from scrapers.path import steps
from scrapers.rule import Rule
from scrapers.secrets import NAMED, header_faults


def _web_address(text: str) -> str:
    try:
        sound = re.match(r"https?://[^\s/]+", text) is not None and bool(urlsplit(text).hostname)
        _ = urlsplit(text).port  # raises for one that no host can have
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("is no address of the web; write it whole, from https:// on")
    return text


def _json_path(text: str) -> str:
    steps(text)
    return text


Address = Annotated[str, AfterValidator(_web_address)]
Name = Annotated[str, Field(min_length=1)]

FORM = "application/x-www-form-urlencoded"

PLACE = "{page}"
"""Where an address or a body takes the number, the offset or the cursor of a page."""

MOST_PAGES = 10_000
"""So many numbered pages a definition may name."""


class _Table(BaseModel):
    # Strict: a text is no number, and "no" is no truth value.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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
    first: int = Field(1, ge=0)
    last: int

    @model_validator(mode="after")
    def _place(self) -> Self:
        if PLACE not in self.url:
            raise ValueError('url must hold "{page}", where the number goes')
        if not self.first <= self.last < self.first + MOST_PAGES:
            raise ValueError(f"last must not be less than first, nor {MOST_PAGES} or more above it")
        return self

    def addresses(self) -> list[str]:
        """Every list page's address, in order."""
        return [self.url.replace(PLACE, str(number)) for number in range(self.first, self.last + 1)]


class Paging(_Table):
    """How a JSON list goes on: `page` and `offset` count in the parameter `param`, `cursor` puts the value found at
    the path `next` there, `link` follows the address found at `next`, or else that of the header Link, rel="next".
    """

    style: Literal["page", "offset", "cursor", "link"]
    param: str = "page"
    size_param: str | None = None
    size: int = Field(100, ge=1)
    first: int = Field(1, ge=0)
    next: str | None = None


class More(_Table):
    """Where the rest of a list comes from when a button asks for it: fragments of HTML, numbered in `url` or `body`.

    With a `body` they are asked for by POST. `html` is the path of the HTML in an answer that is JSON.
    """

    url: Address
    first: int = Field(2, ge=0)
    body: Name | None = None
    type: Name = FORM
    html: Annotated[str, AfterValidator(_json_path)] | None = None

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if PLACE not in self.url and PLACE not in (self.body or ""):
            raise ValueError('url or body must hold "{page}", where the number goes')
        if self.body is None and "type" in self.model_fields_set:
            raise ValueError("type tells what body is; give one, or remove it")
        return self


class Fetch(_Table):
    """Where the source stands and how its records are told apart."""

    url: Address | Annotated[list[Address], Field(min_length=1)] | None = None
    path: Name | Annotated[list[Name], Field(min_length=1)] | None = None
    format: Literal["csv", "xlsx", "ods", "parquet"] | None = None
    delimiter: str | None = Field(None, pattern=r'^[^"\r\n]$')
    encoding: str | None = None
    sheet: str | None = None
    items: str | None = None
    item: str | None = None
    next: str | None = None
    pages: NumberedPages | None = None
    detail: str | None = None
    sitemap: Address | None = None
    more: More | None = None
    max_pages: int = Field(100, ge=1)
    body: Name | None = None
    body_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    paging: Paging | None = None
    dataset: str | None = None
    resource: str | None = None
    reads: Literal["table", "json"] | None = None
    type: str | None = None
    query: str | None = None
    category: str | None = None
    template: str | None = None
    match: str | None = None
    render: Literal["browser"] | None = None
    wait_for: Name | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @field_validator("headers")
    @classmethod
    def _secret_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        if faults := header_faults(headers):
            raise ValueError("; ".join(faults))
        return headers

    @field_validator("encoding")
    @classmethod
    def _decodes(cls, encoding: str | None) -> str | None:
        try:
            "a".encode(encoding or "utf-8")
        except (LookupError, ValueError) as fault:
            raise ValueError(f"is not an encoding of texts ({fault}); utf-8, cp1252 and iso8859-15 are") from fault
        return encoding


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

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError("max must not be less than min")
        return self


Telling = Literal["name", "summary", "url", "record_url", "address", "email", "phone", "siret"]
"""The fields whose variety a source may promise: those that tell initiatives apart."""


class Expect(_Table):
    """The gate of the source: outside these bounds its last good rows are kept."""

    rows: Bounds
    max_drop: float = Field(0.3, ge=0, le=1)
    max_growth: float = Field(1.0, gt=0)
    filled: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    distinct: dict[Telling, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    keys_kept: Annotated[float, Field(ge=0, le=1)] | None = None
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


Kind = Literal[
    "table", "json", "html", "sitemap", "feed", "wordpress", "opendatasoft", "udata", "ckan", "gogocarto", "mediawiki",
    "overpass", "sparql", "ofdb", "communecter",
]  # fmt: skip
"""Every kind of source; `scrapers/kinds/<kind>.py` reads it."""


class Source(_Table):
    """One source, as its `source.toml` describes it, with the folder it was read from.

    `data_roots` are the folders of this machine whose files it may read beside its own, as whoever runs us says.
    """

    id: str
    folder: Path
    data_roots: tuple[Path, ...] = ()
    title: str = Field(min_length=1)
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$")
    kind: Kind
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

    @property
    def places(self) -> set[str]:
        """Every column or path that `[fields]` takes; the parts of a table's blocks are columns too."""
        taken = {place for rule in self.fields.values() for place in rule.places}
        if self.kind == "table":
            taken |= {place for rule in self.fields.values() for place in (rule.each or {}).values()}
        return taken

    @property
    def secret_names(self) -> set[str]:
        """The secrets that [fetch] names as `secret:NAME`."""
        return set(NAMED.findall(self.fetch.model_dump_json()))

    def addresses(self) -> list[str]:
        """The addresses to begin with: `http(s)` ones, or `file` ones for local paths.

        Raises `DefinitionError` when a local path names an unknown environment variable or no file, or leads out of
        the definition's folder and of `data_roots`.
        """
        if self.fetch.pages is not None:
            return self.fetch.pages.addresses()
        if self.fetch.url is not None:
            return [self.fetch.url] if isinstance(self.fetch.url, str) else list(self.fetch.url)
        paths = [self.fetch.path] if isinstance(self.fetch.path, str) else list(self.fetch.path or ())
        return [file.as_uri() for file in local_files(self.folder, paths, self.data_roots)]
