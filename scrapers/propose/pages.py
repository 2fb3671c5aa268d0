"""A list page as a definition: its blocks, their own pages, and how the list goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import soupsieve
from bs4.element import Tag

from scrapers.failures import label
from scrapers.propose.blocks import Blocks
from scrapers.propose.details import Details, details_of, heading_of
from scrapers.propose.inside import others_of, several_at
from scrapers.propose.look import Look, Seen
from scrapers.propose.markup import pick, text_of
from scrapers.propose.names import LISTS, guess_fields
from scrapers.propose.onward import Onward, button_of, onward_of
from scrapers.propose.proposal import Candidate, RuleValue
from scrapers.source import PLACE

CODED = {"themes", "beneficiaries", "status", "organisation_kind"}
"""Fields whose values get codes of ours."""

OWN_PAGES = 2
"""So many own pages are looked at."""


def listing_of(look: Look, page: Seen, blocks: Blocks) -> Candidate:
    """Return the candidate for the list page `page` with its `blocks`."""
    inside, count = blocks.inside, len(blocks.tags)
    onward = onward_of(page)
    candidate = Candidate(
        "html", "html", f'{count} blocks "{blocks.selector}"', {"url": page.url, "item": blocks.selector}
    )
    candidate.rows = count
    candidate.fields["name"] = _as_column(_cell_of(inside.title, blocks), blocks)
    _add_others(candidate, blocks, page)
    if inside.link and inside.outer:
        candidate.fields["url"] = f"{inside.link}@href"
    elif inside.link:
        _add_own_pages(look, candidate, page, blocks)
    if onward:
        _go_on(look, candidate, page, blocks, onward)
    elif (words := button_of(page, blocks.tags)) is not None:
        remark = f'the list goes on behind a button, "{words}": see [fetch] more in docs/source-definition.md'
        candidate.remarks.append(remark)
        look.say(remark)
    else:
        candidate.remarks.append("nothing on the page says how the list goes on: see whether it is whole")
    candidate.key = _key(candidate)
    return candidate


def _key(candidate: Candidate) -> list[str]:
    if "detail" in candidate.fetch or "record_url" in candidate.fields:
        return ["record_url"]
    if "url" in candidate.fields:
        return ["name", "url"]
    return ["name", *[wanted for wanted in ("commune", "postcode", "address") if wanted in candidate.fields][:1]]


def _add_others(candidate: Candidate, blocks: Blocks, page: Seen) -> None:
    """Take what else the blocks say: columns of a table by their heads, elements by their class names."""
    inside = blocks.inside
    texts = others_of(page, blocks.tags[:40], {inside.title, inside.link or ""})
    named = {_spoken(place, blocks): place for place in texts}
    guess = guess_fields({spoken: texts[place] for spoken, place in named.items() if spoken})
    for wanted, rule in guess.fields.items():
        place = named[rule if isinstance(rule, str) else str(rule["from"])]
        if wanted not in {"name", "record_url", "source_key", "url"} and _outer_differs(place, inside.title):
            several = several_at(blocks.tags[:40], place) if wanted in LISTS else None
            if wanted in CODED:
                candidate.values[wanted] = _values(blocks, texts[place], several)
            place = _as_column(place, blocks)
            candidate.fields[wanted] = several or (place if isinstance(rule, str) else {**rule, "from": place})
    hidden = [spoken for spoken in guess.people if spoken]
    if hidden:
        candidate.remarks.append(f"left aside, as they look like people's data: {', '.join(hidden)}")
    rest = [_as_column(named[spoken], blocks) for spoken in guess.rest if spoken][:12]
    if rest:
        candidate.remarks.append(f"look at these in a block: {', '.join(rest)}")


def _values(blocks: Blocks, texts: list[str], several: RuleValue | None) -> list[str]:
    """The different values of a field, for a table of codes: `texts`, or those of each element that `several` names."""
    if isinstance(several, dict):
        texts = [text_of(tag) for block in blocks.tags[:40] for tag in soupsieve.select(several["from"], block)]
    return list(dict.fromkeys(text for text in texts if 0 < len(text) <= 60))[:30]


def _as_column(place: str, blocks: Blocks) -> str:
    """A cell by the head of its column, where it has one: columns are moved more often than renamed."""
    head = _spoken(place, blocks) if place.startswith("td:") else ""
    return f"column:{head}" if head else place


def _cell_of(title: str, blocks: Blocks) -> str:
    """The cell that holds the title of each row and nothing else, if the blocks are rows; else `title`."""
    if blocks.tags[0].name != "tr" or title.startswith("td:"):
        return title
    tag = pick(blocks.tags[0], title)
    cell = tag if tag is None or tag.name == "td" else tag.find_parent("td")
    if cell is None or cell.parent is not blocks.tags[0]:
        return title
    place = f"td:nth-of-type({len(cell.find_previous_siblings('td')) + 1})"
    alike = all(text_of(pick(row, place)) == text_of(pick(row, title)) for row in blocks.tags)
    return place if alike and _spoken(place, blocks) else title


def _outer_differs(place: str, title: str) -> bool:
    return place != title and not title.startswith(f"{place} ")


def _spoken(place: str, blocks: Blocks) -> str:
    """What `place` says it holds: its class or property, the label beside it, or the head of its column."""
    if place.startswith("label:"):
        return place.removeprefix("label:")
    if not place.startswith("td:"):
        return place.rpartition('"')[0].rpartition('"')[2] if '"' in place else place.rpartition(".")[2]
    table = blocks.tags[0].find_parent("table")
    number = int(place.rpartition("(")[2].rstrip(")"))
    heads = [text_of(tag) for tag in table.find_all("th")] if table is not None else []
    own = len(blocks.tags[0].find_all("th", recursive=False))
    return heads[number - 1 + own] if number - 1 + own < len(heads) else ""


def _add_own_pages(look: Look, candidate: Candidate, page: Seen, blocks: Blocks) -> None:
    """Follow the first links; read own pages every night only where they say more than the list."""
    inside = blocks.inside
    link = f"{inside.link}@href"
    own = list(_own_pages(look, inside.links))
    details = details_of(own) if own else Details()
    more = {wanted: rule for wanted, rule in details.fields.items() if wanted not in candidate.fields}
    heading = heading_of(own) if own else None
    cut = sum(title.endswith(("…", "...")) for title in inside.titles)
    if heading and cut:
        more["name"] = heading
    if not more:
        candidate.fields["record_url"] = link
        return
    candidate.fetch["detail"] = link
    candidate.detail_fields = more
    candidate.reason += f", with own pages that give {', '.join(more)}"
    if details.people:
        candidate.remarks.append(f"own pages have people's data, left aside: {', '.join(details.people)}")
    if details.rest:
        candidate.remarks.append(f"look at these on the own pages: {', '.join(details.rest[:15])}")


def _own_pages(look: Look, links: list[str]) -> Iterator[Seen]:
    tried = list(dict.fromkeys(filter(None, links)))
    # The first and one from further down, since the first is sometimes a special one.
    for address in [*tried[:1], *tried[len(tried) // 2 :][:1], *tried[1:2]][: OWN_PAGES + 1]:
        seen = look.try_to_see(address)
        if seen is not None and seen.is_page:
            yield seen


def _go_on(look: Look, candidate: Candidate, page: Seen, blocks: Blocks, onward: Onward) -> None:
    """Write down how the list goes on, if the next page holds blocks too, others than this one's."""
    following = look.try_to_see(onward.address)
    if following is None or not following.is_page:
        return
    there = soupsieve.select(blocks.selector, following.soup)
    fresh = {_title(tag, blocks) for tag in there} - set(blocks.inside.titles)
    if not fresh:
        candidate.remarks.append(f"{label(onward.address)} looks like the next page, but holds no other block")
        return
    if onward.next is not None:
        candidate.fetch["next"] = onward.next
    elif onward.pages is not None:
        _count_on(look, candidate, page, blocks, onward.pages)
    candidate.reason += f", going on by {onward.how}"
    candidate.rows = len(blocks.tags) * onward.last if onward.last > 1 else len(blocks.tags) + len(there)


def _count_on(look: Look, candidate: Candidate, page: Seen, blocks: Blocks, pages: dict[str, Any]) -> None:
    """Write down numbered pages: by their number if the first answers to its number too, else one by one."""
    numbers = range(pages["first"], pages["last"] + 1)
    first, *others = [str(pages["url"]).replace(PLACE, str(number)) for number in numbers]
    same = page if first == page.url else look.try_to_see(first)
    titles = {_title(tag, blocks) for tag in soupsieve.select(blocks.selector, same.soup)} if same else set()
    if titles == set(blocks.inside.titles):
        del candidate.fetch["url"]
        candidate.fetch["pages"] = pages
        candidate.remarks.append("pages.last is what the page shows today: raise it when the list grows")
        return
    candidate.fetch["url"] = [page.url, *others]
    candidate.remarks.append("url names the pages that there are today: add to them when the list grows")


def _title(tag: Tag, blocks: Blocks) -> str:
    place = blocks.inside.title
    return text_of(pick(tag, place))


__all__ = ["Blocks", "RuleValue", "listing_of"]
