"""Bot walls: told from answers, from plain refusals, and from pages that merely embed a captcha."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict
from site_kit import running_site

from scrapers.fetch import network_door
from scrapers.problems import SourceError
from scrapers.walls import LOOKED_AT, wall

# Written for this test after what the services document, or sites were seen to answer.
CLOUDFLARE = "<html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body>"
DATADOME = "<p>Please enable JS</p><script>var dd={'host':'geo.captcha-delivery.com'}</script>"
IMPERVA = '<body><iframe id="main-iframe" src="/_Incapsula_Resource?x=1">Incapsula incident ID: 1-2</iframe></body>'
ANUBIS = (
    '<title>Making sure you&#39;re not a bot!</title><script id="anubis_challenge" type="application/json">{}</script>'
)
SITEGROUND = '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F">'
IMUNIFY = "<title>One moment, please...</title><h1>Your request is being verified</h1>"
HUMAN = '<h1>Press and hold</h1><div id="px-captcha"></div>'
TURNSTILE = '<h1>Vérification de sécurité</h1><div class="cf-turnstile" data-sitekey="1"></div>'
HCAPTCHA = (
    '<p>Prouvez que vous n&#39;êtes pas un robot.</p><form><input type="hidden"><div class="box h-captcha"></div>'
)
LONG = "<p>" + "Un jardin partagé ouvert à tous. " * 60 + "</p>"


@pytest.fixture
def site():
    with running_site() as running:
        yield running


def found(status, body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return wall(status, CaseInsensitiveDict(named), io.BytesIO(body.encode()))


@pytest.mark.parametrize("status", [200, 403, 429, 503])
@pytest.mark.parametrize(
    ("page", "name"),
    [
        (CLOUDFLARE, "Cloudflare"),
        (DATADOME, "DataDome"),
        (IMPERVA, "Imperva"),
        (ANUBIS, "Anubis"),
        (SITEGROUND, "SiteGround"),
        (IMUNIFY, "Imunify360"),
        (HUMAN, "HUMAN"),
        (TURNSTILE, "a captcha"),
        (HCAPTCHA, "a captcha"),
    ],
)
def test_challenge_pages(status, page, name):
    assert found(status, page, Content_Type="text/html; charset=utf-8") == name


@pytest.mark.parametrize(
    ("status", "headers", "name"),
    [
        (403, {"cf_mitigated": "challenge", "server": "cloudflare"}, "Cloudflare"),
        (202, {"x_amzn_waf_action": "challenge"}, "AWS WAF"),
        (405, {"x_amzn_waf_action": "captcha"}, "AWS WAF"),
        (403, {"x_datadome": "protected"}, "DataDome"),
        (403, {"x_dd_b": "1"}, "DataDome"),
        (429, {"x_vercel_mitigated": "challenge"}, "Vercel"),
    ],
)
def test_challenge_headers(status, headers, name):
    assert found(status, "", **headers) == name


@pytest.mark.parametrize(
    ("status", "page", "headers"),
    [
        # A page with content, whatever its guard adds to it.
        (
            200,
            LONG + '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
            {"server": "cloudflare"},
        ),
        (200, LONG + '<script src="/_Incapsula_Resource?SWJIYLWA=1"></script>', {"x_iinfo": "1", "x_cdn": "Imperva"}),
        (200, LONG, {"x_datadome": "protected"}),
        (200, LONG + "<p>On writing window._cf_chl_opt and id='px-captcha'</p>", {}),
        # A form with a captcha, long or short.
        (200, LONG + '<form><textarea></textarea><div class="g-recaptcha"></div>Not a robot?</form>', {}),
        (200, '<form><input name="mail"><div class="g-recaptcha"></div>You are not a robot</form>', {}),
        (403, '<form><input type="search"><div class="g-recaptcha"></div>You are not a robot</form>', {}),
        # A page drawn by a script, which loads a captcha too.
        (200, '<div id="app"></div><script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script>', {}),
        # Plain refusals, and other answers.
        (403, "<h1>Forbidden</h1>", {"server": "cloudflare"}),
        (503, "<h1>Back soon</h1>", {}),
        (404, CLOUDFLARE, {}),
        (200, '{"name": "captcha-delivery.com"}', {"Content_Type": "application/json"}),
        (200, "", {}),
        (200, CLOUDFLARE + " " * LOOKED_AT, {}),
    ],
)
def test_what_is_no_wall(status, page, headers):
    assert found(status, page, **{"Content_Type": "text/html", **headers}) is None


@given(st.integers(100, 599), st.binary(max_size=200) | st.text("<>/script tile=\"'", max_size=200).map(str.encode))
def test_any_answer_can_be_looked_at(status, body):
    assert wall(status, CaseInsensitiveDict(), io.BytesIO(body)) is None


@pytest.mark.parametrize("piece", ["<", "<script", "<title>", 'class="', "<input ", "<p ", "êtes "])
def test_no_page_takes_long_to_look_at(piece):
    assert found(403, piece * LOOKED_AT) is None


def code(site, path, **manners):
    with network_door(site.manners(**manners), None) as door, pytest.raises(SourceError) as caught:
        door.get(site.url + path)
    assert caught.value.remedy
    return caught.value.code


def test_the_door_says_so(site):
    site.pages["/403"] = (403, CLOUDFLARE.encode(), {"cf-mitigated": "challenge"})
    site.pages["/200"] = (200, ANUBIS.encode(), {"Content-Type": "text/html"})
    site.pages["/to"] = (302, b"", {"Location": "/200"})
    site.pages["/202"] = (202, b"", {"x-amzn-waf-action": "challenge"})
    assert [code(site, path) for path in ("/403", "/200", "/to", "/202")] == ["bot-wall"] * 4


def test_a_wall_before_robots_txt(site):
    site.pages |= {"/": b"here", "/robots.txt": (503, CLOUDFLARE.encode(), {"cf-mitigated": "challenge"})}
    assert code(site, "/") == "bot-wall"
    assert site.paths() == ["/robots.txt"]
    # RFC 9309, 2.3.1.3: what a 4xx says, or a page in place of the rules, forbids nothing.
    for status in (403, 200):
        site.pages["/robots.txt"] = (status, CLOUDFLARE.encode(), {"Content-Type": "text/html"})
        with network_door(site.manners(), None) as door:
            assert door.get(site.url).content == b"here"
