"""The tables of a release: those of the contract that are published, and those that are worked out from them.

Each is a `Table` and the query that gives its rows from the warehouse. Worked out are the tidy link tables (one row
for each item of a list, for joins and pivots) and the stemmed text that `search` looks through.
"""

from __future__ import annotations

from dataclasses import dataclass

from transforms.rights import ATTRIBUTION_LICENCE
from warehouse.schema import CHANGE, INITIATIVE, INITIATIVE_ID, RECORD, SIMILAR, SOURCE, TABLES
from warehouse.table import Column, Table, quoted

VIEWS: dict[str, Table] = {
    "initiatives": INITIATIVE, "records": RECORD, "sources": SOURCE, "changes": CHANGE, "similars": SIMILAR,
}  # fmt: skip

RANK = Column("rank", "INTEGER", "Rank of the item in a list, from 1; 1 for a single value", "Rang dans une liste, à "
              "partir de 1 ; 1 pour une valeur seule", required=True)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """A table of a release and the query that gives its rows, in any order, from the warehouse."""

    table: Table
    query: str


def _column(name: str, type: str, en: str, fr: str, *, required: bool = False) -> Column:
    return Column(name, type, en, fr, required)


def _links(name: str, en: str, fr: str, source: str, items: dict[str, Column]) -> Content:
    """A link table over the list column `source`; `items` gives the SQL of each column, of the item `item`."""
    columns = ", ".join(f"{sql} AS {quoted(column.name)}" for sql, column in items.items())
    query = (
        f"SELECT initiative_id, rank, {columns} FROM (SELECT initiative_id, unnest({source}) AS item, "
        f"generate_subscripts({source}, 1)::INTEGER AS rank FROM initiative WHERE len({source}) > 0)"
    )
    table = Table(name, en, fr, (INITIATIVE_ID, RANK, *items.values()), ("initiative_id", "rank"))
    return Content(table, query)


LINKS: tuple[Content, ...] = (
    _links(
        "initiative_theme", "Themes of each initiative that a source states", "Thèmes de chaque initiative, énoncés "
        "par une source", "themes",
        {"item": _column("theme", "VARCHAR", "Theme (vocabulary)", "Thème (vocabulaire)", required=True)},
    ),
    _links(
        "initiative_theme_predicted", "Themes of each initiative guessed from its texts, where no source states one",
        "Thèmes de chaque initiative devinés d'après ses textes, quand aucune source n'en énonce", "themes_predicted",
        {
            "item.theme": _column("theme", "VARCHAR", "Theme (vocabulary)", "Thème (vocabulaire)", required=True),
            "item.confidence": _column("confidence", "DOUBLE", "Confidence, 0 to 1", "Confiance, de 0 à 1",
                                       required=True),
        },
    ),
    _links(
        "initiative_beneficiary", "Whom each initiative is for", "Publics de chaque initiative", "beneficiaries",
        {"item": _column("beneficiary", "VARCHAR", "Beneficiaries (vocabulary)", "Public (vocabulaire)",
                         required=True)},
    ),
    _links(
        "initiative_method", "How each initiative works", "Méthodes de chaque initiative", "methods",
        {"item": _column("method", "VARCHAR", "Method (vocabulary)", "Méthode (vocabulaire)", required=True)},
    ),
    _links(
        "initiative_sdg", "Sustainable Development Goals of each initiative", "Objectifs de développement durable de "
        "chaque initiative", "sdgs",
        {"item": _column("sdg", "INTEGER", "Goal, 1 to 17", "Objectif, de 1 à 17", required=True)},
    ),
    _links(
        "initiative_need", "What each initiative looks for", "Ce que chaque initiative recherche", "needs",
        {"item": _column("need", "VARCHAR", "What it looks for, in the source's words", "Ce qu'elle recherche, selon "
                         "la source", required=True)},
    ),
    _links(
        "initiative_programme", "Challenges, prizes and incubators of each initiative", "Concours, prix et "
        "incubateurs de chaque initiative", "programmes",
        {
            "item.name": _column("programme", "VARCHAR", "Challenge, prize or incubator", "Concours, prix ou "
                                 "incubateur"),
            'item."year"': _column("year", "VARCHAR", "Year or edition", "Année ou édition"),
            "item.theme": _column("programme_theme", "VARCHAR", "Theme of the programme, in its words", "Thème du "
                                  "programme, dans ses mots"),
            "item.organiser": _column("organiser", "VARCHAR", "Who organises it", "Organisateur"),
        },
    ),
    _links(
        "initiative_partner", "Partners of each initiative", "Partenaires de chaque initiative", "partners",
        {
            "item.name": _column("partner", "VARCHAR", "Partner", "Partenaire"),
            "item.kind": _column("partner_kind", "VARCHAR", "Kind of partner", "Nature du partenaire"),
            "item.motivation": _column("motivation", "VARCHAR", "Why it takes part", "Motivation"),
            "item.contribution": _column("contribution", "VARCHAR", "What it brings", "Apport"),
        },
    ),
    _links(
        "initiative_funding_kind", "Kinds of funding of each initiative", "Natures de financement de chaque "
        "initiative", "funding_kinds",
        {"item": _column("funding_kind", "VARCHAR", "Kind of funding (vocabulary)", "Nature de financement "
                         "(vocabulaire)", required=True)},
    ),
    _links(
        "initiative_funder", "Who funds each initiative", "Financeurs de chaque initiative", "funders",
        {"item": _column("funder", "VARCHAR", "Who funds it", "Financeur", required=True)},
    ),
)  # fmt: skip

SEARCH = Content(
    Table(
        "initiative_search",
        "The stems of the words of each initiative, through which the macro `search` looks",
        "Les racines des mots de chaque initiative, où cherche la macro `search`",
        (
            INITIATIVE_ID,
            _column("name_stems", "VARCHAR", "Stems of its name", "Racines de son nom", required=True),
            _column("stems", "VARCHAR", "Stems of its name, texts, places and the labels of its codes", "Racines de "
                    "ses nom, textes, lieux et des libellés de ses codes", required=True),
        ),
        ("initiative_id",),
    ),
    "FROM release_search",
)  # fmt: skip
"""Its rows are stemmed by `search.load_search`; `database.build` has them put into a temporary table."""

LABELS = Content(
    Table(
        "vocabulary",
        "Codes of the vocabulary and their labels in French and English",
        "Codes du vocabulaire et leurs libellés en français et en anglais",
        (
            _column("field", "VARCHAR", "Column that holds the code", "Colonne qui porte le code", required=True),
            _column("code", "VARCHAR", "Code", "Code", required=True),
            _column("label_fr", "VARCHAR", "Label in French", "Libellé en français", required=True),
            _column("label_en", "VARCHAR", "Label in English", "Libellé en anglais", required=True),
        ),
        ("field", "code"),
        licence=ATTRIBUTION_LICENCE,
    ),
    "FROM release_vocabulary",
)
"""Its rows come from `transforms.vocabulary`; `database.build` puts them into a temporary table."""

CONTENTS: tuple[Content, ...] = (
    *(Content(table, f"SELECT {', '.join(map(quoted, table.names))} FROM {quoted(table.name)}") for table in TABLES
      if table.published),
    *LINKS,
    LABELS,
    SEARCH,
)  # fmt: skip
PUBLISHED: tuple[Table, ...] = tuple(content.table for content in CONTENTS)
"""Every table of a release, in the order of the dictionary."""
