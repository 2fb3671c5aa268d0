"""Made-up French organisations and what four sources write of them, with the noise of real lists.

Names come from few words, as real ones do: 8 % belong to one of 15 chains, 42 % are a kind of place and something that
many towns have ("La Ressourcerie du Canal"), a third of those with nothing else, 25 % bear one of 4,000 names that
recur all over the country, the rest a kind, one of 400 family names and one of 200 first names. Towns have the sizes
of a Zipf law, so that the largest of 3,000 holds 5 % of all. A source holds an organisation once, under a key that
says nothing. Two thirds of the organisations are known to one source only.

What a source writes of the place goes through what a geocoder can do with it: of a town misspelt (10 % of what the
later sources write) the postcode gives the commune; with a wrong postcode (5 %, `xxx00`) only the département; with
none (12 %) nothing. 5 % write no town at all, and 12 % no place whatever.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from transforms.normalise.names import name_key

FORMS = ["Association", "SCIC", "SCOP", "Collectif", "Fondation", "Réseau", "Coopérative", "Fédération",
         "Entreprise d'insertion", "Régie de quartier"]  # fmt: skip
KINDS = ["La Ressourcerie", "Le Café associatif", "Les Jardins partagés", "La Recyclerie", "L'Épicerie solidaire",
         "Le Tiers-lieu", "L'Atelier vélo", "Le Repair Café", "La Cantine participative", "Le Garage solidaire",
         "La Conciergerie solidaire", "Le Fablab", "La Monnaie locale", "La Maison des initiatives",
         "La Fabrique citoyenne", "L'Atelier solidaire", "L'Habitat participatif", "L'École de la transition",
         "Le Jardin d'insertion", "La Cuisine partagée"]  # fmt: skip
WHICH = ["du Pays", "de la Vallée", "des Deux Rives", "du Quartier", "des Possibles", "de l'Avenir", "du Canal",
         "de la Gare", "du Marché", "des Alouettes", "du Bout du Monde", "des Voisins", "du Moulin", "des Collines",
         "de la Côte", "du Bocage", "de l'Écluse", "du Coin", "des Lices", "en Transition"]  # fmt: skip
CHAINS = ["Emmaüs", "Envie", "Unis-Cité", "Simplon", "Les Jardins de Cocagne", "Enercoop", "La Cravate Solidaire",
          "Secours populaire français", "Habitat et Humanisme", "Biocoop", "Énergie Partagée", "Fermes d'Avenir",
          "Les Petits Frères des Pauvres", "Les Restos du Cœur", "Croix-Rouge insertion"]  # fmt: skip
SHORTER = [("Association", "Asso"), ("Saint", "St"), ("avenue", "av"), ("boulevard", "bd"), ("place", "pl"),
           ("rue", "r"), ("Coopérative", "Coop"), ("Fédération", "Féd."), ("chemin", "che")]  # fmt: skip
SYLLABLES = ["ba", "bel", "bri", "can", "cha", "cor", "dal", "do", "fau", "gar", "gui", "jo", "la", "len", "mar",
             "mon", "nel", "or", "per", "pon", "quin", "ro", "sau", "ser", "tan", "tour", "val", "ver", "vi",
             "zan"]  # fmt: skip
SOURCES_OF = [0.68, 0.20, 0.08, 0.04]
MISSING = {"address": 0.3, "town": 0.12, "domain": 0.4, "phone": 0.5, "siren": 0.8, "point": 0.25}
NO_TOWN, NO_POSTCODE, WRONG_POSTCODE, WRONG_TOWN = 0.05, 0.12, 0.05, 0.1
ARTICLE = re.compile(r"^(La |Le |Les |L')")


def made_word(draw: random.Random, least: int = 2, most: int = 4) -> str:
    """A word that could be French, of so many syllables."""
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(least, most))).capitalize()


class Maker:
    """Makes organisations and what four sources write of them; the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.towns = [self._town(number) for number in range(3000)]
        self.weights: list[float] = []
        for rank in range(len(self.towns)):
            self.weights.append(1 / (rank + 1) ** 0.8 + (self.weights[-1] if rank else 0.0))
        self.streets = [f"{self.draw.choice(['rue', 'avenue', 'place', 'chemin', 'boulevard'])} {made_word(self.draw)} "
                        f"{self.draw.choice(['', made_word(self.draw)])}".strip() for _ in range(6000)]  # fmt: skip
        self.families = [made_word(self.draw) for _ in range(400)]
        self.firsts = [made_word(self.draw) for _ in range(200)]
        self.names = [self._recurring() for _ in range(4000)]
        self.sites: set[str] = set()

    def _town(self, number: int) -> dict[str, Any]:
        departement = f"{1 + number % 95:02}"
        code = f"{departement}{number // 95 + 100:03}"
        point = (self.draw.uniform(42.5, 50.8), self.draw.uniform(-4.5, 7.5))
        return {"name": made_word(self.draw, 2, 3), "code": code, "departement": departement, "point": point}

    def _recurring(self) -> str:
        words = self.draw.sample(self.families, self.draw.choice([1, 2, 2]))
        return self.draw.choice([" ", " et "]).join(words)

    def organisation(self, number: int) -> dict[str, Any]:
        """An organisation as it is: name, address, town, site, telephone, SIREN, point."""
        draw = self.draw
        [town] = draw.choices(self.towns, cum_weights=self.weights)
        chance = draw.random()
        if chance < 0.08:
            name = f"{draw.choice(CHAINS)} {town['name']}"
        elif chance < 0.5:
            last = draw.choice([town["name"], draw.choice(self.families), ""])
            name = f"{draw.choice(KINDS)} {draw.choice(WHICH)} {last}".strip()
        elif chance < 0.75:
            name = f"{draw.choice(FORMS)} {draw.choice(self.names)}"
        else:
            name = f"{draw.choice(FORMS)} {draw.choice(KINDS).lower()} {draw.choice(self.families)} "
            name += draw.choice(self.firsts)
        site = re.sub(r"\W+", "-", name_key(name))[:24] + draw.choice([".fr", ".org", ".coop"])
        if site in self.sites:
            site = f"{number}-{site}"
        self.sites.add(site)
        point = tuple(axis + draw.gauss(0, 0.02) for axis in town["point"])
        phone = f"+33{draw.randint(1, 7)}{draw.randint(0, 99_999_999):08}"
        return {"name": name, "address": f"{draw.randint(1, 180)} {draw.choice(self.streets)}", "town": town,
                "domain": site, "phone": phone, "siren": str(draw.randint(300_000_000, 899_999_999)),
                "point": point}  # fmt: skip

    def typo(self, text: str) -> str:
        """The text with a letter lost, put in, changed or swapped with the next."""
        if len(text) < 4:
            return text
        at, letter = self.draw.randrange(1, len(text) - 1), self.draw.choice("aeinrst")
        swapped = text[at + 1] + text[at] + text[at + 2 :]
        changed = [text[at + 1 :], swapped, letter + text[at:], letter + text[at + 1 :]]
        return text[:at] + self.draw.choice(changed)

    def written(self, name: str, town: str) -> str:
        """The name as another source writes it."""
        draw = self.draw
        if draw.random() < 0.25:
            name = next((name.removeprefix(form).strip() for form in FORMS if name.startswith(form)), name)
        elif draw.random() < 0.12:
            name = f"{draw.choice(FORMS)} {name}"
        if draw.random() < 0.2:
            name = ARTICLE.sub("", name)
        if draw.random() < 0.15:
            name = name.replace(town, "").strip() or name
        elif draw.random() < 0.08:
            name = f"{name} - {town}"
        if draw.random() < 0.3:
            name = self.shortened(name)
        if draw.random() < 0.25:
            name = self.typo(name)
        words = name.split()
        if draw.random() < 0.1 and len(words) > 3:
            del words[draw.randrange(len(words))]
            name = " ".join(words)
        if draw.random() < 0.06:
            name = "".join(word[0] for word in words if len(word) > 2).upper() or name
        return name.upper() if draw.random() < 0.15 else name

    def shortened(self, text: str) -> str:
        """The text with its usual abbreviations."""
        for long, short in SHORTER:
            text = re.sub(rf"\b{long}\b", short, text)
        return text

    def told(self, known: dict[str, Any], source: int) -> dict[str, Any]:
        """What a source tells: the first as it is, the others otherwise; all leave things out."""
        draw, row = self.draw, dict(known)
        if source:
            row["name"] = self.written(known["name"], known["town"]["name"])
            if draw.random() < 0.15:
                row["address"] = f"{draw.randint(1, 180)} {draw.choice(self.streets)}"
            else:
                address = self.shortened(known["address"]) if draw.random() < 0.4 else known["address"]
                row["address"] = self.typo(address) if draw.random() < 0.15 else address
            if draw.random() < 0.08:
                row["domain"] = "facebook.com"
            if draw.random() < 0.15:
                row["phone"] = f"+336{draw.randint(0, 99_999_999):08}"
            row["point"] = tuple(axis + draw.gauss(0, 0.003) for axis in known["point"])
        row["town"] = self.placed(known["town"], later=bool(source))
        return row | {field: None for field, share in MISSING.items() if draw.random() < share}

    def placed(self, town: dict[str, Any], *, later: bool) -> dict[str, Any] | None:
        """What geocoding makes of the town and the postcode that a source writes; the first source writes no errors."""
        draw = self.draw
        absent, postcode = draw.random() < NO_TOWN, draw.random() >= NO_POSTCODE
        wrong = later and draw.random() < WRONG_POSTCODE
        misspelt = later and draw.random() < WRONG_TOWN
        if not absent and not misspelt:
            return town
        if not absent and postcode and not wrong:
            return town  # a letter wrong, and the postcode says which commune is meant
        unknown = {"name": None if absent else self.typo(town["name"]), "code": None, "point": town["point"]}
        return unknown | {"departement": town["departement"] if postcode else None}

    def records(self, count: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield `count` records with the number of their organisation, as rows of `linkable`, an organisation's apart.

        The order of the rows and their keys say nothing of which belong together.
        """
        keys = list(range(count))
        self.draw.shuffle(keys)
        made = number = 0
        while made < count:
            known = self.organisation(number)
            [more] = self.draw.choices(range(4), SOURCES_OF)
            for source in range(min(more + 1, count - made)):
                yield number, linkable(self.told(known, source), source, keys[made])
                made += 1
            number += 1


def precision(row: dict[str, Any]) -> str:
    """How exactly the row is placed, in the words of geocoding."""
    if row["point"]:
        return "point"
    town = row["town"] or {"code": None, "departement": None}
    return "commune" if town["code"] else "departement" if town["departement"] else "country"


def linkable(row: dict[str, Any], source: int, id: int) -> dict[str, Any]:
    """The row as linking wants it; without a town nothing but its point places it."""
    town, point = row["town"], row["point"]
    return {
        "id": id, "source_id": f"s{source}", "record_key": f"{id:07}", "name": row["name"],
        "name_key": name_key(row["name"]), "organisation_key": None, "siren": row["siren"], "siret": None, "rna": None,
        "domain": row["domain"], "contact_phone": row["phone"], "contact_email": None,
        "address_key": name_key(row["address"]) if row["address"] else None,
        "commune_key": name_key(town["name"]) if town and town["name"] else None, "insee_code": town and town["code"],
        "departement_code": town and town["departement"], "country": "FR", "latitude": point and point[0],
        "longitude": point and point[1], "geo_precision": precision(row),
    }  # fmt: skip
