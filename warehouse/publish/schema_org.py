"""The release as a schema.org `Dataset`, in the front page: what search engines for datasets read.

Vocabulary: https://schema.org/Dataset . A block of data is no program: the page's policy needs to allow nothing for it.
"""

from __future__ import annotations

import json
from typing import Any

from transforms.rights import register
from warehouse.publish.assembly import Assembly, Group, Item
from warehouse.publish.citation import licences
from warehouse.publish.datapackage import DESCRIPTION, DESCRIPTION_FR, KEYWORDS, TITLE, TITLE_FR


def dataset(assembly: Assembly, items: list[Item]) -> dict[str, Any]:
    """Return the description of the release with its data files as downloads."""
    wanted = {Group.DATA, Group.LICENCE_OUVERTE}
    files = [item for item in items if item.listed.group in wanted and not item.listed.is_folder]
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": TITLE,
        "alternateName": TITLE_FR,
        "description": f"{DESCRIPTION} {DESCRIPTION_FR}",
        "version": assembly.version,
        "dateModified": assembly.as_of.isoformat(),
        "inLanguage": ["fr", "en"],
        "keywords": list(KEYWORDS),
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "Essaim"},
        "license": [register()[id].url for id in licences()],
        "spatialCoverage": {"@type": "Place", "name": "France"},
        "isBasedOn": [
            {"@type": "Dataset", "name": source.title, "url": source.publisher_url}
            for source in assembly.facts.sources
            if source.publisher_url.startswith("https://")
        ],
        "distribution": [_download(item) for item in files],
    }


def _download(item: Item) -> dict[str, Any]:
    licence = {"license": register()[item.listed.licence].url} if item.listed.licence else {}
    return {
        "@type": "DataDownload",
        "name": item.listed.path,
        "description": item.listed.en,
        "contentUrl": item.listed.path,
        "encodingFormat": item.listed.media_type,
        "contentSize": f"{item.bytes} B",
        "sha256": item.files[0].sha256,
        **licence,
    }


def as_script(told: dict[str, Any]) -> str:
    """Return JSON-LD as it may stand in a `<script>` block: no sign in it can end the block or begin markup."""
    text = json.dumps(told, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
