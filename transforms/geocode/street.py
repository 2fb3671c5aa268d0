"""Street level: what is worth asking an address service, and what of its answers may be believed.

Nothing here reaches the network. A question is a street and the commune that was found before; an answer is believed
only when it lies in that commune, by its code and by its point, bears the name that was asked for, and stands apart
from the next best. Whatever is not believed leaves the place at its commune.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transforms.geocode.coordinates import SLACK_KM, Audited, Figures, audit
from transforms.geocode.gazetteer import Gazetteer
from transforms.geocode.names import place_key
from transforms.geocode.street_text import agreement, askable, house_number, street_of, way_of

LEVELS = ("housenumber", "street", "locality")  # a hit on a municipality brings nothing new
METHOD = "geopf"

# Set by reading 237 old answers of the national base to addresses of third places; see docs/geocoding.md.
LEAST_SCORE, LEAST_SCORE_IN_DOUBT = 0.5, 0.8  # in doubt: when the names agree only in part, or the kind of way differs
LEAST_GAP, LEAST_GAP_IN_DOUBT = 0.02, 0.05  # to the score of the next best answer
LEAST_AGREEMENT = 0.5  # share of the words of the street found that were asked for
STACK = 3  # streets of other names on one point: the service gives the middle of something, or lies

# No column may be called lat, latitude, lon, lng, long or longitude: the service would look near there.
COLUMNS = ("essaim_key", "essaim_street", "essaim_town", "essaim_citycode")
ASKED_BY = ("essaim_street", "essaim_town")  # the columns that make up the text


@dataclass(frozen=True, slots=True)
class Question:
    """A street in a commune; equal questions have equal keys, whatever record asks them."""

    key: str
    street: str
    town: str
    citycode: str  # INSEE code, as exact as it is known

    @property
    def text(self) -> str:
        """What the service makes of the question."""
        return f"{self.street} {self.town}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered to the question `key`, believed or not; "" and ``None`` where it says nothing.

    `status` is "ok", "not-found", "skipped" or "error"; `type` one of `LEVELS` or something coarser.
    """

    key: str
    status: str
    type: str = ""
    label: str = ""
    name: str = ""
    housenumber: str = ""
    postcode: str = ""
    citycode: str = ""  # elsewhere than in France, the country's ISO code
    score: float = 0.0
    score_next: float | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer: where the place is, or `why` it is not believed ("" when it is).

    `told` is whether a person should hear of the refusal: the service contradicted itself, or us.
    """

    precision: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    confidence: float = 0.0
    citycode: str = ""
    why: str = ""
    told: bool = False


class UnreadableAnswerError(ValueError):
    """What came back is not the table that was sent, with its results; the text says what it is."""


def question(address: str | None, insee_code: str, gazetteer: Gazetteer) -> Question | None:
    """Return what to ask about an address in the commune `insee_code`; ``None`` when it has no street to ask for."""
    street = street_of(address) if address else None
    if street is None or insee_code not in gazetteer.communes:
        return None
    town = place_key(gazetteer.communes[gazetteer.commune_of(insee_code)].name)
    asked = Question(key_of(street, insee_code), street, town, insee_code)
    return asked if askable(asked.text) else None


def key_of(street: str, place: str) -> str:
    """Return the key of a street in a commune or another place; it tells neither."""
    return hashlib.sha256(f"{street}|{place}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def table(questions: Iterable[Question], gazetteer: Gazetteer) -> str:
    """Return the CSV of a batch.

    Paris, Lyon and Marseille without their arrondissement get no code: the base knows their streets by that only.
    """
    parents = {commune.parent for commune in gazetteer.communes.values() if commune.parent}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in questions:
        writer.writerow((one.key, one.street, one.town, "" if one.citycode in parents else one.citycode))
    return text.getvalue()


def read_table(body: bytes, keys: Iterable[str]) -> list[Answer]:
    """Read the answers to the questions `keys` from the CSV of a service, whatever its separator and encoding.

    Questions without a row, and rows that nobody asked for, are left out. Raises `UnreadableAnswerError`.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    separator = max(",;\t|", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    columns = set(rows.fieldnames or ())
    # addok-csv 1.1.0 gives no status: a row without a result was not found
    if COLUMNS[0] not in columns or not columns & {"result_status", "result_score"}:
        raise UnreadableAnswerError(f'the answer is no table with results: it begins with "{head[:60].strip()}"')
    asked = set(keys)
    try:
        found = {row[COLUMNS[0]]: row for row in rows if row[COLUMNS[0]] in asked}
    except csv.Error as error:
        raise UnreadableAnswerError(f"the answer is a broken table: {error}") from error
    return [_answer(row) for row in found.values()]


def judge(questions: Sequence[Question], answers: Mapping[str, Answer], gazetteer: Gazetteer) -> dict[str, Verdict]:
    """Judge the `answers` by key; the questions without one are left out.

    All questions of a night are judged together: one point for several streets is seen only so.
    """
    verdicts: dict[str, Verdict] = {}
    hopeful: list[tuple[Question, Answer]] = []
    for asked in {one.key: one for one in questions}.values():
        answer = answers.get(asked.key)
        if answer is None:
            continue
        verdicts[asked.key] = refusal = _refused(asked, answer, gazetteer)
        if not refusal.why:
            hopeful.append((asked, answer))
    figures = [_figures(asked, answer, gazetteer) for asked, answer in hopeful]
    points = audit(figures, gazetteer) if figures else []
    for (asked, answer), point in zip(hopeful, points, strict=True):
        verdicts[asked.key] = _placed(asked, answer, point, gazetteer)
    return verdicts | _stacked(hopeful, verdicts)


def _answer(row: Mapping[str, str | None]) -> Answer:
    def text(column: str) -> str:
        return (row.get(f"result_{column}") or "").strip()

    return Answer(
        key=row[COLUMNS[0]] or "",
        status=text("status") if "result_status" in row else "ok" if text("label") else "not-found",
        type=text("type"),
        label=text("label"),
        name=text("street") or text("name"),
        housenumber=text("housenumber"),
        postcode=text("postcode"),
        citycode=text("citycode"),
        score=number(text("score")) or 0.0,
        score_next=number(text("score_next")),
        latitude=number(row.get("latitude")),
        longitude=number(row.get("longitude")),
    )


def number(text: str | None) -> float | None:
    """Return the finite number that *text* is, with a point or a comma, else ``None``."""
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _refused(asked: Question, answer: Answer, gazetteer: Gazetteer) -> Verdict:
    """Why the words and figures of an answer are not to be believed; an empty verdict when they may be."""
    if answer.status != "ok":
        return Verdict(why=f"the service answers {answer.status or 'nothing'}")
    if answer.type not in LEVELS or answer.latitude is None or answer.longitude is None:
        return Verdict(why=f"the service knows no more than the {answer.type or 'commune'}")
    if not _agrees(asked.citycode, answer.citycode, gazetteer):
        return Verdict(why=f'the service finds "{answer.label}" in commune {answer.citycode or "unknown"}', told=True)
    if not 0 <= answer.score <= 1:
        return Verdict(why=f"the service gives it the impossible score {answer.score:g}", told=True)
    share = agreement(asked.street, answer.name)
    if share < LEAST_AGREEMENT:
        return Verdict(why=f'the service finds "{answer.label}", which is another name')
    sure = share == 1 and way_of(asked.street) == way_of(answer.name)
    if answer.score < (LEAST_SCORE if sure else LEAST_SCORE_IN_DOUBT):
        return Verdict(why=f'the service is not sure of "{answer.label}" (score {answer.score:.2f})')
    gap = answer.score - answer.score_next if answer.score_next is not None else 1.0
    if gap < (LEAST_GAP if sure else LEAST_GAP_IN_DOUBT):
        return Verdict(why=f'the service finds "{answer.label}" and another street as likely')
    return Verdict()


def _agrees(ours: str, theirs: str, gazetteer: Gazetteer) -> bool:
    """Whether both codes are one commune today; Paris agrees with its 13th, the 11th does not."""
    one, other = gazetteer.current_code(ours), gazetteer.current_code(theirs)
    if one is None or other is None:
        return False
    return one == other or one == gazetteer.communes[other].parent or other == gazetteer.communes[one].parent


def _figures(asked: Question, answer: Answer, gazetteer: Gazetteer) -> Figures:
    code = gazetteer.commune_of(asked.citycode)
    return Figures(answer.latitude or 0.0, answer.longitude or 0.0, code)


def _placed(asked: Question, answer: Answer, point: Audited | None, gazetteer: Gazetteer) -> Verdict:
    """The verdict on an answer whose words are right, by where its point lies."""
    if point is None or point.repair is not None or point.distance_km is None or point.distance_km > SLACK_KM:
        return Verdict(why=f'the service puts "{answer.label}" outside its commune {asked.citycode}', told=True)
    precision = answer.type
    if precision == "housenumber" and house_number(asked.street) != house_number(answer.housenumber):
        precision = "street"
    if precision == "housenumber" and way_of(asked.street) != way_of(answer.name):
        precision = "street"
    exact = gazetteer.current_code(answer.citycode) or asked.citycode
    refined = exact if gazetteer.communes[exact].parent == asked.citycode else asked.citycode
    score = round(answer.score, 3)
    return Verdict(precision, round(point.point.latitude, 6), round(point.point.longitude, 6), score, refined)


def _stacked(hopeful: Sequence[tuple[Question, Answer]], verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Refuse what several streets of other names share: one point."""
    groups: dict[tuple[float, float], dict[str, list[str]]] = {}
    for asked, answer in hopeful:
        verdict = verdicts[asked.key]
        if not verdict.why:
            names = groups.setdefault((round(verdict.latitude, 4), round(verdict.longitude, 4)), {})
            names.setdefault(place_key(answer.name), []).append(asked.key)
    return {
        key: Verdict(why=f"the service gives {len(names)} streets this same point", told=True)
        for names in groups.values()
        if len(names) >= STACK
        for keys in names.values()
        for key in keys
    }
