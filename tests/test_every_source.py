"""Every embedded source: its definition is sound, its sample yields the rows that people read in it, and whatever a
publisher may do to it is noticed: it is refused with a name, or nothing that it did not say comes out.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from breakage import ERROR_PAGE, JSON_ERROR, LOGIN_PAGE, chipped, cut, emptied, maintenance_page, recoded, replaced
from judging import Bodies, Served, Verdict, bodies_of, difference, expected_rows, judged, read, verdict
from renames import NEW, Rename, renames
from source_kit import make_source

from flows.catalogue import check_source, rules_of
from flows.settings import embedded_catalogue
from scrapers.catalogue import load_catalogue
from scrapers.fetch import Door
from scrapers.kinds import _ignored, markup, read_source
from scrapers.local import as_requested
from scrapers.moved import is_home
from scrapers.problems import SourceError
from scrapers.response import Manners
from scrapers.source import Source
from transforms.normalise.contacts import find_contacts
from transforms.normalise.record import Normaliser

SOURCES, ERRORS = load_catalogue(embedded_catalogue())
SAMPLES = [source for source in SOURCES if source.sample is not None]

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
each_sample = pytest.mark.parametrize("source", SAMPLES, ids=lambda source: source.id)

BY_SELECTOR = {"html", "sitemap"}
"""The kinds that cannot say what they left over."""


@pytest.fixture(autouse=True)
def _parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of a broken sample is as it was: its pages are not parsed again. No reader changes what it parsed."""
    monkeypatch.setattr(markup, "parse", parsed)


parsed = lru_cache(maxsize=400)(markup.parse)


# ------------------------------------------------------------------------------------------------- the catalogue


def test_the_catalogue_is_as_large_as_promised() -> None:
    assert ERRORS == []
    assert len(SOURCES) >= 60
    assert len(SAMPLES) >= 40
    assert sum(source.country != "FR" for source in SOURCES) >= 12
    assert {"table", "json", "html"} <= {source.kind for source in SAMPLES}


def head_of(source: Source) -> str:
    """The comment that a definition begins with."""
    return (source.folder / "source.toml").read_text(encoding="utf-8").partition("\ntitle")[0]


@each_source
def test_a_definition_is_sound_and_honest(source: Source) -> None:
    assert check_source(source) == []
    assert source.verified == "never live" or source.verified.startswith("live 20")
    assert source.publisher.name.strip()
    assert source.publisher.url.startswith("http")
    assert len(source.rights.proof) > 10
    if source.rights.licence != "none":
        assert re.fullmatch(r"https?://\S+", source.rights.proof), "give the page or file that states the licence"
    if re.search(r"\bguess(es)?\b", head_of(source)):
        assert source.schedule == "never", "nobody is asked for a guessed address"
    assert source.rights.attribution.strip()
    assert source.schedule in {"daily", "weekly", "monthly", "never"}
    assert source.identity.key
    if source.retired is not None:
        assert len(source.retired) > 10, "say in a sentence why the source is retired"
        return
    assert source.expect.rows.min >= 1
    assert source.expect.rows.max is not None, "give [expect] rows a max: a list that doubles is looked at"
    assert source.expect.filled.get("name", 0) > 0, "promise `name` in [expect] filled, so that it cannot vanish"


# ---------------------------------------------------------------------------------------------- the whole sample


@each_sample
def test_a_sample_yields_the_rows_that_people_read_in_it(source: Source) -> None:
    assert source.sample is not None
    path = source.folder / "sample" / "expected.jsonl"
    if not path.is_file():
        remedy = (
            "write the raw records that the sample must yield, in order, a line each, "
            '{"key": …, "fields": {…}}: print what read_source gives and correct it by eye against the sample'
        )
        pytest.fail(f"{source.id} has a sample, but no {path.name} beside it: {remedy}", pytrace=False)
    expected, found = expected_rows(source), read(source, bodies_of(source))
    rows = [(record.key, record.fields) for record in found.records]
    if rows != expected:
        pytest.fail("\n".join(_differences(expected, rows)), pytrace=False)
    assert len(rows) == source.sample.rows, "mend [sample] rows"
    assert 5 <= len(rows) <= 30
    assert len(dict(rows)) == len(rows)
    assert [problem.message for problem in found.problems if problem.code == "left-over"] == []


def _differences(expected: list, rows: list) -> Iterator[str]:
    wanted, found = dict(expected), dict(rows)
    yield f"{len(rows)} rows, {len(expected)} expected"
    yield from (f"missing: {key!r}" for key in wanted if key not in found)
    yield from (f"not expected: {key!r}" for key in found if key not in wanted)
    for key, fields in wanted.items():
        if key in found and found[key] != fields:
            yield f"{key!r}: {difference(fields, found[key])}"
    if list(wanted) != list(found) and set(wanted) == set(found):
        yield "the rows come in another order"


MADE_UP = re.compile(
    r"[\w.+-]+@(?:[\w-]+\.)*(?:example\.(?:org|com|net)|[\w-]+\.(?:invalid|example|test))"
    r"|(?:\+33 ?|0)6 ?(?:39 ?98(?: ?\d\d){2}|00(?: ?\d\d){3})|0\d(?:[ .]?00){4}"
    r"|(?:\+33 ?(?:\(0\) ?)?|0)(?:1 ?99 ?00|2 ?61 ?91|3 ?53 ?01|4 ?65 ?71|5 ?36 ?49)(?: ?\d\d){2}|\+?33000000000"
    r"|\+33 ?\d(?: ?00){4}",
)
"""Addresses that nobody can have, and numbers that are kept free for fiction."""


@each_sample
def test_no_expected_row_holds_a_contact_of_a_person(source: Source) -> None:
    path = source.folder / "sample" / "expected.jsonl"
    texts = [path.read_text(encoding="utf-8")] if path.is_file() else []
    for text in texts:
        rest = MADE_UP.sub("", text)
        found = [contact for line in re.findall(r'"((?:[^"\\]|\\.)*)"', rest) for contact in find_contacts(line)]
        assert [contact for contact in found if not contact.startswith("http")] == []


@each_sample
def test_every_known_value_of_a_sample_has_a_code(source: Source) -> None:
    normaliser = Normaliser(rules_of(source))
    for record in read(source, bodies_of(source)).records:
        normaliser.clean(record)
    unknown = [problem.message for problem in normaliser.problems() if problem.code == "unknown-value"]
    head = head_of(source)
    # A sample may keep an unknown value on purpose, so that the issue is seen; the definition's head names it.
    values = [value for message in unknown for value in re.findall(r'"([^"]*)"', message)]
    assert [value for value in values if f'"{value}"' not in head] == [], unknown


# ------------------------------------------------------------------------------------------------ broken samples


@lru_cache(maxsize=100)
def sample(source_id: str) -> tuple[Source, Bodies, list]:
    source = next(source for source in SAMPLES if source.id == source_id)
    if not (source.folder / "sample" / "expected.jsonl").is_file():
        pytest.skip("without expected rows nothing can be compared; the test of the whole sample fails")
    bodies, expected = bodies_of(source), expected_rows(source)
    if [(record.key, record.fields) for record in read(source, bodies).records] != expected:
        pytest.skip("the whole sample does not yield its rows yet; its test fails")
    return source, bodies, expected


def faults(source: Source, broken: Iterable[tuple[str, Verdict]], codes: set[str]) -> list[str]:
    """What is wrong with the verdicts: a code that does not name the break, or a row that the sample has not."""
    expected = sample(source.id)[2]
    found = []
    for name, told in broken:
        if told.code and told.code not in codes | {"gate"}:
            found.append(f"{name}: ends in {told.code} ({told.message[:200]})")
        found += [f"{name}: {fault}" for fault in told.foreign(expected)]
    return found


def complaint(found: list[str]) -> str:
    """All that was found at once, for the message of a failure."""
    return "\n".join([*found[:30], *([f"and {len(found) - 30} more"] if len(found) > 30 else [])])


def refused(source: Source, broken: Iterable[tuple[str, Verdict]], codes: set[str]) -> list[str]:
    """The same, and what was published at all."""
    verdicts = list(broken)
    published = [f"{name}: {len(told.rows)} rows are published" for name, told in verdicts if not told.code]
    return [*published, *faults(source, verdicts, codes)]


EMPTY = {"empty", "list-empty", "no-data", "list-missing"}
NO_DATA = {
    "web-page", "list-empty", "list-missing", "not-a-workbook", "not-json", "not-a-feed", "not-a-sitemap",
    "not-mediawiki", "shape-changed", "no-data", "dataset-gone", "header-missing", "api-error", "column-missing",
}  # fmt: skip
CUT = {"truncated", "not-json", "not-a-workbook", "not-a-feed", "not-a-sitemap", "not-a-table", *EMPTY}


@each_sample
def test_an_empty_list_is_named(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    told = verdict(source, emptied(source, bodies))
    assert told.code in EMPTY, told
    assert told.rows == []


@each_sample
def test_an_empty_answer_is_named(source: Source) -> None:
    told = verdict(source, dict.fromkeys(bodies_of(source), b""))
    assert told.code in EMPTY, told


@each_sample
def test_a_missing_page_is_named(source: Source) -> None:
    bodies = bodies_of(source)
    told = verdict(source, {address: body for address, body in bodies.items() if address != next(iter(bodies))})
    assert told.code in {"not-found", "dataset-gone"}, told
    assert "404" in told.message


@each_sample
def test_an_error_page_with_status_200_gives_no_wrong_row(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    pages = {"error": ERROR_PAGE, "login": LOGIN_PAGE, "maintenance": maintenance_page(source, bodies)}
    found = []
    for kind, page in pages.items():
        broken = ((f"{kind} page {where}", verdict(source, after)) for where, after in replaced(source, bodies, page))
        found += _nothing_everywhere(source, broken)
    assert found == [], complaint(found)


@each_sample
def test_an_error_in_json_with_status_200_gives_no_wrong_row(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    broken = [(where, verdict(source, after)) for where, after in replaced(source, bodies, JSON_ERROR)]
    found = _nothing_everywhere(source, broken)
    assert found == [], complaint(found)


def _nothing_everywhere(source: Source, broken: Iterable[tuple[str, Verdict]]) -> list[str]:
    verdicts = list(broken)
    return [*refused(source, verdicts[:1], NO_DATA), *faults(source, verdicts[1:], NO_DATA)]


@each_sample
def test_a_body_that_is_cut_off_never_passes_for_whole(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    broken = [
        (f"{share:.0%} of {which}", verdict(source, after))
        for share in (0.25, 0.5, 0.75, 0.95)
        for which, after in cut(bodies, share)
    ]
    found = faults(source, broken, CUT)
    assert found == [], complaint(found)
    halves = [(name, told) for name, told in broken if name in {"25% of all", "50% of all"}]
    found = refused(source, halves, CUT)
    assert found == [], complaint(found)


@each_sample
def test_another_encoding_gives_the_same_rows_or_is_named(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    broken = [(name, verdict(source, after, content_type)) for name, after, content_type in recoded(bodies)]
    found = faults(source, broken, {"encoding", *NO_DATA})
    assert found == [], complaint(found)


@each_sample
def test_a_broken_character_is_told_and_spoils_nothing_else(source: Source) -> None:
    _, bodies, expected = sample(source.id)
    told, known = verdict(source, chipped(bodies)), dict(expected)
    assert told.code in {"", "encoding", "gate", *NO_DATA}, told
    values = [(known.get(key, {}).get(part), value) for key, fields in told.rows for part, value in fields.items()]
    broken = [value for whole, value in values if value != whole]
    assert [key for key, _ in told.rows if key not in known] == []
    assert [value for value in broken if "\ufffd" not in str(value)] == []
    assert not broken or "encoding" in told.told


RENAMED = {
    "column-missing", "header-missing", "list-missing", "list-empty", "shape-changed", "no-data", "not-a-sitemap",
    "not-a-feed", "dataset-gone", "resource-missing", "bad-address", "sheet-missing", "truncated", "not-found",
}  # fmt: skip


@each_sample
def test_a_name_that_was_changed_is_noticed(source: Source) -> None:
    _, bodies, _ = sample(source.id)
    changed = list(renames(source, bodies))
    assert changed, "no name of the definition stands in the sample"
    found = [fault for rename in changed for fault in _unnoticed(source, rename)]
    assert found == [], complaint(found)


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        (
            "label:Site web@href",
            "<li><b>site\n Web&nbsp;:</b> <a href='x'>x</a>",
            f"<li><b>{NEW}&nbsp;:</b> <a href='x'>x</a>",
        ),
        ("label:Ville", "<p>Ville : Tours</p><p>Villes : 2</p>", f"<p>{NEW} : Tours</p><p>Villes : 2</p>"),
        ("column:Nom du lieu", "<th>Nom  du lieu</th>", f"<th>{NEW}</th>"),
        ('xpath:.//p[starts-with(normalize-space(), "Ville")]', "<p>Ville: T</p>", f"<p>{NEW}: T</p>"),
        ('xpath://dd[contains(@class, "a")]/@id', "<dd class='b a' id='1'>", f"<dd class='b {NEW}' id='1'>"),
        ("xpath:./following-sibling::h4[1]/text()", "<h4>T</h4>", f"<{NEW}>T</{NEW}>"),
    ],
)
def test_names_in_places_of_every_form_are_renamed(tmp_path: Path, place: str, before: str, after: str) -> None:
    source = make_source(tmp_path, "html", {"name": place}, fetch={"item": "article"}, identity={"key": ["name"]})
    page = "<!doctype html>{}".format
    found = [rename.bodies["x"].decode() for rename in renames(source, {"x": page(before).encode()})]
    assert page(after) in found


def _unnoticed(source: Source, rename: Rename) -> Iterator[str]:
    """Why the rename may do harm: a wrong value, or a value that is lost and nothing says so."""
    name = rename.name.replace("\n", ".")
    told = verdict(source, rename.bodies)
    if told.code:
        yield from faults(source, [(f"{name} renamed", told)], RENAMED)
        return
    expected = dict(sample(source.id)[2])
    lost = {part for key, fields in told.rows for part in expected.get(key, {}) if part not in fields}
    for key, fields in told.rows:
        for part, value in fields.items():
            if expected.get(key, {}).get(part) == value:
                continue
            if value != _otherwise(rename, key, part):
                yield f"{name} renamed: {key!r}: {part} is {value!r}, not {expected.get(key, {}).get(part)!r}"
            lost.add(part)
    if NEW in told.left_over:
        return
    if lost and not _cannot_say(source, rename, lost):
        yield f"{name} renamed: {', '.join(sorted(lost))} is lost, and no left-over says so"
    gone = lost - {part for _, fields in told.rows for part in fields}
    for part in sorted(gone):
        share = sum(part in fields for fields in expected.values()) / len(expected)
        if share >= USUAL:
            yield f"{name} renamed: no row has {part} ({share:.0%}) any more: promise it in [expect] filled"


USUAL = 0.15
"""What so many rows of a sample have may not vanish from all of them without a word."""


def _cannot_say(source: Source, rename: Rename, lost: set[str]) -> bool:
    """Whether nothing can be left over: in markup, or where the definition ignores whatever else stands there."""
    new = ".".join([*rename.name.split("\n")[:-1], NEW])
    return source.kind in BY_SELECTOR or lost <= set(source.detail_fields) or _ignored(new, source.ignore)


def _otherwise(rename: Rename, key: str, part: str) -> object:
    """The value of `part` that the definition takes where the renamed place is not there: its second choice.

    An address or key that is put together of several has no second choice: half of it is wrong.
    """
    rule = {**rename.without.fields, **rename.without.detail_fields}.get(part)
    if rule is None or (rule.join is not None and (rule.template is not None or part == "source_key")):
        return None
    return _second_choices(rename).get(key, {}).get(part)


SECOND: dict[str, dict] = {}


def _second_choices(rename: Rename) -> dict:
    mark = f"{rename.without.id}\n{rename.name}"
    if mark not in SECOND:
        records = read(rename.without, bodies_of(rename.without)).records
        SECOND[mark] = {record.key: record.fields for record in records}
    return SECOND[mark]


# ------------------------------------------------------------------------------------------------- closed doors


FORBIDDEN = b"User-agent: *\nDisallow: /\n"


def network(pages: dict) -> tuple[Door, Served]:
    """A door to the network, with all its manners, behind which nothing but `pages` is."""
    door, served = Door(Manners()), Served(pages)
    door.face_the_network()
    for prefix in ("https://", "http://"):
        door.mount(prefix, served)
    return door, served


@each_sample
def test_what_robots_txt_forbids_is_not_read(source: Source) -> None:
    bodies = bodies_of(source)
    sites = [urlsplit(address.removeprefix("POST ")) for address in bodies]
    rules = {f"{site.scheme}://{site.netloc}/robots.txt": FORBIDDEN for site in sites}
    door, served = network({**bodies, **rules})
    with door, pytest.raises(SourceError) as refused:
        read_source(source, door)
    assert refused.value.code == "robots"
    assert set(served.asked) <= set(rules)


HOME_PAGE = b"<!doctype html><html><head><title>Accueil</title></head><body><h1>Bienvenue</h1></body></html>"


def told_of(source: Source, pages: dict) -> tuple[Verdict, list[str]]:
    """Read `source` through a door to the network behind which `pages` are, with what the door asked for."""
    door, served = network(pages)
    with door:
        return judged(source, lambda: read_source(source, door)), served.asked


def address_in(name: str) -> str:
    """The address of a page of a sample, as it is asked for; what is posted there is left out."""
    return as_requested(name.removeprefix("POST ").partition(" ")[0] if name.startswith("POST ") else name)


def asked_first(source: Source) -> str:
    """The address that a visit begins with, after robots.txt."""
    return next(address for address in told_of(source, {})[1] if not address.endswith("/robots.txt"))


@each_sample
@pytest.mark.parametrize("home", ["its own", "another's"])
def test_an_address_that_now_leads_to_a_home_page_is_named(source: Source, home: str) -> None:
    _, bodies, _ = sample(source.id)
    first = asked_first(source)
    there = urljoin(first, "/") if home == "its own" else "https://www.example.org/"
    pages = {address: (301, {"Location": there}, b"") for address in map(address_in, bodies)}
    told, _ = told_of(source, {**pages, there: HOME_PAGE})
    is_start = first in map(as_requested, source.addresses())
    assert told.code in ({"moved"} if is_start and not is_home(first) else {"moved", *NO_DATA}), told


@each_sample
def test_an_address_that_has_moved_for_good_is_followed_and_told(source: Source) -> None:
    _, bodies, expected = sample(source.id)
    first = asked_first(source)
    new = f"{first}{'&' if '?' in first else '?'}moved=yes"  # in the same place, so that links lead where they led
    there = {address_in(name): body for name, body in bodies.items()}
    told, _ = told_of(source, {**there, first: (301, {"Location": new}, b""), new: there[first]})
    assert told.code == ""
    assert told.rows == expected
    if first in map(as_requested, source.addresses()):
        assert "moved" in told.told
