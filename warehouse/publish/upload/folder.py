"""A folder that releases are copied to: a web server's, a mounted disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.publish.checksums import describe, read_sums
from warehouse.publish.index import LINK, VERSION, versions_in
from warehouse.publish.upload import ConflictError, Told


class Folder:
    """Copies aside and renames, so that a release is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def versions(self) -> list[str]:
        """Return the versions that have a folder."""
        return versions_in(self.root) if self.root.is_dir() else []

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes, None where there is none."""
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def send(self, folder: Path, tell: Told) -> int:
        """Copy a release beside its place, check it against its sums and rename it; files copied before are kept.

        Raises `ConflictError` where what was copied does not have its sums.
        """
        aside = self.root / f".{folder.name}.new"
        aside.mkdir(parents=True, exist_ok=True)
        wanted = {file.name: file.sha256 for file in read_sums(folder)}
        there = {file.name: file.sha256 for file in describe(aside)}
        for name in there.keys() - wanted.keys():
            (aside / name).unlink()
        sent = 0
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            if name in wanted and there.get(name) == wanted[name]:
                continue
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, aside / name)
            sent += path.stat().st_size
        if {file.name: file.sha256 for file in describe(aside)} != wanted:
            raise ConflictError(f"the copy of {folder.name} does not have the sums of the release: run it again")
        if (self.root / folder.name).exists():  # without its sums: no release of ours
            raise ConflictError(f"{self.root / folder.name} is there, but is no whole release: move it away")
        aside.rename(self.root / folder.name)
        return sent

    def point(self, folder: Path, tell: Told) -> None:
        """Switch the link `latest` in one step; where there are no links, `latest.txt` says it."""
        tell(f"latest → {folder.name}")
        aside = self.root / f".{LINK}.new"
        aside.unlink(missing_ok=True)
        try:
            aside.symlink_to(folder.name, target_is_directory=True)
        except (OSError, NotImplementedError):
            tell("no links in this folder: latest.txt holds the version")
            return
        aside.replace(self.root / LINK)

    def write(self, name: str, data: bytes) -> None:
        """Write a file aside and put it in its place."""
        aside = self.root / f".{name}.new"
        aside.write_bytes(data)
        aside.replace(self.root / name)

    def drop(self, version: str) -> None:
        """Rename a release away, then remove it; raises ValueError for what is no version."""
        if not VERSION.fullmatch(version):
            raise ValueError(f'"{version}" is no version')
        shutil.rmtree((self.root / version).rename(self.root / f".{version}.new"))
