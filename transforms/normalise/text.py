"""Text as published: no HTML, no mojibake, no invisible characters, no placeholder for "nothing".

The functions are pure, and idempotent: cleaning a clean text changes nothing. A text is cleaned in passes
until it no longer changes, because dirt is nested in practice (mojibake inside entities inside HTML).
Costly steps (HTML parser, `ftfy`) only run behind a cheap test.
"""

import re
import unicodedata
from html.parser import HTMLParser

from ftfy import fix_encoding
from ftfy.fixes import unescape_html

from transforms.normalise.boilerplate import without_boilerplate, without_code
from transforms.normalise.signs import WIKI, WORK, signs
from transforms.remembered import remembered

# Whole values that mean "nothing", as counted in real files: public bodies' tables, spreadsheets' errors,
# and what programs print for a missing value. Words with a meaning of their own ("aucun", "test") stay.
SENTINELS = frozenset(
    """
    nr|n/r|n.r.|n.r|nc|n/c|n.c.|n.c|nd|n/d|n.d.|n.d|na|n/a|n.a.|n.a|<na>|nan|nat|nil|none|null|(null)|<null>|
    \\n|undefined|default|sans objet|s/o|s.o.|
    non renseigné|non renseignée|non renseignés|non renseignées|non renseigne|pas renseigné|non précisé|
    non precise|non spécifié|non specifie|non défini|non defini|indéfini|non communiqué|non communiquée|
    non communique|non disponible|non connu|inconnu|inconnue|information non disponible|non applicable|
    à renseigner|a renseigner|à compléter|a completer|à définir|a definir|à préciser|
    néant|neant|n\\a|not available|not applicable|not specified|not provided|no data|unknown|tbd|tba|
    #n/a|#n/d|#na|#ref!|#value!|#valeur!|#div/0!|#name?|#nom?|#num!|#nombre!|#null!|#nul!|
    [object object]|[object undefined]|array
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_LONGEST_SENTINEL = max(map(len, SENTINELS))
_ONLY_MARKS = "-‐‑‒–—_.…?¿!/\\|*#~=+:;,'\"’«» \t\n\xa0"

# What UTF-8 looks like once read as Latin-1, cp1252, Mac Roman or cp437. `ftfy` decides; this only spares its
# 100 µs a text for ordinary French (é followed by a no-break space is no suspect).
_MOJIBAKE = re.compile(
    r"[ÂÃÄÅÆÎÏÐÑØÙâãåæïð][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Ã[ .,]|[\x80-\x84\x86-\x9f]|√[^\s\d]|‚Ä|¬[´ª]|[├┬]"
)
_MOJIBAKE_LEAD = re.compile(r"[ÂÃÄÅÆÎÏÐÑØÙâãåæïð\x80-\x84\x86-\x9f√‚¬├┬]")
_NEWLINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def words(text: str) -> frozenset[str]:
    """Return the set of the words of a text, for lists that read better as a text."""
    return frozenset(text.split())


_BLOCKS = words("""
    address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hgroup hr html legend main menu nav ol p pre section summary table tbody tfoot
    thead ul video
""")
_LINES = words("br tr caption option")
_SPACED = words("td th img input button")
_DROPPED = words("head iframe noscript object script style svg template")
_INLINE = words("""
    a abbr acronym area audio b base bdi bdo big canvas cite code col colgroup data datalist del dfn em embed font
    i ins kbd label li link map mark marquee meta meter nobr output param path picture progress q rp rt ruby s
    samp select small source span strike strong sub sup textarea time title track tt u var wbr
""")
# Only names that HTML knows open a tag, or Word's and components' (o:p, my-widget): "a <b and c" stays text.
_NAME = "|".join(sorted(_BLOCKS | _LINES | _SPACED | _DROPPED | _INLINE)) + r"|[a-z]+:[a-z]+|[a-z]+-[a-z][a-z-]*"
_TAG = re.compile(rf"</?(?:{_NAME})(?:[\s/][^<]*)?>", re.IGNORECASE)
_NOT_A_TAG = re.compile(rf"<(?!/?(?:{_NAME})(?:[\s/][^<]*)?>)", re.IGNORECASE)
_CUT_TAG = re.compile(r"<[a-z][a-z0-9]*\s+[a-z-]+\s*=[^<>]*\Z", re.IGNORECASE)  # fields cut at a fixed length
_DECLARATIONS = re.compile(r"<!--.*?(?:-->|\Z)|<!doctype[^>]*>|<\?xml[^>]*>|<!\[CDATA\[|\]\]>", re.I | re.S)
_BARE_AMPERSAND = re.compile(r"&(?!#?[0-9A-Za-z]{1,24};)")
_NESTED_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.IGNORECASE)
_BLOCK, _LINE, _ITEM = "\x1d", "\x1e", "\x1f"  # control characters: the text no longer holds any by then
_MARKS = re.compile(f"[{_BLOCK}{_LINE}{_ITEM}]")
_AROUND_ITEM = re.compile(f"{_LINE}? *{_ITEM}[{_BLOCK}{_LINE} ]*")  # <li><p>: the item begins with its text
_LAYOUT = str.maketrans({_BLOCK: "\n\n", _LINE: "\n", _ITEM: "\n- "})

_MOST_PASSES = 12


class _Text(HTMLParser):
    """Collects the text of an HTML fragment, with a marker where a block, a line or a list item begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in _DROPPED:
            self.dropping += 1
        self._mark(tag, _ITEM)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element written <like this/>: it holds nothing, so nothing is dropped after it."""
        self._mark(tag, _ITEM)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in _DROPPED:
            self.dropping = max(0, self.dropping - 1)
        self._mark(tag, _LINE)

    def handle_data(self, data: str) -> None:
        """Keep text, unless a dropped element is open."""
        if not self.dropping:
            self.parts.append(data)

    def _mark(self, tag: str, item: str) -> None:
        if tag in _BLOCKS:
            self.parts.append(_BLOCK)
        elif tag in _LINES:
            self.parts.append(_LINE)
        elif tag in _SPACED:
            self.parts.append(" ")
        elif tag == "li":
            self.parts.append(item)


def is_sentinel(value: str) -> bool:
    """Say whether the whole value stands for "nothing": empty, only marks ("--", "?"), or a known placeholder.

    Upper and lower case do not matter. "NR" inside a text is no placeholder, only "NR" alone is. A person or
    a place really called "Null" or "NC" cannot be told from the placeholder: such a value counts as nothing.
    """
    if not value.strip(_ONLY_MARKS):
        return True
    return len(value) <= 2 * _LONGEST_SENTINEL and " ".join(value.casefold().split()) in SENTINELS


@remembered
def clean_text(value: str) -> str | None:
    """Return one clean line of text, or None when the value stands for "nothing" (see `is_sentinel`).

    HTML becomes text (scripts and styles go with their content, entities are decoded even when escaped
    twice), mojibake is repaired, control and zero-width characters go, so do the marks of wikis and masks of
    addresses ("[email protected]"), white space of any kind becomes one space, Unicode is NFC. "a < b" and "R&D" are
    no HTML and stay. Never raises.
    """
    clean = signs(value).isdisjoint((WORK, WIKI))
    text = " ".join(value.split()) if clean else _until_stable(value, paragraphs=False)
    return None if is_sentinel(text) else text


def clean_paragraphs(value: str) -> str | None:
    r"""Return a clean text with its paragraphs, in their order, or None when it stands for "nothing".

    As `clean_text`, but blocks are parted by an empty line, `<br>` is a line end, list items begin with "- ".
    Line ends of a text without blocks or `<br>` are kept, those of HTML are mere white space. Lines that are
    only a teaser ("Lire la suite", "En savoir plus", "Partager sur ..."), a cookie or donation banner, and
    WordPress short codes ([vc_row]) go. Never raises.
    """
    text = _until_stable(value, paragraphs=True)
    return None if is_sentinel(text) else text


def _until_stable(text: str, *, paragraphs: bool) -> str:
    for _ in range(_MOST_PASSES):
        before, text = text, _one_pass(text, paragraphs=paragraphs)
        if text == before:
            return text
    # Only a text built to nest deeper than any real one comes here: without these no markup is left to find.
    return _one_pass(re.sub(r"[<>&\[\]]", " ", text), paragraphs=paragraphs)


def _one_pass(text: str, *, paragraphs: bool) -> str:
    if WORK in signs(text):
        text = _decoded(text, paragraphs=paragraphs)
    text = without_code(text)
    return without_boilerplate(text) if paragraphs else " ".join(text.split())


def _decoded(text: str, *, paragraphs: bool) -> str:
    """A text without mojibake, invisible characters, HTML and entities, in NFC."""
    # Every sign of mojibake begins with one of a few letters, where alone it is looked for.
    if not text.isascii() and any(_MOJIBAKE.match(text, lead.start()) for lead in _MOJIBAKE_LEAD.finditer(text)):
        text = fix_encoding(text)
    if not text.isprintable():  # true of all control, format and surrogate characters, and of white space but " "
        text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text))
    if "<" in text:
        text = _html_to_text(text, paragraphs=paragraphs)
    if "&" in text:
        text = unescape_html(_NESTED_AMPERSAND.sub("&", text))
    return unicodedata.normalize("NFC", text)


def _html_to_text(text: str, *, paragraphs: bool) -> str:
    text = _CUT_TAG.sub("", _DECLARATIONS.sub("", text))
    if not _TAG.search(text):
        return text
    parser = _Text()
    parser.feed(_BARE_AMPERSAND.sub("&amp;", _NOT_A_TAG.sub("&lt;", text)))
    parser.close()
    text = "".join(parser.parts)
    if not paragraphs:
        return _MARKS.sub(" ", text)
    if _MARKS.search(text):
        text = _AROUND_ITEM.sub(_ITEM, text.replace("\n", " "))
    return text.translate(_LAYOUT)
