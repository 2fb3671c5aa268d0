"""From the columns of a table, or the paths of objects, to the fields, the ignored names and the key of a candidate."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from scrapers.kinds.json_values import leaves, texts
from scrapers.path import steps
from scrapers.propose.names import guess_fields
from scrapers.propose.proposal import Candidate

PROBED = 200
"""So many values of a column are looked at."""


def fill_from_columns(candidate: Candidate, columns: dict[str, list[str]]) -> None:
    """Give `candidate` what the names and values of `columns` say."""
    guess = guess_fields({name: values[:PROBED] for name, values in columns.items()})
    candidate.fields |= guess.fields
    candidate.people, candidate.look_at = guess.people, guess.rest
    for wanted in ("themes", "beneficiaries", "status", "organisation_kind"):
        rule = candidate.fields.get(wanted)
        if rule is not None:
            place, sign = (rule, None) if isinstance(rule, str) else (rule["from"], rule.get("split"))
            candidate.values[wanted] = _distinct(columns.get(place, []), sign)
    candidate.key = choose_key(candidate, columns)


def fill_from_objects(candidate: Candidate, objects: list[Any], also: Iterable[str] = ()) -> None:
    """Give `candidate` what the keys and values of `objects` say; `also` are paths to take besides their leaves."""
    some = [found for found in objects if isinstance(found, dict)][:PROBED]
    paths = dict.fromkeys(path for found in some for path in leaves(found))
    columns = {path: [" ".join(texts(found, path)) for found in some] for path in [*also, *paths]}
    fill_from_columns(candidate, columns)
    for wanted in ("themes", "beneficiaries"):
        rule = candidate.fields.get(wanted)
        place = rule if isinstance(rule, str) else rule["from"] if rule else ""
        if place and any(len(texts(found, place)) > 1 for found in some):  # a list already
            candidate.fields[wanted] = place
            candidate.values[wanted] = _distinct([text for found in some for text in texts(found, place)], None)
    taken = {rule if isinstance(rule, str) else rule["from"] for rule in candidate.fields.values()}
    candidate.people = _folded(candidate.people, taken)
    candidate.look_at = [name for name in _folded(candidate.look_at, taken) if not _is_inside(name, taken)]


def choose_key(candidate: Candidate, columns: dict[str, list[str]]) -> list[str]:
    """The fields that tell records apart: an identifier of theirs, else an address, else the name and the place."""
    for wanted in ("source_key", "record_url", "url"):
        rule = candidate.fields.get(wanted)
        values = columns.get(rule, []) if isinstance(rule, str) else []
        told = [value for value in values if value.strip()]
        if told and len(told) == len(values) and len(set(told)) == len(told):
            return [wanted]
    own = candidate.fields.pop("source_key", None)
    if isinstance(own, str):  # repeated or missing in some rows
        candidate.look_at.insert(0, own)
    places = [wanted for wanted in ("commune", "postcode", "address") if _is_full(candidate, wanted, columns)]
    return ["name", *places[:1]]


def _is_full(candidate: Candidate, wanted: str, columns: dict[str, list[str]]) -> bool:
    rule = candidate.fields.get(wanted)
    values = columns.get(rule, []) if isinstance(rule, str) else []
    return bool(values) and all(value.strip() for value in values)


def _distinct(values: list[str], sign: str | None) -> list[str]:
    pieces = (piece.strip() for value in values for piece in (value.split(sign) if sign else [value]))
    return list(islice(dict.fromkeys(piece for piece in pieces if 0 < len(piece) <= 60), 30))


def _folded(names: list[str], taken: set[str]) -> list[str]:
    """`names` with those below one key written as "key.*" where nothing below it is taken."""
    roots = [str(steps(name)[0]) for name in names if len(steps(name)) > 1]
    short = []
    for name in names:
        first = str(steps(name)[0])
        folds = roots.count(first) > 1 and not any(place.startswith(f"{first}.") for place in taken)
        short.append(f"{first}.*" if folds and len(steps(name)) > 1 else name)
    return list(dict.fromkeys(short))


def _is_inside(name: str, taken: set[str]) -> bool:
    return any(name.startswith(f"{place}.") for place in taken)
