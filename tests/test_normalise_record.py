"""A raw record becomes a clean one: each field by its own rule, each doubt told, no contact and no unfree sentence."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.problems import Problem
from scrapers.record import PARTS, RAW_FIELDS, RawRecord, RawValue
from transforms.geocode import PlaceQuery
from transforms.merge import PREDICTED
from transforms.normalise import record as normalise
from transforms.normalise.contacts import MARKER, contacts_in_address, find_contacts
from transforms.normalise.record import ADDRESSES, PLACE_FIELDS, CleanRecord, Normaliser, Rules

EMAIL, PHONE = "jeanne@exemple.fr", "02 40 12 34 56"


def rules(**told: Any) -> Rules:
    return Rules("lieux", **({"open_licence": True} | told))


def raw(key: str = "1", position: int = 1, **fields: RawValue) -> RawRecord:
    return RawRecord("lieux", key, {"name": "Le Hangar"} | fields, "page", position)


def clean(told: Rules | None = None, **fields: RawValue) -> tuple[CleanRecord, list[Problem]]:
    normaliser = Normaliser(told or rules())
    record = normaliser.clean(raw(**fields))
    assert record is not None
    return record, list(normaliser.problems())


def value(name: str, written: RawValue, told: Rules | None = None) -> Any:
    return clean(told, **{name: written})[0].values.get(name)


@pytest.mark.parametrize(
    ("name", "written", "cleaned"),
    [
        ("name", "  ATELIER   DE L'ÎLE ", "Atelier de l'Île"),
        ("name", "TERA", "TERA"),
        ("organisation_name", "ASSOCIATION DES AMIS", "Association des Amis"),
        ("summary", "<p>Un lieu.</p><p>Ouvert.</p>", "Un lieu.\n\nOuvert."),
        ("impact", "12 emplois&nbsp;!", "12 emplois !"),
        ("url", "WWW.Exemple.fr?utm_source=a", "https://www.exemple.fr/"),
        ("started_on", "03/02/2019", "2019-02-03"),
        ("ended_on", "2020", "2020"),
        ("siren", "732 829 320", "732829320"),
        ("siret", "732 829 320 00074", "73282932000074"),
        ("rna", "w 131 004 321", "W131004321"),
        ("needs", ["des  bras", "", "des bras", "un local"], ["des bras", "un local"]),
        ("funders", ["Ville", "n/r"], ["Ville"]),
        ("address", "3, rue  du Port", "3, rue du Port"),
        ("summary", " n/r ", None),
        ("needs", [], None),
    ],
)
def test_each_field_has_its_rule(name: str, written: RawValue, cleaned: Any) -> None:
    assert value(name, written) == cleaned


def test_a_field_without_a_value_has_no_original() -> None:
    record, _ = clean(summary="n/r", themes=["?"], siren="000000000")
    assert record.values == {"name": "Le Hangar"}
    assert record.originals == {"name": ["Le Hangar"]}


# ------------------------------------------------------------------------------------------------------- codes

LOOKUPS = {"themes": {"Santé et social": ["health", "solidarity"], "Divers": [], "Soin": ["health"]}, "status": {}}


def test_lookups_give_one_code_several_or_none() -> None:
    told = rules(lookups=LOOKUPS)
    record, problems = clean(told, themes=["Santé  et social", "Divers", "Soin", "sport"])
    assert record.values["themes"] == ["health", "solidarity", "sport"]
    assert record.originals["themes"] == ["Santé  et social", "Santé  et social", "sport"]
    assert problems == []
    assert value("themes", ["Divers"], told) is None


def test_an_empty_code_among_others_is_none() -> None:
    assert value("themes", ["x"], rules(lookups={"themes": {"x": ["", "sport"]}})) == ["sport"]


def test_unknown_values_are_told_once_with_the_number_of_records() -> None:
    normaliser = Normaliser(rules(lookups=LOOKUPS))
    for position in (1, 2):
        record = normaliser.clean(raw(position=position, themes=["Pêche", "Pêche", "sport"], status="en veille"))
        assert record is not None
        assert record.values["themes"] == ["sport"]
        assert "status" not in record.values
    normaliser.clean(raw(themes=["Pêche"]))
    status, themes = normaliser.problems()
    assert (status.message, status.field) == ('status: "en veille" is in no lookup (2 records)', "status")
    assert (themes.message, themes.code) == ('themes: "Pêche" is in no lookup (3 records)', "unknown-value")
    assert themes.remedy == "add it to [lookups.themes]"


def test_status_and_kind_hold_one_code() -> None:
    told = rules(lookups={"status": {"lancé": ["running"]}, "organisation_kind": {"asso": ["association"]}})
    record, _ = clean(told, status="lancé", organisation_kind="asso")
    assert (record.values["status"], record.values["organisation_kind"]) == ("running", "association")
    assert record.originals["status"] == ["lancé"]


@pytest.mark.parametrize(
    ("written", "goals"),
    [
        (["3"], [3]),
        (["ODD 3", "Objectif 11 : villes", "17. Partenariats", "ODD 3"], [3, 11, 17]),
        (["3, 8 et 11"], [3, 8, 11]),
        (["[4;5]"], [4, 5]),
        (["13 Lutte 2030"], [13]),
    ],
)
def test_goals(written: list[str], goals: list[int]) -> None:
    record, problems = clean(sdgs=written)
    assert record.values["sdgs"] == goals
    assert len(record.originals["sdgs"]) == len(goals)
    assert problems == []


@pytest.mark.parametrize("written", ["18", "0", "Agenda 2030", "Bonne santé", "3, 18"])
def test_what_is_no_goal_is_told(written: str) -> None:
    record, [problem] = clean(sdgs=[written])
    assert record.values.get("sdgs", []) in ([], [3])
    assert problem.code == "invalid-sdgs"
    assert written in problem.message


def test_parts_keep_their_named_blocks() -> None:
    partners = [
        {"name": " Ville ", "kind": "public", "motivation": "", "contribution": "locaux"},
        {"name": "", "kind": "seul"},
        {"name": "Ville", "kind": "public", "contribution": "locaux"},
    ]
    record, _ = clean(partners=partners, programmes=[{"name": "Prix", "year": "2024"}])
    assert record.values["partners"] == [{"name": "Ville", "kind": "public", "contribution": "locaux"}]
    assert record.originals["partners"] == [" Ville ; public; ; locaux"]
    assert record.values["programmes"] == [{"name": "Prix", "year": "2024"}]


# ---------------------------------------------------------------------------------- sentences and contacts

SECRET = "Phrase que personne ne doit reprendre"


def test_without_open_licence_no_sentence_gets_out_anywhere() -> None:
    partner = {"name": "Ville", "motivation": SECRET, "contribution": SECRET}
    record, problems = clean(
        rules(open_licence=False), summary=SECRET, impact=SECRET, needs=[SECRET], partners=[partner], siren="12"
    )
    assert SECRET not in repr(record)
    assert SECRET not in repr(problems)
    assert record.values["partners"] == [{"name": "Ville"}]
    assert "summary" not in record.values


def test_under_an_open_licence_sentences_stay() -> None:
    record, _ = clean(summary=SECRET, needs=[SECRET], partners=[{"name": "Ville", "motivation": SECRET}])
    assert record.values["summary"] == SECRET
    assert record.values["needs"] == [SECRET]
    assert record.values["partners"][0]["motivation"] == SECRET


def test_contacts_leave_values_originals_and_messages() -> None:
    text = f"Écrire à {EMAIL} ou {PHONE}"
    record, problems = clean(
        name=f"Le Hangar {EMAIL}", summary=text, needs=[text], funders=[text], themes=[text], sdgs=[text],
        partners=[{"name": text}], address=text, commune=text, siren=text, url=text, latitude=text, started_on=text,
    )  # fmt: skip
    everything = repr((record.values, record.originals, record.place, [problem.message for problem in problems]))
    assert "exemple.fr" not in everything
    assert "12 34" not in everything
    assert record.values["name"] == f"Le Hangar {MARKER}"
    assert {"invalid-siren", "invalid-url", "invalid-sdgs", "unknown-value"} <= {problem.code for problem in problems}


def test_cutting_a_message_lays_no_contact_bare() -> None:
    _, [problem] = clean(name="x" * 70 + " 0612345678901", siren="1")
    assert find_contacts(problem.message) == []


# ------------------------------------------------------------------------------------------- addresses of pages


def test_digits_of_an_address_stay_in_value_and_original() -> None:
    url = "http://www.mairie.fr/index.php/2013-02-07-16-24-54/jeunesse"
    record, problems = clean(url=url, record_url=url + "/1")
    assert record.values["url"] == url
    assert record.originals["url"] == [url]
    assert record.record_url == url + "/1"
    assert "record_url" not in record.originals
    assert problems == []


@pytest.mark.parametrize(
    "url",
    [
        "https://x.fr/?mail=jeanne@exemple.fr",
        "https://x.fr/jeanne%40exemple.fr",
        "https://wa.me/33612345678",
        "https://api.whatsapp.com/send?phone=33612345678",
        "tel:+33612345678",
        "mailto:jeanne@exemple.fr",
    ],
)
@pytest.mark.parametrize("field", ["url", "record_url"])
def test_an_address_that_holds_a_contact_is_left_out_and_told(field: str, url: str) -> None:
    record, [problem] = clean(**{field: url})
    assert field not in record.values
    assert record.record_url is None
    assert field not in record.originals
    assert problem.code == f"invalid-{field.replace('_', '-')}"
    assert contacts_in_address(problem.message) == find_contacts(problem.message) == []
    assert "33612345678" not in problem.message


@pytest.mark.parametrize("beside", [PHONE, "0240123456", EMAIL])
def test_a_contact_beside_an_address_is_not_shown(beside: str) -> None:
    record, _ = clean(url=f"www.x.fr/2013-02-07-16-24-54 ; {beside}")
    assert record.values["url"] == "https://www.x.fr/2013-02-07-16-24-54"
    assert record.originals["url"] == [record.values["url"]]


# --------------------------------------------------------------------------------------- identifiers and names


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("siren", "732829321"),
        ("siret", "73282932000079"),
        ("rna", "0313016218"),
        ("url", "voir le site"),
        ("started_on", "le mois prochain"),
        ("latitude", "ici"),
        ("point", "Nantes"),
    ],
)
def test_what_is_not_valid_is_told_and_left_out(field: str, written: str) -> None:
    record, [problem] = clean(**{field: written})
    assert field not in record.values
    assert field not in record.originals
    code = f"invalid-{field.replace('_', '-')}"
    assert (problem.code, problem.level, problem.field, problem.key) == (code, "info", field, "1")
    assert problem.message.startswith('record 1 ("Le Hangar") ')


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "n/r"}, {"name": "<br>"}])
def test_a_record_without_a_name_is_refused(fields: dict[str, RawValue]) -> None:
    normaliser = Normaliser(rules())
    assert normaliser.clean(raw(key="k", position=7, **fields)) is None
    [problem] = normaliser.problems()
    assert (problem.code, problem.key, problem.level) == ("no-name", "k", "warning")
    assert problem.message.startswith("record 7 ")


# -------------------------------------------------------------------------------------------------- corrections


def test_a_correction_is_applied_to_its_record_only() -> None:
    normaliser = Normaliser(rules(corrections={("1", "commune"): ("Nante", "Nantes")}))
    first, second = normaliser.clean(raw("1", commune="Nante")), normaliser.clean(raw("2", commune="Nante"))
    assert first is not None
    assert second is not None
    assert (first.place.commune, second.place.commune) == ("Nantes", "Nante")
    assert list(normaliser.problems()) == []


def test_a_correction_of_an_item_leaves_the_others() -> None:
    told = rules(corrections={("1", "themes"): ("sprot", "sport")})
    record, problems = clean(told, themes=["health", "sprot"])
    assert record.values["themes"] == ["health", "sport"]
    assert problems == []


def test_a_correction_can_fill_what_is_missing() -> None:
    record, problems = clean(rules(corrections={("1", "commune"): ("", "Nantes")}))
    assert record.place.commune == "Nantes"
    assert problems == []


@pytest.mark.parametrize("commune", ["Nantes", "Rezé"])
def test_a_correction_that_no_longer_fits_is_told(commune: str) -> None:
    record, [problem] = clean(rules(corrections={("1", "commune"): ("Nante", "Nantes")}), commune=commune)
    assert record.place.commune == commune
    assert (problem.code, problem.key, problem.field) == ("correction-unused", "1", "commune")


def test_a_correction_leaves_the_raw_record_as_it_is() -> None:
    record = raw(commune="Nante")
    Normaliser(rules(corrections={("1", "commune"): ("Nante", "Nantes")})).clean(record)
    assert record.fields["commune"] == "Nante"


# -------------------------------------------------------------------------------------------------------- place


def test_the_area_stands_in_where_the_record_names_none() -> None:
    told = rules(country="FR", departement="72", region="52")
    assert clean(told, commune="Le Mans")[0].place == PlaceQuery(
        commune="Le Mans", departement="72", region="52", country="FR"
    )
    assert clean(told)[0].place == PlaceQuery(departement="72", region="52", country="FR")
    assert clean(told, departement="53")[0].place == PlaceQuery(departement="53", country="FR")
    assert clean(told, region="Bretagne", country="BE")[0].place == PlaceQuery(region="Bretagne", country="BE")


def test_place_fields_go_to_the_query_and_keep_their_originals() -> None:
    record, _ = clean(address="3 rue du Port", postcode="44000", commune=" NANTES ", insee_code="44109")
    assert record.values == {"name": "Le Hangar", "address": "3 rue du Port"}
    assert record.originals["commune"] == [" NANTES "]
    assert record.place == PlaceQuery("3 rue du Port", "44000", "NANTES", "44109")


@pytest.mark.parametrize(
    "fields",
    [
        {"latitude": "47.2", "longitude": "-1,55"},
        {"point": "47.2, -1.55"},
        {"point": "POINT(-1.55 47.2)"},
        {"point": '{"type": "Point", "coordinates": [-1.55, 47.2]}'},
        {"latitude": "47.2", "point": "47.2 ; -1.55"},
        {"latitude": "ici", "longitude": "-1.55", "point": "47.2 ; -1.55"},
    ],
)
def test_a_point_in_any_form(fields: dict[str, RawValue]) -> None:
    record, _ = clean(**fields)
    assert (record.place.latitude, record.place.longitude) == (47.2, -1.55)
    assert record.originals["longitude"] == [fields.get("longitude", fields.get("point"))]
    assert not {"latitude", "longitude", "point"} & record.values.keys()


def test_half_a_point_is_none() -> None:
    record, _ = clean(latitude="47.2")
    assert (record.place.latitude, record.place.longitude) == (None, None)


# ------------------------------------------------------------------------------------------------ anything at all

PIECES = [
    EMAIL, PHONE, "https://x.fr/", "?phone=", "0612345678", "+33612345678", "wa.me/33612345678", "%40", "(at)", " ",
    "x.fr", "@", "ODD 3", "732829320", "<p>", "&#64;", "\n", "06", "12", "é", "2013-02-07-16-24-54", "tel:", ";", "0",
]  # fmt: skip
TEXT = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
WILD: dict[str, st.SearchStrategy[Any]] = {"text": TEXT, "list": st.lists(TEXT, max_size=3)}


def wild_value(name: str) -> st.SearchStrategy[Any]:
    if name in PARTS:
        return st.lists(st.dictionaries(st.sampled_from(PARTS[name]), TEXT), max_size=2)
    return WILD[RAW_FIELDS[name]]


WILD_FIELDS = st.fixed_dictionaries(
    {"name": TEXT}, optional={name: wild_value(name) for name in RAW_FIELDS if name != "name"}
)


@given(st.lists(WILD_FIELDS, max_size=7), st.booleans())
@settings(max_examples=60, deadline=None)
def test_records_that_are_cleaned_together_are_as_those_cleaned_one_by_one(
    drawn: list[dict[str, RawValue]], open_licence: bool
) -> None:
    alone, together = Normaliser(rules(open_licence=open_licence)), Normaliser(rules(open_licence=open_licence))
    raws = [RawRecord("lieux", str(number), fields, "page", number) for number, fields in enumerate(drawn)]
    with patch.object(normalise, "TOGETHER", 3):
        found = list(together.clean_all(raws))
    assert found == [(each, clean) for each in raws if (clean := alone.clean(each)) is not None]
    assert list(together.problems()) == list(alone.problems())


@given(WILD_FIELDS, st.booleans())
@settings(max_examples=250, deadline=None)
def test_nothing_raises_and_no_contact_survives(fields: dict[str, RawValue], open_licence: bool) -> None:
    normaliser = Normaliser(rules(open_licence=open_licence))
    record = normaliser.clean(RawRecord("lieux", "1", fields, "page", 1))
    for problem in normaliser.problems():
        assert find_contacts(problem.message) == []
    if record is None:
        return
    assert contacts_in_address(record.record_url or "") == []
    assert all(find_contacts(text) == [] for text in _texts([getattr(record.place, name) for name in PLACE_FIELDS]))
    for name, held in [*record.values.items(), *record.originals.items()]:
        if name in {"contact_email", "contact_phone"}:  # an organisation's own: the one that may be published
            continue
        for text in _texts(held):
            looked_for = contacts_in_address if name in ADDRESSES else find_contacts
            assert looked_for(text) == [], name
    # What is worked out from several fields has no text of the source for itself.
    for name in record.values.keys() - {"language", PREDICTED}:
        held = record.values[name]
        assert len(record.originals[name]) == (len(held) if isinstance(held, list) else 1), name


def _texts(held: Any) -> list[str]:
    if isinstance(held, list):
        return [text for item in held for text in _texts(item)]
    return [str(value) for value in held.values()] if isinstance(held, dict) else [str(held)]


# ----------------------------------------------------------------------------------- contacts, people, languages

CONTACTS: dict[str, RawValue] = {
    "email": "jeanne.exemple@example.org; contact@example.org",
    "phone": "06 00 00 00 00 / 02 61 91 00 00",
}


def test_contacts_of_an_organisation_are_kept_and_private_ones_are_counted() -> None:
    record, problems = clean(rules(country="FR"), **CONTACTS)
    assert record.values["contact_email"] == "contact@example.org"
    assert record.values["contact_phone"] == "+33261910000"
    assert record.originals["contact_email"] == ["contact@example.org"]
    assert not {"email", "phone"} & set(record.values)
    [problem] = problems
    assert (problem.code, problem.key) == ("private-contact", "")
    assert problem.message == "left out as private: 1 e-mail addresses, 1 telephone numbers"


def test_without_an_open_licence_no_contact_is_kept() -> None:
    record, _ = clean(rules(open_licence=False, country="FR"), summary="contact@example.org", **CONTACTS)
    assert not {"contact_email", "contact_phone", "summary"} & set(record.values)


def test_an_address_in_a_text_becomes_the_contact_and_leaves_the_text() -> None:
    record, _ = clean(summary="Un lieu. Écrire à accueil@example.org")
    assert record.values["contact_email"] == "accueil@example.org"
    assert record.values["summary"] == "Un lieu. Écrire à …"


def test_a_person_is_no_organisation() -> None:
    record, problems = clean(organisation_name="Mme Martine D.")
    assert "organisation_name" not in record.values
    assert "organisation_name" not in record.originals
    [problem] = problems
    assert problem.code == "invalid-organisation-name"
    assert "Martine" not in problem.message


def test_people_named_as_contacts_leave_the_texts() -> None:
    record, _ = clean(summary="Un lieu. Contact : Mme Exemple.", needs=["Joindre Jeanne Exemple"])
    assert "Exemple" not in str(record.values)
    assert "Exemple" not in str(record.originals)


@pytest.mark.parametrize(
    ("told", "fields", "language"),
    [
        ({"language": "fr"}, {}, "fr"),
        ({}, {}, None),
        ({"language": "fr"}, {"summary": "A place where people meet and repair with the neighbours who need it"}, "en"),
    ],
)
def test_the_language_is_that_of_the_texts_else_of_the_source(
    told: dict[str, Any], fields: dict[str, RawValue], language: str | None
) -> None:
    assert clean(rules(**told), **fields)[0].values.get("language") == language


def test_names_that_the_source_cut_are_told() -> None:
    normaliser = Normaliser(rules())
    cut = ["Association pour la promotion", "Communauté de communes du Val", "Fédération des foyers ruraux d"]
    for position, name in enumerate([name[:28] for name in cut], 1):
        assert normaliser.clean(raw(str(position), position, name=name)) is not None
    told = [problem for problem in normaliser.problems() if problem.code == "name-truncated"]
    assert [problem.key for problem in told] == ["1", "2", "3"]
    assert "28 characters" in told[0].message


def test_identifiers_of_maps_and_knowledge_bases() -> None:
    record, _ = clean(osm="https://www.openstreetmap.org/node/5", wikidata="http://www.wikidata.org/entity/Q42")
    assert (record.values["osm"], record.values["wikidata"]) == ("node/5", "Q42")


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("14 RUE DE LA BEAUNE", "14 Rue de la Beaune"),
        ("ZA LES PINS, BP 123", "ZA les Pins, BP 123"),
        ("14 rue de la Beaune", "14 rue de la Beaune"),
        ("n", None),
        ("31", "31"),
    ],
)
def test_addresses_read_like_addresses(written: str, published: str | None) -> None:
    record, _ = clean(address=written)
    assert record.values.get("address") == published


def test_a_contact_alone_is_no_name() -> None:
    normaliser = Normaliser(Rules("lieux", True, "FR"))
    assert normaliser.clean(RawRecord("lieux", "1", {"name": "jeanne.exemple@example.org"}, "page", 1)) is None
    assert [problem.code for problem in normaliser.problems()] == ["no-name"]


def test_a_siren_in_place_of_a_siret_is_taken_as_siren() -> None:
    record, problems = clean(siret="552 081 317")
    assert (record.values.get("siret"), record.values.get("siren")) == (None, "552081317")
    assert record.originals["siren"] == ["552 081 317"]
    assert [problem.code for problem in problems] == ["invalid-siret"]
    record, _ = clean(siret="552 081 318")
    assert "siren" not in record.values
