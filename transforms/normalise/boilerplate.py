"""What sites put between sentences: teasers, share buttons, cookie and donation banners, code of builders and wikis.

Whole lines go when they are nothing but that; inside a line only what cannot be anything else goes.
"""

from __future__ import annotations

import re

from transforms.normalise.signs import BANNER, WIKI, signs

_SHORT_CODE = re.compile(  # [sic] and [Paris] stay; names with "_" are builders' (vc_row, et_pb_text)
    r"\[/?(?:[a-z]+[a-z0-9]*(?:_[a-z0-9]+)+|caption|gallery|embed|playlist|contact-form-7|box|button|columns?)"
    r"(?:\s[^\[\]]*)?/?\]"
)
_TEASER = (
    r"(?:lire|voir|afficher)\s+(?:la\s+suite|plus|l['’]article(?:\s+complet)?)|en\s+(?:savoir|lire)\s+(?:plus|\+)"
    r"|(?:read|learn|see|show)\s+more|continue\s+reading|continuer\s+la\s+lecture|retour\s+en\s+haut(?:\s+de\s+page)?"
    r"|haut\s+de\s+page|back\s+to\s+top|cliquez\s+ici|click\s+here"
)
_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|instagram|youtube|whatsapp|pinterest|mastodon|bluesky|e-?mail|imprimer|print)"
)
_LINE = re.compile(
    rf"[\W_]*(?:(?:{_TEASER})(?:\s+(?:de|sur|about)?\s*[«“\"].*)?"
    r"|(?:partager|share|imprimer|print|tweeter)(?:\s+(?:cette\s+page|cet\s+article|this|(?:sur|on)\s+[\w/]+))?"
    r"|l['’]article .+ est apparu en premier sur .+|the post .+ appeared first on .+"
    r"|(?:publi[ée]|post[ée]|mis\s+en\s+ligne|mis\s+à\s+jour)e?s?\s+le\s+\d[\w\s/.:]{4,30}?(?:\s+par\s+\w+)?"
    r"|temps\s+de\s+lecture\s*:?\s*\d+\s*(?:min\w*)?|partagez?(?:\s+(?:sur|cet?t?e?\s+\w+))?\s*:|j['’]aime(?:\s+ça)?"
    r"|commenter"
    r"|(?:©\s*|copyright\s+)?(?:\d{4}\s+)?tous\s+droits\s+r[ée]serv[ée]s\b.{0,60}|all\s+rights\s+reserved\b.{0,60}"
    r"|retour\s+à\s+la\s+(?:liste|carte)|back\s+to\s+(?:the\s+)?list"
    r"|(?:accueil|home)(?:\s*[>›»]\s*[^>›»\n]{1,60}){1,5}"
    r"|(?:aucune|pas\s+de|no)\s+description(?:\s+(?:disponible|available))?|description\s+(?:à\s+venir|en\s+cours)"
    rf"|{_NETWORK}(?:[\s|/·•,]+{_NETWORK})+)[\W_]*",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"(?=.{0,300}\Z)(?:.*\b(?:accept\w*|refus\w*|utilis\w*|uses?|using|g[eé]rer|manage|param[eé]tr\w*|consent\w*)\W+"
    r"(?:\w+\W+){0,3}cookies?\b.*"
    r"|.*\bcookies?\W+(?:\w+\W+){0,4}(?:accept|consent|policy|settings|navigation|am[eé]lior|exp[eé]rience|mesur)\w*.*)"
    r"|(?=.{0,120}\Z)[\W_]*(?:(?:faites|faire)\s+un\s+don\b.*|soutenez[- ]nous\b.*|je\s+fais\s+un\s+don\b.*"
    r"|.*\ba\s+besoin\s+de\s+(?:votre\s+soutien|vos\s+dons)\b.*|donate(?:\s+now)?|support\s+us"
    r"|(?:abonnez|inscrivez)-vous\s+.*\b(?:newsletter|lettre\s+d['’]information)\b.*|subscribe\s+to\s+our\s+newsletter.*"
    r"|javascript\s+(?:is|est)\s+.*|(?:veuillez|please)\s+.*\bjavascript\b.*)[\W_]*",
    re.IGNORECASE,
)
_LONGEST_BANNER = 300  # as the pattern has it
_TEASER_AT_END = re.compile(rf"(?<=[.…!?\])])\s*[\[(]?(?:{_TEASER})[\W_]*\Z", re.IGNORECASE)
_LAST_OF_TEASER = re.compile(
    r"(?:suite|plus|article|complet|savoir|lire|more|reading|lecture|haut|page|top|ici|here)\Z", re.IGNORECASE
)
_LONGEST_TEASER = 40
"""Letters, and the signs before them: "[afficher l'article complet" has 27."""
_CUT_AT_END = re.compile(r"(?:\s*(?:…|\.\.\.))?\s*\[(?:…|\.\.\.)\]\s*\Z")  # WordPress marks what it cut; the dots stay
_MASK = re.compile(r"\[e-?mail\s+prot(?:ected|[ée]g[ée]e?)\]", re.IGNORECASE)
_FILE = r"\[\[\s*(?:fichier|image|file|category|cat[ée]gorie|datei|kategorie)\s*:"
_WIKI = (
    (re.compile(_FILE + r"[^\[\]]*(?:\[\[[^\[\]]*\]\][^\[\]]*)*\]\]", re.IGNORECASE), " "),
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),
    (re.compile(r"\{\{[^{}]*\}\}"), " "),
    (re.compile(r"'{3}"), ""),
    (re.compile(r"\[\s*modifier(?:\s*\|\s*modifier le (?:code|wikicode))?\s*\]", re.IGNORECASE), " "),
    (re.compile(r"\[\s*edit(?:\s*\|\s*edit source)?\s*\]", re.IGNORECASE), " "),
)


def without_code(text: str) -> str:
    """Return a text without the marks of wikis ([[page|words]] is its words) and masks of e-mail addresses."""
    if WIKI not in signs(text):
        return text
    text = _MASK.sub(" ", text)
    for pattern, kept in _WIKI:
        text = pattern.sub(kept, text)
    return text


def without_boilerplate(text: str) -> str:
    """Return the paragraphs of a text without lines that are no sentences of it; the lines keep their order."""
    if "[" in text:
        text = _SHORT_CODE.sub("", text)
    kept: list[str] = []
    may_be_banner = BANNER in signs(text)
    for line in text.split("\n"):
        line = " ".join(line.split())
        if line in ("-", "•") or (line and (_LINE.fullmatch(line) or (may_be_banner and _is_banner(line)))):
            continue
        if line or (kept and kept[-1]):
            kept.append(line)
    whole = "\n".join(kept).strip()
    whole = whole[: _teaser_begins(whole)]
    return _CUT_AT_END.sub(" …", whole).strip() if whole.endswith("]") else whole


def _is_banner(line: str) -> bool:
    return len(line) <= _LONGEST_BANNER and _BANNER.fullmatch(line) is not None


def _teaser_begins(text: str) -> int:
    """Where the teaser at the end of a text begins, whose white space is single; where the text ends if it has none."""
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    if not _LAST_OF_TEASER.search(text, max(0, end - 7), end):  # so long is the longest of them
        return len(text)
    found = _TEASER_AT_END.search(text, max(0, end - _LONGEST_TEASER))
    return found.start() if found else len(text)
