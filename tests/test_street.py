"""Street level: nights with an address service on this machine, honest or not, and what they believe of it."""

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest
from fake_geocoder import COORDINATES, FakeGeocoder, Hit, Manner, running_geocoder

from flows import nightly
from flows.report import Night, as_markdown
from flows.settings import NATIONAL_GEOCODER, Settings, with_street_services
from flows.street.cache import FILE_NAME
from scrapers.response import Manners

DAY = dt.date(2026, 3, 1)
DEFINITION = """
title = "Places with streets"
kind = "table"
schedule = "daily"

[publisher]
name = "Publisher"
url = "https://www.example.org"

[fetch]
path = "places.csv"

[fields]
source_key = "id"
name = "nom"
address = "adresse"
commune = "ville"
country = "pays"
latitude = "lat"
longitude = "lon"

[rights]
licence = "etalab-2.0"
proof = "written for this test"
attribution = "Publisher"

[identity]
key = ["source_key"]

[expect]
rows = { min = 2 }
"""

# The audited point of "6" stays its own; that of "7" is the middle of Rennes; "8" is known by its commune only.
PLACES = """id;nom;adresse;ville;pays;lat;lon
1;La Recyclerie des Mauges;Mme Jeanne Dupont, 12, rue Nationale, BP 12;Cholet;France;;
2;Le Jardin des Possibles;Bât. B - 3 bd Victor Hugo 44000 Nantes;Nantes;France;;
3;L'Atelier du Port;Z.A. du Port, 29200 Brest;Brest;France;;
4;Le Café des Voisins;La maison d'en face;Rennes;France;;
5;La Fabrique du Marais;8 rue des Archives;Paris;France;;
6;La Serre Haute;5 quai de la Fosse;Nantes;France;47.2101;-1.5655
7;Les Ateliers du Vent;59 rue Alexandre Duval;Rennes;France;48.09307;-1.67494
8;Le Hangar;1 rue du Néant;Brest;France;;
9;De Werkplaats;J. Peeters, Nieuwstraat 12;Bruxelles;Belgique;;
"""
STREETS = {
    "12 rue nationale cholet": Hit("49099", 47.0605, -0.8790, "Rue Nationale", number="12", city="Cholet"),
    "3 bd victor hugo nantes": Hit("44109", 47.2042, -1.5440, "Boulevard Victor Hugo", "street", score=0.81),
    "z.a du port brest": Hit("29019", 48.3815, -4.4650, "ZA du Port", "locality", score=0.9),
    "8 rue des archives paris": Hit("75104", 48.8570, 2.3545, "Rue des Archives", number="8"),
    "59 rue alexandre duval rennes": Hit("35238", 48.1062, -1.7005, "Rue Alexandre Duval", number="59"),
    "1 rue du neant brest": Hit("29019", 48.3904, -4.4861, "Brest", "municipality", score=0.62),
}  # fmt: skip
PLACED = (
    "SELECT record_key, geo_precision, geo_method, round(latitude, 4), round(longitude, 4) FROM record ORDER BY ALL"
)


@pytest.fixture
def service():
    with running_geocoder() as running:
        running.streets = dict(STREETS)
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return furnished(tmp_path)


def furnished(tmp_path: Path) -> Path:
    """A home beside a catalogue of one source."""
    folder = tmp_path / "catalogue" / "places"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(DEFINITION, encoding="utf-8")
    (folder / "places.csv").write_text(PLACES, encoding="utf-8")
    return tmp_path / "home"


def spend(home: Path, service: FakeGeocoder | None, day: int = 0, **changes: object) -> Night:
    settings: dict[str, object] = {"catalogue": home.parent / "catalogue"}
    if service is not None:
        settings |= {"manners": service.manners(), "geocoder": service.url}
    return nightly.run(Settings(home, DAY + dt.timedelta(day), **(settings | changes)), prefect=False)  # type: ignore[arg-type]


def ask(home: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "releases" / "latest" / "essaim.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def precisions(home: Path) -> dict[object, object]:
    return dict(ask(home, "SELECT record_key, geo_precision FROM record"))


def published(home: Path, version: str) -> dict[str, bytes]:
    folder = home / "releases" / version
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMUNES = "SELECT record_key, commune, postcode, epci, departement, region FROM record ORDER BY ALL"


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[object], list[object]]:
    """The places and the communes of a night without a service."""
    home = furnished(tmp_path_factory.mktemp("off"))
    assert spend(home, None).outcome == "published"
    assert set(precisions(home).values()) == {"commune", "point"}
    return ask(home, PLACED), ask(home, COMMUNES)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[dict[str, str]]]]:
    """The home of a night with a sound service, and the batches that this heard."""
    home = furnished(tmp_path_factory.mktemp("spent"))
    with running_geocoder() as running:
        running.streets = dict(STREETS)
        night = spend(home, running)
        assert (night.outcome, list(night.failures())) == ("published", [])
        return home, running.batches


def test_streets_make_places_more_precise_and_nothing_else(spent, off):
    home, _ = spent
    assert precisions(home) == {
        "1": "housenumber", "2": "street", "3": "locality", "4": "commune", "5": "housenumber", "6": "point",
        "7": "housenumber", "8": "commune", "9": "commune",
    }  # fmt: skip
    sure = ask(home, "SELECT record_key, geo_confidence FROM record WHERE geo_method = 'geopf' ORDER BY ALL")
    assert sure == [("1", 0.97), ("2", 0.81), ("3", 0.9), ("5", 0.97), ("7", 0.97)]
    assert ask(home, "SELECT latitude, longitude FROM initiative WHERE name = 'La Serre Haute'") == [(47.2101, -1.5655)]
    assert ask(home, "SELECT record_key, insee_code FROM record WHERE commune = 'Paris'") == [("5", "75104")]
    assert ask(home, COMMUNES) == off[1]


def test_a_given_point_that_is_replaced_is_told(spent):
    told = ask(spent[0], "SELECT record_key, stage, level, message FROM issue WHERE code = 'geo-street'")
    assert [row[:3] for row in told] == [("7", "geocode", "info")]
    assert told[0][3] == (
        '"Les Ateliers du Vent": point is the middle of the commune; published is the point of its address, 2.4 km away'
    )


def test_the_service_hears_of_streets_only(spent):
    [rows] = spent[1]
    assert sorted(row["essaim_street"] for row in rows) == [
        "1 rue du neant", "12 rue nationale", "3 bd victor hugo", "59 rue alexandre duval", "8 rue des archives",
        "z.a du port",
    ]  # fmt: skip
    assert {row["essaim_town"]: row["essaim_citycode"] for row in rows} == {
        "cholet": "49099", "nantes": "44109", "brest": "29019", "rennes": "35238", "paris": "",
    }  # fmt: skip
    assert COORDINATES.isdisjoint(rows[0])
    assert "dupont" not in json.dumps(rows).lower()


def test_no_street_is_asked_for_twice(service, home):
    spend(home, service)
    first = ask(home, PLACED)
    service.streets = {text: Hit("49099", 47.0, -0.9, "Rue Nationale", number="12") for text in STREETS}
    spend(home, service, 1)
    assert (service.requests, ask(home, PLACED)) == (1, first)
    folder = home.parent / "catalogue" / "places" / "places.csv"
    folder.write_text(PLACES + "10;Le Nouveau Lieu;4 rue Neuve;Cholet;France;;\n", encoding="utf-8")
    spend(home, service, 2)
    assert [row["essaim_street"] for row in service.batches[1]] == ["4 rue neuve"]


def test_streets_are_asked_anew_on_demand_and_the_old_answers_stay_with_their_night(service, home):
    spend(home, service)
    first, before = ask(home, PLACED), published(home, "2026-03-01")
    service.streets["12 rue nationale cholet"] = Hit("49099", 47.0611, -0.8801, "Rue Nationale", number="12")
    spend(home, service, 1, refresh_streets=True)
    assert service.requests == 2
    assert set(ask(home, PLACED)) - set(first) == {("1", "housenumber", "geopf", 47.0611, -0.8801)}
    again = home.parent / "again"
    again.mkdir()
    (again / FILE_NAME).write_bytes((home / FILE_NAME).read_bytes())
    spend(again, service, mode="replay", replay_from=home / "archive", replay_until=DAY)
    assert (service.requests, published(again, "2026-03-01")) == (2, before)


def test_a_replay_asks_nobody_and_gives_the_same_bytes(service, home):
    spend(home, service)
    before = published(home, "2026-03-01")
    again = home.parent / "again"
    again.mkdir()
    (again / FILE_NAME).write_bytes((home / FILE_NAME).read_bytes())
    service.manner = Manner(status=500)
    spend(again, service, mode="replay", replay_from=home / "archive")
    assert published(again, "2026-03-01") == before
    assert service.requests == 1
    spend(home.parent / "without", service, mode="replay", replay_from=home / "archive")
    assert set(precisions(home.parent / "without").values()) == {"commune", "point"}
    assert service.requests == 1
    assert not (home.parent / "without" / FILE_NAME).exists()


MOODS = {
    "error": Manner(status=500),
    "come back later": Manner(status=429, headers={"Retry-After": "3600"}),
    "a web page": Manner(page=b"<!doctype html><title>Maintenance</title><p>Le service revient bient\xf4t.</p>"),
    "silence": Manner(silent=True),
}


@pytest.mark.parametrize("mood", MOODS)
def test_a_service_that_fails_costs_no_more_than_the_streets(service, home, mood):
    service.manner = MOODS[mood]
    night = spend(home, service, manners=service.manners(read_timeout=0.3))
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert set(precisions(home).values()) == {"commune", "point"}
    [problem] = night.failures()
    assert (problem.source_id, problem.code, problem.level) == ("geocoder", "geocoder-down", "error")
    assert service.url in problem.message
    assert "**geocoder** (geocoder-down)" in as_markdown(night)


def test_the_next_night_makes_up_for_a_failure(service, home):
    service.manner = Manner(status=503, times=1)
    spend(home, service)
    night = spend(home, service, 1)
    assert list(night.failures()) == []
    assert precisions(home)["1"] == "housenumber"


def test_who_is_told_to_wait_waits_and_asks_again(service, home):
    service.manner = Manner(status=429, headers={"Retry-After": "0"}, times=2)
    night = spend(home, service, manners=service.manners(retries=3))
    assert list(night.failures()) == []
    assert (service.requests, precisions(home)["1"]) == (3, "housenumber")


def test_rows_that_end_in_an_error_are_asked_for_again_and_only_those(service, home):
    service.manner = Manner(broken_rows=2)
    spend(home, service)
    service.manner = Manner()
    spend(home, service, 1)
    first, second = service.batches
    assert [row["essaim_key"] for row in second] == [row["essaim_key"] for row in first[:2]]
    assert precisions(home)["1"] == "housenumber"


def test_a_file_of_answers_that_cannot_be_read_is_told_and_costs_the_streets_only(service, home):
    home.mkdir()
    (home / FILE_NAME).write_bytes(b"no database at all" * 100)
    night = spend(home, service)
    assert night.outcome == "published"
    assert [problem.code for problem in night.failures()] == ["geocoder-cache"]
    assert service.requests == 0


def lie(**changes: object) -> dict[str, Hit]:
    """What a service says that answers every question with the same, and is very sure."""
    names = {text: text.rsplit(" ", 1)[0] for text in STREETS}
    usual: dict[str, object] = {"type": "lie", "score": 0.99}
    codes = {text: hit.citycode for text, hit in STREETS.items()}
    return {
        text: Hit(**({"citycode": codes[text], "name": names[text]} | usual | changes))  # type: ignore[arg-type]
        for text in STREETS
    }


LIES = {
    "another commune": lie(citycode="13055", latitude=43.2965, longitude=5.3698),
    "another commune's point": lie(latitude=43.2965, longitude=5.3698),
    "not even numbers": lie(latitude=float("nan"), longitude=float("inf")),
}


@pytest.mark.parametrize("said", LIES)
def test_a_service_that_lies_changes_nothing(service, home, off, said):
    service.streets = LIES[said]
    night = spend(home, service)
    assert (service.requests, list(night.failures())) == (1, [])
    assert ask(home, PLACED) == off[0]


def test_samples_ask_nobody(service, home):
    catalogue = sampled(home.parent / "sampled")
    assert spend(home, service, mode="sample", catalogue=catalogue).outcome == "published"
    assert service.requests == 0
    assert not (home / FILE_NAME).exists()


def sampled(catalogue: Path) -> Path:
    """A catalogue of one source that is read from its sample."""
    folder = catalogue / "framasoft"
    (folder / "sample").mkdir(parents=True)
    (folder / "sample" / "places.csv").write_text(PLACES, encoding="utf-8")
    text = DEFINITION.replace('path = "places.csv"', 'url = "https://www.example.org/places.csv"')
    sample = '\n[sample]\nrows = 9\nwritten_on = 2026-03-01\n[sample.pages]\n"https://www.example.org/places.csv" = '
    (folder / "source.toml").write_text(f'{text}{sample}"places.csv"\n', encoding="utf-8")
    return catalogue


@pytest.mark.parametrize(
    ("mode", "contact", "given", "environment", "wanted"),
    [
        ("network", "", None, "", None),
        ("network", "data@example.org", None, "", NATIONAL_GEOCODER),
        ("network", "data@example.org", "off", "", None),
        ("network", "data@example.org", None, "OFF", None),
        ("network", "data@example.org", None, "https://geo.example.org", "https://geo.example.org"),
        ("network", "", "https://geo.example.org", "off", "https://geo.example.org"),
        ("replay", "", None, "", NATIONAL_GEOCODER),
        ("replay", "", "off", "", None),
        ("sample", "data@example.org", "https://geo.example.org", "", None),
    ],
)
def test_which_service_is_asked(monkeypatch, tmp_path, mode, contact, given, environment, wanted):
    monkeypatch.setenv("ESSAIM_GEOCODER", environment)
    settings = Settings(tmp_path, DAY, mode=mode, manners=Manners(contact))
    assert with_street_services(settings, given).geocoder == wanted


def test_another_country_is_asked_of_its_own_service(service, home):
    service.places = {
        "nieuwstraat 12, bruxelles": [
            {
                "lat": "50.8518", "lon": "4.3563", "place_rank": 30, "display_name": "12, Nieuwstraat, Bruxelles",
                "address": {"road": "Nieuwstraat", "house_number": "12", "country_code": "be"},
            }
        ]
    }  # fmt: skip
    spend(home, service, geocoder=None, nominatim=service.url)
    assert service.questions == [
        {
            "q": "nieuwstraat 12, bruxelles",
            "countrycodes": "be",
            "format": "jsonv2",
            "addressdetails": "1",
            "limit": "1",
        }
    ]
    assert ask(home, "SELECT * FROM (" + PLACED + ") WHERE record_key = '9'") == [
        ("9", "housenumber", "nominatim", 50.8518, 4.3563)
    ]
    spend(home, service, 1, geocoder=None, nominatim=service.url)
    assert service.requests == 1


def test_the_answers_kept_tell_no_question(spent):
    with duckdb.connect(str(spent[0] / FILE_NAME), read_only=True) as connection:
        columns = [name for (name, *_) in connection.execute("DESCRIBE street_cache").fetchall()]
        kept = connection.execute("SELECT status, service, asked_on FROM street_cache ORDER BY status").fetchall()
    assert "street" not in columns and "address" not in columns
    assert [(status, night) for status, _, night in kept] == [("ok", DAY)] * 6
    assert {service.partition(":")[0] for _, service, _ in kept} == {"http"}
