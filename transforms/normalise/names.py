"""Names of organisations and initiatives: a form to compare them by, and a form to read."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby

from transforms.marks import without_marks
from transforms.normalise.text import words
from transforms.remembered import remembered

# ------------------------------------------------------------------------------------------- names to compare

_STOP_WORDS = words("""
    l d le la les de du des un une et ou a au aux en sur pour par dans avec chez the of and for in on at an by
    with
""")
# Legal forms in use in French and English names, without accents; what an organisation is, not who it is.
_LEGAL_FORMS = words("""
    association associations asso assoc ass scop scic sarl sas sasu eurl eirl sa snc scp sci selarl gie gip cae
    ltd limited llc llp inc incorporated plc corp cic cio gmbh asbl vzw
""")
_LEGAL_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "societe cooperative interet collectif",
        "societe cooperative participative",
        "societe cooperative production",
        "societe responsabilite limitee",
        "societe actions simplifiee",
        "cooperative activites emploi",
        "cooperative activite emploi",
        "community interest company",
        "declaree loi 1901",
        "regie loi 1901",
        "loi 1er juillet 1901",
        "loi 1901",
        "l1901",
    )
)
_PHRASES_BEGIN = frozenset(phrase[0] for phrase in _LEGAL_PHRASES)
_DROPPED = _STOP_WORDS | _LEGAL_FORMS
_DOTS = re.compile(r"[.\s]")
_DOTTED = re.compile(r"\b(?:[^\W_]\.[^\S\n]?){2,}(?:[^\W_]\b)?")  # A.M.A.P., S.C.I.C, A. D. M. R.
_AMPERSAND = re.compile(r"[&+＆]")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


@remembered
def name_key(name: str) -> str:
    """Return the form of a name to compare it by: words in lower case, in their order, one space apart.

    Accents, case, punctuation, articles and other stop words go, and legal forms in French and English (association,
    SCOP, SARL, loi 1901, Ltd ...); "&" counts as "et"; dotted initials become one word (A.M.A.P. is amap). A name of
    which nothing else is left ("L'Association") keeps all its words; only one without letters or digits gives "".
    Idempotent, never raises.
    """
    folded = _fold(name)
    if sum(len(word) == 1 for word in folded) < 3 and _PHRASES_BEGIN.isdisjoint(folded):  # nothing comes together
        return " ".join([word for word in folded if word not in _DROPPED] or folded)
    kept = folded
    while (shorter := _without_forms([word for word in _joined(kept) if word not in _STOP_WORDS])) != kept:
        kept = shorter  # what is dropped may bring the words of a legal form together
    return " ".join(kept or folded)


def _fold(name: str) -> list[str]:
    plain = _AMPERSAND.sub(" et ", name).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(_LETTERS)
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", without_marks(plain).casefold())
    if "." in plain:
        plain = _DOTTED.sub(lambda m: _DOTS.sub("", m[0]) + " ", plain)
    return _WORD.findall(plain)


def _joined(kept: list[str]) -> list[str]:
    """Make one word of three single letters and more in a row: a f a i is afai."""
    if sum(len(word) == 1 for word in kept) < 3:
        return kept
    runs = (list(run) for _, run in groupby(kept, key=lambda word: len(word) == 1 and word.isalpha()))
    return [word for run in runs for word in (["".join(run)] if len(run) > 2 and len(run[0]) == 1 else run)]


def _without_forms(kept: list[str]) -> list[str]:
    for phrase in _LEGAL_PHRASES:
        if phrase[0] in kept:
            i, size = kept.index(phrase[0]), len(phrase)
            if tuple(kept[i : i + size]) == phrase:
                kept = kept[:i] + kept[i + size :]
    return [word for word in kept if word not in _LEGAL_FORMS]


# ----------------------------------------------------------------------------------------------- names to read

_ACRONYMS = {
    word.upper(): word
    for word in words("""
    ACI ADAPEI ADEME ADIE ADIL ADMR AFPA AGEFIPH AMAP ANCT ANLCI ANPE APAJH APEI APF ASBL ASE ATD ATTAC BTP CADA CAE
    CAF CAP CAPEB CARSAT CCAS CCI CEMEA CESER CFA CHRS CHU CIAS CIC CIDFF CIGALES CIO CLIC CNAM CNRS COS CPAM CPIE
    CPTS CRESS CRIJ CROUS CUMA DLA DREETS EHPAD EIRL EPCI EPHAD EPIC EPN ESAT ESS ETTI EURL FCPE FJT FNARS FPH FSE
    GAEC GEIQ GEM GIE GIP GRETA HLM IAE IFAC IME INRA INRAE INSEE INSERM ITEP IUT LGBT LPO MAIF MDPH MFR MJC MSA
    MSAP ODD ONG PAAJIP PIJ PIMMS PLIE PME PMI PMR PTCE QPV RATP RERS RSA RSE SARL SAS SASU SAVS SAMSAH ALEFPA ADSEA
    CAARUD COORACE CREAI CSAPA INJEP SOLIHA UFOLEP UNIOPSS URIOPSS AFEJI AGEFOS ANACEJ CARIF CFDT CIDEFE CNAPE CNFPT
    CNLAPS CPME CRAJEP DDCS DDETS DIRECCTE DRAJES FEHAP FNATH FNEPE FONJEP IFSI INFREP IRFA IRTS MEDEF OPCO UNCCAS
    UNHAJ UNML UNSA URAF URSSAF ARACT ANVITA AFEV ASTI GRDR ARL EARL EIRL SCI SCIC SCOP SESSAD SIAE SIAO SIVOM SIVU
    SNC SNCF SSIAD TIC TPE TZCLD UDAF UFCV UFR UNAPEI UNESCO UNICEF URSCOP USA WWF ZAC EBS EES EI IDF SA SOS TTI Ltd
    FabLab FabLabs EcoLab
""")
}
_PARTICLES = words("""
    de du des la le les et ou à au aux en sur sous pour par avec dans chez entre vers un une lès of the and for in
    on
""")
_ELIDED = words("d j l n s c m t qu")
_LOST_APOSTROPHE = re.compile(r"(?<!\b\w )\b([DL]) (?=[AEIOUYHÀÂÉÈÊÎÔŒ][^\W\d_])")  # COTE D OR, but not I D E O
_ORDINAL = re.compile(r"\d+(?:er|ere|ère|e|eme|ème|nd|nde)", re.IGNORECASE)
_ROMAN = re.compile(r"(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_VOWEL = re.compile(r"[AEIOUYÀÂÄÆÉÈÊËÎÏÔÖŒÙÛÜŸ]")
_ABBREVIATED = words("ST STE MR DR")  # no vowel, and no acronym: Saint, Monsieur, Docteur
_SHORT_WORD = re.compile(r"[^\W\d_]{1,5}")
_BEGINNING = re.compile(r"(?:[:(«“\"/|!?]|[^\W_]{2}\.|\s[-–—])\s*\Z")


def restore_case(name: str) -> str:
    """Return a name written in capitals only in French title case; any other name is returned as it is.

    Particles are in lower case except at the beginning (de, du, la, et, sur, d', l'), known acronyms stay (SCOP, AMAP,
    MJC), or take their own form (FabLab), as do words without a vowel (CPTS), Roman and dotted ones. A name that is
    one short word (TERA, VRAC) is a brand or an acronym and stays. "A" between two words is read as "à", and "D OR"
    as "d'Or". Lost accents are given back to the words of `accents.txt` alone, which cannot be read otherwise.
    Idempotent, never raises.
    """
    if not any(char.isupper() for char in name) or any(char.islower() for char in name):
        return name
    if _SHORT_WORD.fullmatch(name):
        return name
    name = _LOST_APOSTROPHE.sub(r"\1'", name)
    parts: list[str] = []
    position = 0
    for match in _WORD.finditer(name):
        parts.append(name[position : match.start()])
        parts.append(_cased(name, match))
        position = match.end()
    return "".join(parts) + name[position:]


def _cased(name: str, match: re.Match[str]) -> str:
    word, before, after = match[0], name[: match.start()], name[match.end() :]
    first = not _WORD.search(before) or bool(_BEGINNING.search(before[-6:]))
    elided = after[:1] in ("'", "’") and after[1:2].isalpha()
    if elided and word.lower() in _ELIDED:
        return word if first else word.lower()
    if before[-1:] in ("'", "’") and re.search(r"[^\W_]", before):
        # l'Atelier, but aujourd'hui, p'tit: only an elided article or particle begins a word after it.
        head = _WORD.findall(before)[-1].lower()
        return _capitalised(word) if head in _ELIDED | {"o"} else word.lower()
    if not first and word.lower() in _PARTICLES:
        return word.lower()
    if word == "A" and not first and before[-1:] == " " and re.match(r" [^\W\d_]{2}", after):
        return "à"
    return _capitalised(word, dotted=after[:1] == ".")


def _capitalised(word: str, *, dotted: bool = False) -> str:
    if word in _ACRONYMS:
        return _ACRONYMS[word]
    if word[:-1] in _ACRONYMS and word[-1] == "S" and len(word) > 3:
        return _ACRONYMS[word[:-1]] + "s"
    if _ORDINAL.fullmatch(word):
        return word.lower()
    initials = dotted and len(word) == 1
    no_word = not _VOWEL.search(word) and word not in _ABBREVIATED
    if initials or no_word or _ROMAN.fullmatch(word) or any(char.isdigit() for char in word):
        return word
    accented = _accented().get(word.lower(), word.lower())
    return accented[0].upper() + accented[1:]


@cache
def _accented() -> dict[str, str]:
    """Words by their form without accents: those of which French has no other with the same letters (`accents.txt`)."""
    listed = resources.files("transforms.normalise").joinpath("accents.txt").read_text(encoding="utf-8").split()
    return {_bare(word): word for word in listed}


def spell_town(name: str, town: str) -> str:
    """Return a name with a town in it spelled as `town` is: "Amis de Saint-Etienne" gets the accent of Saint-Étienne.

    For names that came in capitals, whose accents are lost: only the town can give some back. Towns without an accent
    or of fewer than four letters change nothing. Idempotent, never raises.
    """
    if town.isascii() or len(town) < 4:
        return name
    return _spelled(town).sub(lambda _: town, name)


@lru_cache(maxsize=1_024)
def _spelled(town: str) -> re.Pattern[str]:
    """A pattern for the name of a town, with its accents or without, whatever stands between its words."""
    plain = r"[-\s'’]+".join(map(_any_accent, _WORD.findall(town)))
    return re.compile(rf"(?<![^\W_]){plain}(?![^\W_])", re.IGNORECASE)


def _any_accent(word: str) -> str:
    """A pattern for a word written with its accents or without any."""
    return f"(?:{re.escape(word)}|{re.escape(_bare(word))})"


def _bare(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("œ", "oe"))
    return without_marks(plain)
