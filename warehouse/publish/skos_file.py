"""`themes.ttl`: the vocabulary as SKOS."""

from __future__ import annotations

from transforms.rights import ATTRIBUTION_LICENCE
from transforms.themes.skos import skos
from warehouse.publish.assembly import Assembly, Group


def write_all(assembly: Assembly) -> None:
    """Write the themes and other codes with their crosswalks."""
    fr = "Thèmes et autres codes, avec leurs correspondances (SKOS)"
    en = "Themes and other codes, with their crosswalks (SKOS)"
    path = assembly.add("themes.ttl", fr, en, Group.DESCRIPTION, licence=ATTRIBUTION_LICENCE)
    path.write_text(skos(), encoding="utf-8", newline="\n")
