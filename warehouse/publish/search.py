"""Search with French stemming in plain SQL, so that it works wherever the file opens: DuckDB 1.0 to 1.5, and WASM.

Words are folded (lower case, no accents), words that say nothing are dropped, and each is cut to a stem by a few
rules for plural, feminine, infinitive and participle, after the idea of Jacques Savoy's minimal stemmer for French
("A stemming procedure and stopword list for general French corpora", JASIS 50(10), 1999). His leaves "jeune" alone and
cuts "jeunes" twice; these rules give the inflections of a word one stem. The same SQL stems the texts at publication
and the words asked for, hence no dictionary and no extension. A word asked for matches words that begin with its stem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import duckdb

from transforms.columns import insert
from warehouse.table import literal

BATCH = 10_000
KNOWN = 500_000
"""Words, as they are spelt, whose stems are remembered."""

STOP_WORDS = (
    "a", "au", "aux", "avec", "c", "ce", "ces", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les",
    "leur", "n", "ou", "par", "pour", "qu", "que", "qui", "s", "sur", "un", "une", "and", "for", "in", "of", "the",
)  # fmt: skip
"""French and English words that are not searched for; folded, and cut where the apostrophe was."""

LIGATURES = (("œ", "oe"), ("æ", "ae"), ("ß", "ss"))

# In RE2's dialect, on folded words, one after the other. `\w+?` before an ending takes the longest ending.
RULES: tuple[tuple[str, str], ...] = (
    (r"\b(\w{2,})eaux\b", r"\1eau"),  # plateaux
    (r"\b(\w{2,})aux\b", r"\1al"),  # locaux
    (r"\b(\w{3,}?)(?:ss|[sx])\b", r"\1"),  # jardins, jeux
    (r"\b(\w{3,})ere\b", r"\1er"),  # jardinière
    (r"\b(\w{4,}?)(?:ees?|ee|er|e)\b", r"\1"),  # partagée, partager, partage
    (r"\b(\w{3,})ll\b", r"\1l"),  # culturelle
    (r"\b(\w{3,})nn\b", r"\1n"),  # citoyenne
    (r"\b(\w{3,})tt\b", r"\1t"),  # cadette
    (r"\b(\w{3,})iv\b", r"\1if"),  # collective
    (r"\b(\w{3,})eu[rs]\b", r"\1eu"),  # chercheur, chercheuse, heureuse
)


def stems_of(text: str) -> str:
    """Return the SQL of the stems of the SQL text `text`: between single spaces, one before and one behind."""
    folded = f"strip_accents(lower({text}))"
    for sign, letters in LIGATURES:
        folded = f"replace({folded}, {literal(sign)}, {literal(letters)})"
    words = f"regexp_replace({folded}, '[^a-z0-9]+', ' ', 'g')"
    stopped = rf"\b(?:{'|'.join(STOP_WORDS)})\b"
    stems = f"regexp_replace({words}, {literal(stopped)}, ' ', 'g')"
    for pattern, replacement in RULES:
        stems = f"regexp_replace({stems}, {literal(pattern)}, {literal(replacement)}, 'g')"
    return f"regexp_replace(' ' || {stems} || ' ', ' +', ' ', 'g')"


def load_search(connection: duckdb.DuckDBPyConnection, reader: duckdb.DuckDBPyConnection) -> None:
    """Put the stems of what is searched of each initiative into the temporary table `release_search` of `connection`.

    The texts are read by `reader`, another cursor, which has the temporary table `release_vocabulary`. No rule looks
    over a space; so what stands between spaces is stemmed once for all texts, several times as fast as texts are.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE release_search (initiative_id VARCHAR, name_stems VARCHAR, stems VARCHAR)"
    )
    known: dict[str, str] = {}
    rows = reader.execute(_TEXTS)
    while batch := rows.fetchmany(BATCH):
        if len(known) > KNOWN:
            known.clear()
        wholes = [whole.split() for *_, whole in batch]
        words = set(chain.from_iterable(wholes)).difference(known)
        connection.execute("CREATE OR REPLACE TEMP TABLE release_word (word VARCHAR)")
        insert(connection, "release_word", {"word": object}, [(word,) for word in words])
        known.update(connection.execute(f"SELECT word, ltrim({stems_of('word')}) FROM release_word").fetchall())
        found = [
            (id, _stemmed(name.split(), known), _stemmed(whole, known))
            for (id, name, _), whole in zip(batch, wholes, strict=True)
        ]
        insert(connection, "release_search", dict.fromkeys(("initiative_id", "name_stems", "stems"), object), found)
    connection.execute("DROP TABLE IF EXISTS release_word")


def _stemmed(words: Sequence[str], known: Mapping[str, str]) -> str:
    """The stems of a text, as `stems_of` gives them, by those of its words, each with a space behind it."""
    return f" {''.join(map(known.__getitem__, words))}"


def _text_query() -> str:
    """The query of what of each initiative is searched: its id, its name and the whole."""
    labels = "(SELECT string_agg(label_fr || ' ' || label_en, ' ' ORDER BY field, code) FROM release_vocabulary v "
    themes = f"{labels} WHERE v.field = 'themes' AND list_contains(i.themes, v.code))"
    beneficiaries = f"{labels} WHERE v.field = 'beneficiaries' AND list_contains(i.beneficiaries, v.code))"
    whole = (
        "concat_ws(' ', i.name, i.summary, i.impact, i.organisation_name, i.commune, i.departement, i.region, "
        f"array_to_string(i.needs, ' '), {themes}, {beneficiaries})"
    )
    return f"SELECT i.initiative_id, i.name, {whole} FROM initiative i"


_TEXTS = _text_query()

MACROS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "stems", "", f"stems(words) AS {stems_of('words')}",
        "Stems of French words, as search compares them: stems('Jardins partagés')",
        "Racines de mots français, telles que search les compare : stems('Jardins partagés')",
    ),
    (
        "search", "TABLE",
        """search(words) AS TABLE
        WITH wanted AS (
            SELECT DISTINCT stem FROM (SELECT unnest(string_split(stems(words), ' ')) AS stem) WHERE stem <> ''
        ), found AS (
            SELECT s.initiative_id, sum(CASE WHEN contains(s.name_stems, ' ' || w.stem) THEN 3 ELSE 1 END) AS score
            FROM initiative_search s, wanted w WHERE contains(s.stems, ' ' || w.stem)
            GROUP BY s.initiative_id HAVING count(*) = (SELECT count(*) FROM wanted)
        )
        SELECT f.score, i.* FROM found f JOIN initiative i USING (initiative_id)
        ORDER BY f.score DESC, i.initiative_id""",
        "Initiatives that hold all the words, whatever their inflection, those with the words in their name first: "
        "FROM search('jardin partagé')",
        "Initiatives qui contiennent tous les mots, quelle que soit leur flexion, d'abord celles qui les ont dans leur "
        "nom : FROM search('jardin partagé')",
    ),
    (
        "distance_km", "",
        "distance_km(lat1, lon1, lat2, lon2) AS 2 * 6371.0088 * asin(sqrt(least(1, pow(sin(radians(lat2 - lat1) / 2), "
        "2) + cos(radians(lat1)) * cos(radians(lat2)) * pow(sin(radians(lon2 - lon1) / 2), 2))))",
        "Great circle distance in km between two points in degrees (haversine, mean radius of the Earth of the IUGG)",
        "Distance orthodromique en km entre deux points en degrés (haversine, rayon terrestre moyen de l'UGGI)",
    ),
    (
        "near", "TABLE",
        """near(lat, lon, km) AS TABLE
        SELECT distance_km(lat, lon, i.latitude, i.longitude) AS distance_km, i.* FROM initiative i
        WHERE i.latitude BETWEEN lat - km / 111.0 AND lat + km / 111.0
            AND distance_km(lat, lon, i.latitude, i.longitude) <= km
        ORDER BY 1, i.initiative_id""",
        "Initiatives within so many km of a point, the nearest first: FROM near(48.117, -1.678, 10)",
        "Initiatives à moins de tant de km d'un point, la plus proche d'abord : FROM near(48.117, -1.678, 10)",
    ),
)  # fmt: skip
"""Name, "TABLE" for a table macro, definition, and what it does in English and French."""
