"""Lists in the many shapes that sites give them: the blocks, their titles and their links are found in each."""

from html import escape
from pathlib import Path

import pytest
from site_kit import Site
from test_propose import NAMES, TEXT, TOWNS, links_of, names_of, page, records, site, slug, tried

__all__ = ["site"]

ALL = range(12)


def link(number: int, folder: str = "/f/") -> str:
    return f'<a href="{folder}{slug(number)}">{escape(NAMES[number])}</a>'


def flat() -> str:
    """Headings and texts one after another, nothing around each of them."""
    more = '<p><a href="/f/{}">Lire la suite</a></p>'
    parts = (f"<h3>{link(n)}</h3><p>{TEXT}</p>{more.format(slug(n))}" for n in ALL)
    return f'<div class="contenu"><h1>Lieux</h1>{"".join(parts)}</div>'


def whole_links() -> str:
    """Cards that are links as a whole, with class names that only say how they look."""
    cards = (
        f'<a class="block p-4" href="/f/{slug(n)}"><img src="{n}.jpg"><div><h3>{escape(NAMES[n])}</h3>'
        f"<p>{TEXT}</p></div></a>"
        for n in ALL
    )
    return f'<section><div class="grid grid-cols-3 gap-4">{"".join(cards)}</div></section>'


def tagged() -> str:
    """Each item has a list of its own, of tags that several share."""
    items = []
    for n in ALL:
        tags = "".join(f'<li><a href="/mot/{tag}">Mot {tag}</a></li>' for tag in (n % 3, n % 4 + 5, n % 2 + 10))
        items.append(f'<li class="resultat"><h2>{link(n)}</h2><ul class="mots">{tags}</ul></li>')
    return f'<ul class="resultats">{"".join(items)}</ul>'


def two_columns() -> str:
    halves = ("".join(f"<li>{link(n)} ({TOWNS[n]})</li>" for n in half) for half in (ALL[:6], ALL[6:]))
    return f'<div class="cols">{"".join(f"<ul>{half}</ul>" for half in halves)}</div>'


def terms() -> str:
    return f'<dl class="annuaire">{"".join(f"<dt>{link(n)}</dt><dd>{TEXT}</dd>" for n in ALL)}</dl>'


def beside_more_news() -> str:
    """A column of news, which nothing calls aside, with more items than the list."""
    rows = "".join(
        f'<div class="views-row views-row-{n}"><div class="views-field-title"><span class="field-content">'
        f'{link(n)}</span></div><div class="views-field-body">{TEXT}</div></div>'
        for n in ALL
    )
    news = "".join(
        f'<div class="actu"><span class="date">0{n % 9 + 1}/02/2026</span> '
        f'<a href="/actus/{n}">Une actualité {n}</a></div>'
        for n in range(20)
    )
    return f'<div class="col-left"><div class="view-content">{rows}</div></div><div class="col-right">{news}</div>'


def headless_table() -> str:
    rows = "".join(f"<tr><td>{link(n)}</td><td>{TOWNS[n]}</td><td>0600000000</td></tr>" for n in ALL)
    return f"<table border=1>{rows}</table>"


def block_theme() -> str:
    """WordPress blocks, class names of each item different, the date a link too."""
    items = "".join(
        f'<li class="wp-block-post post-{n + 33} type-projet status-publish hentry theme-{n % 3}">'
        f'<h2 class="wp-block-post-title">{link(n, "/projet/")}</h2>'
        f'<div><time><a href="/projet/{slug(n)}">{n + 1} janvier 2026</a></time></div></li>'
        for n in ALL
    )
    return f'<ul class="wp-block-post-template is-layout-grid">{items}</ul>'


def rows_of_three() -> str:
    def cell(n: int) -> str:
        return (
            f'<div class="col-md-4"><div class="thumbnail"><a href="/f/{slug(n)}"><img></a><div class="caption">'
            f"<h4>{escape(NAMES[n])}</h4><p>{TOWNS[n]}</p>"
            f'<a class="btn btn-default" href="/f/{slug(n)}">Voir la fiche</a>'
            "</div></div></div>"
        )

    return "".join(f'<div class="row">{"".join(map(cell, range(k, k + 3)))}</div>' for k in (0, 3, 6, 9))


def unfolding() -> str:
    items = (
        f"<details><summary>{escape(NAMES[n])}</summary><p>{TEXT}</p>"
        f"<p><a href='https://i{n}.example.org'>i{n}</a></p></details>"
        for n in ALL
    )
    return f'<div class="accordion">{"".join(items)}</div>'


def microdata() -> str:
    items = (
        f'<div itemscope itemtype="https://schema.org/Organization"><span itemprop="name">{escape(NAMES[n])}</span>'
        f'<a itemprop="url" href="/orga/{n + 1}">fiche</a><span itemprop="addressLocality">{TOWNS[n]}</span></div>'
        for n in ALL
    )
    return f'<div id="list">{"".join(items)}</div>'


SHAPES = [
    flat, whole_links, tagged, two_columns, terms, beside_more_news, headless_table, block_theme, rows_of_three,
    unfolding, microdata,
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_item_has_its_title_and_its_link(shape: object, site: Site, tmp_path: Path) -> None:
    assert callable(shape)
    site.pages["/x"] = page("Lieux", shape())
    trial = tried(site, "/x", tmp_path)
    assert names_of(trial) == NAMES
    links = links_of(trial)
    assert len(set(links)) == 12
    assert all(links)
    assert "0600000000" not in str(records(trial))
