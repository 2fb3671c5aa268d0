"""Places in web pages: CSS as browsers match it, XPath, what is refused, and pages that mean harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.kinds.markup import decode
from scrapers.kinds.page import blocks_of, page_of, texts_of
from scrapers.problems import SourceError
from scrapers.selector import parse_place

PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Lieux</title><base href="/fr/"></head><body>
<ul id="lieux"><li class="lieu un" data-note="a,b"><h2><a href="l/1">Un</a></h2><p>Ici <em>tout</em></p>
<p class="x">là</p></li>
<li class="lieu deux"><h2><a href="l/2">Deux</a></h2><div><p>Dedans</p></div></li><li><h2>Trois</h2></li></ul>
<p class="note">Le « Prix » d'ici</p><script>var p = "<p>non</p>";</script>
<template><li class="lieu">modèle</li></template>
<p>Fin<!-- rien --> du texte</p><svg><a xlink:href="#s">S</a></svg></body></html>"""


def page(markup=PAGE):
    return page_of("https://www.example.org/liste", markup)


def texts(place, markup=PAGE, html=False):
    found = page(markup)
    return texts_of(found, found.root, place, html)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("li.lieu h2", ["Un", "Deux"]),
        ("LI.lieu > H2", ["Un", "Deux"]),
        ("#lieux > li", ["Un Ici tout là", "Deux Dedans", "Trois"]),
        ("h2 a, .note", ["Un", "Deux", "Le « Prix » d'ici"]),
        ("h2 + p", ["Ici tout"]),
        ("h2 ~ p", ["Ici tout", "là"]),
        ("li:not(.un) h2", ["Deux", "Trois"]),
        ("li:not(.un, .deux) h2", ["Trois"]),
        ("li:not([data-note='a,b'], :last-child) h2", ["Deux"]),
        ("li:has(p.x) h2", ["Un"]),
        ("li:has(> div p) h2", ["Deux"]),
        ("h2:has(+ p)", ["Un"]),
        ("p:is(.x, .note)", ["là", "Le « Prix » d'ici"]),
        ("li:where(.un) em", ["tout"]),
        ("li:nth-child(2) h2", ["Deux"]),
        ("li:nth-child(2n+1) h2", ["Un", "Trois"]),
        ("li p:nth-of-type(2)", ["là"]),
        ("p:first-of-type", ["Ici tout", "Dedans", "Le « Prix » d'ici"]),
        ("li:first-child h2", ["Un"]),
        ("li:last-child h2", ["Trois"]),
        ("[data-note]  h2", ["Un"]),
        ("[class~=deux] h2", ["Deux"]),
        ("a[href^='l/'][href$='2']", ["Deux"]),
        ("a[href*='/1' i]", ["Un"]),
        ("html[lang|=fr] title", ["Lieux"]),
        (':root > body > p:contains("Prix")', ["Le « Prix » d'ici"]),
        ("p:-soup-contains('Prix')", ["Le « Prix » d'ici"]),
        ("p:-soup-contains-own('Ici')", ["Ici tout"]),
        ("p:-soup-contains-own('tout')", []),
        ("body > p:last-of-type", ["Fin du texte"]),
        ("script", ['var p = "<p>non</p>";']),
        ("a@href", ["https://www.example.org/fr/l/1", "https://www.example.org/fr/l/2"]),
        ("svg a@xlink:href", ["#s"]),
        ("li@CLASS", ["lieu un", "lieu deux"]),
        ("h7", []),
    ],
)
def test_css(selector, expected):
    assert texts(selector) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("li", []),
        ("ul h2", ["Un"]),
        (":scope > p", ["Ici tout", "là"]),
        (":scope > em", []),
        (".", ["Un Ici tout là"]),
        (".@data-note", ["a,b"]),
        ("xpath:h2", ["Un"]),
        ("xpath:.//p[last()]", ["là"]),
        ("xpath://h2", ["Un", "Deux", "Trois"]),
    ],
)
def test_inside_a_block(place, expected):
    """What stands around a block counts, but only what is inside of it is found."""
    found = page()
    block = blocks_of(found, found.root, "li")[0]
    assert texts_of(found, block, place) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("xpath:.//h2/a", ["Un", "Deux"]),
        ("xpath:.//h2/a/@href", ["https://www.example.org/fr/l/1", "https://www.example.org/fr/l/2"]),
        ("xpath:.//li/@data-note", ["a,b"]),
        ("xpath:.//h2/a/text()", ["Un", "Deux"]),
        ("xpath:string(.//h2)", ["Un"]),
        ("xpath:count(.//li)", ["3"]),
        ("xpath:count(.//li) div 2", ["1.5"]),
        ("xpath:boolean(.//h2)", ["true"]),
        ("xpath:.//h2[normalize-space()='Deux']/following-sibling::div[1]", ["Dedans"]),
        ("xpath:.//p[re:test(., '^(ici|FIN)', 'i')]", ["Ici tout", "Fin du texte"]),
        ("xpath:.//comment()", ["rien"]),
        ("xpath:namespace::*", []),
        ("xpath:.//svg/a/@*[name()='xlink:href']", ["#s"]),
    ],
)
def test_xpath(place, expected):
    assert texts(place) == expected


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("xpath:.//h2[", "is not an XPath (Invalid"),
        ("xpath:", "is not an XPath"),
        ("xpath:.//a[foo(.)]", "there is no function foo()"),
        ("xpath:.//a[str:split(., ',')]", "there is no function str:split()"),
        ("xpath:.//svg:path", "there is no prefix svg:"),
        ("xpath:.//a[. = $x]", "there are no variables"),
        ("xpath:count('a')", "is not an XPath"),
        ("xpath:.//p[re:test(., '(')]", "is not an XPath"),
        ("li[", "is not a CSS selector (Expected"),
        ("li:foo", "The pseudo-class :foo is unknown"),
        ("li::text", "Pseudo-elements are not supported"),
        (".x:first-of-type", "needs the element's name before it, such as p:first-of-type"),
        ("p:-soup-contains('a', 'b')", "is not a CSS selector"),
        ("p:contains(a b)", "takes one text in quotes"),
        ("li:is(ul li)", "or write it as xpath:…"),
        ("label:", "names nothing"),
        ("column: @href", "names nothing"),
    ],
)
def test_refused(place, told):
    with pytest.raises(ValueError) as caught:
        parse_place(place)
    assert told in str(caught.value)


def test_xpath_reads_no_file(tmp_path):
    secret = tmp_path / "secret.xml"
    secret.write_text("<a>secret</a>")
    found = page()
    for expression in (f"document('{secret.as_uri()}')", f"doc('{secret}')", f"unparsed-text('{secret}')"):
        with pytest.raises(ValueError, match="there is no function"):
            parse_place(f"xpath:{expression}")
        # Nor is it there for who gets past the check.
        with pytest.raises(Exception, match="Unregistered function"):
            found.root.xpath(expression)
    entity = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>a &x; b</p>'
    assert "<a>" not in str(texts("p", entity, html=True))


def test_xpath_that_fails_in_the_page():
    with pytest.raises(SourceError) as caught:
        texts("xpath:.//p[re:test(., string(../h2))]", "<div><h2>(</h2><p>x</p></div>")
    assert caught.value.code == "wrong-xpath"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Un</p><p>Deux</p>", "<p>Un</p><p>Deux</p>"),
        ("a<br>b<hr/><img src=i.png>", 'a<br/>b<hr/><img src="i.png"/>'),
        ("<p></p> fin", "<p></p> fin"),
        ("&lt;b&gt; &amp; &nbsp;é &eacute;", "&lt;b&gt; &amp; \xa0é é"),
        (
            """<a title='"x"' href="?a=1&amp;b" class=" x  y ">z</a>""",
            """<a class="x y" href="?a=1&amp;b" title='"x"'>z</a>""",
        ),
        ("""<i title="it's &quot;x&quot;">z</i>""", """<i title="it's &quot;x&quot;">z</i>"""),
        ("<script>if (a < b && c) {}</script>", "<script>if (a < b && c) {}</script>"),
        ("<!-- note -->x", "<!-- note -->x"),
        ("<ul>\n   <li>a</li>  \n</ul>", "<ul>\n<li>a</li>\n</ul>"),
        ("<pre>\n   <b>a</b>  </pre>", "<pre>\n   <b>a</b>  </pre>"),
    ],
)
def test_inner_markup(markup, expected):
    assert texts("div", f"<div>{markup}</div>", html=True) == [expected]


def test_declared_latin_is_what_windows_made_of_it():
    assert decode(b"l\x92\xe9t\xe9", "ISO-8859-1") == "l’été"
    assert decode(b"\xef\xbb\xbf\xc3\xa9", "utf-8") == "é"
    assert decode(b"x", "nonsense") is None
    assert decode(b"x", None) is None


WRECKS = [
    "",
    "\0",
    "<",
    "\0<p>a\0b</p>",
    "<?xml version='1.0' encoding='utf-16'?><p>x",
    "<!DOCTYPE html [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><p>&c;&bogus;&#0;&#xD800;&#x110000;",
    "<![CDATA[<p>x</p>]]>",
    "<!-- <p> -- > --!><p>x",
    "<template><p>a</p><template><p>b",
    "<div>" * 2_000,
    "<table><tr><td><table><tr><td>" * 300,
    "<p " + " ".join(f"a{n}='{n}'" for n in range(3_000)) + ">x",
    "<p>" + "x" * 12_000_000,
    "<a {x}='1' {http://x}y=2 : = '3' <b>z",
    "<svg><title>x</title><![CDATA[y]]></svg><math><mi>z",
    "<frameset><frame src=x><noframes><p>y",
    "\ud800<p>x</p>",
]
PLACES = ["p", "div.a > p", ".", "a@href", "label:Ville", "label:Ville@href", "xpath:.//p/text()", "td + td", "body *"]


def check_reading(markup):
    found = page(markup)
    for place in PLACES:
        for html in (False, True):
            assert all(isinstance(text, str) for text in texts_of(found, found.root, place, html))


@pytest.mark.parametrize("markup", WRECKS, ids=range(len(WRECKS)))
def test_wrecks(markup):
    check_reading(markup)


WORDS = """<p>|</p>|<div class=a>|<td>|<tr>|<table>|</table>|<b>Ville</b> :|Ville|Ville :|<br>|<dt>Ville</dt>|<dd>
|<template>|<!--|-->|<![CDATA[|]]>|&amp;|&#0;|&x;|<script>|</script>|<|>|"|é|<li>|<base href=x>|<?php ?>|<a href='|\0
|<th colspan=9>|<td rowspan=0>"""


@given(st.lists(st.one_of(st.sampled_from(WORDS.split("|")), st.text(max_size=5)), max_size=40).map("".join))
def test_any_markup_is_read(markup):
    check_reading(markup)


CSS = st.text(st.sampled_from("ab.#[]()=:>+~ ,*'\"\\@|^$-1\n"), max_size=16)


@given(st.one_of(CSS, CSS.map("xpath:{}".format), CSS.map(":not({})".format), CSS.map("label:{}".format)))
def test_any_place_is_compiled_or_refused(place):
    try:
        parse_place(place)
    except ValueError as refusal:
        assert "is not a" in str(refusal) or "names nothing" in str(refusal)
    else:
        assert all(isinstance(text, str) for text in texts(place))
