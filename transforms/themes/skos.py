"""The vocabulary and its crosswalks as SKOS, in Turtle: concepts, labels, definitions, hierarchy, mappings.

Our concepts are named inside the file (`<#themes/health>`), so that they have an address wherever it is published.
Categories of other schemes have their publisher's address where there is one, and else one inside the file too.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from transforms.themes.crosswalk import Scheme, schemes
from transforms.vocabulary import FIELDS, vocabulary

PREFIXES = "@prefix dct: <http://purl.org/dc/terms/> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"


def skos(base: str = "") -> str:
    """Return the vocabulary as Turtle, the same text each time; `base` stands before every "#" of our addresses."""
    blocks = [PREFIXES]
    for field in FIELDS:
        blocks.append(_subject(_ours(base, field), "skos:ConceptScheme", [("dct:identifier", _text(field))]))
        blocks += _concepts(base, field)
    for scheme in schemes().values():
        blocks += _scheme(base, scheme)
    return "\n".join(blocks)


def _concepts(base: str, field: str) -> Iterator[str]:
    home = _ours(base, field)
    for code, words in vocabulary()[field].items():
        parent, _, child = code.rpartition("/")
        about = [
            ("skos:inScheme", home),
            ("skos:notation", _text(code)),
            *((f"skos:{name}", _text(words[key], language)) for name, key, language in _WORDS),
            ("skos:broader", _ours(base, f"{field}/{parent}")) if child and parent else ("skos:topConceptOf", home),
        ]
        for scheme in schemes().values():
            for relation, targets in scheme.matches.get(field, {}).get(code, {}).items():
                about += [(f"skos:{relation}", _theirs(base, scheme, target)) for target in targets]
        yield _subject(_ours(base, f"{field}/{code}"), "skos:Concept", about)


_WORDS = (
    ("prefLabel", "en", "en"),
    ("prefLabel", "fr", "fr"),
    ("definition", "definition_en", "en"),
    ("definition", "definition_fr", "fr"),
)


def _scheme(base: str, scheme: Scheme) -> Iterator[str]:
    home = _ours(base, f"scheme/{scheme.id}")
    named = [("dct:title", _text(scheme.title)), ("dct:publisher", _text(scheme.publisher))]
    yield _subject(home, "skos:ConceptScheme", named)
    for code, label in scheme.categories.items():
        about = [("skos:inScheme", home), ("skos:notation", _text(code)), ("skos:prefLabel", _text(label))]
        yield _subject(_theirs(base, scheme, code), "skos:Concept", about)


def _subject(address: str, kind: str, about: list[tuple[str, str]]) -> str:
    return f"{address} a {kind} ;\n" + " ;\n".join(f"    {name} {value}" for name, value in about) + " .\n"


def _ours(base: str, path: str) -> str:
    return f"<{base}#{quote(path)}>"


def _theirs(base: str, scheme: Scheme, code: str) -> str:
    return f"<{scheme.uri}{quote(code)}>" if scheme.uri else _ours(base, f"scheme/{scheme.id}/{code}")


def _text(text: str, language: str = "") -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"' + (f"@{language}" if language else "")
