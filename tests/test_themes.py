"""Themes: a whole taxonomy, sound crosswalks, and guesses that are marked, repeatable and never in the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.namespace import SKOS
from typer.testing import CliRunner

from flows.cli import app
from scrapers.record import RawRecord
from transforms.merge import Member, merge
from transforms.normalise.record import Normaliser, Rules
from transforms.themes import judge
from transforms.themes.classifier import MODEL, Model, read_model, shipped, write_model
from transforms.themes.corpus import TRUTH, Labelled, first_level, truth
from transforms.themes.crosswalk import RELATIONS, schemes, theme_of, themes_of
from transforms.themes.predict import predicted
from transforms.themes.skos import skos
from transforms.themes.words import fold, hits, lexicon, words
from transforms.vocabulary import FIELDS, check_lookups, vocabulary

CORPUS = Path(os.environ.get("ESSAIM_CORPUS") or "../shared/corpus")
SHOP = (
    "Une épicerie solidaire en centre-ville : des personnes en grande précarité y font leurs courses à petit prix, des "
    "bénévoles luttent contre l'isolement et accueillent les sans-abri."
)
FARM = "Ferme en permaculture : maraîchage biologique, compost, haies, protection de la biodiversité et des abeilles."


# The taxonomy

CODES = [(field, code) for field in FIELDS for code in vocabulary()[field]]


@pytest.mark.parametrize(("field", "code"), CODES)
def test_every_code_has_a_label_and_a_definition_in_both_languages(field: str, code: str) -> None:
    told = vocabulary()[field][code]
    assert set(told) == {"en", "fr", "definition_en", "definition_fr"}
    assert all(text == text.strip() != "" for text in told.values())
    assert told["definition_en"].endswith(".")
    assert told["definition_fr"].endswith((".", "…"))
    assert told["definition_en"] != told["definition_fr"]


@pytest.mark.parametrize("field", FIELDS)
def test_labels_and_definitions_are_not_used_twice(field: str) -> None:
    for part in ("en", "fr", "definition_en", "definition_fr"):
        told = [words[part] for words in vocabulary()[field].values()]
        assert len(set(told)) == len(told)


def test_sub_themes_stand_under_their_theme_and_no_deeper() -> None:
    codes = list(vocabulary()["themes"])
    assert len(first_level()) == 16
    assert len(codes) == 16 + 27
    assert all(code.count("/") <= 1 and theme_of(code) in codes for code in codes)
    assert not any("/" in code for field in FIELDS[1:] for code in vocabulary()[field])


# The crosswalks


@pytest.mark.parametrize("id", schemes())
def test_crosswalks_lead_from_codes_that_are_to_categories_that_are(id: str) -> None:
    scheme = schemes()[id]
    assert scheme.title
    assert scheme.publisher
    for field, codes in scheme.matches.items():
        for code, relations in codes.items():
            assert code in vocabulary()[field]
            assert set(relations) <= set(RELATIONS)
            targets = [target for targets in relations.values() for target in targets]
            assert targets
            assert set(targets) <= set(scheme.categories)
            assert len(set(targets)) == len(targets), "two relations between the same two contradict each other"


def test_an_exact_match_has_one_partner_on_each_side() -> None:
    for scheme in schemes().values():
        for codes in scheme.matches.values():
            exact = [target for relations in codes.values() for target in relations.get("exactMatch", ())]
            assert len(set(exact)) == len(exact)


def test_the_predecessor_is_covered_whole_and_its_faults_are_mended() -> None:
    of_2019 = schemes()["cis-2019"]
    told = [target for relations in of_2019.matches["themes"].values() for target in relations["exactMatch"]]
    assert sorted(told) == sorted(of_2019.categories)
    assert set(of_2019.matches["themes"]) == set(vocabulary()["themes"])
    assert of_2019.matches["themes"]["education-youth/childhood-family"] == {"exactMatch": ["EGA"]}
    assert themes_of("cis-2018", "COH") == ("solidarity",)
    assert schemes()["cis-2018"].categories["COH"] != "energie"


@pytest.mark.parametrize(
    ("scheme", "category", "themes"),
    [
        ("sdg", "3", ("health",)), ("sdg", "13", ("environment",)), ("sdg", "17", ()), ("sdg", "99", ()),
        ("cis-2018", "HAB", ("territory",)), ("cis-2018", "AUT", ()), ("dsi", "other", ()),
        ("gogocarto", "10434", ("environment",)), ("esid", "housing", ("territory",)),
        ("carteco", "mobility", ("territory",)), ("transiscope", "education", ("education-youth",)),
    ],
)  # fmt: skip
def test_a_category_inside_a_theme_gives_it(scheme: str, category: str, themes: tuple[str, ...]) -> None:
    assert themes_of(scheme, category) == themes


def test_skos_is_turtle_with_every_code_and_without_cycles() -> None:
    graph = rdflib.Graph().parse(data=skos(), format="turtle", publicID="https://example.org/themes.ttl")
    concepts = set(graph.subjects(rdflib.RDF.type, SKOS.Concept))
    ours = rdflib.URIRef("https://example.org/themes.ttl#themes/health/autonomy")
    assert ours in concepts
    assert graph.value(ours, SKOS.broader) == rdflib.URIRef("https://example.org/themes.ttl#themes/health")
    assert {label.language for label in graph.objects(ours, SKOS.prefLabel)} == {"en", "fr"}
    assert len(concepts) == len(CODES) + sum(len(scheme.categories) for scheme in schemes().values())
    for relation in RELATIONS:
        assert set(graph.objects(None, SKOS[relation])) <= concepts
    for concept in concepts:
        for parent in graph.objects(concept, SKOS.broader):
            assert concept not in set(graph.transitive_objects(parent, SKOS.broader))
    goals = set(graph.objects(rdflib.URIRef("https://example.org/themes.ttl#themes/health"), SKOS.closeMatch))
    assert rdflib.URIRef("http://metadata.un.org/sdg/3") in goals
    assert skos() == skos()
    assert skos("https://example.org/t").count("<https://example.org/t#themes/sport>") >= 1


# The classifier


def test_the_lexicon_speaks_of_themes_in_five_languages_without_accents() -> None:
    for theme, languages in lexicon().items():
        assert theme in first_level()
        assert set(languages) == {"fr", "en", "es", "de", "ca"}
        for entry in " ".join(languages.values()).split():
            assert entry.isascii()
            assert entry == entry.lower()
    assert hits(words("Économie circulaire et fair trade, circuits courts"))["consumption"] >= 1
    assert fold("Œuvre DÉJÀ Straße") == "oeuvre deja strasse"


def test_texts_get_the_themes_they_speak_of() -> None:
    assert [guess.theme for guess in shipped().guesses(SHOP)] == ["solidarity"]
    assert shipped().guesses(FARM)[0].theme == "environment"
    garden = "A community garden where children learn to grow organic vegetables, compost waste and protect wild bees."
    assert "environment" in [guess.theme for guess in shipped().guesses(garden)]
    assert shipped().guesses("Le Hangar") == shipped().guesses("") == []
    assert shipped().guesses("santé hôpital soins") == [], "a few words are no text"


def test_guesses_are_sure_enough_sorted_and_the_same_each_time() -> None:
    for text in (SHOP, FARM, SHOP + FARM):
        found = shipped().guesses(text)
        assert found == shipped().guesses(text) == read_model(MODEL).guesses(text)
        assert all(shipped().threshold <= guess.confidence <= 1 for guess in found)
        assert found == sorted(found, key=lambda guess: -guess.confidence)


@given(st.text(max_size=400))
def test_wild_text_is_taken(text: str) -> None:
    found = shipped().guesses(text)
    assert {guess.theme for guess in found} <= set(first_level())
    assert fold(fold(text)) == fold(text)
    assert words(" ".join(words(text))) == words(text)


@given(st.dictionaries(st.sampled_from(["name", "summary", "needs", "x"]), st.text() | st.lists(st.text(), max_size=3)))
def test_wild_records_are_taken(fields: dict[str, str | list[str]]) -> None:
    assert all(set(guess) == {"theme", "confidence"} for guess in predicted(fields))


def test_a_model_is_kept_as_text_and_small(tmp_path: Path) -> None:
    assert MODEL.stat().st_size < 1_000_000
    again = tmp_path / "model.tsv"
    write_model(shipped(), again)
    assert again.read_bytes() == MODEL.read_bytes()
    again.write_text("# mixing\t1 0 0 0\n# threshold\t0.5\nno model\n", encoding="utf-8")
    with pytest.raises(ValueError, match="train it anew"):
        read_model(again)


def test_figures_are_those_of_the_book() -> None:
    known = frozenset(first_level())
    texts = [Labelled("s", "a", frozenset(themes), known) for themes in (["health"], ["health", "sport"], ["digital"])]
    answers = [frozenset(["health"]), frozenset(["health", "tourism"]), frozenset[str]()]
    found = judge.figures("x", texts, answers)
    assert (found.macro_f1, found.precision, found.recall) == (pytest.approx(1 / 3), pytest.approx(2 / 3), 0.5)
    assert found.micro_f1 == pytest.approx(4 / 7)
    assert found.coverage == pytest.approx(2 / 3)
    assert judge.by_majority(texts) == [frozenset(["health"])] * 3


def test_the_threshold_is_where_guesses_are_right_often_enough() -> None:
    def one(right: bool, score: float) -> judge.Judged:
        return judge.Judged(
            Labelled("s", "t", frozenset(["health"] if right else []), frozenset()), ((score, 0, 0),), 0
        )

    model = Model(("health",), {}, (0.0,))
    sure, unsure = [one(True, 3.0)] * 9 + [one(False, 3.0)], [one(False, 0.5)] * 20
    assert judge.threshold(model, sure + unsure) == pytest.approx(0.63)
    assert judge.threshold(model, unsure) == 1.0
    assert judge.calibrated(model, sure + unsure).mixing[0] > 0


# Records and initiatives


def clean(lookups: dict[str, dict[str, list[str]]] | None = None, open_licence: bool = True, **fields: object):
    normaliser = Normaliser(Rules("lieux", open_licence, lookups=lookups or {}))
    return normaliser.clean(
        RawRecord(source_id="lieux", key="1", position=1, origin="x", fields={"name": "Le Hangar", **fields})
    )  # type: ignore[dict-item]


def test_themes_are_predicted_only_where_none_is_stated() -> None:
    guessed = clean(summary=SHOP)
    assert [guess["theme"] for guess in guessed.values["themes_predicted"]] == ["solidarity"]
    assert "themes" not in guessed.values
    stated = clean(summary=SHOP, themes=["sport"])
    assert stated.values["themes"] == ["sport"]
    assert "themes_predicted" not in stated.values
    assert "themes_predicted" not in clean(summary="Un lieu.").values


def test_a_text_that_may_not_be_published_gives_codes_only() -> None:
    record = clean(open_licence=False, summary=SHOP)
    assert "summary" not in record.values
    assert record.values["themes_predicted"][0]["theme"] == "solidarity"
    assert record.originals.get("themes_predicted") is None


def test_a_sub_theme_comes_with_its_theme() -> None:
    lookups = {"themes": {"Vélo": ["territory/mobility"]}}
    assert check_lookups(lookups) == []
    assert clean(lookups, themes=["Vélo"]).values["themes"] == ["territory", "territory/mobility"]


def member(key: str, **values: object) -> Member:
    return Member("lieux", key, "etalab-2.0", True, {"name": "Le Hangar", "geo_precision": "none", **values}, {})


def guess(theme: str, confidence: float) -> dict[str, object]:
    return {"theme": theme, "confidence": confidence}


def test_an_initiative_has_the_surest_guesses_marked_as_such() -> None:
    first = member("1", themes_predicted=[guess("health", 0.7), guess("sport", 0.66)])
    result = merge([first, member("2", themes_predicted=[guess("health", 0.9)])])
    assert result.values["themes_predicted"] == [guess("health", 0.9), guess("sport", 0.66)]
    assert "themes" not in result.values
    told = [value for value in result.provenance if value.field == "themes_predicted"]
    assert [value.rule for value in told] == ["predicted theme, confidence 0.90", "predicted theme, confidence 0.66"]
    assert [value.record_key for value in told] == ["2", "1"]
    assert json.loads(told[0].value) == guess("health", 0.9)
    assert all(value.original is None for value in told)


def test_a_stated_theme_leaves_no_room_for_guesses() -> None:
    result = merge([member("1", themes=["sport"]), member("2", themes_predicted=[guess("health", 0.99)])])
    assert result.values["themes"] == ["sport"]
    assert "themes_predicted" not in result.values
    assert not [value for value in result.provenance if value.field == "themes_predicted"]


# The command


def test_a_missing_truth_file_is_said_with_the_remedy(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "themes", "--truth", str(tmp_path / "none.csv")])
    assert result.exit_code == 2
    assert "ESSAIM_CORPUS" in " ".join(result.output.split())


def test_without_a_corpus_the_shipped_model_and_the_baselines_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ["Nom du projet", "Description", *(f"Tag CIS - Niveau - 1 - {blank}Thématiques {n} CODE"
               for n, blank in ((1, ""), (2, "  "), (3, "")))]  # fmt: skip
    path = tmp_path / "truth.csv"
    rows = [",".join(columns), f'Épicerie,"{SHOP}",SOL,,', f'Ferme,"{FARM}",ENV,CON,', "Sans thème,Rien,,,"]
    path.write_text("\n".join(rows), encoding="utf-8")
    monkeypatch.setenv("ESSAIM_CORPUS", str(tmp_path))
    result = CliRunner().invoke(app, ["evaluate", "themes", "--truth", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    by_name = {row["name"]: row for row in found["figures"]}
    assert found["records"] == 2
    assert set(by_name) == {"majority", "keywords", "shipped model"}
    assert by_name["shipped model"]["precision"] == 1.0
    assert found["notes"][0].startswith("no cross-validation")
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["evaluate", "themes", "--truth", str(path)]).exit_code == 2


@pytest.mark.corpus
def test_the_classifier_is_better_than_both_baselines_on_records_coded_by_hand() -> None:
    pytest.importorskip("sklearn")
    from flows.evaluate.themes import evaluate

    if not (CORPUS / TRUTH).is_file():
        pytest.skip(f"no corpus at {CORPUS}")
    found = evaluate(CORPUS / TRUTH, CORPUS)
    by_name = {row.name: row for row in found.figures}
    balanced, published = by_name["classifier, balanced"], by_name["classifier, as published"]
    assert found.records == len(truth(CORPUS / TRUTH)) == 149
    for baseline in ("majority", "keywords"):
        assert balanced.macro_f1 > by_name[baseline].macro_f1
        assert balanced.micro_f1 > by_name[baseline].micro_f1
    assert published.precision >= 0.8
    assert published.coverage >= 0.7
