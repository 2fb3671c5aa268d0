"""The media type and the name of the format of each kind of file in a release."""

from __future__ import annotations

from pathlib import PurePosixPath

FORMATS: dict[str, tuple[str, str]] = {
    ".atom": ("atom", "application/atom+xml"),
    ".bin": ("binary", "application/octet-stream"),
    ".cff": ("cff", "application/yaml"),
    ".css": ("css", "text/css"),
    ".csv": ("csv", "text/csv"),
    ".duckdb": ("duckdb", "application/vnd.duckdb"),
    ".geojson": ("geojson", "application/geo+json"),
    ".gpkg": ("gpkg", "application/geopackage+sqlite3"),
    ".gz": ("gzip", "application/gzip"),
    ".html": ("html", "text/html"),
    ".ico": ("ico", "image/vnd.microsoft.icon"),
    ".js": ("javascript", "text/javascript"),
    ".json": ("json", "application/json"),
    ".jsonl": ("jsonlines", "application/jsonl"),
    ".jsonld": ("jsonld", "application/ld+json"),
    ".md": ("md", "text/markdown"),
    ".mjs": ("javascript", "text/javascript"),
    ".parquet": ("geoparquet", "application/vnd.apache.parquet"),
    ".png": ("png", "image/png"),
    ".svg": ("svg", "image/svg+xml"),
    ".ttl": ("ttl", "text/turtle"),
    ".txt": ("txt", "text/plain"),
    ".wasm": ("wasm", "application/wasm"),
    ".webmanifest": ("webmanifest", "application/manifest+json"),
    ".xml": ("xml", "application/xml"),
}
"""Name of the format and media type by suffix. IANA's register has most; DuckDB and JSON Lines have none there."""


def media_type(path: str) -> str:
    """Return the media type of a file by its suffix; raises ValueError where there is none."""
    return _found(path)[1]


def format_name(path: str) -> str:
    """Return the name of a file's format by its suffix; raises ValueError where there is none."""
    return _found(path)[0]


def _found(path: str) -> tuple[str, str]:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f'"{path}": no media type is known for "{suffix}"; add it to warehouse/publish/media.py')
    return FORMATS[suffix]
