"""The explorer in a real browser: `python -m benchmarks.explorer [--size 100000] [--keep DIR] [--runs 3] [--plain]`.

Makes a release of synthetic initiatives (French words of ours, real communes, seeded), builds the explorer from it,
serves it on loopback as static hosts do (text compressed unless `--plain`; data files as they are), and drives headless
Chromium: time to a list that can be read and used, to search, to the map; bytes; warm searches; long tasks while the
map is panned. Twice: as it comes, and at 4 Mbit/s with 40 ms of latency and the processor slowed four times. Prints a
table of medians; nothing is asserted, a machine's load is no fault of the code.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, sync_playwright

from transforms.database import connect
from transforms.vocabulary import vocabulary
from warehouse.gazetteer import data_folder
from warehouse.publish import explorer
from warehouse.schema import TABLES
from warehouse.table import ddl, literal

CHROMIUM = "/usr/bin/chromium"
# Without "--disable-gpu": with it, every frame of the map is read back from the software renderer by the page itself.
ARGUMENTS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
COMPRESSED = {".js", ".mjs", ".css", ".html", ".json", ".svg", ".webmanifest"}

_KINDS = (
    "Jardin partagé|Épicerie solidaire|Repair café|Ressourcerie|Tiers-lieu|Café associatif|Fablab|Recyclerie|"
    "Accorderie|"
    "Habitat participatif|Garage solidaire|Atelier vélo|Crèche parentale|Maison des familles|Bus numérique|"
    "Ferme urbaine|"
    "Coopérative énergétique|Monnaie locale|Friperie solidaire|Restaurant d'insertion|Cantine de quartier|Ludothèque|"
    "Régie de quartier|Université populaire|Théâtre de rue|École de la deuxième chance|Conciergerie de village|"
    "Microcrédit|"
    "Réseau d'échange de savoirs|Bibliothèque de rue|Radio associative|Autopartage rural|Plateforme d'entraide|AMAP"
)
_NAMES = (
    "des Voisins|du Moulin|des Possibles|de la Place|Solidaire|du Coin|des Quatre Saisons|en Commun|de Demain|"
    "à Roulettes|"
    "des Lilas|du Canal|de la Gare|du Marché|des Tisserands|de l'Horloge|du Verger|des Sources|pour Tous|Ensemble"
)
_VERBS = (
    "accompagne|rassemble|forme|accueille|répare|transforme|distribue|invente|partage|relie|soutient|collecte|cultive|"
    "organise|propose|anime|développe|facilite|valorise|mutualise"
)
_OBJECTS = (
    "des habitants du quartier|des personnes éloignées de l'emploi|des familles isolées|des jeunes sans diplôme|"
    "des agriculteurs en conversion|des objets destinés à la déchetterie|des légumes de saison|des ateliers de cuisine|"
    "des trajets domicile-travail|des logements vacants|des savoir-faire artisanaux|des aidants familiaux|"
    "des seniors isolés|des outils numériques libres|des vélos abandonnés|des vêtements d'occasion|"
    "des bénévoles engagés|"
    "des circuits courts alimentaires|des projets citoyens|des énergies renouvelables"
)
_ENDS = (
    "avec l'appui de la commune|pour lutter contre l'isolement|grâce à une coopérative d'intérêt collectif|"
    "dans une ancienne école|sans condition de ressources|en lien avec les associations locales|chaque semaine|"
    "autour d'un repas partagé|par des chantiers participatifs|à prix libre|au plus près des villages|"
    "pour réduire les déchets|en favorisant le réemploi|dans une démarche participative|avec des artisans du pays"
)
_QUERIES = (
    "jardin|jardins partagés|épicerie|repair café lyon|vélo|insertion|habitat participatif|seniors|numérique|bretagne|"
    "marseille|recyclerie|familles isolées|énergie|coopérative|alimentation|tiers-lieu|ferme|culture|mobilité"
)

KINDS, NAMES, VERBS, OBJECTS, ENDS, QUERIES = (
    text.split("|") for text in (_KINDS, _NAMES, _VERBS, _OBJECTS, _ENDS, _QUERIES)
)


def synthetic(path: Path, size: int) -> None:
    """Write a release database of `size` initiatives to `path`; the same for the same size."""
    chance = random.Random(size)
    words = vocabulary()
    with connect(path) as connection:
        for table in TABLES:
            for statement in ddl(table):
                connection.execute(statement)
        communes = connection.execute(
            "SELECT c.code, c.name, c.epci, e.name, c.departement, d.name, c.region, r.name, c.latitude, c.longitude, "
            "greatest(c.population, 50), c.postcodes[1] FROM read_parquet(?) c LEFT JOIN read_parquet(?) e ON "
            "e.code = c.epci JOIN read_parquet(?) d ON d.code = c.departement JOIN read_parquet(?) r ON "
            "r.code = c.region WHERE c.latitude IS NOT NULL AND c.parent IS NULL ORDER BY c.code",
            [str(data_folder() / f"{name}.parquet") for name in ("communes", "epci", "departements", "regions")],
        ).fetchall()
        chosen = chance.choices(communes, weights=[row[10] for row in communes], k=size)
        lines = path.with_suffix(".jsonl")
        with lines.open("w", encoding="utf-8") as opened:
            for number, commune in enumerate(chosen):
                opened.write(json.dumps(_initiative(chance, words, number, commune, communes)) + "\n")
        columns = ", ".join(f"{literal(column.name)}: {literal(column.type)}" for column in TABLES[0].columns)
        connection.execute(
            f"INSERT INTO initiative FROM read_json({literal(str(lines))}, format='newline_delimited', "
            f"columns={{{columns}}})"
        )
        lines.unlink()
        connection.execute("""
            INSERT INTO source SELECT 'source-' || i, 'Source numéro ' || i, 'Producteur ' || i,
                'https://source' || i || '.example.org', 'table', 'etalab-2.0', 'https://example.org/licence',
                '© ' || i,
                '2026-11-01', 100, 0, DATE '2026-11-22', NULL FROM range(40) t(i)
        """)
        connection.execute("""
            INSERT INTO initiative_source SELECT initiative_id, source_id, initiative_id || '-' || source_id,
                'https://' || source_id || '.example.org/' || initiative_id, 'etalab-2.0', '© ' || source_id,
                DATE '2026-11-22', NULL FROM (SELECT initiative_id, unnest(source_ids) AS source_id FROM initiative)
        """)
        connection.execute("""
            INSERT INTO initiative_value SELECT initiative_id, field, 1, 'x', source_ids[1],
                initiative_id || '-' || source_ids[1], NULL, 'only value'
            FROM initiative, (SELECT unnest(['name', 'summary', 'url', 'status', 'organisation_name', 'themes',
                'address', 'commune', 'insee_code', 'latitude', 'longitude', 'geo_precision']) AS field)
        """)
        connection.execute("""
            INSERT INTO change SELECT initiative_id, 'added', '', NULL, name FROM initiative
        """)


def _initiative(
    chance: random.Random, words: dict[str, Any], number: int, commune: tuple[Any, ...], communes: list[tuple[Any, ...]]
) -> dict[str, Any]:
    code, name, epci_code, epci, departement_code, departement, region_code, region = commune[:8]
    latitude, longitude, _, postcode = commune[8:]
    exact = chance.random() < 0.6
    kind, title = chance.choice(KINDS), chance.choice(NAMES)
    near = chance.choice(communes)[1]
    syllables = ("ba", "lo", "mi", "ren", "tou", "vel", "sa", "ker", "dou", "gue")
    invented = "".join(chance.choice(syllables) for _ in range(3))
    summary = (
        f"{kind} à {name} : l'équipe {chance.choice(VERBS)} {chance.choice(OBJECTS)} {chance.choice(ENDS)}. "
        f"{invented.capitalize()} {chance.choice(VERBS)} aussi {chance.choice(OBJECTS)} vers {near}, "
        f"{chance.choice(ENDS)}, et {chance.choice(VERBS)} {chance.choice(OBJECTS)}."
    )
    themes = chance.sample(list(words["themes"]), chance.choice((1, 1, 2, 3)))
    sources = sorted(chance.sample(range(40), chance.choices((1, 2, 3), (75, 20, 5))[0]))
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    return {
        "initiative_id": "es-" + "".join(chance.choice(digits) for _ in range(13)),
        "name": f"{kind} {title} {chance.choice((name, invented.capitalize(), ''))}".strip(),
        "summary": summary if chance.random() < 0.8 else None,
        "language": "fr",
        "url": f"https://{invented}{number}.example.org/",
        "status": chance.choice(("running", "unknown", "starting", "scaling", "ended")),
        "organisation_name": f"Association {invented.capitalize()} {title}",
        "organisation_kind": chance.choice((*words["organisation_kind"], None)),
        "themes": themes,
        "beneficiaries": chance.sample(list(words["beneficiaries"]), chance.choice((0, 1, 2))),
        "methods": chance.sample(list(words["methods"]), chance.choice((0, 0, 1))),
        "sdgs": sorted(chance.sample(range(1, 18), chance.choice((0, 1, 2)))),
        "programmes": [{"name": f"Prix {chance.choice(NAMES)}", "year": "2024"}] if chance.random() < 0.1 else None,
        "address": f"{chance.randint(1, 200)} rue {title}" if exact else None,
        "postcode": postcode, "commune": name, "insee_code": code, "epci_code": epci_code, "epci": epci,
        "departement_code": departement_code, "departement": departement, "region_code": region_code, "region": region,
        "country": "FR",
        "latitude": round(latitude + (chance.gauss(0, 0.01) if exact else 0), 6),
        "longitude": round(longitude + (chance.gauss(0, 0.01) if exact else 0), 6),
        "geo_precision": "point" if exact else "commune", "geo_method": "name", "geo_confidence": 0.9,
        "source_ids": [f"source-{source}" for source in sources], "source_count": len(sources),
        "licence": chance.choice(("etalab-2.0", "ODbL-1.0", "LicenseRef-facts-only")),
        "first_seen": "2026-11-22", "changed_on": f"2026-11-{chance.randint(1, 22):02}",
    }  # fmt: skip


class Host(http.server.SimpleHTTPRequestHandler):
    """A static host that counts what it sends; text is compressed once and kept, as hosts do."""

    protocol_version = "HTTP/1.1"
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}
    sent: ClassVar[dict[str, int]] = {}
    kept: ClassVar[dict[str, bytes]] = {}
    plain = False

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer with the file, and count its bytes."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        squeezed = not self.plain and path.suffix in COMPRESSED
        if squeezed:
            body = self.kept.setdefault(str(path), gzip.compress(body, 6))
        self.sent[self.path] = len(body)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if squeezed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of readers that leave before the end."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` on loopback; yields the address of the explorer."""
    server = Server(("127.0.0.1", 0), functools.partial(Host, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/explorer/index.html"
    server.shutdown()


def visit(browser: Browser, address: str, *, slow: bool) -> dict[str, float]:
    """Open the explorer once in a new profile and return what was measured: milliseconds, and bytes in kilobytes."""
    Host.sent.clear()
    phone = {"viewport": {"width": 412, "height": 915}} if slow else {"viewport": {"width": 1400, "height": 860}}
    context = browser.new_context(**phone, service_workers="block", locale="fr-FR")  # type: ignore[arg-type]
    page = context.new_page()
    if slow:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": 40, "downloadThroughput": 4e6 / 8, "uploadThroughput": 1e6 / 8,
        })  # fmt: skip
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    at_list: dict[str, int] = {}
    page.expose_function("listStands", lambda: at_list.update(Host.sent))
    page.add_init_script(
        "new MutationObserver((_, observer) => { if (document.documentElement.classList.contains('ready'))"
        " { observer.disconnect(); listStands(); } }).observe(document, {attributes: true, subtree: true,"
        " attributeFilter: ['class']});"
    )
    page.goto(address)
    _until(page, "performance.getEntriesByName('essaim-list').length")
    # As a reader would: a word typed as soon as the list stands, and the time until its results are there.
    typed = page.evaluate("performance.now()")
    page.fill("#q", "jardin")
    _until(page, "document.querySelector('#chips').textContent.includes('jardin')")
    found = page.evaluate("performance.now()") - typed
    if not slow:
        _until(page, "performance.getEntriesByName('essaim-map').length")
    page.wait_for_timeout(500)
    mark = "performance.getEntriesByName('essaim-{}')[0]?.startTime ?? NaN"
    measured = {
        "list": page.evaluate(mark.format("list")),
        "titles": page.evaluate(mark.format("search")),
        "first_search": found,
        "map": page.evaluate(mark.format("map")),
        "kB_list": sum(at_list.values()) / 1000,
        "kB_all": sum(Host.sent.values()) / 1000,
    }
    if not slow:
        measured |= _searches(page)
        measured |= _pans(page)
    context.close()
    return measured


def _until(page: Any, condition: str, seconds: float = 120) -> None:
    """Wait for a condition of the page, asked from outside: its own policy forbids `wait_for_function` to evaluate."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.01)


def _searches(page: Any) -> dict[str, float]:
    """Warm searches as the worker times them, and as the page feels them (question to drawn list)."""
    script = """async (queries) => {
        const input = document.getElementById("q"), took = [];
        for (let round = 0; round < 2; round++) for (const query of queries) {
            const before = document.documentElement.dataset.answered, start = performance.now();
            input.value = query;
            input.dispatchEvent(new Event("input", {bubbles: true}));
            while (document.documentElement.dataset.answered === before) await new Promise((go) => setTimeout(go, 1));
            if (round) took.push([performance.now() - start, Number(document.documentElement.dataset.took)]);
        }
        return took;
    }"""
    took = page.evaluate(script, QUERIES)
    whole, worker = sorted(pair[0] for pair in took), sorted(pair[1] for pair in took)
    last = round(0.95 * (len(whole) - 1))
    return {
        "search_median": statistics.median(worker), "search_p95": worker[last],
        "drawn_median": statistics.median(whole), "drawn_p95": whole[last],
    }  # fmt: skip


def _pans(page: Any) -> dict[str, float]:
    """Pan the map by hand over the whole set; the longest task of the page meanwhile."""
    page.evaluate("document.querySelector('.chip')?.click()")
    page.wait_for_timeout(500)
    page.evaluate("""() => { window.tasks = []; new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) tasks.push(entry.duration); }).observe({type: "longtask"}); }""")
    box = page.locator("#map canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in ((150, 0), (-200, 60), (80, -120), (0, 150), (-120, 0), (160, -60)):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx, y + dy, steps=12)
        page.mouse.up()
        page.wait_for_timeout(350)
    tasks = page.evaluate("tasks")
    return {"pan_longest": max(tasks, default=0.0), "pan_over_100": float(sum(task > 100 for task in tasks))}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="where the built release is, or is to be kept")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="serve text uncompressed, as python -m http.server does")
    options = parser.parse_args()
    Host.plain = options.plain
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch) / "release"
        folder.mkdir(parents=True, exist_ok=True)
        database = folder / "essaim.duckdb"
        if not database.exists():
            synthetic(database, options.size)
        shutil.rmtree(folder / "explorer", ignore_errors=True)
        with connect(database, read_only=True) as connection:
            start = time.perf_counter()
            explorer.build(connection, folder / "explorer", "2026-11-22")
            print(f"built {options.size:,} in {time.perf_counter() - start:.1f} s")
        with served(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for slow in (False, True):
                runs = [visit(browser, address, slow=slow) for _ in range(options.runs)]
                print("4 Mbit/s, processor / 4, phone" if slow else "loopback")
                for name in runs[0]:
                    values = [run[name] for run in runs]
                    print(f"  {name:14} {statistics.median(values):10.1f}   ({', '.join(f'{v:.0f}' for v in values)})")
            browser.close()


if __name__ == "__main__":
    main()
