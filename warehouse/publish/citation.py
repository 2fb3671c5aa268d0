"""`CITATION.cff`: how to cite the release (Citation File Format 1.2.0, https://citation-file-format.github.io)."""

from __future__ import annotations

import json

from warehouse.publish.assembly import Assembly, Group
from warehouse.publish.contents import PUBLISHED
from warehouse.publish.datapackage import DESCRIPTION, KEYWORDS, TITLE

FILE_NAME = "CITATION.cff"


def licences() -> list[str]:
    """Return the ids of the licences of the tables of a release, in alphabetical order."""
    return sorted({table.licence for table in PUBLISHED})


def write_all(assembly: Assembly) -> None:
    """Write the citation; YAML takes texts and lists as JSON writes them."""
    told = {
        "cff-version": "1.2.0",
        "message": "Cite this release, then the attribution of each source you use (ATTRIBUTION.md).",
        "type": "dataset",
        "title": TITLE,
        "version": assembly.version,
        "date-released": assembly.as_of.isoformat(),
        "authors": [{"name": "The Essaim developers and the publishers of its sources"}],
        "abstract": DESCRIPTION,
        "keywords": list(KEYWORDS),
        "license": licences(),
    }
    path = assembly.add(FILE_NAME, "Comment citer cette livraison", "How to cite this release", Group.DESCRIPTION)
    lines = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items())
    path.write_text(lines, encoding="utf-8", newline="\n")
