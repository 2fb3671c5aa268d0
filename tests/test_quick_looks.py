"""What spares texts a costly search changes no answer: with it and without it, the same is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import ip_address
from types import ModuleType
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms import relevance
from transforms.geocode import address_line, hints
from transforms.geocode import names as place_names
from transforms.marks import has_astral, without_marks
from transforms.normalise import (
    boilerplate,
    cleaners,
    contacts,
    emails,
    keys,
    language,
    names,
    people,
    person_names,
    phones,
    plain,
    points,
    signs,
    text,
    urls,
)  # fmt: skip
from transforms.normalise.text import words
from transforms.remembered import LONGEST, MOST, remembered
from transforms.themes.classifier import Guess, shipped
from transforms.themes.together import Together
from transforms.themes.words import features, hits, strength
from transforms.themes.words import words as theme_words

ALWAYS, NEVER = re.compile(""), re.compile(r"(?!)")

SIGNS = sorted(
    words("""
    @ ＠ ﹫ ⓐ Ⓐ %40 %2540 &#64; &commat; &amp; <b> </b> <!-- --> ² ⑥ ﹒ \u200b \u00ad \u034f 𝟎 ( ) [ ] { } < > « » * |
    / ' " \\ _at_ AT at chez à À a arobase ARROBA arroba dot point . , - · : = ; + ? 0 00 +33 33 6 7 06 12 34 56 78 99
    O6 o7 (0) +44 07700 900123 0151 tel tél TÉL Tel. phone: portable: fax wa.me/ sms: tel: zéro ZERO six sept vingt
    douze [[ ]] {{ }} ''' [edit] [modifier] M. Mme MME Dr. Madame Herr Sra. Jean Martine DUPONT Dupont Élise Éluard d'
    de la van directrice fondée par Contact Responsable le lycée exemple.fr fr jeanne.durand DURAND, É é œ ſ K ı İ
""")
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.one_of(st.sampled_from(SIGNS), st.sampled_from([" ", "  ", "\n", "\xa0", ""]), st.text("09 .-", max_size=6)),
        max_size=24,
    ).map("".join),
    st.lists(st.sampled_from(SIGNS), max_size=16).map(" ".join),
)


def without(module: ModuleType, **looks: object) -> AbstractContextManager[object]:
    """`module` with its quick looks made blind: all that they would spare is searched."""
    return patch.multiple(module, **looks)


class Everything(frozenset[str]):
    """Has every word."""

    def isdisjoint(self, other: object) -> bool:
        return False


EVERYTHING = Everything()


def yes(_: str) -> bool:
    return True


def all_signs(_: str) -> frozenset[int]:
    return signs._ALL


# What stands behind the signs, as Python reads it.
SIGNED = {
    signs.WORK: r"[^\n\x20-\x25\x27-\x3b\x3d-\x7eàçèéêëîôöùûüÀÇÈÉÊËÔÖÛÜœŒ’–«»°€]",
    signs.WIKI: r"(?i)\[\[|\{\{|'''|\[\s*(?:modifier|edit|e-?mail)",
    signs.HIDDEN: f"[<&%{signs.INVISIBLE}{signs.PLAINED}]",
    signs.SPELLED: r"""(?x) (?i:roba|_at_|\ at\ ) | [\[({<«*|/'"]\s{0,3}(?i:at|chez|a|à)\s{0,3}[\])}>»*|/'"]
        | \.[^\W\d]{2,30}[\ -](?i:at|chez|à)[\ -]""",
    signs.PHONE: r"\d(?:\D{0,4}\d){6}|(?i:zéro|zero)",
    signs.CAPITALS: rf"[A-ZÀ-ÖØ-Þ][\w'’.-]*[^\S\n]+{person_names._PARTICLE}[A-ZÀ-ÖØ-Þ]",
    signs.CIVILITY: r"[DFHMS][A-Za-z]{0,12}\.?[^\S\n]",
    signs.BANNER: r"(?i)cookie|un\s+don|soutenez|besoin|donate|support|newsletter|lettre|javascript",
}


@given(TEXTS)
def test_no_sign_is_missed(text: str) -> None:
    found = signs.signs.__wrapped__(text)  # type: ignore[attr-defined]
    assert found >= {signs.ANY, *(sign for sign, pattern in SIGNED.items() if re.search(pattern, text))}


@pytest.mark.parametrize("sign", SIGNED)
def test_a_sign_shows_in_each_letter_that_python_sees_it_in(sign: int) -> None:
    around = {
        signs.WIKI: "[ edit",
        signs.SPELLED: ". .ab at ( à )",
        signs.PHONE: "1 2 3 4 5 6 7 zero",
        signs.CAPITALS: "Ab de Cd",
        signs.CIVILITY: "Mm. ",
        signs.BANNER: "cookie un don javascript",
    }.get(sign, "x")
    pattern = re.compile(SIGNED[sign])
    for place in range(len(around)):
        for letter in map(chr, [*range(0x3100), *range(0xF900, 0x11000), *range(0x1D000, 0x1D800)]):
            text = around[:place] + letter + around[place + 1 :]
            if pattern.search(text):
                assert sign in signs.signs.__wrapped__(text), f"{text!r}"  # type: ignore[attr-defined]


def test_a_text_that_cannot_be_looked_at_has_every_sign() -> None:
    assert signs.signs("a \ud800 b") == signs._ALL == {*SIGNED, signs.ANY}
    assert signs.signs("plain") == {signs.ANY}


@given(TEXTS)
def test_the_quick_look_for_addresses_misses_none(text: str) -> None:
    found = emails.may_hold_email(text)
    with without(emails, _looks_like_email=yes):
        assert emails.may_hold_email(text) == found


@given(TEXTS)
def test_the_quick_looks_for_telephones_miss_none(text: str) -> None:
    found = sorted(phones.phone_spans(text))
    with without(phones, _TEN_FROM_ZERO=ALWAYS, _MOBILE_BEGINS=ALWAYS, in_words=yes):
        searched = sorted(phones.phone_spans(text))
    for pattern in (phones._LINK, phones._BARE_CODE, phones._IN_WORDS):
        searched += [match.span() for match in pattern.finditer(text)]
    searched += [match.span(1) for match in phones._CUED.finditer(text)]
    assert set(found) == set(searched)


@given(TEXTS)
def test_the_quick_look_for_any_contact_misses_none(text: str) -> None:
    spans, addresses = contacts._spans.__wrapped__(text), contacts.emails_in(text)
    with without(contacts, signs=all_signs):
        assert contacts._spans.__wrapped__(text) == spans
    with without(contacts, _spans=yes):
        assert contacts.emails_in(text) == addresses


FRENCH_NUMBERS = st.builds(
    lambda code, digits, sign: sign.join([code, *digits]),
    st.sampled_from(["0", "+33", "+33 ", "+330", "0033", "33", "", "+590", "+33-", "(0)", "+33(0)"]),
    st.lists(st.sampled_from([*map(str, range(1000, 9999, 77)), "1", "2", "45", "06", "00", "262", "590"]), max_size=9),
    st.sampled_from(["", " ", ".", "-", "/"]),
)


@given(FRENCH_NUMBERS | TEXTS, st.sampled_from([None, "FR", "ZZ", "GP", "BE"]))
def test_french_numbers_are_read_as_the_library_reads_them(number: str, country: str | None) -> None:
    people._parsed.cache_clear()
    found = people.plain_phone(number, country), people.phone_kind(number, country)
    spoken_for = hints.country_of_phone(number)
    people._parsed.cache_clear()
    with without(people, _FRENCH=NEVER), without(hints, _FRENCH=NEVER):
        assert (people.plain_phone(number, country), people.phone_kind(number, country)) == found
        assert hints.country_of_phone(number) == spoken_for


@given(st.from_regex(points.PLAIN_FIGURE, fullmatch=True))
def test_plain_figures_are_read_as_others_are_and_hold_no_contact(figure: str) -> None:
    assert cleaners.shown(figure) == figure
    found = points.clean_figure(figure, "latitude")
    with without(points, PLAIN_FIGURE=NEVER):
        assert points.clean_figure(figure, "latitude") == found


ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "https://http", "https://www."]),
        st.lists(st.sampled_from(["wa", "t", "me", "facebook", "a-b", "tel", "x1", "jean", "asso"]), max_size=3).map(
            "".join
        ),
        st.sampled_from([".fr", ".me", ".com", ".asso.fr", ".paris", ".x1", "."]),
        st.lists(
            st.sampled_from(["/", "/a_b", "/0612345678", "/33612345678", "/tel", "/http", "//", "-", "?a=b", "#c"]),
            max_size=4,
        ).map("".join),
    ),
) | st.from_regex(urls.PLAIN_ADDRESS, fullmatch=True)


@given(ADDRESSES)
def test_plain_addresses_are_cleaned_as_others_are_and_hold_no_contact(address: str) -> None:
    def told() -> tuple[str | None, str]:
        try:
            found = cleaners.CLEANERS["url"](address)
        except ValueError as fault:
            return None, str(fault)
        return found, cleaners.address_shown(address, found) if found else ""

    found = told()
    with without(urls, PLAIN_ADDRESS=NEVER), without(cleaners, PLAIN_ADDRESS=NEVER):
        assert told() == found


@given(TEXTS | st.text("aZ09é１०@", max_size=12))
def test_keys_of_letters_and_figures_alone_hold_nothing(key: str) -> None:
    if key.isalnum():
        assert contacts.contacts_in_address(key) == []
        assert not (keys._LETTER.search(key) and keys._BETWEEN_WORDS.search(key))


@given(st.text(max_size=60) | TEXTS)
def test_words_are_found_whatever_their_letters(text: str) -> None:
    assert language._words()(text) == re.findall(r"[^\W\d_]+", text)


@given(TEXTS)
def test_a_field_of_one_number_is_not_searched_for_two(text: str) -> None:
    found = contacts.phones_in(text)
    with without(contacts, _FEWEST_OF_TWO=0):
        assert contacts.phones_in(text) == found


@given(TEXTS)
def test_the_quick_look_for_codes_misses_none(text: str) -> None:
    found = plain.reading(text)
    with without(plain, signs=all_signs):
        searched = plain.reading(text)
    assert (found and found.text) == (searched and searched.text)


def test_every_letter_that_is_a_code_of_its_own_is_seen() -> None:
    letters = map(chr, range(0x110000))
    assert all(plain.may_be_read(letter) for letter in letters if plain._PIECE.search(letter))


@given(TEXTS)
def test_the_quick_looks_for_people_miss_none(text: str) -> None:
    hiding: tuple[Callable[[str], tuple[str, int]], ...] = (
        person_names.hide_names, person_names.hide_in_name, person_names.hide_behind_civility,
    )  # fmt: skip
    found = [hide(text) for hide in hiding]
    with without(person_names, signs=all_signs, _may_hold_given=yes):
        assert [hide(text) for hide in hiding] == found


@given(TEXTS)
def test_the_quick_look_for_marks_of_wikis_misses_none(text: str) -> None:
    found = boilerplate.without_code(text)
    with without(boilerplate, signs=all_signs):
        assert boilerplate.without_code(text) == found


BANNER_WORDS = words("""
    nous utilisons des cookies accept uses using gérer consentement policy navigation améliorer faites faire un don je
    fais soutenez-nous a besoin de votre soutien vos dons donate now support us abonnez-vous inscrivez-vous à la
    newsletter lettre d'information subscribe to our javascript is est veuillez please . ! COOKIES cooKies javaſcript
""")


@given(st.lists(st.sampled_from([*sorted(BANNER_WORDS), "\n", "[vc_row]"]), max_size=9), st.sampled_from([" ", "\xa0"]))
def test_the_quick_look_for_banners_misses_none(drawn: list[str], space: str) -> None:
    text = space.join(drawn)
    found = boilerplate.without_boilerplate(text)
    with without(boilerplate, signs=all_signs):
        assert boilerplate.without_boilerplate(text) == found


TITLE_WORDS = sorted(
    words("""
    offre d'emploi recrute un h/f appel à projets 2024 contact accueil forum 12 mars comment how to guide pratique n° 3
    rapport d'activité définition qu'est-ce qu 10 idées laureats 2023 a?b?c?d casino online cdi stage
""")
)
TITLES = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TITLE_WORDS), max_size=7).map(" ".join))


@given(TITLES)
def test_the_first_look_at_a_title_misses_no_group(title: str) -> None:
    folded = relevance._folded(title, 300)
    if any(group.title.search(folded) for group in relevance.groups()):
        assert relevance._may_match(folded)


@given(st.text())
def test_marks_are_those_that_combine(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", text)
    assert without_marks(decomposed) == "".join(sign for sign in decomposed if not unicodedata.combining(sign))


@given(st.text() | st.text("a\ud800\udc00\uffff\U00010000\U0010ffff"))
def test_letters_beyond_the_first_plane_are_seen(text: str) -> None:
    assert has_astral(text) == any(sign > "\uffff" for sign in text)


def test_marks_beyond_the_first_plane_are_taken_too() -> None:
    assert without_marks("a\u0301b\U0001d165c\U0001f600") == "abc\U0001f600"


def test_an_answer_is_remembered_and_a_long_text_is_not() -> None:
    asked: list[str] = []

    @remembered
    def size(text: str) -> int:
        asked.append(text)
        return len(text)

    long = "x" * (LONGEST + 1)
    assert [size("a"), size("a"), size(long), size(long)] == [1, 1, LONGEST + 1, LONGEST + 1]
    assert asked == ["a", long, long]
    for number in range(MOST):
        size(str(number))
    size("a")
    assert asked.count("a") == 2  # the oldest are forgotten


def test_what_cannot_be_answered_is_asked_again() -> None:
    @remembered
    def number(text: str) -> int:
        return int(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            number("x")


FIGURE = st.integers(-100_000, 100_000)


@given(st.lists(st.tuples(*[FIGURE] * 5), max_size=12))
def test_figures_added_together_are_those_added_one_by_one(rows: list[tuple[int, ...]]) -> None:
    together = Together(5)
    total = sum(together.packed(row) for row in rows)
    assert together.unpacked(total) == [sum(row[place] for row in rows) for place in range(5)]


THEME_WORDS = sorted(
    words("""
    épicerie solidaire isolement bénévoles compost jardin partagé vélo réparation atelier numérique insertion emploi
    the food bank garden community Fahrrad Werkstatt économie circulaire circuits courts de la et 2024 zzz
""")
)


@given(st.lists(st.sampled_from(THEME_WORDS), max_size=40).map(" ".join))
def test_the_scores_of_all_themes_at_once_are_those_of_each(text: str) -> None:
    model, ordered = shipped(), theme_words(text)
    distinct, told = dict.fromkeys(ordered), hits(ordered)
    rows = [model.weights[feature] for word in distinct for feature in features(word) if feature in model.weights]
    found = model.scores(text)
    for place, (theme, bias) in enumerate(zip(model.themes, model.bias, strict=True)):
        total = sum(row[place] for row in rows)
        expected = (
            total / max(1, len(distinct)) ** 0.5 + bias, strength(told[theme]), told[theme] / (told.total() or 1)
        )  # fmt: skip
        assert found[place] == pytest.approx(expected, abs=1e-9)
    sure = [(theme, model.confidence(score)) for theme, score in zip(model.themes, found, strict=True)]
    expected_guesses = {Guess(theme, chance) for theme, chance in sure if chance >= model.threshold}
    assert set(model.guesses(text)) == (expected_guesses if len(distinct) >= 8 else set())


@given(
    st.lists(st.sampled_from([*" \n-[]'", *"àçèéêëîôöùûüÀÇÈÉÊËÔÖÛÜœŒ’–«»°€", "abc", "Ab", "n/r", "1", "."])).map(
        "".join
    )
)
def test_texts_that_need_no_closer_look_are_as_they_were(written: str) -> None:
    with without(text, signs=all_signs):
        one, paragraphs = text.clean_text.__wrapped__(written), text.clean_paragraphs(written)
    assert text.clean_text.__wrapped__(written) == one
    assert text.clean_paragraphs(written) == paragraphs


@given(st.text("ÂÃÄÅÆÎÏÐÑØÙâãåæïð\x80\x85\x9f€‚ƒ„ . ,√x1‚Ä¬´ª├┬a"))
def test_every_sign_of_mojibake_begins_with_one_of_its_letters(written: str) -> None:
    found = any(text._MOJIBAKE.match(written, lead.start()) for lead in text._MOJIBAKE_LEAD.finditer(written))
    assert found == (text._MOJIBAKE.search(written) is not None)


TEASERS = sorted(
    words("""
    lire voir afficher la suite plus l'article complet en savoir + read more Continue reading continuer lecture retour
    haut de page back to top cliquez ici CLICK HERE . … ! ? ) ] [ ( ſuite [… fin
""")
)


@given(st.lists(st.sampled_from(TEASERS), max_size=14).map(" ".join), st.sampled_from(["", ".", " …", "]", "__", "!?"]))
def test_the_quick_look_for_a_teaser_at_the_end_misses_none(written: str, end: str) -> None:
    line = written + end
    assert line[: boilerplate._teaser_begins(line)] == boilerplate._TEASER_AT_END.sub("", line)


NAME_WORDS = sorted(
    words("""
    l' d' la le de association scop S.C.O.P. s c o p a m A.D.M.R. société coopérative d'intérêt collectif loi 1901 & +
    l1901 l e s sarl Ltd Hangar é x community interest company régie 1er juillet
""")
)


@given(st.text(max_size=30) | st.lists(st.sampled_from(NAME_WORDS), max_size=9).map(" ".join))
def test_names_of_which_nothing_comes_together_have_the_keys_of_others(name: str) -> None:
    found = names.name_key(name)
    with without(names, _PHRASES_BEGIN=EVERYTHING):
        assert names.name_key.__wrapped__(name) == found


@given(st.text("0189.:%af gx٣", max_size=12) | st.ip_addresses().map(str))
def test_every_address_of_a_machine_has_a_colon_or_ends_with_a_figure(host: str) -> None:
    try:
        ip_address(host)
    except ValueError:
        return
    assert urls._is_ip(host)


ADDRESS_WORDS = sorted(
    words("""
    3 146 quai Neuf rue de la impasse 75013 44000 44 75 Nantes Paris Lyon 3e 11ème 2ÈME 1 er arr cedex CEDEX 44 000
    (44) (France) France , - BP 12 F-44000 Loire-Atlantique marseille 13 08 arrondissement ٤٤٠٠٠ ½
""")
)
PLACES = st.text("0123 4e(),-Fr", max_size=20) | st.lists(st.sampled_from(ADDRESS_WORDS), max_size=8).map(" ".join)


@given(PLACES)
def test_the_quick_looks_at_an_address_miss_no_code(address: str) -> None:
    asked = (address, ("44000", None), ("Nantes", "Loire-Atlantique"), "44")
    found = address_line.address_line(*asked)
    with without(address_line, _MAY_BE_CODE=ALWAYS), without(place_names, _MAY_BE_DISTRICT=ALWAYS):
        assert address_line.address_line(*asked) == found


@given(PLACES)
def test_the_quick_look_for_an_arrondissement_misses_none(place: str) -> None:
    found = place_names.arrondissement_number(place)
    with without(place_names, _MAY_BE_DISTRICT=ALWAYS):
        assert place_names.arrondissement_number(place) == found


@given(st.integers(240, 320), st.sampled_from(["Nous utilisons des cookies", "Accept cookies, please"]))
def test_no_banner_is_longer_than_the_longest(size: int, banner: str) -> None:
    line = banner.ljust(size, "e")
    found = boilerplate.without_boilerplate(line)
    with without(boilerplate, _LONGEST_BANNER=size):
        assert boilerplate.without_boilerplate(line) == found
