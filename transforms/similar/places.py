"""Where initiatives stand and whose they are, as columns of numbers that can be compared many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from string import Template

import duckdb
import numpy as np
from numpy.typing import NDArray

from transforms.similar.arrays import Numbers

NEARBY_KM = 30
EARTH_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class Places:
    """Columns of the table `idea`, each with a number for every initiative; see `places.sql`.

    `squares` are the numbers of all squares of the map that have initiatives, in order, and `square` the places there.
    `around` gives for each initiative three ranges of squares, from the first to before the last: those around it.
    Nobody who is not `placed` has a square, or any around.
    """

    placed: NDArray[np.bool_]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    territory: Numbers
    area: Numbers
    bearer: Numbers
    site: Numbers
    squares: Numbers
    square: Numbers
    around: tuple[Numbers, Numbers]

    def kilometres(self, a: Numbers, b: Numbers) -> NDArray[np.float64]:
        """Return how far two initiatives are from each other (haversine); not a number where a place is unknown."""
        latitude, longitude = self.latitude, self.longitude
        half = np.radians(latitude[b] - latitude[a]) / 2, np.radians(longitude[b] - longitude[a]) / 2
        cosines = np.cos(np.radians(latitude[a])) * np.cos(np.radians(latitude[b]))
        chord = np.sin(half[0]) ** 2 + cosines * np.sin(half[1]) ** 2
        km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(1, chord)))
        return np.where(self.placed[a] & self.placed[b], km, np.nan)


def read_places(connection: duckdb.DuckDBPyConnection) -> Places:
    """Read the places of the table `idea` on `connection`."""
    text = resources.files("transforms.similar").joinpath("places.sql").read_text(encoding="utf-8")
    told = connection.execute(Template(text).substitute(nearby=NEARBY_KM)).fetchnumpy()
    placed = told["placed"]
    squares = np.unique(told["square"][placed])
    bands = np.stack([told["square_below"], told["square"], told["square_above"]], axis=1)
    first, last = np.searchsorted(squares, bands - 1), np.searchsorted(squares, bands + 1, side="right")
    around = first, np.where(placed[:, None], last, first)
    columns = {name: told[name] for name in ("placed", "latitude", "longitude", "territory", "area", "bearer", "site")}
    return Places(**columns, squares=squares, square=np.searchsorted(squares, told["square"]), around=around)
