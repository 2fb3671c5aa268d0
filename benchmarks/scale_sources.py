"""Four made-up table sources in the shape of real ones, and the raw archive that a night of them would have left.

The organisations are those of `organisations.py`, but in the 3,000 largest communes of France, with valid SIRENs, and
with two to four sentences of words that are drawn as in natural texts (Zipf), a third of them from the concepts that
`transforms.similar` knows. The four sources are alike in size; their licences are of the four families.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from requests.structures import CaseInsensitiveDict
from stdnum import luhn

from benchmarks.organisations import Maker
from scrapers.archive import ArchiveWriter
from transforms.database import connect
from transforms.similar.terms import _entries
from transforms.vocabulary import vocabulary
from warehouse import gazetteer

NIGHT = dt.date(2026, 11, 22)
LICENCES = {"annuaire": "etalab-2.0", "carte": "ODbL-1.0", "fiches": "none", "reseau": "CC-BY-4.0"}
WORDS = 40_000
COLUMNS = ("id", "nom", "texte", "adresse", "cp", "ville", "site", "tel", "siren", "lat", "lon", "theme")

DEFINITION = """
title = "Made-up source {id}"
country = "FR"
language = "fr"
kind = "table"
schedule = "daily"

[publisher]
name = "Benchmark"
url = "https://{id}.example.org/"

[fetch]
url = "https://{id}.example.org/places.csv"

[fields]
source_key = "id"
name = "nom"
summary = "texte"
address = "adresse"
postcode = "cp"
commune = "ville"
url = "site"
phone = "tel"
siren = "siren"
latitude = "lat"
longitude = "lon"
themes = {{ from = "theme", split = ";" }}

[rights]
licence = "{licence}"
proof = "made up"
attribution = "Made-up source {id}"

[identity]
key = ["source_key"]

[expect]
rows = {{ min = 2 }}

[lookups.themes]
{themes}
"""


class Writer(Maker):
    """Makes organisations in real communes and what each source writes of them, as rows of a table."""

    def __init__(self, seed: int) -> None:
        with connect() as connection:
            self._communes = connection.execute(
                "SELECT code, name, departement, postcodes[1], latitude, longitude FROM read_parquet(?) "
                "WHERE latitude IS NOT NULL AND len(postcodes) > 0 "
                "ORDER BY population DESC NULLS LAST, code LIMIT 3000",
                [str(gazetteer.data_folder() / "communes.parquet")],
            ).fetchall()
        super().__init__(seed)
        self._concepts = sorted(_entries()[0])
        self._themes = sorted(vocabulary()["themes"])

    def _town(self, number: int) -> dict[str, Any]:
        code, name, departement, postcode, *point = self._communes[number]
        return {"name": name, "code": code, "departement": departement, "postcode": postcode, "point": tuple(point)}

    def organisation(self, number: int) -> dict[str, Any]:
        """An organisation as it is, with a text and a theme."""
        known = super().organisation(number)
        point = tuple(axis + self.draw.gauss(0, 0.004) for axis in known["town"]["point"])
        return known | {
            "siren": known["siren"][:8] + luhn.calc_check_digit(known["siren"][:8]),
            "point": point,
            "domain": known["domain"].replace("-.", "."),
            "texte": self._text(),
            "theme": self.draw.choice(self._themes) if self.draw.random() < 0.5 else "",
        }

    def _text(self) -> str:
        sentences = []
        for _ in range(self.draw.randint(2, 4)):
            words = [self._word() for _ in range(14)]
            sentences.append(" ".join(words).capitalize() + ".")
        return " ".join(sentences)

    def _word(self) -> str:
        if self.draw.random() < 0.3:
            return self.draw.choice(self._concepts)
        rank = int(WORDS ** self.draw.random())
        return "".join("bcdfghjklm"[int(digit)] + "aeiou"[int(digit) % 5] for digit in str(rank + 100))

    def rows(self, count: int) -> Iterator[tuple[str, list[Any]]]:
        """Yield `count` rows of the sources, each with the id of its source; the keys say nothing."""
        ids, keys = list(LICENCES), list(range(count))
        self.draw.shuffle(keys)
        made = number = 0
        while made < count:
            known = self.organisation(number)
            [more] = self.draw.choices(range(4), [0.68, 0.20, 0.08, 0.04])
            for told in range(min(more + 1, count - made)):
                yield ids[(told + number) % 4], _row(keys[made], self.told(known, told))
                made += 1
            number += 1


def _row(key: int, told: dict[str, Any]) -> list[Any]:
    town, point = told["town"] or {}, told["point"] or ("", "")
    site = f"https://{told['domain']}/" if told["domain"] else ""
    return [
        f"{key:07}", told["name"], told["texte"], told["address"], town.get("postcode"), town.get("name"), site,
        told["phone"], told["siren"], *(axis and f"{axis:.5f}" for axis in point), told["theme"],
    ]  # fmt: skip


def write_sources(folder: Path, count: int, seed: int) -> None:
    """Write `catalogue/` and `archive/` of `count` records into `folder`; the archive is what a replay reads."""
    tables = {id: io.StringIO() for id in LICENCES}
    writers = {id: csv.writer(table, delimiter=";") for id, table in tables.items()}
    for writer in writers.values():
        writer.writerow(COLUMNS)
    for id, row in Writer(seed).rows(count):
        writers[id].writerow(row)
    themes = "\n".join(f'"{code}" = "{code}"' for code in sorted(vocabulary()["themes"]))
    for id, licence in LICENCES.items():
        definition = folder / "catalogue" / id / "source.toml"
        definition.parent.mkdir(parents=True)
        definition.write_text(DEFINITION.format(id=id, licence=licence, themes=themes), encoding="utf-8")
        archive = ArchiveWriter(folder / "archive" / id / f"{NIGHT.isoformat()}.warc.gz")
        head = CaseInsensitiveDict({"Content-Type": "text/csv; charset=utf-8"})
        body = io.BytesIO(tables[id].getvalue().encode())
        archive.write(f"https://{id}.example.org/places.csv", 200, "OK", head, body)
        archive.keep()
