"""What is fuzzed: each target takes a source of chance, makes a wild input of a sound one, and checks what comes of it.

A target returns how many inputs it tried, and raises whatever is not documented; `tests/fuzz/test_fuzz.py` runs them by
number, `python -m tests.fuzz` for as long as one likes.
"""

from __future__ import annotations

import csv
import json
import random
import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fault_kit import KINDS, embedded
from judging import Served, expected_rows
from mutations import mutant, mutant_text
from source_kit import write_definition
from warehouse_example import NIGHT, build_example, initiative

from flows.catalogue import rules_of
from flows.settings import embedded_catalogue
from scrapers.catalogue import load_catalogue, load_source
from scrapers.fetch import Door
from scrapers.kinds import read_source
from scrapers.problems import DefinitionError, SourceError
from scrapers.record import RAW_FIELDS, RawRecord
from scrapers.response import Manners
from transforms.geocode import Gazetteer, PlaceQuery, geocode
from transforms.geocode.coordinates import Figures, audit, locate
from transforms.geocode.street import Question, UnreadableAnswerError, judge, key_of, read_table
from transforms.geocode.street_abroad import read_place
from transforms.normalise import contacts
from transforms.normalise.record import Normaliser
from warehouse.gazetteer import data_folder
from warehouse.publish import publish

Target = Callable[[random.Random], int]


# --------------------------------------------------------------------------------------------------- readers


def reader(kind: str) -> Target:
    """Bytes in, records or a `SourceError` with a code, a message and a remedy out."""

    def read(chance: random.Random) -> int:
        source, bodies, _ = embedded(kind)
        hit = chance.choice([[chance.choice(list(bodies))], list(bodies)])
        pages = {address: mutant(chance, body) if address in hit else body for address, body in bodies.items()}
        content_type = chance.choice(
            ["", "", "text/html; charset=utf-16", "application/json; charset=no-such", "\u00e9;;="]
        )
        with Door(Manners()) as door:
            for prefix in ("https://", "http://"):
                door.mount(prefix, Served(dict(pages), content_type))
            try:
                found = read_source(source, door)
            except SourceError as error:
                assert error.code
                assert str(error)
                assert error.remedy, error
                return 1
        for record in found.records:
            assert record.key
            assert set(record.fields) <= set(RAW_FIELDS)
        assert all(problem.code and problem.message for problem in found.problems)
        return 1

    return read


# ------------------------------------------------------------------------------------------------ definitions


@cache
def definitions() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(embedded_catalogue().glob("*/source.toml"))]


def definition(chance: random.Random) -> int:
    """A text in, a definition or a `DefinitionError` that names file and remedy out."""
    text = mutant_text(chance, chance.choice(definitions()))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "wild"
        folder.mkdir()
        (folder / "source.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
        try:
            load_source(folder)
        except DefinitionError as error:
            assert error.faults
            assert all("source.toml" in fault for fault in error.faults), error.faults
    return 1


def description(chance: random.Random) -> int:
    """The same, with values of other types in sound TOML, which mutated text rarely is."""
    found = tomllib.loads(chance.choice(definitions()))
    for _ in range(chance.choice([1, 2, 5])):
        table = found
        while (
            inner := [value for value in table.values() if isinstance(value, dict) and value]
        ) and chance.random() < 0.6:
            table = chance.choice(inner)
        table[chance.choice([*table, "x"])] = _wild_value(chance)
    with tempfile.TemporaryDirectory() as home:
        try:
            load_source(write_definition(Path(home), found, "wild"))
        except DefinitionError as error:
            assert error.faults
    return 1


def _wild_value(chance: random.Random) -> Any:
    text = (
        mutant_text(chance, "h2.title a@href | ^https?://(a+)+$ {x} $.a[*].b secret:KEY")
        .encode("utf-8", "replace")
        .decode()
    )
    wild = [
        text,
        -1,
        0,
        10**18,
        1e300,
        float("nan"),
        float("inf"),
        True,
        [],
        [text],
        [[]],
        {},
        {"x": text},
        {"": {}},
        [{"a": 1}],
    ]
    return chance.choice(wild)


# ------------------------------------------------------------------------------------------------- normaliser


@cache
def all_rows() -> list[tuple[Any, str, dict[str, Any]]]:
    """Source, key and fields of each record of the samples."""
    sources, _ = load_catalogue(embedded_catalogue())
    sampled = [source for source in sources if (source.folder / "sample" / "expected.jsonl").is_file()]
    return [(source, key, fields) for source in sampled for key, fields in expected_rows(source)]


@cache
def rules(source_id: str) -> Any:
    return rules_of(next(source for source, *_ in all_rows() if source.id == source_id))


def _wild(chance: random.Random, value: Any) -> Any:
    if isinstance(value, str):
        return mutant_text(chance, value)[:5000]
    if isinstance(value, list):
        return [_wild(chance, part) for part in value] * chance.choice([1, 1, 2])
    return {name: _wild(chance, part) for name, part in value.items()}


def normaliser(chance: random.Random) -> int:
    """A raw record in, a clean one without a private contact or a refusal with a reason out."""
    source, key, fields = chance.choice(all_rows())
    wild = {name: _wild(chance, value) if chance.random() < 0.5 else value for name, value in fields.items()}
    _, _, others = chance.choice(all_rows())
    for name in chance.sample(sorted(others), min(2, len(others))):
        wild[name] = _wild(chance, others[name])
    machine = Normaliser(rules(source.id))
    record = machine.clean(RawRecord(source.id, key, wild, "fuzz", 1))
    for problem in machine.problems():
        assert problem.code
        assert contacts.find_contacts(problem.message) == [], problem.message
    if record is not None:
        assert record.values.get("name")
        for name in ("name", "organisation_name", "summary"):
            assert contacts.find_contacts(record.values.get(name) or "") == [], record.values[name]
    return 1


# --------------------------------------------------------------------------------------------------- geocoder


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer.load(data_folder())


ADDRESSES = [
    "12 rue du Port, BP 12, 44000 Nantes CEDEX 2", "2A004 Ajaccio", "St-Étienne (42)", "L'Haÿ-les-Roses",
    "75011 Paris 11e",    "1200 Bruxelles, Belgique", "Le Tampon, La Réunion", "Montréal (QC) H2X 1Y4",
    "Lieu-dit Le Bourg - 35 Ille-et-Vilaine",
]  # fmt: skip
BATCH = 50


def places(chance: random.Random) -> int:
    """Places as sources write them in; an answer each, of a country, a confidence and a usable point, out."""
    asked = []
    for _ in range(BATCH):
        texts = [
            mutant_text(chance, chance.choice(ADDRESSES))[:400] if chance.random() < 0.6 else None for _ in range(7)
        ]
        asked.append(PlaceQuery(*texts, latitude=figure(chance), longitude=figure(chance)))
    answers = geocode(asked, gazetteer(), "FR")
    assert len(answers) == len(asked)
    for answer in answers:
        assert 0 <= answer.confidence <= 1
        assert answer.latitude is None or (-90 <= answer.latitude <= 90 and -180 <= (answer.longitude or 0) <= 180)
    return len(asked)


FIGURES = [0.0, -0.0, 48.85, 2.35, -1.68, 90.0, 180.0, -180.0, 4885.0, 48_850_000.0, 1e-300, 1e300, float("nan")]
FIGURES += [float("inf"), float("-inf"), 6861000.0, 652000.0]


def figure(chance: random.Random) -> float | None:
    return chance.choice([None, chance.choice(FIGURES), chance.uniform(-200, 200), chance.uniform(-1e7, 1e7)])


def coordinates(chance: random.Random) -> int:
    """Pairs of numbers in, audited points or nothing out."""
    communes = [None, "44109", "75056", "97411", "2A004"]
    given = [Figures(figure(chance) or 0.0, figure(chance) or 0.0, chance.choice(communes)) for _ in range(BATCH)]
    found = audit(given, gazetteer())
    assert len(found) == len(given)
    locate([(chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(5)], gazetteer())
    return len(given)


TABLE = (
    "key,address,citycode,longitude,latitude,result_score,result_score_next,result_label,result_type,result_housenumber,"
    "result_name,result_street,result_city,result_citycode,result_status\r\n"
    "{key},12 rue pasteur nantes,44109,-1.55,47.21,0.97,0.5,12 Rue Pasteur 44000 Nantes,housenumber,12,12 Rue Pasteur,"
    "Rue Pasteur,Nantes,44109,ok\r\n"
)
PLACE = (
    b'[{"lat":"50.85","lon":"4.35","class":"place","type":"house","importance":0.4,"display_name":"Nieuwstraat 12",'
    b'"address":{"road":"Nieuwstraat","house_number":"12","city":"Bruxelles","country_code":"be"}}]'
)


def street_answers(chance: random.Random) -> int:
    """The answer of an address service in, answers or an `UnreadableAnswerError` out."""
    asked = Question(key_of("12 rue pasteur", "44109"), "12 rue pasteur", "nantes", "44109")
    for read in (
        lambda: read_table(mutant(chance, TABLE.format(key=asked.key).encode()), [asked.key]),
        lambda: [read_place(mutant(chance, PLACE), asked.key)],
    ):
        try:
            answers = read()
        except UnreadableAnswerError as error:
            assert str(error)
            continue
        for verdict in judge([asked], {answer.key: answer for answer in answers}, gazetteer()).values():
            assert 0 <= verdict.confidence <= 1
            assert verdict.why or (-90 <= verdict.latitude <= 90 and -180 <= verdict.longitude <= 180)
    return 2


# ---------------------------------------------------------------------------------------------------- release

ROWS = 200
TEXTS = ["name", "summary", "url", "organisation_name", "address", "commune", "contact_email"]
LISTS = ["needs", "funders", "themes"]


def release(chance: random.Random) -> int:
    """Hostile initiatives in; a release whose files can all be read again, and hold every name, out."""
    rows = []
    for number in range(ROWS):
        wild: dict[str, Any] = {name: _storable(chance) for name in chance.sample(TEXTS[1:], 3)}
        wild |= {name: [_storable(chance) for _ in range(chance.randrange(4))] for name in LISTS}
        wild["partners"] = [dict.fromkeys(("name", "kind", "motivation", "contribution"), _storable(chance))]
        rows.append(initiative(f"es-fuzz{number:03}", _storable(chance) or "x", **wild))
    with tempfile.TemporaryDirectory() as home:
        store = build_example(Path(home) / "essaim.duckdb")
        try:
            store.insert("initiative", rows)
            folder = publish(store.connection, Path(home) / "releases", NIGHT).folder
        finally:
            store.close()
        whole = {row["initiative_id"]: row["name"] for row in rows}
        lines = [json.loads(line) for line in (folder / "initiatives.jsonl").read_bytes().split(b"\n") if line]
        assert {line["initiative_id"]: line["name"] for line in lines}.items() >= whole.items()
        with (folder / "initiatives.csv").open(encoding="utf-8-sig", newline="") as file:
            table = {row["initiative_id"]: row for row in csv.DictReader(file)}
        assert set(table) >= set(whole)
        assert not any((value or "")[:1] in {"=", "+", "@"} for row in table.values() for value in row.values())
        for path in folder.glob("*.geojson"):
            json.loads(path.read_bytes())
    return ROWS


def _storable(chance: random.Random) -> str:
    """A wild text as DuckDB can hold it: whole characters."""
    seed = chance.choice(["Café des Voisins", "=1+1", "<b>x</b>", '"a";b\r\n', "https://a.example.org/?x=1"])
    return mutant_text(chance, seed)[:500].encode("utf-8", "replace").decode()


TARGETS: dict[str, Target] = {
    **{f"reader-{kind}": reader(kind) for kind in KINDS},
    "definition": definition,
    "description": description,
    "normaliser": normaliser,
    "places": places,
    "coordinates": coordinates,
    "street-answers": street_answers,
    "release": release,
}
