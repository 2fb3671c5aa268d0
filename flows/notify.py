"""Whom a night tells how it went: a dead man's switch, a webhook, e-mail; addresses come from the environment only.

| variable | holds |
|---|---|
| `ESSAIM_PING_URL` | a dead man's switch in the manner of Healthchecks: `/start`, success, `/fail` |
| `ESSAIM_NOTIFY_WEBHOOK` | an address that takes a POST of JSON with a `text`, as chats do |
| `ESSAIM_NOTIFY_EMAIL` | e-mail addresses |
| `ESSAIM_SMTP_URL` | the server that sends them: `smtps://user:password@host:465`, `smtp://host:587` |
| `ESSAIM_NOTIFY_FROM` | the sender (default: the contact, or the first address) |
| `ESSAIM_NOTIFY_ON` | `failure` (default: no release could be made), `problem` (a source failed, too), `always` |
| `ESSAIM_NOTIFY_PRIVATE` | `1`: these addresses may lie in one's own network |

An address may hold a key, so neither reports nor logs tell more of it than its host. What cannot be sent is reported,
and never stops a night.
"""

from __future__ import annotations

import logging
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from urllib3 import Retry

from flows.report import Night, Notice, reported
from flows.settings import Settings
from scrapers.failures import failure
from scrapers.guard import GuardedAdapter, public_addresses
from scrapers.problems import SourceError

LOG = logging.getLogger("essaim")
TIMEOUT = (5.0, 10.0)
"""Seconds to connect and to wait for an answer; SMTP takes the latter for each of its steps."""

OCCASIONS = ("failure", "problem", "always")
MOST_TOLD = 20
REASONS = {
    "name-resolution": "its name does not exist, or this machine is not on the network",
    "refused": "it does not answer",
    "too-slow": "it took too long",
    "tls": "its certificate does not hold",
    "private-address": "it is not on the public internet; ESSAIM_NOTIFY_PRIVATE=1 allows that",
}


class _Refused(Exception):
    """A service did not take what it was sent; the text may be told."""


@dataclass(frozen=True, slots=True)
class Channels:
    """Where notices go; "" and () for nowhere."""

    ping: str = ""
    webhook: str = ""
    emails: tuple[str, ...] = ()
    smtp: str = field(default="", repr=False)
    sender: str = ""
    occasion: str = "failure"
    private: bool = False

    def __bool__(self) -> bool:
        """Whether there is anywhere to tell."""
        return bool(self.ping or self.webhook or self.emails)


def channels_of(environment: Mapping[str, str]) -> Channels:
    """The channels that `environment` names; raises `ValueError` when they cannot be meant so."""

    def told(name: str) -> str:
        return environment.get(f"ESSAIM_{name}", "").strip()

    for name in ("PING_URL", "NOTIFY_WEBHOOK"):
        if told(name) and not (told(name).startswith(("https://", "http://")) and urlsplit(told(name)).hostname):
            raise ValueError(f"ESSAIM_{name} is no address; write it whole, from https:// on")
    emails = tuple(told("NOTIFY_EMAIL").replace(",", " ").split())
    smtp = urlsplit(told("SMTP_URL"))
    if emails and (smtp.scheme not in {"smtp", "smtps"} or not smtp.hostname):
        raise ValueError("ESSAIM_NOTIFY_EMAIL needs ESSAIM_SMTP_URL: smtps://user:password@host:465 or smtp://host:587")
    occasion = told("NOTIFY_ON") or OCCASIONS[0]
    if occasion not in OCCASIONS:
        raise ValueError(f"ESSAIM_NOTIFY_ON is {occasion}; use {', '.join(OCCASIONS)}")
    contact = told("CONTACT").removeprefix("mailto:")
    sender = told("NOTIFY_FROM") or (contact if "@" in contact and "/" not in contact else "") or "".join(emails[:1])
    private = told("NOTIFY_PRIVATE") == "1"
    return Channels(told("PING_URL"), told("NOTIFY_WEBHOOK"), emails, smtp.geturl(), sender, occasion, private)


@dataclass(slots=True)
class Watch:
    """One night under watch: what was sent of it, and what could not be."""

    channels: Channels
    settings: Settings
    notices: list[Notice] = field(default_factory=list)

    def begin(self) -> None:
        """Tell the dead man's switch that the night begins."""
        self._ping("start", "")

    def end(self, night: Night) -> Night:
        """Tell how the night went; return it with its notices, which its report then holds."""
        body = "\n".join([f"Night of {night.as_of}: {night.outcome}. {night.sentence}", *_failures(night)])
        self._ping("fail" if night.exit_status else "success", body)
        failed = any(True for _ in night.failures())
        if self._wanted(bool(night.exit_status), failed):
            self._tell(f"Essaim: night of {night.as_of} {night.outcome}", body, night.outcome)
        if not self.notices:
            return night
        told = replace(night, notices=tuple(self.notices))
        return reported(told, self.settings)

    def fail(self, error: BaseException) -> None:
        """Tell that the night broke off with `error`."""
        body = f"Night of {self.settings.as_of} broke off: {type(error).__name__}: {error}"
        self._ping("fail", body)
        self._tell(f"Essaim: night of {self.settings.as_of} broke off", body, "broken off")

    def _wanted(self, failed: bool, problem: bool) -> bool:
        occasion = self.channels.occasion
        return occasion == "always" or failed or (problem and occasion == "problem")

    def _ping(self, event: str, body: str) -> None:
        if self.channels.ping:
            address = _at(self.channels.ping, {"start": "/start", "fail": "/fail"}.get(event, ""))
            self._send("ping", event, lambda: self._post(address, data=body.encode()[:10_000]))

    def _tell(self, subject: str, body: str, outcome: str) -> None:
        if self.channels.webhook:
            told = {"text": _plain(f"{subject}\n{body}"), "outcome": outcome, "as_of": self.settings.as_of.isoformat()}
            self._send("webhook", outcome, lambda: self._post(self.channels.webhook, json=told))
        if self.channels.emails:
            self._send("email", outcome, lambda: self._mail(subject, body))

    def _send(self, channel: str, event: str, send: Callable[[], None]) -> None:
        """Send, and keep what came of it: whatever goes wrong here is told, and is no reason to fail a night."""
        reason = ""
        try:
            send()
        except _Refused as fault:
            reason = str(fault)
        except SourceError as fault:
            reason = REASONS.get(fault.code, fault.code)
        except Exception as fault:
            # Only the name: the text of an error may hold the address, and the address a key.
            code = failure("", fault).code
            reason = REASONS.get(code) or type(fault).__name__
        self.notices.append(Notice(channel, event, not reason, reason))
        if reason:
            LOG.warning("the notice of %s by %s could not be sent: %s", event, channel, reason)

    def _post(self, address: str, **body: Any) -> None:
        parts = urlsplit(address)
        own = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        allowed = frozenset({own}) if self.channels.private else frozenset[str]()
        with requests.Session() as session:
            session.trust_env = False
            for scheme in ("https://", "http://"):
                session.mount(scheme, GuardedAdapter(allowed, lambda host: None, Retry(0)))
            answer = session.post(address, timeout=TIMEOUT, allow_redirects=False, stream=True, **body)
            if not answer.ok or answer.is_redirect:
                raise _Refused(f"{parts.hostname} answered {answer.status_code}")

    def _mail(self, subject: str, body: str) -> None:
        server = urlsplit(self.channels.smtp)
        host, secure = str(server.hostname), server.scheme == "smtps"
        port = server.port or (465 if secure else 587)
        target = host if self.channels.private else public_addresses(host, port)[0]
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = (
            subject,
            self.channels.sender,
            ", ".join(self.channels.emails),
        )
        message.set_content(body)
        context = ssl.create_default_context()
        with _Mail(host, target, port, context if secure else None) as mail:
            if not secure and mail.has_extn("starttls"):
                mail.starttls(context=context)
                mail.ehlo()
            if server.username:
                if not isinstance(mail.sock, ssl.SSLSocket) and not self.channels.private:
                    raise _Refused(f"{host} offers no TLS, and a password is not sent without")
                mail.login(unquote(server.username), unquote(server.password or ""))
            mail.send_message(message)


class _Mail(smtplib.SMTP):
    """A connection to the very address that was looked at; certificates are held against the name."""

    def __init__(self, host: str, target: str, port: int, context: ssl.SSLContext | None) -> None:
        self._target, self._context = target, context
        super().__init__(host, port, timeout=TIMEOUT[1])
        self.ehlo()

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        plain = super()._get_socket(self._target, port, timeout)  # type: ignore[misc]  # as smtplib itself extends it
        return self._context.wrap_socket(plain, server_hostname=host) if self._context else plain


@contextmanager
def watched(settings: Settings) -> Iterator[Watch]:
    """Watch a night: its beginning and its failure are told here, its end by `Watch.end`.

    Samples and replays concern nobody else. Channels that are not sound are reported and not used.
    """
    watch = Watch(Channels(), settings)
    if settings.mode == "network":
        try:
            watch.channels = channels_of(os.environ)
        except ValueError as fault:
            watch.notices.append(Notice("configuration", "start", False, str(fault)))
            LOG.warning("%s", fault)
    watch.begin()
    try:
        yield watch
    except BaseException as error:
        watch.fail(error)
        raise


def _at(address: str, suffix: str) -> str:
    """`address` with `suffix` at the end of its path."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + suffix))


def _failures(night: Night) -> list[str]:
    told = [f"release: {fault}" for fault in night.faults]
    told += [f"{problem.source_id}: {problem.message} ({problem.remedy})" for problem in night.failures()]
    more = [f"… and {len(told) - MOST_TOLD} more, in the report"] if len(told) > MOST_TOLD else []
    return [line[:500] for line in told[:MOST_TOLD]] + more


def _plain(text: str) -> str:
    """`text` without what chats take for a mention, a link or markup of theirs."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")
