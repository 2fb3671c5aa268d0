"""Every public function of normalisers, themes, merging, rights, relevance and vocabulary meets wild text somewhere.

The packages are walked: a new public function fails here until it is named, with what feeds it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_wild import FEW, WILD

import transforms
import transforms.normalise
import transforms.themes
from transforms import merge, relevance, rights, vocabulary
from transforms.normalise import (
    boilerplate,
    chosen_contacts,
    cleaners,
    contacts,
    cut_names,
    emails,
    names,
    people,
    person_names,
    phones,
    plain,
    signs,
    text,
)  # fmt: skip
from transforms.themes import classifier, crosswalk, judge, predict, skos, words

# Where each is fed: tests of `test_wild.py`, or those below. Functions that take no text of a source say so.
IN_TEST_WILD = sorted(
    text.words("""
    boilerplate.without_code chosen_contacts.choose_contacts cleaners.one_line cleaners.shown cleaners.place_shown
    contacts.emails_in
    contacts.find_contacts contacts.phones_in contacts.scrub dates.clean_date identifiers.clean_osm
    identifiers.clean_rna identifiers.clean_siren identifiers.clean_siret identifiers.clean_wikidata keys.public_key
    language.detect_language names.name_key names.restore_case names.spell_town people.betrays_person
    people.email_kind people.phone_kind people.plain_email people.plain_phone people.private_contacts
    person_names.hide_names person_names.names_person points.clean_coordinate points.parse_point relevance.judge
    text.clean_paragraphs text.clean_text text.is_sentinel urls.clean_url urls.web_domain record.Normaliser
    shapes.Rules shapes.CleanRecord shapes.Draft points.clean_figure cleaners.address_shown cleaners.name_shown
    contacts.quotable
    contacts.contacts_in_address doubts.items_of doubts.joined
""")
)
NO_TEXT_OF_A_SOURCE = sorted(
    text.words("""
    people.policy people.Policy relevance.groups relevance.Group relevance.Verdict rights.register rights.Licence
    rights.Family rights.family rights.of_family
    vocabulary.vocabulary merge.Member merge.Value merge.Merged chosen_contacts.Contacts text.words plain.Reading
    classifier.Model classifier.Guess classifier.shipped classifier.read_model classifier.write_model words.lexicon
    corpus.Labelled corpus.first_level corpus.others corpus.truth crosswalk.schemes crosswalk.Scheme judge.Judged
    judge.Figures judge.folds judge.cross_validated judge.calibrated judge.threshold judge.at judge.balanced
    doubts.Doubts judge.at_own_threshold judge.figures judge.by_majority learn.TrainingError learn.require_scikit_learn
    learn.learn learn.vocabulary_of train.main skos.skos together.Together words.told_by_pairs
""")
)
BELOW = sorted(
    text.words("""
    boilerplate.without_boilerplate cut_names.CutNames emails.may_hold_email
    emails.may_be_spelled plain.may_be_read signs.signs
    emails.email_spans emails.signed_spans emails.plain_address phones.in_words phones.may_hold_phone phones.phone_spans
    plain.reading people.folded people.is_family_name person_names.hide_in_name person_names.hide_behind_civility
    person_names.is_page_of_person predict.predicted classifier.logistic words.fold words.words words.features
    words.hits words.told_by words.pairs words.strength judge.by_keywords crosswalk.themes_of
    crosswalk.theme_of rights.check_licence rights.expression vocabulary.check_lookups merge.merge merge.as_text
""")
)


def public() -> set[str]:
    """`module.name` of every public function and class that the packages define themselves."""
    found = set()
    for package in (transforms.normalise, transforms.themes):
        for info in pkgutil.iter_modules(package.__path__):
            if info.name != "labelled_files":  # readers of the corpus: no text of a source comes to them
                found |= _of(importlib.import_module(f"{package.__name__}.{info.name}"))
    for module in (merge, rights, relevance, vocabulary):
        found |= _of(module)
    return found


def _of(module: Any) -> set[str]:
    short = module.__name__.rpartition(".")[2]
    return {
        f"{short}.{name}"
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing) or hasattr(thing, "cache_info"))
        and getattr(thing, "__module__", "") == module.__name__
    }


def test_every_public_function_is_fed_somewhere() -> None:
    fed = {*IN_TEST_WILD, *NO_TEXT_OF_A_SOURCE, *BELOW}
    assert sorted(public() - fed) == []


def test_what_is_said_to_be_fed_is_fed() -> None:
    """Each name must stand in the test that is said to feed it: a list alone is no test."""
    here = Path(__file__).read_text(encoding="utf-8").partition("def test_every_public")[2]
    wild = Path(__file__).with_name("test_wild.py").read_text(encoding="utf-8")
    assert [name for name in BELOW if name.rpartition(".")[2] not in here] == []
    indirect = {
        "items_of",
        "joined",
        "one_line",
        "shown",
        "place_shown",
        "CleanRecord",
        "Draft",
        "clean_figure",
        "address_shown",
        "name_shown",
    }  # through CLEANERS or the Normaliser
    direct = [name.rpartition(".")[2] for name in IN_TEST_WILD]
    assert [name for name in direct if name not in wild and name not in indirect and f"{name}(" not in here] == []


@given(WILD)
@FEW
def test_spans_lie_inside_their_text(written: str) -> None:
    for spans in (emails.email_spans(written), emails.signed_spans(written), phones.phone_spans(written)):
        assert all(0 <= start < end <= len(written) for start, end in spans)
    assert emails.may_hold_email(written) in {True, False}
    assert emails.may_be_spelled(written) in {True, False}
    assert plain.may_be_read(written) in {True, False}
    assert signs.signs(written)
    assert phones.may_hold_phone(written) in {True, False}
    assert phones.in_words(written) in {True, False}
    assert isinstance(emails.plain_address(written), str)
    if seen := plain.reading(written):
        for at in range(len(seen.text)):
            start, end = seen.written(at, at + 1)
            assert 0 <= start < end <= len(written)


@given(WILD)
@FEW
def test_what_hides_changes_nothing_twice(written: str) -> None:
    for hide in (person_names.hide_in_name, person_names.hide_behind_civility):
        once, _ = hide(written)
        assert hide(once) == (once, 0)
    lines = boilerplate.without_boilerplate(written)
    assert boilerplate.without_boilerplate(lines) == lines
    assert people.folded(people.folded(written)) == people.folded(written)
    assert people.is_family_name(written) in {True, False}
    assert person_names.is_page_of_person(written) in {True, False}
    assert contacts.find_contacts(contacts.quotable(written)) == []
    assert all(contacts.contacts_in_address(written))
    assert cleaners.address_shown(written, "https://example.org/") is not None


@given(st.lists(WILD, max_size=6))
@FEW
def test_names_that_go_by_are_watched_calmly(written: list[str]) -> None:
    watch = cut_names.CutNames()
    for position, name in enumerate(written, 1):
        watch.see(name, str(position), position)
    assert {key for key, _, _ in watch.found()} <= {str(position) for position in range(1, len(written) + 1)}


@given(WILD, WILD)
@FEW
def test_themes_answer_any_text(written: str, other: str) -> None:
    for guess in predict.predicted({"name": written, "summary": other, "needs": [written, other]}):
        assert 0 < guess["confidence"] <= 1
        assert guess["theme"] in vocabulary.vocabulary()["themes"]
    found = words.words(written)
    assert words.words(" ".join(found)) == found
    assert words.words(words.fold(written)) == found
    assert all(words.features(word) for word in found)
    assert all(words.told_by(word) <= words.lexicon().keys() for word in found)
    assert len(list(words.pairs(found))) == max(0, len(found) - 1)
    assert all(words.strength(count) > 0 for count in words.hits(found).values())
    assert isinstance(skos.skos(), str)
    themes = frozenset({"digital"})
    assert len(judge.by_keywords([judge.Labelled("x", written, themes, themes)])) == 1


@given(st.floats(allow_nan=False))
@FEW
def test_log_odds_of_any_size_give_a_probability(value: float) -> None:
    assert 0 < classifier.logistic(value) < 1


@given(WILD)
@FEW
def test_unknown_codes_and_licences_are_told(written: str) -> None:
    assert rights.check_licence(written) == [] or written not in rights.register()
    assert isinstance(vocabulary.check_lookups({"themes": {written: [written]}, written: {}}), list)
    assert isinstance(crosswalk.themes_of("cis-2019", written), tuple)  # an unknown code of theirs has none
    assert written.startswith(crosswalk.theme_of(written))


@given(st.lists(st.sampled_from(sorted(rights.register())), max_size=5))
@settings(max_examples=40, deadline=None)
def test_the_expression_of_any_licences_names_open_ones_only(ids: list[str]) -> None:
    told = rights.expression(ids)
    parts = told.split(" AND ")
    assert parts == [rights.FACTS_ONLY] or all(rights.register()[part].open for part in parts)
    assert rights.expression(reversed(ids)) == told


@given(st.lists(st.tuples(WILD, WILD, WILD, st.booleans()), min_size=1, max_size=4))
@example([("", "", "A://[", False), ("", "", "A://[", True)])
@FEW
def test_wild_records_merge_the_same_in_any_order(rows: list[tuple[str, str, str, bool]]) -> None:
    members = [
        merge.Member(
            f"s{number}", str(number), "etalab-2.0" if is_open else "none", is_open,
            {"name": name, "summary": summary, "url": url, "themes": ["digital"], "needs": [summary]},
            {"name": [name], "summary": [summary], "url": [url], "themes": [name], "needs": [summary]},
        )
        for number, (name, summary, url, is_open) in enumerate(rows)
    ]  # fmt: skip
    once = merge.merge(members)
    assert merge.merge(members[::-1]) == once
    assert all(value.value == merge.as_text(value.value) for value in once.provenance)


def test_lists_of_words_are_split() -> None:
    assert text.words(" a  b ") == {"a", "b"}
    assert names.name_key("") == ""
    assert chosen_contacts.choose_contacts("", "", [], []).email is None
    assert relevance.judge({}) is None
