"""Kind `udata`: the current file of a dataset of data.gouv.fr and the other portals built on udata.

The API is documented at https://doc.data.gouv.fr/api/reference/; each resource has a stable link, `latest`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scrapers.fetch import Door
from scrapers.kinds import portal
from scrapers.kinds.asking import list_in
from scrapers.kinds.item import Item, Note
from scrapers.kinds.portal import Resource
from scrapers.problems import Problem
from scrapers.source import Source


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield the items of the resource of `fetch.dataset` that `fetch.resource` names, read as `fetch.reads` says.

    Raises `SourceError` when the dataset is gone, when the resource cannot be told, and what its reader raises.
    """
    address = f"{portal.root(source)}/api/1/datasets/{quote(source.fetch.dataset or '', safe='')}/"
    response, found = portal.ask(source, door, address)
    resources = [_resource(entry) for entry in list_in(response, found, "resources") if isinstance(entry, dict)]
    if found.get("deleted"):
        raise portal.gone(source, f"the portal says that it was deleted on {found['deleted']}")
    if found.get("archived"):
        message = f"dataset {source.fetch.dataset} was archived on {found['archived']}: it will not be kept up"
        note(Problem(source.id, "dataset-archived", message, "warning", "look for the dataset that replaces it"))
    yield from portal.hand_over(source, door, note, portal.choose(source, response, resources))


def _resource(entry: dict[str, Any]) -> Resource:
    return Resource(
        portal.text_of(entry, "id"),
        portal.text_of(entry, "title"),
        portal.bare_format(portal.text_of(entry, "format", "mime")),
        portal.text_of(entry, "latest", "url"),
        portal.text_of(entry, "type") in {"main", ""},
    )
