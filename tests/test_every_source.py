"""Every embedded source: its definition is sound, its sample yields what it says, and breaking it is noticed."""

from pathlib import Path

import pytest

from flows.catalogue import check_source, rules_of
from flows.settings import embedded_catalogue
from scrapers.catalogue import load_catalogue
from scrapers.fetch import sample_door
from scrapers.kinds import Harvest, read_source
from scrapers.problems import SourceError
from scrapers.source import Source
from transforms.normalise.record import Normaliser

SOURCES, ERRORS = load_catalogue(embedded_catalogue())


def pages(source: Source) -> dict[str, Path]:
    assert source.sample is not None
    return {address: source.folder / "sample" / name for address, name in source.sample.pages.items()}


def read(source: Source, served: dict[str, Path]) -> Harvest:
    with sample_door(served, None) as door:
        return read_source(source, door)


each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)


def test_the_catalogue_is_sound() -> None:
    assert ERRORS == []
    assert len(SOURCES) >= 12
    assert {source.kind for source in SOURCES} == {"table", "json", "html"}


@each_source
def test_a_definition_is_sound_and_honest(source: Source) -> None:
    assert check_source(source) == []
    assert source.verified == "never live" or source.verified.startswith("live 20")
    assert len(source.rights.proof) > 10


@each_source
def test_a_sample_yields_its_rows(source: Source) -> None:
    found = read(source, pages(source))
    assert source.sample is not None
    assert len(found.records) == source.sample.rows
    assert 5 <= len(found.records) <= 30
    keys = [record.key for record in found.records]
    assert len(set(keys)) == len(keys)
    assert [problem.message for problem in found.problems if problem.code == "left-over"] == []


@each_source
def test_an_error_page_with_status_200_gives_no_row(source: Source, tmp_path: Path) -> None:
    page = tmp_path / "error.html"
    page.write_text("<!doctype html><html><body><h1>Service indisponible</h1></body></html>", encoding="utf-8")
    with pytest.raises(SourceError) as refused:
        read(source, dict.fromkeys(pages(source), page))
    assert refused.value.code in {"web-page", "list-empty", "not-a-workbook"}


@each_source
def test_an_empty_answer_gives_no_row(source: Source, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"")
    with pytest.raises(SourceError) as refused:
        read(source, dict.fromkeys(pages(source), nothing))
    assert refused.value.code in {"empty", "list-empty"}


@each_source
def test_a_missing_page_is_named(source: Source) -> None:
    first = source.addresses()[0]
    served = {address: file for address, file in pages(source).items() if address != first}
    with pytest.raises(SourceError, match="404") as refused:
        read(source, served)
    assert refused.value.code == "not-found"


@each_source
def test_a_body_cut_in_half_never_passes_for_whole(source: Source, tmp_path: Path) -> None:
    assert source.sample is not None
    served = {}
    for number, (address, file) in enumerate(pages(source).items()):
        served[address] = tmp_path / f"{number}{file.suffix}"
        body = file.read_bytes()
        served[address].write_bytes(body[: len(body) // 2])
    try:
        found = read(source, served)
    except SourceError as refused:
        assert refused.code in {"truncated", "not-json", "not-a-workbook", "list-empty", "list-missing"}
    else:
        assert len(found.records) < 0.9 * source.sample.rows, "the gate of the sample would let it pass"


@each_source
def test_every_known_value_of_a_sample_has_a_code(source: Source) -> None:
    normaliser = Normaliser(rules_of(source))
    for record in read(source, pages(source)).records:
        normaliser.clean(record)
    unknown = [problem.message for problem in normaliser.problems() if problem.code == "unknown-value"]
    # One sample keeps an unknown value on purpose, so that the issue is seen.
    assert unknown == (['themes: "Monnaie libre" is in no lookup (1 record)'] if source.id == "chrono-48h" else [])
