"""Which encoding a text is in, found from its bytes: byte-order mark, UTF-8, or the likeliest of the old ones."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

PROBE_BYTES = 256 * 1024

# The longer ones first: UTF-32's little-endian mark begins with that of UTF-16.
BOMS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]

LEGACY = ("cp1252", "iso8859_15", "mac_roman", "cp850", "cp1250")
"""The encodings French and European publishers still use; of two that read equally well the first is believed."""

# General-purpose detectors take French in cp1252 for Polish in cp1250 ("où" becomes "oů"), so French is what counts.
LETTERS = frozenset("àâäçéèêëîïôöùûüÿœæñáíóúßøåãõìòÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆÑÁÍÓÚØÅ")
SIGNS = frozenset("’‘“”«»–—…€°•\xa0")
RARE_ALONE = frozenset("œŒšŠžŽŸ")

# A word with a byte that is not ASCII in it: all that tells one encoding from another.
WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")


def certain(stream: BinaryIO) -> str | None:
    """Name the encoding of `stream`, a text, if its bytes leave no doubt, whatever else is said of it; else None.

    A byte-order mark leaves none, nor does a whole body of UTF-8 with more than ASCII in it: by chance no old encoding
    looks like that.
    """
    stream.seek(0)
    head = stream.read(4)
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    stream.seek(0)
    return "utf-8" if _is_utf8(stream) == "odd" else None


def guess(stream: BinaryIO) -> str:
    """Name the encoding of `stream`, a text."""
    sure = certain(stream)
    if sure is not None:
        return sure
    stream.seek(0)
    if _is_utf8(stream) or mostly_utf8(stream):
        return "utf-8"
    stream.seek(0)
    words = _odd_words(stream)
    return max(LEGACY, key=lambda name: _score(words.decode(name, errors="replace")))


def mostly_utf8(stream: BinaryIO) -> bool:
    """Whether `stream` is UTF-8 with a few broken characters; in any other encoding it would be wrong throughout."""
    stream.seek(0)
    text = _odd_words(stream).decode("utf-8", errors="replace")
    failed = text.count("\ufffd")
    return sum(not sign.isascii() for sign in text) - failed > 10 * failed


def is_misread(text: str) -> bool:
    """Whether `text`, decoded with what fails replaced, was decoded wrongly: most of what is not ASCII failed.

    A byte or two that are broken spoil a text in the right encoding no less often, so they do not count.
    """
    failed = text.count("\ufffd")
    return failed > 0 and 2 * failed > sum(not sign.isascii() for sign in text)


def _is_utf8(stream: BinaryIO) -> str:
    """Whether the whole body is UTF-8: "odd" with more than ASCII in it, "plain" without, "" if it is not.

    A body cut off in the middle of a character still counts, as what it was.
    """
    decoder, odd = codecs.getincrementaldecoder("utf-8")(), False
    try:
        for chunk in iter(lambda: stream.read(PROBE_BYTES), b""):
            odd = not decoder.decode(chunk).isascii() or odd
    except UnicodeDecodeError:
        return ""
    return "odd" if odd else "" if decoder.getstate()[0] else "plain"


def _odd_words(stream: BinaryIO) -> bytes:
    """The words that are not plain ASCII, from anywhere in the body: the first of them may come late."""
    found = bytearray()
    for chunk in iter(lambda: stream.read(PROBE_BYTES), b""):
        for word in WORD.findall(chunk):
            found += word + b"\n"
        if len(found) > PROBE_BYTES:
            break
    return bytes(found[:PROBE_BYTES])


def _score(text: str) -> int:
    """How much `text`, words by lines, looks like something a person wrote."""
    around = zip("\n" + text, text, text[1:] + "\n", strict=False)
    return sum(_likelihood(before, sign, after) for before, sign, after in around if not sign.isascii())


def _likelihood(before: str, sign: str, after: str) -> int:
    if sign == "\ufffd" or "\x80" <= sign <= "\x9f":
        return -5
    if sign.isalpha():
        if sign.isupper() and before.islower():
            return -2
        if sign in RARE_ALONE and not (before.isalpha() or after.isalpha()):
            return -1
        return 2 if sign in LETTERS else 0
    if sign in SIGNS:
        return 1
    return -2 if before.isalpha() and after.isalpha() else 0
