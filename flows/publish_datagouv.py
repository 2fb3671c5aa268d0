"""The latest release on data.gouv.fr, through the API of udata: the dataset, its description and its files.

API: https://guides.data.gouv.fr/guide-data.gouv.fr/readme-1 ; https://www.data.gouv.fr/api/1/swagger.json . The portal
gives ids when something is made; a resource is found again by `extras["essaim:path"]`, so that its id and its address
stay the same from night to night. A file is sent only where its SHA-256 (kept in `extras` too) has changed.

The description is made so that the nine criteria of udata's quality score hold (`udata/core/dataset/models.py`,
`compute_quality`): licence, temporal and spatial coverage, frequency, updated in time, description of more than a
hundred signs, an open format, resources that are available, documentation.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from warehouse.publish.datapackage import DESCRIPTION_FR, KEYWORDS, TITLE_FR
from warehouse.publish.index import age

SITE = "https://www.data.gouv.fr"
KEY, SITE_NAME = "DATAGOUV_API_KEY", "DATAGOUV_URL"
DATASET, ORGANISATION = "DATAGOUV_DATASET", "DATAGOUV_ORGANISATION"
PATH, SUM = "essaim:path", "essaim:sha256"
TIMEOUT = (10, 300)

SENT: dict[str, str] = {
    "initiatives.csv": "main",
    "initiatives.geojson": "main",
    "initiatives.parquet": "main",
    "sources.csv": "main",
    "changes.jsonl": "update",
    "data-dictionary.fr.md": "documentation",
    "ATTRIBUTION.md": "documentation",
}
"""The files that are sent, and the type that udata gives each."""

MINUTE = """
Chaque initiative y figure une seule fois, située autant que ses sources le permettent ; la source, la licence et la
provenance de chaque valeur sont données. L'ensemble est refait chaque nuit. `ATTRIBUTION.md` donne les mentions à
reprendre, le dictionnaire le sens de chaque colonne.
"""


class DatagouvError(Exception):
    """The portal did not take what it was sent; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Portal:
    """A udata portal: address, key ("" reads only), the dataset's id ("" makes one), the organisation that owns it."""

    site: str
    key: str
    dataset: str
    organisation: str

    def call(self, method: str, path: str, **told: Any) -> Any:
        """Ask the API and return its JSON; raises `DatagouvError` with the portal's own words."""
        address = f"{self.site}/api/1/{path}"
        headers = {"X-API-KEY": self.key} if self.key else {}
        try:
            # A key must not follow a redirect to another host.
            answer = requests.request(method, address, headers=headers, timeout=TIMEOUT, allow_redirects=False, **told)
        except requests.RequestException as fault:
            raise DatagouvError(f"{self.site} cannot be reached: {type(fault).__name__}") from fault
        if not 200 <= answer.status_code < 300:
            raise DatagouvError(f"{method} {path}: {answer.status_code}: {' '.join(answer.text.split())[:300]}")
        try:
            return answer.json()
        except ValueError as fault:
            raise DatagouvError(f"{method} {path}: the answer is no JSON") from fault


def portal_of_the_environment(need_key: bool) -> Portal:
    """Return the portal that the environment names; raises ValueError where it is incomplete."""
    site = os.environ.get(SITE_NAME, "").strip().rstrip("/") or SITE
    parts = urlsplit(site)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        raise ValueError(f"{SITE_NAME}: {site} is no https address")
    key, dataset, organisation = (os.environ.get(name, "").strip() for name in (KEY, DATASET, ORGANISATION))
    if need_key and not key:
        raise ValueError(f"to send anything, {KEY} must hold an API key (your profile on {site})")
    return Portal(site, key, dataset, organisation)


def described(folder: Path, organisation: str = "") -> dict[str, Any]:
    """Return the dataset of the release in `folder`, as udata takes it."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    day = age(folder.name)[0]
    told: dict[str, Any] = {
        "title": TITLE_FR,
        "description": f"{DESCRIPTION_FR}\n{MINUTE}\n{package['initiatives']} initiatives, livraison {folder.name}.",
        "license": "odc-odbl",
        "frequency": "daily",
        "tags": sorted({word.casefold().replace(" ", "-") for word in KEYWORDS}),
        "spatial": {"zones": ["country:fr"], "granularity": "poi"},
        "temporal_coverage": {"start": _first_night(folder, day), "end": day},
        "extras": {"essaim:version": folder.name},
    }
    return told | ({"organization": organisation} if organisation else {})


def tell(folder: Path, portal: Portal, send: bool) -> Iterator[str]:
    """Create or update the dataset and its files, or only say what would be done; yields a line for each step.

    Raises `DatagouvError` where the portal refuses; what was done stands, and the next call goes on from there.
    """
    dataset = portal.call("GET", f"datasets/{portal.dataset}/") if portal.dataset else None
    wanted = described(folder, portal.organisation)
    if dataset is None:
        yield f'create the dataset "{wanted["title"]}"'
        if send:
            dataset = portal.call("POST", "datasets/", json=wanted)
            yield f"made: set {DATASET}={dataset['id']} for the next time"
    else:
        yield f'update the dataset {dataset["id"]} "{wanted["title"]}"'
        if send:
            portal.call("PUT", f"datasets/{dataset['id']}/", json=dataset | wanted)
    yield from _tell_files(folder, portal, dataset or {"id": "", "resources": []}, send)


def _tell_files(folder: Path, portal: Portal, dataset: dict[str, Any], send: bool) -> Iterator[str]:
    there = {each["extras"][PATH]: each for each in dataset.get("resources", []) if PATH in each.get("extras", {})}
    listed = {each["path"]: each for each in json.loads((folder / "files.json").read_text(encoding="utf-8"))["files"]}
    for name, type in SENT.items():
        if name not in listed:
            continue
        old, file = there.get(name), listed[name]
        if old is not None and old["extras"].get(SUM) == file["sha256"]:
            yield f"  {name}: unchanged"
            continue
        yield f"  {name}: {'replace' if old else 'add'}, {file['bytes']:,} bytes"
        if send:
            _send_file(folder / name, portal, dataset["id"], old["id"] if old else "", file, type)


def _send_file(path: Path, portal: Portal, dataset: str, resource: str, file: dict[str, Any], type: str) -> None:
    """Upload a file, then describe it: only a file whose sum is told counts as sent."""
    below = f"datasets/{dataset}/resources/{resource}/upload/" if resource else f"datasets/{dataset}/upload/"
    with path.open("rb") as opened:
        made = portal.call("POST", below, files={"file": (path.name, opened, file["media_type"])})
    told = {
        "title": path.name,
        "description": f"{file['title_fr']} / {file['title_en']}",
        "type": type,
        "format": path.suffix.lstrip("."),
        "mime": file["media_type"],
        "extras": {PATH: path.name, SUM: file["sha256"]},
    }
    portal.call("PUT", f"datasets/{dataset}/resources/{resource or made['id']}/", json=told)


def _first_night(folder: Path, day: str) -> str:
    """The night of the first sight among the initiatives; the release's own where there is none."""
    from transforms.database import connect

    with connect(folder / "essaim.duckdb", read_only=True) as connection:
        [(first,)] = connection.execute("SELECT min(first_seen) FROM initiative").fetchall()
    return first.isoformat() if first else day
