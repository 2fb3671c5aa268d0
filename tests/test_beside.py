"""Values found by words: beside a label, or under a heading of a table."""

import pytest
from source_kit import SITE, codes, column, failure_of, make_source, read_bodies

from scrapers.kinds.page import page_of, texts_of
from scrapers.problems import DefinitionError

FIELDS = {"source_key": "column:N°", "name": "column:Nom"}


def beside(markup, place="label:Ville", html=False):
    page = page_of(SITE + "fiche", f"<body><h1>Le Lieu</h1>{markup}</body>")
    return texts_of(page, page.root, place, html)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<dl><dt>Ville</dt><dd>Lyon</dd><dt>CP</dt><dd>69003</dd></dl>", ["Lyon"]),
        ("<dl><dt>Ville</dt><dt>Commune</dt><dd>Lyon</dd><dd>Bron</dd><dt>CP</dt><dd>1</dd></dl>", ["Lyon", "Bron"]),
        ("<dl><div><dt><b>Ville</b> :</dt><dd>Lyon</dd></div></dl>", ["Lyon"]),
        ("<table><tr><th>Ville</th><td>Lyon</td></tr><tr><th>CP</th><td>69003</td></tr></table>", ["Lyon"]),
        ("<table><tr><th><span>Ville</span></th><td>Lyon</td><th>CP</th><td>1</td></tr></table>", ["Lyon"]),
        ("<table><tr><td>Ville&nbsp;:</td><td>Lyon</td><td>3e</td></tr></table>", ["Lyon"]),
        ("<li><strong>Ville :</strong> Lyon</li><li><strong>CP :</strong> 69003</li>", ["Lyon"]),
        ("<p><b>Ville</b> : Lyon</p>", ["Lyon"]),
        ("<p><b>Ville</b> – Lyon<br><b>CP</b> : 69003</p>", ["Lyon"]),
        ("<p><b>Ville</b> :<br>Lyon<br>France</p>", ["Lyon"]),
        ("<p><b>Ville</b> : <br><b>CP</b> : 69003</p>", []),
        ("<p><b>Ville</b> : <a href=/l>Lyon</a> (<i>3e</i>)<b>CP</b> 1</p>", ["Lyon ( 3e )"]),
        ("<span class=label>Ville</span><span>Lyon</span><span>autre</span>", ["Lyon"]),
        (
            "<span class=k>Ville :</span> <span class=v>Lyon</span> <span class=k>CP :</span> <span class=v>1</span>",
            ["Lyon"],
        ),
        ("<span class=k>Ville</span><span class=k>CP</span><span class=v>1</span>", []),
        ("<div class=k>VILLE</div><div class=v><p>Lyon</p></div>", ["Lyon"]),
        ("<h3>Ville</h3><p>Lyon</p><p>autre</p>", ["Lyon"]),
        ("<li>Ville : Lyon</li><li>CP : 69003</li>", ["Lyon"]),
        ("<p>Ville : Lyon<br>CP : 69003</p>", ["Lyon"]),
        ("<li><i class=icone></i> ville : <b>Lyon</b></li>", ["Lyon"]),
        ("<p><!-- x --><b>Ville</b><!-- y --> : Lyon</p>", ["Lyon"]),
        ("<dl><dt>Ville</dt><dd>Lyon</dd></dl><p><b>Ville</b> : Bron</p>", ["Lyon", "Bron"]),
        ("<dl><dt>Ville</dt><dd></dd></dl>", [""]),
        ("<dl><dt>Villé</dt><dd>Lyon</dd></dl>", []),
        ("<dl><dt>Ville natale</dt><dd>Lyon</dd></dl><p>La ville : Lyon</p><p>Ville nouvelle : Lyon</p>", []),
        ("<ul><li>Ville</li><li>Culture</li></ul><a>Ville</a> <a>Culture</a><p>Ville</p>", []),
        ("<script>Ville : Lyon</script><template><b>Ville</b> : Lyon</template>", []),
    ],
)
def test_label(markup, expected):
    assert beside(markup) == expected


@pytest.mark.parametrize(
    ("place", "html", "expected"),
    [
        ("label:Site web@href", False, [SITE + "a", SITE + "b"]),
        ("label: site  WEB :", False, ["Accueil , suite"]),
        ("label:Site web", True, ['<a href="/a">Accueil</a>, <a href="/b">suite</a>']),
        ("label:Récit", True, ["<p>Un</p><p>Deux</p>"]),
        ("label:Récit@href", False, []),
        ("label:Été", False, ["ouvert"]),
        ("label:Horaires : été", False, ["9 h"]),
    ],
)
def test_label_of_more(place, html, expected):
    markup = """<p><b>Site web</b> : <a href="/a">Accueil</a>, <a href="/b">suite</a></p>
    <dl><dt>Récit</dt><dd><p>Un</p><p>Deux</p></dd><dt>E\u0301te\u0301</dt><dd>ouvert</dd>
    <dt>Horaires : été</dt><dd>9 h</dd></dl>"""
    assert beside(markup, place, html) == expected


def test_labels_of_records(tmp_path):
    markup = "".join(f"<article><h2>{n}</h2><dl><dt>Ville</dt><dd>{v}</dd></dl></article>" for n, v in ["aA", "bB"])
    source = make_source(
        tmp_path, "html", {"source_key": "h2", "name": "h2", "commune": "label:Ville"}, fetch={"item": "article"}
    )
    assert column(read_bodies(source, (markup + "<article><h2>c</h2></article>").encode()), "commune") == [
        "A",
        "B",
        None,
    ]


def table(*rows, attributes="class=lieux"):
    return f"<table {attributes}>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>".encode()


def make(home, fields=None, **fetch):
    return make_source(home, "html", {**FIELDS, **(fields or {})}, fetch={"item": "table.lieux tr", **fetch})


HEAD = "<th>N°</th><th>Nom</th><th>Commune :</th><th>Site</th>"


def test_columns(tmp_path):
    source = make(tmp_path, {"commune": "column:commune", "url": "column:Site@href"})
    rows = ["<td>1</td><td>Un <b>Lieu</b></td><td>Lyon</td><td><a href=/1>voir</a></td>", "<td>2</td><td>Deux</td>"]
    harvest = read_bodies(source, table("<th colspan=4>Nos lieux</th>", HEAD, *rows, HEAD, "<td colspan=4>Rhône</td>"))
    assert [record.fields for record in harvest.records] == [
        {"source_key": "1", "name": "Un Lieu", "commune": "Lyon", "url": SITE + "1"},
        {"source_key": "2", "name": "Deux"},
    ]
    assert harvest.problems == []


def test_cells_over_columns_and_rows(tmp_path):
    source = make(
        tmp_path, {"commune": "column:Commune", "postcode": "column:Adresse (2)", "address": "column:Adresse"}
    )
    head = "<th>N°</th><th>Nom</th><th colspan=2>Adresse</th><th>Commune</th>"
    rows = [
        "<td>1</td><td>Un</td><td>rue A</td><td>69003</td><td rowspan=2>Lyon</td>",
        "<td>2</td><td>Deux</td><td colspan=2>inconnue</td>",
        "<td>3</td><td>Trois</td><td>rue C</td><td>69500</td><td rowspan=99999999 colspan=x>Bron</td>",
    ]
    harvest = read_bodies(source, table(head, *rows))
    assert column(harvest, "commune") == ["Lyon", "Lyon", "Bron"]
    assert column(harvest, "address") == ["rue A", "inconnue", "rue C"]
    assert column(harvest, "postcode") == ["69003", "inconnue", "69500"]


def test_a_table_that_claims_to_be_huge(tmp_path):
    rows = [f"<td>{n}</td><td>Lieu {n}</td>" + "<td colspan=99999 rowspan=99999>x</td>" * 9 for n in range(300)]
    source = make(tmp_path, {"commune": "column:Commune"}, max_pages=1)
    harvest = read_bodies(source, table(HEAD + "<th colspan=99999>y</th>", *rows))
    assert column(harvest, "name")[0] == "Lieu 0"
    assert set(column(harvest, "commune")) == {"x"}


def test_table_in_a_cell(tmp_path):
    inner = "<table><tr><td>Nom</td><td>x</td></tr></table>"
    body = table(HEAD, f"<td>1</td><td>Un {inner}</td><td>Lyon</td>")
    source = make(tmp_path, {"commune": "column:Commune"}, item="table.lieux > tbody > tr, table.lieux > tr")
    assert column(read_bodies(source, body), "commune") == ["Lyon"]


def test_tables_of_records(tmp_path):
    fields = {"source_key": "h2", "name": "h2", "partners": {"from": "tr:has(td)", "each": {"name": "column:Qui"}}}
    body = b"<article><h2>a</h2>" + table("<th>Qui</th><th>Rang</th>", "<td>CAF</td><td>1</td>") + b"</article>"
    source = make_source(tmp_path, "html", fields, fetch={"item": "article"})
    assert column(read_bodies(source, body), "partners") == [[{"name": "CAF"}]]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (table(HEAD.replace("Nom", "Noms"), "<td>1</td><td>Un</td>"), 'lacks the column "Nom" (there is "Noms")'),
        (table(HEAD.replace("Nom", "Lieu"), "<td>1</td><td>Nom</td>"), 'lacks the column "Nom" (there are N°, Lieu'),
        (table("<td>1</td><td>Un</td>"), 'lacks the column "N°"'),
        (b"<ul class=lieux><li>1</ul>", "is no row of a table"),
    ],
)
def test_missing_column(tmp_path, body, told):
    item = "li" if b"<li>" in body else "table.lieux tr"
    failure = failure_of(make(tmp_path, item=item), body)
    assert failure.code == "column-missing"
    assert told in str(failure)


def test_headings_that_are_cells(tmp_path):
    rows = ["<td>Nos lieux</td>", "<td>N°</td><td>Nom</td>", "<td>1</td><td>Un</td>"]
    assert column(read_bodies(make(tmp_path), table(*rows)), "name") == ["Un"]


def test_nothing_but_headings(tmp_path):
    assert failure_of(make(tmp_path), table(HEAD)).code == "list-empty"


def test_column_outside_of_rows(tmp_path):
    with pytest.raises(DefinitionError, match="needs rows of a table"):
        make_source(tmp_path, "sitemap", {"name": "column:Nom"}, identity={"key": ["record_url"]})
    with pytest.raises(DefinitionError, match=r"detail_fields.commune.*needs rows of a table"):
        make_source(
            tmp_path,
            "html",
            FIELDS,
            fetch={"item": "tr", "detail": "a@href"},
            detail_fields={"commune": "column:Ville"},
        )


def test_many_labels_cost_no_more_than_the_page(tmp_path):
    markup = "".join(f"<dt>L{n}</dt><dd>{n}</dd>" for n in range(500))
    page = page_of(SITE, f"<dl>{markup}</dl>")
    assert [texts_of(page, page.root, f"label:l{n}") for n in range(500)] == [[str(n)] for n in range(500)]
    assert len(page.labels) == 1
    assert codes(read_bodies(make(tmp_path), table(HEAD, "<td>1</td><td>Un</td>"))) == []
