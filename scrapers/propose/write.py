"""A candidate as the text of a `source.toml`, with comments that say what was guessed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import math
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from scrapers.propose.names import plain
from scrapers.propose.proposal import Candidate

ORDER = [
    "source_key",
    "record_url",
    "name",
    "organisation_name",
    "organisation_kind",
    "summary",
    "impact",
    "url",
    "status",
]
OF_ENDINGS = {
    **{ending: ending.upper() for ending in (
        "fr", "de", "be", "ch", "at", "lu", "it", "es", "pt", "nl", "ie", "dk", "se", "no", "fi", "is", "pl", "cz",
        "sk", "hu", "ro", "bg", "gr", "hr", "si", "ee", "lv", "lt", "mt", "cy", "ca", "us", "au", "nz", "br", "mx",
        "in", "jp", "za", "ma", "tn", "sn",
    )},
    **dict.fromkeys(("uk", "scot", "wales", "london", "cymru"), "GB"),
    **dict.fromkeys(("paris", "bzh", "alsace", "corsica"), "FR"),
    **dict.fromkeys(("berlin", "hamburg", "bayern", "koeln", "cologne", "nrw", "ruhr", "saarland"), "DE"),
    **dict.fromkeys(("wien", "tirol"), "AT"), "brussels": "BE", "vlaanderen": "BE", "swiss": "CH", "zuerich": "CH",
    "cat": "ES", "eus": "ES", "gal": "ES", "barcelona": "ES", "madrid": "ES", "quebec": "CA", "amsterdam": "NL",
}  # fmt: skip
"""The country of the ends of hosts that say one; those of "io" or "co" say nothing."""
OF_LANGUAGES = {"fr": "FR", "de": "DE", "it": "IT", "pl": "PL", "sv": "SE", "da": "DK", "fi": "FI", "cs": "CZ"}
"""Where a language is mostly spoken; English, Spanish, Portuguese and Dutch are at home in several countries."""
UNSEEN = (
    "nobody has looked yet at what the publisher allows: find its legal notice or licence, and write its address here"
)


def id_of(address: str) -> str:
    """An id for the source at `address`: its host without "www" and ending, and the last part of its path."""
    parts = urlsplit(address)
    host = (parts.hostname or "source").removeprefix("www.")
    name = host if is_local(address) else host.rpartition(".")[0] or host
    last = [
        piece for piece in unquote(parts.path).split("/") if piece and not re.fullmatch(r"page|\d+|index\.\w+", piece)
    ]
    words = plain(f"{name} {re.sub(r'[.](?:csv|json|html?|php|xlsx|ods|xml|geojson)$', '', last[-1]) if last else ''}")
    return re.sub(r"[^a-z0-9]+", "-", words)[:60].strip("-") or "source"


def is_local(address: str) -> bool:
    """Whether `address` is on this machine or its own network: what was seen there was not seen on the web."""
    host = urlsplit(address).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".localhost", ".internal", ".test"))


def country_of(address: str, language: str) -> str:
    """The country that the host of `address` ends with, or else the one where its `language` is spoken, or ""."""
    ending = (urlsplit(address).hostname or "").rstrip(".").rpartition(".")[2]
    return OF_ENDINGS.get(ending) or OF_LANGUAGES.get(language, "")


def definition(address: str, candidate: Candidate, today: dt.date, rows: int, filled: dict[str, float]) -> str:
    """Return the text of the definition; `rows` is how many records to expect, `filled` the shares of the trial."""
    verified = "never live" if is_local(address) else f"live {today.isoformat()}"
    country = country_of(address, candidate.language)
    lines = [
        f"# Proposed by `essaim source new {_one_line(address)}`: {_one_line(candidate.reason)}.",
        "# All below was guessed from names and values. Traps of this source (write down what you find):",
        *(f"# - {_one_line(remark)}" for remark in candidate.remarks),
        f"title = {toml(candidate.title)}",
        f"country = {toml(country)}    # guessed" if country else '# country = ""    # of the initiatives: FR, DE, GB',
        f"language = {toml(candidate.language)}" if candidate.language else '# language = ""    # of the texts: fr, en',
        f"kind = {toml(candidate.kind)}",
        'schedule = "weekly"    # guessed: how often does the list change?',
        f"verified = {toml(verified)}",
        "",
        "[publisher]",
        f"name = {toml(candidate.publisher)}",
        f"url = {toml(f'{urlsplit(address).scheme}://{urlsplit(address).netloc}')}",
        "",
        "[fetch]",
        *(f"{key} = {toml(value)}" for key, value in candidate.fetch.items()),
        "",
        *_fields(candidate),
        "[rights]",
        f"licence = {toml(candidate.licence)}",
        f"proof = {toml(candidate.proof or UNSEEN)}",
        f"attribution = {toml(candidate.publisher)}",
        "",
        "[identity]",
        f"key = {toml(candidate.key)}    # guessed: never changes for one initiative, and is another for each",
        "",
        "[expect]",
        f"rows = {{ min = {max(1, math.floor(rows * 0.7))}, max = {math.ceil(rows * 3)} }}    # counted: {rows}",
        f"filled = {toml(filled)}",
        "",
        *_lookups(candidate),
        "# [sample]: `essaim source record` shows what comes; then write a sample of your own (docs/add-a-source.md).",
    ]
    return "\n".join(lines) + "\n"


def _fields(candidate: Candidate) -> list[str]:
    lines = ["[fields]    # ours = theirs, guessed from the names"]
    names = sorted(candidate.fields, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    lines += [f"{name} = {toml(candidate.fields[name])}" for name in names]
    if candidate.people or candidate.look_at:
        lines.append("ignore = [")
        if candidate.people:
            lines.append("    # these look like people's data, which is never taken:")
            lines += [f"    {toml(name)}," for name in candidate.people]
        if candidate.look_at:
            lines.append("    # look at these: is one of them a field of ours?")
            lines += [f"    {toml(name)}," for name in candidate.look_at]
        lines.append("]")
    if candidate.detail_fields:
        lines += ["", "[detail_fields]    # on the initiative's own page"]
        lines += [f"{name} = {toml(rule)}" for name, rule in candidate.detail_fields.items()]
    return [*lines, ""]


def _lookups(candidate: Candidate) -> list[str]:
    """Their values with no code of ours yet, as comments to fill in."""
    lines = []
    for wanted, values in candidate.values.items():
        if values and wanted in candidate.fields:
            lines.append(
                f'# [lookups.{wanted}]    # their value = our code of transforms/vocabulary.toml, or "" to drop it'
            )
            lines += [f'# {toml(value)} = ""' for value in values]
            lines.append("")
    return lines


def toml(value: Any) -> str:
    """`value` as TOML, tables in braces."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    # What regular expressions and selectors are full of reads best as it is.
    plain_text = str(value)
    simple = "'" not in plain_text and all(sign.isprintable() for sign in plain_text)
    return f"'{plain_text}'" if simple and ("\\" in plain_text or '"' in plain_text) else text


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _one_line(text: str) -> str:
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
