"""What a person reads first: `index.html`, `ATTRIBUTION.md` and `CHANGELOG.md`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from warehouse.publish.checksums import File
from warehouse.publish.facts import Facts
from warehouse.publish.rendering import render_html, render_markdown

PAGE = "index.html"

FILES: dict[str, tuple[str, str]] = {
    "initiatives.csv": ("Les initiatives, pour tableur", "The initiatives, for spreadsheets"),
    "initiatives.geojson": ("Les initiatives situées, pour carte en ligne", "Placed initiatives, for web maps"),
    "initiatives.parquet": ("Les initiatives, GeoParquet, pour analyse et SIG", "The initiatives, GeoParquet, for "
                            "analysis and GIS"),
    "initiatives.jsonl": ("Les initiatives avec sources et provenance", "The initiatives with sources and provenance"),
    "essaim.duckdb": ("Toutes les tables, base DuckDB commentée", "All tables, a commented DuckDB database"),
    "records.csv": ("Les enregistrements avant fusion", "The records before merging"),
    "initiative_sources.csv": ("Les enregistrements derrière chaque initiative", "The records behind each initiative"),
    "initiative_values.csv": ("La provenance de chaque valeur", "Where each value comes from"),
    "sources.csv": ("Les sources", "The sources"),
    "places.csv": ("Les communes", "The communes"),
    "related.csv": ("Les initiatives liées : un hôte et ce qu'il accueille", "Related initiatives: a host and what it "
                    "houses"),
    "matches.csv": ("Les rapprochements et leur preuve", "The matches and their evidence"),
    "issues.csv": ("Les anomalies et leur remède", "The issues and their remedy"),
    "moved_ids.csv": ("Les identifiants fusionnés", "Ids that were merged"),
    "changes.jsonl": ("Les changements depuis la livraison précédente", "Changes from the release before"),
    "CHANGELOG.md": ("Les changements en bref", "The changes in brief"),
    "data-dictionary.md": ("Le dictionnaire des données", "The data dictionary"),
    "data-dictionary.csv": ("Le même, en table", "The same, as a table"),
    "themes.ttl": ("Thèmes et autres codes, avec leurs correspondances (SKOS)", "Themes and other codes, with their "
                   "crosswalks (SKOS)"),
    "ATTRIBUTION.md": ("Les mentions à reprendre", "How to name the sources"),
    "datapackage.json": ("La description pour les machines (Data Package)", "The description for machines "
                         "(Data Package)"),
}  # fmt: skip
"""What each file is, in French and English, in the order the page lists them; a file not named here comes last."""

PRECISIONS: dict[str, tuple[str, str]] = {
    "point": ("au point", "at a point"),
    "housenumber": ("au numéro", "at a house number"),
    "street": ("à la rue", "in a street"),
    "locality": ("au lieu-dit", "in a locality"),
    "commune": ("à la commune", "in a commune"),
    "departement": ("au département", "in a département"),
    "region": ("à la région", "in a region"),
    "country": ("au pays", "in a country"),
    "none": ("sans lieu connu", "no known place"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """How many initiatives are placed with one precision, and their share in whole per cent."""

    fr: str
    en: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One file on the page: name, size, and what it is."""

    name: str
    bytes: int
    fr: str
    en: str


def write_texts(facts: Facts, folder: Path) -> None:
    """Write `ATTRIBUTION.md` and `CHANGELOG.md` into `folder`."""
    for name in ("ATTRIBUTION.md", "CHANGELOG.md"):
        text = render_markdown(f"{name}.j2", facts=facts, more=sum(facts.changes.values()) - len(facts.named))
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def write_page(facts: Facts, files: Sequence[File], folder: Path) -> None:
    """Write `index.html` into `folder`: no script, its style inside and allowed by its hash, nothing from elsewhere."""
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    html = render_html(
        "index.html.j2",
        facts=facts,
        shares=_shares(facts),
        files=_listed(files),
        # Our own file, which the hash in the page's policy must match to the letter.
        style=Markup(style),  # noqa: S704
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    (folder / PAGE).write_text(html, encoding="utf-8", newline="\n")


def _shares(facts: Facts) -> list[Share]:
    whole = max(facts.initiatives, 1)
    return [
        Share(*PRECISIONS[code], count, round(100 * count / whole)) for code, count in facts.precisions.items() if count
    ]


def _listed(files: Sequence[File]) -> list[Listed]:
    sizes = {file.name: file.bytes for file in files}
    names = [name for name in FILES if name in sizes] + [name for name in sorted(sizes) if name not in FILES]
    return [Listed(name, sizes[name], *FILES.get(name, ("", ""))) for name in names]
