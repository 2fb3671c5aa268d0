"""Harvest a made-up site of 2,000 pages of 60 kB twice, and once with Scrapy: pages per second of processor time.

The first night fetches, archives and reads every page; the second finds all of them unchanged. Scrapy fetches and reads
them, and archives nothing. Each runs in a process of its own, whose whole processor time counts, start included;
"alone" is the harvest without the start, which a night with many sources has but once. The site runs in another one. It
is read in three ways: by its lists, where each page is asked whether it has changed; by its lists with its sitemap
beside them, which says what has not; and by its sitemap alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEFINITION = """
title = "A made-up site"
country = "FR"
language = "fr"
kind = "{kind}"
schedule = "daily"
publisher = {{ name = "Nobody", url = "{site}/" }}
rights = {{ licence = "none", proof = "made up for a measurement", attribution = "Nobody" }}
identity = {{ key = ["record_url"] }}
expect = {{ rows = {{ min = {pages}, max = {pages} }} }}

[fetch]
{fetch}
max_pages = 10000

{fields}
"""

FETCH = {
    "html": 'url = "{site}/list/0"\nitem = "li.entry"\ndetail = "a@href"\nnext = "a.next@href"',
    "html+sitemap": (
        'url = "{site}/list/0"\nitem = "li.entry"\ndetail = "a@href"\nnext = "a.next@href"\n'
        'sitemap = "{site}/sitemap.xml"'
    ),
    "sitemap": 'url = "{site}/sitemap.xml"\nmatch = "/initiative/"',
}

# Our raw field for each of the 12 fields of a page.
PLACES = {
    "name": "h1.title", "summary": "div.chapo", "url": "a.website@href", "organisation_name": "dd.organisation",
    "themes": "dd.theme", "beneficiaries": "dd.beneficiaries", "address": "dd.address", "postcode": "dd.postcode",
    "commune": "dd.commune", "started_on": "dd.started", "status": "article.initiative@data-status",
    "needs": "dd.needs",
}  # fmt: skip


@contextmanager
def running_site(pages: int) -> Iterator[str]:
    """Serve the site in a process of its own; gives its address."""
    command = [sys.executable, "-m", "benchmarks.site", "--pages", str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def measured(command: list[str]) -> dict[str, Any]:
    """Run `command`; return its processor seconds, its peak memory in MB, and the JSON object it printed, if any."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
    found["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found


def one_night(site: str, pages: int, home: Path, night: str, kind: str = "html") -> None:
    """Harvest the site as a night does, and print what that took and what was moved, as JSON."""
    import time

    from flows.harvest import harvest
    from flows.settings import Settings
    from scrapers.catalogue import load_source
    from scrapers.response import Manners

    folder = home / "catalogue" / "made-up"
    folder.mkdir(parents=True, exist_ok=True)
    fields = "\n".join(f"{name} = '{place}'" for name, place in PLACES.items())
    fields = f"[fields]\n[detail_fields]\n{fields}" if kind.startswith("html") else f"[fields]\n{fields}"
    filled = {
        "kind": kind.partition("+")[0],
        "site": site,
        "pages": pages,
        "fetch": FETCH[kind].format(site=site),
        "fields": fields,
    }
    (folder / "source.toml").write_text(DEFINITION.format(**filled), encoding="utf-8")
    manners = Manners(requests_per_second=1e6, allowed_hosts=frozenset({site.removeprefix("http://")}))
    settings = Settings(home=home, as_of=dt.date.fromisoformat(night), catalogue=folder.parent, manners=manners)
    begun = time.process_time()
    state = harvest(load_source(folder), settings)
    alone = time.process_time() - begun
    if state.outcome != "good" or state.traffic is None:
        raise SystemExit(f"the harvest was {state.outcome}: {state.problems[:3]}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"records": state.records, "bytes": state.traffic.bytes, "memory": memory, "alone": alone}))


def compare(pages: int, scrapy: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what each of the harvests took, by name."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        with running_site(pages) as site:
            for kind in FETCH:
                for number, name in enumerate(("first night", "unchanged night"), 1):
                    home = f"{folder}/{kind}"
                    night = [sys.executable, "-m", "benchmarks.harvest", "--night", site, home, f"2026-01-0{number}"]
                    found = measured([*night, "--pages", str(pages), "--kind", kind])
                    results.append((f"Essaim, {kind}, {name}", found))
            command = [scrapy, "-m", "benchmarks.scrapy_spider", site, f"{folder}/scrapy.jsonl"]
            results.append(("Scrapy", measured(command)))
        with Path(folder, "scrapy.jsonl").open(encoding="utf-8") as lines:
            results[-1][1]["records"] = sum(1 for _ in lines)
        fewer = max(pages // 4, 1)
        with running_site(fewer) as site:
            night = [sys.executable, "-m", "benchmarks.harvest", "--night", site, f"{folder}/fewer", "2026-01-01"]
            results.append((f"Essaim, {fewer} pages", measured([*night, "--pages", str(fewer)])))
    return results


def main() -> None:
    """Print a table of the harvests; or be one of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=2000)
    options.add_argument("--kind", choices=sorted(FETCH), default="html", help="of --night: how the site is read")
    options.add_argument("--repeat", type=int, default=1, help="so many times, of which the least is shown")
    options.add_argument("--scrapy", default=sys.executable, help="a Python that has Scrapy (default: this one)")
    options.add_argument("--night", nargs=3, metavar=("SITE", "HOME", "DATE"), help="only harvest, once")
    chosen = options.parse_args()
    if chosen.night:
        site, home, night = chosen.night
        one_night(site, chosen.pages, Path(home), night, chosen.kind)
        return
    print(f"{'':36}{'records':>8}{'CPU s':>8}{'alone':>8}{'pages/CPU s':>13}{'MB moved':>10}{'MB memory':>11}")
    runs = [compare(chosen.pages, chosen.scrapy) for _ in range(chosen.repeat)]
    for results in zip(*runs, strict=True):
        # What else the machine does only adds to a run, so the least is the nearest to the truth.
        name, found = min(results, key=lambda result: float(result[1]["cpu"]))
        moved = f"{found['bytes'] / 1e6:.1f}" if "bytes" in found else ""
        memory = f"{found['memory']:.0f}" if "memory" in found else ""
        rate = found["records"] / found["cpu"]
        alone = f"{found['alone']:.2f}" if "alone" in found else ""
        print(f"{name:36}{found['records']:>8,}{found['cpu']:>8.2f}{alone:>8}{rate:>13.0f}{moved:>10}{memory:>11}")


if __name__ == "__main__":
    main()
