"""The labelled files of the corpus, each by a reader of its own: texts, and the themes their labels stand for."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from transforms.themes.crosswalk import schemes, themes_of

Rows = Iterator[tuple[str, set[str]]]


def _of(table: dict[str, str], labels: Iterable[str]) -> set[str]:
    return {theme for label in labels for theme in table.get(label.strip(), "").split()}


APRILES = {
    "Accès aux droits": "democracy",
    "Accessibilité, Mobilité": "territory",
    "Bénévolat": "solidarity",
    "Culture, Sport": "art-culture",
    "Développement local rural": "territory",
    "Développement périurbain": "territory",
    "Développement urbain, Vie des quartiers": "territory",
    "Education": "education-youth",
    "Emploi, Formation": "employment",
    "Gouvernance, partenariats institutionnels": "governance",
    "Intégration": "solidarity",
    "Jeunesse": "education-youth",
    "Liens intergénérationnels": "solidarity",
    "Logement, Habitat": "territory",
    "Lutte contre l'exclusion sociale": "solidarity",
    "Parentalité": "education-youth",
    "Participation des habitants": "democracy",
    "Petite enfance, modes de garde": "education-youth",
    "Protection de l'enfance": "education-youth",
    "Relations de voisinage": "solidarity",
    "Rénovation urbaine": "territory",
    "Soutien à domicile": "health",
    "Soutien aux aidants": "health",
    "Vie des séniors": "solidarity",
}


def _apriles(corpus: Path) -> Rows:
    """No row has as many cells as the header, so cells are known by what they hold: the tags, and long texts."""
    text = (corpus / "cis/openscraper_export_apriles_redacted.csv").read_text(encoding="utf-8")
    for cells in list(csv.reader(text.splitlines(keepends=True), delimiter="|"))[1:]:
        tagged = [cell for cell in cells if len(cell) < 600 and sum(tag in cell for tag in APRILES) >= 2]
        if tagged:
            tags = [tag for tag in APRILES if tag in tagged[0]]
            longest = max((cell for cell in cells if cell != tagged[0]), key=len)
            yield longest[:1500], _of(APRILES, tags)


PARIS = {
    "Attractivité et emploi": "employment",
    "Cadre de vie": "territory",
    "Culture et patrimoine": "art-culture",
    "Education et jeunesse": "education-youth",
    "Environnement": "environment",
    "Mobilités": "territory",
    "Propreté": "environment",
    "Santé": "health",
    "Solidarités": "solidarity",
    "Sport": "sport",
}


def _paris(corpus: Path) -> Rows:
    path = corpus / "data/fr/paris_budget_participatif.sqlite"
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as database:
        rows = database.execute("SELECT titre_projet_gagnant, thematique FROM projects ORDER BY rowid").fetchall()
    for title, category in rows:
        if title and category in PARIS:
            yield title, _of(PARIS, [category])


def _cis_tags(corpus: Path) -> Rows:
    """The tags of thirty sources, with the codes that the Carrefour gave them in 2018: very short texts."""
    for tag in json.loads((corpus / "cis/cis_tag_normalisation.json").read_text(encoding="utf-8")):
        themes = {theme for code in tag["codes"] for theme in themes_of("cis-2018", code)}
        if themes and tag["from"] != "Bretagne Créative":  # its rows were shifted against their codes
            yield tag["name"], themes


def _dsi(corpus: Path) -> Rows:
    areas = {label: code for code, label in schemes()["dsi"].categories.items()}
    for project in json.loads((corpus / "cis/dsi4eu_projects.json").read_text(encoding="utf-8")):
        text = f"{project['short_description']} {project['long_description']}"[:1500]
        labels = [tag["name"] for tag in project["support_tags"] if tag["name"] in areas]
        themes = {theme for label in labels for theme in themes_of("dsi", areas[label])}
        if themes and len(text) > 60 and len(labels) <= 4:  # who ticked them all told nothing
            yield text, themes


def _public_goods(corpus: Path) -> Rows:
    with zipfile.ZipFile(corpus / "data/world/publicgoods_nominees_json.zip") as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".json")):
            good = json.loads(archive.read(name))
            goals = [str(goal.get("SDGNumber")) for goal in good.get("SDGs") or []]
            themes = {theme for goal in goals for theme in themes_of("sdg", goal)}
            if themes and len(goals) <= 4:
                yield f"{good['name']}. {good.get('description') or ''}", themes


WORKERS = {
    "Agriculture": "environment",
    "Arts and Culture": "art-culture",
    "Education": "education-youth",
    "Energy and Environment": "environment",
    "Finance": "finance",
    "Food service, Accommodation and Pubs": "consumption",
    "Health and Social Care": "health",
    "Housing": "territory",
    "Retail": "consumption",
    "Sports and Recreation": "sport",
    "Transport": "territory",
}
YOUNG = {
    "Agriculture": "environment",
    "Banking / credit unions": "finance",
    "Communications": "communication",
    "Environmental": "environment",
    "Housing": "territory",
    "Social": "solidarity",
    "Training & Education": "education-youth",
    "Training and eduction": "education-youth",
    "Transportation": "territory",
}


def _coops(file: str, table: dict[str, str]) -> Callable[[Path], Rows]:
    def read(corpus: Path) -> Rows:
        with (corpus / file).open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.DictReader(opened):
                themes = _of(table, [row["Sector"]])
                if row["Description"] and themes:
                    yield row["Description"][:1500], themes

    return read


CHARITIES = {
    "Arts": "art-culture",
    "Cancer": "health",
    "Children": "education-youth",
    "climate change": "environment",
    "Community Development": "territory",
    "Disabilities": "solidarity",
    "Domestic violence": "solidarity",
    "Education": "education-youth",
    "Elderly": "solidarity",
    "Environment": "environment",
    "Health": "health",
    "Homelessness": "solidarity",
    "Mental health": "health",
    "Poverty": "solidarity",
    "Refugees": "solidarity",
}


def _charities(corpus: Path) -> Rows:
    table = {label.casefold(): theme for label, theme in CHARITIES.items()}
    with (corpus / "data/world/sogive_charities.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        header, *rows = list(csv.reader(file))
    text, why = header.index("Description of charity"), 2
    for row in rows[2:]:
        if len(row) > text and row[text]:
            themes = _of(table, row[why].casefold().split("&"))
            if themes:
                yield row[text], themes


SERVICES = {
    "choisir-un-metier": "employment",
    "creation-activite": "employment",
    "famille": "education-youth",
    "handicap": "solidarity",
    "logement-hebergement": "territory",
    "mobilite": "territory",
    "numerique": "digital",
    "sante": "health",
    "trouver-un-emploi": "employment",
}


def _services(corpus: Path) -> Rows:
    with gzip.open(corpus / "data/derived/data-inclusion-services.json.gz", "rt", encoding="utf-8") as file:
        services: list[dict[str, Any]] = json.load(file)
    for service in services:
        themes = _of(SERVICES, [label.partition("--")[0] for label in service.get("thematiques") or []])
        if themes and service.get("presentation_resume"):
            yield f"{service['nom']}. {service['presentation_resume']}", themes


STARTUPS = {
    "Agriculture": "environment",
    "Agroécologie": "environment",
    "Biodiversité": "environment",
    "Collectivités": "territory",
    "Culture": "art-culture",
    "Démocratie": "democracy",
    "Education": "education-youth",
    "Éducation": "education-youth",
    "Environnement": "environment",
    "Formation": "employment",
    "Jeunesse": "education-youth",
    "Justice": "democracy",
    "Logement": "territory",
    "Mer": "environment",
    "Patrimoine": "heritage",
    "Santé": "health",
    "Social": "solidarity",
    "Sport": "sport",
    "Territoires": "territory",
    "Transports": "territory",
    "Travail / Emploi": "employment",
    "Écologie": "environment",
}


def _startups(corpus: Path) -> Rows:
    with zipfile.ZipFile(corpus / "data/fr/betagouv_startups_markdown.zip") as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".md")):
            _, head, body = archive.read(name).decode("utf-8").split("---\n", 2)
            listed = re.search(r"^thematiques:\n((?: *- .*\n)+)", head, re.MULTILINE)
            mission = re.search(r"^mission: *(.*)$", head, re.MULTILINE)
            themes = _of(STARTUPS, re.findall(r"- (.*)", listed[1])) if listed else set()
            if themes and mission:
                yield f"{mission[1]} {body[:1000]}", themes


READERS: dict[str, Callable[[Path], Rows]] = {
    "apriles": _apriles,
    "beta-gouv": _startups,
    "charities": _charities,
    "cis-tags": _cis_tags,
    "data-inclusion": _services,
    "dsi4eu": _dsi,
    "paris": _paris,
    "public-goods": _public_goods,
    "workers-coop": _coops("data/world/workers_coop_2023-06-23.csv", WORKERS),
    "youth-coops": _coops("data/world/ica_youth_led_coops.csv", YOUNG),
}
