"""Releases copied out, to a folder and to a store of the S3 protocol on this machine: order, resuming, retention."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from warehouse_example import NIGHT

from flows.cli import app
from warehouse.publish import Release, publish
from warehouse.publish.checksums import SUMS, describe, write_sums
from warehouse.publish.index import INDEX, LINK_TEXT, write_index
from warehouse.publish.retention import drop
from warehouse.publish.upload import ConflictError, carry_out, plan
from warehouse.publish.upload.bucket import Bucket, open_bucket
from warehouse.publish.upload.folder import Folder
from warehouse.store import Store


def quiet(_: str) -> None:
    return None


@pytest.fixture(scope="session")
def light(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That release without most of its files: each is one more to send, and none is sent otherwise than the others."""
    folder = tmp_path_factory.mktemp("light")
    left_out = shutil.ignore_patterns("vendor", "js", "data", "i18n", "links", "schemas", "feeds", SUMS)
    shutil.copytree(release.folder.parent, folder, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    write_sums(folder / str(NIGHT), describe(folder / str(NIGHT)))
    write_index(folder, str(NIGHT))
    return folder


@pytest.fixture
def releases(light: Path, tmp_path: Path) -> Path:
    """A home's folder of releases with one release, to be changed freely."""
    folder = tmp_path / "home" / "releases"
    shutil.copytree(light, folder, symlinks=True)
    return folder


def second(releases: Path) -> str:
    """Add a release that differs in one file, and make it the latest."""
    version = f"{NIGHT}.2"
    shutil.copytree(releases / str(NIGHT), releases / version)
    readme, sums = releases / version / "CHANGELOG.md", releases / version / "SHA256SUMS"
    readme.write_text("autre\n", encoding="utf-8")
    (releases / version / "SHA256SUMS").unlink()
    write_sums(releases / version, describe(releases / version))
    assert sums.is_file()
    (releases / "latest").unlink()
    (releases / "latest").symlink_to(version)
    write_index(releases, version)
    return version


@pytest.fixture(scope="session")
def store_address() -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store_address: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in {
        "AWS_ENDPOINT_URL": store_address, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    opened = open_bucket("s3://essaim/open/data")
    existing = [found["Name"] for found in opened.client.list_buckets()["Buckets"]]
    if "essaim" in existing:
        opened._remove(sorted(Bucket("essaim", "", opened.client)._sizes("")))
    else:
        opened.client.create_bucket(Bucket="essaim")
    return opened


def objects(bucket: Bucket) -> dict[str, int]:
    return {key.removeprefix(bucket.prefix): size for key, size in bucket._sizes("").items()}


def test_a_folder_becomes_as_home_is(releases: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "www")
    first = plan(releases, place)
    assert first.send == (str(NIGHT),) and first.point and first.index and not (tmp_path / "www").exists()
    carry_out(first, releases, place, quiet)
    assert plan(releases, place).is_empty
    version = second(releases)
    drop(releases, [str(NIGHT)])
    again = plan(releases, place)
    assert (again.send, again.drop) == ((version,), (str(NIGHT),))
    carry_out(again, releases, place, quiet)
    assert sorted(path.name for path in place.root.iterdir()) == [version, INDEX, "latest", LINK_TEXT]
    assert (place.root / "latest" / "CHANGELOG.md").read_text(encoding="utf-8") == "autre\n"


def test_a_copy_broken_off_goes_on_and_shows_nothing(
    releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, copied = Folder(tmp_path / "www"), list[Path]()
    real = shutil.copyfile

    def failing(source: Path, target: Path) -> None:
        if len(copied) == 5:
            raise OSError("disk full")
        copied.append(source)
        real(source, target)

    monkeypatch.setattr(shutil, "copyfile", failing)
    with pytest.raises(OSError, match="disk full"):
        carry_out(plan(releases, place), releases, place, quiet)
    assert place.versions() == [] and place.read(INDEX) is None
    monkeypatch.setattr(shutil, "copyfile", real)
    sent = carry_out(plan(releases, place), releases, place, quiet)
    whole = sum(path.stat().st_size for path in (releases / str(NIGHT)).rglob("*") if path.is_file())
    assert sent == whole - sum(path.stat().st_size for path in copied if path.name != SUMS)


def test_a_release_that_differs_there_is_never_overwritten(releases: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "www")
    carry_out(plan(releases, place), releases, place, quiet)
    (place.root / str(NIGHT) / "SHA256SUMS").write_text("0  x\n", encoding="utf-8")
    with pytest.raises(ConflictError, match="never change"):
        plan(releases, place)


def test_a_bucket_becomes_as_home_is(releases: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.client.put_object(Bucket="essaim", Key="open/data/notes/of-others.txt", Body=b"x")
    carry_out(plan(releases, bucket), releases, bucket, quiet)
    assert plan(releases, bucket).is_empty
    head = bucket.client.head_object(Bucket="essaim", Key=f"open/data/{NIGHT}/initiatives.csv")
    assert head["ContentType"] == "text/csv; charset=utf-8" and "immutable" in head["CacheControl"]
    head = bucket.client.head_object(Bucket="essaim", Key="open/data/latest/essaim.duckdb")
    assert head["ContentType"] == "application/vnd.duckdb" and head["CacheControl"] == "no-cache"
    version = second(releases)
    drop(releases, [str(NIGHT)])
    copied: list[str] = []
    copy = bucket._copy
    monkeypatch.setattr(bucket, "_copy", lambda release, name: (copied.append(name), copy(release, name)))
    carry_out(plan(releases, bucket), releases, bucket, quiet)
    assert copied == ["CHANGELOG.md", "SHA256SUMS"]
    there = objects(bucket)
    assert {name.partition("/")[0] for name in there} == {version, "latest", INDEX, LINK_TEXT, "notes"}
    assert bucket.read("latest/CHANGELOG.md") == b"autre\n"


def test_an_upload_broken_off_goes_on_and_moves_nothing(
    releases: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, sent = bucket._upload, list[str]()

    def failing(path: Path, key: str, sha256: str) -> None:
        if len(sent) >= 7:
            raise OSError("connection lost")
        sent.append(key)
        upload(path, key, sha256)

    monkeypatch.setattr(bucket, "_upload", failing)
    with pytest.raises(OSError, match="connection lost"):
        carry_out(plan(releases, bucket), releases, bucket, quiet)
    begun = objects(bucket)
    assert begun and not any(name.endswith("SHA256SUMS") or name.startswith("latest") for name in begun)
    assert bucket.read(INDEX) is None
    told: list[str] = []
    monkeypatch.setattr(bucket, "_upload", upload)
    carry_out(plan(releases, bucket), releases, bucket, told.append)
    assert any("are there already" in line for line in told)
    assert plan(releases, bucket).is_empty


@pytest.mark.parametrize("address", ["s3://", "s3://key:secret@bucket/x", "https://bucket/x"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_bucket(address)


def run(*words: Any) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_shows_and_does(releases: Path, tmp_path: Path, store: Store) -> None:
    home, www = releases.parent, tmp_path / "www"
    shown = run("publish", "--home", home, "--to", www, "--dry-run")
    assert shown.exit_code == 0 and f"send {NIGHT}" in shown.output and not www.exists()
    assert run("publish", "--home", home, "--to", www).exit_code == 0 and (www / "latest" / "index.html").is_file()
    assert "nothing to do" in run("publish", "--home", home, "--to", www).output.casefold()
    assert run("publish", "--home", home).exit_code == 2
    assert publish(store.connection, releases, NIGHT).version == f"{NIGHT}.2"
