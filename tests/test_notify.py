"""Notices about a night: sent to services on this machine, and never a reason for a night to fail."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest
from site_kit import Site, closed_port, running_site
from test_night import ROWS, add_source, spend

from flows.lock import NightRunningError, one_night
from flows.notify import Channels, channels_of
from scrapers.problems import DefinitionError


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with running_site() as running:
        for path in ("/ping/s3cret", "/ping/s3cret/start", "/ping/s3cret/fail", "/hook?key=s3cret"):
            running.pages[path] = b"OK"
        monkeypatch.setenv("ESSAIM_PING_URL", f"{running.url}/ping/s3cret")
        monkeypatch.setenv("ESSAIM_NOTIFY_WEBHOOK", f"{running.url}/hook?key=s3cret")
        monkeypatch.setenv("ESSAIM_NOTIFY_PRIVATE", "1")
        yield running


def catalogue(tmp_path: Path) -> Path:
    return add_source(tmp_path / "catalogue", "alpha", ROWS)


def report(tmp_path: Path) -> dict[str, Any]:
    [path] = (tmp_path / "home" / "runs").glob("*/report.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_good_night_pings_its_beginning_and_its_end(tmp_path: Path, service: Site) -> None:
    catalogue(tmp_path)
    night = spend(tmp_path)
    [(first, body), (last, told)] = service.posted
    assert (first, last, body) == ("/ping/s3cret/start", "/ping/s3cret", "")
    assert told.startswith("Night of 2026-03-01: published. 4 records make 4 initiatives")
    assert [(each.channel, each.event, each.sent) for each in night.notices] == [
        ("ping", "start", True),
        ("ping", "success", True),
    ]
    assert [each["event"] for each in report(tmp_path)["notices"]] == ["start", "success"]


def test_a_night_that_is_held_back_tells_people(tmp_path: Path, service: Site) -> None:
    catalogue(tmp_path)
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "judgements.csv").write_text("no,<such>,@head\n", encoding="utf-8")
    night = spend(tmp_path, decisions=tmp_path / "decisions")
    assert night.outcome == "held back"
    assert [path for path, _ in service.posted] == ["/ping/s3cret/start", "/ping/s3cret/fail", "/hook?key=s3cret"]
    told = json.loads(service.posted[-1][1])
    assert (told["outcome"], told["as_of"]) == ("held back", "2026-03-01")
    assert "release: " in told["text"]
    assert "<" not in told["text"]


def test_a_night_that_breaks_off_tells_people_and_is_still_an_error(tmp_path: Path, service: Site) -> None:
    (tmp_path / "catalogue").mkdir()
    with pytest.raises(DefinitionError):
        spend(tmp_path)
    assert [path for path, _ in service.posted] == ["/ping/s3cret/start", "/ping/s3cret/fail", "/hook?key=s3cret"]
    assert "broke off: DefinitionError" in json.loads(service.posted[-1][1])["text"]


@pytest.mark.parametrize(("occasion", "hooks"), [("failure", 0), ("problem", 1), ("always", 1)])
def test_a_failed_source_is_told_where_that_is_wanted(
    tmp_path: Path, service: Site, monkeypatch: pytest.MonkeyPatch, occasion: str, hooks: int
) -> None:
    monkeypatch.setenv("ESSAIM_NOTIFY_ON", occasion)
    catalogue(tmp_path)
    (add_source(tmp_path / "catalogue", "broken", ROWS) / "places.csv").write_bytes(b"")
    assert spend(tmp_path).outcome == "published"
    assert sum(path.startswith("/hook") for path, _ in service.posted) == hooks


def test_samples_and_replays_concern_nobody_else(tmp_path: Path, service: Site) -> None:
    catalogue(tmp_path)
    spend(tmp_path)
    service.posted.clear()
    assert spend(tmp_path, 1, mode="replay").notices == ()
    assert service.posted == []


def test_a_second_night_beside_the_first_pings_nobody(tmp_path: Path, service: Site) -> None:
    catalogue(tmp_path)
    with one_night(tmp_path / "home"), pytest.raises(NightRunningError):
        spend(tmp_path)
    assert service.posted == []


def hang_up(handler: Any) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, b"", {}), "127.0.0.1 answered 500"),
        ((404, b"", {}), "127.0.0.1 answered 404"),
        ((302, b"", {"Location": "http://169.254.169.254/"}), "127.0.0.1 answered 302"),
        (hang_up, "ConnectionError"),
    ],
)
def test_a_notice_that_fails_is_reported_and_stops_nothing(
    tmp_path: Path, service: Site, caplog: pytest.LogCaptureFixture, answer: Any, reason: str
) -> None:
    service.pages["/ping/s3cret"] = service.pages["/ping/s3cret/start"] = answer
    catalogue(tmp_path)
    with caplog.at_level(logging.WARNING):
        night = spend(tmp_path)
    assert (night.outcome, night.exit_status) == ("published", 0)
    assert {each.reason for each in night.notices} == {reason}
    [path] = (tmp_path / "home" / "runs").glob("*/report.md")
    assert f"- **ping** (success): {reason}" in path.read_text(encoding="utf-8")
    assert reason in caplog.text
    for told in (caplog.text, path.read_text(encoding="utf-8"), json.dumps(report(tmp_path))):
        assert "s3cret" not in told


def test_ones_own_network_has_to_be_allowed(tmp_path: Path, service: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESSAIM_NOTIFY_PRIVATE")
    catalogue(tmp_path)
    night = spend(tmp_path)
    assert {each.reason for each in night.notices} == {
        "it is not on the public internet; ESSAIM_NOTIFY_PRIVATE=1 allows that"
    }
    assert service.asked == []


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_NOTIFY_PRIVATE", "1")
    catalogue(tmp_path)
    with closed_port() as port:
        monkeypatch.setenv("ESSAIM_PING_URL", f"http://127.0.0.1:{port}/s3cret")
        night = spend(tmp_path)
    assert {each.reason for each in night.notices} == {"it does not answer"}
    assert night.outcome == "published"


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    """A server that takes one message; gives its port, and all that it is told."""
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            talk, _ = listening.accept()
            with talk, talk.makefile("rwb", buffering=0) as lines:
                lines.write(b"220 fake\r\n")
                in_message = False
                while line := lines.readline():
                    told.append(line.decode().rstrip("\r\n"))
                    if in_message:
                        in_message = line != b".\r\n"
                        if not in_message:
                            lines.write(b"250 taken\r\n")
                    elif line.upper().startswith(b"DATA"):
                        in_message = True
                        lines.write(b"354 go on\r\n")
                    elif line.upper().startswith(b"EHLO"):
                        lines.write(b"250-fake\r\n250 AUTH PLAIN\r\n")
                    elif line.upper().startswith(b"AUTH"):
                        lines.write(b"235 welcome\r\n")
                    else:
                        lines.write(b"250 fine\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], told
        thread.join(60)


def test_e_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalogue").mkdir()
    monkeypatch.setenv("ESSAIM_NOTIFY_EMAIL", "ops@example.org, night@example.org")
    monkeypatch.setenv("ESSAIM_NOTIFY_FROM", "essaim@example.org")
    monkeypatch.setenv("ESSAIM_NOTIFY_PRIVATE", "1")
    with mail_server() as (port, told):
        monkeypatch.setenv("ESSAIM_SMTP_URL", f"smtp://essaim:s3cr%40t@127.0.0.1:{port}")
        with pytest.raises(DefinitionError):
            spend(tmp_path)
    assert [line for line in told if line.startswith(("mail FROM", "rcpt TO"))] == [
        "mail FROM:<essaim@example.org>",
        "rcpt TO:<ops@example.org>",
        "rcpt TO:<night@example.org>",
    ]
    message = message_from_string("\n".join(told[told.index("data") + 1 : told.index(".")]))
    assert message["Subject"] == "Essaim: night of 2026-03-01 broke off"
    assert "DefinitionError" in str(message.get_payload())


def test_a_password_is_not_sent_without_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    monkeypatch.setenv("ESSAIM_NOTIFY_EMAIL", "ops@example.org")
    with mail_server() as (port, told):
        monkeypatch.setattr("flows.notify.public_addresses", lambda host, port: ["127.0.0.1"])
        monkeypatch.setenv("ESSAIM_SMTP_URL", f"smtp://essaim:s3cret@mail.example.org:{port}")
        with pytest.raises(DefinitionError):
            spend(tmp_path)
    assert told
    assert [line for line in told if line.upper().startswith(("AUTH", "DATA"))] == []


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"ESSAIM_PING_URL": "hc.example.org/1"}, "ESSAIM_PING_URL is no address"),
        ({"ESSAIM_NOTIFY_WEBHOOK": "file:///etc/passwd"}, "ESSAIM_NOTIFY_WEBHOOK is no address"),
        ({"ESSAIM_NOTIFY_EMAIL": "a@example.org"}, "needs ESSAIM_SMTP_URL"),
        ({"ESSAIM_NOTIFY_EMAIL": "a@example.org", "ESSAIM_SMTP_URL": "http://x"}, "needs ESSAIM_SMTP_URL"),
        ({"ESSAIM_NOTIFY_ON": "sometimes"}, "use failure, problem, always"),
    ],
)
def test_what_cannot_be_meant_so(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        channels_of(environment)


def test_unsound_channels_do_not_stop_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESSAIM_NOTIFY_ON", "sometimes")
    catalogue(tmp_path)
    night = spend(tmp_path)
    assert night.outcome == "published"
    assert [each.reason for each in night.notices] == ["ESSAIM_NOTIFY_ON is sometimes; use failure, problem, always"]


def test_nothing_is_told_where_nothing_is_configured() -> None:
    assert not channels_of({})
    assert "s3cret" not in repr(Channels(smtp="smtp://a:s3cret@b"))
