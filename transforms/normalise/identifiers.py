"""Identifiers of organisations (SIREN, SIRET, RNA), web addresses and points: checked, in one canonical form.

Every `clean_*` returns None when the value stands for "nothing", and raises ValueError with a plain reason when
there is a value but not a valid one, so that the caller can keep the original text and report it.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import SplitResult, quote, urlsplit

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren, siret

from transforms.normalise.contacts import quotable
from transforms.normalise.text import clean_text, words

# ---------------------------------------------------------------------------------------------- organisations

_LABEL = re.compile(r"^(?:n[°o]?\s*)?(?:siren|siret|rna|waldec)\s*(?:n[°o])?\s*[:=]?\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.,'’_\-–—/]+")
# "W", the prefecture that registered it (three characters: 751, 2A1, 9R1 ...), six digits. Source: the open RNA
# files of the Ministry of the Interior, https://www.data.gouv.fr/fr/datasets/repertoire-national-des-associations/
_RNA = re.compile(r"W[0-9][0-9A-Z]{2}[0-9]{6}")


def clean_siren(value: str) -> str | None:
    """Return the nine digits of a company number; spaces, dots and one lost leading zero are put right.

    A valid SIRET gives its first nine digits. Returns None for nothing and for zeros only. Raises ValueError when
    the digits are not nine or fail the check digit (Luhn).
    """
    number = _compact(value)
    if number is not None and len(number) == 14:
        number = _checked(number, value, "SIREN", 14, siret.validate)[:9]
    return None if number is None else _checked(number, value, "SIREN", 9, siren.validate)


def clean_siret(value: str) -> str | None:
    """Return the fourteen digits of an establishment number; spaces, dots and one lost leading zero are put right.

    Returns None for nothing and for zeros only (which would pass the check digit). Raises ValueError when the digits
    are not fourteen, or fail the check: Luhn, and for La Poste (SIREN 356000000) a sum of digits divisible by five.
    """
    number = _compact(value)
    return None if number is None else _checked(number, value, "SIRET", 14, siret.validate)


def clean_rna(value: str) -> str | None:
    """Return the number of a French association, "W" and nine characters, in upper case without separators.

    Returns None for nothing and for zeros only. Raises ValueError for any other form, numbers of before 2009 included.
    """
    number = _compact(value)
    if number is None or not number.strip("W0"):
        return None
    if not _RNA.fullmatch(number):
        raise ValueError(f"RNA is not W, a prefecture and six digits: {quotable(value)}")
    return number


def _compact(value: str) -> str | None:
    """Return the number without label, separators or the ".0" of a spreadsheet; None if nothing or zeros only."""
    text = clean_text(value)
    if text is None:
        return None
    number = _SEPARATORS.sub("", re.sub(r"(?<=\d{8})\.0+$", "", _LABEL.sub("", text))).upper()
    return number if number.strip("0") else None


def _checked(number: str, value: str, name: str, length: int, validate: Callable[[str], str]) -> str:
    # Spreadsheets drop the first zero of a number. Only one is given back: the check digit must confirm it.
    if len(number) == length - 1:
        number = number.zfill(length)
    if not (number.isascii() and number.isdigit()):
        reason = "has other characters than digits"
    elif len(number) != length:
        reason = f"has {len(number)} digits instead of {length}"
    else:
        try:
            return validate(number)
        except InvalidChecksum:
            reason = "fails its check digit"
        except ValidationError as error:
            reason = f"is not valid ({error})"
    raise ValueError(f"{name} {reason}: {quotable(value)}")


# ----------------------------------------------------------------------------------------------- web addresses

# What campaigns, social networks and audience meters add to an address; the page is the same without.
_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|fb_\w+|fbclid|gclid|yclid|dclid|gbraid|wbraid|msclkid|twclid|ttclid|igshid|igsh|mc_[ce]id"
    r"|mkt_tok|_ga|_gl|_hsenc|_hsmi|xtor|__cft__.*|__tn__|phpsessid)(?:=|$)",
    re.IGNORECASE,
)
# "http://http://", "http:/", "http//" and misspellings, at the beginning of an address.
_SCHEME = re.compile(
    r"(?<![^\s,;|(<])(?:(?:https?|htpps?|htps?|ttps?)(?:\s?:?/+|:(?=www\.))\s*)+(?=[^\s/])", re.IGNORECASE
)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+-]*:(?!\d)", re.IGNORECASE)
_HOST_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_BETWEEN_URLS = re.compile(r"\s+|\||[;,](?=\s|https?:|www\.|$)", re.IGNORECASE)
_GLUED_URLS = re.compile(r"((?:https?://)?[^/\s]+?)https?://", re.IGNORECASE)  # http://a.frhttp://b.fr
_SAFE = "/%:@!$&'()*+,;=~-._?"


def clean_url(value: str) -> str | None:
    """Return a web address in canonical form, the first valid one if the value holds several.

    A missing scheme becomes https, host and scheme lower case (an international name is kept as written), default
    port, tracking parameters and fragment go (but "#/..." and "#!..." stay: they name a page of an application), other
    characters than ASCII in path and query are percent-encoded (RFC 3986). Returns None for nothing. Raises
    ValueError when no part of the value is an http(s) address of a public host name, or it names a user.
    """
    text = clean_text(value)
    if text is None:
        return None
    text = _SCHEME.sub(lambda m: "https://" if "s" in m[0].lower() else "http://", text.replace("\\", "/"))
    parts = [_trim(part) for part in _BETWEEN_URLS.split(text)]
    reason = ""
    for part in parts:
        try:
            if part:
                return _settled(_canonical(part))
        except ValueError as error:
            reason = reason or str(error)
    raise ValueError(f"not a web address ({reason}): {quotable(value, 80)}")


def _settled(url: str) -> str:
    # What goes (a tracking parameter, a fragment) may leave a full stop or quote at the end: "x.fr/.?".
    while (again := _canonical(_trim(url))) != url:
        url = again
    return url


def _trim(part: str) -> str:
    if match := _GLUED_URLS.match(part):
        part = match[1]
    part = part.strip("<>[]{}\"'«»“”‘’`.,;")
    return part if "(" in part and part[0] != "(" else part.strip("()").strip(".,;")


def _canonical(text: str) -> str:
    if _OTHER_SCHEME.match(text):
        raise ValueError("only http and https are taken")
    if not text.lower().startswith(("http://", "https://")):
        text = "https://" + text.lstrip("/")
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ValueError("it names a user, as an e-mail address does")
    host = _host(parts)
    port = parts.port
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    url = f"{parts.scheme}://{host}{quote(parts.path, safe=_SAFE) or '/'}"
    url += f"?{quote(query, safe=_SAFE)}" if query else ""
    return url + (f"#{quote(fragment, safe=_SAFE)}" if fragment else "")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    labels = host.split(".")
    if len(labels) < 2 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise ValueError("no host name")
    if not re.fullmatch(r"[^\W\d_]{2,}|xn--[a-z0-9-]+", labels[-1]):  # 192.168.0.1, 12.50, fiche.h5
        raise ValueError("no public host name")
    return host


# Where many unlike organisations have a page: the host says nothing about whose page it is.
_SHARED_HOSTS = words("""
    facebook.com fb.com fb.me instagram.com twitter.com x.com t.co linkedin.com youtube.com youtu.be vimeo.com
    dailymotion.com tiktok.com pinterest.com pinterest.fr flickr.com meetup.com eventbrite.com eventbrite.fr
    linktr.ee bit.ly tinyurl.com wa.me whatsapp.com t.me telegram.me discord.gg discord.com github.com gitlab.com
    medium.com helloasso.com leetchi.com ulule.com kisskissbankbank.com gofundme.com tipeee.com lilo.org
    net1901.org google.com google.fr goo.gl gmail.com microsoft.com office.com dropbox.com airtable.com notion.so
    notion.site wikipedia.org wikidata.org openstreetmap.org wanadoo.fr orange.fr sfr.fr laposte.net framasoft.org
    framaforms.org framapad.org framagit.org data.gouv.fr service-public.fr pagesjaunes.fr societe.com
    tripadvisor.fr airbnb.fr web.archive.org
""")
# Where each subdomain is another organisation's site: the whole host is the domain, the platform itself is none.
_PLATFORMS = words("""
    wordpress.com blogspot.com blogspot.fr wixsite.com weebly.com jimdo.com jimdofree.com jimdosite.com
    e-monsite.com blogspot.be blogspot.ca blogspot.ch blogspot.co.uk blogspot.de over-blog.com over-blog.fr over-
    blog.org canalblog.com free.fr pagesperso-orange.fr centerblog.net eklablog.com tumblr.com squarespace.com
    strikingly.com mystrikingly.com site123.me webnode.fr webself.net github.io gitlab.io netlify.app vercel.app
    herokuapp.com azurewebsites.net gogocarto.fr assoconnect.com yeswiki.net yeswiki.pro ouvaton.org frama.site
    frama.io frama.wiki business.site centres-sociaux.fr substack.com webflow.io godaddysites.com odoo.com
    opendatasoft.com
""")
# Second level labels that registries sell under (asso.fr, co.uk, com.br); not the whole public suffix list.
_SECOND_LEVEL = words("ac asso co com edu gouv gov net nom org ltd plc nhs sch")


def web_domain(url: str) -> str | None:
    """Return the domain that tells whose site this is, or None when the host is shared by unlike organisations.

    The registered name: "https://www.atelier.emmaus.fr/a" gives "emmaus.fr", "x.asso.fr" stays. Under platforms where
    each subdomain is a site of its own (wordpress.com), the whole host. None for social networks, forms, fund
    raising and map sites (facebook.com, helloasso.com), and for what is no web address. Never raises.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # not an address: it has no domain
        return None
    labels = host.strip(".").removeprefix("www.").split(".")
    if len(labels) < 2 or _is_ip(host):
        return None
    two_levels = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    domain = ".".join(labels[-3:] if two_levels else labels[-2:])
    if domain in _PLATFORMS:
        return ".".join(labels) if ".".join(labels) != domain else None
    return None if domain in _SHARED_HOSTS or ".".join(labels) in _SHARED_HOSTS else domain


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------------------------------------------ points

Axis = Literal["latitude", "longitude"]
_LIMIT = {"latitude": 90.0, "longitude": 180.0}
_SIDES = {"latitude": {"N": 1, "S": -1}, "longitude": {"E": 1, "W": -1, "O": -1}}  # O: ouest
_PART = r"(\d{1,9}(?:[.,]\d*)?)"
_DEGREES = re.compile(
    rf"([NSEWO])?\s*([+-])?\s*{_PART}(?:(\s*[°ºd:]\s*|\s+){_PART}(?:(?:\s*['’′`m:]\s*|\s+){_PART})?)?"
    r"\s*(?:[°ºd'’′`m\"”″s]|''|’’|′′)?\s*([NSEWO])?",
    re.ASCII,  # upper case sides, lower case marks: 21°06'54S is south, 21d06m54s is not
)
_NUMBER = r"([+-]?\d+(?:[.,]\d+)?)"
_PAIR = re.compile(rf"\(?{_NUMBER}\s*[;|/]\s*{_NUMBER}\)?|\(?{_NUMBER}(?:\s*,\s+|\s+){_NUMBER}\)?", re.ASCII)
_TIGHT_PAIR = re.compile(r"\(?([+-]?\d+\.\d+)\s*,([+-]?\d+\.\d+)\)?", re.ASCII)
_WKT = re.compile(r"(?:SRID=\d+;\s*)?POINT\s*(?:Z|M|ZM)?\s*\(\s*(\S+)\s+([^\s)]+)[^)]*\)", re.IGNORECASE)


def clean_coordinate(value: str | float, axis: Axis) -> float | None:
    """Return a latitude or longitude in decimal degrees, rounded to six decimals (0.1 m).

    Takes numbers, text with decimal point or comma, degrees with minutes and seconds (48°51'24"N, N 48 51.4,
    2°21′ O). Returns None for nothing, not-a-number, out of range, and exactly 0, which in open data means
    "unknown". Raises ValueError for text that is no coordinate, or names a side of the other axis.
    """
    number = _degrees(value, axis) if isinstance(value, str) else value
    if number is None or not abs(number) <= _LIMIT[axis]:  # not-a-number is never smaller
        return None
    return round(float(number), 6) or None


def _degrees(value: str, axis: Axis) -> float | None:
    text = clean_text(value)
    if text is None:
        return None
    match = _DEGREES.fullmatch(text.replace("−", "-").replace("–", "-"))
    if match is None or (match[1] and match[7]):
        raise ValueError(f"not a {axis}: {quotable(value)}")
    side = (match[1] or match[7] or "").upper()
    degrees, minutes, seconds = (float((match[i] or "0").replace(",", ".")) for i in (3, 5, 6))
    # "4 8.85" is a number broken by a space as likely as degrees and minutes: it takes a mark or a side.
    broken = match[5] and not match[6] and not match[4].strip() and not side
    if broken or minutes >= 60 or seconds >= 60 or (side and side not in _SIDES[axis]):
        raise ValueError(f"not a {axis}: {quotable(value)}")
    sign = -1 if match[2] == "-" else 1
    return sign * _SIDES[axis].get(side, 1) * (degrees + minutes / 60 + seconds / 3600)


def parse_point(value: object) -> tuple[float, float] | None:
    """Return (latitude, longitude) of a point written in one value, or None when either is missing.

    | written as                                              | order               |
    | "48.85, 2.35", "48,85 ; 2,35", "(48.85 2.35)"           | latitude, longitude |
    | "POINT(2.35 48.85)" (WKT, EWKT)                         | longitude, latitude |
    | [2.35, 48.85], {"type": "Point", "coordinates": [...]}  | longitude, latitude (GeoJSON, RFC 7946) |
    | {"lat": 48.85, "lon": 2.35}, also lng, latitude, y/x    | by name             |

    JSON text of the last two is read too. The order is never guessed from the figures: whether a point lies where
    its address says is for the geocoder to check. Raises ValueError for anything else.
    """
    if isinstance(value, str):
        text = clean_text(value)
        return None if text is None else _point_of_text(text)
    if isinstance(value, dict):
        if "coordinates" in value:
            return parse_point(value["coordinates"])
        lower = {str(key).lower(): item for key, item in value.items()}
        lat = next((lower[key] for key in ("lat", "latitude", "y") if key in lower), None)
        lon = next((lower[key] for key in ("lon", "lng", "long", "longitude", "x") if key in lower), None)
        if lat is None and lon is None and not lower.keys() <= {"lat", "lon", "lng", "latitude", "longitude", "x", "y"}:
            raise ValueError(f"not a point: {quotable(str(value))}")
        return _point(lat, lon)
    if isinstance(value, list | tuple) and len(value) in (0, 2, 3):
        return _point(value[1], value[0]) if value else None
    if value is None:
        return None
    raise ValueError(f"not a point: {quotable(str(value))}")


def _point_of_text(text: str) -> tuple[float, float] | None:
    if text.startswith(("{", "[")):
        try:
            decoded = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"not a point: {quotable(text)}") from None
        return parse_point(decoded)
    if text.upper().endswith("EMPTY") or not text.strip("0.,; "):
        return None
    if match := _WKT.fullmatch(text):
        return _point(match[2], match[1])
    if match := _TIGHT_PAIR.fullmatch(text) or _PAIR.fullmatch(text):
        lat, lon = (group for group in match.groups() if group is not None)
        return _point(lat, lon)
    raise ValueError(f"not a point: {quotable(text)}")


def _point(latitude: object, longitude: object) -> tuple[float, float] | None:
    if not isinstance(latitude, str | float | int | None) or not isinstance(longitude, str | float | int | None):
        raise ValueError(f"not a point: {latitude!s:.30}, {longitude!s:.30}")
    if latitude is None or longitude is None:
        return None
    lat, lon = clean_coordinate(latitude, "latitude"), clean_coordinate(longitude, "longitude")
    return None if lat is None or lon is None else (lat, lon)
