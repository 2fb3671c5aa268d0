"""Proposals: a look at an address yields a definition that reads nearly every item, with its title and its link."""

import datetime as dt
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from site_kit import Site, running_site
from source_kit import write_xlsx

from scrapers.fetch import network_door
from scrapers.problems import SourceError
from scrapers.propose import propose
from scrapers.propose.look import Look
from scrapers.propose.names import guess_fields, is_people
from scrapers.propose.portals import licence_of
from scrapers.propose.trial import Trial, write_and_try
from transforms.rights import register

TOWNS = ["Nantes", "Rezé", "Lyon", "Brest", "Tours", "Le Mans", "Angers", "Lille", "Metz", "Pau", "Dijon", "Nice"]
NAMES = [
    "La Recyclerie du Port", "Jardin des Voisins", "Café Réparation", "L'Épicerie d'à Côté", "Atelier Vélo",
    "La Conserverie mobile", "Maison des Possibles", "Le Fournil partagé", "Habitat Soleil", "La Boussole",
    "Toits en commun", "Les Mains vertes",
]  # fmt: skip
TEXT = "Des habitants y mettent en commun des outils, du temps et des savoir-faire, chaque samedi de l'année. "
HEAD = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title} | Réseau d'essai</title>{more}
</head><body><header class="site-header"><a href="/">Réseau d'essai</a>
<nav class="menu"><ul>{menu}</ul></nav></header>"""
MENU = "".join(
    f'<li class="menu-item"><a href="/{slug}">{name}</a></li>'
    for slug, name in [("", "Accueil"), ("qui", "Qui sommes-nous"), ("agenda", "Agenda"), ("presse", "Presse"),
                       ("adherer", "Adhérer"), ("dons", "Faire un don"), ("contact", "Contact"), ("lettre", "Lettre")]
)  # fmt: skip
FOOT = """<div class="cookie-banner"><p>Ce site utilise des cookies.</p><a href="/cookies">En savoir plus</a></div>
<footer><ul><li><a href="/mentions">Mentions légales</a></li><li><a href="/plan">Plan du site</a></li>
<li><a href="/rss">Suivre</a></li><li><a href="/acces">Accessibilité</a></li></ul></footer></body></html>"""


def page(title: str, body: str, more: str = "") -> bytes:
    return (HEAD.format(title=title, menu=MENU, more=more) + body + FOOT).encode()


def slug(number: int) -> str:
    return "-".join(
        "".join(sign if sign.isascii() and sign.isalpha() else " " for sign in NAMES[number]).lower().split()
    )


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def tried(site: Site, path: str, tmp_path: Path, kind: str | None = None) -> Trial:
    """Propose a definition for `path` of `site`, and try it."""
    said: list[str] = []
    address = site.url + path
    with network_door(site.manners(), None) as door:
        look = Look(door, said.append)
        found = propose(look, address, kind)
        trial = write_and_try(look, address, found.chosen, tmp_path / "tried", dt.date(2026, 11, 22))
    assert said
    assert len(site.paths()) < 40
    return trial


def records(trial: Trial) -> list[dict[str, Any]]:
    assert trial.harvest is not None, trial.fault
    return [record.fields for record in trial.harvest.records]


def links_of(trial: Trial) -> list[str]:
    return [str(fields.get("record_url") or fields.get("url") or "") for fields in records(trial)]


def names_of(trial: Trial) -> list[str]:
    return [str(fields.get("name", "")) for fields in records(trial)]


def no_leftover(trial: Trial) -> bool:
    assert trial.harvest is not None
    return not [problem for problem in trial.harvest.problems if problem.code == "left-over"]


# --- a static site in French: lists of six, own pages, and much that repeats around them


def detail(number: int, extra: str = "") -> bytes:
    others = "".join(
        f'<li class="teaser"><a href="/initiatives/{slug(n)}/"><h3>{escape(NAMES[n])}</h3></a></li>' for n in range(4)
    )
    return page(
        NAMES[number],
        f"""<main><article class="fiche"><h1>{escape(NAMES[number])}</h1><div class="chapo"><p>{TEXT * 3}</p></div>
        <dl><dt>Adresse</dt><dd>{number + 1} rue des Lilas</dd><dt>Code postal</dt><dd>440{number:02}</dd>
        <dt>Commune</dt><dd>{TOWNS[number]}</dd><dt>Téléphone</dt><dd>06 00 00 00 {number:02}</dd>
        <dt>Site web</dt><dd><a href="https://i{number}.example.org/">i{number}.example.org</a></dd></dl>{extra}</article>
        </main><aside class="related"><h2>À lire aussi</h2><ul>{others}</ul></aside>""",
    )


def static_site(site: Site) -> None:
    for number in range(12):
        site.pages[f"/initiatives/{slug(number)}/"] = detail(number)
    for first, path, onward in ((0, "/initiatives/", "page/2/"), (6, "/initiatives/page/2/", "")):
        cards = "".join(
            f"""<article class="fiche-resume fiche-{n}"><img src="/i/{n}.jpg" alt="">
            <p class="date">12/0{n % 9 + 1}/2026</p>
            <h3><a href="/initiatives/{slug(n)}/">{escape(NAMES[n])}</a></h3><p>{TEXT}</p>
            <a class="lien" href="/initiatives/{slug(n)}/">Lire la suite</a></article>"""
            for n in range(first, first + 6)
        )
        pager = f'<div class="pages"><a href="/initiatives/{onward}">Suivant</a></div>' if onward else ""
        aside = "".join(f'<li><a href="/themes/t{n}/">Thème numéro {n}</a></li>' for n in range(20))
        site.pages[path] = page(
            "Initiatives",
            f'<main><h1>Les initiatives</h1><div class="liste">{cards}</div>{pager}</main>'
            f'<aside class="sidebar"><h2>Thèmes</h2><ul>{aside}</ul></aside>',
        )


def test_a_static_list_with_own_pages_is_read_through_its_pages(site: Site, tmp_path: Path) -> None:
    static_site(site)
    trial = tried(site, "/initiatives/", tmp_path)
    assert trial.source.kind == "html"
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/initiatives/{slug(n)}/" for n in range(12)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert records(trial)[3]["address"] == "4 rue des Lilas"
    assert records(trial)[3]["postcode"] == "44003"
    assert records(trial)[3]["url"] == "https://i3.example.org/"
    text = trial.path.read_text(encoding="utf-8")
    assert "Téléphone" in text
    assert "06 00" not in json.dumps(records(trial))
    assert 'verified = "never live"' in text
    assert 'licence = "none"' in text


def test_rows_of_a_table_are_read_by_the_heads_of_their_columns(site: Site, tmp_path: Path) -> None:
    rows = "".join(
        f"<tr><td>{n + 1}</td><td>{TOWNS[n]}</td><td><a href='fiche.php?id={n + 7}'>{escape(NAMES[n])}</a></td>"
        f"<td>06 00 00 00 {n:02}</td><td>Énergie</td></tr>"
        for n in range(12)
    )
    head = "<tr><th>N°</th><th>Ville</th><th>Nom de la structure</th><th>Téléphone</th><th>Thématique</th></tr>"
    site.pages["/annuaire.php"] = page("Annuaire", f"<div id='contenu'><table class='t1'>{head}{rows}</table></div>")
    trial = tried(site, "/annuaire.php", tmp_path)
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/fiche.php?id={n + 7}" for n in range(12)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert "06 00" not in json.dumps(records(trial))


def test_cards_with_class_names_that_a_tool_made_up(site: Site, tmp_path: Path) -> None:
    cards = "".join(
        f"""<div class="css-1x2y{n}z sc-bdVaJa kYtJDx"><a class="css-9q8w7e" href="/p/{slug(n)}">
        <div class="css-77aa{n}b">
        <span class="sc-htpNat">{TOWNS[n]}</span><h2 class="css-4t5r6e">{escape(NAMES[n])}</h2>
        <p class="css-000aaa">{TEXT}</p></div></a></div>"""
        for n in range(12)
    )
    site.pages["/projets"] = page(
        "Projets", f'<div id="__next"><div class="css-k3l4m5"><div class="css-grid99x">{cards}</div></div></div>'
    )
    trial = tried(site, "/projets", tmp_path)
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/p/{slug(n)}" for n in range(12)]
    text = trial.path.read_text(encoding="utf-8")
    assert "css-" not in text.partition("[fetch]")[2]
    assert "sc-" not in text.partition("[fetch]")[2]


def test_css_modules_are_known_by_what_stands_before_the_hash(site: Site, tmp_path: Path) -> None:
    cards = "".join(
        f'<div class="ProjectCard_root__x7Yz2"><div class="ProjectCard_name__Qq1Ab">'
        f'<a href="/p/{slug(n)}">{escape(NAMES[n])}</a></div>'
        f'<div class="ProjectCard_place__9kLmN">{TOWNS[n]}</div></div>'
        for n in range(12)
    )
    blocks = "".join(f'<div class="Teaser_root__aB3dE"><a href="/n/{n}">Actualité {n}</a></div>' for n in range(5))
    site.pages["/projets"] = page(
        "Projets", f'<div class="Page_main__a1B2c"><section>{cards}</section><section>{blocks}</section></div>'
    )
    trial = tried(site, "/projets", tmp_path)
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/p/{slug(n)}" for n in range(12)]
    assert "x7Yz2" not in trial.path.read_text(encoding="utf-8")


def test_a_spip_site_goes_on_behind_the_mark_of_the_current_page(site: Site, tmp_path: Path) -> None:
    for start in (0, 4, 8):
        items = "".join(
            f"""<li class="item hentry short"><strong class="h3-like entry-title">
            <a href="spip.php?article{n + 40}" rel="bookmark">
            {escape(NAMES[n])}</a></strong><div class="introduction entry-content"><p>{TEXT}&nbsp;(…)</p></div></li>"""
            for n in range(start, start + 4)
        )
        marks = " | ".join(
            f"<strong class='on'>{at}</strong>"
            if at == start
            else f'<a href="spip.php?rubrique3&amp;debut_articles={at}#pagination_articles" '
            f'class="lien_pagination" rel="nofollow">{at}</a>'
            for at in (0, 4, 8)
        )
        body = f"""<div id="page" class="page"><div id="nav"><ul>
        <li class="nav-item first"><a href="spip.php?rubrique1">Actions</a></li>
        <li class="nav-item"><a href="spip.php?rubrique2">Textes</a></li>
        <li class="nav-item last"><a href="spip.php?rubrique3">Lieux</a></li></ul></div>
        <div id="conteneur"><div id="contenu"><h1>Lieux</h1>
        <div class="liste articles"><ul class="liste-items">{items}</ul>
        <p class="pagination">{marks}</p></div></div></div></div>"""
        query = f"&debut_articles={start}" if start else ""
        site.pages[f"/spip.php?rubrique3{query}"] = page("Lieux", body)
    for n in range(12):
        site.pages[f"/spip.php?article{n + 40}"] = page(
            NAMES[n], f"<div id='contenu'><h1>{escape(NAMES[n])}</h1><div class='texte'><p>{TEXT * 2}</p>"
            f"<p><strong>Ville :</strong> {TOWNS[n]}</p>"
            f"<p><strong>Contact :</strong> quelqu-un{n}@example.org</p></div></div>"
        )  # fmt: skip
    trial = tried(site, "/spip.php?rubrique3", tmp_path)
    assert names_of(trial) == NAMES[:8]
    assert trial.source.expect.rows.max == 36
    assert links_of(trial) == [f"{site.url}/spip.php?article{n + 40}" for n in range(8)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS[:8]


def test_a_plain_list_of_links_in_groups_and_numbered_pages(site: Site, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        groups = "".join(
            f"<h2>{letter}</h2><ul>" + "".join(
                f'<li><a href="/lieux/{number}{letter}{n}.html">Tiers-lieu {letter.upper()}{number}{n}</a> '
                f"— {TOWNS[n]}</li>" for n in range(3)
            ) + "</ul>"
            for letter in "abcd"
        )  # fmt: skip
        pager = " ".join(f'<a href="/lieux?p={n}">{n}</a>' for n in (1, 2, 3) if n != number)
        body = page(
            "Lieux",
            f"<table><tr><td width=200>{MENU}</td><td class=main>{groups}<center>{pager}</center></td></tr></table>",
        )
        site.pages[f"/lieux?p={number}"] = body
        if number == 1:
            site.pages["/lieux"] = body
    trial = tried(site, "/lieux", tmp_path)
    assert names_of(trial)[:2] == ["Tiers-lieu A10", "Tiers-lieu A11"]
    assert len(records(trial)) == 24
    assert all("/lieux/" in link for link in links_of(trial))
    assert trial.source.fetch.pages is not None
    assert (trial.source.fetch.pages.first, trial.source.fetch.pages.last) == (1, 3)


def test_links_that_leave_the_site_are_the_initiatives_own(site: Site, tmp_path: Path) -> None:
    cards = "".join(
        f'<div class="col-md-4"><div class="membre"><h4>{escape(NAMES[n])}</h4><p>{TEXT}</p>'
        f'<p><a href="https://i{n}.example.org">Visiter le site</a> '
        f'<a href="mailto:a{n}@example.org">Écrire</a></p></div></div>'
        for n in range(9)
    )
    site.pages["/membres"] = page("Membres", f'<section><div class="row">{cards}</div></section>')
    trial = tried(site, "/membres", tmp_path)
    assert names_of(trial) == NAMES[:9]
    assert [fields["url"].rstrip("/") for fields in records(trial)] == [f"https://i{n}.example.org" for n in range(9)]


# --- APIs


def wordpress(site: Site) -> None:
    def entry(n: int, kind: str) -> dict[str, Any]:
        return {
            "id": n + 100, "date": "2026-01-02T10:00:00", "slug": slug(n), "type": kind,
            "author": 3, "status": "publish",
            "link": f"{site.url}/{kind}/{slug(n)}/", "title": {"rendered": NAMES[n]},
            "content": {"rendered": f"<p>{TEXT}</p>", "protected": False},
            "acf": {"adresse": f"{n} rue Basse", "code_postal": "44000", "ville": TOWNS[n],
                    "courriel": "a@example.org"},
            "_links": {"self": [{"href": "x"}]}, "_embedded": {"wp:term": [[{"id": 1, "name": "Énergie"}], []]},
        }  # fmt: skip

    types = {name: {"slug": name, "rest_base": base} for name, base in
             [("post", "posts"), ("page", "pages"), ("attachment", "media"),
              ("initiative", "initiatives"), ("wp_block", "blocks")]}  # fmt: skip
    site.pages["/wp-json/wp/v2/types"] = json.dumps(types).encode()
    for base, kind, count in (("initiatives", "initiative", 12), ("posts", "post", 3), ("pages", "page", 2)):
        body = json.dumps([entry(n, kind) for n in range(count)]).encode()
        headers = {"X-WP-Total": str(count), "X-WP-TotalPages": "1", "Content-Type": "application/json"}
        site.pages[f"/wp-json/wp/v2/{base}?per_page=100&page=1&_embed=1"] = (200, body, headers)
    more = f'<link rel="https://api.w.org/" href="{site.url}/wp-json/">'
    cards = "".join(
        f'<div class="loop"><a href="/initiative/{slug(n)}/">{escape(NAMES[n])}</a></div>' for n in range(5)
    )
    site.pages["/nos-initiatives/"] = page("Nos initiatives", cards, more)


def test_wordpress_gives_the_type_that_holds_initiatives(site: Site, tmp_path: Path) -> None:
    wordpress(site)
    trial = tried(site, "/nos-initiatives/", tmp_path)
    assert (trial.source.kind, trial.source.fetch.type) == ("wordpress", "initiatives")
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/initiative/{slug(n)}/" for n in range(12)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert records(trial)[0]["themes"] == ["Énergie"]
    assert no_leftover(trial)
    assert "acf.courriel" in trial.source.ignore


def elements(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"x{n}", "name": NAMES[n], "geo": {"latitude": 47.2 + n / 100, "longitude": -1.5}, "status": 1,
            "address": {"streetAddress": f"{n} quai Haut", "addressLocality": TOWNS[n], "postalCode": "44100"},
            "categories": ["Alimentation"], "site_web": f"https://i{n}.example.org", "email": "a@example.org",
        }
        for n in range(count)
    ]  # fmt: skip


def test_a_gogocarto_map_gives_its_elements(site: Site, tmp_path: Path) -> None:
    answer = {"licence": "https://opendatacommons.org/licenses/odbl/", "ontology": "gogofull", "data": elements(12)}
    site.pages["/api/elements.json"] = json.dumps(answer).encode()
    site.pages["/carte"] = page("Carte", '<div id="map"></div><script src="/js/gogocarto.js"></script>')
    trial = tried(site, "/carte", tmp_path)
    assert trial.source.kind == "gogocarto"
    assert names_of(trial) == NAMES
    assert [fields["url"] for fields in records(trial)] == [f"https://i{n}.example.org" for n in range(12)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert records(trial)[0]["latitude"] == "47.2"
    assert "email" in trial.source.ignore


def test_a_compact_gogocarto_answer_is_read_too(site: Site, tmp_path: Path) -> None:
    rows = [[f"x{n}", [NAMES[n], f"https://i{n}.example.org"], 47.2, -1.5, ["Alimentation"], 1, 0] for n in range(12)]
    answer = {
        "mapping": ["id", ["name", "website"], "latitude", "longitude", "status", "moderationState"],
        "data": rows,
        "ontology": "gogocompact",
    }
    site.pages["/api/elements.json?ontology=gogocompact"] = json.dumps(answer).encode()
    trial = tried(site, "/api/elements.json?ontology=gogocompact", tmp_path)
    assert trial.source.kind == "gogocarto"
    assert names_of(trial) == NAMES
    assert records(trial)[2]["url"] == "https://i2.example.org"


def objects(first: int, last: int, site: Site) -> list[dict[str, Any]]:
    return [
        {"uuid": f"u{n}", "intitule": NAMES[n], "permalink": f"{site.url}/f/{n}",
         "lieu": {"codePostal": "69001", "ville": TOWNS[n], "coord": {"lat": 45.7, "lng": 4.8}},
         "contact": {"nom": "Personne Inventée", "tel": "06 00 00 00 00"}, "labels": [{"t": "a"}, {"t": "b"}]}
        for n in range(first, last)
    ]  # fmt: skip


def test_a_list_deep_in_json_is_followed_by_its_next_link(site: Site, tmp_path: Path) -> None:
    facets = [{"key": f"k{n}", "count": n} for n in range(9)]
    for number, (first, last) in enumerate([(0, 6), (6, 12)], 1):
        following = f"{site.url}/api/v3/projects?cursor=b2" if number == 1 else None
        answer = {
            "data": {"facets": facets, "items": objects(first, last, site)},
            "links": {"self": "x", "next": following},
            "meta": {"total": 12},
        }
        path = "/api/v3/projects" if number == 1 else "/api/v3/projects?cursor=b2"
        site.pages[path] = (200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
    trial = tried(site, "/api/v3/projects", tmp_path)
    assert (trial.source.kind, trial.source.fetch.items) == ("json", "data.items")
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/f/{n}" for n in range(12)]
    assert records(trial)[0]["postcode"] == "69001"
    assert trial.source.identity.key == ["source_key"]
    assert no_leftover(trial)
    assert "Inventée" not in json.dumps(records(trial), ensure_ascii=False)


def test_geojson_and_json_lines_are_known(site: Site, tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"id": n, "nom": NAMES[n], "site_web": f"https://i{n}.example.org"},
            "geometry": {"type": "Point", "coordinates": [2.1, 48.8]},
        }
        for n in range(12)
    ]
    site.pages["/a.geojson"] = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    trial = tried(site, "/a.geojson", tmp_path)
    assert names_of(trial) == NAMES
    assert records(trial)[0]["point"] == "[2.1, 48.8]"
    site.pages["/b.jsonl"] = "\n".join(json.dumps(one, ensure_ascii=False) for one in objects(0, 12, site)).encode()
    trial = tried(site, "/b.jsonl", tmp_path)
    assert names_of(trial) == NAMES
    assert trial.source.fetch.items is None


def test_a_category_of_a_wiki_is_asked_through_its_api(site: Site, tmp_path: Path) -> None:
    pages = [{"pageid": n + 1, "ns": 0, "title": NAMES[n], "fullurl": f"{site.url}/wiki/{n}"} for n in range(12)]

    def api(handler: Any) -> None:
        handler.send(200, json.dumps({"batchcomplete": True, "query": {"pages": pages}}).encode(), {})

    more = '<link rel="EditURI" type="application/rsd+xml" href="/w/api.php?action=rsd">'
    site.pages["/wiki/Category:Lieux"] = page("Lieux", "<p>Cette catégorie comprend 12 pages.</p>", more)
    site.pages = _Answering(site.pages, "/w/api.php?", api)
    trial = tried(site, "/wiki/Category:Lieux", tmp_path)
    assert (trial.source.kind, trial.source.fetch.category) == ("mediawiki", "Lieux")
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/wiki/{n}" for n in range(12)]


def test_an_openfairdb_is_known_by_a_search_in_it(site: Site, tmp_path: Path) -> None:
    entries = [{"id": f"e{n}", "title": NAMES[n], "lat": 48.1, "lng": 2.2, "homepage": f"https://i{n}.example.org",
                "city": TOWNS[n], "tags": ["tausch"], "email": "a@example.org"} for n in range(12)]  # fmt: skip
    found = json.dumps(
        {"visible": [{"id": entry["id"], "title": entry["title"]} for entry in entries], "invisible": []}
    ).encode()
    site.pages["/v0/search?bbox=47,1,49,3"] = found
    site.pages["/v0/search?bbox=47,1,49,3&limit=500"] = found
    site.pages = _Answering(site.pages, "/v0/entries/", json.dumps(entries).encode())
    trial = tried(site, "/v0/search?bbox=47,1,49,3", tmp_path)
    assert (trial.source.kind, trial.source.fetch.query) == ("ofdb", "47,1,49,3")
    assert names_of(trial) == NAMES
    assert [fields["commune"] for fields in records(trial)] == TOWNS


def test_a_communecter_site_gives_its_organisations(site: Site, tmp_path: Path) -> None:
    entities = {f"k{n}": {"name": NAMES[n], "url": {"communecter": f"{site.url}/#{n}"},
                          "address": {"addressLocality": TOWNS[n]},
                          "email": "a@example.org"} for n in range(12)}  # fmt: skip
    answer = json.dumps({"meta": {"limit": 100}, "entities": entities}).encode()
    site.pages["/api/organization/get/limit/100/index/0"] = answer
    trial = tried(site, "/api/organization/get/limit/100/index/0", tmp_path)
    assert (trial.source.kind, trial.source.fetch.type) == ("communecter", "organizations")
    assert names_of(trial) == NAMES
    assert [fields["commune"] for fields in records(trial)] == TOWNS


class _Answering(dict[str, Any]):
    """Pages, and one answer for every path that begins in one way."""

    def __init__(self, pages: dict[str, Any], beginning: str, answer: object) -> None:
        super().__init__(pages)
        self._beginning, self._answer = beginning, answer

    def get(self, path: str, otherwise: Any = None) -> Any:  # type: ignore[override]
        return self._answer if path.startswith(self._beginning) else super().get(path, otherwise)


# --- tables and feeds


def test_a_csv_of_windows_with_lines_above_its_header(site: Site, tmp_path: Path) -> None:
    head = "Structures de l'ESS, export 2026;;;;;;\n\n"
    head += "Dénomination;Adresse;CP;Ville;Adresse e-mail;Site internet;Remarque\n"
    rows = "".join(
        f"{NAMES[n]};{n}, rue Neuve;4420{n % 10};{TOWNS[n]};a{n}@example.org;www.i{n}.example.org;–\n"
        for n in range(12)
    )
    site.pages["/export.csv"] = (200, (head + rows).encode("cp1252"), {"Content-Type": "application/octet-stream"})
    trial = tried(site, "/export.csv", tmp_path)
    assert (trial.source.kind, trial.source.fetch.delimiter) == ("table", ";")
    assert names_of(trial) == NAMES
    assert [fields["url"] for fields in records(trial)] == [f"www.i{n}.example.org" for n in range(12)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS
    assert "Adresse e-mail" in trial.source.ignore
    assert no_leftover(trial)
    assert trial.source.expect.rows.min == 8


def test_a_workbook_is_known_by_its_content(site: Site, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Projet", "Commune", "Lien", "Année"]]
    rows += [[NAMES[n], TOWNS[n], f"https://i{n}.example.org/", 2000 + n] for n in range(12)]
    site.pages["/d?id=3"] = write_xlsx(tmp_path / "b.xlsx", {"Feuille1": rows}).read_bytes()
    trial = tried(site, "/d?id=3", tmp_path)
    assert trial.source.fetch.format == "xlsx"
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"https://i{n}.example.org/" for n in range(12)]


def feed_body(site: Site, count: int) -> bytes:
    entries = "".join(
        f"<item><title>{escape(NAMES[n])}</title><link>{site.url}/i/{n}</link><guid>{site.url}/?p={n}</guid>"
        f"<author>a@example.org (A)</author>"
        f"<description>{TEXT}</description><category>Énergie</category></item>"
        for n in range(count)
    )
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>Initiatives</title><language>fr-FR</language>'
    return f"{head}{entries}</channel></rss>".encode()


def test_a_feed_is_read_where_it_holds_all_that_the_page_lists(site: Site, tmp_path: Path) -> None:
    site.pages["/flux.xml"] = feed_body(site, 12)
    cards = "".join(
        f'<section class="brique"><h2><a href="/i/{n}">{escape(NAMES[n])}</a></h2></section>' for n in range(10)
    )
    more = '<link rel="alternate" type="application/rss+xml" href="/flux.xml">'
    site.pages["/"] = page("Initiatives", f"<main>{cards}</main>", more)
    trial = tried(site, "/", tmp_path)
    assert trial.source.kind == "feed"
    assert names_of(trial) == NAMES
    assert links_of(trial) == [f"{site.url}/i/{n}" for n in range(12)]
    assert no_leftover(trial)
    site.pages["/flux.xml"] = feed_body(site, 3)
    assert tried(site, "/", tmp_path).source.kind == "html"


def test_a_sitemap_whose_pages_declare_what_they_are_about(site: Site, tmp_path: Path) -> None:
    paths = [f"/solutions/{slug(n)}" for n in range(12)] + [f"/blog/2026/{n}" for n in range(30)] + ["/", "/contact"]
    locs = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in paths)
    site.pages["/robots.txt"] = f"User-agent: *\nSitemap: {site.url}/carte/sitemap-index.xml\n".encode()
    site.pages["/carte/sitemap-index.xml"] = (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{site.url}/carte/1.xml</loc></sitemap></sitemapindex>'
    ).encode()
    site.pages["/carte/1.xml"] = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</urlset>'.encode()
    for n in range(12):
        node = {"@context": "https://schema.org", "@type": "NGO", "name": NAMES[n], "description": TEXT,
                "telephone": "06 00 00 00 00",
                "address": {"@type": "PostalAddress", "addressLocality": TOWNS[n], "postalCode": "13001"}}  # fmt: skip
        script = f'<script type="application/ld+json">{json.dumps(node)}</script>'
        site.pages[f"/solutions/{slug(n)}"] = page(NAMES[n], f"<h1>{escape(NAMES[n])}</h1>", script)
    site.pages["/solutions"] = page("Solutions", '<div id="app">Chargement…</div>')
    trial = tried(site, "/solutions", tmp_path)
    assert trial.source.kind == "sitemap"
    assert len(records(trial)) == 5
    assert names_of(trial) == NAMES[:5]
    assert links_of(trial) == [f"{site.url}/solutions/{slug(n)}" for n in range(5)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS[:5]
    assert trial.source.expect.rows.min == 8


def test_the_pages_of_a_given_sitemap_are_read_by_their_heading_and_labels(site: Site, tmp_path: Path) -> None:
    locs = "".join(f"<url><loc>{site.url}/lieux/{slug(n)}.html</loc></url>" for n in range(12))
    home = f"<url><loc>{site.url}/lieux/</loc></url>"
    site.pages["/plan-lieux.xml"] = (
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{home}{locs}</urlset>'.encode()
    )
    for n in range(12):
        body = f"<div id='c'><h1>{escape(NAMES[n])}</h1><p><b>Ville :</b> {TOWNS[n]}<br>"
        body += "<b>Tél. :</b> 06 00 00 00 00</p></div>"
        site.pages[f"/lieux/{slug(n)}.html"] = page(NAMES[n], body)
    trial = tried(site, "/plan-lieux.xml", tmp_path)
    assert names_of(trial) == NAMES[:5]
    assert links_of(trial) == [f"{site.url}/lieux/{slug(n)}.html" for n in range(5)]
    assert [fields["commune"] for fields in records(trial)] == TOWNS[:5]


# --- portals


def test_a_udata_dataset_says_its_licence_and_its_best_file(site: Site, tmp_path: Path) -> None:
    rows = "id,nom,ville\n" + "".join(f"{n},{NAMES[n]},{TOWNS[n]}\n" for n in range(12))
    site.pages["/r/abc"] = rows.encode()
    dataset = {"title": "Tiers-lieux", "license": "lov2", "page": f"{site.url}/fr/datasets/tiers-lieux/",
               "organization": {"name": "Région d'essai"},
               "resources": [{"id": "d1", "title": "notice", "format": "pdf",
                              "url": f"{site.url}/n.pdf", "type": "documentation"},
                             {"id": "abc", "title": "lieux.csv", "format": "csv",
                              "latest": f"{site.url}/r/abc", "type": "main"}]}  # fmt: skip
    site.pages["/api/1/datasets/tiers-lieux/"] = json.dumps(dataset).encode()
    trial = tried(site, "/fr/datasets/tiers-lieux/", tmp_path)
    assert (trial.source.kind, trial.source.fetch.resource, trial.source.rights.licence) == (
        "udata",
        "abc",
        "etalab-2.0",
    )
    assert trial.source.rights.proof == f"{site.url}/fr/datasets/tiers-lieux/"
    assert names_of(trial) == NAMES


def test_an_opendatasoft_dataset_is_counted(site: Site, tmp_path: Path) -> None:
    base = "/api/explore/v2.1/catalog/datasets/jardins"
    found = [
        {
            "nom": NAMES[n],
            "adresse": f"{n} rue Haute",
            "geo_point_2d": {"lon": 2.3, "lat": 48.8},
            "courriel": "a@example.org",
        }
        for n in range(12)
    ]
    about = {
        "dataset_id": "jardins",
        "metas": {"default": {"title": "Jardins", "license": "Open Database License (ODbL)", "publisher": "Ville"}},
    }
    site.pages[base] = json.dumps(about).encode()
    site.pages[f"{base}/records?limit=100"] = json.dumps({"total_count": 12, "results": found}).encode()
    site.pages[f"{base}/exports/json"] = json.dumps(found).encode()
    trial = tried(site, "/explore/dataset/jardins/information/", tmp_path)
    assert (trial.source.kind, trial.source.rights.licence) == ("opendatasoft", "ODbL-1.0")
    assert names_of(trial) == NAMES
    assert records(trial)[0]["latitude"] == "48.8"
    assert no_leftover(trial)


def test_a_ckan_dataset_under_a_licence_for_no_commerce_is_none(site: Site, tmp_path: Path) -> None:
    site.pages["/f.csv"] = ("nom;ville\n" + "".join(f"{NAMES[n]};{TOWNS[n]}\n" for n in range(12))).encode()
    package = {
        "title": "Lieux",
        "license_id": "cc-nc",
        "resources": [{"id": "r1", "name": "lieux", "format": "CSV", "url": f"{site.url}/f.csv"}],
    }
    site.pages["/api/3/action/package_show?id=lieux"] = json.dumps({"success": True, "result": package}).encode()
    trial = tried(site, "/dataset/lieux", tmp_path)
    assert (trial.source.kind, trial.source.rights.licence) == ("ckan", "none")
    assert "cc-nc" in trial.source.rights.proof
    assert names_of(trial) == NAMES


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ("lov2", "etalab-2.0"), ("Licence Ouverte v2.0 (Etalab)", "etalab-2.0"), ("Licence Ouverte (Etalab)", "none"),
        ("fr-lo", "none"), ("odc-odbl", "ODbL-1.0"), ("Open Database License (ODbL)", "ODbL-1.0"),
        ("cc-zero", "CC0-1.0"), ("CC BY-SA 4.0", "CC-BY-SA-4.0"), ("cc-by", "none"), ("CC BY-NC 4.0", "none"),
        ("notspecified", "none"), ("", "none"),
    ],
)  # fmt: skip
def test_only_a_licence_that_is_told_with_its_version_is_believed(told: str, licence: str) -> None:
    assert licence_of(told, None) == licence
    assert licence in register()


# --- refusals, and the guesses from names


def test_what_cannot_be_had_or_read_is_said(site: Site, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="404"):
        tried(site, "/nowhere", tmp_path)
    site.pages["/empty"] = page("Rien", '<div id="app"></div>')
    with pytest.raises(SourceError, match="no API, feed or sitemap answers") as refused:
        tried(site, "/empty", tmp_path)
    assert "script" in refused.value.remedy
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /private\n"
    with network_door(site.manners(), None) as door, pytest.raises(SourceError, match="robots") as refused:
        propose(Look(door, print), f"{site.url}/private")
    assert refused.value.code == "robots"


def test_one_kind_may_be_forced(site: Site, tmp_path: Path) -> None:
    wordpress(site)
    assert tried(site, "/nos-initiatives/", tmp_path, "html").source.kind == "html"
    with pytest.raises(SourceError, match="cannot be read as ofdb; it can as wordpress"):
        tried(site, "/nos-initiatives/", tmp_path, "ofdb")


@pytest.mark.parametrize(
    ("name", "values", "people"),
    [
        ("Adresse e-mail", [], True), ("téléphone", [], True), ("nom_responsable", [], True), ("contact.nom", [], True),
        ("contact:website", [], False), ("Mel", ["a@example.org"], True), ("joindre", ["06 00 00 00 00"], True),
        ("Adresse", ["4 rue Haute"], False), ("Nom du lieu", [], False), ("hotel", [], False),
        ("siteContact.ville", [], False),
    ],
)  # fmt: skip
def test_columns_of_people(name: str, values: list[str], people: bool) -> None:
    assert is_people(name, values) is people


def test_a_name_is_the_records_own_and_not_that_of_a_part() -> None:
    columns = {
        "porteur.nom": ["Ville A", "Ville B"],
        "projet_id": ["7", "8"],
        "titre_court": ["Un", "Deux"],
        "nom_rue": ["Rue A", "Rue B"],
    }
    guess = guess_fields(columns)
    assert guess.fields == {"name": "titre_court", "source_key": "projet_id"}
    assert guess.rest == ["porteur.nom", "nom_rue"]


def test_a_table_without_a_name_is_told_so(site: Site, tmp_path: Path) -> None:
    site.pages["/n.csv"] = b"annee;montant\n2020;10\n2021;20\n2022;30\n"
    with pytest.raises(SourceError, match="nothing in it looks like the name"):
        tried(site, "/n.csv", tmp_path)


def test_values_decide_where_names_mislead() -> None:
    guess = guess_fields({"x": ["652709.1", "652710.2"], "y": ["6862305.4", "6862306.1"],
                          "lat": ["48.1", "48.2"], "long": ["2.1", "2.2"],
                          "code": ["A1", "A2"], "libelle": ["Un lieu", "Un autre"], "title": ["", ""]})  # fmt: skip
    assert guess.fields == {"latitude": "lat", "longitude": "long", "name": "libelle", "source_key": "code"}
    assert guess.rest == ["x", "y", "title"]
