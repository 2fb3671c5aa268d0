"""Web addresses: in one canonical form, or refused with a plain reason; and the domain that tells whose site it is."""

import ipaddress
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from transforms.normalise.contacts import quotable
from transforms.normalise.text import clean_text, words

# What campaigns, social networks and audience meters add to an address; the page is the same without.
_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|fb_\w+|at_\w+|oly_\w+|vero_\w+|fbclid|gclid|yclid|dclid|gbraid|wbraid|msclkid"
    r"|twclid|ttclid|igshid|igsh|mc_[ce]id|gad_source|gad_campaignid|srsltid|mibextid|ref_src|mkt_tok|_ga|_gl|_hsenc"
    r"|_hsmi|xtor|__cft__.*|__tn__|phpsessid)(?:=|$)",
    re.IGNORECASE,
)
# "http://http://", "http:/", "http//" and misspellings, at the beginning of an address.
# Addresses that only lead to another one, which is counted on the way.
_DETOUR = re.compile(
    r"https?://(?:l\.facebook\.com/l\.php|(?:www\.)?google\.[a-z.]{2,6}/url|(?:www\.)?youtube\.com/redirect)\?"
    r"(?:[^#]*&)?(?:u|q|url)=(?P<to>https?(?::|%3A)[^&#]+)",
    re.IGNORECASE,
)
_SESSION = re.compile(r";jsessionid=[\w.!-]*", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?<![^\s,;|(<])(?:(?:https?|htpps?|htps?|ttps?)(?:\s?:?/+|:(?=www\.))\s*)+(?=[^\s/])", re.IGNORECASE
)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+-]*:(?!\d)", re.IGNORECASE)
_HOST_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_LAST_LABEL = re.compile(r"[^\W\d_]{2,}|xn--[a-z0-9-]+")
_IN_ANGLES = re.compile(r"<(https?://[^<>\s]+)>")
_BETWEEN_URLS = re.compile(r"\s+|\||[;,](?=\s|https?:|www\.|$)", re.IGNORECASE)
_GLUED_URLS = re.compile(r"((?:https?://)?[^/\s]+?)https?://", re.IGNORECASE)  # http://a.frhttp://b.fr
_SAFE = "/%:@!$&'()*+,;=~-._?"


PLAIN_ADDRESS = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!me/)[a-z]{2,}(?:/[A-Za-z0-9_-]+)*/?"
)
"""Addresses in canonical form already, but for the / behind a bare host. They hold no contact: messages that wa.me/
and its like open stand under .me, which is not among them."""


def clean_url(value: str) -> str | None:
    """Return a web address in canonical form, the first valid one if the value holds several.

    A missing scheme becomes https, host and scheme lower case (an international name is kept as written), default port,
    tracking parameters, detours and fragment go (but "#/..." and "#!..." stay: they name a page of an application),
    other characters than ASCII in path and query are percent-encoded (RFC 3986). Returns None for nothing. Raises
    ValueError when no part of the value is an http(s) address of a public host name, or it names a user.
    """
    if PLAIN_ADDRESS.fullmatch(value):
        return value if value.count("/") > 2 else f"{value}/"
    text = clean_text(_IN_ANGLES.sub(r"\1", value))  # no tag
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
    if detour := _DETOUR.match(text):
        return _canonical(unquote(detour["to"]))
    parts = urlsplit(_SESSION.sub("", text))
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
    if not _LAST_LABEL.fullmatch(labels[-1]):  # 192.168.0.1, 12.50, fiche.h5
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
    tripadvisor.fr airbnb.fr web.archive.org threads.net bsky.app mastodon.social snapchat.com viadeo.com padlet.com
    issuu.com calameo.com soundcloud.com bandcamp.com billetweb.fr weezevent.com okpal.com zeffy.com miimosa.com
    yelp.com yelp.fr mappy.com
""")
# Where each subdomain is another organisation's site: the whole host is the domain, the platform itself is none.
_PLATFORMS = words("""
    wordpress.com blogspot.com blogspot.fr wixsite.com weebly.com jimdo.com jimdofree.com jimdosite.com
    e-monsite.com blogspot.be blogspot.ca blogspot.ch blogspot.co.uk blogspot.de over-blog.com over-blog.fr over-
    blog.org canalblog.com free.fr pagesperso-orange.fr centerblog.net eklablog.com tumblr.com squarespace.com
    strikingly.com mystrikingly.com site123.me webnode.fr webself.net github.io gitlab.io netlify.app vercel.app
    herokuapp.com azurewebsites.net gogocarto.fr assoconnect.com yeswiki.net yeswiki.pro ouvaton.org frama.site
    frama.io frama.wiki business.site centres-sociaux.fr substack.com webflow.io godaddysites.com odoo.com
    opendatasoft.com carrd.co canva.site cargo.site webador.fr systeme.io myshopify.com bigcartel.com wifeo.com
    monsite-orange.fr sitew.com sitew.fr sitew.org webnode.page blog4ever.com skyrock.com unblog.fr hautetfort.com
    lautre.net infini.fr framer.website wixstudio.com
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
    if not (":" in host or host[-1:].isdigit()):  # all have one or the other
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
