"""Recognising the same initiative across sources: candidate pairs, evidence, judgements, clusters.

`link` is the whole of it. It reads a table `linkable` (see `LINKABLE`) on a DuckDB connection and answers with the
clusters and the pairs that made them; `recognise` leaves them in tables, where there are many.
"""

from transforms.link.cluster import ContradictionError, Judgement
from transforms.link.evidence import Match, Verdict
from transforms.link.run import LINKABLE, Linked, Prepared, Related, link, prepare, recognise

__all__ = [
    "LINKABLE",
    "ContradictionError",
    "Judgement",
    "Linked",
    "Match",
    "Prepared",
    "Related",
    "Verdict",
    "link",
    "prepare",
    "recognise",
]
