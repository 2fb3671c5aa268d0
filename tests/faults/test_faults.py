"""The matrix of faults: each way to fail, met by each kind of source, is named, and no wrong row comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from door_faults import FAULTS, Fault
from fault_kit import KINDS, Sound, settle, visit
from site_kit import Site, closed_port, running_site, self_signed, speaks_tls

from scrapers.kinds import item

each_kind = pytest.mark.parametrize("kind", KINDS)


class Street:
    """A site, and the sources that have moved there."""

    def __init__(self, site: Site, secure: Site, closed: int, folder: Path) -> None:
        self.site, self.secure, self._closed, self._folder = site, secure, closed, folder
        self._settled: dict[tuple[str, str], Sound] = {}

    def base(self, name: str) -> str:
        """The address that the `base` of a fault means."""
        known = {
            "": self.site.url, "plain": f"https://{self.site.host}", "tls": f"https://{self.secure.host}",
            "closed": f"http://127.0.0.1:{self._closed}",
        }  # fmt: skip
        return known.get(name, name)

    def sound(self, kind: str, base: str = "") -> Sound:
        if (kind, base) not in self._settled:
            catalogue = self._folder / (base.rpartition("/")[2] or "site") / kind
            self._settled[kind, base] = settle(kind, self.base(base), catalogue)
        return self._settled[kind, base]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    with running_site() as site, running_site() as secure, closed_port() as closed:
        speaks_tls(secure, self_signed(folder / "certificate.pem"))
        yield Street(site, secure, closed, folder / "catalogue")


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item, "UNPACKED_LIMIT", 2_000_000)


@each_kind
def test_a_sound_source_gives_its_rows(street: Street, kind: str) -> None:
    sound = street.sound(kind)
    street.site.pages = sound.pages()
    told = visit(sound, street.site)
    assert (told.code, told.rows) == ("", sound.expected), told.message


@each_kind
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_cell(street: Street, fault: Fault, kind: str) -> None:
    sound = street.sound(kind, fault.base)
    street.site.pages = fault.pages(sound)
    told = visit(sound, street.site, **fault.manners)
    if not told.code:
        assert fault.passes, f"{len(told.rows)} rows are published as if nothing were wrong"
        assert told.rows == sound.expected
        return
    assert told.code in fault.names(kind), told.message
    assert told.message
    assert told.rows == []


BEHIND = ["html", "sitemap", "feed", "udata", "ckan", "ofdb"]
"""The kinds that ask for more than one address."""


@pytest.mark.parametrize("kind", BEHIND)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.base], ids=lambda fault: fault.name)
def test_last(street: Street, fault: Fault, kind: str) -> None:
    """The same with the last address alone broken: nothing wrong is read, and whatever is missing is told."""
    sound = street.sound(kind)
    pages, broken = sound.pages(), fault.pages(sound)
    last = list(pages)[-1]
    street.site.pages = (
        pages | {last: broken[last]} | {path: page for path, page in broken.items() if path not in pages}
    )
    told = visit(sound, street.site, **fault.manners)
    assert told.foreign(sound.expected) == []
    if not told.code and len(told.rows) < len(sound.expected):
        assert told.told & {"no-data", "bare-page"} or any(map(OF_ONE_PAGE.match, told.told)), told.told
    assert told.code in {"", "gate", "host-down", "resource-missing"} | fault.names(kind) | fault.codes | FILE, told


OF_ONE_PAGE = re.compile("detail-")
FILE = {"web-page", "shape-changed", "list-missing", "column-missing"}
"""What the file behind a portal's answer is called, whose kind is another."""


def test_the_matrix_is_as_large_as_promised() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20
    assert len(KINDS) == 15
