"""What may never be in a merged set, and the rows that are so: as SQL, by the rule of the gate that counts them."""

from __future__ import annotations

from transforms.rights import Family, of_family
from warehouse.schema import BY_NAME
from warehouse.table import literal, quoted

# A value alone in its column, which its provenance must tell letter by letter.
TOLD_ALONE = ("name", "summary", "url", "impact", "organisation_name", "address", "contact_email", "commune")


def _twice(table: str) -> str:
    """The SQL of the keys that more than one row of a table has that is not indexed."""
    keys = ", ".join(map(quoted, BY_NAME[table].key))
    return f"FROM (SELECT {keys} FROM {quoted(table)} GROUP BY ALL HAVING count(*) > 1)"


def _untold(table: str, values: str) -> str:
    """The SQL of the cells of `table` that are not what `values` says they are: their licence would be unknown."""
    return (
        f"FROM (UNPIVOT (SELECT initiative_id, {', '.join(TOLD_ALONE)} FROM {table}) "
        f"ON {', '.join(TOLD_ALONE)} INTO NAME field VALUE value) "
        f"ANTI JOIN {values} USING (initiative_id, field, value)"
    )


NEVER = {
    "records-loose": (
        "records belong to no initiative",
        "FROM initiative_source ANTI JOIN initiative USING (initiative_id)",
    ),
    "initiatives-loose": (
        "initiatives have no record behind them",
        "FROM initiative ANTI JOIN initiative_source USING (initiative_id)",
    ),
    "values-loose": (
        "values come from a record that is not behind their initiative",
        "FROM initiative_value ANTI JOIN initiative_source USING (initiative_id, source_id, record_key)",
    ),
    "values-twice": (
        "values stand twice at one place of their initiative",
        _twice("initiative_value"),
    ),
    "licence-ouverte-values-twice": (
        "values under the Licence Ouverte stand twice at one place of their initiative",
        _twice("initiative_value_licence_ouverte"),
    ),
    "moved-in-use": ("moved ids are still in use", "FROM moved_id JOIN initiative ON initiative_id = old_id"),
    "moved-twice": (
        "moved ids lead to one that moved itself",
        "FROM moved_id a JOIN moved_id b ON a.new_id = b.old_id",
    ),
    "licence-ouverte-untold": (
        "merged values under the Licence Ouverte have no provenance, and so no licence",
        _untold("initiative_licence_ouverte", "initiative_value_licence_ouverte"),
    ),
    "licence-ouverte-loose": (
        "rows under the Licence Ouverte belong to no initiative",
        "FROM initiative_licence_ouverte ANTI JOIN initiative USING (initiative_id)",
    ),
}
"""What may never be, and the rows that are so."""
SENTENCES = "('summary', 'impact', 'needs', 'contact_email', 'contact_phone')"
PARTNER_SENTENCES = "len(list_filter(partners, lambda p: coalesce(p.motivation, p.contribution) IS NOT NULL)) > 0"
OF_VALUE = "JOIN initiative_source USING (initiative_id, source_id, record_key)"
MERGED_SENTENCES = (
    f"FROM (FROM initiative_value UNION ALL FROM initiative_value_licence_ouverte) {OF_VALUE} "
    f"WHERE field IN {SENTENCES}"
)
SENTENCES_OF_RECORDS = (
    "FROM record JOIN (SELECT source_id, record_key, licence FROM initiative_source) USING (source_id, record_key) "
    "WHERE (coalesce(summary, impact, contact_email, contact_phone) IS NOT NULL OR len(needs) > 0 "
    f"OR {PARTNER_SENTENCES})"
)
LICENCES: dict[str, tuple[tuple[Family, ...], str, str]] = {
    "closed-sentences": (
        (Family.FACTS,),
        "sentences come from sources without an open licence",
        MERGED_SENTENCES,
    ),
    "closed-records": (
        (Family.FACTS,),
        "records of sources without an open licence hold sentences or contacts",
        SENTENCES_OF_RECORDS,
    ),
    "share-alike-merged": (
        (Family.TEXTS,),
        "merged sentences come from sources whose share-alike texts must stand apart",
        MERGED_SENTENCES,
    ),
    "share-alike-records": (
        (Family.TEXTS,),
        "records hold share-alike texts that must stand apart",
        SENTENCES_OF_RECORDS,
    ),
    "licence-ouverte-values": (
        (Family.DATABASE,),
        "values under the Licence Ouverte come from ODbL sources",
        f"FROM initiative_value_licence_ouverte {OF_VALUE} WHERE true",
    ),
    "share-alike-texts": (
        (Family.ATTRIBUTION, Family.DATABASE, Family.FACTS),
        "texts set apart come from a source that is not under a share-alike licence of works",
        "FROM text_share_alike WHERE true",
    ),
}
"""What sources under licences of some families may not give to a table, and the rows where one does."""


def never_rules() -> dict[str, tuple[str, str]]:
    """Return, by rule, what is wrong where a row is found, in words, and the SQL of such rows from its FROM on."""
    rules = dict(NEVER)
    for rule, (families, told, sql) in LICENCES.items():
        barred = ", ".join(map(literal, of_family(*families)))
        rules[rule] = (told, f"{sql} AND licence IN ({barred})")
    return rules
