"""The APIs of the engines that sites are made with: WordPress, GoGoCarto, MediaWiki, OpenFairDB, Communecter."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from scrapers.kinds.communecter import without_id
from scrapers.kinds.gogocarto import ELEMENTS, unfold
from scrapers.propose.fields import fill_from_objects
from scrapers.propose.look import Look, Seen, root_of
from scrapers.propose.proposal import Candidate

TYPE_WORDS = re.compile(
    r"initiative|projet|project|lieu|place|fiche|acteur|structure|association|organi[sz]ation|annuaire|member|membre|solution|adherent|laureat|tiers|experience|action|location|listing|innovation",
    re.I,
)
OF_WORDPRESS = {
    "attachment", "nav_menu_item", "wp_block", "wp_template", "wp_template_part", "wp_navigation", "wp_global_styles",
    "wp_font_family", "wp_font_face", "media", "menu-items", "blocks", "templates", "template-parts", "navigation",
    "global-styles", "font-families", "font-faces", "elementor_library", "rm_content_editor", "e-landing-page",
}  # fmt: skip
MOST_TYPES = 6


def wordpress(look: Look, page: Seen, listed: list[str]) -> Candidate | None:
    """Return the candidate for the REST API of the WordPress site of `page`; `listed` are pages its list leads to."""
    site = _wordpress_root(page)
    types = look.try_to_see(f"{site}/wp-json/wp/v2/types")
    if types is None or not isinstance(types.json, dict):
        return None
    bases = [
        str(found.get("rest_base"))
        for found in types.json.values()
        if isinstance(found, dict) and found.get("rest_base")
    ]
    bases = [base for base in bases if base not in OF_WORDPRESS and "/" not in base]
    ranked = sorted(bases, key=lambda base: (not TYPE_WORDS.search(base), base in {"posts", "pages"}, base == "pages"))
    counted: list[tuple[int, int, str, list[Any]]] = []
    for base in ranked[:MOST_TYPES]:
        seen = look.try_to_see(f"{site}/wp-json/wp/v2/{base}?per_page=100&page=1&_embed=1")
        if seen is None or not isinstance(seen.json, list) or not seen.json:
            continue
        total = str(seen.headers.get("X-WP-Total", ""))
        common = len({*listed} & {str(entry.get("link")) for entry in seen.json if isinstance(entry, dict)})
        counted.append((common, int(total) if total.isdigit() else len(seen.json), base, seen.json))
    if not counted:
        return None
    look.say("WordPress types: " + ", ".join(f"{base} {count:,}" for _, count, base, _ in counted))
    # The type that the page lists, else the first by its name.
    common, count, base, entries = max(counted, key=lambda entry: entry[0])
    listing = ", ".join(f"{base} {count:,}" for _, count, base, _ in counted)
    candidate = Candidate(
        "wordpress", "api", f'the WordPress API, type "{base}" ({count:,} of {listing})', {"url": site}
    )
    candidate.fetch["type"] = base
    if listed and not common and not TYPE_WORDS.search(base):
        candidate.way, candidate.reason = "weak", candidate.reason + ", but nothing of what the page lists"
    candidate.rows = count
    _fill_wordpress(candidate, entries)
    return candidate


def _wordpress_root(page: Seen) -> str:
    if page.is_page:
        tag = page.soup.select_one('link[rel="https://api.w.org/"]')
        if tag is not None and tag.get("href"):
            return page.whole(str(tag["href"])).partition("/wp-json")[0].rstrip("/")
    return page.url.partition("/wp-json")[0].rstrip("/") if "/wp-json" in page.url else root_of(page.url)


def _fill_wordpress(candidate: Candidate, entries: list[Any]) -> None:
    own = {"_embedded", "_links"}
    bare = [{k: v for k, v in entry.items() if k not in own} for entry in entries if isinstance(entry, dict)]
    fill_from_objects(candidate, bare)
    candidate.fields |= {"name": "title.rendered", "source_key": "id", "record_url": "link"}
    candidate.key = ["source_key"]
    candidate.fields.pop("status", None)
    candidate.fields.pop("themes", None)
    candidate.values.pop("themes", None)
    candidate.values.pop("status", None)
    if any("wp:term" in entry.get("_embedded", {}) for entry in entries if isinstance(entry, dict)):
        candidate.fields["themes"] = '_embedded."wp:term"[*][*].name'
        terms = [_names(entry) for entry in entries if isinstance(entry, dict)]
        candidate.values["themes"] = list(dict.fromkeys(name for names in terms for name in names))[:30]
    usual = [
        "_embedded",
        "_links",
        "_embedded.*",
        "_links.*",
        "guid.*",
        "class_list",
        "title.*",
        "content.*",
        "excerpt.*",
    ]
    candidate.look_at = [*usual, *(name for name in candidate.look_at if name.partition(".")[0] not in _heads(usual))]


def _heads(names: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _names(entry: dict[str, Any]) -> list[str]:
    groups = entry.get("_embedded", {}).get("wp:term", [])
    return [
        str(term.get("name")) for group in groups if isinstance(group, list) for term in group if isinstance(term, dict)
    ]


def gogocarto(look: Look, page: Seen) -> Candidate | None:
    """Return the candidate for the API of a GoGoCarto map."""
    address = page.url
    if ELEMENTS not in urlsplit(page.url).path:
        parts = urlsplit(page.url)
        address = urlunsplit(parts._replace(path=_map_root(parts.path) + f"{ELEMENTS}.json", query="", fragment=""))
    seen = look.try_to_see(address)
    found = seen.json if seen is not None else None
    data = found.get("data") if isinstance(found, dict) else found
    if seen is None or not isinstance(data, list) or not data or not _is_gogocarto(found):
        return None
    whole = [row for row in data if isinstance(row, dict)] or _unfolded(found)
    candidate = Candidate("gogocarto", "api", f"the GoGoCarto API with {len(data):,} elements", {"url": address})
    candidate.rows = len(data)
    fill_from_objects(candidate, whole)
    if isinstance(found, dict) and found.get("licence"):
        candidate.remarks.append(f"the map says of its licence: {str(found['licence'])[:120]}")
    if any(isinstance(row, list) for row in data):
        candidate.remarks.append("these are compact rows: the address without ontology=gogocompact is safer")
    return candidate


def _map_root(path: str) -> str:
    return re.split(r"/(?:map|carte|annuaire)(?:/|$|\b)", path)[0].rstrip("/")


def _is_gogocarto(found: Any) -> bool:
    if not isinstance(found, dict):
        return isinstance(found, list) and bool(found) and isinstance(found[0], dict) and "geo" in found[0]
    return "mapping" in found or "ontology" in found or "licence" in found


def _unfolded(found: Any) -> list[Any]:
    """The compact rows as objects, names from the mapping; those that do not fit it are left out."""
    mapping = found.get("mapping") if isinstance(found, dict) else None
    if not isinstance(mapping, list) or not isinstance(found.get("data"), list):
        return []
    rows = (unfold(mapping, row) for row in found["data"] if isinstance(row, list))
    return [row for row in rows if row is not None]


def mediawiki(look: Look, page: Seen) -> Candidate | None:
    """Return the candidate for a wiki: the category that `page` is, or that its address names."""
    tag = page.soup.select_one('link[rel="EditURI"]') if page.is_page else None
    api = page.whole(str(tag["href"])).partition("?")[0] if tag is not None else page.url.partition("?")[0]
    hit = re.search(r"(?:Category|Cat%C3%A9gorie|Catégorie|Kategorie|Categor%C3%ADa):([^&?#/]+)", page.url, re.I)
    if not api.endswith("api.php") or hit is None:
        return None
    category = unquote(hit[1]).replace("_", " ")
    candidate = Candidate(
        "mediawiki", "api", f'the wiki\'s API, category "{category}"', {"url": api, "category": category}
    )
    candidate.fields |= {"source_key": "pageid", "name": "title", "record_url": "fullurl"}
    candidate.key, candidate.look_at = ["source_key"], ["ns"]
    candidate.remarks.append(
        "the pages' own facts stand in their template: see fetch.template in docs/source-definition.md"
    )
    return candidate


def openfairdb(look: Look, page: Seen) -> Candidate | None:
    """Return the candidate for an OpenFairDB, whose API's root, or a search in it, was given."""
    hit = re.match(r"(https?://[^/]*ofdb[^/]*/v\d+|https?://[^?]*/v\d+)(?=/|$)", page.url)
    box = re.search(r"bbox=([-\d.,%C]+)", page.url)
    if hit is None or ("ofdb" not in page.url and not (isinstance(page.json, dict) and "visible" in page.json)):
        return None
    query = (box[1] if box else "42.0,-5.5,51.5,8.5").replace("%2C", ",")
    candidate = Candidate("ofdb", "api", f"an OpenFairDB, in the box {query}", {"url": hit[1], "query": query})
    candidate.fields |= {
        "source_key": "id",
        "name": "title",
        "summary": "description",
        "latitude": "lat",
        "longitude": "lng",
    }
    candidate.fields |= {"address": "street", "postcode": "zip", "commune": "city", "url": "homepage", "themes": "tags"}
    candidate.key, candidate.people = ["source_key"], ["email", "telephone", "contact_name"]
    return candidate


def communecter(look: Look, page: Seen) -> Candidate | None:
    """Return the candidate for a Communecter site: the list that its address names, or its organisations."""
    if "communecter" not in page.url and "/api/organization" not in page.url and "/api/project" not in page.url:
        return None
    wanted = "projects" if "project" in page.url else "organizations"
    root = root_of(page.url)
    seen = look.try_to_see(f"{root}/api/{wanted.removesuffix('s')}/get/limit/100/index/0")
    found = seen.json.get("entities") if seen is not None and isinstance(seen.json, dict) else None
    if not isinstance(found, dict) or not found:
        return None
    candidate = Candidate("communecter", "api", f"the Communecter API, {wanted}", {"url": root, "type": wanted})
    candidate.rows = len(found)
    objects = [{"id": key, **without_id(one)} for key, one in found.items() if isinstance(one, dict)]
    fill_from_objects(candidate, objects)
    return candidate
