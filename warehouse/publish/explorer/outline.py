"""Rebuild the offline base map: `python -m warehouse.publish.explorer.outline [--out FILE]`.

Départements and régions are made from the commune polygons of the embedded gazetteer, countries from Natural Earth's
110 m set (public domain) in the npm package world-atlas. Commune polygons were simplified one by one, so their edges do
not meet: they are closed over 0.004 degrees (400 m), cut into faces along all edges, and each face goes to one
département; what comes out is a coverage, and is simplified as one (Visvalingam-Whyatt keeps shared edges shared).

The file is gzipped JSON: `{"departements": [...], "regions": [...], "countries": [...]}`, each `{"code", "name",
"rings"}`; `rings` lists polygons, each a list of rings, each a flat list of whole thousandths of a degree, longitude
then latitude, every pair after the first as the difference from the one before. Needs shapely (the extra `test`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import shapely

from transforms.database import connect
from warehouse.gazetteer import data_folder
from warehouse.publish.explorer.vendor import WORLD, fetch

FILE = Path(__file__).parent / "site" / "map" / "outline.json.gz"
GRID = 0.001
CLOSING = 0.004
TOLERANCE = 0.01
SMALLEST = 0.0006
"""Square degrees; smaller islands and holes go, but for the largest part of each département."""
SLIVER = 0.003
"""Square degrees; a face in no département that is smaller is a gap between neighbours, a larger one is a lake."""

Polygons = list[list[list[int]]]


def departements() -> dict[str, tuple[str, str, Any]]:
    """Return code → name, région, simplified area."""
    with connect() as reader:
        folder = data_folder()
        parts = reader.execute(
            "SELECT departement, list(wkb ORDER BY code) FROM read_parquet(?) p JOIN read_parquet(?) c USING (code) "
            "WHERE parent IS NULL GROUP BY departement ORDER BY departement",
            [str(folder / "polygons.parquet"), str(folder / "communes.parquet")],
        ).fetchall()
        named = reader.execute(
            "SELECT code, name, region FROM read_parquet(?)", [str(folder / "departements.parquet")]
        ).fetchall()
    names = {code: (name, region) for code, name, region in named}
    codes = [code for code, _ in parts]
    whole = coverage([_closed([shapely.from_wkb(bytes(part)) for part in blobs]) for _, blobs in parts])
    simple = [_kept(area) for area in shapely.coverage_simplify(whole, TOLERANCE)]
    return {code: (*names.get(code, (code, "")), area) for code, area in zip(codes, simple, strict=True)}


def _closed(communes: Sequence[Any]) -> Any:
    """Return the union of communes with the gaps between them closed."""
    mitred: dict[str, Any] = {"quad_segs": 1, "join_style": "mitre", "mitre_limit": 2}
    grown = shapely.union_all(shapely.buffer(communes, CLOSING, **mitred))
    return shapely.buffer(shapely.simplify(grown, GRID), -CLOSING, **mitred)


def coverage(areas: Sequence[Any]) -> list[Any]:
    """Return areas that meet without gap or overlap, from areas that nearly do."""
    edges = shapely.union_all(shapely.boundary(areas), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([edges]))
    tree = shapely.STRtree(areas)
    holders: dict[int, list[int]] = defaultdict(list)
    for face, area in zip(*tree.query(shapely.point_on_surface(faces), "within"), strict=True):
        holders[int(face)].append(int(area))
    owned: dict[int, list[Any]] = defaultdict(list)
    for number, face in enumerate(faces):
        owner = min(holders[number]) if holders[number] else _neighbour(face, areas, tree)
        if owner is not None:
            owned[owner].append(face)
    return [shapely.coverage_union_all(owned[number]) for number in range(len(areas))]


def _neighbour(face: Any, areas: Sequence[Any], tree: Any) -> int | None:
    """Return which area shares most of the edge of a gap; None for what is no gap."""
    if face.area >= SLIVER:
        return None
    near = sorted(int(area) for area in tree.query(face, "dwithin", 2 * GRID))
    edge = shapely.buffer(face, GRID)
    return max(near, key=lambda area: shapely.intersection(edge, shapely.boundary(areas[area])).length, default=None)


def _kept(area: Any) -> Any:
    """Return an area without its smallest islands and holes."""
    parts = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area > SMALLEST])
        for part in shapely.get_parts(area)
    ]
    largest = max(part.area for part in parts)
    return shapely.MultiPolygon([part for part in parts if part.area > SMALLEST or part.area == largest])


def rings(polygons: Iterable[Sequence[Sequence[Sequence[float]]]], grid: float = GRID) -> Polygons:
    """Return polygons (lists of rings of longitude and latitude in degrees) as differences of whole thousandths."""
    found: Polygons = []
    for polygon in polygons:
        outline = []
        for ring in polygon:
            points: list[tuple[int, int]] = []
            for x, y in ring:
                point = (round(x / grid) * round(grid / GRID), round(y / grid) * round(grid / GRID))
                if not points or points[-1] != point:
                    points.append(point)
            if len(points) >= 4:
                outline.append(_differences(points))
        if outline:
            found.append(outline)
    return found


def _differences(points: Sequence[tuple[int, int]]) -> list[int]:
    flat, before = [], (0, 0)
    for x, y in points:
        flat += [x - before[0], y - before[1]]
        before = (x, y)
    return flat


def countries(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the countries of a TopoJSON file but France, to two decimals."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        arcs.append(points)

    def ring(numbers: Sequence[int]) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for number in numbers:
            part = arcs[number] if number >= 0 else arcs[~number][::-1]
            found += part if not found else part[1:]
        return found

    out = []
    for shape in topology["objects"]["countries"]["geometries"]:
        name = shape["properties"]["name"]
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        drawn = rings([[ring(numbers) for numbers in polygon] for polygon in polygons], 0.01)
        if name not in {"France", "Antarctica"}:
            out.append({"code": shape.get("id", ""), "name": name, "rings": drawn})
    return sorted(out, key=lambda country: (country["name"], country["code"]))


def outline() -> bytes:
    """Return the whole base map, as it is kept."""
    found = departements()
    by_region: dict[str, list[Any]] = defaultdict(list)
    for _, region, area in found.values():
        by_region[region].append(area)
    with connect() as reader:
        regions = reader.execute(
            "SELECT code, name FROM read_parquet(?) ORDER BY code", [str(data_folder() / "regions.parquet")]
        ).fetchall()
    with tempfile.TemporaryDirectory() as scratch:
        world = json.loads((fetch(WORLD, Path(scratch)) / "countries-110m.json").read_text(encoding="utf-8"))
    whole = {
        "departements": [
            {"code": code, "name": name, "region": region, "rings": rings(_nested(area))}
            for code, (name, region, area) in found.items()
        ],
        "regions": [
            {"code": code, "name": name, "rings": rings(_nested(shapely.coverage_union_all(by_region[code])))}
            for code, name in regions
            if code in by_region
        ],
        "countries": countries(world),
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def _nested(area: Any) -> list[list[list[tuple[float, float]]]]:
    return [[list(ring.coords) for ring in (part.exterior, *part.interiors)] for part in shapely.get_parts(area)]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=FILE)
    parser.parse_args().out.write_bytes(outline())


if __name__ == "__main__":
    main()
