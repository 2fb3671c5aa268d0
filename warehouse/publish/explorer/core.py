"""The columns that search, facets, list and map need, with places, titles and ids.

A facet is a list of values, each with a code and labels; columns hold positions in that list. Facets with several
values an initiative have two arrays: `<facet>.count` (values of each row) and `<facet>` (all values, row by row).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from transforms.rights import register
from transforms.vocabulary import vocabulary
from warehouse.publish.explorer.binary import gzipped, json_gzipped, packed, smallest
from warehouse.publish.pages import PRECISIONS

EPOCH = dt.date(2000, 1, 1)
NO_POINT = 0x7FFFFFFF
"""Stands for a missing coordinate."""

LISTED = ("theme", "status", "precision")
"""Facets that the list itself shows: they come first, so that a search on a slow line need not wait for the others."""

SDGS: tuple[tuple[str, str], ...] = (
    ("Pas de pauvreté", "No poverty"),
    ("Faim « zéro »", "Zero hunger"),
    ("Bonne santé et bien-être", "Good health and well-being"),
    ("Éducation de qualité", "Quality education"),
    ("Égalité entre les sexes", "Gender equality"),
    ("Eau propre et assainissement", "Clean water and sanitation"),
    ("Énergie propre et d'un coût abordable", "Affordable and clean energy"),
    ("Travail décent et croissance économique", "Decent work and economic growth"),
    ("Industrie, innovation et infrastructure", "Industry, innovation and infrastructure"),
    ("Inégalités réduites", "Reduced inequalities"),
    ("Villes et communautés durables", "Sustainable cities and communities"),
    ("Consommation et production responsables", "Responsible consumption and production"),
    ("Lutte contre les changements climatiques", "Climate action"),
    ("Vie aquatique", "Life below water"),
    ("Vie terrestre", "Life on land"),
    ("Paix, justice et institutions efficaces", "Peace, justice and strong institutions"),
    ("Partenariats pour la réalisation des objectifs", "Partnerships for the goals"),
)
"""Titles of the Sustainable Development Goals (United Nations, 2015), in French and English."""

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(LETTERS, "0123456789abcdefghijklmnopqrstuv")
"""The letters of ids as digits of base 32."""
MINTED = re.compile(f"es-[{LETTERS}]{{13}}")
"""An id as `identity.mint` makes it; 65 random bits, which no compression makes smaller."""

Labelled = dict[str, Any]


@dataclass(slots=True)
class Facet:
    """One facet: its values in order, and the positions of each row's values."""

    name: str
    values: list[Labelled]
    several: bool
    positions: list[Sequence[int]] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """Return its values, each with the number of rows that have it; values that no row has are left out of none."""
        counts = Counter(position for row in self.positions for position in row)
        values = [value | {"n": counts[position]} for position, value in enumerate(self.values)]
        return {"several": self.several, "values": values}

    def columns(self) -> dict[str, tuple[str, Iterable[int]]]:
        """Return its arrays; of a single value, 0 is none and others stand one higher."""
        if not self.several:
            return {self.name: smallest(row[0] + 1 if row else 0 for row in self.positions)}
        return {
            f"{self.name}.count": smallest(len(row) for row in self.positions),
            self.name: smallest(position for row in self.positions for position in row),
        }


def facets(connection: duckdb.DuckDBPyConnection) -> list[Facet]:
    """Return the facets of the numbered rows of `connection`, in the order the page shows them."""
    words = vocabulary()

    def coded(name: str, field: str, column: str, several: bool = True) -> Facet:
        values = [{"code": code, "fr": word["fr"], "en": word["en"]} for code, word in words[field].items()]
        return _facet(connection, name, column, values, several)

    sources = connection.execute("SELECT source_id, title FROM source ORDER BY source_id").fetchall()
    licences = connection.execute("SELECT DISTINCT licence FROM explorer_row ORDER BY licence").fetchall()
    programmes = connection.execute(
        "SELECT name, count(*) FROM (SELECT unnest(programmes) AS name FROM explorer_row) GROUP BY name ORDER BY name"
    ).fetchall()
    return [
        coded("theme", "themes", "themes"),
        coded("beneficiaries", "beneficiaries", "beneficiaries"),
        coded("status", "status", "status", several=False),
        coded("kind", "organisation_kind", "organisation_kind", several=False),
        coded("method", "methods", "methods"),
        _facet(connection, "sdg", "sdgs", [
            {"code": str(number), "fr": f"{number}. {fr}", "en": f"{number}. {en}"}
            for number, (fr, en) in enumerate(SDGS, 1)
        ]),
        _facet(connection, "programme", "programmes", [{"code": name} for name, _ in programmes]),
        _facet(connection, "source", "source_ids", [{"code": id, "fr": title, "en": title} for id, title in sources]),
        _facet(connection, "licence", "licence", [licence_value(id) for (id,) in licences], several=False),
        _facet(connection, "precision", "geo_precision", [
            {"code": code, "fr": fr, "en": en} for code, (fr, en) in PRECISIONS.items()
        ], several=False),
    ]  # fmt: skip


def licence_value(expression: str) -> Labelled:
    """Return the facet value of a licence expression, with the titles of the licences it joins."""
    known = register()
    titles = [known[id].title if id in known else id for id in expression.split(" AND ")]
    if expression == "LicenseRef-facts-only":
        return {"code": expression, "fr": "Faits et lien seulement", "en": "Facts and a link only"}
    return {"code": expression, "fr": " + ".join(titles), "en": " + ".join(titles)}


def _facet(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, values: list[Labelled], several: bool = True
) -> Facet:
    at = {value["code"]: position for position, value in enumerate(values)}
    rows = connection.execute(f"SELECT {column} FROM explorer_row ORDER BY row").fetchall()
    found: Callable[[Any], Sequence[int]]
    if name == "theme":
        found = _with_parents(at)
    elif several:

        def found(cell: Any) -> Sequence[int]:
            return sorted({at[str(one)] for one in cell or () if str(one) in at})
    else:

        def found(cell: Any) -> Sequence[int]:
            return (at[cell],) if cell in at else ()

    known: dict[Any, Sequence[int]] = {}
    facet = Facet(name, values, several)
    for (cell,) in rows:
        key = tuple(cell) if isinstance(cell, list) else cell
        if key not in known:
            known[key] = found(cell)
        facet.positions.append(known[key])
    return facet


def _with_parents(at: dict[str, int]) -> Callable[[Any], Sequence[int]]:
    """Return the reading of themes: a sub-theme counts for its theme too."""

    def found(cell: Any) -> Sequence[int]:
        codes = {code for one in cell or () for code in (one, one.split("/")[0])}
        return sorted(at[code] for code in codes if code in at)

    return found


def write_core(connection: duckdb.DuckDBPyConnection, found: Sequence[Facet], folder: Path) -> None:
    """Write the columns, the places, the titles and the ids of the numbered rows into `folder`."""
    rows = connection.execute(
        "SELECT place, coalesce(dx, $none), coalesce(dy, $none), source_count, "
        "greatest(date_diff('day', $epoch, changed_on), 0), guessed FROM explorer_row ORDER BY row",
        {"none": NO_POINT, "epoch": EPOCH},
    ).fetchall()
    place, dx, dy, sources, days, guessed = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 6
    listed: dict[str, tuple[str, Iterable[int]]] = {
        "place": smallest(place),
        "sources": smallest(min(count, 255) for count in sources),
        "changed": smallest(days),
        "guessed": ("u8", [int(one) for one in guessed]),
    }
    more: dict[str, tuple[str, Iterable[int]]] = {"dx": ("i32", dx), "dy": ("i32", dy)}
    for facet in found:
        (listed if facet.name in LISTED else more).update(facet.columns())
    (folder / "columns.bin.gz").write_bytes(packed(listed))
    (folder / "more.bin.gz").write_bytes(packed(more))
    (folder / "places.json.gz").write_bytes(json_gzipped(places(connection)))
    lines = connection.execute("SELECT title, initiative_id FROM explorer_row ORDER BY row").fetchall()
    (folder / "titles.txt.gz").write_bytes(gzipped("\n".join(title for title, _ in lines).encode()))
    ids = [id for _, id in lines]
    if all(map(MINTED.fullmatch, ids)):
        (folder / "ids.bin").write_bytes(packed_ids(ids))
    else:
        (folder / "ids.txt.gz").write_bytes(gzipped("\n".join(ids).encode()))


def packed_ids(ids: Iterable[str]) -> bytes:
    """Return minted ids as 65 bits each, one after the other, highest bit first: less than text compresses to."""
    letters = "".join(id[3:] for id in ids)  # of five bits each
    number, spare = int(letters.translate(_DIGITS) or "0", 32), -5 * len(letters) % 8
    return (number << spare).to_bytes((5 * len(letters) + spare) // 8, "big")


def places(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return the places as columns: names of larger areas once, and positions in them (from 1) for each place."""
    rows = connection.execute(
        "SELECT country, region_code, region, departement_code, departement, epci_code, epci, insee_code, commune, "
        "x, y FROM explorer_place ORDER BY place"
    ).fetchall()
    areas: dict[str, dict[tuple[str, str], int]] = {"region": {}, "departement": {}, "epci": {}, "country": {}}
    out: dict[str, Any] = {name: [] for name in ("country", "region", "departement", "epci", "insee", "commune")}
    out |= {"x": [row[9] for row in rows], "y": [row[10] for row in rows]}
    for country, region_code, region, departement_code, departement, epci_code, epci, insee, commune, *_ in rows:
        # A state or Land abroad has a name and no code: its country tells it apart.
        code = region_code or (f"{country}-{region}" if region else "")
        for level, key in (
            ("country", (country or "", country or "")),
            ("region", (code, region or region_code or "")),
            ("departement", (departement_code or "", departement or departement_code or "")),
            ("epci", (epci_code or "", epci or epci_code or "")),
        ):
            known = areas[level]
            out[level].append(known.setdefault(key, len(known) + 1) if key[0] else 0)
        out["insee"].append(insee or "")
        out["commune"].append(commune or "")
    out["areas"] = {level: [list(key) for key in known] for level, known in areas.items()}
    return out
