"""Nobody's site is asked for anything without a contact to write to."""

from pathlib import Path

import pytest
from site_kit import running_site
from test_night import DEFINITION, ROWS, add_source

from flows.cli import main
from flows.settings import manners_of_the_environment
from scrapers.contact import ContactError, require_contact
from scrapers.response import Manners

SITE = "https://www.example.org/places.csv"
LINES = "\n".join(["id;nom;ville;cp", *(";".join(row) for row in ROWS)]).encode()


@pytest.fixture
def site():
    with running_site() as running:
        running.pages["/places.csv"] = LINES
        yield running


def add_site(catalogue: Path, url: str) -> None:
    folder = catalogue / "distant"
    folder.mkdir(parents=True)
    text = DEFINITION.format(id="distant", licence="etalab-2.0").replace('path = "places.csv"', f'url = "{url}"')
    (folder / "source.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def essaim(tmp_path, monkeypatch, capsys):
    """Run the command; return its exit status and what it said to the error output."""
    monkeypatch.delenv("ESSAIM_CONTACT", raising=False)
    monkeypatch.delenv("ESSAIM_ALLOWED_HOSTS", raising=False)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["essaim", *words, "--catalogue", str(tmp_path / "catalogue")])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), capsys.readouterr().err

    return call


def run(essaim, tmp_path, *words):
    return essaim("run", "--home", str(tmp_path / "home"), "--json", *words)


@pytest.fixture
def no_look_up(monkeypatch):
    """Fail the test if any host is looked up at all."""
    monkeypatch.setattr("socket.getaddrinfo", None)


def test_without_a_contact_nobody_is_asked(tmp_path, essaim, no_look_up):
    add_site(tmp_path / "catalogue", SITE)
    status, said = run(essaim, tmp_path)
    assert status == 2
    assert "there is no contact for the sites to be visited, such as www.example.org" in said
    assert "ESSAIM_CONTACT or with --contact" in said
    assert essaim("source", "preview", "distant", "--live") == (2, said)
    assert not (tmp_path / "home" / "runs").exists()


@pytest.mark.parametrize("contact", ["me", "me@here", "ftp://example.org", "https://x y.org", "a@example.org\nX: y"])
def test_what_is_no_contact_is_said_to_be_none(tmp_path, essaim, no_look_up, contact):
    add_site(tmp_path / "catalogue", SITE)
    for words in (("run", "--home", str(tmp_path / "home")), ("source", "preview", "distant", "--live")):
        status, said = essaim(*words, "--contact", contact)
        assert (status, " is no contact" in said) == (2, True)


@pytest.mark.parametrize(
    "contact",
    ["data@example.org", "mailto:data+essaim@mairie.example.fr", "https://www.example.org/contact?a=1", "http://a.fr"],
)
def test_contacts(contact):
    require_contact([SITE], Manners(contact))
    with pytest.raises(ContactError):
        require_contact([SITE], Manners(f"{contact} (me)"))


def test_the_option_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("ESSAIM_CONTACT", " data@example.org ")
    assert manners_of_the_environment().user_agent == "essaim/0.1 (+data@example.org)"
    assert manners_of_the_environment("https://example.org").user_agent == "essaim/0.1 (+https://example.org)"
    monkeypatch.delenv("ESSAIM_CONTACT")
    assert manners_of_the_environment().user_agent == "essaim/0.1"


def test_local_files_need_none(tmp_path, essaim, no_look_up):
    add_source(tmp_path / "catalogue", "alpha", ROWS)
    add_site(tmp_path / "catalogue", SITE)
    assert run(essaim, tmp_path, "--sources", "alpha")[0] == 0
    assert essaim("source", "preview", "alpha", "--live") == (0, "")


def test_a_trial_on_our_own_machine_needs_none(tmp_path, essaim, site, monkeypatch):
    add_site(tmp_path / "catalogue", f"{site.url}/places.csv")
    assert run(essaim, tmp_path)[0] == 2
    monkeypatch.setenv("ESSAIM_ALLOWED_HOSTS", site.host)
    assert run(essaim, tmp_path)[0] == 0
    assert site.paths() == ["/robots.txt", "/places.csv"]
    assert run(essaim, tmp_path, "--offline")[0] == 0


def test_what_is_not_visited_tonight_needs_none(tmp_path, essaim, site, monkeypatch):
    add_site(tmp_path / "catalogue", f"{site.url}/places.csv")
    monkeypatch.setenv("ESSAIM_ALLOWED_HOSTS", site.host)
    assert run(essaim, tmp_path)[0] == 0
    monkeypatch.delenv("ESSAIM_ALLOWED_HOSTS")
    assert run(essaim, tmp_path)[0] == 0
