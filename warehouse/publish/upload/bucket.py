"""Object storage by the S3 protocol, through boto3 (the extra `s3`): the reference client of that protocol.

Credentials, region and `AWS_ENDPOINT_URL` (of a store other than Amazon's) come from the environment, as boto3 reads
them; none is a parameter here. Every object has its media type, its SHA-256 as metadata and how long it may be kept by
caches: a release for ever, `latest/` and the index never without asking.

`latest/` is made of copies within the store. Each object is switched in one step, but not all at the same instant: the
data first, pages then, `SHA256SUMS` last. Who reads several files that must agree takes the version from `latest.txt`
or `index.json`, written after all of them, and reads that release's own folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warehouse.publish.checksums import SUMS, File, read_sums
from warehouse.publish.index import LINK, VERSION
from warehouse.publish.media import media_type
from warehouse.publish.upload import Told

FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
AT_ONCE = 8
DELETED_AT_ONCE = 1000
"""The most keys that one DeleteObjects takes."""

TEXTS = ("text/", "application/json", "application/jsonl", "application/ld+json", "application/geo+json")


class Bucket:
    """A bucket, or what is below a prefix of it; `client` is one of boto3's for S3."""

    def __init__(self, bucket: str, prefix: str, client: Any) -> None:
        self.bucket, self.client = bucket, client
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def versions(self) -> list[str]:
        """Return the versions below the prefix; other folders there are none of our business."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
        )
        names = [
            found["Prefix"].removeprefix(self.prefix).rstrip("/")
            for page in pages
            for found in page.get("CommonPrefixes", [])
        ]
        return [name for name in names if VERSION.fullmatch(name)]

    def read(self, name: str) -> bytes | None:
        """Return an object's bytes, None where there is none."""
        try:
            found = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)
        except self.client.exceptions.NoSuchKey:
            return None
        body: bytes = found["Body"].read()
        return body

    def send(self, folder: Path, tell: Told) -> int:
        """Upload what is not there yet of a release, its sums last."""
        files = read_sums(folder)
        there = self._sizes(f"{folder.name}/")
        keys = {file.name: f"{self.prefix}{folder.name}/{file.name}" for file in files}
        missing = self._missing(files, keys, there)
        if len(missing) < len(files):
            tell(f"{len(files) - len(missing)} of {len(files)} files are there already")
        self._each(lambda file: self._upload(folder / file.name, keys[file.name], file.sha256), missing)
        self._upload(folder / SUMS, f"{self.prefix}{folder.name}/{SUMS}", "")
        return sum(file.bytes for file in missing) + (folder / SUMS).stat().st_size

    def point(self, folder: Path, tell: Told) -> None:
        """Copy the release within the store over `latest/`, then remove what it does not have."""
        files = read_sums(folder)
        there = self._sizes(f"{LINK}/")
        keys = {file.name: f"{self.prefix}{LINK}/{file.name}" for file in files}
        changed = self._missing(files, keys, there)
        tell(f"latest → {folder.name}: {len(changed)} of {len(files)} files change")
        pages = [file for file in changed if _is_entry(file.name)]
        self._each(lambda file: self._copy(folder.name, file.name), [file for file in changed if file not in pages])
        self._each(lambda file: self._copy(folder.name, file.name), pages)
        self._copy(folder.name, SUMS)
        kept = {*keys.values(), f"{self.prefix}{LINK}/{SUMS}"}
        self._remove(sorted(there.keys() - kept))

    def write(self, name: str, data: bytes) -> None:
        """Write one object that caches must ask for anew."""
        self.client.put_object(
            Bucket=self.bucket, Key=self.prefix + name, Body=data, ContentType=_typed(name), CacheControl=ASK_FIRST
        )

    def drop(self, version: str) -> None:
        """Remove a release, its sums first so that it counts as begun; raises ValueError for what is no version."""
        if not VERSION.fullmatch(version):
            raise ValueError(f'"{version}" is no version')
        sums = f"{self.prefix}{version}/{SUMS}"
        self.client.delete_object(Bucket=self.bucket, Key=sums)
        self._remove(sorted(self._sizes(f"{version}/")))

    def _sizes(self, below: str) -> dict[str, int]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + below)
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}

    def _missing(self, files: list[File], keys: dict[str, str], there: dict[str, int]) -> list[File]:
        """The files that are not there with their size and sum; only those of the right size are asked for."""
        alike = [file for file in files if there.get(keys[file.name]) == file.bytes]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sums = list(pool.map(lambda file: self._sum(keys[file.name]), alike))
        whole = {file.name for file, sum in zip(alike, sums, strict=True) if sum == file.sha256}
        return [file for file in files if file.name not in whole]

    def _sum(self, key: str) -> str:
        metadata = self.client.head_object(Bucket=self.bucket, Key=key).get("Metadata", {})
        return str(metadata.get("sha256", ""))

    def _upload(self, path: Path, key: str, sha256: str) -> None:
        told = {"ContentType": _typed(path.name), "CacheControl": FOR_EVER, "Metadata": {"sha256": sha256}}
        self.client.upload_file(str(path), self.bucket, key, ExtraArgs=told)

    def _copy(self, version: str, name: str) -> None:
        source = f"{self.prefix}{version}/{name}"
        sha256 = self._sum(source)
        # `copy`, not `copy_object`, which takes no more than 5 GB.
        self.client.copy(
            {"Bucket": self.bucket, "Key": source},
            self.bucket,
            f"{self.prefix}{LINK}/{name}",
            ExtraArgs={
                "ContentType": _typed(name),
                "CacheControl": ASK_FIRST,
                "Metadata": {"sha256": sha256},
                "MetadataDirective": "REPLACE",
            },
        )

    def _remove(self, keys: list[str]) -> None:
        """Remove objects; raises OSError where the store kept some."""
        for start in range(0, len(keys), DELETED_AT_ONCE):
            wanted = [{"Key": key} for key in keys[start : start + DELETED_AT_ONCE]]
            answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": wanted, "Quiet": True})
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise OSError(f"{first.get('Key')} could not be removed: {first.get('Message') or first.get('Code')}")

    def _each(self, do: Callable[[File], None], files: Iterable[File]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(do, files))


def open_bucket(address: str) -> Bucket:
    """Return the bucket of "s3://bucket/prefix", with boto3 configured by the environment.

    Raises ValueError for another address, ModuleNotFoundError where the extra `s3` is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("the address of object storage is s3://bucket/prefix; credentials come from the environment")
    import boto3
    from botocore.config import Config

    # Checksums of the newer kind are refused by stores that only speak the protocol of before.
    config = Config(
        request_checksum_calculation="when_required", response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=AT_ONCE * 2,
    )  # fmt: skip
    return Bucket(parts.netloc, parts.path, boto3.client("s3", config=config))


def _is_entry(name: str) -> bool:
    """Whether a file leads to others: switched after them."""
    return name.endswith(("index.html", "head.json.gz", "shell.json", "sw.js", "datapackage.json", "files.json"))


def _typed(name: str) -> str:
    type = "text/plain" if name.endswith(SUMS) else media_type(name)
    return f"{type}; charset=utf-8" if type.startswith(TEXTS) else type
