"""Time, memory and pair F1 of linking made-up French organisations of four sources, and how the time grows.

Every size runs in a process of its own. The records have what real lists have: typing errors, initials instead of
names, legal forms come and gone, 12 to 80 % of each field missing, chains, names that many towns share. A source holds
an organisation once. Splink 5 runs beside it where it is installed (the extra `bench`).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import multiprocessing
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb

from flows.link_rivals import TYPES, NotInstalledError, splink
from transforms.link import LINKABLE, link
from transforms.link.sides import Side
from transforms.normalise.names import name_key

FORMS = ["Association", "SCIC", "SCOP", "Collectif", "Fondation", "Réseau", "Coopérative", "Fédération"]
KINDS = ["La Ressourcerie", "Le Café associatif", "Les Jardins partagés", "La Recyclerie", "L'Épicerie solidaire",
         "Le Tiers-lieu", "L'Atelier vélo", "Le Repair Café", "La Cantine participative", "Le Garage solidaire",
         "La Conciergerie solidaire", "Le Fablab", "La Monnaie locale", "La Maison des initiatives"]  # fmt: skip
WHICH = ["du Pays", "de la Vallée", "des Deux Rives", "du Quartier", "des Possibles", "de l'Avenir", "du Canal",
         "de la Gare", "du Marché", "des Alouettes", "du Bout du Monde", "des Voisins", "du Moulin", "des Collines",
         "de la Côte", "du Bocage", "de l'Écluse"]  # fmt: skip
CHAINS = ["Emmaüs", "Envie", "Unis-Cité", "Simplon", "Les Jardins de Cocagne", "Enercoop", "La Cravate Solidaire"]
SHORTER = [("Association", "Asso"), ("Saint", "St"), ("avenue", "av"), ("boulevard", "bd"), ("place", "pl"),
           ("Coopérative", "Coop"), ("chemin", "che")]  # fmt: skip
SYLLABLES = ["ba", "bel", "bri", "can", "cha", "cor", "dal", "do", "fau", "gar", "gui", "jo", "la", "len", "mar",
             "mon", "nel", "or", "per", "pon", "quin", "ro", "sau", "ser", "tan", "tour", "val", "ver", "vi",
             "zan"]  # fmt: skip
SOURCES_OF = [0.68, 0.20, 0.08, 0.04]
MISSING = {"address": 0.3, "town": 0.12, "domain": 0.4, "siren": 0.8, "point": 0.25}


def made_word(draw: random.Random, least: int = 2, most: int = 4) -> str:
    """A word that could be French, of so many syllables."""
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(least, most))).capitalize()


class Maker:
    """Makes organisations and what four sources write of them; the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.towns = [self._town(number) for number in range(3000)]
        self.weights = [1 / (rank + 1) ** 0.8 for rank in range(len(self.towns))]
        self.streets = [f"{self.draw.choice(['rue', 'avenue', 'place', 'chemin'])} {made_word(self.draw)} "
                        f"{made_word(self.draw)}" for _ in range(6000)]  # fmt: skip
        self.people = [made_word(self.draw) for _ in range(3000)]
        self.sites: set[str] = set()

    def _town(self, number: int) -> dict[str, Any]:
        departement = f"{1 + number % 95:02}"
        code = f"{departement}{number // 95 + 100:03}"
        place = (self.draw.uniform(42.5, 50.8), self.draw.uniform(-4.5, 7.5))
        return {"name": made_word(self.draw, 2, 3), "code": code, "departement": departement, "point": place}

    def organisation(self, number: int) -> dict[str, Any]:
        """An organisation as it is: name, address, town, site, SIREN, point."""
        draw = self.draw
        [town] = draw.choices(self.towns, self.weights)
        chance = draw.random()
        person = draw.choice(self.people)
        if chance < 0.08:
            name = f"{draw.choice(CHAINS)} {town['name']}"
        elif chance < 0.5:
            name = f"{draw.choice(KINDS)} {draw.choice(WHICH)} {draw.choice([town['name'], person, ''])}".strip()
        elif chance < 0.75:
            name = f"{draw.choice(FORMS)} {person} {draw.choice(self.people)}"
        else:
            name = f"{draw.choice(FORMS)} {draw.choice(KINDS).lower()} {person} {draw.choice(self.people)}"
        site = re.sub(r"\W+", "-", name_key(name))[:24] + draw.choice([".fr", ".org", ".coop"])
        if site in self.sites:
            site = f"{number}-{site}"
        self.sites.add(site)
        point = tuple(axis + draw.gauss(0, 0.02) for axis in town["point"])
        return {"name": name, "address": f"{draw.randint(1, 180)} {draw.choice(self.streets)}", "town": town,
                "domain": site, "siren": str(draw.randint(300_000_000, 899_999_999)), "point": point}  # fmt: skip

    def typo(self, text: str) -> str:
        """The text with a letter lost, doubled, changed or swapped with the next."""
        if len(text) < 4:
            return text
        at, letter = self.draw.randrange(1, len(text) - 1), self.draw.choice("aeinrst")
        changed = [
            text[at + 1 :],
            text[at + 1] + text[at] + text[at + 2 :],
            letter + text[at:],
            letter + text[at + 1 :],
        ]
        return text[:at] + self.draw.choice(changed)

    def written(self, name: str, town: str) -> str:
        """The name as another source writes it."""
        draw = self.draw
        if draw.random() < 0.25:
            name = next((name.removeprefix(form).strip() for form in FORMS if name.startswith(form)), name)
        elif draw.random() < 0.12:
            name = f"{draw.choice(FORMS)} {name}"
        if draw.random() < 0.15:
            name = name.replace(town, "").strip() or name
        elif draw.random() < 0.08:
            name = f"{name} - {town}"
        if draw.random() < 0.3:
            for long, short in SHORTER:
                name = name.replace(long, short)
        if draw.random() < 0.25:
            name = self.typo(name)
        words = name.split()
        if draw.random() < 0.1 and len(words) > 3:
            del words[draw.randrange(len(words))]
            name = " ".join(words)
        if draw.random() < 0.06:
            name = "".join(word[0] for word in words if len(word) > 2).upper() or name
        return name.upper() if draw.random() < 0.15 else name

    def told(self, known: dict[str, Any], source: int) -> dict[str, Any]:
        """What a source tells: the first as it is, the others otherwise; all leave things out."""
        draw, row = self.draw, dict(known)
        if source:
            row["name"] = self.written(known["name"], known["town"]["name"])
            if draw.random() < 0.15:
                row["address"] = f"{draw.randint(1, 180)} {draw.choice(self.streets)}"
            elif draw.random() < 0.15:
                row["address"] = self.typo(known["address"])
            if draw.random() < 0.08:
                row["domain"] = "facebook.com"
            row["point"] = tuple(axis + draw.gauss(0, 0.003) for axis in known["point"])
        return row | {field: None for field, share in MISSING.items() if draw.random() < share}

    def records(self, count: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield `count` records with the number of their organisation, as rows of `linkable`."""
        made = number = 0
        while made < count:
            known = self.organisation(number)
            [more] = self.draw.choices(range(4), SOURCES_OF)
            for source in range(min(more + 1, count - made)):
                yield number, linkable(self.told(known, source), source, made)
                made += 1
            number += 1


def linkable(row: dict[str, Any], source: int, id: int) -> dict[str, Any]:
    """The row as linking wants it; without a town it is placed by its département only."""
    town, point = row["town"], row["point"]
    return {
        "id": id, "source_id": f"s{source}", "record_key": str(id), "name": row["name"],
        "name_key": name_key(row["name"]), "organisation_key": None, "siren": row["siren"], "siret": None, "rna": None,
        "domain": row["domain"], "address_key": name_key(row["address"]) if row["address"] else None,
        "commune_key": town and name_key(town["name"]), "insee_code": town and town["code"],
        "departement_code": town and town["departement"], "country": "FR", "latitude": point and point[0],
        "longitude": point and point[1], "geo_precision": "point" if point else "commune" if town else "country",
    }  # fmt: skip


def truth_of(path: Path, count: int, seed: int) -> list[int]:
    """Write the records to a CSV file and return the organisation of each."""
    owners = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, LINKABLE)
        writer.writeheader()
        for number, row in Maker(seed).records(count):
            writer.writerow(row)
            owners.append(number)
    return owners


def f1(pairs: Iterable[tuple[int, int]], owners: Sequence[int]) -> dict[str, float]:
    """Precision, recall and F1 over pairs."""
    told = [owners[left] == owners[right] for left, right in pairs]
    known = sum(math.comb(size, 2) for size in Counter(owners).values())
    precision, recall = sum(told) / max(len(told), 1), sum(told) / known
    return {"precision": round(precision, 4), "recall": round(recall, 4),
            "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4)}  # fmt: skip


def measure(system: str, count: int, seed: int, told: Any) -> None:
    """Run one system on `count` records and put its figures into the queue `told`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        owners = truth_of(path, count, seed)
        connection = duckdb.connect()
        columns = json.dumps({name: TYPES.get(name, "VARCHAR") for name in LINKABLE})
        connection.execute(
            f"CREATE TABLE linkable AS SELECT * FROM read_csv('{path}', header = true, columns = {columns})"
        )
        begun, worked = time.perf_counter(), time.process_time()
        candidates = None
        if system == "Essaim":
            linked = link(connection, [])
            candidates = linked.pairs
            pairs = {pair for group in linked.clusters for pair in combinations(group, 2)}
        else:
            rows = connection.execute(f"SELECT {', '.join(LINKABLE)} FROM linkable ORDER BY id").fetchall()
            sides = [Side(*row) for row in rows]
            begun, worked = time.perf_counter(), time.process_time()
            try:
                pairs = splink(sides)
            except NotInstalledError as reason:
                told.put({"system": system, "records": count, "left_out": str(reason)})
                return
        seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told.put({"system": system, "records": count, "seconds": round(seconds, 1), "cpu_seconds": round(processor, 1),
              "gigabytes": round(memory, 2), "candidate_pairs": candidates} | f1(pairs, owners))  # fmt: skip


def main() -> int:
    """Run the sizes given and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without-splink", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results, systems = [], ["Essaim"] if options.without_splink else ["Essaim", "Splink 5"]
    context = multiprocessing.get_context("spawn")
    for system in systems:
        for size in options.sizes:
            told = context.Queue()
            process = context.Process(target=measure, args=(system, size, options.seed, told))
            process.start()
            process.join()
            if process.exitcode:
                sys.stderr.write(f"{system} failed on {size:,} records\n")
                continue
            results.append(told.get())
            if not options.json:
                sys.stdout.write("  ".join(f"{name} {value}" for name, value in results[-1].items()) + "\n")
    growth = growths(results)
    sys.stdout.write(json.dumps({"runs": results, "growth": growth}, indent=2) + "\n" if options.json else "")
    if not options.json:
        sys.stdout.writelines(f"{system}: time grows with exponent {power}\n" for system, power in growth.items())
    return 0


def growths(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The exponent of each system's time from its smallest to its largest run."""
    found = {}
    for system in dict.fromkeys(run["system"] for run in results):
        runs = sorted((run["records"], run["seconds"]) for run in results if run["system"] == system and "f1" in run)
        if len(runs) > 1 and runs[0][1] and runs[0][0] < runs[-1][0]:
            found[system] = round(math.log(runs[-1][1] / runs[0][1]) / math.log(runs[-1][0] / runs[0][0]), 3)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
