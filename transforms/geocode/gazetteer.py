"""The gazetteer in memory: a DuckDB connection with its tables, and polygons when asked for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from transforms.database import connect, load_extension
from transforms.geocode.names import epci_core, place_key, postcode_departements, short_key
from transforms.geocode.world import World

TABLES = (
    "communes",
    "names",
    "postcode_names",
    "former",
    "epci",
    "departements",
    "regions",
    "countries",
    "country_names",
)

# French territories with an ISO code of their own, and their département code.
TERRITORIES = {
    "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976", "BL": "977",
    "MF": "978", "TF": "984", "WF": "986", "PF": "987", "NC": "988",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune or a municipal arrondissement; coordinates in WGS 84 degrees, None where unknown."""

    code: str
    name: str
    parent: str | None  # the commune of an arrondissement
    departement: str
    region: str
    epci: str | None
    postcodes: tuple[str, ...]
    latitude: float | None
    longitude: float | None


class Gazetteer:
    """The embedded gazetteer, loaded once and only read afterwards.

    The attributes are look-ups by code or by :func:`~transforms.geocode.names.place_key`; the tables
    themselves are in the in-memory database :attr:`con`.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con = con
        self._folder = folder
        self._has_polygons = False
        self.communes = self._communes()
        self.successors: dict[str, str] = self._pairs("SELECT code, current FROM former")
        self.epci: dict[str, str] = self._pairs("SELECT code, name FROM epci")
        self.departements: dict[str, str] = self._pairs("SELECT code, name FROM departements")
        self.regions: dict[str, str] = self._pairs("SELECT code, name FROM regions")
        self.departement_regions: dict[str, str] = self._pairs("SELECT code, region FROM departements")
        self.countries: dict[str, str] = self._pairs("SELECT code, code FROM countries")
        self.country_keys: dict[str, str] = self._pairs("SELECT key, code FROM country_names")
        self.postcodes: dict[str, tuple[str, ...]] = self._postcode_departements()
        self.keys = frozenset(key for (key,) in con.execute("SELECT DISTINCT key FROM names").fetchall())

    @classmethod
    def load(cls, folder: Path) -> "Gazetteer":
        """Read the Parquet files of *folder* into a new in-memory database (about half a second).

        :raises FileNotFoundError: when a file of the gazetteer is missing.
        """
        con = connect(threads=2)
        for table in TABLES:
            _load_table(con, table, folder)
        con.execute((files(__package__) / "gazetteer.sql").read_text(encoding="utf-8"))
        return cls(con, folder)

    def ensure_polygons(self) -> None:
        """Load the spatial extension and the polygons, once; only the coordinates audit needs them."""
        if self._has_polygons:
            return
        load_extension(self.con, "spatial")
        _load_table(self.con, "polygons", self._folder)
        self.con.execute((files(__package__) / "polygons.sql").read_text(encoding="utf-8"))
        self._has_polygons = True

    @cached_property
    def world(self) -> World:
        """The places outside France, loaded when a record first needs them."""
        return World(self.con, self._folder)

    def commune_of(self, code: str) -> str:
        """Return the commune of a current code: the code itself, or the parent of an arrondissement."""
        return self.communes[code].parent or code

    def current_code(self, code: str) -> str | None:
        """Return today's code for a current or former INSEE code, ``None`` when it never existed."""
        return code if code in self.communes else self.successors.get(code)

    def arrondissement(self, commune: str, number: int) -> str | None:
        """Return the code of the *number*-th arrondissement of Paris, Lyon or Marseille."""
        first = {"75056": 75100, "69123": 69380, "13055": 13200}.get(commune)
        code = str(first + number) if first else ""
        return code if code in self.communes else None

    def arrondissement_of_postcode(self, commune: str, postcode: str) -> str | None:
        """Return the arrondissement of *commune* whose mail goes to *postcode*."""
        code = self._arrondissement_postcodes.get(postcode)
        return code if code and self.communes[code].parent == commune else None

    def departement(self, text: str) -> str | None:
        """Return the département meant by a code or a name ("44", "Loire-Atlantique", "2a")."""
        code = text.strip().upper().removeprefix("FR-")
        code = code.zfill(2) if code.isdigit() else code
        return code if code in self.departements else self.departement_keys.get(place_key(text))

    def region(self, text: str) -> str | None:
        """Return the region meant by a code or a name ("53", "Bretagne", "Bretagne (FR)")."""
        code = text.strip().removesuffix("(FR)").rstrip()
        return code if code in self.regions else self.region_keys.get(place_key(code))

    def country(self, text: str) -> str | None:
        """Return the ISO 3166-1 alpha-2 code of a country given by code or name, ``None`` if unknown."""
        return self.country_keys.get(place_key(text))

    @cached_property
    def country_endings(self) -> frozenset[str]:
        """The last word of every key of a country: a text that ends with another names none at its end."""
        return frozenset(key.split()[-1] for key in self.country_keys)

    @cached_property
    def departement_keys(self) -> Mapping[str, str]:
        """Département codes by the key of their name, with and without its article."""
        keys = {short_key(place_key(name)): code for code, name in self.departements.items()}
        return keys | {place_key(name): code for code, name in self.departements.items()}

    @cached_property
    def region_keys(self) -> Mapping[str, str]:
        """Region codes by the key of their name, with the everyday short forms."""
        nicknames = {"paca": "93", "aura": "84", "centre": "24", "rhone alpes": "84", "reunion": "04"}
        return nicknames | {place_key(name): code for code, name in self.regions.items()}

    @cached_property
    def epci_departements(self) -> Mapping[str, tuple[str, ...]]:
        """The départements that the communes of each intercommunal body lie in."""
        query = "SELECT epci, list(DISTINCT departement ORDER BY departement) FROM communes GROUP BY epci"
        return {epci: tuple(departements) for epci, departements in self.con.execute(query).fetchall() if epci}

    @cached_property
    def epci_cores(self) -> Mapping[str, str]:
        """The intercommunal bodies by their name without its kind (`names.epci_core`); names of two are left out."""
        grouped: dict[str, set[str]] = defaultdict(set)
        for code, name in self.epci.items():
            grouped[epci_core(place_key(name))].add(code)
        return {core: min(codes) for core, codes in grouped.items() if core and len(codes) == 1}

    @cached_property
    def territory_homonyms(self) -> frozenset[str]:
        """Names of communes that are a département's or a region's too ("Vienne"); Paris is the same place."""
        return frozenset(self.keys & (self.departement_keys.keys() | self.region_keys.keys())) - {"paris"}

    @cached_property
    def departement_names(self) -> Mapping[str, tuple[tuple[str, str, str, int], ...]]:
        """The names of each département as (key, short key, code, rank), for the scorer of typos."""
        grouped: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
        query = "SELECT departement, key, short, names.code, rank FROM names JOIN communes USING (code) ORDER BY ALL"
        for departement, key, short, code, rank in self.con.execute(query).fetchall():
            grouped[departement].append((key, short, code, rank))
        return {departement: tuple(names) for departement, names in grouped.items()}

    @cached_property
    def _arrondissement_postcodes(self) -> Mapping[str, str]:
        return {
            postcode: commune.code
            for commune in self.communes.values()
            if commune.parent
            for postcode in commune.postcodes
        }

    def _communes(self) -> dict[str, Commune]:
        rows: list[tuple[Any, ...]] = self.con.execute(
            "SELECT code, name, parent, departement, region, epci, coalesce(postcodes, []), latitude, longitude"
            " FROM communes"
        ).fetchall()
        return {
            code: Commune(code, name, parent, departement, region, epci, tuple(postcodes), latitude, longitude)
            for code, name, parent, departement, region, epci, postcodes, latitude, longitude in rows
        }

    def _postcode_departements(self) -> dict[str, tuple[str, ...]]:
        """Every known postcode with the départements of its communes."""
        rows = self.con.execute("SELECT postcode, departements FROM postcode_departements").fetchall()
        return {postcode: tuple(departements) for postcode, departements in rows}

    def has_postcode(self, commune: str, postcode: str) -> bool:
        """Say whether mail for *commune* is sorted under *postcode*."""
        return commune in self.postcode_communes.get(postcode, ())

    def departement_has_outlines(self, departement: str | None) -> bool:
        """Say whether the communes of a département have polygons; overseas collectivities have none."""
        return departement is None or departement not in self._without_outlines

    @cached_property
    def postcode_communes(self) -> Mapping[str, frozenset[str]]:
        """The communes each postcode serves."""
        query = "SELECT postcode, list(code) FROM postcode_communes GROUP BY postcode"
        return {postcode: frozenset(codes) for postcode, codes in self.con.execute(query).fetchall()}

    @cached_property
    def postal_pairs(self) -> frozenset[tuple[str, str]]:
        """Every postcode with the key of a name that La Poste delivers there."""
        rows = self.con.execute("SELECT DISTINCT postcode, key FROM postcode_names").fetchall()
        return frozenset((postcode, key) for postcode, key in rows)

    @cached_property
    def parts(self) -> Mapping[tuple[str, str], tuple[float, float]]:
        """The point (latitude, longitude) of each commune déléguée or associée, by its commune and its name's key."""
        rows = self.con.execute("SELECT current, name, latitude, longitude FROM former WHERE latitude IS NOT NULL")
        return {(commune, place_key(name)): (lat, lon) for commune, name, lat, lon in rows.fetchall()}

    @cached_property
    def with_parts(self) -> frozenset[str]:
        """The communes that have communes déléguées or associées with points."""
        return frozenset(commune for commune, _ in self.parts)

    @cached_property
    def _without_outlines(self) -> frozenset[str]:
        query = "SELECT departement FROM communes GROUP BY departement HAVING max(north) IS NULL"
        return frozenset(code for (code,) in self.con.execute(query).fetchall())

    def departements_of_postcode(self, postcode: str) -> tuple[str, ...]:
        """Return the départements a postcode serves; read from its figures when it is not known."""
        return self.postcodes.get(postcode) or postcode_departements(postcode)

    def _pairs(self, query: str) -> dict[str, str]:
        return dict(self.con.execute(query).fetchall())


def _load_table(con: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    path = folder / f"{table}.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"the gazetteer has no file {path.name} in {folder}; rebuild it")
    con.execute(f"CREATE TABLE {table} AS FROM read_parquet($path)", {"path": str(path)})
