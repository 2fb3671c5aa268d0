"""Whether an installation is sound: one finding for each thing that a night needs, with what to do about it.

Nothing is changed, and no site is asked for anything. Only with `online`, connections are opened to the services that
are configured, and closed again without a question.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import duckdb
from filelock import FileLock, Timeout
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flows.catalogue import check_source
from flows.notify import channels_of
from flows.settings import Settings
from scrapers.catalogue import load_catalogue
from scrapers.contact import MAIL, PAGE
from scrapers.problems import DefinitionError
from scrapers.secrets import HOSTS, SHORTEST, VARIABLE
from transforms.database import connect, load_extension
from warehouse.migrations import FORM, form_of, newer_files
from warehouse.publish import latest

Level = Literal["ok", "warn", "fail"]

GIGABYTE = 1_000_000_000
ENOUGH, SCARCE = 10 * GIGABYTE, 2 * GIGABYTE
"""Free disk below which a person is warned, and below which a night is likely to fail (docs/operate.md has figures)."""

NIGHT = re.compile(r"\d{4}-\d{2}-\d{2}")
LATE = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: ok, warn (a night runs, but not as it might) or fail (it cannot), and the remedy."""

    check: str
    level: Level
    told: str
    remedy: str = ""


def examine(settings: Settings, now: dt.datetime, online: bool = False) -> list[Finding]:
    """Check the installation that would spend a night with `settings`; `now` is the clock (UTC). Never raises."""
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("python", _python),
        ("packages", _packages),
        ("duckdb", _duckdb),
        ("home", lambda: _home(settings.home)),
        ("disk", lambda: _disk(settings.home)),
        ("lock", lambda: _lock(settings.home)),
        ("clock", lambda: _clock(settings.home, now)),
        ("versions", lambda: _versions(settings.home)),
        ("last night", lambda: _last_night(settings.home, now)),
        ("catalogue", lambda: _catalogue(settings)),
        ("contact", lambda: _contact(settings)),
        ("notices", _notices),
        ("network", lambda: _network(settings, online)),
    ]
    found: list[Finding] = []
    for name, check in checks:
        try:
            found += check()
        except Exception as fault:  # one check that stumbles is a finding, and stops no other
            found.append(Finding(name, "fail", f"the check raised {type(fault).__name__}: {fault}", "report this"))
    return found


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = SpecifierSet(str(metadata.metadata("essaim")["Requires-Python"]))
    if wanted.contains(version):
        yield Finding("python", "ok", f"Python {version}, essaim {metadata.version('essaim')}")
    else:
        yield Finding("python", "fail", f"Python {version} is not {wanted}", "install such a Python")


def _packages() -> Iterator[Finding]:
    """The packages against the bounds that Essaim declares, and against constraints.txt where there is one."""
    wanted = [Requirement(line) for line in metadata.requires("essaim") or ()]
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = [told for each in needed if (told := _misfit(each))]
    if wrong:
        remedy = "install again with the constraints: pip install -c constraints.txt ."
        yield Finding("packages", "fail", "; ".join(wrong), remedy)
    else:
        yield Finding("packages", "ok", f"{len(needed)} packages within their bounds")
    pinned = Path(__file__).parent.parent / "constraints.txt"
    if pinned.is_file():
        lines = [line.partition("#")[0].strip() for line in pinned.read_text(encoding="utf-8").splitlines()]
        pins = [Requirement(line) for line in lines if line and not line.startswith("-")]
        other = [told for each in pins if (told := _misfit(each, absent_is_well=True))]
        if other:
            told = f"{len(other)} of {len(pins)} packages are not as tested: {'; '.join(other[:5])}"
            yield Finding("packages", "warn", told, "pip install -c constraints.txt . gives the tested ones")
        else:
            yield Finding("packages", "ok", "all as tested (constraints.txt)")


def _misfit(wanted: Requirement, absent_is_well: bool = False) -> str:
    """Why the installed package is not as `wanted`, or ""."""
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return "" if absent_is_well else f"{wanted.name} is missing"
    fits = wanted.specifier.contains(version, prereleases=True)
    return "" if fits else f"{wanted.name} {version} is not {wanted.specifier}"


def _duckdb() -> Iterator[Finding]:
    with connect() as connection:
        connection.execute("SELECT 1")
        try:
            load_extension(connection, "spatial")
        except (duckdb.Error, ImportError, OSError) as fault:
            remedy = "install duckdb-extension-spatial of the same version as duckdb"
            yield Finding("duckdb", "fail", f"DuckDB {duckdb.__version__}, but spatial does not load: {fault}", remedy)
            return
    yield Finding("duckdb", "ok", f"DuckDB {duckdb.__version__} with its spatial extension")


def _home(home: Path) -> Iterator[Finding]:
    place = _nearest(home)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as fault:
        yield Finding("home", "fail", f"{place} cannot be written ({fault.strerror})", "give this user the right to it")
        return
    there = "" if home.is_dir() else "; the first night makes it"
    yield Finding("home", "ok", f"{home} can be written{there}")


def _nearest(folder: Path) -> Path:
    """`folder`, or the nearest one above it that exists."""
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _disk(home: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_nearest(home)).free
    level: Level = "fail" if free < SCARCE else "warn" if free < ENOUGH else "ok"
    remedy = "free some: old releases and archives may go (docs/operate.md)" if level != "ok" else ""
    yield Finding("disk", level, f"{free / GIGABYTE:,.1f} GB free", remedy)


def _lock(home: Path) -> Iterator[Finding]:
    if not (home / ".lock").is_file():
        yield Finding("lock", "ok", "no night is running")
        return
    lock = FileLock(home / ".lock")
    try:
        with lock.acquire(timeout=0):
            yield Finding("lock", "ok", "no night is running")
    except Timeout:
        yield Finding("lock", "warn", "a night is running in this home", "wait for its end before you change anything")


def _clock(home: Path, now: dt.datetime) -> Iterator[Finding]:
    """The clock against the files: a clock that was set back would date tonight before last night."""
    nights = _nights(home)
    ahead = [night for night in nights if night > now.date().isoformat()]
    if ahead:
        told = f"this machine says {now:%Y-%m-%d %H:%M} UTC, but {home} holds nights up to {max(ahead)}"
        yield Finding("clock", "fail", told, "set the clock (timedatectl set-ntp true), or wait until it has caught up")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC; no file is of a later night")


def _nights(home: Path) -> list[str]:
    """Every night that left a report or a release in `home`."""
    places = (path.name[:10] for folder in ("runs", "releases") for path in (home / folder).glob("*-*-*"))
    return [name for name in places if NIGHT.fullmatch(name)]


def _versions(home: Path) -> Iterator[Finding]:
    form = form_of(home)
    newer = list(newer_files(home))
    if form > FORM:
        newer.append(f"{home} has form {form}, this version knows {FORM}")
    for told in newer:
        yield Finding("versions", "fail", told, "install that version or a later one, or name another home")
    if not newer and form < FORM:
        remedy = "nothing to do; a copy of the warehouse stays"
        yield Finding("versions", "ok", f"{home} has form {form}; the next night brings it to {FORM}", remedy)
    elif not newer:
        yield Finding("versions", "ok", f"the home has form {form}, and no file is of a newer version")


def _last_night(home: Path, now: dt.datetime) -> Iterator[Finding]:
    nights = sorted(path.name for path in (home / "runs").glob("*-*-*") if NIGHT.fullmatch(path.name))
    release = latest(home / "releases")
    if not nights:
        yield Finding("last night", "ok", "none yet")
    elif now.date() - dt.date.fromisoformat(nights[-1]) > LATE:
        remedy = "look whether the timer or `essaim schedule` still runs"
        yield Finding("last night", "warn", f"{nights[-1]}, which is more than two days ago", remedy)
    elif release is None:
        remedy = "read its report: something held every release back"
        yield Finding("last night", "warn", f"{nights[-1]}, but there is no release", remedy)
    else:
        yield Finding("last night", "ok", f"{nights[-1]}; the latest release is {release.name}")


def _catalogue(settings: Settings) -> Iterator[Finding]:
    try:
        sources, errors = load_catalogue(settings.catalogue, settings.data_roots)
    except DefinitionError as fault:
        yield Finding("catalogue", "fail", str(fault), "name a folder of definitions with --catalogue")
        return
    faults = [error.faults[0] for error in errors] + [fault for each in sources for fault in check_source(each)]
    if faults:
        told = f"{len(faults)} definitions are faulty, such as {faults[0]}"
        yield Finding("catalogue", "warn", told, "essaim source check --all says all")
    else:
        yield Finding("catalogue", "ok", f"{len(sources)} sound definitions in {settings.catalogue}")
    for name in sorted({name for source in sources if source.retired is None for name in source.secret_names}):
        value, hosts = (os.environ.get(f"{VARIABLE}{name}{suffix}", "").strip() for suffix in ("", HOSTS))
        if len(value) < SHORTEST or not hosts:
            told = f"a definition needs the secret {name}, which is not set, too short, or meant for no host"
            yield Finding("secrets", "warn", told, f"set {VARIABLE}{name}, and its hosts in {VARIABLE}{name}{HOSTS}")


def _contact(settings: Settings) -> Iterator[Finding]:
    contact = settings.manners.contact
    if MAIL.fullmatch(contact) or PAGE.fullmatch(contact):
        yield Finding("contact", "ok", f"sites are told {contact}")
    else:
        found = f'"{contact}" is no contact' if contact else "there is none"
        remedy = "set ESSAIM_CONTACT to an e-mail address or a page that somebody reads"
        yield Finding("contact", "warn", f"{found}: samples and replays run, but no site is visited", remedy)


def _notices() -> Iterator[Finding]:
    try:
        channels = channels_of(os.environ)
    except ValueError as fault:
        yield Finding("notices", "warn", str(fault), "mend it; until then nobody is told when a night fails")
        return
    used = {"ping": channels.ping, "webhook": channels.webhook, "e-mail": channels.emails}
    if channels:
        yield Finding("notices", "ok", f"by {', '.join(name for name, where in used.items() if where)}")
    else:
        remedy = "set ESSAIM_PING_URL, ESSAIM_NOTIFY_WEBHOOK or ESSAIM_NOTIFY_EMAIL (docs/operate.md)"
        yield Finding("notices", "warn", "nobody is told when a night fails, or does not begin", remedy)


def _network(settings: Settings, online: bool) -> Iterator[Finding]:
    services = {
        "address service": settings.geocoder or "",
        "address service abroad": settings.nominatim or "",
        "Prefect server": os.environ.get("PREFECT_API_URL", ""),
    }
    named = {name: address for name, address in services.items() if address}
    if not online:
        told = f"not looked at; configured: {', '.join(named) or 'none'}"
        yield Finding("network", "ok", told, "essaim doctor --online opens a connection to each")
        return
    for name, address in named.items():
        parts = urlsplit(address)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            socket.create_connection((str(parts.hostname), port), timeout=10).close()
        except (OSError, ValueError) as fault:
            remedy = "look at the network, the name server and the firewall of this machine, or at the address"
            yield Finding("network", "fail", f"{name}: {parts.hostname} cannot be reached ({fault})", remedy)
        else:
            yield Finding("network", "ok", f"{name}: {parts.hostname} can be reached")
