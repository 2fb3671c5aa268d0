"""The same initiative is recognised across sources; different ones, however alike, are kept apart."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.link import LINKABLE, ContradictionError, Judgement, Linked, link
from transforms.link.doubtful import listed_twice
from transforms.link.evidence import weigh
from transforms.link.likeness import variants
from transforms.link.model import LARGE
from transforms.link.rarity import Rarity
from transforms.link.sides import Side, city_code, same_commune
from transforms.normalise.names import name_key

TYPES = {"id": "BIGINT", "latitude": "DOUBLE", "longitude": "DOUBLE"}
PLACES: dict[str, dict[str, Any]] = {
    "Nantes": {"insee_code": "44109", "departement_code": "44", "latitude": 47.2316, "longitude": -1.5476},
    "Rezé": {"insee_code": "44143", "departement_code": "44", "latitude": 47.1762, "longitude": -1.5493},
    "Châteaubriant": {"insee_code": "44036", "departement_code": "44", "latitude": 47.7177, "longitude": -1.3762},
    "Clisson": {"insee_code": "44043", "departement_code": "44", "latitude": 47.0866, "longitude": -1.2828},
    "Paris": {"insee_code": "75056", "departement_code": "75", "latitude": 48.8566, "longitude": 2.3522},
    "Paris 11e": {"insee_code": "75111", "departement_code": "75", "latitude": 48.8594, "longitude": 2.3765},
    "Paris 13e": {"insee_code": "75113", "departement_code": "75", "latitude": 48.8322, "longitude": 2.3561},
    "Lyon": {"insee_code": "69123", "departement_code": "69", "latitude": 45.758, "longitude": 4.835},
}

Row = dict[str, Any]


def row(source: str, name: str, town: str | None = "Nantes", *, key: str | None = None, **told: Any) -> Row:
    """A row of `linkable` without its id, in a town of `PLACES` or nowhere."""
    placed = {"geo_precision": "none"} | dict.fromkeys(("insee_code", "departement_code", "latitude", "longitude"))
    if town is not None:
        placed |= PLACES[town] | {"geo_precision": "commune", "commune_key": name_key(town.split()[0])}
    address = told.pop("address", None)
    return (
        dict.fromkeys(LINKABLE)
        | {"source_id": source, "record_key": key or name, "name": name, "name_key": name_key(name), "country": "FR"}
        | placed
        | {"address_key": name_key(address) if address else None}
        | told
    )


def run(rows: list[Row], *judgements: Judgement) -> Linked:
    connection = duckdb.connect()
    columns = ", ".join(f"{name} {TYPES.get(name, 'VARCHAR')}" for name in LINKABLE)
    connection.execute(f"CREATE TABLE linkable ({columns})")
    slots = ", ".join("?" for _ in LINKABLE)
    told = [[index if name == "id" else found[name] for name in LINKABLE] for index, found in enumerate(rows)]
    if told:
        connection.executemany(f"INSERT INTO linkable VALUES ({slots})", told)
    return link(connection, judgements)


def named(rows: list[Row], linked: Linked) -> set[frozenset[tuple[str, str]]]:
    """The clusters by the names of their records."""
    return {frozenset((rows[i]["source_id"], rows[i]["record_key"]) for i in group) for group in linked.clusters}


def same(left: Row, right: Row, *others: Row) -> bool:
    return [0, 1] in [group[:2] for group in run([left, right, *others]).clusters]


def judged(left: tuple[str, str], verdict: Any, right: tuple[str, str], line: int = 2) -> Judgement:
    return Judgement(left, right, verdict, "camille", line)


# -------------------------------------------------------------------------------------------------- the same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (row("a", "La Smalah"), row("b", "Association la smalah")),
        (row("a", "Ressourcerie de l'Estuaire"), row("b", "RESSOURCERIE DE L’ESTUAIRE (SCIC)")),
        (row("a", "Darwin"), row("b", "Darwin Écosystème")),
        (row("a", "Repair Café Doulon Bottière"), row("b", "Doulon Bottière")),
        (row("a", "Plateforme C (PiNG)"), row("b", "Plateforme C")),
        (row("a", "Le Solilab"), row("b", "Solilab Nantes")),
        (row("a", "La Quincaillerie numérique"), row("b", "Quincaillerie", rna="W1")),
        (row("a", "Hôtel Pasteur"), row("b", "Hotel Pasteur", None)),
        (row("a", "Tiers-lieu Kerozen", domain="kerozen.fr"), row("b", "Kérozen", None, domain="kerozen.fr")),
        (row("a", "Ateliers du Zéphyr", siret="73282932000074"), row("b", "Le Zéphyr", siret="73282932000074")),
        (row("a", "Le Zéphyr", rna="W442000001"), row("b", "Zephyr 44", None, rna="W442000001")),
        (row("a", "Scopitone", domain="scopitone.fr"), row("b", "Scopitone festival", "Rezé", domain="scopitone.fr")),
        (row("a", "Le Grand Détour", "Nantes"), row("b", "Grand Détour", "Rezé")),
        (row("a", "Le 6b"), row("b", "6b")),
        (row("a", "8 Fablab"), row("b", "8 FabLab Nantes")),
        (row("a", "La Cloche", "Paris"), row("b", "La Cloche", "Paris 13e")),
        (row("a", "Thot – Transmettre un horizon"), row("b", "L'école Thot", None)),
        (row("a", "Centre culturel St Exupéry"), row("b", "Centre culturel Saint-Exupéry")),
        (row("a", "Vers un réseau d'achat en commun (VRAC)"), row("b", "VRAC", None)),
        (row("a", "CCAS de Clisson", "Clisson"), row("b", "Ctre Com Action Social de Clisson", "Clisson")),
        (
            row("a", "Inter Sud 3B", address="12 rue Victor Hugo"),
            row("b", "Assoc Inter 3 B", address="12 r. Victor-Hugo"),
        ),
        (
            row("a", "Regain", address="6 rue Sainte-Marthe"),
            row("b", "Assoc Regain", None, departement_code="44", address="6 r Ste Marthe"),
        ),
        (
            row("a", "La Maison des initiatives du Val", domain="initiatives-val.fr"),
            row("b", "MDIV", domain="initiatives-val.fr"),
        ),
        (
            row("a", "Artois Technique Services", contact_phone="+33240000000"),
            row("b", "ATS", None, contact_phone="+33240000000"),
        ),
    ],
)
def test_one_initiative_under_two_names(left: Row, right: Row) -> None:
    assert same(left, right)
    assert same(right, left)


def test_a_generic_name_counts_at_the_same_door() -> None:
    left, right = row("a", "Le Fablab", address="3 rue du Port"), row("b", "Fablab", address="3, Rue du port")
    assert same(left, right)


def test_a_match_says_why() -> None:
    linked = run([row("a", "La Smalah"), row("b", "la smalah")])
    [match] = linked.matches
    assert (match.left_id, match.right_id, match.decided_by) == (0, 1, "rule")
    assert match.reason == "names 100% alike, same commune"
    assert 0.85 <= match.score < 1


# --------------------------------------------------------------------------------------------------- not the same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (row("a", "Le Repaire", "Nantes"), row("b", "Le Repaire", "Lyon")),
        (row("a", "Le Grand Détour", "Nantes"), row("b", "Le Grand Détour", "Châteaubriant")),
        (row("a", "Le Grand Détour", "Nantes"), row("b", "Le Grand Détour", "Clisson")),
        (row("a", "Café associatif"), row("b", "Café associatif", "Rezé")),
        (row("a", "Épicerie sociale"), row("b", "Épicerie sociale et solidaire")),
        (row("a", "Centre social"), row("b", "Centre social")),
        (row("a", "Le Fablab", address="3 rue du Port"), row("b", "Le Fablab", address="9 rue du Port")),
        (row("a", "La Smalah", siren="732829320"), row("b", "La Smalah", siren="552081317")),
        (row("a", "La Smalah", rna="W442000001"), row("b", "La Smalah", rna="W442000002")),
        (row("a", "La Smalah", country="FR"), row("b", "La Smalah", None, country="BE")),
        (
            row("a", "Mairie de Nantes", siret="21440109300015"),
            row("b", "Conseiller numérique de quartier", siret="21440109300015"),
        ),
        (
            row("a", "Maison de l'emploi", siret="73282932000074"),
            row("b", "Atelier vélo Bellevue", siret="73282932000074"),
        ),
        (row("a", "Emmaüs Connect", domain="emmaus.org"), row("b", "Label Friperie", domain="emmaus.org")),
        (row("a", "Envie 44"), row("b", "Envie 49")),
        (row("a", "Maison des solidarités C2"), row("b", "Maison des solidarités C4")),
        (row("a", "Jardin communautaire Sainte-Marie"), row("b", "Jardin communautaire Saint-Michel")),
        (row("a", "Ulisse"), row("b", "Ulisse Énergie")),
        (row("a", "Boussole – Nantes Nord"), row("b", "Boussole – Nantes Sud")),
        (
            row("a", "La Smalah", "Nantes", siret="73282932000074", siren="732829320"),
            row("b", "La Smalah", "Rezé", siret="73282932000082", siren="732829320"),
        ),
        (row("a", "PiNG", domain="pingbase.net"), row("b", "Slowtech (association PiNG)", domain="pingbase.net")),
        (row("a", "CCAS de Clisson", None), row("b", "Recyclerie du vignoble (Clisson)", "Clisson")),
        (
            row("a", "Ressourcerie du Pays d'Ancenis", address="3 rue du Port"),
            row("b", "Communauté de communes du Pays d'Ancenis", address="3 rue du Port"),
        ),
        (
            row("a", "La Smalah", address="3 rue du Port", domain="smalah.fr"),
            row("b", "La Smalah", address="9 rue du Port", domain="smalah.org"),
        ),
        (row("a", "***"), row("b", "!!!")),
        (row("a", "***", address="3 rue du Port"), row("b", "???", address="3 rue du Port")),
    ],
)
def test_two_initiatives_however_alike(left: Row, right: Row) -> None:
    assert not same(left, right)
    assert not same(right, left)


def test_a_telling_name_that_stands_in_many_places_says_nothing_without_a_place() -> None:
    elsewhere = [row(f"s{town}", "Les Petits Débrouillards", town) for town in ("Lyon", "Rezé", "Clisson")]
    assert not same(row("a", "Les Petits Débrouillards"), row("b", "Les Petits Débrouillards", None), *elsewhere)


ABROAD: dict[str, Any] = {"country": "DE", "geo_precision": "country"}


def test_a_town_abroad_is_a_town_too() -> None:
    left = row("a", "Sieben Linden", None, **ABROAD, commune_key="beetzendorf")
    assert same(left, row("b", "Sieben Linden", None, **ABROAD, commune_key="beetzendorf"))
    twice = {"commune_key": "beetzendorf", "address": "3 am Dorfplatz"}
    assert same(row("a", "Hof", None, key="1", **ABROAD, **twice), row("a", "Hof", None, key="2", **ABROAD, **twice))


@pytest.mark.parametrize(
    ("house", "inside"),
    [
        ("Haus der Eigenarbeit", "Reparatur-Café im Haus der Eigenarbeit"),
        ("SINGA", "Avec SINGA, réfugiés et habitants se rencontrent"),
        ("La Cour commune", "Atelier couture à la Cour commune"),
    ],
)
def test_what_happens_at_an_initiative_is_not_that_initiative(house: str, inside: str) -> None:
    told = {"domain": "maison.org", "address": "42 rue du Port"}
    assert not same(row("a", house, **told), row("b", inside, **told))
    rows = [row("a", house, **told), row("b", inside, **told), row("c", f"{house} ({inside})", **told)]
    assert not any({0, 1} <= set(group) for group in run(rows).clusters)


def test_chez_begins_a_name_too() -> None:
    told = {"domain": "basile.fr"}
    assert same(row("a", "Chez Basile", **told), row("b", "Chez Basile // agriculture urbaine", **told))


# ------------------------------------------------------------------------------------- a name in many sources


def test_a_name_tells_as_much_in_twenty_sources() -> None:
    rows = [row(f"s{n}", "Le Carillon", "Paris" if n % 2 else "Paris 11e") for n in range(20)]
    assert run([*rows, row("t", "Le Carillon", None)]).clusters == [list(range(21))]


def test_a_word_of_many_towns_tells_nothing() -> None:
    rows = [row(f"s{n}", "L'Escale", insee_code=f"440{n:02}", commune_key=f"ville {n}") for n in range(10, 30)]
    assert all(len(group) == 1 for group in run([*rows, row("t", "L'Escale", None)]).clusters)


# ----------------------------------------------------------------------------------- a project and its bearer

SITE = {"domain": "cocagne.org"}


def slogan(source: str, name: str, **told: Any) -> Row:
    return row(source, name, **{"organisation_key": "reseau cocagne"} | SITE | told)


def test_a_slogan_on_the_site_of_its_bearer_is_the_bearer() -> None:
    linked = run([row("a", "Réseau Cocagne", None, **SITE), slogan("b", "Cultiver la solidarité à grande échelle")])
    assert linked.clusters == [[0, 1]]
    assert linked.matches[0].reason == "same site cocagne.org, borne by the other, place unknown"


@pytest.mark.parametrize(
    "others",
    [
        [slogan("b", "Convergence")],
        [slogan("b", "Épicerie de la grande échelle")],
        [slogan("b", "Cultiver la grande solidarité"), slogan("b", "Former cent nouveaux maraîchers")],
        [slogan("b", "Cultiver la grande solidarité", domain="ailleurs.org")],
        [slogan("b", "Cultiver la grande solidarité", organisation_key="jardins de mars")],
        [slogan("b", "Cultiver la grande solidarité"), *(row(f"n{n}", f"Site{n} Nom{n}", **SITE) for n in range(5))],
    ],
    ids=["a proper name", "a service", "two projects", "another site", "another bearer", "a site of many"],
)
def test_a_project_of_its_own_is_not_its_bearer(others: list[Row]) -> None:
    linked = run([row("a", "Réseau Cocagne", None, **SITE), *others])
    assert all(len(group) == 1 for group in linked.clusters)


# ------------------------------------------------------------------------------------------- what a cluster holds


def test_a_record_without_a_place_does_not_join_two_towns() -> None:
    told = {"domain": "lacravate.org"}
    rows = [row("a", "La Cravate", "Paris", **told), row("b", "La Cravate Lyon", "Lyon", **told)]
    assert not any({0, 1} <= set(group) for group in run([*rows, row("c", "La Cravate", None, **told)]).clusters)


def test_the_same_number_has_the_better_right_to_a_record() -> None:
    siret = {"siret": "84779999600016", "siren": "847799996"}
    rows = [
        row("a", "La Cravate Solidaire Lyon", "Lyon", **siret, address="avenue des quarante journaux"),
        row("b", "La Cravate Solidaire Lyon", "Lyon", **siret, address="avenue des 40 journaux", key="1"),
        row("b", "La Cravate Solidaire Lyon", "Lyon", **siret, address="avenue quarante journaux", key="2"),
        row("c", "La Cravate Solidaire", "Paris", siret="84779999600024", siren="847799996"),
    ]
    assert run(rows).clusters == [[0, 1, 2], [3]]


def test_an_arrondissement_is_in_its_city() -> None:
    sides = [Side(**row("a", "x", town) | {"id": 0}) for town in ("Paris", "Paris 11e", "Paris 13e", "Lyon")]
    paris, eleventh, thirteenth, lyon = sides
    assert same_commune(paris, eleventh)
    assert not same_commune(eleventh, thirteenth)
    assert not same_commune(paris, lyon)
    assert [city_code(code) for code in ("13203", "69385", "44109")] == ["13055", "69123", "44109"]


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(sorted(PLACES)), st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None)
def test_evidence_is_the_same_from_both_sides(here: str, there: str, name: str, other: str) -> None:
    left, right = (Side(**row("a", name, here) | {"id": 0}), Side(**row("b", other, there) | {"id": 1}))
    rarity = Rarity({}, {}, {}, {})
    assert weigh(left, right, rarity) == weigh(right, left, rarity)
    assert 0 <= weigh(left, right, rarity).score <= 1


@given(st.text(max_size=40))
def test_variants_of_any_name(name: str) -> None:
    assert all(len(key) >= 3 for key in variants(name))


# ------------------------------------------------------------------------------------------ one record of a source


def test_a_source_tells_its_own_records_apart() -> None:
    rows = [row("a", "La Smalah", key="1"), row("b", "La Smalah", key="1"), row("a", "Smalah Café", key="2")]
    assert named(rows, run(rows)) == {frozenset({("a", "1"), ("b", "1")}), frozenset({("a", "2")})}


def test_what_a_source_lists_twice_is_one() -> None:
    rows = [row("a", "La Smalah", key="1"), row("a", "La Smalah", key="2"), row("b", "La Smalah", key="1")]
    assert len(run(rows).clusters) == 1


@pytest.mark.parametrize(
    "differing",
    [{"address": "9 rue du Port"}, {"siret": "55208131700331"}, {"insee_code": "44143"}, {"siren": "552081317"}],
)
def test_what_differs_inside_a_source_is_two(differing: Row) -> None:
    told = {"address": "3 rue du Port", "siret": "73282932000074", "siren": "732829320"}
    assert same(row("a", "La Smalah", key="1", **told), row("a", "La Smalah", key="2", **told))
    assert not same(row("a", "La Smalah", key="1", **told), row("a", "La Smalah", key="2", **told | differing))


def test_a_repetition_in_one_source_does_not_join_what_another_tells_apart() -> None:
    rows = [
        row("a", "La Smalah", key="1"), row("a", "La Smalah", key="2"),
        row("b", "La Smalah du Nord", key="1"), row("b", "La Smalah du Sud", key="2"),
    ]  # fmt: skip
    asked = [judged(("a", "1"), "same", ("b", "1"), 2), judged(("a", "2"), "same", ("b", "2"), 3)]
    assert len(run(rows, *asked).clusters) == 2


# ------------------------------------------------------------------------------------------------------ judgements

SMALAH, BIS = ("a", "La Smalah"), ("b", "Rien de commun")


def test_judged_the_same_whatever_the_names() -> None:
    rows = [row("a", "La Smalah", siren="732829320"), row("b", "Rien de commun", "Lyon", siren="552081317")]
    linked = run(rows, judged(BIS, "same", SMALAH, 7))
    assert linked.clusters == [[0, 1]]
    [match] = linked.matches
    assert (match.score, match.decided_by) == (1.0, "camille")
    assert match.reason == "judged the same (judgements.csv, line 7)"


@pytest.mark.parametrize("verdict", ["different", "unsure"])
def test_judged_different_or_unsure_stays_apart(verdict: str) -> None:
    rows = [row("a", "La Smalah"), row("b", "La Smalah"), row("c", "La Smalah")]
    linked = run(rows, judged(SMALAH, verdict, ("b", "La Smalah")))
    assert len(linked.clusters) == 2
    assert not any(group[:2] == [0, 1] for group in linked.clusters)


def test_a_judged_pair_that_rules_match_too_is_told_once() -> None:
    linked = run([row("a", "La Smalah"), row("b", "La Smalah")], judged(SMALAH, "same", ("b", "La Smalah")))
    assert [match.decided_by for match in linked.matches] == ["camille"]


def test_joining_unlike_identifiers_by_judgement_leaves_room_for_others() -> None:
    rows = [
        row("a", "La Smalah", siren="732829320"), row("b", "La Smalah", siren="552081317"), row("c", "La Smalah"),
    ]  # fmt: skip
    assert run(rows, judged(SMALAH, "same", ("b", "La Smalah"))).clusters == [[0, 1, 2]]


def test_judgements_hold_through_records_that_are_not_here_today() -> None:
    rows, absent = [row("a", "La Smalah"), row("b", "Rien de commun"), row("c", "La Smalah")], ("x", "absent")
    through = run(rows, judged(SMALAH, "same", absent, 2), judged(absent, "same", BIS, 3))
    assert through.clusters == [[0, 1, 2]]
    apart = run(rows, judged(SMALAH, "same", absent, 2), judged(absent, "different", ("c", "La Smalah"), 3))
    assert apart.clusters == [[0], [1], [2]]
    assert run(rows, judged(absent, "same", ("y", "absent"))).clusters == [[0, 2], [1]]


def test_contradicting_judgements_name_their_lines() -> None:
    a, b, c = ("a", "1"), ("b", "1"), ("c", "1")
    told = [judged(a, "same", b, 2), judged(b, "same", c, 5), judged(a, "different", c, 9)]
    with pytest.raises(ContradictionError, match=r"line 9 says .* differ, lines 2, 5 join them"):
        run([row("a", "x", key="1")], *told)


# ------------------------------------------------------------------------------------------------- order and scale

CROWD = [
    row(source, name, town, key=f"{name} {town} {again}")
    for source, again in (("a", 1), ("a", 2), ("b", 1), ("c", 1))
    for name in ("La Smalah", "Smalah Café", "La Smalah Nord", "Le Fablab")
    for town in ("Nantes", "Rezé", None)
    if not (again == 2 and name == "Le Fablab")
]


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_rows_does_not_matter(chance: random.Random) -> None:
    rows = list(CROWD)
    chance.shuffle(rows)
    asked = judged(("a", "La Smalah Nantes 1"), "different", ("b", "La Smalah Rezé 1"))
    assert named(rows, run(rows, asked)) == named(CROWD, run(CROWD, asked))


def test_every_record_is_in_one_cluster_and_every_match_inside_one() -> None:
    linked = run(CROWD)
    assert sorted(index for group in linked.clusters for index in group) == list(range(len(CROWD)))
    home = {index: number for number, group in enumerate(linked.clusters) for index in group}
    assert all(home[match.left_id] == home[match.right_id] for match in linked.matches)
    pairs = [(match.left_id, match.right_id) for match in linked.matches]
    assert len(pairs) == len(set(pairs))


def test_nothing_gives_nothing() -> None:
    assert run([]) == Linked([], [], 0)


def test_a_repetition_in_a_very_large_catalogue_bears_a_name_of_its_own() -> None:
    """There two of one name in one town may be chance, if it is the town's name and words of everybody's."""
    rarity = Rarity({"secours": 900, "populaire": 900, "smalah": 1, "nantes": 1}, {}, {}, {})

    def twice(name: str, records: int) -> bool:
        one, other = (Side(**row("a", name, key=key) | {"id": id}) for id, key in enumerate("12"))
        known = replace(rarity, places_by_name={one.name_key: 1})
        return listed_twice(one, other, known, 3.0, records)

    assert twice("Secours populaire Nantes", LARGE)
    assert not twice("Secours populaire Nantes", LARGE + 1)
    assert twice("La Smalah Nantes", LARGE + 1)


def test_pairs_stay_few_in_a_large_catalogue() -> None:
    """20,000 records, a third with one of few names, all on one shared site, in 200 communes."""
    connection = duckdb.connect()
    kept = dict.fromkeys(LINKABLE, "NULL") | {
        "id": "i", "source_id": "'s' || i % 7", "record_key": "i::VARCHAR", "country": "'FR'", "domain": "'reseau.fr'",
        "name": "nom", "name_key": "nom", "insee_code": "(10000 + i % 200)::VARCHAR", "geo_precision": "'commune'",
        "latitude": "47.0", "longitude": "2.0",
    }  # fmt: skip
    told = ", ".join(f"({sql})::{TYPES.get(name, 'VARCHAR')} AS {name}" for name, sql in kept.items())
    connection.execute(
        f"CREATE TABLE linkable AS SELECT {told} FROM (SELECT i, CASE WHEN i % 3 = 0 THEN 'maison quartier' "
        "ELSE 'lieu numero' || i // 4 END AS nom FROM range(20000) t(i))"
    )
    linked = link(connection, [])
    assert linked.pairs < 20_000 * 15
    assert sum(map(len, linked.clusters)) == 20_000


def test_the_table_asked_for_is_what_a_side_holds() -> None:
    assert set(asdict(Side(**row("a", "x") | {"id": 0}))) == set(LINKABLE)
