"""The data contract, written once: every table and column, with its type and its meaning in English and French.

DDL, comments, data dictionary, Table Schema and exports are all made from `TABLES`. A column means the same thing
under the same name wherever it stands. Columns of type `DATE` hold nights (the `as_of` of a run), never clock times.
"""

from __future__ import annotations

from transforms.rights import ATTRIBUTION_LICENCE
from warehouse.table import Column, Table

SCHEMA_VERSION = "1.2.0"
"""Semantic version of this file: raise the first number when a column goes or changes its meaning, the second when one
comes. It is written into every warehouse and release (`version.py`); code refuses what a newer one wrote."""

PROGRAMMES = "STRUCT(name VARCHAR, year VARCHAR, theme VARCHAR, organiser VARCHAR)[]"
PREDICTED = "STRUCT(theme VARCHAR, confidence DOUBLE)[]"
PARTNERS = "STRUCT(name VARCHAR, kind VARCHAR, motivation VARCHAR, contribution VARCHAR)[]"


def _c(name: str, type: str, en: str, fr: str) -> Column:
    return Column(name.removesuffix("!"), type, en, fr, required=name.endswith("!"))


# Columns that mean the same in several tables.
INITIATIVE_ID = _c(
    "initiative_id!", "VARCHAR", "Permanent id of the initiative", "Identifiant permanent de l'initiative"
)
SOURCE_ID = _c("source_id!", "VARCHAR", "Id of the source", "Identifiant de la source")
RECORD_KEY = _c(
    "record_key!", "VARCHAR", "Key of the record inside its source", "Clé de l'enregistrement dans sa source"
)
RECORD_URL = _c("record_url", "VARCHAR", "Page of the record at its source", "Page de l'enregistrement chez la source")
CHECKED_ON = _c("checked_on!", "DATE", "Night the source was last read well", "Nuit de la dernière bonne lecture")
STALE_SINCE = _c(
    "stale_since", "DATE", "Night since which the source fails and its last good rows stand", "Nuit depuis laquelle la "
    "source échoue, ses dernières bonnes lignes restant en place",
)  # fmt: skip
FIRST_SEEN = _c("first_seen!", "DATE", "Night of the first sight", "Nuit de la première apparition")

DESCRIBED = (
    _c("name!", "VARCHAR", "Name", "Nom"),
    _c("summary", "VARCHAR", "What it does, in the source's words; only under an open licence", "Ce qu'elle fait, "
       "selon la source ; seulement sous licence ouverte"),
    _c("language", "VARCHAR", "Language of its texts, ISO 639-1: as they read, else as the source says", "Langue de "
       "ses textes, ISO 639-1 : telle qu'on les lit, sinon selon la source"),
    _c("url", "VARCHAR", "Its own site", "Son propre site"),
    _c("contact_email", "VARCHAR", "E-mail address of the organisation, never of a person; only under an open licence",
       "Adresse électronique de la structure, jamais d'une personne ; seulement sous licence ouverte"),
    _c("contact_phone", "VARCHAR", "Telephone of the organisation (E.164), never a mobile; only under an open licence",
       "Téléphone de la structure (E.164), jamais un mobile ; seulement sous licence ouverte"),
    _c("status", "VARCHAR", "Code of the vocabulary: idea, starting, running, scaling, ended or unknown", "Code du "
       "vocabulaire : idée, démarrage, fonctionnement, essaimage, terminée ou inconnu"),
    _c("started_on", "VARCHAR", "Start, as YYYY, YYYY-MM or YYYY-MM-DD", "Début : AAAA, AAAA-MM ou AAAA-MM-JJ"),
    _c("ended_on", "VARCHAR", "End, as YYYY, YYYY-MM or YYYY-MM-DD", "Fin : AAAA, AAAA-MM ou AAAA-MM-JJ"),
    _c("organisation_name", "VARCHAR", "Organisation that carries it", "Structure porteuse"),
    _c("organisation_kind", "VARCHAR", "Kind of that organisation (vocabulary)", "Nature de la structure "
       "(vocabulaire)"),
    _c("siren", "VARCHAR", "SIREN of the organisation, 9 digits", "SIREN de la structure, 9 chiffres"),
    _c("siret", "VARCHAR", "SIRET of the establishment, 14 digits", "SIRET de l'établissement, 14 chiffres"),
    _c("rna", "VARCHAR", "Number in the register of associations", "Numéro au répertoire national des associations"),
    _c("osm", "VARCHAR", "OpenStreetMap element: node/1, way/1 or relation/1", "Objet OpenStreetMap : node/1, way/1 ou "
       "relation/1"),
    _c("wikidata", "VARCHAR", "Wikidata item, Q and digits", "Élément Wikidata, Q et chiffres"),
    _c("themes", "VARCHAR[]", "Themes that a source states (vocabulary)", "Thèmes qu'une source énonce (vocabulaire)"),
    _c("themes_predicted", PREDICTED, "Themes guessed from its texts, with the confidence, 0 to 1; only where no "
       "source states one", "Thèmes devinés d'après ses textes, avec la confiance, de 0 à 1 ; seulement si aucune "
       "source n'énonce de thème"),
    _c("beneficiaries", "VARCHAR[]", "Whom it is for (vocabulary)", "Publics (vocabulaire)"),
    _c("methods", "VARCHAR[]", "How it works (vocabulary)", "Méthodes (vocabulaire)"),
    _c("sdgs", "INTEGER[]", "Sustainable Development Goals, 1 to 17", "Objectifs de développement durable, 1 à 17"),
    _c("programmes", PROGRAMMES, "Challenges, prizes, incubators", "Concours, prix, incubateurs"),
    _c("needs", "VARCHAR[]", "What it looks for", "Ce qu'elle recherche"),
    _c("partners", PARTNERS, "Partners, their kind, motivation and contribution", "Partenaires, nature, motivation et "
       "apport"),
    _c("funding_kinds", "VARCHAR[]", "Kinds of funding (vocabulary)", "Natures de financement (vocabulaire)"),
    _c("funders", "VARCHAR[]", "Who funds it", "Financeurs"),
    _c("impact", "VARCHAR", "Effects told by the source; only under an open licence", "Effets rapportés par "
       "la source ; seulement sous licence ouverte"),
    _c("address", "VARCHAR", "Street address", "Adresse"),
)  # fmt: skip

PLACED = (
    _c("postcode", "VARCHAR", "Postcode", "Code postal"),
    _c("commune", "VARCHAR", "Commune; elsewhere, the town", "Commune ; ailleurs, la ville"),
    _c("insee_code", "VARCHAR", "INSEE code of the commune", "Code INSEE de la commune"),
    _c("epci_code", "VARCHAR", "SIREN of the intercommunal body", "SIREN de l'intercommunalité"),
    _c("epci", "VARCHAR", "Intercommunal body", "Intercommunalité"),
    _c("departement_code", "VARCHAR", "Code of the département", "Code du département"),
    _c("departement", "VARCHAR", "Département", "Département"),
    _c("region_code", "VARCHAR", "INSEE code of the région", "Code INSEE de la région"),
    _c("region", "VARCHAR", "Région; elsewhere, the state, province or Land", "Région ; ailleurs, l'État, la province "
       "ou le Land"),
    _c("country", "VARCHAR", "Country, ISO 3166-1 alpha-2", "Pays, ISO 3166-1 alpha-2"),
    _c("latitude", "DOUBLE", "Latitude, degrees WGS 84", "Latitude, degrés WGS 84"),
    _c("longitude", "DOUBLE", "Longitude, degrees WGS 84", "Longitude, degrés WGS 84"),
    _c("geo_precision!", "VARCHAR", "What the point stands for: point, housenumber, street, locality, commune, "
       "departement, region, country or none", "Ce que le point représente : point, housenumber (numéro), "
       "street (rue), locality (lieu-dit), commune, departement, region, country (pays) ou none (aucun)"),
    _c("geo_method!", "VARCHAR", "How the place was found", "Comment le lieu a été trouvé"),
    _c("geo_confidence!", "DOUBLE", "Confidence in the place, 0 to 1", "Confiance dans le lieu, de 0 à 1"),
    _c("geo_conflict", "VARCHAR", "Contradiction between the point and the stated place", "Contradiction entre le "
       "point et le lieu déclaré"),
)  # fmt: skip

RECORD = Table(
    "record",
    "One row for each record of a source: cleaned, typed and placed, before merging",
    "Une ligne par enregistrement de source : nettoyé, typé et situé, avant fusion",
    (SOURCE_ID, RECORD_KEY, INITIATIVE_ID, RECORD_URL, *DESCRIBED, *PLACED, FIRST_SEEN, CHECKED_ON, STALE_SINCE),
    ("source_id", "record_key"),
)

INITIATIVE = Table(
    "initiative",
    "One row for each initiative, merged from all the sources that know it: the complete set, under the ODbL",
    "Une ligne par initiative, fusionnée depuis toutes les sources qui la connaissent : l'ensemble complet, sous ODbL",
    (
        INITIATIVE_ID,
        *DESCRIBED,
        *PLACED,
        _c("source_ids!", "VARCHAR[]", "Sources that know it", "Sources qui la connaissent"),
        _c("source_count!", "INTEGER", "How many sources know it", "Nombre de sources qui la connaissent"),
        _c("licence!", "VARCHAR", "SPDX expression of the licences of the sources whose values it uses", "Expression "
           "SPDX des licences des sources dont elle reprend des valeurs"),
        FIRST_SEEN,
        _c("changed_on!", "DATE", "Night its published values last changed", "Nuit du dernier changement publié"),
    ),
    ("initiative_id",),
)  # fmt: skip

INITIATIVE_LICENCE_OUVERTE = Table(
    "initiative_licence_ouverte",
    "One row for each initiative that is known without share-alike sources, merged from the others only: for use "
    "under the Licence Ouverte 2.0",
    "Une ligne par initiative connue sans les sources à partage à l'identique, fusionnée depuis les autres seulement : "
    "pour une réutilisation sous Licence Ouverte 2.0",
    INITIATIVE.columns,
    ("initiative_id",),
    licence=ATTRIBUTION_LICENCE,
)

INITIATIVE_SOURCE = Table(
    "initiative_source",
    "Which records of which sources stand behind each initiative",
    "Quels enregistrements de quelles sources fondent chaque initiative",
    (
        INITIATIVE_ID,
        SOURCE_ID,
        RECORD_KEY,
        RECORD_URL,
        _c("licence!", "VARCHAR", "Licence of the source", "Licence de la source"),
        _c("attribution!", "VARCHAR", "How the publisher is to be named", "Mention du producteur"),
        CHECKED_ON,
        STALE_SINCE,
    ),
    ("source_id", "record_key"),
    licence=ATTRIBUTION_LICENCE,
)

INITIATIVE_VALUE = Table(
    "initiative_value",
    "Where each published value comes from",
    "D'où vient chaque valeur publiée",
    (
        INITIATIVE_ID,
        _c("field!", "VARCHAR", "Column of the initiative", "Colonne de l'initiative"),
        _c("rank!", "INTEGER", "Rank of the item in a list, from 1; 1 for a single value", "Rang dans une liste, à "
           "partir de 1 ; 1 pour une valeur seule"),
        _c("value!", "VARCHAR", "The published value; parts as JSON", "La valeur publiée ; les blocs en JSON"),
        SOURCE_ID,
        RECORD_KEY,
        _c("original", "VARCHAR", "What the source wrote, contacts removed; null without an open licence when it is a "
           "sentence", "Ce que la source écrivait, contacts retirés ; vide pour une phrase sans licence ouverte"),
        _c("rule!", "VARCHAR", "Why this value was chosen", "Pourquoi cette valeur a été retenue"),
    ),
    ("initiative_id", "field", "rank"),
    indexed=False,
)  # fmt: skip

INITIATIVE_VALUE_LICENCE_OUVERTE = Table(
    "initiative_value_licence_ouverte",
    "Where each value of `initiative_licence_ouverte` comes from",
    "D'où vient chaque valeur de `initiative_licence_ouverte`",
    INITIATIVE_VALUE.columns,
    ("initiative_id", "field", "rank"),
    licence=ATTRIBUTION_LICENCE,
    indexed=False,
)

TEXT_SHARE_ALIKE = Table(
    "text_share_alike",
    "Texts of sources under a share-alike licence of works (CC BY-SA), as each record has them: never merged, each "
    "under its own licence",
    "Textes des sources sous une licence d'œuvres à partage à l'identique (CC BY-SA), tels que chaque enregistrement "
    "les porte : jamais fusionnés, chacun sous sa licence",
    (
        SOURCE_ID,
        RECORD_KEY,
        INITIATIVE_ID,
        _c("field!", "VARCHAR", "Column of the record that the text would fill", "Colonne de l'enregistrement que le "
           "texte remplirait"),
        _c("rank!", "INTEGER", "Rank of the item in a list, from 1; 1 for a single value", "Rang dans une liste, à "
           "partir de 1 ; 1 pour une valeur seule"),
        _c("text!", "VARCHAR", "The text, contacts of people removed", "Le texte, contacts de personnes retirés"),
        _c("licence!", "VARCHAR", "Licence of the source", "Licence de la source"),
        _c("attribution!", "VARCHAR", "How the publisher is to be named", "Mention du producteur"),
    ),
    ("source_id", "record_key", "field", "rank"),
    licence="CC-BY-SA-4.0",
)  # fmt: skip

SOURCE = Table(
    "source",
    "The sources: publisher, licence, freshness and counts",
    "Les sources : producteur, licence, fraîcheur et effectifs",
    (
        SOURCE_ID,
        _c("title!", "VARCHAR", "Title", "Titre"),
        _c("publisher!", "VARCHAR", "Publisher", "Producteur"),
        _c("publisher_url!", "VARCHAR", "Site of the publisher", "Site du producteur"),
        _c("kind!", "VARCHAR", "Kind of source", "Nature de la source"),
        _c("licence!", "VARCHAR", "Licence, an id of the register", "Licence, identifiant du registre"),
        _c("licence_proof!", "VARCHAR", "Where the licence is stated", "Où la licence est énoncée"),
        _c("attribution!", "VARCHAR", "How the publisher is to be named", "Mention du producteur"),
        _c("verified!", "VARCHAR", "When a person last saw the real address answer as described", "Dernière "
           "vérification humaine de l'adresse réelle"),
        _c("records!", "INTEGER", "Records published", "Enregistrements publiés"),
        _c("rejected!", "INTEGER", "Records refused, with their reasons in `issue`", "Enregistrements refusés, motifs "
           "dans `issue`"),
        CHECKED_ON,
        STALE_SINCE,
    ),
    ("source_id",),
    licence=ATTRIBUTION_LICENCE,
)  # fmt: skip

PLACE = Table(
    "place",
    "The communes where initiatives stand",
    "Les communes où se trouvent des initiatives",
    (
        _c("insee_code!", "VARCHAR", "INSEE code of the commune", "Code INSEE de la commune"),
        _c("commune!", "VARCHAR", "Commune", "Commune"),
        *PLACED[3:9],
        _c("population", "INTEGER", "Inhabitants", "Habitants"),
        _c("initiatives!", "INTEGER", "Initiatives there", "Initiatives présentes"),
    ),
    ("insee_code",),
    licence=ATTRIBUTION_LICENCE,
)

MATCH = Table(
    "match",
    "Pairs of records held to be the same initiative, with the evidence",
    "Paires d'enregistrements tenus pour la même initiative, avec la preuve",
    (
        _c("left_source_id!", "VARCHAR", "Source of the first record", "Source du premier enregistrement"),
        _c("left_record_key!", "VARCHAR", "Key of the first record", "Clé du premier enregistrement"),
        _c("right_source_id!", "VARCHAR", "Source of the second record", "Source du second enregistrement"),
        _c("right_record_key!", "VARCHAR", "Key of the second record", "Clé du second enregistrement"),
        _c("score!", "DOUBLE", "How sure, 0 to 1", "Degré de certitude, de 0 à 1"),
        _c("reason!", "VARCHAR", "The evidence in plain words", "La preuve en clair"),
        _c(
            "decided_by!", "VARCHAR", "Rule of the software, or who judged", "Règle du logiciel, ou personne qui a jugé"
        ),
    ),
    ("left_source_id", "left_record_key", "right_source_id", "right_record_key"),
)

SIMILAR = Table(
    "similar",
    "For each initiative those nearest in idea: nearby, to pool efforts, and elsewhere, to learn from or spread; never "
    "the same one",
    "Pour chaque initiative, les plus proches par l'idée : à côté, pour s'unir, et ailleurs, pour s'inspirer ou "
    "essaimer ; jamais la même",
    (
        INITIATIVE_ID,
        _c("scope!", "VARCHAR", "nearby (within 30 km) or elsewhere (in another département or country, further away)",
           "nearby (à moins de 30 km) ou elsewhere (dans un autre département ou pays, plus loin)"),
        _c("rank!", "INTEGER", "Rank in its scope, from 1, the nearest in idea first", "Rang, à partir de 1, la plus "
           "proche par l'idée d'abord"),
        _c("similar_id!", "VARCHAR", "Id of the initiative that is alike", "Identifiant de l'initiative semblable"),
        _c("score!", "DOUBLE", "How alike the ideas are, 0 to 1", "Proximité des idées, de 0 à 1"),
        _c("distance_km", "DOUBLE", "Distance as the crow flies, in kilometres; null where a place is unknown",
           "Distance à vol d'oiseau, en kilomètres ; vide si un lieu est inconnu"),
        _c("reason!", "VARCHAR", "What they share, in plain words: telling words and themes", "Ce qu'elles partagent, "
           "en clair : mots parlants et thèmes (en anglais)"),
    ),
    ("initiative_id", "scope", "rank"),
)  # fmt: skip

RELATED = Table(
    "related",
    "Pairs of initiatives that have to do with each other and are two, each once, the lower id first",
    "Paires d'initiatives liées entre elles mais distinctes, chacune une fois, le plus petit identifiant d'abord",
    (
        _c("left_initiative_id!", "VARCHAR", "First initiative", "Première initiative"),
        _c("right_initiative_id!", "VARCHAR", "Second initiative", "Seconde initiative"),
        _c("kind!", "VARCHAR", "hosted: one is run or happens at the other", "hosted : l'une est portée ou accueillie "
           "par l'autre"),
        _c("reason!", "VARCHAR", "The evidence in plain words", "La preuve en clair"),
    ),
    ("left_initiative_id", "right_initiative_id"),
)  # fmt: skip

CHANGE = Table(
    "change",
    "What changed from the release before",
    "Ce qui a changé depuis la livraison précédente",
    (
        INITIATIVE_ID,
        _c("kind!", "VARCHAR", "added, changed, withdrawn, merged or split", "added (ajout), changed (changement), "
           "withdrawn (retrait), merged (fusion) ou split (scission)"),
        _c("field!", "VARCHAR", "Column that changed; empty for a whole initiative", "Colonne changée ; vide pour une "
           "initiative entière"),
        _c("before", "VARCHAR", "Value before, lists and parts as JSON; for a split, the id it was part of", "Valeur "
           "d'avant, listes et blocs en JSON ; pour une scission, l'identifiant dont elle faisait partie"),
        _c("after", "VARCHAR", "Value after; for a merge, the id that goes on", "Valeur d'après ; pour une fusion, "
           "l'identifiant qui demeure"),
    ),
    ("initiative_id", "kind", "field"),
)  # fmt: skip

MOVED_ID = Table(
    "moved_id",
    "Ids that were merged into another",
    "Identifiants fondus dans un autre",
    (
        _c("old_id!", "VARCHAR", "Id once published", "Identifiant autrefois publié"),
        _c("new_id!", "VARCHAR", "Id that stands for it now", "Identifiant qui le remplace"),
        _c("moved_on!", "DATE", "Night of the move", "Nuit du changement"),
    ),
    ("old_id",),
    licence=ATTRIBUTION_LICENCE,
)

ISSUE = Table(
    "issue",
    "What went wrong or looks doubtful, with the remedy; every refused record is here",
    "Ce qui a échoué ou paraît douteux, avec le remède ; tout enregistrement refusé y figure",
    (
        SOURCE_ID,
        _c("number!", "INTEGER", "Rank inside the source, from 1", "Rang dans la source, à partir de 1"),
        _c("level!", "VARCHAR", "info, warning or error", "info, warning (alerte) ou error (erreur)"),
        _c("stage!", "VARCHAR", "definition, harvest, gate, normalise, geocode or link", "Étape du traitement"),
        _c("code!", "VARCHAR", "Stable word for the kind of issue", "Mot stable pour le genre de problème"),
        _c("record_key!", "VARCHAR", "Record concerned; empty for the whole source", "Enregistrement concerné ; vide "
           "pour toute la source"),
        _c("field!", "VARCHAR", "Field concerned; empty for the whole record", "Champ concerné ; vide pour tout "
           "l'enregistrement"),
        _c("message!", "VARCHAR", "What was found, contacts removed", "Ce qui a été constaté, contacts retirés"),
        _c("remedy!", "VARCHAR", "What to do about it", "Que faire"),
        _c("rejected!", "BOOLEAN", "Whether a record was refused because of it", "Si un enregistrement a été refusé"),
    ),
    ("source_id", "number"),
)  # fmt: skip

RAW_RECORD = Table(
    "raw_record",
    "The last good records of each source exactly as read; kept at home, never published",
    "Les derniers bons enregistrements de chaque source, tels que lus ; jamais publiés",
    (
        SOURCE_ID,
        RECORD_KEY,
        _c("position!", "INTEGER", "Rank in the source, from 1", "Rang dans la source, à partir de 1"),
        _c("origin!", "VARCHAR", "Page or file it was read from", "Page ou fichier d'origine"),
        _c("fields!", "JSON", "Raw fields and their values", "Champs bruts et leurs valeurs"),
    ),
    ("source_id", "record_key"),
    published=False,
)

RECORD_IDENTITY = Table(
    "record_identity",
    "Which initiative each record has belonged to since it was first seen; the memory behind permanent ids",
    "À quelle initiative chaque enregistrement appartient depuis sa première apparition",
    (SOURCE_ID, RECORD_KEY, INITIATIVE_ID, FIRST_SEEN),
    ("source_id", "record_key"),
    published=False,
)

RUN = Table(
    "run",
    "One row for each night and source: what was read and how it ended",
    "Une ligne par nuit et par source : ce qui a été lu et comment cela a fini",
    (
        _c("as_of!", "DATE", "The night", "La nuit"),
        SOURCE_ID,
        _c("outcome!", "VARCHAR", "good, stale, failed or withdrawn", "good, stale, failed ou withdrawn"),
        _c("records!", "INTEGER", "Records read", "Enregistrements lus"),
    ),
    ("as_of", "source_id"),
    published=False,
)

TABLES: tuple[Table, ...] = (
    INITIATIVE, INITIATIVE_LICENCE_OUVERTE, INITIATIVE_SOURCE, INITIATIVE_VALUE, INITIATIVE_VALUE_LICENCE_OUVERTE,
    TEXT_SHARE_ALIKE, RECORD, SOURCE, PLACE, MATCH, RELATED, SIMILAR, CHANGE, MOVED_ID, ISSUE,
    RAW_RECORD, RECORD_IDENTITY, RUN,
)  # fmt: skip
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
