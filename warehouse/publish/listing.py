"""`files.json`: every file of a release with its size, sum, media type, licence and meaning, for scripts."""

from __future__ import annotations

import json

from warehouse.publish.assembly import Assembly, Group

FILE_NAME = "files.json"


def write_all(assembly: Assembly) -> None:
    """Write the list of all files that are there; the front page, the sums and the list itself come after it."""
    items = assembly.items()
    path = assembly.add(FILE_NAME, "La liste de tous les fichiers", "The list of all files", Group.DESCRIPTION)
    files = [
        {
            "path": file.name,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "media_type": item.listed.media_type if not item.listed.is_folder else None,
            "group": item.listed.group.value,
            "licence": item.listed.licence or None,
            "title_fr": item.listed.fr,
            "title_en": item.listed.en,
        }
        for item in items
        for file in item.files
    ]
    told = {"version": assembly.version, "initiatives": assembly.facts.initiatives, "files": files}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
