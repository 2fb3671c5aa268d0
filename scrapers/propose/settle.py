"""What the values of several guessed fields say together: whose site a link is of, whether a town is an address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scrapers.propose.proposal import RuleValue

BARE = re.compile(r"(?:.*\W)?(?:url|href|link|external|web|site)", re.I)
"""The end of a name that says only that a link stands there."""


def settled(fields: dict[str, RuleValue], columns: Mapping[str, list[str]]) -> list[str]:
    """Mend `fields`, by the values of `columns`; return the columns that are of no field after all."""
    _settle_place(fields, columns)
    return _settle_links(fields, columns)


def _settle_links(fields: dict[str, RuleValue], columns: Mapping[str, list[str]]) -> list[str]:
    """A `url` on one site for all is the source's own: the record's page or, beside a page, an address of its API."""
    place, page = fields.get("url"), fields.get("record_url")
    if not isinstance(place, str) or not BARE.fullmatch(place):
        return []
    told, hosts = columns[place], _hosts(columns[place])
    if len(told) < 3 or len(hosts) != 1 or len({*told}) < len(told):
        return []
    if page is None:
        fields["record_url"] = fields.pop("url")
    elif isinstance(page, str) and hosts == _hosts(columns[page]):
        del fields["url"]
        return [place]
    return []


def _settle_place(fields: dict[str, RuleValue], columns: Mapping[str, list[str]]) -> None:
    """What holds a postcode before each town is an address."""
    place = fields.get("commune")
    told = [value for value in columns[place] if value.strip()] if isinstance(place, str) else []
    coded = sum(re.match(r"\s*(?:[A-Z]{1,2}-)?\d{4,5}\s+[^\W\d_]", value) is not None for value in told)
    if "address" not in fields and coded * 2 > len(told):
        fields["address"] = fields.pop("commune")


def _hosts(values: list[str]) -> set[str]:
    """The sites of those of `values` that are whole addresses."""
    hits = (re.match(r"https?://([^/?#\s]+)", value.strip()) for value in values)
    return {hit[1].lower().removeprefix("www.") for hit in hits if hit}
