"""Names of people: known where a value is nothing else, hidden in texts where a word beside them says what they are.

No model guesses: parks, schools and shops bear names of people. A name is taken for a person's behind a civility,
behind a word such as "contact" or "founded by", before a function ("Jeanne Exemple, directrice"), and where a common
given name stands before a family name in capitals. Given and family names are those of `transforms/people.toml`.
"""

from __future__ import annotations

import re

from transforms.normalise.contacts import MARKER
from transforms.normalise.people import folded, is_family_name, policy
from transforms.normalise.signs import CAPITALS, CIVILITY, PARTICLES, signs
from transforms.normalise.text import words
from transforms.remembered import remembered

_SHORT_CIVILITY = r"(?:M\.|MM\.|Mme\.?|Mmes|MME|Mlle\.?|MLLE|Mr\.?|MR\.?|Mrs\.?|Ms\.?|Me|Dr\.?|Herr|Frau|Sra?\.)"
_LONG_CIVILITY = r"(?:Monsieur|Madame|Mademoiselle|MONSIEUR|MADAME|MADEMOISELLE|Messieurs|Mesdames)"
_CIVILITY = rf"(?:{_SHORT_CIVILITY}|{_LONG_CIVILITY})"
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
_PARTICLE = rf"(?:(?:{'|'.join(PARTICLES)})\s*)?"
_WHOLE_CIVIL = re.compile(rf"({_CIVILITY})\s+({_CAPITALISED}(?:\s+{_PARTICLE}{_CAPITALISED}){{0,3}})")
_SIGNED = re.compile(r"([A-ZÀ-ÖØ-Þ][\w-]+)\s+([A-ZÀ-ÖØ-Þ'’-]{3,})")
_LETTERS = re.compile(r"[a-z]+")
_TWO_NAMES = re.compile(r"([^\W\d_][\w'’-]+)\s+([^\W\d_][\w'’-]+)")
# After a civility in full, or at the beginning of what it stands for, these make a shop or a function.
_NO_NAMES = words("""
    bricolage vrac figaro tout toute patate propre plus le la les maire ministre prefet president presidente directeur
    directrice cuisine meuble store jardin velo recycle bio zero sans chocolat bocal
""")


@remembered
def names_person(text: str) -> bool:
    """Say whether the whole of a value is certainly a person: "Mme Martine D.", "Jean DUPONT", "Dupont Jean".

    "Monsieur Bricolage" and "Mademoiselle Vrac" are names of shops: a civility in full needs a given or a family name.
    Two words without a civility need a given and a family name that are common, or a family name in capitals.
    """
    text = " ".join(text.split())
    if match := _WHOLE_CIVIL.fullmatch(text):
        return re.fullmatch(_SHORT_CIVILITY, match[1]) is not None or _holds_name(match[2])
    signed = _SIGNED.fullmatch(text)
    if signed and not signed[1].isupper() and _is_given(signed[1]):
        return True
    both = _TWO_NAMES.fullmatch(text)
    return both is not None and (
        (_is_given(both[1]) and _is_family(both[2])) or (_is_family(both[1]) and _is_given(both[2]))
    )


@remembered
def _is_given(word: str) -> bool:
    parts = _LETTERS.findall(folded(word))
    return bool(parts) and parts[0] in policy().given_names


def _is_family(word: str) -> bool:
    return "".join(_LETTERS.findall(folded(word))) in policy().family_names


def _holds_name(text: str) -> bool:
    return any(_is_given(word) or _is_family(word) for word in text.split())


# ----------------------------------------------------------------------------------------------- in web addresses

_PROFILE = re.compile(
    r"//(?:[\w-]+\.)?(?:facebook|fb|instagram|twitter|x|linkedin|viadeo|tiktok|youtube|pinterest|mastodon|helloasso)\.\w{2,6}"
    r"/(?:in/|people/|@|user/|users/|profile/)?@?(?P<handle>[\w.%-]+)",
    re.IGNORECASE,
)
_OWN_PAGE = re.compile(r"//(?:[\w.-]*/)+~(?P<handle>[\w.-]+)", re.IGNORECASE)
_OF_PEOPLE = re.compile(
    r"linkedin\.com/(?:in|pub)/|facebook\.com/(?:people|profile\.php)|viadeo\.com/\w*/?profile", re.IGNORECASE
)


def is_page_of_person(url: str) -> bool:
    """Say whether a web address is somebody's own page: a profile of a social network, "~jdupont" on a shared host.

    LinkedIn's /in/ and Facebook's numbered profiles are people's; elsewhere the name of the page must hold a given and
    a family name, or a common given name and another word (facebook.com/jeanne.exemple).
    """
    if _OF_PEOPLE.search(url):
        return True
    match = _OWN_PAGE.search(url) or _PROFILE.search(url)
    if match is None:
        return False
    found = _LETTERS.findall(folded(match["handle"]))
    two = len(found) == 2 and (_is_given(found[0]) or _is_given(found[1])) and policy().generic_words.isdisjoint(found)
    return two or (len(found) == 1 and is_family_name(found[0]))


# ------------------------------------------------------------------------------------------------------- in texts

_CUE = (
    r"(?:personnes?[ -]contacts?|contact(?:er|ez|e)?|renseignements?|interlocut(?:eur|rice)|référente?"
    r"|inscriptions?|s['’]adresser|joindre|responsable|présidente?|coordinat(?:eur|rice)|direct(?:eur|rice)"
    r"|trésori(?:er|ère)|animat(?:eur|rice)|fondat(?:eur|rice)|gérante?|secrétaire|auprès|demander|écrire|appel(?:er|ez))"
)
_BY = (
    r"(?:(?:co-?)?(?:fond|cré|dirig|anim|présid|port|gér|lanc|imagin|pilot|coordonn|accompagn|encadr|initi|impuls)ée?s?"
    r"|founded|created|run|led|managed)\s+(?:par|by)"
)
_FUNCTION = (
    r"(?:l[ae] |notre |sa |son |l['’])?(?:co-?)?(?:direct(?:eur|rice)|présidente?"
    r"|fondat(?:eur|rice)|responsable|coordinat(?:eur|rice)|gérante?"
    r"|trésori(?:er|ère)|secrétaire|animat(?:eur|rice)|chargée?|référente?|maire|élue?|bénévole|porteu(?:r|se)|chef(?:fe)?"
    r"|médiat(?:eur|rice)|conseill(?:er|ère)|founder|director|chair|manager|coordinator)"
)
_GIVEN, _REST = rf"(?P<given>{_CAPITALISED})", rf"(?:[^\S\n]+{_PARTICLE}{_CAPITALISED})"
# No schools, streets and foundations: what bears the name of a person says so just before it.
_NAMED_PLACE = re.compile(
    r"(?:\b(?:rue|avenue|av|boulevard|bd|place|pl|square|allées?|impasse|chemin|quai|cours|pont|route|lycée|école|collège|espace"
    r"|salle|centre|center|parc|jardin|maison|stade|gymnase|piscine|fondation|association|amicale|hôpital|clinique|résidence|foyer"
    r"|médiathèque|bibliothèque|institut|université|campus|prix|théâtre|musée|cité|quartier|cinéma|complexe|pôle|groupe|crèche"
    r"|social|culturel|scolaire|primaire|maternelle|municipale?|hospitalier|saint|ferme|villa|château|tour|halle|esplanade|passage)"
    r"\s+(?:(?:de|du|d['’]|des|la|le)\s*)?|[-’'])\Z",
    re.IGNORECASE,
)
_PATTERNS = (
    re.compile(
        rf"(?<![\w.])(?<![A-Z]\. )(?P<civil>{_CIVILITY})[^\S\n]+(?P<name>{_PARTICLE}{_CAPITALISED}{_REST}{{0,3}})"
    ),
    re.compile(
        rf"(?i:\b{_CUE}(?:\s+(?:auprès\s+de|à|au|est|de|avec))?\s*[:,–-]?\s*)(?P<name>{_GIVEN}{_REST})"
        r"(?=\s*(?:[,;.()\[\n/]|au\s+\d|\d|\+|-\s|\Z))"
    ),
    re.compile(rf"(?i:\b{_BY}\s+)(?P<name>{_GIVEN}{_REST}{{1,2}})"),
    re.compile(rf"(?<![\w’'-])(?P<name>{_GIVEN}{_REST}{{1,2}})(?=\s?[,(–-]{{1,2}}\s?(?i:{_FUNCTION})\b)"),
    re.compile(
        r"(?<![\w’'-])(?P<name>(?P<given>[A-ZÀ-ÖØ-Þ][\w’'-]*[a-zà-öø-ÿ])[^\S\n]+[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ’'-]{2,})(?![\w])"
    ),
)

_BEFORE_CAPITAL = re.compile(rf"{_CAPITALISED}(?=[^\S\n]+{_PARTICLE}[A-ZÀ-ÖØ-Þ])")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ]")

_ROMAN = re.compile(r"[IVX]+")
_CAPITALISED_BEFORE = re.compile(
    r"(?:[^\s.!?:(]\s+[A-ZÀ-ÖØ-Þ][\w’'.-]*|[A-ZÀ-ÖØ-Þ]{2,})\s+\Z"
)  # "Espace Intergénérationnel Jean EXEMPLE" is a place


def hide_behind_civility(text: str) -> tuple[str, int]:
    """Return a text, such as an address, without the people behind a civility, and how many; never raises."""
    return _hidden_by(_PATTERNS[0], text) if CIVILITY in signs(text) else (text, 0)


def hide_in_name(name: str) -> tuple[str, int]:
    """Return the name of an initiative or an organisation without the people in it, and how many were hidden.

    Only a common given or family name behind a civility goes ("EI Monsieur Jean Durand"): names of places and shops are
    full of people. Idempotent, never raises.
    """
    return _hidden_by(_PATTERNS[0], name, sure=True) if CIVILITY in signs(name) else (name, 0)


def hide_names(text: str) -> tuple[str, int]:
    """Return a text without the people that a word beside them gives away, and how many were hidden.

    "Contact : Mme X", "fondée par Jeanne Y", "Jeanne Y, directrice", "Jeanne DURAND" lose their names, "le lycée Jean
    MOULIN" and "Monsieur Bricolage" do not. Without a civility a name needs a common given name. Idempotent, never
    raises.
    """
    hidden = 0
    if CAPITALS not in signs(text):
        return text, hidden
    civil = _PATTERNS[:1] if CIVILITY in signs(text) else ()
    for pattern in civil + (_PATTERNS[1:] if _may_hold_given(text) else ()):
        text, count = _hidden_by(pattern, text)
        hidden += count
    return text, hidden


def _may_hold_given(text: str) -> bool:
    """Whether a common given name stands before a word with a capital: without a civility no person is found else."""
    return any(
        _is_given(found[0][capital.start() :])
        for found in _BEFORE_CAPITAL.finditer(text)
        for capital in _CAPITAL.finditer(found[0])
    )


def _hidden_by(pattern: re.Pattern[str], text: str, *, sure: bool = False) -> tuple[str, int]:
    hidden = position = 0
    while match := pattern.search(text, position):
        if not _is_person(match) or (sure and not _holds_name(match["name"])):
            position = match.start() + 1
            continue
        start = match.start()  # a civility goes with its name
        if match.groupdict().get("civil") is None:
            start = match.start("name")
        end = match.end("name") - len(match["name"]) + len(match["name"].rstrip(".’'-"))
        text = f"{text[:start]}{MARKER}{text[end:]}"
        position = start + len(MARKER)
        hidden += 1
    return text, hidden


def _is_person(match: re.Match[str]) -> bool:
    start = match.start("civil") if match.groupdict().get("civil") else match.start("name")
    if _NAMED_PLACE.search(match.string[max(0, start - 40) : start]):
        return False
    if civil := match.groupdict().get("civil"):
        first = folded(match["name"].split()[0]).strip(".'’-")
        return first not in _NO_NAMES and (re.fullmatch(_SHORT_CIVILITY, civil) is not None or len(first) > 1)
    last = match["name"].split()[-1]
    capitals = last.isupper() and len(last) > 1
    if capitals and (_ROMAN.fullmatch(last) or _CAPITALISED_BEFORE.search(match.string[max(0, start - 40) : start])):
        return False
    return _is_given(match["given"])
