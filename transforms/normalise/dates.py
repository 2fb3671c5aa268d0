"""Dates as published, from French and English forms to partial ISO 8601: "2019", "2019-03" or "2019-03-12".

The result says no more than the source did: a month stays a month, a season or a quarter is only its year. No
serial number (43536) or time stamp (1552377600) is ever taken for a date: it could be any number. Of a moment
with a time zone, the day as written is kept. Of a period, the result is its beginning.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable

from transforms.marks import without_marks
from transforms.normalise.contacts import quotable
from transforms.normalise.text import is_sentinel

YEARS = range(1800, 2101)

# "No date" as programs write it: zero of Unix and of spreadsheets, SIRENE's unknown creation day, "for ever".
EPOCHS = frozenset({"1970-01-01", "1900-01-01", "1899-12-30", "1899-12-31", "2099-12-31"})

# Without accents, as `_fold` leaves them; abbreviations with or without their full stop.
_MONTH_NAMES = (
    "janvier janv jan january|fevrier fevr fev february feb|mars mar march|avril avr april apr|mai may|juin june jun|"
    "juillet juil july jul|aout august aug|septembre sept sep september|octobre oct october|"
    "novembre nov november|decembre dec december"
)
_MONTHS = {name: n for n, names in enumerate(_MONTH_NAMES.split("|"), 1) for name in names.split()}
_M = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_D = r"(\d{1,2})(?:st|nd|rd|th|er|e)?"
_WEEK_DAY = re.compile(
    r"^(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mer|jeu|ven|sam|dim"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)\b[.,]*\s*"
)
_TIME = re.compile(
    r"(?:\s*,?\s+(?:a\s+|at\s+)?|t)\d{1,2}\s*(?:h|:)\s*(?:\d{2})?(?::\d{2}(?:[.,]\d+)?)?"
    r"(?:\s*[ap]m)?\s*(?:z|gmt|utc|cet|cest|[+-]\d{2}:?\d{2}(?::\d{2})?)?$"
)
_LEAD = re.compile(
    r"^(?:(?:cree|creee|fonde|fondee|lance|lancee|ouvert|ouverte|ouverture|created|founded|launched|opened|started|"
    r"depuis|since|from|en|in|on|le|la|the|du|des|de|au|a partir|annee|year|vers|circa|environ|courant|"
    r"debut|fin|mi|mid|early|late|end of|beginning of|begin)(?:\s+|-)|\b[dl]['’])+:?\s*"
)
_PART_OF_YEAR = re.compile(
    r"(?:printemps|ete|automne|hiver|spring|summer|autumn|fall|winter|rentree"
    r"|(?:[1-4]\s?(?:er|ere|e|eme|nd|st|rd|th)?\s+(?:trimestre|semestre|quarter|half))|[tqs]\s?[1-4])"
    r"(?:\s+(?:de|d['’]|of))?[\s-]*(?=\d{4})"
)
_OPEN_END = re.compile(r"(?:aujourd['’]?hui|en cours|a ce jour|present|now|today|ongoing|\.{2,3}|…|\?)?", re.IGNORECASE)
_PERIOD = re.compile(r"\s+(?:-|–|—|au|a|to|until|till|jusqu['’](?:en|a|au)|et|and|/)\s+|\s*(?:→|->|—|–)\s*")
_TWO_YEARS = re.compile(r"(\d{4})\s*[-/]\s*(?:\d{4}|\d{2})")

_Parts = tuple[int, int, int]  # year, month, day; 0 where the text does not say


def clean_date(value: str, day_first: bool = True) -> str | None:
    """Return the date as "YYYY", "YYYY-MM" or "YYYY-MM-DD", or None when there is none.

    None is returned for an empty or placeholder value, for days and months that do not exist (31/02/2019), years
    outside 1800 to 2100, and the dates programs write for "no date" (`EPOCHS`, 0000-00-00).

    `day_first` says how the source writes 04/05/2018: True for 4 May, False for April 5. If only the other order
    is possible (03/25/2019), that one is taken. Two-digit years in a whole date follow POSIX: 69 to 99 are 1900s,
    00 to 68 are 2000s. "2010-12" is December 2010, "2019-20" and "2019-2020" are periods that begin in 2019.

    Raises ValueError for a text that is no date at all ("Humanitaire & Développement", 43536).
    """
    text = _fold(value)
    if is_sentinel(text):
        return None
    # No date takes more words than this: a paragraph is not searched for one.
    parts = None if len(text) > 80 else _period(text, day_first) or _single(text, day_first)
    if parts is None:
        raise ValueError(f"not a date: {quotable(value)}")
    return _iso(*parts)


def _fold(value: str) -> str:
    plain = without_marks(unicodedata.normalize("NFKD", value))
    return " ".join(plain.casefold().split())


def _iso(year: int, month: int, day: int) -> str | None:
    if year not in YEARS or not 0 <= month <= 12:
        return None
    if month == 0:
        return f"{year:04}" if day == 0 else None
    if day == 0:
        return f"{year:04}-{month:02}"
    if day > calendar.monthrange(year, month)[1]:
        return None
    text = f"{year:04}-{month:02}-{day:02}"
    return None if text in EPOCHS else text


def _period(text: str, day_first: bool) -> _Parts | None:
    """Return the beginning of "2017 - 2019", "du 3 au 5 mars 2019", "mars - juin 2019", else None."""
    start, *rest = _PERIOD.split(text, maxsplit=1)
    if not rest:
        return None
    end = rest[0]
    if not _OPEN_END.fullmatch(end) and _single(end, day_first) is None:
        return None
    # What the beginning leaves out, the end says: first the whole, then with "mars 2019", then with "2019".
    words = end.split()
    candidates = [start, *(" ".join((start, *words[i:])) for i in range(1, len(words)))]
    return next((parts for text in candidates if (parts := _single(text, day_first))), None)


def _single(text: str, day_first: bool) -> _Parts | None:
    text = _TIME.sub("", _WEEK_DAY.sub("", _LEAD.sub("", text)))
    text = _PART_OF_YEAR.sub("", text, count=1).strip(" ,.;()-")
    if re.fullmatch(r"(?:0{4}|0{2}).(?:0{2}).(?:0{4}|0{2})", text):
        return (0, 0, 0)
    for pattern, read in _FORMS:
        if match := pattern.fullmatch(text):
            return read(match, day_first)
    return None


def _year_month(match: re.Match[str], day_first: bool) -> _Parts | None:
    year, second = int(match[1]), int(match[2])
    return (year, 0, 0) if second == (year + 1) % 100 and second > 12 else (year, second, 0)


def _numeric(match: re.Match[str], day_first: bool) -> _Parts:
    first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
    day, month = (first, second) if day_first else (second, first)
    if month > 12 >= day:
        day, month = month, day
    return (year, month, day)


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        year += 1900 if year >= 69 else 2000
    return year


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], bool], _Parts | None]], ...] = (
    (re.compile(r"(\d{4})(?:\.0)?", re.ASCII), lambda m, _: (int(m[1]), 0, 0)),
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII), lambda m, _: (int(m[1]), int(m[2]), int(m[3]))),
    (re.compile(r"((?:18|19|20)\d\d)(\d\d)(\d\d)", re.ASCII), lambda m, _: (int(m[1]), int(m[2]), int(m[3]))),
    (re.compile(r"(\d{1,2})\s?([-/. ])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})", re.ASCII), _numeric),
    (re.compile(r"(\d{4})[-/.](\d{1,2})", re.ASCII), _year_month),
    (re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{4})", re.ASCII), lambda m, _: (int(m[2]), int(m[1]), 0)),
    (_TWO_YEARS, lambda m, _: (int(m[1]), 0, 0)),
    (re.compile(rf"{_M}[\s,/-]*(?:de |of )?(\d{{4}})", re.ASCII), lambda m, _: (int(m[2]), _MONTHS[m[1]], 0)),
    (  # "fevrier-mars 2020"
        re.compile(rf"{_M}\s?[-/]\s?{_M}\s(\d{{4}})", re.ASCII),
        lambda m, _: (int(m[3]), _MONTHS[m[1]], 0),
    ),
    (
        re.compile(rf"{_D}[\s-]*(?:of )?{_M}[\s,-]*(\d{{4}}|\d{{2}})", re.ASCII),
        lambda m, _: (_full_year(m[3]), _MONTHS[m[2]], int(m[1])),
    ),
    (
        re.compile(rf"{_M}[\s-]*{_D}[\s,-]+(\d{{4}})", re.ASCII),
        lambda m, _: (int(m[3]), _MONTHS[m[1]], int(m[2])),
    ),
    (
        re.compile(rf"(\d{{4}})[\s-]{_M}(?:[\s-]{_D})?", re.ASCII),
        lambda m, _: (int(m[1]), _MONTHS[m[2]], int(m[3] or 0)),
    ),
)
