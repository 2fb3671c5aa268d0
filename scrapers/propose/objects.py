"""JSON: where the list stands in a body, how it goes on, and what its objects hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests.utils import parse_header_links

from scrapers.path import step_name
from scrapers.propose.fields import fill_from_objects
from scrapers.propose.look import Seen
from scrapers.propose.proposal import Candidate

DEEPEST = 5

NEXT_NAMES = {
    "next", "next_page", "nextpage", "next_page_url", "nextpageurl", "next_url", "nexturl", "nextlink", "next_link",
    "@odata_nextlink",
}  # fmt: skip
CURSOR_NAMES = {"cursor", "next_cursor", "nextcursor", "next_token", "nexttoken", "nextpagetoken", "next_page_token"}
TOTAL_NAMES = {
    "total", "count", "total_count", "totalcount", "total_results", "totalitems", "total_items", "nhits",
    "totalhits", "hydra_totalitems", "recordstotal", "numfound",
}  # fmt: skip
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "X-WP-Total", "Total-Count", "X-Pagination-Total-Count")
SIZE_NAMES = (
    "per_page", "page_size", "pagesize", "limit", "size", "rows", "perpage", "itemsperpage", "count", "pagecount",
)  # fmt: skip


def list_of(seen: Seen) -> Candidate | None:
    """Return the candidate for a JSON body that holds a list of objects, or None."""
    whole = seen.json
    found = _best_list(whole)
    if found is None:
        return None
    path, objects = found
    fetch: dict[str, Any] = {"url": seen.url}
    shape = f'a list of {len(objects):,} objects at "{path}"' if path else f"a list of {len(objects):,} objects"
    geojson = path == "features" and isinstance(whole, dict) and whole.get("type") == "FeatureCollection"
    if seen.is_lines:
        shape = f"{len(objects):,} JSON lines"
    elif geojson:
        shape = f"a GeoJSON of {len(objects):,} features"
    if path:
        fetch["items"] = path
    candidate = Candidate("json", "data", shape, fetch)
    total = _total(seen, whole)
    candidate.rows = max(len(objects), total)
    paging = _paging(seen, whole, len(objects), total)
    if paging:
        fetch["paging"] = paging
        candidate.reason += f", which goes on by {paging['style']}" + (f" ({total:,} in all)" if total else "")
    elif total > len(objects):
        candidate.remarks.append(
            f"the answer says {total:,} in all and holds {len(objects):,}, but not how it goes on: see fetch.paging"
        )
    fill_from_objects(candidate, objects, ["geometry.coordinates"] if geojson else [])
    return candidate


def _best_list(whole: Any) -> tuple[str, list[Any]] | None:
    """The list with the most objects that share their keys, of equals the one nearest to the root."""
    found = [(_weight(objects), -depth, path, objects) for depth, path, objects in _lists(whole, "", 0)]
    sound = [entry for entry in found if entry[0] > 0]
    if not sound:
        return None
    _, _, path, objects = max(sound, key=lambda entry: entry[:2])
    return path, objects


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[int, str, list[Any]]]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        yield depth, path, value
        return
    if not isinstance(value, dict):
        return
    inner = list(value.values())
    if len(inner) > 2 and all(isinstance(one, dict) for one in inner) and _weight(inner) > len(inner):
        yield depth, f"{path}.*" if path else "*", inner
    for key, below in value.items():
        step = step_name(key)
        yield from _lists(below, f"{path}.{step}" if path else step, depth + 1)


def _weight(objects: list[Any]) -> float:
    """How much a list looks like records: its objects, times the keys that most of them share."""
    dicts = [one for one in objects if isinstance(one, dict) and one]
    if len(dicts) * 2 < len(objects) or not dicts:
        return 0
    keys = Counter(key for one in dicts for key in one)
    shared = sum(count * 2 >= len(dicts) for count in keys.values())
    # A list of {"id": 1, "label": "x"} is as long as it may be no list of records.
    return len(dicts) * min(shared, 12) if shared > 1 else 0


def _plain(key: str) -> str:
    return re.sub(r"[^a-z@]+", "_", key.lower())


def _named(whole: Any, names: set[str], path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The values of `whole` outside its lists whose key is one of `names`, with their paths."""
    if not isinstance(whole, dict) or depth > 3:
        return
    for key, value in whole.items():
        here = f"{path}.{step_name(key)}" if path else step_name(key)
        if _plain(key) in names and not isinstance(value, dict):
            yield here, value
        elif _plain(key) in names and isinstance(value, dict) and isinstance(value.get("href"), str):
            yield f"{here}.href", value["href"]
        else:
            yield from _named(value, names, here, depth + 1)


def _total(seen: Seen, whole: Any) -> int:
    told = [seen.headers.get(name, "") for name in TOTAL_HEADERS]
    told += [str(value) for _, value in _named(whole, TOTAL_NAMES)]
    return max((int(text) for text in told if re.fullmatch(r"\d{1,8}", text)), default=0)


def _paging(seen: Seen, whole: Any, held: int, total: int) -> dict[str, Any] | None:
    """How the list goes on, as `fetch.paging` has it, or None when nothing says that it does."""
    links = parse_header_links(seen.headers.get("Link", ""))
    following = [(path, value) for path, value in _named(whole, NEXT_NAMES) if isinstance(value, str) and value]
    for path, value in following:
        if re.match(r"https?://|/|\?", value):
            return {"style": "link", "next": path}
    if any("next" in link.get("rel", "").lower().split() for link in links):
        return {"style": "link"}
    asked = {name.lower(): (name, value) for name, value in parse_qsl(urlsplit(seen.url).query)}
    cursors = [path for path, value in _named(whole, CURSOR_NAMES) if isinstance(value, str) and value]
    cursors += [path for path, _ in following]
    if cursors:
        return {"style": "cursor", "param": "cursor", "next": cursors[0]}
    return _counting(whole, asked) if total > held or _says_more(whole) else None


def _says_more(whole: Any) -> bool:
    pages = [str(value) for _, value in _named(whole, {"pages", "total_pages", "totalpages", "last_page", "pagecount"})]
    more = [value for _, value in _named(whole, {"has_more", "hasmore", "hasnext", "has_next", "has_next_page"})]
    return any(page.isdigit() and int(page) > 1 for page in pages) or True in more


def _counting(whole: Any, asked: dict[str, tuple[str, str]]) -> dict[str, Any] | None:
    size = next((asked[name] for name in SIZE_NAMES if name in asked and asked[name][1].isdigit()), None)
    sized: dict[str, Any] = {"size_param": size[0], "size": int(size[1])} if size else {}
    offsets = {"offset", "start", "skip", "startindex", "from"}
    in_body = {
        _plain(path.rpartition(".")[2]): value for path, value in _named(whole, offsets | {"page", "current_page"})
    }
    for name in ("page", "offset", "start", "skip", "startindex", "from"):
        if name not in asked and name not in in_body:
            continue
        param = asked[name][0] if name in asked else name
        if name != "page":
            return {"style": "offset", "param": param, **sized}
        first = str(in_body.get("page", asked.get("page", ("", "1"))[1]))
        return {"style": "page", "param": param, "first": 0 if first == "0" else 1, **sized}
    return {"style": "page", "param": "page", **sized} if "current_page" in in_body else None
