"""A site on this machine for the tests: it answers as a table of addresses says, and remembers what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scrapers.archive import ArchiveWriter
from scrapers.fetch import network_door
from scrapers.kinds import Harvest, read_source
from scrapers.response import Manners
from scrapers.source import Source

Answer = tuple[int, dict[str, str], bytes]


class Site(ThreadingHTTPServer):
    """Answers from `answers`, by path and query; "{site}" in a header or body is its own address."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.root = f"http://127.0.0.1:{self.server_port}"

    def harvest(self, source: Source, archive: ArchiveWriter | None = None) -> Harvest:
        """Read `source` from this site, as on any night."""
        own = frozenset({f"127.0.0.1:{self.server_port}"})
        with network_door(Manners(requests_per_second=500.0, retries=0, allowed_hosts=own), archive) as door:
            return read_source(source, door)


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self):
        if self.path != "/robots.txt":
            self.server.asked.append(self.path)
        status, headers, body = self.server.answers.get(self.path, (404, {}, b'{"message": "no such page"}'))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value.replace("{site}", self.server.root))
        body = body.replace(b"{site}", self.server.root.encode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def running_site() -> Iterator[Site]:
    """A site that runs as long as the context."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
