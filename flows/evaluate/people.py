"""How well people's data is kept out and organisations' contacts are kept: counted, source by source, in a home.

What the sources gave stands in `raw_record`, what came of it in the published tables and files. An address or a number
is counted once a record. "Kept" only speaks of sources under an open licence: of the others no contact is published.

What counts as private or generic there is told by the same rules that clean, which would be blind twice where they are
blind once. So two measures owe them nothing: "by the letter" looks for the letters and digits of every address and
mobile number of a source in all that is published of the same record, and `judged_people.py` has examples made by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb

from flows.evaluate.judged_people import Judged, examples, judge, letters
from transforms.database import connect
from transforms.normalise.chosen_contacts import ANYWHERE
from transforms.normalise.contacts import contacts_in_address, emails_in, find_contacts, phones_in
from transforms.normalise.keys import public_key
from transforms.normalise.people import email_kind, phone_kind, plain_email, private_contacts
from transforms.normalise.person_names import names_person
from transforms.rights import register
from warehouse.publish.scan import private_places
from warehouse.schema import RECORD

ADDRESSES = {"url", "record_url"}
SAFE = {"siren", "siret", "rna", "osm", "wikidata", "record_key"}
UNREAD = {"contact_email", "contact_phone", "latitude", "longitude", "siren", "siret", "address_key", "osm"}
LEAST_KEPT = 0.95
"""The share of organisations' contacts that must be published where the licence allows it."""


@dataclass(slots=True)
class Figures:
    """Counts of one source: what its records hold, and what of it was published.

    Of the `keepable` records, those that give a generic contact under an open licence, `kept` publish one.
    `by_the_letter` counts addresses and mobile numbers of raw records that stand in the published ones, outside the
    contact columns.
    """

    source_id: str
    open_licence: bool
    records: int = 0
    private_emails: int = 0
    generic_emails: int = 0
    private_phones: int = 0
    generic_phones: int = 0
    keepable: int = 0
    kept: int = 0
    published_private: int = 0
    by_the_letter: int = 0

    @property
    def kept_share(self) -> float | None:
        """Share of the generic contacts that were published; None where there was none to publish."""
        return self.kept / self.keepable if self.keepable else None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of every source, and the places in the finished files that hold a contact of a person."""

    sources: tuple[Figures, ...]
    places: tuple[str, ...]
    judged: Judged

    @property
    def total(self) -> Figures:
        """The sum of all sources."""
        whole = Figures("all", True)
        for each in self.sources:
            for name in Figures.__slots__[2:]:
                setattr(whole, name, getattr(whole, name) + getattr(each, name))
        return whole

    @property
    def good(self) -> bool:
        """Whether nothing private was published, and enough of the rest was."""
        share, judged = self.total.kept_share, self.judged
        out = self.total.published_private + self.total.by_the_letter + len(self.places)
        by_hand = judged.kept_out == judged.private and judged.kept >= LEAST_KEPT * judged.generic
        return not out and by_hand and (share is None or share >= LEAST_KEPT)

    def as_data(self) -> dict[str, Any]:
        """Return the evaluation as JSON-ready data."""
        rows = [asdict(each) | {"kept_share": each.kept_share} for each in (*self.sources, self.total)]
        return {
            "good": self.good,
            "sources": rows[:-1],
            "total": rows[-1],
            "places": list(self.places),
            "judged": self.judged.as_data(),
        }


def evaluate(warehouse: Path, release: Path | None) -> Evaluation:
    """Count in the warehouse file and, if given, in the folder of a release; raises duckdb.Error if it cannot."""
    with connect(warehouse, read_only=True) as connection:
        licences = dict(connection.execute("SELECT source_id, licence FROM source ORDER BY source_id").fetchall())
        figures = tuple(_of_source(connection, id, licence) for id, licence in licences.items())
        files = sorted(path for path in release.rglob("*") if path.is_file()) if release else []
        places = tuple(place for path in files for place in private_places(connection, path))
    return Evaluation(figures, places, judge(examples()))


def _of_source(connection: duckdb.DuckDBPyConnection, id: str, licence: str) -> Figures:
    figures = Figures(id, register()[licence].open)
    published = {row["record_key"]: row for row in _rows(connection, "SELECT * FROM record WHERE source_id = ?", id)}
    for row in published.values():
        figures.published_private += _private_in(row)
    raw = connection.execute("SELECT record_key, fields FROM raw_record WHERE source_id = ? ORDER BY ALL", [id])
    for key, text in raw.fetchall():
        _count(figures, json.loads(text), published.get(public_key(key)))
    return figures


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, id: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(sql, [id])
    names = [column[0] for column in cursor.description or []]
    for row in cursor.fetchall():
        yield dict(zip(names, row, strict=True))


def _private_in(row: Mapping[str, Any]) -> int:
    """How many contacts that are nobody's business stand in the texts of a published record."""
    count = 0
    for column in RECORD.columns:
        value = row.get(column.name)
        if not value or "VARCHAR" not in column.type or column.name in SAFE:
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if column.name in {"contact_email", "contact_phone"}:
            count += len(private_contacts(text))
        else:
            count += len(contacts_in_address(text) if column.name in ADDRESSES else find_contacts(text))
    return count


def _count(figures: Figures, fields: Mapping[str, Any], row: Mapping[str, Any] | None) -> None:
    figures.records += 1
    if row is not None:
        figures.by_the_letter += _by_the_letter(fields, row)
    texts = [text for name, value in fields.items() if name not in ADDRESSES for text in _texts(value)]
    names = [fields[name] for name in ("name", "organisation_name", "commune") if isinstance(fields.get(name), str)]
    country = (row or {}).get("country") or ANYWHERE
    somebody = any(map(names_person, names))
    emails = {plain for text in texts if "@" in text for found in emails_in(text) if (plain := plain_email(found))}
    phones = {found for text in _texts(fields.get("phone", "")) for found in phones_in(text)}
    generic = {each for each in emails if not somebody and email_kind(each, names) == "generic"}
    lines = {each for each in phones if not somebody and phone_kind(each, country) == "generic"}
    figures.generic_emails += len(generic)
    figures.private_emails += len(emails) - len(generic)
    figures.generic_phones += len(lines)
    figures.private_phones += len(phones) - len(lines)
    if figures.open_licence and row is not None:
        for column, found in (("contact_email", generic), ("contact_phone", lines)):
            figures.keepable += bool(found)
            figures.kept += bool(found and row[column])


_PLAIN_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_TEN_DIGITS = re.compile(r"(?<!\d)(?:33|0)[67]\d{8}(?!\d)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s.\-()/]{1,3}(?=\d)|\(0\)|\+")


def _by_the_letter(fields: Mapping[str, Any], row: Mapping[str, Any]) -> int:
    """How many plain addresses and mobile numbers of a raw record stand in what is published of it.

    In web addresses an e-mail address counts with its sign: lieu.ville.fr is the site of lieu@ville.fr, and no contact.
    """
    given = [text for name, value in fields.items() if name not in ADDRESSES for text in _texts(value)]
    emails = {found.lower() for text in given for found in _PLAIN_ADDRESS.findall(text)}
    phone = _BETWEEN_DIGITS.sub("", " ".join(_texts(fields.get("phone", ""))))
    secrets = {letters(found) for found in emails} | {found[-9:] for found in _TEN_DIGITS.findall(phone)}
    if not secrets:
        return 0
    shown = letters(json.dumps([row.get(name) for name in sorted(row) if name not in UNREAD | ADDRESSES], default=str))
    sites = unquote(" ".join(str(row.get(name)) for name in sorted(ADDRESSES))).lower()
    chosen = letters(f"{row.get('contact_email')}"), letters(f"{row.get('contact_phone')}")
    linked = {letters(found) for found in emails if found in sites} | {
        found for found in secrets if found.isdigit() and found in letters(sites)
    }
    return sum(secret in shown or secret in linked or secret in chosen[1] for secret in secrets if secret != chosen[0])


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in value for text in ([item] if isinstance(item, str) else item.values())]
