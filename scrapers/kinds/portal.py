"""What the open-data portals share: asking their API, choosing a resource, and reading it as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scrapers.fetch import Door
from scrapers.kinds import json, table
from scrapers.kinds.item import Item, Note
from scrapers.kinds.paging import web_address
from scrapers.problems import SourceError
from scrapers.response import Response
from scrapers.source import Source

FORMATS = {
    "table": {"csv", "tsv", "txt", "xlsx", "ods", "parquet"},
    "json": {"json", "geojson", "jsonl", "ndjson"},
}
"""The formats, as portals name them, that each of our readers takes."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a dataset; `main` says that the portal counts it among the data, not the documentation."""

    id: str
    title: str
    format: str
    address: str
    main: bool = True

    @property
    def label(self) -> str:
        """How a report names the resource."""
        return f'"{self.title}" ({self.format or "no format"}, {self.id})'


def root(source: Source) -> str:
    """The portal's address, without a slash at its end."""
    return source.addresses()[0].rstrip("/")


def ask(source: Source, door: Door, address: str) -> tuple[Response, Any]:
    """Return what the portal's API answers at `address`, and the JSON value in it.

    Raises `SourceError` "dataset-gone" when there is no such dataset, and what the door and the JSON reader raise.
    """
    try:
        response = door.get(address)
    except SourceError as error:
        if error.code != "not-found":
            raise
        raise gone(source, str(error)) from error
    return response, json.whole(source, response)


def gone(source: Source, message: str) -> SourceError:
    """Say that the portal has not, or no longer, the dataset; `message` tells how it said so."""
    remedy = f"the dataset was removed or renamed, or fetch.url is not the portal's root: search it at {root(source)}"
    return SourceError("dataset-gone", f"dataset {source.fetch.dataset}: {message}", remedy)


def text_of(found: dict[str, Any], *keys: str) -> str:
    """The first text among the values of `keys` in `found`, trimmed; "" when there is none."""
    texts = (found[key].strip() for key in keys if isinstance(found.get(key), str))
    return next((text for text in texts if text), "")


def bare_format(name: str) -> str:
    """A format as portals write it ("CSV", ".csv", "csv.gz", "text/csv") in its short form."""
    return name.lower().strip(" .").rpartition("/")[2].partition(".")[0]


def choose(source: Source, response: Response, resources: list[Resource]) -> Resource:
    """Return the resource that `fetch.resource` names by id or title, or else the only one of the wanted format.

    Raises `SourceError` "resource-missing" or "resource-unclear", with the resources that are there.
    """
    wanted = source.fetch.resource
    if wanted is None:
        formats = {source.fetch.format} if source.fetch.format else FORMATS[source.fetch.reads or "table"]
        name = f"of format {' or '.join(sorted(formats))}"
        found = [resource for resource in resources if resource.format in formats]
        found = [resource for resource in found if resource.main] or found
    else:
        name = f'with the id or title "{wanted}"'
        found = [resource for resource in resources if resource.id == wanted]
        found = found or [resource for resource in resources if resource.title == wanted.strip()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(resource.label for resource in (found or resources)[:20]) or "none"
    if found:
        message = f"{response.label} has {len(found)} resources {name}: {listed}"
        raise SourceError("resource-unclear", message, "give the id of one of them as fetch.resource")
    message = f"{response.label} has no resource {name}; there are: {listed}"
    raise SourceError("resource-missing", message, "it was removed or renamed: mend fetch.resource, best with an id")


def hand_over(source: Source, door: Door, note: Note, resource: Resource) -> Iterator[Item]:
    """Yield the items of `resource`, read as `fetch.reads` says.

    Raises `SourceError` when it has no address on the web, and what kind `table` or `json` raises.
    """
    address = web_address(root(source), resource.address) if resource.address else None
    if address is None:
        message = f"resource {resource.label} has no address of the web, but {resource.address or 'none'}"
        raise SourceError("bad-address", message, "choose another resource, or tell the publisher")
    reads = source.fetch.reads or "table"
    reader = json.read_addresses if reads == "json" else table.read_addresses
    yield from reader(source.model_copy(update={"kind": reads}), door, note, [address])
