"""Which of our fields a column or key holds, guessed from its name, in French or English, and from its values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from scrapers.propose.proposal import RuleValue
from scrapers.propose.settle import settled

# Of the names of one field, those that come first say it best. Names are compared as `plain` writes them; a name with
# "__" is the end of a path, such as title.rendered.
_NAMES = """
siret: siret numero_siret num_siret n_siret code_siret
siren: siren numero_siren num_siren n_siren
rna: rna numero_rna id_rna code_rna waldec
insee_code: code_insee insee codeinsee code_commune com_insee insee_code codgeo depcom code_insee_commune citycode
    code_commune_insee
postcode: code_postal cp codepostal postcode postal_code zip zipcode zip_code postalcode c_postal adresse_cp cp_lieu
    plz
latitude: latitude lat y coord_y geo_lat latitude_wgs84 y_wgs84 lattitude
longitude: longitude lon lng long x coord_x geo_lon geo_lng longitude_wgs84 x_wgs84
point: geo_point_2d geopoint geo_point geometry__coordinates coordinates coordonnees coordonnees_geographiques gps
    latlng latlon geolocalisation geom wkt point
address: adresse address adresse_complete adresse_postale street_address streetaddress adresse_1 adresse1 rue voie
    street adresse_du_lieu adresse_structure lieu_adresse full_address adresse_siege libelle_voie anschrift strasse
commune: commune ville city town nom_commune commune_nom libelle_commune nom_com localite municipality
    addresslocality adresse_ville com_nom ville_nom nom_ville municipalite locality ort stadt gemeinde wohnort
departement: departement dept dep code_departement nom_departement num_departement department numero_departement
region: region nom_region libelle_region region_nom addressregion
country: pays country addresscountry country_code code_pays
name: title__rendered nom name titre title intitule denomination denomination_sociale raison_sociale nom_du_lieu
    nom_lieu nom_structure nom_de_la_structure structure_nom nom_du_projet nom_projet projet_nom nom_de_l_initiative
    nom_initiative nom_association nom_de_l_association nom_organisme enseigne libelle label appellation
    project_name organisation_name initiative initiatives structure association projet project nom_usage nom_complet
    projekt projektname headline
organisation_name: structure_porteuse porteur porteur_du_projet porteur_projet organisation organization organisme
    association structure operateur operator nom_organisation gestionnaire maitre_d_ouvrage organisation_porteuse
    orga trager traeger projekttrager
organisation_kind: statut_juridique forme_juridique type_structure type_de_structure categorie_juridique
    organisation_type legal_form
url: site_web site_internet siteweb website site web site_url url_site url_site_web lien_site adresse_internet
    homepage url_projet www adresse_web webseite internetseite internet links__website links__site links__web
    links__homepage links__external external_url website_url url
record_url: link permalink fullurl url_fiche lien_fiche fiche lien_de_la_fiche page_url detail_url url_page
    record_url html_url links__html html__href web_url links__permalink permalien lien url href source_url
    links__canonical links__self self__href
summary: content__rendered excerpt__rendered description resume presentation descriptif summary abstract
    descriptioncourte description_courte short_description shortdescription chapo texte objet descr objectif
    objectifs details content body excerpt description_du_projet body_fr commentaire
impact: impact resultats results impacts impact_social
status: statut etat avancement etat_d_avancement stade project_status statut_du_projet
started_on: date_creation annee_creation date_de_creation annee_de_creation annee date_debut date_ouverture
    start_date started_on annee_d_ouverture creation founded founding_date foundingdate date_de_debut year
    date_d_ouverture startdate opening_date
ended_on: date_fin end_date date_de_fin date_fermeture annee_fin enddate
themes: thematique thematiques theme themes domaine domaines categorie categories category secteur secteurs
    secteur_d_activite domaine_d_action tags mots_cles keywords tag activite activites topics champ_d_action
beneficiaries: public publics beneficiaires public_cible publics_cibles public_vise target audience target_audience
funders: financeurs financeur funders funder financements
source_key: id identifiant uuid uid _id guid gid fid objectid ref reference code num numero key slug pageid recordid
    external_id identifier identifiant_unique id_lieu id_structure id_projet ogc_fid nid key_id
"""

NAMES: dict[str, tuple[str, ...]] = {
    name: tuple(words.split()) for name, words in re.findall(r"^(\w+):((?:.|\n )*)", _NAMES, re.M)
}
"""The names of columns by the field they hold, the most telling first."""

PEOPLE = {
    "courriel", "courriels", "mail", "mails", "email", "emails", "tel", "telephone", "telephones", "phone", "phones",
    "mobile", "portable", "fax", "contact", "contacts", "responsable", "responsables", "referent", "referente",
    "referents", "prenom", "prenoms", "firstname", "lastname", "surname", "president", "presidente", "directeur",
    "directrice", "dirigeant", "gerant", "gerante", "author", "auteur", "authors", "auteurs", "interlocuteur",
    "civilite", "coordinateur", "coordinatrice", "animateur", "animatrice", "creator", "createur", "owner", "username",
    "useremail", "nickname", "melle", "naissance", "birthdate", "adressemail", "animateurs", "signataire", "kontakt",
    "ansprechpartner", "ansprechpartnerin", "telefon",
}  # fmt: skip
"""Words in the names of columns that hold what belongs to people."""

REACHED = {
    "courriel", "mail", "email", "tel", "telephone", "telefon", "phone", "fax", "mobile", "adressemail", "prenom",
}  # fmt: skip
"""Words that mean a person's data whatever stands beside them, as in "Adresse e-mail"."""

NOT_PEOPLE = {"url", "site", "website", "web", "address", "adresse", "ville", "commune", "postcode", "cp", "postal"}

E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w{2,}")
ADDRESS = re.compile(r"\w+://\S+|(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?|[^\s@]+@[^\s@]+\.\w{2,}", re.I)
"""A text that is a web address or an e-mail address, and so no name."""
PHONE = re.compile(r"(?:\+33|0033|0)[\s.-]?[1-9](?:[\s.-]?\d{2}){4}")

OF_THE_WHOLE = {"name", "source_key", "record_url", "url", "summary", "status", "themes", "started_on"}
STEMS = {
    "postcode": re.compile(r"(?:code_postal|postcode|cp)_"),
    "commune": re.compile(r"(?:commune|ville|localite|town|city)_(?:d|de|du|des|of|l|principale|siege)(?:_|$)"),
    "address": re.compile(r"adresse_(?:d|de|du|des|principale|siege|physique|geographique)(?:_|$)"),
}
"""Beginnings of the names of fields of a place, as in "Commune d'implantation"."""

WRAPPERS = {"properties", "fields", "attributes", "acf", "record", "node", "item", "data", "source", "meta", "tags"}
"""Keys around a whole record, which say nothing of what stands in them."""

LISTS = {"themes", "beneficiaries", "funders"}


@dataclass(slots=True)
class Guess:
    """Which column each field is taken from, the columns that hold people's data, and the others."""

    fields: dict[str, RuleValue] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def plain(name: str) -> str:
    """`name` without accents, capitals and signs: "Code postal (lieu)" is "code_postal_lieu"."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    bare = unicodedata.normalize("NFKD", split.replace("œ", "oe")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def is_address(text: str) -> bool:
    """Whether `text` is or holds a web address, or is an e-mail address: no name of an initiative."""
    return "://" in text or ADDRESS.fullmatch(text.strip()) is not None


def is_people(name: str, values: list[str]) -> bool:
    """Whether the column or key `name` looks like it holds what belongs to people, by its name or its `values`."""
    *before, last = _segments(name)
    words = set(last.split("_")) | {last.replace("_", "")}
    if words & REACHED:
        return True
    if words & PEOPLE and not words & NOT_PEOPLE:
        return True
    if any(set(part.split("_")) & PEOPLE for part in before) and not words & NOT_PEOPLE:
        return True
    told = [value for value in values if value.strip()]
    hits = [value for value in told if len(value) < 80 and (E_MAIL.search(value) or PHONE.fullmatch(value.strip()))]
    return len(hits) * 3 > len(told)


def guess_fields(columns: dict[str, list[str]]) -> Guess:
    """Give each column, with some of its values, to a field or to one of the lists of a `Guess`."""
    guess = Guess(people=[name for name, values in columns.items() if is_people(name, values)])
    left = {name: values for name, values in columns.items() if name not in guess.people}
    for wanted in NAMES:
        place = _best(wanted, left)
        if place is None or (wanted == "name" and _is_of_a_part(wanted, _segments(place))):
            continue
        guess.fields[wanted] = _rule(wanted, place, left.pop(place))
    for wanted, stem in STEMS.items():
        longer = [name for name, values in left.items() if stem.match(_segments(name)[-1]) and _fits(wanted, values)]
        if wanted not in guess.fields and longer:
            guess.fields[wanted] = longer[0]
            del left[longer[0]]
    if "name" not in guess.fields:
        _take_a_name(guess, left)
    if "source_key" not in guess.fields:
        _take_a_key(guess, left)
    if "point" in guess.fields and "latitude" in guess.fields and "longitude" in guess.fields:
        left[str(guess.fields.pop("point"))] = []
    left |= {name: [] for name in settled(guess.fields, columns)}
    guess.rest = [name for name in columns if name in left]
    return guess


def _segments(name: str) -> list[str]:
    return [part for part in map(plain, name.replace('"', "").split(".")) if part] or [plain(name)]


def _best(wanted: str, columns: dict[str, list[str]]) -> str | None:
    """The column whose name says `wanted` best, of equals the one nearest to the root."""
    ranked = []
    for order, (name, values) in enumerate(columns.items()):
        if wanted == "source_key" and len({*values}) < len(values):
            continue  # a number that several share is no identifier, and another column may be one
        segments = _segments(name)
        known = [NAMES[wanted].index(end) for end in _ends(segments) if end in NAMES[wanted]]
        if known and _fits(wanted, values):
            ranked.append((_is_of_a_part(wanted, segments), min(known), len(segments), order, name))
    return min(ranked)[-1] if ranked else None


def _is_of_a_part(wanted: str, segments: list[str]) -> bool:
    """Whether a path leads to a part of the record, such as `porteur.nom`, where `wanted` is meant of the whole."""
    own = segments[-1] if "__".join(segments[-2:]) not in NAMES[wanted] else ""
    before = [segment for segment in segments[:-1] if segment not in WRAPPERS]
    return bool(before) and bool(own) and wanted in OF_THE_WHOLE


def _ends(segments: list[str]) -> list[str]:
    ends = [segments[-1], "_".join(segments), "__".join(segments[-2:]), "_".join(segments[-2:])]
    return [*ends, segments[-1].replace("_", "")]


def _take_a_name(guess: Guess, left: dict[str, list[str]]) -> None:
    """Take for the name what begins like one, or else the first column of short, distinct texts."""
    place = re.compile(r"rue|voie|commune|ville|region|dep|street|city|quartier")
    begins = re.compile(r"(?:nom|titre|intitule|name|title|denomination)(?:_|$)")
    lasts = {name: _segments(name)[-1] for name in left if len(_segments(name)) == 1}
    starts = [name for name, last in lasts.items() if begins.match(last) and not place.search(last)]
    texts = [name for name, values in left.items() if _fits("name", values) and _are_distinct(values)]
    part = _best("name", left)
    for name in [*starts, *([part] if part else []), *texts][:1]:
        guess.fields["name"] = name
        del left[name]


def _take_a_key(guess: Guess, left: dict[str, list[str]]) -> None:
    """Take for the key the first column that is called an identifier of something, and is another in each row."""
    for name, values in left.items():
        last = _segments(name)[-1]
        if (
            re.search(r"(?:^|_)(?:id|uuid|identifiant)$|^(?:id|identifiant)_", last)
            and len({*values}) == len(values) > 1
        ):
            guess.fields["source_key"] = name
            del left[name]
            return


def _rule(wanted: str, place: str, values: list[str]) -> RuleValue:
    if wanted not in LISTS:
        return place
    for sign in ("|", ";", ","):
        if sum(sign in value for value in values) * 5 > len(values) and not any(len(v) > 200 for v in values):
            return {"from": place, "split": sign}
    return place


def _are_distinct(values: list[str]) -> bool:
    told = [value for value in values if value.strip()]
    return bool(told) and len(set(told)) * 5 >= len(told) * 4


def _fits(wanted: str, values: list[str]) -> bool:
    """Whether most of `values` can be what `wanted` holds; where there is none, only the name counts."""
    told = [value.strip() for value in values if value.strip()]
    check = CHECKS.get(wanted)
    if not told:
        return wanted not in {"name", "source_key", "record_url"}
    return check is None or sum(map(check, told)) * 10 >= len(told) * 7


def _degrees(most: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return abs(float(text.replace(",", "."))) <= most
        except ValueError:
            return False

    return check


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


CHECKS: dict[str, Callable[[str], bool]] = {
    "latitude": _degrees(90),
    "longitude": _degrees(180),
    "siret": lambda text: len(re.sub(r"\D", "", text)) in {9, 13, 14},
    "siren": lambda text: len(re.sub(r"\D", "", text)) == 9,
    "postcode": _matches(r"[A-Z]{0,2}[- ]?\d[\d ]{2,6}(?:\.0)?|[A-Z]\d[A-Z] ?\d[A-Z]\d"),
    "insee_code": _matches(r"\d[\dAB]?\d{2,3}"),
    "url": _matches(r"(?:https?://|www\.)?[\w-]+(?:\.[\w-]+)+\S*|https?://\S+"),
    "record_url": _matches(r"https?://\S+"),
    "name": lambda text: len(text) <= 300 and bool(re.search(r"[^\W\d_]{2}", text)) and not is_address(text),
    "commune": lambda text: len(text) <= 100 and not text.isdigit(),
    "started_on": _matches(r".*\d{2,4}.*"),
    "status": lambda text: not text.isdigit(),
    "themes": lambda text: not text.isdigit(),
    "point": _matches(r".*-?\d+[.,]\d+.*"),
    "source_key": lambda text: len(text) <= 200 and not text.startswith("{"),
}
