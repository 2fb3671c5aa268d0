"""The places of the world: looked up by name, told apart by country, region and size, or left open."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import duckdb

# How much a kind of evidence multiplies the weight of a candidate, whose base is its population.
_REGION_MATCHES, _HINT_MATCHES, _BY_ALIAS, _LOST_BY_PENALTY = 1_000.0, 30.0, 0.15, 1.5
_SMALLEST = 500.0  # inhabitants a place counts for at least
_SAME_TOWN_KM = 15.0  # a town and its own quarter of the same name are no homonyms

# The share of all weights from which one candidate is named: 9 to 1 in a known country, else 19 to 1.
_DOMINATES, _DOMINATES_ANYWHERE = 0.9, 0.95
ACCEPTED = 0.7  # a place is named from this confidence on, as in resolve.py
_WORTH_NAMING = 0.01
_MAX_ALTERNATIVES = 5

# A guess from this penalty on counts only where no guess below it names any place.
SECOND_TIER = 10.0


@dataclass(frozen=True, slots=True)
class WorldReading:
    """The evidence for a place anywhere; equal readings have equal answers, whatever their coordinates."""

    guesses: tuple[tuple[str, float], ...] = ()  # (key, penalty)
    country: str | None = None
    divisions: frozenset[tuple[str, str]] = frozenset()  # (country, code) of regions named beside the town
    hint: str | None = None  # a country that something else of the record speaks for, weakly


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the world; coordinates in WGS 84 degrees."""

    number: int
    name: str
    country: str
    division: str | None  # the code of its region
    latitude: float
    longitude: float
    population: int
    insee: str | None  # a commune's code: places of France stand among the others


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A place that a guess names, with what that guess costs."""

    place: Place
    is_alias: bool  # named in another language, or by a former name
    penalty: float


@dataclass(frozen=True, slots=True)
class WorldResolution:
    """What the names come to; ``place`` is ``None`` when left open."""

    place: Place | None = None
    method: str = "none"
    confidence: float = 0.0
    alternatives: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """The place of one country that is nearest to a point."""

    country: str
    name: str
    division: str | None
    km: float


class World:
    """The world's tables in the gazetteer's database; made when first used (about half a second)."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._con = con
        self._read("world_file", folder / "world_places.parquet", "file_row_number AS place, *", True)
        self._read("world_names", folder / "world_names.parquet", "*")
        self._read("world_admin1", folder / "world_admin1.parquet", "*")
        self._read("world_admin1_names", folder / "world_admin1_names.parquet", "*")
        for statement in _sql("world.sql").split(";\n"):
            if statement.strip():
                con.execute(statement)

    @cached_property
    def divisions(self) -> dict[str, frozenset[tuple[str, str]]]:
        """The regions (country, code) by the key of any of their names."""
        rows = self._con.execute("SELECT key, country, code FROM world_admin1_names").fetchall()
        found: dict[str, set[tuple[str, str]]] = {}
        for key, country, code in rows:
            found.setdefault(key, set()).add((country, code))
        return {key: frozenset(codes) for key, codes in found.items()}

    @cached_property
    def division_names(self) -> dict[tuple[str, str], str]:
        """The name of each region by (country, code)."""
        rows = self._con.execute("SELECT country, code, name FROM world_admin1").fetchall()
        return {(country, code): name for country, code, name in rows}

    def resolve(self, readings: Sequence[WorldReading]) -> list[WorldResolution]:
        """Return one resolution for each of *readings*, in the same order."""
        guesses = [(number, *guess) for number, reading in enumerate(readings) for guess in reading.guesses]
        if not guesses:
            return [WorldResolution()] * len(readings)
        ids, keys, penalties = (json.dumps(column) for column in zip(*guesses, strict=True))
        con = self._con.cursor()
        try:
            rows = con.execute(_sql("world_candidates.sql"), {"id": ids, "key": keys, "penalty": penalties}).fetchall()
        finally:
            con.close()
        grouped: dict[int, list[_Candidate]] = {}
        for number, *place, rank, penalty in rows:
            grouped.setdefault(number, []).append(_Candidate(Place(*place), rank < 2, penalty))
        return [_decide(grouped.get(number, []), reading) for number, reading in enumerate(readings)]

    def near(self, points: Sequence[tuple[float, float]]) -> list[list[Near]]:
        """Return, for each (latitude, longitude), the nearest place of each country within about a degree."""
        found: list[list[Near]] = [[] for _ in points]
        if not points:
            return found
        parameters = {
            "id": json.dumps(list(range(len(points)))),
            "latitude": json.dumps([latitude for latitude, _ in points]),
            "longitude": json.dumps([longitude for _, longitude in points]),
        }
        con = self._con.cursor()
        try:
            for number, country, _, name, division, km in con.execute(_sql("world_near.sql"), parameters).fetchall():
                found[number].append(Near(country, name, division, km))
        finally:
            con.close()
        return found

    def _read(self, table: str, path: Path, columns: str, numbered: bool = False) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"the gazetteer has no file {path.name} in {path.parent}; rebuild it")
        source = f"read_parquet($path, file_row_number = {str(numbered).lower()})"
        exclude = " EXCLUDE (file_row_number)" if numbered else ""
        self._con.execute(f"CREATE TABLE {table} AS SELECT {columns}{exclude} FROM {source}", {"path": str(path)})


def _decide(candidates: list[_Candidate], reading: WorldReading) -> WorldResolution:
    """Weigh the candidates of one reading: the largest is named only when it dwarfs all the others."""
    meant = [one for one in candidates if reading.country in {None, one.place.country}]
    if any(one.penalty < SECOND_TIER for one in meant):
        meant = [one for one in meant if one.penalty < SECOND_TIER]
    if not meant:
        return WorldResolution()
    weighed = sorted(((_weight(one, reading), one) for one in meant), key=lambda pair: -pair[0])
    whole = sum(weight for weight, _ in weighed)
    best = weighed[0][1]
    share = sum(weight for weight, one in weighed if _is_same_town(best.place, one.place)) / whole
    by_region = _in_region(best, reading)
    by_hint = reading.hint == best.place.country
    known = reading.country is not None or by_region
    base = 0.95 if by_region else 0.93 if known else 0.82 if by_hint else 0.8
    confidence = round(max(0.0, base - _doubt(best)) * share, 3)
    worth = [one.place for weight, one in weighed if weight / whole >= _WORTH_NAMING or one is best]
    others = tuple(worth[:_MAX_ALTERNATIVES])
    if share < (_DOMINATES if known or by_hint else _DOMINATES_ANYWHERE) or confidence < ACCEPTED:
        return WorldResolution(None, "none", min(confidence, ACCEPTED - 0.01), others)
    method = "region_name" if by_region else "country_name" if known else "hint_name" if by_hint else "name"
    return WorldResolution(best.place, method, confidence, others[1:])


def _weight(one: _Candidate, reading: WorldReading) -> float:
    weight = max(float(one.place.population), _SMALLEST) * math.exp(-_LOST_BY_PENALTY * (one.penalty % SECOND_TIER))
    weight *= _BY_ALIAS if one.is_alias else 1.0
    weight *= _REGION_MATCHES if _in_region(one, reading) else 1.0
    return weight * (_HINT_MATCHES if one.place.country == reading.hint else 1.0)


def _doubt(best: _Candidate) -> float:
    """What a name in another language, or picked out of an address, costs in confidence."""
    picked_out = 0.1 if best.penalty >= SECOND_TIER else 0.0
    return picked_out + 0.05 * (best.penalty % SECOND_TIER) + (0.03 if best.is_alias else 0.0)


def _in_region(one: _Candidate, reading: WorldReading) -> bool:
    return (one.place.country, one.place.division) in reading.divisions


def _is_same_town(one: Place, other: Place) -> bool:
    if one.country != other.country:
        return False
    north = (one.latitude - other.latitude) * 111.2
    east = (one.longitude - other.longitude) * 111.2 * math.cos(math.radians(one.latitude))
    return math.hypot(north, east) <= _SAME_TOWN_KM


def _sql(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
