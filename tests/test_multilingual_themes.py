"""Themes are found in German, Catalan and Spanish too: measured on made-up sentences, none of which was learnt."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from transforms.themes.classifier import shipped
from transforms.themes.corpus import first_level
from transforms.themes.words import hits, words

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("multilingual_themes.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_three_sentences_a_theme_and_language() -> None:
    counts = Counter((language, theme) for language, theme, _ in ROWS)
    assert set(counts.values()) == {3}
    assert {theme for _, theme in counts} <= set(first_level())


@pytest.mark.parametrize("language", ["de", "ca", "es"])
def test_guesses_are_right_and_most_texts_get_one(language: str) -> None:
    told = [(theme, [guess.theme for guess in shipped().guesses(text)]) for tag, theme, text in ROWS if tag == language]
    made = sum(len(found) for _, found in told)
    right = sum(theme in found for theme, found in told)
    assert right / made >= 0.9
    assert right / len(told) >= 0.6


@pytest.mark.parametrize("language", ["de", "ca", "es"])
def test_the_lexicon_meets_nearly_all(language: str) -> None:
    met = [theme in hits(words(text)) for tag, theme, text in ROWS if tag == language]
    assert sum(met) / len(met) >= 0.9
