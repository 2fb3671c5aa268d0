"""An address service on this machine that keeps the documented rules of the national one, and can be in any mood.

It knows the streets it is taught. Like the real one it skips texts that are too short, too long, or begin with a sign;
filters by the commune of each row; says "ok" of any best guess; refuses too many rows (400), too many bytes (413) and
too many requests (429, with the seconds to wait); reads any separator; and looks near a point when a column bears the
name of a coordinate, which makes its answers wrong. It also answers single questions as a Nominatim does.
"""

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from scrapers.response import Manners

COORDINATES = {"lat", "latitude", "lon", "lng", "long", "longitude"}
RESULTS = (
    "longitude", "latitude", "result_score", "result_score_next", "result_label", "result_type", "result_id",
    "result_housenumber", "result_name", "result_street", "result_postcode", "result_city", "result_context",
    "result_citycode", "result_oldcitycode", "result_oldcity", "result_district", "result_status",
)  # fmt: skip


@dataclass
class Hit:
    """What the service knows of a street: its commune, point, official name, and how it is found."""

    citycode: str
    latitude: float
    longitude: float
    name: str
    type: str = "housenumber"
    number: str = ""
    score: float = 0.97
    score_next: float | None = None
    city: str = ""

    def row(self) -> dict[str, str]:
        label = f"{self.number} {self.name} {self.city}".strip()
        following = "" if self.score_next is None else str(self.score_next)
        return {
            "longitude": str(self.longitude), "latitude": str(self.latitude), "result_score": str(self.score),
            "result_score_next": following, "result_label": label, "result_type": self.type,
            "result_housenumber": self.number, "result_name": f"{self.number} {self.name}".strip(),
            "result_street": self.name if self.type == "housenumber" else "", "result_city": self.city,
            "result_citycode": self.citycode, "result_status": "ok",
        }  # fmt: skip


@dataclass
class Manner:
    """How the service behaves: which status it answers (0: a table), and how the table is written."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 10_000  # how many requests are answered with `status`, before it does better
    page: bytes | None = None
    silent: bool = False
    separator: str = ","
    encoding: str = "utf-8"
    broken_rows: int = 0  # how many rows of a batch end in an error of the service's own
    most_rows: int = 200_000
    most_bytes: int = 50_000_000


class FakeGeocoder(ThreadingHTTPServer):
    """The service; `streets` are found by text, `batches` and `questions` are what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.streets: dict[str, Hit] = {}
        self.places: dict[str, list[dict[str, object]]] = {}
        self.manner = Manner()
        self.batches: list[list[dict[str, str]]] = []
        self.questions: list[dict[str, str]] = []
        self.agents: set[str] = set()
        self.requests = 0
        self.closing = threading.Event()
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}/geocodage"

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def manners(self, **changes: object) -> Manners:
        """Manners that reach this service, quickly and without retries."""
        usual = {"requests_per_second": 500.0, "retries": 0, "read_timeout": 5.0, "allowed_hosts": {self.host}}
        return Manners(**{**usual, **changes})  # type: ignore[arg-type]

    @property
    def rows(self) -> list[dict[str, str]]:
        """All rows it was ever sent, in order."""
        return [row for batch in self.batches for row in batch]

    def found(self, text: str, citycode: str, biased: bool) -> dict[str, str]:
        """The answer to one row."""
        if not 3 <= len(text) <= 200 or not text[0].isalnum():
            return {"result_status": "skipped"}
        hit = self.streets.get(text)
        if hit is None:
            return {"result_status": "not-found"}
        if hit.type != "lie" and citycode and hit.citycode != citycode:
            return {"result_status": "not-found"}
        row = hit.row()
        if hit.type == "lie":
            row["result_type"] = "housenumber"
        if biased:
            row |= {"latitude": "43.2965", "longitude": "5.3698"}
        return row


class Handler(BaseHTTPRequestHandler):
    server: FakeGeocoder

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/robots.txt":
            self.answer(404, b"", "text/plain")
            return
        self.server.requests += 1
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.questions.append(asked)
        found = json.dumps(self.server.places.get(asked["q"], [])).encode()
        if not self.in_a_mood():
            self.answer(200, found, "application/json")

    def do_POST(self) -> None:
        self.server.requests += 1
        self.server.agents.add(self.headers["User-Agent"])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        manner = self.server.manner
        if self.in_a_mood():
            return
        if len(body) > manner.most_bytes:
            self.answer(413, b"Request Entity Too Large", "text/plain")
            return
        form = self.form(body)
        rows = list(csv.DictReader(io.StringIO(form["data"][0])))
        if len(rows) > manner.most_rows:
            self.refuse("Too many rows in CSV file")
        elif self.path != "/geocodage/search/csv" or form.get("indexes") != ["address"]:
            self.refuse("Unknown operation or index")
        elif any(column not in rows[0] for column in [*form["columns"], *form["citycode"]]):
            self.refuse("At least one given column name is unknown")
        else:
            self.server.batches.append(rows)
            self.answer(200, self.geocoded(rows, form), "text/csv")

    def in_a_mood(self) -> bool:
        """Answer as the mood has it, and say whether there is one."""
        manner = self.server.manner
        if manner.silent:
            self.server.closing.wait()
        elif manner.page is not None:
            self.answer(200, manner.page, "text/html")
        elif manner.status and manner.times > 0:
            manner.times -= 1
            self.answer(manner.status, b'{"code": 0, "message": "no"}', "application/json", manner.headers)
        else:
            return False
        return True

    def geocoded(self, rows: list[dict[str, str]], form: dict[str, list[str]]) -> bytes:
        manner, biased = self.server.manner, not COORDINATES.isdisjoint(map(str.lower, rows[0]))
        text = io.StringIO()
        writer = csv.DictWriter(text, [*rows[0], *RESULTS], delimiter=manner.separator, lineterminator="\r\n")
        writer.writeheader()
        for number, row in enumerate(rows):
            asked = " ".join(row[column].strip() for column in form["columns"]).strip()
            found = self.server.found(asked, row[form["citycode"][0]], biased)
            if number < manner.broken_rows:
                found = {"result_status": "error"}
            writer.writerow(row | found)
        return text.getvalue().encode(manner.encoding)

    def form(self, body: bytes) -> dict[str, list[str]]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields: dict[str, list[str]] = {}
        for part in message_from_bytes(head + body).get_payload():
            name = part.get_param("name", header="content-disposition")
            fields.setdefault(name, []).append(part.get_payload(decode=True).decode())
        return fields

    def refuse(self, message: str) -> None:
        self.answer(400, json.dumps({"code": 400, "message": message}).encode(), "application/json")

    def answer(self, status: int, body: bytes, type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": type, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def running_geocoder() -> Iterator[FakeGeocoder]:
    """A service that runs as long as the context."""
    with FakeGeocoder() as service:
        threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield service
        finally:
            service.closing.set()
            service.shutdown()
