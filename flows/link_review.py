"""Why two records of a warehouse are one initiative or two, merges to read by eye, and pairs worth a human's decision.

The evidence is weighed anew from the published records, so it speaks of every pair, also of those never compared.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from flows.evaluate.link_rivals import load
from transforms.database import connect
from transforms.geocode import place_key
from transforms.link import Judgement, Prepared, prepare
from transforms.link.evidence import SAME, contradiction
from transforms.link.likeness import housed, name_likeness, own_words
from transforms.link.model import model
from transforms.link.sides import Side, distance_km, place_words, same_commune, same_door
from transforms.normalise.names import name_key
from transforms.normalise.urls import web_domain

NEAR_BELOW, SURE = 0.1, 0.9
_COLUMNS = (
    "source_id", "record_key", "initiative_id", "name", "organisation_name", "siren", "siret", "rna", "url",
    "contact_phone", "contact_email", "address",
    "commune", "insee_code", "departement_code", "country", "latitude", "longitude", "geo_precision",
)  # fmt: skip


class UnknownRecordError(Exception):
    """No record or initiative has that name; the message says how to write it."""


@dataclass(slots=True)
class Linkage:
    """The records of a warehouse, ready to be compared, with what was decided about them."""

    connection: duckdb.DuckDBPyConnection
    rows: Sequence[dict[str, Any]]
    ready: Prepared
    decided: dict[tuple[int, int], tuple[float, str, str]]
    judgements: Sequence[Judgement]
    members: dict[str, list[int]] = field(default_factory=dict)

    def ids(self, name: str) -> list[int]:
        """Return the ids of the record `source_id:record_key`, or of all records of an initiative.

        Raises `UnknownRecordError` when there is none.
        """
        if name in self.members:
            return self.members[name]
        source, _, key = name.partition(":")
        found = [id for id, row in enumerate(self.rows) if (row["source_id"], row["record_key"]) == (source, key)]
        if not found:
            raise UnknownRecordError(
                f"no record and no initiative is called {name}; write a record as source_id:record_key, as in "
                "records.csv, or the id of an initiative"
            )
        return found


def read(warehouse: duckdb.DuckDBPyConnection, judgements: Sequence[Judgement]) -> Linkage:
    """Read the records, matches and initiatives of `warehouse`, and find the candidate pairs again."""
    found = warehouse.execute(f"SELECT {', '.join(_COLUMNS)} FROM record ORDER BY source_id, record_key").fetchall()
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in found]
    connection = connect()
    load(connection, [_side(id, row) for id, row in enumerate(rows)])
    index = {(row["source_id"], row["record_key"]): id for id, row in enumerate(rows)}
    decided = {}
    for a, b, c, d, *told in warehouse.execute(
        "SELECT left_source_id, left_record_key, right_source_id, right_record_key, score, reason, decided_by "
        "FROM match"
    ).fetchall():
        left, right = sorted((index[a, b], index[c, d]))
        decided[left, right] = (told[0], told[1], told[2])
    members: dict[str, list[int]] = defaultdict(list)
    for id, row in enumerate(rows):
        members[row["initiative_id"]].append(id)
    return Linkage(connection, rows, prepare(connection), decided, judgements, dict(members))


def _side(id: int, row: dict[str, Any]) -> Side:
    def key(text: str | None) -> str | None:
        return name_key(text) if text else None

    return Side(
        id=id, source_id=row["source_id"], record_key=row["record_key"], name=row["name"],
        name_key=name_key(row["name"]), organisation_key=key(row["organisation_name"]), siren=row["siren"],
        siret=row["siret"], rna=row["rna"],
        domain=web_domain(row["url"]) if row["url"] else None, contact_phone=row["contact_phone"],
        contact_email=row["contact_email"], address_key=key(row["address"]),
        commune_key=place_key(row["commune"]) if row["commune"] else None, insee_code=row["insee_code"],
        departement_code=row["departement_code"], country=row["country"], latitude=row["latitude"],
        longitude=row["longitude"], geo_precision=row["geo_precision"] or "none",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------- explain


def explain(linkage: Linkage, one: str, other: str) -> dict[str, Any]:
    """Say all about a pair: features, score, reason, what brings it together, who decided, and what came of it.

    Of initiatives with several records, the likeliest pair stands for them. Raises `UnknownRecordError`.
    """
    pairs = [(a, b) for a in linkage.ids(one) for b in linkage.ids(other) if a != b]
    if not pairs:
        raise UnknownRecordError(f"{one} and {other} are the same record; name two")
    left, right = min(pairs, key=lambda pair: (-_score(linkage, *pair), pair))
    sides = linkage.ready.sides
    verdict = linkage.ready.verdict(left, right)
    together = linkage.rows[left]["initiative_id"] == linkage.rows[right]["initiative_id"]
    contributions = linkage.ready.contributions(left, right)
    groups = linkage.ready.contributions_by_group(left, right)
    return {
        "model": model().version, "weight": round(sum(contributions.values()), 3), "contributions": contributions,
        "subjects": {group: {"weight": weight, "because": words} for group, (weight, words) in groups.items()},
        "left": shown(linkage, left), "right": shown(linkage, right), "same_initiative": together,
        "score": _score(linkage, left, right), "threshold": SAME, "reason": verdict.reason,
        "against": contradiction(sides[left], sides[right]), "blocks": _blocks(linkage, left, right),
        "decision": _decision(linkage, left, right, together), "features": _features(linkage, left, right),
    }  # fmt: skip


def _score(linkage: Linkage, left: int, right: int) -> float:
    return linkage.ready.verdict(left, right).score


def _features(linkage: Linkage, left: int, right: int) -> dict[str, Any]:
    one, other = linkage.ready.sides[left], linkage.ready.sides[right]
    rarity, km = linkage.ready.rarity, distance_km(one, other)
    agree = {
        name: None if not (a and b) else a == b
        for name, a, b in (
            ("siret", one.siret, other.siret), ("siren", one.siren, other.siren), ("rna", one.rna, other.rna),
            ("site", one.domain, other.domain),
        )
    }  # fmt: skip
    return {
        "name_likeness": round(name_likeness(one, other, rarity), 3),
        "shared_telling_words": sorted(own_words(one, other) & own_words(other, one)),
        "names_tell": [rarity.telling(one.name_key), rarity.telling(other.name_key)],
        "place": place_words(one, other), "distance_km": None if km is None else round(km, 2),
        "precision": [one.geo_precision, other.geo_precision], "same_commune": same_commune(one, other),
        "same_door": same_door(one, other), "one_happens_at_the_other": housed(one, other), "agree": agree,
        "site_is_their_own": bool(one.domain and one.domain == other.domain and rarity.own_site(one.domain)),
    }  # fmt: skip


def _blocks(linkage: Linkage, left: int, right: int) -> list[str]:
    """What the two records have in common that has them compared, in words; a block that is too large says so."""
    found = linkage.connection.execute(
        "SELECT rule, value, hash(rule || '|' || value) NOT IN (SELECT block FROM large_block) FROM "
        "(SELECT rule, value FROM block WHERE id = $one INTERSECT SELECT rule, value FROM block WHERE id = $other) "
        "ORDER BY ALL",
        {"one": left, "other": right},
    ).fetchall()
    return [f"{rule}: {value}" if kept else f"{rule}: {value} (too many share it)" for rule, value, kept in found]


def _decision(linkage: Linkage, left: int, right: int, together: bool) -> str:
    names = {(linkage.rows[id]["source_id"], linkage.rows[id]["record_key"]) for id in (left, right)}
    for judged in linkage.judgements:
        if {judged.left, judged.right} == names:
            return f"{judged.who} judged them {judged.verdict} (judgements.csv, line {judged.line})"
    pair = (min(left, right), max(left, right))
    if pair in linkage.decided:
        return f"joined by {linkage.decided[pair][2]}: {linkage.decided[pair][1]}"
    if together:
        return "joined through other records of the initiative, not by this pair"
    compared = [block for block in _blocks(linkage, left, right) if not block.endswith("(too many share it)")]
    if not compared:
        return "no block brings them together: no identifier, site, name, rare word or door that few records share"
    if _score(linkage, left, right) >= SAME:
        return f"kept apart though alike: {_kept_apart(linkage, left, right)}"
    return "kept apart by the rules: the evidence is below the threshold"


def _kept_apart(linkage: Linkage, left: int, right: int) -> str:
    """Why two records that match stand in two initiatives."""
    groups = [linkage.members[linkage.rows[id]["initiative_id"]] for id in (left, right)]
    sources = [{linkage.rows[id]["source_id"] for id in group} for group in groups]
    if shared := sorted(sources[0] & sources[1]):
        return f"each has a record of {', '.join(shared)}, and a source tells its own records apart"
    for one in groups[0]:
        for other in groups[1]:
            if against := contradiction(linkage.ready.sides[one], linkage.ready.sides[other]):
                return f"{name_of(linkage, one)} and {name_of(linkage, other)} contradict each other: {against}"
    return "a judgement, or what the clusters hold together, speaks against it"


# -------------------------------------------------------------------------------------------------- sample, review


def sample(linkage: Linkage, count: int, seed: int) -> list[dict[str, Any]]:
    """Return `count` merged initiatives drawn at random, with their records side by side; the same for one seed."""
    merged = sorted(id for id, group in linkage.members.items() if len(group) > 1)
    drawn = random.Random(seed).sample(merged, min(count, len(merged)))  # noqa: S311 - a draw, no secret
    return [{"initiative_id": id, "records": [shown(linkage, each) for each in linkage.members[id]]} for id in drawn]


def review(linkage: Linkage, count: int, who: str, today: dt.date) -> list[dict[str, Any]]:
    """Return the pairs most worth a human's decision, each with a line for judgements.csv that confirms what stands.

    First matches that a rule of clusters cut, then pairs near the threshold on either side, then sure names with
    numbers that contradict. Pairs that somebody judged are left out, and one pair stands for two initiatives.
    """
    judged = {frozenset((each.left, each.right)) for each in linkage.judgements}
    found: dict[tuple[str, str], tuple[tuple[int, float, int, int], dict[str, Any]]] = {}
    for rank, doubt, left, right, why in _doubtful(linkage):
        names = frozenset((row["source_id"], row["record_key"]) for row in (linkage.rows[left], linkage.rows[right]))
        if names in judged:
            continue
        one, other = sorted((linkage.rows[left]["initiative_id"], linkage.rows[right]["initiative_id"]))
        place = (rank, doubt, left, right)
        if (one, other) not in found or place < found[one, other][0]:
            entry = {"why": why, "score": _score(linkage, left, right), "left": shown(linkage, left)}
            entry |= {"right": shown(linkage, right), "line": _line(linkage, left, right, who, today)}
            found[one, other] = (place, entry)
    return [entry for _, entry in sorted(found.values(), key=lambda item: item[0])][:count]


def _doubtful(linkage: Linkage) -> Iterator[tuple[int, float, int, int, str]]:
    for left, right in linkage.ready.pairs:
        one, other = linkage.ready.sides[left], linkage.ready.sides[right]
        if one.source_id == other.source_id:
            continue
        verdict = linkage.ready.verdict(left, right)
        together = linkage.rows[left]["initiative_id"] == linkage.rows[right]["initiative_id"]
        if verdict.score >= SAME and not together:
            yield 0, -verdict.score, left, right, f"{verdict.reason}; but {_kept_apart(linkage, left, right)}"
        elif together and SAME <= verdict.score < SURE:
            yield 1, verdict.score - SAME, left, right, f"joined, just above the threshold: {verdict.reason}"
        elif not together and SAME - NEAR_BELOW * 3 <= verdict.score < SAME:
            yield 2, SAME - verdict.score, left, right, f"apart, just below the threshold: {verdict.reason}"
        elif not together and verdict.score == 0 and one.name_key == other.name_key and same_commune(one, other):
            yield 3, 0.0, left, right, f"the same name in one commune, but {verdict.reason}"


def _line(linkage: Linkage, left: int, right: int, who: str, today: dt.date) -> str:
    verdict = linkage.ready.verdict(left, right)
    one, other = linkage.rows[left], linkage.rows[right]
    keys = [one["source_id"], one["record_key"], other["source_id"], other["record_key"]]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(
        [
            *keys,
            "same" if one["initiative_id"] == other["initiative_id"] else "different",
            who,
            today.isoformat(),
            f"looked at: {verdict.reason}",
        ]
    )
    return text.getvalue()


def name_of(linkage: Linkage, id: int) -> str:
    """The record as people write it in the commands."""
    return f"{linkage.rows[id]['source_id']}:{linkage.rows[id]['record_key']}"


def shown(linkage: Linkage, id: int) -> dict[str, Any]:
    """What a person compares of a record."""
    row = linkage.rows[id]
    wanted = ("initiative_id", "name", "organisation_name", "address", "commune", "country", "url", "siret", "rna")
    return {"record": name_of(linkage, id)} | {name: row[name] for name in wanted}
