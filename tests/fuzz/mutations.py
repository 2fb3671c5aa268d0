"""Sound bodies made unsound: cut, flipped, spliced, repeated, nested, with numbers and signs that nobody expects."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

MOST = 200_000
"""No mutant is longer: what a long one costs is measured elsewhere."""

SPLINTERS = [
    b"\x00", b"\x00\x00\x00\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\x1b[31m", b"\x85",
    b"\xe2\x80\xae", b"\\ud800", b"\\u0000", b"&#0;", b"&#xD800;", b"&amp;amp;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<", b">", b"</", b"\"", b"'", b"\\", b"{", b"}", b"[", b"]", b",", b";", b":", b"\t", b"\r", b"\n", b"\r\n\r\n",
    b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e999", b"-1e999", b"9" * 400, b"1" + b"0" * 5000, b"0x10", b"1_0",
    b"\"\"", b"[]", b"{}", b"[[]]", b"[null]", b"{\"id\": {}}", b"{\"\": [{}]}", b"=1+1", b"@SUM(A1)",
    b"../../etc/passwd",
    b"http://[", b"http://127.0.0.1/", b"file:///etc/passwd", b"javascript:alert(1)", b"%00", b"%zz", b"https://xn--/",
    b"';DROP TABLE record;--", b"{{7*7}}", b"${x}", b"<script>", b"</script>", b"<table><tr><td>", b"<base href='http://['>",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>", b"POINT(", b"POINT(1e400 NaN)", b"0000-00-00",
    b"99999-12-31", b"2024-02-30T25:61:61Z", b"+33", b"\xf0\x9f\x99\x82" * 20, b"a" * 3000, b"\xcc\x81" * 500,
]  # fmt: skip

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\bnull\b|\btrue\b|\bfalse\b')
Mutation = Callable[[random.Random, bytes], bytes]


def _span(chance: random.Random, body: bytes, most: int = 2000) -> tuple[int, int]:
    start = chance.randrange(len(body) + 1)
    return start, min(len(body), start + chance.randrange(1, most))


def cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def left_out(chance: random.Random, body: bytes) -> bytes:
    start, end = _span(chance, body)
    return body[:start] + body[end:]


def repeated(chance: random.Random, body: bytes) -> bytes:
    start, end = _span(chance, body)
    return body[:end] + body[start:end] * chance.choice([1, 2, 10]) + body[end:]


def flipped(chance: random.Random, body: bytes) -> bytes:
    found = bytearray(body)
    for _ in range(chance.choice([1, 1, 4, 30]) if found else 0):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def spliced(chance: random.Random, body: bytes) -> bytes:
    place = chance.randrange(len(body) + 1)
    return body[:place] + chance.choice(SPLINTERS) + body[place:]


def exchanged(chance: random.Random, body: bytes) -> bytes:
    """A value of JSON, or a text in quotes, with another in its place: the same form, another type."""
    return _in_place(chance, body, VALUE, chance.choice(SPLINTERS))


def counted(chance: random.Random, body: bytes) -> bytes:
    return _in_place(
        chance, body, NUMBER, chance.choice([b"-1", b"0", b"1e999", b"9" * 400, b"NaN", b"1.7976931348623157e308"])
    )


def nested(chance: random.Random, body: bytes) -> bytes:
    depth = chance.choice([3, 100, 3000])
    before, after = chance.choice([(b"[", b"]"), (b'{"a":', b"}"), (b"<div>", b"</div>"), (b"(", b")")])
    hit = _hit(chance, body, VALUE)
    return (
        body
        if hit is None
        else body[: hit[0]] + before * depth + body[hit[0] : hit[1]] + after * depth + body[hit[1] :]
    )


def shuffled(chance: random.Random, body: bytes) -> bytes:
    sign = chance.choice([b"\n", b",", b">", b" "])
    parts = body.split(sign)
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return sign.join(parts)


def recoded(chance: random.Random, body: bytes) -> bytes:
    text = body.decode("utf-8", errors="replace")
    return text.encode(chance.choice(["utf-16", "utf-32", "cp1252", "utf-7", "shift_jis"]), errors="replace")


def _hit(chance: random.Random, body: bytes, pattern: re.Pattern[bytes]) -> tuple[int, int] | None:
    start = chance.randrange(len(body) + 1)
    found = pattern.search(body, start) or pattern.search(body)
    return found.span() if found else None


def _in_place(chance: random.Random, body: bytes, pattern: re.Pattern[bytes], new: bytes) -> bytes:
    hit = _hit(chance, body, pattern)
    return body if hit is None else body[: hit[0]] + new + body[hit[1] :]


MUTATIONS: list[Mutation] = [
    cut, left_out, repeated, flipped, spliced, spliced, exchanged, exchanged, exchanged, counted, nested, shuffled,
    recoded,
]  # fmt: skip


def mutant(chance: random.Random, body: bytes) -> bytes:
    """`body` after one to four mutations."""
    for _ in range(chance.choice([1, 1, 2, 4])):
        body = chance.choice(MUTATIONS)(chance, body)[:MOST]
    return body


def mutant_text(chance: random.Random, text: str) -> str:
    """`text` after mutations; what is no UTF-8 any more stands there as lone surrogates."""
    return mutant(chance, text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
