"""The command `essaim geocode`: the commune, or the town abroad, of every row of any table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import progress
from flows.cli.shared import JsonOption, err, fail, out
from scrapers.problems import SourceError


def geocode(
    source: Annotated[
        Path, typer.Argument(metavar="IN", exists=True, dir_okay=False, help="Any table: CSV, XLSX, ODS or Parquet.")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT.csv", help="Where to write; - for standard output.")],
    address: Annotated[str | None, typer.Option(metavar="COL", help="Column of the street or whole address.")] = None,
    postcode: Annotated[str | None, typer.Option(metavar="COL", help="Column of the postcode.")] = None,
    commune: Annotated[str | None, typer.Option(metavar="COL", help="Column of the commune.")] = None,
    insee: Annotated[str | None, typer.Option(metavar="COL", help="Column of the INSEE code.")] = None,
    departement: Annotated[str | None, typer.Option(metavar="COL", help="Column of the département.")] = None,
    region: Annotated[str | None, typer.Option(metavar="COL", help="Column of the region, state or province.")] = None,
    country: Annotated[str | None, typer.Option(metavar="COL", help="Column of the country.")] = None,
    latitude: Annotated[str | None, typer.Option(metavar="COL", help="Column of the latitude, to be audited.")] = None,
    longitude: Annotated[str | None, typer.Option(metavar="COL", help="Column of the longitude.")] = None,
    point: Annotated[
        str | None, typer.Option(metavar="COL", help="Column with both: 47.2,-1.6, POINT(-1.6 47.2), GeoJSON.")
    ] = None,
    default_country: Annotated[
        str, typer.Option(metavar="CODE", help="Country of rows that state none, or `any` to look everywhere.")
    ] = "FR",
    as_json: JsonOption = False,
) -> None:
    """Find the commune of every row of a table, offline; outside France its town.

    Adds insee_code, commune, postcode, epci_code, epci, departement_code, departement, region_code, region, country,
    latitude, longitude, precision, confidence, method, alternatives and conflict. Columns that are not named are
    guessed from their usual names, or from what stands in them where none is usual or the first line holds no names.
    Coordinates are audited, and tell the place of rows without an address. Homonyms that nothing tells apart are left
    open, never guessed.
    """
    from flows.geocode_file import ColumnError, geocode_file
    from transforms.geocode import Gazetteer
    from warehouse.gazetteer import data_folder

    progress.be_quiet(as_json)
    options = {"address": address, "postcode": postcode, "commune": commune, "insee_code": insee,
               "departement": departement, "region": region, "country": country, "latitude": latitude,
               "longitude": longitude, "point": point}  # fmt: skip
    named = {name: column for name, column in options.items() if column}
    aside = target.with_name(target.name + ".new")
    gazetteer = Gazetteer.load(data_folder())
    usual = None if default_country.casefold() == "any" else gazetteer.country(default_country)
    if usual is None and default_country.casefold() != "any":
        fail(f"no country is known as {default_country}; give its ISO code, such as BE, or any")
    try:
        with progress.stage("geocode", 0) as bar:
            if str(target) == "-":
                summary = geocode_file(source, sys.stdout, named, gazetteer, bar, usual)
            else:
                with aside.open("w", encoding="utf-8", newline="") as file:
                    summary = geocode_file(source, file, named, gazetteer, bar, usual)
                aside.replace(target)
    except (ColumnError, SourceError) as error:
        aside.unlink(missing_ok=True)
        fail(str(error))
    data = {"rows": summary.rows, "precisions": dict(summary.precisions.most_common()), "columns": summary.columns}
    if as_json:
        err.print_json(data=data) if str(target) == "-" else out.print_json(data=data)
        return
    taken = ", ".join(f"{name} = {column}" for name, column in summary.columns.items())
    found = ", ".join(f"{count:,} {precision}" for precision, count in summary.precisions.most_common())
    err.print(f"{summary.rows:,} rows ({taken}): {found}", soft_wrap=True)
