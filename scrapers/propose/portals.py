"""Open-data portals: a dataset's page, its best file, and what its columns hold."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from scrapers.failures import label
from scrapers.kinds.portal import FORMATS, bare_format, text_of
from scrapers.propose.fields import fill_from_objects
from scrapers.propose.look import Look, root_of
from scrapers.propose.objects import list_of
from scrapers.propose.proposal import Candidate
from scrapers.propose.tables import table_of

DATASET = re.compile(
    r"(?P<before>.*?)/(?:\w{2}/)?(?P<word>explore/dataset|catalog/datasets|datasets?)/(?P<name>[^/?#]+)"
)

LICENCES = {
    "etalab-2.0": (
        "lov2",
        "licence ouverte v2",
        "licence ouverte 2",
        "open licence v2",
        "etalab-2.0",
        "open licence version 2",
    ),
    "ODbL-1.0": ("odc-odbl", "odbl", "open database license"),
    "CC0-1.0": ("cc-zero", "cc0"),
    "PDDL-1.0": ("odc-pddl", "pddl"),
    "CC-BY-SA-4.0": ("cc-by-sa-4.0", "cc-by-sa 4.0", "cc by-sa 4.0"),
    "CC-BY-4.0": ("cc-by-4.0", "cc by 4.0", "cc-by 4.0"),
    "OGL-UK-3.0": ("uk-ogl", "ogl-uk-3.0"),
}
"""The words of portals for the licences of the register; a licence without a version that we can tell is "none"."""


def of_dataset(look: Look, address: str) -> Candidate | None:
    """Return the candidate for the portal whose dataset has its page, or its API, at `address`; None for no dataset."""
    hit = DATASET.match(unquote(urlsplit(address).path))
    if hit is None:
        return None
    name, word = hit["name"], hit["word"]
    root = root_of(address)
    if word in {"explore/dataset", "catalog/datasets"}:
        return _opendatasoft(look, root, name)
    # A portal under a folder keeps its API there too.
    below = root + hit["before"].partition("/api/")[0]
    tries = [_udata, _ckan] if word == "datasets" else [_ckan, _udata]
    for ask in tries:
        found = ask(look, root if ask is _udata else re.sub(r"/(?:fr|en)$", "", below), name)
        if found is not None:
            return found
    return None


def licence_of(*told: object) -> str:
    """The licence of the register that a portal means with `told`, or "none"."""
    text = " ".join(str(one) for one in told if one).lower()
    if re.search(r"\bnc\b|\bnd\b|non.?commercial|notspecified", text):
        return "none"
    return next((ours for ours, theirs in LICENCES.items() if any(word in text for word in theirs)), "none")


def _opendatasoft(look: Look, root: str, name: str) -> Candidate | None:
    base = f"{root}/api/explore/v2.1/catalog/datasets/{name}"
    about, records = look.try_to_see(base), look.try_to_see(f"{base}/records?limit=100")
    found = records.json if records is not None else None
    objects = found.get("results") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(objects, list) or not objects:
        return None
    candidate = Candidate("opendatasoft", "api", "", {"url": root, "dataset": name})
    total = str(found.get("total_count", ""))
    candidate.rows = int(total) if total.isdigit() else len(objects)
    candidate.reason = f'the Opendatasoft dataset "{name}" with {candidate.rows:,} records'
    whole = about.json if about is not None and isinstance(about.json, dict) else {}
    told = whole.get("metas", {}).get("default", {}) if isinstance(whole.get("metas"), dict) else {}
    _told(candidate, f"{root}/explore/dataset/{name}/information/", text_of(told, "license"), told.get("license_url"))
    candidate.title, candidate.publisher = text_of(told, "title"), text_of(told, "publisher")
    candidate.language = text_of(told, "language")[:2]
    fill_from_objects(candidate, objects)
    return candidate


def _udata(look: Look, root: str, name: str) -> Candidate | None:
    seen = look.try_to_see(f"{root}/api/1/datasets/{name}/")
    found = seen.json if seen is not None else None
    if not isinstance(found, dict) or not isinstance(found.get("resources"), list):
        return None
    candidate = Candidate("udata", "api", f'the udata dataset "{name}"', {"url": root, "dataset": name})
    page = text_of(found, "page") or f"{root}/fr/datasets/{name}/"
    _told(candidate, page, text_of(found, "license"), None)
    owner = found.get("organization") or {}
    candidate.title, candidate.publisher = (
        text_of(found, "title"),
        text_of(owner, "name") if isinstance(owner, dict) else "",
    )
    entries = [entry for entry in found["resources"] if isinstance(entry, dict)]
    return _with_resource(look, candidate, entries, ("latest", "url"), ("format", "mime"), "title")


def _ckan(look: Look, root: str, name: str) -> Candidate | None:
    seen = look.try_to_see(f"{root}/api/3/action/package_show?{urlencode({'id': name})}")
    found = seen.json.get("result") if seen is not None and isinstance(seen.json, dict) else None
    found = found[0] if isinstance(found, list) and found else found
    if not isinstance(found, dict) or not isinstance(found.get("resources"), list):
        return None
    candidate = Candidate("ckan", "api", f'the CKAN dataset "{name}"', {"url": root, "dataset": name})
    _told(candidate, f"{root}/dataset/{name}", text_of(found, "license_id"), found.get("license_title"))
    owner = found.get("organization") or {}
    candidate.title, candidate.publisher = (
        text_of(found, "title"),
        text_of(owner, "title") if isinstance(owner, dict) else "",
    )
    entries = [entry for entry in found["resources"] if isinstance(entry, dict)]
    return _with_resource(look, candidate, entries, ("url",), ("format", "mimetype"), "name")


def _told(candidate: Candidate, page: str, licence: str, more: object) -> None:
    """Write down the licence the portal states, and where it does."""
    candidate.licence = licence_of(licence, more)
    if candidate.licence != "none":
        candidate.proof = page
    elif licence:
        candidate.proof = f'{page} says "{licence}", which was not found in the register: nobody has looked closer yet'


def _with_resource(
    look: Look,
    candidate: Candidate,
    entries: list[dict[str, Any]],
    links: tuple[str, ...],
    forms: tuple[str, ...],
    title: str,
) -> Candidate | None:
    """Choose the file that reads best, and take the fields from it."""
    formats = [bare_format(text_of(entry, *forms)) for entry in entries]
    order = ["csv", "xlsx", "ods", "parquet", "json", "geojson", "jsonl", "ndjson", "tsv", "txt"]
    ranked = sorted((order.index(form), place) for place, form in enumerate(formats) if form in order)
    named = (f"{text_of(entry, title)[:40]} ({form})" for entry, form in zip(entries, formats, strict=True))
    look.say(f"resources: {', '.join(named)}")
    for _, place in ranked[:3]:
        entry, form = entries[place], formats[place]
        address = text_of(entry, *links)
        seen = look.try_to_see(address) if address else None
        inner = (table_of(seen) or list_of(seen)) if seen is not None else None
        if inner is None:
            continue
        reads = "json" if form in FORMATS["json"] or inner.kind == "json" else "table"
        candidate.fetch |= {"resource": text_of(entry, "id"), "reads": reads}
        kept = ("delimiter", "items") if reads == "table" or "items" in inner.fetch else ()
        candidate.fetch |= {
            key: inner.fetch[key] for key in kept if key in inner.fetch and (key == "items") == (reads == "json")
        }
        candidate.fields, candidate.people, candidate.look_at = inner.fields, inner.people, inner.look_at
        candidate.key, candidate.rows, candidate.values = inner.key, inner.rows, inner.values
        candidate.reason += f', file "{text_of(entry, title)[:60]}": {inner.reason}'
        if len(ranked) > 1:
            candidate.remarks.append(
                f"the dataset has {len(ranked)} files that can be read; {label(address)} was taken"
            )
        return candidate
    return None
