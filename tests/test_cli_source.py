"""The commands `essaim source …`, as a person or a program uses them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from site_kit import Site, running_site
from source_kit import SOUND, write_definition
from test_propose import NAMES, static_site
from typer.testing import CliRunner

from flows import settings
from flows.cli import app
from flows.settings import embedded_catalogue
from scrapers.archive_reader import ArchiveReader
from scrapers.catalogue import load_source
from scrapers.contact import ContactError
from scrapers.response import Manners

cli = CliRunner()
EXAMPLE = "cooperathon"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site that the commands may reach, quickly."""
    with running_site() as running:
        manners = running.manners()
        monkeypatch.setattr(settings, "manners_of_the_environment", lambda contact=None: manners)
        yield running


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A copy of one embedded source, to break."""
    shutil.copytree(embedded_catalogue() / EXAMPLE, tmp_path / "catalogue" / EXAMPLE)
    return tmp_path / "catalogue"


def run(*arguments: object) -> Any:
    return cli.invoke(app, ["source", *map(str, arguments)], env={"COLUMNS": "200"})


def words(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


# --- new


def test_new_writes_a_definition_that_reads(site: Site, tmp_path: Path) -> None:
    static_site(site)
    done = run("new", f"{site.url}/initiatives/", "--out", tmp_path, "--id", "essai")
    assert done.exit_code == 0, done.output
    assert "12 records tried: 12 have a name, 12 a link" in done.stdout
    assert "La Recyclerie du Port" in done.stdout
    assert "essaim source check" in done.stdout
    assert f"looked at {site.url}/initiatives/" in done.stderr
    assert "→ html" in done.stderr
    source = load_source(tmp_path / "essai")
    assert (source.kind, source.verified, source.rights.licence) == ("html", "never live", "none")
    # A proposal that is there is kept, unless it may go.
    again = run("new", f"{site.url}/initiatives/", "--out", tmp_path, "--id", "essai")
    assert again.exit_code == 2
    assert "--force" in words(again.output)
    assert run("new", f"{site.url}/initiatives/", "--out", tmp_path, "--id", "essai", "--force").exit_code == 0


def test_new_answers_programs(site: Site, tmp_path: Path) -> None:
    site.pages["/l.json"] = json.dumps(
        [{"id": n, "nom": NAMES[n], "lien": f"{site.url}/{n}"} for n in range(5)]
    ).encode()
    done = run("new", f"{site.url}/l.json", "--out", tmp_path, "--json")
    data = json.loads(done.stdout)
    assert (data["id"], data["kind"], data["read"], data["names"], data["links"]) == ("127-0-0-1-l", "json", 5, 5, 5)
    assert data["fault"] is None
    assert Path(data["path"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["example.org"], "no address of the web"),
        (["https://example.org", "--id", "Ä b"], "is no id"),
        (["https://example.org", "--kind", "rss"], "there is no kind rss"),
    ],
)
def test_new_refuses_what_it_cannot_mean(arguments: list[str], said: str) -> None:
    done = run("new", *arguments)
    assert done.exit_code == 2
    assert said in words(done.output)


def test_new_says_why_nothing_was_found(site: Site, tmp_path: Path) -> None:
    done = run("new", f"{site.url}/gone", "--out", tmp_path)
    assert done.exit_code == 1
    assert "404" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_visited_without_a_contact(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "manners_of_the_environment", lambda contact=None: Manners(contact=""))
    done = run("new", "https://www.example.org/list", "--out", tmp_path)
    assert isinstance(done.exception, ContactError)


# --- preview


def test_preview_is_a_row_for_each_record(catalogue: Path) -> None:
    done = run("preview", EXAMPLE, "--catalogue", catalogue, "--limit", 3)
    assert done.exit_code == 0
    rows = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert len(rows) == 3
    assert "https://cooperathon.ca/projet/" in rows[0]
    assert "3 shown" in done.stdout


def test_preview_in_full_shows_every_field(catalogue: Path) -> None:
    done = run("preview", EXAMPLE, "--catalogue", catalogue, "--limit", 1, "--full")
    assert "source_key" in done.stdout
    assert "summary" in done.stdout


def test_preview_prints_the_lines_that_the_tests_expect(catalogue: Path) -> None:
    expected = (catalogue / EXAMPLE / "sample" / "expected.jsonl").read_text(encoding="utf-8")
    assert run("preview", EXAMPLE, "--catalogue", catalogue, "--jsonl").stdout == expected
    assert run("preview", catalogue / EXAMPLE, "--jsonl").stdout == expected
    assert run("preview", EXAMPLE, "--jsonl", "--json").exit_code == 2


# --- record


def test_record_keeps_what_came_and_writes_a_sample_to_paste(site: Site, tmp_path: Path) -> None:
    static_site(site)
    assert run("new", f"{site.url}/initiatives/", "--out", tmp_path, "--id", "essai").exit_code == 0
    done = run("record", tmp_path / "essai", "--out", tmp_path / "kept")
    assert done.exit_code == 0, done.output
    assert "do not commit" in words(done.stdout)
    assert all(len(line) <= 100 for line in done.stdout.splitlines()[3:])
    kept = tmp_path / "kept" / "essai"
    assert (kept / "sample" / "initiatives.html").read_bytes() == site.pages["/initiatives/"]
    assert ArchiveReader(kept / "essai.warc.gz").find(f"{site.url}/initiatives/") is not None
    # Pasted, it is a sample that yields what was read.
    definition = tmp_path / "essai" / "source.toml"
    definition.write_text(
        definition.read_text(encoding="utf-8") + (kept / "sample.toml").read_text(encoding="utf-8"), "utf-8"
    )
    shutil.copytree(kept / "sample", tmp_path / "essai" / "sample")
    page = tmp_path / "essai" / "sample" / "initiatives.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Suivant", "Fin"), encoding="utf-8")
    assert run("check", tmp_path / "essai").exit_code == 0
    assert len(load_source(tmp_path / "essai").sample.pages) == 7  # type: ignore[union-attr]


# --- check and list


def test_check_names_the_first_record_that_differs(catalogue: Path) -> None:
    assert run("check", EXAMPLE, "--catalogue", catalogue).exit_code == 0
    expected = catalogue / EXAMPLE / "sample" / "expected.jsonl"
    lines = expected.read_text(encoding="utf-8").splitlines()
    second = json.loads(lines[1])
    second["fields"]["name"] = "Un autre nom"
    expected.write_text("\n".join([lines[0], json.dumps(second), *lines[2:]]) + "\n", encoding="utf-8")
    done = run("check", EXAMPLE, "--catalogue", catalogue)
    assert done.exit_code == 1
    assert 'line 2, name: "Un autre nom" is expected' in done.stdout
    expected.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert f"has {len(lines) - 1} lines" in run("check", EXAMPLE, "--catalogue", catalogue).stdout
    expected.write_text("{\n", encoding="utf-8")
    assert "line 1 is not JSON" in run("check", EXAMPLE, "--catalogue", catalogue).stdout


def test_check_tells_a_wrong_count_and_a_wrong_licence_in_one_go(catalogue: Path) -> None:
    path = catalogue / EXAMPLE / "source.toml"
    text = path.read_text(encoding="utf-8").replace('licence = "none"', 'licence = "mine"')
    rows = load_source(catalogue / EXAMPLE).sample.rows  # type: ignore[union-attr]
    path.write_text(text.replace(f"rows = {rows}\n", f"rows = {rows + 1}\n"), encoding="utf-8")
    done = run("check", EXAMPLE, "--catalogue", catalogue)
    assert 'found "mine"' in done.stdout
    assert f"yields {rows} records, sample.rows says {rows + 1}" in done.stdout


def test_list_filters_and_counts(tmp_path: Path) -> None:
    write_definition(tmp_path, SOUND, "alpha")
    write_definition(tmp_path, {**SOUND, "country": "BE", "verified": "live 2026-11-22"}, "beta")
    rights = {**SOUND["rights"], "licence": "none"}
    write_definition(tmp_path, {**SOUND, "rights": rights, "retired": "closed in 2020"}, "gamma")

    def ids(*options: str) -> list[str]:
        rows = json.loads(run("list", "--catalogue", tmp_path, "--json", *options).stdout)
        return [row["id"] for row in rows]

    assert ids() == ["alpha", "beta", "gamma"]
    assert ids("--country", "be") == ["beta"]
    assert ids("--retired") == ["gamma"]
    assert ids("--no-retired") == ["alpha", "beta"]
    assert ids("--kind", "html") == []
    done = run("list", "--catalogue", tmp_path)
    assert done.stdout.rstrip().endswith("3 sources: 2 open, 1 abroad, 1 retired, 1 seen live")
    assert run("list", "--kind", "nope").exit_code == 2
    [row] = json.loads(run("list", "--catalogue", tmp_path, "--json", "--retired").stdout)
    wanted = {
        "country": "FR",
        "schedule": "weekly",
        "verified": "never live",
        "retired": "closed in 2020",
        "sample": False,
    }
    assert {name: row[name] for name in wanted} == wanted
