"""One initiative from its records: each value chosen by a rule, with the record it comes from and what was written.

Records are weighed in a fixed order (open licence first, then those placed best, then the fullest, then by source and
key), so that the same records always give the same initiative.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from transforms.normalise.names import name_key
from transforms.normalise.urls import web_domain
from transforms.rights import expression

LISTS = ("themes", "beneficiaries", "methods", "sdgs", "needs", "funding_kinds", "funders")
BLOCKS = ("programmes", "partners")
LONGEST = ("summary", "impact")
SINGLE = (
    "name", "url", "status", "started_on", "ended_on", "organisation_name", "organisation_kind", "siren", "siret",
    "rna", "osm", "wikidata", "contact_email", "contact_phone",
)  # fmt: skip
LANGUAGE = "language"
PREDICTED = "themes_predicted"
PLACE = (
    "address", "postcode", "commune", "insee_code", "epci_code", "epci", "departement_code", "departement",
    "region_code", "region", "country", "latitude", "longitude", "geo_precision", "geo_method", "geo_confidence",
    "geo_conflict",
)  # fmt: skip
NAMES = ("name", "organisation_name")
ONLY = "only value"
"""The rule of a value that no other competes with."""
PRECISIONS = ("none", "country", "region", "departement", "commune", "locality", "street", "housenumber", "point")


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a cluster: its values by column of `record`, and what the source wrote, by column and item.

    A column that is null may be left out.
    """

    source_id: str
    record_key: str
    licence: str
    open_licence: bool
    values: dict[str, Any]
    originals: dict[str, list[str]]


class Value(NamedTuple):
    """Where one published value comes from; fields as in the table `initiative_value`."""

    field: str
    rank: int
    value: str
    source_id: str
    record_key: str
    original: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Merged:
    """An initiative's values by column, the provenance of each, and the licence of the whole."""

    values: dict[str, Any]
    provenance: list[Value]
    licence: str


def merge(members: Sequence[Member]) -> Merged:
    """Merge the records of one cluster; there must be at least one."""
    is_lone = len(members) == 1  # as most initiatives are
    ordered = members if is_lone else sorted(members, key=_standing)
    told = members[0].values.keys() if is_lone else {field for member in members for field in member.values}
    values: dict[str, Any] = {}
    provenance: list[Value] = []
    for field in SINGLE:
        if field in told:
            _take_single(field, ordered, values, provenance)
    for field in LONGEST:
        if field in told:
            _take_longest(field, ordered, values, provenance)
    _take_language(ordered, values, provenance)
    for field in (*LISTS, *BLOCKS):
        if field in told:
            _take_all(field, ordered, values, provenance)
    _take_predicted(ordered, values, provenance)
    _take_place(ordered, values, provenance)
    if is_lone and provenance:
        licences = [members[0].licence]
    else:
        used = {(value.source_id, value.record_key) for value in provenance}
        licences = [member.licence for member in members if (member.source_id, member.record_key) in used]
    if "status" not in values:
        values["status"] = "unknown"
        teller = next((member for member in ordered if member.values.get("status")), ordered[0])
        provenance.append(_value("status", 1, teller, 0, "unknown", "no record tells it"))
    return Merged(values, provenance, expression(licences))


def _standing(member: Member) -> tuple[Any, ...]:
    precision = _precision(member)
    filled = sum(value not in (None, [], "") for value in member.values.values())
    return (not member.open_licence, -precision, -filled, member.source_id, member.record_key)


def _precision(member: Member) -> int:
    return PRECISIONS.index(member.values.get("geo_precision") or "none")


def _take_single(field: str, ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    """The value most sources agree on; where none does, that of the first record in standing."""
    silent = (None, "unknown") if field == "status" else (None,)  # who does not know has no vote
    holders = [member for member in ordered if member.values.get(field) not in silent]
    if not holders:
        return
    chosen, rule = (holders[0], ONLY) if len(holders) == 1 else _agreed(field, holders)
    values[field] = chosen.values[field]
    provenance.append(_value(field, 1, chosen, 0, values[field], rule))


def _agreed(field: str, holders: Sequence[Member]) -> tuple[Member, str]:
    """The record whose value is taken of several that tell one, and why."""
    sources = len({member.source_id for member in holders})
    first = holders[0].values[field]
    if all(member.values[field] == first for member in holders):
        return holders[0], _vote_words(sources, sources)
    chosen, most = _elected(field, holders)
    return chosen, _vote_words(sources, most)


def _elected(field: str, holders: Sequence[Member]) -> tuple[Member, int]:
    """The record whose value is taken, and how many sources agree on it; who tells a thing twice has one vote."""
    ballots = [_ballot(field, member) for member in holders]
    votes = Counter(
        ballot for _, ballot in {(each.source_id, told) for each, told in zip(holders, ballots, strict=True)}
    )
    most = max(votes.values())
    agreed = next(ballot for ballot in ballots if votes[ballot] == most)
    alike = [member for member, ballot in zip(holders, ballots, strict=True) if ballot == agreed]
    return _best_written(field, alike), most


def _ballot(field: str, member: Member) -> Any:
    """What a record votes for: a name without regard to accents, capitals and legal form; of an address, the site."""
    value = member.values[field]
    if field == "url":
        return web_domain(value) or value
    return name_key(value) if field in NAMES else value


def _best_written(field: str, alike: Sequence[Member]) -> Member:
    """Of records that vote for the same: the name with most accents, the front page of a site, else the first."""
    if field in NAMES:
        return max(alike, key=lambda member: _accents(member.values[field]))
    if field == "url":
        return min(alike, key=lambda member: (_depth(member.values[field]), member.values[field]))
    return alike[0]


def _depth(url: str) -> int:
    """How long the path of a web address is; of what is none, how long that is."""
    try:
        return len(urlsplit(url).path.strip("/"))
    except ValueError:  # "a://[": brackets that hold no number
        return len(url)


def _accents(name: str) -> int:
    """How many letters of a name are accented: a source that lost its accents knows less."""
    return sum(not letter.isascii() and letter.isalpha() for letter in name)


def _vote_words(holders: int, most: int) -> str:
    if holders == 1:
        return ONLY
    if most == 1:
        return "best standing record"
    return f"agreed by {most} of {holders} sources"


def _take_longest(field: str, ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    holders = [member for member in ordered if member.values.get(field)]
    if not holders:
        return
    chosen = max(holders, key=lambda member: len(member.values[field]))
    rule = ONLY if len(holders) == 1 else f"longest of {len(holders)} texts"
    values[field] = chosen.values[field]
    provenance.append(_value(field, 1, chosen, 0, chosen.values[field], rule))


def _take_language(ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    """The language of the record that gives the summary; without one, of the record that gives the name."""
    told = [value for value in provenance if value.field in {"summary", "name"}]
    by = {value.field: (value.source_id, value.record_key) for value in told}
    for field in ("summary", "name"):
        teller = next((each for each in ordered if (each.source_id, each.record_key) == by.get(field)), None)
        if teller is not None and teller.values.get(LANGUAGE):
            values[LANGUAGE] = teller.values[LANGUAGE]
            provenance.append(_value(LANGUAGE, 1, teller, 0, values[LANGUAGE], f"language of the {field}"))
            return


def _take_all(field: str, ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    """Every item once, in the order of the records' standing; the first record that has an item answers for it."""
    seen: dict[str, tuple[Any, Member, int]] = {}
    for member in ordered:
        for index, item in enumerate(member.values.get(field) or []):
            seen.setdefault(_same(item), (item, member, index))
    if not seen:
        return
    found = list(seen.values())
    if field in {"themes", "beneficiaries", "methods", "funding_kinds", "sdgs"}:
        found.sort(key=lambda entry: entry[0])
    values[field] = [item for item, _, _ in found]
    for rank, (item, member, index) in enumerate(found, 1):
        provenance.append(_value(field, rank, member, index, item, "every item once"))


def _take_predicted(ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    """Predicted themes, only where no record states one: of each theme the surest guess, the surest theme first."""
    if values.get("themes"):
        return
    best: dict[str, tuple[dict[str, Any], Member]] = {}
    for member in ordered:
        for guess in member.values.get(PREDICTED) or []:
            kept = best.get(guess["theme"])
            if kept is None or guess["confidence"] > kept[0]["confidence"]:
                best[guess["theme"]] = (guess, member)
    found = sorted(best.values(), key=lambda entry: (-entry[0]["confidence"], entry[0]["theme"]))
    if found:
        values[PREDICTED] = [guess for guess, _ in found]
    for rank, (guess, member) in enumerate(found, 1):
        rule = f"predicted theme, confidence {guess['confidence']:.2f}"
        provenance.append(_value(PREDICTED, rank, member, 0, guess, rule))


def _same(item: Any) -> str:
    """What makes two items of a list one: the name of a block without regard to case, else the text itself."""
    if isinstance(item, dict):
        return "|".join(str(item.get(part, "")).casefold() for part in ("name", "year"))
    return str(item).casefold()


def _take_place(ordered: Sequence[Member], values: dict[str, Any], provenance: list[Value]) -> None:
    """The whole place of one record, never a mixture: what most records agree on, without doubts, precise, sure."""
    chosen = _best_placed(ordered) if len(ordered) > 1 else ordered[0]
    rule = ONLY if len(ordered) == 1 else "best placed of the records that agree on the commune"
    for field in PLACE:
        value = chosen.values.get(field)
        if value is not None:
            values[field] = value
            provenance.append(_value(field, 1, chosen, 0, value, rule))
    if "address" not in values:
        donor = next((member for member in ordered if _fits_address(member, chosen)), None)
        if donor is not None:
            values["address"] = donor.values["address"]
            provenance.append(_value("address", 1, donor, 0, donor.values["address"], "address in the same commune"))


def _best_placed(ordered: Sequence[Member]) -> Member:
    """The record whose place most records agree on, then without doubts, precise, sure."""
    communes = Counter(code for member in ordered if (code := member.values.get("insee_code")))

    def rank(member: Member) -> tuple[Any, ...]:
        place = member.values
        doubtful = place.get("geo_conflict") is not None
        agreed = communes.get(place.get("insee_code", ""), 0)
        return (-agreed, doubtful, -_precision(member), -float(place.get("geo_confidence") or 0))

    return min(ordered, key=rank)


def _fits_address(member: Member, chosen: Member) -> bool:
    code = chosen.values.get("insee_code")
    return bool(member.values.get("address")) and code is not None and member.values.get("insee_code") == code


def _value(field: str, rank: int, member: Member, index: int, value: Any, rule: str) -> Value:
    written = member.originals.get(field)
    original = written[index] if written and index < len(written) else None
    text = value if isinstance(value, str) else as_text(value)
    return Value(field, rank, text, member.source_id, member.record_key, original, rule)


def as_text(value: Any) -> str:
    """Return a published value as text: blocks and lists as JSON, numbers as written in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)  # what JSON has, without the making of an encoder
    return _WRITTEN.encode(value)


_WRITTEN = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
