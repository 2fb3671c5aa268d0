"""Kind `ckan`: the current file of a dataset of a CKAN portal, or of a DKAN one that answers the same call.

The call is documented at https://docs.ckan.org/en/latest/api/ (package_show); DKAN gives its result as a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from scrapers.fetch import Door
from scrapers.kinds import portal
from scrapers.kinds.asking import list_in, other_shape
from scrapers.kinds.item import Item, Note
from scrapers.kinds.portal import Resource
from scrapers.response import Response
from scrapers.source import Source


def read(source: Source, door: Door, note: Note) -> Iterator[Item]:
    """Yield the items of the resource of `fetch.dataset` that `fetch.resource` names, read as `fetch.reads` says.

    Raises `SourceError` when the dataset is gone, when the resource cannot be told, and what its reader raises.
    """
    address = f"{portal.root(source)}/api/3/action/package_show?{urlencode({'id': source.fetch.dataset or ''})}"
    response, found = portal.ask(source, door, address)
    listed = list_in(response, _package(source, response, found), "resources")
    resources = [_resource(entry) for entry in listed if isinstance(entry, dict)]
    yield from portal.hand_over(source, door, note, portal.choose(source, response, resources))


def _package(source: Source, response: Response, found: Any) -> Any:
    """The dataset in the answer `found`."""
    if not isinstance(found, dict) or "success" not in found:
        raise other_shape(response, found, 'the "success" and "result" of package_show')
    package = found.get("result")
    if isinstance(package, list):
        package = package[0] if package else None
    if found["success"] is not True or not package:
        error = found.get("error")
        said = portal.text_of(error, "message", "__type") if isinstance(error, dict) else ""
        raise portal.gone(source, f"{response.label} says {said or 'that there is no such dataset'}")
    if isinstance(package, dict) and portal.text_of(package, "state").lower() == "deleted":
        raise portal.gone(source, "the portal says that it was deleted")
    return package


def _resource(entry: dict[str, Any]) -> Resource:
    return Resource(
        portal.text_of(entry, "id"),
        portal.text_of(entry, "name", "title"),
        portal.bare_format(portal.text_of(entry, "format", "mimetype")),
        portal.text_of(entry, "url"),
    )
