"""Texts of share-alike sources (CC BY-SA) are set apart before merging: they may stand in no table with ODbL values.

What is left of their records are facts, which are merged like those of any other source (docs/release.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scrapers.source import Source
from transforms.rights import Family, family
from warehouse.store import Store

SINGLE_TEXTS = ("summary", "impact", "contact_email", "contact_phone")
PARTNER_TEXTS = ("motivation", "contribution")


def set_texts_apart(store: Store, sources: Mapping[str, Source]) -> None:
    """Move the texts of share-alike sources from `record` to `text_share_alike`."""
    bound = [id for id, source in sources.items() if family(source.rights.licence) is Family.TEXTS]
    rows = list(
        store.rows(
            "SELECT source_id, record_key, initiative_id, summary, impact, contact_email, contact_phone, needs, "
            "partners FROM record WHERE list_contains(?, source_id) ORDER BY source_id, record_key",
            [bound],
        )
    )
    if not rows:
        return
    store.insert("text_share_alike", (text for row in rows for text in _texts(row, sources[row["source_id"]])))
    store.connection.execute(
        """
        UPDATE record SET summary = NULL, impact = NULL, contact_email = NULL, contact_phone = NULL, needs = NULL,
            partners = list_transform(partners, lambda partner: {
                'name': partner.name, 'kind': partner.kind, 'motivation': NULL, 'contribution': NULL})
        WHERE list_contains(?, source_id)
        """,
        [bound],
    )


def _texts(row: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
    told = {name: row[name] for name in ("source_id", "record_key", "initiative_id")}
    told |= {"licence": source.rights.licence, "attribution": source.rights.attribution}
    for field, rank, text in _written(row):
        if text:
            yield told | {"field": field, "rank": rank, "text": text}


def _written(row: Mapping[str, Any]) -> Iterator[tuple[str, int, str | None]]:
    for field in SINGLE_TEXTS:
        yield field, 1, row[field]
    for rank, need in enumerate(row["needs"] or [], 1):
        yield "needs", rank, need
    for rank, partner in enumerate(row["partners"] or [], 1):
        for part in PARTNER_TEXTS:
            yield f"partners.{part}", rank, partner[part]
