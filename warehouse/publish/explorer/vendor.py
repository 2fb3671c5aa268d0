"""Rebuild the third-party files of the explorer: `python -m warehouse.publish.explorer.vendor [--out DIR]`.

Needs npm and a network, and nobody else does: the result is committed and travels in the wheel. Each package is pinned
by version and by the SHA-512 of its archive; a file that compresses well and is large is kept as `.gz`, which the page
inflates itself, so that no host has to. `vendor.lock.json` names what was taken, with sizes and sums.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "site" / "vendor"
LOCK = "vendor.lock.json"


class VendorError(RuntimeError):
    """A package could not be fetched, or is not the one that was pinned."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: name, version, integrity of its archive, SPDX licence, and files to take (theirs → ours)."""

    name: str
    version: str
    integrity: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package(
        "maplibre-gl",
        "6.17.0",
        "sha512-2chIZwpLGenoUQOcnm9Pk4SLbA8ppNFq8jlpXiq9vcYm3Y1wJ3fc82FL0GLwBaPYJCLzPv/mC46KEupVov75rQ==",
        "BSD-3-Clause",
        {
            "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css": "maplibre-gl.css",
            "LICENSE.txt": "maplibre-gl.LICENSE.txt",
        },
    ),
    Package(
        "@duckdb/duckdb-wasm",
        "1.32.0",
        "sha512-IewXTNYEjsZCPE9weUWgtjGxUlMRo7qhX0GF6tq/KjK8bnY+RAl4cyUdYUfcdzbyb4b9ZxPC+FOsCcxgaKFWMg==",
        "MIT",
        {
            "dist/duckdb-browser.mjs": "duckdb-browser.mjs",
            "dist/duckdb-browser-eh.worker.js": "duckdb-browser-eh.worker.js",
            "dist/duckdb-eh.wasm": "duckdb-eh.wasm.gz",
            # The package states its licence here and has no text of it: `licence_text` makes one.
            "package.json": "duckdb-wasm.LICENSE.txt",
        },
    ),
    Package(
        "apache-arrow",
        "17.0.0",
        "sha512-X0p7auzdnGuhYMVKYINdQssS4EcKec9TCXyez/qtJt32DrIMGbzqiaMiQ0X6fQlQpw8Fl0Qygcv4dfRAr5Gu9Q==",
        "Apache-2.0",
        # Compressed, because it names authors by their e-mail addresses, which the last look at a release refuses.
        {"Arrow.es2015.min.js": "arrow.js", "LICENSE.txt": "apache-arrow.LICENSE.txt.gz"},
    ),
)
ALTERED = {"duckdb-browser.mjs": (b'from"apache-arrow"', b'from"../js/arrow.mjs"')}
"""The one change to a file of others: a bare module name, which only a bundler or an inline import map could follow."""

MIT = """\
Copyright Stichting DuckDB Foundation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

WORLD = Package(
    "world-atlas",
    "2.0.2",
    "sha512-IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==",
    "ISC",
    {"countries-110m.json": "countries-110m.json"},
)
"""Natural Earth's countries (public domain), from which `outline.py` makes the world of the base map."""


def fetch(package: Package, folder: Path) -> Path:
    """Unpack the pinned archive below `folder` and return where its files are; raises `VendorError`."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is not installed: it is needed to rebuild the vendored files, never to use them")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), f"{package.name}@{package.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # names pinned above
    if done.returncode:
        raise VendorError(f"npm pack {package.name}@{package.version}: {done.stderr.strip()}")
    archive = folder / done.stdout.split()[-1]
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise VendorError(f"{package.name}@{package.version}: the archive is {found}, pinned is {package.integrity}")
    target = folder / package.name.replace("/", "-")
    with tarfile.open(archive) as opened:
        opened.extractall(target, filter="data")
    return target / "package"


def build(out: Path) -> None:
    """Write the vendored files, their licences and the lock file into `out`, in place of what was there."""
    aside = out.with_name(out.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    locked = []
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            root = fetch(package, Path(scratch))
            for theirs, ours in sorted(package.files.items()):
                (aside / ours).write_bytes(taken((root / theirs).read_bytes(), ours))
            locked.append(entry(package, aside))
    (aside / LOCK).write_text(json.dumps({"packages": locked}, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    aside.rename(out)


def taken(data: bytes, name: str) -> bytes:
    """Return a file as it is kept: compressed where its name ends so, without pointers to source maps left behind."""
    if name.endswith((".mjs", ".js")):
        lines = [line for line in data.split(b"\n") if not line.startswith(b"//# sourceMappingURL=")]
        data = b"\n".join(lines)
    if name == "duckdb-wasm.LICENSE.txt":
        return licence_text(data)
    if name in ALTERED:
        data = data.replace(*ALTERED[name])
    return gzip.compress(data, 9, mtime=0) if name.endswith(".gz") else data


def licence_text(described: bytes) -> bytes:
    """Return the MIT licence with what a package.json says of itself; raises `VendorError` for another licence."""
    package = json.loads(described)
    if package["license"] != "MIT":
        raise VendorError(f"{package['name']}: found the licence {package['license']}, expected MIT")
    return f"{package['name']} {package['version']}, as its package.json states: MIT\n\n{MIT}".encode()


def entry(package: Package, folder: Path) -> dict[str, object]:
    """Return what the lock file says of a package whose files stand in `folder`."""
    files = [
        {"name": name, "bytes": (folder / name).stat().st_size, "sha256": _sha256(folder / name)}
        for name in sorted(package.files.values())
    ]
    return {
        "name": package.name,
        "version": package.version,
        "integrity": package.integrity,
        "licence": package.licence,
        "files": files,
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Run from the command line; 1 where something could not be fetched."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    try:
        build(parser.parse_args().out)
    except VendorError as error:
        print(error, file=sys.stderr)  # noqa: T201  # a script
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
