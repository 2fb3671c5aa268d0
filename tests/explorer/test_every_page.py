"""Every page of a release: a strict policy, links that lead somewhere, no fault for axe, nothing hidden or cut."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import duckdb
import pytest
from watched import Watched

from transforms import similar
from warehouse.publish.explorer.static import LANGUAGES, PAGES
from warehouse.publish.feeds import ATOM

POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')
SQL, EMBED = "explorer/sql.html", "explorer/embed.html"
KINDS = (
    "index.html", "report.html", "sources/index.html", "sources/movilab.html",
    *(f"explorer/{page}.html" for page in PAGES), *(f"explorer/{page}.en.html" for page in PAGES), SQL,
)  # fmt: skip
"""One page of each kind that is a document; the list, an initiative and a territory are asked for by `#`."""

PHONE = {"width": 320, "height": 640}


class Page(HTMLParser):
    """Addresses and anchors of a page, its styles, and whatever else stands inline."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.styles: list[str] = []
        self.inline: list[str] = []
        self.inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = "data" if ("type", "application/ld+json") in attrs else tag
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.add(value)
            if name.startswith("on") or name == "style":
                self.inline.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and data.strip():
            self.inline.append("script")
        if self.inside == "style":
            self.styles.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


@pytest.fixture(scope="module")
def pages(release: Path) -> dict[Path, Page]:
    """Every page of the release."""
    return {path: Page(path) for path in sorted(release.rglob("*.html"))}


def test_there_is_a_page_of_each_kind(
    release: Path, pages: dict[Path, Page], database: duckdb.DuckDBPyConnection
) -> None:
    names = {path.relative_to(release).as_posix() for path in pages}
    assert set(KINDS) | {EMBED, "explorer/index.html"} <= names
    assert {
        f"explorer/{page}{'' if code == 'fr' else f'.{code}'}.html" for page in PAGES for code in LANGUAGES
    } <= names
    sources = database.execute("SELECT source_id FROM source").fetchall()
    assert {f"sources/{id}.html" for (id,) in sources} <= names


def test_every_page_has_a_strict_policy(release: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        name = path.relative_to(release).as_posix()
        found = POLICY.search(path.read_text(encoding="utf-8"))
        assert found, name
        rules = dict(rule.strip().split(" ", 1) for rule in found[1].split(";"))
        assert rules["default-src"] == "'none'", name
        assert rules["base-uri"] == rules["form-action"] == "'none'", name
        assert "unsafe-inline" not in found[1], name
        assert name == SQL or "unsafe-eval" not in found[1], name
        hosts = set(re.findall(r"https?://[^\s;]+", found[1]))
        assert hosts <= ({"https://data.geopf.fr"} if name == "explorer/index.html" else set()), name
        assert page.inline == [], name
        digests = {base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in page.styles}
        assert all(f"'sha256-{digest}'" in rules["style-src"] for digest in digests), name


def test_every_link_leads_somewhere(
    release: Path, pages: dict[Path, Page], database: duckdb.DuckDBPyConnection
) -> None:
    ids = {id for (id,) in database.execute("SELECT initiative_id FROM initiative").fetchall()}
    anchors = {path.resolve(): page.ids for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "mailto"} or link == "data:,":
                continue
            assert not parts.scheme, f"{path.name}: {link}"
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            fragment = unquote(parts.fragment)
            if fragment.startswith("/i/"):
                stands = fragment[3:] in ids
            elif not fragment or fragment.startswith(("/", "?")):
                stands = True
            else:
                stands = target not in anchors or fragment in anchors[target]
            if not (target.is_file() and stands):
                broken.append(f"{path.relative_to(release)}: {link}")
    assert broken == []


def test_every_link_of_a_feed_leads_somewhere(release: Path, database: duckdb.DuckDBPyConnection) -> None:
    ids = {id for (id,) in database.execute("SELECT initiative_id FROM initiative").fetchall()}
    feeds = sorted((release / "feeds").glob("*.atom"))
    assert len(feeds) > 100
    for path in feeds:
        root = ET.fromstring(path.read_bytes())
        for link in root.iter(f"{{{ATOM}}}link"):
            target, _, fragment = link.attrib["href"].partition("#")
            assert (path.parent / target).is_file(), f"{path.name}: {target}"
            assert not fragment or fragment.removeprefix("/i/") in ids, f"{path.name}: {fragment}"


def faults(shown: Watched, only: str = "") -> list[str]:
    """What axe holds to be serious or worse, of all its rules or of one."""
    pytest.importorskip("axe_core_python", reason="pip install 'essaim[test]', to test accessibility with axe")
    from axe_core_python.sync_playwright import Axe

    rules = {"runOnly": {"type": "rule", "values": [only]}} if only else {}
    found = Axe().run(shown.page, options={"resultTypes": ["violations"], **rules})
    return [
        f"{fault['id']} ({fault['impact']}): {[node['html'][:140] for node in fault['nodes'][:3]]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize(("scheme", "only"), [("light", ""), ("dark", "color-contrast")])
def test_axe_finds_no_serious_fault(
    watch: Callable[..., Watched], site: str, scheme: str, only: str, database: duckdb.DuckDBPyConnection
) -> None:
    shown = watch(color_scheme=scheme)
    shown.open(site + "index.html#/?theme=environment&q=jardin")
    shown.map_ready()
    assert faults(shown, only) == []
    shown.open(site + "index.html#/t/departement/44")
    assert shown.page.is_visible("#banner h1")
    assert faults(shown, only) == []
    found = database.execute(
        "SELECT initiative_id FROM initiative WHERE source_count > 3 ORDER BY initiative_id LIMIT 1"
    ).fetchall()
    shown.open(f"{site}index.html#/i/{found[0][0]}")
    shown.page.click(".provenance summary")
    shown.until(lambda: shown.page.locator(".provenance tbody tr").count())
    assert faults(shown, only) == []
    for name in (*(kind for kind in KINDS if not (only and ".en." in kind)), EMBED):
        shown.visit(f"{site}../{name}" + ("#/t/departement/44" if name == EMBED else ""))
        assert faults(shown, only) == [], name


def cut(page: Any) -> list[str]:
    """What reaches past the right edge of the window outside what scrolls, and what scrolls but shows nothing."""
    found: list[str] = page.evaluate(
        """() => {
            const said = (one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 60)}`;
            const wide = document.documentElement.scrollWidth > innerWidth ? ["wider than the window"] : [];
            const flat = [...document.querySelectorAll(".scroll")]
                .filter((one) => one.id !== "result" && one.clientHeight < one.scrollHeight / 2);
            return [...wide, ...flat.map(said)];
        }"""
    )
    return found


def test_nothing_is_cut_off_on_a_phone_or_hidden_on_a_desk(
    watch: Callable[..., Watched], site: str, database: duckdb.DuckDBPyConnection
) -> None:
    found = database.execute(
        "SELECT initiative_id FROM initiative ORDER BY source_count DESC, initiative_id LIMIT 1"
    ).fetchall()
    phone, desk = watch(viewport=PHONE), watch()
    for name in KINDS:
        for shown in (phone, desk):
            shown.visit(f"{site}../{name}")
            assert cut(shown.page) == [], name
    assert desk.page.goto(f"{site}quality.html")
    assert desk.page.locator("td", has_text="Structure porteuse").bounding_box()["height"] > 10
    for address in ("", "#/t/departement/44", f"#/i/{found[0][0]}"):
        phone.open(f"{site}index.html{address}")
        assert cut(phone.page) == [], address


def test_evidence_is_said_in_french(shown: Watched, database: duckdb.DuckDBPyConnection) -> None:
    asked = {
        "evidence": "SELECT reason FROM match UNION SELECT reason FROM related UNION "
        "SELECT geo_conflict FROM initiative WHERE geo_conflict IS NOT NULL",
        "shared": 'SELECT DISTINCT reason FROM "similar"',
    }
    for said, query in asked.items():
        reasons = [reason for (reason,) in database.execute(f"SELECT * FROM ({query}) ORDER BY 1").fetchall()]
        assert len(reasons) > 20
        told = shown.page.evaluate(
            f"""async (reasons) => {{
                const {{ evidence, shared }} = await import("./js/reasons.js");
                const themes = [{{ code: "x", fr: "Énergie", en: "Energy" }}];
                return reasons.map((reason) => {said}(reason, themes));
            }}""",
            reasons,
        )
        english = re.compile(r"\b(?:same|alike|names?|unknown|point is|apart|both|ideas|words|themes|the|at|in)\b")
        # Words of names and of themes are no phrases of ours.
        left = [text for text in told if english.search(re.sub(r"(?:mots|thèmes) : .*|\(.*?\)|site \S+", "", text))]
        assert left == []


def test_every_idea_has_a_french_word(shown: Watched) -> None:
    concepts = tomllib.loads((Path(similar.__file__).parent / "concepts.toml").read_text(encoding="utf-8"))
    known = shown.page.evaluate('import("./js/reasons.js").then(({ WORDS }) => Object.keys(WORDS.fr.ideas))')
    assert set(known) == {key for key, value in concepts.items() if isinstance(value, str)}
