"""Whatever a source writes stays text: no markup, no script, no address that runs, no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import ADDRESSES, BREAKOUT, OTHER, SCRIPT
from watched import Watched

from warehouse.publish.explorer import checked_contact

MARKUP = "#page img, #list img, #page script, #list script, #page b:not([class]), main iframe"


@pytest.fixture
def attacked(watch: Callable[..., Watched], hostile_site: str) -> Watched:
    shown = watch()
    shown.open(hostile_site + "index.html")
    return shown


def clean(page: Any) -> None:
    """Nothing that a source wrote became an element, and every link leads to the web, to mail or to ourselves."""
    assert page.evaluate(f"document.querySelectorAll('{MARKUP}').length") == 0
    assert page.evaluate("document.querySelectorAll('[onload], [onerror], [onclick], [onmouseover]').length") == 0
    links = page.evaluate("Array.from(document.querySelectorAll('a[href]'), (link) => link.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}


def test_names_and_texts_stay_text(attacked: Watched) -> None:
    assert f"{SCRIPT} 0" in attacked.titles()
    attacked.until(lambda: attacked.page.locator(".snippet:not([hidden])").count())
    attacked.map_ready()
    clean(attacked.page)


@pytest.mark.parametrize("number", range(len(ADDRESSES)))
def test_the_page_of_a_hostile_initiative(attacked: Watched, hostile_site: str, number: int) -> None:
    letter = "abdefghij"[number]
    page = attacked.open(f"{hostile_site}index.html#/i/es-{letter * 13}")
    assert page.text_content("h1") == f"{SCRIPT} {number}"
    assert BREAKOUT in page.text_content("#page")
    page.click(".provenance summary")
    attacked.until(lambda: page.locator(".provenance tbody tr").count())
    clean(page)
    for link in page.locator(".site a, .sources-list a").all():
        assert link.get_attribute("href").startswith(("https://", "http://"))
        assert "noopener" in link.get_attribute("rel")


def test_static_pages_of_hostile_sources(watch: Callable[..., Watched], hostile_site: str) -> None:
    shown = watch()
    for name in ("sources", "sources.en", "quality"):
        shown.visit(f"{hostile_site}{name}.html")
        clean(shown.page)
    shown.page.goto(f"{hostile_site}sources.html")
    assert SCRIPT in shown.page.text_content("main")


def test_addresses_of_the_page_itself_are_no_way_in(watch: Callable[..., Watched], hostile_site: str) -> None:
    shown = watch()
    asked = "q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&theme=%3Cscript%3E&sort=x&box=1,2,x,4&lang=%3Cb%3E"
    page = shown.open(f"{hostile_site}index.html#/?{asked}")
    assert shown.total() == 0
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    shown.open(f"{hostile_site}index.html#/t/departement/%3Cimg%20src=x%20onerror=alert(1)%3E")
    assert page.is_visible("#banner h1")
    clean(page)
    page.evaluate("location.hash = '#/i/%3Cscript%3Ealert(1)%3C%2Fscript%3E'")
    shown.until(lambda: page.is_visible("#page h1") and "introuvable" in page.text_content("#page h1"))
    page.evaluate("location.hash = '#/i/__proto__'")
    shown.until(lambda: "__proto__" in page.text_content("#page"))
    clean(page)


def test_formulas_in_a_download_are_harmless(attacked: Watched) -> None:
    with attacked.page.expect_download() as caught:
        attacked.page.click("#download-csv")
    rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text(encoding="utf-8"))))
    names = {row["id"]: row["name"] for row in rows}
    assert names[OTHER] == "'=1+1"
    assert names["es-kkkkkkkkkkkkk"] == "'-2+3"
    assert names["es-lllllllllllll"] == '\'+33 "guillemets", virgule'
    risky = [value for row in rows for value in row.values() if value[:1] in {"=", "+", "@"}]
    assert risky == []


def test_ids_that_moved_lead_on(watch: Callable[..., Watched], hostile_site: str) -> None:
    shown = watch()
    page = shown.open(f"{hostile_site}index.html#/i/es-yyyyyyyyyyyyy")
    assert page.text_content("h1") == "=1+1"
    assert page.url.endswith(f"#/i/{OTHER}")


@pytest.mark.parametrize("contact", ["javascript:alert(1)", "http://plain.example/", "a@b c", "nothing"])
def test_a_contact_is_mail_or_a_secure_address(contact: str) -> None:
    with pytest.raises(ValueError, match="ESSAIM_CONTACT"):
        checked_contact(contact)


def test_contacts_become_links(watch: Callable[..., Watched], hostile_site: str) -> None:
    shown = watch()
    shown.page.goto(hostile_site + "index.html")
    forge = "https://forge.example/x"
    found = shown.page.evaluate(
        """async ([title, contacts]) => {
            const { message } = await import("./js/contact.js");
            const about = { id: "es-a", title, page: "https://here.example/#/i/es-a" };
            return contacts.map((contact) => message(contact, "correct", about));
        }""",
        [SCRIPT, ["contact@essaim.example", f"{forge}/issues/new", f"{forge}/-/issues/new", ""]],
    )
    mail, github, gitlab, nobody = found
    assert mail.startswith("mailto:contact@essaim.example?subject=")
    assert "<" not in mail and "<" not in github
    assert github.startswith("https://forge.example/x/issues/new?title=")
    assert "issue%5Btitle%5D=" in gitlab
    assert nobody is None
