"""Who writes what into a release, in which order: add a writer here, and the rest knows what to do with its files.

A writer is a function of an `Assembly`: it announces each file (`add`) or folder (`add_folder`) and writes it. It reads
the release's own database (`assembly.connection`) and facts, never the warehouse, and no clock. All writers run before
the descriptors are made, so that whatever they write is described, summed up and searched for contacts of people.
"""

from __future__ import annotations

from collections.abc import Callable

from warehouse.publish import (
    dictionary,
    explorer,
    extracts,
    feeds,
    geography,
    pages,
    quality,
    schemas,
    skos_file,
    source_pages,
    tables,
)
from warehouse.publish.assembly import Assembly

Writer = Callable[[Assembly], None]

WRITERS: tuple[Writer, ...] = (
    explorer.plan,
    geography.plan,
    Assembly.begin,
    tables.write_all,
    geography.write_all,
    extracts.write_all,
    quality.write_all,
    dictionary.write_all,
    schemas.write_all,
    skos_file.write_all,
    pages.write_texts,
    feeds.write_all,
    source_pages.write_all,
    geography.finish,
    explorer.write_all,
)
"""The data first, then what explains it, then the explorer, which links to what is there.

Its data, and some files for maps, are made beside the others.
"""
