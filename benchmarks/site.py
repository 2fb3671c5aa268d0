"""A made-up site on this machine: list pages, and a page of some 60 kB with 12 fields for each initiative."""

from __future__ import annotations

import argparse
import hashlib
import random
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PER_LIST = 20

FIELDS = (
    "name", "summary", "url", "organisation", "theme", "beneficiaries", "address", "postcode", "commune", "started",
    "status", "needs",
)  # fmt: skip

WORDS = [
    "atelier", "jardin", "partagé", "quartier", "habitants", "épicerie", "réemploi", "vélo", "énergie", "rural",
    "médiation", "numérique", "café", "associatif", "insertion", "habitat", "coopérative", "santé", "culture", "marché",
    "compost", "bricothèque", "recyclerie", "entraide", "mobilité", "jeunesse",
]  # fmt: skip


@lru_cache(maxsize=512)
def detail(number: int) -> bytes:
    """Return the page of initiative `number`: its 12 fields, and around them what real pages carry, some 60 kB."""
    words = random.Random(number)

    def prose(count: int) -> str:
        return " ".join(words.choice(WORDS) for _ in range(count))

    menu = "".join(f'<li class="menu-item"><a href="/rubrique/{i}">{prose(3)}</a></li>' for i in range(150))
    aside = "".join(
        f'<article class="teaser"><h3><a href="/initiative/{(number + i) % 2000}">{prose(4)}</a></h3><p>{prose(18)}</p>'
        f'<ul class="tags"><li>{prose(1)}</li><li>{prose(1)}</li></ul></article>'
        for i in range(60)
    )
    text = "".join(f"<p>{prose(60)}</p>" for _ in range(30))
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{prose(5)}</title>
<script>window.config = {{"page": {number}, "tokens": "{prose(300)}"}};</script></head>
<body><header><nav><ul>{menu}</ul></nav></header>
<main><article class="initiative" data-status="running"><h1 class="title">Initiative {number} {prose(3)}</h1>
<div class="chapo">{prose(30)}</div>
<a class="website" href="https://initiative-{number}.example.org/">Site</a>
<dl class="infos"><dt>Structure</dt><dd class="organisation">Association {prose(2)}</dd>
<dt>Thème</dt><dd class="theme">{prose(1)}</dd><dt>Publics</dt><dd class="beneficiaries">{prose(2)}</dd>
<dt>Adresse</dt><dd class="address">{words.randrange(1, 200)} rue {prose(2)}</dd>
<dt>Code postal</dt><dd class="postcode">{words.randrange(1000, 96000):05}</dd>
<dt>Commune</dt><dd class="commune">{prose(1).title()}</dd><dt>Depuis</dt><dd class="started">20{number % 24:02}</dd>
<dt>Besoins</dt><dd class="needs">{prose(4)}</dd></dl>
<div class="body">{text}</div></article></main>
<aside>{aside}</aside><footer>{prose(400)}</footer></body></html>""".encode()


def listing(page: int, pages: int) -> bytes:
    """Return list page `page` (from 0) of so many initiatives: a link to each, and one to the next list page."""
    first = page * PER_LIST
    links = "".join(
        f'<li class="entry"><a href="/initiative/{n}">Initiative {n}</a></li>'
        for n in range(first, min(first + PER_LIST, pages))
    )
    more = f'<a class="next" href="/list/{page + 1}">Suivant</a>' if first + PER_LIST < pages else ""
    return f'<!doctype html><html><meta charset="utf-8"><body><ul>{links}</ul>{more}</body></html>'.encode()


def sitemap(site: str, pages: int) -> bytes:
    """Return the sitemap of so many initiatives, none of which has changed since 2025."""
    urls = "".join(f"<url><loc>{site}/initiative/{n}</loc><lastmod>2025-06-01</lastmod></url>" for n in range(pages))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()


def kind_of(page: str) -> str:
    """The media type of a page."""
    return "application/xml" if page == "sitemap.xml" else "text/html"


class Handler(BaseHTTPRequestHandler):
    """Answers with an ETag, and 304 to whoever has the page already."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages = 2000

    def do_GET(self) -> None:
        """Answer one request."""
        _, kind, number = (*self.path.split("/"), "", "")[:3]
        body = b"User-agent: *\nDisallow:\n"
        if kind == "initiative":
            body = detail(int(number))
        elif kind == "list":
            body = listing(int(number), self.pages)
        elif kind == "sitemap.xml":
            body = sitemap(f"http://{self.headers['Host']}", self.pages)
        tag = f'"{hashlib.md5(self.path.encode()).hexdigest()}"'
        known = self.headers["If-None-Match"] == tag
        head = f"HTTP/1.1 {'304 Not Modified' if known else '200 OK'}\r\nETag: {tag}\r\n"
        head += f"Date: {self.date_time_string()}\r\n"
        head += "" if known else f"Content-Type: {kind_of(kind)}; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(head.encode() + b"\r\n" + (b"" if known else body))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed; the port is the first line that is printed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=2000)
    Handler.pages = options.parse_args().pages
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
