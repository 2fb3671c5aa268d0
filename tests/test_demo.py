"""The whole pipeline on the embedded samples: what the README's first command does."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from flows import nightly
from flows.cli import demo_settings
from flows.report import Night
from transforms.normalise.contacts import find_contacts

TRUTH = list(csv.DictReader((Path(__file__).parent / "sample_truth.csv").open(encoding="utf-8")))


@pytest.fixture(scope="module")
def home(demo_night: tuple[Path, Night]) -> Path:
    return demo_night[0]


@pytest.fixture(scope="module")
def night(demo_night: tuple[Path, Night]) -> Night:
    return demo_night[1]


@pytest.fixture(scope="module")
def release(home: Path, night: Night) -> Path:
    assert night.release is not None
    return home / "releases" / "latest"


def rows(release: Path, name: str) -> list[dict[str, str]]:
    with (release / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_sample_is_read_and_something_is_published(night: Night) -> None:
    assert [state.source_id for state in night.states if state.outcome != "good"] == []
    assert night.outcome == "published"
    assert len(night.states) >= 40
    assert night.release is not None
    assert night.release.initiatives >= 400


def test_the_same_samples_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    nightly.run(demo_settings(tmp_path), prefect=False)
    again = tmp_path / "releases" / "latest"
    names, others = ({str(p.relative_to(top)) for p in top.rglob("*") if p.is_file()} for top in (release, again))
    assert names == others
    assert [name for name in sorted(names) if (release / name).read_bytes() != (again / name).read_bytes()] == []
    index = "releases/index.json"
    assert (tmp_path / index).read_bytes() == (release.parent / "index.json").read_bytes()


def test_a_second_night_on_the_same_samples_is_quiet(home: Path, release: Path) -> None:
    before = release.resolve()
    night = nightly.run(demo_settings(home), prefect=False)
    assert (night.outcome, night.release, night.exit_status) == ("unchanged", None, 0)
    assert night.built is not None
    assert night.built.changes == 0
    assert release.resolve() == before


def clusters(release: Path) -> dict[str, str]:
    return {f"{row['source_id']}:{row['record_key']}": row["initiative_id"] for row in rows(release, "records.csv")}


def test_most_initiatives_known_to_several_sources_are_merged(release: Path) -> None:
    ids = clusters(release)
    same = [row["records"].split(";") for row in TRUTH if row["verdict"] == "same"]
    whole = [group for group in same if len({ids[record] for record in group}) == 1]
    assert len(whole) >= 0.95 * len(same), [group for group in same if group not in whole]


@pytest.mark.parametrize(
    "group", [row for row in TRUTH if row["verdict"] == "different"], ids=lambda row: row["what"].replace(" ", "-")
)
def test_what_only_looks_alike_stays_apart(release: Path, group: dict[str, str]) -> None:
    ids = clusters(release)
    records = group["records"].split(";")
    assert len({ids[record] for record in records}) == len(records)


def test_every_published_value_says_where_it_comes_from(release: Path) -> None:
    with duckdb.connect(str(release / "essaim.duckdb"), read_only=True) as connection:
        values = connection.execute(
            "SELECT initiative_id, field, source_id, record_key FROM initiative_value"
        ).fetchall()
        named = connection.execute("SELECT initiative_id FROM initiative").fetchall()
        known = set(connection.execute("SELECT source_id, record_key FROM record").fetchall())
    assert {(source, key) for _, _, source, key in values} <= known
    assert {id for (id,) in named} == {id for id, field, _, _ in values if field == "name"}


def test_no_contact_is_published_though_the_samples_hold_some(release: Path, home: Path) -> None:
    staged = "".join(path.read_text(encoding="utf-8") for path in (home / "staging").glob("*.jsonl"))
    assert find_contacts(staged), "the trap has gone from the samples"
    for path in release.rglob("*"):
        if path.suffix in {".csv", ".jsonl", ".geojson", ".md", ".html"}:
            assert "@exemple.invalid" not in path.read_text(encoding="utf-8"), path.name
    texts = [
        row["value"] + row["original"] for row in rows(release, "initiative_values.csv") if row["field"] == "summary"
    ]
    assert texts
    assert [text for text in texts if find_contacts(text)] == []


def test_a_source_without_an_open_licence_gives_no_sentences(release: Path) -> None:
    closed = {row["source_id"] for row in rows(release, "sources.csv") if row["licence"] == "none"}
    assert closed
    sentences = {"summary", "impact", "needs"}
    leaked = [
        row
        for row in rows(release, "initiative_values.csv")
        if row["source_id"] in closed and row["field"] in sentences
    ]
    assert leaked == []
    told = [row for row in rows(release, "records.csv") if row["source_id"] in closed and row["summary"]]
    assert told == []


def test_every_refused_record_is_an_issue_with_its_reason(night: Night, release: Path) -> None:
    refused = {row["source_id"]: 0 for row in rows(release, "sources.csv")}
    for row in rows(release, "issues.csv"):
        assert row["message"]
        if row["rejected"] == "true":
            refused[row["source_id"]] += 1
    published = {row["source_id"]: int(row["records"]) for row in rows(release, "sources.csv")}
    for state in night.states:
        assert state.read == published[state.source_id] + refused[state.source_id], state.source_id


def test_homonyms_that_nothing_tells_apart_are_left_open(release: Path) -> None:
    [record] = [row for row in rows(release, "records.csv") if row["record_key"] == "Le_6B"]
    assert record["insee_code"] == ""
    assert float(record["geo_confidence"]) < 0.7
    codes = {row["code"] for row in rows(release, "issues.csv") if row["record_key"] == "Le_6B"}
    assert "geo-ambiguous" in codes


def test_a_swapped_point_is_repaired_and_said_so(release: Path) -> None:
    [record] = [row for row in rows(release, "records.csv") if row["record_key"] == "LC-012"]
    assert 44 < float(record["latitude"]) < 46
    assert record["geo_method"].endswith("+swapped")


def test_the_report_is_written_for_people_and_programs(home: Path, night: Night) -> None:
    folder = home / "runs" / night.as_of.isoformat()
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert {source["source_id"] for source in report["sources"]} == {state.source_id for state in night.states}
    assert "| movilab | good | 25 | 25 |" in (folder / "report.md").read_text(encoding="utf-8")
