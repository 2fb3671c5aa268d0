"""The files of a truth about linking, read as a night would read them, with every identifier hidden.

A truth names pairs of rows of public lists. What a row tells is found by the usual names of columns, so that a list of
the same kind can be added without a word here. SIRET, RNA, telephones, e-mails, web addresses and ids made the truth,
so no system may see them; only the SIREN is kept aside, to judge pairs of which the truth says nothing.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdnum.fr import siren as siren_number

from scrapers.record import RawRecord, RawValue
from transforms.geocode import Gazetteer, geocode, place_key
from transforms.link.sides import Side
from transforms.normalise.names import name_key
from transforms.normalise.record import CleanRecord, Normaliser, Rules

_WRONG_ESCAPE = re.compile(r"""(?<!\\)\\(?=[^"\\/bfnrtu])""")
_NOT_A_WORD = re.compile(r"[\W_]+")
_POINT = re.compile(r"POINT ?\((-?[\d.]+) (-?[\d.]+)\)")
_NOTHING = {"", "-", "nr", "nc", "none", "null", "nan", "non renseigne"}

# The usual columns of what a row tells, best first, as `_plain` writes them; a nested one by its last part too.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "fields brand", "nom", "name", "nom tl", "nom structure", "nom de la structure", "nomdelastructure",
        "structure", "nom du lieu", "nom du lieu ou de la structure", "nom de l organisation", "nom org", "lieu",
        "organisation name", "recipientorganization name", "fields name", "denomination sociale", "raison sociale",
        "title", "titre",
    ),
    "organisation_name": ("fields name", "structure parente", "operator", "association porteuse"),
    "address": (
        "adresse", "adresse postale", "address", "street address", "recipientorganization streetaddress", "rue",
        "street", "fields address line 1", "adressenumeronomdelavoie", "adresse full",
    ),
    "house_number": ("num rue", "n"),
    "street": ("nom rue",),
    "postcode": (
        "code post com", "code postal", "codepostal", "cp", "postcode", "postal code", "post code", "fields post code",
        "recipientorganization postalcode", "result postcode",
    ),
    "commune": (
        "lib com", "commune", "ville", "cominit", "nomcom", "city", "fields city", "locality", "location",
        "recipientorganization addresslocality", "result city",
    ),
    "insee_code": ("code insee", "inseecom", "citycode", "result citycode"),
    "departement": ("departement", "code departement", "fields department", "inseedep"),
    "region": ("recipientorganization addressregion",),
    "country": ("country", "recipientorganization addresscountry", "pays"),
    "latitude": ("latitude", "lat", "bf latitude", "coord x"),
    "longitude": ("longitude", "lon", "lng", "long", "bf longitude", "coord y"),
    "point": ("fields coords", "coords"),
    "siret": ("siret", "fields siret", "pivot", "pk", "siren"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of all files as sides without identifiers, by file and row, and the SIREN numbers kept aside, by id."""

    sides: Sequence[Side]
    by_row: Mapping[tuple[str, int], int]
    sirens: Mapping[int, str]


def read_files(names: Sequence[str], data: Path, gazetteer: Gazetteer) -> Listed:
    """Read, clean and place the rows of the files `names` below the folder `data`; rows without a name are left out.

    Raises FileNotFoundError when one is missing and ValueError when one cannot be read or holds no names.
    """
    sides: list[Side] = []
    by_row: dict[tuple[str, int], int] = {}
    sirens: dict[int, str] = {}
    for name in sorted(names):
        usual = "FR" if name.startswith("fr/") else None
        normaliser = Normaliser(Rules(name, True, usual))
        cleaned: list[tuple[int, CleanRecord]] = []
        numbers: dict[int, str] = {}
        for row, told in enumerate(map(_told, read_rows(data / name))):
            if number := _siren(told.pop("siret", "")):
                numbers[row] = number
            clean = normaliser.clean(RawRecord(name, str(row), told, name, row + 1))
            if clean is not None:
                cleaned.append((row, clean))
        if not cleaned:
            raise ValueError(
                f"no row of {data / name} has a name; add its column to COLUMNS of flows/evaluate/link_truth.py"
            )
        for (row, _), side in zip(cleaned, _sides(name, cleaned, gazetteer, usual, len(sides)), strict=True):
            by_row[name, row] = side.id
            if row in numbers:
                sirens[side.id] = numbers[row]
            sides.append(side)
    return Listed(sides, by_row, sirens)


def _sides(
    name: str, cleaned: list[tuple[int, CleanRecord]], gazetteer: Gazetteer, usual: str | None, first: int
) -> Iterator[Side]:
    places = geocode([clean.place for _, clean in cleaned], gazetteer, usual)
    for id, ((row, clean), place) in enumerate(zip(cleaned, places, strict=True), first):
        values: dict[str, Any] = clean.values
        organisation, address = values.get("organisation_name"), values.get("address")
        commune = place.commune or (clean.place.commune if place.country not in {None, "FR"} else None)
        yield Side(
            id=id, source_id=name, record_key=str(row), name=values["name"], name_key=name_key(values["name"]),
            organisation_key=name_key(organisation) if organisation else None, siren=None, siret=None, rna=None,
            domain=None, contact_phone=None, contact_email=None, address_key=name_key(address) if address else None,
            commune_key=place_key(commune) if commune else None, insee_code=place.insee_code,
            departement_code=place.departement_code, country=place.country, latitude=place.latitude,
            longitude=place.longitude, geo_precision=place.precision,
        )  # fmt: skip


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV or JSON file; of a JSON object, its longest list.

    Raises FileNotFoundError, and ValueError when it is neither.
    """
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        head = text.partition("\n")[0]
        delimiter = max(",;\t|", key=head.count)
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    try:
        found = json.loads(text, strict=False)
    except json.JSONDecodeError:
        found = json.loads(_WRONG_ESCAPE.sub(r"\\\\", text), strict=False)
    while isinstance(found, dict):
        inner = [value for value in found.values() if isinstance(value, list | dict)]
        found = max(inner, key=len, default=None)
    if not isinstance(found, list):
        raise ValueError(f"{path} holds no list of rows")
    return found


def _told(row: Mapping[str, Any]) -> dict[str, RawValue]:
    """What a row tells of the columns in `COLUMNS`, the first that is filled of each."""
    flat = dict(_flat(row, ""))
    told: dict[str, RawValue] = {}
    for field, columns in COLUMNS.items():
        for column in columns:
            if value := flat.get(column):
                told[field] = value
                break
    number, street = told.pop("house_number", ""), told.pop("street", "")
    if street:
        told["address"] = f"{number} {street}".strip()
    elif number and (address := told.get("address")):
        told["address"] = f"{number} {address}"
    if found := _POINT.search(str(told.pop("point", ""))):
        told["longitude"], told["latitude"] = found.groups()
    if "organisation_name" in told and told["organisation_name"] == told.get("name"):
        del told["organisation_name"]
    return told


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The leaves of a row by their plain column name; of a list of objects, the first."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key is not None:
                yield from _flat(inner, f"{path} {_plain(key)}".strip())
    elif isinstance(value, list):
        if value:
            yield from _flat(value[0], path)
    elif value is not None:
        text = str(value).strip()
        if _plain(text) not in _NOTHING:
            yield path, text


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _NOT_A_WORD.sub(" ", "".join(char for char in folded if not unicodedata.combining(char))).strip()


def _siren(value: RawValue) -> str | None:
    digits = re.sub(r"\D", "", str(value))
    return digits[:9] if len(digits) in {9, 14} and int(digits[:9]) and siren_number.is_valid(digits[:9]) else None
