"""Sources for the tests: a definition written to a folder, and the bodies that its addresses answer."""

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from scrapers.catalogue import load_source
from scrapers.fetch import sample_door
from scrapers.kinds import Harvest, read_source
from scrapers.problems import SourceError
from scrapers.source import Source

SITE = "https://www.example.org/"
ADDRESS = SITE + "list"

SOUND: dict[str, Any] = {
    "title": "Third places of the Example region",
    "country": "FR",
    "language": "fr",
    "kind": "table",
    "schedule": "weekly",
    "publisher": {"name": "Example regional council", "url": SITE},
    "fetch": {"url": ADDRESS},
    "fields": {"source_key": "id", "name": "Nom", "ignore": ["internal_*"]},
    "rights": {"licence": "etalab-2.0", "proof": SITE + "terms", "attribution": "Example regional council"},
    "identity": {"key": ["source_key"]},
    "expect": {"rows": {"min": 1, "max": 10}, "filled": {"name": 1.0}},
}


def toml(value: Any) -> str:
    """Write `value` as TOML, tables in braces."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_definition(home: Path, definition: dict[str, Any], name: str = "places") -> Path:
    """Write `definition` as `<home>/<name>/source.toml` and return its folder."""
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = (f"{toml(str(key))} = {toml(value)}\n" for key, value in definition.items())
    (folder / "source.toml").write_text("".join(lines), encoding="utf-8")
    return folder


def make_source(home: Path, kind: str, fields: dict[str, Any], **more: Any) -> Source:
    """Load a source of `kind`; `fetch` adds to its [fetch], other names replace whole tables."""
    definition = {**SOUND, "kind": kind, "fields": fields, **more}
    definition["fetch"] = {**SOUND["fetch"], **more.get("fetch", {})}
    if "pages" in definition["fetch"]:
        del definition["fetch"]["url"]
    return load_source(write_definition(home, definition))


def read_bodies(source: Source, bodies: bytes | dict[str, bytes]) -> Harvest:
    """Read `source` from `bodies`: one for its only address, or by the end of the address ("POST list {…}" too)."""
    if isinstance(bodies, bytes):
        bodies = {"list": bodies}
    folder, pages = source.folder / "bodies", {}
    folder.mkdir(exist_ok=True)
    for number, (end, body) in enumerate(bodies.items()):
        address = f"POST {SITE}{end.removeprefix('POST ')}" if end.startswith("POST ") else SITE + end
        pages[address] = folder / str(number)
        pages[address].write_bytes(body)
    with sample_door(pages, None) as door:
        return read_source(source, door)


def failure_of(source: Source, bodies: bytes | dict[str, bytes]) -> SourceError:
    """Read `source`, which has to fail, and return the failure."""
    with pytest.raises(SourceError) as caught:
        read_bodies(source, bodies)
    assert caught.value.remedy
    return caught.value


def codes(harvest: Harvest) -> list[str]:
    return [problem.code for problem in harvest.problems]


def column(harvest: Harvest, field: str) -> list[Any]:
    return [record.fields.get(field) for record in harvest.records]


def write_xlsx(path: Path, sheets: dict[str, list[list[Any]]], stray: str = "") -> Path:
    """Write the smallest XLSX that holds `sheets`: texts, numbers, truth values, dates and None.

    `stray` is where the last cell stands, if not where it should.
    """
    names = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="s" Type="{RELATION}/styles" Target="styles.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="w" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{names}</sheets></workbook>'
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            if stray:
                body = f'<c r="{stray}"'.join(body.rsplit("<c", 1))
            book.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.date):
        return f'<c s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def write_ods(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """Write the smallest ODS that holds `sheets`: texts and numbers."""
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    tables = ""
    for name, rows in sheets.items():
        body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        tables += f'<table:table table:name="{name}">{body}</table:table>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
        book.writestr(
            "content.xml",
            f'<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>{tables}'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _ods_cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = f"<text:p>{escape(value)}</text:p>"
    return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
