"""Whole sites unlike one another: what a proposal takes from each, and what it says of the rest."""

import datetime as dt
import json
from html import escape
from pathlib import Path

import pytest
from rich.console import Console
from site_kit import Site
from test_propose import NAMES, TEXT, TOWNS, links_of, names_of, page, records, site, slug, tried

from flows.cli.preview import show_harvest
from scrapers.fetch import network_door
from scrapers.kinds import Harvest
from scrapers.propose import propose
from scrapers.propose.look import Look
from scrapers.propose.names import guess_fields, is_address
from scrapers.propose.trial import write_and_try
from scrapers.propose.write import country_of
from scrapers.record import RawRecord

__all__ = ["site"]

ALL = range(12)


def said_of(site: Site, path: str, tmp_path: Path) -> tuple[list[str], str]:
    """What a look at `path` says on the way, and the definition that it writes."""
    said: list[str] = []
    with network_door(site.manners(), None) as door:
        look = Look(door, said.append)
        chosen = propose(look, site.url + path).chosen
        trial = write_and_try(look, site.url + path, chosen, tmp_path / "said", dt.date(2026, 11, 22))
    return said, trial.path.read_text(encoding="utf-8")


# --- labels beside values, in a list of terms or a table for each project


def as_terms(labels: tuple[str, str, str, str], n: int) -> str:
    values = (
        f"440{n:02} {TOWNS[n]}", f"Verein {n} e.V.", escape(NAMES[n]),
        f'<a href="http://www.i{n}.example.org">www.i{n}.example.org</a>',
    )  # fmt: skip
    return "".join(f"<dt>{label}:</dt><dd>{value}</dd>" for label, value in zip(labels, values, strict=True))


@pytest.mark.parametrize(
    "labels",
    [
        ("Ort", "Träger", "Projekt", "Internet"),
        ("Adresse", "Porteur", "Nom du projet", "Site web"),
        ("Address", "Organisation", "Initiative", "Website"),
    ],
)
def test_the_name_stands_beside_its_label_and_is_no_web_address(
    labels: tuple[str, str, str, str], site: Site, tmp_path: Path
) -> None:
    site.pages["/x"] = page("Liste", "".join(f'<dl class="vcard">{as_terms(labels, n)}</dl>' for n in ALL))
    trial = tried(site, "/x", tmp_path)
    assert names_of(trial) == NAMES
    assert trial.names == 12
    assert [fields["address"] for fields in records(trial)] == [f"440{n:02} {TOWNS[n]}" for n in ALL]
    assert [fields["organisation_name"] for fields in records(trial)] == [f"Verein {n} e.V." for n in ALL]
    assert records(trial)[4]["url"] == "http://www.i4.example.org"
    assert f'name = "label:{labels[2]}"' in trial.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("link", ["", '<tr><th>Fiche</th><td><a href="/f/{}">Voir</a></td></tr>'])
def test_a_small_table_for_each_project_is_read_by_the_heads_of_its_rows(link: str, site: Site, tmp_path: Path) -> None:
    tables = (
        f'<table class="fiche"><tr><th>Ville</th><td>{TOWNS[n]}</td></tr><tr><th>Nom</th><td>{escape(NAMES[n])}</td>'
        f"</tr>{link.format(slug(n))}</table>"
        for n in ALL
    )
    site.pages["/x"] = page("Liste", f"<main>{''.join(tables)}</main>")
    trial = tried(site, "/x", tmp_path)
    assert names_of(trial) == NAMES
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert len(set(links_of(trial))) == (12 if link else 1)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("www.epicerie.example.org", True), ("https://example.org/a", True), ("moi@example.org", True),
        ("example.org/lieux", True), ("La Recyclerie", False), ("Projet n.1 à Nantes", False), ("Vélo & Cie", False),
    ],
)  # fmt: skip
def test_what_is_an_address_is_no_name(text: str, address: bool) -> None:
    assert is_address(text) is address


# --- an API that nests what it says, and counts by offset


def api_page(site: Site, first: int) -> bytes:
    entries = [
        {
            "uid": f"pr-{n}",
            "code": "A",
            "attributes": {"title": NAMES[n], "place": {"city": TOWNS[n], "zip": f"440{n:02}"}},
            "_links": {"self": {"href": f"{site.url}/api/{n}"}, "html": {"href": f"{site.url}/p/{slug(n)}"}},
        }
        for n in ALL[first : first + 5]
    ]
    return json.dumps({"meta": {"total": 12, "offset": first}, "result": {"projects": entries}}).encode()


def test_a_nested_api_gives_its_key_and_the_link_to_the_page(site: Site, tmp_path: Path) -> None:
    kind = {"Content-Type": "application/json"}
    for path, first in (("/api", 0), ("/api?offset=0", 0), ("/api?offset=5", 5), ("/api?offset=10", 10)):
        site.pages[path] = (200, api_page(site, first), kind)
    trial = tried(site, "/api", tmp_path)
    assert names_of(trial) == NAMES[:10]
    assert links_of(trial) == [f"{site.url}/p/{slug(n)}" for n in range(10)]
    assert trial.source.identity.key == ["source_key"]
    assert records(trial)[0]["source_key"] == "pr-0"
    assert records(trial)[3]["commune"] == TOWNS[3]


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({"name": "", "links.html": "https://a.example.org/p/{}"}, {"record_url": "links.html"}),
        ({"name": "", "_links.self.href": "https://a.example.org/api/{}"}, {"record_url": "_links.self.href"}),
        ({"name": "", "permalink": "https://a.example.org/{}", "url": "https://b{}.example.net"},
         {"record_url": "permalink", "url": "url"}),
        ({"name": "", "html_url": "https://a.example.org/{}", "url": "https://a.example.org/api/{}"},
         {"record_url": "html_url"}),
        ({"name": "", "url": "https://a.example.org/{}"}, {"record_url": "url"}),
        ({"name": "", "url": "https://i{}.example.org/"}, {"url": "url"}),
        ({"name": "", "id": "7", "slug": "s-{}"}, {"source_key": "slug"}),
        ({"name": "", "Numéro": "{}"}, {"source_key": "Numéro"}),
        ({"name": "", "Commune d'implantation": "Brest"}, {"commune": "Commune d'implantation"}),
        ({"name": "", "Ort": "44000 Nantes"}, {"address": "Ort"}),
        ({"name": "", "Ort": "Nantes"}, {"commune": "Ort"}),
    ],
)  # fmt: skip
def test_links_keys_and_places_are_known_by_names_and_values(columns: dict[str, str], wanted: dict[str, str]) -> None:
    names = {"name": NAMES[:5]}
    filled = {key: [text.format(n) for n in range(5)] for key, text in columns.items() if key != "name"}
    assert guess_fields(names | filled).fields == {"name": "name"} | wanted


# --- two columns of one look, of which one is news


def boxes(numbers: range, folder: str) -> str:
    return "".join(
        f'<div class="box"><h4><a href="{folder}{n + 300}-{slug(n)}">{escape(NAMES[n])}</a></h4>'
        f"<p>{TOWNS[n]} ({n + 10})</p></div>"
        for n in numbers
    )


def news(folder: str) -> str:
    return "".join(
        f'<div class="box"><h4><a href="{folder}{n}-une-rencontre">Une rencontre du réseau, la numéro {n}</a></h4>'
        f"<p>Le {n} mai 2026, les membres ont parlé de ce qui les occupe.</p></div>"
        for n in range(1, 13)
    )


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("head", "ours", "theirs"), [
    ("<h3>Le réseau</h3>", "/projets-aides/", "/blog/2026/"),
    ("<h3>Actualités</h3>", "/fiche/", "/fiche/"),
    ("<div class='t'><h2>À la une</h2></div>", "/projet/", "/article/"),
])  # fmt: skip
def test_news_of_the_same_look_in_another_column_are_no_projects(
    first: bool, head: str, ours: str, theirs: str, site: Site, tmp_path: Path
) -> None:
    beside = f'<div class="col-left">{head}{news(theirs)}</div>'
    columns = [beside, f'<div class="col-main">{boxes(ALL[:7], ours)}</div>']
    site.pages["/projets-aides"] = page("Projets aidés", "".join(columns if first else columns[::-1]))
    trial = tried(site, "/projets-aides", tmp_path)
    assert names_of(trial) == NAMES[:7]
    assert len(set(links_of(trial))) == 7
    assert 'item = "div.col-main div.box"' in trial.path.read_text(encoding="utf-8")


def test_groups_of_one_list_are_not_taken_apart(site: Site, tmp_path: Path) -> None:
    """The headings of regions stand between them, and say nothing of news."""
    north, south = (f"<h2>{head}</h2>{boxes(some, '/f/')}" for head, some in (("Nord", ALL[:5]), ("Sud", ALL[5:])))
    site.pages["/lieux"] = page("Lieux", f'<main><div class="c">{north}</div><div class="c">{south}</div></main>')
    assert names_of(tried(site, "/lieux", tmp_path)) == NAMES


def test_a_long_list_is_taken_whole_and_not_by_the_colour_of_its_cards(site: Site, tmp_path: Path) -> None:
    long = "".join(
        f'<article class="carte {("rouge", "verte", "bleue")[n % 3]}"><h3><a href="/f/{n}">Atelier {n} du port</a></h3>'
        f"<p>{TEXT}</p></article>"
        for n in range(240)
    )
    site.pages["/lieux"] = page("Lieux", f"<main>{long}</main>")
    assert len(records(tried(site, "/lieux", tmp_path))) == 240


# --- lists that go on behind "load more"


def cards(numbers: range) -> str:
    return "".join(
        f'<article class="carte"><h3>{escape(NAMES[n])}</h3><p>{TEXT}</p>'
        f'<a href="/lieux/{slug(n)}">Voir plus</a></article>'
        for n in numbers
    )


@pytest.mark.parametrize(
    "more",
    [
        '<a class="load-more" href="/lieux?offset={}">Encore !</a>',
        '<a class="btn" href="?offset={}">Load more</a>', '<a href="?offset={}">Voir plus</a>',
        '<a href="?offset={}">Afficher plus</a>', '<a href="/lieux?offset={}">Charger plus de lieux</a>',
        '<a href="?offset={}">Plus de résultats</a>', '<a href="?offset={}">Mehr laden</a>',
    ],
)  # fmt: skip
def test_a_link_to_more_of_the_list_is_followed(more: str, site: Site, tmp_path: Path) -> None:
    for n in (0, 4, 8):
        link = more.format(n + 4) if n < 8 else ""
        path = f"/lieux?offset={n}" if n else "/lieux"
        site.pages[path] = page("Lieux", f"<main>{cards(ALL[n : n + 4])}{link}</main>")
    trial = tried(site, "/lieux", tmp_path)
    assert trial.source.fetch.next is not None
    assert names_of(trial) == NAMES[:8]  # two pages are enough for a trial
    assert links_of(trial)[7] == f"{site.url}/lieux/{slug(7)}"


@pytest.mark.parametrize(
    "more",
    ['<button class="js-more">Voir plus</button>', '<a href="#" class="load_more">Encore</a>',
     '<input type="button" value="Mehr laden">', '<div class="load-more" data-page="2">Afficher la suite</div>'],
)  # fmt: skip
def test_a_button_that_a_script_follows_is_told(more: str, site: Site, tmp_path: Path) -> None:
    site.pages["/lieux"] = page("Lieux", f"<main>{cards(ALL)}{more}</main>")
    said, text = said_of(site, "/lieux", tmp_path)
    assert any("goes on behind a button" in line and "[fetch] more" in line for line in said)
    assert "goes on behind a button" in text
    assert "next =" not in text


def test_a_button_within_a_block_brings_nothing_of_the_list(site: Site, tmp_path: Path) -> None:
    folded = cards(ALL).replace("</article>", "<button>Voir plus</button></article>")
    site.pages["/lieux"] = page("Lieux", f"<main>{folded}</main>")
    said, text = said_of(site, "/lieux", tmp_path)
    assert "behind a button" not in "".join(said) + text


# --- a table within a table


def test_the_row_is_the_block_where_the_link_stands_in_its_second_cell(site: Site, tmp_path: Path) -> None:
    rows = "".join(
        f'<tr><td>{n + 1}</td><td><a href="fiche.php?no={n + 100}">{escape(NAMES[n])}</a></td><td>{TOWNS[n]}</td>'
        f"<td>440{n:02}</td><td>{('Culture', 'Emploi')[n % 2]}</td></tr>"
        for n in ALL
    )
    heads = "".join(f"<th>{head}</th>" for head in ("N°", "Structure", "Ville", "CP", "Domaine"))
    hours = "".join(f"<tr><td>{day}</td><td>9 h - 17 h</td></tr>" for day in ("lundi", "mardi", "jeudi", "vendredi"))
    site.pages["/annuaire"] = page(
        "Annuaire",
        f'<table width="100%"><tr><td>Menu</td><td><table border="1"><tr>{heads}</tr>{rows}</table>'
        f"<table><tr><th>Jour</th><th>Heures</th></tr>{hours}</table></td></tr></table>",
    )
    trial = tried(site, "/annuaire", tmp_path)
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/fiche.php?no={n + 100}" for n in ALL]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert [fields["postcode"] for fields in records(trial)] == [f"440{n:02}" for n in ALL]
    text = trial.path.read_text(encoding="utf-8")
    assert 'name = "column:Structure"' in text
    assert 'themes = "column:Domaine"' in text


# --- smaller things


def test_several_links_of_one_field_are_several_values(site: Site, tmp_path: Path) -> None:
    items = "".join(
        f'<li class="card"><div class="tags"><a href="/t/{n % 3}">Mot {n % 3}</a> <a href="/t/{n % 2 + 5}">'
        f'Mot {n % 2 + 5}</a></div><h3><a href="/f/{slug(n)}">{escape(NAMES[n])}</a></h3></li>'
        for n in ALL
    )
    site.pages["/x"] = page("Lieux", f"<ul>{items}</ul>")
    trial = tried(site, "/x", tmp_path)
    assert names_of(trial) == NAMES
    assert records(trial)[1]["themes"] == ["Mot 1", "Mot 6"]
    assert '# "Mot 6" = ""' in trial.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("address", "language", "country"),
    [
        ("https://www.example.fr/a", "en", "FR"), ("https://example.de", "", "DE"),
        ("https://www.example.org.uk/", "en", "GB"), ("https://example.org/", "en", ""),
        ("https://example.org/", "fr", "FR"), ("https://example.be/", "fr", "BE"), ("https://example.io/", "", ""),
        ("http://127.0.0.1:9/", "en", ""),
    ],
)  # fmt: skip
def test_the_country_is_that_of_the_host_or_of_the_language(address: str, language: str, country: str) -> None:
    assert country_of(address, language) == country


@pytest.mark.parametrize("full", [True, False])
def test_a_preview_shows_what_entities_mean_and_the_record_keeps_them(
    full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    record = RawRecord("x", "1", {"name": "Tricot &amp; L&#x27;Atelier"}, "https://www.example.org/", 1)
    show_harvest(Harvest(read=1, records=[record]), 10, full, Console())
    assert "Tricot & L'Atelier" in capsys.readouterr().out
    assert record.fields["name"] == "Tricot &amp; L&#x27;Atelier"


# --- numbered pages, the first of which has no number


@pytest.mark.parametrize("answers", [None, "all", "other"])
def test_the_first_of_numbered_pages_may_not_answer_to_its_number(
    site: Site, tmp_path: Path, answers: str | None
) -> None:
    def listed(numbers: range) -> bytes:
        cards = "".join(f'<div class="card"><h3><a href="/p/{n}">{NAMES[n]}</a></h3></div>' for n in numbers)
        links = '<p class="pagination"><a href="/projets">1</a> <a href="/projets?page=2">2</a></p>'
        return page("Projets", f"{cards}{links}")

    site.pages |= {"/projets": listed(range(6)), "/projets?page=2": listed(range(6, 12))}
    site.pages |= {f"/p/{n}": page(NAMES[n], f"<h1>{NAMES[n]}</h1><p>{TEXT}</p>") for n in ALL}
    if answers:
        site.pages["/projets?page=1"] = site.pages["/projets"] if answers == "all" else page("Projets", "<p>Rien</p>")
    trial = tried(site, "/projets", tmp_path)
    assert names_of(trial) == list(NAMES[:12])
    assert (trial.source.fetch.pages is not None) == (answers == "all")
    assert links_of(trial) == [f"{site.url}/p/{n}" for n in ALL]
