"""A small local web server for a release folder: for looking, not for the public."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What a browser should be told, beyond what the machine's own table knows.
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".duckdb": "application/octet-stream",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
PORTS = range(8000, 8020)


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address is all a person wants to see."""


def server(folder: Path, port: int | None = None) -> ThreadingHTTPServer:
    """Return a server of `folder` on this machine only, on `port` or the first free one from 8000 on.

    Raises `OSError` when no port is free.
    """
    handler = partial(_Handler, directory=str(folder))
    last: OSError | None = None
    for candidate in [port] if port else PORTS:
        try:
            return ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError as error:
            last = error
    taken = f"port {port} is taken" if port else f"no port from {PORTS[0]} to {PORTS[-1]} is free"
    raise OSError(f"{taken} ({last}); name another with --port")
