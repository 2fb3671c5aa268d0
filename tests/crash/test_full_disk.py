"""Nights on a disk that is full before they end: told in a sentence, nothing half published, made good with room.

Needs the right to mount a small file system in memory (root on Linux); says so when it skips.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_killed_nights import (  # noqa: F401  # the fixtures
    SECOND,
    Trial,
    Undisturbed,
    assert_nothing_half_published,
    memory,
    published,
    trial,
    undisturbed,
)

MEGABYTE = 1 << 20


def mounted(folder: Path, size: int) -> bool:
    """Mount a file system of `size` bytes at `folder`; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "essaim-tests", str(folder)]
    return sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, 256 * MEGABYTE):
        pytest.skip("a small file system cannot be mounted here (needs root on Linux)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def used(folder: Path) -> int:
    room = os.statvfs(folder)
    return (room.f_blocks - room.f_bfree) * room.f_frsize


@pytest.mark.parametrize("room", [0.02, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9])
def test_a_full_disk_stops_a_night_and_room_makes_it_good(trial: Trial, undisturbed: Undisturbed, disk: Path, room):  # noqa: F811
    home = disk / "home"
    shutil.copytree(undisturbed.first, home, symlinks=True)
    before = published(home)
    trial.serve(SECOND)
    taken = used(disk)
    resize(disk, taken + int(room * 2 * MEGABYTE))
    ended = trial.spend(home, SECOND)["outcome"]
    assert ended != "published"
    assert "space" in ended or ended == "held back", ended
    assert_nothing_half_published(home)
    kept = published(home)
    assert {name: body for name, body in kept.items() if not name.startswith(".")} == before
    resize(disk, 256 * MEGABYTE)
    assert trial.spend(home, SECOND)["outcome"] == "published"
    assert published(home) == published(undisturbed.second)
    assert memory(home) == memory(undisturbed.second)


def test_the_command_says_in_a_sentence_that_the_disk_is_full(trial: Trial, disk: Path):  # noqa: F811
    trial.serve(SECOND)
    resize(disk, MEGABYTE)
    command = [sys.executable, "-m", "flows.cli", "demo", "--no-serve", "--out", str(disk / "home")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert (done.returncode, last.startswith("essaim: ")) == (2, True), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
