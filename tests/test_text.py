"""Clean text: what readers see, whatever the source served."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.text import clean_paragraphs, clean_text, is_sentinel

PIECES = [
    "<p>",
    "</p>",
    "<br>",
    "<li>",
    "<",
    ">",
    "&",
    "&amp;",
    "&lt;",
    "&#38;",
    "é",
    "Ã©",
    "â€™",
    "\xa0",
    "\u200b",
    "\n",
]
PIECES += [
    "a",
    " ",
    "-",
    "NR",
    "<script>",
    "</script>",
    "<!--",
    "[vc_row]",
    "Lire la suite",
    "e\u0301",
    "\ud800",
    "\x85",
]
WILD = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("Café  associatif\n\tdu port ", "Café associatif du port"),
        ("<p>Un <b>É</b>tabli</p><p>partagé</p>", "Un Établi partagé"),
        ("<style>p{color:red}</style>Jardin<script>if (a < b) x('<p>')</script>", "Jardin"),
        ("L&rsquo;&eacute;picerie", "L’épicerie"),
        ("Arts &amp;amp; M&amp;eacute;tiers", "Arts & Métiers"),
        ("&lt;p&gt;Un lieu&lt;/p&gt;", "Un lieu"),
        ("CafÃ© associatif, lâ€™atelier", "Café associatif, l’atelier"),
        ("dÃ©jÃ\xa0 vu", "déjà vu"),
        ("Zero\u200bwidth\x00 et tiret\u00ad conditionnel", "Zerowidth et tiret conditionnel"),
        ("«\xa0La Ruche\xa0» 10\u202f000\xa0€", "« La Ruche » 10 000 €"),
        ("Me\u0301diathe\u0300que", "Médiathèque"),
        ("Texte coupé <a href='http://exemp", "Texte coupé"),
        ("<o:p>Word</o:p> et </br>ligne", "Word et ligne"),
    ],
)
def test_text_is_cleaned(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "quotient familial < 750 € et > 3 enfants",
        "5 <b and c",
        "<3 le vélo",
        "R&D",
        "https://exemple.org/?a=1&copy=2&reg=3",
        "<Nom de l'association>",
        "SANRU, NRJ et Nullepart",
        "Association Null Island",
        "« L’été » à Nantes… où ça ?",
    ],
)
def test_what_only_looks_like_dirt_stays(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "NR",
        "n/r",
        "null",
        "NaN",
        "None",
        "default",
        "Undefined",
        "N/A",
        "nc",
        "-",
        "--",
        "?",
        ".",
        "…",
        "sans objet",
        "Non renseigné",
        "NON  COMMUNIQUÉ",
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "<null>",
        "<p>&nbsp;</p>",
        "\x00",
    ],
)
def test_placeholders_are_nothing(value: str) -> None:
    assert clean_text(value) is None
    assert clean_paragraphs(value) is None


@pytest.mark.parametrize("value", ["NR 12", "Aucun", "0", "C#", "Nancy", "à venir", "nullité"])
def test_values_with_a_meaning_are_no_placeholders(value: str) -> None:
    assert not is_sentinel(value)
    assert clean_text(value) == value


def test_paragraphs_lines_and_items_are_kept_in_order() -> None:
    html = (
        "<h2>Le lieu</h2>\n<p>Ouvert\n à tous<br/>le soir</p><ul>\n <li>vélo</li>\n <li><p>bois</p></li></ul><p>Fin</p>"
    )
    assert clean_paragraphs(html) == "Le lieu\n\nOuvert à tous\nle soir\n\n- vélo\n- bois\n\nFin"


def test_line_ends_of_plain_text_are_kept() -> None:
    assert clean_paragraphs("Un\r\ndeux \n\n\n\n  trois") == "Un\ndeux\n\ntrois"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ('[vc_row full="1"][vc_column]Un lieu[/vc_column][/vc_row]', "Un lieu"),
        ("Un lieu.\n\nLire la suite →", "Un lieu."),
        ("Un lieu. Lire la suite", "Un lieu."),
        ("Un lieu\n[ En savoir plus… ]\nouvert", "Un lieu\nouvert"),
        ("Partager sur Facebook\n\nUn lieu", "Un lieu"),
        ("Un lieu\n\nThe post Un lieu appeared first on Le blog.", "Un lieu"),
        ("Accueil > Nos projets > Le lieu\nUn lieu > 2 salles", "Un lieu > 2 salles"),
        ("Publié le 12 mars 2020 par admin\nTemps de lecture : 3 min\nUn lieu", "Un lieu"),
        ("Un lieu\nPartagez sur :\nJ'aime ça\nCommenter\n© 2020 Tous droits réservés\nRetour à la liste", "Un lieu"),
        ("Aucune description", None),
        ("Un atelier… [...]", "Un atelier …"),
        ("Publié le samedi, un journal des habitants", "Publié le samedi, un journal des habitants"),
        ("Un mot [sic], [Paris], […], etc.", "Un mot [sic], [Paris], […], etc."),
        ("Pour en savoir plus, passez nous voir", "Pour en savoir plus, passez nous voir"),
    ],
)
def test_boilerplate_goes_and_sentences_stay(dirty: str, clean: str | None) -> None:
    assert clean_paragraphs(dirty) == clean


def test_deep_nesting_ends() -> None:
    assert clean_text("&" + "amp;" * 5000 + "lt;p&gt;x") == "x"
    assert clean_text("<" * 5000 + "p>" * 5000 + "x") is not None


@given(WILD)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for clean in (clean_text, clean_paragraphs):
        once = clean(text)
        assert once is None or clean(once) == once


@given(WILD)
def test_clean_text_is_one_line_that_can_be_stored(text: str) -> None:
    once = clean_text(text)
    if once is not None:
        assert once == " ".join(once.split())
        assert once.encode("utf-8").decode("utf-8").isprintable() or not once.isascii()
        assert not is_sentinel(once)


@pytest.mark.parametrize(
    ("dirt", "clean"),
    [
        ("Nous utilisons des cookies pour mesurer l'audience.\nUn lieu.", "Un lieu."),
        ("Un lieu.\nAccepter les cookies", "Un lieu."),
        ("Un lieu.\nFaites un don\nSoutenez-nous", "Un lieu."),
        ("Inscrivez-vous à notre newsletter\nUn lieu.", "Un lieu."),
        ("Un lieu.\nFacebook Twitter LinkedIn", "Un lieu."),
        ("[box]Un lieu.[/box]", "Un lieu."),
        ("Écrire à [email protected] ou passer", "Écrire à ou passer"),
        ("Un lieu [modifier | modifier le code]", "Un lieu"),
        ("[[Fichier:a.jpg|thumb|Vue]] Un lieu [[Nantes|nantais]], '''gras''' {{Infobox}}", "Un lieu nantais, gras"),
        ("Un lieu qui [&#8230;]", "Un lieu qui …"),
        ("Un atelier de cookies vendus au marché.", "Un atelier de cookies vendus au marché."),
        ("On distribue des cookies et on utilise un four.", "On distribue des cookies et on utilise un four."),
        ("Premier.\n\nPartager sur Facebook\n\nSecond.", "Premier.\n\nSecond."),
    ],
)
def test_what_sites_put_between_sentences_goes(dirt: str, clean: str) -> None:
    assert clean_paragraphs(dirt) == clean
    assert clean_paragraphs(clean) == clean
