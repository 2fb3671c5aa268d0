"""XML that declares entities is refused before anything reads it: no list needs them, and a few lines fill memory.

Entities are declared before the first element of a document (XML 1.0, 2.8 and 4.2), so no more than that is looked at.
The readers behind (`lxml`, `feedparser`, `calamine`) resolve none either; without a refusal what they leave of such a
file would be taken for an empty or a changed list, and nobody would be told why.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

PROLOG_BYTES = 1_048_576
"""Where no element has begun after so many bytes, it is no document that we read."""


class _FirstElement(Exception):
    """The first element begins, and nothing can be declared any more."""


class _Entity(Exception):
    """An entity is declared."""


def declares_entities(chunks: Iterable[bytes]) -> bool:
    """Whether the XML document that begins with `chunks` declares an entity: a general, a parameter or an outer one.

    False for what is no XML, or is broken before its first element.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = _first_element
    parser.EntityDeclHandler = _entity
    looked_at, begun = 0, False
    try:
        for chunk in chunks:
            # Readers forgive an empty line before the declaration, which is no XML.
            chunk = chunk if begun else chunk.lstrip(b" \t\r\n")
            begun = begun or bool(chunk)
            parser.Parse(chunk, False)
            looked_at += len(chunk)
            if looked_at > PROLOG_BYTES:
                return False
    except _Entity:
        return True
    except (_FirstElement, expat.ExpatError, ValueError, LookupError):
        return False  # of these the last two are encodings that Python cannot read byte by byte
    return False


def _first_element(name: str, attributes: dict[str, str]) -> None:
    raise _FirstElement


def _entity(*declared: object) -> None:
    raise _Entity
