"""Records that present no initiative are set aside with the reason; in doubt a record stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scrapers.record import RawValue
from transforms.relevance import ENOUGH, groups, judge

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or ROOT.parent / "shared" / "corpus")

PLACE: dict[str, RawValue] = {"commune": "Nantes"}
BOTH: dict[str, RawValue] = PLACE | {"organisation_name": "Le Lieu"}


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Best Essay Writing Service Provider", "spam"),
        ("Assignment Help Online", "spam"),
        ("Online casino bonus", "spam"),
        ("Offre d'emploi : animatrice", "job"),
        ("Chargé de mission (H/F)", "job"),
        ("Appel à projets 2024 – Mobilités", "call"),
        ("Call for proposals: digital inclusion", "call"),
        ("Mentions légales", "page"),
        ("Qui sommes-nous ?", "page"),
        ("Webinaire le 12 mars", "event"),
        ("Journée portes ouvertes le 22/09/2022", "event"),
        ("Qu’est-ce qu’un tiers-lieu ?", "definition"),
        ("Épicerie solidaire : définition", "definition"),
        ("Les épiceries sociales et solidaires", "definition"),
        ("Jardins partagés & collectifs", "definition"),
        ("Extrait du manifeste", "page"),
        ("Bonnes pratiques du mois de mars", "article"),
        ("Was ist solidarische Landwirtschaft?", "definition"),
        ("Comment monter un jardin partagé", "guide"),
        ("10 idées pour jardiner", "guide"),
        ("Communiqué de presse", "article"),
        ("Rapport d'activité 2019", "article"),
        ("Aff?rd?bl? Air??rt tr?n?f?r", "unreadable"),
    ],
)
def test_titles_that_present_nothing(name: str, group: str) -> None:
    verdict = judge({"name": name})
    assert verdict is not None
    assert (verdict.group, verdict.score >= ENOUGH) == (group, True)


@pytest.mark.parametrize(
    "name",
    [
        "Guide Dogs for the Blind", "Forum Europe", "Accueil de jour", "Les 3 Ateliers", "Formation CAP Emploi",
        "Job dans la Ville", "La Petite Rencontre", "Le Comptoir des définitions", "C'est qui le patron ?!",
        "Recrutement solidaire", "Le Casino, tiers-lieu",
        "SEO/BirdLife", "Writers Den", "Homework Help Club", "Entretiens avec un psychologue",
        "Entretien de véhicule", "Appel d'air",
        "Les Jardins de Cocagne", "Cafés du port", "Jardins partagés du Breil", "Call For Team", "Home",
    ],
)  # fmt: skip
def test_names_that_only_look_like_it_stay(name: str) -> None:
    assert judge({"name": name}) is None


def test_a_place_and_an_organisation_speak_for_a_record() -> None:
    assert judge({"name": "Qu'est-ce qu'on attend ?"}) is not None
    assert judge({"name": "Qu'est-ce qu'on attend ?", **PLACE}) is None
    assert judge({"name": "Appel à projets", **PLACE}) is not None
    assert judge({"name": "Appel à projets", **BOTH}) is None
    assert judge({"name": "Essay Writing Service", **BOTH}) is not None
    assert judge({"name": "Qu'est-ce qu'on attend ?", "commune": "n/r"}) is not None  # a placeholder is no place


def test_the_summary_adds_to_the_title_and_says_nothing_alone() -> None:
    told: dict[str, RawValue] = {"name": "Appel à projets", "summary": "<p>Date limite : le 3 mars</p>", **BOTH}
    assert judge(told) is not None
    assert judge({"name": "Le Lieu", "summary": "Date limite : le 3 mars. Envoyer CV. Casino."}) is None


def test_every_group_says_why() -> None:
    for group in groups():
        assert group.why.startswith(("is ", "defines ", "explains ", "announces ", "advertises "))
        assert group.weight >= ENOUGH


def test_no_sample_loses_an_initiative() -> None:
    aside = []
    for path in sorted((ROOT / "scrapers" / "sources").glob("*/sample/expected.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = json.loads(line)["fields"]
            if judge(fields):
                aside.append(fields["name"])
    assert aside == ["Best Essay Writing Service Provider"]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus of real files at {CORPUS}: set ESSAIM_CORPUS")
def test_real_pages() -> None:
    lines = (CORPUS / "pages" / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line) for line in lines]
    flagged = [page["kind"] for page in pages if judge({"name": page["title"], "summary": page["text"]})]
    assert "initiative" not in flagged
    assert len(flagged) >= 60
